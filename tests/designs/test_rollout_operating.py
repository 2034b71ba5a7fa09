"""What estimators of a roll-out's effect do on a panel: published sizes, and each estimator as it is by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crimjust_research.designs.rollout.covariance import autoregressive
from crimjust_research.designs.rollout.layout import effect_cells
from crimjust_research.designs.rollout.operating import (
    Trial,
    autoregression,
    averages,
    by_chance,
    characteristics,
    detectable,
    fading,
    permutation,
    trial,
    two_way,
    within_spread,
)
from crimjust_research.designs.rollout.permutation import (
    Reassignments,
    reassignments,
    rejection_rates,
    simulated_panels,
)
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.timing.randomisation import randomisation_test
from crimjust_research.errors import ParameterError

PHASE = np.repeat(np.arange(4), [3, 4, 3, 4])
STARTS = np.array([3.0, 4, 6, np.inf])[PHASE]
GROWING = (0.5, 1.0)


def tried(effect: float = 1.0, path: tuple[float, ...] = (1.0,), gaps: float = 0.1) -> Trial:
    rng = np.random.default_rng(8)
    panel = rng.normal(size=(14, 9)).cumsum(axis=1)
    panel[rng.random((14, 9)) < gaps] = np.nan
    return trial(panel, reassignments(STARTS, phase=PHASE), effect, path=path, phase=PHASE)


def long_form(one: Trial, number: int) -> pd.DataFrame:
    """The panel with its effect under one assignment, a row per observed cell."""
    unit, time = np.nonzero(one.observed)
    first = one.starts[number, unit]
    outcome = (one.outcomes + one.put_in[number])[unit, time]
    never = np.where(np.isfinite(first), first, np.nan)
    return pd.DataFrame({"unit": unit, "time": time + 1, "outcome": outcome, "first_treated": never + 1})


# --- Published sizes --------------------------------------------------------------------------------------------


def test_sizes_of_griffin_and_others(published: Callable[[str], pd.DataFrame]) -> None:
    """Two-way effects reject a law that did nothing .76, .15, .07, .05 of the time, the autoregression about .04."""
    outcomes = published("opioid_deaths/rates").set_index("state").to_numpy()
    answers = published("opioid_deaths/answers").set_index("n_treated")
    rng = np.random.default_rng(7)
    for n_treated, known in answers.iterrows():
        first = np.full((1_000, 49), np.inf)
        for row in first:
            row[rng.choice(49, n_treated, replace=False)] = rng.integers(3, 15, size=n_treated)
        one = trial(outcomes, Reassignments(first, False), 1.0)
        for fits, name in ((two_way, "two_way"), (autoregression, "autoregression")):
            size = np.mean(fits(one, np.zeros_like(one.put_in)).p_value <= 0.05)
            # Both are of 1,000 draws.
            assert size == pytest.approx(known[name], abs=3 * np.sqrt(2 * known[name] * (1 - known[name]) / 1_000))


# --- Each estimator ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [(1.0,), GROWING], ids=["at once", "growing"])
def test_autoregression_is_least_squares(path: tuple[float, ...]) -> None:
    one = tried(path=path)
    made = autoregression(one, one.put_in)
    for number in (0, 7, 23):
        y = one.outcomes + one.put_in[number]
        unit, t = np.nonzero(np.isfinite(y[:, 1:]) & np.isfinite(y[:, :-1]))
        change = one.treated[number][unit, t + 1] - one.treated[number][unit, t]
        periods = (t[:, None] == np.arange(8)).astype(float)
        fit = sm.OLS(y[unit, t + 1], np.column_stack([change, y[unit, t], periods])).fit()
        assert made.estimate[number] == pytest.approx(fit.params[0])
        assert made.p_value[number] == pytest.approx(fit.pvalues[0])
        low, high = fit.conf_int()[0]
        assert made.covers[number] == (low <= one.average(one.put_in)[number] <= high)


@pytest.mark.parametrize("path", [(1.0,), GROWING], ids=["at once", "growing"])
def test_averages_are_those_of_group_time_effects(path: tuple[float, ...]) -> None:
    one = tried(path=path, gaps=0.0)
    made = averages(one, one.put_in)
    for number in (0, 11):
        effects = group_time_effects(long_form(one, number), Timing("treated"), controls="not yet treated")
        by_hand = aggregate(effects, "simple").overall
        assert made.estimate[number] == pytest.approx(by_hand["estimate"])
        assert made.p_value[number] == pytest.approx(by_hand["p_value"], rel=1e-6)


def test_permutation_is_the_randomisation_test() -> None:
    one = tried(path=GROWING)
    made = permutation(one, one.put_in)
    for number in (0, 5):
        others = np.roll(one.starts, -number, axis=0)
        by_hand = randomisation_test(one.outcomes + one.put_in[number], others, one.periods, exact=True)
        assert made.estimate[number] == pytest.approx(by_hand.estimate)
        assert made.p_value[number] == pytest.approx(by_hand.p_value)
        truth = one.average(one.put_in)[number]
        assert made.covers[number] == (by_hand.ci_low <= truth <= by_hand.ci_high)


def test_average_effect_is_that_of_treated_cells_seen() -> None:
    one = tried(effect=2.0, path=GROWING)
    cells = 2.0 * effect_cells(one.starts[3], 9, GROWING)
    seen = one.observed & (cells > 0)
    assert one.average(one.put_in)[3] == pytest.approx(cells[seen].mean())


# --- Together ---------------------------------------------------------------------------------------------------


def test_characteristics_on_series_that_share_nothing() -> None:
    """An effect in all treated cells alike is found without bias, and intervals hold it as often as the test does not reject."""
    phase = np.repeat(np.arange(6), 5)
    panel = simulated_panels(np.eye(12), 30, 1, 3)[0]
    one = trial(panel, reassignments(np.arange(3.0, 9)[phase], phase=phase), 0.8, phase=phase)
    rows = {row.estimator: row for row in characteristics(one)}
    assert list(rows) == [
        "two-way fixed effects, clustered by unit",
        "two-way fixed effects, clustered by phase",
        "first-order autoregression",
        "group-time averages",
        "permutation of the starts",
    ]
    exact = rows["permutation of the starts"]
    assert exact.size == pytest.approx(0.05)
    assert exact.coverage == pytest.approx(0.95)
    assert (one.exact, one.least_p, exact.n) == (True, pytest.approx(1 / 720), 720)
    assert exact.monte_carlo_error(0.05) == pytest.approx(np.sqrt(0.05 * 0.95 / 720))
    for name, row in rows.items():
        assert row.size < 0.2
        assert row.power > 0.3
        # Where outcomes do not last, those of the period before say nothing of a unit, and a lasting effect is no change.
        assert row.bias < -0.2 if name == "first-order autoregression" else abs(row.bias) < 0.05
    lasting = simulated_panels(np.tril(np.ones((12, 12))) @ np.triu(np.ones((12, 12))), 30, 1, 3)[0]
    one = trial(lasting, reassignments(np.arange(3.0, 9)[phase], phase=phase), 0.8)
    found = autoregression(one, one.put_in).estimate
    assert found.mean() == pytest.approx(0.8, abs=0.05)
    two = rows["two-way fixed effects, clustered by unit"]
    assert two.coverage == pytest.approx(1 - two.size)
    assert (two.bias, two.error) == (pytest.approx(exact.bias, abs=1e-9), pytest.approx(exact.error))
    by_unit = trial(panel, reassignments(np.arange(3.0, 9)[phase], draws=199, seed=2), 0.8)
    assert [row.n for row in characteristics(by_unit)] == [200] * 4


def test_an_effect_that_grows_is_missed_in_part() -> None:
    one = tried(effect=3.0, path=(0.0, 0.0, 1.0), gaps=0.0)
    for row in characteristics(one):
        assert row.bias < 0, row


def test_spread_is_that_about_unit_and_period_means() -> None:
    panel = np.add.outer(np.arange(5.0), np.arange(4.0) ** 2)
    assert within_spread(panel) == 0
    noise = np.random.default_rng(1).normal(size=(400, 30))
    assert within_spread(noise + np.arange(30)) == pytest.approx(1, abs=0.03)
    noise[np.random.default_rng(2).random(noise.shape) < 0.2] = np.nan
    assert within_spread(noise) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.8])
def test_memory_is_found_in_short_panels_with_gaps(decay: float) -> None:
    """Deviations from the mean of eight periods alone would halve a correlation of one half."""
    panel = 3 * simulated_panels(autoregressive(8, decay), 3_000, 1, 4)[0]
    panel += np.random.default_rng(1).normal(size=(3_000, 1)) * 20 + np.arange(8)
    panel[np.random.default_rng(2).random(panel.shape) < 0.1] = np.nan
    found = fading(panel)
    assert found.decay == pytest.approx(decay, abs=0.04)
    assert found.variance == pytest.approx(9, rel=0.12)


def test_memory_without_end_is_bounded() -> None:
    walks = np.random.default_rng(5).normal(size=(200, 10)).cumsum(axis=1)
    assert fading(walks).decay > 0.95
    alternate = np.where(np.arange(8) % 2, np.nan, walks[:, :8])
    with pytest.raises(ParameterError, match="two periods that follow each other"):
        fading(alternate)


def test_a_sound_test_stays_within_what_is_laid_to_chance() -> None:
    rng = np.random.default_rng(5)
    panel = rng.normal(size=(8, 6))
    starts = np.array([2, 2, 3, 3, 4, 4, 5, 5.0])
    by_phase = trial(panel, reassignments(starts, phase=np.repeat(range(4), 2)), 1.0)
    # By hand: of 24 draws of one in twenty, three or fewer come in 97.0 of 100, four or fewer in 99.4: the first above 97.5.
    few = np.cumsum([comb(24, k) * 0.05**k * 0.95 ** (24 - k) for k in range(25)])
    assert by_chance(by_phase) == pytest.approx(int(np.argmax(few >= 0.975)) / 24)
    # Two orders that mirror each other are one: nothing is told by it.
    halves = trial(panel, reassignments(np.repeat([2.0, 4.0], 4), phase=np.repeat([0, 1], 4)), 1.0)
    assert by_chance(halves) == 1


def test_detectable_is_where_the_power_curve_reaches_it() -> None:
    panel = simulated_panels(autoregressive(10, 0.5), 24, 1, 6)
    phase = np.repeat(np.arange(6), 4)
    reassigned = reassignments(np.arange(2.0, 8)[phase], phase=phase)
    one = trial(panel[0], reassigned, 0.5, path=GROWING)
    multiple = detectable(one)
    below, at = rejection_rates(panel, reassigned, [0.5 * multiple * 0.99, 0.5 * multiple], path=GROWING).rates
    assert below < 0.8 <= at
    hopeless = trial(panel[0, :6], reassignments([2.0, 2, 2, 5, 5, 5]), 1.0)
    assert detectable(hopeless) == np.inf
    with pytest.raises(ParameterError, match="above the level"):
        detectable(one, 0.04)


def test_panels_that_tell_nothing_are_refused() -> None:
    reassigned = reassignments([2.0, 3, np.inf])
    panel = np.random.default_rng(1).normal(size=(3, 6))
    with pytest.raises(ParameterError, match="not zero"):
        trial(panel, reassigned, 0.0)
    with pytest.raises(ParameterError, match="3 units by periods"):
        trial(panel[:2], reassigned, 1.0)
    with pytest.raises(ParameterError, match="nothing varies"):
        trial(np.zeros((3, 6)), reassigned, 1.0)
    with pytest.raises(ParameterError, match="infinite or too large"):
        trial(panel * np.inf, reassigned, 1.0)
    seldom = panel.copy()
    seldom[0, 1:] = np.nan
    with pytest.raises(ParameterError, match=r"give [0-9,]+ draws at most"):
        trial(panel, Reassignments(np.tile([2.0, 3, np.inf], (1_200_000, 1)), False), 1.0)
    with pytest.raises(ParameterError, match="observed less than twice"):
        trial(seldom, reassigned, 1.0)
