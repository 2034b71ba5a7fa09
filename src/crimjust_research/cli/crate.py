"""The verb that tells results to machines."""

from pathlib import Path

import click

from crimjust_research.cli.analyses import report
from crimjust_research.cli.group import crimjust, results_of, say


@crimjust.command()
@click.argument("name", required=False)
@click.option("--variant", metavar="NAME", help="Of this variant.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write there, beside whatever it holds; by default in reports/crates/.",
)
@click.pass_context
def crate(context: click.Context, name: str | None, variant: str | None, output: Path | None) -> None:
    """Pack a run, or the whole report, as a crate.

    A crate is a ZIP with a description that programs read (RO-Crate): what ran with which parameters, what it read, whose
    that is and under which terms, what it made. NAME is a notebook, or `all` for a crate of each run; without it the
    report is brought up to date and packed with everything it rests on. A crate of a run holds its notebook, results,
    tables, code, plan and lock; of files you supplied it has names and hashes alone. Results are refused that
    `crimjust report` would refuse.

    \b
    Examples:
      crimjust crate
      crimjust crate 08_outcome3_diversification
      crimjust crate all --output crates
      crimjust crate 08 --variant to-2018
    """
    from crimjust_research.report.crates import writing

    if name is None and variant is not None:
        raise click.UsageError("of a variant give a notebook, or `all` for each of its runs")
    if name is not None:
        for place in writing.of_runs(results_of(variant), name, output):
            say(place)
        return
    context.invoke(report, variant=None, chosen=("html", "pdf", "docx"), output=None)
    say(writing.of_report(output))
