"""The results of one run in the order of its notebook's chapters, for a page that is read from its beginning to its end."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import sentences
from crimjust_research.report.anchors import anchor
from crimjust_research.report.section import Chapter, DrawnFigure, ReportedCheck, ReportedTable
from crimjust_research.report.tables import Table

_HEADING = re.compile(r"## (?P<title>[^\n]+)(?:\n\n(?P<words>.*))?", re.DOTALL)
_ELSEWHERE = "Further results"


@dataclass(frozen=True)
class Results:
    """What a run recorded, each with the number of its cell, None where it was not counted."""

    estimates: Sequence[tuple[Estimate, int | None]]
    figures: Sequence[DrawnFigure]
    checks: Sequence[ReportedCheck]
    further: Sequence[ReportedTable]


def arranged(
    run: str, cells: Sequence[Mapping[str, Any]], results: Results, tabled: Callable[[str, Sequence[Estimate]], Table]
) -> Iterator[Chapter]:
    """The chapters of a notebook that recorded something; last what stands in none of them, so that nothing is lost.

    `cells` are the executed notebook's; `tabled` makes a table of the estimates of the chapter of that title.
    """
    placed: set[int] = set()
    for title, words, numbers in _chapters(cells):
        placed |= numbers
        yield from _chapter(run, title, words, results, numbers.__contains__, tabled)
    yield from _chapter(run, _ELSEWHERE, "", results, lambda cell: cell not in placed, tabled)


def bounds(cells: Sequence[Mapping[str, Any]]) -> str:
    """What a notebook says below its title and question of how far it reaches, without where its methods stand."""
    opening = "".join(cells[0]["source"]) if cells else ""
    _, _, said, *_ = (*opening.split("\n\n"), "", "", "")
    told = sentences(" ".join(said.replace("**", "").split()))
    return " ".join(sentence for sentence in told if not sentence.startswith("Methods: "))


def _chapter(
    run: str,
    title: str,
    words: str,
    results: Results,
    within: Callable[[Any], bool],
    tabled: Callable[[str, Sequence[Estimate]], Table],
) -> Iterator[Chapter]:
    estimates = [estimate for estimate, cell in results.estimates if within(cell)]
    figures = tuple(figure for figure in results.figures if within(figure.cell))
    checks = tuple(_named(check) for check in results.checks if within(check.cell))
    checked = [check.table.rows for check in checks if check.table]
    # A table that a check holds as well stands there; one without rows tells nothing.
    further = tuple(one for one in results.further if within(one.cell) and one.table.rows not in [(), *checked])
    if estimates or figures or checks or further:
        yield Chapter(
            anchor("chapter", run, title),
            title,
            words,
            tabled(title, estimates) if estimates else None,
            figures,
            checks,
            further,
        )


def _named(check: ReportedCheck) -> ReportedCheck:
    """A check whose table is called as it is: under the heading of a chapter it needs no number."""
    return replace(check, table=replace(check.table, caption=check.name)) if check.table else check


def _chapters(cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, set[int]]]:
    """Title, first paragraph and numbers of cells of code of each chapter."""
    title, words, numbers = "", "", set[int]()
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if cell.get("execution_count"):
                numbers.add(cell["execution_count"])
        elif found := _HEADING.fullmatch(source):
            if title:
                yield title, words, numbers
            title, words, numbers = found["title"], (found["words"] or "").partition("\n\n")[0], set()
    if title:
        yield title, words, numbers
