"""p held against what a test gives where there is nothing: on known truth, at the ends, and among several generators."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.calibration import Simulated, calibrated_level, calibrated_p

RNG = np.random.default_rng([25, 9])


def of_too_small_errors(samples: int, shift: float = 0.0) -> np.ndarray:
    """p of a test that takes the mean of three normal numbers over its error for normal: at 5 % it rejects about one null in
    five."""
    x = RNG.standard_normal((samples, 3)) + shift
    return np.asarray(2 * norm.sf(np.abs(x.mean(axis=1) / (x.std(axis=1, ddof=1) / math.sqrt(3)))))


def test_a_test_that_rejects_a_fifth_of_true_nulls_rejects_a_twentieth_once_calibrated() -> None:
    truth = 2 * t.sf(norm.isf(0.025), 2)
    assert truth == pytest.approx(0.189, abs=0.001)
    samples = Simulated(of_too_small_errors(20_000))
    assert samples.rejected(0.05).mean() == pytest.approx(truth, abs=0.012)
    fresh = of_too_small_errors(20_000)
    found = np.array([calibrated_p(p, {"alike": samples})[0] for p in fresh[:2_000]])
    # Four Monte Carlo errors of 2,000 samples held against 20,000.
    error = math.sqrt(0.05 * 0.95 * (1 / 2_000 + 1 / 20_000))
    assert (found <= 0.05).mean() == pytest.approx(0.05, abs=4 * error)
    assert (found >= fresh[:2_000]).all()


def test_the_level_is_where_the_calibrated_p_reaches_it() -> None:
    samples = {"alike": Simulated(of_too_small_errors(1_999)), "exact": Simulated(RNG.uniform(size=999))}
    for level in (0.05, 0.05 / 6):
        at = calibrated_level(level, samples)
        assert 0 < at < level
        assert calibrated_p(at, samples)[0] <= level
        assert calibrated_p(at * (1 + 1e-6), samples)[0] > level
        tried = RNG.uniform(size=2_000) * level
        assert [p <= at for p in tried] == [calibrated_p(p, samples)[0] <= level for p in tried]


def test_a_level_that_the_largest_simulated_p_alone_exceeds_is_told() -> None:
    samples = {"all": Simulated(np.array([0.5, 0.6, 0.9]))}
    at = calibrated_level(0.95, samples)  # the third of three p, of four ranks
    assert at == pytest.approx(0.9)
    assert calibrated_p(at, samples)[0] <= 0.95 < calibrated_p(0.9, samples)[0]


def test_the_worst_generator_decides_and_no_p_becomes_smaller() -> None:
    strict = Simulated(np.ones(99))  # rejects nothing: calibrating on it alone would make p smaller
    assert calibrated_p(0.03, {"strict": strict}) == (0.03, "")
    assert calibrated_level(0.05, {"strict": strict}) == 0.05
    lax = Simulated(np.repeat([0.02, 0.9], [30, 69]))
    assert calibrated_p(0.03, {"strict": strict, "lax": lax}) == (31 / 100, "lax")
    assert calibrated_p(0.95, {"lax": lax}) == (1.0, "lax")
    assert calibrated_level(0.05, {"strict": strict, "lax": lax}) < 0.02


def test_what_few_samples_or_draws_cannot_tell_is_not_told() -> None:
    few = Simulated(np.linspace(0.1, 1, 18))
    assert calibrated_p(0.001, {"few": few}) == (1 / 19, "few")
    assert calibrated_level(0.05, {"few": few}) == 0.0  # 19 numbers give no p of 5 %
    coarse = Simulated(np.repeat([0.01, 0.5], [10, 989]), least_p=0.01)
    # Samples whose test has 99 draws cannot say how rare p of .001 is: it counts as their least.
    assert calibrated_p(0.001, {"coarse": coarse}) == (11 / 1000, "coarse")
    assert calibrated_level(0.005, {"coarse": coarse}) == 0.0
    assert calibrated_level(0.02, {"coarse": coarse}) == 0.02
    # A p above the least one is told, however near.
    assert Simulated(np.repeat([0.011, 0.5], [10, 989]), least_p=0.01).level(0.005) == pytest.approx(0.011)


def test_ties_count_though_draws_are_of_another_number() -> None:
    simulated = Simulated(np.full(9, np.mean(np.arange(20) < 1)))
    assert calibrated_p(1 - 0.95, {"alike": simulated})[0] == 1.0


def test_no_p_stays_none_and_no_samples_are_refused() -> None:
    p, worst = calibrated_p(math.nan, {"alike": Simulated(np.array([0.5]))})
    assert math.isnan(p)
    assert worst == ""
    with pytest.raises(ParameterError, match="there are none"):
        Simulated(np.array([]))
