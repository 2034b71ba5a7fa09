"""Round numbers: by hand, and what no rounding may give away."""

from __future__ import annotations

import math

import pytest

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
    exact = wilson_shares([185], [310]).iloc[0][["estimate", "ci_low", "ci_high"]]
    assert told == {tuple(round(float(value), 9) for value in exact)}


def test_ends_move_with_their_estimate_and_outwards() -> None:
    assert coarse_interval(0.0873, 0.012, 0.162, 0.0625) == pytest.approx((0.0625, -0.0625, 0.1875))


def test_sums_have_two_digits_and_are_never_finer_than_the_smallest_count() -> None:
    assert [coarse_sum(total, 5) for total in (12, 37, 123_456, 0)] == [10, 35, 120_000, 0]
    assert math.isnan(coarse_share(0.5, math.nan, math.nan, 20, 5, alpha=0.05)[1])


def test_a_whole_that_exceeds_a_part_by_few_is_told_as_the_part() -> None:
    assert all_but_few(100, [97, 60], 5) == 97
    assert all_but_few(100, [95, 60], 5) == 100
