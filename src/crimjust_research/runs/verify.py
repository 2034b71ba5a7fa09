"""`crimjust verify`: the reference set run again aside, and compared with what is kept under `reports`.

Numbers are compared with a tolerance, because machines differ in the last digits; everything else must be equal.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crimjust_research import project
from crimjust_research.errors import CrimjustError, RunError
from crimjust_research.runs import notebooks, promotion, worker
from crimjust_research.runs.environment import kernels_at_once
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.progress import Progress
from crimjust_research.runs.record import Layout

TOLERANCE = 1e-6
_SHOWN = 60


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


def verify(name: str = "all", *, tolerance: float = TOLERANCE, timeout: float | None = None) -> tuple[str, ...]:
    """Run the notebook `name`, or all, again and compare; returns a line on each run that came out as it was.

    Nothing under `reports` is changed. `tolerance` is the largest difference of two numbers relative to the larger.

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
    with TemporaryDirectory(prefix="crimjust-verify-") as scratch, Progress() as progress:
        fresh = {n.name: Layout(Path(scratch), n.name) for n in found}
        failures = _run_all(found, fresh, timeout, progress)
        if failures:
            raise RunError("\n".join([f"{len(failures)} of {len(found)} runs failed:", *failures]))
        moves = {name: list(moved(Layout(reports, name), layout, tolerance)) for name, layout in fresh.items()}
        counts = {name: _counts(Layout(reports, name)) for name in fresh}
    if any(moves.values()):
        raise RunError(_table([move for of_run in moves.values() for move in of_run]))
    return tuple(f"{run}: {counts[run]}, all as they were" for run in moves)


def _run_all(
    found: Sequence[Notebook], fresh: Mapping[str, Layout], timeout: float | None, progress: Progress
) -> list[str]:
    """Run the notebooks' own cells in processes of their own, several at once; returns a line on each that failed.

    Those that read the results of others read the reference, which is what they are compared with.
    """

    def one(notebook: Notebook) -> str:
        layout = fresh[notebook.name]
        try:
            with TemporaryDirectory(prefix="crimjust-verify-") as scratch:
                worker.run(notebook, {}, Path(scratch), skip=(), timeout=timeout)
                promotion.arrange_results(Path(scratch), layout)
        except (CrimjustError, OSError) as error:
            progress.say(f"{notebook.name}: failed")
            return f"  {notebook.name}: {error}"
        progress.say(f"{notebook.name}: done")
        return ""

    with ThreadPoolExecutor(kernels_at_once()) as pool:
        return [line for line in pool.map(one, found) if line]


def moved(reference: Layout, fresh: Layout, tolerance: float) -> Iterator[Move]:
    """Everything in which a fresh run differs from the reference: parameters, answer, estimates, checks, figures,
    tables."""
    run = reference.run
    before, now = _json(reference.results[1]), _json(fresh.results[1])
    yield from _differences(run, "parameters", before["parameters"], now["parameters"], tolerance)
    yield from _differences(run, "answer", {"text": before["answer"]}, {"text": now["answer"]}, tolerance)
    yield from _differences(run, "check", _named(before["checks"]), _named(now["checks"]), tolerance)
    yield from _differences(run, "figure", _named(before["figures"]), _named(now["figures"]), tolerance)
    for kind, place in (("figure", 2), ("table", 3)):
        yield from _files(run, kind, reference.results[place], fresh.results[place], tolerance)


def _files(run: str, kind: str, before: Path, now: Path, tolerance: float) -> Iterator[Move]:
    """Differences between two folders: which files there are, and the content of tables and specifications.

    Drawings are made from their specification, which is compared instead of them.
    """
    names = {path.name for folder in (before, now) if folder.is_dir() for path in folder.iterdir()}
    for name in sorted(names):
        old, new = before / name, now / name
        if not old.is_file() or not new.is_file():
            yield Move(run, kind, name, _presence(old.is_file()), _presence(new.is_file()))
        elif name.endswith(".csv"):
            what = "estimate" if name == "estimates.csv" else f"{kind} {name}"
            yield from _differences(run, what, _rows(old), _rows(new), tolerance)
        elif name.endswith(".json"):
            yield from _differences(run, f"{kind} {name}", _json(old), _json(new), tolerance)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _presence(there: bool) -> str:
    return "present" if there else "missing"


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """Rows of a table by their `id`, or by their number where they have none."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        row.get("id") or f"row {number}": {name: _number(text) for name, text in row.items()}
        for number, row in enumerate(rows, start=1)
    }


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _named(items: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["name"]: item for item in items}


def _differences(run: str, what: str, before: Any, now: Any, tolerance: float, part: str = "") -> Iterator[Move]:
    """Where two nested values differ; numbers may differ by `tolerance`."""
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
    elif before != now:
        yield Move(run, what, part, _short(before), _short(now))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _relative(before: float, now: float) -> float:
    """The difference of two numbers as a share of the larger; 0 if both are missing, infinite if one is."""
    if before == now or (math.isnan(before) and math.isnan(now)):
        return 0.0
    share = abs(before - now) / max(abs(before), abs(now))
    return math.inf if math.isnan(share) else share


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _counts(layout: Layout) -> str:
    assessment = _json(layout.results[1])
    estimates = len(_rows(layout.results[3] / "estimates.csv"))
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
