"""Errors a person can act on: each message names the place, the value and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class CrimjustError(Exception):
    """Base of every error this package raises on purpose; the command line prints it without a traceback.

    What a message quotes from outside can do nothing to the terminal it is shown on.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


class DataError(CrimjustError):
    """A table, file or catalog entry that cannot be trusted: wrong hash, broken layout, failed constraint."""


class VocabularyError(DataError):
    """A country, state, drug, substance or indicator that is not in the accepted vocabulary."""


class ParameterError(CrimjustError):
    """A parameter that is unknown, of the wrong type, out of range, or that selects no data."""


class RunError(CrimjustError):
    """A notebook run that failed after it started."""


def printable(text: str) -> str:
    """Text with every character that is neither printed nor the end of a line as its escape: `\\x1b` for Escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The start of a remedy: "did you mean 'x'? " with the nearest of the known names, or nothing if none is near."""
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""
