"""A year's report: what each indicator says of a year, what was spent, what changed in the sources, what it does not show."""

from __future__ import annotations

from pathlib import Path, PurePath

from crimjust_research import framework as frameworks
from crimjust_research import project, written
from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence.plan import OwnPlan
from crimjust_research.framework import Framework
from crimjust_research.report import typst, word
from crimjust_research.report.annual import figures, own, pages, releases
from crimjust_research.report.annual.own import Own
from crimjust_research.report.annual.pages import Report
from crimjust_research.runs import given_plan_faults, jobs, promotion, record
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources

PAGE, DOCUMENT, PDF = "annual.html", "annual.docx", "annual.pdf"
FOLDER = "reports/annual"
_KIND = "report of a year"


def make(
    year: int,
    records: Path | None = None,
    baseline_year: int | None = None,
    out: Path | None = None,
    planned: Path | None = None,
) -> Path:
    """Write the report of a year into `out`, by default a folder in `FOLDER` named after the year, the records and the plan;
    returns the page's path. `planned` is the file of an evaluator's plan, whose targets figures are held against.

    Public figures are read from the reference results; own records are run by the notebook on them, for the year and, if one
    is named, for an earlier year to hold it against.

    Raises
    ------
    ParameterError
        If the year has no figure, or the other is not before it; or anything in the plan is wrong.
    RunError
        If results are missing or not as they would come out now, with the command that mends it; or a run failed.
    DataError
        If `out` holds anything else.
    """
    if baseline_year is not None and baseline_year >= year:
        raise ParameterError(f"--baseline-year {baseline_year} is not before {year}; name an earlier year")
    own_plan = given_plan_faults.read(planned).plan.own if planned else None
    reports = project.root() / "reports"
    require_current(reports)
    framework = frameworks.load()
    told = figures.read(reports, framework, year, own_plan.targets if own_plan else {}, alone=records is None)
    years = (year,) if baseline_year is None else (year, baseline_year)
    layouts = {at: own.run(records, at) for at in years} if records else {}
    with promotion.at_rest():
        read = (own.read(layout, at) for at, layout in layouts.items())
        report = gather(reports, framework, told, *read, own_plan=own_plan)
    return write(report, out or project.root() / FOLDER / _named(report))


def _named(report: Report) -> str:
    """The folder's name: the year, the records with the digits of their variant, and those of the plan, so that others never
    take their place."""
    parts = [str(report.told.year)]
    if report.own:
        parts += [PurePath(report.own.source).name, report.own.variant.rpartition("-")[2]]
    if report.plan:
        parts += ["plan", report.plan.sha256[:8]]
    return "-".join(parts)


def require_current(reports: Path) -> None:
    """Refuse results that are missing, or not what their notebooks would find now.

    Raises
    ------
    RunError
        Naming each run, what moved, and the command that computes it anew.
    """
    with promotion.at_rest():
        jobs.require_current(reports, Present(Sources()))


def gather(
    reports: Path, framework: Framework, told: figures.Year, *records: Own, own_plan: OwnPlan | None = None
) -> Report:
    """All that the report tells, `records` being own records of the year and of one before it, if there are any."""
    raw, processed = catalog.raw(), catalog.processed()
    level = record.assessment(Layout(reports, figures.RUN))["parameters"]["confidence_level"]
    return Report(
        framework=framework,
        told=told,
        own=records[0] if records else None,
        before=records[1] if len(records) > 1 else None,
        changes=releases.changes(raw, told.year),
        published=releases.published(raw, told.year),
        behind=releases.behind((line.indicator for line in told.lines), raw, processed),
        level=float(level),
        plan=own_plan,
    )


def write(report: Report, folder: Path) -> Path:
    """Write page, document for Word and PDF into a folder, where whatever else lies is left as it is; returns the page's path.

    Raises
    ------
    DataError
        If the folder holds anything but a report of a year.
    RunError
        If it cannot be written.
    """
    drawn = pages.figures(report.told, report.behind)
    page = pages.page(report, drawn)
    told = (page, pages.pictures(drawn), report.running)
    files = {PAGE: page.encode(), DOCUMENT: word.document(*told), PDF: typst.document(*told)}
    try:
        written.into(folder, _KIND, files)
    except OSError as error:
        raise RunError(
            f"the report cannot be written into {folder} ({error.strerror}); name a folder: --output FOLDER"
        ) from None
    return folder / PAGE
