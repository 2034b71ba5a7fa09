"""Steps of the question of precursors, by hand."""

import numpy as np
import pandas as pd
import pytest

from crimjust_research.questions.precursors import chain, controls


def seizures(rows: list[tuple[str, int, str, str, str | None, float]]) -> pd.DataFrame:
    columns = ["iso3", "year", "drug", "family", "makes", "kilograms"]
    panel = pd.DataFrame(rows, columns=columns)
    return panel.assign(is_precursor=panel["family"] == "precursors")


def test_country_years_keep_what_was_not_reported_apart_from_none() -> None:
    panel = seizures(
        [
            ("AAA", 2020, "acetone", "precursors", "cocaine", 5.0),
            ("AAA", 2020, "cocaine", "cocaine", None, 7.0),
            ("BBB", 2020, "cocaine", "cocaine", None, 9.0),
            ("CCC", 2020, "cannabis", "cannabis", None, 11.0),
        ]
    )
    table = chain.country_years(panel).set_index("iso3")
    assert list(table.index) == ["AAA", "BBB"]  # CCC seized nothing that precursors make
    assert table.loc["AAA", ["precursors", "drugs"]].tolist() == [5.0, 7.0]
    assert np.isnan(table.loc["BBB", "precursors"])
    assert table.loc["BBB", "precursors_or_none"] == 0.0
    assert chain.country_years(panel, ("heroin",)).empty


def test_years_published_since_the_question_was_registered_enter_no_estimate() -> None:
    years = list(range(2016, 2024))
    panel = seizures([("COL", year, "cocaine", "cocaine", None, year - 2000.0) for year in years])
    assert chain.country_years(panel)["year"].tolist() == [2016, *range(2018, 2023)]
    crops = pd.DataFrame({"iso3": "COL", "crop": "coca", "year": years, "hectares": range(8)})
    coca = chain.coca_chain(panel, crops)
    assert coca.loc[coca["cocaine_kg"].isna(), "year"].tolist() == [2017, 2023]
    assert chain.reporters(panel)["year"].tolist() == years


def test_years_without_a_figure_are_counted_as_none_between_those_with_one() -> None:
    panel = seizures(
        [
            ("AAA", 2018, "cocaine", "cocaine", None, 1.0),
            ("AAA", 2018, "acetone", "precursors", "cocaine", 1.0),
            ("BBB", 2018, "heroin", "heroin", None, 1.0),
            ("AAA", 2020, "cocaine", "cocaine", None, 1.0),
        ]
    )
    table = chain.reporters(panel)
    assert table.to_dict("list") == {"year": [2018, 2019, 2020], "drugs": [2, 0, 1], "precursors": [1, 0, 0]}
    assert chain.last_reports(panel, ["AAA", "BBB"]) == {"AAA": 2018, "BBB": None}


def test_the_coca_chain_has_only_growers_and_marks_what_is_missing() -> None:
    crops = pd.DataFrame(
        [("COL", "coca", 2019, 10.0), ("COL", "coca", 2021, 30.0), ("AFG", "opium_poppy", 2019, 5.0)],
        columns=["iso3", "crop", "year", "hectares"],
    )
    panel = seizures(
        [
            ("COL", 2019, "cocaine", "cocaine", None, 1.0),
            ("COL", 2021, "cocaine", "cocaine", None, 4.0),
            ("COL", 2021, "potassium permanganate", "precursors", "cocaine", 2.0),
            ("AFG", 2019, "cocaine", "cocaine", None, 9.0),
        ]
    )
    table = chain.coca_chain(panel, crops)
    assert table["iso3"].unique().tolist() == ["COL"]
    assert table["permanganate_kg"].isna().tolist() == [True, False]
    (row,) = chain.coca_correlations(table).to_dict("records")
    assert (row["name"], row["first"], row["last"], row["n_obs"]) == ("col", 2019, 2021, 2)
    assert row["correlation"] == pytest.approx(1)
    series = chain.coca_series(table)
    cocaine = series[series["series"] == "Cocaine seized, kg"]
    assert cocaine["year"].tolist() == [2019, 2020, 2021]
    assert cocaine["value"].isna().tolist() == [False, True, False]  # a line must break at 2020


def reports(halves: list[str], states: tuple[str, ...] = ("AA", "BB", "CC")) -> pd.DataFrame:
    rows = [(state, half, 1000, 100) for state in states for half in halves]
    return pd.DataFrame(rows, columns=["state", "half_year", "reports_family", "reports_4anpp"])


HALVES = [f"{year}H{half}" for year in range(2017, 2025) for half in (1, 2)]


def test_a_state_without_reports_is_left_out_not_counted_as_zero() -> None:
    panel = reports(HALVES, ("AA", "BB"))
    panel.loc[panel["state"] == "BB", "reports_family"] = np.nan
    found = controls.reports_window(panel, "2017H2", "2018H2")
    assert set(found["state"]) == {"AA"}
    assert found["second_half"].tolist() == [1, 0, 1]


def test_controls_need_two_half_years_before_them() -> None:
    starts = [control.start for control in controls.controls_within(reports(HALVES))]
    assert starts == ["2020H2", "2023H1", "2023H2"]
    assert [c.start for c in controls.controls_within(reports(HALVES[6:]))] == ["2023H1", "2023H2"]  # from 2020H1
    assert [c.start for c in controls.controls_within(reports(HALVES[:13]))] == ["2020H2", "2023H1"]  # to 2023H1


def test_terms_are_named_after_their_event() -> None:
    panel = controls.reports_window(reports(HALVES), HALVES[0], HALVES[-1])
    rng = np.random.default_rng(1)
    panel["reports_4anpp"] = rng.poisson(100 * np.where(panel["half_year"] >= "2023H1", 0.5, 1.0))
    model = controls.segmented(panel, controls.controls_within(panel), 0.05)
    level = controls.tested_level(model)
    assert level["slug"].tolist() == ["un_control_of_november_2022"]
    assert level["rate_ratio"].item() == pytest.approx(0.5, abs=0.12)
    # The next control follows within one half-year, so the tested one has no slope of its own.
    assert controls.terms(model)["term"].tolist() == ["level"] * 3 + ["slope"] * 2
    assert model.slopes_not_identified == ("UN control of November 2022",)


def test_dated_controls_are_the_targeted_ones_of_the_window() -> None:
    table = pd.DataFrame(
        [
            ("2017-06", "USA", "targeted"),
            ("2017-07", "USA", "targeted"),
            ("2018-06", "UN", "targeted"),
            ("2018-07", "UN", "targeted"),
            ("2018-01", "CHN", "broad"),
        ],
        columns=["month", "jurisdiction", "kind"],
    )
    found = controls.dated(table, "2017H2", "2018H1")
    assert found[["month", "event"]].to_numpy().tolist() == [["2018-06", "UN"], ["2017-07", "United States"]]
