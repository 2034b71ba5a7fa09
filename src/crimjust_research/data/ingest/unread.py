"""Why a file that no reader takes is not read: which layout it comes nearest to, and in what it differs from that."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from crimjust_research.data import foreign
from crimjust_research.data.foreign import plain
from crimjust_research.data.ingest import files, workbooks

Layout = tuple[str, frozenset[str]]

# With fewer, what a file shares with a layout is what many tables have, a country or a year.
_FEWEST_SHARED, _SMALLEST_SHARE = 2, 0.4
# Names so alike are one column under two names.
_ALIKE = 0.6
_SHOWN = 5
# Other spreadsheets' own kinds, which hold tables and are not opened here.
_SPREADSHEETS = (".xls", ".xlsb", ".xlsm", ".ods", ".numbers")


NO_TABLE = (
    "holds no table: its first line has one cell, or its kind is not opened; give the publisher's CSV or workbook"
)


def why(path: Path, layouts: Sequence[Layout]) -> str:
    """A sentence on a file that has none of `layouts`, each the name of a reader with the columns it knows a file by.

    It is `NO_TABLE` for kinds of file that hold none.
    """
    if path.suffix.lower() in _SPREADSHEETS:
        return (
            f"files of the kind {path.suffix} are not opened; save it as {workbooks.SUFFIX} or CSV UTF-8 and give that"
        )
    if above := _below_title(path, layouts):
        return above
    rows = files.first_rows(path)[: _rows_of(path)]
    if all(len(row) < 2 for row in rows):
        return NO_TABLE
    name, columns, row = max(
        ((name, columns, row) for name, columns in layouts for row in rows),
        key=lambda candidate: (len(candidate[1]) >= _FEWEST_SHARED, _share(*candidate[1:]), len(candidate[1])),
    )
    fewest = _FEWEST_SHARED if len({name for name, _ in layouts}) > 1 else 1
    share = _share(columns, row)
    if share < _SMALLEST_SHARE or share * len(columns) < fewest:
        return (
            f"no reader recognises its columns, {_list(rows[0])}; if they are translated, give the publisher's English "
            "file; docs/DATA.md says which tables there are"
        )
    found, wanted = set(map(plain, row)), set(map(plain, columns))
    lacking = sorted(column for column in columns if plain(column) not in found)
    others = [cell for cell in row if cell and plain(cell) not in wanted]
    # Those that may be a missing column under another name come first.
    told = sorted(others, key=lambda cell: not any(_alike(cell, column) for column in lacking))
    return (
        f"no reader recognises it; nearest is {name} ({len(columns) - len(lacking)} of {len(columns)} columns): lacks "
        f"{_list(lacking)}{f'; has {_list(told)}' if told else ''}"
    )


def _below_title(path: Path, layouts: Sequence[Layout]) -> str:
    """A sentence if a row of a text further down is a header one of the layouts has: something stands above it."""
    if path.suffix.lower() == workbooks.SUFFIX or path.suffix.lower() in files.NO_TABLES:
        return ""
    start = files.text(path, foreign.HEADER_BYTES)
    headers = [(name, set(map(plain, columns))) for name, columns in layouts]
    for sign in foreign.DELIMITERS:
        for above, row in enumerate(foreign.first_rows(start, sign)):
            found = set(map(plain, row))
            reader = next((name for name, header in headers if header <= found), None)
            if above and reader:
                return (
                    f"its header, that of {reader}, is preceded by {above} row{'s' if above > 1 else ''}; delete what "
                    "stands above the column names, or give the file as it was downloaded"
                )
    return ""


def _rows_of(path: Path) -> int | None:
    """How many of a file's first rows may be its header: of a text the first, of a workbook's sheets any."""
    return None if path.suffix.lower() == workbooks.SUFFIX else 1


def _share(columns: frozenset[str], row: Sequence[str]) -> float:
    found = set(map(plain, row))
    return sum(plain(column) in found for column in columns) / len(columns)


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, plain(one), plain(other)).ratio() >= _ALIKE


def _list(names: Sequence[str]) -> str:
    cells = [name for name in names if name]
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return ", ".join(repr(name[:60]) for name in cells[:_SHOWN]) + more
