"""How far groups share what their own departures and destinations do not say: correlations of residuals by route.

Each group's cases are set against a Poisson model with an effect of every place of departure and of every place of
destination. What a route has beyond that, in units of its spread, is its residual; two groups share routes if their
residuals run together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.batches import batch_sizes
from crimjust_research.designs.composition.random_tables import Tables
from crimjust_research.errors import ParameterError

Residual = Literal["pearson", "deviance"]

FEWEST_ROUTES = 3  # that two groups must both be able to use, to be correlated over
TOLERANCE = 1e-11  # of fitted margins, relative
MOST_ITERATIONS = 1_000
LEAST_SPREAD = 1e-4  # of residuals: what varies less, varies with the rounding of the fit alone
BATCH_CELLS = 1_000_000  # numbers held at once: more would not stay in a processor's cache
STRATA_TOGETHER = 64  # that are left out in turn


def quasi_independence(leaving: FloatArray, arriving: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Effects a, b (..., places) of the Poisson model mean(i, j) = a(i) b(j) for i other than j, and none for i = j.

    The means have the margins given: they are the maximum likelihood fit, found by scaling rows and columns in turn
    (iterative proportional fitting; Bishop, Fienberg and Holland 1975, chapter 5). Where the margins force a cell to
    nothing its mean nears zero with every step only; the fit is then as far as it comes in a thousand.

    Parameters
    ----------
    leaving, arriving : (..., places) cases by place of departure and of destination, with equal sums.

    Raises
    ------
    ParameterError : sums that differ.
    """
    total = leaving.sum(axis=-1)
    if not np.allclose(total, arriving.sum(axis=-1)):
        raise ParameterError("As many cases must arrive as leave; give the margins of one table.")
    b = (arriving > 0).astype(np.float64)
    a, elsewhere = np.zeros_like(b), b.sum(axis=-1, keepdims=True) - b
    for _ in range(MOST_ITERATIONS):
        a = _over(leaving, elsewhere)
        b = _over(arriving, a.sum(axis=-1, keepdims=True) - a)
        elsewhere = b.sum(axis=-1, keepdims=True) - b
        off = np.abs(a * elsewhere - leaving)
        if np.all(off <= TOLERANCE * np.maximum(total[..., None], 1.0)):
            break
    return a, b


def _over(cases: FloatArray, others: FloatArray) -> FloatArray:
    return np.asarray(cases / np.where(others > 0, others, 1.0))


@dataclass(frozen=True)
class Cells:
    """Which routes of which groups are looked at: the cells of two groups or more, and the pairs they make.

    A cell is a group's on a route, an ordered or unordered pair of different places, that has a fitted mean above zero.
    """

    group: IntArray
    departure: IntArray
    destination: IntArray
    """(cells,); of an unordered route the two ends in the order of the codes."""
    pairs: IntArray
    """(pairs, 2) groups with at least three routes in common."""
    left: IntArray
    right: IntArray
    """Cells of the first and of the second group on each common route, pair after pair."""
    start: IntArray
    """(pairs,) where each begins."""
    place: IntArray
    """(groups, places, places) number of the cell; -1 where there is none."""

    def __len__(self) -> int:
        return len(self.group)

    def of_group(self, group: int) -> Cells:
        """The cells of one group alone, as those of a first and only one."""
        found = self.some(np.flatnonzero(self.group == group))
        return replace(found, group=np.zeros_like(found.group), place=found.place[group : group + 1])

    def some(self, kept: IntArray) -> Cells:
        """Only these cells, in no pair."""
        group, departure, destination = self.group[kept], self.departure[kept], self.destination[kept]
        number = np.full(len(self) + 1, -1)  # the last for -1
        number[kept] = np.arange(kept.size)
        none = np.zeros(0, dtype=np.int64)
        return Cells(group, departure, destination, none.reshape(0, 2), none, none, none, number[self.place])

    def on(self, routes: BoolArray) -> Cells:
        """The same cells, and of the routes of pairs only these, (routes,) in the order of `left`."""
        pair = np.repeat(np.arange(len(self.pairs)), np.diff([*self.start, self.left.size]))
        start = np.cumsum([0, *np.bincount(pair[routes], minlength=len(self.pairs))[:-1]])
        return replace(self, left=self.left[routes], right=self.right[routes], start=start)

    def needed(self) -> tuple[Cells, IntArray]:
        """The cells on routes of pairs alone, numbered anew, and their numbers here."""
        kept = np.unique(np.concatenate([self.left, self.right]))
        left, right = (np.searchsorted(kept, side) for side in (self.left, self.right))
        return replace(self.some(kept), pairs=self.pairs, left=left, right=right, start=self.start), kept

    def with_cases(self, has: BoolArray) -> tuple[Cells, IntArray]:
        """The cells on routes of pairs on which either cell has cases, (cells,), and their numbers here."""
        return self.on(has[self.left] | has[self.right]).needed()

    def parted(self, moves: BoolArray) -> tuple[Cells, Cells]:
        """The cells on routes of pairs on which neither cell moves, and those on the other routes; both have all pairs.

        Parameters
        ----------
        moves : (cells,).
        """
        routes = moves[self.left] | moves[self.right]
        return self.on(~routes).needed()[0], self.on(routes).needed()[0]

    def means(self, a: FloatArray, b: FloatArray, *, unordered: bool = False) -> FloatArray:
        """(..., cells) fitted means from effects (..., groups, places)."""
        one, other = (self.group, self.departure), (self.group, self.destination)
        found = a[..., *one] * b[..., *other]
        return np.asarray(found + a[..., *other] * b[..., *one] if unordered else found)


