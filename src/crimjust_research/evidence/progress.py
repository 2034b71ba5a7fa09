"""How an indicator stands in a year: beside its baseline, and beside its target where one is set. One rule for all pages.

A figure is told apart from the baseline only by an interval: that of the change itself where the same units were measured both
times, else those of the two figures. What was counted in full has no interval, and is compared as it is. No status says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

NO_FIGURE, COUNTED, NO_BASELINE = "no figure", "counted", "no baseline"
BEFORE, BASELINE = "before the baseline", "baseline"
HIGHER, LOWER, SAME = "higher", "lower", "as at the baseline"
NOT_TOLD_APART = "not told apart from the baseline"
REACHED, ON_TRACK, BEHIND, CLOSE = "reached", "on track", "behind", "not told apart from the target"
STATUSES = (
    *(REACHED, ON_TRACK, CLOSE, BEHIND),
    *(HIGHER, LOWER, SAME, NOT_TOLD_APART),
    *(BASELINE, BEFORE, NO_BASELINE, COUNTED, NO_FIGURE),
)
Better = Literal["higher", "lower"] | None


@dataclass(frozen=True)
class Seen:
    """The figure of a year, with its interval, and its change since the baseline with the interval of that.

    NaN where there is none: no figure, no interval since all were counted, no units measured both times.
    """

    year: int
    value: float
    ci_low: float = math.nan
    ci_high: float = math.nan
    change: float = math.nan
    change_low: float = math.nan
    change_high: float = math.nan


@dataclass(frozen=True)
class Goal:
    """What is to be reached by the end of a year."""

    year: int
    value: float


def status(better: Better, now: Seen, baseline: Seen | None, goal: Goal | None = None) -> str:
    """The status of an indicator in the year of `now`: one of `STATUSES`.

    `better` is the direction in which it is to move, None where it has none: then it is counted, and no target judges it.
    Without a target, it is higher, lower or not told apart from the baseline. With one it is reached where the figure is at the
    target or past it. Before the target's year it is on track if the straight line from baseline to target has not gone past
    the far end of the interval, and else behind; from that year on, the line stands at the target, and an interval that holds
    it leaves open whether it was reached.
    """
    if math.isnan(now.value):
        return NO_FIGURE
    if better is None:
        return COUNTED
    sign = 1 if better == "higher" else -1
    if baseline is not None and math.isnan(baseline.value):
        baseline = None
    if goal is not None and (baseline is None or now.year > baseline.year):
        if sign * now.value >= sign * goal.value:
            return REACHED
        due = now.year >= goal.year
        if not due and baseline is None:
            return NO_BASELINE
        line = goal.value if due or baseline is None else expected(now.year, baseline, goal)
        far = now.ci_high if better == "higher" else now.ci_low
        within = sign * (now.value if math.isnan(far) else far) >= sign * line
        return (CLOSE if due else ON_TRACK) if within else BEHIND
    if baseline is None:
        return NO_BASELINE
    if now.year <= baseline.year:
        return BASELINE if now.year == baseline.year else BEFORE
    return _beside(now, baseline)


def expected(year: int, baseline: Seen, goal: Goal) -> float:
    """Where the straight line from baseline to target stands at a year; at the target from its year on."""
    if year >= goal.year or goal.year <= baseline.year:
        return goal.value
    return baseline.value + (goal.value - baseline.value) * (year - baseline.year) / (goal.year - baseline.year)


def _beside(now: Seen, baseline: Seen) -> str:
    if not math.isnan(now.change_low):
        return _of_interval(now.change_low, now.change_high)
    ends = (now.ci_low, now.ci_high, baseline.ci_low, baseline.ci_high)
    if all(math.isnan(end) for end in ends):
        change = now.value - baseline.value
        return SAME if change == 0 else HIGHER if change > 0 else LOWER
    now_low, now_high, then_low, then_high = (
        value if math.isnan(end) else end
        for end, value in zip(ends, (now.value, now.value, baseline.value, baseline.value), strict=True)
    )
    return _of_interval(now_low - then_high, now_high - then_low)


def _of_interval(low: float, high: float) -> str:
    return HIGHER if low > 0 else LOWER if high < 0 else NOT_TOLD_APART
