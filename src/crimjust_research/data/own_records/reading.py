"""The cells of a file of records, as text: of a CSV as spreadsheets save it, or of a workbook's first sheet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crimjust_research import project
from crimjust_research.data import foreign
from crimjust_research.data.bounded_workbook import SUFFIX, open_workbook
from crimjust_research.data.schema_check import FIRST_ROW
from crimjust_research.errors import DataError


def header_and_rows(path: Path) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """The header, and the cells of each row that has any by its number in a spreadsheet.

    A path that is not absolute is looked for in the working folder, then in the checkout.

    Raises
    ------
    DataError
        If there is no such file, it is no table of text or no workbook, holds no record, or more than the bounds allow.
    """
    path = _found(path)
    rows = _workbook_rows(path) if path.suffix.lower() == SUFFIX else _text_rows(path)
    filled = {number: row for number, row in enumerate(rows, start=FIRST_ROW - 1) if any(row)}
    if len(filled) == 1:
        raise DataError(f"{path} holds a header and no record; fill in a row for each")
    if FIRST_ROW - 1 not in filled:
        raise DataError(f"{path}: the first row is empty; it must hold the column names, as in data/templates")
    header = filled.pop(FIRST_ROW - 1)
    while header and not header[-1]:
        header.pop()
    return tuple(header), {number: _trimmed(row, len(header)) for number, row in filled.items()}


def _trimmed(row: list[str], width: int) -> list[str]:
    """A row without the empty cells beyond the header's that spreadsheets leave."""
    return row[:width] if not any(row[width:]) else row


def _text_rows(path: Path) -> Iterator[list[str]]:
    text = foreign.decoded(path, foreign.unpacked(path))
    return ([cell.strip() for cell in row] for _, row in foreign.rows(path, text, foreign.delimiter(text)))


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    remedy = "open it in a spreadsheet and save it again, as .xlsx or as CSV UTF-8"
    with foreign.reading(path, kind="a workbook", remedy=remedy):
        rows = open_workbook(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return ([_cell_text(cell) for cell in row] for row in rows)


def _cell_text(cell: Any) -> str:
    """A workbook's cell as it would stand in a CSV."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().removesuffix(" 00:00:00")


def _found(path: Path) -> Path:
    for candidate in (path, project.root() / path):
        if foreign.is_file(candidate):
            return candidate
    raise DataError(f"{path} is not a file; name one with records, filled in from data/templates")
