"""The studentised randomisation test against Callaway and Sant'Anna's errors, brute force and known size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling.inversion import one_sided, two_sided
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.timing.influence import p_values_of_sums
from crimjust_research.designs.timing.randomisation import randomisation_test, shuffled_assignments
from crimjust_research.designs.timing.statistics import Controls, group_time_averages
from crimjust_research.designs.timing.studentised import (
    averaged,
    number_of_assignments,
    studentised_averages,
    studentised_test,
)
from crimjust_research.errors import ParameterError


def p_values_of_many(outcomes: np.ndarray, assignments: np.ndarray, periods: np.ndarray) -> np.ndarray:
    return two_sided(studentised_averages(outcomes, assignments, periods).t)


PERIODS = np.arange(1.0, 9.0)
DATES = np.array([4, 4, 6, 6, 6, *[np.inf] * 7])


def scores(seed: int, gaps: bool) -> np.ndarray:
    """(12, 8) random walks; with gaps, the last three units are observed late, early, and not in the middle."""
    made = np.random.default_rng(seed).normal(size=(12, 8)).cumsum(axis=1)
    if gaps:
        made[9, :5], made[10, 5:], made[11, 2:4] = np.nan, np.nan, np.nan
    return made


def brute_force(outcomes: np.ndarray, dates: np.ndarray, controls: Controls, unclear: int) -> tuple[float, float]:
    """Average and error of the library's group-time effects, one assignment at a time."""
    n, periods = outcomes.shape
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(PERIODS.astype(int), n),
            "outcome": outcomes.ravel(),
            "first_treated": np.repeat(np.where(np.isfinite(dates), dates, np.nan), periods),
        }
    )
    overall = aggregate(group_time_effects(panel, Timing("treated", unclear), controls=controls), "simple").overall
    return overall["estimate"], overall["std_error"]


def test_assignments_need_not_use_the_same_dates() -> None:
    outcomes = scores(3, gaps=True)[None]
    other = np.where(DATES == 4, 5, DATES)
    both = studentised_averages(outcomes, np.stack([DATES, other]), PERIODS)
    for number, dates in enumerate((DATES, other)):
        alone = studentised_averages(outcomes, dates[None], PERIODS)
        assert both.estimate[number] == pytest.approx(alone.estimate[0])
        assert both.std_error[number] == pytest.approx(alone.std_error[0])
    whole = studentised_averages(scores(3, gaps=False)[None], np.stack([DATES, other]), PERIODS)
    assert np.isfinite(whole.estimate).all()


@pytest.mark.parametrize("controls", ["never treated", "not yet treated"])
@pytest.mark.parametrize("unclear", [0, 1])
@pytest.mark.parametrize("gaps", [False, True])
def test_estimate_and_error_are_callaway_santannas(controls: Controls, unclear: int, gaps: bool) -> None:
    outcomes = np.stack([scores(seed, gaps) for seed in (1, 2)])
    # Units with gaps take part in the shuffle, so assignments differ in whom they can compare.
    assignments = shuffled_assignments(DATES, 99, seed=3)[:6]
    found = studentised_averages(outcomes, assignments, PERIODS, controls=controls, unclear=unclear)
    for a, dates in enumerate(assignments):
        for s in range(2):
            estimate, error = brute_force(outcomes[s], dates, controls, unclear)
            assert found.estimate[a, s] == pytest.approx(estimate, abs=1e-12)
            assert found.std_error[a, s] == pytest.approx(error, rel=1e-10)
    if not gaps:
        averages = group_time_averages(outcomes, assignments, PERIODS, controls=controls, unclear=unclear)
        np.testing.assert_allclose(found.estimate, averages, atol=1e-12)


