"""`crimjust sweep`: one notebook over a grid of parameters, gathered into one tidy table and a specification curve.

Each finished cell is kept at once, under a key made of its parameters and of everything it was computed from. A
sweep that was interrupted therefore goes on where it stopped, and repeats nothing that would come out the same.
"""

import csv
import hashlib
import io
import json
import logging
import re
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import locks, parameters_cell, project, spreadsheets, written
from crimjust_research.data import provenance
from crimjust_research.errors import ParameterError, RunError, printable, refused_by_system
from crimjust_research.runs import cell as cells
from crimjust_research.runs import grid, notebooks, parameters, promotion, record, worker
from crimjust_research.runs.cell import Cell, Failure, Outcome
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.progress import SweepProgress
from crimjust_research.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.runs.pools import Pool

_KIND = "sweep"
_SHOWN_FAILURES = 10
# Of files that somebody supplied an error may hold what is in them.
_UNTOLD = dict.fromkeys(("line", "error", "detail"), "of files that were supplied nothing is kept")
_BATCHES_A_WORKER = 4  # at least, of the cells that still wait
# Marks a folder of kept cells as a sweep's own, and says what they were computed from.
IDENTITY = "identity.json"
LOCK = ".crimjust.lock"
_CELL = re.compile(r"(?P<key>[0-9a-f]+)\.(?P<sha256>[0-9a-f]{64})\.csv")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """Where a sweep keeps its finished cells: one small file each, below a folder named after what they depend on.

    A file's name holds the cell's key and the sha256 of what is in it. `cells` are the files by key.
    """

    folder: Path
    cells: dict[str, Path]

    @staticmethod
    def open(output: Path, identity: Mapping[str, Any], notebook: Notebook) -> "tuple[Store, str]":
        """The store for cells of this identity, and why cells kept before are of no use any more, in a phrase.

        Those go. A file that is not what was kept in it is no cell, and is set aside; so is what a sweep did not leave there.
        What carries no mark of a sweep is left alone, and so is what a link leads to.

        Raises
        ------
        DataError, RunError
            If the folder for the cells is a link, or cannot be written.
        """
        made_of = {**identity, "notebook": notebook.sha256}
        mark = project.below(output, f"cells/{_digest(made_of)}/{IDENTITY}")
        kept = mark.parent
        promotion.require_writable(kept)
        if _identity(kept) is None:
            written.set_aside(written.unlike(kept, [IDENTITY], {}), kept, output / written.ASIDE, "cells-")
        project.write_atomically(mark, json.dumps(made_of, indent=1).encode())
        why = ""
        for folder in sorted(kept.parent.iterdir()):
            if folder.is_symlink():
                _log.warning("%s", printable(f"{folder} is a link, and so left as it is"))
            elif folder != kept and (before := _identity(folder)) is not None:
                why = "; ".join(record.moved_cells(before, made_of))
                for path in (*_sound_cells(folder, output).values(), folder / IDENTITY):
                    path.unlink()
                written.prune(folder)
        return Store(kept, _sound_cells(kept, output)), why

    def keep(self, outcome: Outcome) -> None:
        from crimjust_research.evidence.estimates import csv_bytes

        content = csv_bytes(worker.from_arrow(outcome.estimates))
        path = self.folder / f"{outcome.key}.{hashlib.sha256(content).hexdigest()}.csv"
        project.write_atomically(path, content)
        self.cells[outcome.key] = path

    def read(self, cell: Cell) -> bytes:
        """The estimates of a cell that is kept, as CSV.

        Raises
        ------
        RunError
            If its file is not what was kept.
        """
        path = self.cells[cell.key]
        content = path.read_bytes() if path.is_file() else b""
        if not _is_sound(path.name, content):
            raise RunError(
                f"{path} is no longer what was kept in it; type the same again, and the cell is computed anew"
            )
        return content


def _identity(folder: Path) -> dict[str, Any] | None:
    """What the cells in a folder were computed from; None where it is no folder of a sweep's, which is named after that."""
    mark = folder / IDENTITY
    try:
        found = None if mark.is_symlink() else json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _digest(found) == folder.name else None


