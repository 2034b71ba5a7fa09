"""UNODC's drug names: families, and refusals of unknown names."""

import pandas as pd
import pytest
from hypothesis import given, settings
from publisher_files import junk

from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary.seized_drugs import families, families_of, load


def column(*values: str) -> pd.Series:
    return pd.Series(values, name="Drug", dtype="str", index=range(2, 2 + len(values)))


def test_lists_that_name_a_drug_differently_agree_on_its_family() -> None:
    names = column("Cocaine salts", "Cocaine hydrochloride", "Cocaine HCL", "Coca paste", '"Crack" cocaine', "Crack")
    assert set(families_of(names, "f")) == {"cocaine"}
    others = column("Coca leaf", "Acetic Anhydride", "Acetic anhydride", "“Yaba”", "Phentanyl", "JWH-018")
    assert families_of(others, "f").tolist() == [
        "coca",
        "precursors",
        "precursors",
        "methamphetamine",
        "fentanyls",
        "synthetic cannabinoids",
    ]


def test_each_name_has_one_family() -> None:
    listed = [name for names in load().families.values() for name in names]
    assert len(listed) == len(set(listed)) == len(load().by_published_name)
    assert set(load().by_published_name.values()) == set(families())
    assert all(name == " ".join(name.split()) for name in listed)


def test_an_unknown_name_is_refused_with_its_place_and_the_nearest_name() -> None:
    with pytest.raises(VocabularyError, match=r"f\.csv: row 3, Drug = 'Herion' is not a known drug; .* mean 'Heroin'"):
        families_of(column("Heroin", "Herion"), "f.csv")


@settings(max_examples=30)
@given(junk)
def test_junk_is_no_drug(text: str) -> None:
    with pytest.raises(VocabularyError):
        families_of(column(text), "f.csv")
