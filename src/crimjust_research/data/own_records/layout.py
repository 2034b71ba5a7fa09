"""Where the table stands in a file of records, and its cells as text: below titles, on one of several sheets, in any coding."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crimjust_research import project
from crimjust_research.data import foreign
from crimjust_research.data.bounded_workbook import SUFFIX, column_letters, open_workbook
from crimjust_research.data.own_records.hidden import hidden
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# How many columns of a kind of record a row of cells names.
Fit = Callable[[Sequence[str]], int]
# The first and the last cell of some that are merged, each as its row and column from 0.
Range = tuple[tuple[int, int], tuple[int, int]]
AT_ONCE = 2_000  # rows: few enough to stay in a processor's cache
HEADER_WITHIN = 30  # rows that are not blank: titles, dates and notes stand above a header
# Ends a number that is one in a workbook, where no sign in it can be mistaken: its text has a decimal point.
NUMBER = "\ue000"
DAY = "\ue001"  # likewise a day
MARKS = NUMBER + DAY
_TOLD = 5  # ranges of merged cells
_EXACT = 1e15  # below it spreadsheets keep every digit of a whole number
_SIGNS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_AS_TEMPLATE = ("utf-8-sig", ",")


class Cells(NamedTuple):
    """What a table holds, as text."""

    header: tuple[str, ...]
    row: int
    """Row of the header, as a spreadsheet counts it."""
    whole: "pd.DataFrame"
    """The rows with as many cells as the header, by their number in a spreadsheet; columns by their place."""
    ragged: dict[int, list[str]]
    """The cells of each other row that has any, by its number."""
    said: tuple[str, ...]
    """What of the file is not as in a template, in words."""
    counts_days: bool = True
    """Whether a whole number may be a day as spreadsheets count them: from 1900, and not from 1904 as some old ones do."""


class _Sheet(NamedTuple):
    name: str
    merged: Sequence[Range]
    rows: list[list[str]]
    place: int
    """Of the row that is the header, from 0."""
    fit: int
    filled: bool
    """Whether a row below the header holds anything."""


def starts_of(path: Path, fit: Fit) -> dict[str, list[list[str]]]:
    """The rows near its start that are not blank of each table that a file holds, by its sheet's name; "" of a text.

    Raises
    ------
    DataError
        As of `cells_of`.
    """
    if path.suffix.lower() == SUFFIX:
        sheets = {name: list(islice(filter(any, rows), HEADER_WITHIN)) for name, rows, _ in _sheets(path)}
        return {name: rows for name, rows in sheets.items() if rows}
    text = foreign.decoded(path, foreign.unpacked(path), western=True)
    rows = (row for _, row in foreign.rows(path, text, _delimiter(text, fit)))
    return {"": list(islice(filter(any, rows), HEADER_WITHIN))}


def cells_of(path: Path, fit: Fit, sheet: str = "") -> Cells:
    """The cells of the table in a file: its header is the row that fits best of those near the start of a sheet.

    Of a workbook the sheet that fits best is read, or the one that is named.

    A path that is not absolute is looked for in the working folder, then in the checkout.

    Raises
    ------
    DataError
        If there is no such file, it is no table of text or no workbook, holds no record, or more than the bounds allow; or
        if two sheets fit equally well.
    """
    path = found(path)
    if not path.stat().st_size:
        raise DataError(
            f"{path} is empty; copy the file of its kind in data/templates, and fill in a row for each record"
        )
    if path.suffix.lower() == SUFFIX:
        return _cells_of_workbook(path, fit, sheet)
    content = foreign.unpacked(path)
    text = foreign.decoded(path, content, western=True)
    sign = _delimiter(text, fit)
    rows = ([cell.strip() for cell in row] for _, row in foreign.rows(path, text, sign))
    first = list(islice(rows, HEADER_WITHIN))
    while first and len(list(filter(any, first))) < HEADER_WITHIN and (more := next(rows, None)) is not None:
        first.append(more)
    place = _header_place(path, first, fit)
    coding = foreign.coding(content)
    how = [f"text in {coding}"] if coding != _AS_TEMPLATE[0] else []
    how += [f"cells parted by {_SIGNS[sign]}"] if sign != _AS_TEMPLATE[1] else []

    def after() -> Iterator[list[str]]:
        yield from first[place + 1 :]
        yield from rows

    return _cells(path, first[place], place, after(), how)


def found(path: Path) -> Path:
    """The file itself, in the working folder or in the checkout.

    Raises
    ------
    DataError
        If it is in neither.
    """
    for candidate in (path, project.root() / path):
        if foreign.is_file(candidate):
            return candidate
    raise DataError(f"{path} is not a file; name one with records, filled in from data/templates")


def _cells_of_workbook(path: Path, fit: Fit, only: str) -> Cells:
    sheets = [_sheet(path, name, rows, merged, fit) for name, rows, merged in _sheets(path) if not only or name == only]
    sheets = [sheet for sheet in sheets if any(map(any, sheet.rows))]
    if not sheets:
        raise DataError(f"{path}: {_NO_HEADER}")
    best = max(sheets, key=lambda sheet: (sheet.fit > 0 and sheet.filled, sheet.fit))
    alike = [sheet.name for sheet in sheets if (sheet.fit, sheet.filled) == (best.fit, best.filled)]
    if best.fit and len(alike) > 1:
        raise DataError(
            f"{path} has the same columns in the sheets {', '.join(map(repr, alike))}; keep the one with the records, or "
            "put all of them on one sheet"
        )
    _require_unmerged(path, best)
    how = []
    if len(sheets) > 1:
        others = [repr(sheet.name) for sheet in sheets if sheet is not best]
        how.append(f"sheet {best.name!r} read, and not {', '.join(others)}")
    cells = _cells(path, best.rows[best.place], best.place, iter(best.rows[best.place + 1 :]), how)
    unseen = hidden(path, best.name, {*cells.whole.index, *cells.ragged}, len(cells.header))
    return cells._replace(said=(*cells.said, *unseen), counts_days=not _from_1904(path))


def _from_1904(path: Path) -> bool:
    """Whether a workbook counts its days from 1904."""
    with zipfile.ZipFile(path) as archive:
        return any(
            re.search(rb"date1904\s*=\s*[\"'](1|true)", archive.read(name))
            for name in archive.namelist()
            if name.lower().lstrip("/") == "xl/workbook.xml"
        )


_NO_HEADER = "the first row is empty; it must hold the column names, as in data/templates"


def _require_unmerged(path: Path, sheet: _Sheet) -> None:
    """Refuse merged cells among the records: which of the rows they tell of only whoever merged them knows."""
    width = len(foreign.trimmed(sheet.rows[sheet.place]))
    among = [
        f"{_cell_name(*first)}:{_cell_name(*last)}"
        for first, last in sheet.merged
        if last[0] > sheet.place and first[1] < width and _filled(sheet.rows, first)
    ]
    if among:
        more = f" and {len(among) - _TOLD:,} more" if len(among) > _TOLD else ""
        raise DataError(
            f"{path}, sheet {sheet.name!r}, has merged cells among the records: {', '.join(among[:_TOLD])}{more}; unmerge "
            "them in the spreadsheet, and write in each row what holds for it"
        )


def _filled(rows: Sequence[Sequence[str]], cell: tuple[int, int]) -> bool:
    row, column = cell
    return row < len(rows) and column < len(rows[row]) and bool(rows[row][column])


def _cell_name(row: int, column: int) -> str:
    """A cell as a spreadsheet has it, by its row and column from 0: A1, AB12."""
    return f"{column_letters(column)}{row + 1}"


def _sheet(path: Path, name: str, rows: list[list[str]], merged: Sequence[Range], fit: Fit) -> _Sheet:
    if not any(map(any, rows)):
        return _Sheet(name, merged, [], 0, 0, False)
    place = _header_place(path, rows, fit)
    return _Sheet(name, merged, rows, place, fit(rows[place]), any(map(any, rows[place + 1 :])))


def _header_place(path: Path, rows: Sequence[Sequence[str]], fit: Fit) -> int:
    """Place of the first of the rows that fit best; of the first that is not blank, where none fits.

    Raises
    ------
    DataError
        If all are blank.
    """
    filled = list(islice((place for place, row in enumerate(rows) if any(row)), HEADER_WITHIN))
    if not filled:
        raise DataError(f"{path}: {_NO_HEADER}")
    return max(filled, key=lambda place: fit(rows[place]))


def _delimiter(text: str, fit: Fit) -> str:
    """The sign that parts a row near the start of a text into the names of most columns; as a publisher's, where none does."""
    usual = foreign.delimiter(text)
    signs = (usual, *(sign for sign in foreign.DELIMITERS if sign != usual))
    return max(signs, key=lambda sign: max(map(fit, islice(foreign.first_rows(text, sign), HEADER_WITHIN)), default=0))


