"""One notebook through papermill and a kernel of its own; a failure tells where it happened.

Importing papermill takes over a second, so only what runs a notebook imports this module.
"""

import asyncio
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import write_ipynb
from traitlets.config import Config

from crimjust_research import errors
from crimjust_research.errors import CrimjustError, RunError, naming
from crimjust_research.locks import scratch
from crimjust_research.runs import sockets
from crimjust_research.runs.notebooks import Notebook, dump, stripped
from crimjust_research.runs.worker import death

START_TIMEOUT = 60
# Letters that all cells of a notebook may print and show: far more than anybody reads, far less than fills memory.
MOST_SHOWN = 50_000_000
# Letters of an error that are told on the terminal; all of it is kept with what the run had come to.
_MOST_TOLD = 1_000
# papermill's name for the end of a cell of which the kernel told nothing.
_UNSAID = "CellExecutionError"
# Bytes that a private folder and a kernel's socket in it add to the path of the folder of temporary files.
_PRIVATE = 30
# This package's errors, by the names under which a kernel tells them.
_OWN = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, CrimjustError)
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_IN_CELL = re.compile(r"^\s*Cell In\s?\[\d+\], line (\d+)", re.MULTILINE)


class CellFailure(RunError):
    """A notebook stopped: `cell` of `cells` (from 1), `line` of its source, `reason` in short, `detail` in full."""

    def __init__(self, cell: int, cells: int, line: str, reason: str, detail: str) -> None:
        super().__init__(f"cell {cell} of {cells}, at `{line}`: {reason}")
        self.cell, self.cells, self.line, self.reason, self.detail = cell, cells, line, reason, detail


@dataclass
class Session:
    """One execution as seen from outside: where it stands, and a way to end it from another thread."""

    on_cell: Callable[[int, int], None] | None = None
    cell: int = 0
    stopped: bool = False
    _client: Any = field(default=None, repr=False)

    def stop(self) -> None:
        """Kill the kernel; whoever waits for it gets a failure."""
        self.stopped = True
        manager = getattr(self._client, "km", None)
        if manager is not None and manager.has_kernel:
            asyncio.run(manager.provisioner.kill())


def execute(
    notebook: Notebook,
    executed: Path,
    *,
    cwd: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    kernel: str,
    timeout: float | None,
    session: Session,
) -> None:
    """Run `notebook` and write it with its outputs to `executed`, which holds what there is even after a failure.

    `timeout` is in seconds for each cell. A kernel that does not start is started once more.

    Raises
    ------
    CellFailure
        If a cell raises, takes too long, or its kernel dies.
    RunError
        If the kernel does not start.
    """
    for attempt in (1, 2):
        try:
            with scratch(sockets.folder(_PRIVATE)) as private, _event_loop(), naming(executed):
                # Stripped: nbformat would draw ids anew for cells without one of their own, and warn of them.
                executed.write_bytes(dump(stripped(notebook.content)))
                papermill.execute_notebook(
                    executed,
                    executed,
                    parameters=dict(parameters),
                    engine_name=_Engine.name,
                    kernel_name=kernel,
                    request_save_on_cell_execute=False,
                    progress_bar=False,
                    start_timeout=START_TIMEOUT,
                    session=session,
                    environment=dict(environment),
                    folder=cwd,
                    cell_timeout=timeout,
                    partial=executed,
                    transport=_transport(private),
                )
        except PapermillExecutionError as error:
            raise _raised(error, executed) from None
        except _Stopped as error:
            raise error.failure from None
        except NoSuchKernel:
            raise RunError(f"this environment has no kernel {kernel!r}; install it with `make setup`") from None
        except RuntimeError as error:
            # jupyter_client raises RuntimeError where a kernel dies or stays silent before its first reply.
            if session.cell or session.stopped or attempt == 2:
                raise RunError(f"its kernel did not start: {error}") from error
        else:
            return


