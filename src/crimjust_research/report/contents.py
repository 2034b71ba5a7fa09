"""Reads what a report holds: the results in `reports/` or of a variant, each assessment with the chain of data behind it."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import csv_files, project
from crimjust_research.data import catalog
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Estimate, Role, check_key, check_titles
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.words import FIGURE, REFERENCE, number, plain, sentences, spelt
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report import drawings, equations, origins, tables
from crimjust_research.report.anchors import anchor, number_of
from crimjust_research.report.chapters import Results, arranged, bounds
from crimjust_research.report.downloads import Download, zipped
from crimjust_research.report.section import (
    Chapter,
    DrawnFigure,
    Input,
    ReportedCheck,
    ReportedTable,
    Section,
    Supplied,
)
from crimjust_research.report.tables import Table
from crimjust_research.runs import kept, notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout

ESTIMATES = "estimates.csv"  # every assessment's estimates in one
_POOL = "run any of its notebooks again, which writes it anew"
_VERDICTS = "verdicts"  # a table of the run that reads all others
# How the names of other runs' results begin among what an assessment read, and of those of the reference.
_RESULTS, _REFERENCE = "reports/", "reports/assessments/"
_KIND = re.compile(r"[.:;]")
_LABEL = 60  # words that are heard before one may pass on
_FORMS = ("svg", "csv", "vl.json")  # in which a page carries each figure


def read(results: Path, variant: str = "", cited: Mapping[str, frozenset[str]] | None = None) -> tuple[Section, ...]:
    """The assessments in the folder `results`, in the order of their names; `variant` is its name if it is one.

    A variant answers no registered question, so that neither verdicts nor p over registered families are told of it; of one
    that was made under an evaluator's own plan those of that plan are.
    `cited` are the ids of estimates that a page names elsewhere, by run.

    Raises
    ------
    DataError, RunError
        If there is none, one of its files is missing or broken, its answer refers to an estimate that was not
        saved, or it was run on other data than the catalogs hold, or than a panel was made of. The message names the file and
        the remedy.
    """
    records = sorted((results / "assessments").glob("*.json"))
    if not records:
        first = f"crimjust run NOTEBOOK --name {variant}" if variant else "crimjust run all"
        raise RunError(f"{results / 'assessments'} holds no assessment; run `{first}` first")
    if not (results / ESTIMATES).is_file():
        raise RunError(f"{results / ESTIMATES} is missing; run `{kept.pooling(results)}` again")
    pooled = _pooled(results, plan.of(results), variant)
    elsewhere = cited or {}
    return tuple(
        _Reader(results, path.stem, pooled, elsewhere.get(path.stem, frozenset())).section() for path in records
    )


@dataclass(frozen=True)
class _Pooled:
    """What only all runs together know: p over the plan's families by run and id, and verdicts by run. Of a variant under the
    registered plan neither, but of each in which of its runs a question is registered that it does not answer."""

    p_adjusted: Mapping[tuple[str, str], str]
    verdicts: Mapping[str, str]
    raw: Catalog
    processed: Catalog
    registering: frozenset[str] = frozenset()


def _pooled(reports: Path, planned: Plan, variant: str) -> _Pooled:
    raw, processed = catalog.raw(), catalog.processed()
    registering = frozenset(primary.notebook for primary in planned.known if variant and not primary.own)
    if variant and not planned.own:
        return _Pooled({}, {}, raw, processed, registering)
    pooled = csv_files.load(reports / ESTIMATES, ("run", "id", "p_adjusted"), _POOL)
    p_adjusted = {(row["run"], row["id"]): row["p_adjusted"] for row in pooled}
    verdicts: dict[str, str] = {}
    for path in (reports / "tables").glob(f"*/{_VERDICTS}.csv"):
        rows = csv_files.load(path, ("run", "verdict"), Layout(reports, path.parent.name).anew)
        verdicts |= {row["run"]: row["verdict"] for row in rows}
    return _Pooled(p_adjusted, verdicts, raw, processed, registering)


def grouped(estimates: Iterable[Estimate], cited: Set[str]) -> Iterator[tuple[str, list[Estimate]]]:
    """Estimates by the table they stand in, of which the main one holds those that are `cited`, too."""
    told = tuple(estimates)
    main = [e for e in told if e.role == "primary" or e.id in cited]

    def of(role: Role) -> list[Estimate]:
        return [e for e in told if e.role == role and e not in main]

    groups = {
        "Estimates of the analyst's own": of("own"),
        "Primary estimates" if {e.role for e in main} == {"primary"} else "Estimates": main,
        "Secondary estimates": of("secondary"),
        "Sensitivity estimates": of("sensitivity"),
        "Without one unit each": of("left_out"),
        "Power, equivalence and size of the tests": of("diagnostic"),
    }
    return ((title, members) for title, members in groups.items() if members)


class _Reader:
    """Reads what was saved of one run."""

    def __init__(self, results: Path, run: str, pooled: _Pooled, cited: frozenset[str]) -> None:
        self.results = results
        self.run = run
        self.layout = Layout(results, run)
        self.number = number_of(run)
        self.pooled = pooled
        self.cited_elsewhere = cited
        self.saved = record.assessment(self.layout)
        self.notebook = self.read_notebook()
        self.code = origins.code_of(self.notebook)
        recorded: Mapping[str, int] = self.saved["cells"]
        self.cells = {name: cell for name, cell in recorded.items() if cell in self.code}

    def section(self) -> Section:
        saved, made = self.saved, record.load(self.layout)
        source = self.bytes(f"tables/{self.run}/estimates.csv")
        estimates = self.estimates(source)
        cited = self.cited({e.id for e in estimates})
        further = self.further(1 + sum(1 for _ in grouped(estimates, cited)))
        once = said_once(saved["checks"])
        told = zip(once, check_titles((check["name"], check["of"]) for check in once), strict=True)
        checks = tuple(self.check(place, *check) for place, check in enumerate(told, start=1))
        drawn = {f["name"]: self.figure(place, f) for place, f in enumerate(saved["figures"], start=1)}
        key = drawn.get(saved["key_figure"])
        others = tuple(figure for figure in drawn.values() if figure is not key)
        inputs, supplied = self.inputs(saved["used"]), _supplied(saved["used"])
        alone = bool(supplied) and not inputs
        return Section(
            run=self.run,
            number=self.number,
            outcome=saved["outcome"],
            title=saved["title"],
            question=saved["question"],
            answer=saved["answer"],
            verdict=self.pooled.verdicts.get(self.run, ""),
            estimates=estimates,
            cited=frozenset(cited),
            estimate_tables=self.estimate_tables(estimates, cited, self.cells),
            figure=key,
            figures=others,
            checks=checks,
            further=further,
            tables=self.packed(source, estimates, cited, checks, further),
            bounds=bounds(self.notebook.cells),
            equations=equations.of_model(self.notebook.cells),
            parameters=_parameters(saved["parameters"]),
            departures=tuple(saved["departures"]),
            changed=tuple(saved["changed"]),
            cells=self.code,
            recorded=frozenset(self.cells.values()),
            inputs=inputs,
            reads_results=any(u["table"].startswith(_RESULTS) for u in saved["used"]),
            reads_reference=any(u["table"].startswith(_REFERENCE) for u in saved["used"]),
            versions=tuple(f"{name} {version}" for name, version in made["versions"].items()),
            registered=self.run in self.pooled.registering or bool(saved["departures"] or saved["changed"]),
            supplied=supplied,
            chapters=self.chapters(estimates, others, checks, further) if alone else (),
        )

    def chapters(
        self,
        estimates: tuple[Estimate, ...],
        figures: tuple[DrawnFigure, ...],
        checks: tuple[ReportedCheck, ...],
        further: tuple[ReportedTable, ...],
    ) -> tuple[Chapter, ...]:
        """All results but the key figure by the chapters of the notebook."""
        located = [(estimate, self.cells.get(estimate.id)) for estimate in estimates]
        results = Results(located, figures, checks, further)
        return tuple(
            arranged(
                self.run,
                self.notebook.cells,
                results,
                lambda title, members: tables.of_estimates(
                    f"{title}: estimates", members, self.run, self.cells, in_short=True
                ),
            )
        )

    def read_notebook(self) -> Notebook:
        place = f"notebooks/{self.run}.ipynb"
        self.bytes(place)
        return notebooks.read(self.results / place)

    def estimates(self, source: bytes) -> tuple[Estimate, ...]:
        path = f"tables/{self.run}/estimates.csv"
        rows = csv_files.parsed(source, str(self.results / path), ("id",), self.layout.anew)
        try:
            return tuple(
                _estimate(row | {"p_adjusted": self.pooled.p_adjusted[self.run, row["id"]]})
                if (self.run, row["id"]) in self.pooled.p_adjusted
                else _estimate(row)
                for row in rows
            )
        except KeyError as error:
            raise self.error(path, f"lacks the column {error}") from error
        except (ValueError, ParameterError) as error:
            raise self.error(path, f"cannot be read ({error})") from error

    def estimate_tables(
        self, estimates: tuple[Estimate, ...], cited: set[str], cells: Mapping[str, int]
    ) -> tuple[Table, ...]:
        made = []
        for place, (title, members) in enumerate(grouped(estimates, cited), start=1):
            table = tables.of_estimates(f"Table {self.place(place)}. {title}", members, self.run, cells)
            # There are as many units left out as a panel has countries.
            made.append(tables.first_rows(table) if members[0].role == "left_out" else table)
        return tuple(made)

    def cited(self, known: set[str]) -> set[str]:
        """Ids of estimates that sentences name, all of which must be there."""
        figures, checks = self.saved["figures"], self.saved["checks"]
        told = (*(f["says"] for f in figures), *(c["sentence"] for c in checks))
        texts = (self.saved["answer"], self.pooled.verdicts.get(self.run, ""), *told)
        marks = [mark for text in texts for mark in REFERENCE.findall(text)]
        named = {name for _, run, name in marks if run in ("", self.run)} | self.cited_elsewhere
        drawn = {f"{FIGURE}{figure['name']}" for figure in figures}
        if unknown := sorted(named - known - drawn):
            place = f"{'figures' if unknown[0].startswith(FIGURE) else 'tables'}/{self.run}"
            raise self.error(place, f"lacks {unknown[0]!r}, which a sentence cites")
        return named & known

    def figure(self, place: int, saved: Mapping[str, str]) -> DrawnFigure:
        name = saved["name"]
        files = {f"{name}.{form}": self.bytes(f"figures/{self.run}/{name}.{form}") for form in _FORMS}
        place_of_it = anchor("figure", self.run, name)
        try:
            files[f"{name}.svg"] = drawings.lightened(files[f"{name}.svg"])
        except ValueError as error:
            raise self.error(f"figures/{self.run}/{name}.svg", str(error)) from error
        files[f"{name}.vl.json"] = _in_few_lines(files[f"{name}.vl.json"])
        return DrawnFigure(
            anchor=place_of_it,
            number=self.place(place),
            label=_in_short(saved),
            alt=saved["alt"],
            caption=saved["caption"],
            says=saved["says"],
            source=saved["source"],
            svg=drawings.inline(files[f"{name}.svg"], place_of_it),
            drawing=files[f"{name}.svg"].decode(),
            specification=files[f"{name}.vl.json"],
            files=zipped("SVG, CSV and Vega-Lite", f"{self.run}-{name}.zip", files),
            cell=self.cells.get(f"figure:{name}"),
        )

    def check(self, place: int, saved: Mapping[str, Any], name: str) -> ReportedCheck:
        if any(record.keys() != saved["table"][0].keys() for record in saved["table"]):
            raise self.error(f"assessments/{self.run}.json", f"has a table with uneven rows in the check {name!r}")
        return ReportedCheck(
            anchor=anchor("check", self.run, str(place)),
            name=name,
            verdict={True: "passed", False: "failed", None: "for information"}[saved["passed"]],
            power="" if saved["power"] is None else number(saved["power"]),
            sentence=saved["sentence"],
            table=tables.from_records(f"Check {self.place(place)}. {name}", saved["table"]) if saved["table"] else None,
            cell=self.cells.get(f"check:{check_key(saved['name'], saved['of'])}"),
        )

    def further(self, first: int) -> tuple[ReportedTable, ...]:
        found = []
        for place, name in enumerate(self.saved["tables"], start=first):
            try:
                table = tables.from_csv(f"Table {self.place(place)}. {spelt(name)}", self.table(name))
            except ValueError as error:
                raise self.error(f"tables/{self.run}/{name}.csv", f"cannot be read: {error}") from error
            found.append(ReportedTable(table, self.cells.get(f"table:{name}")))
        return tuple(found)

    def table(self, name: str) -> bytes:
        """A table as people read it: sentences on other runs' estimates without the marks that link them on the page."""
        content = self.bytes(f"tables/{self.run}/{name}.csv")
        return plain(content.decode("utf-8")).encode() if _VERDICTS in self.saved["tables"] else content

    def packed(
        self,
        source: bytes,
        estimates: tuple[Estimate, ...],
        cited: set[str],
        checks: tuple[ReportedCheck, ...],
        further: tuple[ReportedTable, ...],
    ) -> Download:
        """All tables of the run, whole: each as CSV, and all in one document that word processors open."""
        of_checks = [check.table for check in checks if check.table]
        long = (*(one.table for one in further), *of_checks)
        shown = (*self.estimate_tables(estimates, cited, {}), *map(tables.first_rows, long))
        files = {"estimates.csv": source, "tables.html": tables.word(self.saved["question"], shown)}
        files |= {f"{name}.csv": self.table(name) for name in self.saved["tables"]}
        for place, check in enumerate(checks, start=1):
            if check.table:
                files[f"check-{place}.csv"] = tables.csv_bytes(check.table)
        return zipped("All tables (CSV, and HTML that opens in Word)", f"{self.run}-tables.zip", files)

    def inputs(self, used: Iterable[Mapping[str, str]]) -> tuple[Input, ...]:
        """Tables of the catalogs an assessment read. It may read files, too: results of other runs, which stand in the
        report, and a person's own records, which its figures name as their source."""
        return tuple(self.input(u) for u in used if not _is_file(u["table"]))

    def input(self, used: Mapping[str, str]) -> Input:
        panel = used["table"] in self.pooled.processed.tables()
        resource = (self.pooled.processed if panel else self.pooled.raw).resource(used["table"], used["vintage"])
        if resource.sha256 != used["sha256"]:
            raise self.error(
                f"assessments/{self.run}.json",
                f"was made from {resource.table.name} {resource.vintage} when its sha256 was {used['sha256'][:12]}…; "
                f"the table is now {resource.sha256[:12]}…",
            )
        return Input(resource, raw_behind(resource, self.pooled.raw) if panel else ())

    def place(self, within: int) -> str:
        """The number of a figure, table or check within the page."""
        return f"{int(self.number)}.{within}" if self.number else str(within)

    def bytes(self, path: str) -> bytes:
        try:
            return (self.results / path).read_bytes()
        except FileNotFoundError:
            raise self.error(path, "is missing") from None

    def error(self, path: str, fault: str) -> RunError:
        return RunError(f"{self.results / path} {fault}; {self.layout.anew}")


