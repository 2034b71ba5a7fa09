"""The status of an indicator in a year, by cases worked out by hand."""

import math

import pytest

from crimjust_research.evidence import progress
from crimjust_research.evidence.progress import Goal, Seen, expected, status

# A score of 0.40 in 2021, to be 0.60 by 2026: the line stands at 0.44 in 2022, 0.48 in 2023 and 0.52 in 2024.
BEFORE = Seen(2021, 0.40, 0.35, 0.45)
GOAL = Goal(2026, 0.60)


def test_the_line_is_straight_and_stands_still_at_the_target() -> None:
    assert expected(2023, BEFORE, GOAL) == pytest.approx(0.48)
    assert [expected(year, BEFORE, GOAL) for year in (2026, 2030)] == [0.60, 0.60]
    assert expected(2022, BEFORE, Goal(2021, 0.7)) == 0.7  # nothing lies between them


@pytest.mark.parametrize(
    ("now", "goal", "told"),
    [
        (Seen(2024, math.nan), GOAL, "no figure"),
        (Seen(2024, 0.60), GOAL, "reached"),
        (Seen(2024, 0.62, 0.58, 0.66), GOAL, "on track"),  # 0.60 lies within; the line, at 0.52, does not
        (Seen(2024, 0.64, 0.60, 0.68), GOAL, "reached"),
        (Seen(2026, 0.62, 0.58, 0.66), GOAL, "not told apart from the target"),
        (Seen(2024, 0.49, 0.45, 0.53), GOAL, "not told apart from the line to the target"),  # 0.52 lies within
        (Seen(2024, 0.40, 0.10, 0.70), GOAL, "not told apart from the line to the target"),  # nothing moved
        (Seen(2024, 0.47, 0.43, 0.51), GOAL, "behind"),
        (Seen(2024, 0.54, 0.53, 0.55), GOAL, "on track"),  # ahead of the line
        (Seen(2024, 0.50), GOAL, "behind"),  # counted in full: as it is
        (Seen(2024, 0.52), GOAL, "on track"),
        (Seen(2026, 0.58, 0.55, 0.61), GOAL, "not told apart from the target"),
        (Seen(2027, 0.55, 0.52, 0.58), GOAL, "behind"),
        (Seen(2021, 0.70), GOAL, "baseline"),
        (Seen(2020, 0.70), GOAL, "before the baseline"),
        (Seen(2024, 0.50, 0.46, 0.54), None, "higher"),  # from 0.46, above 0.45
        (Seen(2024, 0.48, 0.44, 0.52), None, "not told apart from the baseline"),
        (Seen(2024, 0.30, 0.26, 0.34), None, "lower"),
        (Seen(2024, 0.46), None, "higher"),  # past the whole interval of the baseline
        (Seen(2024, 0.44), None, "not told apart from the baseline"),
    ],
)
def test_what_is_to_rise(now: Seen, goal: Goal | None, told: str) -> None:
    assert status("higher", now, BEFORE, goal) == told
    assert told in progress.STATUSES


def test_what_is_to_fall_is_the_mirror_image() -> None:
    before, goal = Seen(2021, 100, 90, 110), Goal(2025, 60)  # the line: 90 in 2022, 80 in 2023, 70 in 2024
    assert status("lower", Seen(2023, 85, 79, 91), before, goal) == "not told apart from the line to the target"
    assert status("lower", Seen(2023, 75, 69, 80), before, goal) == "on track"
    assert status("lower", Seen(2023, 87, 81, 93), before, goal) == "behind"
    assert status("lower", Seen(2023, 60), before, goal) == "reached"
    assert status("lower", Seen(2025, 64, 59, 69), before, goal) == "not told apart from the target"
    assert status("lower", Seen(2023, 85, 79, 89), before) == "lower"


