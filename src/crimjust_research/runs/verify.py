"""`crimjust verify`: the reference set run again aside, and compared with everything that is kept under `reports`.

Numbers are compared with a tolerance, wherever they stand; everything else must be equal.
"""

import csv
import io
import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crimjust_research import accepted, json_files, project
from crimjust_research.errors import CrimjustError, RunError, in_a_sentence
from crimjust_research.locks import scratch
from crimjust_research.runs import jobs, notebooks, promotion, record
from crimjust_research.runs.committed import TOLERANCE
from crimjust_research.runs.environment import kernel_environment, kernels_at_once
from crimjust_research.runs.jobs import length
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.progress import Progress
from crimjust_research.runs.record import Layout

ALL_RUNS = "all runs"
"""What stands in the place of a run's name where something is made of the results of all."""
_SHOWN = 60
_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)")
_PNG = b"\x89PNG\r\n\x1a\n"
# Of an assessment what is told part by part; of the rest it is said that it is not as it was.
_TOLD = ("parameters", "answer", "checks", "figures")


@dataclass(frozen=True)
class Move:
    """Something that is not as it was: in which run, what, which value, before and now; `by` where both are numbers,
    relative to the larger of them."""

    run: str
    what: str
    part: str
    was: str
    now: str
    by: float | None = None


def verify(
    name: str = "all",
    *,
    tolerance: float = TOLERANCE,
    timeout: float | None = None,
    build_page: Callable[[Path, Path], Path] | None = None,
) -> tuple[str, ...]:
    """Run the notebook `name`, or all, again and compare; returns a line on each run that came out as it was.

    With all, the pooled table is compared with what the runs' tables come to, and the page with what `build_page` writes of
    the results in its first argument into the folder that is its second. Nothing under `reports` is changed. `tolerance` is
    the largest difference of two numbers relative to the larger.

    Raises
    ------
    RunError
        If a run failed or has no reference, or anything moved: a table of what, and by how much.
    """
    found = notebooks.find(name)
    reports = project.root() / "reports"
    missing = [n.name for n in found if not Layout(reports, n.name).record.is_file()]
    if missing:
        raise RunError(f"there is no reference to compare with for {', '.join(missing)}; make it with `crimjust run`")
    if told := [f"  {line}" for each in found for line in jobs.by_hand(each)]:
        raise RunError(
            "\n".join(["the reference is of the notebooks as the project has them, and these are not:", *told])
        )
    with scratch() as folder, Progress() as progress:
        fresh = {n.name: Layout(folder / "fresh", n.name) for n in found}
        failures = _run_all(found, fresh, folder, timeout, progress)
        if failures:
            counted = f"{len(failures)} of {len(found)} run{'' if len(found) == 1 else 's'} failed:"
            raise RunError("\n".join([counted, *failures]))
        moves = [move for run, layout in fresh.items() for move in moved(Layout(reports, run), layout, tolerance)]
        lines = [f"{run}: {_counts(Layout(reports, run))}, all as they were" for run in fresh]
        if name == "all":
            moves += pooled_moves(reports, tolerance)
            lines.append(f"{ALL_RUNS}: pooled estimates as they were")
        if name == "all" and build_page is not None:
            moves += page_moves(reports, build_page, folder / "page", tolerance)
            lines.append(f"{ALL_RUNS}: page as it was")
    if moves:
        raise RunError(_table(moves))
    return tuple(lines)


def _run_all(
    found: Sequence[Notebook],
    fresh: Mapping[str, Layout],
    aside: Path,
    timeout: float | None,
    progress: Progress,
) -> list[str]:
    """Run the notebooks as `crimjust run` does, several at once; returns a line on each that failed.

    Those that read the results of others read the reference, which is what they are compared with.
    """
    from crimjust_research.runs.execute import Session, execute
    from crimjust_research.runs.warm_kernel import KERNEL

    sessions = {notebook.name: Session(progress.cell_of(notebook.name)) for notebook in found}

    def one(notebook: Notebook) -> str:
        folder = aside / notebook.name
        output, executed = folder / "output", folder / "executed.ipynb"
        output.mkdir(parents=True)
        try:
            execute(
                notebook,
                executed,
                cwd=notebook.path.parent,
                parameters={},
                environment=kernel_environment(output, project.root(), folder / "ipython")
                | {accepted.VARIABLE: notebook.name},
                kernel=KERNEL,
                timeout=timeout,
                session=sessions[notebook.name],
            )
            promotion.arrange(output, executed, notebook, fresh[notebook.name])
        except (CrimjustError, OSError) as error:
            progress.end(notebook.name, f"{notebook.name}: failed")
            return f"  {notebook.name}: {in_a_sentence(error)[0]}"
        progress.end(notebook.name, f"{notebook.name}: done")
        return ""

    with ThreadPoolExecutor(kernels_at_once()) as pool:
        try:
            return [line for line in pool.map(one, sorted(found, key=length, reverse=True)) if line]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for session in sessions.values():
                session.stop()
            raise


