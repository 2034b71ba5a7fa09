"""Correlation of joint events with another network: by enumeration, by leaving out events in a loop, by simulation."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.networks import event_qap as q
from crimjust_research.designs.networks.qap import cells_of
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.errors import ParameterError

TOOK_PART = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0], [1, 0, 0, 0, 1, 1]], dtype=bool)
STRATA = np.array([0, 0, 0, 1, 1, 1])
TRAFFIC = np.array(
    [
        [0, 9, 4, 1, 0, 2],
        [9, 0, 3, 0, 5, 0],
        [4, 3, 0, 2, 1, 0],
        [1, 0, 2, 0, 6, 1],
        [0, 5, 1, 6, 0, 3],
        [2, 0, 0, 1, 3, 0],
    ],
    dtype=float,
)


def by_loop(ties: FloatArray, traffic: FloatArray) -> tuple[float, float]:
    """Correlation and its jackknife error, one event after the other."""
    without = [np.corrcoef(np.delete(ties, e, axis=0).sum(axis=0), traffic)[0, 1] for e in range(len(ties))]
    n = len(ties)
    error = np.sqrt((n - 1) / n * np.sum((np.array(without) - np.mean(without)) ** 2))
    return float(np.corrcoef(ties.sum(axis=0), traffic)[0, 1]), float(error)


def within(strata: IntArray) -> IntArray:
    """Every order of the nodes that keeps them in their strata, the order they stand in first."""
    places = [np.flatnonzero(strata == s) for s in np.unique(strata)]
    orders = []
    for chosen in product(*(permutations(own) for own in places)):
        order = np.empty(strata.size, dtype=np.int64)
        for own, taken in zip(places, chosen, strict=True):
            order[own] = taken
        orders.append(order)
    return np.array(orders)


def test_ties_are_pairs_of_those_who_took_part() -> None:
    ties = q.joint_ties(TOOK_PART)
    # Cells above the diagonal in rows: 01 02 03 04 05 12 13 14 15 23 24 25 34 35 45.
    assert ties[0].tolist() == [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert q.without_each_event(ties)[:, 0].tolist() == [2, 1, 1, 2, 2]


def test_the_p_value_is_that_of_every_labelling_within_strata() -> None:
    """Six nodes in two strata: 36 labellings, each with its own error, all of them gone through."""
    ties, off = q.joint_ties(TOOK_PART), np.triu_indices(6, 1)
    every = within(STRATA)
    assert len(every) == 36
    assert every[0].tolist() == [0, 1, 2, 3, 4, 5]
    fits = [by_loop(ties, TRAFFIC[np.ix_(order, order)][off]) for order in every]
    ratios = np.array([r / s for r, s in fits])
    found = q.event_qap(q.without_each_event(ties), q.relabelled(TRAFFIC, every))
    assert (found.correlation, found.std_error) == pytest.approx(fits[0])
    assert found.null == pytest.approx(ratios[1:])
    assert found.p_value == pytest.approx(np.mean(np.abs(ratios) >= abs(ratios[0]) - 1e-9))
    one_side = min(np.mean(ratios >= ratios[0] - 1e-9), np.mean(ratios <= ratios[0] + 1e-9))
    assert found.p_equal_tails == pytest.approx(min(1, 2 * one_side))
    # Drawn labellings come near the exact share: at most four Monte Carlo errors, 4 sqrt(.25 / 9,999).
    drawn = q.event_qap(q.without_each_event(ties), q.relabelled(TRAFFIC, shuffled_within(STRATA, 9_999, 3)))
    assert drawn.p_value == pytest.approx(found.p_value, abs=0.02)


def test_controls_leave_what_a_regression_leaves() -> None:
    rng = np.random.default_rng(4)
    ties = q.joint_ties(rng.random((9, 12)) < 0.35)
    off = np.triu_indices(12, 1)
    y, control = rng.normal(size=(2, off[0].size))
    left = OLS(y, np.column_stack([np.ones(y.size), control])).fit().resid
    assert q.free_of(y[:, None], control[:, None])[:, 0] == pytest.approx(left)
    square = np.zeros((12, 12))
    square[off] = square.T[off] = left
    order = shuffled_within(np.zeros(12), 99, 1)
    found = q.event_qap(q.without_each_event(ties), q.relabelled(square, order), control[:, None])

    def partial(values: FloatArray) -> tuple[float, float]:
        design = np.column_stack([np.ones(y.size), control])
        freed = [OLS(v, design).fit().resid for v in (*ties, values)]
        return by_loop(np.array(freed[:-1]), freed[-1])

    assert (found.correlation, found.std_error) == pytest.approx(partial(y))
    moved = square[np.ix_(order[7], order[7])][off]
    assert found.null[6] == pytest.approx(np.divide(*partial(moved)))


def test_the_interval_and_equivalence_are_those_of_the_test() -> None:
    rng = np.random.default_rng(5)
    ties = q.joint_ties(rng.random((12, 15)) < 0.3)
    matrix = rng.normal(size=(15, 15))
    fit = q.event_qap(
        q.without_each_event(ties), q.relabelled(matrix + matrix.T, shuffled_within(np.zeros(15), 499, 2))
    )

    def p_of(value: float) -> float:
        distance = abs(fit.correlation - value) / fit.std_error
        return float((1 + np.sum(np.abs(fit.null) >= distance - 1e-9)) / 500)

    for level in (0.9, 0.95):
        low, high = fit.interval(level)
        step = 1e-6 * (high - low)
        assert min(p_of(low + step), p_of(high - step)) > 1 - level
        assert max(p_of(low - step), p_of(high + step)) <= 1 - level + 1e-12
    for size in (0.1, 0.4):
        below = np.mean(
            np.append(fit.null, (fit.correlation - size) / fit.std_error) <= (fit.correlation - size) / fit.std_error
        )
        above = np.mean(
            np.append(fit.null, (fit.correlation + size) / fit.std_error) >= (fit.correlation + size) / fit.std_error
        )
        assert fit.equivalence_p(size) == pytest.approx(max(below, above))
    assert fit.interval(0.9999) == (-np.inf, np.inf)
    low, high = fit.interval(1e-15)
    assert (high - low) / 2 == pytest.approx(float(np.abs(fit.null).min()) * fit.std_error)


def test_sums_over_events_give_what_building_each_network_gives() -> None:
    """Repeated and missing events among them."""
    rng = np.random.default_rng(6)
    ties, traffic = q.joint_ties(rng.random((7, 10)) < 0.4), rng.normal(size=(45, 3))
    counts = np.array([[1, 1, 1, 1, 1, 1, 1], [2, 0, 1, 1, 0, 3, 0]], dtype=float)
    unit = (traffic - traffic.mean(axis=0)) / np.linalg.norm(traffic - traffic.mean(axis=0), axis=0)
    products = ((ties - ties.mean(axis=1, keepdims=True)) @ unit).T
    slow = [
        [np.divide(*by_loop(np.repeat(ties, own.astype(int), axis=0), column)) for own in counts]
        for column in traffic.T
    ]
    assert q.studentised(ties, counts, products[:, :, None]) == pytest.approx(np.array(slow))
    each_its_own = q.studentised(ties, counts, np.stack([products[:2].T])[:1])
    assert each_its_own[0] == pytest.approx([slow[0][0], slow[1][1]])


def test_without_each_event_the_test_is_that_of_the_others() -> None:
    rng = np.random.default_rng(9)
    ties, matrix = q.joint_ties(rng.random((6, 9)) < 0.5), rng.normal(size=(9, 9))
    traffic = q.relabelled(matrix + matrix.T, shuffled_within(np.zeros(9), 199, 2))
    for place, found in enumerate(q.each_event_left_out(ties, traffic)):
        alone = q.event_qap(q.without_each_event(np.delete(ties, place, axis=0)), traffic)
        assert (found.correlation, found.std_error) == pytest.approx((alone.correlation, alone.std_error))
        assert (found.p_value, found.p_equal_tails) == (alone.p_value, alone.p_equal_tails)
        assert (found.n_events, found.n_cells, found.permutations) == (5, 36, 199)
        assert found.null == pytest.approx(alone.null)
        assert found.without == pytest.approx(alone.without)


def test_the_bootstrap_draws_events() -> None:
    rng = np.random.default_rng(7)
    ties, traffic = q.joint_ties(rng.random((20, 12)) < 0.4), rng.normal(size=66)
    traffic = traffic + ties.sum(axis=0)
    low, high, p_value = q.event_bootstrap(ties, traffic, 999, 3, 0.05)
    counts = q.drawn_events(20, 999, 3)
    assert (counts.sum(axis=1) == 20).all()
    found = [np.corrcoef(own @ ties, traffic)[0, 1] for own in counts]
    assert (low, high) == pytest.approx(tuple(np.quantile(found, [0.025, 0.975])))
    assert p_value == pytest.approx(2 * (1 + min(np.sum(np.array(found) <= 0), np.sum(np.array(found) >= 0))) / 1000)


SIMULATED = np.random.default_rng(8)
EVENTS = q.joint_ties(SIMULATED.random((15, 14)) < 0.3)
REGION = np.repeat([0, 1], 7)
FLOWS = np.log1p(SIMULATED.poisson(1.0, size=(14, 14)) * 3.0)
FLOWS = FLOWS + FLOWS.T


def test_simulated_p_values_are_those_of_the_test_on_each_sample() -> None:
    counts = q.drawn_events(15, 3, 5)
    found = q.simulated_p_values(EVENTS, FLOWS, REGION, counts, 199, 4)
    order = shuffled_within(REGION, 202, 4)[1:]
    for sample in range(3):
        ties = np.repeat(EVENTS, counts[sample].astype(int), axis=0)
        traffic = q.relabelled(FLOWS, np.vstack([order[199 + sample], order[:199]]))
        assert found[sample] == pytest.approx(q.event_qap(q.without_each_event(ties), traffic).p_value)


def test_a_size_that_no_traffic_reaches_has_no_p_and_takes_none_from_others() -> None:
    few = np.ones((99, EVENTS.shape[0]))
    (alone,) = q.simulated_power(EVENTS, FLOWS, REGION, few, [0.3], 99, 1)
    beyond, within = q.simulated_power(EVENTS, FLOWS, REGION, few, [1.1, 0.3], 99, 1)
    assert np.isnan(beyond).all()
    assert within.tolist() == alone.tolist()


def test_simulated_power_is_that_of_the_test_on_each_sample() -> None:
    counts, size = q.drawn_events(15, 120, 5), 0.3
    (found,) = q.simulated_power(EVENTS, FLOWS, REGION, counts, [size], 199, 4)
    total = EVENTS.sum(axis=0)
    kept = np.mean([np.corrcoef(own @ EVENTS, total)[0, 1] for own in counts])
    shared = (total - total.mean()) / np.linalg.norm(total - total.mean())
    noise, order = shuffled_within(REGION, 120, 4)[1:], shuffled_within(REGION, 199, 5)
    cells = cells_of(14)
    for sample in range(3):
        base = q.relabelled(FLOWS, noise[[sample]])[:, 0]
        base = (base - base.mean()) / np.linalg.norm(base - base.mean())
        square = np.zeros((14, 14))
        square[cells.rows, cells.columns] = size / kept * shared + np.sqrt(1 - (size / kept) ** 2) * base
        traffic = q.relabelled(square + square.T, np.argsort(order, axis=1))
        ties = np.repeat(EVENTS, counts[sample].astype(int), axis=0)
        # Single precision may shift a tie.
        assert found[sample] == pytest.approx(q.event_qap(q.without_each_event(ties), traffic).p_value, abs=0.006)


def test_mean_correlation_of_simulated_samples_is_the_size_asked_for_and_power_grows_with_it() -> None:
    counts = q.drawn_events(15, 400, 5)
    small, large = q.simulated_power(EVENTS, FLOWS, REGION, counts, [0.1, 0.6], 199, 4)
    assert (large < 0.05).mean() > (small < 0.05).mean() + 0.2


def test_the_size_is_kept_where_regions_differ_and_shuffling_all_does_not_keep_it() -> None:
    """SIMULATED: countries of one region meet more and trade more; within regions there is no relation."""
    rng = np.random.default_rng(12)
    region = np.repeat([0, 1, 2], 6)
    same = (region[:, None] == region)[np.triu_indices(18, 1)]
    rejected = np.zeros((200, 2))
    for sample in range(200):
        leads = rng.integers(0, 3, size=25)
        ties = q.joint_ties(rng.random((25, 18)) < np.where(region == leads[:, None], 0.55, 0.08))
        square = np.zeros((18, 18))
        square[np.triu_indices(18, 1)] = rng.exponential(size=153) * (1 + 2 * same)
        square += square.T
        replicates = q.without_each_event(ties)
        for place, strata in enumerate((region, np.zeros(18))):
            order = shuffled_within(strata, 199, sample)
            rejected[sample, place] = q.event_qap(replicates, q.relabelled(square, order)).p_value <= 0.05
    within_regions, over_all = rejected.mean(axis=0)
    assert within_regions <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert over_all > 0.5


def test_what_has_no_error_or_no_relation_is_refused() -> None:
    ties = q.joint_ties(TOOK_PART)
    traffic = q.relabelled(TRAFFIC, within(STRATA))
    cells = np.arange(15.0)[:, None]
    for call, said in (
        (lambda: q.event_qap(q.without_each_event(ties[:2]), traffic), "2 events are too few"),
        (lambda: q.event_qap(q.without_each_event(ties), np.ones((15, 100))), "traffic is the same in every cell"),
        (lambda: q.event_qap(q.without_each_event(np.ones((3, 15))), traffic), "joint events, without some event, is"),
        (lambda: q.event_qap(np.tile(ties[0], (5, 1)), traffic), "same whichever event is left out"),
        (lambda: q.free_of(cells, np.hstack([cells, cells])), "depend on each other"),
        (lambda: q.free_of(cells, np.ones((15, 1))), "are constant"),
        (lambda: q.studentised(ties, np.array([[1.0, 0, 0, 0]]), np.ones((1, 4, 1))), "draw from more events"),
        (lambda: q.event_qap(q.without_each_event(ties), traffic).equivalence_p(0.0), "above zero"),
    ):
        with pytest.raises(ParameterError, match=said):
            call()


@pytest.mark.parametrize("controlled", [False, True])
def test_products_of_relabelled_ties_are_those_of_relabelled_networks(controlled: bool) -> None:
    rng = np.random.default_rng(8)
    ties = q.joint_ties(rng.random((5, 9)) < 0.4)
    controls = rng.standard_normal((36, 2)) if controlled else None
    traffic = q.free_of(rng.standard_normal((36, 3)))
    order = shuffled_within(np.repeat([0, 1], [4, 5]), 99, 1)
    found = q.relabelled_products(ties, order, traffic, controls)
    cells = cells_of(9)
    for event, values in enumerate(q.free_of(ties.T, controls).T):
        matrix = np.zeros((9, 9))
        matrix[cells.rows, cells.columns] = matrix[cells.columns, cells.rows] = values
        assert found[:, event] == pytest.approx(q.relabelled(matrix, order).T @ traffic, abs=1e-5)


def test_a_correlation_without_error_is_infinitely_many_of_them_and_none_is_none() -> None:
    assert q._ratio(np.array([0.3, -0.3, 0.0]), np.zeros(3)).tolist() == [np.inf, -np.inf, 0.0]
