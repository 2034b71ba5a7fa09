"""Long-run response in a lag-augmented autoregression of two series: its test, its ratio, and how the procedure behaves.

A vector autoregression of two series with p lags, d more for unit roots, and deterministic terms. In the equation of the effect
y, with b the coefficients of the first p lags of the cause x and a those of the first p lags of y, the long-run response of y
to a lasting unit of x is sum(b) / (1 - sum(a)).

Arrays are (..., T, 2): any leading axes are samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.checks import require_whole
from crimjust_research.designs.ratios import Ratio
from crimjust_research.designs.series.vector_autoregression import (
    FEWEST_RESIDUAL_DF,
    RESIDUAL_LEVEL,
    LeastSquares,
    chosen_lags,
    lagged_design,
    lags_alone,
    least_squares,
    noisy_least_squares,
    require_observations,
    stacked_least_squares,
    stacked_residual_autocorrelation_p,
    without_terms,
)
from crimjust_research.errors import ParameterError


def long_run_ratio(fit: LeastSquares, lags: int, cause: int, effect: int) -> Ratio:
    """Sum of the first `lags` coefficients of the cause over one less that of the effect's own, in the effect's equation.

    Parameters
    ----------
    fit : least squares of two series on regressors in the order of `lagged_design`, of at least so many lags.
    """
    weights = np.zeros((2, fit.coefficients.shape[-2]))
    weights[0, [2 * lag + cause for lag in range(lags)]] = 1
    weights[1, [2 * lag + effect for lag in range(lags)]] = -1
    sums = fit.coefficients[..., effect] @ weights.T
    variance = np.sum(fit.residuals[..., effect] ** 2, axis=-1) / fit.residual_df
    spread = weights @ fit.inverse_gram @ weights.T * variance[..., None, None]
    return Ratio(
        numerator=sums[..., 0],
        denominator=1 + sums[..., 1],
        numerator_variance=spread[..., 0, 0],
        denominator_variance=spread[..., 1, 1],
        covariance=spread[..., 0, 1],
        df=fit.residual_df,
    )


def long_run_without(
    levels: FloatArray, terms: FloatArray, lags: int, extra: int, cause: int, effect: int, left_out: BoolArray
) -> tuple[Ratio, int]:
    """`long_run_ratio` of the first `lags` of `lags + extra` lags without some dates as outcomes, and how many are left.

    Dates left out stay as lags of later ones.

    Parameters
    ----------
    levels : (T, 2); terms : (T, q); left_out : (T,).

    Raises
    ------
    ParameterError : fewer than ten residual degrees of freedom, or a term that no date left informs.
    """
    design, response = lagged_design(levels, lags + extra, terms)
    kept = ~left_out[lags + extra :]
    if (free := int(kept.sum()) - design.shape[1]) < FEWEST_RESIDUAL_DF:
        raise ParameterError(
            f"Without the dates left out {free} degrees of freedom remain, and {FEWEST_RESIDUAL_DF} are needed; widen the window."
        )
    return long_run_ratio(noisy_least_squares(design[kept], response[kept]), lags, cause, effect), int(kept.sum())


@dataclass(frozen=True)
class System:
    """A fitted autoregression of two series that samples can be drawn from.

    Each sample begins with the observed first values; in `coefficients` come the lags in the order of `lagged_design`, then the
    terms.
    """

    levels: FloatArray
    """(T, 2) as observed."""
    terms: FloatArray
    """(T, q)"""
    lags: int
    coefficients: FloatArray
    """(2 lags + q, 2)"""
    residuals: FloatArray
    """(T - lags, 2), centred, scaled up for the degrees of freedom that the fit took."""

    @classmethod
    def fitted(
        cls, levels: FloatArray, terms: FloatArray, lags: int, cause: int | None = None, effect: int | None = None
    ) -> System:
        """Least squares; the lags of a cause, if one is given, are left out of the equation of its effect."""
        design, response = lagged_design(levels, lags, terms)
        every = list(range(design.shape[1]))
        without = [column for column in every if column >= 2 * lags or column % 2 != cause]
        coefficients, residuals = np.zeros((design.shape[1], 2)), np.empty(response.shape)
        for equation in (0, 1):
            columns = without if equation == effect else every
            fit = least_squares(design[:, columns], response[:, [equation]])
            coefficients[columns, equation] = fit.coefficients[:, 0]
            residuals[:, equation] = fit.residuals[:, 0] * np.sqrt(len(response) / fit.residual_df)
        return cls(levels, terms, lags, coefficients, residuals - residuals.mean(axis=0))

    def linked(self, cause: int, effect: int, response: float) -> System:
        """The same with a long-run response of that size, its coefficients alike at all lags.

        The cause counts from its mean, so that the link moves no level that the constant holds.
        """
        own, other = (slice(variable, 2 * self.lags, 2) for variable in (effect, cause))
        coefficients = self.coefficients.copy()
        each = response * (1 - coefficients[own, effect].sum()) / self.lags
        coefficients[other, effect] = each
        coefficients[2 * self.lags, effect] -= each * self.lags * self.levels[:, cause].mean()
        return replace(self, coefficients=coefficients)

    def response(self, impulse: int, horizons: int) -> FloatArray:
        """(horizons + 1,) response of the other series to a unit innovation in the impulse, which the other may follow in the
        same month, as `local_projection` defines it."""
        covariance = self.residuals.T @ self.residuals
        path = np.zeros((self.lags + horizons + 1, 2))
        path[self.lags] = covariance[impulse] / covariance[impulse, impulse]
        for h in range(self.lags + 1, len(path)):
            past = path[h - self.lags : h][::-1].reshape(2 * self.lags)
            path[h] = past @ self.coefficients[: 2 * self.lags]
        return path[self.lags :, 1 - impulse]

    def paths(self, shocks: FloatArray) -> FloatArray:
        """(S, T, 2) series that shocks (S, T - lags, 2) drive."""
        lags, constant = self.lags, self.terms @ self.coefficients[2 * self.lags :]
        samples = np.empty((len(shocks), *self.levels.shape))
        samples[:, :lags] = self.levels[:lags]
        for t in range(lags, len(self.levels)):
            past = samples[:, t - lags : t][:, ::-1].reshape(len(shocks), 2 * lags)
            samples[:, t] = past @ self.coefficients[: 2 * lags] + constant[t] + shocks[:, t - lags]
        return samples

    def gaussian(self, samples: int, rng: np.random.Generator, autoregression: float = 0.0) -> FloatArray:
        """(samples, T - lags, 2) of normal shocks with the residuals' covariance, each the given multiple of the one before
        and something new."""
        root = np.linalg.cholesky(self.residuals.T @ self.residuals / len(self.residuals))
        shocks = rng.standard_normal((samples, *self.residuals.shape)) @ root.T
        if autoregression:
            shocks[:, 1:] *= np.sqrt(1 - autoregression**2)
            for t in range(1, shocks.shape[1]):
                shocks[:, t] += autoregression * shocks[:, t - 1]
        return np.asarray(shocks)

    def blocks(self, samples: int, rng: np.random.Generator, length: int) -> FloatArray:
        """(samples, T - lags, 2) of residuals drawn with replacement in blocks of so many neighbouring dates."""
        n = len(self.residuals)
        starts = rng.integers(n - length + 1, size=(samples, -(-n // length)))
        dates = (starts[:, :, None] + np.arange(length)).reshape(samples, -1)[:, :n]
        return np.asarray(self.residuals[dates])


def procedure_p_values(
    samples: FloatArray, terms: FloatArray, *, max_lag: int, extra: int, cause: int, effect: int
) -> FloatArray:
    """p of the null of no long-run response in each sample (S, T, 2), the choice of the lag repeated in each.

    Raises
    ------
    ParameterError : too few observations for the lags.
    """
    require_whole(1, max_lag=max_lag)
    lag = chosen_lags(samples, terms, max_lag, "aic")
    p_values = np.empty(len(samples))
    for p in np.unique(lag):
        chosen = lag == p
        require_observations(samples.shape[-2], 2, int(p) + extra, terms.shape[1])
        fit = lags_alone(samples[chosen], int(p) + extra, terms)
        p_values[chosen] = long_run_ratio(fit, int(p), cause, effect).p_value()
    return p_values


def autocorrelation_found(samples: FloatArray, terms: FloatArray, lags: int) -> BoolArray:
    """Whether the residuals of an autoregression with so many lags are found autocorrelated, in each sample (S, T, 2)."""
    design, response = without_terms(*lagged_design(samples, lags, terms[:, :0]), terms[lags:])
    residuals = stacked_least_squares(design, response, taken_out=terms.shape[1]).residuals
    p_values = stacked_residual_autocorrelation_p(design, residuals, np.linalg.qr(terms[lags:])[0])
    return np.asarray(p_values < RESIDUAL_LEVEL)
