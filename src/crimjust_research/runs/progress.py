"""Progress of runs: live bars on a terminal, plain lines anywhere else."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """A bar for each run under way, showing the cell it is at; a line when it ends."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("cell"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        self._console.print(line, markup=False)

    def cell_of(self, label: str) -> Callable[[int, int], None]:
        """What to call with the number of a cell and the number of cells whenever the run starts a cell."""

        def started(cell: int, cells: int) -> None:
            if label not in self._tasks:
                self._tasks[label] = self._bars.add_task(label, total=cells)
                if not self._console.is_terminal:
                    self.say(f"{label}: running, {cells} cells")
            self._bars.update(self._tasks[label], completed=cell)

        return started

    def end(self, label: str, line: str) -> None:
        if label in self._tasks:
            self._bars.remove_task(self._tasks.pop(label))
        self.say(line)
