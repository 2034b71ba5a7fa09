"""Random tables of departures by destinations with their margins held, where nothing goes from a place to itself.

Cases are pairs of two different places. Their departures and destinations are joined at random: every way of giving the
destinations to the departures that leaves the diagonal empty is equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import complete_columns, generator, require_whole
from crimjust_research.errors import ParameterError

LEAST_ACCEPTED = 0.01  # share of arrangements without a case on the diagonal below which a chain is cheaper
BURN_IN, THINNING = 20, 5  # sweeps: in each about half of all cases are offered another destination
CHAINS = 100
BATCH_CELLS = 2_000_000  # numbers held at once while drawing


@dataclass(frozen=True)
class Table:
    """One table of counts (R, C) of departures by destinations, empty where they are the same place."""

    stratum: int
    group: int
    departure: IntArray
    """(R,) codes of places."""
    destination: IntArray
    """(C,) codes of places."""
    counts: IntArray

    @property
    def leaving(self) -> IntArray:
        return np.asarray(self.counts.sum(axis=1))

    @property
    def arriving(self) -> IntArray:
        return np.asarray(self.counts.sum(axis=0))

    @property
    def cases(self) -> int:
        return int(self.counts.sum())

    def in_group(self, group: int) -> Table:
        """The same table as another group's."""
        return replace(self, group=group)

    def turned(self) -> Table:
        """The table of destinations by departures."""
        return replace(self, departure=self.destination, destination=self.departure, counts=self.counts.T)

    @property
    def free(self) -> bool:
        """Whether more than one case leaves from, and arrives at, more than one place; else the margins fix the table."""
        return bool(np.count_nonzero(self.leaving) > 1 and np.count_nonzero(self.arriving) > 1)


@dataclass(frozen=True)
class Tables:
    """Tables of several strata and groups over the same places."""

    strata: tuple[str, ...]
    groups: tuple[str, ...]
    places: tuple[str, ...]
    each: tuple[Table, ...]

    @property
    def cases(self) -> int:
        return sum(table.cases for table in self.each)

    def only(self, stratum: int) -> Tables:
        """The tables of one stratum, by its number."""
        return replace(self, each=tuple(table for table in self.each if table.stratum == stratum))

    def without(self, stratum: int) -> Tables:
        """The tables of all strata but one."""
        return replace(self, each=tuple(table for table in self.each if table.stratum != stratum))

    def without_group(self, group: int) -> Tables:
        """The tables of all groups but one."""
        return replace(self, each=tuple(table for table in self.each if table.group != group))

    @cached_property
    def cells(self) -> tuple[IntArray, IntArray, IntArray]:
        """Group, departure and destination of each cell of each table, row after row and table after table."""
        parts = [np.broadcast_arrays(table.group, table.departure[:, None], table.destination) for table in self.each]
        group, departure, destination = (
            np.concatenate([np.zeros(0, np.int64), *(part[n].ravel() for part in parts)]) for n in range(3)
        )
        return group, departure, destination

    def margins(self) -> tuple[FloatArray, FloatArray]:
        """Cases of every group by place of departure, and by place of destination: (groups, places) each."""
        group, departure, destination = self.cells
        cases = np.concatenate([np.zeros(0), *(table.counts.ravel() for table in self.each)])
        shape = len(self.groups), len(self.places)
        leaving, arriving = (
            np.bincount(group * shape[1] + end, cases, shape[0] * shape[1]).reshape(shape).astype(np.float64)
            for end in (departure, destination)
        )
        return leaving, arriving


def tables_of(cases: pd.DataFrame) -> Tables:
    """The tables of each stratum and group, from columns stratum, group, departure, destination, cases.

    Raises
    ------
    ParameterError : a missing column or label, counts that are not whole or not positive, a case that goes nowhere, or
        fewer than two groups.
    """
    key = ["stratum", "group", "departure", "destination"]
    cases = complete_columns(cases, [*key, "cases"])
    if not pd.api.types.is_integer_dtype(cases["cases"].dtype) or (cases["cases"] < 1).any():
        raise ParameterError("The cases must be whole numbers of at least 1 per row.")
    if at_home := int((cases["departure"] == cases["destination"]).sum()):
        raise ParameterError(f"{at_home} row(s) leave and end in one place; give those between two places.")
    if cases["group"].nunique() < 2:
        raise ParameterError("There is one group only, or none; sharing needs at least two.")
    counted = cases.groupby(key)["cases"].sum().reset_index()
    places, ends = np.unique(counted[["departure", "destination"]].to_numpy(str), return_inverse=True)
    leave, arrive = ends.reshape(-1, 2).T
    stratum, strata = pd.factorize(counted["stratum"], sort=True)
    group, groups = pd.factorize(counted["group"], sort=True)
    number = counted["cases"].to_numpy(np.int64)
    each = []
    for rows in np.split(np.arange(len(counted)), np.flatnonzero(np.diff(stratum * len(groups) + group)) + 1):
        departure, row = np.unique(leave[rows], return_inverse=True)
        destination, column = np.unique(arrive[rows], return_inverse=True)
        counts = np.zeros((departure.size, destination.size), dtype=np.int64)
        counts[row, column] = number[rows]
        each.append(Table(int(stratum[rows[0]]), int(group[rows[0]]), departure, destination, counts))
    return Tables(tuple(map(str, strata)), tuple(map(str, groups)), tuple(map(str, places)), tuple(each))


