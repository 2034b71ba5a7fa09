"""Wild cluster bootstrap for least squares with few clusters, null imposed, Webb's six-point weights.

Everything the bootstrapped t statistic needs is a sum over clusters, so all draws are one product of a
(draws, clusters) matrix with a (clusters, clusters) one, and the interval comes from the same matrices.
Registry: docs/methods/staggered.md. References: Cameron, Gelbach and Miller (2008); Webb (2023);
Roodman et al. (2019), Stata Journal 19:4-60.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import (
    LARGEST,
    generator,
    real_numbers,
    require_draws,
    require_level,
    require_residual_freedom,
    require_whole,
)
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import has_full_rank
from crimjust_research.errors import ParameterError

WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


@dataclass(frozen=True, repr=False)
class WildBootstrap(Printed):
    """A coefficient with its clustered t statistic and the bootstrap's p-value and interval."""

    estimate: float
    std_error: float
    """Clustered, factor G / (G - 1) (n - 1) / (n - k)."""
    t: float
    p_value: float
    """(1 + count) / (1 + draws); the exact share where all 6^G weight vectors were used."""
    ci_low: float
    ci_high: float
    """Null values with p above alpha; infinite where the test never rejects on that side."""
    n_clusters: int
    draws: int
    exact: bool

    @property
    def smallest_p(self) -> float:
        """The least p-value this many draws can give: of all vectors, the six that weigh every cluster alike repeat t."""
        return 6 / self.draws if self.exact else 1 / (1 + self.draws)


def webb_weights(n_clusters: int, draws: int, seed: int) -> tuple[FloatArray, bool]:
    """(draws, n_clusters) weights and whether they are all 6^n_clusters there are, as they are if `draws` allows."""
    if 6**n_clusters <= draws:
        return np.array(list(product(WEBB, repeat=n_clusters))), True
    return WEBB[generator(seed).integers(6, size=(draws, n_clusters))], False


