"""Precursor chemicals by one name each, the drugs they are diverted for, and the names UNODC gives them.

What a chemical makes, and by what source, is said in `data/vocabulary/precursors.yaml`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from crimjust_research import yaml_files
from crimjust_research.vocabulary.publishers_names import translated
from crimjust_research.yaml_files import Distinct, Entry, Text, by_member

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/vocabulary/precursors.yaml"
Drug = Literal["cocaine", "heroin", "amphetamine-type stimulants", "fentanyls", "other", "unknown"]
MAKES: tuple[str, ...] = get_args(Drug)


class Chemical(Entry):
    """A precursor: the drugs it makes, its table of the 1988 Convention, and the names it is published under.

    `is_shared` marks one that serves the manufacture of several drugs, and counts for the one most of it is for.
    """

    name: Text
    makes: Drug
    table: Literal["I", "II"] | None = None
    is_shared: bool = False
    published: tuple[Text, ...]


class Precursors(Entry):
    """Every precursor seizures have been reported of."""

    chemicals: Annotated[tuple[Chemical, ...], Distinct]

    @cached_property
    def by_published_name(self) -> Mapping[str, str]:
        """This project's name, by each of UNODC's."""
        return by_member({chemical.name: chemical.published for chemical in self.chemicals}, FILE)


def load() -> Precursors:
    """The precursors as the file has them."""
    return yaml_files.load(Precursors, FILE)


def chemicals_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """This project's name of each precursor; `where` names the file or table in an error.

    Raises
    ------
    VocabularyError
        Naming place, row, column and value of the first unknown name, and the nearest known one.
    """
    return translated(
        published, load().by_published_name, where, "precursor", f"under `published` of its chemical in {FILE}"
    )