def cells_of(
    leaving: FloatArray,
    arriving: FloatArray,
    *,
    unordered: bool = False,
    alone: bool = False,
    only: Collection[int] | None = None,
) -> Cells:
    """Cells in which groups with these margins, (groups, places) each, can have cases, if another group can as well.

    With `alone` those are cells too that are in no pair; with `only` pairs are those of these groups with any.

    Raises
    ------
    ParameterError : no two groups have three such routes in common.
    """
    groups, places = leaving.shape
    possible = (leaving > 0)[:, :, None] & (arriving > 0)[:, None, :] & ~np.eye(places, dtype=bool)
    if unordered:
        possible = np.triu(possible | possible.swapaxes(1, 2))
    pairs, common = [], []
    for first, second in zip(*np.triu_indices(groups, 1), strict=True):
        if only is None or first in only or second in only:
            both = possible[first] & possible[second]
            if np.count_nonzero(both) >= FEWEST_ROUTES:
                pairs.append((first, second))
                common.append(both)
    if not pairs:
        raise ParameterError(f"No two groups can both use {FEWEST_ROUTES} routes; there is nothing to correlate.")
    kept = possible if alone else np.zeros_like(possible)
    for (first, second), both in zip(pairs, common, strict=True):
        kept[first] |= both
        kept[second] |= both
    group, departure, destination = np.nonzero(kept)
    place = np.full(kept.shape, -1)
    place[group, departure, destination] = np.arange(group.size)
    left = [place[first][both] for (first, _), both in zip(pairs, common, strict=True)]
    right = [place[second][both] for (_, second), both in zip(pairs, common, strict=True)]
    if unordered:
        place = np.maximum(place, place.swapaxes(1, 2))
    start = np.cumsum([0, *(len(one) for one in left[:-1])])
    return Cells(
        group, departure, destination, np.array(pairs), np.concatenate(left), np.concatenate(right), start, place
    )


def counted(
    tables: Tables, drawn: Sequence[IntArray], cells: Cells, start: int = 0, stop: int | None = None
) -> FloatArray:
    """(cells, draws) cases of draws `start` to `stop` of the tables, added up over strata.

    Parameters
    ----------
    drawn : (R, C, draws) of each table, or (R, C, 1) where it is always the same.
    """
    draws = number_of_draws(drawn)
    stop = draws if stop is None else min(stop, draws)
    number, end = cells.place[tables.cells], 0
    fixed = [one.ravel() if one.shape[-1] == 1 else np.zeros(one[..., 0].size, one.dtype) for one in drawn]
    # What is no cell is counted after the last one.
    still = np.bincount(number % (len(cells) + 1), np.concatenate([np.zeros(0), *fixed]), len(cells) + 1)[:-1]
    total = np.repeat(still.astype(np.float64)[:, None], stop - start, axis=1)
    for table, one in zip(tables.each, drawn, strict=True):
        begin, end = end, end + table.counts.size
        if one.shape[-1] > 1:
            of_table = number[begin:end].reshape(table.counts.shape)
            ahead = table.departure[:, None] < table.destination
            for direction in (ahead, ~ahead):  # of an unordered route, in which both are one cell
                row, column = np.nonzero(direction & (of_table >= 0))
                total[of_table[row, column]] += one[row, column, start:stop]
    return total


