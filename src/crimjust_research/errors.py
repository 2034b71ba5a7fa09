"""Errors a person can act on: each message names the place, the value and the remedy."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from unicodedata import category

# Beside what Python prints: breaks, and joiners, without which Persian and some emoji are written otherwise.
_KEPT = "\n\t\u200c\u200d"


class CrimjustError(Exception):
    """Base of every error this package raises on purpose; the command line prints it without a traceback."""


class DataError(CrimjustError):
    """A table, file or catalog entry that cannot be trusted: wrong hash, broken layout, failed constraint."""


class VocabularyError(DataError):
    """A country, state, drug, substance or indicator that is not in the accepted vocabulary."""


class ParameterError(CrimjustError):
    """A parameter that is unknown, of the wrong type, out of range, or that selects no data."""


class RunError(CrimjustError):
    """A notebook run that failed after it started."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Where there is no room, the error names `path`: the system names no file when it refuses to write on in an open one."""
    try:
        yield
    except OSError as error:
        if error.filename is None and _has_no_room(error):
            error.filename = str(path)
        raise


def is_stopped(error: BaseException) -> bool:
    """Whether an order to stop lies below an error: Python wraps one that comes while a class is made in an error of its own."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, KeyboardInterrupt):
        below = below.__cause__
    return below is not None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The start of a remedy: "did you mean 'x'? " with the nearest of the known names, or nothing if none is near."""
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def refused_by_system(error: OSError) -> str:
    """What the system refused, a full disk or a folder that may only be read, and what can be done about it."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = "free it or mend its permissions"
    if _has_no_room(error):
        remedy = "make room, or allow larger files"
    elif errno.errorcode.get(error.errno or 0) == "ENAMETOOLONG":
        remedy = "give it a shorter name"
    elif isinstance(error, FileExistsError):
        remedy = "name another place, or move away what is there"
    elif _is_another_thing(error):
        remedy = "put in its place what belongs there: what came with this checkout, from git or the release"
    return f"{where}{error.strerror or error}; {remedy}, then type the same"


def _has_no_room(error: OSError) -> bool:
    return errno.errorcode.get(error.errno or 0) in ("EDQUOT", "EFBIG", "ENOSPC")


def _is_another_thing(error: OSError) -> bool:
    """Whether a folder lies where a file should, a link that leads nowhere, or nothing."""
    return errno.errorcode.get(error.errno or 0) in ("EISDIR", "ELOOP", "ENOENT")


def in_a_sentence(error: Exception) -> tuple[str, int]:
    """Whatever went wrong in a sentence with what to do, and the exit status: 1, or 3 for a fault of this project's own."""
    if isinstance(error, CrimjustError):
        return str(error), 1
    if isinstance(error, OSError):
        return refused_by_system(error), 1
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of pathlib before Python 3.13
        return f"{error} leads in a circle; name what is no such link", 1
    return (
        f"this is a fault of crimjust's own ({type(error).__name__}: {error}). Nothing was left half-written. "
        "Type the same with --debug after `crimjust` for the whole trace, and report it with that",
        3,
    )


def printable(text: str) -> str:
    """Text with what would command a terminal or a page made visible: file names and figures from elsewhere may hold it.

    What ends lines, turns them round or stands for nothing is shown by its number; what joins letters or emoji stays.
    """
    return "".join(
        c if c.isprintable() or c in _KEPT or category(c) == "Zs" else c.encode("unicode_escape").decode() for c in text
    )