def wild_cluster_bootstrap(
    design: ArrayLike,
    response: ArrayLike,
    cluster: ArrayLike,
    position: int,
    *,
    draws: int = 9999,
    seed: int = 0,
    alpha: float = 0.05,
) -> WildBootstrap:
    """Test that one coefficient is zero by the restricted wild cluster bootstrap of its t statistic.

    Parameters
    ----------
    design : (n, k) with its constant and dummies; response : (n,); cluster : (n,) labels.
    position : column of the coefficient.

    Raises
    ------
    ParameterError : shapes that do not fit, missing or infinite numbers, fewer than two clusters or 99 draws, dependent
        columns, as many of them as rows, or a response that they fit exactly.
    """
    require_level(alpha)
    x, y = real_numbers(design, "design"), real_numbers(response, "response")
    require_whole(0, position=position)
    code, labels = pd.factorize(np.atleast_1d(np.asarray(cluster)), sort=True)
    if x.ndim != 2:
        raise ParameterError(f"The design has shape {x.shape}; give one row per observation, one column per regressor.")
    if np.any(code < 0):
        raise ParameterError(f"Row {int(np.argmin(code))} has no cluster; give it one or leave it out.")
    n, k = x.shape
    if y.shape != (n,) or code.shape != (n,) or not 0 <= position < k:
        raise ParameterError(
            f"design is {x.shape}, response {y.shape}, cluster {code.shape}, position {position}; give a row, a response and a "
            "cluster for each observation, and the number of one of the design's columns, from 0."
        )
    require_draws(draws)
    if labels.size < 2:
        raise ParameterError(f"Errors by cluster need at least two clusters; there is {labels.size}.")
    if not np.isfinite(x).all() or not np.isfinite(y).all():
        raise ParameterError("A regressor or the response is missing or infinite; drop such rows.")
    for what, columns in (("design", x), ("response", y[:, None])):
        sizes = np.abs(columns).max(axis=0, initial=0.0)
        odd = (sizes > LARGEST) | ((sizes > 0) & (sizes < 1 / LARGEST))
        if odd.any():
            raise ParameterError(f"The {what} holds numbers of the size {sizes[odd][0]:g}; give it in other units.")
    require_residual_freedom(n, k)
    if not has_full_rank(x):
        raise ParameterError("The regressors are linearly dependent; drop one.")
    inverse = np.linalg.inv(x.T @ x)
    row = inverse[position]
    others = np.delete(x, position, axis=1)
    basis = np.linalg.qr(others)[0]
    free = y - basis @ (basis.T @ y)
    own = x[:, position] - basis @ (basis.T @ x[:, position])
    factor = labels.size / (labels.size - 1) * (n - 1) / (n - k)
    member = code[:, None] == np.arange(labels.size)

    def cluster_scores(residuals: FloatArray) -> FloatArray:
        return np.asarray(member.T.astype(np.float64) @ (x * residuals[:, None]))

    influence_of_fit = np.stack([x[member[:, g]].T @ (x[member[:, g]] @ row) for g in range(labels.size)], axis=1)

    def parts(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Each cluster's push on the coefficient (G,) and on every cluster's score after refitting (G, G)."""
        push = scores @ row
        return push, np.diag(push) - scores @ (inverse @ influence_of_fit)

    estimate = float(row @ (x.T @ y))
    residuals = y - x @ (inverse @ (x.T @ y))
    std_error = float(np.sqrt(factor * np.sum((cluster_scores(residuals) @ row) ** 2)))

    if std_error <= 1e-12 * (abs(estimate) + float(np.abs(y).max()) / float(np.abs(x[:, position]).max())):
        raise ParameterError("The regressors fit the response exactly; there are no errors to resample.")

    weights, exact = webb_weights(labels.size, draws, seed)
    (push_y, spread_y), (push_x, spread_x) = parts(cluster_scores(free)), parts(cluster_scores(own))
    top_y, top_x = weights @ push_y, weights @ push_x
    below_y, below_x = weights @ spread_y, weights @ spread_x
    squares = np.sum(below_y**2, axis=1), np.sum(below_y * below_x, axis=1), np.sum(below_x**2, axis=1)

    def p_value(value: float) -> float:
        variance = factor * (squares[0] - 2 * value * squares[1] + value**2 * squares[2])
        resampled = np.abs(top_y - value * top_x) / np.sqrt(np.maximum(variance, 1e-300))
        count = int(np.sum(resampled >= abs(estimate - value) / std_error * (1 - 1e-9)))
        return count / len(weights) if exact else (1 + count) / (1 + len(weights))

    def edge(direction: float) -> float:
        """A null value on one side at which p falls to alpha: p has steps, and may cross it at more than one."""
        reach = 2.0
        while p_value(estimate + direction * reach * std_error) > alpha:
            reach *= 2
            if reach > 1e6:
                return direction * np.inf
        return float(
            brentq(
                lambda value: p_value(value) - alpha - 1e-12,
                estimate,
                estimate + direction * reach * std_error,
                xtol=1e-10 * std_error,
            )
        )

    return WildBootstrap(
        estimate,
        std_error,
        estimate / std_error,
        p_value(0.0),
        edge(-1.0),
        edge(1.0),
        int(labels.size),
        len(weights),
        exact,
    )


def stacked_design(*columns: ArrayLike, dummies: tuple[ArrayLike, ...] = ()) -> FloatArray:
    """(n, k) design: a constant, the columns, and all but the first level of each set of dummies."""
    parts: list[FloatArray] = [np.asarray(column, np.float64)[:, None] for column in columns]
    for labels in dummies:
        levels, code = np.unique(np.asarray(labels), return_inverse=True)
        parts.append(np.asarray(code[:, None] == np.arange(1, levels.size), np.float64))
    return np.hstack([np.ones((parts[0].shape[0], 1)), *parts])
