"""Snapshots of published reports: how they are named, read and refused, and what a report says has changed since; SIMULATED."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from toy_checkout import Checkout

from crimjust_research.cli import crimjust
from crimjust_research.errors import DataError, RunError
from crimjust_research.evidence import plan, published
from crimjust_research.evidence.estimates import Used, csv_bytes
from crimjust_research.questions.scorecard import changes, words
from crimjust_research.report.changes import publish
from crimjust_research.runs.record import Present

PLAN = plan.load()
WORDS = words.load(PLAN)
NAN = float("nan")


def row(name: str = "match.qap", **changed: Any) -> dict[str, Any]:
    said = {
        "id": name,
        "question": "Do they meet?",
        "estimate": 0.2,
        "unit": "correlation",
        "ci_low": 0.1,
        "ci_high": 0.3,
    }
    return {**said, "grade": "undecided", "plan": PLAN.version, "vintages": "events 2024; routes 2016", **changed}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows or [row()], columns=list(published.COLUMNS))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Results whose scorecard saved a snapshot."""
    (tmp_path / "tables" / "90_scorecard").mkdir(parents=True)
    (tmp_path / "tables" / "90_scorecard" / published.SNAPSHOT).write_bytes(csv_bytes(frame()))
    return tmp_path


def test_a_report_is_kept_under_its_name_and_the_next_number_and_never_overwritten(reports: Path) -> None:
    first = publish("spring-2027", reports)
    assert first == reports / "published" / "01-spring-2027.csv"
    assert first.read_bytes() == (reports / "tables" / "90_scorecard" / published.SNAPSHOT).read_bytes()
    with pytest.raises(DataError, match=r"01-spring-2027\.csv was published under that name"):
        publish("spring-2027", reports)
    with pytest.raises(DataError, match="says the same; there is nothing new"):
        publish("autumn-2027", reports)
    (reports / "tables" / "90_scorecard" / published.SNAPSHOT).write_bytes(csv_bytes(frame(row(grade="supported"))))
    assert publish("autumn-2027", reports).name == "02-autumn-2027.csv"
    assert [published.name_of(path) for path in published.files(reports)] == ["spring-2027", "autumn-2027"]


@pytest.mark.parametrize("name", ["", "Autumn", "../x", "a b", "-a", "a.csv", "é"])
def test_a_name_that_is_no_file_s_is_refused(reports: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot name a report: small letters"):
        publish(name, reports)
    assert not (reports / "published").exists()


def test_nothing_is_published_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="crimjust run all"):
        publish("first", tmp_path)


def test_the_last_report_is_not_the_one_being_told(reports: Path) -> None:
    """What a report says has changed, and what it has read, is the same before and after it is published."""
    assert published.last_before(reports, frame()) is None
    publish("one", reports)
    assert published.last_before(reports, frame()) is None
    now = frame(row(grade="supported"))
    (reports / "tables" / "90_scorecard" / published.SNAPSHOT).write_bytes(csv_bytes(now))
    before = published.last_before(reports, now)
    publish("two", reports)
    after = published.last_before(reports, now)
    assert before is not None
    assert after is not None
    assert before.name == after.name == "one"
    assert before.used == after.used
    assert after.used.table == "reports/published/01-one.csv"
    assert (reports / "published" / "02-two.csv").is_file()


def test_numbers_are_in_the_order_of_reports_beyond_ninety_nine(reports: Path) -> None:
    for name in ("99-a", "100-b", "02-c"):
        (reports / "published").mkdir(exist_ok=True)
        (reports / "published" / f"{name}.csv").write_bytes(b"")
    assert [path.stem for path in published.files(reports)] == ["02-c", "99-a", "100-b"]
    assert published.next_file(reports, "d").name == "101-d.csv"


