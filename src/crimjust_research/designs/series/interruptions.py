"""Dated events as terms of a regression over time.

An event may change the level at once and the slope afterwards. The slope counts 0 in the first period in force, so the
level is what is found in that period beside what the earlier terms extrapolate to it (segmented regression: Wagner et al.
2002; Lopez Bernal, Cummins and Gasparrini 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import IntArray
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class Interruption:
    """A dated event: `start` is the first period in which it is in force."""

    name: str
    start: Any
    slope: bool = True
    """Whether the slope may change too, where there are periods enough to tell."""


def event_terms(interruptions: Sequence[Interruption], times: list[Any]) -> tuple[pd.DataFrame, list[str]]:
    """Level and slope columns of every event over ordered `times`, and the events whose slope cannot be told.

    Raises
    ------
    ParameterError : no event, a repeated name or start, or a start outside the times or too early in them.
    """
    if not times:
        raise ParameterError("There is no period; widen the window.")
    if not interruptions or len({event.name for event in interruptions}) < len(interruptions):
        raise ParameterError("Give at least one interruption, each with its own name.")
    unknown = [event for event in interruptions if event.start not in times]
    if unknown:
        raise ParameterError(
            f"Interruption {unknown[0].name!r} starts at {unknown[0].start}, which is not in the data "
            f"({times[0]} to {times[-1]}); choose another window, or leave it out."
        )
    positions = [times.index(event.start) for event in interruptions]
    if len(set(positions)) < len(positions):
        raise ParameterError("Two interruptions start in the same period and cannot be told apart; merge them.")
    if min(positions) < 2:
        early = interruptions[int(np.argmin(positions))]
        raise ParameterError(
            f"Interruption {early.name!r} starts at {early.start}; two periods before it are needed for a trend."
        )
    return segmented_terms(
        np.array(positions), [e.name for e in interruptions], [e.slope for e in interruptions], len(times)
    )


def segmented_terms(
    positions: IntArray, names: list[str], slopes: list[bool], n_times: int
) -> tuple[pd.DataFrame, list[str]]:
    """Columns "level: name", 1 from the event on, and "slope: name", periods since; and the slopes left out.

    A slope needs two periods before the next event or the end, else it is one with the next event's level.
    """
    since = np.arange(n_times)[:, None] - positions
    columns = {f"level: {name}": (since[:, j] >= 0).astype(np.float64) for j, name in enumerate(names)}
    left_out = []
    for j, name in enumerate(names):
        later = positions[positions > positions[j]]
        if not slopes[j]:
            continue
        if (later.min() if later.size else n_times) - positions[j] < 2:
            left_out.append(name)
        else:
            columns[f"slope: {name}"] = np.maximum(since[:, j], 0).astype(np.float64)
    return pd.DataFrame(columns), left_out
