"""Names UNODC gives seized drugs and chemicals, and the family each belongs to.

A family gathers what UNODC's lists call differently; `data/vocabulary/seized_drugs.yaml` has them.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from crimjust_research import yaml_files
from crimjust_research.vocabulary.publishers_names import translated
from crimjust_research.yaml_files import Entry, Text, by_member

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/vocabulary/seized_drugs.yaml"
PRECURSORS = "precursors"


class SeizedDrugs(Entry):
    """UNODC's names by family, its own groups of drugs by heading, the headings below them by group, and its columns."""

    families: Mapping[Text, tuple[Text, ...]]
    groups: Mapping[Text, Text]
    subgroups: Mapping[Text, tuple[Text, ...]]
    annex_columns: Mapping[Text, tuple[Text, ...]]

    @cached_property
    def by_published_name(self) -> Mapping[str, str]:
        """Family of each of UNODC's names."""
        return by_member(self.families, FILE)


def load() -> SeizedDrugs:
    """The families as the file has them."""
    return yaml_files.load(SeizedDrugs, FILE)


def families() -> tuple[str, ...]:
    """Names of all families, in the order of the file."""
    return tuple(load().families)


def families_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """Family of each of UNODC's drug names; `where` names the file in an error.

    Raises
    ------
    VocabularyError
        Naming file, row, column and value of the first unknown name, and the nearest known one.
    """
    return translated(published, load().by_published_name, where, "drug", f"under its family of `families` in {FILE}")