def _is_file(used: str) -> bool:
    """Whether what an assessment read is a file: it has an ending, a table's name none."""
    return bool(PurePath(used).suffix)


def _supplied(used: Iterable[Mapping[str, str]]) -> tuple[Supplied, ...]:
    """The files among what an assessment read that are not results of other runs, nor stand for a folder."""
    return tuple(
        Supplied(u["table"], u["sha256"])
        for u in used
        if _is_file(u["table"])
        and not u["table"].startswith(_RESULTS)
        and PurePath(u["table"]).name != project.ALL_FILES
    )


def said_once(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Saved checks, in their order, without those that say and show of another question what one has."""
    kept: dict[Any, Mapping[str, Any]] = {}
    for check in checks:
        same = (check["name"], check["passed"], check["power"], check["sentence"], repr(check["table"]))
        kept.setdefault(same, check)
    return list(kept.values())


def _in_short(figure: Mapping[str, str]) -> str:
    """A figure in few words: its title, the kind of chart that its description begins with, and the first of what it says."""
    told = f"{figure['title'].rstrip('.')}."
    kind, *_ = _KIND.split(figure["alt"], maxsplit=1)
    for said in (f"{kind.strip()}.", *sentences(plain(per_cent_signs(figure["says"])))):
        if len(f"{told} {said}".split()) > _LABEL:
            break
        told = f"{told} {said}".strip()
    return told


def _in_few_lines(specification: bytes) -> bytes:
    """JSON without the ends and beginnings of lines that make it easy to compare; no text in it holds the end of a line."""
    return b"".join(line.strip() for line in specification.splitlines())


def _estimate(row: Mapping[str, str]) -> Estimate:
    values: dict[str, Any] = {f.name: _value(row[f.name], f.type) for f in fields(Estimate)}
    return Estimate(**values)


def _value(cell: str, kind: Any) -> str | int | float:
    if kind is float:
        return float(cell) if cell else math.nan
    return int(cell) if kind is int else cell


def _parameters(parameters: Mapping[str, Any]) -> Table:
    def shown(value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(str(item) for item in value)
        return "not set" if value is None else str(value)

    rows = tuple((name, shown(value)) for name, value in parameters.items())
    return Table("Values this run used", ("Parameter", "Value"), rows)
