"""Residuals by route and how far groups share them: against a library's fit, by hand, and on panels made up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Table, Tables, random_tables, tables_of
from crimjust_research.designs.composition.refitted_sharing import margins_of, sharing_of_halves, sharing_refitted
from crimjust_research.designs.composition.residual_sharing import (
    Cells,
    cells_of,
    correlations,
    counted,
    holding,
    mean_over_pairs,
    observed,
    quasi_independence,
    residuals,
    sharing,
    sharing_without,
)
from crimjust_research.designs.composition.sharing_room import _best, extreme_tables
from crimjust_research.designs.resampling.drawn_null import DrawnNull
from crimjust_research.errors import ParameterError

COLUMNS = ["stratum", "group", "departure", "destination", "cases"]


def simulated(seed: int, pull: float, strata: int = 6, places: int = 6, cases: int = 60) -> Tables:
    """Cases of three groups, SIMULATED: `pull` favours the same routes in all of them, beyond their ends."""
    rng = np.random.default_rng(seed)
    favoured = np.exp(pull * rng.standard_normal((places, places)))
    rows = []
    for stratum, group in product(range(strata), "xyz"):
        chance = np.outer(rng.dirichlet(np.ones(places)), rng.dirichlet(np.ones(places))) * favoured
        np.fill_diagonal(chance, 0)
        counts = rng.multinomial(cases, (chance / chance.sum()).ravel()).reshape(places, places)
        rows += [
            (f"s{stratum}", group, f"p{i}", f"p{j}", int(counts[i, j])) for i, j in zip(*counts.nonzero(), strict=True)
        ]
    return tables_of(pd.DataFrame(rows, columns=COLUMNS))


def test_the_fit_is_that_of_a_poisson_regression_without_the_diagonal() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(3.0, (5, 5)) * ~np.eye(5, dtype=bool)
    a, b = quasi_independence(counts.sum(axis=1).astype(float), counts.sum(axis=0).astype(float))
    i, j = np.nonzero(~np.eye(5, dtype=bool))
    design = np.hstack([np.eye(5)[i], np.eye(5)[j][:, 1:]])
    fit = sm.GLM(counts[i, j], design, family=sm.families.Poisson()).fit(tol=1e-12)
    assert (a[:, None] * b)[i, j] == pytest.approx(fit.fittedvalues, rel=1e-6)
    means = fit.fittedvalues
    found = residuals(counts[i, j][:, None].astype(float), means[:, None])
    assert found[:, 0] == pytest.approx(fit.resid_pearson, abs=1e-6)
    assert residuals(counts[i, j][:, None].astype(float), means[:, None], "deviance")[:, 0] == pytest.approx(
        fit.resid_deviance, abs=1e-6
    )


def test_places_without_cases_have_no_effect_and_unequal_sums_are_refused() -> None:
    a, b = quasi_independence(np.array([2.0, 3.0, 0.0]), np.array([3.0, 0.0, 2.0]))
    assert (a[2], b[1]) == (0, 0)
    assert a[0] * b[2] + a[1] * b[2] == pytest.approx(2)
    with pytest.raises(ParameterError, match="As many cases must arrive as leave"):
        quasi_independence(np.array([1.0, 0.0]), np.array([0.0, 2.0]))


def test_sharing_is_the_correlation_over_the_routes_both_can_use() -> None:
    tables = simulated(2, 0.5)
    wide = np.zeros((3, 6, 6))
    for one in tables.each:
        wide[one.group][np.ix_(one.departure, one.destination)] += one.counts
    found = sharing(tables, observed(tables))
    for row, (first, second) in enumerate([(0, 1), (0, 2), (1, 2)]):
        sides = []
        for counts in (wide[first], wide[second]):
            a, b = quasi_independence(counts.sum(axis=1), counts.sum(axis=0))
            sides.append((counts - a[:, None] * b) / np.sqrt(np.maximum(a[:, None] * b, 1e-300)))
        both = ~np.eye(6, dtype=bool)
        for counts in (wide[first], wide[second]):
            both &= np.outer(counts.sum(axis=1) > 0, counts.sum(axis=0) > 0)
        assert found[row, 0] == pytest.approx(np.corrcoef(sides[0][both], sides[1][both])[0, 1])


def in_full(tables: Tables, drawn: Sequence[IntArray], **how: Any) -> FloatArray:
    """`sharing` with every cell of every draw counted and correlated."""
    kind, covariance = how.pop("kind", "pearson"), how.pop("covariance", False)
    cells = cells_of(*tables.margins(), **how)
    counts = np.zeros((len(cells), max(one.shape[-1] for one in drawn)))
    for table, one in zip(tables.each, drawn, strict=True):
        for row, column in product(range(table.departure.size), range(table.destination.size)):
            number = cells.place[table.group, table.departure[row], table.destination[column]]
            if number >= 0:
                counts[number] += one[row, column]
    means = cells.means(*quasi_independence(*tables.margins()), unordered=how.get("unordered", False))
    return correlations(residuals(counts, means[:, None], kind), cells, covariance=covariance)


def partly_fixed() -> Tables:
    """Simulated tables, and strata of two groups whose margins leave no choice."""
    tables = simulated(6, 0.5)
    one_way = [Table(6, g, np.array([0]), np.array([2, 3, 4]), np.array([[1, 2, 3]])) for g in (0, 1)]
    return replace(tables, strata=(*tables.strata, "s6"), each=(*tables.each[1:], *one_way))


@pytest.mark.parametrize(
    "how", [{}, {"kind": "deviance"}, {"covariance": True}, {"unordered": True}, {"only": {1}}], ids=str
)
def test_what_cannot_move_is_counted_once(how: dict[str, Any]) -> None:
    tables = partly_fixed()
    drawn = random_tables(tables, 20, seed=2)
    assert sharing(tables, drawn, **how) == pytest.approx(in_full(tables, drawn, **how))
    assert sharing(tables, observed(tables), **how) == pytest.approx(in_full(tables, observed(tables), **how))
    still = replace(tables, each=tables.each[-2:])  # nothing moves at all
    assert sharing(still, observed(still), **how).shape[1] == 1


def test_without_a_stratum_is_as_if_it_had_never_been() -> None:
    tables = partly_fixed()
    drawn = random_tables(tables, 20, seed=2)
    pairs = cells_of(*tables.margins()).pairs
    for stratum, (found, of_draws) in enumerate(sharing_without(tables, drawn, range(7))):
        without = tables.without(stratum)
        left = [one for table, one in zip(tables.each, drawn, strict=True) if table.stratum != stratum]
        its = {table.group for table in tables.only(stratum).each}
        changed = np.isin(pairs, list(its)).any(axis=1)
        assert found[changed] == pytest.approx(sharing(without, observed(without))[changed])
        assert of_draws[changed] == pytest.approx(sharing(without, left)[changed])
        assert found[~changed] == pytest.approx(sharing(tables, observed(tables))[~changed])
        assert of_draws[~changed] == pytest.approx(sharing(tables, drawn)[~changed])


def test_tables_solved_together_are_solved_as_apart() -> None:
    tables = simulated(7, 0.3, strata=3, places=5)
    cells = cells_of(*tables.margins())
    gain = np.random.default_rng(1).standard_normal(len(cells))
    for table, solved in zip(tables.each, _best(tables, gain, cells), strict=True):
        found = solved[..., 0]
        row, column = np.nonzero(table.departure[:, None] != table.destination)
        gains = np.zeros(table.counts.shape)
        gains[row, column] = gain[cells.place[table.group, table.departure[row], table.destination[column]]]
        ends = [row == r for r in range(len(table.departure))] + [column == c for c in range(len(table.destination))]
        margins = np.concatenate([table.leaving, table.arriving])
        alone = linprog(-gains[row, column], A_eq=np.array(ends, dtype=float), b_eq=margins)
        assert (gains * found).sum() == pytest.approx(-alone.fun)
        assert (found.sum(axis=1) == table.leaving).all()
        assert (found.sum(axis=0) == table.arriving).all()


def refitted_plainly(counts: FloatArray, cells: Cells) -> FloatArray:
    """(pairs, draws) the correlations of residuals in all cells, with the model fitted to each draw."""
    means = cells.means(*quasi_independence(*margins_of(counts, cells))).T
    return correlations(residuals(counts, means), cells, possible=means > 0)


def test_a_model_fitted_anew_is_the_same_where_margins_are() -> None:
    tables = simulated(3, 0.5)
    drawn = random_tables(tables, 20, seed=1)
    cells = cells_of(*tables.margins(), alone=True)
    counts = counted(tables, drawn, cells)
    leaving, arriving = margins_of(counts, cells)
    assert leaving[7] == pytest.approx(tables.margins()[0])
    (found,) = sharing_refitted([counts], cells, leaving, arriving)
    assert found == pytest.approx(sharing(tables, drawn))


def test_routes_without_cases_add_what_their_places_say() -> None:
    tables = simulated(4, 0.5, strata=2, places=8, cases=9)  # few cases: in some draws places have none
    cells = cells_of(*tables.margins(), alone=True)
    counts = np.minimum(counted(tables, random_tables(tables, 50, seed=1), cells), 1.0)
    plainly = refitted_plainly(counts, cells)
    assert np.isfinite(plainly).sum() > 100
    some, kept = cells.with_cases(holding(tables, cells))
    assert len(some) < len(cells)
    for of_cells, few in ((cells, counts), (some, counts[kept])):
        (found,) = sharing_refitted([few], of_cells, *margins_of(counts, cells))
        assert found == pytest.approx(plainly, nan_ok=True)


def test_pairs_of_some_groups_only_are_those_of_all() -> None:
    tables = simulated(4, 0.5)
    drawn = random_tables(tables, 10, seed=1)
    assert cells_of(*tables.margins(), only={2}).pairs.tolist() == [[0, 2], [1, 2]]
    assert sharing(tables, drawn, only={2}) == pytest.approx(sharing(tables, drawn)[1:])


def test_unordered_routes_add_both_directions() -> None:
    rows = [("s", g, a, b, n) for g in "xy" for a, b, n in (("a", "b", 3), ("b", "a", 2), ("b", "c", 4), ("c", "a", 1))]
    tables = tables_of(pd.DataFrame(rows, columns=COLUMNS))
    cells = cells_of(*tables.margins(), unordered=True)
    counts = counted(tables, observed(tables), cells)[:, 0]
    assert len(cells) == 6
    assert sorted(counts[cells.group == 0]) == [1, 4, 5]
    means = cells.means(*quasi_independence(*tables.margins()), unordered=True)
    assert means[cells.group == 0].sum() == pytest.approx(10)


def test_residuals_that_do_not_vary_have_no_correlation() -> None:
    # Everything of y arrives at one place: its fitted means are its counts.
    rows = [("s", "y", a, "d", 3) for a in "abc"] + [("s", "x", a, b, 2) for a in "abc" for b in "de"]
    tables = tables_of(pd.DataFrame(rows, columns=COLUMNS))
    found = sharing(tables, observed(tables))
    assert np.isnan(found).all()
    assert np.isnan(mean_over_pairs(found, found)[0])
    assert mean_over_pairs(np.array([[0.5], [np.nan]]), np.array([[0.1, np.nan], [3, 3]])) == (
        0.5,
        pytest.approx([0.1, 0]),
    )
    with pytest.raises(ParameterError, match="can both use 3 routes"):
        cells_of(np.array([[1.0, 1, 0], [0, 1, 1]]), np.array([[0.0, 1, 1], [2, 0, 0]]))


def test_covariances_and_draws_in_which_cells_fall_out() -> None:
    tables = simulated(5, 0.0)
    cells = cells_of(*tables.margins())
    rng = np.random.default_rng(1)
    residual = rng.standard_normal((len(cells), 2))
    possible = np.ones_like(residual, dtype=bool)
    possible[cells.left[0], 1] = False
    one, other = residual[cells.left], residual[cells.right]
    end = cells.start[1]
    by_hand = [np.cov(one[skip:end, n], other[skip:end, n], ddof=0)[0, 1] for n, skip in ((0, 0), (1, 1))]
    assert correlations(residual, cells, covariance=True, possible=possible)[0] == pytest.approx(by_hand)


def test_halves_of_one_group_are_correlated_as_two_groups_are() -> None:
    tables = simulated(9, 0.5, strata=1, places=7, cases=12)
    cells = cells_of(*(np.repeat(ends[:1], 2, axis=0) for ends in tables.margins()), alone=True)
    own = cells.of_group(0)
    counts = np.random.default_rng(1).multinomial(12, np.full(len(own), 1 / len(own)), size=200).T.astype(float)
    rng, again = np.random.default_rng(2), np.random.default_rng(2)
    found = sharing_of_halves(counts, own, rng)
    first = np.zeros_like(counts)
    first[counts > 0] = again.binomial(counts[counts > 0].astype(np.int64), 0.5)
    halves = np.concatenate([first, counts - first])
    slow = refitted_plainly(halves, cells)[0]
    assert found == pytest.approx(slow, nan_ok=True, abs=1e-6)
    assert np.isfinite(found).sum() > 100


def test_size_and_power_on_panels_made_up_for_it() -> None:
    def p_value(seed: int, pull: float) -> tuple[float, float]:
        tables = simulated(seed, pull, strata=2, places=5)
        drawn = random_tables(tables, 99, seed)
        null = DrawnNull(*mean_over_pairs(sharing(tables, observed(tables)), sharing(tables, drawn)))
        return null.p_value, null.estimate

    nothing = np.array([p_value(seed, 0.0)[0] for seed in range(100)])
    assert np.mean(nothing <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    shared = np.array([p_value(seed, 0.8) for seed in range(100)])
    assert np.mean(shared[:, 0] <= 0.05) > 0.7
    assert (shared[:, 1] > 0).mean() > 0.9


def test_climbing_finds_the_most_sharing_there_is_among_few_tables() -> None:
    rows = [
        ("s", "x", "a", "c", 2),
        ("s", "x", "b", "d", 2),
        ("s", "x", "a", "d", 1),
        ("s", "y", "a", "d", 2),
        ("s", "y", "b", "c", 1),
        ("s", "y", "b", "d", 1),
    ]
    tables = tables_of(pd.DataFrame(rows, columns=COLUMNS))
    drawn = random_tables(tables, 3_000, seed=1)  # every arrangement of two 2 by 2 tables is among so many
    every = mean_over_pairs(sharing(tables, observed(tables)), sharing(tables, drawn))[1]
    for sign in (1, -1):
        best, found = extreme_tables(tables, sign)
        assert sign * best == pytest.approx(max(sign * every))
        assert sharing(tables, found)[0, 0] == pytest.approx(best)
        for one, counts in zip(tables.each, found, strict=True):
            assert (counts[..., 0].sum(axis=1) == one.leaving).all()
            assert (counts[..., 0].sum(axis=0) == one.arriving).all()
