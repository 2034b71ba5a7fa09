"""Spearman's rank correlation in a panel, where the years of one unit are not independent observations.

The interval resamples units with all their years; the p-value gives units each other's whole histories, which keeps
what is persistent within a unit and breaks only the link between the two variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    complete_columns,
    generator,
    require_columns,
    require_draws,
    require_level,
    require_one_row_each,
)
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.resampling.permutation import (
    batch_sizes,
    percentiles,
    permutation_p,
    smallest_p,
)
from crimjust_research.errors import ParameterError

FEWEST_UNITS = 5
BATCH_CELLS = 500_000  # weights held at once


@dataclass(frozen=True, repr=False)
class RankCorrelation(Printed):
    """Spearman correlation over unit-periods."""

    correlation: float
    ci_low: float
    ci_high: float
    """Percentiles of resampled units; missing where they all agree, which shows nothing of how sure they are."""
    p_value: float
    """Two-sided: (1 + reassignments at least as far from zero) / (1 + draws)."""
    p_greater: float
    p_less: float
    null_low: float
    null_high: float
    """Central 95 % of the reassigned correlations."""
    n_obs: int
    n_units: int
    draws: int
    """Reassignments in which there was something to rank."""


def panel_rank_correlation(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    unit: str,
    period: str,
    draws: int = 4_999,
    seed: int,
    alpha: float = 0.05,
) -> RankCorrelation:
    """Spearman correlation of `x` and `y` over unit-periods, with a cluster bootstrap and permuted histories.

    The correlation uses rows in which both are known. A resample draws as many units as there are, with replacement.
    A reassignment gives every unit the x-history of another, matched by period, and uses the unit-periods in which
    both are then known; where units report different periods their number changes from draw to draw.

    The null is that x-histories were dealt to units at random. It is broken by any lasting difference between units
    that moves both variables, such as size, so the test says that the two go together, not why.

    Parameters
    ----------
    frame : one row per unit and period; x and y may be missing.

    Raises
    ------
    ParameterError : a column that is absent, a repeated unit-period, fewer than five units with both known, a
        variable that is constant, in most draws too, or infinite; units or periods without a name; fewer draws than 99
        or than the level needs; or units so few or alike that no p could be below it.
    """
    require_columns(frame, [x, y, unit, period])
    require_level(alpha)
    require_draws(draws)
    complete_columns(frame, [unit, period])
    require_real(frame, (x, y))
    require_one_row_each(frame, unit, period)
    known = frame[frame[x].notna() & frame[y].notna()]
    n_units = known[unit].nunique()
    if n_units < FEWEST_UNITS:
        raise ParameterError(f"Both are known for {n_units} units; at least {FEWEST_UNITS} are needed.")
    for column in (x, y):
        if np.ptp(known[column].to_numpy(np.float64)) == 0:
            raise ParameterError(f"{column!r} is the same in every row; there is nothing to rank.")
    left, right = known[x].to_numpy(np.float64), known[y].to_numpy(np.float64)
    once = np.ones((1, len(known)))
    observed = float(weighted_correlation(midranks(left, once), midranks(right, once), once)[0])
    bootstrap, permutation = generator(seed).spawn(2)
    resampled = resampled_correlations(left, right, pd.factorize(known[unit])[0], draws, bootstrap)
    resampled = resampled[~np.isnan(resampled)]
    require_enough(resampled.size, draws, "resamples of units")
    low, high = percentiles(resampled, alpha)
    row, when = (pd.factorize(frame[name], sort=True)[0] for name in (unit, period))
    histories = np.full((2, row.max() + 1, when.max() + 1), np.nan)
    histories[:, row, when] = frame[[x, y]].to_numpy(np.float64).T
    null = reassigned_correlations(histories[0], histories[1], draws, permutation)
    null = null[~np.isnan(null)]
    require_enough(null.size, draws, "reassignments of histories")
    least = smallest_p(null, observed)
    if least > alpha and least * (1 + len(null)) >= 1.5:  # else it is the draws that are few, as their number tells
        raise ParameterError(
            f"No reassignment of {x!r} and {y!r} among {n_units} units could have a p below {least:.2g}, and alpha is {alpha:g}: "
            "too few units or values differ for this test to reject."
        )
    null_low, null_high = np.quantile(null, [0.025, 0.975])
    return RankCorrelation(
        correlation=observed,
        ci_low=float(low),
        ci_high=float(high),
        **permutation_p(null, observed)._asdict(),
        null_low=float(null_low),
        null_high=float(null_high),
        n_obs=len(known),
        n_units=int(n_units),
        draws=null.size,
    )


def require_real(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns that are not numeric or hold an infinite value; missing ones are allowed.

    Raises
    ------
    ParameterError : naming the column.
    """
    for column in columns:
        if not pd.api.types.is_numeric_dtype(frame[column]) or np.isinf(frame[column].to_numpy(np.float64)).any():
            raise ParameterError(f"Column {column!r} is not numeric or holds an infinite value; correct it.")


def require_enough(left: int, draws: int, what: str) -> None:
    """Refuse an interval or p from the few draws in which anything varied.

    Raises
    ------
    ParameterError : fewer than half of the draws.
    """
    if left < draws / 2:
        raise ParameterError(
            f"In {draws - left} of {draws} {what} one of the variables is the same throughout; too few of its values differ "
            "for a rank correlation."
        )


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


def resampled_correlations(
    x: FloatArray, y: FloatArray, unit: IntArray, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Spearman correlations when units are drawn with replacement, all their rows together."""
    n_units = int(unit.max()) + 1
    found = []
    for b in batch_sizes(draws, x.size, BATCH_CELLS):
        times = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=b)
        weights = times[:, unit].astype(np.float64)
        found.append(weighted_correlation(midranks(x, weights), midranks(y, weights), weights))
    return np.concatenate(found)


def reassigned_correlations(x: FloatArray, y: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Spearman correlations when every row of y (units, periods) meets the x-row of a randomly chosen other unit."""
    n_units, n_periods = x.shape
    x_known, y_known = ~np.isnan(x), ~np.isnan(y)
    x_flat, y_flat = np.where(x_known, x, 0.0).ravel(), np.where(y_known, y, 0.0).ravel()
    found = []
    for b in batch_sizes(draws, x.size, BATCH_CELLS):
        giver = rng.permuted(np.tile(np.arange(n_units), (b, 1)), axis=1)
        both = x_known[giver] & y_known  # (b, units, periods), at the unit that receives the history
        weights = both.reshape(b, -1).astype(np.float64)
        # Ranks of x are worked out where its values stand and then carried to the units that receive them.
        at_giver = np.zeros((b, n_units, n_periods))
        np.put_along_axis(at_giver, giver[:, :, None], both.astype(np.float64), axis=1)
        ranks_x = midranks(x_flat, at_giver.reshape(b, -1)).reshape(b, n_units, n_periods)
        carried = np.take_along_axis(ranks_x, giver[:, :, None], axis=1).reshape(b, -1)
        found.append(weighted_correlation(carried, midranks(y_flat, weights), weights))
    return np.concatenate(found)
