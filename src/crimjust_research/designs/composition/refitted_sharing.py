"""How far groups share routes where margins differ between draws, so that the model is fitted to each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.composition.residual_sharing import (
    Cells,
    correlated,
    correlations,
    quasi_independence,
    residuals,
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

    Parameters
    ----------
    counts : each (cells, draws), of tables with the same margins, for which one fit serves.
    """
    means = np.ascontiguousarray(cells.means(*quasi_independence(leaving, arriving)).T)
    possible = means > 0
    for one in counts:
        yield correlations(residuals(one, means), cells, possible=possible)


def sharing_of_halves(counts: FloatArray, cells: Cells, rng: np.random.Generator) -> FloatArray:
    """(draws,) correlation by route between two random halves of the cases of one group, the model fitted to each half.

    Only routes with cases are gone through: what the others add to sums over all routes that both halves can use follows from
    the effects of places.

    Parameters
    ----------
    counts : (cells, draws) of that group, in cells of it alone.
    """
    cell, draw = np.nonzero(counts)
    cases = counts[cell, draw].astype(np.int64)
    first = rng.binomial(cases, 0.5)
    halves = np.stack([first, cases - first])
    departure, destination = cells.departure[cell], cells.destination[cell]
    draws, places = counts.shape[1], cells.place.shape[-1]
    by_place = [
        [np.bincount(draw * places + end, half, draws * places).reshape(draws, places) for half in halves]
        for end in (departure, destination)
    ]
    leaving, arriving = (np.asarray(end, dtype=np.float64) for end in by_place)
    effects = quasi_independence(leaving, arriving)
    a, b = (np.where((effect > 0).all(axis=0), np.sqrt(effect), 0.0) for effect in effects)  # roots, of both or of none
    root = a[:, draw, departure] * b[:, draw, destination]
    possible = root.all(axis=0)
    over = np.divide(halves, root, out=np.zeros_like(root), where=possible)

    def over_routes(of_departure: FloatArray, of_destination: FloatArray, with_cases: FloatArray) -> FloatArray:
        everywhere = of_departure.sum(axis=-1) * of_destination.sum(axis=-1)
        at_home = (of_departure * of_destination).sum(axis=-1)
        return np.asarray(everywhere - at_home + np.bincount(draw, with_cases, draws))

    none = np.zeros(cell.size)
    found = [over_routes((a[0] > 0).astype(np.float64), (b[0] > 0).astype(np.float64), none)]
    found += [over_routes(-a[half], b[half], over[half]) for half in (0, 1)]
    found += [over_routes(a[h] ** 2, b[h] ** 2, over[h] ** 2 - 2 * possible * halves[h]) for h in (0, 1)]
    product = over[0] * over[1] - over[0] * root[1] - over[1] * root[0]
    found.append(over_routes(a[0] * a[1], b[0] * b[1], product))
    return correlated(np.stack(found))
