"""The command line: one function per verb, each handing over to the module that does the work."""

import signal
import sys
from pathlib import Path
from shutil import get_terminal_size

import click

from crimjust_research import __version__
from crimjust_research.errors import CrimjustError, DataError, in_a_sentence, printable


class _Examples(click.Group):
    """A group whose verbs stand in the order a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


# Whole, and bounded: what counts down a timeout knows neither half a second nor "nan".
_SECONDS = click.IntRange(min=1, max=7 * 24 * 3600)
_timeout = click.option(
    "--timeout",
    type=_SECONDS,
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Longest a single cell of a notebook may take.",
)
_limit = click.option(
    "--limit", "raised", metavar="NAME=N", multiple=True, help="Raise a bound on what is read; a refusal names it."
)


@click.group(cls=_Examples, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="crimjust-research", prog_name="crimjust")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the whole trace of an error.")
def crimjust() -> None:
    """Assess the three outcomes of UNODC's CRIMJUST programme, from published figures to report.

    \b
    crimjust run all                 run every assessment that has changed
    crimjust report                  build reports/index.html from their results
    crimjust data list               show the tables and vintages at hand
    """


class _WithParameters(click.Command):
    """A command on a notebook whose help lists that notebook's parameters, if it is named: `crimjust run NAME --help`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["named"] = next((arg for arg in args if not arg.startswith("-")), "all")
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = ctx.meta.get("named", "all")
        if named == "all":
            return
        try:
            rows = _parameter_rows(named)
        except CrimjustError as error:
            formatter.write(f"\n{error}\n")
            return
        with formatter.section(f"Parameters of {named}"):
            formatter.write_dl(rows)


def _parameter_rows(name: str) -> list[tuple[str, str]]:
    """Each parameter of a notebook with its default, and what it admits and means."""
    from crimjust_research.runs import notebooks, parameters

    (notebook,) = notebooks.find(name)
    return [(f"{d.name}={d.default}", f"{d.sentence} ({d.admits})") for d in parameters.described(notebook)]


@crimjust.command(cls=_WithParameters)
@click.argument("notebook", default="all")
@click.option("-p", "assignments", metavar="NAME=VALUE", multiple=True, help="Set a parameter; may be repeated.")
@click.option(
    "-f", "file", type=click.Path(path_type=Path), help="YAML file of parameters, `name: value`; -p goes before it."
)
@click.option("--name", "variant", metavar="NAME", help="Keep the results under this name in reports/variants/.")
@click.option("--dry-run", is_flag=True, help="Only list what would run, and why.")
@click.option("--force", is_flag=True, help="Run even what has not changed.")
@_timeout
@click.option(
    "--workers", type=click.IntRange(min=1), help="Notebooks run at once; by default one per processor, and one."
)
def run(
    notebook: str,
    assignments: tuple[str, ...],
    file: Path | None,
    variant: str | None,
    dry_run: bool,
    force: bool,
    timeout: float,
    workers: int | None,
) -> None:
    """Run the notebook NOTEBOOK, or all of them.

    Parameters are checked before anything starts. A run with the notebook's own parameters replaces its reference
    results under reports/; one with others, or with a name, goes to reports/variants/ and replaces nothing.

    \b
    crimjust run
    crimjust run 01_outcome1_markets
    crimjust run 01_outcome1_markets -p drug=methamphetamine -p max_lag=3
    crimjust run 01_outcome1_markets -f meth.yaml --name meth
    crimjust run 01_outcome1_markets --help
    """
    from crimjust_research.runs import jobs, parameters, runner

    given = (parameters.from_file(file) if file else {}) | parameters.overrides(assignments)
    if dry_run:
        click.echo("\n".join(jobs.due(notebook, given, variant=variant)))
    else:
        runner.run(notebook, given, variant=variant, force=force, timeout=timeout, workers=workers)


@crimjust.command()
@click.argument("name")
def params(name: str) -> None:
    """Show the parameters of the notebook NAME: what each is by default, may be, and means."""
    for assigned, means in _parameter_rows(name):
        click.echo(f"{assigned}\n    {means}")