# What is compared -----------------------------------------------------------------------------------------------------


def moved(reference: Layout, fresh: Layout, tolerance: float) -> Iterator[Move]:
    """Everything in which a fresh run differs from the reference: what the executed notebook shows, parameters, answer,
    estimates, checks, figures, tables."""
    run = reference.run
    before, now = record.assessment(reference), record.assessment(fresh)
    yield from _differences(run, "parameters", before["parameters"], now["parameters"], tolerance)
    yield from _differences(run, "answer", {"text": before["answer"]}, {"text": now["answer"]}, tolerance)
    yield from _differences(run, "check", _named(before["checks"]), _named(now["checks"]), tolerance)
    yield from _differences(run, "figure", _named(before["figures"]), _named(now["figures"]), tolerance)
    yield from _differences(run, "assessment", _rest(before), _rest(now), tolerance)
    recorded = (record.read(reference) or {}).get("outputs", {})
    for kind, place in (("figure", 2), ("table", 3)):
        yield from _files(run, kind, reference.results[place], fresh.results[place], recorded, tolerance)
    yield from _differences(run, "notebook", _by_cell(reference.results[0]), _by_cell(fresh.results[0]), tolerance)


def pooled_moves(reports: Path, tolerance: float) -> Iterator[Move]:
    """In what the pooled table differs from what the runs' tables come to."""
    table = reports / promotion.POOLED
    if not table.is_file():
        yield Move(ALL_RUNS, "pooled", table.name, _presence(False), _presence(True))
        return
    fresh = promotion.pooled(reports).decode("utf-8")
    yield from _differences(ALL_RUNS, "pooled", _rows(_text(table)), _rows(fresh), tolerance)


def page_moves(
    reports: Path, build_page: Callable[[Path, Path], Path], folder: Path, tolerance: float
) -> Iterator[Move]:
    """In what the page, and its summary, differ from those that `build_page` makes of the results now."""
    try:
        fresh = build_page(reports, folder)
    except CrimjustError as error:
        yield Move(ALL_RUNS, "page", "", "built", f"cannot be built: {error}")
        return
    for new in sorted(fresh.parent.glob("*.html")):
        page = reports / new.name
        if page.is_file():
            yield from _differences(ALL_RUNS, "page", {page.name: _text(page)}, {page.name: _text(new)}, tolerance)
        else:
            yield Move(ALL_RUNS, "page", page.name, _presence(False), _presence(True))


def _files(
    run: str, kind: str, before: Path, now: Path, recorded: Mapping[str, str], tolerance: float
) -> Iterator[Move]:
    """Differences between two folders: which files there are, and the content of each."""
    names = {path.name for folder in (before, now) if folder.is_dir() for path in folder.iterdir()}
    for name in sorted(names):
        old, new = before / name, now / name
        if not old.is_file() or not new.is_file():
            yield Move(run, kind, name, _presence(old.is_file()), _presence(new.is_file()))
        elif name.endswith(".csv"):
            what = "estimate" if name == promotion.POOLED else f"{kind} {name}"
            yield from _differences(run, what, _rows(_text(old)), _rows(_text(new)), tolerance)
        elif name.endswith(".json"):
            yield from _differences(run, f"{kind} {name}", _json(old), _json(new), tolerance)
        elif name.endswith(".png"):
            yield from _drawings(run, kind, old, new, recorded)
        else:
            yield from _differences(run, kind, {name: _text(old)}, {name: _text(new)}, tolerance)


def _drawings(run: str, kind: str, old: Path, new: Path, recorded: Mapping[str, str]) -> Iterator[Move]:
    """How two PNG differ. Each is drawn from an SVG, which is compared as well, and by another machine's arithmetic a pixel
    may come out otherwise; so one counts as unmoved if it has the size of the other and is the one its run's record names."""
    if old.read_bytes() == new.read_bytes():
        return
    sizes = _size(old), _size(new)
    place = old.relative_to(old.parents[2]).as_posix()
    if sizes[0] != sizes[1]:
        yield Move(run, kind, old.name, *sizes)
    elif recorded.get(place) != record.file_hash(old):
        yield Move(run, kind, old.name, "another drawing than its run recorded", f"PNG of {sizes[1]}")


def _size(png: Path) -> str:
    """Width and height in pixels, which stand at the head of a PNG."""
    head = png.read_bytes()[:24]
    if len(head) < 24 or not head.startswith(_PNG):
        return "no PNG"
    return "{} by {} pixels".format(*struct.unpack(">II", head[16:24]))


def _by_cell(page: Path) -> dict[str, Any]:
    """An executed notebook by the ids of its cells."""
    content = notebooks.read(page).content
    cells = {str(cell.get("id", place)): _joined(cell) for place, cell in enumerate(content["cells"], start=1)}
    return {**content, "cells": cells}