def holding(tables: Tables, cells: Cells) -> BoolArray:
    """(cells,) whether some table has the cell, so that cases are there or could be."""
    number = cells.place[tables.cells]
    found = np.zeros(len(cells), dtype=bool)
    found[number[number >= 0]] = True
    return found


def moving(tables: Tables, drawn: Sequence[IntArray], cells: Cells) -> BoolArray:
    """(cells,) whether some table of which there is more than one draw has cases there, or could have."""
    several = np.repeat([one.shape[-1] > 1 for one in drawn], [table.counts.size for table in tables.each])
    number = cells.place[tables.cells]
    found = np.zeros(len(cells), dtype=bool)
    found[number[several & (number >= 0)]] = True
    return found


def number_of_draws(drawn: Sequence[IntArray]) -> int:
    """How many draws there are of tables that are not all fixed."""
    return max((one.shape[-1] for one in drawn), default=1)


def observed(tables: Tables) -> tuple[IntArray, ...]:
    """The tables as they are, in the form of draws."""
    return tuple(table.counts[..., None] for table in tables.each)


def residuals(counts: FloatArray, means: FloatArray, kind: Residual = "pearson") -> FloatArray:
    """(count - mean) / sqrt(mean), or the signed root of each cell's deviance; 0 where the mean is 0.

    Parameters
    ----------
    counts : (cells, draws); means : the same, or (cells, 1).
    """
    off = counts - means
    positive = np.where(means > 0, means, np.inf)
    if kind == "pearson":
        off /= np.sqrt(positive)
        return off
    deviance = 2 * np.maximum(xlogy(counts, np.where(counts > 0, counts, 1.0) / positive) - off, 0.0)
    return np.asarray(np.where(means > 0, np.sign(off) * np.sqrt(deviance), 0.0))


def correlations(
    residual: FloatArray, cells: Cells, *, covariance: bool = False, possible: BoolArray | None = None
) -> FloatArray:
    """(pairs, draws) correlation, or covariance, of the residuals of two groups over the routes both can use.

    Missing where the residuals of one of them do not vary, as where its margins leave no choice.

    Parameters
    ----------
    residual : (cells, draws); possible : (cells, draws), where cells differ between draws.
    """
    return correlated(sums(residual, cells, possible), covariance=covariance)


def sums(residual: FloatArray, cells: Cells, possible: BoolArray | None = None) -> FloatArray:
    """(6, pairs, draws) over the routes of each pair: their number, the sums of both residuals, of their squares and of their
    product. Parameters are those of `correlations`."""
    found = np.zeros((6, len(cells.pairs), residual.shape[1]))
    for number, (begin, end) in enumerate(pairwise([*cells.start, cells.left.size])):
        if begin == end:
            continue
        left, right = cells.left[begin:end], cells.right[begin:end]
        one, other = residual[left], residual[right]
        found[0, number] = end - begin
        if possible is not None:
            both = possible[left] & possible[right]
            one *= both
            other *= both
            found[0, number] = both.sum(axis=0)
        found[1, number], found[2, number] = one.sum(axis=0), other.sum(axis=0)
        for row, (first, second) in enumerate(((one, one), (other, other), (one, other)), start=3):
            np.einsum("rd,rd->d", first, second, out=found[row, number])
    return found


def correlated(sums: FloatArray, *, covariance: bool = False) -> FloatArray:
    """(pairs, draws) the correlation, or covariance, that such sums tell; missing as in `correlations`."""
    routes = np.where(sums[0] >= FEWEST_ROUTES, sums[0], np.nan)
    one, other, square_one, square_other, product = sums[1:] / routes
    covered = product - one * other
    spreads = [np.sqrt(np.maximum(square - m**2, 0.0)) for square, m in ((square_one, one), (square_other, other))]
    spread, vary = spreads[0] * spreads[1], np.minimum(*spreads) > LEAST_SPREAD
    return np.asarray(np.where(vary, covered if covariance else covered / np.where(vary, spread, 1.0), np.nan))


