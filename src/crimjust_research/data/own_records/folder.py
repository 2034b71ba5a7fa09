"""A folder of own records: a file of each kind, named after it, checked together and against each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records.checking import Checked, checked, report
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")


@dataclass(frozen=True)
class Folder:
    """What a folder holds: the records of each kind that has a file, and those files; files that are of no kind.

    `understood` tells by kind how its file was understood where it is not as a template is.
    """

    records: "dict[str, pd.DataFrame]"
    files: dict[str, Path]
    others: tuple[Path, ...]
    understood: dict[str, tuple[str, ...]] = field(default_factory=dict)


def files_of(folder: Path) -> tuple[dict[str, Path], tuple[Path, ...]]:
    """The file of each kind in a folder, in the order in which they refer to each other, and what else lies there.

    A file is of the kind whose name it has, whatever its case, with blanks or hyphens for underscores.

    Raises
    ------
    DataError
        If there is no such folder, it has no file of any kind, or two of one.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name one that holds files such as cases.csv")
    found: dict[str, Path] = {}
    others: list[Path] = []
    for path in sorted(folder.iterdir()):
        kind = path.stem.lower().replace(" ", "_").replace("-", "_")
        if kind not in kinds() or path.suffix.lower() not in SUFFIXES or not foreign.is_file(path):
            others.append(Path(path.name))
        elif kind in found:
            raise DataError(
                f"{folder} holds {found[kind].name} and {path.name}, both of {kind}: keep one of them there"
            )
        else:
            found[kind] = path
    if not found:
        raise DataError(f"{folder} holds no file named after a kind of record, such as cases.csv; see data/templates")
    return {kind: found[kind] for kind in kinds() if kind in found}, tuple(others)


def check_folder(
    folder: Path | str, bounds: Limits = limits.OWN_RECORDS
) -> tuple[dict[str, Checked], tuple[Path, ...]]:
    """Every file of a kind in a folder as `checked` has it, held against those before it; and what else lies there.

    A file that cannot be read at all stops none of the others.

    Raises
    ------
    DataError
        As of `files_of`; or of all files that cannot be read.
    """
    files, others = files_of(Path(folder))
    found: dict[str, Checked] = {}
    sound: dict[str, pd.DataFrame] = {}
    unread = []
    for kind, path in files.items():
        try:
            held = found[kind] = checked(path, kind, bounds, beside=sound)
        except DataError as fault:
            unread.append(str(fault))
            continue
        if held.faults.empty:
            sound[kind] = held.records()
    if unread:
        raise DataError("\n".join([*unread, *reports(found)]))
    return found, others


def reports(found: Mapping[str, Checked]) -> list[str]:
    """The faults of each file that has any, as text for people."""
    return [report(held.path, held.faults) for held in found.values() if len(held.faults)]


def read_folder(folder: Path | str, bounds: Limits = limits.OWN_RECORDS) -> Folder:
    """The records of every kind in a folder, if none has a fault and what they refer to is there.

    Raises
    ------
    DataError
        With the faults of all files, or as of `check_folder`.
    """
    found, others = check_folder(folder, bounds)
    if faults := reports(found):
        raise DataError("\n".join(faults))
    return Folder(
        {kind: held.records() for kind, held in found.items()},
        {kind: held.path for kind, held in found.items()},
        others,
        {kind: held.understood for kind, held in found.items() if held.understood},
    )
