"""How far groups share routes where margins differ between draws, so that the model is fitted to each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.composition.residual_sharing import (
    Cells,
    correlated,
    quasi_independence,
    sums,
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


def sharing_refitted(
    counts: Iterable[FloatArray], cells: Cells, leaving: FloatArray, arriving: FloatArray
) -> Iterator[FloatArray]:
    """(pairs, draws) correlations where margins, (draws, groups, places), differ between draws: the model is fitted to each.

    Only routes on which a group of the pair has cases need be among the cells.

    Parameters
    ----------
    counts : each (cells, draws), of tables with the same margins, for which one fit serves.
    """
    a, b = quasi_independence(leaving, arriving)
    means = np.ascontiguousarray(cells.means(a, b).T)
    possible = means > 0
    root = np.sqrt(means)
    over = np.divide(1.0, root, out=np.zeros_like(root), where=possible)
    at_rest = [_without_cases(a[:, pair].swapaxes(0, 1), b[:, pair].swapaxes(0, 1)) for pair in cells.pairs]
    elsewhere = np.stack(at_rest, axis=1) - sums(-root, cells, possible)
    for one in counts:
        yield correlated(elsewhere + sums(one * over - root, cells, possible))


def sharing_of_halves(counts: FloatArray, cells: Cells, rng: np.random.Generator) -> FloatArray:
    """(draws,) correlation by route between two random halves of the cases of one group, the model fitted to each half.

    Only routes with cases are gone through.

    Parameters
    ----------
    counts : (cells, draws) of that group, in cells of it alone.
    """
    draws, places = counts.shape[1], cells.place.shape[-1]
    used = np.flatnonzero(counts)
    cell, draw = np.divmod(used, draws)
    cases = counts.ravel()[used].astype(np.int64)
    first = rng.binomial(cases, 0.5)
    halves = np.stack([first, cases - first])
    ends = [draw * places + end[cell] for end in (cells.departure, cells.destination)]
    by_place = [[np.bincount(end, half, draws * places).reshape(draws, places) for half in halves] for end in ends]
    leaving, arriving = (np.asarray(end, dtype=np.float64) for end in by_place)
    a, b = quasi_independence(leaving, arriving)
    root = np.sqrt(a.reshape(2, -1).take(ends[0], axis=1) * b.reshape(2, -1).take(ends[1], axis=1))
    possible = root.all(axis=0)
    over = np.divide(halves, root, out=np.zeros_like(root), where=possible)
    with_cases = [
        *over,
        *(over**2 - 2 * possible * halves),
        over[0] * over[1] - over[0] * root[1] - over[1] * root[0],
    ]
    found = _without_cases(a, b)
    found[1:] += [np.bincount(draw, one, draws) for one in with_cases]
    return correlated(found)


def _without_cases(a: FloatArray, b: FloatArray) -> FloatArray:
    """(6, draws) sums, as `sums` has them, of residuals of two groups over all routes that both can use, if none had cases.

    They follow from the effects of places: over all routes, products of two places' effects sum to products of sums.

    Parameters
    ----------
    a, b : (2, draws, places) effects of departures and of destinations on both groups.
    """
    a, b = (np.where((effect > 0).all(axis=0), np.sqrt(effect), 0.0) for effect in (a, b))

    def over_routes(of_departure: FloatArray, of_destination: FloatArray) -> FloatArray:
        at_home = np.einsum("dp,dp->d", of_departure, of_destination)
        return np.asarray(of_departure.sum(axis=-1) * of_destination.sum(axis=-1) - at_home)

    return np.stack(
        [
            over_routes((a[0] > 0).astype(np.float64), (b[0] > 0).astype(np.float64)),
            *(-over_routes(a[group], b[group]) for group in (0, 1)),
            *(over_routes(a[group] ** 2, b[group] ** 2) for group in (0, 1)),
            over_routes(a[0] * a[1], b[0] * b[1]),
        ]
    )
