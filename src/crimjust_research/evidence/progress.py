"""How an indicator stands in a year: beside its baseline, and beside its target where one is set. One rule for all pages.

A figure is told apart from baseline, target or the line between them only by an interval: that of the change itself where the
same units were measured both times, else that of the figure. What was counted in full has no interval, and is compared as it
is. Many scores move at once, some of them by chance: a change of which it is said that it does not hold beside the others' is
not told apart from none. No status says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

NO_FIGURE, COUNTED, NO_BASELINE = "no figure", "counted", "no baseline"
BEFORE, BASELINE = "before the baseline", "baseline"
HIGHER, LOWER, SAME = "higher", "lower", "as at the baseline"
NOT_TOLD_APART = "not told apart from the baseline"
REACHED, ON_TRACK, BEHIND = "reached", "on track", "behind"
NEAR_TARGET, NEAR_LINE = "not told apart from the target", "not told apart from the line to the target"
NO_AIM = "target short of the baseline"
STATUSES = (
    *(REACHED, ON_TRACK, NEAR_LINE, NEAR_TARGET, BEHIND, NO_AIM),
    *(HIGHER, LOWER, SAME, NOT_TOLD_APART),
    *(BASELINE, BEFORE, NO_BASELINE, COUNTED, NO_FIGURE),
)
Better = Literal["higher", "lower"] | None


@dataclass(frozen=True)
class Seen:
    """The figure of a year, with its interval, and its change since the baseline with the interval of that.

    NaN where there is none: no figure, no interval since all were counted, no units measured both times. `holds` is False where
    the change does not hold once all changes told beside it are taken together.
    """

    year: int
    value: float
    ci_low: float = math.nan
    ci_high: float = math.nan
    change: float = math.nan
    change_low: float = math.nan
    change_high: float = math.nan
    holds: bool = True


@dataclass(frozen=True)
class Goal:
    """What is to be reached by the end of a year."""

    year: int
    value: float


def status(better: Better, now: Seen, baseline: Seen | None, goal: Goal | None = None, *, nested: bool = False) -> str:
    """The status of an indicator in the year of `now`: one of `STATUSES`.

    `better` is the direction in which it is to move, None where it has none: then it is counted, and no target judges it.
    Without a target, it is higher, lower or not told apart from the baseline; but counted where it is `nested`: a share or mean
    over all units by then, of which the baseline's are a part, so that the two are not apart. With a target it is reached, or
    before the target's year on track, if its interval lies at or past the target, or the straight line to it; behind if it
    ends short of that; else it is not told apart. A target that the baseline's figure was already past judges nothing.
    """
    if math.isnan(now.value):
        return NO_FIGURE
    if better is None:
        return COUNTED
    if baseline is not None and math.isnan(baseline.value):
        baseline = None
    if baseline is not None and now.year <= baseline.year:
        return BASELINE if now.year == baseline.year else BEFORE
    if goal is not None:
        return _aimed(1 if better == "higher" else -1, now, baseline, goal)
    if baseline is None:
        return NO_BASELINE
    return COUNTED if nested else _beside(now, baseline)


def _aimed(sign: int, now: Seen, baseline: Seen | None, goal: Goal) -> str:
    """`sign` is 1 where higher is better, and -1 where lower is."""
    if baseline is not None and sign * goal.value < sign * baseline.value:
        return NO_AIM
    against = _against(sign, now, baseline, goal.value)
    if against == 1:
        return REACHED
    if now.year >= goal.year:
        return NEAR_TARGET if against == 0 else BEHIND
    if baseline is None:
        return NO_BASELINE
    against = _against(sign, now, baseline, expected(now.year, baseline, goal))
    return ON_TRACK if against == 1 else NEAR_LINE if against == 0 else BEHIND


def _against(sign: int, now: Seen, baseline: Seen | None, level: float) -> int:
    """1 if the whole interval lies at a level or past it, -1 if it ends short of it, else 0."""
    if baseline is not None and not math.isnan(now.change_low):
        ends = (baseline.value + now.change_low, baseline.value + now.change_high)
    else:
        ends = (_or(now.ci_low, now.value), _or(now.ci_high, now.value))
    near, far = sorted(sign * end for end in ends)
    return 1 if near >= sign * level else -1 if far < sign * level else 0


def expected(year: int, baseline: Seen, goal: Goal) -> float:
    """Where the straight line from baseline to target stands at a year; at the target from its year on."""
    if year >= goal.year or goal.year <= baseline.year:
        return goal.value
    return baseline.value + (goal.value - baseline.value) * (year - baseline.year) / (goal.year - baseline.year)


def _beside(now: Seen, baseline: Seen) -> str:
    if not math.isnan(now.change_low):
        return _of_interval(now.change_low, now.change_high) if now.holds else NOT_TOLD_APART
    if all(math.isnan(end) for end in (now.ci_low, now.ci_high, baseline.ci_low, baseline.ci_high)):
        change = now.value - baseline.value
        return SAME if change == 0 else HIGHER if change > 0 else LOWER
    return _of_interval(
        _or(now.ci_low, now.value) - _or(baseline.ci_high, baseline.value),
        _or(now.ci_high, now.value) - _or(baseline.ci_low, baseline.value),
    )


def _of_interval(low: float, high: float) -> str:
    return HIGHER if low > 0 else LOWER if high < 0 else NOT_TOLD_APART


def _or(end: float, value: float) -> float:
    """The end of an interval, and where there is none the figure itself."""
    return value if math.isnan(end) else end
