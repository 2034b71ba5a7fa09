"""Random tables of departures by destinations with their margins held, where nothing goes from a place to itself.

Cases are pairs of two different places. Their departures and destinations are joined at random: every way of giving the
destinations to the departures that leaves the diagonal empty is equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import complete_columns, generator, require_whole
from crimjust_research.designs.resampling.permutation import batch_sizes
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

    def margins(self) -> tuple[FloatArray, FloatArray]:
        """Cases of every group by place of departure, and by place of destination: (groups, places) each."""
        leaving, arriving = np.zeros((2, len(self.groups), len(self.places)))
        for table in self.each:
            leaving[table.group, table.departure] += table.leaving
            arriving[table.group, table.destination] += table.arriving
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


def conflicts(table: Table) -> tuple[FloatArray, FloatArray]:
    """Of each place at both ends, cases that leave and that arrive, the place with the largest product first."""
    leaves = dict(zip(table.departure, table.leaving, strict=True))
    arrives = dict(zip(table.destination, table.arriving, strict=True))
    both = sorted(leaves.keys() & arrives.keys(), key=lambda place: (-leaves[place] * arrives[place], place))
    return np.array([leaves[p] for p in both], np.float64), np.array([arrives[p] for p in both], np.float64)


def accepted_share(table: Table) -> float:
    """About the share of arrangements that leave the diagonal empty, the place with most conflicts kept off it."""
    a, b = conflicts(table)
    if len(a) < 2:
        return 1.0
    others, elsewhere = max(table.cases - a[0], 1.0), max(table.cases - b[0], 1.0)
    expected = a[1:] * b[1:] * (1 - a[0] / elsewhere) / others
    return float(np.exp(-expected.sum()))


def drawn_exactly(table: Table, draws: int, rng: np.random.Generator) -> IntArray:
    """Independent draws (R, C, draws): arrangements with one place off the diagonal, those with another on it rejected.

    Whatever destinations the cases of the first place take among those that are not itself, the others can be arranged
    in equally many ways; so each arrangement without that place on the diagonal is equally likely, and each of them
    without any is after rejection.

    Raises
    ------
    ParameterError : more cases leave a place than arrive elsewhere.
    """
    leaving, arriving = table.leaving, table.arriving
    own = (table.departure[:, None] == table.destination).astype(np.int64)
    product = (own * leaving[:, None] * arriving).max(axis=1)
    # Rows of places at both ends first, that with most conflicts before all: only they can meet the diagonal.
    order = np.argsort(-product, kind="stable")
    rows = np.repeat(order, leaving[order])
    at_risk = int(leaving[product > 0].sum())
    first = int(leaving[order[0]]) if at_risk else 0
    column = int(np.argmax(own[order[0]])) if at_risk else -1
    columns = np.repeat(np.arange(len(arriving)), arriving)
    columns = np.concatenate([columns[columns != column], columns[columns == column]]).astype(np.int16)
    elsewhere = int((columns != column).sum())
    if first > elsewhere:
        raise ParameterError("More cases leave a place than arrive elsewhere; the diagonal cannot be empty.")
    banned = np.where(own.any(axis=1), own.argmax(axis=1), -1)[rows[:at_risk]]
    found: list[IntArray] = []
    lacking, share, cells = draws, accepted_share(table), table.counts.size
    while lacking > 0:
        tried = max(int(np.ceil(1.1 * lacking / share)), 16)
        for b in batch_sizes(tried, max(table.cases, cells), BATCH_CELLS):
            given = np.tile(columns, (b, 1))
            _deal(given, 0, first, elsewhere, rng)
            _deal(given, first, at_risk, table.cases, rng)
            given = given[~(given[:, first:at_risk] == banned[first:]).any(axis=1)]
            given[:, at_risk:] = rng.permuted(given[:, at_risk:], axis=1)
            flat = rows * len(arriving) + given + np.arange(len(given))[:, None] * cells
            counts = np.bincount(flat.ravel(), minlength=len(given) * cells)
            found.append(np.moveaxis(counts.reshape(-1, *table.counts.shape).astype(np.int32), 0, -1))
            lacking -= len(given)
            if lacking <= 0:
                break
    return np.concatenate(found, axis=-1)[..., :draws]


def _deal(given: IntArray, start: int, stop: int, end: int, rng: np.random.Generator) -> None:
    """Put a random choice of what stands in columns `start` to `end` of each row into columns `start` to `stop`."""
    if 3 * (stop - start) > end - start:
        given[:, start:end] = rng.permuted(given[:, start:end], axis=1)
        return
    every = np.arange(len(given))
    for place in range(start, stop):  # Fisher and Yates, as far as needed
        other = rng.integers(place, end, len(given))
        given[every, other], given[:, place] = given[:, place].copy(), given[every, other]


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
            found.append(np.moveaxis(counts.reshape(-1, *table.counts.shape).astype(np.int32), 0, -1))
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
        chains, n = self.state.shape
        size, offset = self.sizes[self._table], self.offsets[self._table]
        centre = self.rng.integers(0, self.sizes, (chains, len(self.sizes)))[:, self._table]
        odd = self.rng.integers(0, 2, (chains, len(self.sizes)))[:, self._table]
        # Pairs lie at equal distances about a random centre: disjoint, and any two cases can be one.
        ahead = centre + self._step + odd
        behind = centre - self._step - 1
        base = np.arange(chains)[:, None] * n + offset
        self._move(
            [base + np.where(ahead >= size, ahead - size, ahead), base + np.where(behind < 0, behind + size, behind)]
        )

    def _rotate(self) -> None:
        chains, n = self.state.shape
        base = np.arange(chains)[:, None] * n + self.offsets
        three = [base + self.rng.integers(0, self.sizes, base.shape) for _ in range(3)]
        distinct = (three[0] != three[1]) & (three[1] != three[2]) & (three[0] != three[2])
        self._move([place[distinct] for place in three])

    def _move(self, places: Sequence[IntArray]) -> None:
        """Give each of the cases at flat `places` the destination of the next, and the last that of the first, by chance."""
        flat, n = self.state.reshape(-1), self.state.shape[1]
        leave = [self.departure[place % n] for place in places]
        now = [flat[place] for place in places]
        then = [*now[1:], now[0]]
        allowed: BoolArray = np.logical_and.reduce([o != d for o, d in zip(leave, then, strict=True)])
        if self.log_weights is None:
            chance: FloatArray | float = 0.5
        else:
            width, weights = self.log_weights.shape[1], self.log_weights.reshape(-1)
            chain = (places[0] // n) * width * width
            gain = sum(
                weights[chain + o * width + d] - weights[chain + o * width + c]
                for o, d, c in zip(leave, then, now, strict=True)
            )
            chance = expit(np.asarray(gain))
        moved = allowed & (self.rng.random(allowed.shape, dtype=np.float32) < chance)
        for place, destination in zip(places, then, strict=True):
            flat[place[moved]] = destination[moved]
