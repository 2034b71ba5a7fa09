"""Efficient estimator for roll-outs whose timing is as good as random (Roth and Sant'Anna 2023).

When the order in which units start is random, outcomes before treatment differ between groups by chance alone, so
they can be adjusted for with the variance-minimising coefficient instead of being subtracted one for one. The
difference-in-differences of Callaway and Sant'Anna and the plain comparison of means are the special cases of
coefficient one and zero. Registry: docs/methods/staggered.md.
Reference: Roth and Sant'Anna (2023), Journal of Political Economy Microeconomics 1(4):669-709.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.aggregation import (
    Aggregation,
    StaggeredResult,
    effect_table,
    unknown_error_notes,
)
from crimjust_research.designs.staggered.panel import StaggeredPanel, Timing, staggered_panel
from crimjust_research.errors import ParameterError

Adjustment = Literal["efficient", "difference-in-differences", "none"]


@dataclass(frozen=True)
class CohortMoments:
    """What the estimator reads from a balanced panel: sizes, means and covariances of the outcome path by cohort."""

    cohorts: FloatArray
    """(G,) first treated periods in order, inf last."""
    sizes: FloatArray
    """(G,)"""
    means: FloatArray
    """(G, T)"""
    covariances: FloatArray
    """(G, T, T), divisor size - 1."""
    periods: FloatArray
    """(T,)"""


def cohort_moments(outcomes: FloatArray, cohort: FloatArray, periods: FloatArray) -> CohortMoments:
    """Moments of `outcomes` (n_units, T) by `cohort` (n_units,); cohorts of one unit, without covariance, are left out.

    Raises
    ------
    ParameterError : fewer than two cohorts with two units each.
    """
    cohorts, index, sizes = np.unique(cohort, return_inverse=True, return_counts=True)
    usable = np.flatnonzero(sizes >= 2)
    if usable.size < 2:
        raise ParameterError("Random timing needs two groups of at least two units; there are fewer.")
    paths = [outcomes[index == g] for g in usable]
    return CohortMoments(
        cohorts[usable],
        sizes[usable].astype(np.float64),
        np.stack([path.mean(axis=0) for path in paths]),
        np.stack([np.cov(path, rowvar=False).reshape(periods.size, periods.size) for path in paths]),
        periods,
    )


def effect_weights(moments: CohortMoments, by: Aggregation, unclear: int) -> tuple[list[float], FloatArray]:
    """Weights on the effects of (cohort, period) cells for each row of a result: labels and (rows, G, T).

    The first row is the overall average, labelled NaN. A cell counts if its cohort is treated and some cohort is
    still clearly untreated.
    """
    cohorts, periods = moments.cohorts, moments.periods
    treated = (cohorts[:, None] <= periods) & (cohorts.max() - unclear > periods)
    mass = treated * moments.sizes[:, None]
    if not treated.any():
        raise ParameterError("No period has both a treated and a clearly untreated group; widen the panel.")
    if by == "simple":
        return [np.nan], (mass / mass.sum())[None]
    if by == "group":
        shares = treated.sum(axis=1, keepdims=True)
        rows = [
            np.where(np.arange(len(cohorts))[:, None] == g, treated / np.maximum(shares, 1), 0.0)
            for g in np.flatnonzero(treated.any(axis=1))
        ]
        weight = moments.sizes[treated.any(axis=1)]
        labels = cohorts[treated.any(axis=1)]
    elif by == "calendar":
        used = np.flatnonzero(treated.any(axis=0))
        rows = [np.where(np.arange(periods.size) == t, mass / mass[:, t].sum(), 0.0) for t in used]
        weight, labels = np.ones(used.size), periods[used]
    else:
        since = np.where(treated, periods - np.where(np.isfinite(cohorts), cohorts, 0.0)[:, None], -1)
        labels = np.unique(since[treated])
        rows = [(since == e) * mass / mass[since == e].sum() for e in labels]
        weight = np.ones(labels.size)
    each = np.stack(rows)
    overall = np.tensordot(weight / weight.sum(), each, axes=1)
    return [np.nan, *labels.tolist()], np.concatenate([overall[None], each])


def contrasts(moments: CohortMoments, weights: FloatArray, unclear: int) -> tuple[FloatArray, FloatArray]:
    """Coefficients on cohort means: of the estimates themselves and of their differences before treatment.

    Both (rows, G, T). For a cell (g, t) the controls are the cohorts clearly untreated at t, by size; the difference
    before treatment is the same comparison at the last period in which g is clearly untreated.

    Raises
    ------
    ParameterError : a cohort without a clearly untreated period in the panel.
    """
    cohorts, periods, sizes = moments.cohorts, moments.periods, moments.sizes
    after, before = np.zeros_like(weights), np.zeros_like(weights)
    for g, t in zip(*np.nonzero(weights.any(axis=0)), strict=True):
        base = np.flatnonzero(periods < cohorts[g] - unclear)
        if base.size == 0:
            raise ParameterError(
                f"The group first treated in {cohorts[g]:g} has no clearly untreated period; begin the panel earlier, or leave "
                "the group out."
            )
        control = (cohorts - unclear > periods[t]) * sizes
        comparison = -control / control.sum()
        comparison[g] += 1.0
        after[:, :, t] += weights[:, g, t, None] * comparison
        before[:, :, base[-1]] += weights[:, g, t, None] * comparison
    return after, before


def random_timing_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    by: Aggregation = "simple",
    adjustment: Adjustment = "efficient",
    alpha: float = 0.05,
) -> StaggeredResult:
    """Effects of a roll-out with random timing, each with the adjustment that minimises its variance.

    estimate = A' Ybar - beta X, with Ybar the cohort means, X the same comparison before treatment (mean zero by
    random timing and no anticipation) and beta = Cov(X, A' Ybar) / Var(X). Controls are all units not yet clearly
    treated. std_error takes off the part of the effects' variance that outcomes before treatment explain;
    std_error_conservative (Neyman's) does not.

    Raises
    ------
    ParameterError : a panel that is refused or unbalanced, too few units by group, or an unknown option.
    """
    if by not in get_args(Aggregation) or adjustment not in get_args(Adjustment):
        raise ParameterError(
            f"by is {by!r} and adjustment {adjustment!r}; use one of {', '.join(get_args(Aggregation))} and one of "
            f"{', '.join(get_args(Adjustment))}."
        )
    checked = staggered_panel(panel, timing)
    if not checked.balanced:
        raise ParameterError("Random timing needs every unit in every period; keep units observed throughout.")
    moments = cohort_moments(checked.outcomes(), checked.cohort, np.asarray(checked.periods, np.float64))
    labels, estimate, variance, conservative = adjusted_estimates(moments, by, adjustment, timing.unclear_periods)
    std_error = np.sqrt(np.maximum(variance, 0.0))
    estimator = "Roth-Sant'Anna" if adjustment == "efficient" else f"random timing, {adjustment}"
    table = effect_table(estimator, by, labels, estimate, std_error, alpha, timing, least_error=checked.rounding)
    table["std_error_conservative"] = np.sqrt(np.diag(conservative))
    at = pd.Index(labels[1:], name="at")
    return StaggeredResult(
        estimator,
        table,
        pd.DataFrame(conservative[1:, 1:], at, at) if len(at) else None,
        timing,
        "not yet treated",
        checked.n_obs,
        checked.n_units,
        checked.n_treated_units,
        (*checked.notes, *_left_out(checked), *unknown_error_notes(table)),
    )


def adjusted_estimates(
    moments: CohortMoments, by: Aggregation, adjustment: Adjustment, unclear: int
) -> tuple[list[float], FloatArray, FloatArray, FloatArray]:
    """Labels, estimates (K,), variances (K,) and the conservative covariance (K, K) of one aggregation."""
    labels, weights = effect_weights(moments, by, unclear)
    after, before = contrasts(moments, weights, unclear)
    scaled = moments.covariances / moments.sizes[:, None, None]
    covariance_with = np.einsum("kgt,gts,kgs->k", before, scaled, after)
    variance_before = np.einsum("kgt,gts,kgs->k", before, scaled, before)
    if adjustment == "efficient":
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = np.where(variance_before > 0, covariance_with / variance_before, 0.0)
    else:
        beta = np.full(len(labels), 1.0 if adjustment == "difference-in-differences" else 0.0)
    net = after - beta[:, None, None] * before
    estimate = np.einsum("kgt,gt->k", net, moments.means)
    conservative = np.einsum("kgt,gts,lgs->kl", net, scaled, net)
    return labels, estimate, np.diag(conservative) - explained_heterogeneity(moments, after), conservative


def explained_heterogeneity(moments: CohortMoments, after: FloatArray) -> FloatArray:
    """Part of the variance of unit effects, over the number of units, that outcomes before any treatment explain.

    A unit's effect is not observed, but its regression on outcomes before the first treated period is: the sum over
    cohorts of the regressions of each cohort's own part. (K,), subtracted from the conservative variance.
    """
    result = np.zeros(len(after))
    for k, coefficients in enumerate(after):
        involved = np.flatnonzero(np.abs(coefficients).max(axis=1) > 0)
        first = involved[0]
        earlier = moments.periods < moments.cohorts[first]
        if not earlier.any():
            continue
        within = moments.covariances[first:][:, earlier][:, :, earlier]
        across = np.einsum("gts,gs->gt", moments.covariances[first:][:, earlier], coefficients[first:])
        slope = np.sum(np.linalg.pinv(within, rcond=1e-8, hermitian=True) @ across[..., None], axis=0)[:, 0]
        result[k] = slope @ within.mean(axis=0) @ slope / moments.sizes.sum()
    return result


def _left_out(checked: StaggeredPanel) -> list[str]:
    """A sentence on cohorts of one unit, which have no covariance."""
    cohorts, sizes = np.unique(checked.cohort, return_counts=True)
    single = cohorts[sizes < 2]
    if single.size == 0:
        return []
    names = ", ".join("never" if np.isinf(g) else f"{g:g}" for g in single)
    return [f"{single.size} group(s) of one unit have no variance and are left out (first treated {names})."]
