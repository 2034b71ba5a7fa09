"""Where a number comes from: the cell that recorded it, and the rows of files behind the tables that were read."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import catalog, corrections, provenance
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource
from crimjust_research.errors import DataError
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout

if TYPE_CHECKING:
    import pandas as pd

ESTIMATES = "estimates.csv"


def cells(results: Path, run: str) -> dict[int, str]:
    """The source of each cell of code that a run executed, by its number, that of `In [n]` in the executed notebook.

    `results` is the folder they lie in: `reports`, or that of a variant.

    Raises
    ------
    RunError
        If the executed notebook is missing or is none.
    """
    return code_of(notebooks.read(Layout(results, run).results[0]))


def code_of(executed: Notebook) -> dict[int, str]:
    """The source of each cell of code of an executed notebook by its number."""
    code = (cell for cell in executed.cells if cell["cell_type"] == "code")
    return {cell["execution_count"]: notebooks.source(cell) for cell in code if cell.get("execution_count")}


def cell_of(results: Path, run: str) -> Mapping[str, int]:
    """The number of the cell that recorded each result of a run: by the id of an estimate, and by "check:TITLE" (as
    `check_key` has it), "figure:NAME" and "table:NAME".

    Raises
    ------
    DataError
        If the saved assessment is not as a run leaves one.
    """
    counted: Mapping[str, int] = record.assessment(Layout(results, run))["cells"]
    return counted


def stored(layout: Layout, used: Mapping[str, str]) -> Resource:
    """A table that the run in `layout` read, as the catalogs hold it.

    Raises
    ------
    DataError
        If it is not there, or no longer what it was.
    """
    raw = catalog.raw()
    held = raw if used["table"] in raw.tables() else catalog.processed()
    resource = held.resource(used["table"], used["vintage"])
    if resource.sha256 != used["sha256"]:
        raise DataError(
            f"{layout.results[1]} was made from {resource.table.name} {resource.vintage} when its sha256 was "
            f"{used['sha256'][:12]}…; the table is now {resource.sha256[:12]}…; {layout.anew}"
        )
    return resource


@dataclass(frozen=True)
class Line:
    """A row of a table's file: the number of the line it begins at, the head being line 1, and its cells as they stand there,
    by column."""

    number: int
    cells: Mapping[str, str]


def estimates(results: Path, run: str) -> dict[str, Line]:
    """A run's estimates as its table has them, by id.

    Raises
    ------
    DataError
        If the table is missing or is none of estimates.
    """
    layout = Layout(results, run)
    path = layout.results[3] / ESTIMATES
    try:
        rows = _rows(path.read_text(encoding="utf-8"))
        _, head = next(rows)
        return {line.cells["id"]: line for line in (_line(number, head, row) for number, row in rows)}
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {layout.anew}") from None
    except (KeyError, StopIteration, ValueError) as error:
        raise DataError(f"{path} is no table of estimates ({error}); {layout.anew}") from None


@dataclass(frozen=True)
class Behind:
    """The rows of a raw table behind one row of a panel: how many, the first of them (None if there is none), the columns of
    the panel they were found by, and the names of declared corrections that the first one bears."""

    resource: Resource
    by: tuple[str, ...]
    rows: int
    first: Line | None
    correction: str


@dataclass(frozen=True)
class Sample:
    """One row of a stored table and, if that is a panel, what stands behind it in each raw table it is made of."""

    resource: Resource
    row: Line
    behind: tuple[Behind, ...]


def place(resource: Resource) -> str:
    """Where the file of a stored table lies below the checkout."""
    return f"data/{'processed' if _is_panel(resource) else 'raw'}/{resource.path}"


class Samples:
    """Rows of stored tables with what stands behind them; a raw table behind several panels is opened once."""

    def __init__(self) -> None:
        self._raw = catalog.raw()
        self._processed = catalog.processed()
        self._corrected: dict[tuple[str, str], pd.DataFrame] = {}

    def of(self, resource: Resource, within: tuple[str, str] = ("", "")) -> Sample:
        """A row of a stored table: of a panel the first that has rows behind it in as many of its raw tables as any.

        `within` are the first and the last period to look in, where the table has a time and a row in it; empty for no bound.

        Raises
        ------
        DataError
            If a file is not the one catalogued, or the panel was made of another release of a raw table than there is.
        """
        if not _is_panel(resource):
            row = self._first_in(resource, within) if any(within) else 0
            return Sample(resource, _lines(self._raw, resource, [row])[row], ())

        import numpy as np

        from crimjust_research.data.panels import behind  # with all panels and vocabularies

        frame = self._processed.open(resource.table.name, resource.vintage)
        releases = {release.table.name: release for release in provenance.raw_behind(resource, self._raw)}
        corrected = {name: self._open_corrected(release) for name, release in releases.items()}
        found_by = {name: keys.dropna() for name, keys in behind.columns_of(resource.table.name, corrected).items()}
        keys = {name: _joined(each) for name, each in found_by.items()}
        own = {name: _joined(frame[list(each)]) for name, each in found_by.items()}
        reached = np.sum([own[name].astype("object").isin(keys[name]) for name in keys], axis=0)
        row = int(np.where(_periods(frame, resource, within), reached, -1).argmax())
        return Sample(
            resource,
            _lines(self._processed, resource, [row])[row],
            tuple(
                self._behind(releases[name], tuple(map(str, each)), keys[name].index[keys[name] == own[name].iloc[row]])
                for name, each in found_by.items()
            ),
        )

    def _behind(self, release: Resource, by: tuple[str, ...], rows: pd.Index[int]) -> Behind:
        """The rows of one raw table behind a row of a panel."""
        found = [int(place) for place in rows.unique()]
        if not found:
            return Behind(release, by, 0, None, "")
        mark = self._open_corrected(release)[corrections.MARK].fillna("").loc[found[0]]
        return Behind(release, by, len(found), _lines(self._raw, release, found[:1])[found[0]], str(mark))

    def _first_in(self, resource: Resource, within: tuple[str, str]) -> int:
        frame = self._raw.open(resource.table.name, resource.vintage)
        return int(_periods(frame, resource, within).to_numpy().argmax())

    def _open_corrected(self, release: Resource) -> pd.DataFrame:
        name, vintage = release.table.name, release.vintage
        if (name, vintage) not in self._corrected:
            frame = self._raw.open(name, vintage)
            self._corrected[name, vintage] = corrections.apply(frame, name, vintage)
        return self._corrected[name, vintage]


def sample(resource: Resource, within: tuple[str, str] = ("", "")) -> Sample:
    """One sample, as `Samples.of` gives it."""
    return Samples().of(resource, within)


def _is_panel(resource: Resource) -> bool:
    return all(source.path.startswith(provenance.RAW) for source in resource.table.sources)


def _periods(frame: pd.DataFrame, resource: Resource, within: tuple[str, str]) -> pd.Series[bool]:
    """Which rows lie within periods; all of them if none does. A year holds the months and half-years that begin with it."""
    import pandas as pd

    everywhere = pd.Series(True, frame.index)
    if resource.table.time is None:
        return everywhere
    first, last = within
    period = frame[resource.table.time].astype("str").fillna("")
    inside = (period >= first) & (period.str[: len(last)] <= last if last else everywhere)
    return inside if inside.any() else everywhere


def _joined(keys: pd.DataFrame) -> pd.Series[str]:
    """The columns of a key as one text each row."""
    first, *others = (keys[column].astype("str") for column in keys)
    for each in others:
        first = first + "\x1f" + each
    return first


def _lines(stored: Catalog, resource: Resource, places: Collection[int]) -> dict[int, Line]:
    """Rows of a stored table's file by their place in it, from 0."""
    rows = _rows(stored.content(resource).decode("utf-8"))
    _, head = next(rows)
    as_far = enumerate(islice(rows, max(places) + 1))
    return {place: _line(number, head, row) for place, (number, row) in as_far if place in places}


def _line(number: int, head: list[str], row: list[str]) -> Line:
    return Line(number, dict(zip(head, row, strict=True)))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The head of a CSV file and its rows, each with the line it begins at: a cell may hold ends of lines, and an empty line
    is no row."""
    reader = csv.reader(io.StringIO(text, newline=""))
    begins = 1
    for row in reader:
        if row or begins == 1:
            yield begins, row
        begins = reader.line_num + 1