@crimjust.command()
@click.argument("name")
@click.option(
    "--grid",
    "grid_file",
    type=click.Path(path_type=Path),
    required=True,
    help="TOML file of lists, ranges and cases.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the results; by default reports/sweeps/.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this dask scheduler, tcp:// or tls://.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Cells run at once here; by default one per processor, and one."
)
@click.option(
    "--until", metavar="TAG", help="End each run after the notebook's cell of this tag, such as `registered`."
)
@_timeout
def sweep(
    name: str,
    grid_file: Path,
    output: Path | None,
    scheduler: str | None,
    workers: int | None,
    until: str | None,
    timeout: float,
) -> None:
    """Run the notebook NAME over a grid of parameters and gather the estimates.

    The whole grid is checked before anything starts. Interrupted, the same command goes on where it stopped. What only
    draws, tells or simulates power is left out.

    \b
    crimjust sweep 01_outcome1_markets --grid grid.toml
    crimjust sweep 01_outcome1_markets --grid grid.toml --scheduler tcp://10.0.0.5:8786

    \b
    grid.toml:
      [grid]
      drug = ["fentanyl", "cocaine"]
      max_lag = { from = 3, to = 12, step = 3 }
      [[case]]
      drug = "heroin"
      start = "2019-10"
    """
    from crimjust_research.runs.sweep import sweep as sweep_

    click.echo(
        sweep_(name, grid_file, output=output, scheduler=scheduler, workers=workers, timeout=timeout, until=until)
        / "estimates.parquet"
    )


@crimjust.command()
@click.argument("name", default="all")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    help="Largest difference of two numbers, as a share of the larger, that counts as none.",
)
@_timeout
def verify(name: str, tolerance: float, timeout: float) -> None:
    """Run the notebook NAME, or all, again and compare with the results under reports/.

    Every estimate, check, sentence, table and drawing is compared, and what the executed notebook shows; with all, the
    pooled estimates and the page too. Nothing is changed. Fails with a table of what moved.
    """
    from crimjust_research.report.html import build
    from crimjust_research.runs.verify import verify as verify_

    for line in verify_(name, tolerance=tolerance, timeout=timeout, build_page=build):
        click.echo(line)


@crimjust.command()
def variants() -> None:
    """List every variant and sweep: what made it, what it found, and whether it would come out the same now."""
    from crimjust_research.report import listing
    from crimjust_research.runs import kept

    click.echo(listing.as_text(kept.kept_variants(), kept.kept_sweeps(), _width()))


@crimjust.command()
@click.argument("a")
@click.argument("b")
@click.option("--notebook", metavar="NAME", help="Only the results of this notebook.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write there instead of reports/comparisons/A--B/.",
)
def compare(a: str, b: str, notebook: str | None, save: Path | None) -> None:
    """Compare the results A with the results B, estimate by estimate.

    A and B are names of variants, or the beginning of one, or `reference`. What differs is shown as a table; all of it,
    and a chart for each notebook, are written to reports/comparisons/A--B/.

    \b
    crimjust compare reference to-2018
    crimjust compare reference to-2018 --notebook 08_outcome3_diversification --save moved
    """
    from crimjust_research.report import comparisons
    from crimjust_research.runs.comparison import compare as compared

    found = compared(a, b, notebook)
    click.echo(comparisons.as_text(found, _width()))
    click.echo(f"\n{comparisons.save(found, save)}")


@crimjust.command()
@click.option("--variant", metavar="NAME", help="The page of this variant, written into its folder.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the page and its files there.")
def report(variant: str | None, output: Path | None) -> None:
    """Build the report page from the results under reports/, or from those of a variant.

    Results are refused of which code, data or plan has moved since, or that were altered after their run.

    \b
    crimjust report
    crimjust report --variant to-2018
    crimjust report --output ~/page
    """
    from crimjust_research import project
    from crimjust_research.report.html import build
    from crimjust_research.runs import jobs, kept, promotion, record
    from crimjust_research.sources import Sources

    reports = project.root() / "reports"
    results = kept.folder_of(variant) if variant else reports
    jobs.require_current(results, record.Present(Sources()))
    promotion.require_pooled(results)
    click.echo(build(results, output, variant="" if results == reports else results.name))


