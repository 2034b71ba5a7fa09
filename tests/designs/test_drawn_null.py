"""A statistic among its draws: p, interval and equivalence by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from crimjust_research.designs.resampling.drawn_null import DrawnNull
from crimjust_research.errors import ParameterError

DRAWN = np.arange(-9.0, 10.0)  # 19 draws of mean 0


def test_p_counts_draws_as_far_from_their_mean() -> None:
    null = DrawnNull(8.0, DRAWN + 1.0)  # the distance is 7; seven, eight and nine lie as far on either side
    assert (null.estimate, null.mean) == (7.0, 1.0)
    assert null.p_value == pytest.approx((1 + 6) / 20)
    assert null.p_values([1.0, 100.0]) == pytest.approx([1.0, 1 / 20])
    assert null.least_p == 1 / 20


def test_the_interval_holds_the_shifts_that_are_not_rejected() -> None:
    null = DrawnNull(0.25, np.random.default_rng(1).gamma(2.0, size=999))
    for level in (0.9, 0.95, 0.99):
        low, high = null.interval(level)
        for end, outwards in ((low, -1e-6), (high, 1e-6)):
            # A shift is rejected if the statistic without it is.
            assert null.p_values([null.observed - end])[0] > 1 - level + 1e-9
            assert null.p_values([null.observed - end - outwards])[0] <= 1 - level + 1e-9
    assert DrawnNull(0.0, DRAWN).interval(0.99) == (-math.inf, math.inf)
    # The shortest is as long as the draw that lies nearest: all others are rejected at every level.
    nearest = float(np.abs(DRAWN - DRAWN.mean()).min())
    low, high = DrawnNull(0.0, DRAWN).interval(1e-15)
    assert (high - low) / 2 == pytest.approx(nearest)


def test_equivalence_is_the_worse_of_two_one_sided_tests() -> None:
    null = DrawnNull(2.0, DRAWN)
    # Not below 8: draws of 2 - 8 = -6 or less, four; not above -8: of 10 or more, none.
    assert null.equivalence_p(8.0) == pytest.approx(5 / 20)
    assert null.equivalence_p(12.0) == pytest.approx(1 / 20)
    assert DrawnNull(-2.0, DRAWN).equivalence_p(8.0) == pytest.approx(5 / 20)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="not numbers"):
        DrawnNull(math.nan, DRAWN)
    with pytest.raises(ParameterError, match="above zero"):
        DrawnNull(0.0, DRAWN).equivalence_p(0)
    with pytest.raises(ParameterError, match="level"):
        DrawnNull(0.0, DRAWN).interval(95)
