"""Figures the publishers state, out of the committed raw tables."""

import pandas as pd
import pytest

from crimjust_research.data import catalog

RAW = catalog.raw()


@pytest.fixture(scope="module")
def vsrr() -> pd.Series:
    frame = RAW.open("overdose_12month", "2025-01-08")
    us = frame[frame["jurisdiction"] == "US"]
    return us.set_index(["month_ending", "indicator"])[["reported", "predicted"]]


@pytest.mark.parametrize(
    ("year", "total"),
    [
        (2017, 28_466),
        (2018, 31_335),
        (2019, 36_359),
        (2020, 56_516),
        (2021, 70_601),
        (2022, 73_838),
        (2023, 72_776),
        (2024, 47_735),
    ],
)
def test_final_deaths_by_synthetic_opioids(year: int, total: int) -> None:
    frame = RAW.open("overdose_monthly_us")
    found = frame[(frame["icd10"] == "T40.4") & (frame["month"].str[:4] == str(year))]
    assert len(found) == 12
    assert found["deaths"].sum() == total


def test_deaths_by_synthetic_opioids_in_march_2016() -> None:
    frame = RAW.open("overdose_monthly_us").set_index(["icd10", "month"])
    assert frame.loc[("T40.4", "2016-03"), "deaths"] == 1_528


@pytest.mark.parametrize(("year", "total", "shown"), [(2018, 67_367, 67_064), (2019, 70_630, 70_329)])
def test_deaths_of_residents_and_what_suppression_hides(year: int, total: int, shown: int) -> None:
    frame = RAW.open("overdose_monthly_state")
    frame = frame[frame["month"].str[:4] == str(year)]
    nation = frame["state"] == "US"
    assert frame.loc[nation, "deaths"].sum() == total
    assert frame.loc[~nation, "deaths"].sum() == shown
    # The annual table, which suppresses no State, has the same totals.
    annual = RAW.open("overdose_annual_state")
    assert annual.loc[annual["year"] == year, "deaths"].sum() == total


@pytest.mark.parametrize(
    ("month", "indicator", "column", "total"),
    [
        ("2020-05", "overdose_deaths", "reported", 80_577),
        ("2020-05", "overdose_deaths", "predicted", 81_622),
        ("2021-04", "overdose_deaths", "reported", 99_772),
        ("2021-04", "overdose_deaths", "predicted", 101_078),
        ("2022-12", "overdose_deaths", "predicted", 111_029),
        ("2022-12", "t40_4", "predicted", 76_226),
        ("2022-12", "t40_5", "predicted", 28_441),
        ("2022-12", "t43_6", "predicted", 35_550),
    ],
)
def test_twelve_month_counts(vsrr: pd.DataFrame, month: str, indicator: str, column: str, total: int) -> None:
    assert vsrr.loc[(month, indicator), column] == total


def test_the_release_of_january_2025_is_the_latest_whole_one() -> None:
    releases = {r.vintage: (r.latest, r.complete, r.rows) for r in RAW.tables()["overdose_12month"]}
    assert releases == {
        "2019-07": (False, True, 13_912),
        "2025-01-08": (True, True, 69_000),
        "2025-09": (False, False, 124),
        "2026-06": (False, False, 6_916),
    }


@pytest.mark.parametrize(
    ("year", "pounds"),
    [
        (2019, 2_803.6),
        (2020, 4_791.1),
        (2021, 11_201.3),
        (2022, 14_699.9),
        (2023, 27_022.9),
        (2024, 21_889.2),
        (2025, 12_027.3),
    ],
)
def test_fentanyl_seized_by_fiscal_year(year: int, pounds: float) -> None:
    frame = RAW.open("seizures_us_border")
    found = frame.loc[(frame["drug"] == "fentanyl") & (frame["fiscal_year"] == year), "pounds"].sum()
    assert round(found, 1) == pounds


@pytest.mark.parametrize(
    ("table", "coverage"),
    [
        ("overdose_12month", ("2015-01", "2024-07")),
        ("overdose_monthly_us", ("2010-01", "2024-12")),
        ("overdose_monthly_state", ("2018-01", "2024-10")),
        ("overdose_annual_state", ("1999", "2024")),
        ("seizures_us_border", ("2018-10", "2026-04")),
        ("lab_reports_fentanyl", ("2017H1", "2025H2")),
        ("precursor_controls", ("2008-07", "2025-07")),
    ],
)
def test_periods_covered(table: str, coverage: tuple[str, str]) -> None:
    assert RAW.resource(table).coverage == coverage


def test_precursor_controls_are_twenty() -> None:
    assert RAW.resource("precursor_controls").rows == 20