# --- Draws ------------------------------------------------------------------------------------------------------


def random_tables(tables: Tables, draws: int, seed: int) -> tuple[IntArray, ...]:
    """Draws (R, C, draws) of each table with its margins held and its diagonal empty; (R, C, 1) where they fix it.

    Tables are independent of each other. Where few arrangements meet the diagonal, arrangements are drawn and those
    that do are thrown away, so that draws are exact and independent; in the other tables a Markov chain of swaps gives
    them (see `Chains`), thinned.
    """
    require_whole(1, draws=draws)
    rng = generator(seed)
    drawn: dict[int, IntArray] = {}
    chained = []
    for number, table in enumerate(tables.each):
        if not table.free:
            drawn[number] = table.counts[..., None]
        elif accepted_share(table) >= LEAST_ACCEPTED:
            drawn[number] = drawn_exactly(table, draws, rng)
        else:
            chained.append(number)
    if chained:
        chains = Chains([tables.each[number] for number in chained], min(draws, CHAINS), rng)
        drawn |= dict(zip(chained, chains.recorded(draws), strict=True))
    return tuple(drawn[number] for number in range(len(tables.each)))


def tables_of_pairs(tables: Tables, draws: int, seed: int) -> tuple[IntArray, ...]:
    """Draws as of `random_tables`, with the same margins, in which cases come in pairs.

    Half of what each cell holds, rounded down, is drawn and doubled; single cases that are left over are drawn as they are.
    """
    halves, singles = (
        replace(tables, each=tuple(replace(table, counts=part(table.counts, 2)) for table in tables.each))
        for part in (np.floor_divide, np.mod)
    )
    first, second = np.random.SeedSequence(seed).generate_state(2)
    drawn = zip(random_tables(halves, draws, int(first)), random_tables(singles, draws, int(second)), strict=True)
    return tuple(2 * doubled + single for doubled, single in drawn)


def largest_end(table: Table) -> int:
    """The place that most cases leave, or at which most arrive, if those are more."""
    leaving, arriving = table.leaving, table.arriving
    if arriving.max() > leaving.max():
        return int(table.destination[arriving.argmax()])
    return int(table.departure[leaving.argmax()])


def conflicts(table: Table) -> tuple[FloatArray, FloatArray]:
    """Of each place at both ends, cases that leave and that arrive: that with the largest margin of all first, if it is one,
    then the place with the largest product."""
    leaves = dict(zip(table.departure, table.leaving, strict=True))
    arrives = dict(zip(table.destination, table.arriving, strict=True))
    largest = largest_end(table)
    both = sorted(
        leaves.keys() & arrives.keys(), key=lambda place: (place != largest, -leaves[place] * arrives[place], place)
    )
    return np.array([leaves[p] for p in both], np.float64), np.array([arrives[p] for p in both], np.float64)


def accepted_share(table: Table) -> float:
    """About the share of arrangements that leave the diagonal empty, the first place of `conflicts` kept off it."""
    a, b = conflicts(table)
    if len(a) < 2:
        return 1.0
    others, elsewhere = max(table.cases - a[0], 1.0), max(table.cases - b[0], 1.0)
    expected = a[1:] * b[1:] * (1 - a[0] / elsewhere) / others
    return float(np.exp(-expected.sum()))


