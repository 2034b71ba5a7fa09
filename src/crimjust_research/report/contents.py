"""What a report holds: the results in `reports/` or of a variant, each assessment with the chain of data behind it."""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any

from crimjust_research.data import catalog
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.data.tables import Resource
from crimjust_research.errors import RunError
from crimjust_research.evidence.estimates import Estimate, Role, check_title
from crimjust_research.evidence.rule import NOT_ANSWERABLE
from crimjust_research.evidence.sentences import initial
from crimjust_research.evidence.words import number, p_text
from crimjust_research.report import drawings, tables
from crimjust_research.report.tables import Table, Text
from crimjust_research.runs import kept, record
from crimjust_research.runs.record import Layout

ESTIMATES = "estimates.csv"  # every assessment's estimates in one
VERDICTS, SCORECARD = "verdicts.csv", "scorecard.csv"  # saved by the run that reads all others
_RESULTS = "reports/"  # how the names of other runs' results begin among what an assessment read
_REFERENCE = re.compile(r"\[\[[^|\]]+\|([^\]]+)\]\]")


@dataclass(frozen=True)
class Download:
    """A file a reader can take away: its label, the name it is saved under, and its content.

    `path` is where it lies relative to the results' folder, None if it is made for the page alone.
    """

    label: str
    name: str
    media_type: str
    content: bytes
    path: str | None = None


@dataclass(frozen=True)
class DrawnFigure:
    """A saved figure: its number in the report, words, drawing (SVG to stand within a page) and downloads."""

    anchor: str
    number: str
    alt: str
    caption: str
    says: str
    source: str
    svg: str
    downloads: tuple[Download, ...]


@dataclass(frozen=True)
class ReportedTable:
    table: Table
    download: Download


@dataclass(frozen=True)
class ReportedCheck:
    """A check with its verdict: "passed", "failed" or "for information"; `evidence` is None if it has no table.

    `power` is that with which it would fail if there were what it looks for, empty where it is not known.
    """

    anchor: str
    name: str
    verdict: str
    power: str
    sentence: str
    evidence: ReportedTable | None


@dataclass(frozen=True)
class Input:
    """A table an assessment read and the raw tables it is made of; none if it is itself a raw table."""

    resource: Resource
    made_of: tuple[Resource, ...]


@dataclass(frozen=True)
class Section:
    """One assessment as the report tells it. `run` is its notebook's name, `number` that in its notebook's name.

    `verdict` is told from all runs together, empty where the plan registers no question, and in a variant.
    `reads_results`: whether it tells of the reference results of other assessments.

    The first of `estimate_tables` holds the primary estimates and those the sentences cite, the others the rest.
    """

    run: str
    number: int
    outcome: str
    title: str
    question: str
    answer: str
    verdict: str
    estimates: tuple[Estimate, ...]
    estimate_tables: tuple[Table, ...]
    estimates_csv: Download
    word: Download
    figures: tuple[DrawnFigure, ...]
    checks: tuple[ReportedCheck, ...]
    further: tuple[ReportedTable, ...]
    parameters: Table
    departures: tuple[str, ...]
    inputs: tuple[Input, ...]
    reads_results: bool
    versions: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return f"assessment-{self.run}"

    @property
    def notebook(self) -> str:
        return f"notebooks/{self.run}.ipynb"

    @property
    def simulated(self) -> int:
        """How many of the estimates rest on simulated data."""
        return sum(e.data_status == "simulated" for e in self.estimates)

    def verdicts(self) -> dict[str, int]:
        """How many checks came to each verdict, those that did not occur left out."""
        found = [check.verdict for check in self.checks]
        return {v: found.count(v) for v in ("passed", "failed", "for information") if v in found}

    @property
    def downloads(self) -> tuple[Download, ...]:
        """Every download of the section."""
        evidence = [c.evidence.download for c in self.checks if c.evidence]
        figures = [d for f in self.figures for d in f.downloads]
        return (self.estimates_csv, self.word, *figures, *evidence, *(t.download for t in self.further))


