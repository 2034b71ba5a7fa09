"""Outcome 1's assessment of seizures and deaths: windows, words and numbers."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.data import catalog
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import markets
from crimjust_research.results import Assessment


@pytest.fixture(scope="module")
def result() -> Assessment:
    return markets.assess(markets.Params(draws=99))


def test_both_primary_questions_are_answered_and_adjusted_together(result: Assessment) -> None:
    primary = result.frame().query("role == 'primary'")
    assert list(primary["id"]) == ["seizures_to_deaths.f", "deaths_to_seizures.f"]
    # Holm over two: the smaller p doubles, the larger becomes at least as large as that, neither exceeds one.
    p = sorted(primary["p_value"])
    expected = [min(2 * p[0], 1), min(max(p[1], 2 * p[0]), 1)]
    assert sorted(primary["p_adjusted"]) == pytest.approx(expected)


def test_the_series_are_the_published_figures(result: Assessment) -> None:
    series = result.tables["monthly_series"].set_index("month")
    assert (series.index[0], series.index[-1], len(series)) == ("2018-10", "2024-12", 75)
    assert series.loc["2019-01":"2019-12", "deaths"].sum() == 36_359  # CDC WONDER, final, 2019
    # CBP's fiscal year 2019 runs from October 2018; 2,803.6 pounds of 0.45359237 kg each.
    assert series.loc["2018-10":"2019-09", "seizures"].sum() == pytest.approx(2_803.6 * 0.45359237, abs=0.05)


def test_the_f_and_chi_squared_versions_agree_with_each_other(result: Assessment) -> None:
    for direction in (markets.FORWARD, markets.BACKWARD):
        f, chi2 = result.estimate(f"{direction}.f"), result.estimate(f"{direction}.chi2")
        lags = int(chi2.unit.removeprefix("chi-squared(").removesuffix(")"))
        assert chi2.estimate == pytest.approx(lags * f.estimate)


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    for direction in (markets.FORWARD, markets.BACKWARD):
        p = result.estimate(f"{direction}.f").p_adjusted
        assert f"adjusted p = {p:.3f}" in text
    assert text.count("does not detectably improve") == sum(
        result.estimate(f"{d}.f").p_adjusted >= 0.05 for d in (markets.FORWARD, markets.BACKWARD)
    )
    for word in ("cause", "effect of", "impact", "because"):
        assert word not in text


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert [f.name for f in result.figures] == [
        "series",
        "shifts",
        "seasons",
        "lead_lag",
        "responses",
        "specifications",
        "power",
    ]
    for figure in result.figures:
        assert len(figure.alt) > 80
        assert len(figure.data)
        assert "http" not in figure.svg.replace("http://www.w3.org/", "")


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = markets.assess(markets.Params(draws=99))
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


def test_level_shifts_are_dated_with_their_intervals(result: Assessment) -> None:
    shifts = result.tables["level_shifts"]
    fentanyl = shifts[shifts["series"] == "fentanyl"]
    assert {"2020-05", "2022-06"} <= set(fentanyl["last_before"])
    assert (fentanyl["ci_low"] <= fentanyl["last_before"]).all()
    assert (fentanyl["last_before"] <= fentanyl["ci_high"]).all()
    assert sum(e.id.startswith("shift.") for e in result.estimates) == len(shifts)


def test_power_starts_at_the_level_of_the_test_and_grows(result: Assessment) -> None:
    for _, curve in result.tables["power_simulated"].groupby("direction"):
        # Four Monte Carlo standard errors of 500 samples around 5 %: 0.05 +- 4 sqrt(.05 .95 / 500).
        assert curve["power"].iloc[0] == pytest.approx(0.05, abs=0.04)
        assert curve["power"].is_monotonic_increasing
        assert curve["power"].iloc[-1] > 0.95
    assert "SIMULATED" in result.figure("power").caption


def test_the_other_drugs_are_adjusted_as_a_grid(result: Assessment) -> None:
    grid = result.frame().query("role == 'secondary' and method.str.startswith('Toda')")
    assert len(grid) == 6  # three other drugs, two directions
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 6 / np.arange(1, 7))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_a_run_that_departs_says_so_first() -> None:
    departed = markets.assess(markets.Params(draws=99, drug="methamphetamine", end="2023-12"))
    assert len(departed.departures) == 2
    assert departed._repr_mimebundle_()["text/plain"].startswith("This run departs from the registered plan")
    assert "methamphetamine" in plain(departed.answer)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2025-01", "end": "2025-06"}, "both are published from 2018-10 to 2024-12"),
        ({"start": "2024-12", "end": "2018-10"}, "the window is empty"),
        ({"start": "2018-13"}, "pattern"),
        ({"drug": "fentanil"}, "'fentanyl', 'methamphetamine', 'cocaine' or 'heroin'"),
        ({"confidence_level": 95}, "less than or equal to 0.999"),
        ({"max_lag": 0}, "greater than or equal to 1"),
        ({"maxlag": 3}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        markets.Params(**changes)  # type: ignore[arg-type]


def test_figures_can_be_taken_as_they_stood_on_a_date(result: Assessment) -> None:
    as_of = markets.assess(markets.Params(draws=99, vintage="2026"))
    # No release is newer than the ones there are, so the numbers are the same, and the raw releases are named.
    assert [u.table for u in as_of.used] == ["overdose_monthly_us", "seizures_us_border"]
    pd.testing.assert_frame_equal(as_of.frame(), result.frame())
    with pytest.raises(DataError, match=r"has no release by 2019-06; there are: 20"):
        markets.Params(vintage="2019-06")


def test_a_window_too_short_for_its_lags_says_how_long_it_must_be() -> None:
    with pytest.raises(ParameterError, match="at least"):
        markets.assess(markets.Params(start="2023-01", end="2024-12", draws=99))


def test_a_month_without_seizures_is_named() -> None:
    months = pd.period_range("2020-01", periods=3, freq="M")
    series = pd.DataFrame({"seizures": [1.0, 0.0, 2.0], "deaths": [5.0, 6.0, 7.0]}, index=months)
    with pytest.raises(ParameterError, match="2020-02"):
        markets.log_series(series, "heroin")
    assert markets.log_series(series.drop(months[1]), "heroin").loc["2020-03", "seizures"] == math.log(2)


def test_a_gap_inside_the_window_is_named_not_filled() -> None:
    months = pd.period_range("2020-01", periods=4, freq="M")
    series = pd.DataFrame({"seizures": [1.0, np.nan, 2.0, 3.0], "deaths": [5.0, 6.0, 7.0, 8.0]}, index=months)
    with pytest.raises(ParameterError, match="2020-02"):
        markets.complete_window(series, "2020-01", "2020-04")
    assert len(markets.complete_window(series, "2020-03", "2020-12")) == 2


def test_the_panel_used_is_named_with_its_hash(result: Assessment) -> None:
    stored = catalog.processed().resource(markets.PANEL)
    assert [(u.table, u.vintage, u.sha256) for u in result.used] == [(markets.PANEL, stored.vintage, stored.sha256)]
