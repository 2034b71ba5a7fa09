"""How far groups share what their own departures and destinations do not say: correlations of residuals by route.

Each group's cases are set against a Poisson model with an effect of every place of departure and of every place of
destination. What a route has beyond that, in units of its spread, is its residual; two groups share routes if their
residuals run together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Tables
from crimjust_research.designs.resampling.permutation import batch_sizes
from crimjust_research.errors import ParameterError

Residual = Literal["pearson", "deviance"]

FEWEST_ROUTES = 3  # that two groups must both be able to use, to be correlated over
TOLERANCE = 1e-11  # of fitted margins, relative
MOST_ITERATIONS = 1_000
LEAST_SPREAD = 1e-4  # of residuals: what varies less, varies with the rounding of the fit alone
BATCH_CELLS = 4_000_000


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
        raise ParameterError("As many cases must arrive as leave.")
    b = (arriving > 0).astype(np.float64)
    a = np.zeros_like(b)
    for _ in range(MOST_ITERATIONS):
        a = _over(leaving, b.sum(axis=-1, keepdims=True) - b)
        b = _over(arriving, a.sum(axis=-1, keepdims=True) - a)
        off = np.abs(a * (b.sum(axis=-1, keepdims=True) - b) - leaving)
        if np.all(off <= TOLERANCE * np.maximum(total[..., None], 1.0)):
            break
    return a, b


def _over(cases: FloatArray, others: FloatArray) -> FloatArray:
    return np.where(cases > 0, cases / np.where(others > 0, others, 1.0), 0.0)


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
        place = np.full_like(self.place, -1)
        place[group, departure, destination] = np.arange(kept.size)
        none = np.zeros(0, dtype=np.int64)
        return Cells(group, departure, destination, none.reshape(0, 2), none, none, none, place)

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
    total = np.zeros((len(cells), stop - start))
    for table, one in zip(tables.each, drawn, strict=True):
        number = cells.place[table.group][np.ix_(table.departure, table.destination)]
        kept = number >= 0
        taken = (one if one.shape[-1] == 1 else one[..., start:stop])[kept]
        numbers = number[kept]
        if np.unique(numbers).size == numbers.size:
            total[numbers] += taken
        else:  # both directions of an unordered route in one table
            np.add.at(total, numbers, taken)
    return total


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
    found = np.empty((len(cells.pairs), residual.shape[1]))
    for number, (begin, end) in enumerate(zip(cells.start, [*cells.start[1:], cells.left.size], strict=True)):
        left, right = cells.left[begin:end], cells.right[begin:end]
        one, other = residual[left], residual[right]
        n: FloatArray | float = float(end - begin)
        if possible is not None:
            both = possible[left] & possible[right]
            one, other, n = one * both, other * both, both.sum(axis=0).astype(np.float64)
        found[number] = _correlation(one, other, n, covariance)
    return found


def _correlation(one: FloatArray, other: FloatArray, n: FloatArray | float, covariance: bool) -> FloatArray:
    some = np.where(np.asarray(n) >= FEWEST_ROUTES, n, np.nan)

    def mean(first: FloatArray, second: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("rd,rd->d", first, second) / some)

    mean_one, mean_other = one.sum(axis=0) / some, other.sum(axis=0) / some
    covered = mean(one, other) - mean_one * mean_other
    spreads = [np.sqrt(np.maximum(mean(x, x) - m**2, 0.0)) for x, m in ((one, mean_one), (other, mean_other))]
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
    """(pairs, draws) correlations in each draw of the tables, whose margins are those of the tables; `only` as `cells_of`."""
    leaving, arriving = tables.margins()
    cells = cells_of(leaving, arriving, unordered=unordered, only=only)
    means = cells.means(*quasi_independence(leaving, arriving), unordered=unordered)[:, None]
    return np.concatenate(
        [
            correlations(residuals(counted(tables, drawn, cells, *part), means, kind), cells, covariance=covariance)
            for part in batches(number_of_draws(drawn), cells)
        ],
        axis=1,
    )


def margins_of(counts: FloatArray, cells: Cells) -> tuple[FloatArray, FloatArray]:
    """(draws, groups, places) cases by place of departure, and of destination, of counts (cells, draws) in all cells."""
    groups, places = cells.place.shape[:2]
    every = np.arange(len(cells))
    leaving, arriving = (
        np.asarray(
            csr_array((np.ones(every.size), (cells.group * places + end, every)), shape=(groups * places, every.size))
            @ counts
        ).T.reshape(-1, groups, places)
        for end in (cells.departure, cells.destination)
    )
    return leaving, arriving


def sharing_refitted(counts: FloatArray, cells: Cells, leaving: FloatArray, arriving: FloatArray) -> FloatArray:
    """(pairs, draws) correlations where margins, (draws, groups, places), differ between draws: the model is fitted to each.

    Parameters
    ----------
    counts : (cells, draws).
    """
    means = cells.means(*quasi_independence(leaving, arriving)).T
    return correlations(residuals(counts, means), cells, possible=means > 0)


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
