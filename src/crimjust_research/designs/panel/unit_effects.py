"""Linear regression with a constant for every unit, and errors that hold up with few units.

Standard errors are clustered by unit with the CR2 correction of Bell and McCaffrey (2002), and each coefficient has
its own degrees of freedom (Satterthwaite). With ten countries the usual clustered test rejects a true null far more
often than it says (Imbens and Kolesár 2016; Pustejovsky and Tipton 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import clusters_behind, complete_columns, numbers, require_terms
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class UnitEffects(Printed):
    """Least-squares coefficients within units."""

    table: pd.DataFrame
    """Per term: term, estimate, std_error (CR2), ci_low, ci_high, p_value, df, std_error_cr1 (the usual clustered error,
    for comparison)."""
    n_obs: int
    n_units: int
    dropped: int
    """Units seen once, which say nothing about change within a unit."""


def unit_effects_regression(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], unit: str, alpha: float = 0.05
) -> UnitEffects:
    """Regression of `outcome` on `terms` with unit effects, clustered by unit with small-sample correction.

    A time trend is a term like any other (the year); so are a trend of one group (year times membership) and dummies
    for common years.

    Parameters
    ----------
    frame : one row per unit and occasion; complete in outcome, terms and unit.

    An outcome that the terms and units fit exactly has estimates without errors.

    Raises
    ------
    ParameterError : a column that is missing or incomplete, a term that does not vary within units or repeats
        others, that varies within one unit only, or fewer than three units seen
        more than once.
    """
    require_terms(terms)
    frame = complete_columns(frame, [outcome, *terms, unit])
    seen = frame.groupby(unit)[outcome].transform("size")
    kept = frame[seen > 1]
    code, units = pd.factorize(kept[unit], sort=True)
    n_units = len(units)
    if n_units < 3:
        raise ParameterError(f"{n_units} units are seen more than once; clustering by unit needs at least three.")
    values = numbers(kept, [outcome, *terms])
    within = values - (kept[[outcome, *terms]].astype(np.float64).groupby(code).transform("mean")).to_numpy()
    y, x = within[:, 0], within[:, 1:]
    length = np.linalg.norm(x, axis=0)
    flat = length <= 1e-10 * np.maximum(np.linalg.norm(values[:, 1:], axis=0), 1e-300)
    if flat.any():
        raise ParameterError(f"Term {terms[int(np.argmax(flat))]!r} does not vary within units; leave it out.")
    x = x / length
    if np.linalg.cond(x) > 1e8:
        raise ParameterError(f"The terms {list(terms)} are linearly dependent within units; leave one out.")
    k = x.shape[1]
    residual_df = len(y) - n_units - k
    if residual_df < 1:
        raise ParameterError(f"{len(y)} observations of {n_units} units leave nothing to estimate {k} terms from.")
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ (x.T @ y)
    is_exact = np.linalg.norm(y - x @ coefficients) <= 1e-12 * np.linalg.norm(values[:, 0])
    lone = clusters_behind(np.where(np.abs(x) > 1e-10, x, 0.0), code) == 1
    if lone.any():
        raise ParameterError(
            f"Term {terms[int(np.argmax(lone))]!r} varies within one unit only, and clustering by unit needs more: its "
            "error is not known. Leave it out, or compare units by randomisation."
        )
    score = np.zeros((n_units, k))
    np.add.at(score, code, x * (y - x @ coefficients)[:, None])
    gram = np.zeros((n_units, k, k))
    np.add.at(gram, code, x[:, :, None] * x[:, None, :])

    root = symmetric_power(bread, 0.5)
    leverage = root @ gram @ root
    adjustment = root @ symmetric_power(np.eye(k) - leverage, -0.5) @ root
    influence = np.einsum("gij,gj->gi", adjustment, score)
    variance = np.sum(influence**2, axis=0)
    usual = np.sum((score @ bread) ** 2, axis=0) * n_units / (n_units - 1) * (len(y) - 1) / (len(y) - k - 1)
    if is_exact:  # what is left is rounding, and no error to judge by
        variance = usual = np.full(k, np.nan)
    df = satterthwaite_df(leverage, root)
    table = coefficient_table(terms, coefficients / length, np.sqrt(variance) / length, alpha, df)
    table = table.assign(df=df, std_error_cr1=np.sqrt(usual) / length)
    return UnitEffects(table, len(y), n_units, int(frame[unit].nunique() - n_units))


def symmetric_power(matrix: FloatArray, power: float) -> FloatArray:
    """Power of symmetric matrices (..., k, k) with eigenvalues from 0; directions without any stay without."""
    values, vectors = np.linalg.eigh(matrix)
    present = values > 1e-10 * np.maximum(values.max(axis=-1, keepdims=True), 1e-300)
    powered = np.where(present, np.where(present, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * powered[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def satterthwaite_df(leverage: FloatArray, root: FloatArray) -> FloatArray:
    """Degrees of freedom (k,) of CR2 variances if errors were independent and of one size (Bell and McCaffrey 2002).

    The variance of a coefficient is a quadratic form of the errors whose matrix has, between units g and h, the
    elements  d_g [g = h] - r_g' r_h;  the degrees of freedom are its squared trace over the trace of its square.

    Parameters
    ----------
    leverage : (units, k, k), each unit's share of the cross-product, B^(1/2) X_g' X_g B^(1/2); root : B^(1/2).
    """
    k = root.shape[0]
    shrink = symmetric_power(np.eye(k) - leverage, -0.5)
    df = np.empty(k)
    for column in range(k):
        direction = root[:, column]
        pulled = shrink @ leverage @ direction
        own = np.einsum("i,gij,gjk,gkl,l->g", direction, shrink, shrink, leverage, direction)
        form = np.diag(own) - pulled @ pulled.T
        df[column] = np.trace(form) ** 2 / np.sum(form**2)
    return df
