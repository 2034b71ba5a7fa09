"""Other programmes in the countries proposed: who is counted, when, and where nothing is on record."""

import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.questions.evaluation import coherence

# Made up: A has two phases of one programme that touch no common year, C's programme has no end, X is not proposed.
PROGRAMMES = pd.DataFrame(
    [
        ("A", "copolad", 2011, 2015),
        ("A", "copolad", 2017, 2020),
        ("A", "aircop", 2015, None),
        ("B", "copolad", 2011, 2015),
        ("C", "wapis", 2012, None),
        ("X", "wapis", 2010, None),
    ],
    columns=["country", "programme", "first_year", "last_year"],
).astype({"last_year": "Int64"})
COUNTRIES = pd.DataFrame({"iso3": ["B", "A", "C", "D"], "phase": [1, 1, 2, 2]})


@pytest.mark.parametrize(
    ("year", "pairs"),
    [
        (2010, {("X", "wapis")}),
        (2011, {("A", "copolad"), ("B", "copolad"), ("X", "wapis")}),
        # The last year counts, and so does the first.
        (2015, {("A", "aircop"), ("A", "copolad"), ("B", "copolad"), ("C", "wapis"), ("X", "wapis")}),
        (2016, {("A", "aircop"), ("C", "wapis"), ("X", "wapis")}),
        (2030, {("A", "aircop"), ("C", "wapis"), ("X", "wapis")}),
    ],
)
def test_a_programme_is_at_work_from_its_first_to_its_last_year(year: int, pairs: set[tuple[str, str]]) -> None:
    found = coherence.at_work(PROGRAMMES, year)
    assert set(found.itertuples(index=False, name=None)) == pairs
    assert not found.duplicated().any()


def test_a_programme_in_two_rows_of_a_year_counts_once() -> None:
    twice = pd.concat([PROGRAMMES, PROGRAMMES.head(1).assign(first_year=2013, last_year=2014)])
    assert len(coherence.at_work(twice, 2013)) == len(coherence.at_work(PROGRAMMES, 2013))


def test_what_is_beside_a_country_and_where_nothing_is() -> None:
    found = coherence.beside(PROGRAMMES, COUNTRIES, 2015)
    assert found[["iso3", "phase", "programmes", "at_work"]].to_numpy().tolist() == [
        ["B", 1, ("copolad",), 1],
        ["A", 1, ("aircop", "copolad"), 2],
        ["C", 2, ("wapis",), 1],
        ["D", 2, (), 0],
    ]
    assert coherence.beside(PROGRAMMES, COUNTRIES, 2009)["at_work"].tolist() == [0, 0, 0, 0]


def test_the_countries_of_the_document_are_told_as_their_sources_have_them() -> None:
    proposed = document.load().phase_frame()
    programmes = catalog.raw().open("other_programmes")
    in_2021 = coherence.beside(programmes, proposed, 2021)
    assert len(in_2021) == 33
    # FIIAPP's project data: all eighteen of EL PAcCTO but Cuba, Mexico, Paraguay, Uruguay and Venezuela are proposed.
    assert sum("el_paccto" in names for names in in_2021["programmes"]) == 13
    # UNODC: regional programmes for South Asia were of 2013 to 2015, and of 2018 to June 2023.
    for year, none in ((2015, False), (2016, True), (2017, True), (2018, False), (2021, False)):
        told = coherence.beside(programmes, proposed, year).set_index("iso3")["at_work"]
        assert (told["IND"] == 0) == none
