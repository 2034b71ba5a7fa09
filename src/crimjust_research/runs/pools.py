"""Where the cells of a sweep are run: threads of this machine, or the workers of a dask scheduler.

Both take cells in batches and give a `concurrent.futures.Future` for each; whoever drives them writes the results.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from crimjust_research.errors import RunError
from crimjust_research.runs import cell as cells
from crimjust_research.runs.cell import Cell, Outcome
from crimjust_research.runs.environment import kernels_at_once
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.worker import Session

_CONNECT_SECONDS = 15
_FIRST_WORKER_SECONDS = 120


class Pool(Protocol):
    """Somewhere to run cells. `batch_seconds` is how long a batch should take: 0 where a cell alone costs no more."""

    batch_seconds: float

    def capacity(self) -> int:
        """Batches that can run at once, now."""

    def submit(self, batch: Sequence[Cell]) -> "Future[list[Outcome]]":
        """Have cells run, one after the other."""

    def lost(self, running: "Iterable[Future[list[Outcome]]]") -> "list[Future[list[Outcome]]]":
        """The batches that can no longer end: the workers that might run them are gone, or the scheduler that had them."""

    def close(self) -> None:
        """End whatever still runs and let go of everything."""


class Threads:
    """This machine: each cell has a process of its own, driven by a thread."""

    batch_seconds = 0.0

    def __init__(self, notebook: Notebook, timeout: float | None, workers: int | None) -> None:
        self._notebook, self._timeout = notebook, timeout
        self._workers = workers or kernels_at_once()
        self._pool = ThreadPoolExecutor(self._workers)
        self._sessions: list[Session] = []

    def capacity(self) -> int:
        return self._workers

    def submit(self, batch: Sequence[Cell]) -> "Future[list[Outcome]]":
        session = Session()
        self._sessions.append(session)
        return self._pool.submit(cells.perform_all, self._notebook, batch, self._timeout, session)

    def lost(self, running: "Iterable[Future[list[Outcome]]]") -> "list[Future[list[Outcome]]]":
        del running
        return []

    def close(self) -> None:
        for session in self._sessions:
            session.stop()
        self._pool.shutdown(cancel_futures=True)


def is_open(address: str) -> bool:
    """Whether what is sent to a scheduler leaves this machine without encryption."""
    kind, _, place = address.rpartition("://")
    host = place.rpartition(":")[0].strip("[]")
    return kind != "tls" and host not in ("127.0.0.1", "localhost", "::1")


class Cluster:
    """The workers of a dask scheduler that hold the same code, lock, plan, data and versions as this process.

    Workers may come and go. Each is asked what it holds before it gets a cell; one that differs is refused by name.
    The batch a worker had in hand when it died is run by another.

    Raises
    ------
    RunError
        If the scheduler cannot be reached.
    """

    # Long beside the hundredths of a second that sending a batch and hearing of it take, and little to lose with a worker.
    batch_seconds = 5.0

    def __init__(self, address: str, notebook: Notebook, timeout: float | None, say: Callable[[str], None]) -> None:
        from distributed import Client

        # What becomes of workers and scheduler is said in sentences, not by the library's traces.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._address = address
        self._notebook, self._timeout, self._say = notebook, timeout, say
        self._expected = cells.identity(notebook)
        try:
            client: Any = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(f"no scheduler answers at {address} ({error}); start one with `dask scheduler`") from None
        if is_open(address):
            say(
                f"{address}: what goes there can be read and changed on the way; for other machines than this use tls://"
            )
        # No cell is the same as another, even where two would compute the same; none may go to a worker not asked.
        self._client = client
        self._executor: Any = client.get_executor(pure=False, allow_other_workers=False)
        self._admitted: set[str] = set()
        self._refused: set[str] = set()
        self._given: WeakKeyDictionary[Future[list[Outcome]], frozenset[str]] = WeakKeyDictionary()
        self._await_first()

    def capacity(self) -> int:
        """Threads of the workers admitted, those that have just come included.

        Raises
        ------
        RunError
            If no worker is left, or no scheduler.
        """
        present = self._present()
        self._admitted &= present.keys()
        self._admit({a: w["name"] for a, w in present.items() if a not in self._admitted | self._refused})
        if not self._admitted:
            raise RunError(
                "no worker is left that holds the same project as this one; start one with `dask worker ADDRESS`"
            )
        return sum(present[address]["nthreads"] for address in self._admitted)

    def submit(self, batch: Sequence[Cell]) -> "Future[list[Outcome]]":
        workers = frozenset(self._admitted)
        future: Future[list[Outcome]] = self._executor.submit(
            cells.perform_all, self._notebook, batch, self._timeout, workers=sorted(workers)
        )
        self._given[future] = workers
        return future

    def lost(self, running: "Iterable[Future[list[Outcome]]]") -> "list[Future[list[Outcome]]]":
        present = self._present().keys()
        # The library cancels what a scheduler had that is gone.
        return [f for f in running if f.cancelled() or (not f.done() and not self._given[f] & present)]

    def close(self) -> None:
        if self._client.status == "running":
            self._executor.shutdown(wait=False)
        self._client.close()

    def _present(self) -> dict[str, Any]:
        """Workers by address.

        Raises
        ------
        RunError
            If the scheduler is gone.
        """
        try:
            if self._client.status == "running":
                workers: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
                return workers
        except OSError:
            pass
        raise RunError(f"the scheduler at {self._address} no longer answers; start it again with its workers")

    def _await_first(self) -> None:
        deadline = time.monotonic() + _FIRST_WORKER_SECONDS
        while not self._present():
            if time.monotonic() > deadline:
                raise RunError("the scheduler has no worker; start some with `dask worker ADDRESS`")
            time.sleep(0.2)

    def _admit(self, names: dict[str, Any]) -> None:
        """Ask workers, given by address with their names, what they hold; take in those that hold the same."""
        if not names:
            return
        held = self._client.run(cells.identity, self._notebook, workers=sorted(names), on_error="return")
        for address, found in held.items():
            differs = self._difference(found)
            if differs:
                self._refused.add(address)
                self._say(f"worker {names[address]} at {address} is refused: {differs}")
            else:
                self._admitted.add(address)

    def _difference(self, found: object) -> str:
        if not isinstance(found, dict):
            return f"it cannot run this project ({type(found).__name__}: {found})"
        other = [name for name, value in self._expected.items() if found.get(name) != value]
        return f"its {', '.join(other)} differ from the driver's; bring it to the same commit and lock" if other else ""
