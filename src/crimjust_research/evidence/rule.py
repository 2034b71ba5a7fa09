"""The rule of evidence: which grade one registered question receives, and why, from what was found about it.

Rungs are tried in order and the first that holds is the grade: no public data; not answerable; no effect of that size; supported
or contrary, if every gate holds, else suggestive; undecided. Thresholds are the plan's (`docs/analysis_plan.toml`, `rules`).
Numbers here are on the scale of the margin, as differences from what would be if there were nothing: logs for ratios.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crimjust_research.evidence.plan import Thresholds

NO_DATA, NOT_ANSWERABLE, NO_EFFECT = "no public data", "not answerable", "no effect of that size"
SUPPORTED, CONTRARY, SUGGESTIVE, UNDECIDED = "supported", "contrary", "suggestive", "undecided"
GRADES = (SUPPORTED, CONTRARY, SUGGESTIVE, NO_EFFECT, UNDECIDED, NOT_ANSWERABLE, NO_DATA)
_UNLOOKED = "what is found without single units was not looked at"
_ERRS = "two one-sided tests find too often on this panel that an effect is smaller than it is"
_ALONE = (
    "other specifications, single units left out, checks that could fail and the size of its test were not looked at"
)


@dataclass(frozen=True)
class Specification:
    """One specification the plan lists: what it varies, what it gave, and how many rows it altered and used.

    `altered` and `rows` are shares of the registered estimate's rows.
    """

    id: str
    varies: Literal["model", "sample", "inference"]
    effect: float
    p_value: float
    altered: float
    rows: float

    def tells_sign(self, rule: Thresholds) -> bool:
        """Whether its sign counts: not of a variant of the test alone, nor where it alters too few rows."""
        return self.varies != "inference" and self.altered >= rule.altered_rows_at_least

    def tells_significance(self, rule: Thresholds) -> bool:
        """Whether its p counts: not where it alters or uses too few rows, which a variant of the test alone may."""
        if self.varies == "inference":
            return True
        return self.altered >= rule.altered_rows_at_least and self.rows >= rule.subset_rows_at_least


@dataclass(frozen=True)
class LeftOut:
    """What was found without one unit of what was sampled, with the interval of level 1 - 2 alpha."""

    unit: str
    effect: float
    p_value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class CheckFound:
    """A check or negative control of the question: whether it passed, and the power it had to fail."""

    name: str
    passed: bool | None
    power: float


@dataclass(frozen=True)
class Finding:
    """All the rule needs to know of one question.

    `level` is alpha over the number registered for the outcome, `power` the test's at the margin and that level, `least_p` the
    smallest p the design can give, `size` the largest rate at which the registered test rejects a true null on the very panel
    it is used on, NaN where one of them is not known. Where the test was simulated `p_value` is the calibrated p, and power and
    least p are those of the calibrated test (`evidence.calibration`). `p_adjusted` and `equivalence_p_adjusted` are Holm's over
    the outcome's family, NaN until they are.
    """

    asks: Literal["direction", "association", "equivalence"]
    expects: Literal[1, -1]
    margin: float
    level: float
    ruled_out: str
    effect: float
    ci_low: float
    ci_high: float
    p_value: float
    equivalence_p: float
    power: float
    least_p: float
    size: float
    specifications: Sequence[Specification] = ()
    left_out: Sequence[LeftOut] = ()
    checks: Sequence[CheckFound] = ()
    looked_further: bool = True
    """Whether anybody looked further than at the estimate: at specifications, units left out, checks and the size of its test."""
    equivalence_errs: bool = False
    """Whether the tests of equivalence are known to err more often, on the very panel they are used on, than they say."""
    p_adjusted: float = math.nan
    equivalence_p_adjusted: float = math.nan

    def adjusted(self, p: float, equivalence_p: float) -> Finding:
        """The same with p-values adjusted over its family."""
        return replace(self, p_adjusted=p, equivalence_p_adjusted=equivalence_p)

    def not_answerable(self, rule: Thresholds) -> tuple[str, ...]:
        """Why it has no answer by its design; empty if it can have one."""
        return not_answerable(self.ruled_out, self.least_p, self.power, self.level, rule)


@dataclass(frozen=True)
class Graded:
    """A grade, the direction of what was found where the grade has one, and what kept it from a higher one."""

    grade: str
    direction: Literal[1, -1, 0]
    of_size_that_matters: bool
    reasons: tuple[str, ...]


def graded(found: Finding, rule: Thresholds) -> Graded:
    """The first rung that holds."""
    if why := found.not_answerable(rule):
        return Graded(NOT_ANSWERABLE, 0, False, why)
    if found.equivalence_p_adjusted < rule.alpha and not _equivalence_lost(found, rule):
        if found.asks != "equivalence":
            return Graded(NO_EFFECT, 0, False, ())
        doubts = tuple(filter(None, (_checks(found, rule), _size(found, rule))))
        return Graded(SUGGESTIVE if doubts else SUPPORTED, 0, False, doubts)
    # An estimate without a number, or of exactly nothing, has no direction.
    if found.p_adjusted < rule.alpha and found.asks != "equivalence" and abs(found.effect) > 0:
        direction: Literal[1, -1] = 1 if found.effect > 0 else -1
        beyond = found.ci_low >= found.margin if direction > 0 else found.ci_high <= -found.margin
        if gates := failing_gates(found, rule):
            return Graded(SUGGESTIVE, direction, beyond, gates)
        against = found.asks == "direction" and direction != found.expects
        return Graded(CONTRARY if against else SUPPORTED, direction, beyond, ())
    return Graded(UNDECIDED, 0, False, _open(found, rule))


def failing_gates(found: Finding, rule: Thresholds) -> tuple[str, ...]:
    """What keeps a finding whose adjusted p is below alpha from being supported: empty if every gate holds."""
    if not found.looked_further:
        return (_ALONE,)
    return tuple(
        reason
        for reason in (
            _specifications(found, rule),
            _left_out(found, rule),
            _checks(found, rule),
            _size(found, rule),
        )
        if reason
    )


def not_answerable(ruled_out: str, least_p: float, power: float, level: float, rule: Thresholds) -> tuple[str, ...]:
    """Why a question has no answer by its design, whatever the estimate: empty if it can have one.

    Parameters are those of `Finding`, at the margin, at half or at double of it.

    Examples
    --------
    >>> from crimjust_research.evidence import plan
    >>> rule = plan.load().thresholds
    >>> not_answerable("", least_p=0.001, power=0.34, level=0.01, rule=rule)
    ('the power against an effect of that size is 0.34, below 0.50',)
    >>> not_answerable("", least_p=0.001, power=0.8, level=0.01, rule=rule)
    ()
    """
    if ruled_out:
        return (ruled_out,)
    if math.isnan(least_p):
        return ("the smallest p the design can give is not known",)
    if math.isnan(power):
        return ("no power against an effect of that size is known",)
    if not least_p <= level:
        return (f"the smallest p the design can give is {least_p:.3g}, above {level:.3g}",)
    if not power >= rule.answerable_power:
        told = f"{power:.2f}" if power >= 0.01 else "less than 0.01"  # no test has a power of none
        return (f"the power against an effect of that size is {told}, below {rule.answerable_power:.2f}",)
    return ()


def _equivalence_lost(found: Finding, rule: Thresholds) -> tuple[str, ...]:
    """Why the estimate is not shown to lie within the margin though p is small, as the units without which it is not."""
    if found.equivalence_errs:
        return (_ERRS,)
    if not found.looked_further:  # one unit may carry it
        return (_UNLOOKED,)
    if len(found.left_out) < rule.left_out_units_at_least:
        return ()
    return tuple(
        f"not without {each.unit}"
        for each in found.left_out
        if not (-found.margin < each.ci_low and each.ci_high < found.margin)
    )


def _specifications(found: Finding, rule: Thresholds) -> str:
    sign = [s for s in found.specifications if s.tells_sign(rule)]
    significance = [s for s in found.specifications if s.tells_significance(rule)]
    counting = len({s.id for s in (*sign, *significance)})
    if counting < rule.specifications_at_least:
        return f"{counting} specifications count, fewer than {rule.specifications_at_least}"
    same = sum(s.effect * found.effect > 0 for s in sign)  # one without a number keeps none
    # A variant of inference has the sign of what it tests, which a statistic such as F does not tell.
    confirmed = sum(
        s.p_value < rule.alpha and (s.varies == "inference" or s.effect * found.effect > 0) for s in significance
    )
    if not sign or same / len(sign) < rule.same_sign_at_least:
        return f"{same} of {len(sign)} specifications keep the sign"
    if not significance or confirmed / len(significance) < rule.significant_at_least:
        return f"{confirmed} of {len(significance)} specifications have p below {rule.alpha:g} with the same sign"
    return ""


def _left_out(found: Finding, rule: Thresholds) -> str:
    if len(found.left_out) < rule.left_out_units_at_least:
        return ""
    held = [
        each.unit
        for each in found.left_out
        if not (  # nor where a number is missing
            each.effect * found.effect > 0
            and abs(each.effect) >= rule.left_out_size_at_least * abs(found.effect)
            and each.p_value < rule.left_out_p_below
        )
    ]
    return f"it rests on {', '.join(held)}" if held else ""


def _checks(found: Finding, rule: Thresholds) -> str:
    failed = [check.name for check in found.checks if check.passed is False]
    if failed:
        return f"failed: {', '.join(failed)}"
    able = [check for check in found.checks if check.passed and check.power >= rule.check_power]
    return "" if able else f"no check had power {rule.check_power:g} to fail"


def _size(found: Finding, rule: Thresholds) -> str:
    if found.size <= rule.size_capped_above:
        return ""
    if math.isnan(found.size):
        return "how often the test rejects a true null on this panel is not known"
    return f"the test rejects {found.size:.1%} of true nulls on this panel"


def _open(found: Finding, rule: Thresholds) -> tuple[str, ...]:
    """Why it is undecided."""
    if found.equivalence_p_adjusted < rule.alpha:
        return _equivalence_lost(found, rule)
    if found.asks != "equivalence" and found.p_value < rule.alpha <= found.p_adjusted:
        return (f"p is below {rule.alpha:g} alone, not over the questions registered with it",)
    return ("neither nothing nor a size that matters can be excluded",)
