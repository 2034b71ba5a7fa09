"""A column of a publisher's names in this project's words, and the refusal of a name nobody has sorted yet."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crimjust_research.errors import VocabularyError

if TYPE_CHECKING:
    import pandas as pd


_SHOWN = 10
# Signs that mean something to YAML, where a text is not in quotes.
_SIGNS = set("""'":#,[]{}&*!|>%@`?-""")


def translated(
    published: "pd.Series[str]", names: Mapping[str, str], where: str, what: str, place: str
) -> "pd.Series[str]":
    """This project's name for each of a publisher's; `where` names file or table, and `what` the thing, in an error.

    Raises
    ------
    VocabularyError
        Naming row, column and value of the first unknown name, the nearest known one, and the lines that declare the
        unknown ones, to be written at `place`.
    """
    unknown = published[~published.isin(list(names))]
    if len(unknown):
        row, value = next(unknown.items())
        near = get_close_matches(str(value), names, n=1)
        hint = f"did the publisher mean {near[0]!r}? " if near else ""
        strange = list(dict.fromkeys(map(str, unknown)))
        more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
        lines = ", ".join(f"`- {in_yaml(name)}`" for name in strange[:_SHOWN])
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} is not a known {what}; {hint}mend the cell, or, if the "
            f"publisher has new names, add {lines}{more} {place} ({len(strange)} unknown in all)"
        )
    return published.map(dict(names)).astype("str")


def in_yaml(text: str) -> str:
    """A text as a file of YAML has it, in quotes where its signs need them."""
    return "'" + text.replace("'", "''") + "'" if _SIGNS & set(text) else text
