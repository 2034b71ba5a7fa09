"""Random tables with margins held and an empty diagonal: against every table there is, one by one."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial, prod

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.arrays import IntArray
from crimjust_research.designs.composition import random_tables as random_tables_module
from crimjust_research.designs.composition.random_tables import (
    LEAST_ACCEPTED,
    Table,
    accepted_share,
    drawn_by_chains,
    drawn_exactly,
    random_tables,
    tables_of,
    tables_of_pairs,
)
from crimjust_research.errors import ParameterError

DRAWS = 20_000
SMALL = np.array([[0, 1, 1], [0, 0, 2], [1, 1, 0]])


def table(counts: IntArray) -> Table:
    return Table(0, 0, np.arange(len(counts)), np.arange(counts.shape[1]), counts)


def every_table(one: Table) -> dict[tuple[int, ...], float]:
    """Chance of each table with these margins and an empty diagonal: in proportion to one over factorials."""
    rows = [
        [row for row in product(*(range(min(n, m) + 1) for m in one.arriving)) if sum(row) == n] for n in one.leaving
    ]
    found = {}
    for cells in product(*rows):
        counts = np.array(cells)
        if (counts.sum(axis=0) == one.arriving).all() and not np.diag(counts).any():
            found[tuple(counts.ravel())] = 1 / prod(map(factorial, counts.ravel().tolist()))
    total = sum(found.values())
    return {cells: chance / total for cells, chance in found.items()}


def shares(drawn: IntArray) -> dict[tuple[int, ...], float]:
    tables, times = np.unique(drawn.reshape(-1, drawn.shape[-1]).T, axis=0, return_counts=True)
    return {tuple(map(int, one)): n / drawn.shape[-1] for one, n in zip(tables, times, strict=True)}


@pytest.mark.parametrize("how", ["exactly", "by chain"])
@pytest.mark.parametrize(
    "counts",
    [
        SMALL,
        np.array([[0, 2, 1], [1, 0, 1], [2, 0, 0]]),
        np.eye(3, dtype=np.int64)[[1, 2, 0]],
        np.array([[0, 1], [1, 0]]),
        # Most cases leave a place at which others arrive; most arrive at one that others leave; the same with conflicts beside.
        np.array([[0, 3, 1], [1, 0, 0], [1, 0, 0]]),
        np.array([[0, 1, 1], [3, 0, 0], [1, 1, 0]]),
        np.array([[0, 3, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1]]),
        # Most leave a place at which none arrive, and two others have conflicts.
        np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0], [2, 1, 2]]),
        # No place at both ends.
        np.array([[0, 0, 0, 1, 2], [0, 0, 0, 1, 1]]),
    ],
)
def test_draws_have_the_chance_of_every_table(counts: IntArray, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first and the third have two tables each, which no exchange of two destinations leads between.
    one = table(counts)
    monkeypatch.setattr(random_tables_module, "CHAINS", DRAWS)
    monkeypatch.setattr(random_tables_module, "BURN_IN", 150)
    drawn = (drawn_exactly if how == "exactly" else drawn_by_chains)(one, DRAWS, np.random.default_rng(1))
    exact, found = every_table(one), shares(drawn)
    assert found.keys() == exact.keys()
    for cells, chance in exact.items():  # four standard errors
        assert found[cells] == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / DRAWS))


def test_the_law_is_that_of_destinations_dealt_out_at_random() -> None:
    # Every order of the destinations over the departures, one by one; those that meet the diagonal left out.
    one = table(SMALL)
    leave, arrive = np.repeat(np.arange(3), one.leaving), np.repeat(np.arange(3), one.arriving)
    times: dict[tuple[int, ...], int] = {}
    for order in permutations(range(one.cases)):
        to = arrive[list(order)]
        if (to != leave).all():
            cells = tuple(np.bincount(leave * 3 + to, minlength=9).tolist())
            times[cells] = times.get(cells, 0) + 1
    whole = sum(times.values())
    assert every_table(one) == pytest.approx({cells: n / whole for cells, n in times.items()})


def test_chains_draw_from_the_law_of_exact_draws() -> None:
    """Forty chains in turn, each set with pairs of its own, of a table too large to enumerate: means and spreads of cells."""
    rng = np.random.default_rng(11)
    one = table(rng.poisson(rng.gamma(0.3, 1.5, (16, 16))) * ~np.eye(16, dtype=bool))
    assert LEAST_ACCEPTED < accepted_share(one) < 0.1
    exact = drawn_exactly(one, 4_000, rng)
    runs = np.stack([drawn_by_chains(one, 100, rng) for _ in range(40)])
    # Draws that share their pairs must not run together: the spread of means of a hundred is that of independent draws.
    varies = exact.std(axis=-1) > 0.2
    exact, runs = exact[varies], runs[:, varies]
    means, variance = runs.mean(axis=-1), exact.var(axis=-1)
    apart = (means.mean(axis=0) - exact.mean(axis=-1)) / np.sqrt(variance * (1 / 4_000 + 1 / 4_000))
    assert np.sqrt(np.mean(apart**2)) == pytest.approx(1, abs=0.25)
    assert np.mean(means.var(axis=0) / variance) == pytest.approx(1 / 100, rel=0.15)
    assert np.mean(runs.var(axis=(0, -1)) / variance) == pytest.approx(1, rel=0.05)


def test_large_tables_keep_margins_and_an_empty_diagonal() -> None:
    rng = np.random.default_rng(3)
    for size in (6, 40):
        counts = rng.poisson(20 / size, (size, size)) * ~np.eye(size, dtype=bool)
        one = table(counts + np.roll(np.eye(size, dtype=np.int64), 1, axis=1))
        frame = pd.DataFrame(
            [
                ("s", "g", f"p{i:02}", f"p{j:02}", int(one.counts[i, j]))
                for i, j in zip(*one.counts.nonzero(), strict=True)
            ]
            + [("s", "h", "p00", "p01", 3)],
            columns=["stratum", "group", "departure", "destination", "cases"],
        )
        tables = tables_of(frame)
        drawn, fixed = random_tables(tables, 300, seed=4)
        assert (drawn.sum(axis=1) == one.leaving[:, None]).all()
        assert (drawn.sum(axis=0) == one.arriving[:, None]).all()
        assert not np.diagonal(drawn).any()
        assert fixed.shape == (1, 1, 1)
        assert len(shares(drawn)) > 250


def test_where_few_arrangements_miss_the_diagonal_a_chain_takes_over() -> None:
    counts = 4 * (1 - np.eye(5, dtype=np.int64))
    one = table(counts)
    assert accepted_share(one) < 0.01
    frame = pd.DataFrame(
        [("s", g, f"p{i}", f"p{j}", 4) for g in "gh" for i in range(5) for j in range(5) if i != j],
        columns=["stratum", "group", "departure", "destination", "cases"],
    )
    drawn, _ = random_tables(tables_of(frame), 2_000, seed=5)
    # All cells off the diagonal are alike, so each has the mean 4.
    assert drawn.mean(axis=-1)[~np.eye(5, dtype=bool)] == pytest.approx(4, abs=0.2)
    assert not np.diagonal(drawn).any()


def test_cases_in_pairs_keep_margins_and_come_doubled() -> None:
    frame = pd.DataFrame(
        [("s", g, a, b, 4) for g in "xy" for a in "abc" for b in "def"],
        columns=["stratum", "group", "departure", "destination", "cases"],
    )
    tables = tables_of(frame)
    for one, drawn in zip(tables.each, tables_of_pairs(tables, 500, seed=6), strict=True):
        assert (drawn.sum(axis=1) == one.leaving[:, None]).all()
        assert (drawn % 2 == 0).all()
        # Of half as many cases the spread of a cell, doubled, is that of pairs: variance 4 r c (n-r)(n-c) / (n² (n-1)).
        assert drawn[0, 0].var() == pytest.approx(4 * 6 * 6 * 12 * 12 / (18**2 * 17), rel=0.25)


def test_bad_cases_are_refused() -> None:
    frame = pd.DataFrame(
        [("s", "x", "a", "b", 2), ("s", "y", "b", "a", 1)],
        columns=["stratum", "group", "departure", "destination", "cases"],
    )
    for bad, said in (
        (frame.drop(columns="group"), "'group' is not in the table"),
        (frame.assign(cases=0), "at least 1"),
        (frame.assign(destination=["b", "b"]), "1 row.* leave and end in one place"),
        (frame.assign(group="x"), "one group only"),
    ):
        with pytest.raises(ParameterError, match=said):
            tables_of(bad)
    stuck = Table(0, 0, np.array([0, 1]), np.array([0, 1]), np.array([[0, 2], [1, 0]]))
    assert shares(drawn_exactly(stuck, 50, np.random.default_rng(1))) == {(0, 2, 1, 0): 1.0}
