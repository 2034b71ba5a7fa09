"""How much sharing the margins of tables leave room for: the most, and the least, that any arrangement of cases has.

Margins held can leave so little free that no arrangement shares as much as a size one asks for. A test with those margins
then has no power against it, and cannot help finding less.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Table, Tables
from crimjust_research.designs.composition.residual_sharing import (
    LEAST_SPREAD,
    Cells,
    cells_of,
    correlations,
    counted,
    mean_over_pairs,
    observed,
    quasi_independence,
    residuals,
)

MOST_STEPS = 3


def extreme_tables(tables: Tables, sign: int) -> tuple[float, tuple[IntArray, ...]]:
    """The mean correlation of the tables with most sharing (`sign` 1) or least (-1) among those with these margins, and them.

    Found by climbing: each step gives every table the arrangement that is best for the slope of the mean correlation at the
    last one, which is a transport problem with an exact answer. The best of a few steps is at least near the most there is;
    that none has more is not proved.
    """
    leaving, arriving = tables.margins()
    cells = cells_of(leaving, arriving)
    means = cells.means(*quasi_independence(leaving, arriving))
    start = correlations(residuals(counted(tables, observed(tables), cells), means[:, None]), cells)
    best, found = -np.inf, observed(tables)
    drawn = observed(tables)
    for step in range(MOST_STEPS + 1):
        residual = residuals(counted(tables, drawn, cells), means[:, None])
        value = sign * mean_over_pairs(start, correlations(residual, cells))[1][0]
        if value <= best:
            break
        best, found = value, drawn
        if step < MOST_STEPS:
            gain = sign * slope(residual[:, 0], cells) / np.sqrt(means)
            drawn = tuple(_best(table, gain, cells)[..., None] for table in tables.each)
    return sign * best, found


def slope(residual: FloatArray, cells: Cells) -> FloatArray:
    """(cells,) by how much the sum of all pairs' correlations rises per unit of each residual, (cells,)."""
    found = np.zeros(len(cells))
    for begin, end in zip(cells.start, [*cells.start[1:], cells.left.size], strict=True):
        left, right = cells.left[begin:end], cells.right[begin:end]
        one, other = (residual[side] - residual[side].mean() for side in (left, right))
        of_one, of_other = np.sqrt(one @ one), np.sqrt(other @ other)
        if min(of_one, of_other) > LEAST_SPREAD * np.sqrt(left.size):
            r = one @ other / (of_one * of_other)
            found[left] += (other / of_other - r * one / of_one) / of_one
            found[right] += (one / of_one - r * other / of_other) / of_other
    return found


def _best(table: Table, gain: FloatArray, cells: Cells) -> IntArray:
    """The counts with the margins of the table and its diagonal empty for which the sum of gains is largest."""
    from scipy.optimize import linprog

    if not table.free:
        return table.counts
    row, column = np.nonzero(table.departure[:, None] != table.destination)
    number = cells.place[table.group][table.departure[row], table.destination[column]]
    worth = np.where(number >= 0, gain[number], 0.0)
    every = np.arange(row.size)
    sums = vstack([csr_array((np.ones(row.size), (end, every))) for end in (row, column)])
    margins = np.concatenate([table.leaving, table.arriving])
    solved = linprog(-worth, A_eq=sums, b_eq=margins, method="highs")  # type: ignore[call-overload]  # sparse is taken
    counts = np.zeros_like(table.counts)
    counts[row, column] = np.rint(solved.x)
    return counts
