"""The cells of a file of records, as text: of a CSV as spreadsheets save it, or of a workbook's first sheet."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crimjust_research import project
from crimjust_research.data import foreign
from crimjust_research.data.bounded_workbook import SUFFIX, open_workbook
from crimjust_research.data.schema_check import FIRST_ROW
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 2_000  # rows: few enough to stay in a processor's cache


class Cells(NamedTuple):
    """What a file holds, as text."""

    header: tuple[str, ...]
    whole: "pd.DataFrame"
    """The rows with as many cells as the header, by their number in a spreadsheet."""
    ragged: dict[int, list[str]]
    """The cells of each other row that has any, by its number."""


def cells_of(path: Path) -> Cells:
    """The cells of a file.

    A path that is not absolute is looked for in the working folder, then in the checkout.

    Raises
    ------
    DataError
        If there is no such file, it is no table of text or no workbook, holds no record, or more than the bounds allow.
    """
    import pandas as pd

    path = _found(path)
    if not path.stat().st_size:
        raise DataError(
            f"{path} is empty; copy the file of its kind in data/templates, and fill in a row for each record"
        )
    rows = enumerate(_workbook_rows(path) if path.suffix.lower() == SUFFIX else _text_rows(path), start=FIRST_ROW - 1)
    _, header = next(rows, (0, []))
    while header and not header[-1]:
        header.pop()
    filled = ((number, _trimmed(row, len(header))) for number, row in rows if any(row))
    ragged: dict[int, list[str]] = {}
    parts = []
    # Text held by columns takes a tenth of the memory of lists of words.
    while some := list(islice(filled, AT_ONCE)):
        ragged |= {number: row for number, row in some if len(row) != len(header)}
        whole = {number: row for number, row in some if len(row) == len(header)}
        parts.append(pd.DataFrame(list(whole.values()), pd.Index(list(whole), dtype="int64"), list(header), "str"))
    if not header:
        raise DataError(f"{path}: the first row is empty; it must hold the column names, as in data/templates")
    if not parts:
        raise DataError(f"{path} holds a header and no record; fill in a row for each")
    return Cells(tuple(header), pd.concat(parts), ragged)


def _trimmed(row: list[str], width: int) -> list[str]:
    """A row without the empty cells beyond the header's that spreadsheets leave."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


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
