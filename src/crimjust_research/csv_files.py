"""This project's own tables of CSV, read as files that anybody may have changed: what one should not be is told in words."""

import csv
import io
from collections.abc import Collection
from pathlib import Path

from crimjust_research import project
from crimjust_research.errors import DataError


def load(path: Path, columns: Collection[str], remedy: str) -> list[dict[str, str]]:
    """The rows of the table at `path`; see `parsed`.

    Raises
    ------
    DataError
        Also if the file cannot be read.
    """
    return parsed(project.content(path, remedy), str(path), columns, remedy)


def parsed(content: bytes, place: str, columns: Collection[str], remedy: str) -> list[dict[str, str]]:
    """The rows of a table, called `place` in messages, by the names of its columns, among them `columns`.

    Raises
    ------
    DataError
        If it is no text in UTF-8, is empty, names a column twice, lacks one of `columns`, or a row is not as long as the header.
    """
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{place} cannot be read as a table ({error}); {remedy}") from None
    header, *rows = [line for line in lines if line] or [[]]
    if not header:
        raise DataError(f"{place} is empty; {remedy}")
    if lacking := [name for name in columns if name not in header]:
        raise DataError(f"{place} lacks the column {lacking[0]!r}; {remedy}")
    if twice := [name for number, name in enumerate(header) if name in header[:number]]:
        raise DataError(f"{place} has the column {twice[0]!r} twice; {remedy}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(f"{place} row {number} has {len(row)} cells and the header {len(header)}; {remedy}")
    return [dict(zip(header, row, strict=True)) for row in rows]
