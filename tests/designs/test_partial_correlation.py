"""Partial correlation against formula, residuals, a published answer and resamples ranked one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crimjust_research.designs.resampling.partial_correlation import (
    midranks,
    partial_correlation,
    percentile_test,
    resampled_partial_ranks,
)


def panel(seed: int) -> pd.DataFrame:
    """25 units of six rows; x and y share z, and a little else."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(25), 6)
    z, own = rng.normal(size=150), rng.normal(size=150)
    x, y = z + own + rng.normal(size=150), z + 0.5 * own + rng.normal(size=150)
    return pd.DataFrame({"unit": unit, "x": np.exp(x), "y": np.exp(y), "z": np.exp(z), "w": rng.normal(size=150)})


def by_formula(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    (_, xy, xz), (_, _, yz) = np.corrcoef([x, y, z])[:2]
    return float((xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2)))


def test_partial_correlation_by_formula_and_by_residuals() -> None:
    ranks = panel(1)[["x", "y", "z", "w"]].rank().assign(unit=panel(1)["unit"])
    found = partial_correlation(ranks, "x", "y", ["z"], unit="unit", draws=199, seed=1)
    x, y, z, w = (ranks[name].to_numpy() for name in "xyzw")
    assert found.correlation == pytest.approx(by_formula(x, y, z))
    assert (found.n_obs, found.n_units) == (150, 25)
    assert found.ci_low < found.correlation < found.ci_high
    two = partial_correlation(ranks, "x", "y", ["z", "w"], unit="unit", draws=199, seed=1)
    design = np.column_stack([np.ones(150), z, w])
    left = [v - design @ np.linalg.lstsq(design, v)[0] for v in (x, y)]
    assert two.correlation == pytest.approx(np.corrcoef(left)[0, 1])
    assert np.corrcoef(two.x_left, two.residual)[0, 1] == pytest.approx(0, abs=1e-12)
    # The other way round it is the same correlation.
    turned = partial_correlation(ranks, "y", "x", ["z"], unit="unit", draws=199, seed=1)
    assert turned.correlation == pytest.approx(found.correlation)


def test_published_crops_of_hay() -> None:
    """Hooker (1907), in Kendall and Stuart, The Advanced Theory of Statistics, volume 2: crops, rain and warmth in spring."""
    between = np.array([[1, 0.80, -0.40], [0.80, 1, -0.56], [-0.40, -0.56, 1]])
    noise = np.random.default_rng(4).normal(size=(20, 3))
    basis = np.linalg.qr(noise - noise.mean(axis=0))[0]
    hay = pd.DataFrame(basis @ np.linalg.cholesky(between).T, columns=["crop", "rain", "warmth"]).assign(year=range(20))
    answers = {("crop", "rain", "warmth"): 0.759, ("crop", "warmth", "rain"): 0.097, ("rain", "warmth", "crop"): -0.436}
    for (x, y, z), answer in answers.items():
        found = partial_correlation(hay, x, y, [z], unit="year", draws=99, seed=1)
        assert round(found.correlation, 3) == answer


def test_clustered_error_is_that_of_the_slope() -> None:
    frame = panel(2)
    found = partial_correlation(frame, "x", "y", ["z"], unit="unit", draws=199, seed=1)
    scores = pd.Series(found.x_left * (found.y_left - found.correlation * found.x_left)).groupby(frame["unit"]).sum()
    assert found.std_error == pytest.approx(np.sqrt(np.sum(scores**2)) / 150)


def test_resampled_units_are_ranked_anew() -> None:
    """The spread of resamples taken with the code under test is that of resamples built row by row with scipy's ranks."""
    frame = panel(3)
    drawn = resampled_partial_ranks(frame["x"], frame["y"], frame["z"], frame["unit"], draws=2000, seed=1)
    rng = np.random.default_rng(2)
    rows = frame.groupby("unit").indices
    by_hand = []
    for _ in range(600):
        taken = frame.iloc[np.concatenate([rows[g] for g in rng.integers(25, size=25)])]
        by_hand.append(by_formula(*(stats.rankdata(taken[name]) for name in "xyz")))
    assert drawn.mean() == pytest.approx(np.mean(by_hand), abs=4 * np.std(by_hand) / np.sqrt(600))
    assert drawn.std() == pytest.approx(np.std(by_hand), rel=0.12)


def test_a_percentile_test_counts_the_smaller_tail() -> None:
    found = percentile_test(np.array([-1.0, 1, 2, 3, 4, 5, 6, 7, 8]), 0.05)
    assert found["p_value"] == 2 * 2 / 10
    assert found["ci_low"] == pytest.approx(np.quantile([-1, 1, 2, 3, 4, 5, 6, 7, 8], 0.025))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=12))
def test_weighted_ranks_are_ranks_of_repeated_values(pairs: list[tuple[int, int]]) -> None:
    values, times = np.array(pairs, dtype=float).T
    ranks = midranks(values, times[None, :])[0]
    repeated = np.repeat(values, times.astype(int))
    if repeated.size:
        assert np.repeat(ranks, times.astype(int)) == pytest.approx(stats.rankdata(repeated))
