"""The wild bootstrap of scores against all sign vectors worked out one by one, and by simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from crimjust_research.designs.arrays import TIE
from crimjust_research.designs.resampling.wild_scores import (
    Signs,
    WildScores,
    by_cluster,
    members,
    p_values,
    rejected,
    signs,
)
from crimjust_research.errors import ParameterError


def five_units() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regressor, response and unit of 14 rows."""
    rng = np.random.default_rng(7)
    code = np.repeat(np.arange(5), [1, 2, 3, 4, 4])
    x = rng.normal(size=14) + rng.normal(size=5)[code]
    return x, 0.6 * x + rng.normal(size=14) + 0.5 * rng.normal(size=5)[code], code


def scores_of(x: np.ndarray, y: np.ndarray, code: np.ndarray, draws: int, seed: int = 1) -> WildScores:
    member = members(code)
    return WildScores(by_cluster(x * y, member), by_cluster(x**2, member), signs(code.max() + 1, draws, seed))


def clustered_t(x: np.ndarray, y: np.ndarray, code: np.ndarray, value: float) -> float:
    slope = x @ y / (x @ x)
    residual = y - slope * x
    meat = sum(float(np.sum((x * residual)[code == g])) ** 2 for g in range(code.max() + 1))
    return float((slope - value) * (x @ x) / np.sqrt(meat))


@pytest.mark.parametrize("value", [-0.5, 0.0, 0.3, 1.0])
def test_p_is_that_of_all_sign_vectors_regressed_one_by_one(value: float) -> None:
    """Every response is built under the null, regressed anew, and its t compared."""
    x, y, code = five_units()
    observed = abs(clustered_t(x, y, code, value))
    drawn = [
        abs(clustered_t(x, value * x + np.array(w)[code] * (y - value * x), code, value))
        for w in product([-1.0, 1.0], repeat=5)
    ]
    found = scores_of(x, y, code, draws=99)
    assert found.signs.exact
    assert found.slope == pytest.approx(x @ y / (x @ x))
    assert found.p_value(value) == np.mean(np.array(drawn) >= observed * (1 - 1e-9))
    assert found.signs.smallest_p == 2 / 32


def test_draws_of_signs_come_near_all_of_them() -> None:
    rng = np.random.default_rng(3)
    code = np.repeat(np.arange(9), 4)
    x = rng.normal(size=36)
    y = 0.3 * x + rng.normal(size=36)
    every, drawn = scores_of(x, y, code, 512), scores_of(x, y, code, 511)
    assert (every.signs.exact, drawn.signs.exact) == (True, False)
    more = WildScores(drawn.products, drawn.squares, signs(12, 4000, 2))
    many = WildScores(drawn.products, drawn.squares, type(more.signs)(more.signs.values[:, :9], False))
    # Monte Carlo error of a share at 4,000 draws is at most 0.008; four of them.
    assert many.p_value() == pytest.approx(every.p_value(), abs=0.032)


def test_interval_and_equivalence_invert_the_test() -> None:
    rng = np.random.default_rng(5)
    code = np.repeat(np.arange(30), 3)
    x = rng.normal(size=90)
    found = scores_of(x, 0.2 * x + rng.normal(size=90), code, 999)
    low, high = found.interval(0.1)
    for end, outward in ((low, -1), (high, 1)):
        assert found.p_value(end - outward * 1e-6) > 0.1
        assert found.p_value(end + outward * 1e-6) <= 0.1
    # Shown to lie within a margin at 5 % where the interval of 90 % does.
    beyond = max(-low, high)
    assert found.equivalence_p(beyond + 1e-6) <= 0.05
    assert found.equivalence_p(beyond - 1e-6) > 0.05
    assert found.equivalence_p(abs(found.slope) / 2) > 0.5
    with pytest.raises(ParameterError, match="size is -1; give a number above zero"):
        found.equivalence_p(-1)


