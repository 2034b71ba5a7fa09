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
from crimjust_research.designs.checks import require_columns, require_numbers
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.designs.survival.curves import checked_durations, product_limit
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class CoxModel(Printed):
    """Proportional hazards regression."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, robust_std_error, hazard_ratio, ci_low, ci_high (of the ratio,
    robust), p_value (robust)."""
    proportionality: pd.DataFrame
    """term (and "all"), correlation, chi2, df, p_value: whether a coefficient drifts with time."""
    n_obs: int
    n_events: int
    log_likelihood: float


def cox(frame: pd.DataFrame, duration: str, event: str, covariates: Sequence[str], *, alpha: float = 0.05) -> CoxModel:
    """Cox regression with Lin-Wei robust errors and the Grambsch-Therneau check of proportionality.

    Ties by Efron's method. Library: statsmodels.

    Parameters
    ----------
    frame : one row per unit; `covariates` numeric.

    Raises
    ------
    ParameterError : columns missing, empty or not numeric; see also `checked_durations`.
    """
    from statsmodels.duration.hazard_regression import PHReg

    require_columns(frame, [duration, event, *covariates])
    require_numbers(frame, covariates)
    time, code = checked_durations(frame[duration], frame[event])
    x = frame[list(covariates)].to_numpy(np.float64)
    if np.linalg.matrix_rank(x - x.mean(axis=0)) < x.shape[1]:
        raise ParameterError("The covariates are linearly dependent or constant; drop one.")
    model = PHReg(time, x, code, ties="efron")
    plain = model.fit(disp=0)
    estimate, covariance = np.asarray(plain.params), np.asarray(plain.cov_params())
    robust = np.sqrt(np.diag(model.fit(groups=np.arange(len(frame)), disp=0).cov_params()))
    table = coefficient_table(covariates, estimate, robust, alpha, ratio="hazard_ratio")
    table = table.rename(columns={"std_error": "robust_std_error"})
    table.insert(2, "std_error", np.sqrt(np.diag(covariance)))
    when, residuals = schoenfeld_residuals(time, code, x, estimate)
    check = _proportionality(when, residuals, covariance, product_limit(time, code, alpha), list(covariates))
    return CoxModel(table, check, len(frame), int(code.sum()), float(plain.llf))


def schoenfeld_residuals(
    time: FloatArray, code: IntArray, x: FloatArray, coefficients: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Event times (E,) and each event's covariates less their risk-weighted mean (E, k).

    Under Efron's treatment of ties the mean at a time with d events averages d means in which the tied units count
    for less and less.

    Parameters
    ----------
    time, code : (n,); x : (n, k); coefficients : (k,).
    """
    weight = np.exp(x @ coefficients)
    rows, means = [], []
    for t in np.unique(time[code > 0]):
        risk = time >= t
        tied = np.flatnonzero((time == t) & (code > 0))
        all_weight, all_sum = weight[risk].sum(), weight[risk] @ x[risk]
        off = np.arange(tied.size) / tied.size
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
