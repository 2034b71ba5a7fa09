"""The scorecard's own cells, on the committed reference results."""

import csv
from pathlib import Path
from typing import Any

import pytest

from crimjust_research import project
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.results import saved_runs

NAME = "90_scorecard"


def test_it_carries_every_registered_question(whole: dict[str, Any]) -> None:
    registered = [primary.id for primary in plan.load().primaries]
    assert whole["study"].frame()["id"].tolist() == registered
    assert whole["study"].checks["every_registered_question_is_estimated"].passed
    assert whole["card"]["threat"].str.len().min() > 15


def test_page_scorecard_and_pooled_table_read_one_p(whole: dict[str, Any]) -> None:
    with (project.root() / "reports" / "estimates.csv").open(newline="") as stream:
        pooled = {
            (row["run"], row["id"]): row["p_adjusted"] for row in csv.DictReader(stream) if row["role"] == "primary"
        }
    adjusted = {each.primary.id: each.p_adjusted for each in whole["found"]}
    assert len(pooled) == len(adjusted)
    for primary in plan.load().primaries:
        (text,) = {p for (run, name), p in pooled.items() if run == primary.notebook and primary.estimates(name)}
        assert float(text) == pytest.approx(adjusted[primary.id], abs=1e-12)
    for verdict in whole["verdicts"]["verdict"]:
        assert "adjusted p" in verdict


def test_estimates_count_observations(whole: dict[str, Any]) -> None:
    estimates = whole["study"].frame()
    own = {
        (run.name, e["id"]): e
        for run in saved_runs(project.root() / "reports", but=NAME)
        for e in run.estimates.to_dict("records")
    }
    for row in estimates.to_dict("records"):
        (main,) = [
            e
            for (run, name), e in own.items()
            for primary in plan.load().primaries
            if primary.id == row["id"]
            and run == primary.notebook
            and primary.estimates(name)
            and e["role"] == "primary"
        ]
        assert (row["n_obs"], row["estimate"]) == (main["n_obs"], main["estimate"])


def test_every_registered_notebook_has_a_verdict_no_firmer_than_its_grade(whole: dict[str, Any]) -> None:
    verdicts = dict(zip(whole["verdicts"]["run"], whole["verdicts"]["verdict"], strict=True))
    assert set(verdicts) == {primary.notebook for primary in plan.load().primaries}
    for each in whole["found"]:
        assert each.grade in verdicts[each.primary.notebook]
    for text in verdicts.values():
        for word in ("caused", "impact", "thanks to", "because of", "proves"):
            assert word not in text


def test_the_answer_says_which_raw_p_are_small_and_that_nothing_brought_them_about(whole: dict[str, Any]) -> None:
    text = str(whole["study"].say("answer"))
    assert text.startswith(f"{len(whole['found'])} registered questions are graded. Outcome 1: ")
    for each in whole["found"]:
        assert (each.primary.id in text) == (each.p_value < 0.05)
    assert text.endswith("and not that anything brought it about.")


def test_no_run_and_a_run_without_estimates_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="crimjust run all"):
        saved_runs(tmp_path, but=NAME)
    (tmp_path / "assessments").mkdir()
    (tmp_path / "assessments" / "01_markets.json").write_text("{}")
    with pytest.raises(DataError, match="run 01_markets again"):
        saved_runs(tmp_path, but=NAME)
