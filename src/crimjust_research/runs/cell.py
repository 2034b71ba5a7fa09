"""One cell of a sweep: a notebook's own cells under some parameters, on this machine or any other that holds the project."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.errors import CrimjustError, in_a_sentence
from crimjust_research.locks import scratch
from crimjust_research.runs import promotion, record, warm_process, worker
from crimjust_research.runs.notebooks import Notebook, find
from crimjust_research.runs.record import Layout
from crimjust_research.runs.steps import NOT_SWEPT
from crimjust_research.sources import Sources


@dataclass(frozen=True)
class Cell:
    """A cell of a sweep: `key` names it, `parameters` are all it has, `injected` those that are put in for it.

    `until` is the tag of the notebook's cell after which it ends; without it, all that draws, tells or simulates power is
    left out.
    """

    key: str
    parameters: Mapping[str, Any]
    injected: Mapping[str, Any]
    until: str | None = None


@dataclass(frozen=True)
class Failure:
    """Where a cell's notebook failed: its cell, the line in it, the error in a line and in full."""

    notebook_cell: int
    line: str
    error: str
    detail: str


@dataclass(frozen=True)
class Outcome:
    """The estimates of a cell as an Arrow file (`worker.from_arrow`), or its failure; and the seconds it took."""

    key: str
    seconds: float
    estimates: bytes = b""
    failure: Failure | None = None


def perform(notebook: Notebook, cell: Cell, timeout: float | None, session: worker.Session | None = None) -> Outcome:
    """Run the notebook with the cell's parameters and bring back its estimates; a failure is an outcome, too.

    `timeout` is in seconds for each cell of the notebook.
    """
    started = time.monotonic()
    session = session or worker.Session()
    with scratch() as folder:
        try:
            worker.run(
                notebook, cell.injected, folder, skip=NOT_SWEPT, until=cell.until, timeout=timeout, session=session
            )
            estimates = (folder / worker.ESTIMATES).read_bytes()
        except worker.StepFailure as error:
            failure = Failure(error.cell, error.line, error.reason, error.detail)
        except (CrimjustError, OSError) as error:
            failure = Failure(session.cell, "", in_a_sentence(error)[0], str(error))
        else:
            return Outcome(cell.key, time.monotonic() - started, estimates)
    return Outcome(cell.key, time.monotonic() - started, failure=failure)


def perform_all(
    notebook: Notebook, batch: Sequence[Cell], timeout: float | None, session: worker.Session | None = None
) -> list[Outcome]:
    """`perform` each cell of a batch, one after the other."""
    return [perform(notebook, cell, timeout, session) for cell in batch]


def identity(notebook: Notebook) -> dict[str, Any]:
    """What must be the same wherever cells of one sweep are run: code, lock, plan, data, versions.

    Raises
    ------
    DataError
        If this process stands in no checkout.
    """
    # Whoever asks is about to run cells; processes that imported another state of the code are of no use.
    warm_process.forget(worker.preloaded(notebook))
    made_of = record.fingerprint(notebook, Sources())
    digest = hashlib.sha256()
    for source in (catalog.raw(), catalog.processed()):
        path = source.folder / catalog.FILE
        digest.update(path.read_bytes() if path.is_file() else b"")
    if notebook.reads_results:
        for other in (each for each in find("all") if not each.reads_results):
            _, said, _, tables = Layout(project.root() / "reports", other.name).results
            for path in (said, tables / promotion.POOLED):
                digest.update(path.read_bytes() if path.is_file() else b"")
    # The catalogs name the hash of every table, and no table opens whose hash is another.
    return {name: made_of[name] for name in ("accepted", "code", "lock", "plan", "versions")} | {
        "data": digest.hexdigest()
    }
