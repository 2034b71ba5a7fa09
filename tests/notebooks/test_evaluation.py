"""The evaluation's own cells, on the reference results of the others: what is told, how firmly, and what another year tells."""

import math
import re
from typing import Any

import pandas as pd
import pytest

from crimjust_research import framework
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence import plan, progress, rule
from crimjust_research.evidence.findings import answered
from crimjust_research.evidence.words import REFERENCE, plain
from crimjust_research.questions.evaluation import picture, yearly
from crimjust_research.questions.evaluation import steps as evaluation
from crimjust_research.questions.evaluation.params import newest_year
from crimjust_research.results import SavedRun
from crimjust_research.runs import notebooks, record, steps
from crimjust_research.sources import Sources
from crimjust_research.study import Study

NAME = "14_evaluation"
SKIP = ("answer",)
FRAMEWORK = framework.load()
CAUSAL = ("caused", "impact of", "thanks to", "because of", "led to", "effect of the programme", "improved")


def test_nothing_is_registered_and_changes_alone_are_tested_all_together(study: Study, estimates: pd.DataFrame) -> None:
    assert study.registered == ()
    assert set(estimates["role"]) == {"secondary"}
    changes = estimates.index.str.endswith(".change")
    assert estimates.loc[~changes, "p_value"].isna().all()
    assert (estimates.loc[changes, "p_adjusted"] >= estimates.loc[changes, "p_value"]).all()
    beyond = (estimates["ci_low"] > 0) | (estimates["ci_high"] < 0)
    assert study.facts["up"] + study.facts["down"] == int(beyond[changes].sum()) >= study.facts["together"]


def test_no_results_of_another_reader_are_read(whole: dict[str, Any]) -> None:
    names = {run.name for run in whole["runs"]}
    assert "90_scorecard" not in names
    assert NAME not in names
    assert len(names) >= 15


def test_figures_the_document_s_readers_ask_for_are_told(estimates: pd.DataFrame) -> None:
    found = estimates["estimate"]
    assert found["persons_trained.latest"] == 515
    assert found["women_trained.latest"] == pytest.approx(75 / 233)
    assert (found["azure_seizures"], found["azure_arrests"], found["eu_action_funding"]) == (125, 18, 7.1)
    assert math.isnan(found["azure_kilograms"])
    assert estimates.loc["azure_kilograms", "ci_low"] == 480
    assert (found["presence.at_events"], found["presence.as_visible"]) == (9, 2)


def test_each_baseline_of_the_framework_is_an_estimate_of_this_or_of_another_run(whole: dict[str, Any]) -> None:
    own = set(whole["study"].frame()["id"])
    for indicator in FRAMEWORK.indicators:
        if indicator.baseline is None:
            continue
        assert indicator.baseline.estimate in whole["found"]
        run, _, name = indicator.baseline.estimate.partition("#")
        if run == NAME:
            assert name in own
            (row,) = whole["ends"]["baseline"].query("indicator == @indicator.key").to_dict("records")
            assert row["year"] == indicator.baseline.year


def test_every_estimate_a_link_or_a_criterion_names_is_there(whole: dict[str, Any]) -> None:
    named = [name for edge in FRAMEWORK.edges for name in edge.estimates]
    named += [name for criterion in FRAMEWORK.criteria for name in criterion.estimates]
    assert set(named) <= set(whole["found"])


def test_grades_are_those_of_the_scorecard_s_rule(whole: dict[str, Any]) -> None:
    runs: tuple[SavedRun, ...] = whole["runs"]
    estimates = pd.concat([run.estimates for run in runs], ignore_index=True)
    graded = answered(plan.load(), estimates, {run.name: run.assessment["checks"] for run in runs})
    assert whole["grades"] == {f"{each.primary.notebook}#{each.primary.name}": each.grade for each in graded}
    assert set(whole["links"]["evidence"]) <= {*rule.GRADES, picture.NOT_GRADED}