def _joined(value: Any) -> Any:
    """Nested values with each text in one piece; Jupyter splits long ones by line."""
    if isinstance(value, Mapping):
        return {name: _joined(part) for name, part in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            return "".join(value)
        return [_joined(part) for part in value]
    return value


def _json(path: Path) -> Any:
    return json_files.load(path, object, "it is compared with what a run finds: restore it from git or the release")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="backslashreplace")  # what is no text differs from what is


def _presence(there: bool) -> str:
    return "present" if there else "missing"


def _rest(assessment: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in assessment.items() if name not in _TOLD}


def _rows(text: str) -> dict[str, dict[str, Any]]:
    """Rows of a table by their `id`, after that of the run where there are several, or by their number."""
    rows = list(csv.DictReader(io.StringIO(text, newline=""), restkey="more cells than the header", restval=""))
    return {
        " ".join(row[name] for name in ("run", "id") if name in row) if "id" in row else f"row {number}": {
            name: _number(value) for name, value in row.items()
        }
        for number, row in enumerate(rows, start=1)
    }


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):  # what stands beyond the header is a list
        return text


def _named(items: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["name"]: item for item in items}


# How it is compared ---------------------------------------------------------------------------------------------------


def _differences(run: str, what: str, before: Any, now: Any, tolerance: float, part: str = "") -> Iterator[Move]:
    """Where two nested values differ; numbers may differ by `tolerance`, those within texts as well."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys([*before, *now]):
            inner = f"{part}.{name}" if part else str(name)
            if name in before and name in now:
                yield from _differences(run, what, before[name], now[name], tolerance, inner)
            else:
                yield Move(run, what, inner, _presence(name in before), _presence(name in now))
    elif isinstance(before, list) and isinstance(now, list) and len(before) != len(now):
        yield Move(run, what, part, f"{len(before)} items", f"{len(now)} items")
    elif isinstance(before, list) and isinstance(now, list):
        for position, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _differences(run, what, old, new, tolerance, f"{part}[{position}]")
    elif _is_number(before) and _is_number(now):
        by = _relative(float(before), float(now))
        if by > tolerance:
            yield Move(run, what, part, f"{before:.10g}", f"{now:.10g}", by)
    elif isinstance(before, str) and isinstance(now, str):
        if not _alike(before, now, tolerance):
            yield Move(run, what, part, *_where_they_part(before, now))
    elif before != now:
        was, is_now = (value if isinstance(value, str) else json.dumps(value) for value in (before, now))
        yield Move(run, what, part, was, is_now)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _relative(before: float, now: float) -> float:
    """The difference of two numbers as a share of the larger; 0 if both are missing, infinite if one is."""
    if before == now or (math.isnan(before) and math.isnan(now)):
        return 0.0
    share = abs(before - now) / max(abs(before), abs(now))
    return math.inf if math.isnan(share) else share


def _alike(before: str, now: str, tolerance: float) -> bool:
    """Whether two texts are equal but for numbers that differ by no more than `tolerance`."""
    if before == now:
        return True
    old, new = _NUMBER.split(before), _NUMBER.split(now)  # what the pattern finds stands at odd places
    return len(old) == len(new) and all(
        a == b or (place % 2 == 1 and _relative(float(a), float(b)) <= tolerance)
        for place, (a, b) in enumerate(zip(old, new, strict=True))
    )


def _where_they_part(before: str, now: str) -> tuple[str, str]:
    """Two texts from shortly before the first letter in which they differ."""
    pairs = zip(before, now, strict=False)
    at = next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(before), len(now)))
    start = 0 if max(len(before), len(now)) <= _SHOWN else max(at - 20, 0)
    return _short(before[start:], start), _short(now[start:], start)


def _short(text: str, start: int) -> str:
    lead = "..." if start else ""
    line = " ".join(text[:_SHOWN].split("\n"))
    return f"{lead}{line}" if len(text) <= _SHOWN else f"{lead}{line[: _SHOWN - 3]}..."


def _counts(layout: Layout) -> str:
    assessment = record.assessment(layout)
    estimates = len(_rows(_text(layout.results[3] / promotion.POOLED)))
    return f"{estimates} estimates, {len(assessment['checks'])} checks, {len(assessment['figures'])} figures"


def _table(moves: list[Move]) -> str:
    """The moves as a table, the largest first within each run."""
    ordered = sorted(moves, key=lambda move: (move.run, -(math.inf if move.by is None else move.by)))
    rows = [("run", "what", "part", "was", "is", "moved by")]
    rows += [(m.run, m.what, m.part, m.was, m.now, "" if m.by is None else f"{m.by:.2g}") for m in ordered[:_SHOWN]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = [f"and {len(moves) - _SHOWN} more"] if len(moves) > _SHOWN else []
    return "\n".join([f"{len(moves)} values are not as they were:", *lines, *more])