class _Stopped(Exception):
    """Carries a failure that is no exception of the notebook's own out through papermill."""

    def __init__(self, failure: CellFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client, telling its session each cell it starts and why a kernel went away."""

    def __init__(self, nb_man: Any, session: Session, **options: Any) -> None:
        super().__init__(nb_man, on_cell_start=self._started, **options)
        self.session = session
        self._shown = 0
        session._client = self

    def output(self, outs: list[Any], msg: Mapping[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Keep what a cell shows, unless all that has been shown is too much: then the kernel is killed."""
        self._shown += _letters(msg["content"])
        if not self._shows_too_much():
            return super().output(outs, msg, display_id, cell_index)
        if self.km.has_kernel:
            self.km.provisioner.process.kill()
        return None

    def _shows_too_much(self) -> bool:
        return self._shown > MOST_SHOWN

    def _started(self, cell: Any, cell_index: int) -> None:
        del cell
        self.session.cell = cell_index + 1
        if self.session.stopped:
            raise self._stopped("stopped before this cell")
        if self.session.on_cell is not None:
            self.session.on_cell(cell_index + 1, len(self.nb.cells))

    def papermill_execute_cells(self) -> None:
        try:
            super().papermill_execute_cells()
            if self._shows_too_much():  # though its last cell was done before the kernel was gone
                raise self._too_much()
        except CellTimeoutError:
            seconds = f"{self.timeout:g} s"
            raise self._stopped(f"the cell was not done after {seconds}; allow more with --timeout") from None
        except DeadKernelError:
            if self._shows_too_much():
                raise self._too_much() from None
            raise self._stopped(f"the kernel died: {death(self._exit_status())}") from None

    def _stopped(self, reason: str) -> _Stopped:
        source = self.nb.cells[self.session.cell - 1].source
        failure = CellFailure(self.session.cell, len(self.nb.cells), _first_line(source), reason, reason)
        return _Stopped(failure)

    def _too_much(self) -> _Stopped:
        most = f"{MOST_SHOWN / 1e6:g} million letters"
        return self._stopped(
            f"what the cells print and show came to more than {most}; let them show less, or save it as a table"
        )

    def _exit_status(self) -> int | None:
        status: int | None = run_sync(self.km.provisioner.poll)()
        return status


class _Engine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine with an environment for the kernel, no timings in the notebook, and no graceful farewell."""

    name = "crimjust"

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        client = _Client(
            nb_man,
            options["session"],
            kernel_name=kernel_name,
            startup_timeout=options["start_timeout"],
            timeout=options["cell_timeout"],
            config=options["transport"],
            record_timing=False,
            coalesce_streams=True,
            # All that is worth keeping has been saved by the last cell; waiting for a polite exit costs a second.
            shutdown_kernel="immediate",
        )
        try:
            # What cells print is in the notebook; what else a kernel tells is for whoever develops kernels.
            unheard = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
            client.execute(env=options["environment"], cwd=str(options["folder"]), **unheard)
        except BaseException:
            write_ipynb(nb_man.nb, str(options["partial"]))
            raise


papermill_engines.register(_Engine.name, _Engine)


@contextmanager
def _event_loop() -> Iterator[None]:
    """An event loop for this thread, closed with all that was left waiting on it; nbclient closes none it opens."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        # Other code in this process may have left the thread without a loop of its own, for which `gather` alone would ask.
        loop.run_until_complete(_ended(left))
        loop.close()
        asyncio.set_event_loop(None)


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _transport(folder: Path) -> Config:
    """Sockets in a private folder where the system has them: no port to lose a race for, and nobody listening in.

    The file that says how to talk to the kernel, with the key to it, lies there too, and so goes with the folder.
    """
    socket = folder / "kernel"
    connection = {"connection_file": str(folder / "connection.json")}
    if not sockets.fits(socket):
        return Config(KernelManager=connection)
    return Config(KernelManager={**connection, "transport": "ipc", "ip": str(socket)})


def _raised(error: PapermillExecutionError, executed: Path) -> CellFailure:
    """papermill's error in our words; it has put two marker cells of its own into the notebook since."""
    text = _COLOUR.sub("", "\n".join(error.traceback))
    cells = len(json.loads(executed.read_text(encoding="utf-8"))["cells"]) - 2
    return CellFailure(error.cell_index + 1, cells, _failing_line(error.source, text), _reason(error), text)


def _reason(error: PapermillExecutionError) -> str:
    """What went wrong: whole in this package's own words, which list faults below each other, else the beginning of a line."""
    if error.ename == _UNSAID and not error.evalue:
        return "it ended with an error that it could not say, as where all files it may open, or all memory, are taken"
    told = f"{error.ename}: {error.evalue}"
    if error.ename in _OWN:
        return told
    line = _first_line(told)
    return line if len(line) <= _MOST_TOLD else f"{line[:_MOST_TOLD]}…"


def _failing_line(source: str, traceback: str) -> str:
    """The line of the cell the traceback points at, or its first."""
    lines = source.splitlines()
    found = _IN_CELL.search(traceback)
    number = int(found[1]) if found else 0
    return lines[number - 1].strip() if 0 < number <= len(lines) else _first_line(source)


def _letters(content: Any) -> int:
    """How many letters there are in a message's content."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, Mapping):
        return sum(map(_letters, content.values()))
    return sum(map(_letters, content)) if isinstance(content, list) else 0


def _first_line(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if line.strip()), "")
