"""Breaks in slope: dates planted and found, against brute force, how often none is found where there is none, coverage."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.series import slopes
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.slopes import PERSISTENCE, Search, autoregressive, sets_of_dates, slope_breaks
from crimjust_research.errors import ParameterError

MONTHS = pd.period_range("2018-10", periods=75, freq="M")
TERMS = deterministic_terms(MONTHS, trend=True, seasonal=True).to_numpy()
TIME = np.arange(75.0)


def bent(*breaks: tuple[int, float], slope: float = 0.03) -> np.ndarray:
    return np.asarray(slope * TIME + sum(change * np.maximum(TIME - at, 0) for at, change in breaks))


def monthly(values: np.ndarray) -> pd.Series:  # type: ignore[type-arg]
    return pd.Series(values, MONTHS, name="deaths")


def test_two_planted_breaks_are_dated_and_sized_around_a_season() -> None:
    season = 0.3 * np.sin(2 * np.pi * MONTHS.month.to_numpy() / 12)
    noise = 0.03 * np.random.default_rng(2).normal(size=75)
    found = slope_breaks(monthly(bent((25, -0.05), (55, -0.04)) + season + noise), seasonal=True)
    assert found.n_breaks == 2
    for row, at in zip(found.breaks.to_dict("records"), (25, 55), strict=True):
        assert abs((row["at"] - MONTHS[at]).n) <= 1
        assert row["ci_low"] <= MONTHS[at] <= row["ci_high"]
    assert found.breaks["slope_before"].tolist() == pytest.approx([0.03, -0.02], abs=0.004)
    assert found.breaks["slope_after"].tolist() == pytest.approx([-0.02, -0.06], abs=0.004)
    assert np.abs(found.trend - bent((25, -0.05), (55, -0.04)) - season.mean()).max() < 0.05


def test_the_search_is_that_of_brute_force() -> None:
    y = np.random.default_rng(7).normal(size=75).cumsum()
    sets = sets_of_dates(75, 2, 11)
    assert len(sets) == sum(b - a >= 11 for a, b in combinations(range(10, 64), 2))
    deviance, place = Search(TERMS, sets).deviance(y[:, None])
    for number in (0, 300, 700, len(sets) - 1):
        design = np.column_stack([TERMS, *(np.maximum(TIME - at, 0) for at in sets[number])])
        each = []
        for r in PERSISTENCE:
            # Any factor of the inverse of a stationary autoregression's correlation matrix whitens as well.
            root = np.eye(75) - r * np.eye(75, k=-1)
            root[0, 0] = np.sqrt(1 - r**2)
            x, z = root @ design, root @ y
            each.append(75 * np.log(np.sum((z - x @ np.linalg.lstsq(x, z, rcond=None)[0]) ** 2)))
        assert deviance[number, 0] == pytest.approx(min(each))
        assert place[number, 0] == int(np.argmin(each))


def test_a_walk_with_drift_that_turns_is_fitted_in_changes() -> None:
    steps = 0.05 * np.random.default_rng(3).normal(size=75) + np.where(TIME > 40, -0.15, 0.1)
    found = slope_breaks(monthly(steps.cumsum()), max_breaks=1)
    assert abs((found.breaks["at"][0] - MONTHS[40]).n) <= 2
    assert found.trend.mean() == pytest.approx(steps.cumsum().mean(), abs=0.3)


def test_scale_and_level_change_nothing_but_units() -> None:
    y = bent((40, -0.06)) + 0.05 * np.random.default_rng(1).normal(size=75)
    one, other = (slope_breaks(monthly(z), draws=99) for z in (y, 5 - 100 * y))
    assert one.breaks[["at", "ci_low", "ci_high"]].equals(other.breaks[["at", "ci_low", "ci_high"]])
    np.testing.assert_allclose(other.breaks["slope_after"], -100 * one.breaks["slope_after"])
    np.testing.assert_allclose(other.trend, 5 - 100 * one.trend)


@pytest.mark.parametrize(("persistence", "at_most"), [(0.0, 0.05), (0.5, 0.16), (0.9, 0.48)])
def test_where_no_slope_breaks_none_is_found_but_by_chance(persistence: float, at_most: float) -> None:
    """Upper ends are three Monte Carlo errors above what 400 samples gave: 2, 9 and 37 %."""
    samples = autoregressive(75, persistence, 200, np.random.default_rng(5))
    sets = [sets_of_dates(75, number, 11) for number in (0, 1, 2)]
    price = slopes.PER_BREAK * np.log(75) * np.arange(3)[:, None]
    criterion = np.array([Search(TERMS, s).deviance(samples)[0].min(axis=0) for s in sets]) + price
    assert np.mean(criterion.argmin(axis=0) > 0) <= at_most


def test_intervals_cover_the_month_of_a_break() -> None:
    rng = np.random.default_rng(8)
    held, found = [], 0
    for _ in range(120):
        errors = 0.06 * autoregressive(75, 0.5, 1, rng)[:, 0]
        fit = slope_breaks(monthly(bent((45, -0.05)) + errors), max_breaks=1, draws=199)
        found += fit.n_breaks
        if fit.n_breaks:
            held.append(fit.breaks["ci_low"][0] <= MONTHS[45] <= fit.breaks["ci_high"][0])
    assert found >= 110
    # 95 % less three Monte Carlo errors of 2 points.
    assert np.mean(held) >= 0.89


def test_refusals_name_the_fault() -> None:
    y = bent((40, -0.06)) + 0.05 * np.random.default_rng(1).normal(size=75)
    with pytest.raises(ParameterError, match="give 1 to 3"):
        slope_breaks(monthly(y), max_breaks=4)
    with pytest.raises(ParameterError, match="at least 40 are needed"):
        slope_breaks(monthly(y).iloc[:30])
    with pytest.raises(ParameterError, match="2018-12"):
        slope_breaks(monthly(y).mask(pd.Period("2018-12") == MONTHS))
    with pytest.raises(ParameterError, match="broken line without noise"):
        slope_breaks(monthly(bent((40, -0.06))))
    with pytest.raises(ParameterError, match="hold no 3 breaks"):
        sets_of_dates(40, 3, 11)
