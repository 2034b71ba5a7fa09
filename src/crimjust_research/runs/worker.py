"""A notebook's own cells in a process of their own, forked from one that has everything imported: a sweep's.

What comes in and goes out is small and carries no path of the driver, so a worker needs no disk in common with it.
Run as a module it is the process itself: it reads a request, and says on its standard output, a line of JSON each, which
cell it is at and how it ended.
"""

import io
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import accepted, project
from crimjust_research.errors import CrimjustError, RunError, in_a_sentence
from crimjust_research.locks import scratch
from crimjust_research.runs import warm_process
from crimjust_research.runs.environment import kernel_environment
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.zygote import STATISTICS

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.runs.warm_process import Fork

ESTIMATES = "estimates.arrow"


class StepFailure(RunError):
    """A notebook stopped at `cell` (from 1), `line` of its source; `reason` in one line, `detail` in full."""

    def __init__(self, cell: int, line: str, reason: str, detail: str) -> None:
        super().__init__(f"cell {cell}, at `{line}`: {reason}" if line else f"cell {cell}: {reason}")
        self.cell, self.line, self.reason, self.detail = cell, line, reason, detail


@dataclass
class Session:
    """One execution as seen from outside: the cell it is at, and a way to end it from another thread."""

    cell: int = 0
    stopped: bool = False
    _process: "Fork | subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def stop(self) -> None:
        """Kill the process; whoever waits for it gets a failure."""
        self.stopped = True
        if self._process is not None:
            self._process.kill()


def run(
    notebook: Notebook,
    injected: Mapping[str, Any],
    output: Path,
    *,
    skip: Collection[str],
    until: str | None = None,
    timeout: float | None = None,
    session: Session | None = None,
) -> None:
    """Run the notebook's cells with the parameters `injected` in place of its own; its estimates, and what it saves, go to the
    folder `output`.

    Cells tagged with one of `skip` are left out; with `until` it ends after the first cell of that tag. `timeout` is in
    seconds for each cell.

    Raises
    ------
    StepFailure
        If a cell raises or takes too long, or the process dies.
    """
    session = session or Session()
    with scratch() as folder:
        request = folder / "request.json"
        content = {"path": str(notebook.path), "content": notebook.content, "sha256": notebook.sha256}
        asked = {"injected": dict(injected), "skip": sorted(skip), "until": until, "output": str(output)}
        request.write_text(json.dumps(content | asked), encoding="utf-8")
        environment = kernel_environment(output, project.root(), folder / "ipython")
        environment[accepted.VARIABLE] = notebook.name
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", buffering=0) as replies:
            try:
                session._process = _started(notebook, request, environment, writing)
            finally:
                os.close(writing)
            if session.stopped:
                session.stop()
            _follow(replies.fileno(), session, timeout)


def as_arrow(table: "pd.DataFrame") -> bytes:
    """A table as an Arrow file: every number with all its bits."""
    content = io.BytesIO()
    table.to_feather(content)
    return content.getvalue()


def from_arrow(content: bytes) -> "pd.DataFrame":
    """The table that `as_arrow` made a file of."""
    import pandas as pd

    return pd.read_feather(io.BytesIO(content))


def preloaded(notebook: Notebook) -> tuple[str, ...]:
    """Modules a notebook imports, and may later, which the process that cells are forked from imports once for all."""
    return (*STATISTICS, *sorted(notebook.imported()))


def _started(
    notebook: Notebook, request: Path, environment: Mapping[str, str], writing: int
) -> "Fork | subprocess.Popen[bytes]":
    folder = str(project.root() / "notebooks")
    if warm_process.can_fork():
        warm = warm_process.zygote(environment, preloaded(notebook))
        if warm.is_usable():
            with Path(os.devnull).open("r+b") as nowhere:
                descriptors = [nowhere.fileno(), writing, nowhere.fileno()]
                return warm.fork([str(request)], environment, folder, descriptors, module=__name__)
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(request)],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        cwd=folder,
    )


def _follow(replies: int, session: Session, timeout: float | None) -> None:
    """Hear what the process says until it is done."""
    for message in _messages(replies, timeout):
        if message is None:
            session.stop()
            reason = f"the cell was not done after {timeout:g} s; allow more with --timeout"
            raise StepFailure(session.cell, "", reason, reason)
        if "cell" in message:
            session.cell = message["cell"]
        elif "failed" in message:
            raise StepFailure(**message["failed"])
        elif "done" in message:
            return
    assert session._process is not None
    reason = "stopped" if session.stopped else f"its process died: {death(session._process.wait())}"
    raise StepFailure(session.cell, "", reason, reason)


def _messages(replies: int, timeout: float | None) -> Iterator[dict[str, Any] | None]:
    """What the process says; None once it has been silent for too long."""
    buffer = b""
    while True:
        ready, _, _ = select.select([replies], [], [], timeout)
        if not ready:
            yield None
            return
        chunk = os.read(replies, 1 << 16)
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines)


def death(status: int | None) -> str:
    """What a process' exit status says about its end."""
    if status is None:
        return "it no longer answers"
    if status == warm_process.ENDED_WITH_IT:
        return "something ended the process that it was forked from, and all others with it; type the same again"
    if status >= 0:
        return f"it exited with status {status}"
    name = signal.Signals(-status).name
    hint = "; the system kills so when memory runs out" if name == "SIGKILL" else ""
    return f"it was ended by signal {name}{hint}"


def main(request: Path) -> None:
    """Do what a request asks for. What cells print goes nowhere."""
    from crimjust_research.runs import steps

    replies = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    sys.stdout.flush()
    os.dup2(2, 1)

    def tell(message: Mapping[str, Any]) -> None:
        replies.write(json.dumps(message) + "\n")

    asked = json.loads(request.read_text(encoding="utf-8"))
    notebook = Notebook(Path(asked["path"]), asked["content"], asked["sha256"])
    output = Path(asked["output"])
    at = 0

    def on_cell(cell: int) -> None:
        nonlocal at
        at = cell
        tell({"cell": cell})

    try:
        names = steps.execute(notebook, asked["injected"], until=asked["until"], skip=asked["skip"], on_cell=on_cell)
        if "study" not in names:
            raise RunError(f"{notebook.place}: no cell begins a `study`, so there are no estimates to keep")
        project.write_atomically(output / ESTIMATES, as_arrow(names["study"].frame()))
    except steps.CellError as error:
        reason = f"{type(error.error).__name__}: {error.error}"
        tell({"failed": {"cell": error.cell, "line": error.line, "reason": reason, "detail": _trace(error.error)}})
    except (CrimjustError, OSError) as error:
        tell({"failed": {"cell": at, "line": "", "reason": in_a_sentence(error)[0], "detail": _trace(error)}})
    else:
        tell({"done": True})


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).strip()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
