"""Linear regression with a constant for every unit, and errors that hold up with few units.

Standard errors are clustered by unit with the CR2 correction of Bell and McCaffrey (2002), and each coefficient has
its own degrees of freedom (Satterthwaite). With ten countries the usual clustered test rejects a true null far more
often than it says (Imbens and Kolesár 2016; Pustejovsky and Tipton 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import clusters_behind, complete_columns, numbers, require_terms
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.errors import ParameterError

FAINT = 1e-10  # of what there is with all units; with less, sums without one may be of nothing but rounding
NOTHING = 1e-12  # of the length of outcomes; residuals that are shorter are made of their rounding


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


@dataclass(frozen=True)
class WithinUnits:
    """Terms of a regression within units, ready for any number of outcomes of the same rows."""

    terms: tuple[str, ...]
    kept: IntArray
    """Positions (n,) in the frame of the rows used, those of units seen more than once."""
    code: IntArray
    """(n,) unit of each row."""
    units: pd.Index[Any]
    """Their labels, by code."""
    root_weight: FloatArray
    """(n, 1) square roots of the weights."""
    x: FloatArray
    """(n, k) terms less their unit's mean, weighted, of unit length."""
    length: FloatArray
    """(k,) what they were divided by."""
    gram: FloatArray
    """(units, k, k) cross-products of each unit's rows of x."""
    bread: FloatArray
    """(k, k) inverse of their sum."""
    adjustment: FloatArray
    """(units, k, k): turns a unit's score into its pull on the coefficients, by CR2."""
    df: FloatArray
    """(k,)"""

    @property
    def n_units(self) -> int:
        return len(self.units)

    def within(self, outcomes: FloatArray) -> FloatArray:
        """(n, B) outcomes of the rows used, less their unit's mean, weighted."""
        means = by_unit(outcomes, self.code) / np.bincount(self.code)[:, None]
        return np.asarray(self.root_weight * (outcomes - means[self.code]))

    def fits(self, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients and their CR2 standard errors, (k, B) each, of B outcomes, (n, B), of the rows used."""
        # Terms are less their unit's mean, so that an outcome need not be.
        moments = cross_products(self.x, self.root_weight * outcomes, self.code)
        coefficients = self.bread @ moments.sum(axis=0)
        influence = self.adjustment @ (moments - self.gram @ coefficients)
        lengths = self.length[:, None]
        return coefficients / lengths, np.asarray(np.sqrt((influence**2).sum(axis=0)) / lengths)


def within_units(frame: pd.DataFrame, terms: Sequence[str], unit: str, *, weights: str | None = None) -> WithinUnits:
    """The design of `unit_effects_regression` without an outcome.

    Raises what that does of units and terms.
    """
    require_terms(terms)
    frame = complete_columns(frame, [*terms, unit, *([weights] if weights else [])])
    seen = frame.groupby(unit)[unit].transform("size").to_numpy()
    kept = np.flatnonzero(seen > 1)
    used = frame.iloc[kept]
    code, units = pd.factorize(used[unit], sort=True)
    code, n_units, n, k = code.astype(np.int64), len(units), len(used), len(terms)
    if n_units < 3:
        raise ParameterError(f"{n_units} units are seen more than once; clustering by unit needs at least three.")
    values = numbers(used, list(terms))
    root_weight = np.ones((n, 1)) if weights is None else _root_weights(used, weights, code)
    x = root_weight * (values - (by_unit(values, code) / np.bincount(code)[:, None])[code])
    length = np.linalg.norm(x, axis=0)
    flat = length <= 1e-10 * np.maximum(np.linalg.norm(root_weight * values, axis=0), 1e-300)
    if flat.any():
        raise ParameterError(f"Term {terms[int(np.argmax(flat))]!r} does not vary within units; leave it out.")
    x = x / length
    if np.linalg.cond(x) > 1e8:
        raise ParameterError(f"The terms {list(terms)} are linearly dependent within units; leave one out.")
    if n - n_units - k < 1:
        raise ParameterError(
            f"{n} observations of {n_units} units leave nothing to estimate {k} terms from; use fewer terms."
        )
    lone = clusters_behind(np.where(np.abs(x) > 1e-10, x, 0.0), code) == 1
    if lone.any():
        raise ParameterError(
            f"Term {terms[int(np.argmax(lone))]!r} varies within one unit only, and clustering by unit needs more: its "
            "error is not known. Leave it out, or compare units by randomisation."
        )
    gram = cross_products(x, x, code)
    return WithinUnits(tuple(terms), kept, code, units, root_weight, x, length, gram, *cr2(gram))


def by_unit(values: FloatArray, code: IntArray) -> FloatArray:
    """Sums (units, B) over the rows of each unit of values (n, B)."""
    return cross_products(np.ones((len(code), 1)), values, code)[:, 0]


def cross_products(x: FloatArray, z: FloatArray, code: IntArray) -> FloatArray:
    """(units, k, B) of each unit's rows of x (n, k) and z (n, B)."""
    n, k = x.shape
    rows, columns = (code[:, None] * k + np.arange(k)).ravel(), np.repeat(np.arange(n), k)
    by_term = csr_array((x.ravel(), (rows, columns)), shape=(k * (int(code.max()) + 1), n))
    return np.asarray(by_term @ z).reshape(-1, k, z.shape[1])


def unit_effects_regression(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    unit: str,
    alpha: float = 0.05,
    *,
    weights: str | None = None,
) -> UnitEffects:
    """Regression of `outcome` on `terms` with unit effects, clustered by unit with small-sample correction.

    A time trend is a term like any other (the year); so are a trend of one group (year times membership) and dummies
    for common years. An outcome that the terms and units fit exactly has estimates without errors.

    Parameters
    ----------
    frame : one row per unit and occasion; complete in outcome, terms and unit.
    weights : a column above zero, the same in all rows of a unit; all rows alike if not given.

    Raises
    ------
    ParameterError : a column that is missing or incomplete, a term that does not vary within units or repeats
        others, that varies within one unit only, fewer than three units seen more than once, or weights that differ
        within a unit or are not above zero.
    """
    frame = complete_columns(frame, [outcome, *terms, unit, *([weights] if weights else [])])
    design = within_units(frame, terms, unit, weights=weights)
    values = numbers(frame, [outcome])[design.kept]
    estimate, error = (column[:, 0] for column in design.fits(values))
    y = design.within(values)[:, 0]
    residuals = y - design.x @ (estimate * design.length)
    n, units = len(y), design.n_units
    usual = cr1(by_unit(design.x * residuals[:, None], design.code) @ design.bread, n, units)
    if np.linalg.norm(residuals) <= NOTHING * np.linalg.norm(design.root_weight * values):
        error = usual = np.full(len(terms), np.nan)  # what is left is rounding, and no error to judge by
    table = coefficient_table(terms, estimate, error, alpha, design.df)
    table = table.assign(df=design.df, std_error_cr1=np.sqrt(usual) / design.length)
    return UnitEffects(table, n, units, int(frame[unit].nunique() - units))


def without_each_unit(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], unit: str, alpha: float = 0.05
) -> pd.DataFrame:
    """`unit_effects_regression` of all units but one, from the same sums over the rows of each unit.

    Units seen once are in no regression, and none is left out of one. Nor is there a row for a unit without which the
    regression cannot be made, or not surely: another of its terms then hardly varies within units, or varies in one, or
    depends on the others; `unit_effects_regression` of the rows that are left says which.

    Returns
    -------
    DataFrame: unit (left out), the columns of `UnitEffects.table`, n_obs, n_units; a row for each unit and term.

    Raises
    ------
    ParameterError : as `unit_effects_regression` of all units does.
    """
    design = within_units(frame, terms, unit)
    values = numbers(frame, [outcome])[design.kept]
    y, rows = design.within(values), np.bincount(design.code)
    others = 1 - np.eye(design.n_units)  # (left out, units)
    gram = others[..., None, None] * design.gram
    moments = others[..., None, None] * cross_products(design.x, y, design.code)
    n_obs, n_units, k = others @ rows, design.n_units - 1, len(terms)
    sound = (n_units >= 3) & (n_obs - n_units - k >= 1) & _surely_regular(gram)
    gram, moments, others = gram[sound], moments[sound], others[sound]
    bread, adjustment, df = cr2(gram)
    total = moments.sum(axis=1)
    coefficients = bread @ total
    scores = moments - gram @ coefficients[:, None]
    error = np.sqrt(np.sum((adjustment @ scores) ** 2, axis=1))
    usual = cr1((bread[:, None] @ scores)[..., 0], n_obs[sound], n_units)
    squares = others @ by_unit(np.column_stack([y**2, values**2]), design.code)
    left = squares[:, 0] - np.sum(coefficients * total, axis=(1, 2))
    estimates, errors = (found[..., 0] / design.length for found in (coefficients, error))
    table = coefficient_table(list(terms) * len(df), estimates.ravel(), errors.ravel(), alpha, df.ravel())
    table = table.assign(df=df.ravel(), std_error_cr1=(np.sqrt(usual) / design.length).ravel())
    table = table.assign(n_obs=n_obs[sound].astype(np.int64).repeat(k), n_units=n_units)
    table.insert(0, "unit", design.units[sound].repeat(k))
    # Beside the outcome within units, however far from zero it lies, and beside the rounding of the outcome itself.
    unexplained = left > np.maximum(FAINT * squares[:, 0], NOTHING**2 * squares[:, 1])
    kept: pd.DataFrame = table[unexplained.repeat(k)].reset_index(drop=True)
    return kept


