"""A folder of own records: a table of each kind, known by its name or columns, checked together and against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records.checking import Checked, checked
from crimjust_research.data.own_records.recognising import Found, of_file
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")


@dataclass(frozen=True)
class Folder:
    """What a folder holds: the records of each kind that is there, and the file of each; files that are of no kind.

    `understood` tells by kind for what its file was taken, and how it was understood, where it is not as a template is.
    """

    records: "dict[str, pd.DataFrame]"
    files: dict[str, Path]
    others: tuple[Path, ...]
    understood: dict[str, tuple[str, ...]] = field(default_factory=dict)


def tables_of(folder: Path, bounds: Limits) -> tuple[dict[str, Found], dict[Path, tuple[str, ...]], tuple[Path, ...]]:
    """The table of each kind in a folder, in the order in which they refer to each other; the sheets beside them that are of
    no kind, by file; and what else lies there.

    Raises
    ------
    DataError
        If there is no such folder, it has no table of any kind, or two of one, or a table may be of one kind or another.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name one that holds files such as cases.csv")
    found: dict[str, Found] = {}
    sheets: dict[Path, tuple[str, ...]] = {}
    others: list[Path] = []
    for path in sorted(folder.iterdir()):
        readable = path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$")) and foreign.is_file(path)
        tables, beside = of_file(path, bounds) if readable else ([], ())
        if not tables:
            others.append(Path(path.name))
        for table in tables:
            if table.kind in found:
                raise DataError(
                    f"{folder} holds {found[table.kind].named()} and {table.named()}, both of {table.kind}: keep one of them "
                    "there, or put all of its records in one"
                )
            found[table.kind] = table
        if beside:
            sheets[path] = beside
    if not found:
        also = f"; of no kind by its name or columns: {foreign.named(others)}" if others else ""
        raise DataError(
            f"{folder} holds no records of any kind: name files after kinds, such as cases.csv, with the columns of "
            f"data/templates{also}"
        )
    return {kind: found[kind] for kind in kinds() if kind in found}, sheets, tuple(others)


def check_folder(
    folder: Path | str, bounds: Limits = limits.OWN_RECORDS
) -> tuple[dict[str, Checked], tuple[Path, ...]]:
    """Every file of a kind in a folder as `checked` has it, held against those before it; and what else lies there.

    A file that cannot be read at all stops none of the others.

    Raises
    ------
    DataError
        As of `tables_of`; or of all files that cannot be read.
    """
    tables, sheets, others = tables_of(Path(folder), bounds)
    found: dict[str, Checked] = {}
    sound: dict[str, pd.DataFrame] = {}
    unread = []
    for kind, table in tables.items():
        try:
            held = checked(table.path, kind, bounds, beside=sound, sheet=table.sheet)
        except DataError as fault:
            unread.append(str(fault))
            continue
        taken = _taken(table, sheets.pop(table.path, ()))
        found[kind] = replace(held, understood=(*taken, *held.understood))
        if held.faults.empty:
            sound[kind] = held.records()
    if unread:
        raise DataError("\n".join([*unread, *reports(found, Path(folder))]))
    return found, others


def _taken(table: Found, beside: Sequence[str]) -> list[str]:
    """For what a table was taken, where its name does not say so, and the sheets of its file that were not read."""
    sheet = f"sheet {table.sheet!r} " if table.sheet else ""
    lines = [f"{sheet}taken for {table.kind}, {table.why}"] if table.why else []
    names = ", ".join(map(repr, beside))
    remedy = "if one holds records, name it after their kind, and give it the columns of data/templates"
    return [*lines, f"not read, as of no kind: sheet {names}; {remedy}"] if beside else lines


def reports(found: Mapping[str, Checked], folder: Path) -> list[str]:
    """The faults of each file of the folder that has any, as text for people."""
    return [held.refusal(folder) for held in found.values() if len(held.faults)]


def read_folder(folder: Path | str, bounds: Limits = limits.OWN_RECORDS) -> Folder:
    """The records of every kind in a folder, if none has a fault and what they refer to is there.

    Raises
    ------
    DataError
        With the faults of all files, or as of `check_folder`.
    """
    found, others = check_folder(folder, bounds)
    if faults := reports(found, Path(folder)):
        raise DataError("\n".join(faults))
    return Folder(
        {kind: held.records() for kind, held in found.items()},
        {kind: held.path for kind, held in found.items()},
        others,
        {kind: held.understood for kind, held in found.items() if held.understood},
    )
