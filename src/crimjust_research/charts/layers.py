"""Where the boxes of a diagram in columns stand, so that few of the lines between them cross and none runs through a box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from crimjust_research.errors import DataError

Vertex = tuple[
    str, int
]  # a box, or where the line of that number passes through a column: its name, and that number or -1
_SWEEPS, _ROUNDS = 12, 40


@dataclass(frozen=True)
class Layers:
    """Vertices of each column from top to bottom, and the vertices each line runs through from left to right."""

    columns: tuple[tuple[Vertex, ...], ...]
    chains: tuple[tuple[Vertex, ...], ...]

    @property
    def neighbours(self) -> Mapping[Vertex, tuple[Vertex, ...]]:
        """Vertices of the columns on either side that a line ties to each vertex."""
        found: dict[Vertex, list[Vertex]] = {vertex: [] for column in self.columns for vertex in column}
        for chain in self.chains:
            for left, right in pairwise(chain):
                found[left].append(right)
                found[right].append(left)
        return {vertex: tuple(tied) for vertex, tied in found.items()}

    @property
    def crossings(self) -> int:
        """How many pairs of lines cross between two columns."""
        at = {vertex: place for column in self.columns for place, vertex in enumerate(column)}
        column_of = {vertex: number for number, column in enumerate(self.columns) for vertex in column}
        between: dict[int, list[tuple[int, int]]] = {}
        for chain in self.chains:
            for left, right in pairwise(chain):
                between.setdefault(column_of[left], []).append((at[left], at[right]))
        return sum((a - c) * (b - d) < 0 for lines in between.values() for (a, b), (c, d) in combinations(lines, 2))


def layers(columns: Sequence[Sequence[str]], lines: Sequence[tuple[str, str]]) -> Layers:
    """Boxes in their columns, with a place for each line in every column that it passes, ordered so that few lines cross.

    Orders by the mean place of a vertex's neighbours, to the right and back, and keeps the best order met (Sugiyama, Tagawa and
    Toda 1981, https://doi.org/10.1109/TSMC.1981.4308636).

    Raises
    ------
    DataError
        Naming a line whose ends are not known, or that does not run from left to right.
    """
    column_of = {name: number for number, names in enumerate(columns) for name in names}
    for source, target in lines:
        for end in (source, target):
            if end not in column_of:
                raise DataError(f"the line from {source} to {target}: there is no box {end!r}")
        if column_of[source] >= column_of[target]:
            raise DataError(f"the line from {source} to {target} does not run to a later column; turn it round")
    chains = tuple(
        (
            (source, -1),
            *((f"{source} to {target}", n) for _ in range(column_of[source] + 1, column_of[target])),
            (target, -1),
        )
        for n, (source, target) in enumerate(lines)
    )
    chains = tuple(_told_apart(chain) for chain in chains)
    placed: list[list[Vertex]] = [[(name, -1) for name in names] for names in columns]
    for chain in chains:
        for step, vertex in enumerate(chain[1:-1], start=1):
            placed[column_of[chain[0][0]] + step].append(vertex)
    best = Layers(tuple(map(tuple, placed)), chains)
    tried = best
    for sweep in range(_SWEEPS):
        tried = _swept(tried, to_the_right=sweep % 2 == 0)
        best = min(best, tried, key=lambda each: each.crossings)
    return best


def _told_apart(chain: Sequence[Vertex]) -> tuple[Vertex, ...]:
    """A line's places in the columns it passes, each under a name of its own."""
    return tuple(vertex if vertex[1] < 0 else (f"{vertex[0]}, {step}", vertex[1]) for step, vertex in enumerate(chain))


def _swept(given: Layers, *, to_the_right: bool) -> Layers:
    """Columns reordered one after the other by the mean place of each vertex's neighbours in the column before."""
    columns = list(given.columns)
    numbers = list(range(len(columns)))
    neighbours = given.neighbours
    for before, own in pairwise(numbers if to_the_right else numbers[::-1]):
        at = {vertex: place for place, vertex in enumerate(columns[before])}
        mean = {}
        for place, vertex in enumerate(columns[own]):
            tied = [at[n] for n in neighbours[vertex] if n in at]
            mean[vertex] = sum(tied) / len(tied) if tied else float(place)
        columns[own] = tuple(sorted(columns[own], key=mean.__getitem__))
    return Layers(tuple(columns), given.chains)


def middles(given: Layers, height: Mapping[Vertex, float], gap: float) -> tuple[dict[Vertex, float], float]:
    """The middle of every vertex from the top, in the units of `height`, each near those it is tied to; and the height of all.

    Within a column vertices keep their order and `gap` between them: the places nearest to those of the neighbours, by least
    squares, are an isotonic regression of these less what stands above.
    """
    from scipy.optimize import isotonic_regression

    whole = max(sum(height[v] for v in column) + gap * (len(column) - 1) for column in given.columns)
    middle: dict[Vertex, float] = {}
    above: list[np.ndarray] = []
    for column in given.columns:
        own = np.array([height[v] for v in column])
        stacked = np.concatenate([[0.0], np.cumsum(own + gap)[:-1]]) + own / 2
        free = whole - (own.sum() + gap * (len(column) - 1))
        spread = np.arange(len(column)) + 0.5
        middle |= dict(zip(column, stacked + free * spread / len(column), strict=True))
        above.append(stacked)
    neighbours = given.neighbours
    for _ in range(_ROUNDS):
        for column, stacked in zip(given.columns, above, strict=True):
            wanted = np.array(
                [np.mean([middle[n] for n in neighbours[v]]) if neighbours[v] else middle[v] for v in column]
            )
            fitted = isotonic_regression(wanted - stacked).x
            last = whole - height[column[-1]] / 2 - stacked[-1]
            middle |= dict(zip(column, stacked + np.clip(fitted, 0.0, last), strict=True))
    return middle, whole