@pytest.mark.parametrize("controls", ["never treated", "not yet treated"])
@pytest.mark.parametrize("gaps", [False, True])
def test_sums_of_paths_are_tested_as_if_each_were_written_out(controls: Controls, gaps: bool) -> None:
    paths = np.stack([scores(seed, gaps) for seed in range(1, 6)])
    times = np.random.default_rng(4).normal(size=(40, 5))
    planted, effects = treated_cells(DATES, PERIODS), np.array([0.0, 0.8])
    assignments = shuffled_assignments(DATES, 99, seed=3)
    found = p_values_of_sums(
        paths, times, np.where(np.isfinite(paths[0]), planted, np.nan), effects, assignments, PERIODS, controls=controls
    )
    sums = np.einsum("sm,mit->sit", times, paths)
    for row, effect in zip(found, effects, strict=True):
        each = studentised_averages(sums + effect * planted, assignments, PERIODS, controls=controls)
        np.testing.assert_allclose(row, two_sided(each.t), atol=1e-12)


def test_an_average_of_two_by_two_by_hand() -> None:
    # Changes of the treated 1 and 3, of the controls 0, 0 and 3: 2 - 1, variances 1 / 2 and 2 / 3.
    outcomes = np.array([[0.0, 1.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0], [0.0, 3.0]])
    dates = np.array([[2.0, 2.0, np.inf, np.inf, np.inf]])
    found = studentised_averages(outcomes[None], dates, np.array([1.0, 2.0]))
    assert found.estimate[0, 0] == pytest.approx(1)
    assert found.std_error[0, 0] == pytest.approx(np.sqrt(1 / 2 + 2 / 3))


def test_taking_an_effect_off_is_testing_what_is_left() -> None:
    outcomes, assignments = scores(5, gaps=True), shuffled_assignments(DATES, 299, seed=4, strata=[0] * 9 + [1] * 3)
    treated = treated_cells(DATES, PERIODS)
    test = studentised_test(outcomes, assignments, PERIODS)
    for effect in (-1.5, 0.0, 0.4, 3.0):
        left = studentised_test(outcomes - effect * treated, assignments, PERIODS)
        assert test.p_values(np.array([effect]))[0] == pytest.approx(left.p_value)
        np.testing.assert_allclose(test.t(np.array([effect]))[0], left.t(np.zeros(1))[0], rtol=1e-7, atol=1e-9)
    many = p_values_of_many(np.stack([outcomes, outcomes - 3.0 * treated]), assignments, PERIODS)
    assert many.tolist() == pytest.approx([test.p_value, test.p_values(np.array([3.0]))[0]])


def test_the_interval_holds_what_is_not_rejected() -> None:
    assignments = shuffled_assignments(DATES, 299, seed=4)
    for seed in range(4):
        test = studentised_test(scores(seed, gaps=False), assignments, PERIODS)
        low, high = test.interval(0.1)
        assert low < test.estimate < high
        step = 0.01 * test.std_error
        assert (test.p_values(np.array([low, high])) > 0.1).all()
        assert (test.p_values(np.array([low - step, high + step])) <= 0.1).all()


def test_equivalence_is_the_larger_of_two_one_sided_ranks() -> None:
    test = studentised_test(scores(6, gaps=False), shuffled_assignments(DATES, 299, seed=4), PERIODS)
    size = 1.5
    low, high = test.t(np.array([-size, size]))
    expected = max(np.mean(low >= low[0] - 1e-12), np.mean(high <= high[0] + 1e-12))
    assert test.equivalence_p(size) == pytest.approx(expected)
    assert test.equivalence_p(1e3) == pytest.approx(1 / 300)


def test_tests_on_different_units_are_averaged() -> None:
    assignments = shuffled_assignments(DATES, 99, seed=1)
    one, other = (studentised_test(scores(seed, gaps=False), assignments, PERIODS) for seed in (7, 8))
    both = averaged([one, other], [3, 1])
    assert both.estimate == pytest.approx(0.75 * one.estimate + 0.25 * other.estimate)
    assert both.std_error == pytest.approx(np.hypot(0.75 * one.std_error, 0.25 * other.std_error))
    # A constant effect taken off both is taken off their average.
    ratio = (both.estimate - 2) / both.std_error
    assert both.t(np.array([2.0]))[0, 0] == pytest.approx(ratio)
    assert averaged([one], [5]).p_value == one.p_value
    with pytest.raises(ParameterError, match="as many of each"):
        averaged([], [])