@pytest.mark.parametrize("names", [("notes.txt",), ("01-a.csv", "001-b.csv"), ("01-a.csv", "02-a.csv")])
def test_files_that_are_no_snapshots_or_twice_the_same_are_refused(reports: Path, names: tuple[str, ...]) -> None:
    (reports / "published").mkdir()
    for name in names:
        (reports / "published" / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"is no snapshot|holds two reports of one"):
        published.files(reports)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([row(), row()], "'match.qap' stands twice"),
        ([row(grade="certain")], "no grade 'certain'"),
        ([row(estimate="much")], "estimate of match.qap is 'much'; a number is wanted"),
    ],
)
def test_a_snapshot_that_cannot_be_one_is_refused_by_row(rows: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        published.read(csv_bytes(frame(*rows)), "snapshot")


def test_a_snapshot_without_a_column_is_refused_by_column() -> None:
    with pytest.raises(DataError, match="a snapshot has id, question"):
        published.read(csv_bytes(frame().drop(columns="grade")), "snapshot")


def test_a_snapshot_is_read_as_it_was_written() -> None:
    rows = [row(), row("routes.overlap", ci_low=-float("inf"), ci_high=float("inf")), row("x.y", estimate=NAN, unit="")]
    back = published.read(csv_bytes(frame(*rows)), "snapshot")
    pd.testing.assert_frame_equal(back, frame(*rows), check_dtype=False)


def last(snapshot: pd.DataFrame) -> published.Published:
    return published.Published("last", snapshot, Used("reports/published/01-last.csv", "published report", "0"))


def since(before: pd.DataFrame | None, now: pd.DataFrame) -> list[list[str]]:
    told = changes.since(None if before is None else last(before), now, PLAN, WORDS)
    rows: list[list[str]] = told.to_numpy().tolist()
    return rows


def test_what_is_the_same_is_not_told() -> None:
    assert since(None, frame()) == []
    assert since(frame(), frame()) == []
    assert since(frame(row(estimate=0.2 * (1 + 1e-8))), frame(row(vintages="events 2027"))) == []
    open_ended = row(ci_low=-float("inf"), ci_high=NAN)
    assert since(frame(open_ended), frame(open_ended)) == []
    assert list(changes.since(None, frame(), PLAN, WORDS)) == ["question", "was", "is", "why"]


def test_a_change_is_told_with_the_vintages_that_moved() -> None:
    now = row(
        estimate=0.3, ci_high=float("inf"), grade="suggestive", vintages="events 2027; routes 2016; treaties 2026"
    )
    assert since(frame(), frame(now)) == [
        [
            "Do countries that meet share more of the traffic?",
            "0.200 correlation (0.100 to 0.300): undecided",
            "[[0.300 correlation (0.100 to ∞)|09_outcome3_match|qap]]: suggestive",
            "New vintage of events.",
        ]
    ]
    ((*_, why),) = since(frame(), frame(row(estimate=0.3)))
    assert why.startswith("Computed otherwise from the same data")


def test_a_plan_that_moved_is_the_reason_and_the_rule_of_grades_is_told_once() -> None:
    old = PLAN.version - 1
    told = since(
        frame(row(plan=old, grade="limited"), row("routes.overlap", plan=old)), frame(row(), row("routes.overlap"))
    )
    assert [each[0] for each in told] == [
        "How all questions are graded",
        "Do countries that meet share more of the traffic?",
    ]
    assert told[0][1:3] == ["by version 1 of the plan", "by version 2 of the plan"]
    whys = {each.what.split(":")[0].split(" by an")[0]: each.why for each in PLAN.amendments}
    assert [each[3] for each in told] == [whys["Grades"], whys["Match"]]


def test_new_questions_of_one_reason_stand_in_one_row_and_dropped_ones_are_told() -> None:
    new = [
        row("ratings.fatf_prosecution"),
        row("ratings.index_cooperation", grade="supported"),
        row("cascade.from_seizure_to_conviction", estimate=NAN, grade="no public data"),
    ]
    told = since(frame(row("gone.question")), frame(*new))
    assert [each[1:3] for each in told] == [
        ["not asked", "1 “undecided” and 1 “supported”"],
        ["not asked", "no public data"],
        ["0.200 correlation (0.100 to 0.300): undecided", "not asked"],
    ]
    assert [each[0] for each in told] == [
        "2 new questions: ratings by FATF and scores of the Organized Crime Index",
        "How many seizures end in a conviction?",
        "Do they meet?",
    ]
    unexplained = replace(PLAN, amendments=())
    found = changes.since(last(frame()), frame(row(), *new), unexplained, WORDS)
    assert found[["question", "why"]].to_numpy().tolist() == [["3 new questions", "The plan asks it now."]]


def test_only_current_results_are_published(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def command() -> Path:
        found = CliRunner().invoke(crimjust, ["publish", "first"], catch_exceptions=False)
        return Path(found.output.strip())

    checkout.notebook("01_toy")
    with pytest.raises(RunError, match="01_toy: there are no results yet"):
        command()
    CliRunner().invoke(crimjust, ["run", "01_toy"], catch_exceptions=False)
    saved = checkout.reports / "tables" / "01_toy" / published.SNAPSHOT
    saved.write_bytes(csv_bytes(frame()))
    with pytest.raises(RunError, match="01_toy: its results were altered"):
        command()
    assert not (checkout.reports / "published").exists()
    monkeypatch.setattr(Present, "moved", lambda *_: ())  # as if the run had left it there
    assert command().read_bytes() == saved.read_bytes()
