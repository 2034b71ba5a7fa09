"""Three cells of a table against another publisher's figures of the same, an older release, or the source document.

What is said of each in its declaration, `held_against`, is what is tested here and beside the totals.
"""

import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.data.ingest import readers

RAW = catalog.raw()
YEARS = (2018, 2020, 2022)


def in_the_year(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    return frame[frame["month"].str[:4] == str(year)]


@pytest.fixture(scope="module")
def twelve_months() -> "pd.Series[float]":
    frame = RAW.open("overdose_12month", "2025-01-08")
    return frame[frame["jurisdiction"] == "US"].set_index(["month_ending", "indicator"])["reported"]


@pytest.mark.parametrize("year", YEARS)
def test_deaths_where_they_occurred_are_a_little_more_than_those_of_residents(
    twelve_months: "pd.Series[float]", year: int
) -> None:
    monthly, annual = in_the_year(RAW.open("overdose_monthly_us"), year), RAW.open("overdose_annual_state")
    by_opioids = monthly.loc[monthly["icd10"] == "T40.4", "deaths"].sum()
    of_residents = annual.loc[annual["year"] == year, "deaths"].sum()
    for indicator, residents in (("t40_4", by_opioids), ("overdose_deaths", of_residents)):
        occurred = twelve_months[f"{year}-12", indicator]
        assert residents < occurred < 1.015 * residents


@pytest.mark.parametrize("month", ["2015-12", "2016-12", "2017-12"])
@pytest.mark.parametrize("indicator", ["overdose_deaths", "t40_4"])
def test_what_was_reported_of_closed_years_is_as_it_was_in_2019(
    twelve_months: "pd.Series[float]", month: str, indicator: str
) -> None:
    then = RAW.open("overdose_12month", "2019-07").set_index(["jurisdiction", "month_ending", "indicator"])["reported"]
    assert twelve_months[month, indicator] == then["US", month, indicator]


@pytest.mark.parametrize(("state", "year"), [("CA", 2018), ("OH", 2020), ("FL", 2022)])
def test_the_months_of_a_state_add_up_to_its_year(state: str, year: int) -> None:
    months = in_the_year(RAW.open("overdose_monthly_state"), year)
    annual = RAW.open("overdose_annual_state").set_index(["state", "year"])["deaths"]
    assert months.loc[months["state"] == state, "deaths"].sum() == annual[state, year]


@pytest.mark.parametrize("year", YEARS)
def test_the_world_bank_and_the_census_count_the_same_people(year: int) -> None:
    people = RAW.open("population").set_index(["iso3", "year"])["population"]
    census = RAW.open("overdose_annual_state").groupby("year")["population"].sum()
    assert people["USA", year] == pytest.approx(census[year], rel=0.01)


def test_figures_published_about_the_programme_are_those_of_the_source_document() -> None:
    results = RAW.open("programme_results").set_index("metric")[["value_low", "value_high"]]
    for number, cost in enumerate(document.load().costs, start=1):
        millions = [bound / 1e6 if bound else None for bound in (cost.quantity.low, cost.quantity.high)]
        assert list(results.loc[f"proposed_component{number}_cost"]) == millions
    (claim,) = (claim for claim in document.load().claims if claim.key == "azure_countries_13")
    assert claim.quantity is not None
    assert results.loc["azure1_countries_source_document", "value_low"] == claim.quantity.low


def test_every_table_says_what_it_is_held_against_once() -> None:
    said: dict[str, set[str]] = {}
    for table in (table for reader in readers() for table in reader.tables):
        said.setdefault(table.name, set()).add(table.held_against)
    assert all(len(words) == 1 and "" not in words for words in said.values())
    assert set(RAW.tables()) <= set(said)
    for (words,) in said.values():
        assert set(words.split("`")[1::2]) <= set(said)
