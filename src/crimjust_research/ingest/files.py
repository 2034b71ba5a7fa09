"""Opening publishers' files: plain or gzipped delimited text, zip archives of one file, Excel workbooks."""

import gzip
import zipfile
from pathlib import Path

from crimjust_research.errors import DataError


def header(path: Path) -> tuple[str, ...]:
    """Column names in the first line of a delimited file that has any; empty for files of other kinds.

    The delimiter is the one of tab, semicolon and comma that splits the line into most parts.
    """
    if path.suffix in (".xlsx", ".md", ".json", ".pdf", ".png"):
        return ()
    first = text(path, limit=8192).split("\n", 1)[0].strip("\r﻿")
    delimiter = max("\t;,", key=first.count)
    return tuple(column.strip().strip('"') for column in first.split(delimiter))


def text(path: Path, limit: int = -1) -> str:
    """Contents of a text file, decompressed if its name says so, as UTF-8; at most `limit` bytes of it.

    Raises
    ------
    DataError
        If the file is damaged, empty, holds more than one member, or is not UTF-8.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                content = stream.read(limit)
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                members = archive.namelist()
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
