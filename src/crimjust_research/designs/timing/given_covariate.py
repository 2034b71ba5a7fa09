"""The studentised randomisation test beside a covariate that changes with time, its slope estimated and not taken as known.

The slope is that of least squares beside unit and period effects, over what is not yet treated, so that no effect of
treatment is taken for one of the covariate. Slope, average and the standard error of both together are computed anew under
each assignment. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import real_numbers
from crimjust_research.designs.timing.influence import influences
from crimjust_research.designs.timing.statistics import Controls
from crimjust_research.designs.timing.studentised import (
    Averages,
    StudentisedTest,
    as_test,
    effects_taken_off,
    require_panel,
)
from crimjust_research.errors import ParameterError

AT_ONCE = 4_000_000
"""Numbers in the largest array held while slopes are computed."""
NOTHING = 1e-9
"""Share of the covariate's variation within units that is left beside period effects where none is."""
ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Share of the covariate's squares that is left where it does not vary within units."""


class Slope(NamedTuple):
    """A slope by assignment and outcome, and what each unit adds to it."""

    estimate: FloatArray
    """(A, S)"""
    moved: FloatArray
    """(A, S, n_units) slope less that without the unit; missing where without it there is none."""


class GivenCovariate(NamedTuple):
    """The test of an average given the covariate, and the slope under the observed assignment with its standard error."""

    test: StudentisedTest
    slope: float
    slope_error: float


def slopes(
    outcomes: FloatArray, covariate: FloatArray, assignments: FloatArray, periods: FloatArray, unclear: int = 0
) -> Slope:
    """Slope of outcomes on a covariate beside unit and period effects, over what is clearly untreated; with and without a unit.

    Parameters
    ----------
    outcomes : (S, n_units, T), NaN where not observed (the same cells in all S); covariate : (n_units, T).
    assignments : (A, n_units) first treated periods, inf if never; periods : (T,).

    Unit effects are taken off by centring; what is left are normal equations in T period effects, sums over units.
    """
    dates, date = np.unique(assignments, return_inverse=True)
    date = date.reshape(assignments.shape)
    seen = np.isfinite(outcomes[0]) & (periods < dates[:, None, None] - unclear)  # (H, n_units, T)
    count = np.maximum(seen.sum(axis=2, keepdims=True), 1)
    centre = seen[..., None] * np.eye(periods.size) - seen[..., None] * seen[..., None, :] / count[..., None]
    x = np.einsum("hitu,iu->hit", centre, covariate)
    y = np.einsum("hitu,siu->hits", centre, np.nan_to_num(outcomes))
    xx, xy = np.einsum("hit,it->hi", x, covariate), np.einsum("hits,it->his", y, covariate)
    estimate, moved = [], []
    step = max(1, AT_ONCE // (centre[0].size + y[0].size))
    units = np.arange(assignments.shape[1])
    for first in range(0, len(date), step):
        own = [part[date[first : first + step], units] for part in (centre, x, y, xx, xy)]
        sums = [part.sum(axis=1) for part in own]
        # Beside the variation of all units, and beside the rounding of the covariate itself.
        least = np.maximum(NOTHING * sums[3], ROUNDING * np.nansum(covariate**2))
        whole = _slope(least, *sums)
        estimate.append(whole)
        without = _slope(least[:, None], *(part.sum(axis=1, keepdims=True) - part for part in own))
        moved.append(np.moveaxis(whole[:, None] - without, 1, 2))
    return Slope(np.concatenate(estimate), np.concatenate(moved))


def _slope(
    least: FloatArray, centre: FloatArray, x: FloatArray, y: FloatArray, xx: FloatArray, xy: FloatArray
) -> FloatArray:
    """(..., S) slopes from sums over units: (..., T, T), (..., T), (..., T, S), (...), (..., S); missing where no more of the
    covariate's variation is left than `least`, (...)."""
    effects = np.einsum("...tu,...u->...t", np.linalg.pinv(centre, hermitian=True), x)
    left = xx - np.einsum("...t,...t->...", effects, x)
    left = np.where(left > least, left, np.nan)
    return np.asarray((xy - np.einsum("...t,...ts->...s", effects, y)) / left[..., None])


def studentised_test_given(
    outcomes: FloatArray,
    covariate: FloatArray,
    assignments: FloatArray,
    periods: ArrayLike,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> GivenCovariate:
    """Studentised randomisation test of no effect on any unit beyond what goes with a covariate; see `StudentisedTest`.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed; covariate : (n_units, T); assignments : (A, n_units), the observed one
        first.

    Raises
    ------
    ParameterError : shapes that do not fit, outcomes too large to be squared, a covariate that is missing where outcomes are
        observed, one whose slope nothing tells, or a single unit alone, or no comparison.
    """
    when, outcomes = real_numbers(periods, "period"), real_numbers(outcomes, "outcome")
    require_panel(outcomes, assignments, when)
    if covariate.shape != outcomes.shape or not np.isfinite(covariate[np.isfinite(outcomes)]).all():
        raise ParameterError(
            f"The covariate has shape {covariate.shape}, the outcomes {outcomes.shape}; give a finite number of it wherever an "
            "outcome is observed."
        )
    observed = slopes(outcomes[None], covariate, assignments[:1], when, unclear)
    if not np.isfinite(observed.estimate).all():
        raise ParameterError("The covariate changes in no untreated unit beyond period effects; leave it out.")
    if not np.isfinite(observed.moved).all():
        raise ParameterError(
            "The slope of the covariate rests on a single unit, so its error is not known; leave it out."
        )
    three, unit = effects_taken_off(outcomes, assignments[0], when)
    found = averages_given(three, covariate, assignments, when, controls=controls, unclear=unclear)
    error = float(np.sqrt(np.sum(observed.moved**2)))
    return GivenCovariate(as_test(found, unit), float(observed.estimate[0, 0]), error)


def averages_given(
    outcomes: FloatArray,
    covariate: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> Averages:
    """Average effects (A, S) on outcomes (S, n_units, T) given a covariate (n_units, T), with their standard errors.

    The average of outcomes less slope times covariate. Each unit moves it by its influence on that average, and by what it
    moves the slope times the average of the covariate.
    """
    both = np.concatenate([outcomes, np.where(np.isfinite(outcomes[:1]), covariate, np.nan)])
    average, influence = influences(both, assignments, periods, controls=controls, unclear=unclear)
    slope = slopes(outcomes, covariate, assignments, periods, unclear)
    estimate = average[:, :-1] - slope.estimate * average[:, -1:]
    moved = influence[:, :-1] - slope.estimate[..., None] * influence[:, -1:] - average[:, -1:, None] * slope.moved
    error = np.sqrt(np.sum(moved**2, axis=2))
    return Averages(np.where(np.isfinite(error), estimate, np.nan), error)
