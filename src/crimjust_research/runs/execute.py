"""One notebook through nbclient and a kernel of its own; a failure tells where it happened.

Importing nbclient takes a quarter of a second, so only what runs a notebook imports this module.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from crimjust_research.errors import RunError, naming
from crimjust_research.locks import scratch
from crimjust_research.runs import notebooks
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.worker import death

START_TIMEOUT = 60
# Systems allow from 103 bytes for the path of a socket; a dash and a number are added to this one.
_LONGEST_SOCKET = 98
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_IN_CELL = re.compile(r"^\s*Cell In\s?\[\d+\], line (\d+)", re.MULTILINE)


class CellFailure(RunError):
    """A notebook stopped: `cell` of `cells` (from 1), `line` of its source, `reason` in one line, `detail` in full."""

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

    `parameters` are set in a cell of their own after the notebook's. `timeout` is in seconds for each cell. A kernel that does
    not start is started once more.

    Raises
    ------
    CellFailure
        If a cell raises, takes too long, or its kernel dies.
    RunError
        If the kernel does not start.
    """
    for attempt in (1, 2):
        content = nbformat.v4.reads(notebooks.dump(notebooks.with_parameters(notebook, parameters)).decode())
        try:
            with scratch(_folder_of_sockets()) as sockets, _event_loop(), naming(executed):
                client = _Client(
                    content,
                    session,
                    kernel_name=kernel,
                    startup_timeout=START_TIMEOUT,
                    timeout=timeout,
                    config=_transport(sockets),
                    record_timing=False,
                    coalesce_streams=True,
                    # All that is worth keeping has been saved by the last cell; waiting for a polite exit costs a second.
                    shutdown_kernel="immediate",
                )
                try:
                    client.execute(env=dict(environment), cwd=str(cwd))
                finally:
                    executed.write_text(nbformat.v4.writes(content), encoding="utf-8", newline="")
        except CellExecutionError as error:
            if error.ename == "SystemExit" and error.evalue in ("", "0"):
                return  # the cells after it have not run, which is found where results are arranged
            raise client.raised(error) from None
        except NoSuchKernel:
            raise RunError(f"this environment has no kernel {kernel!r}; install it with `make setup`") from None
        except RuntimeError as error:
            # jupyter_client raises RuntimeError where a kernel dies or stays silent before its first reply.
            if session.cell or session.stopped or attempt == 2:
                raise RunError(f"its kernel did not start: {error}") from error
        else:
            return


class _Client(NotebookClient):  # type: ignore[misc]
    """nbclient, telling its session each cell it starts and why a kernel went away."""

    def __init__(self, nb: Any, session: Session, **options: Any) -> None:
        super().__init__(nb, on_cell_start=self._started, raise_on_iopub_timeout=True, **options)
        self.session = session
        session._client = self

    def raised(self, error: CellExecutionError) -> CellFailure:
        """What a cell raised, in our words."""
        text = _COLOUR.sub("", error.traceback)
        source = self.nb.cells[self.session.cell - 1].source
        reason = _first_line(f"{error.ename}: {error.evalue}")
        return CellFailure(self.session.cell, len(self.nb.cells), _failing_line(source, text), reason, text)

    async def async_execute_cell(self, cell: Any, cell_index: int, *given: Any, **options: Any) -> Any:
        """As nbclient has it, with what ends a kernel told in our words."""
        try:
            return await super().async_execute_cell(cell, cell_index, *given, **options)
        except CellTimeoutError:
            raise self._failure(f"the cell was not done after {self.timeout:g} s; allow more with --timeout") from None
        except DeadKernelError:
            raise self._failure(f"the kernel died: {death(await self.km.provisioner.poll())}") from None

    def _started(self, cell: Any, cell_index: int) -> None:
        del cell
        self.session.cell = cell_index + 1
        if self.session.stopped:
            raise self._failure("stopped before this cell")
        if self.session.on_cell is not None:
            self.session.on_cell(cell_index + 1, len(self.nb.cells))

    def _failure(self, reason: str) -> CellFailure:
        source = self.nb.cells[self.session.cell - 1].source
        return CellFailure(self.session.cell, len(self.nb.cells), _first_line(source), reason, reason)


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


def _folder_of_sockets() -> Path | None:
    """The temporary folder, or the system's own where the name of that is too long for a socket's path."""
    usual, own = Path(tempfile.gettempdir()), Path("/tmp")
    return own if len(os.fsencode(usual)) > _LONGEST_SOCKET - 30 and os.access(own, os.W_OK) else None


def _transport(folder: Path) -> Config:
    """Sockets in a private folder where the system has them: no port to lose a race for, and nobody listening in.

    The file that says how to talk to the kernel, with the key to it, lies there too, and so goes with the folder.
    """
    socket = folder / "kernel"
    connection = {"connection_file": str(folder / "connection.json")}
    if os.name != "posix" or len(os.fsencode(socket)) > _LONGEST_SOCKET:
        return Config(KernelManager=connection)
    return Config(KernelManager={**connection, "transport": "ipc", "ip": str(socket)})


def _failing_line(source: str, traceback: str) -> str:
    """The line of the cell the traceback points at, or its first."""
    lines = source.splitlines()
    found = _IN_CELL.search(traceback)
    number = int(found[1]) if found else 0
    return lines[number - 1].strip() if 0 < number <= len(lines) else _first_line(source)


def _first_line(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if line.strip()), "")
