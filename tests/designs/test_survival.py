"""Survival designs against Rossi's recidivism data, Turnbull's textbook example, hand arithmetic and simulation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.curves import cumulative_incidence, kaplan_meier
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard, likelihood_ratio, person_periods
from crimjust_research.designs.survival.many_hazards import many_hazard_fits
from crimjust_research.designs.survival.turnbull import duration_from_years, innermost_intervals, turnbull
from crimjust_research.errors import ParameterError
from validation.references import RADIOTHERAPY


@pytest.fixture(scope="module")
def rossi(published: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    return published("recidivism/released")


# --- Kaplan-Meier -----------------------------------------------------------------------------------------------


def test_product_limit_by_hand() -> None:
    curves = kaplan_meier([1, 2, 2, 3, 5, 6], [1, 1, 0, 1, 0, 1])
    table = curves.table.set_index("time")
    # At risk 6, 5, 3, 1; survival 5/6, x 4/5 = 2/3, x 2/3 = 4/9, x 0.
    assert table["at_risk"].tolist() == [6, 5, 3, 1]
    assert table["survival"].tolist() == pytest.approx([5 / 6, 2 / 3, 4 / 9, 0])
    # Greenwood at 3: (4/9)^2 (1/(6*5) + 1/(5*4) + 1/(3*2)) = (16/81) (1/4).
    assert table.loc[3, "std_error"] == pytest.approx(np.sqrt(16 / 81 / 4))
    # Median: first time at which survival is at most one half.
    assert curves.summary.loc[0, "median"] == 3
    assert curves.at([0.5, 4]).set_index("time")["survival"].tolist() == pytest.approx([1, 4 / 9])


def test_curves_intervals_and_log_rank(rossi: pd.DataFrame) -> None:
    curves = kaplan_meier(rossi["week"], rossi["arrest"], group=rossi["fin"])
    for group, curve in curves.table.groupby("group"):
        theirs = SurvfuncRight(*rossi.loc[rossi["fin"] == group, ["week", "arrest"]].to_numpy().T)
        np.testing.assert_allclose(curve["survival"], theirs.surv_prob, atol=1e-12)
        np.testing.assert_allclose(curve["std_error"], theirs.surv_prob_se, atol=1e-12)
        inside = curve[["band_low", "ci_low", "survival", "ci_high", "band_high"]].to_numpy()
        # Hall-Wellner bands are widest where few events have been seen; past the start they hold the intervals.
        assert np.all(np.diff(inside[len(inside) // 2 :], axis=1) >= 0)
    assert curves.log_rank_p == pytest.approx(survdiff(rossi["week"], rossi["arrest"], rossi["fin"])[1], abs=1e-10)
    by_school = kaplan_meier(rossi["week"], rossi["arrest"], group=rossi["educ"]).log_rank_p
    assert by_school == pytest.approx(survdiff(rossi["week"], rossi["arrest"], rossi["educ"])[1], abs=1e-10)


@pytest.mark.filterwarnings("error")
def test_the_band_at_the_first_event_of_hundreds_of_thousands() -> None:
    first = kaplan_meier(np.append(1.0, np.full(300_000, 2.0)), np.append(1, np.zeros(300_000))).table.iloc[0]
    assert first["survival"] == pytest.approx(1 - 1 / 300_001)
    assert (first["band_low"], first["band_high"]) == (0.0, 1.0)
    assert 0.9999 < first["ci_low"] < first["survival"]


def test_a_p_of_the_log_rank_test_below_what_is_left_of_one_is_told() -> None:
    """All hundred events of one group before those of the other: from 1 the library takes all there is."""
    time, group = np.arange(1.0, 201.0), np.repeat([0, 1], 100)
    chi2, theirs = survdiff(time, np.ones(200), group)
    assert theirs == 0.0
    assert kaplan_meier(time, np.ones(200), group=group).log_rank_p == pytest.approx(stats.chi2.sf(chi2, 1), rel=1e-9)


def test_intervals_and_bands_cover() -> None:
    rng = np.random.default_rng(1)
    pointwise, together = [], []
    for _ in range(300):
        event, censor = rng.exponential(1, 80), rng.exponential(2, 80)
        curve = kaplan_meier(np.minimum(event, censor), (event <= censor).astype(int)).table
        truth = np.exp(-curve["time"])
        middle = np.searchsorted(curve["time"], 0.7) - 1
        pointwise.append(curve["ci_low"][middle] <= np.exp(-0.7) <= curve["ci_high"][middle])
        seen = (curve["survival"] < 0.95) & (curve["at_risk"] > 5)
        together.append(np.all((curve["band_low"] <= truth)[seen] & (truth <= curve["band_high"])[seen]))
    assert 0.91 < np.mean(pointwise) < 0.99
    assert np.mean(together) > 0.91


# --- Cox --------------------------------------------------------------------------------------------------------


def test_rossi_coefficients(rossi: pd.DataFrame, published: Callable[[str], pd.DataFrame]) -> None:
    answers = published("recidivism/answers")
    model = cox(rossi, "week", "arrest", answers["term"].tolist())
    for column in ("estimate", "std_error"):
        assert model.table[column].to_numpy() == pytest.approx(answers[column].to_numpy(), abs=1e-6)
    assert (model.n_obs, model.n_events) == (432, 114)


def test_proportionality_of_the_published_example(rossi: pd.DataFrame) -> None:
    # Fox and Weisberg's appendix on Cox regression, financial aid, age and prior convictions: age drifts.
    check = cox(rossi, "week", "arrest", ["fin", "age", "prio"]).proportionality.set_index("term")
    published = {"fin": (-0.00657, 0.00507), "age": (-0.20976, 6.54147), "prio": (-0.08004, 0.77288)}
    for name, (correlation, chi2) in published.items():
        assert check.loc[name, "correlation"] == pytest.approx(correlation, abs=5e-6)
        assert check.loc[name, "chi2"] == pytest.approx(chi2, abs=5e-6)
    assert check.loc["all", "chi2"] == pytest.approx(7.13046, abs=5e-6)
    assert check.loc["all", "p_value"] == pytest.approx(0.0679, abs=5e-5)


def test_robust_errors_are_the_sandwich_of_score_residuals() -> None:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"t": rng.exponential(size=60), "d": rng.integers(0, 2, 60), "x": rng.normal(size=60)})
    t, d, x = (frame[c].to_numpy() for c in ("t", "d", "x"))
    model = cox(frame, "t", "d", ["x"])
    beta, se, robust = model.table.loc[0, ["estimate", "std_error", "robust_std_error"]]
    weight = np.exp(beta * x)
    risk = t[None] >= t[:, None]
    mean = (risk * weight * x).sum(axis=1) / (risk * weight).sum(axis=1)
    # Own event's surprise, less what was expected of the unit at every event while it was at risk.
    expected = (d / (risk * weight).sum(axis=1))[:, None] * risk * (x[None] - mean[:, None]) * weight
    score = d * (x - mean) - expected.sum(axis=0)
    assert score.sum() == pytest.approx(0, abs=1e-8)
    assert robust == pytest.approx(np.sqrt(np.sum(score**2)) * se**2, rel=1e-6)


def test_cox_recovers_a_hazard_ratio() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, 800)
    time = rng.exponential(1 / np.exp(0.7 * x))
    frame = pd.DataFrame({"t": np.minimum(time, 2.0), "d": (time <= 2).astype(int), "x": x})
    row = cox(frame, "t", "d", ["x"]).table.iloc[0]
    assert row["estimate"] == pytest.approx(0.7, abs=3 * row["robust_std_error"])
    assert row["ci_low"] < np.exp(0.7) < row["ci_high"]


# --- Competing risks --------------------------------------------------------------------------------------------


def test_incidence_by_hand() -> None:
    table = cumulative_incidence([1, 2, 3, 4, 5], [1, 2, 0, 1, 0])
    first = table[table["cause"] == 1].set_index("time")["incidence"]
    second = table[table["cause"] == 2].set_index("time")["incidence"]
    # Survival just before: 1, 4/5, 3/5, 3/5. Cause 1: 1/5 at 1; 3/5 * 1/2 more at 4. Cause 2: 4/5 * 1/4 at 2.
    assert (first[1], first[4]) == (pytest.approx(0.2), pytest.approx(0.5))
    assert second[5] == pytest.approx(0.2)
    survival = kaplan_meier([1, 2, 3, 4, 5], [1, 1, 0, 1, 0]).table["survival"].iloc[-1]
    assert first[4] + second[4] + survival == pytest.approx(1)


def test_incidence_is_recovered_and_covered() -> None:
    rng = np.random.default_rng(3)
    covered, values = [], []
    for _ in range(200):
        time, cause = rng.exponential(1 / 3, 150), rng.choice([1, 2], 150, p=[2 / 3, 1 / 3])
        censor = rng.exponential(1, 150)
        code = np.where(time <= censor, cause, 0)
        rows = cumulative_incidence(np.minimum(time, censor), code).query("cause == 1 and time <= 0.4")
        # Hazards 2 and 1: incidence of the first by t is 2/3 (1 - exp(-3 t)).
        truth = 2 / 3 * (1 - np.exp(-3 * 0.4))
        covered.append(rows["ci_low"].iloc[-1] <= truth <= rows["ci_high"].iloc[-1])
        values.append(rows["incidence"].iloc[-1] - truth)
    assert abs(np.mean(values)) < 0.012
    assert 0.90 < np.mean(covered) < 0.99


# --- Interval censoring -----------------------------------------------------------------------------------------


def test_turnbull_of_the_radiotherapy_group() -> None:
    bounds = np.array(
        [[float(v) if v else np.inf for v in item.replace("-", ",").split(",")] for item in RADIOTHERAPY.split()]
    )
    result = turnbull(bounds[:, 0], bounds[:, 1])
    table = result.table
    assert result.n == 46
    assert [tuple(pair) for pair in table[["left", "right"]].to_numpy()] == [
        (4, 5),
        (6, 7),
        (7, 8),
        (11, 12),
        (24, 25),
        (33, 34),
        (38, 40),
        (46, 48),
    ]
    assert table["mass"].tolist() == pytest.approx(
        [0.0463, 0.0334, 0.0887, 0.0708, 0.0926, 0.0818, 0.1209, 0.4656], abs=5e-5
    )
    assert table["mass"].sum() == pytest.approx(1)
    # Between 38 and 40 the curve falls by .1209 at a point nobody observed.
    row = result.bounds([39]).iloc[0]
    assert row["high"] - row["low"] == pytest.approx(0.1209, abs=5e-5)


def test_exact_durations_give_the_product_limit() -> None:
    time, event = np.array([1, 2, 2, 3, 5, 6.0]), np.array([1, 1, 0, 1, 0, 1])
    # A censored unit is known to last longer than its time: (time, infinity).
    result = turnbull(time, np.where(event == 1, time, np.inf))
    np.testing.assert_allclose(result.table["survival"], [5 / 6, 2 / 3, 4 / 9, 0], atol=1e-6)
    np.testing.assert_array_equal(result.table["left"], result.table["right"])
    # The curve is known at each time, after what ends at that very time; in the end nothing is left, to the last digit.
    bounds = result.bounds([1, 1.5, 6])
    np.testing.assert_allclose(bounds["low"], [5 / 6, 5 / 6, 0], atol=1e-6)
    np.testing.assert_array_equal(bounds["low"], bounds["high"])
    assert bounds["high"].iloc[-1] == 0


def test_innermost_intervals_respect_open_and_closed_ends() -> None:
    # (0, 2] and (2, 4]: 2 belongs to the first only, so the intervals do not meet.
    left, right = innermost_intervals(np.array([0.0, 2.0]), np.array([2.0, 4.0]))
    assert list(zip(left, right, strict=True)) == [(0, 2), (2, 4)]
    # (0, 2] and exactly 2 share the point 2.
    left, right = innermost_intervals(np.array([0.0, 2.0]), np.array([2.0, 2.0]))
    assert list(zip(left, right, strict=True)) == [(2, 2)]


def test_years_become_bounds() -> None:
    left, right = duration_from_years([2010, 2010, 2012], [2010, 2013, np.nan], observed_until=2015)
    # Same year: up to one year. 2010 to 2013: between two and four. Open since 2012 at the end of 2015: over three.
    assert left.tolist() == [0, 2, 3]
    assert right.tolist() == [1, 4, np.inf]
    with pytest.raises(ParameterError, match="not after its end"):
        duration_from_years([2012], [2010], observed_until=2015)


def test_interval_estimate_recovers_the_curve() -> None:
    rng = np.random.default_rng(5)
    start = rng.uniform(0, 10, 3000)
    end = start + rng.exponential(3, 3000)
    seen = end < 12
    left, right = duration_from_years(np.floor(start), np.where(seen, np.floor(end), np.nan), observed_until=11)
    bounds = turnbull(left, right).bounds([2, 4])
    for low, high, truth in zip(bounds["low"], bounds["high"], np.exp(-np.array([2, 4]) / 3), strict=True):
        assert low - 0.05 < truth < high + 0.05


# --- Discrete time ----------------------------------------------------------------------------------------------


def test_person_periods() -> None:
    units = pd.DataFrame({"id": ["a", "b"], "last": [3, 2], "ended": [1, 0], "x": [5, 7]})
    rows = person_periods(units, "id", "last", "ended")
    assert rows[["id", "period", "happened", "x"]].to_numpy().tolist() == [
        ["a", 1, 0, 5],
        ["a", 2, 0, 5],
        ["a", 3, 1, 5],
        ["b", 1, 0, 7],
        ["b", 2, 0, 7],
    ]
    later = person_periods(units.assign(first=[3, 2]), "id", "last", "ended", first="first")
    assert later[["id", "period", "happened"]].to_numpy().tolist() == [["a", 3, 1], ["b", 2, 0]]
    for change, message in (
        (units.assign(id="a"), "two rows"),
        (units.assign(last=[0, 2]), "not before the first"),
        (units.assign(ended=[2, 0]), "must be 0 or 1"),
    ):
        with pytest.raises(ParameterError, match=message):
            person_periods(change, "id", "last", "ended")


def test_one_period_hazard_ratio_by_hand() -> None:
    units = pd.DataFrame(
        {"id": range(40), "last": 1, "x": [1] * 20 + [0] * 20, "ended": [1] * 8 + [0] * 12 + [1] * 4 + [0] * 16}
    )
    result = discrete_hazard(person_periods(units, "id", "last", "ended"), "id", ["x"])
    # Hazards 8/20 and 4/20: log(-log(1 - 0.4)) - log(-log(1 - 0.2)).
    expected = np.log(np.log(0.6) / np.log(0.8))
    assert result.table.loc[0, "estimate"] == pytest.approx(expected, abs=1e-6)
    assert result.baseline.loc[0, "hazard"] == pytest.approx(0.3)
    assert result.table["term"].tolist() == ["x"]


@pytest.mark.parametrize("baseline", ["periods", "log"])
def test_grouped_durations_recover_the_underlying_hazard_ratio(baseline: str) -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 2500)
    time = 4 * rng.weibull(1.4, 2500) * np.exp(-0.5 * x / 1.4)
    units = pd.DataFrame(
        {"id": range(2500), "last": np.minimum(np.ceil(time), 8).astype(int), "x": x, "ended": (time <= 8).astype(int)}
    )
    result = discrete_hazard(person_periods(units, "id", "last", "ended"), "id", ["x"], baseline=baseline)
    row = result.table.set_index("term").loc["x"]
    assert row["estimate"] == pytest.approx(0.5, abs=3 * row["std_error"])
    assert result.n_units == 2500


# --- Refusals ---------------------------------------------------------------------------------------------------


def test_refusals(rossi: pd.DataFrame) -> None:
    for arguments, message in (
        (([1, 2], [1]), "2 durations, 1 events"),
        (([1, np.nan], [1, 0]), "Row 1 has a duration of nan; give a number of zero or more"),
        (([1, 2], [1, 2]), "use 0 or 1"),
        (([1, 2], [0, 0]), "no event"),
    ):
        with pytest.raises(ParameterError, match=message):
            kaplan_meier(*arguments)
    with pytest.raises(ParameterError, match="baseline is 'period'; use one of periods, log"):
        discrete_hazard(pd.DataFrame(), "id", [], baseline="period")
    with pytest.raises(ParameterError, match="Group 'b' has no event"):
        kaplan_meier([1, 2, 3], [1, 1, 0], group=["a", "a", "b"])
    with pytest.raises(ParameterError, match="'nothing' is not in the table"):
        cox(rossi, "week", "arrest", ["nothing"])
    with pytest.raises(ParameterError, match="not numeric"):
        cox(rossi.assign(race="other"), "week", "arrest", ["race"])
    with pytest.raises(ParameterError, match="linearly dependent"):
        cox(rossi.assign(again=2 * rossi["age"]), "week", "arrest", ["age", "again"])
    with pytest.raises(ParameterError, match="use 0, 1, 2"):
        cumulative_incidence([1, 2], [0.5, 1])
    with pytest.raises(ParameterError, match="Row 0 spans 3"):
        turnbull([3], [2])
    with pytest.raises(ParameterError, match="Every duration is censored"):
        turnbull([3], [np.inf])
    rows = pd.DataFrame({"id": range(20), "period": 1, "happened": [1] * 10 + [0] * 10, "x": [1] * 10 + [0] * 10})
    with pytest.raises(ParameterError, match="none of the 10 with the value 0"):
        discrete_hazard(rows, "id", ["x"])


def test_likelihood_ratio_of_two_groups_is_the_g_statistic() -> None:
    # One period: 4 of 10 have the event without the exposure, 8 of 12 with it; a second period tells nothing.
    rows = pd.DataFrame({"unit": range(22), "period": 1, "x": [0] * 10 + [1] * 12})
    rows["happened"] = [1] * 4 + [0] * 6 + [1] * 8 + [0] * 4
    (found,) = likelihood_ratio(rows, "unit", "x").to_dict("records")
    assert found["hazard_ratio"] == pytest.approx(math.log(1 - 8 / 12) / math.log(1 - 4 / 10))

    def log_likelihood(first: float, second: float) -> float:
        return float(4 * np.log(first) + 6 * np.log(1 - first) + 8 * np.log(second) + 4 * np.log(1 - second))

    best = log_likelihood(0.4, 8 / 12)
    g = 2 * (best - log_likelihood(12 / 22, 12 / 22))
    assert found["p_value"] == pytest.approx(stats.chi2.sf(g, 1), rel=1e-6)
    # At each end no level makes the data likelier than the critical value allows.
    chances = np.linspace(0.01, 0.9, 8901)
    for end in (found["ci_low"], found["ci_high"]):
        along = [log_likelihood(h, 1 - (1 - h) ** end) for h in chances]
        assert 2 * (best - max(along)) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-3)


# --- Many data sets at once -------------------------------------------------------------------------------------


def test_fitting_many_at_once_is_fitting_one_by_one() -> None:
    rng = np.random.default_rng(1)
    units, periods = 80, 6
    draws = rng.normal(size=(3, units))
    last = rng.integers(0, periods, units)
    done = rng.uniform(size=units) < 0.7
    at_risk = np.arange(periods) <= last[:, None]
    happened = (np.arange(periods) == last[:, None]) & done[:, None]
    without = np.ones((3, units, 1), bool)
    without[2, 5] = False  # the last data set lacks a unit
    many = many_hazard_fits(draws, at_risk & without, happened & without)
    for position, draw in enumerate(draws):
        frame = pd.DataFrame({"unit": range(units), "x": draw, "last": last, "done": done.astype(int), "first": 0})
        kept = frame[without[position, :, 0]]
        one = discrete_hazard(person_periods(kept, "unit", "last", "done", first="first"), "unit", ["x"]).table.iloc[0]
        assert many.log_hazard_ratio[position] == pytest.approx(one["estimate"], abs=1e-6)
        assert many.std_error[position] == pytest.approx(one["std_error"], rel=1e-4)


def test_levels_of_many_fits_are_the_observed_hazards_when_the_covariate_says_nothing() -> None:
    # Two values, each with one event among four in the first year and one among three in the second: hazards 1/4, 1/3.
    at_risk = np.array([[1, 0], [1, 1], [1, 1], [1, 1]] * 2, bool)
    happened = np.array([[1, 0], [0, 1], [0, 0], [0, 0]] * 2, bool)
    fit = many_hazard_fits(np.repeat([[-1.0, 1.0]], 4, axis=1), at_risk[None], happened[None])
    assert fit.log_hazard_ratio[0] == pytest.approx(0, abs=1e-9)
    assert np.exp(-np.exp(fit.level[0])) == pytest.approx([3 / 4, 2 / 3])
    with pytest.raises(ParameterError, match="no event"):
        many_hazard_fits(np.zeros((1, 8)), at_risk[None], np.zeros((1, 8, 2), bool))