def drawn_exactly(table: Table, draws: int, rng: np.random.Generator) -> IntArray:
    """Independent draws (R, C, draws): arrangements with one place off the diagonal, those with another on it rejected.

    Most cases often leave one place, or arrive at one. Only the others are dealt destinations, and that place has what they
    leave. One place is kept off the diagonal: the same one, if cases both leave and arrive there, or else the place with most
    conflicts. First it is drawn which cases arrive there, of those that may; then the other destinations are dealt out. However
    these fall, each arrangement without that place on the diagonal is equally likely, and each without any is after rejection.

    Raises
    ------
    ParameterError : more cases leave a place than arrive elsewhere.
    """
    if table.arriving.max() > table.leaving.max():
        return np.swapaxes(drawn_exactly(table.turned(), draws, rng), 0, 1)
    leaving, arriving = table.leaving, table.arriving
    own = table.departure[:, None] == table.destination
    product = (own * leaving[:, None] * arriving).max(axis=1)
    largest = int(leaving.argmax())
    # Places at both ends first, that with most conflicts before all: only they can meet the diagonal.
    order = np.argsort(-product, kind="stable")
    order = order[order != largest]
    rows = np.repeat(order, leaving[order])
    at_risk = int(leaving[order][product[order] > 0].sum())
    kept_off = largest if product[largest] else int(order[0])
    column = int(own[kept_off].argmax()) if product[kept_off] else -1
    there = int(arriving[column]) if product[kept_off] else 0
    its = int(leaving[kept_off]) if product[kept_off] and kept_off != largest else 0
    may = len(rows) if kept_off == largest else table.cases - its
    if there > may:
        raise ParameterError("More cases leave a place than arrive elsewhere; the diagonal cannot be empty.")
    banned = np.where(own.any(axis=1), own.argmax(axis=1), -1)[rows, None]
    others = np.flatnonzero(np.arange(len(arriving)) != column)
    elsewhere = np.repeat(others, arriving[others]).astype(np.int16)[:, None]
    cells, done = table.counts.size, 0
    tried = min(BATCH_CELLS // max(table.cases, cells), int(1.1 * draws / accepted_share(table))) + 16
    drawn = np.empty((*table.counts.shape, draws), dtype=_least_type(table))
    while done < draws:
        given, left = np.repeat(elsewhere, tried, axis=1), np.full(tried, there)
        # The two places with most conflicts reject most, so that the others are seldom dealt in vain.
        for start, stop in pairwise([0, min(at_risk, int(leaving[order[:2]].sum())), at_risk, len(rows)]):
            _deal(given, start, stop, rng)
            begin = max(start, its)
            given[begin:stop][_chosen(stop - begin, may - (begin - its), left, rng)] = column
            if stop <= at_risk:
                accepted = np.flatnonzero((given[start:stop] != banned[start:stop]).all(axis=0))[: draws - done]
                given, left = given.take(accepted, axis=1), left[accepted]
        every = given.shape[1]
        flat = (rows[:, None] * len(arriving) + given[: len(rows)]) * every + np.arange(every)
        counts = np.bincount(flat.ravel(), minlength=cells * every).reshape(*table.counts.shape, every)
        counts[largest] = arriving[:, None] - counts.sum(axis=0)
        drawn[..., done : done + every] = counts
        done += every
    return drawn


def _least_type(table: Table) -> type[np.signedinteger[Any]]:
    """Of integers that hold the cases: thousands of draws are kept."""
    return np.int16 if table.cases <= np.iinfo(np.int16).max else np.int32


def _deal(pool: NDArray[Any], start: int, stop: int, rng: np.random.Generator) -> None:
    """Put a random choice of what stands in rows `start` and on of each column into rows `start` to `stop`.

    Fisher and Yates, as far as needed.
    """
    size, draws = pool.shape
    flat, places = pool.reshape(-1), np.arange(start, min(stop, size - 1))
    others = (rng.random((places.size, draws)) * (size - places)[:, None]).astype(np.int64)
    others = (others + places[:, None]) * draws + np.arange(draws)
    for place, other in zip(places, others, strict=True):
        taken = flat[other]
        flat[other] = pool[place]
        pool[place] = taken


def _chosen(first: int, places: int, left: IntArray, rng: np.random.Generator) -> BoolArray:
    """(first, draws) whether each of the first places is among those chosen, `left` (draws,) of so many places.

    Those chosen are taken off `left`, so that the other places can go on from there.
    """
    chosen = np.empty((first, left.size), dtype=bool)
    lots = rng.random(chosen.shape) * (places - np.arange(first))[:, None]
    for place, lot in enumerate(lots):
        chosen[place] = lot < left
        left -= chosen[place]
    return chosen


class Chains:
    """Markov chains over the arrangements of several tables, with the diagonal empty and margins held.

    In a sweep the cases of a table are paired at random and each pair exchanges its destinations with the chance that
    leaves the law of arrangements as it is (Barker 1965): a half where both arrangements are equally likely, none where a
    case would end where it began. Then one random triple of each table rotates its destinations, without which tables
    with an empty diagonal are not all within reach of each other (Aoki and Takemura 2005, J. Statistical Computation and
    Simulation 75:787-812).

    Parameters
    ----------
    tables : with counts to begin from.
    log_weights : (chains, places, places), by which each case on that route multiplies the chance of its arrangement; all
        alike where not given.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        chains: int,
        rng: np.random.Generator,
        log_weights: FloatArray | None = None,
    ) -> None:
        self.tables, self.rng = tables, rng
        starts = [np.nonzero(table.counts) for table in tables]
        times = [table.counts[cells] for table, cells in zip(tables, starts, strict=True)]
        order = [
            rng.permutation(table.cases) for table in tables
        ]  # which cases are neighbours decides who can be paired
        self.rows = [np.repeat(c[0], t)[o] for c, t, o in zip(starts, times, order, strict=True)]
        columns = [np.repeat(c[1], t)[o] for c, t, o in zip(starts, times, order, strict=True)]
        self.sizes = np.array([table.cases for table in tables])
        self.offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.departure = np.concatenate([t.departure[r] for t, r in zip(tables, self.rows, strict=True)])
        destination = np.concatenate([t.destination[c] for t, c in zip(tables, columns, strict=True)])
        self.state = np.tile(destination, (chains, 1))
        halves = self.sizes // 2
        self._table = np.repeat(np.arange(len(tables)), halves)
        self._step = np.concatenate([np.arange(half) for half in halves])
        self.weigh(log_weights)

    def weigh(self, log_weights: FloatArray | None) -> None:
        """Go on under other weights."""
        self.log_weights = None if log_weights is None else log_weights.astype(np.float32)

    def sweep(self, times: int = 1) -> None:
        """Offer about half of all cases another destination, so many times."""
        for _ in range(times):
            self._exchange()
            self._rotate()

    def tables_now(self) -> tuple[IntArray, ...]:
        """Each table as it stands in each chain, (R, C, chains)."""
        found: list[IntArray] = []
        for table, rows, offset, size in zip(self.tables, self.rows, self.offsets, self.sizes, strict=True):
            column = np.searchsorted(table.destination, self.state[:, offset : offset + size])
            cells = table.counts.size
            flat = rows * table.counts.shape[1] + column + np.arange(len(self.state))[:, None] * cells
            counts = np.bincount(flat.ravel(), minlength=len(self.state) * cells)
            found.append(np.moveaxis(counts.reshape(-1, *table.counts.shape).astype(_least_type(table)), 0, -1))
        return tuple(found)

    def recorded(self, draws: int) -> Iterator[IntArray]:
        """`draws` of each table: the chains as they stand after a burn-in, and after every further few sweeps."""
        self.sweep(BURN_IN)
        records = [self.tables_now()]
        while len(records) * len(self.state) < draws:
            self.sweep(THINNING)
            records.append(self.tables_now())
        for of_table in zip(*records, strict=True):
            yield np.concatenate(of_table, axis=-1)[..., :draws]

    def _exchange(self) -> None:
        chains = len(self.state)
        size, offset = self.sizes[self._table], self.offsets[self._table]
        centre = self.rng.integers(0, self.sizes, (chains, len(self.sizes)))[:, self._table]
        odd = self.rng.integers(0, 2, (chains, len(self.sizes)))[:, self._table]
        # Pairs lie at equal distances about a random centre: disjoint, and any two cases can be one.
        ahead = centre + (self._step + odd)
        behind = centre - (self._step + 1)
        ahead -= size * (ahead >= size)
        behind += size * (behind < 0)
        self._move(np.arange(chains)[:, None], [ahead + offset, behind + offset])

    def _rotate(self) -> None:
        chains = len(self.state)
        three = [self.offsets + self.rng.integers(0, self.sizes, (chains, len(self.sizes))) for _ in range(3)]
        chain, table = np.nonzero((three[0] != three[1]) & (three[1] != three[2]) & (three[0] != three[2]))
        self._move(chain, [case[chain, table] for case in three])

    def _move(self, chain: IntArray, cases: Sequence[IntArray]) -> None:
        """Give each of the cases in these chains the destination of the next, and the last that of the first, by chance."""
        flat = self.state.reshape(-1)
        places = [chain * self.state.shape[1] + case for case in cases]
        leave = [self.departure[case] for case in cases]
        now = [flat[place] for place in places]
        then = [*now[1:], now[0]]
        allowed: BoolArray = np.logical_and.reduce([o != d for o, d in zip(leave, then, strict=True)])
        if self.log_weights is None:
            chance: FloatArray | float = 0.5
        else:
            width, weights = self.log_weights.shape[1], self.log_weights.reshape(-1)
            first = chain * width * width
            gain = sum(
                weights[first + o * width + d] - weights[first + o * width + c]
                for o, d, c in zip(leave, then, now, strict=True)
            )
            chance = expit(np.asarray(gain))
        moved = allowed & (self.rng.random(allowed.shape, dtype=np.float32) < chance)
        for place, destination in zip(places, then, strict=True):
            flat[place[moved]] = destination[moved]
