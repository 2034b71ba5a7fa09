"""Impulse responses by local projections (Jordà 2005), with pointwise and simultaneous intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.designs.fit import Printed, inference
from crimjust_research.designs.series.checks import levels_and_terms, series_name
from crimjust_research.designs.series.vector_autoregression import (
    FEWEST_RESIDUAL_DF,
    lagged_design,
    stacked_least_squares,
    without_terms,
)
from crimjust_research.errors import ParameterError

MOST_OF_ONE_DATE = 0.95  # of the square sum of an impulse's innovations
SUP_T_DRAWS = 20_000
AT_ONCE = 2_000  # draws, few enough to stay near the processor
SUP_T_SEED = 20_190_101  # fixed, so that the same data give the same band on every machine


@dataclass(frozen=True, repr=False)
class LocalProjection(Printed):
    """Response of one series to an innovation in another, horizon by horizon."""

    impulse: str
    response: str
    lags: int
    """Lags of both series held constant, the augmenting one included."""
    table: pd.DataFrame
    """Per horizon: horizon, estimate, std_error, ci_low, ci_high (pointwise), p_value, band_low, band_high (all
    horizons at once), p_joint (adjusted over horizons), n_obs."""


def local_projection(
    impulse: SeriesLike,
    response: SeriesLike,
    *,
    horizons: int,
    lags: int,
    seasonal: bool = False,
    trend: bool = False,
    alpha: float = 0.05,
) -> LocalProjection:
    """Response of `response` at t + h to a unit innovation in `impulse` at t, h = 0..horizons.

    y(t+h) = b(h) x(t) + lags of x and y + deterministic terms + u(t+h), one least-squares fit per horizon. Given
    its lags, what is left of x(t) is its innovation, so b(h) is the impulse response with x ordered first: the
    response may move in the same month, the impulse reacts to it a month later.

    One lag is added to `lags` and errors are robust to heteroskedasticity (HC1), with t quantiles on n - k degrees of
    freedom. The scores are then uncorrelated over time although u(t+h) is not, and the intervals hold with roots near
    or at one and at long horizons (Montiel Olea and Plagborg-Møller 2021), so levels need no differencing: with y(t-1)
    held constant the projection of y(t+h) - y(t-1) has the same b(h).

    The simultaneous band is the sup-t band of Montiel Olea and Plagborg-Møller (2019): the 1 - alpha quantile of
    the largest `|t|` over horizons, from 20,000 multivariate t draws (fixed seed) with the estimated correlation
    of b(0), ..., b(horizons).

    Parameters
    ----------
    impulse, response : levels (or logs) on the same dates.
    horizons : last horizon, 0 or more. lags : lags of both, 1 or more.

    Raises
    ------
    ParameterError : series not aligned or complete, a bad option, fewer than ten residual degrees of freedom at the
        last horizon, a response without noise, or an impulse that moves at one date only.
    """
    require_level(alpha)
    require_whole(0, horizons=horizons)
    require_whole(1, lags=lags)
    levels, terms = levels_and_terms(impulse, response, ("impulse", "response"), trend=trend, seasonal=seasonal)
    n_lags = lags + 1
    n_regressors = 1 + 2 * n_lags + terms.shape[1]
    needed = n_lags + horizons + n_regressors + FEWEST_RESIDUAL_DF
    if len(levels) < needed:
        raise ParameterError(
            f"{len(levels)} observations are too few for {horizons} horizons, {n_lags} lags and {terms.shape[1]} "
            f"deterministic terms; at least {needed} are needed. Lower the horizon or the lag, or widen the window."
        )
    found = projected(levels, terms, n_lags, horizons)
    if found.most_of_one_date > MOST_OF_ONE_DATE:
        raise ParameterError(
            f"All that is new in {series_name(impulse, 'impulse')!r} happens at one date; a response to one "
            "event has no standard error. Treat it as an interruption."
        )
    estimates, standard_errors, degrees = found.estimates, found.standard_errors, found.degrees
    largest = largest_t_draws(found.covariance, degrees.min())
    reach = np.quantile(largest, 1 - alpha) * standard_errors
    exceeded = largest[:, None] >= np.abs(estimates) / standard_errors
    table = pd.DataFrame(
        {
            "horizon": np.arange(horizons + 1),
            **inference(estimates, standard_errors, alpha, degrees),
            "band_low": estimates - reach,
            "band_high": estimates + reach,
            "p_joint": (1 + exceeded.sum(axis=0)) / (1 + largest.size),
            "n_obs": len(levels) - n_lags - np.arange(horizons + 1),
        }
    )
    return LocalProjection(series_name(impulse, "impulse"), series_name(response, "response"), n_lags, table)


@dataclass(frozen=True)
class Projected:
    """Responses at horizons 0..H with their errors; any leading axes are samples."""

    estimates: FloatArray
    """(..., H + 1)"""
    standard_errors: FloatArray
    """(..., H + 1), HC1."""
    covariance: FloatArray
    """(..., H + 1, H + 1) of the responses, up to the scale of each."""
    degrees: FloatArray
    """(H + 1,) residual degrees of freedom."""
    most_of_one_date: float
    """The largest share that one date has in an impulse's innovations, of all horizons and samples."""


