"""What becomes of the registered questions under an evaluator's own plan: the cells of 08 and of the scorecard, run under one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crimjust_research import project
from crimjust_research.evidence import findings, own_plan, plan
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.results import RESULTS_VARIABLE, SavedRun, readers, saved_runs
from crimjust_research.runs import steps

RUN, CARD = "08_outcome3_diversification", "90_scorecard"
TREND, STEP = "diversification.trend", "diversification.step"
REGISTERED = plan.load()
HEAD = 'whose = "The evaluators"\ndated = "2027-03-01"\nstanding = "All results of 2026."\n'
ARGUED = 'says = "as argued", source = "Argument: a test"'
PLAN = f"""{HEAD}
[question."{TREND}"]
margin = {{ value = 0.03, scale = "difference", {ARGUED} }}
[question."{STEP}"]
estimate = "{RUN}#publication_step"
outcome = "3"
question = "Did the new list of drugs change how many kinds are counted?"
asked = "Did the new list change the count?"
whether = "whether the new list changed the count"
asks = "association"
margin = {{ value = 0.2, scale = "difference", {ARGUED} }}
threat = "both lists differ in many ways"
would_answer = "one year by both lists"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of 08 under the plan saves, but for its drawings, in a folder of results that keeps the plan."""
    folder = tmp_path_factory.mktemp("variant")
    (folder / plan.FILE).write_text(PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plan.VARIABLE, str(folder / plan.FILE))
        study = steps.run(RUN, skip={"answer"})["study"]
    for name, content in (
        (f"assessments/{RUN}.json", json.dumps(study.answer()._record()).encode()),
        (f"tables/{RUN}/estimates.csv", csv_bytes(study.frame())),
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def scorecard(results: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plan.VARIABLE, str(results / plan.FILE))
        patch.setenv(RESULTS_VARIABLE, str(results))
        return steps.run(CARD)


def reference() -> tuple[SavedRun, ...]:
    return saved_runs(project.root() / "reports", but=readers(project.root() / "notebooks"))


def answered(asked: plan.Plan, runs: tuple[SavedRun, ...]) -> dict[str, findings.Answered]:
    estimates = pd.concat([run.estimates for run in runs], ignore_index=True)
    found = findings.answered(asked, estimates, {run.name: run.assessment["checks"] for run in runs})
    return {each.primary.id: each for each in found}


def unadjusted(finding: Any) -> str:
    """All that was found, but for what the other questions of the outcome have a part in."""
    alone = replace(finding, p_adjusted=0.0, equivalence_p_adjusted=0.0, level=0.0, power=0.0)
    return repr(asdict(alone))


def test_a_plan_that_changes_nothing_gives_every_registered_grade() -> None:
    runs = reference()
    unchanged = own_plan.laid_over(REGISTERED, HEAD.encode(), "mine.toml")
    before, now = answered(REGISTERED, runs), answered(unchanged, runs)
    assert repr(now) == repr(before)  # numbers that are missing are no more equal than others
    assert len(now) == len(REGISTERED.primaries)


def test_another_margin_is_another_answer_to_that_question_alone(results: Path) -> None:
    laid = plan.of(results)
    (own,) = saved_runs(results, but=())
    before = answered(REGISTERED, reference())
    now = answered(laid, (*(run for run in reference() if run.name != RUN), own))
    assert set(now) - set(before) == {STEP}
    for name, each in before.items():
        if name == TREND:
            assert now[name].findings["margin"].margin == 0.03 != each.findings["margin"].margin
            assert now[name].finding.equivalence_p < each.finding.equivalence_p
            assert now[name].estimate == each.estimate
        elif each.primary.outcome != "3":
            assert repr(now[name]) == repr(each)
        else:  # one more is asked beside it, so that its p counts for one more
            assert {s: unadjusted(f) for s, f in now[name].findings.items()} == {
                s: unadjusted(f) for s, f in each.findings.items()
            }
            assert now[name].p_adjusted >= each.p_adjusted
    assert now[TREND].finding.level == pytest.approx(REGISTERED.thresholds.alpha / 7)


def test_the_scorecard_of_a_plan_reads_the_results_made_under_it(scorecard: Mapping[str, Any]) -> None:
    study, card = scorecard["study"], scorecard["card"].set_index("id")
    assert [run.name for run in scorecard["runs"]] == [RUN]
    assert card.loc[STEP, "grade"] in ("suggestive", "undecided")
    assert card.loc[STEP, "estimate"] == pytest.approx(0.02514, abs=1e-5)
    assert card.loc[STEP, "power"] > REGISTERED.thresholds.answerable_power
    assert card.loc[TREND, "margin"] == 0.03
    # Whatever was not run under it is not estimated, and keeps its place in its family.
    others = card.drop(index=[STEP, TREND])
    assert set(others["grade"]) == {"not estimated", "no public data"}
    assert scorecard["registered"].level("3") == pytest.approx(0.05 / 7)
    assert study.facts["missing"] == [p.id for p in REGISTERED.primaries if p.id != TREND]
    assert "The evaluators" in study._repr_mimebundle_()["text/plain"]
