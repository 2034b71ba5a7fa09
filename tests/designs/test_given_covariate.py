"""The studentised test beside a covariate: slopes by brute force, influences against the batched errors, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.timing.given_covariate import averages_given, slopes, studentised_test_given
from crimjust_research.designs.timing.influence import influences
from crimjust_research.designs.timing.randomisation import shuffled_assignments
from crimjust_research.designs.timing.statistics import Controls
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.errors import ParameterError

PERIODS = np.arange(1.0, 9.0)
DATES = np.array([4, 4, 6, 6, 6, *[np.inf] * 7])


def scores(seed: int, gaps: bool = False) -> np.ndarray:
    """(12, 8) random walks; with gaps, three units are not always observed."""
    made = np.random.default_rng(seed).normal(size=(12, 8)).cumsum(axis=1)
    if gaps:
        made[9, :5], made[10, 5:], made[11, 2:4] = np.nan, np.nan, np.nan
    return made


def covariate(changing: tuple[int, ...] = (0, 2, 3, 6, 7, 8, 10)) -> np.ndarray:
    """(12, 8) something at work in some units from some period on, never before the third."""
    found = np.zeros((12, 8))
    for place, unit in enumerate(changing):
        found[unit, 2 + place % 5 :] = 1 + place % 2
    return found


def with_dummies(outcomes: np.ndarray, dates: np.ndarray, unclear: int, without: int | None = None) -> float:
    """The slope from one regression on all dummies."""
    clear = np.isfinite(outcomes) & (dates[:, None] - unclear > PERIODS)
    if without is not None:
        clear[without] = False
    unit, period = np.nonzero(clear)
    dummies = np.hstack([unit[:, None] == np.unique(unit), period[:, None] == np.unique(period)])
    return float(np.linalg.lstsq(np.column_stack([covariate()[clear], dummies]), outcomes[clear], rcond=None)[0][0])


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("unclear", [0, 1])
def test_slopes_are_those_of_regressions_with_and_without_each_unit(gaps: bool, unclear: int) -> None:
    outcomes = np.stack([scores(seed, gaps) for seed in (1, 2)])
    assignments = shuffled_assignments(DATES, 99, seed=3)[:4]
    found = slopes(outcomes, covariate(), assignments, PERIODS, unclear)
    for a, dates in enumerate(assignments):
        for s in range(2):
            whole = with_dummies(outcomes[s], dates, unclear)
            assert found.estimate[a, s] == pytest.approx(whole, abs=1e-10)
            without = [whole - with_dummies(outcomes[s], dates, unclear, unit) for unit in range(12)]
            np.testing.assert_allclose(found.moved[a, s], without, atol=1e-10)


@pytest.mark.parametrize("controls", ["never treated", "not yet treated"])
@pytest.mark.parametrize("unclear", [0, 1])
@pytest.mark.parametrize("gaps", [False, True])
def test_influences_give_the_errors_of_the_batched_averages(controls: Controls, unclear: int, gaps: bool) -> None:
    outcomes = np.stack([scores(seed, gaps) for seed in (1, 2)])
    assignments = shuffled_assignments(DATES, 99, seed=3)
    batched = studentised_averages(outcomes, assignments, PERIODS, controls=controls, unclear=unclear)
    estimate, moved = influences(outcomes, assignments, PERIODS, controls=controls, unclear=unclear)
    np.testing.assert_allclose(estimate, batched.estimate, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(np.sum(moved**2, axis=2)), batched.std_error, atol=1e-12)


def test_the_error_is_that_of_the_average_and_of_the_slope_together() -> None:
    outcomes, dates = scores(1), DATES[None]
    found = averages_given(outcomes[None], covariate(), dates, PERIODS)
    slope = with_dummies(outcomes, DATES, 0)
    average, moved = influences(np.stack([outcomes - slope * covariate(), covariate()]), dates, PERIODS)
    assert found.estimate[0, 0] == pytest.approx(average[0, 0], abs=1e-12)
    each = [moved[0, 0, i] - average[0, 1] * (slope - with_dummies(outcomes, DATES, 0, i)) for i in range(12)]
    assert found.std_error[0, 0] == pytest.approx(np.sqrt(np.sum(np.square(each))), abs=1e-10)


def test_what_the_covariate_adds_is_taken_off_whatever_it_is() -> None:
    assignments = shuffled_assignments(DATES, 199, seed=3)
    plain = studentised_test_given(scores(1, True), covariate(), assignments, PERIODS)
    more = studentised_test_given(scores(1, True) + 3 * covariate(), covariate(), assignments, PERIODS)
    assert more.slope - plain.slope == pytest.approx(3)
    assert more.slope_error == pytest.approx(plain.slope_error)
    assert more.test.p_value == plain.test.p_value
    np.testing.assert_allclose(more.test.null, plain.test.null, atol=1e-10)


def test_taking_an_effect_off_is_testing_what_is_left() -> None:
    assignments = shuffled_assignments(DATES, 199, seed=3)
    whole = studentised_test_given(scores(1, True), covariate(), assignments, PERIODS).test
    taken = scores(1, True) - 0.7 * treated_cells(DATES, PERIODS)
    left = studentised_test_given(taken, covariate(), assignments, PERIODS).test
    np.testing.assert_allclose(whole.t(np.array([0.7]))[0], left.t(np.zeros(1))[0], atol=1e-8)


@pytest.mark.parametrize(
    ("changing", "message"),
    [((), "changes in no untreated unit"), ((7,), "rests on a single unit")],
)
def test_a_slope_that_nothing_or_one_unit_tells_is_refused(changing: tuple[int, ...], message: str) -> None:
    # What begins with treatment in the treated tells nothing of itself.
    along = covariate(changing) + treated_cells(DATES, PERIODS)
    with pytest.raises(ParameterError, match=message):
        studentised_test_given(scores(1), along, shuffled_assignments(DATES, 99, seed=3), PERIODS)
