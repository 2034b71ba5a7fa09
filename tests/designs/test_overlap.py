"""Overlap of compositions and lists: by hand, against every permutation, and at the size a test should have."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine, jaccard

from crimjust_research.designs.composition.overlap import (
    Stratum,
    chance_overlap,
    dealt_tables,
    drawn_tables,
    overlap_matrix,
    overlap_test,
    permuted_counts,
    prefers_drawing,
)
from crimjust_research.errors import ParameterError

MEASURES = ("morisita_horn", "cosine", "jaccard", "horn")


# --- Measures ---------------------------------------------------------------------------------------------------


def test_overlaps_by_hand() -> None:
    counts = pd.DataFrame([[2, 2, 0], [30, 0, 10], [0, 0, 5]], index=["x", "y", "z"], columns=["a", "b", "c"])
    i, j = np.triu_indices(3, 1)
    table = pd.DataFrame(
        {measure: overlap_matrix(counts, measure)[i, j] for measure in MEASURES},
        index=pd.MultiIndex.from_arrays([counts.index[i], counts.index[j]]),
    )
    # x = (1/2, 1/2, 0), y = (3/4, 0, 1/4), z = (0, 0, 1). Products: xy 3/8, xz 0, yz 1/4; squares 1/2, 10/16, 1.
    assert table.loc[("x", "y"), "morisita_horn"] == pytest.approx(2 * (3 / 8) / (1 / 2 + 10 / 16))
    assert table.loc[("x", "y"), "cosine"] == pytest.approx((3 / 8) / np.sqrt(1 / 2 * 10 / 16))
    # One category in both, three in either.
    assert table.loc[("x", "y"), "jaccard"] == pytest.approx(1 / 3)
    # Horn: entropies log 2 and 0.5623; of the mean (5/8, 1/4, 1/8) 0.9003: 1 - (0.9003 - mean) / log 2.
    own = np.log(2), -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    mixed = -sum(p * np.log(p) for p in (5 / 8, 1 / 4, 1 / 8))
    assert table.loc[("x", "y"), "horn"] == pytest.approx(1 - (mixed - sum(own) / 2) / np.log(2))
    assert table.loc[("x", "z")].tolist() == pytest.approx([0, 0, 0, 0])
    assert table.loc[("y", "z"), "morisita_horn"] == pytest.approx(2 * (1 / 4) / (10 / 16 + 1))


def test_overlaps_agree_with_scipy() -> None:
    counts = np.random.default_rng(2).poisson(1.5, size=(5, 12))
    for i in range(5):
        for j in range(i):
            assert overlap_matrix(counts, "cosine")[i, j] == pytest.approx(1 - cosine(counts[i], counts[j]))
            assert overlap_matrix(counts, "jaccard")[i, j] == pytest.approx(1 - jaccard(counts[i] > 0, counts[j] > 0))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=6), st.integers(1, 9))
def test_overlaps_are_bounded_symmetric_and_ignore_size(pairs: list[tuple[int, int]], factor: int) -> None:
    counts = np.array(pairs).T + np.array([[1, 0]]).T * (np.arange(len(pairs)) == 0) + (np.arange(len(pairs)) == 1)
    for measure in MEASURES:
        overlap = overlap_matrix(counts, measure)
        assert np.all((overlap > -1e-12) & (overlap < 1 + 1e-12))
        assert overlap == pytest.approx(overlap.T)
        assert np.diag(overlap) == pytest.approx(1)
        assert overlap_matrix(counts * np.array([[factor], [1]]), measure) == pytest.approx(overlap)


def test_a_group_without_cases_has_no_overlap() -> None:
    for measure in MEASURES:
        overlap = overlap_matrix([[1, 2], [0, 0], [2, 1]], measure)
        assert np.isnan(overlap[1]).all()
        assert np.isfinite(overlap[0, 2])


# --- Permuted labels --------------------------------------------------------------------------------------------


def frame(rows: list[tuple[str, str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "group", "category", "cases"])


def test_the_null_is_that_of_every_permutation() -> None:
    # Six cases in one stratum and two that cannot move in another: 6! relabellings, counted one by one.
    cases = frame([("s", "x", "a", 2), ("s", "x", "b", 1), ("s", "y", "b", 2), ("s", "y", "c", 1), ("t", "x", "a", 1)])
    label, category = np.array(["x", "x", "x", "y", "y", "y"]), np.array([0, 0, 1, 1, 1, 2])
    values = []
    for order in permutations(range(6)):
        counts = np.zeros((2, 3))
        np.add.at(counts, ((label[list(order)] == "y").astype(int), category), 1)
        counts[0, 0] += 1
        values.append(overlap_matrix(counts, "morisita_horn")[0, 1])
    result = overlap_test(cases, draws=20_000, seed=3)
    observed = result.pairs["observed"][0]
    assert observed == pytest.approx(overlap_matrix([[3, 1, 0], [0, 2, 1]], "morisita_horn")[0, 1])
    # Monte Carlo error of a share at 20,000 draws is at most 0.0035; four of them.
    assert result.mean["p_less"] == pytest.approx(np.mean(np.array(values) <= observed + 1e-12), abs=0.015)
    assert result.mean["p_greater"] == pytest.approx(np.mean(np.array(values) >= observed - 1e-12), abs=0.015)
    assert result.mean["null_mean"] == pytest.approx(np.mean(values), abs=0.01)
    assert (result.cases, result.informative_cases, result.strata) == (7, 6, 2)


def margins(table: np.ndarray) -> Stratum:
    groups, categories = table.shape
    return Stratum(np.arange(groups), table.sum(axis=1), np.arange(categories), table.sum(axis=0))


@pytest.mark.parametrize("scale", [1, 40])
def test_dealt_and_drawn_tables_have_hypergeometric_cells(scale: int) -> None:
    # A small stratum has its cases dealt, one forty times as large its table drawn; both must give the moments of
    # a multivariate hypergeometric cell: mean r c / n, variance r c (n - r) (n - c) / (n² (n - 1)).
    stratum = margins(scale * np.array([[2, 1, 1], [0, 3, 1], [4, 0, 0]]))
    assert prefers_drawing(stratum) == (scale > 1)
    tables = np.concatenate(list(permuted_counts([stratum], (3, 3), 20_000, seed=4)))
    r, c = stratum.group_total[:, None], stratum.category_total[None, :]
    n = stratum.cases
    variance = r * c * (n - r) * (n - c) / (n**2 * (n - 1))
    assert np.all(tables.sum(axis=2) == stratum.group_total)
    assert np.all(tables.sum(axis=1) == stratum.category_total)
    assert np.all(np.abs(tables.mean(axis=0) - r * c / n) < 5 * np.sqrt(variance / 20_000))
    assert tables.var(axis=0) == pytest.approx(variance, rel=0.06)


@pytest.mark.parametrize("way", [dealt_tables, drawn_tables])
def test_tables_have_the_chance_they_have_when_labels_are_shuffled(way: Callable[..., np.ndarray]) -> None:
    # The plain form: labels of all cases shuffled, and the table counted anew.
    rng = np.random.default_rng(5)
    table = np.array([[3, 0, 1], [1, 1, 0]])
    group, category = np.repeat([0, 1], table.sum(axis=1)), np.repeat([0, 1, 2], table.sum(axis=0))
    shuffled = np.zeros((20_000, 2, 3), dtype=np.int64)
    for one in shuffled:
        np.add.at(one, (rng.permutation(group), category), 1)
    tables = np.moveaxis(way(table.sum(axis=1), table.sum(axis=0), 20_000, rng), -1, 0)
    turned = np.moveaxis(way(table.sum(axis=0), table.sum(axis=1), 20_000, rng), -1, 0).swapaxes(1, 2)
    kinds, there = np.unique(shuffled.reshape(-1, 6), axis=0, return_counts=True)
    for drawn in (tables, turned):
        found, here = np.unique(drawn.reshape(-1, 6), axis=0, return_counts=True)
        assert np.array_equal(found, kinds)
        assert here / 20_000 == pytest.approx(there / 20_000, abs=0.02)


@pytest.mark.parametrize("way", [dealt_tables, drawn_tables])
def test_tables_match_the_exact_chance_of_a_table(way: Callable[..., np.ndarray]) -> None:
    tables = way(np.array([3, 3]), np.array([3, 3]), 20_000, np.random.default_rng(5))
    for top_left in range(4):
        chance = comb(3, top_left) * comb(3, 3 - top_left) / comb(6, 3)
        assert np.mean(tables[0, 0] == top_left) == pytest.approx(chance, abs=0.015)


def test_strata_without_choice_stay_as_they_are() -> None:
    cases = frame([("s", "x", "a", 5), ("s", "x", "b", 2), ("t", "x", "a", 3), ("t", "y", "a", 4), ("u", "y", "c", 1)])
    result = overlap_test(cases, draws=99, seed=1)
    assert result.informative_cases == 0
    assert result.mean["excess"] == pytest.approx(0)
    assert result.mean["p_value"] == 1
    assert result.pairs["null_low"][0] == pytest.approx(overlap_matrix([[8, 2, 0], [4, 0, 1]], "morisita_horn")[0, 1])


def simulated_cases(seed: int, pull: float) -> pd.DataFrame:
    """Cases of three groups in 12 strata with their own categories; `pull` ties a case's category to its group."""
    rng = np.random.default_rng(seed)
    rows = []
    for stratum in range(12):
        home = rng.dirichlet(np.ones(8))
        for group in range(3):
            own = np.roll(np.eye(8)[0], 2 * group)
            drawn = rng.multinomial(rng.integers(0, 15), (1 - pull) * home + pull * own)
            rows += [(f"s{stratum}", f"g{group}", f"c{k}", int(count)) for k, count in enumerate(drawn) if count]
    return frame(rows)


