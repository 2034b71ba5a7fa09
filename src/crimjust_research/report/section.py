"""What the page tells of one assessment: its answer, figures, checks, tables, code and data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from crimjust_research.data.tables import Resource
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.report.anchors import anchor
from crimjust_research.report.downloads import Download
from crimjust_research.report.tables import Table

_TELLS_P = re.compile(r"\bp\s*[=<]")
_SMALL = 0.05  # a p that a reader would take for a finding


@dataclass(frozen=True)
class DrawnFigure:
    """A saved figure: its number in the report, words, drawing, and all its files as one ZIP.

    `svg` is the drawing to stand within a page, `drawing` as a file of its own, `specification` what it was drawn from, as JSON
    of Vega-Lite. `label` says in short what `alt` says in full.
    `cell` is the number of the notebook's cell that drew it, None where no cells were counted; so it is of tables and checks.
    """

    anchor: str
    number: str
    label: str
    alt: str
    caption: str
    says: str
    source: str
    svg: str
    drawing: str
    specification: bytes
    files: Download
    cell: int | None


@dataclass(frozen=True)
class ReportedTable:
    """A table with the number of the cell that saved it, `In [n]`; None if it is not known."""

    table: Table
    cell: int | None


@dataclass(frozen=True)
class ReportedCheck:
    """A check with its verdict: "passed", "failed" or "for information"; `table` is None if it has none.

    `power` is that with which it would fail if there were what it looks for, empty where it is not known.
    """

    anchor: str
    name: str
    verdict: str
    power: str
    sentence: str
    table: Table | None
    cell: int | None


@dataclass(frozen=True)
class Input:
    """A table an assessment read and the raw tables it is made of; none if it is itself a raw table."""

    resource: Resource
    made_of: tuple[Resource, ...]


@dataclass(frozen=True)
class Chapter:
    """What one part of a notebook came to, under its heading and first words; `estimates` is None if it has none."""

    anchor: str
    title: str
    words: str
    estimates: Table | None
    figures: tuple[DrawnFigure, ...]
    checks: tuple[ReportedCheck, ...]
    further: tuple[ReportedTable, ...]


@dataclass(frozen=True)
class Supplied:
    """A file that somebody supplied, by its name alone, and what it is known by."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Section:
    """One assessment as the report tells it. `run` is its notebook's name, `number` that in its notebook's name.

    `verdict` is told from all runs together, empty where the plan asks no question, and in a variant under the registered plan.
    `bounds` is what its notebook says first of how far it reaches, in Markdown.
    `reads_results`: whether it tells of the results of other assessments, `reads_reference`: of the reference ones.
    `registered`: in a variant, whether there is a registered answer that it is not. `supplied` are files that a person handed
    in; where it read nothing else, all results stand in `chapters`, too.

    `figure` is the one that carries the answer, `figures` are all others. `cited` are ids of estimates that sentences name.
    The first of `estimate_tables` holds the primary estimates and those the sentences cite, the others the rest. `cells` are
    the sources of the notebook's cells of code by number, `recorded` the numbers of those that recorded something. `tables`
    is a ZIP of all tables.
    """

    run: str
    number: str
    outcome: str
    title: str
    question: str
    answer: str
    verdict: str
    estimates: tuple[Estimate, ...]
    cited: frozenset[str]
    estimate_tables: tuple[Table, ...]
    figure: DrawnFigure | None
    figures: tuple[DrawnFigure, ...]
    checks: tuple[ReportedCheck, ...]
    further: tuple[ReportedTable, ...]
    tables: Download
    bounds: str
    equations: tuple[Markup, ...]
    parameters: Table
    departures: tuple[str, ...]
    changed: tuple[str, ...]
    cells: Mapping[int, str]
    recorded: frozenset[int]
    inputs: tuple[Input, ...]
    reads_results: bool
    reads_reference: bool
    versions: tuple[str, ...]
    registered: bool
    supplied: tuple[Supplied, ...]
    chapters: tuple[Chapter, ...]

    @property
    def anchor(self) -> str:
        return anchor("assessment", self.run)

    @property
    def heading(self) -> str:
        return f"{self.number}. {self.title}" if self.number else self.title

    @property
    def simulated(self) -> bool:
        """Whether the answer rests on made-up data alone. How a test fares in simulated samples is no such thing."""
        told = [e for e in self.estimates if e.role != "diagnostic"]
        return bool(told) and all(e.data_status == "simulated" for e in told)

    @property
    def set_aside(self) -> bool:
        """Whether the answer tells a p, and a registered estimate has a small one that its adjusted p, which is 1, sets aside."""
        return bool(_TELLS_P.search(self.answer)) and any(
            e.role == "primary" and e.p_value < _SMALL and e.p_adjusted == 1 for e in self.estimates
        )

    @property
    def unlike(self) -> tuple[str, ...]:
        """In what it is not the registered answer: parameters, and cells changed by hand."""
        return (*self.departures, *self.changed)

    def verdicts(self) -> dict[str, int]:
        """How many checks came to each verdict, those that did not occur left out."""
        found = [check.verdict for check in self.checks]
        return {v: found.count(v) for v in ("passed", "failed", "for information") if v in found}

    def read(self) -> Iterator[Resource]:
        """Every table behind the section: those its notebook read, each followed by those it is made of."""
        for one in self.inputs:
            yield one.resource
            yield from one.made_of
