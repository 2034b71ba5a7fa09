"""Which shares, averages and sums may be told, by hand, and how what is not told is marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.disclosure.rules import (
    average_allowed,
    nested_share_allowed,
    protection_of_sum,
    share_allowed,
    sides_allowed,
    sum_allowed,
    told_of,
    withheld,
)
from crimjust_research.errors import ParameterError


@pytest.mark.parametrize(
    ("count", "n", "allowed"),
    [(5, 10, True), (4, 10, False), (6, 10, False), (0, 30, False), (30, 30, False), (0, 0, False), (25, 30, True)],
)
def test_a_share_is_told_of_enough_on_both_sides(count: int, n: int, allowed: bool) -> None:
    assert share_allowed(count, n, 5) is allowed


@pytest.mark.parametrize(("of_yes", "of_no", "allowed"), [(9, 9, True), (5, 5, True), (4, 9, False), (9, 4, False)])
def test_a_share_of_rows_is_told_of_enough_holders_on_both_sides(of_yes: int, of_no: int, allowed: bool) -> None:
    """Eighteen rows on each side; a holder with rows on both sides counts on both."""
    holders = [i % of_yes for i in range(18)] + [i % of_no for i in range(18)]
    assert sides_allowed([True] * 18 + [False] * 18, holders, 5) is allowed
    assert not sides_allowed([True] * 18, holders[:18], 5)


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError, match="11 of 10"):
        share_allowed(11, 10, 5)


def test_an_average_is_told_of_enough_units() -> None:
    """Eight are told as ten, as seven are not: those told as five are known to be five or more only by being told."""
    assert average_allowed(8, 5)
    assert not average_allowed(7, 5)


def test_a_share_beside_another_is_told_where_telling_it_narrows_no_round_number() -> None:
    """Any 8 and 8 that are told as 10 and 10 are 16 to 24, of which 16 and 17 are told as 15: that would tell them from 13."""
    assert nested_share_allowed(8, 18, 5)
    assert not nested_share_allowed(8, 17, 5)
    assert not nested_share_allowed(7, 40, 5)
    assert not nested_share_allowed(33, 40, 5)


def test_the_second_largest_must_not_have_the_largest_to_within_a_tenth() -> None:
    # The second largest, of 50, knows the largest to within 3 + 2 + 2 + 1 = 8: less than a tenth of 100.
    assert not sum_allowed([100, 50, 3, 2, 2, 1], 5)
    assert protection_of_sum([100, 50, 3, 2, 2, 1], 5) == pytest.approx(2)
    assert sum_allowed([100, 50, 4, 3, 2, 1], 5)


def test_amounts_of_one_holder_are_one() -> None:
    amounts = [30, 30, 40, 50, 3, 2, 2, 1]
    assert sum_allowed(amounts, 5)
    assert not sum_allowed(amounts, 5, ["a", "a", "a", "b", "c", "d", "e", "f"])


def test_a_sum_of_too_few_holders_is_not_told_and_nothing_is() -> None:
    assert not sum_allowed([10, 10, 10, 10], 5)
    assert not sum_allowed([10, 10, 10, 10, 0], 5)
    assert sum_allowed([10, 10, 10, 10, 10], 5)
    assert sum_allowed([0, 0], 5)
    assert sum_allowed([], 5)


def test_amounts_that_are_none_are_refused() -> None:
    with pytest.raises(ParameterError, match="Amount 1 is -2"):
        sum_allowed([1, -2], 5)
    with pytest.raises(ParameterError, match="2 amounts, 1 holders"):
        sum_allowed([1, 2], 5, ["a"])
    with pytest.raises(ParameterError, match="1 without a holder"):
        sum_allowed([1, 2], 5, ["a", None])


def test_what_is_withheld_is_missing_and_marked() -> None:
    frame = pd.DataFrame({"country": ["A", "B", "C"], "n": [7, 3, 9], "median": [1.5, 2.5, 3.5]})
    result = withheld(frame, frame["n"] >= 5, ["n", "median"])
    assert result["n"].dtype == "Int64"
    assert result["n"].isna().tolist() == [False, True, False]
    assert np.isnan(result["median"][1])
    assert result["country"].tolist() == ["A", "B", "C"]
    assert result["suppressed"].tolist() == [False, True, False]
    assert frame.columns.tolist() == ["country", "n", "median"]
    again = withheld(result, [True, True, False], ["median"])
    assert again["suppressed"].tolist() == [False, True, True]
    with pytest.raises(ParameterError, match="'mean' is not in the table"):
        withheld(frame, [True] * 3, ["mean"])
    with pytest.raises(ParameterError, match="3 rows, 2 of which"):
        withheld(frame, [True] * 2, ["n"])


def test_how_many_cells_are_not_told_is_a_sentence() -> None:
    frame = pd.DataFrame({"suppressed": [True, False, False]})
    assert told_of(frame, min_cell=5) == (
        "1 of 3 cells is not told: it counts fewer than 5, or would tell of others that do."
    )
    assert told_of(frame, frame, min_cell=5).startswith("2 of 6 cells are not told: they count")
    assert told_of(frame[1:], min_cell=5) == ""
    assert told_of(min_cell=5) == ""
