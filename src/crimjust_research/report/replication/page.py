"""`docs/REPLICATION.md`: where the data are from, what is needed, which program makes which exhibit.

Its words stand in `report/templates/replication.md`; here it is gathered what they tell.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from crimjust_research import came_with
from crimjust_research.data import age, catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.data.tables import Licence, Resource
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.plan import Unanswered
from crimjust_research.numbers import number
from crimjust_research.report import citations, markdown, markup, origins, paper
from crimjust_research.report.citations import Group, software
from crimjust_research.report.citations.tables import published_by
from crimjust_research.report.html import Report
from crimjust_research.report.replication import exhibits
from crimjust_research.report.replication.exhibits import Program, ranges
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

TEMPLATE = "replication.md"
NEEDS = "docs/PERFORMANCE.md"
_PROJECT, _LOCK = "pyproject.toml", "requirements.lock"
_MEASURED = re.compile(r"^<!-- replication\.py -->\n## [^\n]+\n\n(.+?)(?=\n\n<!-- |\Z)", re.MULTILINE | re.DOTALL)
_MACHINE = re.compile(r"^\d+ processors .+$", re.MULTILINE)
_PYTHON = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_PINNED = re.compile(r"^[A-Za-z0-9][\w.-]*==", re.MULTILINE)
_TOOK = re.compile(r"^\| `crimjust run all --force` \| ([\d.]+) ", re.MULTILINE)
_HASH = 12  # characters of a hash that tell two files apart
_SEVERAL = 3  # publishers from which on they are counted, not named


@dataclass(frozen=True)
class Origin:
    """A table as published: its releases, the newest whole one first, and the numbers of the notebooks that rest on it."""

    releases: tuple[Resource, ...]
    read_for: tuple[str, ...]

    @property
    def newest(self) -> Resource:
        return self.releases[0]

    @property
    def vintages(self) -> str:
        """The releases by their names, each that holds only a part of the table marked so."""
        return ", ".join(f"{one.vintage}{'' if one.complete else ' (part)'}" for one in self.releases)

    @property
    def publishers(self) -> str:
        """Who published it, with the address of a table that has one; of many how many."""
        sources = self.newest.table.sources
        names = list(dict.fromkeys(published_by(source).name for source in sources))
        if len(sources) == 1:
            return f"[{markdown.prose(sources[0].title)}]({sources[0].path})"
        told = ", ".join(map(markdown.prose, names)) if len(names) < _SEVERAL else f"{len(names)} publishers"
        return f"{told}: [{len(sources)} addresses](DATA.md#{self.newest.table.name})"


@dataclass(frozen=True)
class Told:
    """All that the page tells."""

    programs: tuple[Program, ...]
    origins: tuple[Origin, ...]
    stored: Mapping[str, Sequence[tuple[Resource, str]]]
    other_data: tuple[tuple[str, tuple[str, ...]], ...]
    licences: tuple[tuple[Licence, int], ...]
    unanswered: tuple[Unanswered, ...]
    software: Mapping[str, Any]
    seeds: tuple[tuple[Program, Mapping[str, Any]], ...]
    needs: Mapping[str, str]
    paper_tables: tuple[str, ...]
    references: tuple[Group, ...]


def text(told: Told) -> str:
    """The page; equal results come to equal text."""
    environment = markup.environment()
    environment.autoescape = False
    environment.filters |= {"prose": markdown.prose, "ranges": ranges}
    page = environment.get_template(TEMPLATE).render(
        told=told,
        counts=Counter(exhibit.name.partition(" ")[0] for program in told.programs for exhibit in program.exhibits),
        estimates=sum(len(program.section.estimates) for program in told.programs),
        simulated=sum(e.data_status == "simulated" for program in told.programs for e in program.section.estimates),
        cited=sum(len(program.section.cited) for program in told.programs),
        hashed=_HASH,
        place=origins.place,
        citation=software.load(),
    )
    return re.sub(r"\n{3,}", "\n\n", page)


def of(root: Path, report: Report) -> Told:
    """What the page tells of the reference results in the checkout at `root`, which `report` has read.

    Raises
    ------
    DataError, RunError
        If a file it is told from cannot be read.
    """
    results, on_paper = root / "reports", paper.numbered(report)
    places = {place: number for number, place in enumerate(on_paper.figures, start=1)}
    programs = tuple(exhibits.of(section, results, places) for section in report.sections)
    read = [resource for section in report.sections for resource in section.read()]
    raw, stored = catalog.raw(), _stored()
    return Told(
        programs=programs,
        origins=tuple(_origin(releases, programs) for releases in raw.tables().values()),
        stored=stored,
        other_data=_other_data(root, {origins.place(one) for tables in stored.values() for one, _ in tables}),
        licences=_licences(raw.tables().values()),
        unanswered=plan.load().unanswered,
        software=_software(root, report),
        seeds=tuple(_seeds(programs, results)),
        needs=_needs(root),
        paper_tables=on_paper.tables,
        references=citations.references(read),
    )


def _origin(releases: Sequence[Resource], programs: Iterable[Program]) -> Origin:
    """A table with the notebooks that read one of its releases, or a panel made of one."""
    newest = age.newest(releases)
    keys = {(one.table.name, one.vintage) for one in releases}
    read_for = (
        program.section.number
        for program in programs
        if any((one.table.name, one.vintage) in keys for one in program.section.read())
    )
    return Origin((newest, *(one for one in reversed(releases) if one is not newest)), tuple(read_for))


def _stored() -> Mapping[str, Sequence[tuple[Resource, str]]]:
    """Every stored file of a table, by its folder, with what a panel was made of."""
    raw = catalog.raw()
    panels = [
        (resource, ", ".join(f"{one.table.name} {one.vintage}" for one in raw_behind(resource, raw)))
        for resource in catalog.processed().resources
    ]
    return {"raw": [(resource, "") for resource in raw.resources], "processed": panels}


def _other_data(root: Path, tables: Container[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Files below `data` that are none of the `tables` of a catalog, by their folders: those that came with the checkout,
    or all but hidden ones where nothing tells which did."""
    files = (path for path in (root / "data").rglob("*") if path.is_file() and not path.name.startswith("."))
    there = {path.relative_to(root).as_posix() for path in files}
    came = came_with.names(root)
    listed = {name for name in (there & came if came else there) if name not in tables}
    paths = sorted(map(PurePosixPath, listed), key=lambda path: (path.parent, path.name))
    by_folder = groupby(paths, key=lambda path: path.parent)
    return tuple((f"{folder}/", tuple(path.name for path in own)) for folder, own in by_folder)