def batches(draws: int, cells: Cells) -> Iterator[tuple[int, int]]:
    """Draws that are held at once: the first, and the first of the next."""
    start = 0
    for size in batch_sizes(draws, max(len(cells), 1), BATCH_CELLS):
        yield start, start + size
        start += size


def sharing(
    tables: Tables,
    drawn: Sequence[IntArray],
    *,
    kind: Residual = "pearson",
    unordered: bool = False,
    covariance: bool = False,
    only: Collection[int] | None = None,
) -> FloatArray:
    """(pairs, draws) correlations in each draw of the tables, whose margins are those of the tables; `only` as `cells_of`.

    Cells whose count no draw can change add the same to the sums of all draws, which is found once.
    """
    leaving, arriving = tables.margins()
    cells = cells_of(leaving, arriving, unordered=unordered, only=only)
    means = cells.means(*quasi_independence(leaving, arriving), unordered=unordered)[:, None]
    moves = moving(tables, drawn, cells)
    still = np.where(moves, 0.0, residuals(counted(tables, drawn, cells, 0, 1), means, kind)[:, 0])
    at_rest = sums(still[:, None], cells)
    kept = np.flatnonzero(moves)
    moved, added = cells.some(kept), _moved_sums(cells, still, moves)

    def of(start: int, stop: int) -> FloatArray:
        residual = residuals(counted(tables, drawn, moved, start, stop), means[kept], kind)
        return correlated(at_rest + added(residual), covariance=covariance)

    return np.concatenate([of(*part) for part in batches(number_of_draws(drawn), moved)], axis=1)


def _moved_sums(cells: Cells, still: FloatArray, moves: BoolArray) -> Callable[[FloatArray], FloatArray]:
    """What residuals of cells that move, (moving cells, draws), add to the sums over the routes of each pair.

    Parameters
    ----------
    still : (cells,) residuals of the others, 0 where a cell moves; moves : (cells,).
    """
    pair = np.repeat(np.arange(len(cells.pairs)), np.diff([*cells.start, cells.left.size]))
    number = np.cumsum(moves) - 1
    shape = len(cells.pairs), int(moves.sum())

    def weighted(side: IntArray, weights: FloatArray) -> csr_array:
        own = moves[side]
        return csr_array((weights[own], (pair[own], number[side[own]])), shape=shape)

    one = np.ones(cells.left.size)
    left, right = weighted(cells.left, one), weighted(cells.right, one)
    beside_still = weighted(cells.left, still[cells.right]) + weighted(cells.right, still[cells.left])
    both = np.flatnonzero(moves[cells.left] & moves[cells.right])
    first, second = number[cells.left[both]], number[cells.right[both]]
    of_both = csr_array((one[both], (pair[both], np.arange(both.size))), shape=(len(cells.pairs), both.size))

    def added(residual: FloatArray) -> FloatArray:
        square = residual**2
        product = beside_still @ residual + of_both @ (residual[first] * residual[second])
        routes = np.zeros_like(product)
        return np.stack([routes, left @ residual, right @ residual, left @ square, right @ square, product])

    return added


