"""Survival curves and histograms of which every part that is told covers enough units.

Registry: docs/methods/disclosure.md.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import real_numbers, require_whole
from crimjust_research.designs.survival.curves import checked_durations
from crimjust_research.errors import ParameterError


def coarsened(time: ArrayLike, event: ArrayLike, min_cell: int, group: ArrayLike | None = None) -> pd.DataFrame:
    """Kaplan-Meier curves told at so few times that between two of them enough happened, and the same times for all groups.

    A time is told when since the last one each group had at least `min_cell` events, and either nobody or as many were
    censored. In each group as many must remain at risk after it, of whom nobody or as many had the event later, and nobody
    or as many did not. The time is halfway to the next at which anything happened, so that it is nobody's, and the curve has
    its exact height there. Since all groups share the times, the same holds for differences between groups and for all
    together. A group too small for a single step is left out; a curve of all would then tell of it. So does the curve of a
    group whose size or number of events a table next to it leaves out: tell the curves of groups whose counts are told.

    Parameters
    ----------
    time, event : (n,) durations, and 1 at an event and 0 where censored.
    group : (n,) names; by default all are one group.

    Returns
    -------
    DataFrame by group and time, from the start at time 0, before anything happens: group, time, at_risk (after the time),
    events and censored (since the time before), survival. No row at all for a group of which nothing is told.

    Raises
    ------
    ParameterError : as `checked_durations`, or groups of another number or missing.
    """
    require_whole(2, min_cell=min_cell)
    duration, code = checked_durations(time, event)
    whose, names = pd.factorize(np.zeros(duration.size, np.int64) if group is None else np.asarray(group), sort=True)
    if whose.size != duration.size or (whose < 0).any():
        raise ParameterError(f"{duration.size} durations, {(whose >= 0).sum()} named groups; give one of each.")
    moments = np.unique(duration)
    tallies = [_tally(duration[whose == g], code[whose == g], moments) for g in range(len(names))]
    kept = [g for g, tally in enumerate(tallies) if len(_told(tally[None], min_cell))]
    columns = ["group", "time", "at_risk", "events", "censored", "survival"]
    if not kept:
        return pd.DataFrame(columns=columns)
    stacked = np.stack([tallies[g] for g in kept])
    told = _told(stacked, min_cell)
    frames = []
    for g, (at_risk, events, censored) in zip(kept, stacked, strict=True):
        ratio = np.divide(at_risk - events, at_risk, out=np.ones(moments.size), where=at_risk > 0)
        sums = [np.diff(np.cumsum(x)[told], prepend=0) for x in (events, censored)]
        frames.append(
            pd.DataFrame(
                {
                    "group": names[g],
                    "time": np.append(0.0, (moments[told] + moments[told + 1]) / 2),
                    "at_risk": np.append(at_risk[0], at_risk[told + 1]),
                    "events": np.append(0, sums[0]),
                    "censored": np.append(0, sums[1]),
                    "survival": np.append(1.0, np.cumprod(ratio)[told]),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)[columns]


def _tally(duration: FloatArray, code: IntArray, moments: FloatArray) -> IntArray:
    """(3, k) at risk just before each moment, events and censored at it."""
    place = np.searchsorted(moments, duration)
    events = np.bincount(place, weights=code, minlength=moments.size)
    censored = np.bincount(place, weights=1 - code, minlength=moments.size)
    leaving = events + censored
    return np.stack([leaving.sum() - np.cumsum(leaving) + leaving, events, censored]).astype(np.int64)


def _told(tallies: IntArray, min_cell: int) -> IntArray:
    """Numbers of the moments after which the curves of (g, 3, k) tallies are told: each as soon as may be.

    Where too few are left after the last, it is put off, or joined with the one before.
    """
    happened = np.concatenate([np.zeros((len(tallies), 2, 1), np.int64), np.cumsum(tallies[:, 1:], axis=2)], axis=2)
    moments = range(int((tallies[:, 0, 1:] >= min_cell).all(axis=0).sum()))

    def any_few(counts: IntArray) -> bool:
        return bool(((counts > 0) & (counts < min_cell)).any())

    def covers_enough(before: int, moment: int) -> bool:
        since = happened[:, :, moment + 1] - happened[:, :, before + 1]
        return bool((since[:, 0] >= min_cell).all()) and not any_few(since)

    def leaves_few(moment: int) -> bool:
        return any_few(happened[:, :, -1] - happened[:, :, moment + 1])

    told = [-1]
    for moment in moments:
        if covers_enough(told[-1], moment):
            told.append(moment)
    while len(told) > 1 and leaves_few(told[-1]):
        last = told.pop()
        later = (m for m in moments[last + 1 :] if covers_enough(told[-1], m) and not leaves_few(m))
        told += list(islice(later, 1))
    return np.array(told[1:], np.int64)


def merged_bins(values: ArrayLike, edges: ArrayLike, min_cell: int) -> pd.DataFrame:
    """A histogram whose bins are merged with the next until each holds at least `min_cell` values, the last with the one before.

    Parameters
    ----------
    values : (n,) finite numbers.
    edges : (k,) rising, round numbers rather than the least and the greatest value; a bin holds its lower edge, the last both.

    Returns
    -------
    DataFrame: low, high, count. Empty where there are fewer values than `min_cell` in all.

    Raises
    ------
    ParameterError : edges that do not rise, or a value beyond them.
    """
    require_whole(2, min_cell=min_cell)
    numbers, limits = real_numbers(values, "values"), real_numbers(edges, "edges")
    if limits.size < 2 or not (np.diff(limits) > 0).all():
        raise ParameterError("Edges of bins must rise; give at least two.")
    outside = numbers[~((numbers >= limits[0]) & (numbers <= limits[-1]))]
    if outside.size:
        raise ParameterError(f"The values hold {outside[0]:g}, beyond the edges {limits[0]:g} and {limits[-1]:g}.")
    counts = np.histogram(numbers, limits)[0]
    merged: list[tuple[float, float, int]] = []
    low, count = limits[0], 0
    for high, held in zip(limits[1:], counts, strict=True):
        count += int(held)
        if count >= min_cell:
            merged.append((low, high, count))
            low, count = high, 0
    if merged and low < limits[-1]:
        merged[-1] = (merged[-1][0], limits[-1], merged[-1][2] + count)
    return pd.DataFrame(merged, columns=["low", "high", "count"])
