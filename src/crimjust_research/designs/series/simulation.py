"""Simulated vector autoregressions: how often the main test rejects on known truth, and its bootstrap p-value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import generator, real_numbers, require_draws, require_level, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import is_symmetric
from crimjust_research.designs.series.checks import deterministic_terms, levels_and_terms
from crimjust_research.designs.series.local_projections import largest_t_draws, projected
from crimjust_research.designs.series.long_run import System
from crimjust_research.designs.series.vector_autoregression import (
    augmented_exclusion_test,
    chosen_lags,
    exclusion_test,
    lags_alone,
    largest_root,
)
from crimjust_research.errors import ParameterError

BURN_IN = 100


@dataclass(frozen=True, repr=False)
class RejectionRate(Printed):
    """Share of simulated samples in which a test rejects, with its Monte Carlo standard error."""

    n_obs: int
    n_sim: int
    alpha: float
    chi2: float
    f: float
    f_std_error: float
    mean_lag: float


@dataclass(frozen=True, repr=False)
class BootstrapTest(Printed):
    """F statistic of the Toda-Yamamoto test against its distribution under a resampled null."""

    f: float
    p_value: float
    """(1 + draws at least as large) / (1 + draws)."""
    draws: int


def simulate_var(
    n_obs: int,
    coefficients: ArrayLike,
    *,
    n_sim: int,
    seed: int,
    covariance: ArrayLike | None = None,
) -> FloatArray:
    """Gaussian VAR samples (n_sim, n_obs, K) started at zero, 100 dates earlier.

    Parameters
    ----------
    coefficients : (p, K, K); entry [l, i, j] is the effect of variable j, l + 1 dates back, on variable i.
        Unit roots are allowed.
    covariance : (K, K) of the innovations; the identity if not given.

    Raises
    ------
    ParameterError : shapes that do not fit together.
    """
    require_whole(1, n_obs=n_obs, n_sim=n_sim)
    a = real_numbers(coefficients, "VAR coefficient")
    if a.ndim != 3 or a.shape[1] != a.shape[2] or not a.size:
        raise ParameterError(f"VAR coefficients have shape {a.shape}; give (lags, variables, variables).")
    p, k, _ = a.shape
    sigma = np.eye(k) if covariance is None else np.asarray(covariance, np.float64)
    if sigma.shape != (k, k):
        raise ParameterError(f"The innovation covariance has shape {sigma.shape}; give ({k}, {k}).")
    total = n_obs + BURN_IN
    if not np.isfinite(a).all() or not is_symmetric(sigma) or np.linalg.eigvalsh(sigma).min() <= 0:
        raise ParameterError("The VAR needs finite coefficients and a symmetric, positive definite covariance.")
    root = largest_root(a)
    if root > 1 + 1e-6:
        raise ParameterError(
            f"The VAR explodes: its largest root is {root:.4g}; give coefficients with roots of 1 or less."
        )
    shocks = generator(seed).standard_normal((total, n_sim, k)) @ np.linalg.cholesky(sigma).T
    path = np.zeros((total + p, n_sim, k))
    for t in range(total):
        path[t + p] = shocks[t] + sum((path[t + p - lag] @ a[lag - 1].T for lag in range(1, p + 1)), start=0.0)
    return np.ascontiguousarray(np.moveaxis(path[-n_obs:], 0, 1))


def toda_yamamoto_rejection_rate(
    n_obs: int,
    coefficients: ArrayLike,
    *,
    n_sim: int,
    seed: int,
    max_lag: int,
    d_max: int,
    seasonal: bool = False,
    alpha: float = 0.05,
) -> RejectionRate:
    """How often `toda_yamamoto` rejects "variable 0 does not cause variable 1" on samples of a known bivariate VAR, whose
    innovations are standard normal and independent.

    The whole procedure is repeated on each sample, lag choice (by AIC) and residual test included. With
    coefficients[:, 1, 0] all zero the rate is the size of the test, otherwise its power.

    Raises
    ------
    ParameterError : a VAR that is not bivariate, or too few observations for `max_lag`.
    """
    require_level(alpha)
    require_whole(1, n_obs=n_obs, n_sim=n_sim, max_lag=max_lag)
    require_whole(0, d_max=d_max)
    samples = simulate_var(n_obs, coefficients, n_sim=n_sim, seed=seed)
    if samples.shape[-1] != 2:
        raise ParameterError(f"The simulated VAR has {samples.shape[-1]} variables; the test compares two.")
    months = pd.period_range("2000-01", periods=n_obs, freq="M")
    terms = deterministic_terms(months, seasonal=seasonal).to_numpy()
    lag = chosen_lags(samples, terms, max_lag, "aic")
    rejected = np.zeros((n_sim, 2), dtype=bool)
    for p in np.unique(lag):
        chosen = lag == p
        test = augmented_exclusion_test(samples[chosen], terms, int(p), d_max, cause=0, effect=1)[0]
        rejected[chosen] = np.column_stack([test.p_chi2, test.p_f]) < alpha
    rate = rejected.mean(axis=0)
    error = float(np.sqrt(rate[1] * (1 - rate[1]) / n_sim))
    return RejectionRate(n_obs, n_sim, alpha, float(rate[0]), float(rate[1]), error, float(lag.mean()))


@dataclass(frozen=True, repr=False)
class BandCoverage(Printed):
    """Share of simulated samples in which intervals and bands of local projections hold the true response."""

    pointwise: float
    """Of all samples and horizons."""
    whole_path: float
    n_sim: int


def projection_coverage(
    system: System, impulse: int, *, horizons: int, lags: int, n_sim: int, seed: int, alpha: float = 0.05
) -> BandCoverage:
    """How often `local_projection` holds the response of a known system, in samples of its own length and shocks.

    Parameters
    ----------
    impulse : which series of the system is the impulse; lags : as given to `local_projection`.
    """
    require_level(alpha)
    truth = system.response(impulse, horizons)
    samples = system.paths(system.gaussian(n_sim, generator(seed)))[..., [impulse, 1 - impulse]]
    found = projected(samples, system.terms, lags + 1, horizons)
    distance = np.abs(found.estimates - truth) / found.standard_errors
    reach = [np.quantile(largest_t_draws(each, found.degrees.min()), 1 - alpha) for each in found.covariance]
    inside = distance <= stdtrit(found.degrees, 1 - alpha / 2)
    return BandCoverage(float(inside.mean()), float((distance.max(axis=1) <= reach).mean()), n_sim)


def toda_yamamoto_bootstrap(
    cause: SeriesLike,
    effect: SeriesLike,
    *,
    lags: int,
    d_max: int,
    draws: int,
    seed: int,
    seasonal: bool = False,
    trend: bool = False,
) -> BootstrapTest:
    """Recursive-design residual bootstrap of the Toda-Yamamoto F statistic at a given lag (Hacker and Hatemi-J 2006).

    The null model is the VAR(lags) whose equation for `effect` leaves the cause out. Its residuals, scaled for the
    degrees of freedom used, are drawn by date with replacement (both equations together), series are rebuilt from
    the observed first `lags` values, and the augmented test is repeated on each.

    Raises
    ------
    ParameterError : series not aligned or complete, fewer than 99 draws, or too few observations for the lags.
    """
    require_draws(draws)
    require_whole(1, lags=lags)
    require_whole(0, d_max=d_max)
    levels, terms = levels_and_terms(cause, effect, ("cause", "effect"), trend=trend, seasonal=seasonal)
    observed = float(augmented_exclusion_test(levels, terms, lags, d_max, cause=0, effect=1)[0].f)

    system = System.fitted(levels, terms, lags, cause=0, effect=1)
    n = len(system.residuals)
    samples = system.paths(system.residuals[generator(seed).integers(n, size=(draws, n))])
    resampled = exclusion_test(lags_alone(samples, lags + d_max, terms), 1, list(range(0, 2 * lags, 2))).f
    return BootstrapTest(
        observed,
        float((1 + np.sum(resampled >= observed)) / (1 + draws)),
        draws,
    )
