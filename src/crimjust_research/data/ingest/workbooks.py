"""Opening publishers' Excel workbooks: the sheet and row that hold the header are found, the cells read as text."""

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research.data import bounded_workbook, foreign
from crimjust_research.data.bounded_workbook import open_workbook
from crimjust_research.data.foreign import has, plain
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = bounded_workbook.SUFFIX
# Publishers put titles, dates and notes above the header; no more than this many rows of them.
HEADER_WITHIN = 20


def header_cells(path: Path) -> tuple[str, ...]:
    """Every text that stands in the first rows of any sheet, where the header must be; in order, each once.

    Raises
    ------
    DataError
        If the file is no workbook, or holds more than the bounds allow.
    """
    cells = [cell for _, rows in sheets(path, first=HEADER_WITHIN) for row in rows for cell in row]
    return tuple(dict.fromkeys(cell for cell in cells if cell))


def header_row(path: Path, columns: Collection[str]) -> tuple[str, ...]:
    """Every column of the first sheet whose header has the named ones.

    Raises
    ------
    DataError
        If the file is no workbook, holds more than the bounds allow, or no sheet has the columns.
    """
    for _, rows in sheets(path, first=HEADER_WITHIN):
        for row in rows:
            if has(row, columns):
                return tuple(row)
    raise DataError(_no_header(path, columns))


def workbook_records(path: Path, columns: Collection[str], stripped: bool = True) -> "pd.DataFrame":
    """The named columns of every sheet that has them all, as text, one row per record.

    The header may differ from the names by no more than `plain` leaves out. The index is the row of the sheet; with its
    name before it, as `va!12`, if several sheets have the columns. The space around cells is left out if `stripped`.
    Rows in which all of the columns are empty are left out.

    Raises
    ------
    DataError
        If the file is no workbook, holds more than the bounds allow, no sheet has the columns or one has them twice, or
        none of those has a record.
    """
    import pandas as pd

    found = {}
    for name, rows in sheets(path, stripped=stripped):
        numbered = enumerate(rows, start=1)
        header = next((row for _, row in islice(numbered, HEADER_WITHIN) if has(row, columns)), None)
        if header is not None:
            names = [plain(cell) for cell in header]
            if twice := [column for column in columns if names.count(plain(column)) > 1]:
                raise DataError(f"{path}, sheet {name}, has the column {twice[0]!r} more than once; keep one of them")
            places = [names.index(plain(column)) for column in columns]
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


def sheets(path: Path, first: int | None = None, stripped: bool = True) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The name and the rows of each sheet, cells as text, or the `first` of its rows; without the space around cells if
    `stripped`.

    Raises
    ------
    DataError
        If the file is no workbook, or holds more than the bounds allow.
    """
    with foreign.reading(path, kind="a workbook"):
        book = open_workbook(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=first)
            yield name, ([_text(cell, stripped) for cell in row] for row in rows)


def _no_header(path: Path, columns: Collection[str]) -> str:
    return (
        f"{path}: no sheet has a row with the columns {', '.join(columns)} among its first {HEADER_WITHIN}; "
        "download the workbook again, or see docs/DATA.md for its layout"
    )


def _text(cell: Any, stripped: bool) -> str:
    """A cell as text; every number in a workbook is a float, and a whole one is written without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).removesuffix(" 00:00:00")
    return text.strip() if stripped else text