def sharing_without(
    tables: Tables, drawn: Sequence[IntArray], strata: Sequence[int]
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """`sharing` without each of the strata in turn: of the tables as they are, (pairs, 1), and as drawn, (pairs, draws).

    The pairs are those of all tables. A pair is missing where fewer than three routes are left that both groups can use.
    """
    cells = cells_of(*tables.margins())
    still, others = cells.parted(moving(tables, drawn, cells))
    # What is observed stands before the draws.
    drawn = [
        one if one.shape[-1] == 1 else np.concatenate([table.counts[..., None], one], axis=-1)
        for table, one in zip(tables.each, drawn, strict=True)
    ]
    as_they_are = observed(tables)
    at_rest, counts = counted(tables, as_they_are, still), counted(tables, drawn, others)
    for start in range(0, len(strata), STRATA_TOGETHER):
        some = strata[start : start + STRATA_TOGETHER]
        found = _sums_without(tables, as_they_are, some, still, at_rest)
        found = found + _sums_without(tables, drawn, some, others, counts)
        for of_stratum in np.moveaxis(found, 1, 0):
            shared = correlated(of_stratum)
            yield shared[:, :1], shared[:, 1:]


def _sums_without(
    tables: Tables, drawn: Sequence[IntArray], strata: Sequence[int], cells: Cells, counts: FloatArray
) -> FloatArray:
    """(6, strata, pairs, draws) `sums` without each of the strata.

    On routes on which a stratum has no cell only the means change without it. The others are counted without it.

    Parameters
    ----------
    counts : (cells, draws) of all tables.
    """
    leaving, arriving = tables.margins()
    own = [tables.only(stratum) for stratum in strata]
    its_leaving, its_arriving = (np.stack(ends) for ends in zip(*(one.margins() for one in own), strict=True))
    means = cells.means(*quasi_independence(leaving - its_leaving, arriving - its_arriving))
    possible = (means[:, cells.left] > 0) & (means[:, cells.right] > 0)
    touched = np.zeros_like(possible)
    for stratum, one in enumerate(own):
        has = holding(one, cells)
        touched[stratum] = has[cells.left] | has[cells.right]
    found = sums_of_models(counts, means, possible & ~touched, cells)
    for place, (stratum, one) in enumerate(zip(strata, own, strict=True)):
        some, kept = cells.on(possible[place] & touched[place]).needed()
        its = [drawn_one for table, drawn_one in zip(tables.each, drawn, strict=True) if table.stratum == stratum]
        rest = counts[kept] - counted(one, its, some)
        found[:, place] += sums(residuals(rest, means[place, kept, None]), some)
    return found


def sums_of_models(counts: FloatArray, means: FloatArray, routes: BoolArray, cells: Cells) -> FloatArray:
    """(6, models, pairs, draws) `sums` of Pearson residuals under several models, over the routes of each.

    A residual is the count over the root of the mean, less that root: so these are weighted sums of counts, of their squares
    and of their products, of all models and draws in a few matrix products.

    Parameters
    ----------
    counts : (cells, draws); means : (models, cells); routes : (models, routes), in the order of `left`.
    """
    found = np.empty((6, len(means), len(cells.pairs), counts.shape[1]))
    root = np.sqrt(means)
    over = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    for number, (begin, end) in enumerate(pairwise([*cells.start, cells.left.size])):
        sides = cells.left[begin:end], cells.right[begin:end]
        kept = routes[:, begin:end].astype(np.float64)
        (one, other), (a, b), (root_a, root_b) = (
            (counts[sides[0]], counts[sides[1]]),
            (kept * over[:, sides[0]], kept * over[:, sides[1]]),
            (kept * root[:, sides[0]], kept * root[:, sides[1]]),
        )

        def plus(weighted: FloatArray, constants: FloatArray) -> FloatArray:
            return np.asarray(weighted + constants.sum(axis=1, keepdims=True))

        found[0, :, number] = kept.sum(axis=1, keepdims=True)
        found[1, :, number] = plus(a @ one, -root_a)
        found[2, :, number] = plus(b @ other, -root_b)
        found[3, :, number] = plus(a**2 @ one**2 - 2 * kept @ one, root_a**2)
        found[4, :, number] = plus(b**2 @ other**2 - 2 * kept @ other, root_b**2)
        found[5, :, number] = plus((a * b) @ (one * other) - (a * root_b) @ one - (root_a * b) @ other, root_a * root_b)
    return found


def mean_over_pairs(found: FloatArray, drawn: FloatArray) -> tuple[float, FloatArray]:
    """The mean over pairs of groups that have a correlation as observed, and that of each draw.

    A draw in which such a pair's residuals do not vary shares nothing there: 0.

    Parameters
    ----------
    found : (pairs, 1); drawn : (pairs, draws).
    """
    known = np.isfinite(found[:, 0])
    if not known.any():
        return np.nan, np.full(drawn.shape[1], np.nan)
    return float(found[known, 0].mean()), np.asarray(np.nan_to_num(drawn[known]).mean(axis=0))
