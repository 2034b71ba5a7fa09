"""Figures the international panels must come out with, out of the committed raw tables."""

import pandas as pd
import pytest

from crimjust_research import catalog

PROCESSED = catalog.processed()


@pytest.fixture(scope="module")
def seized() -> pd.DataFrame:
    return PROCESSED.open("seizures_country_year")


@pytest.mark.parametrize(("year", "tonnes"), [(2020, 1_424), (2021, 2_026)])
def test_cocaine_of_the_world_is_what_the_world_drug_reports_say(seized: pd.DataFrame, year: int, tonnes: int) -> None:
    """World Drug Reports 2022 and 2023: quantities seized, not adjusted for purity. Later reports revise a little."""
    found = seized.loc[(seized["drug"] == "cocaine") & (seized["year"] == year), "kilograms"].sum() / 1000
    assert found == pytest.approx(tonnes, rel=0.01)


def test_larger_of_total_and_parts_of_every_group(seized: pd.DataFrame) -> None:
    """The panel weighs what its groups do, the larger of total and parts each; 1,178 t of totals become 1,091 t."""
    assert seized["kilograms"].sum() == pytest.approx(232_175_369.4, abs=0.1)
    assert seized["kilograms_of_totals"].sum() == pytest.approx(1_090_664.3, abs=0.1)


def test_who_reports_and_who_reports_precursors(seized: pd.DataFrame) -> None:
    reporters = seized.groupby("year")["iso3"].nunique()
    assert list(reporters.index) == [2012, 2013, 2014, 2015, 2016, 2018, 2019, 2020, 2021, 2022]
    assert reporters.tolist() == [140, 139, 141, 131, 128, 127, 130, 128, 132, 129]
    precursors = seized[seized["is_precursor"]]
    assert precursors.groupby("year")["iso3"].nunique().tolist() == [21, 22, 21, 21, 14, 12, 22, 22, 19, 24]
    assert not set(precursors["iso3"]) & {"USA", "CHN"}
    assert precursors.loc[precursors["iso3"] == "MEX", "year"].max() == 2013


def test_colombia_seized_its_precursors_from_2020_on(seized: pd.DataFrame) -> None:
    chemicals = ["potassium permanganate", "acetone", "sulphuric acid"]
    rows = seized[(seized["iso3"] == "COL") & seized["drug"].isin(chemicals)]
    assert rows["year"].min() == 2020
    assert (rows["makes"] == "cocaine").all()
