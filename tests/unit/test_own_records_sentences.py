"""Sentences of the question of own records, with facts of their own: where there is one of a thing, or no difference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.own_records import QUESTION

APART = "cases.opened_180.supported_difference"


def told(macro: str, e: dict[str, Any] | None = None, **facts: Any) -> str:
    p = SimpleNamespace(made="", min_cell=5, simulated=False, whole_years=True)
    context = {"p": p, "e": e or {}, "c": {}, "f": SimpleNamespace(**facts), "v": {}}
    return plain(Teller(QUESTION.package, context)(macro))


def estimate(name: str, value: float, low: float, high: float) -> SimpleNamespace:
    return SimpleNamespace(id=name, estimate=value, ci_low=low, ci_high=high)


@pytest.mark.parametrize(
    ("value", "low", "high", "says"),
    [
        (0.0, -0.17, 0.17, "opened as often as others (difference −17 to 17 points), which"),
        (0.2, 0.05, 0.35, "opened 20 points more often (5 to 35) than others, which"),
        (-0.2, -0.35, -0.05, "opened 20 points less often (5 to 35) than others, which"),
    ],
)
def test_no_difference_is_said_as_none(value: float, low: float, high: float, says: str) -> None:
    assert says in told("apart", {APART: estimate(APART, value, low, high)})


def test_bounds_of_what_was_kept_are_told_in_whole_marks_outwards() -> None:
    kinds = {"tests.gain.bounds_low": -8.163265, "tests.gain.bounds_high": 19.387755}
    found = {kind: estimate(kind, value, value, value) for kind, value in kinds.items()}
    assert "Whether those had no marks or all, marks changed by −9 to 20 since" in told("gains", found)
    even = {kind: estimate(kind, value, value, value) for kind, value in zip(kinds, (0.0, 50.0000000001), strict=True)}
    assert "changed by 0 to 50 since" in told("gains", even)


@pytest.mark.parametrize(
    ("macro", "facts", "says"),
    [
        ("by_group", {"rows": 1, "hidden": 0}, "The one row of records may be told."),
        ("by_group", {"rows": 2, "hidden": 0}, "All 2 rows of records may be told."),
        ("compared", {"comparisons": 1, "clear": 0}, "The one interval of records does not lie wholly"),
        ("compared", {"comparisons": 1, "clear": 1}, "The one interval of records lies wholly"),
        ("compared", {"comparisons": 3, "clear": 0}, "None of 3 intervals of records lies wholly"),
        ("compared", {"comparisons": 3, "clear": 2}, "2 of 3 intervals of records lie wholly"),
        ("withheld", {"estimates": 1, "withheld": 0}, "The one number of these records is not withheld."),
        ("withheld", {"estimates": 1, "withheld": 1}, "The one number of these records is withheld: of too few"),
        ("withheld", {"estimates": 9, "withheld": 2}, "2 of 9 numbers are withheld from these records: of too few"),
    ],
)
def test_one_of_a_thing_is_told_as_one(macro: str, facts: dict[str, int], says: str) -> None:
    assert says in told(macro, **facts)
