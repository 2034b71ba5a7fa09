"""The exhibits of a report: every figure, table and check, the cells of the notebook that make it and its files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crimjust_research.report import contents
from crimjust_research.report.anchors import anchor
from crimjust_research.report.section import Section
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

# In which forms a run keeps each figure: the first is what is looked at, the second holds the numbers drawn.
FORMS = ("svg", "csv", "png", "vl.json")
SIMULATED = "SIMULATED"


@dataclass(frozen=True)
class Exhibit:
    """A figure, table or check by its number on the page, and what it shows. `cells` are those of `In [n]` in the executed
    notebook; `files` lie below the checkout; `on_paper` is what the report calls it as PDF and in Word, empty if it is not there.
    """

    name: str
    title: str
    cells: tuple[int, ...]
    files: tuple[str, ...]
    on_paper: str = ""


@dataclass(frozen=True)
class Program:
    """A notebook with what it made: the section of the report, and its exhibits."""

    section: Section
    exhibits: tuple[Exhibit, ...]

    @property
    def source(self) -> str:
        return f"notebooks/{self.section.run}.ipynb"

    @property
    def executed(self) -> str:
        return f"reports/{self.source}"

    @property
    def command(self) -> str:
        return f"crimjust run {self.section.run}"


def of(section: Section, results: Path, on_paper: Mapping[str, int]) -> Program:
    """The exhibits of a section whose results lie in the folder `results`: figures, tables, checks, as the page has them.

    `on_paper` has the numbers of figures on paper, by their places on the page.

    Raises
    ------
    DataError
        If what the run saved is missing or broken.
    """
    saved = record.assessment(Layout(results, section.run))
    told = (*_figures(section, saved, on_paper), *_tables(section, saved), *_checks(section))
    return Program(section, tuple(told))


def _figures(section: Section, saved: Mapping[str, Any], on_paper: Mapping[str, int]) -> Iterator[Exhibit]:
    drawn = {figure.anchor: figure for figure in (section.figure, *section.figures) if figure}
    for one in saved["figures"]:
        figure = drawn[place := anchor("figure", section.run, one["name"])]
        files = tuple(f"reports/figures/{section.run}/{one['name']}.{form}" for form in FORMS)
        paper = f"Figure {on_paper[place]}" if place in on_paper else ""
        title = f"{_flagged(one['title'], section).rstrip('.')}. {one['caption']}"
        yield Exhibit(f"Figure {figure.number}", title, _sorted([figure.cell]), files, paper)


def _tables(section: Section, saved: Mapping[str, Any]) -> Iterator[Exhibit]:
    cells: Mapping[str, int] = saved["cells"]
    groups = contents.grouped(section.estimates, section.cited)
    for table, (title, members) in zip(section.estimate_tables, groups, strict=True):
        name, _, _ = table.caption.partition(". ")
        made_by = _sorted(cells.get(estimate.id) for estimate in members)
        yield Exhibit(name, _flagged(title, section), made_by, (_estimates(section),))
    for name, further in zip(saved["tables"], section.further, strict=True):
        numbered, _, title = further.table.caption.partition(". ")
        file = f"reports/tables/{section.run}/{name}.csv"
        yield Exhibit(numbered, _flagged(title, section), _sorted([further.cell]), (file,))


def _checks(section: Section) -> Iterator[Exhibit]:
    for place, check in enumerate(section.checks, start=1):
        name = f"Check {int(section.number)}.{place}"
        title = f"{_flagged(check.name, section)} ({check.verdict})"
        yield Exhibit(name, title, _sorted([check.cell]), (f"reports/assessments/{section.run}.json",))


def _estimates(section: Section) -> str:
    return f"reports/tables/{section.run}/{contents.ESTIMATES}"


def _flagged(title: str, section: Section) -> str:
    return f"{SIMULATED}: {title}" if section.simulated and SIMULATED not in title else title


def _sorted(cells: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(sorted({cell for cell in cells if cell is not None}))


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in their order, three or more that follow each other as the first and the last: 2, 3, 5 to 8."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = (f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
    return ", ".join(told)
