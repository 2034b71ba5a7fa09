"""Partial correlation in a panel, where the rows of one unit are not independent observations.

Both variables are freed of what others explain and standardised; the slope of one on the other is the partial correlation,
of ranks if ranks are given. Its p-value and interval are from the wild bootstrap of its scores by unit; resampled units are
the other way to its interval. Registry: docs/methods/counts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.batches import batch_sizes
from crimjust_research.designs.checks import (
    cluster_codes,
    generator,
    labelled,
    numbers,
    real_numbers,
    require_draws,
    require_level,
    require_list,
    require_residual_freedom,
)
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import NO_VARIATION
from crimjust_research.designs.resampling.permutation import p_beyond_zero, percentiles
from crimjust_research.designs.resampling.wild_scores import WildScores, by_cluster, members, signs
from crimjust_research.errors import ParameterError

FEWEST_UNITS = 5
BATCH_CELLS = 500_000  # weights held at once


@dataclass(frozen=True, repr=False)
class PartialCorrelation(Printed):
    """Correlation of what others leave of two variables."""

    correlation: float
    std_error: float
    """Clustered by unit."""
    ci_low: float
    ci_high: float
    """Correlations that the test does not reject."""
    p_value: float
    n_obs: int
    n_units: int
    test: WildScores
    x_left: FloatArray
    y_left: FloatArray
    """(n,) what is left of x and of y, standardised."""
    given: FloatArray
    """(n, k) what was given."""
    unit: FloatArray
    """(n, n_units) which row is whose."""

    @property
    def residual(self) -> FloatArray:
        """(n,) what x leaves of y, standardised."""
        return standardised(self.y_left - self.correlation * self.x_left)


def partial_correlation(
    frame: pd.DataFrame,
    x: str,
    y: str,
    given: Sequence[str],
    *,
    unit: str,
    draws: int = 4_999,
    seed: int,
    alpha: float = 0.05,
) -> PartialCorrelation:
    """Correlation of `x` and `y` given other columns, tested by the wild bootstrap of its scores by `unit`.

    Columns are used as they are: give ranks for Spearman's. The standardisation is held fixed in the bootstrap.

    Parameters
    ----------
    frame : one row an observation, complete in all columns named.

    Raises
    ------
    ParameterError : a column that is absent, incomplete, not numeric or infinite; fewer than five units; no more rows than
        columns; a variable that the others explain wholly; fewer draws than 99.
    """
    require_list(given=given)
    require_level(alpha)
    values = numbers(frame, [x, y, *given])
    code, n_units = cluster_codes(frame, unit, FEWEST_UNITS)
    require_residual_freedom(len(frame), 2 + len(given))
    left = residuals(values[:, :2].T, values[:, 2:])
    for name, before, after in zip((x, y), values[:, :2].T, left, strict=True):
        if np.abs(after).max() <= NO_VARIATION * np.abs(before).max():
            explained = f", or {', '.join(given)} explain it wholly" if given else ""
            raise ParameterError(f"{name!r} is the same in every row{explained}; there is nothing to correlate.")
    x_left, y_left = standardised(left)
    unit_of = members(code)
    test = WildScores(by_cluster(x_left * y_left, unit_of), by_cluster(x_left**2, unit_of), signs(n_units, draws, seed))
    low, high = test.interval(alpha)
    return PartialCorrelation(
        correlation=test.slope,
        std_error=test.std_error,
        ci_low=low,
        ci_high=high,
        p_value=test.p_value(),
        n_obs=len(frame),
        n_units=n_units,
        test=test,
        x_left=x_left,
        y_left=y_left,
        given=values[:, 2:],
        unit=unit_of,
    )


def residuals(values: FloatArray, given: FloatArray) -> FloatArray:
    """What a constant and `given` (n, k) leave of each row of `values` (..., n)."""
    basis = np.linalg.qr(np.column_stack([np.ones(len(given)), given]))[0]
    return np.asarray(values - (values @ basis) @ basis.T)


def standardised(values: FloatArray) -> FloatArray:
    """Rows of `values` (..., n), of mean zero, over their root mean square."""
    return np.asarray(values / np.sqrt(np.mean(values**2, axis=-1, keepdims=True)))


def resampled_partial_ranks(
    x: ArrayLike, y: ArrayLike, given: ArrayLike, unit: ArrayLike, *, draws: int, seed: int
) -> FloatArray:
    """(draws,) Spearman's partial correlations given one variable, units drawn with replacement, ranked anew each time.

    Draws in which one of the three is constant are left out.

    Raises
    ------
    ParameterError : no row, a variable that is no number, a row without a unit, or in more than half of the draws nothing to
        rank.
    """
    require_draws(draws)
    columns = [real_numbers(values, "variable") for values in (x, y, given)]
    if not columns[0].size:
        raise ParameterError("There is no row to draw units from; give some.")
    code, names = labelled(unit, columns[0].size, "unit")
    rng = generator(seed)
    found = []
    for b in batch_sizes(draws, code.size, BATCH_CELLS):
        times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=b)
        weights = times[:, code].astype(np.float64)
        ranks = [midranks(values, weights) for values in columns]
        xy, xz, yz = (weighted_correlation(ranks[i], ranks[j], weights) for i, j in ((0, 1), (0, 2), (1, 2)))
        left = (1 - xz**2) * (1 - yz**2)
        found.append((xy - xz * yz) / np.sqrt(np.where(left > TIE, left, np.nan)))
    correlations = np.concatenate(found)
    correlations = correlations[~np.isnan(correlations)]
    if correlations.size < draws / 2:
        raise ParameterError(
            f"In {draws - correlations.size} of {draws} resamples of units one of the variables is the same throughout; too few "
            "of its values differ for a rank correlation."
        )
    return correlations


def percentile_test(resampled: FloatArray, alpha: float) -> dict[str, float]:
    """Percentile interval of resampled statistics and the level at which it touches zero: ci_low, ci_high, p_value."""
    low, high = percentiles(resampled, alpha)
    return {"ci_low": low, "ci_high": high, "p_value": p_beyond_zero(resampled)}


def midranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Ranks of `values` (n,) when value i occurs weights[b, i] times, ties sharing their mean rank: (b, n).

    With weights of 0 and 1 these are the ranks within a subset; entries of weight 0 carry no meaning.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    group = np.repeat(np.arange(first.size), np.diff(np.append(first, values.size)))
    tied = np.add.reduceat(weights[:, order], first, axis=1)
    rank = np.cumsum(tied, axis=1) - tied + (tied + 1) / 2
    ranks = np.empty(weights.shape)
    ranks[:, order] = rank[:, group]
    return ranks


def weighted_correlation(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Product-moment correlations (b,) of rows of x and y (b, n); missing where either is constant."""
    total = weights.sum(axis=1, keepdims=True)
    total = np.where(total > 0, total, 1.0)
    dx = x - (weights * x).sum(axis=1, keepdims=True) / total
    dy = y - (weights * y).sum(axis=1, keepdims=True) / total
    spread = (weights * dx**2).sum(axis=1) * (weights * dy**2).sum(axis=1)
    product = (weights * dx * dy).sum(axis=1)
    return np.where(spread > 0, product / np.sqrt(np.where(spread > 0, spread, 1.0)), np.nan)
