"""Verbs on notebooks and their results: run, sweep, verify, compare, report."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crimjust_research.cli.group import (
    Verb,
    crimjust,
    formats_option,
    limit_option,
    results_of,
    say,
    timeout_option,
    width,
)
from crimjust_research.errors import CrimjustError, printable

if TYPE_CHECKING:
    from crimjust_research.runs.given_plan import Given


class _WithParameters(Verb):
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
            formatter.write(f"\n{printable(str(error))}\n")
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
@click.option(
    "-p", "assignments", metavar="NAME=VALUE", multiple=True, help="Set a parameter; give it again for another."
)
@click.option(
    "-f",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML file of parameters, a line `name: value` each; -p overrides it.",
)
@click.option("--name", "variant", metavar="NAME", help="Keep the results under this name in reports/variants/.")
@click.option(
    "--plan",
    "own",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Run under your own plan, a TOML file laid over the registered one; `crimjust plan` prints a template.",
)
@click.option("--dry-run", is_flag=True, help="Only list what would run, and why.")
@click.option("--force", is_flag=True, help="Run even what has not changed.")
@timeout_option
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Notebooks run at once; by default one per processor."
)
@limit_option
def run(
    notebook: str,
    assignments: tuple[str, ...],
    file: Path | None,
    variant: str | None,
    own: Path | None,
    dry_run: bool,
    force: bool,
    timeout: float,
    workers: int | None,
    raised: tuple[str, ...],
) -> None:
    """Run the notebook NOTEBOOK, or all of them.

    NOTEBOOK is a file in notebooks/, by its path, name or number; `crimjust params NOTEBOOK` tells which parameters it has. They
    are checked before anything starts. A run with the notebook's own parameters replaces its reference results under
    reports/; one with others, with a name, or under a plan of your own goes to reports/variants/ and replaces nothing.

    \b
    Examples:
      crimjust run
      crimjust run 01_outcome1_markets
      crimjust run 01_outcome1_markets -p measure=events -p max_lag=3
      crimjust run 01_outcome1_markets -f events.yaml --name events
      crimjust run 01_outcome1_markets --help
      crimjust run all --plan my_plan.toml --name our-evaluation
    """
    from crimjust_research.data import limits
    from crimjust_research.runs import jobs, parameters, runner

    given = (parameters.from_file(file) if file else {}) | parameters.overrides(assignments)
    laid = _read_plan(own) if own else None
    with limits.raised_in_kernels(raised):
        if dry_run:
            say("\n".join(jobs.due(notebook, given, variant=variant, own=laid, force=force)))
        else:
            runner.run(notebook, given, variant=variant, own=laid, force=force, timeout=timeout, workers=workers)


def _read_plan(file: Path) -> "Given":
    from crimjust_research.runs import given_plan_faults

    return given_plan_faults.read(file)


@crimjust.command()
def warm() -> None:
    """Keep a process ready from which runs start sooner.

    `crimjust run` forks its kernels from it, until Ctrl-C ends it. In another terminal a run then starts without
    importing libraries anew, which is most of what a short one takes. Results are the same. It serves its owner alone,
    and only while lock, Python and environment are those it was started with.

    \b
    Example:
      crimjust warm
    """
    from crimjust_research import project
    from crimjust_research.runs import record, warm_process
    from crimjust_research.runs.environment import kernel_environment

    record.require_locked()
    root = project.root()
    warm_process.wait_for_commands(kernel_environment(root, root, root))


@crimjust.command()
@click.argument("name", metavar="NOTEBOOK")
def params(name: str) -> None:
    """Show the parameters of NOTEBOOK.

    For each: its name, what it is by default, what it means and what it may be.

    \b
    Example:
      crimjust params 08_outcome3_diversification
    """
    for assigned, means in _parameter_rows(name):
        say(f"{assigned}\n    {means}")


@crimjust.command()
@click.argument("name", metavar="NOTEBOOK")
@click.option(
    "--grid",
    "grid_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="TOML file of lists, ranges and cases, as above.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the results go; by default a folder in reports/sweeps/.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this dask scheduler, tcp:// or tls://.")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Runs at once here; by default one per processor."
)
@click.option(
    "--until", metavar="TAG", help="End each run after the notebook's cell of this tag, such as `registered`."
)
@timeout_option
@limit_option
def sweep(
    name: str,
    grid_file: Path,
    output: Path | None,
    scheduler: str | None,
    workers: int | None,
    until: str | None,
    timeout: float,
    raised: tuple[str, ...],
) -> None:
    """Run NOTEBOOK over a grid of parameters, gather all estimates.

    The whole grid is checked before anything starts. Interrupted, the same command goes on where it stopped. What only
    draws, tells or simulates power is left out. NOTEBOOK's parameters stand in `crimjust params NOTEBOOK`.

    \b
    Examples:
      crimjust sweep 01_outcome1_markets --grid grid.toml
      crimjust sweep 01_outcome1_markets --grid grid.toml --scheduler tcp://10.0.0.5:8786

    \b
    grid.toml:
      [grid]
      measure = ["kilograms", "events"]
      max_lag = { from = 3, to = 9, step = 3 }
      [[case]]
      trend = true
      start = "2019-10"
    """
    from crimjust_research.data import limits
    from crimjust_research.runs.sweep import sweep as sweep_

    with limits.raised_in_kernels(raised):
        folder = sweep_(
            name, grid_file, output=output, scheduler=scheduler, workers=workers, timeout=timeout, until=until
        )
    say(folder / "estimates.parquet")


@crimjust.command()
@click.argument("name", metavar="[NOTEBOOK]", default="all")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    metavar="SHARE",
    help="Largest difference of two numbers, as a share of the larger, that counts as none.",
)
@timeout_option
def verify(name: str, tolerance: float, timeout: float) -> None:
    """Run NOTEBOOK, or all, again and compare with reports/.

    Every estimate, check, sentence, table and drawing is compared, and what the executed notebook shows; with all, the
    pooled estimates and the page too. Nothing is changed. Fails with a table of what moved.

    \b
    Examples:
      crimjust verify
      crimjust verify 08_outcome3_diversification
    """
    from crimjust_research.report.html import build
    from crimjust_research.runs.verify import verify as verify_

    for line in verify_(name, tolerance=tolerance, timeout=timeout, build_page=build):
        say(line)


@crimjust.command()
def variants() -> None:
    """List every variant and sweep that is kept.

    For each: what made it, what it found, and whether it would come out the same now.
    """
    from crimjust_research.report import listing
    from crimjust_research.runs import kept

    say(listing.as_text(kept.kept_variants(), kept.kept_sweeps(), width()))


@crimjust.command()
@click.argument("a")
@click.argument("b")
@click.option("--notebook", metavar="NAME", help="Only the results of this notebook.")
@click.option(
    "--output",
    "save",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write there instead of reports/comparisons/A--B/.",
)
def compare(a: str, b: str, notebook: str | None, save: Path | None) -> None:
    """Compare the results A with the results B, estimate by estimate.

    A and B are names of variants, as `crimjust variants` lists them, or the beginning of one, or `reference`. What
    differs is shown as a table; all of it, and a chart for each notebook, are written to reports/comparisons/A--B/.

    \b
    Examples:
      crimjust run 08_outcome3_diversification -p end=2018 --name to-2018
      crimjust compare reference to-2018
      crimjust compare reference to-2018 --notebook 08_outcome3_diversification --output moved
    """
    from crimjust_research.report import comparisons
    from crimjust_research.runs import promotion
    from crimjust_research.runs.comparison import compare as compared

    with promotion.at_rest():
        found = compared(a, b, notebook)
    say(comparisons.as_text(found, width()))
    say(f"\n{comparisons.save(found, save)}")


@crimjust.command()
@click.option("--variant", metavar="NAME", help="Build the report of this variant, into its folder.")
@formats_option("html", "pdf", "docx", default=("html",), about="What to write, by default the page.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write it there instead; it needs nothing beside it.",
)
def report(variant: str | None, chosen: tuple[str, ...], output: Path | None) -> None:
    """Build the report as a page, as PDF or for Word.

    It is of reports/, or of a variant. The page is one file, index.html, that can be mailed; with the reference results comes
    summary.html, the two-page summary, and README, the evaluation matrix, docs/REPLICATION.md and codecheck.yml are brought
    up to date. report.pdf and report.docx hold the whole report for paper, with summary, evaluation criteria, design, limits,
    references and annex.
    Results are refused of which code, data or plan has moved since, or that were altered after their run: run them again.

    \b
    Examples:
      crimjust report
      crimjust report --format pdf --format docx
      crimjust report --variant to-2018 --format pdf
      crimjust report --output ~/page
    """
    from crimjust_research import project
    from crimjust_research.report import html, matrix, paper, readme, replication
    from crimjust_research.runs import jobs, kept, promotion, record
    from crimjust_research.sources import Sources

    root = project.root()
    reports = root / "reports"
    results = results_of(variant)
    with promotion.at_rest():
        jobs.require_current(results, record.Present(Sources()))
        promotion.require_pooled(results, kept.pooling(results))
        name = "" if results == reports else results.name
        places: list[object] = []
        if "html" in chosen:
            whole = html.read(results, name)
            places.append(html.write(whole, results, output))
            if results == reports and output is None:
                places += [*readme.write(root), *matrix.refresh(root), *replication.refresh(root, whole)]
        if on_paper := [form for form in chosen if form in paper.FORMS]:
            places += paper.build(results, on_paper, output, variant=name)
    for place in places:
        say(place)


@crimjust.command()
@click.argument("name")
def publish(name: str) -> None:
    """Keep what the report says, under NAME, when it is published.

    Of the registered questions, that is: estimates, intervals, grades and the vintages behind them are written to
    reports/published/, where nothing is overwritten. The next report then says what has changed since. Results are
    refused that `crimjust report` would refuse.

    \b
    Example:
      crimjust publish autumn-2027
    """
    from crimjust_research import project
    from crimjust_research.report import changes
    from crimjust_research.runs import jobs, kept, promotion, record
    from crimjust_research.sources import Sources

    reports = project.root() / "reports"
    with promotion.at_rest():
        jobs.require_current(reports, record.Present(Sources()))
        promotion.require_pooled(reports, kept.pooling(reports))
        place = changes.publish(name, reports)
    say(place)
