"""Johansen's trace test with the constant inside the long-run relation and seasonal dummies outside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaincc, gammainccinv, stdtr

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.designs.fit import Printed, above_zero
from crimjust_research.designs.numerics import NO_VARIATION
from crimjust_research.designs.series.checks import (
    complete_values,
    deterministic_terms,
    require_dates,
    require_even_spacing,
)
from crimjust_research.designs.series.vector_autoregression import least_squares, require_observations
from crimjust_research.errors import ParameterError

EXACT = 1e-10  # a squared canonical correlation this near to one is an identity


@dataclass(frozen=True, repr=False)
class Cointegration(Printed):
    """Trace test of K integrated series and, where it supports one, the vector error correction model."""

    names: tuple[str, ...]
    lags: int
    """Lags of the VAR in levels."""
    n_obs: int
    table: pd.DataFrame
    """Per rank under the null, 0..K-1: rank, eigenvalue, trace, critical_10, critical_05, critical_01, p_value,
    trace_small_sample, p_small_sample."""
    rank: int
    """First rank not rejected by the small-sample trace at alpha; K if all are, and then the series are stationary."""
    relations: pd.DataFrame | None
    """Long-run relations, one row each, columns the series and "constant"; the first `rank` series normalised to
    the identity. None unless 0 < rank < K."""
    adjustment: pd.DataFrame | None
    """How each series moves back: series, relation, estimate, std_error, p_value. None unless 0 < rank < K."""


def trace_moments(n: int) -> tuple[float, float]:
    """Limiting mean and variance of the trace statistic with n common trends and a restricted constant.

    Response surface of Doornik (1998, Table 7, case H_c), to be read with a gamma distribution of these moments.
    """
    mean = 2 * n**2 + 2.01 * n + {1: 0.06, 2: 0.05}.get(n, 0.0)
    variance = 3 * n**2 + 3.60 * n + 0.75 - {1: 0.40, 2: 0.30}.get(n, 0.0)
    return mean, variance


def trace_p_value(trace: float, n: int) -> float:
    """Probability that the trace statistic exceeds `trace` with n common trends (Doornik's gamma approximation)."""
    mean, variance = trace_moments(n)
    return float(gammaincc(mean**2 / variance, trace * mean / variance))


def trace_critical_value(level: float, n: int) -> float:
    """Value the trace statistic exceeds with probability `level` when there are n common trends."""
    mean, variance = trace_moments(n)
    return float(gammainccinv(mean**2 / variance, level) * variance / mean)


def cointegration(frame: pd.DataFrame, lags: int, *, seasonal: bool = False, alpha: float = 0.05) -> Cointegration:
    """Trace test of Johansen (1988, 1991) and the error correction model it supports.

    dy(t) = A (B' y(t-1) + c) + G1 dy(t-1) + ... + centred seasonal dummies + e(t). The constant sits inside the
    relation, so the levels have no linear trend. Seasonal dummies are centred, sum to zero over a year and leave
    the limiting distribution unchanged. Trace(r) = -T sum over i > r of log(1 - l_i), l_i the squared canonical
    correlations of dy(t) and (y(t-1), 1) given the other terms.

    In samples of one or two hundred the limit distribution rejects too often, so `rank` is read from
    trace_small_sample = trace (T - K lags) / T (Reinsel and Ahn 1992); both are reported.

    Parameters
    ----------
    frame : (T, K) levels or logs on one evenly spaced index, K from 2 to 6.
    lags : of the VAR in levels, 1 or more.

    Raises
    ------
    ParameterError : incomplete or constant series, a gap, too few observations, or dependent columns.
    """
    k = frame.shape[1]
    if not 2 <= k <= 6:
        raise ParameterError(f"{k} series were given; the trace test here takes 2 to 6.")
    require_level(alpha)
    require_whole(1, lags=lags)
    require_dates(frame.index, "index of the frame")
    require_even_spacing(frame.index, "index of the frame")
    levels = np.column_stack([complete_values(frame[column], str(column)) for column in frame])
    seasons = deterministic_terms(frame.index, seasonal=seasonal).to_numpy()[:, 1:]
    require_observations(len(frame), k, lags, 1 + seasons.shape[1])
    centred = seasons - 1 / (seasons.shape[1] + 1)

    differences = np.diff(levels, axis=0)
    n_obs = len(levels) - lags
    current = differences[lags - 1 :]
    lagged_levels = np.column_stack([levels[lags - 1 : -1], np.ones(n_obs)])
    short_run = np.column_stack(
        [*(differences[lags - 1 - j : len(differences) - j] for j in range(1, lags)), centred[lags:]]
    )
    moving = partial_out(current, short_run)
    q0, _ = np.linalg.qr(moving)
    conditioned = partial_out(lagged_levels, short_run)
    scale = np.linalg.norm(conditioned, axis=0)
    q1, r1 = np.linalg.qr(conditioned / scale)
    if np.abs(np.diag(r1)).min() < 1e-10:
        raise ParameterError("The series are linearly dependent in levels; drop one of them.")
    _, correlations, right = np.linalg.svd(q0.T @ q1)
    eigenvalues = correlations**2
    still = np.linalg.norm(moving, axis=0) <= NO_VARIATION * np.linalg.norm(levels, axis=0)
    if eigenvalues[0] > 1 - EXACT or still.any():
        raise ParameterError(
            "The series follow from their own past without noise; the trace test has nothing to tell apart. Drop the "
            "series that does, or widen the window."
        )
    directions = np.linalg.solve(r1, right.T[:, :k]) / scale[:, None]

    trace = -n_obs * np.cumsum(np.log1p(-eigenvalues)[::-1])[::-1]
    corrected = trace * (n_obs - k * lags) / n_obs
    table = pd.DataFrame(
        {
            "rank": range(k),
            "eigenvalue": eigenvalues,
            "trace": trace,
            **{
                f"critical_{level:02d}": [trace_critical_value(level / 100, k - r) for r in range(k)]
                for level in (10, 5, 1)
            },
            "p_value": [trace_p_value(trace[r], k - r) for r in range(k)],
            "trace_small_sample": corrected,
            "p_small_sample": [trace_p_value(corrected[r], k - r) for r in range(k)],
        }
    )
    not_rejected = np.flatnonzero(table["p_small_sample"] >= alpha)
    rank = int(not_rejected[0]) if not_rejected.size else k
    names = tuple(str(column) for column in frame)
    relations = adjustment = None
    if 0 < rank < k:
        beta = directions[:, :rank] @ np.linalg.inv(directions[:rank, :rank])
        relations = pd.DataFrame(beta.T, columns=[*names, "constant"])
        adjustment = adjustment_table(current, lagged_levels @ beta, short_run, names)
    return Cointegration(names, lags, n_obs, table, rank, relations, adjustment)


def partial_out(values: FloatArray, regressors: FloatArray) -> FloatArray:
    """What is left of each column of `values` (n, m) after regression on `regressors` (n, q), q possibly 0."""
    return least_squares(regressors, values).residuals if regressors.shape[1] else values


def adjustment_table(
    current: FloatArray, equilibrium_errors: FloatArray, short_run: FloatArray, names: tuple[str, ...]
) -> pd.DataFrame:
    """Least-squares speeds of adjustment; the relations converge fast enough to be taken as known."""
    fit = least_squares(np.column_stack([equilibrium_errors, short_run]), current)
    rank = equilibrium_errors.shape[1]
    variance = np.sum(fit.residuals**2, axis=0) / fit.residual_df
    estimate = fit.coefficients[:rank].T.ravel()
    std_error = np.sqrt(np.outer(variance, np.diag(fit.inverse_gram)[:rank])).ravel()
    return pd.DataFrame(
        {
            "series": np.repeat(names, rank),
            "relation": np.tile(np.arange(rank), len(names)),
            "estimate": estimate,
            "std_error": std_error,
            "p_value": above_zero(2 * stdtr(fit.residual_df, -np.abs(estimate / std_error))),
        }
    )
