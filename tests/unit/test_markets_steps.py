"""Steps of the question of markets, by hand."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.questions.markets import QUESTION, power, series, steps
from crimjust_research.questions.markets.params import Params
from crimjust_research.questions.simulated_power import SMALLEST_EFFECT

MONTHS = pd.period_range("2015-01", periods=96, freq="M", name="month")
P = Params(
    drug="fentanyl",
    measure="kilograms",
    start="2018-10",
    end="2024-12",
    max_lag=6,
    horizons=12,
    correlation_lags=6,
    trend=False,
    confidence_level=0.95,
    draws=99,
    seed=1,
    vintage="latest",
)


def both(seizures: list[float], deaths: list[float]) -> pd.DataFrame:
    index = pd.period_range("2020-01", periods=len(deaths), freq="M")
    return pd.DataFrame({"seizures": seizures, "deaths": deaths}, index=index)


def test_a_month_without_seizures_is_named() -> None:
    found = both([1.0, 0.0, 2.0], [5.0, 6.0, 7.0])
    with pytest.raises(ParameterError, match=r"no heroin was seized .* in 2020-02"):
        series.log_series(found, "heroin")
    assert series.log_series(found.drop(found.index[1]), "heroin").loc["2020-03", "seizures"] == math.log(2)


def test_a_gap_inside_the_window_is_named_not_filled() -> None:
    found = both([1.0, np.nan, 2.0, 3.0], [5.0, 6.0, 7.0, 8.0])
    with pytest.raises(ParameterError, match="without a figure lie inside the window: 2020-02"):
        series.complete_window(found, "2020-01", "2020-04")
    assert len(series.complete_window(found, "2020-03", "2020-12")) == 2
    with pytest.raises(ParameterError, match="both are published from 2020-01 to 2020-04"):
        series.complete_window(found, "2021-01", "2021-04")
    with pytest.raises(ParameterError, match="share no month"):
        series.complete_window(both([np.nan, 1.0], [1.0, np.nan]), "2020-01", "2020-02")


def test_the_measure_chooses_the_column() -> None:
    panel = pd.DataFrame(
        {"month": ["2020-01"], "seized_kg_heroin": [3.0], "seizure_events_heroin": [8.0], "deaths_t40_4": [5.0]}
    )
    for measure, value in {"kilograms": 3.0, "events": 8.0}.items():
        chosen = P.model_copy(update={"drug": "heroin", "measure": measure})
        assert series.monthly_series(panel, chosen).loc["2020-01"].tolist() == [value, 5.0]


def test_the_course_of_a_series() -> None:
    found = series.course(both([2.0, 9.0, 4.0], [1.0, 1.0, 1.0])["seizures"])
    assert (found["first"], found["highest"], found["last"]) == (2.0, 9.0, 4.0)
    assert (found["first_month"], found["highest_month"], found["last_month"]) == ("2020-01", "2020-02", "2020-03")


def test_a_planted_shift_is_dated_and_sized() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, MONTHS.size)
    logs = pd.DataFrame({"heroin": noise + np.where(MONTHS >= "2019-01", 2.0, 0.0), "deaths": noise}, index=MONTHS)
    table = series.shift_table(series.level_shifts(logs), "events")
    (row,) = table.to_dict("records")
    assert (row["series"], row["label"], row["nth"]) == ("heroin", "heroin seized (events)", 1)
    assert str(row["last_before"]) == "2018-12"
    assert row["from_month"] <= row["last_before"] <= row["to_month"]
    assert row["shift"] == pytest.approx(2.0, abs=0.1)
    means = series.segment_means(logs, series.level_shifts(logs)).set_index(["series", "month"])["mean"]
    assert means["heroin", MONTHS[48]] - means["heroin", MONTHS[47]] == pytest.approx(row["shift"])


def test_cause_and_effect_follow_direction_drug_and_measure() -> None:
    chosen = P.model_copy(update={"drug": "cocaine", "measure": "events"})
    forward, backward = (steps.named(direction, chosen) for direction in steps.DIRECTIONS)
    assert (forward["cause"], forward["effect"]) == ("cocaine seized (events)", "deaths (T40.4)")
    assert backward["label"] == "From deaths (T40.4) to cocaine seized (events)"
    logs = both([1.0, 2.0], [3.0, 4.0])
    assert [s.name for s in steps.pair(logs, "deaths_to_seizures")] == ["deaths", "seizures"]


# Power ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def unlike() -> pd.DataFrame:
    """Independent series: seizures persistent with large innovations, deaths without memory and with small ones."""
    rng = np.random.default_rng(8)
    seizures = np.zeros(MONTHS.size)
    for t in range(1, MONTHS.size):
        seizures[t] = 0.8 * seizures[t - 1] + rng.normal(0, 2.0)
    return pd.DataFrame({"seizures": seizures, "deaths": rng.normal(0, 0.1, MONTHS.size)}, index=MONTHS)


def innovations(column: pd.Series) -> tuple[float, np.ndarray]:  # type: ignore[type-arg]
    """First-order coefficient and residuals of a series' own autoregression with month effects, by plain least squares."""
    values = column.to_numpy()
    design = np.column_stack([values[:-1], pd.get_dummies(column.index.month).to_numpy(float)[1:]])
    coefficients = np.linalg.lstsq(design, values[1:], rcond=None)[0]
    return float(coefficients[0]), values[1:] - design @ coefficients