def _cells(path: Path, heads: Sequence[str], place: int, rows: Iterator[list[str]], how: Sequence[str]) -> Cells:
    import pandas as pd

    header = foreign.trimmed([cell.rstrip(MARKS) for cell in heads])
    filled = ((number, _trimmed(row, len(header))) for number, row in enumerate(rows, start=place + 2) if any(row))
    ragged: dict[int, list[str]] = {}
    parts = []
    # Text held by columns takes a tenth of the memory of lists of words.
    while some := list(islice(filled, AT_ONCE)):
        ragged |= {number: row for number, row in some if len(row) != len(header)}
        whole = {number: row for number, row in some if len(row) == len(header)}
        index = pd.Index(list(whole), dtype="int64")
        parts.append(pd.DataFrame(list(whole.values()), index, range(len(header)), "str"))
    if not parts:
        raise DataError(f"{path} holds a header and no record; fill in a row for each")
    said = (*how, *([f"header in row {place + 1}"] if place else []))
    return Cells(tuple(header), place + 1, pd.concat(parts), ragged, said)


def _trimmed(row: list[str], width: int) -> list[str]:
    """A row without the empty cells beyond the header's that spreadsheets leave."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


def _sheets(path: Path) -> Iterator[tuple[str, list[list[str]], list[Range]]]:
    """Every sheet of a workbook by its name, row by row from its first, with the cells that are merged."""
    from python_calamine import SheetTypeEnum

    remedy = "open it in a spreadsheet and save it again, as .xlsx or as CSV UTF-8"
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is not a workbook that can be opened; {remedy}")
    with foreign.reading(path, kind="a workbook", remedy=remedy):
        book = open_workbook(path, no_value_as_text=True)
        for sheet in book.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet:
                held = book.get_sheet_by_name(sheet.name)
                rows = held.to_python(skip_empty_area=False)
                yield sheet.name, [[_cell_text(cell) for cell in row] for row in rows], held.merged_cell_ranges or []


def _cell_text(cell: Any) -> str:
    """A workbook's cell as it would stand in a CSV, with the mark of a day, or of a number that is not whole or very large."""
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < _EXACT
        return str(int(cell)) if whole else f"{int(cell) if cell.is_integer() else cell}{NUMBER}"
    if isinstance(cell, date):
        return str(cell).removesuffix(" 00:00:00") + DAY
    return str(cell).strip()
