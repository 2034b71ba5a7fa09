"""Published reports: what each said of the registered questions, kept so that the next can say what has changed since.

`reports/published/NN-NAME.csv`, one file a report in the order of its number, is a copy of the table `snapshot` that the
scorecard of that report saved: a row for each question of the plan.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Used, csv_bytes
from crimjust_research.evidence.rule import GRADES

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "published"  # below `reports`
SCORECARD = "scorecard.csv"  # every question with its grade, as the scorecard saves it
SNAPSHOT = "snapshot.csv"  # what the scorecard saves, and a published report keeps
NUMBERS = ("estimate", "ci_low", "ci_high")
COLUMNS = ("id", "question", "estimate", "unit", "ci_low", "ci_high", "grade", "plan", "vintages")
NOT_ESTIMATED = "not estimated"
"""What stands for the grade of a registered question that no run estimates."""
FIRST_GRADES = {
    "strong": "adjusted p below .05, and of the other specifications nine in ten of the same sign and three in four with p "
    "below .05, and no check failed",
    "moderate": "the same with three in four and every second of them",
    "limited": "p below .05 before adjustment",
    "none found": "none of these, with power of .80 to find it",
    "inconclusive": "none of these",
}
"""Grades of the first version of the plan, and what each meant."""
_FILE = re.compile(r"(\d{2,})-([a-z0-9][a-z0-9-]*)\.csv")
_PARTS = "; "


@dataclass(frozen=True)
class Published:
    """A report as it was published: its name, its snapshot, and the note of having read it."""

    name: str
    snapshot: pd.DataFrame
    used: Used


def vintages(tables: Iterable[tuple[str, str]]) -> str:
    """Tables with their vintages as a snapshot writes them: "border_seizures 2024; programme 2023-07"."""
    return _PARTS.join(f"{table} {vintage}" for table, vintage in sorted(set(tables)))


def by_table(text: str) -> Mapping[str, frozenset[str]]:
    """Vintages by table of what `vintages` wrote."""
    found: dict[str, frozenset[str]] = {}
    for part in filter(None, text.split(_PARTS)):
        table, _, vintage = part.partition(" ")
        found[table] = found.get(table, frozenset()) | {vintage}
    return found


def files(reports: Path) -> list[Path]:
    """The snapshots of published reports under `reports`, the first report first.

    Raises
    ------
    DataError
        If a file there is named in another way, or two have one number or name.
    """
    found: dict[Path, tuple[int, str]] = {}
    for path in sorted((reports / FOLDER).glob("[!.]*")):
        if (match := _FILE.fullmatch(path.name)) is None:
            raise DataError(f"{path} is no snapshot of a published report; those are named as 02-autumn-2027.csv")
        found[path] = int(match[1]), match[2]
    for place, part in enumerate(("number", "name")):
        if len({each[place] for each in found.values()}) < len(found):
            raise DataError(f"{reports / FOLDER} holds two reports of one {part}; rename one of them")
    return sorted(found, key=lambda path: found[path][0])


def next_file(reports: Path, name: str) -> Path:
    """Where the snapshot of the next report to be published belongs.

    Raises
    ------
    DataError
        If the name cannot be that of a report, or one has it.
    """
    if not _FILE.fullmatch(f"01-{name}.csv"):
        raise DataError(f"{name!r} cannot name a report: small letters, digits and dashes only, as autumn-2027")
    before = files(reports)
    if taken := [path for path in before if name_of(path) == name]:
        raise DataError(f"{taken[0]} was published under that name, and is not overwritten; give another name")
    number = int(before[-1].name.split("-", 1)[0]) + 1 if before else 1
    return reports / FOLDER / f"{number:02d}-{name}.csv"


def name_of(path: Path) -> str:
    """The name a report was published under."""
    return path.stem.split("-", 1)[1]


def last_file(reports: Path, own: bytes) -> Path | None:
    """The snapshot of the last published report under `reports` that is not the very one with these bytes; None without one.

    So what a report says has changed is the same before and after it is published.
    """
    return next((path for path in reversed(files(reports)) if path.read_bytes() != own), None)


def last_before(reports: Path, now: pd.DataFrame) -> Published | None:
    """The last published report under `reports` that is not the very one that `now` is the snapshot of; None without one."""
    path = last_file(reports, csv_bytes(now))
    if path is None:
        return None
    content = path.read_bytes()
    read_of = Used(f"reports/{FOLDER}/{path.name}", "published report", hashlib.sha256(content).hexdigest())
    return Published(name_of(path), read(content, str(path)), read_of)


def read(content: bytes, place: str) -> pd.DataFrame:
    """A snapshot from its bytes; `place` is what errors call it.

    Returns
    -------
    DataFrame: COLUMNS.

    Raises
    ------
    DataError
        If it lacks a column, a number is none, a grade is unknown or a question stands twice.
    """
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    if list(frame) != list(COLUMNS):
        raise DataError(f"{place} has the columns {', '.join(map(str, frame))}; a snapshot has {', '.join(COLUMNS)}")
    typed: dict[str, Any] = {name: _numbers(frame, name, place) for name in (*NUMBERS, "plan")}
    if (twice := frame["id"][frame["id"].duplicated()]).any():
        raise DataError(f"{place}: question {twice.iloc[0]!r} stands twice; keep one row of it")
    if unknown := sorted(set(frame["grade"]) - {*GRADES, *FIRST_GRADES, NOT_ESTIMATED}):
        raise DataError(f"{place}: there is no grade {unknown[0]!r}; there are {', '.join(GRADES)}")
    return frame.assign(**typed)


def _numbers(frame: pd.DataFrame, name: str, place: str) -> pd.Series[float]:
    import pandas as pd

    found = pd.to_numeric(frame[name].replace("", "nan"), errors="coerce")
    wrong = frame.loc[found.isna() & ~frame[name].isin(["", "nan"]), ["id", name]]
    if not wrong.empty:
        row, value = wrong.iloc[0]
        raise DataError(f"{place}: {name} of {row} is {value!r}; a number is wanted")
    return found
