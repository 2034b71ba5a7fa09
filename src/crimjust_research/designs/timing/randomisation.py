"""Randomisation tests for few treated units, and their intervals.

A randomisation test compares the estimate with what the same outcomes give under every other assignment of treatment
dates that could have been made. It needs no standard error, so shocks shared by neighbouring units, which break
clustered standard errors, do no harm as long as the shuffle moves whole blocks. Everything is batched: one array
of assignments, a few matrix products. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import LARGEST, generator, labelled, real_numbers, require_draws, require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.timing.statistics import Statistic, two_way_coefficients
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class RandomisationTest(Printed):
    """An estimate against its distribution over the assignments that could have been made."""

    estimate: float
    p_value: float
    """Two-sided. Exact share of assignments, or (1 + count) / (1 + draws) if they were sampled."""
    ci_low: float
    ci_high: float
    """Constant effects that the test does not reject; infinite where it never does."""
    exact: bool
    n_assignments: int
    """Assignments compared, the observed one among them."""
    smallest_p: float
    """The least p-value this many assignments can give."""
    null: FloatArray
    """(n_assignments,) statistic of each, observed first."""


def shuffled_assignments(
    first_treated: ArrayLike, draws: int, seed: int, strata: ArrayLike | None = None
) -> FloatArray:
    """Observed first treated periods dealt out again at random among units, within strata if given.

    Parameters
    ----------
    first_treated : (n_units,), inf if never; strata : (n_units,) labels.

    Returns (1 + draws, n_units), the observed assignment first.

    Raises
    ------
    ParameterError : fewer than 99 draws, a unit without a date or a stratum, or nothing to shuffle.
    """
    dates = real_numbers(first_treated, "first treated period")
    require_draws(draws)
    if dates.ndim != 1 or not dates.size or np.isnan(dates).any():
        raise ParameterError(f"first_treated is {dates}; give each unit its period, infinite if it is never treated.")
    code = np.zeros(dates.size, np.int64) if strata is None else labelled(strata, dates.size, "stratum")[0]
    groups = [np.flatnonzero(code == stratum) for stratum in range(code.max() + 1)]
    if all(np.unique(dates[members]).size == 1 for members in groups):
        raise ParameterError("Every stratum has one date only; shuffling within strata changes nothing.")
    rng = generator(seed)
    result = np.tile(dates, (1 + draws, 1))
    for members in groups:
        result[1:, members] = rng.permuted(result[1:, members], axis=1)
    return result


def randomisation_test(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: ArrayLike,
    *,
    statistic: Statistic = two_way_coefficients,
    exact: bool,
    alpha: float = 0.05,
) -> RandomisationTest:
    """Two-sided randomisation test of no effect on any unit, with the interval of constant effects not rejected.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed.
    assignments : (A, n_units), the observed one first; all possible ones if `exact`, else sampled.
    statistic : linear in the outcomes, such as `two_way_coefficients` or `group_time_averages`.

    Raises
    ------
    ParameterError : shapes that do not fit, an infinite outcome, or an observed assignment without a comparison.
    """
    require_level(alpha)
    when, outcomes = real_numbers(periods, "period"), real_numbers(outcomes, "outcome")
    assignments = real_numbers(assignments, "first treated period")
    if np.isinf(outcomes).any():
        raise ParameterError("An outcome is infinite; correct it, or leave it missing where it is not known.")
    if np.isfinite(outcomes).any() and np.nanmax(np.abs(outcomes)) > LARGEST:
        raise ParameterError(f"The outcomes reach {np.nanmax(np.abs(outcomes)):g}; give them in other units.")
    if assignments.ndim != 2:
        raise ParameterError(f"assignments have shape {assignments.shape}; give one row per assignment.")
    if outcomes.shape != (assignments.shape[1], when.size):
        raise ParameterError(
            f"Outcomes have shape {outcomes.shape}; {assignments.shape[1]} units and {when.size} periods are expected."
        )
    effect_of_one = np.where(np.isfinite(outcomes), treated_cells(assignments[0], when), np.nan)
    values = statistic(np.stack([outcomes, effect_of_one]), assignments, when)
    if not np.isfinite(values[0]).all():
        raise ParameterError("The observed assignment leaves no comparison; widen the panel.")
    values = values[np.isfinite(values).all(axis=1)]
    null, response = values[:, 0], values[:, 1]
    # Differences that are nothing but rounding of the outcomes are ties: without variation p is one.
    rounding = 64 * np.finfo(np.float64).eps * float(np.nanmax(np.abs(outcomes)))
    extreme = np.abs(null) >= abs(null[0]) * (1 - TIE) - rounding
    low, high = constant_effects_not_rejected(null, response, alpha)
    return RandomisationTest(float(null[0]), float(extreme.mean()), low, high, exact, null.size, 1 / null.size, null)


def constant_effects_not_rejected(null: FloatArray, response: FloatArray, alpha: float) -> tuple[float, float]:
    """Least and largest constant effect whose removal leaves a p-value above `alpha`; missing where outcomes are all alike.

    Parameters
    ----------
    null : (A,) statistic of each assignment, observed first; response : (A,) the same statistic of the observed
        treatment indicator, so that removing an effect e turns null into null - e * response.

    Each assignment is at least as extreme as the observed one on one or two sides of at most two values of e, so the
    p-value is a step function whose steps are known.
    """
    observed, others, slope = null[0], null[1:], response[1:]
    size = float(np.abs(null).max())
    same = (np.abs(others - observed) <= TIE * size) & (np.abs(slope - 1) <= TIE)
    always = 1 + int(same.sum())
    others, slope = others[~same], slope[~same]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.column_stack([(others - observed) / (slope - 1), (others + observed) / (slope + 1)])
    steps = np.sort(np.where(np.isfinite(steps), steps, np.inf), axis=1)
    finite = np.isfinite(steps)
    first = np.where(finite[:, 0], steps[:, 0], observed) - (size or 1.0)
    starts_in = np.abs(others - first * slope) >= np.abs(observed - first)
    change = np.where(starts_in, -1, 1)[:, None] * np.array([1, -1])
    order = np.argsort(steps[finite], kind="stable")
    where = steps[finite][order]
    counts = always + int(starts_in.sum()) + np.concatenate([[0], np.cumsum(change[finite][order])])
    accepted = np.flatnonzero(counts / null.size > alpha)
    if not accepted.size:  # as where outcomes do not vary: one effect is possible, without width
        return np.nan, np.nan
    edges = np.concatenate([[-np.inf], where, [np.inf]])
    return float(edges[accepted[0]]), float(edges[accepted[-1] + 1])
