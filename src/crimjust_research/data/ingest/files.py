"""Opening publishers' files: plain or gzipped delimited text, zip archives of one file, Excel workbooks."""

import csv
import gzip
import io
import zipfile
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import shapefiles, workbooks
from crimjust_research.errors import DataError, VocabularyError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10


def header(path: Path) -> tuple[str, ...]:
    """Column names in the first line of a delimited file that has any, every text in the first rows of a
    workbook's sheets, the header being one of them, or the attributes of a zipped shapefile; empty for other kinds.

    The delimiter is the one of tab, semicolon and comma that splits the line into most parts.
    """
    if path.suffix == workbooks.SUFFIX:
        return workbooks.header_cells(path)
    if path.suffix == ".zip" and (attributes := shapefiles.field_names(path)):
        return attributes
    if path.suffix in (".md", ".json", ".pdf", ".png"):
        return ()
    first = text(path, limit=8192).split("\n", 1)[0].strip("\r﻿")
    delimiter = max("\t;,", key=first.count)
    # A quoted name may hold the delimiter.
    return tuple(column.strip() for column in next(csv.reader([first], delimiter=delimiter), []))


def text(path: Path, limit: int = -1) -> str:
    """Contents of a text file, decompressed if its name says so, as UTF-8; at most `limit` bytes of it.

    Raises
    ------
    DataError
        If the file is damaged, empty, holds more than one file of figures, or is not UTF-8.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                content = stream.read(limit)
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                # The World Bank's archives describe their one file of figures in two others.
                members = [name for name in archive.namelist() if not name.startswith("Metadata_")]
                if len(members) != 1:
                    raise DataError(f"{path} holds {len(members)} files; unpack it and name the one to read")
                with archive.open(members[0]) as stream:
                    content = stream.read(limit)
        else:
            with path.open("rb") as stream:
                content = stream.read(limit)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read ({error}); download it again") from error
    if not content:
        raise DataError(f"{path} is empty; download it again")
    try:
        return content.decode("utf-8-sig", errors="strict" if limit < 0 else "ignore")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); export it again as UTF-8") from error


def records(path: Path, delimiter: str = ",") -> "pd.DataFrame":
    """A delimited file as text, one row per record; the index is the line of the file the record ends on.

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
    return cells(path, content, delimiter)


def cells(path: Path, content: str, delimiter: str) -> "pd.DataFrame":
    """Delimited `content` of `path` as text, one row per record; the index is the line the record ends on.

    Blank lines are left out, and the space around a cell with them.

    Raises
    ------
    DataError
        If a record has more or fewer cells than the header, or there is no record.
    """
    import pandas as pd

    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    columns = [column.strip() for column in next(reader)]
    rows, lines = [], []
    for row in reader:
        if not row:
            continue
        if len(row) != len(columns):
            raise DataError(
                f"{path} row {reader.line_num} has {len(row)} of {len(columns)} cells, the last {row[-1]!r}: "
                "the file was cut off or edited; download it again"
            )
        rows.append(row)
        lines.append(reader.line_num)
    if not rows:
        raise DataError(f"{path} holds a header and no record; download it again")
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(lines, name="row"), dtype="str")
    return frame.assign(**{column: frame[column].str.strip() for column in columns})


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
    plain = column.str.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE]-?\d+)?")
    refuse(path, column[~absent & ~plain], "must be a number, zero or more; mend the cell or download the file again")
    values = column.where(~absent, "nan").str.replace(",", "").astype("float64")
    if whole:
        refuse(path, column[np.asarray(values % 1 > 0)], "must be a whole number; mend the cell or download it again")
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