def _surely_regular(gram: FloatArray) -> BoolArray:
    """Which sums of cross-products (..., units, k, k) are of terms that vary within two units or more and are far from dependent.

    The terms are of unit length with all units, some of which may have been left out.
    """
    whole, own = gram.sum(axis=-3), np.diagonal(gram, axis1=-2, axis2=-1)
    varies, length = (own > FAINT).sum(axis=-2), np.sqrt(np.diagonal(whole, axis1=-2, axis2=-1))
    scale = np.where(length > np.sqrt(FAINT), length, np.nan)
    least = np.linalg.eigvalsh(np.nan_to_num(whole / (scale[..., None] * scale[..., None, :])))[..., 0]
    return np.asarray((varies >= 2).all(axis=-1) & (least > FAINT))


def cr2(gram: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bread (..., k, k), adjustment (..., units, k, k) and degrees of freedom (..., k) from cross-products by unit
    (..., units, k, k); see `WithinUnits`."""
    bread = np.linalg.inv(gram.sum(axis=-3))
    root = symmetric_power(bread, 0.5)[..., None, :, :]
    leverage = root @ gram @ root
    shrink = symmetric_power(np.eye(gram.shape[-1]) - leverage, -0.5)
    return bread, root @ shrink @ root, satterthwaite_df(leverage, shrink, root)


def cr1(influence: FloatArray, n_obs: int | FloatArray, n_units: int) -> FloatArray:
    """The usual clustered variances (..., k) from each unit's pull on k coefficients, (..., units, k)."""
    k = influence.shape[-1]
    factor = np.asarray(n_units / (n_units - 1) * (n_obs - 1) / (n_obs - k - 1))
    return np.asarray(np.sum(influence**2, axis=-2) * factor[..., None])


def _root_weights(used: pd.DataFrame, weights: str, code: IntArray) -> FloatArray:
    """Square roots of weights, (n, 1).

    Raises
    ------
    ParameterError : see `unit_effects_regression`.
    """
    given = numbers(used, [weights])
    if not (given > 0).all():
        raise ParameterError(f"A weight in column {weights!r} is {given.min():g}; weights are above zero.")
    first = pd.Series(given[:, 0]).groupby(code).transform("first").to_numpy()
    if (given[:, 0] != first).any():
        raise ParameterError(f"Weights in column {weights!r} differ within a unit; give all rows of a unit the same.")
    return np.asarray(np.sqrt(given))


def symmetric_power(matrix: FloatArray, power: float) -> FloatArray:
    """Power of symmetric matrices (..., k, k) with eigenvalues from 0; directions without any stay without."""
    values, vectors = np.linalg.eigh(matrix)
    present = values > 1e-10 * np.maximum(values.max(axis=-1, keepdims=True), 1e-300)
    powered = np.where(present, np.where(present, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * powered[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def satterthwaite_df(leverage: FloatArray, shrink: FloatArray, root: FloatArray) -> FloatArray:
    """Degrees of freedom (..., k) of CR2 variances if errors were independent and of one size (Bell and McCaffrey 2002).

    The variance of a coefficient is a quadratic form of the errors whose matrix has, between units g and h, the
    elements  d_g [g = h] - r_g' r_h;  the degrees of freedom are its squared trace over the trace of its square.

    Parameters
    ----------
    leverage : (..., units, k, k), each unit's share of the cross-product, B^(1/2) X_g' X_g B^(1/2).
    shrink : (..., units, k, k), (I - leverage)^(-1/2); root : (..., 1, k, k), B^(1/2).
    """
    pulled = shrink @ leverage @ root  # a column for each coefficient
    own = np.sum((shrink @ root) * pulled, axis=-2)
    sizes = np.sum(pulled**2, axis=-2)
    crossed = np.einsum("...gij,...glj->...jil", pulled, pulled)
    squares = np.sum(own * (own - 2 * sizes), axis=-2) + np.sum(crossed**2, axis=(-2, -1))
    return np.asarray(np.sum(own - sizes, axis=-2) ** 2 / squares)
