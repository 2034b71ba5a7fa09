"""The status of an indicator in a year, by cases worked out by hand."""

import math

import pytest

from crimjust_research.evidence import progress
from crimjust_research.evidence.progress import Seen, aim, status
from crimjust_research.evidence.targets import Target

BEFORE = Seen(2021, 0.40, 0.35, 0.45)


def least(value: float, by: int = 2024) -> Target:
    return Target(at_least=value, by=by, source="Plan of the year")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Seen(2024, math.nan), "no figure"),
        (Seen(2021, 0.70), "baseline"),
        (Seen(2020, 0.70), "before the baseline"),
        (Seen(2024, 0.50, 0.46, 0.54), "higher"),  # from 0.46, above 0.45
        (Seen(2024, 0.48, 0.44, 0.52), "not told apart from the baseline"),
        (Seen(2024, 0.30, 0.26, 0.34), "lower"),
        (Seen(2024, 0.46), "higher"),  # past the whole interval of the baseline
        (Seen(2024, 0.44), "not told apart from the baseline"),
    ],
)
def test_what_is_to_rise(now: Seen, told: str) -> None:
    assert status("higher", now, BEFORE) == told
    assert told in progress.STATUSES


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (Seen(2024, 0.64, 0.60, 0.68), "reached in 2024"),
        (Seen(2024, 0.62, 0.59, 0.66), "cannot be told of 2024 (the interval spans it)"),
        (Seen(2024, 0.57, 0.53, 0.60), "cannot be told of 2024 (the interval spans it)"),  # its end lies at the target
        (Seen(2024, 0.55, 0.52, 0.59), "not reached in 2024"),
        (Seen(2024, 0.60), "reached in 2024"),  # counted in full: as it is
        (Seen(2024, 0.59), "not reached in 2024"),
        (Seen(2024, math.nan), "no figure of 2024"),
        (None, "no figure of 2024"),
    ],
)
@pytest.mark.parametrize("at", [2024, 2030])
def test_the_figure_of_its_year_is_held_against_a_target_by_its_own_interval(
    due: Seen | None, told: str, at: int
) -> None:
    assert aim(least(0.60), due, BEFORE, at) == told
    mirrored = due and Seen(due.year, 1 - due.value, 1 - due.ci_high, 1 - due.ci_low)
    most = Target(at_most=0.40, by=2024, source="Plan of the year")
    assert aim(most, mirrored, Seen(2021, 0.60, 0.55, 0.65), at) == told


@pytest.mark.parametrize("baseline", [BEFORE, None])
def test_before_its_year_no_target_is_judged(baseline: Seen | None) -> None:
    assert aim(least(0.60, by=2026), None, baseline, 2025) == "not due before 2026"
    assert aim(least(0.30, by=2026), Seen(2026, 0.9), baseline, 2024) == "not due before 2026"


def test_a_target_at_which_the_baseline_lay_already_is_not_told_as_progress() -> None:
    now = Seen(2024, 0.45, 0.41, 0.49)
    assert aim(least(0.40), now, BEFORE, 2024) == "reached in 2024, as it was at the baseline"
    assert aim(least(0.41), now, BEFORE, 2024) == "reached in 2024"
    assert aim(least(0.40), Seen(2024, 0.30, 0.26, 0.34), BEFORE, 2024) == "not reached in 2024"
    assert aim(least(0.40), now, Seen(2021, math.nan), 2024) == "reached in 2024"
    assert aim(least(0.40), now, now, 2024) == "reached in 2024"  # records of that very year are no baseline of it


def test_the_change_of_the_same_units_does_not_stand_in_for_the_interval_that_is_shown() -> None:
    now = Seen(2024, 0.55, 0.50, 0.60, change=0.15, change_low=0.13, change_high=0.17)
    assert aim(least(0.52), now, BEFORE, 2024) == "cannot be told of 2024 (the interval spans it)"


def test_how_targets_stand_is_put_in_order() -> None:
    told = ["no figure of 2023", "not due before 2027", "not reached in 2024", "reached in 2025", "not due before 2026"]
    assert sorted(told, key=progress.place) == [
        *("reached in 2025", "not reached in 2024", "not due before 2026", "not due before 2027", "no figure of 2023"),
    ]


def test_what_is_to_fall_is_the_mirror_image() -> None:
    before = Seen(2021, 100, 90, 110)
    assert status("lower", Seen(2023, 85, 79, 89), before) == "lower"
    assert status("lower", Seen(2023, 85, 79, 91), before) == "not told apart from the baseline"


def test_the_change_of_the_same_units_tells_more_than_two_intervals() -> None:
    """States differ widely from each other, and each may have moved the same way."""
    now = Seen(2024, 0.42, 0.37, 0.47, change=0.02, change_low=0.01, change_high=0.03)
    assert status("higher", now, BEFORE) == "higher"
    now = Seen(2024, 0.50, 0.46, 0.54, change=0.10, change_low=-0.01, change_high=0.21)
    assert status("higher", now, BEFORE) == "not told apart from the baseline"


def test_a_change_that_does_not_hold_beside_the_others_is_not_told_apart() -> None:
    now = Seen(2024, 0.42, 0.37, 0.47, change=0.02, change_low=0.01, change_high=0.03, holds=False)
    assert status("higher", now, BEFORE) == "not told apart from the baseline"


def test_of_units_that_hold_those_of_the_baseline_nothing_is_told_of_change() -> None:
    now = Seen(2024, 0.60, 0.55, 0.65)
    assert status("higher", now, BEFORE, nested=True) == "counted"
    assert status("higher", Seen(2021, 0.40, 0.35, 0.45), BEFORE, nested=True) == "baseline"


def test_counts_in_full_are_compared_as_they_are() -> None:
    before = Seen(2021, 106_699)
    assert status("lower", Seen(2023, 105_007), before) == "lower"
    assert status("lower", Seen(2022, 107_941), before) == "higher"
    assert status("lower", Seen(2022, 106_699), before) == "as at the baseline"


def test_what_has_no_direction_is_counted_and_a_target_that_declares_one_judges_it() -> None:
    assert status(None, Seen(2024, 515), Seen(2021, 100)) == "counted"
    assert status(None, Seen(2024, math.nan), None) == "no figure"
    assert aim(least(400), Seen(2024, 515), Seen(2021, 100), 2024) == "reached in 2024"


@pytest.mark.parametrize("baseline", [None, Seen(2021, math.nan)])
def test_without_a_baseline_only_the_target_judges(baseline: Seen | None) -> None:
    assert status("higher", Seen(2024, 0.5), baseline) == "no baseline"
    assert aim(least(0.6), Seen(2024, 0.6), baseline, 2024) == "reached in 2024"
    assert aim(least(0.6), Seen(2024, 0.5), baseline, 2024) == "not reached in 2024"
