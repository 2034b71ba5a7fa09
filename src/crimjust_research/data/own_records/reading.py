"""The cells of a file of records, as text: of a CSV as spreadsheets save it, or of a workbook's first sheet."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crimjust_research import project
from crimjust_research.data.schema_check import FIRST_ROW
from crimjust_research.errors import DataError

_WORKBOOK = ".xlsx"


def header_and_rows(path: Path) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """The header, and the cells of each row that has any by its number in a spreadsheet.

    A path that is not absolute is looked for in the working folder, then in the checkout.

    Raises
    ------
    DataError
        If there is no such file, it is no table of text or no workbook, or holds no record.
    """
    path = _found(path)
    rows = _workbook_rows(path) if path.suffix.lower() == _WORKBOOK else _text_rows(path)
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
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text (byte {error.start}); save it again as CSV UTF-8, or as a workbook ({_WORKBOOK})"
        ) from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        for row in reader:
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise DataError(f"{path} line {reader.line_num} cannot be read ({error}); save it again as CSV") from error


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise DataError(f"{path} cannot be read as a workbook ({error}); save it again") from error
    for row in sheet.to_python(skip_empty_area=False):
        yield [_cell_text(cell) for cell in row]


def _cell_text(cell: Any) -> str:
    """A workbook's cell as it would stand in a CSV."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().removesuffix(" 00:00:00")


def _found(path: Path) -> Path:
    for candidate in (path, project.root() / path):
        if candidate.is_file():
            return candidate
    raise DataError(f"{path} is not a file; name one with records, filled in from data/templates")
