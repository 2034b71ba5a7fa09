"""How much of a foreign file is read: bounds that hold before memory is spent, and are told with the way to raise them.

They lie above the largest file any publisher of this project offers, and below what this process can hold in 1 GB.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from crimjust_research.errors import DataError, ParameterError, did_you_mean

MEGABYTE = 2**20


def _bound(most: int, of: str) -> int:
    return field(default=most, metadata={"of": of})


@dataclass(frozen=True)
class Limits:
    """The most that is read, by name."""

    megabytes: int = _bound(64, "megabytes in one file, unpacked")
    together: int = _bound(128, "megabytes in all files of one command, unpacked")
    lines: int = _bound(500_000, "lines, or rows of a sheet")
    columns: int = _bound(1_000, "columns")
    cells: int = _bound(6_000_000, "cells, rows times columns")
    entries: int = _bound(4_000_000, "entries in one workbook, of which each cell is two or three")
    letters: int = _bound(32_767, "characters in one cell, more than any spreadsheet holds")
    nesting: int = _bound(1, "archive(s), one within the other")
    files: int = _bound(500, "files in one command, or in one archive")


PUBLISHED = Limits()
# A programme's cases are counted in thousands, and each fault in them is told: 50,000 records of which every cell is wrong
# take 1 GB to tell, sound ones a tenth of that.
OWN_RECORDS = Limits(megabytes=16, together=16, lines=50_001, columns=200, cells=1_000_000, entries=1_500_000)


# Bounds that a person raised for all the processes of a command: its kernels inherit them.
VARIABLE = "CRIMJUST_LIMITS"


class _Reading:
    """The bounds of a command, and the bytes it has unpacked, by file."""

    def __init__(self, limits: Limits) -> None:
        self.limits = _raised_for_all(limits)
        self.unpacked: dict[Path, int] = {}


_now: ContextVar[_Reading | None] = ContextVar("limits", default=None)


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    """What is read meanwhile is read within `limits`; without, each file for itself within those of `PUBLISHED`."""
    token = _now.set(_Reading(limits))
    try:
        yield
    finally:
        _now.reset(token)


@contextmanager
def raised_in_kernels(assignments: Iterable[str]) -> Iterator[None]:
    """Bounds are raised by `assignments`, each NAME=N, in what is started meanwhile, whatever it reads.

    They are no part of what a run is: a file is read whole under any bound, or refused.

    Raises
    ------
    ParameterError
        As `raised` does.
    """
    assignments = tuple(assignments)
    raised(PUBLISHED, assignments)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = " ".join((*(before or "").split(), *assignments))
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def current() -> Limits:
    """The bounds that hold now."""
    reading = _now.get()
    return reading.limits if reading else _raised_for_all(PUBLISHED)


def require(name: str, found: int, where: Path | str, remedy: str = "") -> None:
    """Refuse more than the bound `name` allows.

    Raises
    ------
    DataError
        Naming `where`, the bound, and how to raise it; `remedy` is what else can be done, ended by a comma and "or".
    """
    most: int = getattr(current(), name)
    if found > most:
        enough = max(2 * most, found)
        raise DataError(
            f"{where} holds more than {most:,} {_meaning(name)}, the most that is read; if it is what it should be, "
            f"{remedy}raise the bound with an option of the command: --limit {name}={enough}"
        )


def spend(path: Path, unpacked: int) -> None:
    """Count the bytes a file holds unpacked, each file once, against the bounds of one file and of all together.

    Raises
    ------
    DataError
        If they are more than either allows.
    """
    require("megabytes", -(-unpacked // MEGABYTE), path)
    reading = _now.get()
    if reading:
        reading.unpacked[path] = unpacked
        together = sum(reading.unpacked.values())
        require("together", -(-together // MEGABYTE), f"{path}, with the files before it,", "name fewer files, or ")


def raised(limits: Limits, assignments: Iterable[str]) -> Limits:
    """`limits` with those of `assignments`, each NAME=N.

    Raises
    ------
    ParameterError
        If there is no such bound, or it is no whole number above zero.
    """
    names = [f.name for f in fields(Limits)]
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        if name not in names:
            raise ParameterError(
                f"--limit {assignment}: there is no bound {name!r}; {did_you_mean(name, names)}there are: "
                + ", ".join(f"{known} ({_meaning(known)})" for known in names)
            )
        if not (value.isascii() and value.isdigit() and 0 < len(value) <= 12 and int(value)):
            raise ParameterError(f"--limit {assignment}: write a whole number above zero, {name}=N")
        limits = replace(limits, **{name: int(value)})
    return limits


def _raised_for_all(limits: Limits) -> Limits:
    return raised(limits, os.environ.get(VARIABLE, "").split())


def _meaning(name: str) -> str:
    return str(next(f.metadata["of"] for f in fields(Limits) if f.name == name))
