"""A file from outside: whatever it holds, it ends as bytes, rows or one sentence that names it.

Nothing here trusts a file: not its size, not its suffix, not what an archive says of its members.
"""

import csv
import gzip
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from crimjust_research.data import limits
from crimjust_research.errors import CrimjustError, DataError, is_stopped

_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_ARCHIVES = {".gz": (_GZIP,), ".zip": (_ZIP, _EMPTY_ZIP)}
_ENTRY = b"PK\x01\x02"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# What the letters and marks of Western European languages are in Windows-1252. In other codings of one byte a file that
# holds no others would be a strange one: a Mac or DOS writes its accented letters at the bytes that are left out here.
_WESTERN = re.compile("[\x00-\x7f\xa0\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u20ac¡ª«º»¿°§®·´À-ÖØ-öø-ÿ]*")
WESTERN = "Windows-1252"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
HEADER_BYTES = 8192
DELIMITERS = "\t;|,"
_ANY_LENGTH = 2**31 - 1
_NAMED, _NAME_LENGTH = 5, 240


@contextmanager
def reading(
    *paths: Path, kind: str = "", remedy: str = "download it again, or save it again where it was made"
) -> Iterator[None]:
    """The boundary: whatever a library raises over a foreign file becomes one sentence that names the file.

    `kind` is what the file cannot be read as, `remedy` what to do.

    Raises
    ------
    DataError
        In place of anything but an error of this project's own and an order to stop.
    """
    try:
        yield
    except (CrimjustError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # libraries in Rust panic with an exception that is no Exception
        if is_stopped(error):
            raise KeyboardInterrupt from error
        of_the_system = error.strerror if isinstance(error, OSError) else None
        said = of_the_system or f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise DataError(f"{named(paths)} cannot be read{f' as {kind}' if kind else ''} ({said}); {remedy}") from error


def named(paths: Sequence[Path]) -> str:
    """The files as a sentence names them, the first few if there are many."""
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(_short(path) for path in paths[:_NAMED]) + more


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= _NAME_LENGTH else f"{text[: _NAME_LENGTH // 2]}…{text[-_NAME_LENGTH // 2 :]}"


def is_file(path: Path) -> bool:
    """Whether there is a regular file; a link that leads nowhere or in a circle is none.

    Raises
    ------
    DataError
        If the path is none the system takes, or leads to a pipe or device, which has no end.
    """
    with reading(path, remedy="give it a shorter path, or one you may read"):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
    if "\n" in str(path):
        raise DataError(f"{str(path)!r} has a line break in its name; rename it")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(f"{path} is a pipe or a device, not a file; save what comes out of it, and name that")
    return stat.S_ISREG(mode)


def files_under(folder: Path) -> Iterator[Path]:
    """Every regular file in a folder and the folders in it, hidden ones left out; links to folders are not followed."""
    pending = [folder]
    while pending:
        here = pending.pop()
        with reading(here, remedy="mend its permissions, or name the files themselves"):
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            elif Path(entry.path).is_file():
                yield Path(entry.path)


def unpacked(path: Path, first: int | None = None) -> bytes:
    """What a file holds, taken out of its archive if it is one, or the `first` bytes of it.

    Raises
    ------
    DataError
        If it cannot be read, is empty, holds more than one file of figures, or more than the bounds allow.
    """
    with reading(path), path.open("rb") as outer:
        stream: IO[bytes] = outer
        start = _start(stream)
        if start not in _ARCHIVES.get(path.suffix.lower(), (start,)):
            raise DataError(f"{path} is no archive, though its name says so; download it again")
        packed = 0
        while (start := _start(stream)) in (_GZIP, _ZIP, _EMPTY_ZIP):
            packed += 1
            limits.require("nesting", packed, path, "unpack it, or ")
            whole = stream if stream is outer else io.BytesIO(_bounded(path, stream))
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=whole)) if start == _GZIP else _only_member(path, whole)
        content = stream.read(first) if first is not None else _bounded(path, stream)
    if not content:
        raise DataError(f"{path} is empty; download it again")
    return content


def members(path: Path, suffixes: Sequence[str]) -> dict[str, bytes]:
    """The members of a zip archive whose names end in one of `suffixes`, in lower case, by name.

    Raises
    ------
    DataError
        If it holds more than the bounds allow; what a damaged one raises is for the caller to say in `reading`.
    """
    with path.open("rb") as stream, _archive(path, stream) as archive:
        found: dict[str, bytes] = {}
        for entry in archive.infolist():
            if entry.filename.lower().endswith(tuple(suffixes)):
                with _member(path, archive, entry) as member:
                    found[entry.filename] = _bounded(path, member, sum(map(len, found.values())))
        return found


def coding(content: bytes) -> str | None:
    """How bytes of text are coded: UTF-16 if they begin with its mark, UTF-8, or `WESTERN` if what is not ASCII in them
    is letters of Western European languages and marks alone; None if they are none of these."""
    if content[:2] in _UTF_16:
        return "utf-16"
    for name in ("utf-8-sig", WESTERN):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if name != WESTERN or _WESTERN.fullmatch(text):
            return name
    return None


