"""How an indicator stands in a year: beside its baseline, and beside a target where a plan sets one. One rule for all pages.

A figure is told apart from its baseline only by an interval: that of the change itself where the same units were measured both
times, else those of the figures. It is held against a target by its own interval, the one that stands beside it. What was
counted in full has no interval, and is compared as it is. Many scores move at once, some of them by chance: a change of which it
is said that it does not hold beside the others' is not told apart from none. No status says why.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from crimjust_research.evidence.targets import Target

NO_FIGURE, COUNTED, NO_BASELINE = "no figure", "counted", "no baseline"
BEFORE, BASELINE = "before the baseline", "baseline"
HIGHER, LOWER, SAME = "higher", "lower", "as at the baseline"
NOT_TOLD_APART = "not told apart from the baseline"
STATUSES = (HIGHER, LOWER, SAME, NOT_TOLD_APART, BASELINE, BEFORE, NO_BASELINE, COUNTED, NO_FIGURE)
# How a target stands, with the year it is due.
REACHED, HELD = "reached in {year}", "reached in {year}, as it was at the baseline"
MISSED, SPANNED = "not reached in {year}", "cannot be told of {year} (the interval spans it)"
NOT_DUE, NO_FIGURE_OF = "not due before {year}", "no figure of {year}"
_AIMS = (REACHED, HELD, MISSED, SPANNED, NOT_DUE, NO_FIGURE_OF)
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


def status(better: Better, now: Seen, baseline: Seen | None, *, nested: bool = False) -> str:
    """How an indicator stands in the year of `now` beside its baseline: one of `STATUSES`.

    `better` is the direction in which it is to move, None where it has none: then it is counted. Else it is higher, lower or not
    told apart from the baseline; but counted where it is `nested`: a share or mean over all units by then, of which the
    baseline's are a part, so that the two are not apart.
    """
    if math.isnan(now.value):
        return NO_FIGURE
    if better is None:
        return COUNTED
    if baseline is None or math.isnan(baseline.value):
        return NO_BASELINE
    if now.year <= baseline.year:
        return BASELINE if now.year == baseline.year else BEFORE
    return COUNTED if nested else _beside(now, baseline)


def aim(target: Target, due: Seen | None, baseline: Seen | None, at: int) -> str:
    """How a target stands in the year `at`, in words: the figure of the year it is due, `due`, is held against it and no other,
    so that what came later neither makes good for it nor spoils it.

    Not due before its year; then without a figure of that year, none. Reached if the whole interval lies at the target or past
    it, and so told, too, where the figure of the baseline lay there already; not reached if the whole interval ends short of it;
    and not to be told if it spans it.
    """
    if at < target.by:
        words = NOT_DUE
    elif due is None or math.isnan(due.value):
        words = NO_FIGURE_OF
    else:
        near, far = sorted(target.sign * end for end in (_or(due.ci_low, due.value), _or(due.ci_high, due.value)))
        level = target.sign * target.value
        lay = baseline is not None and baseline.year < target.by and target.sign * baseline.value >= level
        words = (HELD if lay else REACHED) if near >= level else MISSED if far < level else SPANNED
    return words.format(year=target.by)


def place(aimed: str) -> tuple[int, str]:
    """By what the words of `aim` are put in order, from reached to none."""
    return _AIMS.index(re.sub("[0-9]{4}", "{year}", aimed)), aimed


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
