"""Tables an author takes away: whole, each with its number on the page, what it may be called by, and its source."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crimjust_research import __version__
from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import csv_bytes, frame
from crimjust_research.evidence.plan import Plan
from crimjust_research.report import contents, opening, tables, whose
from crimjust_research.report.section import Section
from crimjust_research.report.tables import Table
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

_NUMBER = re.compile(r"0*(\d+)\.0*(\d+)")
_SIMULATED = re.compile("simulated", re.IGNORECASE)
SIMULATED = "SIMULATED data"
_MAIN = ("Primary estimates", "Estimates")


@dataclass(frozen=True)
class Taken:
    """A table of the run `run`, by the `title` of that; `variant` is the name of the variant it is of, if it is of one.

    Its file is called `name`, and `label` is what the page calls it, as "Table 8.2". `shown` is the table as the page words it,
    `data` what it holds with all digits, which `csv` is the file of. `notes` say below it by which methods it was made, where
    its figures are from, and what made it. `simulated`: all of it rests on data that are made up, which its caption says.
    """

    run: str
    variant: str
    title: str
    name: str
    label: str
    shown: Table
    data: Table
    csv: bytes
    notes: tuple[str, ...]
    simulated: bool

    @property
    def called(self) -> str:
        """What a person calls it by."""
        return f"{self.run}/{self.name}"

    @property
    def file(self) -> str:
        """The name of its file, without an ending; it says SIMULATED where the table is, and of which variant."""
        marked = self.simulated and not _SIMULATED.search(self.name)
        return "-".join(filter(None, (self.run, self.name, "SIMULATED" if marked else "", self.variant)))


def sections(results: Path, variant: str = "") -> tuple[Section, ...]:
    """What the page tells of the results in a folder; see `contents.read`."""
    opens = opening.of(results, variant)
    return contents.read(results, variant, opens.cited if opens else {})


def tables_of(results: Path, variant: str = "") -> tuple[Taken, ...]:
    """Every table of the results in a folder, in the order of the page; `variant` is its name if it is one.

    Raises
    ------
    RunError, DataError
        As `contents.read` does.
    """
    return tuple(taken for section in sections(results, variant) for taken in _of_section(section, results, variant))


def called(name: str, known: Sequence[Taken]) -> tuple[Taken, ...]:
    """The tables that a person means: all of a notebook, by its name or number, or one by RUN/NAME or its number on the page.

    Raises
    ------
    ParameterError
        If there is none, with the nearest name.
    """
    number = _NUMBER.fullmatch(name)
    label = f"Table {int(number[1])}.{int(number[2])}" if number else ""
    found = tuple(
        one
        for one in known
        if name in (one.run, f"{one.run}.ipynb", one.run.partition("_")[0], one.called)
        or one.label == label
        or (one.name == name.partition("/")[2] and one.run.partition("_")[0] == name.partition("/")[0])
    )
    if not found:
        names = [*dict.fromkeys(one.run for one in known), *(one.called for one in known)]
        raise ParameterError(
            f"there is no notebook or table {name!r}; {did_you_mean(name, names)}name a notebook, a table as "
            f"{names[-1]}, or its number on the page, such as 08.2"
        )
    return found


def _of_section(section: Section, results: Path, variant: str) -> Iterator[Taken]:
    """The tables of a section: of estimates, further ones, and those of checks."""

    def taken(name: str, shown: Table, csv: bytes, data: Table | None = None) -> Taken:
        label, _, words = shown.caption.partition(". ")
        simulated = section.simulated or any(map(_SIMULATED.search, (name, words)))
        of = f" (variant {variant})" if variant else ""
        caption = f"{f'{SIMULATED}: ' if simulated else ''}{section.title}: {words}{of}"
        notes = (*_methods(shown), *_below(section, simulated), *_made_by(label, section, variant, planned))
        called = replace(shown, caption=caption, ids=())
        return Taken(
            section.run,
            variant,
            section.title,
            name,
            label,
            called,
            replace(data or called, caption=caption),
            csv,
            notes,
            simulated,
        )

    planned = plan.of(results)
    groups = contents.grouped(section.estimates, section.cited)
    for (title, members), shown in zip(groups, section.estimate_tables, strict=True):
        name = f"estimates-{'main' if title in _MAIN else members[0].role}"
        whole = tables.of_estimates(f"{shown.caption.partition('. ')[0]}. {title}", members, section.run, {})
        content = csv_bytes(frame(members))
        yield taken(name, whole, content, tables.from_csv("", content))
    files = zipfile.ZipFile(io.BytesIO(section.tables.content))
    names = record.assessment(Layout(results, section.run))["tables"]
    others = [
        *zip(names, (one.table for one in section.further), strict=True),
        *((f"check-{place}", check.table) for place, check in enumerate(section.checks, start=1) if check.table),
    ]
    for name, table in others:
        yield taken(name, table, files.read(f"{name}.csv"))


def _methods(table: Table) -> Iterator[str]:
    several = len(table.notes) > 1
    for place, note in enumerate(table.notes, start=1):
        yield f"Method {place}: {note}" if several else f"Method: {note}"


def _below(section: Section, simulated: bool) -> Iterator[str]:
    """Whether the figures of a table are made up, and where those of its section are from."""
    if simulated:
        yield f"{SIMULATED}: none of these figures was observed."
    sources = dict.fromkeys(
        f"{'; '.join(source.title for source in resource.table.sources)} ({resource.vintage})"
        for one in section.inputs
        for resource in one.made_of or (one.resource,)
    )
    told = [*sources, *(f"{one.name}, supplied" for one in section.supplied)]
    if section.reads_results:
        told.append("results of the other notebooks of crimjust-research")
    if told:
        yield f"Sources of the notebook: {'; '.join(told)}."


def _made_by(label: str, section: Section, variant: str, planned: Plan) -> Iterator[str]:
    of = f"variant {variant} of notebook {section.run}" if variant else f"notebook {section.run}"
    departs = f"; not the registered answer: {'; '.join(section.unlike)}" if section.unlike else ""
    yield f"{label} of crimjust-research {__version__}, {of}{departs}."
    yield from whose.lines(planned)
