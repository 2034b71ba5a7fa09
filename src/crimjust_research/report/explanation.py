"""A result explained for a terminal: what was found, where it was recorded, and the way from there to its publishers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import csv_files, framework, project
from crimjust_research.data.tables import Resource
from crimjust_research.errors import DataError, printable
from crimjust_research.evidence import plan
from crimjust_research.evidence.plan import Plan, Unanswered
from crimjust_research.evidence.published import SCORECARD
from crimjust_research.evidence.rule import NOT_ANSWERABLE
from crimjust_research.evidence.words import number, p_text, plain, unit_told
from crimjust_research.framework import Measure
from crimjust_research.report import lineage, origins, whose
from crimjust_research.report.asked import Asked
from crimjust_research.report.origins import Line, Sample, Samples
from crimjust_research.report.terminal import whole, wrapped
from crimjust_research.runs import kept, promotion, record
from crimjust_research.runs.kept import KeptRun
from crimjust_research.runs.record import Layout, Present
from crimjust_research.runs.variants import REFERENCE
from crimjust_research.sources import Sources

_RESULTS, _ASSESSMENTS = "reports/", "assessments"  # how what a run read of other runs begins, and the folder it lay in
_CELL_SHOWN = 60
_OF_INDICATORS = ("baseline", "latest", "change")  # what is told of one, after its key
_HEAD, _SOURCE = -1, -2  # in place of an indent: a head of its own, and a line of code

Told = Iterator[tuple[int, str]]


def as_text(results: Path, asked: Asked | Unanswered, width: int) -> str:
    """All that is known of one result in the folder `results`, in lines of at most `width` characters.

    Raises
    ------
    DataError, RunError
        If results or tables cannot be read, count no cells, or were computed from other tables than there are.
    """
    told = _unanswered(asked) if isinstance(asked, Unanswered) else _explained(results, asked)
    return "\n".join(line for indent, text in told for line in _lines(indent, printable(text), width))


def _lines(indent: int, text: str, width: int) -> list[str]:
    if indent == _HEAD:
        return ["", *wrapped(0, text, width)]
    if indent == _SOURCE:
        return _code(text, width)
    return wrapped(indent, text, width)


def _code(line: str, width: int) -> list[str]:
    """A line of a cell, indented; what is too long goes on below, further in."""
    margin = len(line) - len(line.lstrip()) + 4
    wraps = wrapped(0, line.strip(), max(width - margin - 4, 40))
    return [" " * (margin + (4 if place else 0)) + part for place, part in enumerate(wraps)] or [""]


def _unanswered(question: Unanswered) -> Told:
    yield 0, f"{question.id}: a question of Outcome {question.outcome} that no public data can answer"
    yield 2, question.question
    yield 2, f"Why: {question.why}."
    yield 2, f"What would answer it: {question.would_answer}."


def _explained(results: Path, asked: Asked) -> Told:
    layout = Layout(results, asked.run)
    saved = record.assessment(layout)
    ran = kept.kept_run(layout, Present(Sources()))
    key = asked.name if asked.kind == "estimate" else f"figure:{asked.name}"
    yield from (_estimate if asked.kind == "estimate" else _figure)(results, asked, saved)
    code = origins.cells(results, asked.run)
    recording = _recording(results, asked.run, key, code)
    before = lineage.before(code, recording)
    yield from _cells(results, asked.run, code, recording, before)
    yield from _run(results, ran)
    yield from _read(layout, saved, code, (*before, recording), _measure(asked))


# What was found --------------------------------------------------------------------------------------------------------


def _estimate(results: Path, asked: Asked, saved: Mapping[str, Any]) -> Told:
    line = origins.estimates(results, asked.run)[asked.name]
    row = line.cells
    card = _scorecard(results, asked)
    yield 0, f"{saved['name']}.{asked.name}, of {asked.run}"
    yield 2, f"Outcome {row['outcome']}. {row['question']}"
    yield 2, f"Estimand: {row['estimand']}"
    yield 2, f"Method: {row['method']}"
    if row["specification"]:
        yield 2, f"Specification: {row['specification']}"
    told = _found(row, _adjusted(results, asked) or row["p_adjusted"])
    yield 2, f"{told} (counts as 1: not answerable)" if card.get("grade") == NOT_ANSWERABLE else told
    if own := origins.estimates(results, asked.run).get(f"{asked.name}.{plan.CALIBRATED}"):
        yield 2, f"Calibrated p, of which the adjusted is made: {p_text(_value(own.cells['p_value']))}"
    n = f"{_counted(int(row['n_obs']), 'observation')} of {_counted(int(row['n_units']), 'unit')}"
    yield 2, f"From {n}; its role is {row['role'].replace('_', ' ')}"
    if row["data_status"] == "simulated":
        yield 2, "SIMULATED: it rests on data that are made up"
    yield 2, f"All its digits: line {line.number} of {_place(results)}/tables/{asked.run}/{origins.ESTIMATES}"
    if card:
        yield 2, f"Grade: {', '.join(filter(None, (card['grade'], card['direction'])))}{_because(card['reasons'])}"
        yield 2, f"Margin, the smallest size that would matter: {card['says']}"
        yield 2, f"Reason to doubt: {card['threat']}"
    planned = plan.of(results)
    yield 2, _registered(asked, row, [*saved["departures"], *saved["changed"]], planned)
    yield from ((2, line) for line in whose.lines(planned))


def _because(reasons: str) -> str:
    return f", because {reasons}" if reasons else ""


def _found(row: Mapping[str, str], adjusted: str) -> str:
    """An estimate with its interval and p, of which a method need not give all."""
    ends = [number(_value(row[end])) for end in ("ci_low", "ci_high")]
    interval = "no interval"
    if row["ci_low"] or row["ci_high"]:
        interval = f"{100 * _value(row['ci_level']):g}% interval {' to '.join(ends)}"
    p = f"p {p_text(_value(row['p_value']))}" if row["p_value"] else "no p"
    told = [f"Estimate: {number(_value(row['estimate']))} {unit_told(row['unit'])}", interval, p]
    return "; ".join([*told, f"adjusted p {p_text(_value(adjusted))}"] if adjusted else told)


def _value(text: str) -> float:
    return float(text) if text else math.nan


def _registered(asked: Asked, row: Mapping[str, str], departures: Sequence[str], planned: Plan) -> str:
    own, where = planned.own, plan.PATH.as_posix()
    if asked.registered is None:
        if repeats := next((p for p in planned.primaries if p.id == asked.name), None):
            return f"What {repeats.notebook} found, told again: {whole(f'crimjust explain {repeats.id}')}"
        left_out = next((p for p in planned.unasked if p.notebook == asked.run and p.estimates(asked.name)), None)
        if own and left_out:
            return f"Registered in {where} as {left_out.id}, and not asked in {own.named}"
        return f"Not registered in {where}{f', nor asked in {own.named}' if own else ''}"
    if own:
        of = f"asked in {own.named}, as {asked.registered.id}"
        if departures:
            return f"Not as {of}: {'; '.join(departures)}"
        if row["role"] == "primary":
            return f"As {of}{', which is registered nowhere' if asked.registered.own else ''}"
        return f"Beside the estimate that is {of}"
    of = f"registered in {where} as {asked.registered.id}"
    if departures:
        return f"Not as registered: {'; '.join(departures)} ({of})"
    if row["role"] == "primary":
        return f"As {of}, with the registered parameters"
    return f"Beside the estimate that is {of}, with the registered parameters"


def _adjusted(results: Path, asked: Asked) -> str:
    """The p adjusted over a family of the plan, which all runs together have."""
    path = results / promotion.POOLED
    if not path.is_file():
        return ""
    rows = csv_files.load(path, ("run", "id", "p_adjusted"), "run any of its notebooks again, which writes it anew")
    return next((r["p_adjusted"] for r in rows if (r["run"], r["id"]) == (asked.run, asked.name)), "")


def _scorecard(results: Path, asked: Asked) -> Mapping[str, str]:
    """What the scorecard says of a question of the plan, of its own estimate; nothing of others, or where there is none."""
    if asked.registered is None or asked.registered.name != asked.name:
        return {}
    for path in sorted((results / "tables").glob(f"*/{SCORECARD}")):
        again = Layout(results, path.parent.name).anew
        for row in csv_files.load(path, ("id", "grade", "direction", "reasons", "says", "threat"), again):
            if row["id"] == asked.registered.id:
                return row
    return {}


def _figure(results: Path, asked: Asked, saved: Mapping[str, Any]) -> Told:
    names = [figure["name"] for figure in saved["figures"]]
    figure = saved["figures"][names.index(asked.name)]
    section = asked.run.partition("_")[0].removeprefix("0")
    yield 0, f"Figure {section}.{names.index(asked.name) + 1}, {asked.name}, of {asked.run}"
    yield 2, figure["caption"]
    if figure["says"]:
        yield 2, plain(figure["says"])
    yield 2, f"Source: {figure['source']}"
    yield 2, f"Its numbers: {_place(results)}/figures/{asked.run}/{asked.name}.csv; beside it as SVG, PNG and Vega-Lite"


# Where it was recorded -------------------------------------------------------------------------------------------------


def _recording(results: Path, run: str, key: str, code: Mapping[int, str]) -> int:
    recording = origins.cell_of(results, run).get(key)
    if recording is None or recording not in code:
        place = f"{_place(results)}/notebooks/{run}.ipynb"
        raise DataError(f"{place} has no cell that recorded {key!r}; {Layout(results, run).anew}")
    return recording


def _cells(results: Path, run: str, code: Mapping[int, str], recording: int, before: Sequence[int]) -> Told:
    """The cell that recorded a result, and those whose names it takes."""
    yield _HEAD, f"Recorded by cell {recording} of {_place(results)}/notebooks/{run}.ipynb, In [{recording}]:"
    for line in code[recording].splitlines():
        yield _SOURCE, line
    if before:
        yield _HEAD, "What that cell takes, these gave it, from the first to the last:"
    for each in before:
        yield 2, f"In [{each}]:"
        for line in code[each].splitlines():
            yield _SOURCE, line


def _run(results: Path, ran: KeptRun) -> Told:
    command = kept.command(results, ran)
    yield _HEAD, "The run"
    changed = "; ".join(f"{name} = {value!r}" for name, value in ran.changed.items())
    yield 2, f"Parameters that are not the notebook's own: {changed or 'none'}"
    if ran.by_hand:
        yield 2, f"Its cells, changed by hand: {'; '.join(ran.by_hand)}"
    yield 2, f"Since it was computed: {'; '.join(ran.moved) or 'nothing it was made of has moved'}"
    yield 2, f"To run it again: {kept.first_to_do(_place(results), ran)}{whole(f'{command} --force')}"
    if kept.name_of(results) == REFERENCE:
        yield 2, f"To run it aside and compare: {whole(f'crimjust verify {ran.run}')}"
    elif Layout(project.root() / "reports", ran.run).record.is_file():
        yield 2, f"To compare it with the reference: {whole(f'crimjust compare reference {kept.name_of(results)}')}"


# What it read ----------------------------------------------------------------------------------------------------------


def _measure(asked: Asked) -> Measure | None:
    """Where the results framework says that the indicator of an estimate is published; None if it is of none."""
    key, _, told = asked.name.rpartition(".")
    if told not in _OF_INDICATORS:
        return None
    baseline = f"{asked.run}#{key}.baseline"
    declared = (each for each in framework.load().indicators if each.baseline and each.baseline.estimate == baseline)
    return next((each.measure for each in declared), None)


def _read(
    layout: Layout, saved: Mapping[str, Any], code: Mapping[int, str], cells: Sequence[int], measure: Measure | None
) -> Told:
    # A file has an ending, a table's name none; files of this checkout's results are told by their runs.
    every = [used for used in saved["used"] if not PurePath(used["table"]).suffix]
    opened = lineage.opened(code, cells, {used["table"] for used in every})
    if measure:
        opened &= {measure.table}
    tables = [used for used in every if used["table"] in opened]
    files = [
        used for used in saved["used"] if PurePath(used["table"]).suffix and not used["table"].startswith(_RESULTS)
    ]
    others = [PurePath(used["table"]) for used in saved["used"] if used["table"].startswith(_RESULTS)]
    runs = [path.stem for path in others if path.parent.name == _ASSESSMENTS]
    within = (str(saved["parameters"].get("start") or ""), str(saved["parameters"].get("end") or ""))
    samples = Samples()
    raw: dict[tuple[str, str], Resource] = {}
    yield _HEAD, "What these cells may read; of each a row, as an example"
    if not saved["used"]:
        yield 2, "No table: its data are simulated, or stand in its cells"
    if measure:
        rows = f", rows: {measure.rows}" if measure.rows else ""
        yield 2, f"Measured in {measure.table}.{measure.column}{rows}, as {framework.FILE} declares"
    for used in tables:
        read = samples.of(origins.stored(layout, used), within)
        if measure and measure.raw:
            read = replace(read, behind=tuple(b for b in read.behind if b.resource.table.name == measure.raw))
        yield from _sample(read)
        for resource in [each.resource for each in read.behind] or [read.resource]:
            raw[resource.table.name, resource.vintage] = resource
    if beside := sorted({used["table"] for used in every} - opened):
        of = "or the indicators it tells together" if measure else "of the notebook"
        yield 2, f"Read for other results {of}: {', '.join(beside)}"
    for used in files:
        yield 2, f"{used['table']} ({used['vintage']}), sha256 {used['sha256']}"
    if runs:
        yield 2, f"The results of other runs, each explained by its own ids: {', '.join(runs)}"
    if raw:
        yield _HEAD, "Who published it"
    for resource in raw.values():
        yield from _published(resource)


def _sample(sample: Sample) -> Told:
    resource = sample.resource
    kind = "panel" if sample.behind else "raw table"
    yield 2, f"{kind} {resource.table.name} {resource.vintage}: {origins.place(resource)}, {resource.rows:,} rows"
    yield 4, f"sha256 {resource.sha256}"
    yield 4, _told(sample.row)
    for behind in sample.behind:
        name = f"{behind.resource.table.name} {behind.resource.vintage}"
        if behind.first is None:
            yield 4, f"from {name}: no row behind this one, by {' and '.join(behind.by)}"
            continue
        first = ", the first" if behind.rows > 1 else ""
        yield 4, f"from {name}: {_counted(behind.rows, 'row')}{first}, by {', '.join(behind.by)}"
        yield 6, f"{origins.place(behind.resource)}, {_told(behind.first)}"
        if behind.correction:
            yield 6, f"corrected in the panel: {behind.correction} in data/corrections.yaml"


def _told(line: Line) -> str:
    """A row by its line number, cells that hold something by column."""
    filled = ((column, cell) for column, cell in line.cells.items() if cell)
    return f"line {line.number}: {', '.join(f'{column} {_short(cell)}' for column, cell in filled)}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _short(cell: str) -> str:
    text = " ".join(cell.split())
    return text if len(text) <= _CELL_SHOWN else f"{text[: _CELL_SHOWN - 1]}…"


def _published(resource: Resource) -> Told:
    table = resource.table
    yield 2, f"{table.name}, released {resource.vintage}: {table.title}"
    for source in table.sources:
        archive = f" (archived: {source.archive})" if source.archive else ""
        yield 4, f"{source.title}: {source.path}{archive}"
    for licence in table.licences:
        yield 4, f"Terms: {licence.title} ({licence.name}), {licence.path}"
    covers = f"; figures of {' to '.join(resource.coverage)}" if resource.coverage else ""
    yield 4, f"{origins.place(resource)}, {resource.rows:,} rows, sha256 {resource.sha256}"
    yield 4, f"{_counted(len(table.caveats), 'caveat')} in docs/DATA.md{covers}"


def _place(results: Path) -> str:
    """The folder of results as a person would type it from the checkout."""
    return results.relative_to(project.root()).as_posix()
