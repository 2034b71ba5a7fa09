"""The verb that writes a year's report."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say

_YEAR = click.IntRange(1990, 2100)


@crimjust.command()
@click.option("--year", type=_YEAR, required=True, metavar="YEAR", help="The calendar year told of.")
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the programme's own records, as data/templates has them.",
)
@click.option(
    "--baseline-year", type=_YEAR, metavar="YEAR", help="An earlier year of the same records to hold it against."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="By default one in reports/annual.")
def annual(year: int, records: Path | None, baseline_year: int | None, out: Path | None) -> None:
    """Write a year's report, four pages, for a browser and for Word.

    For each indicator: its baseline, the year's figure, target and status; what was spent against what was planned; what
    changed in the sources; what may not be concluded. Public figures are those of the reference results. Records are run by
    11_own_records, whose results are kept as a variant, and nothing small is told.

    \b
    Examples:
      crimjust annual --year 2024
      crimjust annual --year 2024 --records my_records --baseline-year 2021
    """
    from crimjust_research.report import annual as reports

    if baseline_year is not None and records is None:
        raise click.UsageError("--baseline-year is of own records: give them with --records FOLDER")
    page = reports.make(year, records, baseline_year, out)
    for place in (page, page.with_name(reports.DOCUMENT)):
        say(place)
