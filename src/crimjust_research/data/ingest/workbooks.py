"""Opening publishers' Excel workbooks: the sheet and row that hold the header are found, the cells read as text."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from python_calamine import CalamineWorkbook

SUFFIX = ".xlsx"
# Publishers put titles, dates and notes above the header; no more than this many rows of them.
_HEADER_WITHIN = 20


def header_cells(path: Path) -> tuple[str, ...]:
    """Every text that stands in the first rows of any sheet, where the header must be; in order, each once.

    Raises
    ------
    DataError
        If the file is no workbook.
    """
    book = _open(path)
    cells = [
        _text(cell)
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python(nrows=_HEADER_WITHIN)
        for cell in row
    ]
    return tuple(dict.fromkeys(cell for cell in cells if cell))


def header_row(path: Path, columns: Collection[str]) -> tuple[str, ...]:
    """Every column of the first sheet whose header has the named ones.

    Raises
    ------
    DataError
        If the file is no workbook, or no sheet has the columns.
    """
    book = _open(path)
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python(nrows=_HEADER_WITHIN):
            cells = tuple(_text(cell) for cell in row)
            if set(columns) <= set(cells):
                return cells
    raise DataError(_no_header(path, columns))


def workbook_records(path: Path, columns: Collection[str]) -> "pd.DataFrame":
    """The named columns of every sheet that has them all, as text, one row per record.

    The index is the row of the sheet; with its name before it, as `va!12`, if several sheets have the columns.
    Rows in which all of the columns are empty are left out.

    Raises
    ------
    DataError
        If the file is no workbook, or no sheet has the columns, or none of those has a record.
    """
    import pandas as pd

    book = _open(path)
    found = {}
    for name in book.sheet_names:
        rows = [[_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        at = next((i for i, row in enumerate(rows[:_HEADER_WITHIN]) if set(columns) <= set(row)), None)
        if at is not None:
            places = [rows[at].index(column) for column in columns]
            found[name] = {
                number: record
                for number, row in enumerate(rows[at + 1 :], start=at + 2)
                if any(record := [row[place] for place in places])
            }
    if not found:
        raise DataError(_no_header(path, columns))
    single = len(found) == 1
    labelled = {n if single else f"{name}!{n}": row for name, rows in found.items() for n, row in rows.items()}
    if not labelled:
        raise DataError(f"{path} holds a header and no record; download it again")
    frame = pd.DataFrame(list(labelled.values()), columns=list(columns), dtype="str")
    return frame.set_axis(pd.Index(list(labelled), name="row"))


def _no_header(path: Path, columns: Collection[str]) -> str:
    return (
        f"{path}: no sheet has a row with the columns {', '.join(columns)} among its first {_HEADER_WITHIN}; "
        "download the workbook again, or see docs/DATA.md for its layout"
    )


def _open(path: Path) -> "CalamineWorkbook":
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise DataError(f"{path} cannot be read as a workbook ({error}); download it again") from error


def _text(cell: Any) -> str:
    """A cell as text; every number in a workbook is a float, and a whole one is written without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
