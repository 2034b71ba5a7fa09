"""Cox regression with robust errors and a check of proportionality.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.survival.curves import _curve, checked_durations
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class CoxModel:
    """Proportional hazards regression."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, robust_std_error, hazard_ratio, ci_low, ci_high (of the ratio,
    robust), p_value (robust)."""
    proportionality: pd.DataFrame
    """term (and "all"), correlation, chi2, df, p_value: whether a coefficient drifts with time."""
    covariance: FloatArray
    n_obs: int
    n_events: int
    n_clusters: int
    log_likelihood: float


def cox(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    covariates: Sequence[str],
    *,
    entry: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    alpha: float = 0.05,
) -> CoxModel:
    """Cox regression with Lin-Wei (or clustered) robust errors and the Grambsch-Therneau check of proportionality.

    Parameters
    ----------
    frame : one row per unit; `covariates` numeric. Clusters default to rows.

    Raises
    ------
    ParameterError : columns missing, empty or not numeric; see also `checked_durations`.
    """
    from statsmodels.duration.hazard_regression import PHReg

    wanted = [duration, event, *covariates, *[c for c in (entry, strata, cluster) if c]]
    absent = [c for c in wanted if c not in frame.columns]
    if absent:
        raise ParameterError(f"The table has no column {', '.join(map(repr, absent))}.")
    for column in covariates:
        if not pd.api.types.is_numeric_dtype(frame[column]) or frame[column].isna().any():
            raise ParameterError(f"Covariate {column!r} has missing or non-numeric values; code and complete it.")
    time, code, start = checked_durations(frame[duration], frame[event], frame[entry] if entry else None)
    x = frame[list(covariates)].to_numpy(np.float64)
    if np.linalg.matrix_rank(x - x.mean(axis=0)) < x.shape[1]:
        raise ParameterError("The covariates are linearly dependent or constant; drop one.")
    stratum = pd.factorize(frame[strata])[0] if strata else np.zeros(len(frame), np.int64)
    groups = pd.factorize(frame[cluster])[0] if cluster else np.arange(len(frame))
    model = PHReg(time, x, code, entry=start if entry else None, strata=stratum if strata else None, ties=ties)
    plain = model.fit(disp=0)
    estimate, covariance = np.asarray(plain.params), np.asarray(plain.cov_params())
    robust = np.sqrt(np.diag(model.fit(groups=groups, disp=0).cov_params()))
    half = ndtri(1 - alpha / 2) * robust
    table = pd.DataFrame(
        {
            "term": list(covariates),
            "estimate": estimate,
            "std_error": np.sqrt(np.diag(covariance)),
            "robust_std_error": robust,
            "hazard_ratio": np.exp(estimate),
            "ci_low": np.exp(estimate - half),
            "ci_high": np.exp(estimate + half),
            "p_value": 2 * ndtr(-np.abs(estimate / robust)),
        }
    )
    when, residuals = schoenfeld_residuals(time, code, start, stratum, x, estimate, ties)
    check = _proportionality(when, residuals, covariance, _curve(time, code, start, alpha), list(covariates))
    return CoxModel(table, check, covariance, len(frame), int(code.sum()), int(groups.max()) + 1, float(plain.llf))


def schoenfeld_residuals(
    time: FloatArray,
    code: IntArray,
    start: FloatArray,
    stratum: IntArray,
    x: FloatArray,
    coefficients: FloatArray,
    ties: Literal["efron", "breslow"],
) -> tuple[FloatArray, FloatArray]:
    """Event times (E,) and each event's covariates less their risk-weighted mean (E, k).

    Under Efron's treatment of ties the mean at a time with d events averages d means in which the tied units count
    for less and less.
    """
    weight = np.exp(x @ coefficients)
    rows, means = [], []
    for s in np.unique(stratum):
        inside = stratum == s
        for t in np.unique(time[inside & (code > 0)]):
            risk = inside & (time >= t) & (start < t)
            tied = np.flatnonzero(inside & (time == t) & (code > 0))
            all_weight, all_sum = weight[risk].sum(), weight[risk] @ x[risk]
            off = np.arange(tied.size) / tied.size if ties == "efron" else np.zeros(tied.size)
            own_weight, own_sum = weight[tied].sum(), weight[tied] @ x[tied]
            mean = ((all_sum - off[:, None] * own_sum) / (all_weight - off * own_weight)[:, None]).mean(axis=0)
            rows.append(tied)
            means.append(np.broadcast_to(mean, (tied.size, mean.size)))
    order = np.concatenate(rows)
    return time[order], x[order] - np.concatenate(means)


def _proportionality(
    when: FloatArray, residuals: FloatArray, covariance: FloatArray, curve: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """Grambsch and Therneau (1994): do scaled residuals trend with one less the survival just before each event?"""
    before = np.concatenate([[1.0], curve["survival"].to_numpy()[:-1]])
    g = 1 - before[np.searchsorted(curve["time"], when)]
    g = g - g.mean()
    scaled = len(when) * residuals @ covariance
    trend = g @ scaled
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
            "p_value": [float(chdtrc(d, c)) for d, c in zip(df, chi2, strict=True)],
        }
    )