def test_few_clusters_have_no_limit() -> None:
    x, y, code = five_units()
    assert scores_of(x, y, code, 99).interval(0.05) == (-np.inf, np.inf)
    assert np.isfinite(scores_of(x, y, code, 99).interval(0.2)).all()


def test_many_samples_at_once_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(6)
    scores, squares = rng.normal(size=(40, 12)), rng.uniform(0.5, 2, size=(40, 12))
    drawn = signs(12, 299, 4)
    one_by_one = [p_values(s[None], h[None], drawn)[0] for s, h in zip(scores, squares, strict=True)]
    assert p_values(scores, squares, drawn).tolist() == one_by_one


def plain_p_values(scores: np.ndarray, squares: np.ndarray, drawn: Signs) -> np.ndarray:
    """Every squared t worked out as a slope over its variance, the smallest variance one of rounding."""

    def squared_t(sign: np.ndarray) -> np.ndarray:
        top, own = scores @ sign.T, np.sum(scores**2, axis=1, keepdims=True)
        slope = top / squares.sum(axis=1, keepdims=True)
        crossed = (scores * squares) @ sign.T
        variance = own - 2 * slope * crossed + slope**2 * np.sum(squares**2, axis=1, keepdims=True)
        return top**2 / np.maximum(variance, TIE * own + np.finfo(np.float64).tiny)

    observed = squared_t(np.ones((1, scores.shape[1])))
    count = np.sum(squared_t(drawn.values) >= observed * (1 - TIE), axis=1)
    return count / len(drawn.values) if drawn.exact else (1 + count) / (1 + len(drawn.values))


@pytest.mark.parametrize(("clusters", "draws"), [(6, 99), (30, 1999)])
def test_p_and_rejections_are_those_of_every_squared_t(clusters: int, draws: int) -> None:
    """Also of samples without scores, and of scores that are the slope itself."""
    rng = np.random.default_rng(11)
    squares = rng.uniform(0.1, 3, size=(60, clusters))
    scores = rng.normal(size=(60, clusters)) + 0.5 * squares
    scores[0], scores[1] = 0, -2 * squares[1]
    drawn = signs(clusters, draws, 5)
    plain = plain_p_values(scores, squares, drawn)
    assert p_values(scores, squares, drawn).tolist() == plain.tolist()
    assert plain[0] == 1
    for level in (0.01, 0.05, 0.5):
        assert 0 < (plain <= level).sum() < 60 or level == 0.01
        assert rejected(scores, squares, drawn, level).tolist() == (plain <= level).tolist()
    one = WildScores(scores[2], squares[2], drawn)
    for value in (-1.0, 0.0, 0.4, 30.0):
        left = (scores[2] - value * squares[2])[None]
        assert one.p_value(value) == plain_p_values(left, squares[2:3], drawn)[0]


def unequal_units(correlation: float, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x and y (samples, n) of 40 units with 1 to 6 rows, a third of the variance lasting in each unit; unit (n,)."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(40), np.resize([1, 1, 2, 3, 6], 40))
    pair = np.sqrt(1 / 3) * rng.normal(size=(2, samples, 40))[:, :, code]
    pair += np.sqrt(2 / 3) * rng.normal(size=(2, samples, code.size))
    x, y = pair[0], correlation * pair[0] + np.sqrt(1 - correlation**2) * pair[1]
    return x, y, code


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_size_and_coverage_with_unequal_units(correlation: float) -> None:
    """The true correlation is rejected at 5 % in 5 % of samples, standardised as in use; rows as if independent in more."""
    x, y, code = unequal_units(correlation, 2000, seed=8)
    x, y = ((v - v.mean(1, keepdims=True)) / v.std(1, keepdims=True) for v in (x, y))
    member = members(code)
    squares = by_cluster(x**2, member)
    p = p_values(by_cluster(x * y, member) - correlation * squares, squares, signs(40, 399, 9))
    # Three Monte Carlo errors of 2,000 samples are 1.5 points.
    assert 0.035 <= np.mean(p <= 0.05) <= 0.065
