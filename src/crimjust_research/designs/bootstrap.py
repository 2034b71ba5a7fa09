"""Residual bootstrap of the Toda-Yamamoto test, for samples too short to lean on a limit distribution.

Reference: Hacker and Hatemi-J (2006), Applied Economics 38:1489-1500; residuals are scaled by their leverage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crimjust_research.designs.series import FloatArray, aligned_values, deterministic_terms
from crimjust_research.designs.vector_autoregression import augmented_exclusion_test, lagged_design, least_squares
from crimjust_research.errors import ParameterError

if TYPE_CHECKING:
    from crimjust_research.designs.series import SeriesLike


def toda_yamamoto_bootstrap_p(
    cause: SeriesLike,
    effect: SeriesLike,
    *,
    lags: int,
    d_max: int,
    draws: int,
    seed: int,
    seasonal: bool = False,
    trend: bool = False,
) -> float:
    """p-value of the Toda-Yamamoto F by resampling the residuals of a VAR(lags) in which the null is imposed.

    The null model leaves the cause out of the effect's equation. Each draw starts from the observed first dates,
    is built forward with residual pairs drawn with replacement (so the correlation within a month is kept), and is
    put through the same augmented regression. p = (1 + draws at least as large) / (1 + draws).

    Raises
    ------
    ParameterError : series not aligned or complete, too few observations, or fewer than 99 draws.
    """
    if draws < 99:
        raise ParameterError(f"{draws} bootstrap draws are too few for a p-value; use 99 or more.")
    a, b, index = aligned_values(cause, effect, ("cause", "effect"))
    levels = np.column_stack([a, b])
    terms = deterministic_terms(index, trend=trend, seasonal=seasonal).to_numpy()
    observed, _, _ = augmented_exclusion_test(levels, terms, lags, d_max, 0, 1)
    samples = null_samples(levels, terms, lags, draws, seed)
    simulated, _, _ = augmented_exclusion_test(samples, terms, lags, d_max, 0, 1)
    return float((1 + np.sum(simulated.f >= observed.f)) / (1 + draws))


def null_samples(levels: FloatArray, terms: FloatArray, lags: int, draws: int, seed: int) -> FloatArray:
    """Samples (draws, T, 2) of the VAR(lags) of `levels` (T, 2) in which variable 0 is absent from equation 1."""
    design, response = lagged_design(levels, lags, terms)
    own = np.r_[[2 * lag + 1 for lag in range(lags)], range(2 * lags, design.shape[1])]
    coefficients = np.zeros((design.shape[1], 2))
    residuals = np.empty_like(response)
    for equation, columns in ((0, np.arange(design.shape[1])), (1, own)):
        fit = least_squares(design[:, columns], response[:, [equation]])
        coefficients[columns, equation] = fit.coefficients[:, 0]
        leverage = np.einsum("ij,jk,ik->i", design[:, columns], fit.inverse_gram, design[:, columns])
        residuals[:, equation] = fit.residuals[:, 0] / np.sqrt(1 - leverage)
    residuals -= residuals.mean(axis=0)
    n_dates = len(levels)
    picked = np.random.default_rng(seed).integers(len(residuals), size=(n_dates - lags, draws))
    path = np.empty((n_dates, draws, 2))
    path[:lags] = levels[:lags, None, :]
    deterministic = terms @ coefficients[2 * lags :]
    for t in range(lags, n_dates):
        past = sum(
            (path[t - lag] @ coefficients[2 * (lag - 1) : 2 * lag] for lag in range(1, lags + 1)),
            start=np.zeros((draws, 2)),
        )
        path[t] = past + deterministic[t] + residuals[picked[t - lags]]
    return np.ascontiguousarray(np.moveaxis(path, 0, 1))
