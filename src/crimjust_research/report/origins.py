"""Where a number comes from: the cell that recorded it, and the rows of files behind the tables that were read."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import json_files
from crimjust_research.data import catalog, corrections, provenance
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource
from crimjust_research.errors import DataError
from crimjust_research.results import ASSESSMENT
from crimjust_research.runs import notebooks
from crimjust_research.runs.record import Layout

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ESTIMATES = "estimates.csv"
_COUNTED = {**ASSESSMENT, "cells": {...: int}}


def cells(results: Path, run: str) -> dict[int, str]:
    """The source of each cell of code that a run executed, by its number, that of `In [n]` in the executed notebook.

    `results` is the folder they lie in: `reports`, or that of a variant.

    Raises
    ------
    RunError
        If the executed notebook is missing or is none.
    """
    executed = notebooks.read(Layout(results, run).results[0])
    code = (cell for cell in executed.cells if cell["cell_type"] == "code")
    return {cell["execution_count"]: notebooks.source(cell) for cell in code if cell.get("execution_count")}


def cell_of(results: Path, run: str) -> Mapping[str, int]:
    """The number of the cell that recorded each result of a run: by the id of an estimate, and by "check:TITLE" (as
    `check_title` has it), "figure:NAME" and "table:NAME".

    Raises
    ------
    DataError
        If the saved assessment is not as a run leaves one, or one of an earlier version that counted no cells.
    """
    layout = Layout(results, run)
    counted: Mapping[str, int] = json_files.load(layout.results[1], _COUNTED, layout.anew)["cells"]
    return counted


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
        return {line.cells["id"]: line for line in _rows(path)}
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {layout.anew}") from None
    except (KeyError, ValueError) as error:
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


def sample(resource: Resource, within: tuple[str, str] = ("", "")) -> Sample:
    """A row of a stored table: of a panel the first that has rows behind it in as many of its raw tables as any.

    `within` are the first and the last period to look in, where the table has a time and a row in it; empty for no bound.

    Raises
    ------
    DataError
        If a file is not the one catalogued, or the panel was made of another release of a raw table than there is.
    """
    stored = catalog.processed() if _is_panel(resource) else catalog.raw()
    frame = stored.open(resource.table.name, resource.vintage)
    wanted = _periods(frame, resource, within)
    if not _is_panel(resource):
        row = int(wanted.to_numpy().argmax())
        return Sample(resource, _lines(stored, resource, [row])[row], ())

    import numpy as np

    from crimjust_research.data.panels import behind  # with all panels and vocabularies

    raw = catalog.raw()
    releases = {release.table.name: release for release in provenance.raw_behind(resource, raw)}
    corrected = {
        name: corrections.apply(raw.open(name, release.vintage), name, release.vintage)
        for name, release in releases.items()
    }
    found_by = {name: keys.dropna() for name, keys in behind.columns_of(resource.table.name, corrected).items()}
    reached = np.sum([_has_rows(frame, keys) for keys in found_by.values()], axis=0)
    row = int(np.where(wanted, reached, -1).argmax())
    shown = frame.iloc[row]
    return Sample(
        resource,
        _lines(stored, resource, [row])[row],
        tuple(_behind(shown, keys, releases[name], corrected[name], raw) for name, keys in found_by.items()),
    )


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


def _has_rows(panel: pd.DataFrame, keys: pd.DataFrame) -> NDArray[np.bool_]:
    """Of which rows of a panel there are any among the keys of a raw table."""
    columns = list(keys)
    known = keys.astype("str").drop_duplicates()
    return (
        panel[columns]
        .astype("str")
        .merge(known, how="left", on=columns, indicator=True)["_merge"]
        .eq("both")
        .to_numpy()
    )


def _behind(
    row: pd.Series[Any], keys: pd.DataFrame, release: Resource, corrected: pd.DataFrame, raw: Catalog
) -> Behind:
    """The rows of one raw table behind a row of a panel."""
    by = tuple(map(str, keys))
    same = (keys.astype("str") == row[list(by)].astype("str")).all(axis=1)
    found = [int(place) for place in keys.index[same].unique()]
    if not found:
        return Behind(release, by, 0, None, "")
    mark = corrected[corrections.MARK].fillna("").loc[found[0]]
    return Behind(release, by, len(found), _lines(raw, release, found[:1])[found[0]], str(mark))


def _lines(stored: Catalog, resource: Resource, places: Collection[int]) -> dict[int, Line]:
    """Rows of a stored table's file by their place in it, from 0."""
    rows = enumerate(_rows(stored.folder / resource.path))
    return {place: line for place, line in rows if place in places}


def _rows(path: Path) -> Iterator[Line]:
    """The rows of a CSV file, in which a cell may hold ends of lines and an empty line is no row."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        head = next(reader, [])
        begins = reader.line_num + 1
        for row in reader:
            if row:
                yield Line(begins, dict(zip(head, row, strict=True)))
            begins = reader.line_num + 1
