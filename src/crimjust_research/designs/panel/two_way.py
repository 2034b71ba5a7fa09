"""Panel regressions of one treatment in batches: many outcomes, many assignments, or both at once.

Simulations and permutations share a design, so their fits are a few matrix products and not a loop. Arrays are
(..., n_units, n_periods): any leading axes, broadcast against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import LARGEST, labelled, real_numbers, require_residual_freedom
from crimjust_research.designs.fit import above_zero
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class CoefficientTest:
    """One coefficient per panel of the stack with its t test."""

    estimate: FloatArray
    std_error: FloatArray
    df: int

    @property
    def p_value(self) -> FloatArray:
        """Two-sided, Student's t on `df`; missing where outcomes leave no error."""
        known = np.where(self.std_error > 0, self.std_error, np.nan)
        return above_zero(2 * stdtr(self.df, -np.abs(self.estimate / known)))


def treated_cells(first_treated: FloatArray, periods: FloatArray) -> FloatArray:
    """(..., n_units, n_periods) indicator of being treated, from first treated periods (..., n_units), inf if never.

    Examples
    --------
    >>> treated_cells(np.array([2020.0, np.inf]), np.array([2019.0, 2020.0, 2021.0]))
    array([[0., 1., 1.],
           [0., 0., 0.]])
    """
    return np.asarray(first_treated[..., None] <= periods, np.float64)


@dataclass(frozen=True)
class TwoWayEffects:
    """Unit and period effects of panels of which the same cells are observed, ready to be swept out.

    With unit effects swept out, every sum over a panel is a sum over units of T x T or smaller blocks, which is what makes
    unbalanced panels cost no more than balanced ones.
    """

    observed: BoolArray
    """(n_units, T)"""
    inverse: FloatArray
    """(T, T) pseudo-inverse of the cross-products of period effects within units."""

    @classmethod
    def of(cls, observed: BoolArray) -> TwoWayEffects:
        """The effects of panels with these cells (n_units, T)."""
        seen = np.maximum(observed.sum(axis=1), 1)
        n_periods = observed.shape[1]
        blocks = observed[:, :, None] * (np.eye(n_periods) - observed[:, None, :] / seen[:, None, None])
        # Period effects beside unit effects leave one direction free; its eigenvalue is zero only to rounding.
        return cls(observed, np.linalg.pinv(blocks.sum(axis=0), rcond=1e-9, hermitian=True))

    def within(self, values: FloatArray) -> FloatArray:
        """Panels (..., n_units, T) less their unit means over observed cells; zero elsewhere."""
        seen = np.maximum(self.observed.sum(axis=1), 1)[:, None]
        values = np.where(self.observed, values, 0.0)
        return np.where(self.observed, values - values.sum(axis=-1, keepdims=True) / seen, 0.0)

    def swept_out(self, values: FloatArray) -> FloatArray:
        """Panels (..., n_units, T) less their unit and period effects, fitted to observed cells; zero elsewhere."""
        inside = self.within(values)
        periods = np.asarray(inside.sum(axis=-2) @ self.inverse)
        return np.asarray(inside - self.within(periods[..., None, :]))


def without_two_way_means(values: FloatArray) -> FloatArray:
    """Balanced panels (..., n_units, n_periods) less their unit and period means."""
    return np.asarray(
        values
        - values.mean(axis=-1, keepdims=True)
        - values.mean(axis=-2, keepdims=True)
        + values.mean(axis=(-2, -1), keepdims=True)
    )


def two_way_test(outcomes: FloatArray, treated: FloatArray, cluster: IntArray | None = None) -> CoefficientTest:
    """Two-way fixed effects coefficient with clustered standard errors.

    Parameters
    ----------
    outcomes, treated : (..., n_units, n_periods), broadcast against each other; outcomes NaN where not observed, which
        must be the same cells in all panels.
    cluster : (n_units,) labels; each unit its own cluster if not given.

    The variance is the sandwich with factor G / (G - 1) (n - 1) / (n - k), k the treatment, the periods and, because
    they are nested in clusters, not the units; p-values use Student's t on G - 1.

    Raises
    ------
    ParameterError : infinite outcomes, a unit or period that is never observed, a treatment that the unit and period
        effects explain fully, one cluster, or a panel of two periods or units whose rows all have effects of their own.
    """
    outcomes, treated = real_numbers(outcomes, "outcome"), real_numbers(treated, "treatment")
    if min(outcomes.ndim, treated.ndim) < 2 or outcomes.shape[-2:] != treated.shape[-2:] or not outcomes.size:
        raise ParameterError(
            f"outcomes have shape {outcomes.shape} and treated {treated.shape}; give units by periods, alike in both."
        )
    if np.isfinite(outcomes).all() and np.abs(outcomes).max() > LARGEST:
        raise ParameterError(f"The outcomes reach {np.abs(outcomes).max():g}; give them in other units.")
    if not np.isfinite(treated).all():
        raise ParameterError("A treatment is missing or infinite; give 0 or 1.")
    observed = _same_cells(outcomes)
    sweep = without_two_way_means if observed.all() else TwoWayEffects.of(observed).swept_out
    d, y = sweep(treated), sweep(outcomes)
    ss = np.sum(d**2, axis=(-2, -1))
    if np.any(ss < 1e-10):
        raise ParameterError("Unit and period effects explain the treatment fully; there is nothing to compare.")
    estimate = np.sum(d * y, axis=(-2, -1)) / ss
    scores = np.sum(d * (y - estimate[..., None, None] * d), axis=-1)
    n_units, n_periods = y.shape[-2:]
    if cluster is not None:
        code, names = labelled(cluster, n_units, "cluster")
        member = (code[:, None] == np.arange(len(names))).astype(np.float64)
        scores = scores @ member
    n_clusters, n = scores.shape[-1], int(observed.sum())
    require_residual_freedom(n, 1, n_units + n_periods - 1)
    if n_clusters < 2:
        raise ParameterError("The clustered error needs at least two clusters; there is one.")
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - n_periods - 1)
    std_error = np.sqrt(factor * np.sum(scores**2, axis=-1)) / ss
    return CoefficientTest(np.asarray(estimate), np.asarray(std_error), n_clusters - 1)


def _same_cells(outcomes: FloatArray) -> BoolArray:
    """(n_units, T) the cells that are observed, in all panels (..., n_units, T) alike."""
    each = np.isfinite(outcomes).reshape(-1, *outcomes.shape[-2:])
    observed = np.asarray(each[0])
    everyone = observed.any(axis=0).all() and observed.any(axis=1).all()
    if np.isinf(outcomes).any() or (each != observed).any() or not everyone:
        raise ParameterError(
            "The panel has missing or infinite outcomes; keep units and periods that are observed, in the same cells of all "
            "panels."
        )
    return observed
