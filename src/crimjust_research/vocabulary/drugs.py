"""Drugs in the figures on the United States: publishers' names and codes, and this project's names."""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError, did_you_mean
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/drugs.yaml"


class Drugs(Entry):
    """Drug classes of ICD-10 codes, CBP's drug types by this project's names, and which of each are counted by month."""

    icd10: Mapping[Text, Text]
    monthly_classes: tuple[Text, ...]
    cbp: Mapping[Text, Text]
    border_by_month: tuple[Text, ...]


def load() -> Drugs:
    """The names as `data/vocabulary/drugs.yaml` has them."""
    return yaml_files.load(Drugs, FILE)


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
            f"accepted are: {', '.join(known)}; a new one is added under `icd10` in {FILE}, as `{code}: what it is`"
        )
    return code
