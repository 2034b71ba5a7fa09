"""A notebook's own cells run in this process, without a kernel: what sweeps and tests execute.

There is no second path to a number: the cells are those of the notebook, the parameters those of its parameters cell.
"""

import linecache
from collections.abc import Callable, Collection, Mapping
from typing import Any

from crimjust_research import parameters_cell
from crimjust_research.errors import RunError
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook

# Cells that estimate nothing: they draw, say what was found, or save it.
SHOWING = frozenset({"figure", "answer"})
# What a sweep leaves out unless asked: the power of a test is no part of its estimate, and costs most of the time.
NOT_SWEPT = SHOWING | {"power"}


class CellError(RunError):
    """A cell raised: `cell` counts from 1 over all cells, `line` is the source at which it stopped."""

    def __init__(self, place: str, cell: int, line: str, error: BaseException) -> None:
        super().__init__(f"{place}, cell {cell}, at `{line}`: {type(error).__name__}: {error}")
        self.cell, self.line, self.error = cell, line, error


def run(name: str, *, until: str | None = None, skip: Collection[str] = SHOWING, **changed: Any) -> dict[str, Any]:
    """The names that the notebook `name` leaves behind, `changed` in place of its parameters.

    Cells that carry a tag of `skip` are left out. With `until` it ends after the first cell of that tag: `registered` is
    the cell that records the registered estimate.

    Raises
    ------
    ParameterError
        With every fault of the parameters.
    CellError
        If a cell raises.
    """
    (notebook,) = notebooks.find(name)
    (resolved,) = parameters.resolve([notebook], changed)
    return execute(notebook, resolved.injected, until=until, skip=skip)


def execute(
    notebook: Notebook,
    injected: Mapping[str, Any],
    *,
    until: str | None = None,
    skip: Collection[str] = SHOWING,
    on_cell: Callable[[int], object] = int,
) -> dict[str, Any]:
    """As `run`, of a notebook at hand with parameters already checked, of which those `injected` are put in; `on_cell` is told
    each cell's number (from 1)."""
    # In a kernel `In` lists what each cell of code was given, so that its length tells which one runs. A whole run counts
    # the cells left out here, and that in which papermill sets parameters.
    entered = [""]
    namespace: dict[str, Any] = {"__name__": "__main__", "display": _display, "In": entered}
    own = parameters_cell.of(notebook.content)
    for number, cell in enumerate(notebook.cells, start=1):
        tags, source = notebooks.tags(cell), notebooks.source(cell)
        if cell["cell_type"] != "code" or not source.strip():
            continue
        entered.append(source)
        if not set(skip).isdisjoint(tags):
            continue
        on_cell(number)
        _execute_cell(notebook, number, source, namespace)
        if cell is own and injected:
            entered.append(notebooks.assignments(injected))
            namespace |= injected
        if until is not None and until in tags:
            return namespace
    if until is not None:
        raise RunError(f"{notebook.place}: no cell carries the tag {until!r}; tag the cell at which to stop")
    return namespace


def _execute_cell(notebook: Notebook, number: int, source: str, namespace: dict[str, Any]) -> None:
    file = f"{notebook.name}#{number}"
    lines = source.splitlines(keepends=True)
    linecache.cache[file] = (len(source), None, lines, file)  # a traceback quotes the cell
    try:
        exec(compile(source, file, "exec"), namespace)
    except Exception as error:
        trace, line = error.__traceback__, ""
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == file:
                line = lines[trace.tb_lineno - 1].strip()
            trace = trace.tb_next
        raise CellError(notebook.place, number, line, error) from error


def _display(*shown: object) -> None:
    """Nothing is shown without a kernel."""
    del shown
