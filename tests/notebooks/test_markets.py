"""The notebook on markets, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.questions.markets.steps import DIRECTIONS
from crimjust_research.runs import steps

NAME = "01_outcome1_markets"
FEW = {"draws": 99}
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


def test_both_registered_questions_are_answered_with_raw_p() -> None:
    frame = steps.run(NAME, until="registered")["study"].frame()
    primary = frame.query("role == 'primary'")
    assert list(primary["id"]) == ["seizures_to_deaths.f", "deaths_to_seizures.f"]
    assert primary["p_value"].between(0, 1).all()
    assert primary["p_adjusted"].isna().all()


def test_the_series_are_the_published_figures(whole: dict[str, Any]) -> None:
    chosen = whole["chosen"]
    assert (str(chosen.index[0]), str(chosen.index[-1]), len(chosen)) == ("2018-10", "2024-12", 75)
    assert chosen.loc["2019-01":"2019-12", "deaths"].sum() == 36_359  # CDC WONDER, final, 2019
    # CBP's fiscal year 2019 runs from October 2018; 2,803.6 pounds of 0.45359237 kg each.
    assert chosen.loc["2018-10":"2019-09", "seizures"].sum() == pytest.approx(2_803.6 * 0.45359237, abs=0.05)


@pytest.mark.parametrize(
    ("moved", "by", "direction"),
    [
        ("deaths_t40_4", "seized_kg_fentanyl", "seizures_to_deaths"),
        ("seized_kg_fentanyl", "deaths_t40_4", "deaths_to_seizures"),
    ],
)
def test_a_planted_lead_is_found_in_its_own_direction_alone(
    plant: Callable[..., None], moved: str, by: str, direction: str
) -> None:
    size = {"seizures_to_deaths": 0.3, "deaths_to_seizures": 8.0}[direction]

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        a_month_before = np.log(panel[by].astype("float64")).diff().shift(1).fillna(0)
        return panel.assign(**{moved: panel[moved] * np.exp(size * a_month_before)})

    plant("monthly_national", planted)
    registered = steps.run(NAME, until="registered")["registered"].set_index("direction")
    assert registered.loc[direction, "p_value"] < 0.001
    assert registered["p_value"].idxmin() == direction


def test_every_registered_sensitivity_is_there(estimates: pd.DataFrame) -> None:
    names = {
        "chi2",
        "bootstrap",
        "measured_in_events",
        "with_linear_trend",
        "lag_by_bic",
        "to_december_2022",
        "to_december_2023",
    }
    ids = set(estimates.query("role == 'sensitivity'").index)
    assert ids == {f"{direction}.{name}" for direction in DIRECTIONS for name in names}


def test_the_f_and_chi_squared_versions_agree_with_each_other(estimates: pd.DataFrame) -> None:
    for direction in DIRECTIONS:
        chi2 = estimates.loc[f"{direction}.chi2"]
        lags = int(chi2["unit"].removeprefix("chi-squared(").removesuffix(")"))
        assert chi2["estimate"] == pytest.approx(lags * estimates.loc[f"{direction}.f", "estimate"])


def test_the_sum_is_that_of_the_tested_coefficients(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    for direction, test in whole["tests"].items():
        row = estimates.loc[f"{direction}.sum"]
        assert row["estimate"] == pytest.approx(test.coefficients["estimate"].sum())
        assert (row["ci_low"] < 0 < row["ci_high"]) == (row["p_value"] > 0.05)


def test_power_starts_at_the_level_of_the_test_and_grows(whole: dict[str, Any]) -> None:
    for _, curve in whole["curve"].groupby("direction"):
        # Four Monte Carlo standard errors of 500 samples around 5 %: 0.05 +- 4 sqrt(.05 .95 / 500).
        assert curve["power"].iloc[0] == pytest.approx(0.05, abs=0.04)
        assert curve["power"].is_monotonic_increasing
        assert curve["power"].iloc[-1] > 0.95


def test_power_is_marked_simulated_and_counts_months(estimates: pd.DataFrame) -> None:
    for direction in DIRECTIONS:
        power = estimates.loc[f"{direction}.power"]
        assert power["data_status"] == "simulated"
        assert power["null_value"] == pytest.approx(0.05)
        assert power["n_obs"] == 75


def test_deaths_move_by_less_than_seizures_do(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    """Monthly deaths are steadier than seizures, so the same share of surprise is the smaller elasticity of deaths."""
    steadier = whole["logs"].diff().std()
    assert steadier["deaths"] < steadier["seizures"]
    size = whole["curve"].query("strength == 0.5").set_index("direction")["elasticity"]
    assert size["seizures_to_deaths"] < 1 < size["deaths_to_seizures"]
    assert f"an elasticity of {size['seizures_to_deaths']:.3f}" in estimates.loc["seizures_to_deaths.power", "estimand"]


def test_the_other_drugs_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    others = ("methamphetamine", "cocaine", "heroin")
    grid = estimates.loc[[f"{direction}.{drug}" for drug in others for direction in DIRECTIONS]]
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 6 / np.arange(1, 7))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    for direction in DIRECTIONS:
        row = estimates.loc[f"{direction}.f"]
        assert f"{row['unit']} = {row['estimate']:.3f}, p = {row['p_value']:.3f}" in text
        assert f"{estimates.loc[f'{direction}.power', 'estimate']:.0%}" in text
    assert "the 75 months from 2018-10 to 2024-12" in text
    assert len(text.split()) <= 120
    for word in ("adjusted", "cause", "effect of", "impact", "because", "detect"):
        assert word not in text


def test_a_run_that_departs_says_so_and_follows_its_parameters() -> None:
    changed: dict[str, Any] = {"drug": "methamphetamine", "measure": "events", "end": "2023-12", "trend": True}
    found = steps.run(NAME, skip={"answer", "power"}, horizons=2, **changed, **FEW)
    study, frame = found["study"], found["study"].frame().set_index("id")
    assert {d.split(" is ")[0] for d in study.departures} == {*changed, "draws", "horizons"}
    assert (frame["role"] != "primary").all()
    assert frame["question"].str.contains("of methamphetamine (measured in events)", regex=False).all()
    own = frame[~frame.index.str.contains("fentanyl")]
    assert not (own["estimand"] + own["method"] + own["specification"]).str.contains("fentanyl|with linear trend").any()
    assert frame.loc["seizures_to_deaths.f", "estimand"].startswith(
        "Predictive content of past methamphetamine seized (ev"
    )
    assert frame.loc["seizures_to_deaths.f", "specification"].endswith("month effects, trend")
    assert frame.loc["seizures_to_deaths.response_1", "specification"].startswith(
        "2 lags of both, month effects, trend;"
    )
    assert {"deaths_to_seizures.measured_in_kilograms", "deaths_to_seizures.without_linear_trend"} <= set(frame.index)
    assert "deaths_to_seizures.to_december_2023" not in frame.index  # the window ends there
    for macro in ("registered", "specifications", "series", "responses"):
        assert "the number of seizures of methamphetamine" in str(study.say(macro)).lower()
    for name in ("specifications", "responses", "series"):
        assert "ethamphetamine seized (events)" in study._figures[name].alt
        assert "fentanyl" not in study._figures[name].alt.lower()


def test_figures_can_be_taken_as_they_stood_on_a_date() -> None:
    latest = steps.run(NAME, until="registered")["study"]
    as_of = steps.run(NAME, until="registered", vintage="2025-12")["study"]
    # What the newer release revised lies outside the window, so the numbers are the same; the raw releases are named.
    numbers = ["estimate", "p_value", "n_obs"]
    pd.testing.assert_frame_equal(as_of.frame()[numbers], latest.frame()[numbers], check_exact=True)
    assert {used.table for used in as_of._used.values()} == {"overdose_monthly_us", "seizures_us_border"}
    with pytest.raises(ParameterError, match="as they stood from 2025-12 to 2026-04; give a date within, or latest"):
        steps.run(NAME, until="registered", vintage="2019-06")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"start": "2025-01", "end": "2025-06"},
            "fentanyl seized and deaths are on record from 2018-10 to 20[0-9]{2}-[0-9]{2}; give both within",
        ),
        ({"start": "2024-12", "end": "2018-10"}, "the window is empty"),
        ({"start": "2018-13"}, "a month written YYYY-MM"),
        ({"drug": "fentanil"}, "did you mean 'fentanyl'"),
        ({"confidence_level": 95}, "a number above 0.5 and at most 0.999"),
        ({"max_lag": 0}, "a whole number from 1 to 12"),
        ({"maxlag": 3}, "did you mean 'max_lag'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_too_short_for_its_lags_says_how_long_it_must_be() -> None:
    with pytest.raises(ParameterError, match=r"a window of 24 months is too short: 6 lags .* at least 57"):
        steps.run(NAME, until="registered", start="2023-01", end="2024-12")