def test_each_direction_is_simulated_from_its_own_cause_to_its_own_effect(
    unlike: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulated test asks whether variable 0 foretells variable 1: 0 must be the cause of the direction's name."""
    given: list[tuple[np.ndarray, np.ndarray]] = []

    def kept(_: int, truth: np.ndarray, *, covariance: np.ndarray, **__: Any) -> SimpleNamespace:
        given.append((truth, covariance))
        return SimpleNamespace(f=0.5, f_std_error=0.01)

    monkeypatch.setattr(power, "toda_yamamoto_rejection_rate", kept)
    tests: Any = dict.fromkeys(steps.DIRECTIONS, SimpleNamespace(lags=1, d_max=1))
    curve = power.power_curve(unlike, P, tests)
    own = {name: innovations(unlike[name]) for name in unlike}
    for row, (truth, covariance) in zip(curve.to_dict("records"), given, strict=True):
        cause, effect = row["direction"].split("_to_")
        assert truth[0].diagonal() == pytest.approx([own[cause][0], own[effect][0]])
        assert np.sqrt(covariance.diagonal()) == pytest.approx([own[cause][1].std(ddof=1), own[effect][1].std(ddof=1)])
        # A standard deviation of the cause moves the effect by `strength` of its own: nothing the other way round.
        moved = row["strength"] * own[effect][1].std(ddof=1) / own[cause][1].std(ddof=1)
        assert (truth[0, 1, 0], truth[0, 0, 1]) == (pytest.approx(moved), 0)
        assert row["elasticity"] == pytest.approx(moved)
        assert row["n_obs"] == MONTHS.size
    at_one = curve[curve["strength"] == SMALLEST_EFFECT].set_index("direction")["elasticity"]
    assert at_one["seizures_to_deaths"] < 0.1 < 5 < at_one["deaths_to_seizures"]


def test_the_least_found_is_the_least_above_four_in_five() -> None:
    curve = pd.DataFrame(
        {
            "direction": ["a"] * 3 + ["b"] * 3,
            "strength": [0.0, 0.5, 1.0] * 2,
            "elasticity": [0.0, 2.0, 4.0, 0.0, 1.0, 2.0],
            "power": [0.9, 0.81, 1.0, 0.05, 0.4, 0.7],
        }
    )
    found = power.least_found_by_direction(curve)
    assert found["a"] == 2.0  # without any effect nothing is found, however often the test rejects
    assert math.isnan(found["b"])


# Sentences --------------------------------------------------------------------------------------------------------------


def said(macro: str, p: Params = P, estimates: Any = (), verdicts: Any = (), **facts: Any) -> str:
    context = {"p": p, "e": dict(estimates), "v": dict(verdicts), "f": SimpleNamespace(**facts), "c": SimpleNamespace()}
    return Teller(QUESTION.package, context)(macro)


def test_one_month_is_no_months() -> None:
    text = said("window", months=1, asked=3, first_month="2020-01", last_month="2020-01")
    assert text == "1 of the 3 months asked for has both series, 2020-01; none was filled."


def test_shifts_are_told_by_series() -> None:
    text = said("shifts", shifts={"fentanyl": ["2020-05", "2022-06"], "heroin": ["2021-09"], "deaths": []})
    assert text == "Fentanyl: shifts after 2020-05 and 2022-06; heroin: a shift after 2021-09; deaths: no shift."


@pytest.mark.parametrize(
    ("wandering", "expected"),
    [
        ([], "Beside one shift of level a unit root is rejected for every series at 0.05."),
        (["deaths"], "a unit root is not rejected for deaths at 0.05: a series that wanders has no level to shift"),
    ],
)
def test_series_that_wander_are_named(wandering: list[str], expected: str) -> None:
    assert expected in said("wandering", wandering=wandering)


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        ([], "None lies outside"),
        (["−2"], "Lag −2 alone lies outside"),
        (["−2", "+1"], "Lags −2 and +1 lie outside"),
    ],
)
def test_lags_outside_the_range_of_chance_are_named(outside: list[str], expected: str) -> None:
    text = said("lead_lag", largest={"correlation": -0.2, "lag": -2.0}, outside=outside, smallest_holm=0.0004)
    assert text.startswith(f"The largest in size is −0.20 at lag −2. {expected}")
    assert text.endswith("the smallest has p < 0.001.")


def test_nothing_found_is_said_as_nothing_found() -> None:
    nothing = dict.fromkeys(steps.DIRECTIONS, math.nan)
    text = said("power", size_of_test=dict.fromkeys(steps.DIRECTIONS, 0.054), least=nothing, sure=0.8)
    assert text.count("rejects in 5.4% of SIMULATED samples; no elasticity tried is found in 80%.") == 2


def test_the_verdict_follows_what_was_found_and_the_parameters() -> None:
    ids = [f"markets.{direction}" for direction in steps.DIRECTIONS]
    chosen = P.model_copy(update={"drug": "heroin", "measure": "events"})
    graded = [
        SimpleNamespace(found=True, p_adjusted=0.0002, grade="limited"),
        SimpleNamespace(found=False, p_adjusted=1.0, grade="none found"),
    ]
    assert said("verdict", chosen, verdicts=zip(ids, graded, strict=True)) == (
        "The past of the number of seizures of heroin improves the forecast of deaths that involve synthetic opioids "
        "(adjusted p < 0.001; limited), and their past does not detectably improve that of the number of seizures of "
        "heroin (adjusted p = 1.000; none found)."
    )