def projected(levels: FloatArray, terms: FloatArray, n_lags: int, horizons: int) -> Projected:
    """The regressions of `local_projection` on one sample or on a stack of them.

    Parameters
    ----------
    levels : (..., T, 2) impulse and response; terms : (T, q); n_lags : of both, the augmenting one included.
    """
    past, now = lagged_design(levels, n_lags, terms[:, :0])
    regressors = np.concatenate([now[..., :1], past], axis=-1)
    n_starts = regressors.shape[-2]
    shape = (*levels.shape[:-2], horizons + 1)
    estimates, variances, degrees = np.empty(shape), np.empty(shape), np.empty(horizons + 1)
    influence = np.zeros((*levels.shape[:-2], n_starts, horizons + 1))
    most = 0.0
    for h in range(horizons + 1):
        n = n_starts - h
        design, response = without_terms(regressors[..., :n, :], now[..., h:, 1:], terms[n_lags : n_lags + n])
        fit = stacked_least_squares(design, response, taken_out=terms.shape[1])
        # Influence of each date on b(h): the innovation in x times the residual, over the innovation's square sum.
        weight = (design @ fit.inverse_gram[..., :, :1])[..., 0]
        squares = weight**2
        most = max(most, float(np.max(squares.max(axis=-1) / squares.sum(axis=-1))))
        influence[..., :n, h] = weight * fit.residuals[..., 0]
        degrees[h] = fit.residual_df
        estimates[..., h] = fit.coefficients[..., 0, 0]
        variances[..., h] = np.sum(influence[..., h] ** 2, axis=-1) * n / fit.residual_df
    covariance = np.swapaxes(influence, -1, -2) @ influence
    return Projected(estimates, np.sqrt(variances), covariance, degrees, most)


def largest_t_draws(covariance: FloatArray, degrees: float) -> FloatArray:
    """Draws of the largest `|t|` over estimates whose covariance is known up to scale, on `degrees` of freedom.

    They ascend: a quantile is found sooner.
    """
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    normal, chi = independent_draws(len(scale), degrees)
    largest = np.empty(SUP_T_DRAWS)
    for start in range(0, SUP_T_DRAWS, AT_ONCE):
        drawn = slice(start, start + AT_ONCE)
        t = root @ normal[:, drawn]
        np.abs(t, out=t).max(axis=0, out=largest[drawn])
    return np.sort(largest / chi)


@lru_cache(maxsize=4)
def independent_draws(n: int, degrees: float) -> tuple[FloatArray, FloatArray]:
    """Normals (n, draws) and the roots of chi-squares over their `degrees` (draws,), the same for every fit."""
    rng = np.random.default_rng(SUP_T_SEED)
    return np.ascontiguousarray(rng.standard_normal((SUP_T_DRAWS, n)).T), np.sqrt(
        rng.chisquare(degrees, SUP_T_DRAWS) / degrees
    )
