"""Randomisation tests, wild clusters and leave-one-out against brute force, published answers and known size."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.panel.two_way import treated_cells, two_way_test
from crimjust_research.designs.resampling.multiple_imputation import pooled
from crimjust_research.designs.resampling.wild_bootstrap import (
    WEBB,
    stacked_design,
    webb_weights,
    wild_cluster_bootstrap,
)
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.fixed_effects import two_way_coefficient, two_way_effect
from crimjust_research.designs.staggered.panel import Timing, staggered_panel
from crimjust_research.designs.timing.phases import phase_assignments, phase_rejection_rates
from crimjust_research.designs.timing.randomisation import (
    constant_effects_not_rejected,
    randomisation_test,
    shuffled_assignments,
)
from crimjust_research.designs.timing.statistics import group_time_averages, two_way_coefficients
from crimjust_research.errors import ParameterError

PERIODS = np.arange(1.0, 9.0)


def brute_force_two_way(outcomes: np.ndarray, treated: np.ndarray, use: np.ndarray) -> float:
    """Coefficient of `treated` from one regression with all the dummies, on observed rows of the units used."""
    unit, time = np.indices(outcomes.shape)
    rows = np.isfinite(outcomes) & use[:, None]
    design = np.column_stack(
        [treated[rows], pd.get_dummies(unit[rows], dtype=float), pd.get_dummies(time[rows], dtype=float)]
    )
    return float(np.linalg.lstsq(design, outcomes[rows], rcond=None)[0][0])


# --- Assignments ------------------------------------------------------------------------------------------------


def test_phase_orders_move_whole_phases() -> None:
    assignments = phase_assignments([0, 0, 1, 2], [2, 4, np.inf])
    assert assignments.shape == (6, 4)
    np.testing.assert_array_equal(assignments[0], [2, 2, 4, np.inf])
    assert len(np.unique(assignments, axis=0)) == 6
    np.testing.assert_array_equal(assignments[:, 0], assignments[:, 1])
    assert len(phase_assignments(np.repeat(np.arange(6), 5), range(6))) == 720
    with pytest.raises(ParameterError, match="numbered 0 to 2"):
        phase_assignments([0, 0, 1], [1, 2, 3])
    with pytest.raises(ParameterError, match="sample them"):
        phase_assignments(range(9), range(9))


def test_shuffles_keep_dates_and_strata() -> None:
    dates, strata = np.array([3, 3, np.inf, 5, np.inf, np.inf]), list("aaabbb")
    shuffled = shuffled_assignments(dates, 200, seed=1, strata=strata)
    np.testing.assert_array_equal(shuffled[0], dates)
    np.testing.assert_array_equal(np.sort(shuffled[:, :3]), np.tile([3, 3, np.inf], (201, 1)))
    np.testing.assert_array_equal(np.sort(shuffled[:, 3:]), np.tile([5, np.inf, np.inf], (201, 1)))
    assert len(np.unique(shuffled, axis=0)) == 9
    np.testing.assert_array_equal(shuffled, shuffled_assignments(dates, 200, seed=1, strata=strata))
    with pytest.raises(ParameterError, match="too few"):
        shuffled_assignments(dates, 10, seed=1)
    with pytest.raises(ParameterError, match="changes nothing"):
        shuffled_assignments([3, 3, 5, 5], 99, seed=1, strata=[0, 0, 1, 1])


# --- Statistics -------------------------------------------------------------------------------------------------


def test_two_way_coefficients_at_the_size_of_a_roll_out() -> None:
    """Large enough for the free direction of the period effects to show up as a tiny eigenvalue, not a zero."""
    rng = np.random.default_rng(2)
    outcomes, periods = rng.normal(size=(1, 33, 20)).cumsum(axis=2), np.arange(1.0, 21.0)
    assignments = phase_assignments(np.repeat(np.arange(6), [7, 5, 6, 6, 4, 5]), [4, 7, 10, 13, 16, 19])
    values = two_way_coefficients(outcomes, assignments, periods)[:, 0]
    treated = treated_cells(assignments, periods)
    np.testing.assert_allclose(values, two_way_test(outcomes, treated).estimate, atol=1e-10)
    assert values[100] == pytest.approx(brute_force_two_way(outcomes[0], treated[100], np.ones(33, bool)), abs=1e-10)


@pytest.mark.parametrize("missing", [False, True])
def test_two_way_coefficients_are_those_of_one_regression_each(missing: bool) -> None:
    rng = np.random.default_rng(2)
    outcomes = rng.normal(size=(3, 9, 8)).cumsum(axis=2)
    if missing:
        outcomes[:, rng.random((9, 8)) < 0.2] = np.nan
        outcomes[:, 4] = np.nan
    assignments = shuffled_assignments([3, 3, 5, 5, 7, *[np.inf] * 4], 99, seed=3)[:12]
    values = two_way_coefficients(outcomes, assignments, PERIODS)
    for a, treated in enumerate(treated_cells(assignments, PERIODS)):
        for s in range(3):
            assert values[a, s] == pytest.approx(brute_force_two_way(outcomes[s], treated, np.ones(9, bool)), abs=1e-9)


def test_an_assignment_without_comparison_has_no_coefficient() -> None:
    outcomes = np.random.default_rng(4).normal(size=(1, 4, 8))
    values = two_way_coefficients(outcomes, np.array([[3.0, 3, 3, 3], [3, 3, 3, np.inf]]), PERIODS)
    assert np.isnan(values[0, 0])
    assert np.isfinite(values[1, 0])
    assert np.isnan(group_time_averages(outcomes, np.full((1, 4), 3.0), PERIODS)[0, 0])


@pytest.mark.parametrize("timing", [Timing("treated"), Timing("excluded"), Timing("treated", 1)])
def test_group_time_averages_are_callaway_santanna(timing: Timing) -> None:
    rng = np.random.default_rng(5)
    entry = np.array([4, 4, 4, 6, 6, 6, *[np.nan] * 5])
    outcomes = rng.normal(size=(11, 8)).cumsum(axis=1)
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(11), 8),
            "time": np.tile(PERIODS.astype(int), 11),
            "outcome": outcomes.ravel(),
            "first_treated": np.repeat(entry, 8),
        }
    )
    theirs = aggregate(group_time_effects(panel, timing), "simple").overall["estimate"]
    checked = staggered_panel(panel, timing)
    ours = group_time_averages(checked.outcomes()[None], checked.cohort[None], PERIODS, unclear=timing.unclear_periods)
    assert ours[0, 0] == pytest.approx(theirs, abs=1e-12)


# --- Randomisation tests ----------------------------------------------------------------------------------------


def test_exact_p_value_by_hand() -> None:
    """Three units of one phase each over three periods; the six orders can be worked out on paper."""
    outcomes = np.array([[0.0, 2.0, 2.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    test = randomisation_test(outcomes, phase_assignments([0, 1, 2], [2, 3, np.inf]), [1, 2, 3], exact=True)
    # The pattern of the actual order less its unit and period means, times nine:
    # first [-4, 2, 2] unit means 2/3, 1/3, 0; period means 0, 1/3, 2/3; grand mean 1/3.
    d = np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=float)
    d = d - d.mean(axis=1, keepdims=True) - d.mean(axis=0) + d.mean()
    by_order = [np.sum(d[list(order)] * outcomes) / np.sum(d**2) for order in permutations(range(3))]
    assert test.estimate == pytest.approx(by_order[0])
    expected = np.mean([abs(value) >= abs(by_order[0]) - 1e-12 for value in by_order])
    assert test.p_value == pytest.approx(expected)
    assert (test.exact, test.n_assignments, test.smallest_p) == (True, 6, pytest.approx(1 / 6))


def test_sampled_p_value_counts_the_observed_assignment() -> None:
    rng = np.random.default_rng(7)
    dates = np.array([4, 4, 6, *[np.inf] * 9])
    outcomes = rng.normal(size=(12, 8)) + 50 * treated_cells(dates, PERIODS)
    test = randomisation_test(outcomes, shuffled_assignments(dates, 499, seed=8), PERIODS, exact=False)
    count = int(np.sum(np.abs(test.null[1:]) >= abs(test.null[0]) * (1 - 1e-9)))
    assert test.p_value == pytest.approx((1 + count) / 500)
    assert test.p_value <= 0.02
    assert not test.exact


def test_interval_holds_the_effects_that_are_not_rejected() -> None:
    rng = np.random.default_rng(9)
    sizes, start = [3, 2, 4, 3, 2], [2, 3, 4, 6, np.inf]
    assignments = phase_assignments(np.repeat(np.arange(5), sizes), start)
    treated = treated_cells(assignments[0], PERIODS)
    for statistic in (two_way_coefficients, group_time_averages):
        for _ in range(5):
            outcomes = rng.normal(size=(14, 8)) + 0.8 * treated
            test = randomisation_test(outcomes, assignments, PERIODS, statistic=statistic, exact=True, alpha=0.1)

            def p_value(effect: float, y: np.ndarray = outcomes, statistic: object = statistic) -> float:
                return randomisation_test(
                    y - effect * treated, assignments, PERIODS, statistic=statistic, exact=True
                ).p_value

            width = test.ci_high - test.ci_low
            assert test.ci_low < test.estimate < test.ci_high
            # Outside the interval every effect is rejected; just inside each end it is not.
            for inside in (test.ci_low + 1e-6 * width, test.ci_high - 1e-6 * width):
                assert p_value(inside) > 0.1
            for outside in (1e-6, 0.05, 0.3, 2.0):
                assert p_value(test.ci_low - outside * width) <= 0.1
                assert p_value(test.ci_high + outside * width) <= 0.1


def test_effects_not_rejected_are_those_that_removal_leaves_a_p_above_the_level() -> None:
    rng = np.random.default_rng(3)
    # A few respond more than the one observed, too few to leave an end open.
    null, response = rng.normal(size=200), rng.normal(scale=0.45, size=200)
    response[0] = 1.0
    low, high = constant_effects_not_rejected(null, response, 0.05)

    def p_value(effect: float) -> float:
        left = null - effect * response
        return float(np.mean(np.abs(left) >= np.abs(left[0]) - 1e-12))

    accepted = [effect for effect in np.linspace(-500, 500, 20_001) if p_value(effect) > 0.05]
    assert low <= min(accepted) <= low + 0.05
    assert high - 0.05 <= max(accepted) <= high
    assert p_value(low + 1e-6) > 0.05 >= p_value(low - 1e-6)
    assert p_value(high - 1e-6) > 0.05 >= p_value(high + 1e-6)


def test_one_treated_unit_in_one_period_is_enough_for_an_average() -> None:
    outcomes = np.array([[[1.0, 4.0], [1.0, 2.0], [0.0, 0.0]]])
    starts = np.array([[1.0, np.inf, np.inf]])
    # It rose by 3, the others by 1 and 0.
    assert group_time_averages(outcomes, starts, np.arange(2.0))[0, 0] == pytest.approx(2.5)


def test_interval_is_unbounded_when_no_effect_can_be_rejected() -> None:
    assert constant_effects_not_rejected(np.array([1.0, 0.5, -2.0]), np.array([1.0, 0.2, 0.4]), 0.05) == (
        -np.inf,
        np.inf,
    )


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ParameterError, match="4 units and 8 periods are expected"):
        randomisation_test(np.zeros((3, 8)), np.full((5, 4), 3.0), PERIODS, exact=True)
    with pytest.raises(ParameterError, match="no comparison"):
        randomisation_test(np.zeros((3, 8)), np.full((5, 3), 3.0), PERIODS, exact=True)


# --- Size -------------------------------------------------------------------------------------------------------


def test_size_in_a_roll_out_by_phases() -> None:
    rates = phase_rejection_rates(
        [7, 5, 6, 6, 4, 5], [4, 7, 10, 13, 16, 19], 20, shared_variance=0.25, n_sim=4000, seed=1
    )
    assert abs(rates.permutation - 0.05) < 3 * rates.monte_carlo_error(0.05)
    assert abs(rates.unit_clustered - 0.20) < 3 * rates.monte_carlo_error(0.20)
    assert rates.phase_clustered > 0.055
    alone = phase_rejection_rates([7, 5, 6, 6, 4, 5], [4, 7, 10, 13, 16, 19], 20, shared_variance=0, n_sim=1000, seed=2)
    assert alone.unit_clustered < 0.08
    fixed = phase_rejection_rates(
        [7, 5, 6, 6, 4, 5], [4, 7, 10, 13, 16, 19], 20, shared_variance=0.25, n_sim=1000, seed=3, random_order=False
    )
    assert 0.03 < fixed.permutation < 0.075
    with pytest.raises(ParameterError, match="2 phases, 1 starts"):
        phase_rejection_rates([3, 3], [2], 5, shared_variance=0.1, n_sim=10, seed=1)
    with pytest.raises(ParameterError, match=r"1\.5"):
        phase_rejection_rates([3, 3], [2, 3], 5, shared_variance=1.5, n_sim=10, seed=1)


def test_type_one_error_is_ordered_as_in_griffin_and_others(published: Callable[[str], pd.DataFrame]) -> None:
    outcomes = published("opioid_deaths/rates").set_index("state").to_numpy()
    answers = published("opioid_deaths/answers").set_index("n_treated")
    years = np.arange(1999.0, 2018.0)
    assert outcomes.shape == (49, 19)
    rng = np.random.default_rng(7)
    two_way = {}
    for n_treated in (1, 5, 30):
        first = np.full((400, 49), np.inf)
        for row in first:
            row[rng.choice(49, n_treated, replace=False)] = rng.integers(2002, 2014, size=n_treated)
        treated = treated_cells(first, years)
        two_way[n_treated] = np.mean(two_way_test(outcomes, treated).p_value < 0.05)
    # Three Monte Carlo errors at 400 draws are .064 for the share near three quarters.
    assert two_way[1] == pytest.approx(answers.loc[1, "two_way"], abs=0.064)
    assert two_way[1] > two_way[5] > two_way[30] - 0.01


# --- Batched regressions ----------------------------------------------------------------------------------------


def test_two_way_test_is_the_clustered_regression() -> None:
    rng = np.random.default_rng(10)
    outcomes = rng.normal(size=(2, 10, 8)).cumsum(axis=2)
    dates = np.array([4, 4, 6, 6, *[np.inf] * 6])
    batch = two_way_test(outcomes, treated_cells(dates, PERIODS))
    for s in range(2):
        panel = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(10), 8),
                "time": np.tile(PERIODS.astype(int), 10),
                "outcome": outcomes[s].ravel(),
                "first_treated": np.repeat(np.where(np.isfinite(dates), dates, np.nan), 8),
            }
        )
        one = two_way_effect(panel, Timing("treated")).overall
        assert batch.estimate[s] == pytest.approx(one["estimate"], abs=1e-10)
        assert batch.std_error[s] == pytest.approx(one["std_error"], rel=1e-10)
    with pytest.raises(ParameterError, match="explain the treatment"):
        two_way_test(outcomes, np.ones((10, 8)))
    with pytest.raises(ParameterError, match="missing or infinite outcomes"):
        two_way_test(np.full((4, 8), np.nan), np.ones((4, 8)))


def test_two_way_test_with_gaps_is_the_regression_on_what_is_observed() -> None:
    rng = np.random.default_rng(11)
    outcomes = rng.normal(size=(3, 9, 8)).cumsum(axis=2)
    outcomes[:, rng.random((9, 8)) < 0.2] = np.nan
    assignments = np.stack([rng.permutation([4, 4, 6, 6, 6, *[np.inf] * 4]) for _ in range(3)])
    treated = treated_cells(assignments, PERIODS)
    unit, period = np.nonzero(np.isfinite(outcomes[0]))
    batch = two_way_test(outcomes, treated)
    for s in range(3):
        y, d = (values[s, unit, period] for values in (outcomes, treated))
        one = two_way_coefficient(y, d, unit, period, np.ones(y.size))
        assert batch.estimate[s] == pytest.approx(one.estimate, abs=1e-10)
        assert batch.std_error[s] == pytest.approx(one.std_error, rel=1e-10)
        assert batch.estimate[s] == pytest.approx(two_way_coefficients(outcomes, assignments, PERIODS)[s, s], abs=1e-10)
    elsewhere = outcomes.copy()
    elsewhere[0, 0, 0] = np.nan if np.isfinite(outcomes[0, 0, 0]) else 1.0
    with pytest.raises(ParameterError, match="in the same cells of all panels"):
        two_way_test(elsewhere, treated)


# --- Wild clusters ----------------------------------------------------------------------------------------------


def test_voters(published: Callable[[str], pd.DataFrame]) -> None:
    data = published("voters/voters")
    design = stacked_design(data["treatment"], data["log_income"], dummies=(data["Q1_immigration"], data["Q2_defense"]))
    result = wild_cluster_bootstrap(design, data["proposition_vote"], data["group_id1"], 1, seed=1)
    assert result.estimate == pytest.approx(0.078807225, abs=1e-8)
    assert result.t == pytest.approx(3.983127, abs=1e-5)
    assert result.p_value <= 0.003
    assert (result.ci_low, result.ci_high) == (pytest.approx(0.039, abs=1.5e-3), pytest.approx(0.119, abs=1.5e-3))
    assert (result.n_clusters, result.draws, result.exact) == (40, 9999, False)


def test_bootstrap_by_refitting_every_draw() -> None:
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(4), 6)
    x = np.column_stack([np.ones(24), rng.normal(size=24), rng.normal(size=24) + cluster])
    y = x @ [1, 0.3, 0.5] + rng.normal(size=4)[cluster] + rng.normal(size=24)
    # That the coefficient is 0.2 is tested as that of y - 0.2 x is zero.
    result = wild_cluster_bootstrap(x, y - 0.2 * x[:, 1], cluster, 1, draws=2000)
    assert (result.exact, result.draws) == (True, 6**4)

    def t_statistic(response: np.ndarray, null: float) -> float:
        inverse = np.linalg.inv(x.T @ x)
        beta = inverse @ x.T @ response
        e = response - x @ beta
        scores = np.stack([x[cluster == g].T @ e[cluster == g] for g in range(4)])
        variance = inverse @ (scores.T @ scores) @ inverse * 4 / 3 * 23 / 21
        return float((beta[1] - null) / np.sqrt(variance[1, 1]))

    free = np.linalg.lstsq(x[:, [0, 2]], y - 0.2 * x[:, 1], rcond=None)[0]
    fitted = 0.2 * x[:, 1] + x[:, [0, 2]] @ free
    assert result.t == pytest.approx(t_statistic(y, 0.2))
    every, exact = webb_weights(4, 2000, 0)
    assert exact
    drawn = every[::7]
    extreme = [abs(t_statistic(fitted + (y - fitted) * w[cluster], 0.2)) >= abs(result.t) * (1 - 1e-9) for w in drawn]
    p = result.p_value
    assert np.mean(extreme) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / len(drawn)))
    # The interval's ends are where p crosses alpha.
    for end in (result.ci_low, result.ci_high):
        shifted = y - (0.2 + end + 1e-6) * x[:, 1]
        assert wild_cluster_bootstrap(x, shifted, cluster, 1, draws=2000).p_value == pytest.approx(0.05, abs=0.003)


def test_webb_weights_have_mean_zero_and_variance_one() -> None:
    assert WEBB.mean() == pytest.approx(0)
    assert np.mean(WEBB**2) == pytest.approx(1)
    assert webb_weights(12, 999, 1)[0].shape == (999, 12)


def test_size_with_few_clusters() -> None:
    rng = np.random.default_rng(13)
    cluster = np.repeat(np.arange(9), 10)
    treated = (cluster < 4).astype(float)
    wild, clustered = [], []
    for seed in range(300):
        y = rng.normal(size=9)[cluster] + rng.normal(size=90)
        result = wild_cluster_bootstrap(stacked_design(treated), y, cluster, 1, draws=199, seed=seed)
        wild.append(result.p_value <= 0.05)
        clustered.append(abs(result.t) > 1.96)
    # Binomial standard error at 5 % and 300 samples is 1.3 points.
    assert np.mean(wild) < 0.09
    assert np.mean(clustered) > np.mean(wild) + 0.02


def test_wild_bootstrap_refusals() -> None:
    x, y = np.column_stack([np.ones(6), np.arange(6.0)]), np.arange(6.0)
    with pytest.raises(ParameterError, match="linearly dependent"):
        wild_cluster_bootstrap(np.column_stack([x, x[:, 1]]), y, [0, 0, 1, 1, 2, 2], 1)
    with pytest.raises(ParameterError, match="at least two clusters; there is 1"):
        wild_cluster_bootstrap(x, y, np.zeros(6), 1)
    with pytest.raises(ParameterError, match="position 5"):
        wild_cluster_bootstrap(x, y, [0, 0, 1, 1, 2, 2], 5)


# --- Draws of what was not observed exactly ---------------------------------------------------------------------


def test_draws_are_pooled_by_hand() -> None:
    estimate, error = pooled(np.array([1.0, 2.0, 6.0]), np.array([0.5, 1.0, 1.5]))
    # Within (0.25 + 1 + 2.25) / 3; between (4 + 1 + 9) / 2 = 7, times 1 + 1/3.
    assert estimate == pytest.approx(3)
    assert error == pytest.approx(np.sqrt(3.5 / 3 + 7 * 4 / 3))
    with pytest.raises(ParameterError, match="at least two"):
        pooled(np.array([1.0]), np.array([0.5]))
