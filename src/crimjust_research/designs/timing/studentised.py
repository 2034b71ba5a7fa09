"""A studentised randomisation test of the average effect on the treated, for few treated units that vary unlike the others.

The statistic is the average of group-time effects over its own standard error under each assignment of treatment dates.
Dividing by it keeps the test near its level where treated units vary more than those they could have been exchanged with,
for which a test on the average alone is made for units that are alike. Assignments, and many outcomes at once, cost a few
matrix products. Registry: docs/methods/staggered.md.
Reference: Chung and Romano (2013), Annals of Statistics 41:484-507; Wu and Ding (2021), J. American Statistical Association
116:1898-1913.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, inf, prod
from sys import float_info
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import LARGEST, real_numbers
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling import inversion
from crimjust_research.designs.timing.statistics import Controls
from crimjust_research.errors import ParameterError

AT_ONCE = 1_000_000
"""Numbers in the largest array held while standard errors are computed."""
ROUNDING = 1e-12
"""Size of an average relative to the largest, and of a squared error relative to the average's, that is nothing but rounding."""


class Averages(NamedTuple):
    """Average effect on the treated of each assignment on each outcome, and its standard error; both (A, S)."""

    estimate: FloatArray
    std_error: FloatArray

    @property
    def t(self) -> FloatArray:
        """(S, A) their ratio; zero where the average is nothing but rounding."""
        return np.asarray(_over(self.estimate, self.std_error).T)


