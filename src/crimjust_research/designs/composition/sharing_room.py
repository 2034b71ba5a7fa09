"""How much sharing the margins of tables leave room for: the most, and the least, that any arrangement of cases has.

Margins held can leave so little free that no arrangement shares as much as a size one asks for. A test with those margins
then has no power against it, and cannot help finding less.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Tables
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
            drawn = _best(tables, gain, cells)
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


def _best(tables: Tables, gain: FloatArray, cells: Cells) -> tuple[IntArray, ...]:
    """The counts with the margins of the tables and their diagonals empty for which the sum of gains is largest.

    Each table is a problem of its own. They are solved together, since calling the solver costs more than most of them do, and
    as they stand: looking for what could be left out of them costs more than it saves.
    """
    from scipy.optimize import linprog

    best = [table.counts.copy() for table in tables.each]
    free = [number for number, table in enumerate(tables.each) if table.free]
    if not free:
        return observed(tables)
    places, costs, margins, ends = [], [], [], []
    begin = 0
    for table in (tables.each[number] for number in free):
        row, column = np.nonzero(table.departure[:, None] != table.destination)
        cell = cells.place[table.group][table.departure[row], table.destination[column]]
        places.append((row, column))
        costs.append(np.where(cell >= 0, -gain[cell], 0.0))
        margins += [table.leaving, table.arriving]
        ends.append((begin + row, begin + table.departure.size + column))
        begin += sum(table.counts.shape)
    cost, margin, end = np.concatenate(costs), np.concatenate(margins), np.concatenate(ends, axis=1)
    cases_of = csr_array((np.ones(end.size), (end.ravel(), np.tile(np.arange(cost.size), 2))))
    solved = linprog(cost, A_eq=cases_of, b_eq=margin, method="highs", options={"presolve": False})  # type: ignore[call-overload]  # sparse is taken
    counts = np.split(np.rint(solved.x), np.cumsum([len(one) for one in costs])[:-1])
    for number, (row, column), found in zip(free, places, counts, strict=True):
        best[number][row, column] = found
    return tuple(one[..., None] for one in best)
