"""Change of a series around events against the changes at all other times, by turning the series of events round.

Registry: docs/methods/time_series.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, BoolArray, FloatArray
from crimjust_research.designs.checks import real_numbers, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class EventChange(Printed):
    """Mean change from the periods before events to those after, and its rank among all turns of the events."""

    estimate: float
    p_value: float
    """Share of turns, the true one included, with a change as far from zero."""
    smallest_p: float
    null_edge: float
    """The distance from zero that one turn in twenty goes beyond: a change below it is not told from none."""
    n_events: int
    """Events with all periods around them on record."""
    n_turns: int


def event_change(series: ArrayLike, events: ArrayLike, *, span: int) -> EventChange:
    """Mean of `series` over the `span` periods after each event less that over the `span` periods before, over events.

    Under the null the events fell at no particular time: all of them are moved on by the same number of periods, round the end
    to the beginning, which keeps how they lie to each other. Events without all periods around them count in no turn.

    Parameters
    ----------
    series : (n,) complete; events : (n,) whether one fell in the period, which itself belongs neither before nor after.

    Raises
    ------
    ParameterError : shapes that do not fit, missing or infinite values, fewer periods than two spans and twenty, no event, or a
        turn in which no event has all periods around it.
    """
    values, held = real_numbers(series, "series"), np.asarray(events, np.bool_)
    require_whole(1, span=span)
    if values.ndim != 1 or held.shape != values.shape:
        raise ParameterError(f"The series is {values.shape} and the events {held.shape}; give one of each a period.")
    if not np.isfinite(values).all():
        raise ParameterError(
            f"Period {int(np.argmin(np.isfinite(values)))} of the series is missing or infinite; choose a window without."
        )
    if values.size < 2 * span + 20:
        raise ParameterError(f"{values.size} periods are too few; at least {2 * span + 20} are needed.")
    changes = _changes(values, span)
    usable = np.isfinite(changes)
    turns = np.stack([np.roll(held, turn) & usable for turn in range(values.size)])
    counts = turns.sum(axis=1)
    if not counts.all():
        raise ParameterError("In a turn no event has all periods around it; name more events, or a shorter span.")
    means = turns @ np.where(usable, changes, 0.0) / counts
    distance = np.abs(means)
    # What adding up along the series may round is a tie as well.
    rounding = 2 * values.size * np.finfo(np.float64).eps * float(np.abs(values).max())
    least = distance[0] - TIE * float(distance.max()) - rounding
    return EventChange(
        estimate=float(means[0]),
        p_value=float(np.mean(distance >= least)),
        smallest_p=1 / values.size,
        null_edge=float(np.quantile(distance[1:], 0.95)),
        n_events=int(counts[0]),
        n_turns=values.size,
    )


def peaks(series: ArrayLike, number: int, *, window: int) -> BoolArray:
    """(n,) the `number` periods that rise most above the median of the `window` periods around them.

    Raises
    ------
    ParameterError : fewer periods than peaks, or a window that has no middle.
    """
    values = real_numbers(series, "series")
    require_whole(1, number=number, window=window)
    if window % 2 == 0 or number >= values.size:
        raise ParameterError(
            f"window is {window}, number {number} of {values.size}; give an odd window and fewer peaks."
        )
    half = window // 2
    around = [np.median(values[max(0, i - half) : i + half + 1]) for i in range(values.size)]
    order = np.argsort(-(values - np.array(around)), kind="stable")
    return np.asarray(np.isin(np.arange(values.size), order[:number]))


def _changes(values: FloatArray, span: int) -> FloatArray:
    """(n,) mean after less mean before each period; missing where the series does not reach."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(span, values.size - span)
    changes = np.full(values.size, np.nan)
    changes[at] = (sums[at + span + 1] - sums[at + 1] - sums[at] + sums[at - span]) / span
    return changes
