"""Opening publishers' files: plain or gzipped delimited text, zip archives of one file, Excel workbooks."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import shapefiles, workbooks
from crimjust_research.errors import DataError, VocabularyError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10
_CHUNK_ROWS = 20_000
# Beyond it floating numbers no longer tell one from the next.
_MOST_COUNTED = 2**53
_NO_TABLES = (".md", ".json", ".pdf", ".png")


def header(path: Path) -> tuple[str, ...]:
    """Column names in the first line of a delimited file that has any, every text in the first rows of a
    workbook's sheets, the header being one of them, or the attributes of a zipped shapefile; empty for other kinds.

    Raises
    ------
    DataError
        If the file is damaged, empty, or holds more than the bounds allow.
    """
    suffix = path.suffix.lower()
    if suffix == workbooks.SUFFIX:
        return workbooks.header_cells(path)
    if suffix == shapefiles.SUFFIX and (attributes := shapefiles.field_names(path)):
        return attributes
    if suffix in _NO_TABLES:
        return ()
    with foreign.reading(path):
        start = text(path, limit=foreign.HEADER_BYTES)
        return tuple(foreign.first_cells(start, foreign.delimiter(start)))


def text(path: Path, limit: int = -1) -> str:
    """Contents of a text file, taken out of its archive if it is one; at most `limit` bytes of it.

    Raises
    ------
    DataError
        If the file is damaged, empty, holds more than one file of figures, is not UTF-8 or UTF-16, or holds more than
        the bounds allow.
    """
    partial = limit >= 0
    return foreign.decoded(path, foreign.unpacked(path, limit if partial else None), partial)


def records(path: Path) -> "pd.DataFrame":
    """A delimited file as text, one row per record; the index is the line of the file the record ends on.

    It is parted by whichever of tab, semicolon and comma parts its header, as `header` has it.

    Raises
    ------
    DataError
        If a record has more or fewer cells than the header, or the last line is not ended: the file was cut off.
    """
    content = text(path)
    if not content.endswith("\n"):
        raise DataError(
            f"{path}: the last line, {content.splitlines()[-1][-80:]!r}, is not ended, so the file was cut off; "
            "download it again"
        )
    return cells(path, content, foreign.delimiter(content))


def cells(path: Path, content: str, delimiter: str) -> "pd.DataFrame":
    """Delimited `content` of `path` as text, one row per record; the index is the line the record ends on.

    Blank lines are left out, and the space around a cell with them.

    Raises
    ------
    DataError
        If a record has more or fewer cells than the header, or there is no record.
    """
    import pandas as pd

    lines = foreign.rows(path, content, delimiter)
    columns = [column.strip() for column in next((row for _, row in lines), [])]
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has the column {twice!r} more than once; download it again, or keep one of them")
    # Text in frames takes a fraction of the room that text in lists does.
    chunks, rows, numbers = [], [], []
    for number, row in lines:
        if not row:
            continue
        if len(row) != len(columns):
            raise DataError(
                f"{path} row {number} has {len(row)} of {len(columns)} cells, the last {row[-1]!r}: "
                "the file was cut off or edited; download it again"
            )
        rows.append([cell.strip() for cell in row])
        numbers.append(number)
        if len(rows) == _CHUNK_ROWS:
            chunks.append(pd.DataFrame(rows, columns=columns, dtype="str"))
            rows = []
    if not numbers:
        raise DataError(f"{path} holds a header and no record; download it again")
    chunks.append(pd.DataFrame(rows, columns=columns, dtype="str"))
    return pd.concat(chunks, ignore_index=True).set_axis(pd.Index(numbers, name="row"))


def refuse(path: Path, bad: "pd.Series[str]", must: str) -> None:
    """Refuse the cells in `bad`, a column of text indexed by row, if there are any; `must` is rule and remedy.

    Raises
    ------
    DataError
        Naming file, row, column and value of up to ten cells, and how many there are.
    """
    if len(bad):
        shown = "; ".join(f"row {row}, {bad.name} = {value!r}" for row, value in bad.head(_SHOWN).items())
        more = f"; … and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise DataError(f"{path}: {shown}{more}: {must}")


def numbers(
    path: Path, column: "pd.Series[str]", blank: tuple[str, ...] = (), whole: bool = False
) -> "pd.Series[float]":
    """A column of text as non-negative numbers, thousands separators allowed; cells in `blank` become missing.

    Raises
    ------
    DataError
        Naming every other cell that is no such number, or no whole one where `whole` is asked.
    """
    import numpy as np

    absent = column.isin(blank)
    plain = column.str.fullmatch(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?([eE]-?[0-9]+)?")
    must = "must be a number, zero or more; mend the cell or download the file again"
    refuse(path, column[~absent & ~plain], must)
    values = column.where(~absent, "nan").str.replace(",", "").astype("float64")
    refuse(path, column[np.isinf(values)], must)
    if whole:
        uncountable = np.asarray((values % 1 > 0) | (values > _MOST_COUNTED))
        refuse(path, column[uncountable], "must be a whole number; mend the cell or download it again")
    return values


def translate(path: Path, column: "pd.Series[str]", names: Mapping[str, str], what: str) -> "pd.Series[str]":
    """A column of a publisher's names as this project's, by `names`; `what` says what they name.

    Raises
    ------
    VocabularyError
        Naming the first name that is not in `names`, its row, and the nearest one that is.
    """
    unknown = column[~column.isin(list(names))]
    if len(unknown):
        row, value = next(unknown.items())
        near = get_close_matches(str(value), names, n=1)
        hint = f"did the publisher mean {near[0]!r}? " if near else ""
        raise VocabularyError(
            f"{path}: row {row}, {column.name} = {value!r} is not a known {what}; {hint}"
            f"Mend the cell, or add the name to the vocabulary if it is new ({unknown.nunique()} unknown in all)"
        )
    return column.map(names)
