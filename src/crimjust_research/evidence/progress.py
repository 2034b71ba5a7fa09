"""How an indicator stands in a year: beside its baseline, and beside a target where a plan sets one. One rule for all pages.

A figure is told apart from its baseline only by an interval: that of the change itself where the same units were measured both
times, else those of the figures. It is held against a target by its own interval, the one that stands beside it. What was
counted in full has no interval, and is compared as it is. Many scores move at once, some of them by chance: a change of which it
is said that it does not hold beside the others' is not told apart from none. No status says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from crimjust_research.evidence.targets import Target

NO_FIGURE, COUNTED, NO_BASELINE = "no figure", "counted", "no baseline"
BEFORE, BASELINE = "before the baseline", "baseline"
HIGHER, LOWER, SAME = "higher", "lower", "as at the baseline"
NOT_TOLD_APART = "not told apart from the baseline"
STATUSES = (HIGHER, LOWER, SAME, NOT_TOLD_APART, BASELINE, BEFORE, NO_BASELINE, COUNTED, NO_FIGURE)
REACHED, HELD, MISSED = "reached", "reached, as it was at the baseline", "not reached"
SPANNED, NOT_YET, NOT_DUE = "cannot be told (the interval spans it)", "no figure yet", "not due before"
_AIMS = (REACHED, HELD, MISSED, SPANNED, NOT_DUE, NOT_YET)
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


def aim(target: Target, now: Seen, baseline: Seen | None, at: int) -> str:
    """How the newest figure by the year `at` stands beside a target, in words.

    Reached, also before it is due, if the whole interval lies at the target or past it; so it is told, too, where the figure of
    the baseline lay there already. Else not due while neither figure nor `at` is of the year it is due; without a figure of that
    year or a later one, none yet; not reached if the whole interval ends short of it; and not to be told if it spans it.
    """
    due = f"{NOT_DUE} {target.by}" if at < target.by else NOT_YET
    if math.isnan(now.value) or (baseline is not None and now.year <= baseline.year):
        return due
    near, far = sorted(target.sign * end for end in (_or(now.ci_low, now.value), _or(now.ci_high, now.value)))
    level = target.sign * target.value
    if near >= level:
        return HELD if baseline is not None and target.sign * baseline.value >= level else REACHED
    if now.year < target.by:
        return due
    return MISSED if far < level else SPANNED


def place(aimed: str) -> tuple[int, str]:
    """By what the words of `aim` are put in order, from reached to none yet."""
    return next(
        n for n, words in enumerate(_AIMS) if aimed == words or (aimed.startswith(NOT_DUE) and words == NOT_DUE)
    ), aimed


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
