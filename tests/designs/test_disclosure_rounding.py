"""Round numbers: by hand, and what no rounding may give away."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from crimjust_research.designs.counts.totals import wilson_shares
from crimjust_research.designs.disclosure.rounding import (
    all_but_few,
    coarse_interval,
    coarse_share,
    coarse_sum,
    nearest,
)


@pytest.mark.parametrize("min_cell", [3, 4, 5, 10])
def test_neither_part_of_a_whole_becomes_nothing(min_cell: int) -> None:
    for n in range(2 * min_cell, 80):
        for count in range(min_cell, n - min_cell + 1):
            assert 0 < nearest(count, min_cell) < nearest(n, min_cell)


def test_shares_of_the_same_round_numbers_are_told_alike() -> None:
    """Counts of 183 to 187 of 308 to 312 are all told as 185 of 310, with Wilson's interval of these."""
    told = set()
    for n in range(308, 313):
        for count in range(183, 188):
            row = wilson_shares([count], [n]).iloc[0]
            found = coarse_share(row["estimate"], row["ci_low"], row["ci_high"], n, 5, alpha=0.05)
            told.add(tuple(round(value, 9) for value in found))
    ends = [wilson_score(count / 310, 310, side) for count, side in ((182.5, -1), (187.5, 1))]
    assert told == {tuple(round(value, 9) for value in (185 / 310, *ends))}


def wilson_score(share: float, n: int, side: int) -> float:
    """The end of Wilson's interval on a side, from its formula."""
    z2 = 1.959963984540054**2
    return (share + z2 / (2 * n) + side * math.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n)) / (1 + z2 / n)


@pytest.mark.parametrize(
    ("n", "share"), [(20, 0.5), (44, 0.48), (47, 0.48), (53, 0.48), (80, 0.8), (100, 0.3), (1200, 0.25)]
)
def test_intervals_of_round_shares_hold_the_true_share_as_often_as_they_say(n: int, share: float) -> None:
    counts = np.arange(5, n - 4)
    chance = binom.pmf(counts, n, share)
    rows = wilson_shares(counts, np.full(len(counts), n))
    told = [
        coarse_share(*map(float, ends), n, 5, alpha=0.05) for ends in rows[["estimate", "ci_low", "ci_high"]].to_numpy()
    ]
    held = np.array([low <= share <= high for _, low, high in told])
    assert chance[held].sum() / chance.sum() >= 0.95


def test_ends_move_with_their_estimate_and_outwards() -> None:
    assert coarse_interval(0.0873, 0.012, 0.162, 0.0625) == pytest.approx((0.0625, -0.0625, 0.1875))


def test_bounds_move_outwards_and_their_ends_with_them() -> None:
    """In steps of 12.5: 6.875 less 2 lies within 0 to 12.5, and 19.375 and 2 more within 25 to 37.5."""
    assert coarse_interval(6.875, 4.875, 8.875, 12.5, -math.inf) == (0, -12.5, 12.5)
    assert coarse_interval(19.375, 17.375, 21.375, 12.5, math.inf) == (25, 12.5, 37.5)
    assert coarse_interval(25.0, 25.0, 25.0, 12.5, math.inf) == (25, 25, 25)


def test_sums_have_two_digits_and_are_never_finer_than_the_smallest_count() -> None:
    assert [coarse_sum(total, 5) for total in (12, 37, 123_456, 0)] == [10, 35, 120_000, 0]
    assert math.isnan(coarse_share(0.5, math.nan, math.nan, 20, 5, alpha=0.05)[1])


def test_a_whole_that_exceeds_a_part_by_few_is_told_as_the_part() -> None:
    assert all_but_few(100, [97, 60], 5) == 97
    assert all_but_few(100, [95, 60], 5) == 100