def test_size_and_power_of_the_permutation() -> None:
    # Strata differ in categories and in how many cases of each group they hold; within them nothing is tied.
    p = [overlap_test(simulated_cases(seed, 0.0), draws=99, seed=seed).mean["p_value"] for seed in range(200)]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    apart = [overlap_test(simulated_cases(seed, 0.4), draws=99, seed=seed).mean for seed in range(30)]
    assert np.mean([one["p_less"] <= 0.05 for one in apart]) > 0.9
    assert all(one["excess"] < 0 for one in apart)


# --- Two lists --------------------------------------------------------------------------------------------------


def test_twelve_of_seventeen_by_chance() -> None:
    table = chance_overlap(22, 17, 12, range(10, 20)).set_index("listed")
    # If 12 of 22 were listed, all 12 would have to be among the 17: choose(17, 12) / choose(22, 12).
    assert table.loc[12, "p_at_least"] == pytest.approx(comb(17, 12) / comb(22, 12))
    assert table.loc[15, "expected"] == pytest.approx(17 * 15 / 22)
    # choose(15, 12) choose(7, 5) / choose(22, 17), by the other way round.
    assert table.loc[15, "p_exactly"] == pytest.approx(comb(15, 12) * comb(7, 5) / comb(22, 17))
    assert table.loc[15, "p_at_least"] + table.loc[15, "p_at_most"] == pytest.approx(1 + table.loc[15, "p_exactly"])
    # Fewer than 12 listed cannot share 12; with 18 listed only 4 are not, so at least 13 of the 17 are.
    assert table.index[table["possible"]].tolist() == [12, 13, 14, 15, 16, 17]
    assert table.loc[18, "p_at_most"] == 0
    # n p (1 - p) (N - n) / (N - 1) with p = 15/22.
    assert table.loc[15, "std_dev"] == pytest.approx(np.sqrt(17 * 15 / 22 * 7 / 22 * 5 / 21))
    whole = chance_overlap(22, 17, 17, [22]).iloc[0]
    assert (whole["low"], whole["high"], whole["p_exactly"]) == (17, 17, 1)


# --- Refusals ---------------------------------------------------------------------------------------------------


def test_bad_cases_are_refused() -> None:
    cases = simulated_cases(1, 0.0)
    for bad, said in (
        (cases.drop(columns="stratum"), "'stratum' is not in the table"),
        (cases.assign(cases=0), "at least 1"),
        (cases.assign(cases=1.5), "whole numbers"),
        (cases.assign(group="one"), "one group only"),
        (cases.assign(category=cases["category"].where(cases.index > 0)), "misses 1 of"),
    ):
        with pytest.raises(ParameterError, match=said):
            overlap_test(bad, draws=99, seed=1)
    with pytest.raises(ParameterError, match="'bray' is unknown"):
        overlap_matrix([[1, 2], [2, 1]], "bray")
    with pytest.raises(ParameterError, match="zero or more"):
        overlap_matrix([[1, -2], [2, 1]], "cosine")
    with pytest.raises(ParameterError, match="too few for a p-value"):
        overlap_test(cases, draws=10, seed=1)
    with pytest.raises(ParameterError, match="does not fit"):
        chance_overlap(22, 17, 18, [12])
    with pytest.raises(ParameterError, match="population of 22"):
        chance_overlap(22, 17, 12, [23])
