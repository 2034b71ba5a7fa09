"""The scorecard: questions found by id, adjusted within their outcome, graded by the registered rule."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import project
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import ESTIMATE_COLUMNS
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import synthesis
from crimjust_research.outcomes.synthesis.evidence import agreement, evidence, saved_runs, scorecard

PLAN = plan.load()


def row(identifier: str, role: str, estimate: float, p: float, null: float = 0.0) -> dict[str, object]:
    values: dict[str, object] = dict.fromkeys(ESTIMATE_COLUMNS, math.nan)
    return {**values, "id": identifier, "role": role, "estimate": estimate, "p_value": p, "null_value": null, "unit": "u",
            "method": "m"}  # fmt: skip


def reports(folder: Path, name: str, rows: list[dict[str, object]], failed: int = 0) -> Path:
    (folder / "assessments").mkdir(parents=True, exist_ok=True)
    (folder / "tables" / f"run_{name}").mkdir(parents=True)
    checks = [{"name": f"check {i}", "passed": False} for i in range(failed)]
    (folder / "assessments" / f"run_{name}.json").write_text(json.dumps({"name": name, "checks": checks}))
    pd.DataFrame(rows).to_csv(folder / "tables" / f"run_{name}" / "estimates.csv", index=False)
    return folder


def test_agreement_by_hand() -> None:
    others = pd.DataFrame({"estimate": [1.2, 1.1, 0.9, 1.5], "null_value": 1.0, "p_value": [0.01, 0.2, 0.01, 0.04]})
    # Above one like the estimate: three of four; of these two have p below 0.05.
    assert agreement(1.3, 1.0, others, 0.05) == (0.75, 0.5)
    # Without a sign agreeing means confirming: three of four p are below 0.05.
    assert agreement(5.0, math.nan, others.assign(null_value=math.nan), 0.05) == (0.75, 0.75)
    assert agreement(1.3, 1.0, others.iloc[:0], 0.05) == (0.0, 0.0)


def test_a_strong_a_limited_and_an_unpowered_question(tmp_path: Path) -> None:
    folder = reports(
        tmp_path,
        "markets",
        [
            row("seizures_to_deaths.f", "primary", 9.0, 0.001, math.nan),
            *[row(f"seizures_to_deaths.s{i}", "sensitivity", 8.0, 0.01, math.nan) for i in range(9)],
            row("deaths_to_seizures.f", "primary", 1.0, 0.6, math.nan),
            row("deaths_to_seizures.s", "sensitivity", 1.0, 0.6, math.nan),
            row("deaths_to_seizures.power", "secondary", 0.4, math.nan),
        ],
    )
    reports(folder, "diversification", [row("trend", "primary", 0.1, 0.03), row("trend.a", "sensitivity", -0.1, 0.9)])
    found = {e.primary.id: e for e in evidence(PLAN, saved_runs(folder), 0.05)}
    assert {k: e.grade for k, e in found.items()} == {
        "markets.seizures_to_deaths": "strong",
        "markets.deaths_to_seizures": "inconclusive",
        "diversification.trend": "limited",
    }
    # Holm within the outcome: two questions of Outcome 1, one of Outcome 3.
    assert found["markets.seizures_to_deaths"].p_family == pytest.approx(0.002)
    assert found["diversification.trend"].p_family == pytest.approx(0.03)


def test_a_failed_check_keeps_a_grade_from_being_strong(tmp_path: Path) -> None:
    rows = [row("trend", "primary", 0.1, 0.001), *[row(f"trend.{i}", "sensitivity", 0.1, 0.001) for i in range(9)]]
    grades = [
        evidence(PLAN, saved_runs(reports(tmp_path / str(failed), "diversification", rows, failed)), 0.05)[0].grade
        for failed in (0, 1)
    ]
    assert grades == ["strong", "limited"]


def test_a_question_estimated_twice_is_refused(tmp_path: Path) -> None:
    folder = reports(
        tmp_path, "diversification", [row("trend", "primary", 1.0, 0.5), row("trend.x", "primary", 1.0, 0.5)]
    )
    with pytest.raises(DataError, match=r"2 primary estimates of 'diversification.trend'"):
        evidence(PLAN, saved_runs(folder), 0.05)


def test_no_run_and_a_run_without_estimates_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="crimjust run all"):
        saved_runs(tmp_path)
    folder = reports(tmp_path, "markets", [row("x", "secondary", 1.0, 0.5)])
    (folder / "tables" / "run_markets" / "estimates.csv").unlink()
    with pytest.raises(DataError, match="run run_markets again"):
        saved_runs(folder)


def test_the_reference_scorecard_carries_every_registered_question() -> None:
    result = synthesis.assess(synthesis.Params())
    card = result.tables["scorecard"]
    assert sorted(e.id for e in result.estimates) == sorted(p.id for p in PLAN.primaries)
    assert list(card["grade"]) == [e.specification.split("evidence ")[1].split(";")[0] for e in result.estimates]
    assert card["main_threat"].str.len().min() > 15
    assert plain(result.answer).startswith(f"{len(card)} registered questions are graded. Outcome 1: ")
    below = card[(card["grade"] == "strong") & (card["estimate"] < card["null_value"])]
    assert ("below" in plain(result.answer)) >= bool(len(below))
    for used in result.used:
        assert (project.root() / used.table).is_file()
    pd.testing.assert_frame_equal(card, scorecard(evidence(PLAN, _without_synthesis(), 0.05)))


def _without_synthesis():  # type: ignore[no-untyped-def]
    return tuple(r for r in saved_runs(project.root() / "reports") if r.assessment["name"] != "synthesis")
