"""What the campaign of kills takes for a fault."""

import pytest

from reliability.kills import _said
from reliability.worlds import Told, unlike

BEFORE, MEANT = {"a.csv": "old", "b.csv": "same"}, {"a.csv": "new", "b.csv": "same", "c.csv": "new"}


@pytest.mark.parametrize("now", [BEFORE, MEANT, BEFORE | {"c.csv": "new"}, BEFORE | {".pending/run-1/x": "half"}])
def test_files_as_before_or_as_meant_and_working_places_are_no_fault(now: dict[str, str]) -> None:
    assert unlike(now, BEFORE, MEANT, (".pending",)) == ""


@pytest.mark.parametrize("now", [BEFORE | {"a.csv": "half"}, BEFORE | {"d.csv": "new"}, {"a.csv": "old"}])
def test_whatever_else_a_file_is_is_named(now: dict[str, str]) -> None:
    (place,) = {"a.csv": "half", "d.csv": "new"}.items() & now.items() or {("b.csv", "gone")}
    assert unlike(now, BEFORE, MEANT, (".pending",)).endswith(place[0])


@pytest.mark.parametrize(
    ("told", "way", "sound"),
    [
        (Told(-9, "running"), "killed", True),
        (Told(-9, "Traceback (most recent call last):"), "killed", False),
        (Told(1, "Error: stopped; what had ended before is kept"), "interrupted", True),
        (Told(-2, "Error: stopped; what had ended before is kept"), "told to end", True),
        (Told(1, "Error: interrupted: 1 of 5 cells are kept"), "told to end", True),
        (Told(0, "done"), "interrupted", True),
        (Told(1, "Error: something else"), "interrupted", False),
        (Told(-15, ""), "told to end", False),
        (Told(3, "stopped by a fault of crimjust's own"), "interrupted", False),
    ],
)
def test_who_is_ended_at_work_says_so_in_a_sentence(told: Told, way: str, sound: bool) -> None:
    assert (_said(told, way, whole=False) == "") == sound


@pytest.mark.parametrize(
    ("told", "way", "sound"),
    [
        (Told(-15, ""), "told to end", True),
        (Told(-2, "all is written"), "interrupted", True),
        (Told(1, "Fatal Python error\nTraceback (most recent call last):\n  site.py"), "interrupted", True),
        (Told(1, "Traceback (most recent call last):\n  src/crimjust_research/cli"), "interrupted", False),
        (Told(1, "Error: something else"), "interrupted", False),
        (Told(-11, ""), "told to end", False),
    ],
)
def test_python_that_begins_or_ends_may_go_without_a_word(told: Told, way: str, sound: bool) -> None:
    assert (_said(told, way, whole=True) == "") == sound
