"""Drugs in the figures on the United States: publishers' names, codes and indicators, and this project's names."""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError, did_you_mean
from crimjust_research.yaml_files import Entry, Text


class Drugs(Entry):
    """What drug classes of ICD-10 codes are, and this project's names of CBP's drug types and of VSRR's indicators."""

    icd10: Mapping[Text, Text]
    cbp: Mapping[Text, Text]
    vsrr: Mapping[Text, Text]


def load() -> Drugs:
    """The names as `data/vocabulary/drugs.yaml` has them."""
    return yaml_files.load(Drugs, "data/vocabulary/drugs.yaml")


def icd10(code: str) -> str:
    """`code` if overdose deaths are counted under it.

    Raises
    ------
    VocabularyError
        If not; the message suggests the nearest code and lists them all.
    """
    known = load().icd10
    if code not in known:
        raise VocabularyError(
            f"{code!r} is not a known ICD-10 code of a drug class; {did_you_mean(code, known)}"
            f"accepted are: {', '.join(known)}"
        )
    return code
