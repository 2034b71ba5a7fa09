"""Shuffles within strata, least squares under each of them, and intervals and equivalence by the test itself."""

from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from crimjust_research.designs.resampling.inversion import equivalence_p, not_rejected, one_sided, two_sided
from crimjust_research.designs.resampling.shuffled_treatment import ShuffledTreatment
from crimjust_research.designs.resampling.shuffles import shuffled_within, without_unit
from crimjust_research.errors import ParameterError

STRATA = np.array([0, 0, 0, 1, 1, 1, 1, 2])


def test_labels_stay_in_their_stratum_and_the_first_row_is_as_observed() -> None:
    order = shuffled_within(STRATA, 199, 1)
    assert (order[0] == np.arange(8)).all()
    assert (np.sort(order, axis=1) == np.arange(8)).all()
    assert (STRATA[order] == STRATA).all()
    assert len(np.unique(order[1:, :3], axis=0)) == 6


def test_every_order_is_as_likely_as_any_with_and_without_a_unit() -> None:
    order = shuffled_within(np.zeros(4), 24_000, 3)
    for shuffles, orders in ((order[1:], 24), (without_unit(order, 2)[1:], 6)):
        _, counts = np.unique(shuffles, axis=0, return_counts=True)
        assert counts.size == orders
        # Chi squared on orders - 1 degrees of freedom; 60 and 25 lie beyond its 99.99 % points.
        expected = len(shuffles) / orders
        assert ((counts - expected) ** 2 / expected).sum() < {24: 60, 6: 25}[orders]


def test_a_unit_left_out_hands_on_what_it_had() -> None:
    # Unit 1 has the label of 3, and 0 that of 1: without 1, unit 0 has that of 3, which is now numbered 2.
    order = np.array([[0, 1, 2, 3], [1, 3, 2, 0]])
    assert without_unit(order, 1).tolist() == [[0, 1, 2], [2, 1, 0]]
    assert without_unit(order, 2).tolist() == [[0, 1, 2], [1, 2, 0]]


def test_coefficients_and_errors_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(2)
    region = np.repeat(np.eye(3), [8, 9, 7], axis=0)
    controls = np.column_stack([region, rng.normal(size=24)])
    treatment = np.where(rng.random((5, 24)) < 0.4, rng.uniform(0.5, 2, (5, 24)), 0.0)
    outcomes = rng.normal(size=(3, 24)) * (1 + treatment[0])
    found = ShuffledTreatment(treatment, controls).coefficients(outcomes)
    for s, a in np.ndindex(3, 5):
        fit = sm.OLS(outcomes[s], np.column_stack([treatment[a], controls])).fit(cov_type="HC2")
        assert found.estimate[s, a] == pytest.approx(fit.params[0])
        assert found.std_error[s, a] == pytest.approx(fit.bse[0])
        assert found.statistic[s, a] == pytest.approx(fit.tvalues[0])


def test_what_has_no_error_is_refused() -> None:
    constant = np.ones((6, 1))
    with pytest.raises(ParameterError, match="controls explain who is treated"):
        ShuffledTreatment(np.ones((1, 6)), constant)
    with pytest.raises(ParameterError, match="fitted by its own treatment"):
        ShuffledTreatment(np.eye(6)[:1], constant)
    with pytest.raises(ParameterError, match="depend on each other"):
        ShuffledTreatment(np.eye(6)[:1], np.ones((6, 2)))


def test_p_is_the_exact_share_of_all_assignments() -> None:
    y = np.array([3.0, 1.0, 0.5, 0.0, -1.0])
    treated = np.array(sorted({tuple(t) for t in permutations([1.0, 1.0, 0.0, 0.0, 0.0])}, reverse=True))
    assert (treated[0] == [1, 1, 0, 0, 0]).all()
    statistic = ShuffledTreatment(treated, np.ones((5, 1))).coefficients(y[None]).statistic
    by_hand = []
    for t in treated:
        one, other = y[t > 0], y[t == 0]
        error = np.sqrt(one.var(ddof=1) / one.size + other.var(ddof=1) / other.size)  # HC2 of two groups
        by_hand.append((one.mean() - other.mean()) / error)
    by_hand_p = np.mean(np.abs(by_hand) >= abs(by_hand[0]) - 1e-9)
    assert two_sided(statistic)[0] == pytest.approx(by_hand_p)
    assert one_sided(statistic, 1)[0] == pytest.approx(np.mean(np.array(by_hand) >= by_hand[0] - 1e-9))
    assert one_sided(statistic, -1)[0] == pytest.approx(np.mean(np.array(by_hand) <= by_hand[0] + 1e-9))


def test_an_interval_holds_what_is_not_rejected() -> None:
    def p_values(values: np.ndarray) -> np.ndarray:
        return np.asarray(2 * norm.sf(np.abs(values - 1.3) / 0.4))

    low, high = not_rejected(p_values, 1.3, 0.4, 0.05)
    assert (low, high) == pytest.approx((1.3 - 1.96 * 0.4, 1.3 + 1.96 * 0.4), abs=0.001)
    # A scale four times too small, and an estimate beside the middle, find the same ends.
    assert not_rejected(p_values, 1.5, 0.1, 0.05) == pytest.approx((low, high), abs=0.002)
    # A p that stays above the level leaves a side open.
    assert not_rejected(lambda v: np.where(v < 1, 0.01, 0.5), 1.3, 0.4, 0.05)[1] == np.inf
    with pytest.raises(ParameterError, match="finite"):
        not_rejected(p_values, np.nan, 0.4, 0.05)


def test_the_interval_of_a_shuffled_difference_inverts_its_test() -> None:
    rng = np.random.default_rng(4)
    treated = np.repeat([1.0, 0.0], [6, 14])
    y = rng.normal(size=20) + 0.8 * treated
    shuffled = ShuffledTreatment(treated[shuffled_within(np.zeros(20), 999, 5)], np.ones((20, 1)))

    def p_values(effects: np.ndarray) -> np.ndarray:
        shifted = y - effects[:, None] * treated
        return two_sided(shuffled.coefficients(shifted).statistic)

    own = ShuffledTreatment(treated[None], np.ones((20, 1))).coefficients(y[None])
    low, high = not_rejected(p_values, own.estimate[0, 0], own.std_error[0, 0], 0.1)
    inside, outside = p_values(np.array([low, high])), p_values(np.array([low - 0.01, high + 0.01]))
    assert (inside > 0.1).all()
    assert (outside <= 0.1).all()


def test_equivalence_takes_the_larger_of_two_one_sided_p() -> None:
    draws = np.random.default_rng(6).normal(size=99_999)

    def statistics(effects: np.ndarray) -> np.ndarray:
        # A normal estimate of 0.2 with error 0.5 against each effect.
        return np.column_stack([(0.2 - effects) / 0.5, np.tile(draws, (len(effects), 1))])

    assert equivalence_p(statistics, 1.0) == pytest.approx(norm.cdf((0.2 - 1.0) / 0.5), abs=0.003)
    assert equivalence_p(lambda e: statistics(e + 0.4), 1.0) == pytest.approx(norm.cdf((0.2 - 1.0) / 0.5), abs=0.003)
    with pytest.raises(ParameterError, match="above zero"):
        equivalence_p(statistics, 0.0)
