"""Opening publishers' Excel workbooks: the sheet and row that hold the header are found, the cells read as text."""

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research.data import bounded_workbook, foreign
from crimjust_research.data.bounded_workbook import open_workbook
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = bounded_workbook.SUFFIX
# Publishers put titles, dates and notes above the header; no more than this many rows of them.
_HEADER_WITHIN = 20


def header_cells(path: Path) -> tuple[str, ...]:
    """Every text that stands in the first rows of any sheet, where the header must be; in order, each once.

    Raises
    ------
    DataError
        If the file is no workbook, or holds more than the bounds allow.
    """
    cells = [cell for _, rows in _sheets(path, first=_HEADER_WITHIN) for row in rows for cell in row]
    return tuple(dict.fromkeys(cell for cell in cells if cell))


def header_row(path: Path, columns: Collection[str]) -> tuple[str, ...]:
    """Every column of the first sheet whose header has the named ones.

    Raises
    ------
    DataError
        If the file is no workbook, holds more than the bounds allow, or no sheet has the columns.
    """
    for _, rows in _sheets(path, first=_HEADER_WITHIN):
        for row in rows:
            if set(columns) <= set(row):
                return tuple(row)
    raise DataError(_no_header(path, columns))


def workbook_records(path: Path, columns: Collection[str]) -> "pd.DataFrame":
    """The named columns of every sheet that has them all, as text, one row per record.

    The index is the row of the sheet; with its name before it, as `va!12`, if several sheets have the columns.
    Rows in which all of the columns are empty are left out.

    Raises
    ------
    DataError
        If the file is no workbook, holds more than the bounds allow, no sheet has the columns, or none of those has a
        record.
    """
    import pandas as pd

    found = {}
    for name, rows in _sheets(path):
        numbered = enumerate(rows, start=1)
        header = next((row for _, row in islice(numbered, _HEADER_WITHIN) if set(columns) <= set(row)), None)
        if header is not None:
            places = [header.index(column) for column in columns]
            found[name] = {
                number: record for number, row in numbered if any(record := [row[place] for place in places])
            }
    if not found:
        raise DataError(_no_header(path, columns))
    single = len(found) == 1
    labelled = {n if single else f"{name}!{n}": row for name, rows in found.items() for n, row in rows.items()}
    if not labelled:
        raise DataError(f"{path} holds a header and no record; download it again")
    frame = pd.DataFrame(list(labelled.values()), columns=list(columns), dtype="str")
    return frame.set_axis(pd.Index(list(labelled), name="row"))


def _sheets(path: Path, first: int | None = None) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The name and the rows of each sheet, cells as text, or the `first` of its rows."""
    with foreign.reading(path, kind="a workbook"):
        book = open_workbook(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=first)
            yield name, ([_text(cell) for cell in row] for row in rows)


def _no_header(path: Path, columns: Collection[str]) -> str:
    return (
        f"{path}: no sheet has a row with the columns {', '.join(columns)} among its first {_HEADER_WITHIN}; "
        "download the workbook again, or see docs/DATA.md for its layout"
    )


def _text(cell: Any) -> str:
    """A cell as text; every number in a workbook is a float, and a whole one is written without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
