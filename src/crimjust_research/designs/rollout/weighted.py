"""The generalised least squares estimate of a panel whose units share shocks within blocks: weights, error and test statistic.

The covariance is between units too, so that gaps count unit by unit. Registry: docs/methods/rollout.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.errors import ParameterError

_NONE = 1e-9
"""Share of the information that is left once effects of units and periods are fitted, below which there is none."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Of the cells observed, after effects of units and periods, for one covariance."""

    seen: IntArray
    """(C,) places of the cells observed among all, units by periods in a row."""
    inverse: FloatArray
    """(C, C) inverse covariance."""
    left: FloatArray
    """(C, C) what of it is left once effects of units and periods are fitted."""

    def std_error(self, exposure: FloatArray) -> float:
        """Of the effect that (n_units, T) `exposure` multiplies; infinite where it is not identified."""
        steps = exposure.ravel()[self.seen]
        information = float(steps @ self.left @ steps)
        return float(1 / np.sqrt(information)) if information > _NONE * float(steps @ self.inverse @ steps) else np.inf

    def expected(self, exposure: FloatArray, truth: FloatArray) -> float:
        """The estimate on average where effects by cell are `truth`; missing where the effect is not identified."""
        steps, true = exposure.ravel()[self.seen], truth.ravel()[self.seen]
        known = np.isfinite(self.std_error(exposure))
        return float(steps @ self.left @ true / (steps @ self.left @ steps)) if known else np.nan

    def statistic(self, outcomes: FloatArray, assignments: FloatArray, periods: FloatArray) -> FloatArray:
        """(A, S) estimates of an effect at once, for `assignments` (A, n_units) of panels (S, n_units, T).

        Missing where an assignment leaves nothing to compare. A permutation test of it is exact whatever the covariance.
        """
        treated = treated_cells(assignments, periods).reshape(len(assignments), -1)[:, self.seen]
        weights = treated @ self.left
        information = np.sum(weights * treated, axis=1)
        known = information > _NONE * np.sum((treated @ self.inverse) * treated, axis=1)
        estimate = weights @ outcomes.reshape(len(outcomes), -1)[:, self.seen].T
        return np.asarray(estimate / np.where(known, information, np.nan)[:, None])


def weights(
    common: FloatArray,
    alone: FloatArray,
    shared: float,
    block: IntArray,
    observed: BoolArray,
    *,
    by_block: bool = False,
) -> Weights:
    """What each cell observed tells of an effect.

    Parameters
    ----------
    common, alone : (T, T) covariance over periods; units of a block have a share `shared` of `common` together.
    observed : (n_units, T).
    by_block : period effects are fitted for each block, so that its units are compared with each other alone.

    Raises
    ------
    ParameterError : a share that is not from 0 to below 1, or shapes that do not match.
    """
    n_units, n_periods = observed.shape
    if not 0 <= shared < 1:
        raise ParameterError(f"The share that units of a block have in common is {shared!r}; give 0 or more, below 1.")
    if block.shape != (n_units,) or common.shape != (n_periods, n_periods) or alone.shape != common.shape:
        raise ParameterError(
            f"Covariances are of {common.shape} and {alone.shape} and blocks {block.shape}; the panel has {n_units} units and "
            f"{n_periods} periods: give matrices of periods by periods and a block for each unit."
        )
    same = (block[:, None] == block).astype(np.float64) * shared + np.eye(n_units) * (1 - shared)
    covariance = np.kron(same, common) + np.kron(np.eye(n_units), alone)
    seen = np.flatnonzero(observed.ravel())
    inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
    groups = (block[:, None] == np.unique(block)).astype(np.float64) if by_block else np.ones((n_units, 1))
    effects = np.hstack([np.kron(np.eye(n_units), np.ones((n_periods, 1))), np.kron(groups, np.eye(n_periods))])[seen]
    fitted = inverse @ effects
    left = inverse - fitted @ np.linalg.pinv(effects.T @ fitted, hermitian=True) @ fitted.T
    return Weights(seen, inverse, left)
