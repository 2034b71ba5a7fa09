"""Whose records are: several of one person, case or training are one, for whatever is told of them; numbers by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_record_params import params

from crimjust_research.questions.own_records import activities, cases, measures, steps, told
from crimjust_research.questions.own_records.params import Params

DAY = pd.Timestamp("2024-12-31")


@pytest.fixture
def p() -> Params:
    return params(by="agency")


def taken_by(persons: list[str], follow_up: list[float]) -> pd.DataFrame:
    """Tests of persons, one in each training, who went from 50 to 70 marks."""
    return pd.DataFrame(
        {
            "training_id": [f"T-{i}" for i in range(len(persons))],
            "person_code": persons,
            "agency": "police",
            "before": 50.0,
            "after": 70.0,
            "follow_up": follow_up,
            "tested": DAY - pd.Timedelta(days=200),
            "as_of": DAY,
        }
    )


def estimates(kind: str, frame: pd.DataFrame, p: Params) -> dict[str, dict[Any, Any]]:
    """Rows as they are told, by kind."""
    found = steps.estimates(kind, {kind: frame}, p)
    return {str(row["kind"]): row for row in found.to_dict("records")}


# --- Persons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("persons", "is_told"), [(1, False), (7, False), (8, True), (20, True)])
def test_a_mean_mark_is_told_of_enough_persons_however_many_tests_they_took(
    persons: int, is_told: bool, p: Params
) -> None:
    frame = taken_by([f"P{i % persons}" for i in range(20)], [60.0] * 20)
    assert (estimates("knowledge_tests", frame, p)["tests.gain"]["withheld"] == "") is is_told


@pytest.mark.parametrize(("persons", "is_told"), [(1, False), (4, False), (5, True)])
def test_the_lost_are_counted_by_person(persons: int, is_told: bool, p: Params) -> None:
    """Ten tests of others were found, ten without a follow-up were of so many persons."""
    codes = [f"P{i}" for i in range(10)] + [f"Q{i % persons}" for i in range(10)]
    frame = taken_by(codes, [60.0] * 10 + [np.nan] * 10)
    found = estimates("knowledge_tests", frame, p)
    for kind in ("tests.lost", "tests.gain_kept", "tests.gain.bounds_low", "tests.gain.bounds_high"):
        assert (found[kind]["withheld"] == "") is is_told
    counts = measures.counts("knowledge_tests", {"knowledge_tests": frame}, p)
    assert (told.cell(counts, told.ALL, told.ALL) == (10, 20)) is is_told
    assert (told.cell(counts, "group", "police") == (10, 20)) is is_told


def test_values_of_one_person_are_not_listed(p: Params) -> None:
    frame = taken_by([f"P{i}" for i in range(20)] + ["Q"] * 9, [60.0] * 29).assign(
        agency=["police"] * 20 + ["customs"] * 9
    )
    listed = steps.listed({"knowledge_tests": frame}, p.model_copy(update={"by": ""})).set_index("value")
    assert listed.loc["customs", "suppressed"]
    assert pd.isna(listed.loc["customs", "records"])


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_bounds_of_what_was_kept_are_rounded_outwards(p: Params) -> None:
    """Of 40 who had 50 marks 5 were lost and 35 had 65: (35 * 15 - 5 * 50) / 40 and (35 * 15 + 5 * 50) / 40, in steps of 12.5."""
    frame = taken_by([f"P{i}" for i in range(40)], [65.0] * 35 + [np.nan] * 5)
    exact = {row["kind"]: row["estimate"] for row in activities.knowledge_tests({"knowledge_tests": frame}, p)}
    assert (exact["tests.gain.bounds_low"], exact["tests.gain.bounds_high"]) == (6.875, 19.375)
    found = estimates("knowledge_tests", frame, p)
    assert (found["tests.gain.bounds_low"]["estimate"], found["tests.gain.bounds_high"]["estimate"]) == (0, 25)


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_what_was_kept_does_not_tell_that_nobody_was_lost(lost: int, p: Params) -> None:
    """All of 30 who had 50 marks and were found had 57: told or not told as if some few had been lost."""
    frame = taken_by([f"P{i}" for i in range(30)], [57.0] * (30 - lost) + [np.nan] * lost)
    found = estimates("knowledge_tests", frame, p)
    assert [kind for kind, row in found.items() if row["withheld"] == ""] == ["tests.gain"]


# --- Cases ------------------------------------------------------------------------------------------------------------


def assets_of(codes: list[str]) -> pd.DataFrame:
    """Assets of cases, every other one confiscated."""
    n = len(codes)
    value = 100_000.0 + 1000 * np.arange(n)
    confiscated = np.arange(n) % 2 == 0
    return pd.DataFrame(
        {
            "asset_id": [f"A-{i}" for i in range(n)],
            "case_id": codes,
            "kind": "real_estate",
            "value_frozen": value,
            "confiscated": pd.Series(np.where(confiscated, DAY, pd.NaT), dtype="datetime64[ns]"),
            "value_confiscated": np.where(confiscated, value, np.nan),
        }
    )


@pytest.mark.parametrize(("n_cases", "is_told"), [(1, False), (4, False), (10, True)])
def test_what_assets_add_up_to_is_told_of_enough_cases(n_cases: int, is_told: bool, p: Params) -> None:
    frame = assets_of([f"C-{i % n_cases}" for i in range(20) for _ in (0, 1)])
    totals = steps.totals({"assets": frame}, p).set_index("what")
    assert (~totals["suppressed"]).tolist() == [is_told] * 2
    assert (estimates("assets", frame, p)["assets.confiscated_share"]["withheld"] == "") is is_told
    # The count by kind of asset, which says of all that they are real estate, is of as many cases.
    assert steps.listed({"assets": frame}, p)["records"].notna().tolist() == [is_told]


def test_persons_of_a_training_in_several_rows_are_of_one_training(p: Params) -> None:
    """Six rows of four trainings, and of six."""
    columns = {"start": DAY, "end": DAY, "speakers": 3, "participants": 20, "women": 8, "men": 12}
    for codes, hidden in ((["T-1", "T-1", "T-1", "T-2", "T-3", "T-4"], True), ([f"T-{i}" for i in range(6)], False)):
        frame = pd.DataFrame({"training_id": codes} | {name: [value] * 6 for name, value in columns.items()})
        totals = steps.totals({"trainings": frame}, p).set_index("what")
        assert totals.loc["persons", "suppressed"] == hidden
        assert totals.loc["speakers", "suppressed"] == hidden


@pytest.mark.parametrize(
    ("named", "total"),
    [
        (["C-1"] * 10, np.nan),
        (["C-1 C-2 C-3 C-4 C-5 C-6"] + [None] * 9, np.nan),
        ([f"C-{i}" for i in range(10)], 10.0),
        ([None] * 10, np.nan),
    ],
)
def test_cases_that_forums_discussed_are_told_of_enough_forums_and_cases(
    named: list[str | None], total: float, p: Params
) -> None:
    forums = pd.DataFrame({"forum_id": [f"F-{i}" for i in range(10)], "case_ids": named})
    forums = forums.assign(actions_agreed=4, actions_done=pd.array([2] * 10, "Int64"))
    totals = steps.totals({"forums": forums}, p).set_index("what")["total"]
    assert totals["cases discussed"] == pytest.approx(total, nan_ok=True)
    assert totals["actions agreed"] == 40


def requests_of(codes: list[str | None]) -> pd.DataFrame:
    """Requests, every other one granted, after 10 to 15 days."""
    n = len(codes)
    sent = DAY - pd.Timedelta(days=100)
    return pd.DataFrame(
        {
            "request_id": [f"R-{i}" for i in range(n)],
            "case_id": codes,
            "kind": "extradition",
            "sent": sent,
            "answered": [sent + pd.Timedelta(days=10 + i % 6) for i in range(n)],
            "outcome": ["granted", "refused"] * (n // 2),
            "programme_supported": pd.array([None] * n, "boolean"),
            "as_of": DAY,
        }
    )


@pytest.mark.parametrize(
    ("codes", "is_told"),
    [(["C-1"] * 20, False), ([f"C-{i // 2 % 4}" for i in range(20)], False), ([None] * 20, True)],
)
def test_requests_of_one_case_are_one_and_those_of_none_each_their_own(
    codes: list[str | None], is_told: bool, p: Params
) -> None:
    rows = cases.requests({"cooperation_requests": requests_of(codes)}, p)
    found = {row["kind"]: row["withheld"] == "" for row in rows}
    assert found["requests.answer_median"] is is_told
    assert found["requests.granted"] is is_told
