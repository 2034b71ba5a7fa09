"""Equivalence within a margin, and power against it: by hand, by their definition, and simulated."""

import math

import numpy as np
import pytest
from scipy import stats

from crimjust_research.designs.fit import inference
from crimjust_research.designs.margins import equivalence_p, error_of_interval, two_sided_power
from crimjust_research.errors import ParameterError


def test_the_larger_of_two_one_sided_p_by_hand() -> None:
    # 0.1 with error 0.1 within 0.3: z of 4 and of -2; the second binds.
    assert equivalence_p(0.1, 0.1, 0.3) == pytest.approx(stats.norm.sf(2))
    assert equivalence_p(-0.1, 0.1, 0.3) == pytest.approx(stats.norm.sf(2))
    assert equivalence_p(0.1, 0.1, 0.3, df=7) == pytest.approx(stats.t.sf(2, 7))
    assert equivalence_p(0.4, 0.1, 0.3) == pytest.approx(stats.norm.cdf(1))  # outside it


@pytest.mark.parametrize("estimate", [-0.3, 0.0, 0.05, 0.13, 0.14, 0.5])
def test_it_is_below_alpha_where_the_90_percent_interval_lies_within(estimate: float) -> None:
    found = inference(np.array([estimate]), np.array([0.1]), 0.1, 20)
    within = found["ci_low"][0] > -0.31 and found["ci_high"][0] < 0.31
    assert (equivalence_p(estimate, 0.1, 0.31, df=20) < 0.05) == within


def test_power_is_the_share_of_t_ratios_beyond_the_critical_value() -> None:
    rng = np.random.default_rng(3)
    draws, df, effect, error = 200_000, 9, 0.25, 0.1
    t = (effect / error + rng.normal(size=draws)) / np.sqrt(rng.chisquare(df, draws) / df)
    simulated = np.mean(np.abs(t) > stats.t.ppf(0.99, df))
    assert two_sided_power(effect, error, 0.02, df) == pytest.approx(simulated, abs=4 * math.sqrt(0.25 / draws))
    # Normal: 2.8 standard errors are found with probability 0.80 at 5 %.
    assert two_sided_power(2.8015, 1, 0.05) == pytest.approx(0.8, abs=1e-4)
    assert two_sided_power(2.8015, 1, 0.05, df=1e7) == pytest.approx(0.8, abs=1e-4)


def test_power_is_known_however_large_the_effect() -> None:
    """Also where the tail on the other side is next to nothing, and near one effect another's power is near."""
    effects = np.linspace(0.5, 12, 2000)
    power = np.array(
        [two_sided_power(effect, 1.0, 0.01, df) for effect, df in zip(effects, np.linspace(20, 80, 2000), strict=True)]
    )
    assert (np.diff(power) > -1e-12).all()
    assert power[-1] == pytest.approx(1)
    assert [two_sided_power(effect, 1.0, 0.001, df=1) for effect in (1e7, 1e300)] == pytest.approx([1, 1])


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_an_interval_gives_back_the_error_it_was_made_with(level: float) -> None:
    found = inference(np.array([0.4]), np.array([0.1]), 1 - level, 7)
    low, high = found["ci_low"][0], found["ci_high"][0]
    assert error_of_interval(low, high, level, df=7) == pytest.approx(0.1)
    assert error_of_interval(low, high, level) > 0.1  # wider than the normal would have it
    assert error_of_interval(-math.inf, high, level) == math.inf
    assert math.isnan(error_of_interval(math.nan, high, level))
    with pytest.raises(ParameterError, match="level"):
        error_of_interval(low, high, 95.0)


def test_nothing_is_said_without_an_error_or_a_margin() -> None:
    for error in (0.0, math.nan, math.inf):
        assert math.isnan(equivalence_p(0.1, error, 0.3))
        assert math.isnan(two_sided_power(0.1, error, 0.05))
    with pytest.raises(ParameterError, match="The margin is 0; give a number above zero"):
        equivalence_p(0.1, 0.1, 0)
    with pytest.raises(ParameterError, match="The effect is -1; give a number above zero"):
        two_sided_power(-1, 0.1, 0.05)
