"""Limits of a share of a population of known size, by hand and over all that could be drawn."""

import pytest
from scipy.stats import hypergeom

from crimjust_research.designs.counts.finite_shares import finite_limits
from crimjust_research.errors import ParameterError


def test_limits_by_hand() -> None:
    # Five of ten seen, none with it: of K with it none is seen in C(10 - K, 5) of 252 draws: 126, 56, 21 and, for four, 6,
    # which is less than one in forty.
    assert finite_limits(0, 5, 10) == (0, 0.3)
    assert finite_limits(5, 5, 10) == (0.7, 1)
    # One of two of four: one of the four would be seen in half of the draws, and so would one without it.
    assert finite_limits(1, 2, 4) == (0.25, 0.75)


def test_all_seen_leaves_nothing_open_and_few_of_many_are_as_of_no_end() -> None:
    assert finite_limits(7, 33, 33) == (7 / 33, 7 / 33)
    # Clopper and Pearson's limits of 5 of 20: 0.0866 to 0.4910.
    assert finite_limits(5, 20, 1_000_000) == (pytest.approx(0.0866, abs=1e-4), pytest.approx(0.4910, abs=1e-4))


@pytest.mark.parametrize("seen", [3, 9, 17, 32])
def test_limits_hold_the_share_as_often_as_they_say_whatever_it_is(seen: int) -> None:
    limits = {had: finite_limits(had, seen, 33) for had in range(seen + 1)}
    for number in range(34):
        held = [had for had, (low, high) in limits.items() if low <= number / 33 <= high]
        assert sum(hypergeom.pmf(held, 33, number, seen)) >= 0.95 - 1e-12


@pytest.mark.parametrize("counts", [(1, 0, 5), (3, 2, 5), (1, 6, 5), (-1, 2, 5), (0, 0, 5)])
def test_counts_that_do_not_nest_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ParameterError, match="nest"):
        finite_limits(*counts)
