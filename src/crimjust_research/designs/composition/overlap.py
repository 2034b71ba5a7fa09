"""How far groups share categories (drugs their routes, lists their members), and what chance alone would give.

A composition is a row of counts. Overlaps run from 0 (nothing shared) to 1 (the same shares); Jaccard's looks at which
categories occur, the others at their shares, so that the size of a group does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import xlogy

from crimjust_research.designs.arrays import TIE, FloatArray, IntArray
from crimjust_research.designs.batches import batch_sizes
from crimjust_research.designs.checks import (
    generator,
    require_draws,
    require_list,
    require_whole,
)
from crimjust_research.designs.composition.random_tables import counted_cases, deal
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError

Measure = Literal["morisita_horn", "cosine", "jaccard", "horn"]

TESTED: Measure = "morisita_horn"
MOST_CASES = 1e9  # that the generator of random tables takes
BATCH_CELLS = 2_000_000  # numbers held at once while drawing


@dataclass(frozen=True, repr=False)
class OverlapTest(Printed):
    """Morisita and Horn's overlap of every pair of groups, and their mean, against labels permuted within strata."""

    mean: pd.Series[float]
    """observed, null_mean, null_low, null_high (central 95 %), excess (observed less null_mean), p_value (two-sided:
    twice the smaller tail), p_greater, p_less; of the mean over pairs."""
    pairs: pd.DataFrame
    """The same per pair: first, second, ..."""
    cases: int
    informative_cases: int
    """In strata with more than one group and more than one category; the others cannot move."""
    strata: int
    draws: int

    def shown(self) -> pd.DataFrame:
        """The pairs, and their mean last."""
        mean = self.mean.to_frame().T.assign(first="all", second="mean")
        return pd.concat([self.pairs, mean], ignore_index=True)[self.pairs.columns]


def overlap_matrix(counts: ArrayLike, measure: Measure) -> FloatArray:
    """Overlap of all pairs of rows of (..., groups, categories) counts or amounts, as (..., groups, groups).

    With p, q the shares of two groups:
    cosine  sum pq / sqrt(sum p² sum q²);   jaccard  categories in both / categories in either;
    morisita_horn  2 sum pq / (sum p² + sum q²)  (Horn's 1966 form of Morisita's index);
    horn  [sum (p+q) log(p+q) - sum p log p - sum q log q] / (2 log 2)  (Horn 1966, equal weights).
    A group without any count has no composition: its overlaps are missing.

    Raises
    ------
    ParameterError : an unknown measure, or an amount that is negative or missing.

    Examples
    --------
    >>> overlap_matrix([[1, 1, 0], [0, 1, 1]], "morisita_horn")
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    if measure not in get_args(Measure):
        raise ParameterError(f"Measure {measure!r} is unknown; use one of {', '.join(get_args(Measure))}.")
    try:
        amounts = np.asarray(counts, np.float64)
    except (TypeError, ValueError):
        raise ParameterError("Overlap needs numbers; the counts hold something else.") from None
    if amounts.ndim < 2:
        raise ParameterError(f"The counts have shape {amounts.shape}; give groups by categories.")
    if amounts.size and not (amounts.min() >= 0 and amounts.max() < np.inf):
        raise ParameterError(
            "Overlap needs counts or amounts of zero or more, none missing; correct the others, or leave their rows out."
        )
    total = amounts.sum(axis=-1, keepdims=True)
    share = amounts / np.where(total > 0, total, 1.0)
    present = total[..., 0] > 0
    both = present[..., :, None] & present[..., None, :]
    if measure == "jaccard":
        occurs = (amounts > 0).astype(np.float64)
        shared = occurs @ np.swapaxes(occurs, -1, -2)
        kinds = occurs.sum(axis=-1)
        overlap = shared / np.maximum(kinds[..., :, None] + kinds[..., None, :] - shared, 1.0)
    elif measure == "horn":
        own = xlogy(share, share).sum(axis=-1)
        overlap = np.ones((*share.shape[:-1], share.shape[-2]))
        for i, j in zip(*np.triu_indices(share.shape[-2], 1), strict=True):
            added = share[..., i, :] + share[..., j, :]
            value = (xlogy(added, added).sum(axis=-1) - own[..., i] - own[..., j]) / (2 * np.log(2))
            overlap[..., i, j] = overlap[..., j, i] = value
    else:
        product = share @ np.swapaxes(share, -1, -2)
        square = np.diagonal(product, axis1=-2, axis2=-1)
        one, other = square[..., :, None], square[..., None, :]
        scale = np.sqrt(one * other) if measure == "cosine" else (one + other) / 2
        overlap = product / np.where(both, scale, 1.0)
    return np.where(both, overlap, np.nan)


# --- Labels permuted within strata ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stratum:
    """Margins of one stratum's table of groups by categories; codes number the groups and categories of all strata."""

    group_code: IntArray
    group_total: IntArray
    category_code: IntArray
    category_total: IntArray

    @property
    def cases(self) -> int:
        """Cases in the stratum."""
        return int(self.group_total.sum())

    @property
    def free(self) -> bool:
        """Whether permuting labels can change the table: more than one group and more than one category."""
        return self.group_code.size > 1 and self.category_code.size > 1


