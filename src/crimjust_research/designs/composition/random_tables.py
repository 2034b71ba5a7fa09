"""Random tables of departures by destinations with their margins held, where nothing goes from a place to itself.

Cases are pairs of two different places. Their departures and destinations are joined at random: every way of giving the
destinations to the departures that leaves the diagonal empty is equally likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import complete_columns, generator, require_whole
from crimjust_research.errors import ParameterError

LEAST_ACCEPTED = 0.01  # share of arrangements without a case on the diagonal below which a chain is cheaper
BURN_IN, THINNING = 20, 5  # sweeps: in each all cases are offered another destination
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

    @cached_property
    def leaving(self) -> IntArray:
        return np.asarray(self.counts.sum(axis=1))

    @cached_property
    def arriving(self) -> IntArray:
        return np.asarray(self.counts.sum(axis=0))

    @cached_property
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


def counted_cases(cases: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Counts of cases (column cases) added up over `columns`, group among them, once they are known to be whole and complete.

    Raises
    ------
    ParameterError : a missing column or label, counts that are not whole or not positive, or fewer than two groups.
    """
    cases = complete_columns(cases, [*columns, "cases"])
    if not pd.api.types.is_integer_dtype(cases["cases"].dtype) or (cases["cases"] < 1).any():
        raise ParameterError(
            "The cases must be whole numbers of at least 1 per row; correct the others, or leave them out."
        )
    if cases["group"].nunique() < 2:
        raise ParameterError("There is one group only, or none; give at least two to compare.")
    return cases.groupby(list(columns))["cases"].sum().reset_index()


def tables_of(cases: pd.DataFrame) -> Tables:
    """The tables of each stratum and group, from columns stratum, group, departure, destination, cases.

    Raises
    ------
    ParameterError : a missing column or label, counts that are not whole or not positive, a case that goes nowhere, or
        fewer than two groups.
    """
    key = ["stratum", "group", "departure", "destination"]
    counted = counted_cases(cases, key)
    if at_home := int((cases["departure"] == cases["destination"]).sum()):
        raise ParameterError(f"{at_home} row(s) leave and end in one place; give those between two places.")
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
    them, thinned.
    """
    require_whole(1, draws=draws)
    rng = generator(seed)
    return tuple(_drawn(table, draws, rng) for table in tables.each)


def _drawn(table: Table, draws: int, rng: np.random.Generator) -> IntArray:
    if not table.free:
        return table.counts[..., None]
    exact = accepted_share(table) >= LEAST_ACCEPTED
    return drawn_exactly(table, draws, rng) if exact else drawn_by_chains(table, draws, rng)


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
            deal(given, start, stop, rng)
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


def deal(pool: NDArray[Any], start: int, stop: int, rng: np.random.Generator) -> None:
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


def drawn_by_chains(table: Table, draws: int, rng: np.random.Generator) -> IntArray:
    """Draws (R, C, draws) by Markov chains over the arrangements with an empty diagonal, recorded every few sweeps.

    In a sweep all cases are paired at random, and each pair exchanges its destinations by the toss of a coin, unless a case
    would then end where it began. Then three cases pass theirs on, either way round, without which tables with an empty
    diagonal are not all within reach of each other (Aoki and Takemura 2005, J. Statistical Computation and Simulation
    75:787-812). No arrangement is more likely to be left than entered, whoever is paired: so all chains share the pairs and
    triples, and toss coins of their own.
    """
    row, column = (np.repeat(end, table.counts[table.counts > 0]) for end in np.nonzero(table.counts))
    own = table.departure[:, None] == table.destination
    banned = np.where(own.any(axis=1), own.argmax(axis=1), -1)[row].astype(np.int16)[:, None]
    state = np.repeat(column.astype(np.int16)[:, None], min(draws, CHAINS), axis=1)
    records: list[IntArray] = []
    while len(records) * state.shape[1] < draws:
        for _ in range(THINNING if records else BURN_IN):
            _exchange(state, banned, rng)
            _pass_on(state, banned, rng)
        records.append(_tabled(table, row, state))
    return np.concatenate(records, axis=-1)[..., :draws]


def _exchange(state: NDArray[Any], banned: NDArray[Any], rng: np.random.Generator) -> None:
    """Pair all cases at random, in all chains alike, and let pairs exchange destinations."""
    half = len(state) // 2
    one, other = rng.permutation(len(state))[: 2 * half].reshape(2, half)
    first, second = state[one], state[other]
    swap = rng.integers(0, 2, first.shape, dtype=bool) & (second != banned[one]) & (first != banned[other])
    state[one], state[other] = np.where(swap, second, first), np.where(swap, first, second)


def _pass_on(state: NDArray[Any], banned: NDArray[Any], rng: np.random.Generator) -> None:
    """Let three cases chosen at random, the same in all chains, pass on their destinations, in one direction or the other."""
    if len(state) > 2:
        three = rng.choice(len(state), 3, replace=False)
        now = state[three]
        onwards = rng.integers(0, 2, state.shape[1], dtype=bool)
        then = np.where(onwards, np.roll(now, 1, axis=0), np.roll(now, -1, axis=0))
        state[three] = np.where((then != banned[three]).all(axis=0), then, now)


def _tabled(table: Table, row: IntArray, state: NDArray[Any]) -> IntArray:
    """(R, C, chains) the tables in which the cases of these rows have the columns of `state`, (cases, chains)."""
    cells, chains = table.counts.size, state.shape[1]
    flat = (row[:, None] * table.counts.shape[1] + state) * chains + np.arange(chains)
    counts = np.bincount(flat.ravel(), minlength=cells * chains)
    return np.asarray(counts.reshape(*table.counts.shape, chains).astype(_least_type(table)))
