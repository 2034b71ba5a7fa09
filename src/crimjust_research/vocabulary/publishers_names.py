"""A column of a publisher's names in this project's words, and the refusal of a name nobody has sorted yet."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crimjust_research.errors import VocabularyError

if TYPE_CHECKING:
    import pandas as pd


def translated(
    published: "pd.Series[str]", names: Mapping[str, str], where: str, what: str, remedy: str
) -> "pd.Series[str]":
    """This project's name for each of a publisher's; `where` names file or table, and `what` the thing, in an error.

    Raises
    ------
    VocabularyError
        Naming place, row, column and value of the first unknown name, the nearest known one, and `remedy`.
    """
    unknown = published[~published.isin(list(names))]
    if len(unknown):
        row, value = next(unknown.items())
        near = get_close_matches(str(value), names, n=1)
        hint = f"did the publisher mean {near[0]!r}? " if near else ""
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} is not a known {what}; {hint}mend the cell, or {remedy} "
            f"({unknown.nunique()} unknown in all)"
        )
    return published.map(dict(names)).astype("str")
