"""A folder of own records: a file of each kind, named after it, checked together and against each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records.checking import read
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")


@dataclass(frozen=True)
class Folder:
    """What a folder holds: the records of each kind that has a file, and those files; files that are of no kind."""

    records: "dict[str, pd.DataFrame]"
    files: dict[str, Path]
    others: tuple[Path, ...]


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


def read_folder(folder: Path | str, bounds: Limits = limits.OWN_RECORDS) -> Folder:
    """The records of every kind in a folder, if none has a fault and what they refer to is there.

    Raises
    ------
    DataError
        With the faults of all files, or as of `files_of`.
    """
    files, others = files_of(Path(folder))
    records: dict[str, pd.DataFrame] = {}
    faults = []
    for kind, path in files.items():
        try:
            records[kind] = read(path, kind, bounds, beside=records)
        except DataError as fault:
            faults.append(str(fault))
    if faults:
        raise DataError("\n".join(faults))
    return Folder(records, files, others)