def test_the_change_of_the_same_units_tells_more_than_two_intervals() -> None:
    """States differ widely from each other, and each may have moved the same way."""
    now = Seen(2024, 0.42, 0.37, 0.47, change=0.02, change_low=0.01, change_high=0.03)
    assert status("higher", now, BEFORE) == "higher"
    now = Seen(2024, 0.50, 0.46, 0.54, change=0.10, change_low=-0.01, change_high=0.21)
    assert status("higher", now, BEFORE) == "not told apart from the baseline"


def test_a_change_that_does_not_hold_beside_the_others_is_not_told_apart() -> None:
    now = Seen(2024, 0.42, 0.37, 0.47, change=0.02, change_low=0.01, change_high=0.03, holds=False)
    assert status("higher", now, BEFORE) == "not told apart from the baseline"


def test_the_change_of_the_same_units_is_held_against_a_target_too() -> None:
    """0.40 and the change lie at 0.53 to 0.57, past the line of 2024, though the spread of States holds it."""
    now = Seen(2024, 0.55, 0.50, 0.60, change=0.15, change_low=0.13, change_high=0.17)
    assert status("higher", now, BEFORE, GOAL) == "on track"
    assert status("higher", now, BEFORE, Goal(2024, 0.60)) == "behind"
    assert status("higher", now, BEFORE, Goal(2024, 0.55)) == "not told apart from the target"
    assert status("higher", now, BEFORE, Goal(2024, 0.52)) == "reached"


@pytest.mark.parametrize(("better", "goal"), [("higher", 0.35), ("higher", 0.39), ("lower", 0.41), ("lower", 0.45)])
def test_a_target_short_of_the_baseline_judges_nothing(better: progress.Better, goal: float) -> None:
    for value in (0.30, 0.42, 0.50):
        assert status(better, Seen(2024, value), BEFORE, Goal(2026, goal)) == "target short of the baseline"


def test_to_hold_what_there_is_is_an_aim_too() -> None:
    hold = Goal(2026, 0.40)
    assert status("higher", Seen(2024, 0.43, 0.41, 0.45), BEFORE, hold) == "reached"
    assert status("higher", Seen(2024, 0.40, 0.37, 0.43), BEFORE, hold) == "not told apart from the line to the target"
    assert status("higher", Seen(2026, 0.40, 0.37, 0.43), BEFORE, hold) == "not told apart from the target"
    assert status("higher", Seen(2024, 0.36, 0.33, 0.39), BEFORE, hold) == "behind"


def test_of_units_that_hold_those_of_the_baseline_nothing_is_told_of_change() -> None:
    now = Seen(2024, 0.60, 0.55, 0.65)
    assert status("higher", now, BEFORE, nested=True) == "counted"
    assert status("higher", Seen(2021, 0.40, 0.35, 0.45), BEFORE, nested=True) == "baseline"
    assert status("higher", now, BEFORE, Goal(2026, 0.55), nested=True) == "reached"


def test_counts_in_full_are_compared_as_they_are() -> None:
    before = Seen(2021, 106_699)
    assert status("lower", Seen(2023, 105_007), before) == "lower"
    assert status("lower", Seen(2022, 107_941), before) == "higher"
    assert status("lower", Seen(2022, 106_699), before) == "as at the baseline"


def test_what_has_no_direction_is_counted_and_judged_by_no_target() -> None:
    assert status(None, Seen(2024, 515), Seen(2021, 100), Goal(2024, 400)) == "counted"
    assert status(None, Seen(2024, math.nan), None) == "no figure"


@pytest.mark.parametrize("baseline", [None, Seen(2021, math.nan)])
def test_without_a_baseline_only_the_target_judges(baseline: Seen | None) -> None:
    assert status("higher", Seen(2024, 0.5), baseline) == "no baseline"
    assert status("higher", Seen(2024, 0.5), baseline, GOAL) == "no baseline"  # there is no line to be on
    assert status("higher", Seen(2024, 0.6), baseline, GOAL) == "reached"
    assert status("higher", Seen(2026, 0.5), baseline, GOAL) == "behind"
    assert status("higher", Seen(2026, 0.5, 0.4, 0.6), baseline, GOAL) == "not told apart from the target"
