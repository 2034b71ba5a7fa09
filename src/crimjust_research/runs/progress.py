"""Progress of runs and sweeps: live bars on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from crimjust_research.errors import printable


class _Drawn:
    """Bars while a terminal is there to draw them on, and lines that are said above them."""

    def __init__(self, *columns: ProgressColumn, console: Console | None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bars = Bars(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._bars.disable:  # some versions of rich would print an empty line
            self._bars.stop()

    def say(self, line: str) -> None:
        self._console.print(printable(line), markup=False)


class Progress(_Drawn):
    """A bar for each run under way, showing the cell it is at; a line when it ends."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("cell"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def cell_of(self, label: str) -> Callable[[int, int], None]:
        """What to call with the number of a cell and the number of cells whenever the run starts a cell."""

        def started(cell: int, cells: int) -> None:
            if label not in self._tasks:
                self._tasks[label] = self._bars.add_task(printable(label), total=cells)
                if not self._console.is_terminal:
                    self.say(f"{label}: running, {cells} cells")
            self._bars.update(self._tasks[label], completed=cell)

        return started

    def end(self, label: str, line: str) -> None:
        if label in self._tasks:
            self._bars.remove_task(self._tasks.pop(label))
        self.say(line)


class SweepProgress(_Drawn):
    """How far a sweep has come: cells done and failed, cells a second, time left."""

    # Seconds between two lines where there is no terminal to draw on.
    _PAUSE = 10.0

    def __init__(self, label: str, cells: int, kept: int, console: Console | None = None) -> None:
        """`cells` in all, of which `kept` were done by a former call."""
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._label, self._cells, self._kept = label, cells, kept
        self._done = self._failed = 0
        self._started = self._said = time.monotonic()
        self._task = self._bars.add_task(label, total=cells, completed=kept, rate="")

    def __enter__(self) -> Self:
        self.say(f"{self._label}: {self._cells} cells" + (f", {self._kept} of them done before" if self._kept else ""))
        return super().__enter__()

    def advance(self, *, failed: bool) -> None:
        """Count one more cell."""
        self._done += 1
        self._failed += failed
        now = time.monotonic()
        rate = self._done / max(now - self._started, 1e-9)
        text = f"{self._failed} failed, {rate:.2g} cells/s"
        self._bars.update(self._task, advance=1, rate=text)
        if not self._console.is_terminal and now - self._said >= self._PAUSE:
            self._said = now
            reached = self._kept + self._done
            self.say(f"{self._label}: {reached} of {self._cells}, {text}, {(self._cells - reached) / rate:.0f} s left")
