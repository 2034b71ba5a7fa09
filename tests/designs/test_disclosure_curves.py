"""Curves and histograms in parts that each cover enough units, by hand and against the curves they are read from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crimjust_research.designs.disclosure.curves import coarsened, merged_bins
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.errors import ParameterError


def drawn(seed: int, n: int, groups: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """SIMULATED days to an answer, censored at random days."""
    rng = np.random.default_rng(seed)
    days, end = rng.exponential(120, n).round(), rng.uniform(30, 400, n).round()
    return np.minimum(days, end), (days <= end).astype(int), rng.integers(0, groups, n)


def test_steps_by_hand() -> None:
    # Days 1 to 12, one event a day: five, then five; two remain, too few for the second step.
    told = coarsened(np.arange(1, 13), np.ones(12), 5)
    assert told["time"].tolist() == [0, 5.5]
    assert told["survival"].tolist() == pytest.approx([1, 7 / 12])
    assert told["at_risk"].tolist() == [12, 7]
    assert told["events"].tolist() == [0, 5]


def test_a_few_events_after_the_last_step_take_it_along() -> None:
    # Seven events, then six censored: after the fifth event two would be left alone.
    time, event = np.arange(1, 14), np.repeat([1, 0], [7, 6])
    assert coarsened(time, event, 5)["time"].tolist() == [0, 7.5]
    # With two events at the very end as well, no step leaves none or five.
    assert coarsened(np.append(time, [20, 21]), np.append(event, [1, 1]), 5).empty


def test_a_few_censored_widen_the_step() -> None:
    event = np.array([1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0] + [1] * 5 + [0] * 5)
    told = coarsened(np.arange(1, 22), event, 5)
    assert told["time"].tolist() == [0, 11.5, 16.5]
    assert told["events"].tolist() == [0, 6, 5]
    assert told["censored"].tolist() == [0, 5, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 300), st.integers(1, 3), st.integers(2, 8))
def test_every_difference_that_can_be_taken_covers_enough(seed: int, n: int, groups: int, min_cell: int) -> None:
    time, event, group = drawn(seed, n, groups)
    if not event.any():
        return
    told = coarsened(time, event, min_cell, group)
    for name, curve in told.groupby("group"):
        own = group == name
        times = [*curve["time"], np.inf]
        for number, (low, high) in enumerate(pairwise(times)):
            inside = own & (time > low) & (time <= high) if number else own & (time <= high)
            events, censored = int(event[inside].sum()), int((1 - event[inside]).sum())
            # Between told times at least min_cell events; after the last none or as many, as of the censored throughout.
            last = number == len(curve) - 1
            assert events >= min_cell or (last and events == 0)
            assert censored == 0 or censored >= min_cell
            if not last:
                assert curve["events"].iloc[number + 1] == events
                assert curve["censored"].iloc[number + 1] == censored
        assert curve["at_risk"].min() >= min_cell
    assert told.groupby("time")["group"].nunique().nunique() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_has_its_exact_height_at_the_times_told(seed: int) -> None:
    time, event, group = drawn(seed, 200, 2)
    told = coarsened(time, event, 5, group)
    assert len(told) > 10
    for name, curve in told.groupby("group"):
        own = group == name
        exact = kaplan_meier(time[own], event[own])
        at = exact.at(list(curve["time"])[1:])
        assert curve["survival"].tolist() == pytest.approx([1, *at["survival"]])


def test_a_group_of_too_few_is_left_out() -> None:
    time, event, _ = drawn(1, 100)
    group = np.repeat(["many", "few"], [96, 4])
    assert set(coarsened(time, event, 5, group)["group"]) == {"many"}


def test_bins_are_merged_until_each_holds_enough() -> None:
    bins = merged_bins([1, 1, 1, 2, 6, 6, 6, 6, 6, 9, 9], np.arange(0, 11, 2), 5)
    # 0-2 holds three; with 2-4 four; with 4-6 four; with 6-8 nine; the last two join it.
    assert bins.to_numpy().tolist() == [[0, 10, 11]]
    bins = merged_bins([1] * 5 + [3] * 2 + [5] * 3 + [9], np.arange(0, 11, 2), 5)
    assert bins.to_numpy().tolist() == [[0, 2, 5], [2, 10, 6]]
    assert merged_bins([1, 2], [0, 5], 5).empty


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=80), st.integers(2, 8))
def test_no_bin_holds_few_and_none_is_lost(values: list[int], min_cell: int) -> None:
    bins = merged_bins(values, np.arange(0, 51, 5), min_cell)
    if len(values) < min_cell:
        assert bins.empty
        return
    assert bins["count"].min() >= min_cell
    assert bins["count"].sum() == len(values)
    assert bins["low"].iloc[0] == 0
    assert bins["high"].iloc[-1] == 50
    assert bins["low"].tolist()[1:] == bins["high"].tolist()[:-1]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ParameterError, match="must rise"):
        merged_bins([1], [0, 0], 5)
    with pytest.raises(ParameterError, match="hold 7, beyond the edges 0 and 5"):
        merged_bins([7], [0, 5], 5)
    with pytest.raises(ParameterError, match="2 durations, 1 named groups"):
        coarsened([1, 2], [1, 1], 5, ["a"])
