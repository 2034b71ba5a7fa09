"""The command line: one function per verb, each handing over to the module that does the work."""

import sys
from pathlib import Path

import click

from crimjust_research import __version__


class _Examples(click.Group):
    """A group whose verbs stand in the order a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


@click.group(cls=_Examples, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="crimjust-research", prog_name="crimjust")
def crimjust() -> None:
    """Assess the three outcomes of UNODC's CRIMJUST programme, from published figures to report.

    \b
    crimjust run all                 run every assessment that has changed
    crimjust report                  build reports/index.html from their results
    crimjust data list               show the tables and vintages at hand
    """


@crimjust.command()
@click.argument("name", default="all")
@click.option("-p", "assignments", metavar="NAME=VALUE", multiple=True, help="Set a parameter; may be repeated.")
@click.option("--force", is_flag=True, help="Run even what has not changed.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest a single cell may take.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Notebooks run at once; by default one per processor.")
def run(name: str, assignments: tuple[str, ...], force: bool, timeout: float, workers: int | None) -> None:
    """Run the notebook NAME, or all of them.

    Parameters are checked before anything starts. A run with the notebook's own parameters replaces its reference
    results under reports/; one with others goes to reports/variants/.

    \b
    crimjust run
    crimjust run 01_outcome1_markets
    crimjust run 01_outcome1_markets -p drug=methamphetamine -p max_lag=3
    """
    from crimjust_research.runs import runner

    runner.run(name, assignments, force=force, timeout=timeout, workers=workers)


@crimjust.command()
def report() -> None:
    """Build the report page from the results under reports/."""
    from crimjust_research import project
    from crimjust_research.report.html import build

    click.echo(build(project.root() / "reports"))


@crimjust.group()
def data() -> None:
    """Ingest, list, verify and rebuild the data.

    \b
    crimjust data list
    crimjust data ingest ~/Downloads/VSRR_Provisional_Drug_Overdose_Death_Counts.csv --vintage 2026-01
    """


@data.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--vintage", metavar="YYYY[-MM[-DD]]", help="When the figures were published, if the file does not say.")
def ingest(paths: tuple[Path, ...], vintage: str | None) -> None:
    """Read publishers' files, or folders of them, into data/raw.

    A file is recognised by its columns, whatever its name. All of it is checked before any of it is stored, and a
    vintage once stored is never overwritten.
    """
    from crimjust_research.catalog import raw
    from crimjust_research.ingest import ingest as store

    for resource in store(paths, raw(), vintage):
        click.echo(f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows")


@data.command(name="list")
def list_() -> None:
    """Show every table: vintages, rows, coverage, title."""
    from crimjust_research.catalog import processed, raw

    for catalog in (raw(), processed()):
        click.echo(f"{catalog.folder.parent.name}/{catalog.folder.name}")
        for r in catalog.resources:
            vintage = f"{r.vintage}{' (latest)' if r.latest else ''}"
            covered = " to ".join(r.coverage) if r.coverage else ""
            click.echo(f"  {r.table.name:<26} {vintage:<20} {r.rows:>8,} rows  {covered:<24} {r.table.title}")


@data.command()
def verify() -> None:
    """Check every table against its hash, layout, types, constraints and keys."""
    from crimjust_research.catalog import processed, raw
    from crimjust_research.errors import DataError

    for catalog in (raw(), processed()):
        faults = catalog.verify()
        if len(faults):
            raise DataError(f"{catalog.folder}: {len(faults)} faults\n{faults.to_string(index=False)}")
        click.echo(f"{catalog.folder}: {len(catalog.resources)} tables, no fault")


@data.command()
def panels() -> None:
    """Rebuild data/processed from data/raw."""
    from crimjust_research.panels import build

    for resource in build():
        click.echo(f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows")


@crimjust.group(name="notebooks")
def notebooks_() -> None:
    """Keep the notebooks fit to be committed."""


@notebooks_.command()
@click.argument("name", default="all")
def strip(name: str) -> None:
    """Remove outputs, counts and editor's metadata from the notebook NAME, or from all."""
    from crimjust_research.runs.notebooks import strip as strip_

    for path in strip_(name):
        click.echo(f"stripped {path.name}")


def main() -> None:
    """Entry point: an error a person can act on is printed as such, anything else is a fault and keeps its trace."""
    from crimjust_research.errors import CrimjustError

    try:
        crimjust(standalone_mode=True)
    except CrimjustError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
