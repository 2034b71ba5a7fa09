"""Tiny files in the publishers' layouts, and what tests of readers ask of all of them.

The numbers are made up and small; they stand for no place and no drug.
"""

import csv
import hashlib
import io
import random
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import strategies as st

from crimjust_research.data.catalog import Catalog, parse, serialise
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError

Rows = list[list[str]]
Read = Callable[[Sequence[Path], str | None], Sequence[Release]]

# Text that is no number, no month and no name in any vocabulary: no publisher's cell holds it.
junk = st.text("abcxyz?#%-", min_size=1, max_size=8).map(lambda text: f"~{text}")
orders = st.integers(0, 2**32 - 1)


def delimited(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write(folder: Path, name: str, content: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def table_bytes(read: Read, name: str, content: str) -> bytes:
    """The one table `content` becomes, as it would be stored."""
    with tempfile.TemporaryDirectory() as folder:
        (release,) = read([write(Path(folder), name, content)], None)
    return serialise(release.frame, release.table)


# What an undamaged file becomes, once for all the examples it is compared with.
_intact_bytes = cache(table_bytes)


def assert_order_is_free(read: Read, name: str, rows: Rows, render: Callable[[Rows], str], seed: int) -> None:
    """Any permutation of a file's records gives the same table."""
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert table_bytes(read, name, render(shuffled)) == _intact_bytes(read, name, render(rows))


def assert_corruption_is_refused(
    read: Read, name: str, rows: Rows, render: Callable[[Rows], str], row: int, column: int, value: str
) -> None:
    """A cell holding what no publisher writes is refused by an error that names the file."""
    damaged = [list(record) for record in rows]
    damaged[row][column] = value
    with pytest.raises(CrimjustError, match=name):
        table_bytes(read, name, render(damaged))


def assert_round_trip(read: Read, name: str, content: str) -> None:
    """What is written is read back the same, value for value."""
    with tempfile.TemporaryDirectory() as folder:
        (release,) = read([write(Path(folder), name, content)], None)
    once = serialise(release.frame, release.table)
    again = parse(once, release.table, name)
    assert serialise(again, release.table) == once
    assert len(again) == len(release.frame)


def digest(folder: Path) -> dict[str, str]:
    """sha256 of every file under a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def assert_refused_unchanged(catalog: Catalog, attempt: Callable[[], object], match: str) -> None:
    """An attempt is refused for the reason given, and leaves the catalog's folder as it was, file by file."""
    before = digest(catalog.folder)
    with pytest.raises(CrimjustError, match=match):
        attempt()
    assert digest(catalog.folder) == before