def read(results: Path, variant: str = "") -> tuple[Section, ...]:
    """The assessments in the folder `results`, in the order of their names; `variant` is its name if it is one.

    A variant answers no registered question, so that neither verdicts nor p over registered families are told of it.

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
    pooled = _Pooled({}, {}, catalog.raw(), catalog.processed()) if variant else _pooled(results)
    return tuple(_Reader(results, path.stem, pooled).section() for path in records)


def scorecard(results: Path) -> tuple[Table, ...]:
    """What the registered questions came to, as the run that reads all others saved it: a table for each outcome.

    Raises
    ------
    RunError
        If what was saved lacks a column.
    """
    found: dict[str, list[Mapping[str, str]]] = {}
    for path in (results / "tables").glob(f"*/{SCORECARD}"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found.setdefault(row.get("outcome", ""), []).append(row)
    try:
        return tuple(
            Table(f"Outcome {outcome}: what was asked, and what it came to", _CARD, tuple(map(_judged, rows)))
            for outcome, rows in found.items()
        )
    except KeyError as error:
        raise RunError(f"{SCORECARD} lacks the column {error}; run the scorecard again: crimjust run all") from error


_CARD = ("Question", "Estimate", "Margin", "Grade", "Reason to doubt, and what would answer it")


def _judged(row: Mapping[str, str]) -> tuple[Text, ...]:
    """One question as the scorecard tells it."""
    estimate = interval = margin = ""
    if row["estimate"]:
        estimate = f"{number(float(row['estimate']))} {row['unit']}".replace(" %", "\u00a0%")
        ends = [number(float(row[end])) for end in ("ci_low", "ci_high") if row[end]]
        p, adjusted = (p_text(float(row[name] or "nan")) for name in ("p_value", "p_adjusted"))
        interval = "; ".join([" to ".join(ends) or "no interval", f"p\u00a0{p}, adjusted\u00a0{adjusted}"])
        if row["grade"] == NOT_ANSWERABLE:
            interval += " (counts as\u00a01: not answerable)"
    if row["margin"]:
        margin = number(float(row["margin"]))
    matters = "of a size that matters" if row["matters"] == "True" else ""
    grade = ", ".join(filter(None, (row["grade"], row["direction"], matters)))
    return (
        Text(row["question"], row["id"]),
        Text(estimate, interval),
        Text(margin, row["says"]),
        Text(grade, " ".join(_about_grade(row)) if row["threat"] else ""),
        Text(row["threat"] or row["reasons"], f"Would answer it: {row['would_answer']}."),
    )


def _about_grade(row: Mapping[str, str]) -> Iterator[str]:
    """Why a registered question has no firmer grade, what it has at other sizes, and what it had before, in sentences."""
    if row["reasons"]:
        yield f"{initial(row['reasons'])}."
    if row["half"] == row["double"] == row["grade"]:
        yield "The same at half and double."
    elif row["half"]:
        yield f"Half the margin: {row['half']}; double: {row['double']}."
    if row["first_grade"]:
        yield f"First version: {row['first_grade']}."


@dataclass(frozen=True)
class _Pooled:
    """What only all runs together know: p over registered families by run and id, and verdicts by run."""

    p_adjusted: Mapping[tuple[str, str], str]
    verdicts: Mapping[str, str]
    raw: Catalog
    processed: Catalog


def _pooled(reports: Path) -> _Pooled:
    with (reports / ESTIMATES).open(encoding="utf-8", newline="") as stream:
        p_adjusted = {(row["run"], row["id"]): row["p_adjusted"] for row in csv.DictReader(stream)}
    verdicts: dict[str, str] = {}
    for path in (reports / "tables").glob(f"*/{VERDICTS}"):
        with path.open(encoding="utf-8", newline="") as stream:
            verdicts |= {row["run"]: row["verdict"] for row in csv.DictReader(stream)}
    return _Pooled(p_adjusted, verdicts, catalog.raw(), catalog.processed())


class _Reader:
    """Reads what was saved of one run."""

    def __init__(self, reports: Path, run: str, pooled: _Pooled) -> None:
        self.reports = reports
        self.run = run
        self.layout = Layout(reports, run)
        self.number = _number(run)
        self.pooled = pooled
        self.raw = pooled.raw
        self.processed = pooled.processed

    def section(self) -> Section:
        saved, made = record.assessment(self.layout), record.load(self.layout)
        self.bytes(f"notebooks/{self.run}.ipynb")
        return self.assemble(saved, made)

    def assemble(self, saved: Mapping[str, Any], made: Mapping[str, Any]) -> Section:
        estimates_csv = self.download(f"tables/{self.run}/estimates.csv", "All estimates (CSV, all digits)", "text/csv")
        estimates = self.estimates(estimates_csv)
        cited = self.cited(saved, {e.id for e in estimates})
        grouped = self.estimate_tables(estimates, cited)
        further = self.further(saved["tables"], len(grouped) + 1)
        checks = tuple(self.check(place, check) for place, check in enumerate(saved["checks"], start=1))
        shown = [*grouped, *(t.table for t in further), *(c.evidence.table for c in checks if c.evidence)]
        return Section(
            run=self.run,
            number=self.number,
            outcome=saved["outcome"],
            title=saved["title"],
            question=saved["question"],
            answer=saved["answer"],
            verdict=self.pooled.verdicts.get(self.run, ""),
            estimates=estimates,
            estimate_tables=grouped,
            estimates_csv=estimates_csv,
            word=Download(
                "All tables (HTML, opens in Word)",
                f"{self.run}-tables.html",
                "text/html",
                tables.word(saved["question"], shown),
            ),
            figures=tuple(self.figure(place, figure) for place, figure in enumerate(saved["figures"], start=1)),
            checks=checks,
            further=further,
            parameters=_parameters(saved["parameters"]),
            departures=tuple(saved["departures"]),
            inputs=self.inputs(saved["used"]),
            reads_results=any(u["table"].startswith(_RESULTS) for u in saved["used"]),
            versions=tuple(f"{name} {version}" for name, version in made["versions"].items()),
        )

    def estimates(self, source: Download) -> tuple[Estimate, ...]:
        rows = list(csv.DictReader(io.StringIO(source.content.decode("utf-8"))))
        try:
            return tuple(
                _estimate(row | {"p_adjusted": self.pooled.p_adjusted[self.run, row["id"]]})
                if (self.run, row["id"]) in self.pooled.p_adjusted
                else _estimate(row)
                for row in rows
            )
        except KeyError as error:
            raise self.error(str(source.path), f"lacks the column {error}") from error
        except ValueError as error:
            raise self.error(str(source.path), f"cannot be read ({error})") from error

    def estimate_tables(self, estimates: tuple[Estimate, ...], cited: set[str]) -> tuple[Table, ...]:
        main = [e for e in estimates if e.role == "primary" or e.id in cited]

        def of(role: Role) -> list[Estimate]:
            return [e for e in estimates if e.role == role and e not in main]

        groups = {
            "Estimates of the analyst's own": of("own"),
            "Estimates": main,
            "Secondary estimates": of("secondary"),
            "Sensitivity estimates": of("sensitivity"),
            "Without one unit each": of("left_out"),
            "Power, equivalence and size of the registered tests": of("diagnostic"),
        }
        anchor = f"estimate-{self.run}-"
        filled = [(title, members) for title, members in groups.items() if members]
        made = [
            tables.of_estimates(f"Table {self.number}.{place}. {title}", members, anchor)
            for place, (title, members) in enumerate(filled, start=1)
        ]
        # There are as many units left out as a panel has countries.
        return tuple(
            tables.first_rows(table) if members[0].role == "left_out" else table
            for table, (_, members) in zip(made, filled, strict=True)
        )

    def cited(self, saved: Mapping[str, Any], known: set[str]) -> set[str]:
        texts = (saved["answer"], self.pooled.verdicts.get(self.run, ""), *(c["sentence"] for c in saved["checks"]))
        cited = {estimate_id for text in texts for estimate_id in _REFERENCE.findall(text)}
        if unknown := sorted(cited - known):
            raise self.error(f"tables/{self.run}/estimates.csv", f"lacks the estimate {unknown[0]!r} the answer cites")
        return cited

    def figure(self, place: int, saved: Mapping[str, str]) -> DrawnFigure:
        stem = f"figures/{self.run}/{saved['name']}"
        anchor = f"figure-{self.run}-{saved['name']}"
        drawing = self.download(f"{stem}.svg", "SVG", "image/svg+xml")
        return DrawnFigure(
            anchor=anchor,
            number=f"{self.number}.{place}",
            alt=saved["alt"],
            caption=saved["caption"],
            says=saved["says"],
            source=saved["source"],
            svg=self.inline(drawing, anchor),
            downloads=(
                drawing,
                self.download(f"{stem}.png", "PNG", "image/png"),
                self.download(f"{stem}.csv", "CSV", "text/csv"),
                self.download(f"{stem}.vl.json", "Vega-Lite", "application/json"),
            ),
        )

    def inline(self, drawing: Download, prefix: str) -> str:
        try:
            return drawings.inline(drawing.content, prefix)
        except ValueError as error:
            raise self.error(str(drawing.path), str(error)) from error

    def check(self, place: int, saved: Mapping[str, Any]) -> ReportedCheck:
        evidence, name = None, check_title(saved["name"], saved["of"])
        if saved["table"]:
            table = tables.from_records(f"Check {self.number}.{place}. {name}", saved["table"])
            file = f"{self.run}-check-{place}.csv"
            csv_file = Download("CSV", file, "text/csv", tables.csv_bytes(table))
            evidence = ReportedTable(tables.first_rows(table), csv_file)
        verdict = {True: "passed", False: "failed", None: "for information"}[saved["passed"]]
        power = "" if saved["power"] is None else number(saved["power"])
        return ReportedCheck(f"check-{self.run}-{place}", name, verdict, power, saved["sentence"], evidence)

    def further(self, names: list[str], first: int) -> tuple[ReportedTable, ...]:
        reported = []
        for place, name in enumerate(names, start=first):
            source = self.download(f"tables/{self.run}/{name}.csv", "CSV", "text/csv")
            try:
                table = tables.from_csv(f"Table {self.number}.{place}. {_words(name)}", source.content)
            except ValueError as error:
                raise self.error(str(source.path), f"cannot be read: {error}") from error
            reported.append(ReportedTable(tables.first_rows(table), source))
        return tuple(reported)

    def inputs(self, used: Iterable[Mapping[str, str]]) -> tuple[Input, ...]:
        """Tables of the catalogs an assessment read. It may read files, too: results of other runs, which stand in the
        report, and a person's own records, which its figures name as their source."""
        # A file has an ending, a table's name none.
        return tuple(self.input(u) for u in used if not PurePath(u["table"]).suffix)

    def input(self, used: Mapping[str, str]) -> Input:
        panel = used["table"] in self.processed.tables()
        resource = (self.processed if panel else self.raw).resource(used["table"], used["vintage"])
        if resource.sha256 != used["sha256"]:
            raise self.error(
                f"assessments/{self.run}.json",
                f"was made from {resource.table.name} {resource.vintage} when its sha256 was {used['sha256'][:12]}…; "
                f"the table is now {resource.sha256[:12]}…",
            )
        return Input(resource, raw_behind(resource, self.raw) if panel else ())

    def download(self, path: str, label: str, media_type: str) -> Download:
        return Download(label, f"{self.run}-{Path(path).name}", media_type, self.bytes(path), path)

    def bytes(self, path: str) -> bytes:
        try:
            return (self.reports / path).read_bytes()
        except FileNotFoundError:
            raise self.error(path, "is missing") from None

    def error(self, path: str, fault: str) -> RunError:
        return RunError(f"{self.reports / path} {fault}; {self.layout.anew}")


def _number(run: str) -> int:
    """The number a notebook's name begins with; 0 where it begins with none."""
    found = re.match(r"\d+", run)
    return int(found[0]) if found else 0


def _words(name: str) -> str:
    """The name of a file as words."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


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