def studentised_averages(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> Averages:
    """The simple average of Callaway and Sant'Anna's group-time effects with its standard error by unit.

    The average is that of `aggregate`, units that are not seen before they are treated left out; its error comes from
    influence functions, the groups' shares among what is estimated.

    Parameters
    ----------
    outcomes : (S, n_units, T), NaN where not observed (the same cells in all S).
    assignments : (A, n_units) first treated periods, inf if never; periods : (T,).
    unclear : periods before the first treated one that count as neither (see `Timing.unclear_periods`).

    Assignments that give each group as many units seen in the same changes share their weights, and are computed together.
    """
    dates = np.unique(pd.unique(assignments.ravel()))
    changes = [
        (group, np.flatnonzero(periods < date - unclear)[-1], at)
        for group, date in enumerate(dates)
        if np.isfinite(date) and (periods < date - unclear).any()
        for at in np.flatnonzero(periods >= date)
    ]
    found = np.full((2, len(assignments), len(outcomes)), np.nan)
    if not changes:
        return Averages(*found)
    group, base, at = np.array(changes).T
    observed = np.isfinite(outcomes[0])
    patterns, pattern = np.unique(observed[:, base] & observed[:, at], axis=0, return_inverse=True)
    pattern = pattern.ravel()
    clear = np.isinf(dates)[:, None] | ((controls == "not yet treated") & (dates[:, None] - unclear > periods[at]))
    # A unit that is not seen before it is treated belongs to no group.
    first_seen = np.where(observed.any(axis=1), periods[observed.argmax(axis=1)], np.inf)
    seen_before = np.isinf(dates)[:, None] | (first_seen < dates[:, None] - unclear)
    member = ((dates[:, None, None] == assignments.T) & seen_before[..., None]).astype(np.float64)
    sizes = np.moveaxis((np.arange(len(patterns))[:, None] == pattern) @ member, 2, 0)
    for rows in alike(sizes.reshape(len(sizes), -1)):
        cells = _Cells(sizes[rows[0]], patterns, pattern, group, base, at, clear)
        step = max(1, AT_ONCE // (rows.size * len(changes)))
        of_rows = member if rows.size == len(assignments) else member[..., rows]
        for first in range(0, len(outcomes), step) if cells.usable.any() else ():
            some = slice(first, first + step)
            found[:, rows, some] = np.swapaxes(cells.averages(np.where(observed, outcomes[some], 0.0), of_rows), 1, 2)
    return Averages(*found)


def alike(counts: FloatArray) -> list[IntArray]:
    """Numbers of the rows of `counts` (A, k) that are the same, by kind of row."""
    # Rows of small whole numbers are compared as bytes: several times as fast as number by number.
    rows = np.ascontiguousarray(counts.astype(np.uint32))
    _, kind = np.unique(rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel(), return_inverse=True)
    order = np.argsort(kind, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(kind[order])) + 1)


@dataclass(frozen=True)
class _Cells:
    """Group-time effects of assignments that share the sizes of their groups: H dates, K patterns, C cells."""

    sizes: FloatArray
    """(H, K) units of each group and pattern."""
    patterns: BoolArray
    """(K, C) whether both periods of a cell are observed."""
    pattern: IntArray
    """(n_units,)"""
    group: IntArray
    """(C,) the treated group, and the periods between which it is seen to change: `base` and `at`."""
    base: IntArray
    at: IntArray
    clear: BoolArray
    """(H, C) whether a group is a control."""

    @property
    def counts(self) -> tuple[FloatArray, FloatArray]:
        """(C,) treated and control units observed in both periods."""
        seen = self.sizes @ self.patterns
        return seen[self.group, np.arange(self.group.size)], (seen * self.clear).sum(axis=0)

    @property
    def usable(self) -> BoolArray:
        n_treated, n_control = self.counts
        return (n_treated > 0) & (n_control > 0)

    def averages(self, outcomes: FloatArray, member: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Estimates and standard errors (S, A) of outcomes (S, n_units, T) under assignments `member` (H, n_units, A)."""
        cells = np.flatnonzero(self.usable)
        group, clear, patterns = self.group[cells], self.clear[:, cells], self.patterns[:, cells]
        n_treated, n_control = (count[cells] for count in self.counts)
        units = self.sizes.sum(axis=1)[group]
        weight = units / units.sum()
        change = np.moveaxis(outcomes[:, :, self.at[cells]] - outcomes[:, :, self.base[cells]], 2, 0)
        change = np.where(patterns[self.pattern].T[:, None], change, 0.0)  # (C, S, n_units)
        means = np.zeros((2, *change.shape[:2], member.shape[2]))
        treated, control = means
        for h, its in enumerate(member):
            sums = _times(change, its)
            treated[group == h] = sums[group == h]
            control[clear[h]] += sums[clear[h]]
        treated /= n_treated[:, None, None]
        control /= n_control[:, None, None]
        effects = treated - control
        estimate = np.tensordot(weight, effects, 1)
        square = np.zeros_like(estimate)
        for h, (its, sizes) in enumerate(zip(member, self.sizes, strict=True)):
            own = group == h
            # What a change of this group's units counts for: as one of the treated, or as one of the controls.
            counts_for = np.stack([weight * own / n_treated, -weight * clear[h] / n_control])
            moved = np.tensordot(counts_for.sum(axis=0), change, 1)
            # Shares of groups are estimated: each unit also moves the average through its own group's weight.
            through = (effects[own] - estimate).sum(axis=0) / units.sum()
            seen = np.flatnonzero((sizes > 0) & (own.any() | patterns.any(axis=1)))
            # By pattern (K, S, A): what all its units are moved by alike, and the sum of what each is moved by itself.
            shift = through - np.tensordot(counts_for * patterns[seen][:, None], means, 2)
            each = _times(moved * (self.pattern == seen[:, None])[:, None], its)
            square += moved**2 @ its + ((2 * each + sizes[seen, None, None] * shift) * shift).sum(axis=0)
        return estimate, np.sqrt(np.maximum(square, 0.0))


def _times(parts: FloatArray, member: FloatArray) -> FloatArray:
    """(C, S, A) sums over units of parts (C, S, n_units) under each assignment (n_units, A), as one matrix product."""
    return np.asarray((parts.reshape(-1, parts.shape[-1]) @ member).reshape(*parts.shape[:-1], member.shape[-1]))


@dataclass(frozen=True, repr=False)
class StudentisedTest(Printed):
    """An average effect against its distribution over assignments, each divided by its own standard error.

    Taking a constant effect e off treated outcomes turns each assignment's average into `null` - e `response`, and its squared
    error into a quadratic of e.
    """

    estimate: float
    std_error: float
    n_assignments: int
    """Assignments compared, the observed one among them."""
    null: FloatArray
    """(n_assignments,) average under each, observed first."""
    response: FloatArray
    squares: FloatArray
    """(3, n_assignments) coefficients of 1, e and e squared of the squared error."""

    def t(self, effects: FloatArray) -> FloatArray:
        """(S, n_assignments) the statistic once each of the constant effects (S,) is taken off."""
        taken = np.asarray(effects, np.float64)[:, None]
        one, linear, square = self.squares
        error = np.sqrt(np.maximum(one + taken * linear + taken**2 * square, 0.0))
        return _over(self.null - taken * self.response, error)

    def p_values(self, effects: FloatArray) -> FloatArray:
        """(S,) two-sided p of each of the constant effects: the observed assignment's rank by size."""
        return inversion.two_sided(self.t(effects))

    @property
    def p_value(self) -> float:
        """Two-sided p of no effect on any unit."""
        return float(self.p_values(np.zeros(1))[0])

    def equivalence_p(self, size: float) -> float:
        """The larger p of the two one-sided tests that the effect lies at or beyond plus or minus `size` (> 0)."""
        return inversion.equivalence_p(self.t, size)

    def interval(self, alpha: float) -> tuple[float, float]:
        """Constant effects with p above `alpha`; missing where outcomes leave no error."""
        if not self.std_error > 0:
            return np.nan, np.nan
        return inversion.not_rejected(self.p_values, self.estimate, self.std_error, alpha)


def _over(estimate: FloatArray, std_error: FloatArray) -> FloatArray:
    """Averages over their errors; zero where the average is nothing but rounding."""
    nothing = np.abs(estimate) <= ROUNDING * np.nanmax(np.abs(estimate), initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(nothing, 0.0, estimate / std_error), np.float64)


def studentised_test(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: ArrayLike,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> StudentisedTest:
    """Studentised randomisation test of no effect on any unit; see `StudentisedTest`.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed; assignments : (A, n_units), the observed one first.

    Raises
    ------
    ParameterError : shapes that do not fit, outcomes too large to be squared, an observed assignment without a comparison, or an
        average that does not vary between units.
    """
    when, outcomes = real_numbers(periods, "period"), real_numbers(outcomes, "outcome")
    assignments = real_numbers(assignments, "first treated period")
    require_panel(outcomes, assignments, when)
    three, unit = effects_taken_off(outcomes, assignments[0], when)
    return as_test(studentised_averages(three, assignments, when, controls=controls, unclear=unclear), unit)


def require_panel(outcomes: FloatArray, assignments: FloatArray, periods: FloatArray) -> None:
    """Refuse outcomes (n_units, T) that do not fit assignments (A, n_units) and periods (T,), or cannot be squared.

    Raises
    ------
    ParameterError : saying which.
    """
    if assignments.ndim != 2 or outcomes.shape != (assignments.shape[1], periods.size):
        raise ParameterError(
            f"Outcomes have shape {outcomes.shape}, assignments {assignments.shape}, periods {periods.shape}; give units by "
            "periods and assignments by units."
        )
    if not np.isfinite(outcomes).any() or not np.nanmax(np.abs(outcomes)) < LARGEST:
        raise ParameterError("Outcomes are all missing, infinite or too large; give finite numbers in other units.")


def effects_taken_off(outcomes: FloatArray, first_treated: FloatArray, periods: FloatArray) -> tuple[FloatArray, float]:
    """(3, n_units, T) outcomes as they are, less and plus an effect on what is treated, and the size of that effect.

    It is of the size of the outcomes' spread, so that its square neither drowns nor is drowned.
    """
    unit = float(np.nanstd(outcomes)) or 1.0
    treated = np.where(np.isfinite(outcomes), treated_cells(first_treated, periods), np.nan)
    return outcomes + np.array([0.0, -unit, unit])[:, None, None] * treated, unit


def as_test(made: Averages, unit: float) -> StudentisedTest:
    """The test from averages (A, 3) of the outcomes of `effects_taken_off`, the observed assignment first.

    Raises
    ------
    ParameterError : an observed assignment without a comparison, or an average that does not vary between units.
    """
    if not np.isfinite(made.estimate[0]).all():
        raise ParameterError("The observed assignment leaves no comparison; widen the panel.")
    average, error = abs(made.estimate[0, 0]), made.std_error[0, 0]
    if average > ROUNDING * unit and error**2 <= ROUNDING * average**2:
        raise ParameterError(
            "All treated units changed alike, and so did all others, so the difference has no standard error; give an outcome "
            "that varies between units of one kind."
        )
    estimate, less, more = made.estimate[np.isfinite(made.estimate).all(axis=1)].T
    square, square_less, square_more = made.std_error[np.isfinite(made.estimate).all(axis=1)].T ** 2
    return StudentisedTest(
        float(estimate[0]),
        float(np.sqrt(square[0])),
        estimate.size,
        estimate,
        (more - less) / 2 / unit,
        np.stack(
            [square, (square_less - square_more) / 2 / unit, (square_less + square_more - 2 * square) / 2 / unit**2]
        ),
    )


def averaged(tests: Sequence[StudentisedTest], weights: ArrayLike) -> StudentisedTest:
    """The average of tests on different units, each shuffled by itself, as one test: weights as given, made to sum to one.

    Raises
    ------
    ParameterError : tests of different numbers of assignments, or none.
    """
    if len({test.n_assignments for test in tests}) != 1:
        raise ParameterError(
            "Tests are averaged assignment by assignment; give as many of each, and at least one test."
        )
    share = np.asarray(weights, np.float64) / np.sum(weights)
    null = share @ np.stack([test.null for test in tests])
    squares = np.tensordot(share**2, np.stack([test.squares for test in tests]), 1)
    response = share @ np.stack([test.response for test in tests])
    return StudentisedTest(float(null[0]), float(np.sqrt(squares[0, 0])), null.size, null, response, squares)


def number_of_assignments(first_treated: ArrayLike, strata: ArrayLike) -> float:
    """How many different ways there are of dealing dates (n_units,) out again within strata (n_units,).

    Infinite where they are more than a float holds, as of a thousand units.
    """
    dates, labels = real_numbers(first_treated, "first treated period"), np.asarray(strata)
    of_strata = [np.unique(dates[labels == label], return_counts=True)[1].tolist() for label in np.unique(labels)]
    ways = prod(factorial(sum(counts)) // prod(map(factorial, counts)) for counts in of_strata)
    return float(ways) if ways <= float_info.max else inf