def _sound_cells(folder: Path, output: Path) -> dict[str, Path]:
    """The cells kept in a folder, by key; whatever else is there, but for its mark, is set aside."""
    there = [name for name in written.entries(folder) if name != IDENTITY]
    said = {name: named["sha256"] for name in there if (named := _CELL.fullmatch(name))}
    others = written.unlike(folder, there, said)
    written.set_aside(others, folder, output / written.ASIDE, "cells-")
    written.prune(folder)
    return {name.partition(".")[0]: folder / name for name in there if name not in set(others)}


def _is_sound(name: str, content: bytes) -> bool:
    named = _CELL.fullmatch(name)
    return named is not None and named["sha256"] == hashlib.sha256(content).hexdigest()


def sweep(
    name: str,
    grid_file: Path,
    *,
    output: Path | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    timeout: float | None = None,
    until: str | None = None,
) -> Path:
    """Run the notebook `name` with the parameters of every cell of `grid_file`, and once as registered.

    Of the notebook's own cells, those that draw, tell or simulate power are left out; with `until` each run ends after the
    first cell of that tag, `registered` being the one that records the registered estimate.

    Cells run on this machine, `workers` at once, or on the workers of the dask `scheduler`. Written to `output` (by
    default `reports/sweeps/<name>-<grid>`), which is returned: `estimates.parquet`, one row for each estimate of each
    cell; `specification_curve/`; `agreement.csv`; and `failures.csv` where cells failed.

    Raises
    ------
    ParameterError
        With every fault of the grid, before anything runs.
    RunError
        If the output cannot be written, the sweep is interrupted, or cells failed: what they were and why.
    """
    (notebook,) = notebooks.find(name)
    known = {tag for cell in notebook.cells for tag in notebooks.tags(cell)}
    if until is not None and until not in known:
        raise ParameterError(
            f"{notebook.place}: no cell carries the tag {until!r}; there are: {', '.join(sorted(known))}"
        )
    wanted = cells_of(notebook, grid_file, until)
    folder = output or project.root() / "reports" / "sweeps" / f"{notebook.name}-{grid_file.stem}"
    try:
        written.claim(folder, _KIND)
    except OSError as error:
        raise RunError(f"{folder} cannot be written to ({error.strerror}); name another with --output") from None
    with locks.locked(
        folder / LOCK, busy=f"another sweep is writing to {folder}; wait for it, or name another --output"
    ):
        return _sweep(notebook, wanted, folder, scheduler, workers, timeout)


def _sweep(
    notebook: Notebook,
    wanted: Sequence[Cell],
    folder: Path,
    scheduler: str | None,
    workers: int | None,
    timeout: float | None,
) -> Path:
    built = provenance.bring_up_to_date(Sources())
    store, why = Store.open(folder, cells.identity(notebook), notebook)
    todo = [cell for cell in wanted if cell.key not in store.cells]
    failures: dict[str, Failure] = {}
    with SweepProgress(notebook.name, len(wanted), len(wanted) - len(todo)) as progress:
        for line in (
            *built,
            *(f"{notebook.name}: changed by hand: {changed}" for changed in notebook.changed()),
            *([f"{notebook.name}: cells kept before are computed anew: {why}"] if why else []),
        ):
            progress.say(line)
        if todo:
            try:
                failures = _run(notebook, todo, store, progress, scheduler, workers, timeout)
            except KeyboardInterrupt:
                raise RunError(_stopped("interrupted", wanted, store)) from None
            except OSError as error:
                raise RunError(_stopped(refused_by_system(error), wanted, store)) from None
            except RunError as error:
                raise RunError(_stopped(str(error), wanted, store)) from None
        for line in _gather(notebook, wanted, store, failures, folder):
            progress.say(line)
    if failures:
        raise RunError(_account(wanted, failures, folder))
    return folder


