"""States, drugs and the fentanyl family: accepted names, and refusals that suggest the near one."""

from collections.abc import Callable

import pytest

from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary import drugs, fentanyl, states


def test_states_are_fifty_and_the_district() -> None:
    assert len(states.STATES) == 51
    # FIPS codes skip five numbers that were kept for territories: 03, 07, 14, 43, 52.
    numbers = {int(fips) for _, fips in states.STATES.values()}
    assert set(range(1, 57)) - numbers == {3, 7, 14, 43, 52}
    assert len(states.BY_NAME) == len(states.NAMES)


@pytest.mark.parametrize(("given", "code"), [("TX", "TX"), ("Texas", "TX"), ("New York City", "YC"), ("US", "US")])
def test_states_are_found_by_code_and_name(given: str, code: str) -> None:
    assert states.state(given) == code


@pytest.mark.parametrize(
    ("lookup", "name", "match"),
    [
        (states.state, "Texass", "did you mean 'Texas'"),
        (states.state, "Narnia", "'Narnia' is no State"),
        (drugs.seized, "fentanil", "'fentanil' is not a known drug seized at the border; did you mean 'fentanyl'"),
        (drugs.seized, "Cocaine", "did you mean 'cocaine'"),
        (drugs.seized, "aspirin", "accepted are: cannabis, cocaine"),
        (drugs.indicator, "overdose_death", "did you mean 'overdose_deaths'"),
        (drugs.icd10, "T40.9", "is not a known ICD-10 code"),
    ],
)
def test_unknown_names_are_refused_with_the_near_one(lookup: Callable[[str], str], name: str, match: str) -> None:
    with pytest.raises(VocabularyError, match=match):
        lookup(name)


def test_known_names_are_returned() -> None:
    assert drugs.seized("fentanyl") == "fentanyl"
    assert drugs.indicator("t40_4") == "t40_4"
    assert drugs.icd10("T40.4") == "T40.4"


def test_indicators_name_the_codes_they_count() -> None:
    for published, name in drugs.VSRR.items():
        if name.startswith("t"):
            first = name.split("_")
            assert f"T{first[0][1:]}.{first[1]}" in published


def test_no_substance_of_the_family_stands_in_two_classes() -> None:
    assert sum(len(members) for members in fentanyl._MEMBERS.values()) == len(fentanyl.FAMILY) == 124
    assert set(fentanyl.FAMILY.values()) == set(fentanyl.CLASSES)


@pytest.mark.parametrize(
    ("substance", "name"),
    [
        ("Fentanyl", "fentanyl"),
        ("4-ANPP", "precursor"),
        ("Norfentanyl", "precursor"),
        ("Fluoro 4-ANPP", "manufacture"),
        ("Carfentanil", "analogue"),
    ],
)
def test_classes_of_well_known_substances(substance: str, name: str) -> None:
    assert fentanyl.FAMILY[substance] == name
