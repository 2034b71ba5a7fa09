"""Cox regression with robust errors and a check of proportionality.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    cluster_codes,
    complete_columns,
    require_columns,
    require_level,
    require_numbers,
    require_terms,
)
from crimjust_research.designs.fit import LARGEST_LOG, Printed, above_zero, coefficient_table
from crimjust_research.designs.numerics import library
from crimjust_research.designs.survival import partial_likelihood, separation
from crimjust_research.designs.survival.curves import checked_durations, product_limit
from crimjust_research.designs.survival.partial_likelihood import RiskSets, risk_sets
from crimjust_research.errors import ParameterError

DEPENDENT = 1e-10  # of the covariates' largest spread


@dataclass(frozen=True, repr=False)
class CoxModel(Printed):
    """Proportional hazards regression."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, robust_std_error, hazard_ratio, ci_low, ci_high (of the ratio,
    robust), p_value (robust)."""
    proportionality: pd.DataFrame
    """term (and "all"), correlation, chi2, df, p_value: whether a coefficient drifts with time."""
    n_obs: int
    """Units at risk at the first event or later."""
    n_events: int
    log_likelihood: float


def cox(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    covariates: Sequence[str],
    *,
    cluster: str | None = None,
    alpha: float = 0.05,
) -> CoxModel:
    """Cox regression with Lin-Wei robust errors and the Grambsch-Therneau check of proportionality.

    With `cluster` the score residuals are added up within clusters before they are squared (Lee, Wei and Amato 1992).

    Ties by Efron's method. Units censored before the first event were never at risk of one and are left out; they say
    nothing about the coefficients. Own code, held against statsmodels in tests.

    Parameters
    ----------
    frame : one row per unit; `covariates` numeric; `cluster` names, complete, without which each unit is its own.

    Raises
    ------
    ParameterError : columns missing, empty or not numeric; no covariate; covariates that are dependent among those at
        risk, or by which a unit or two alone differ; fewer than five events, or all of them at once, which nothing orders;
        or a coefficient without finite estimate (monotone likelihood), as where no unit of one kind has had an event. See
        also `checked_durations`.
    """
    require_level(alpha)
    require_terms(covariates)
    require_columns(frame, [duration, event, *covariates, *([cluster] if cluster else [])])
    require_numbers(frame, covariates)
    time, code = checked_durations(frame[duration], frame[event])
    x = frame[list(covariates)].to_numpy(np.float64)
    at_risk = time >= time[code > 0].min()
    time, code, x = time[at_risk], code[at_risk], x[at_risk]
    sets = risk_sets(time, code)
    require_order(sets, x, code, list(covariates))
    # Covariates of one scale, whatever their units, are what Newton's steps settle on.
    scaled, scale = separation.scaled_columns(x)
    with library(f"The Cox regression of {event!r} fails; scale the covariates alike, or use fewer"):
        at, likelihood = partial_likelihood.maximum(sets, scaled)
        inverse = np.linalg.inv(likelihood.information)
        scores = partial_likelihood.score_residuals(sets, scaled, at)
        if cluster:
            number, clusters = cluster_codes(complete_columns(frame, [cluster])[at_risk], cluster, 2)
            scores = np.asarray([np.bincount(number, column, clusters) for column in scores.T], np.float64).T
        sandwich = inverse @ (scores.T @ scores) @ inverse
        estimate, covariance = at / scale, inverse / np.outer(scale, scale)
        robust = np.sqrt(np.diag(sandwich)) / scale
    if (
        not np.isfinite([*estimate, *np.diag(covariance), *robust]).all()
        or min(*np.diag(covariance), *robust) <= 0
        or (np.max(np.abs(estimate) + 4 * robust) > LARGEST_LOG)
    ):
        raise ParameterError(
            f"The Cox regression of {event!r} on {', '.join(covariates)} does not settle; scale the covariates alike, or use "
            "fewer."
        )
    table = coefficient_table(covariates, estimate, robust, alpha, ratio="hazard_ratio")
    table = table.rename(columns={"std_error": "robust_std_error"})
    table.insert(2, "std_error", np.sqrt(np.diag(covariance)))
    residuals = partial_likelihood.schoenfeld_residuals(sets, x - x.mean(axis=0), estimate)
    curve = product_limit(time, code, alpha)
    check = _proportionality(sets.when[sets.own], residuals, covariance, curve, list(covariates))
    return CoxModel(table, check, time.size, int(code.sum()), likelihood.value)


def require_order(sets: RiskSets, x: FloatArray, code: IntArray, names: list[str]) -> None:
    """Refuse durations and covariates whose partial likelihood has no single, finite maximum.

    Raises
    ------
    ParameterError : see `cox`.
    """
    if sets.when.size == 1 and sets.befallen[0] == len(x):
        raise ParameterError(
            f"All {len(x)} at risk have the event at the same time, {sets.when[0]:g}; nothing says who comes first. Give "
            "finer durations, or use `discrete_hazard`."
        )
    scaled, _ = separation.scaled_columns(x)
    within = partial_likelihood.spread_at_events(sets, scaled)
    if np.linalg.matrix_rank(within, tol=DEPENDENT * max(float(within.max()), 1e-300), hermitian=True) < x.shape[1]:
        raise ParameterError("The covariates are linearly dependent or constant among those at risk; drop one.")
    direction = separation.of_order(sets, x)
    if direction is not None:
        raise ParameterError(separation.without_estimate(direction, names, x, code > 0, "hazard ratio of"))
    separation.require_several(scaled, np.arange(len(x)), int(code.sum()), names)


def _proportionality(
    when: FloatArray, residuals: FloatArray, covariance: FloatArray, curve: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """Grambsch and Therneau (1994): do scaled residuals trend with one less the survival just before each event?

    Missing where all events are at one time.
    """
    before = np.concatenate([[1.0], curve["survival"].to_numpy()[:-1]])
    g = 1 - before[np.searchsorted(curve["time"], when)]
    g = g - g.mean()
    scaled = len(when) * residuals @ covariance
    trend = g @ scaled
    if not g @ g > 0:  # events at one time only have no trend
        own, together, correlation = np.full(len(names), np.nan), np.nan, [np.nan] * len(names)
    else:
        own = trend**2 / (len(when) * np.diag(covariance) * (g @ g))
        together = (g @ residuals) @ covariance @ (g @ residuals) * len(when) / (g @ g)
        correlation = [float(np.corrcoef(g, column)[0, 1]) for column in scaled.T]
    df = [1] * len(names) + [len(names)]
    chi2 = np.append(own, together)
    return pd.DataFrame(
        {
            "term": [*names, "all"],
            "correlation": [*correlation, np.nan],
            "chi2": chi2,
            "df": df,
            "p_value": [float(above_zero(chdtrc(d, c))) for d, c in zip(df, chi2, strict=True)],
        }
    )