def cells_of(notebook: Notebook, grid_file: Path, until: str | None) -> list[Cell]:
    """The registered cell first, then those of the grid, each once.

    Raises
    ------
    ParameterError
        With every distinct fault of every cell.
    """
    found: dict[str, Cell] = {}
    faults: dict[str, None] = {}
    for given in (notebook.standard, *grid.read(grid_file)):
        try:
            (resolved,) = parameters.resolve([notebook], given)
        except ParameterError as error:
            faults |= dict.fromkeys(str(error).splitlines())
            continue
        key = _digest(dict(resolved.values) | {"until": until})
        found.setdefault(key, Cell(key, resolved.values, resolved.injected, until))
    faults |= dict.fromkeys(_told_twice(notebook, [cell.parameters for cell in found.values()]))
    if faults:
        raise ParameterError("\n".join([f"{grid_file} asks for what the notebook refuses:", *faults]))
    return list(found.values())


def _told_twice(notebook: Notebook, cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the cells would tell in several ways that may be told in one alone, since one gives away what another withholds."""
    faults = []
    for name, of in getattr(parameters.model(notebook), "one_value", {}).items():
        for supplied in dict.fromkeys(cell[of] for cell in cells if cell[of]):
            several = dict.fromkeys(cell[name] for cell in cells if cell[of] == supplied)
            if len(several) > 1:
                faults.append(
                    f"{notebook.name}: {name} has the values {', '.join(map(str, several))} for {of} {supplied}; what is "
                    "withheld by one could be worked out from the others: give it one"
                )
    return faults


def _run(
    notebook: Notebook,
    todo: Sequence[Cell],
    store: Store,
    progress: SweepProgress,
    scheduler: str | None,
    workers: int | None,
    timeout: float | None,
) -> dict[str, Failure]:
    """Run the cells, keeping each result as it comes; returns the failures by key."""
    from crimjust_research.runs.pools import Cluster, Threads

    # Not while cells run: until an import is done nothing is fetched, and what a worker has done could be lost with it.
    import_module("pandas")
    pool: Pool = (
        Cluster(scheduler, notebook, timeout, progress.say) if scheduler else Threads(notebook, timeout, workers)
    )
    waiting = list(reversed(todo))
    again: list[list[Cell]] = []
    running: dict[Future[list[Outcome]], list[Cell]] = {}
    failures: dict[str, Failure] = {}
    taken: list[float] = []
    try:
        while waiting or again or running:
            # One batch beyond those that run is enough to keep every worker busy, and little to lose.
            while (waiting or again) and len(running) <= (workers_now := pool.capacity()):
                size = batch_size(len(waiting), workers_now, pool.batch_seconds, taken)
                batch = again.pop() if again else [waiting.pop() for _ in range(size)]
                running[pool.submit(batch)] = batch
            for outcome in _ended(running, again):
                if outcome.failure is None:
                    store.keep(outcome)
                else:
                    failures[outcome.key] = outcome.failure
                taken.append(outcome.seconds)
                progress.advance(failed=outcome.failure is not None)
            for future in pool.lost(running):
                future.cancel()
                again.append(running.pop(future))
    finally:
        pool.close()
    return failures


def batch_size(waiting: int, workers: int, batch_seconds: float, taken: Sequence[float]) -> int:
    """Cells to send at once: as many as take `batch_seconds`, yet so few that each worker gets several batches more.

    `taken` are the seconds of the cells that have ended; until one has, a cell goes alone. Their median leaves out that a
    worker's first cell waits for imports.
    """
    if not taken:
        return 1
    in_time = batch_seconds / max(statistics.median(taken), 1e-3)
    return max(1, min(int(in_time), waiting // (_BATCHES_A_WORKER * workers)))


def _ended(running: "dict[Future[list[Outcome]], list[Cell]]", again: list[list[Cell]]) -> list[Outcome]:
    """Wait a moment for batches to end, take them out of `running`, and return what became of their cells.

    A batch that failed as a whole goes to `again` cell by cell: no cell fails for what another does to its worker.
    No reference to the futures is left: a cluster computes again whatever somebody holds and a dead worker had.
    """
    done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
    outcomes: list[Outcome] = []
    for future in done:
        if future.cancelled():  # it is among those lost
            continue
        batch = running.pop(future)
        try:
            outcomes += future.result()
        except Exception as error:  # whatever one cell does to its worker, the others go on
            if len(batch) > 1:
                again += [[cell] for cell in batch]
                continue
            reason = f"{type(error).__name__}: {error}"
            outcomes.append(Outcome(batch[0].key, 0, failure=Failure(0, "", reason, reason)))
    return outcomes


def _gather(
    notebook: Notebook, wanted: Sequence[Cell], store: Store, failures: Mapping[str, Failure], folder: Path
) -> list[str]:
    """Write the sweep's results; returns a line on each primary estimate's agreement with the registered cell."""
    from crimjust_research.evidence.estimates import csv_bytes
    from crimjust_research.results import figure_files
    from crimjust_research.runs import specification_curve as curve

    done = [cell for cell in wanted if cell.key not in failures]
    files = {"failures.csv": _failures_csv(wanted, failures)} if failures else {}
    if wanted[0] not in done:
        written.into(folder, _KIND, files)
        return [f"{notebook.name}: the registered cell failed, so there is nothing to compare the others with"]
    frame = tidy(done, store, notebook.changed())
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    agreement = curve.agreement(frame)
    files |= {"estimates.parquet": buffer.getvalue(), "agreement.csv": csv_bytes(agreement)}
    for figure in curve.figures(frame, notebook.name):
        files |= {f"specification_curve/{name}": content for name, content in figure_files(figure).items()}
    written.into(folder, _KIND, files)
    if notebook.changed() and agreement.empty:
        return [
            f"{notebook.name}: of cells changed by hand no estimate is primary, so that there is no specification curve"
        ]
    return curve.sentences(agreement)


def tidy(done: Sequence[Cell], store: Store, changed: Sequence[str] = ()) -> "pd.DataFrame":
    """Every estimate of every cell, one row each: the cell, whether it has the registered parameters (the first), in what the
    notebook's cells are not those of the project's, empty if they are, its parameters as `parameter_<name>`, then the estimate
    as its run has it. What is no plain value is JSON text."""
    import pandas as pd

    frames = []
    for position, cell in enumerate(done):
        estimates = pd.read_csv(io.BytesIO(store.read(cell)), keep_default_na=False, na_values=[""])
        head = {"cell": cell.key, "registered": position == 0, "changed_by_hand": "; ".join(changed)}
        head |= {f"parameter_{name}": _plain(value) for name, value in cell.parameters.items()}
        frames.append(pd.concat([pd.DataFrame(head, index=estimates.index), estimates], axis=1))
    return pd.concat(frames, ignore_index=True)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def _failures_csv(wanted: Sequence[Cell], failures: Mapping[str, Failure]) -> bytes:
    rows = [
        {
            "cell": cell.key,
            **{f"parameter_{n}": _plain(v) for n, v in cell.parameters.items()},
            **(asdict(failures[cell.key]) | (_UNTOLD if parameters_cell.supplied(cell.parameters) else {})),
        }
        for cell in wanted
        if cell.key in failures
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({n: spreadsheets.cell(v) if isinstance(v, str) else v for n, v in row.items()} for row in rows)
    return text.getvalue().encode()


def _account(wanted: Sequence[Cell], failures: Mapping[str, Failure], folder: Path) -> str:
    failed = [cell for cell in wanted if cell.key in failures]
    # Of files that somebody supplied nothing is kept, so what went wrong is said here alone.
    kept = "names them" if any(parameters_cell.supplied(cell.parameters) for cell in failed) else "has them in full"
    lines = [f"{len(failures)} of {len(wanted)} cells failed; {folder / 'failures.csv'} {kept}:"]
    told: set[str] = set()
    for cell in failed[:_SHOWN_FAILURES]:
        failure = failures[cell.key]
        chosen = ", ".join(f"{n}={v}" for n, v in cell.injected.items()) or "as registered"
        error = "the same" if failure.error in told else failure.error.replace("\n", "\n    ")
        told.add(failure.error)
        line = f", `{failure.line}`" if failure.line else ""
        lines.append(f"  {chosen}: notebook cell {failure.notebook_cell}{line}: {error}")
    if len(failed) > _SHOWN_FAILURES:
        lines.append(f"  and {len(failed) - _SHOWN_FAILURES} more")
    return "\n".join(lines)


def _stopped(reason: str, wanted: Sequence[Cell], store: Store) -> str:
    done = sum(cell.key in store.cells for cell in wanted)
    return f"{reason}: {done} of {len(wanted)} cells are kept; the same command goes on from there"


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
