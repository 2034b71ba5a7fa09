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
_WRITTEN, _PARTED_BY = "written", "parted by"
_NUMBER = r"([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?([eE]-?[0-9]+)?"
# Numbers of which one sign may be the decimal mark or stand between thousands: 1,234 and 1.234.
_COMMA_OF_EITHER, _POINT_OF_EITHER = r"[1-9][0-9]{0,2},[0-9]{3}", r"[1-9][0-9]{0,2}\.[0-9]{3}"
# Numbers as languages with a decimal comma write them.
_OTHERWISE = r"[0-9]+,[0-9]+|[0-9]{1,3}([.\u00a0\u202f ][0-9]{3})+(,[0-9]+)?"
_AS_DOWNLOADED = "give the file as it was downloaded, or save it with decimal points and nothing between thousands"
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
            f"{path}: the last line, {content.splitlines()[-1][-80:]!r}, is not ended, so the file may have been cut "
            "off within it; download it again, or, if that line is whole, end it in a text editor and save the file"
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
    frame = pd.concat(chunks, ignore_index=True).set_axis(pd.Index(numbers, name="row"))
    return parted_by(frame, delimiter)


def parted_by(frame: "pd.DataFrame", delimiter: str) -> "pd.DataFrame":
    """The frame with a note of the sign its file is parted by, which `numbers` reads commas and points by."""
    frame.attrs[_PARTED_BY] = delimiter
    return frame


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


def renamed(frame: "pd.DataFrame", names: Mapping[str, str]) -> "pd.DataFrame":
    """The columns of a frame under other names, each by the one it has; refusals name them as they stand in the file."""
    told = frame.attrs.get(_WRITTEN, {})
    frame = frame[list(names.values())].set_axis(list(names), axis=1)
    frame.attrs[_WRITTEN] = {name: told.get(column, column) for name, column in names.items()}
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
    """A column of text as non-negative numbers, commas between thousands allowed; cells in `blank` become missing.

    Spreadsheets set to a language with a decimal comma part cells by semicolons or tabs: a comma or point that may be
    either is read only if another number of the column tells which it is.

    Raises
    ------
    DataError
        Naming every other cell that is no such number, or no whole one where `whole` is asked, or may be two numbers.
    """
    import numpy as np

    filled = column[~column.isin(blank)]
    strange = filled[~filled.str.fullmatch(_NUMBER)]
    if len(strange) and strange.str.fullmatch(_OTHERWISE).all():
        must = f"is written as in languages with a decimal comma; {_AS_DOWNLOADED}"
    else:
        must = "must be a number, zero or more; mend the cell or download the file again"
    refuse(path, strange, must)
    refuse(path, _of_either(filled, whole), f"may have a decimal mark or one between thousands; {_AS_DOWNLOADED}")
    values = column.where(~column.isin(blank), "nan").str.replace(",", "").astype("float64")
    refuse(path, column[np.isinf(values)], must)
    if whole:
        uncountable = np.asarray((values % 1 > 0) | (values > _MOST_COUNTED))
        refuse(path, column[uncountable], "must be a whole number; mend the cell or download it again")
    return values


def _of_either(column: "pd.Series[str]", whole: bool) -> "pd.Series[str]":
    """The cells of a column of numbers whose comma or point may be a decimal mark or stand between thousands."""
    by_point, by_comma = (column.str.fullmatch(form) for form in (_POINT_OF_EITHER, _COMMA_OF_EITHER))
    if whole:
        return column[by_point]
    if column.attrs.get(_PARTED_BY, ",") == ",":
        return column[:0]
    has_decimals = (column.str.contains(".", regex=False) & ~by_point).any()
    has_no_thousands, has_thousands = column.str.fullmatch("[0-9]{4,}").any(), (column.str.count(",") > 1).any()
    point_told, comma_told = has_decimals or has_no_thousands, has_decimals or has_thousands
    return column[(by_point & (not point_told)) | (by_comma & (not comma_told))]


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
