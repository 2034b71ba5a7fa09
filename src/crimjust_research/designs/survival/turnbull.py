"""Survival from durations known only to within an interval, as when dates are given by year: Turnbull's estimate.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.checks import real_numbers
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError

MOST_ITERATIONS = 20_000


@dataclass(frozen=True, repr=False)
class IntervalSurvival(Printed):
    """Nonparametric maximum likelihood estimate from interval-censored durations."""

    table: pd.DataFrame
    """One row per interval that holds more than a millionth of the probability: left (excluded unless equal to right),
    right (included), mass, survival (after the interval). Within an interval the curve is not determined."""
    n: int

    def bounds(self, times: ArrayLike) -> pd.DataFrame:
        """Least and largest survival the estimate allows at each time: time, low, high."""
        when = np.asarray(times, np.float64)
        mass, left, right = (self.table[c].to_numpy() for c in ("mass", "left", "right"))
        # What is left is summed, not taken from 1: where nothing is left the sum is 0 to the last digit.
        perhaps = right > when[:, None]
        surely = perhaps & (left >= when[:, None])
        low, high = ((there * mass).sum(axis=1) for there in (surely, perhaps))
        return pd.DataFrame({"time": when, "low": low, "high": high})


def duration_from_years(start: ArrayLike, end: ArrayLike, observed_until: float) -> tuple[FloatArray, FloatArray]:
    """Bounds (excluded, included) on durations between two dates of which only the years are known.

    From some day of year a to some day of year b at least b - a - 1 and at most b - a + 1 years pass. A missing `end`
    is censored: more than `observed_until` - a - 1 years, `observed_until` being the last year observed in full.

    Raises
    ------
    ParameterError : a missing start, an end before it, or a start after the last year observed.
    """
    a, b = real_numbers(start, "start"), real_numbers(end, "end")
    if a.shape != b.shape or np.isnan(a).any() or np.any(b < a) or np.any(a > observed_until):
        raise ParameterError(
            "Every start needs a year, at most the last one observed and not after its end; correct or drop the others."
        )
    left = np.where(np.isnan(b), observed_until - a, b - a - 1)
    return np.maximum(left, 0.0), np.where(np.isnan(b), np.inf, b - a + 1)


def turnbull(left: ArrayLike, right: ArrayLike) -> IntervalSurvival:
    """Turnbull's (1976) estimate from durations known to lie in (left, right], right infinite if censored.

    Probability can sit only where a left end is next followed by a right end; how much sits there is found by
    self-consistency to a likelihood that no shift of mass improves.

    Parameters
    ----------
    left, right : (n,); left = right is a duration known exactly.

    Raises
    ------
    ParameterError : bounds missing, negative or crossed, or nothing but censored durations.
    """
    low, high = real_numbers(left, "left bound"), real_numbers(right, "right bound")
    if low.ndim != 1 or low.shape != high.shape or not low.size:
        raise ParameterError(
            f"The bounds have shapes {low.shape} and {high.shape}; give one of each per unit, and some."
        )
    bad = np.flatnonzero(np.isnan(low) | np.isnan(high) | (low < 0) | (low > high) | np.isinf(low))
    if bad.size:
        row = bad[0]
        raise ParameterError(f"Row {row} spans {low[row]} to {high[row]}; bounds are ordered numbers of 0 or more.")
    if np.isinf(high).all():
        raise ParameterError("Every duration is censored; nothing can be estimated.")
    starts, ends = innermost_intervals(low, high)
    # A left end is excluded, so a unit that starts at an exact duration cannot be there unless it is exact itself.
    begins = np.where(starts < ends, starts >= low[:, None], (starts > low[:, None]) | (low == high)[:, None])
    inside = (ends <= high[:, None]) & begins & (starts >= low[:, None])
    mass = _self_consistent(inside)
    survival = np.append(np.cumsum(mass[::-1])[::-1][1:], 0.0)
    table = pd.DataFrame({"left": starts, "right": ends, "mass": mass, "survival": survival})
    return IntervalSurvival(table.loc[table["mass"] > 1e-6].reset_index(drop=True), int(low.size))


def innermost_intervals(left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ends of the intervals that can hold probability: a left end directly followed by a right end.

    At one value an exact duration opens before right ends close and other left ends open after them, because left
    ends are excluded and right ends included.
    """
    exact = left == right
    value = np.concatenate([left, right])
    rank = np.concatenate([np.where(exact, 0, 2), np.ones(right.size)])
    opens = np.repeat([True, False], left.size)
    order = np.lexsort((rank, value))
    value, opens = value[order], opens[order]
    here = np.flatnonzero(opens[:-1] & ~opens[1:])
    return value[here], value[here + 1]


def _self_consistent(inside: BoolArray) -> FloatArray:
    """Masses (m,) that maximise sum_i log(sum_j inside_ij p_j), by EM.

    It stops when no interval could raise the log-likelihood per unit by more than 1e-8 if mass moved there.

    Parameters
    ----------
    inside : (n, m) intervals in which each unit may lie.

    Raises
    ------
    ParameterError : not settled after 20,000 iterations.
    """
    cover = inside.astype(np.float64)
    mass = np.full(cover.shape[1], 1 / cover.shape[1])
    for _ in range(MOST_ITERATIONS):
        gain = (1 / (cover @ mass)) @ cover / len(cover)
        if gain.max() < 1 + 1e-8:
            return mass
        mass = mass * gain
    raise ParameterError(f"The estimate has not settled after {MOST_ITERATIONS} iterations; coarsen the intervals.")
