"""Opening publishers' files: plain or gzipped delimited text, zip archives of one file, Excel workbooks."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.foreign import plain
from crimjust_research.data.ingest import shapefiles, workbooks
from crimjust_research.errors import DataError, VocabularyError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10
_CHUNK_ROWS = 20_000
# Beyond it floating numbers no longer tell one from the next.
_MOST_COUNTED = 2**53
_WRITTEN = "written"
# Kinds of file that hold no table, and so lie beside publishers' files without being asked for.
NO_TABLES = (".md", ".json", ".pdf", ".png", ".jpg", ".jpeg", ".svg", ".html", ".docx", ".yaml", ".yml", ".py")


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
    return tuple(next(iter(first_rows(path)), ()))


def first_rows(path: Path) -> list[list[str]]:
    """The rows among which the header of a delimited file or a workbook must be, as they stand; none for other kinds.

    Raises
    ------
    DataError
        If the file is damaged, empty, or holds more than the bounds allow.
    """
    suffix = path.suffix.lower()
    if suffix == workbooks.SUFFIX:
        return [row for _, rows in workbooks.sheets(path, first=workbooks.HEADER_WITHIN) for row in rows if any(row)]
    if suffix in NO_TABLES:
        return []
    with foreign.reading(path):
        start = text(path, limit=foreign.HEADER_BYTES)
        return list(foreign.first_rows(start, foreign.delimiter(start)))


def text(path: Path, limit: int = -1) -> str:
    """Contents of a text file, taken out of its archive if it is one; at most `limit` bytes of it.

    Raises
    ------
    DataError
        If the file is damaged, empty, holds more than one file of figures, is not UTF-8, UTF-16 or plainly
        Windows-1252, is a workbook, or holds more than the bounds allow.
    """
    if path.suffix.lower() == workbooks.SUFFIX:
        raise DataError(f"{path} is a workbook, and these figures are published as text; export them as text again")
    partial = limit >= 0
    return foreign.decoded(path, foreign.unpacked(path, limit if partial else None), partial, western=True)


def is_western(path: Path) -> bool:
    """Whether a text file says in no way how it is coded, and is read as Windows-1252."""
    is_text = path.suffix.lower() not in (workbooks.SUFFIX, *NO_TABLES) and not (
        path.suffix.lower() == shapefiles.SUFFIX and shapefiles.field_names(path)
    )
    return is_text and foreign.coding(foreign.unpacked(path)) == foreign.WESTERN


def records(path: Path, columns: Collection[str] = (), stripped: bool = True) -> "pd.DataFrame":
    """A delimited file as text, one row per record, or a workbook; the index is the line the record ends on, or the row.

    Text is parted by whichever of tab, semicolon, pipe and comma parts its header, as `header` has it. Of a workbook,
    each sheet whose header has the most of `columns` is read. Columns are named as in `columns` where they differ from
    it by no more than `plain` leaves out; refusals name them as they stand in the file. The space around cells
    is left out unless they are not to be `stripped`.

    Raises
    ------
    DataError
        If a record has more or fewer cells than the header, or the last line is not ended: the file was cut off.
    """
    if path.suffix.lower() == workbooks.SUFFIX:
        return spelt(workbooks.workbook_records(path, _likeliest_header(path, columns), stripped), columns)
    content = text(path)
    if not content.endswith(("\n", "\r")):
        raise DataError(
            f"{path}: the last line, {content.splitlines()[-1][-80:]!r}, is not ended, so the file was cut off; "
            "download it again"
        )
    return spelt(cells(path, content, foreign.delimiter(content), stripped), columns)


def cells(path: Path, content: str, delimiter: str, stripped: bool = True) -> "pd.DataFrame":
    """Delimited `content` of `path` as text, one row per record; the index is the line the record ends on.

    Blank lines are left out, and the space around a cell with them if `stripped`; so are the empty cells and lines
    behind the others that spreadsheets leave.

    Raises
    ------
    DataError
        If a record has more or fewer cells than the header, or there is no record.
    """
    import pandas as pd

    lines = foreign.rows(path, content, delimiter)
    tidy = ((number, [cell.strip() for cell in row] if stripped else row) for number, row in lines)
    filled = ((number, row) for number, row in tidy if any(row))
    columns = foreign.trimmed(next((row for _, row in filled), []))
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has the column {twice!r} more than once; download it again, or keep one of them")
    # Text in frames takes a fraction of the room that text in lists does.
    chunks, rows, numbers = [], [], []
    for number, row in filled:
        if len(row) < len(columns) or any(row[len(columns) :]):
            raise DataError(
                f"{path} row {number} has {len(row)} of {len(columns)} cells, the last {row[-1]!r}: "
                "the file was cut off or edited; download it again"
            )
        rows.append(row[: len(columns)])
        numbers.append(number)
        if len(rows) == _CHUNK_ROWS:
            chunks.append(pd.DataFrame(rows, columns=columns, dtype="str"))
            rows = []
    if not numbers:
        raise DataError(f"{path} holds a header and no record; download it again")
    chunks.append(pd.DataFrame(rows, columns=columns, dtype="str"))
    return pd.concat(chunks, ignore_index=True).set_axis(pd.Index(numbers, name="row"))


def _likeliest_header(path: Path, columns: Collection[str]) -> list[str]:
    """The columns of the row near the start of a workbook's sheets that has the most of `columns`."""
    known = {plain(column) for column in columns}
    row = max(first_rows(path), key=lambda row: sum(plain(cell) in known for cell in row), default=[])
    return [cell for cell in row if cell]


def spelt(frame: "pd.DataFrame", columns: Collection[str]) -> "pd.DataFrame":
    """The frame with its columns named as in `columns`; `attrs` keeps how those stand in the file that differ."""
    known = {plain(column): column for column in columns}
    spelt = {name: known[plain(name)] for name in map(str, frame.columns) if plain(name) in known}
    frame = frame.rename(columns=spelt)
    frame.attrs[_WRITTEN] = {column: name for name, column in spelt.items() if name != column}
    return frame


def written(column: "pd.Series[str]") -> str:
    """The name of a column as it stands in its file."""
    return str(column.attrs.get(_WRITTEN, {}).get(column.name, column.name))


def refuse(path: Path, bad: "pd.Series[str]", must: str) -> None:
    """Refuse the cells in `bad`, a column of text indexed by row, if there are any; `must` is rule and remedy.

    Raises
    ------
    DataError
        Naming file, row, column and value of up to ten cells, and how many there are.
    """
    if len(bad):
        shown = "; ".join(f"row {row}, {written(bad)} = {value!r}" for row, value in bad.head(_SHOWN).items())
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


def translate(
    path: Path, column: "pd.Series[str]", names: Mapping[str, str], what: str, add: str = "add it to the vocabulary"
) -> "pd.Series[str]":
    """A column of a publisher's names as this project's, by `names`; `what` says what they name.

    `add` says what to do about a new one: the file and the line to add, with VALUE for the name.

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
            f"{path}: row {row}, {written(column)} = {value!r} is not a known {what}; {hint}"
            f"Mend the cell, or, if the name is new, {add.replace('VALUE', str(value))} "
            f"({unknown.nunique()} unknown in all)"
        )
    return column.map(names)