def decoded(path: Path, content: bytes, partial: bool = False, western: bool = False) -> str:
    """Bytes of a text file as text: UTF-8, or UTF-16 if they begin with its mark; `partial` if the end is missing.

    With `western`, what can only be Windows-1252, as spreadsheets save a plain CSV, is read as that.

    Raises
    ------
    DataError
        If they are none of these, or hold a zero byte.
    """
    found = coding(content)
    if found is None or (found == WESTERN and not western):
        found = "utf-8-sig"
    try:
        text = content.decode(found, errors="ignore" if partial else "strict")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text (byte {error.start}); export it again as UTF-8 (CSV UTF-8 in a spreadsheet)"
        ) from error
    if "\0" in text and not partial:
        raise DataError(f"{path} holds a zero byte, so it is no text or was damaged; download or export it again")
    return text


def delimiter(text: str) -> str:
    """The one of tab, semicolon, pipe and comma that parts the first line of a text into most cells, quotes heeded.

    Signs that part the next line into fewer go behind the others: a column's name may hold commas of its own.
    """
    return max(DELIMITERS, key=lambda sign: _parts(text, sign))


def _parts(text: str, delimiter: str) -> tuple[bool, int]:
    """Whether the second record of a text has no fewer cells than the first, and how many that has."""
    rows = (row for row in _start_of(text, delimiter) if trimmed(row))
    first, second = trimmed(next(rows, [])), next(rows, [])
    return 1 < len(first) <= len(second), len(first)


def first_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The cells of each record at the start of a text that is not blank, as far as a header reaches."""
    for row in _start_of(text, delimiter):
        if cells := trimmed(row):
            yield cells


def _start_of(text: str, delimiter: str) -> Iterator[list[str]]:
    start = io.StringIO(text[:HEADER_BYTES].lstrip("\ufeff"), newline="")
    csv.field_size_limit(_ANY_LENGTH)
    yield from csv.reader(start, delimiter=delimiter)


def plain(name: str) -> str:
    """A column's name without what publishers, and spreadsheets, change in it: case, space and underscores."""
    return " ".join(name.replace("_", " ").split()).casefold()


def has(header: Iterable[str], columns: Iterable[str]) -> bool:
    """Whether a header has all the columns, as `plain` has them."""
    return set(map(plain, columns)) <= set(map(plain, header))


def trimmed(row: Sequence[str]) -> list[str]:
    """Cells without the space around them and without the empty last ones, which spreadsheets leave."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each record of delimited text, and the line it ends on; a blank line has none.

    Raises
    ------
    DataError
        If the text holds more than the bounds allow, or a quote is not closed.
    """
    most = limits.current()
    lines = max(text.count("\n"), text.count("\r"))
    limits.require("lines", lines, path)
    limits.require("cells", text.count(delimiter) + lines, path)
    # The module's own bound is whatever the library imported last has set.
    csv.field_size_limit(_ANY_LENGTH)
    # Not StringIO, which takes four bytes for each character.
    stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            longest = max(map(len, row), default=0)
            if len(row) > most.columns or longest > most.letters:
                where = f"{path} line {reader.line_num}"
                limits.require("columns", len(row), where)
                limits.require("letters", longest, where, "look for a quote that is not closed, or ")
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            f"{path} line {reader.line_num} cannot be read ({error}); look for a quote that is not closed, or stands "
            "within a cell, or export the file again"
        ) from error


def _start(stream: IO[bytes]) -> bytes:
    start = stream.read(len(_ZIP))
    stream.seek(0)
    return _GZIP if start.startswith(_GZIP) else start


def _only_member(path: Path, stream: IO[bytes]) -> IO[bytes]:
    archive = _archive(path, stream)
    # The World Bank's archives describe their one file of figures in two others, and a Mac's each of its files.
    figures = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith(("Metadata_", "__MACOSX/"))
    ]
    if len(figures) != 1:
        raise DataError(f"{path} holds {len(figures)} files; unpack it and name the one to read")
    return _member(path, archive, figures[0])


def _archive(path: Path, stream: IO[bytes]) -> zipfile.ZipFile:
    """The archive, if it lists no more members than the bounds allow: the list is read before anything else is."""
    listed = _bounded(path, stream).count(_ENTRY)
    limits.require("files", listed, path)
    return zipfile.ZipFile(stream)


def _member(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.flag_bits & _ENCRYPTED:
        raise DataError(f"{path} is encrypted; unpack it with its password and name what is in it")
    # Other methods inflate whatever they are given in one piece.
    if entry.compress_type not in _METHODS:
        raise DataError(f"{path} is packed by a rare method ({entry.compress_type}); unpack it and name what is in it")
    return archive.open(entry)


def _bounded(path: Path, stream: IO[bytes], before: int = 0) -> bytes:
    """The rest of a stream, of which no more is held than the bounds allow; `before` bytes of the file were read."""
    most = limits.current().megabytes * limits.MEGABYTE
    content = stream.read(most - before + 1)
    limits.spend(path, before + len(content))
    return content