def test_an_answer_has_the_weakest_grade_of_what_it_cites_and_names_each(whole: dict[str, Any], study: Study) -> None:
    answers = whole["answers"].set_index("key")
    assert list(answers.index) == [criterion.key for criterion in FRAMEWORK.criteria]
    for criterion in FRAMEWORK.criteria:
        text = study.teller()(evaluation.sentence(criterion))
        cited = {f"{run or NAME}#{name}" for _, run, name in REFERENCE.findall(text)}
        assert set(criterion.estimates) <= cited, criterion.key
        grades = [whole["grades"][name] for name in criterion.estimates if name in whole["grades"]]
        worst = max(grades, key=rule.GRADES.index) if grades else ""
        expected = rule.CONTRARY if rule.CONTRARY in grades else worst
        if not criterion.estimates:
            expected = "no public data"
        assert answers.loc[criterion.key, "grade"] == (expected or "described, not graded")
        # A registered number never stands without its grade.
        for grade in set(grades):
            assert f"graded “{grade}”" in text, criterion.key


def test_sentences_name_no_cause_and_every_criterion_has_one(study: Study) -> None:
    said = " ".join(str(study.say(name)) for name in (*study.checks, "answer", "changes", "results_framework"))
    for word in CAUSAL:
        assert word not in said
    assert {evaluation.sentence(each) for each in FRAMEWORK.criteria} <= set(study.checks)
    assert "nan" not in said.lower().split()
    assert re.search(r"\bNone\b(?! of this says)", said) is None
    assert "None of this says what the programme brought about." in said


def test_links_and_indicators_are_counted_as_the_framework_has_them(whole: dict[str, Any], study: Study) -> None:
    text = plain(study.teller()("answer"))
    silent = sum(not edge.estimates for edge in FRAMEWORK.edges)
    assert f"through {len(FRAMEWORK.edges)} links; on {silent} of them no public data tell whether it holds." in text
    outcome = [each for each in FRAMEWORK.indicators if each.level == "outcome"]
    by_year = sum(each.key in yearly.FIGURES_OF for each in outcome)
    assert f"Of {len(outcome)} indicators of outcomes {by_year} are public by year" in text
    assert "No target is set" in text
    assert len(text.split()) <= 90
    assert list(whole["stands"]["key"]) == [each.key for each in FRAMEWORK.indicators]
    assert set(whole["stands"]["status"]) <= set(progress.STATUSES)
    assert (whole["stands"][["target", "aim"]] == "").all(axis=None)


def test_the_table_that_the_annual_report_reads_has_its_columns(study: Study) -> None:
    assert tuple(study._tables["indicators_by_year"].columns) == yearly.COLUMNS


def test_the_year_bounds_what_is_told() -> None:
    names = steps.run(NAME, skip=SKIP, year=2022)
    told = names["figures"]
    assert told["year"].max() == 2022
    estimates = names["study"].frame().set_index("id")
    assert "wjp_8_1.change" in estimates.index
    assert "cocaine_market.change" not in estimates.index  # the index has no edition of 2022
    assert "No share of any of this is laid to the programme." in str(names["study"].say("impact_I1"))


def test_the_year_is_no_later_than_the_newest_figure_of_any_indicator(whole: dict[str, Any]) -> None:
    tables, newest = whole["tables"], newest_year()
    assert yearly.figures(FRAMEWORK.indicators, tables, 0.95, 9999)["year"].max() == newest
    with pytest.raises(ParameterError, match=f"year = 2100: indicators are on record to {newest}; give year no later"):
        steps.run(NAME, year=2100)


def test_results_that_lack_an_estimate_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Study.runs

    def without(self: Study) -> tuple[SavedRun, ...]:
        return tuple(run for run in runs(self) if run.name != "07_outcome3_cooperation")

    monkeypatch.setattr(Study, "runs", without)
    with pytest.raises(steps.CellError, match="crimjust run 07_outcome3_cooperation") as refused:
        steps.run(NAME)
    assert isinstance(refused.value.error, DataError)


@pytest.mark.parametrize(("name", "other"), [(NAME, "questions/scorecard/"), ("90_scorecard", "questions/evaluation/")])
def test_the_code_of_one_notebook_that_reads_results_is_not_behind_the_other(name: str, other: str) -> None:
    (notebook,) = notebooks.find(name)
    behind = Sources().behind(record.modules(notebook))
    assert any(place.startswith("crimjust_research/questions/joining/") for place in behind)
    assert not any(other in place for place in behind)
