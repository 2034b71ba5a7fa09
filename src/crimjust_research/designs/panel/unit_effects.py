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
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import FloatArray, IntArray
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


@dataclass(frozen=True)
class WithinUnits:
    """Terms of a regression within units, ready for any number of outcomes of the same rows."""

    terms: tuple[str, ...]
    kept: IntArray
    """Positions (n,) in the frame of the rows used, those of units seen more than once."""
    code: IntArray
    """(n,) unit of each row."""
    n_units: int
    root_weight: FloatArray
    """(n, 1) square roots of the weights."""
    x: FloatArray
    """(n, k) terms less their unit's mean, weighted, of unit length."""
    length: FloatArray
    """(k,) what they were divided by."""
    bread: FloatArray
    """(k, k) inverse of their cross-product."""
    adjustment: FloatArray
    """(units, k, k): turns a unit's score into its pull on the coefficients, by CR2."""
    df: FloatArray
    """(k,)"""

    def within(self, outcomes: FloatArray) -> FloatArray:
        """(n, B) outcomes of the rows used, less their unit's mean, weighted."""
        sums = np.zeros((self.n_units, outcomes.shape[1]))
        np.add.at(sums, self.code, outcomes)
        means = sums / np.bincount(self.code)[:, None]
        return np.asarray(self.root_weight * (outcomes - means[self.code]))

    def fits(self, outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients and their CR2 standard errors, (k, B) each, of B outcomes, (n, B), of the rows used."""
        y = self.within(outcomes)
        coefficients = self.bread @ (self.x.T @ y)
        residuals = y - self.x @ coefficients
        members = csr_array((np.ones(len(y)), (self.code, np.arange(len(y)))), shape=(self.n_units, len(y)))
        scores = np.stack([members @ (column[:, None] * residuals) for column in self.x.T], axis=1)
        influence = self.adjustment @ scores
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
    n_units, n, k = len(units), len(used), len(terms)
    if n_units < 3:
        raise ParameterError(f"{n_units} units are seen more than once; clustering by unit needs at least three.")
    values = numbers(used, list(terms))
    root_weight = np.ones((n, 1)) if weights is None else _root_weights(used, weights, code)
    x = root_weight * (values - pd.DataFrame(values).groupby(code).transform("mean").to_numpy())
    length = np.linalg.norm(x, axis=0)
    flat = length <= 1e-10 * np.maximum(np.linalg.norm(root_weight * values, axis=0), 1e-300)
    if flat.any():
        raise ParameterError(f"Term {terms[int(np.argmax(flat))]!r} does not vary within units; leave it out.")
    x = x / length
    if np.linalg.cond(x) > 1e8:
        raise ParameterError(f"The terms {list(terms)} are linearly dependent within units; leave one out.")
    if n - n_units - k < 1:
        raise ParameterError(f"{n} observations of {n_units} units leave nothing to estimate {k} terms from.")
    lone = clusters_behind(np.where(np.abs(x) > 1e-10, x, 0.0), code) == 1
    if lone.any():
        raise ParameterError(
            f"Term {terms[int(np.argmax(lone))]!r} varies within one unit only, and clustering by unit needs more: its "
            "error is not known. Leave it out, or compare units by randomisation."
        )
    gram = np.zeros((n_units, k, k))
    np.add.at(gram, code, x[:, :, None] * x[:, None, :])
    bread = np.linalg.inv(x.T @ x)
    root = symmetric_power(bread, 0.5)
    leverage = root @ gram @ root
    adjustment = root @ symmetric_power(np.eye(k) - leverage, -0.5) @ root
    df = satterthwaite_df(leverage, root)
    return WithinUnits(
        tuple(terms), kept, code.astype(np.int64), n_units, root_weight, x, length, bread, adjustment, df
    )


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
    score = np.zeros((design.n_units, len(terms)))
    np.add.at(score, design.code, design.x * residuals[:, None])
    n, k, units = len(y), len(terms), design.n_units
    usual = np.sum((score @ design.bread) ** 2, axis=0) * units / (units - 1) * (n - 1) / (n - k - 1)
    if np.linalg.norm(residuals) <= 1e-12 * np.linalg.norm(design.root_weight * values):
        error = usual = np.full(k, np.nan)  # what is left is rounding, and no error to judge by
    table = coefficient_table(terms, estimate, error, alpha, design.df)
    table = table.assign(df=design.df, std_error_cr1=np.sqrt(usual) / design.length)
    return UnitEffects(table, n, units, int(frame[unit].nunique() - units))


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
