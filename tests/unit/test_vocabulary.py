"""States, drugs and the fentanyl family: accepted names, and refusals that suggest the near one."""

import pytest

from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary import drugs, fentanyl, states


def test_states_are_fifty_and_the_district() -> None:
    known = states.load()
    assert len(known.states) == 51
    # FIPS codes skip five numbers that were kept for territories: 03, 07, 14, 43, 52.
    numbers = {int(place.fips) for place in known.states.values()}
    assert set(range(1, 57)) - numbers == {3, 7, 14, 43, 52}
    assert len(known.codes) == len(known.names)


@pytest.mark.parametrize(("given", "code"), [("TX", "TX"), ("Texas", "TX"), ("New York City", "YC"), ("US", "US")])
def test_states_are_found_by_code_and_name(given: str, code: str) -> None:
    assert states.state(given) == code


@pytest.mark.parametrize(("name", "match"), [("Texass", "did you mean 'Texas'"), ("Narnia", "'Narnia' is no State")])
def test_unknown_names_are_refused_with_the_near_one(name: str, match: str) -> None:
    with pytest.raises(VocabularyError, match=match):
        states.state(name)


def test_indicators_name_the_codes_they_count() -> None:
    for published, name in drugs.load().vsrr.items():
        if name.startswith("t"):
            first = name.split("_")
            assert f"T{first[0][1:]}.{first[1]}" in published


def test_no_substance_of_the_family_stands_in_two_classes() -> None:
    known = fentanyl.load()
    assert sum(len(of.substances) for of in known.classes.values()) == len(known.family) == 124
    assert set(known.family.values()) == set(known.classes)


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
    assert fentanyl.load().family[substance] == name