def test_without_variation_nothing_is_found() -> None:
    test = studentised_test(np.full((12, 8), 0.1), shuffled_assignments(DATES, 99, seed=1), PERIODS)
    assert test.p_value == 1
    assert np.isnan(test.interval(0.05)).all()


@pytest.mark.parametrize("effect", [1.0, 0.1])
def test_a_difference_that_does_not_vary_between_units_is_refused(effect: float) -> None:
    """Where all treated units gained the same and no other any, the error is nothing but rounding, and no p is told."""
    outcomes = 0.3 + effect * treated_cells(DATES, PERIODS)
    with pytest.raises(ParameterError, match="no standard error"):
        studentised_test(outcomes, shuffled_assignments(DATES, 99, seed=1), PERIODS)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_infinite_statistic_is_as_far_as_itself(sign: int) -> None:
    ratios = sign * np.array([[np.inf, 1.0, -2.0, np.inf, 0.5]])
    assert two_sided(ratios)[0] == pytest.approx(2 / 5)
    assert one_sided(ratios, sign)[0] == pytest.approx(2 / 5)
    assert one_sided(ratios, -sign)[0] == 1


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(ParameterError, match="give units by periods"):
        studentised_test(np.zeros((3, 8)), np.full((5, 4), 3.0), PERIODS)
    with pytest.raises(ParameterError, match="no comparison"):
        studentised_test(scores(1, gaps=False), np.full((5, 12), 3.0), PERIODS)
    with pytest.raises(ParameterError, match="other units"):
        studentised_test(scores(1, gaps=False) * 1e300, DATES[None], PERIODS)


def test_assignments_are_counted() -> None:
    # Four units, two dates and two without: 4! / 2!; three units with one date: 3.
    dates, strata = [2, 3, np.inf, np.inf, 3, np.inf, np.inf], list("aaaabbb")
    assert number_of_assignments(dates, strata) == 12 * 3
    many = np.repeat([1.0, 2.0], 1000)
    assert number_of_assignments(many, np.zeros(2000)) == np.inf


def test_the_studentised_test_keeps_its_level_where_the_treated_vary_more() -> None:
    """Nine treated of 27 with twice the spread, SIMULATED: 6.1 and 11.0 % of 6,000 panels, errors of .0064 and .008 in 1,500."""
    rng = np.random.default_rng(11)
    dates = np.array([3.0] * 9 + [np.inf] * 18)
    periods = np.arange(1.0, 5.0)
    outcomes = rng.normal(size=(1500, 27, 4)) * np.where(np.isfinite(dates), 2.0, 1.0)[:, None]
    assignments = shuffled_assignments(dates, 199, seed=12)
    studentised = np.mean(p_values_of_many(outcomes, assignments, periods) <= 0.05)
    averages = np.abs(group_time_averages(outcomes, assignments, periods))
    plain = np.mean((averages >= averages[0] * (1 - 1e-9)).mean(axis=0) <= 0.05)
    assert studentised == pytest.approx(0.061, abs=3 * 0.0064)
    assert plain == pytest.approx(0.110, abs=3 * 0.008)


def test_without_an_effect_the_level_is_kept_and_the_plain_test_agrees() -> None:
    rng = np.random.default_rng(13)
    outcomes = rng.normal(size=(1500, 12, 8)).cumsum(axis=2)
    assignments = shuffled_assignments(DATES, 199, seed=14)
    assert abs(np.mean(p_values_of_many(outcomes, assignments, PERIODS) <= 0.05) - 0.05) < 3 * 0.0056
    one = studentised_test(outcomes[0], assignments, PERIODS)
    plain = randomisation_test(outcomes[0], assignments, PERIODS, statistic=group_time_averages, exact=False)
    assert one.estimate == pytest.approx(plain.estimate)