def _licences(tables: Iterable[Sequence[Resource]]) -> tuple[tuple[Licence, int], ...]:
    """Terms by their names, each with how many raw tables stand under it alone or with others."""
    found = Counter(licence for releases in tables for licence in age.newest(releases).table.licences)
    return tuple(sorted(found.items(), key=lambda each: (each[0].name.lower(), each[0].path)))


def _software(root: Path, report: Report) -> Mapping[str, Any]:
    """Versions of what results were computed with, by name; Python versions supported; how many packages are pinned."""
    try:
        declared = tomllib.loads((root / _PROJECT).read_text(encoding="utf-8"))["project"]
        pinned = (root / _LOCK).read_text(encoding="utf-8")
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{root / _PROJECT} or {_LOCK} cannot be read ({error}); restore it") from None
    versions = sorted({version.rpartition(" ")[::2] for section in report.sections for version in section.versions})
    return {
        "versions": [(name, version) for name, version in versions if name != "python"],
        "computed_with": [version for name, version in versions if name == "python"],
        "pythons": [found[1] for line in declared["classifiers"] if (found := _PYTHON.search(line))],
        "pinned": len(set(_PINNED.findall(pinned))),
    }


def _seeds(programs: Iterable[Program], results: Path) -> Iterable[tuple[Program, Mapping[str, Any]]]:
    """Notebooks that draw at random, with their seeds and how often they draw."""
    for program in programs:
        parameters = record.load(Layout(results, program.section.run))["parameters"]
        drawn = {name: value for name, value in parameters.items() if name == "seed" or name.endswith("draws")}
        if "seed" in drawn:
            yield program, drawn


def _needs(root: Path) -> Mapping[str, str]:
    """What was measured of time, memory and disk, as Markdown, on which machine, and how many minutes all notebooks took."""
    path = root / NEEDS
    page = path.read_text(encoding="utf-8") if path.is_file() else ""
    measured, machine = _MEASURED.search(page), _MACHINE.search(page)
    took = _TOOK.search(measured[1]) if measured else None
    if measured is None or machine is None or took is None:
        raise DataError(
            f"{path} does not say what a replication needs; measure it: "
            ".venv/bin/python -m benchmarks.performance replication.py"
        )
    return {"measured": measured[1].strip(), "machine": machine[0], "minutes": number(float(took[1]) / 60, 2)}