def _width() -> int:
    """Characters of a line: those of the terminal, as far as a person reads well."""
    return min(max(get_terminal_size((100, 24)).columns, 72), 100)


@crimjust.group()
def data() -> None:
    """Ingest, refresh, compare, list, verify and rebuild the data; check records of your own.

    \b
    crimjust data list
    crimjust data refresh overdose_12month
    crimjust data ingest ~/Downloads/VSRR_Provisional_Drug_Overdose_Death_Counts.csv --vintage 2026-01
    crimjust data diff overdose_12month 2019-07 latest
    crimjust data check my_cases.csv --as cases
    """


@data.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--vintage", metavar="YYYY[-MM[-DD]]", help="When the figures were published, if the file does not say.")
@_limit
def ingest(paths: tuple[Path, ...], vintage: str | None, raised: tuple[str, ...]) -> None:
    """Read publishers' files, or folders of them, into data/raw.

    A file is recognised by its columns, whatever its name. All of it is checked before any of it is stored, and a
    vintage once stored is never overwritten.
    """
    from datetime import date

    from crimjust_research.data import limits
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.ingest import ingest as store

    bounds = limits.raised(limits.PUBLISHED, raised)
    for resource in store(paths, raw(), vintage, today=date.today(), bounds=bounds):
        click.echo(f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows")


@data.command()
@click.argument("table", required=False)
@click.option("--timeout", type=_SECONDS, metavar="SECONDS", help="Longest the download of one file may take.")
@_limit
def refresh(table: str | None, timeout: int | None, raised: tuple[str, ...]) -> None:
    """Download newer figures of TABLE, or of every table, from their publishers.

    They become a new vintage only if they are sound and other than those at hand; a table without an address says how
    to export it by hand. Whatever fails changes nothing on disk, and does not keep the others from it.
    """
    from datetime import date

    from crimjust_research.data import limits
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.download import Limits
    from crimjust_research.data.ingest import readers
    from crimjust_research.data.refresh import bars, chosen
    from crimjust_research.data.refresh import refresh as refreshed

    ends = []
    with limits.within(limits.raised(limits.PUBLISHED, raised)), bars() as progress:
        cost = Limits(most_seconds=timeout) if timeout else Limits()
        for source in refreshed(chosen(readers(), table), raw(), date.today(), cost, progress):
            click.echo(printable(f"{source.table} ({source.reader}): {source.status}: {source.sentence}"))
            ends.append(source.status)
    if "stored" in ends:
        click.echo("Next: crimjust data diff TABLE OLD, crimjust data panels, crimjust data codebook")
    if failed := ends.count("failed"):
        raise DataError(f"{failed} of {len(ends)} sources could not be refreshed; what is stored of them is as it was")


@data.command()
@click.argument("table")
@click.argument("old")
@click.argument("new", default="latest")
@click.option("--save", type=click.Path(path_type=Path), metavar="FOLDER", help="Write every cell and the chart there.")
def diff(table: str, old: str, new: str, save: Path | None) -> None:
    """Show what was added, removed and revised in TABLE from vintage OLD to NEW.

    \b
    crimjust data diff overdose_12month 2019-07 2025-01-08
    crimjust data diff overdose_12month 2019-07 --save revisions
    """
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.vintage_difference import difference
    from crimjust_research.report import vintages

    found = difference(raw(), table, old, new)
    click.echo(vintages.as_text(found))
    if save:
        vintages.save(found, save)
        click.echo(f"\nEvery cell and the chart are in {save}")


@data.command(name="list")
def list_() -> None:
    """Show every table: vintages, rows, coverage, title."""
    from crimjust_research.data.catalog import processed, raw

    for catalog in (raw(), processed()):
        click.echo(f"{catalog.folder.parent.name}/{catalog.folder.name}")
        for r in catalog.resources:
            vintage = f"{r.vintage}{' (latest)' if r.latest else ''}"
            covered = " to ".join(r.coverage) if r.coverage else ""
            click.echo(f"  {r.table.name:<26} {vintage:<20} {r.rows:>8,} rows  {covered:<24} {r.table.title}")


@data.command(name="verify")
def verify_data() -> None:
    """Check every table against its hash, layout, types, constraints and keys, and every panel against its raw tables."""
    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.panels import unlike_raw

    for catalog in (raw(), processed()):
        faults = catalog.verify()
        if len(faults):
            raise DataError(f"{catalog.folder}: {len(faults)} faults\n{faults.to_string(index=False)}")
        click.echo(f"{catalog.folder}: {len(catalog.resources)} tables, no fault")
    if stale := unlike_raw():
        lines = [f"  {name}: {why}" for name, why in stale.items()]
        raise DataError("\n".join(["panels are not what data/raw makes; rebuild them: crimjust data panels", *lines]))
    click.echo("every panel is what data/raw makes")


@data.command()
def panels() -> None:
    """Rebuild data/processed from data/raw."""
    from crimjust_research.data.panels import build

    for resource in build():
        click.echo(f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows")


@data.command()
def codebook() -> None:
    """Write docs/DATA.md, its chart and the templates for records anew from the data."""
    from crimjust_research import project
    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.ingest import readers
    from crimjust_research.report.codebook import write

    changed = write(project.root(), raw(), processed(), readers())
    click.echo("\n".join(changed) if changed else "docs/DATA.md is as the data are")


@data.command()
def matrix() -> None:
    """Write docs/EVALUATION_MATRIX.md anew: what each outcome, component, pillar and step can be judged by."""
    from crimjust_research.report.matrix import write

    click.echo(write())


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "kind", required=True, metavar="KIND", help="cases, cooperation_requests or trainings.")
@_limit
def check(file: Path, kind: str, raised: tuple[str, ...]) -> None:
    """List every fault in FILE, records of your own filled in from data/templates.

    \b
    crimjust data check my_cases.csv --as cases
    """
    from crimjust_research.data import limits
    from crimjust_research.data.own_records import read

    records = read(file, kind, limits.raised(limits.OWN_RECORDS, raised))
    click.echo(f"{printable(str(file))}: {len(records):,} {kind}, no fault")


@crimjust.group(name="notebooks")
def notebooks_() -> None:
    """Keep the notebooks fit to be committed."""


@notebooks_.command(name="write")
@click.argument("file", type=click.Path(path_type=Path))
def write_notebook(file: Path) -> None:
    """Write the notebook that FILE describes as text, a cell for each line `# %%`."""
    from crimjust_research.runs.notebook_text import write

    click.echo(write(file))


@notebooks_.command(name="text")
@click.argument("name")
def notebook_as_text(name: str) -> None:
    """Print the notebook NAME as text that `write` turns into it again."""
    from crimjust_research.runs import notebooks
    from crimjust_research.runs.notebook_text import as_text

    (notebook,) = notebooks.find(name)
    click.echo(as_text(notebook.content), nl=False)


@notebooks_.command()
@click.argument("name", default="all")
def strip(name: str) -> None:
    """Remove outputs, counts and editor's metadata from the notebook NAME, or from all."""
    from crimjust_research.runs.notebooks import strip as strip_

    for path in strip_(name):
        click.echo(f"stripped {path.name}")


def main() -> None:
    """Entry point. Whatever goes wrong is told in a sentence; `--debug` before the command shows the whole trace.

    Exit status: 0 done; 1 refused or failed, with the reason; 2 typed wrong; 3 a fault of this project's own.
    """
    # Told to end, a command ends as if interrupted: its kernels stopped, nothing of it left in the temporary folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    debug = "--debug" in sys.argv[1:2]
    try:
        sys.exit(crimjust(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Error: stopped; what had ended before is kept, and nothing is left half-written", err=True)
        sys.exit(1)
    except BrokenPipeError:  # whoever read the output has gone; there is nobody to tell
        sys.stdout = None
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        told, status = in_a_sentence(error)
        click.echo(f"Error: {printable(told)}", err=True)
        sys.exit(status)