def strata_of(stratum: IntArray, table: IntArray) -> list[Stratum]:
    """Margins of every stratum.

    Parameters
    ----------
    stratum : (rows,) numbered from 0; table : (rows, 3) of group code, category code and cases.
    """

    def margin(codes: IntArray, cases: IntArray) -> tuple[IntArray, IntArray]:
        present, place = np.unique(codes, return_inverse=True)
        return present, np.bincount(place, weights=cases).astype(np.int64)

    rows = [table[stratum == number] for number in range(int(stratum.max()) + 1)]
    return [Stratum(*margin(part[:, 0], part[:, 2]), *margin(part[:, 1], part[:, 2])) for part in rows]


def permuted_counts(strata: Sequence[Stratum], shape: tuple[int, int], draws: int, seed: int) -> Iterator[IntArray]:
    """Batches (b, groups, categories) of counts after permuting group labels over the cases of each stratum.

    Permuting labels keeps both margins of a stratum's table and gives every such table its multivariate
    hypergeometric chance. A stratum with many cases per cell has its table drawn cell by cell, which costs the same
    however many cases there are; in the others cases are dealt, which is quicker for a handful of cases.
    """
    rng = generator(seed)
    n_groups, n_categories = shape
    still = np.zeros(n_groups * n_categories, dtype=np.int64)
    free: list[tuple[Stratum, IntArray]] = []
    for stratum in strata:
        cells = (stratum.group_code[:, None] * n_categories + stratum.category_code).ravel()
        if stratum.free:
            free.append((stratum, cells))
        else:
            # One group holds all categories, or one category all groups: each cell is the smaller margin.
            still[cells] += np.minimum.outer(stratum.group_total, stratum.category_total).ravel()
    moving = np.unique(np.concatenate([np.zeros(0, np.int64), *(cells for _, cells in free)]))
    step = max(1, BATCH_CELLS // (8 * still.size))  # few enough to stay in a processor's cache
    for b in batch_sizes(draws, max(moving.size, 1), BATCH_CELLS):
        moved = np.zeros((moving.size, b), dtype=np.int64)
        for stratum, cells in free:
            draw = drawn_tables if prefers_drawing(stratum) else dealt_tables
            tables = draw(stratum.group_total, stratum.category_total, b, rng)
            moved[np.searchsorted(moving, cells)] += tables.reshape(cells.size, b)
        for part in np.split(moved, range(step, b, step), axis=1):
            counts = np.tile(still, (part.shape[1], 1))
            counts[:, moving] += part.T
            yield counts.reshape(-1, n_groups, n_categories)


def prefers_drawing(stratum: Stratum) -> bool:
    """Whether drawing the table is cheaper than dealing its cases: a drawn cell costs about as much as ten cases."""
    return stratum.cases > 10 * stratum.group_code.size * stratum.category_code.size


def drawn_tables(leaving: IntArray, arriving: IntArray, draws: int, rng: np.random.Generator) -> IntArray:
    """Random tables (R, C, draws) with these margins, one hypergeometric cell at a time."""
    left = np.repeat(leaving[:, None], draws, axis=1)
    tables = np.empty((leaving.size, arriving.size, draws), dtype=np.int64)
    for j, total in enumerate(arriving):
        unplaced = np.full(draws, total)
        others = left.sum(axis=0)
        for available, drawn in zip(left, tables[:, j], strict=True):
            others -= available
            drawn[:] = rng.hypergeometric(available, others, unplaced)
            unplaced -= drawn
        left -= tables[:, j]
    return tables


def dealt_tables(leaving: IntArray, arriving: IntArray, draws: int, rng: np.random.Generator) -> IntArray:
    """The same tables, in which each case of all rows but the largest, or columns if one is larger, is dealt its column."""
    if arriving.max() > leaving.max():
        return np.swapaxes(dealt_tables(arriving, leaving, draws, rng), 0, 1)
    others = np.delete(np.arange(leaving.size), leaving.argmax())
    rows = np.repeat(others, leaving[others])
    columns = np.repeat(np.repeat(np.arange(arriving.size), arriving)[:, None], draws, axis=1)
    deal(columns, 0, rows.size, rng)
    cell = (rows[:, None] * arriving.size + columns[: rows.size]) * draws + np.arange(draws)
    tables = np.bincount(cell.ravel(), minlength=leaving.size * arriving.size * draws)
    tables = tables.reshape(leaving.size, arriving.size, draws)
    tables[leaving.argmax()] = arriving[:, None] - tables.sum(axis=0)
    return tables


def overlap_test(cases: pd.DataFrame, *, draws: int = 4_999, seed: int) -> OverlapTest:
    """Whether groups share categories more, or less, than chance, given what each stratum holds: by Morisita and Horn's overlap.

    Null: within a stratum a case's category does not depend on its group. Group labels are permuted over the cases of
    each stratum, the categories of all strata together are compared, and the observed overlap is placed among the
    drawn ones. Strata with one group or one category stay as they are and pull the draws towards the observation.

    The test conditions on strata, so overlap that comes from strata holding certain groups and certain categories
    is part of the null. It treats cases as independent; where one operation yields many cases p-values are too small.

    Parameters
    ----------
    cases : columns stratum, group, category, cases (whole, positive); rows of one cell are added up.

    Raises
    ------
    ParameterError : cases refused by `counted_cases`, a billion of them, or fewer than 99 draws.
    """
    require_draws(draws)
    counted = counted_cases(cases, ["stratum", "group", "category"])
    if float(counted["cases"].sum()) >= MOST_CASES:
        raise ParameterError(
            f"There are {counted['cases'].sum():g} cases; give cases, not weights, fewer than {MOST_CASES:g}."
        )
    group, groups = pd.factorize(counted["group"], sort=True)
    category, categories = pd.factorize(counted["category"], sort=True)
    stratum = pd.factorize(counted["stratum"], sort=True)[0]
    strata = strata_of(stratum, np.column_stack([group, category, counted["cases"]]))
    shape = (len(groups), len(categories))
    observed_counts = np.zeros(shape)
    np.add.at(observed_counts, (group, category), counted["cases"].to_numpy())
    i, j = np.triu_indices(shape[0], 1)
    observed = overlap_matrix(observed_counts, TESTED)[i, j]
    null = np.concatenate(
        [overlap_matrix(batch, TESTED)[:, i, j] for batch in permuted_counts(strata, shape, draws, seed)]
    )
    summary = placed_among(np.append(observed, observed.mean()), np.column_stack([null, null.mean(axis=1)]))
    pairs = summary.iloc[:-1].reset_index(drop=True)
    pairs.insert(0, "first", np.asarray(groups)[i])
    pairs.insert(1, "second", np.asarray(groups)[j])
    return OverlapTest(
        mean=summary.iloc[-1].rename("mean"),
        pairs=pairs,
        cases=int(counted["cases"].sum()),
        informative_cases=sum(one.cases for one in strata if one.free),
        strata=len(strata),
        draws=draws,
    )


def placed_among(observed: FloatArray, null: FloatArray) -> pd.DataFrame:
    """Statistics (k,) placed among their drawn values (draws, k): one row each, columns as in `OverlapTest.mean`."""
    draws = len(null)
    greater = (1 + np.sum(null >= observed - TIE, axis=0)) / (1 + draws)
    less = (1 + np.sum(null <= observed + TIE, axis=0)) / (1 + draws)
    low, high = np.quantile(null, [0.025, 0.975], axis=0)
    mean = null.mean(axis=0)
    return pd.DataFrame(
        {
            "observed": observed,
            "null_mean": mean,
            "null_low": low,
            "null_high": high,
            "excess": observed - mean,
            "p_value": np.minimum(1.0, 2 * np.minimum(greater, less)),
            "p_greater": greater,
            "p_less": less,
        }
    )


# --- Overlap of two lists ---------------------------------------------------------------------------------------


def chance_overlap(population: int, selected: int, observed: int, listed: Sequence[int]) -> pd.DataFrame:
    """How many of `selected` members a second list would share by chance, for every length the list may have.

    If the second list of K were any K of the population with equal chance, the number shared is hypergeometric. One
    row per K: listed, possible (whether `observed` can happen at all), expected, std_dev, low, high (central 95 %),
    p_exactly, p_at_least, p_at_most (of `observed`).

    Parameters
    ----------
    population : N, from which both lists are drawn; selected : length of the first list; observed : shared members.
    listed : lengths K to go through, each at most N.

    Raises
    ------
    ParameterError : lengths that do not fit into each other.
    """
    from scipy.stats import hypergeom

    require_list(listed=listed)
    require_whole(0, population=population, selected=selected, observed=observed)
    for length in listed:
        require_whole(0, listed=length)
    lengths = np.asarray(listed, dtype=np.int64)
    if not 0 < selected <= population or not 0 <= observed <= selected or not lengths.size:
        raise ParameterError(
            f"{observed} shared of {selected} selected from {population} does not fit; check the counts."
        )
    if lengths.max() > population:
        raise ParameterError(f"A list of {lengths.max()} does not fit into a population of {population}.")
    chance = hypergeom(population, lengths, selected)
    # Mean and spread in closed form: the library's divide by zero where the list is everyone or nobody.
    listed_share = lengths / population
    without_replacement = (population - selected) / max(population - 1, 1)
    return pd.DataFrame(
        {
            "listed": lengths,
            "possible": (lengths >= observed) & (population - lengths >= selected - observed),
            "expected": selected * listed_share,
            "std_dev": np.sqrt(selected * listed_share * (1 - listed_share) * without_replacement),
            "low": np.asarray(chance.ppf(0.025), np.int64),
            "high": np.asarray(chance.ppf(0.975), np.int64),
            "p_exactly": chance.pmf(observed),
            "p_at_least": chance.sf(observed - 1),
            "p_at_most": chance.cdf(observed),
        }
    )
