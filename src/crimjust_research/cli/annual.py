"""The verb that writes a year's report."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say

_FIRST, _LAST = 1990, 2100


def _year(ctx: click.Context, param: click.Parameter, told: str | None) -> int | None:
    """A calendar year, four digits, if one was given."""
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and _FIRST <= int(told) <= _LAST):
        raise click.BadParameter(f"{told!r} is no year; give one such as 2024, from {_FIRST} to {_LAST}", ctx, param)
    return int(told)


@crimjust.command()
@click.option("--year", callback=_year, required=True, metavar="YEAR", help="The calendar year told of.")
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the programme's own records, as data/templates has them.",
)
@click.option(
    "--baseline-year", callback=_year, metavar="YEAR", help="An earlier year of the same records to hold it against."
)
@click.option(
    "--plan",
    "planned",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An evaluator's plan, as `crimjust plan` writes one: its targets.",
)
@click.option(
    "--output", "out", type=click.Path(path_type=Path), metavar="FOLDER", help="By default one in reports/annual."
)
def annual(year: int, records: Path | None, baseline_year: int | None, planned: Path | None, out: Path | None) -> None:
    """Write a year's report: four pages as HTML, PDF and for Word.

    For each indicator: its baseline, the year's figure, its target in a plan, and status; what was spent against what was
    planned; what changed in the sources; what may not be concluded. Public figures are those of the reference results. Records
    are run by 11_own_records, whose results are kept as a variant, and nothing small is told.

    \b
    Examples:
      crimjust annual --year 2024
      crimjust annual --year 2024 --records my_records --baseline-year 2021
      crimjust annual --year 2024 --plan my_plan.toml
    """
    from crimjust_research.report import annual as reports

    if baseline_year is not None and records is None:
        raise click.UsageError("--baseline-year is of own records: give them with --records FOLDER")
    folder = _at_home(records)
    if folder:
        from crimjust_research.questions.own_records.records import require_years

        # Before anything runs, so that no run fails for what can be told now.
        folder = require_years(folder, (year,) if baseline_year is None else (year, baseline_year))
    page = reports.make(year, folder, baseline_year, _at_home(out), _at_home(planned))
    for name in (reports.PAGE, reports.DOCUMENT, reports.PDF):
        say(page.with_name(name))


def _at_home(path: Path | None) -> Path | None:
    """The path, `~` being the home of whoever types it: no shell replaces it between quotes."""
    try:
        return path.expanduser() if path else None
    except RuntimeError:  # the home of nobody
        return path
