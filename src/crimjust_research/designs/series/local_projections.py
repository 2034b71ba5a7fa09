"""Impulse responses by local projections (Jordà 2005), with pointwise and simultaneous intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.series.checks import aligned_values, deterministic_terms, series_name
from crimjust_research.designs.series.vector_autoregression import FEWEST_RESIDUAL_DF, least_squares
from crimjust_research.errors import ParameterError

Errors = Literal["lag_augmented", "hac"]

SUP_T_DRAWS = 20_000
SUP_T_SEED = 20_190_101  # fixed, so that the same data give the same band on every machine


@dataclass(frozen=True, repr=False)
class LocalProjection(Printed):
    """Response of one series to an innovation in another, horizon by horizon."""

    impulse: str
    response: str
    errors: Errors
    lags: int
    """Lags of both series held constant, the augmenting one included."""
    table: pd.DataFrame
    """Per horizon: horizon, estimate, std_error, ci_low, ci_high (pointwise), band_low, band_high (all horizons
    at once), p_value, p_joint (adjusted over horizons), n_obs, bandwidth (0: no autocorrelation term)."""
    joint_critical_value: float
    """What replaces the t quantile so that the band covers the whole path with probability 1 - alpha."""
    alpha: float


def bartlett_sum(scores: FloatArray, bandwidth: int) -> FloatArray:
    """Newey-West sum of autocovariances of scores (n, H) with weights 1 - j / (bandwidth + 1): (H, H)."""
    total = scores.T @ scores
    for lag in range(1, bandwidth + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1 - lag / (bandwidth + 1)) * (cross + cross.T)
    return np.asarray(total)


def newey_west_bandwidth(horizon: int, n_obs: int) -> int:
    """max(horizon + 1, floor(0.75 n^(1/3))): no less than the overlap a projection of `horizon` steps creates."""
    return max(horizon + 1, int(0.75 * n_obs ** (1 / 3)))


def local_projection(
    impulse: SeriesLike,
    response: SeriesLike,
    *,
    horizons: int,
    lags: int,
    errors: Errors = "lag_augmented",
    seasonal: bool = False,
    trend: bool = False,
    alpha: float = 0.05,
) -> LocalProjection:
    """Response of `response` at t + h to a unit innovation in `impulse` at t, h = 0..horizons.

    y(t+h) = b(h) x(t) + lags of x and y + deterministic terms + u(t+h), one least-squares fit per horizon. Given
    its lags, what is left of x(t) is its innovation, so b(h) is the impulse response with x ordered first: the
    response may move in the same month, the impulse reacts to it a month later.

    `errors="lag_augmented"` (the default, and the better choice here) adds one lag to `lags` and uses
    heteroskedasticity-robust errors (HC1). The scores are then uncorrelated over time although u(t+h) is not, and
    the intervals hold with roots near or at one and at long horizons (Montiel Olea and Plagborg-Møller 2021), so
    levels need no differencing: with y(t-1) held constant the projection of y(t+h) - y(t-1) has the same b(h).
    `errors="hac"` keeps `lags` and uses Newey-West with `newey_west_bandwidth`. Both carry n / (n - k) and t
    quantiles on n - k degrees of freedom.

    The simultaneous band is the sup-t band of Montiel Olea and Plagborg-Møller (2019): the 1 - alpha quantile of
    the largest |t| over horizons, from 20,000 multivariate t draws (fixed seed) with the estimated correlation
    of b(0), ..., b(horizons).

    Parameters
    ----------
    impulse, response : levels (or logs) on the same dates.
    horizons : last horizon, 0 or more. lags : lags of both, 1 or more.

    Raises
    ------
    ParameterError : series not aligned or complete, a bad option, or fewer than ten residual degrees of freedom
        at the last horizon.
    """
    if errors not in get_args(Errors):
        raise ParameterError(f"errors is {errors!r}; use one of {', '.join(get_args(Errors))}.")
    require_level(alpha)
    if horizons < 0 or lags < 1:
        raise ParameterError(f"horizons is {horizons} and lags {lags}; give 0 or more and 1 or more.")
    x, y, index = aligned_values(impulse, response, ("impulse", "response"))
    n_lags = lags + (errors == "lag_augmented")
    terms = deterministic_terms(index, trend=trend, seasonal=seasonal).to_numpy()
    n_regressors = 1 + 2 * n_lags + terms.shape[1]
    needed = n_lags + horizons + n_regressors + FEWEST_RESIDUAL_DF
    if x.size < needed:
        raise ParameterError(
            f"{x.size} observations are too few for {horizons} horizons, {n_lags} lags and {terms.shape[1]} "
            f"deterministic terms; at least {needed} are needed. Lower the horizon or the lag, or widen the window."
        )
    past = [z[n_lags - lag : z.size - lag] for lag in range(1, n_lags + 1) for z in (x, y)]
    regressors = np.column_stack([x[n_lags:], *past, terms[n_lags:]])

    n_starts = len(regressors)
    estimates, variances, degrees = (np.empty(horizons + 1) for _ in range(3))
    influence = np.zeros((n_starts, horizons + 1))
    bandwidths = [
        0 if errors == "lag_augmented" else newey_west_bandwidth(h, n_starts - h) for h in range(horizons + 1)
    ]
    for h in range(horizons + 1):
        n = n_starts - h
        design = regressors[:n]
        fit = least_squares(design, y[n_lags + h :, None])
        # Influence of each date on b(h): the innovation in x times the residual, over the innovation's square sum.
        influence[:n, h] = design @ fit.inverse_gram[0] * fit.residuals[:, 0]
        degrees[h] = fit.residual_df
        estimates[h] = fit.coefficients[0, 0]
        variances[h] = bartlett_sum(influence[:n, [h]], bandwidths[h])[0, 0] * n / fit.residual_df
    standard_errors = np.sqrt(variances)
    joint = bartlett_sum(influence, max(bandwidths))
    largest = largest_t_draws(joint, degrees.min())
    joint_critical_value = float(np.quantile(largest, 1 - alpha))

    t = np.abs(estimates) / standard_errors
    pointwise = stdtrit(degrees, 1 - alpha / 2) * standard_errors
    band = joint_critical_value * standard_errors
    table = pd.DataFrame(
        {
            "horizon": np.arange(horizons + 1),
            "estimate": estimates,
            "std_error": standard_errors,
            "ci_low": estimates - pointwise,
            "ci_high": estimates + pointwise,
            "band_low": estimates - band,
            "band_high": estimates + band,
            "p_value": 2 * stdtr(degrees, -t),
            "p_joint": (1 + (largest[:, None] >= t).sum(axis=0)) / (1 + largest.size),
            "n_obs": n_starts - np.arange(horizons + 1),
            "bandwidth": bandwidths,
        }
    )
    return LocalProjection(
        impulse=series_name(impulse, "impulse"),
        response=series_name(response, "response"),
        errors=errors,
        lags=n_lags,
        table=table,
        joint_critical_value=joint_critical_value,
        alpha=alpha,
    )


def largest_t_draws(covariance: FloatArray, degrees: float) -> FloatArray:
    """Draws of the largest |t| over estimates whose covariance is known up to scale, on `degrees` of freedom."""
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    rng = np.random.default_rng(SUP_T_SEED)
    normal = rng.standard_normal((SUP_T_DRAWS, len(scale))) @ root.T
    return np.asarray(np.abs(normal).max(axis=1) / np.sqrt(rng.chisquare(degrees, SUP_T_DRAWS) / degrees))
