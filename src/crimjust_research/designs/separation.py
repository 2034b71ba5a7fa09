"""Rows whose outcome a combination of terms predicts perfectly, so that a likelihood has no maximum.

A Poisson mean can sink to a count of zero, a chance to none or all of the trials. Where some direction of the
coefficients moves such rows to their limit and leaves every other row where it is, the likelihood rises for ever along
it: the coefficient has no finite estimate, and whatever an optimiser stops at has no standard error. Whether there is
such a direction is a linear programme (Albert and Anderson 1984; Correia, Guimarães and Zylkin 2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.errors import ParameterError

TOLERANCE = 1e-9
LARGEST_COEFFICIENT = 1e5
"""Of a direction, on columns scaled to a greatest value of one: beyond it, dependence to rounding is taken for separation."""


class SeparatedError(ParameterError):
    """A combination of terms predicts outcomes perfectly, so that a coefficient has no finite estimate."""


def separated_rows(design: Any, limit: IntArray) -> BoolArray:
    """(n,) rows that a combination of columns predicts perfectly.

    Parameters
    ----------
    design : (n, k) array or scipy sparse matrix, the constant and the absorbed effects among its columns.
    limit : (n,) -1 where the outcome is the least there can be (a count of zero), 1 where it is the greatest (all
        trials), 0 where it is neither.

    A row whose columns are a combination of the columns of rows without limit cannot move and needs no programme.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack
    from scipy.sparse.linalg import lsqr

    n, k = design.shape
    separated = np.zeros(n, dtype=bool)
    if not limit.any():
        return separated
    columns = csr_array(design)
    greatest = abs(columns).max(axis=0).toarray().ravel()
    columns = csr_array(columns.multiply(1 / np.where(greatest > 0, greatest, 1.0)))
    free = limit == 0
    # One direction drawn at random is followed by the rows without limit and no others, unless rows depend on them.
    direction = np.random.default_rng(0).uniform(1, 2, k)
    values: FloatArray = columns @ direction
    if free.any():
        fitted = lsqr(columns[free], values[free], atol=1e-14, btol=1e-14, iter_lim=10 * k + 1000)[0]
        moves = np.abs(columns @ fitted - values) > 1e-7 * (1 + np.abs(values).max())
    else:
        moves = np.ones(n, dtype=bool)
    rows = np.flatnonzero(moves & ~free)
    if rows.size == 0:
        return separated
    # Most rows at once: each counts up to one, however far a direction moves it, and directions may be as long as needed.
    towards = csr_array(columns[rows].multiply(limit[rows, None]))
    found = linprog(  # type: ignore[call-overload]  # the stubs know no sparse constraints, scipy does
        np.concatenate([np.zeros(k), -np.ones(rows.size)]),
        A_ub=hstack([-towards, eye_array(rows.size)]),
        b_ub=np.zeros(rows.size),
        A_eq=hstack([columns[free], csr_array((int(free.sum()), rows.size))]) if free.any() else None,
        b_eq=np.zeros(int(free.sum())) if free.any() else None,
        bounds=[(-LARGEST_COEFFICIENT, LARGEST_COEFFICIENT)] * k + [(0, 1)] * rows.size,
        method="highs",
    )
    separated[rows] = found.x[k:] > 0.5
    return separated
