"""A study: what it records, refuses, adjusts and says."""

import csv
import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from toy_checkout import accept_all, plan_text

from crimjust_research import spreadsheets
from crimjust_research.errors import DataError, ParameterError, RunError, printable
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.evidence.estimates import Used
from crimjust_research.shown import shown_number
from crimjust_research.study import Question, Study

TOYQ = {"notebook": "01_toyq", "ruled_out": "it is a toy"}
PLANNED = {
    "toyq.level": TOYQ
    | {
        "parameters": {"drug": "cocaine"},
        "specifications": {"a": {"varies": "model", "says": "A"}, "b": {"varies": "inference", "says": "B"}},
    },
    "toyq.slope": TOYQ,
    "other.thing": TOYQ,
}
MODULES = {
    "__init__": """
from crimjust_research.study import Question
from toyq.params import Params

QUESTION = Question("toyq", "01_toyq", "1", "Toy of {drug}", "How much {drug}?", (), Params)
""",
    "params": """
from typing import Literal

from pydantic import Field

from crimjust_research.study import StudyParams


class Params(StudyParams):
    drug: Literal["cocaine", "heroin"] = Field(description="drug")
    confidence_level: float = Field(gt=0, lt=1, description="level")
""",
}
KINDS = """
bases:
  mean: {method: mean, unit: kg}
estimates:
  level: {base: mean, id: level, estimand: "Level of {drug}", unit: "{unit}", role: primary}
  second: {base: mean, id: level.second, estimand: Level, role: primary}
  variant: {base: mean, id: "level.{name}", estimand: Level, role: sensitivity}
  grid: {base: mean, id: "grid.{name}", estimand: G, grid: all, null_value: 1}
  without: {base: mean, id: "level.without.{name}", estimand: Level, role: left_out, specification: "{name}"}
  unplanned: {base: mean, id: surprise, estimand: S, role: primary}
  oddrole: {base: mean, id: odd, estimand: S, role: headline}
  taken: {base: mean, id: taken, estimand: T, take: {estimate: middle}, null_value: none}
"""
TEMPLATE = """
{% macro answer() %}
The level of {{ p.drug }} is {{ e.level|estimate(2) }}, of {{ f.n|plural("country", "countries") }}.
{% endmacro %}
{% macro looked() %}It was looked at {{ c.looked.facts.times|plural("time") }}.{% endmacro %}
{% macro line_heroin() %}It rises.{% endmacro %}
{% macro control(c) %}With power {{ c.power }}.{% endmacro %}
{% macro needs() %}{{ f.absent }}{% endmacro %}
"""
ROW = {"estimate": 2.5, "ci_low": 1.0, "ci_high": 4.0, "p_value": 0.0004, "n_obs": 12.0, "n_units": 3, "unit": "kg"}


@pytest.fixture
def toyq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A question of its own in a checkout of its own."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "analysis_plan.toml").write_text(plan_text(PLANNED))
    (tmp_path / "notebooks").mkdir()
    source = 'drug = "cocaine"\nconfidence_level = 0.95\n'
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source.splitlines(keepends=True)}
    (tmp_path / "notebooks" / "01_toyq.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}}))
    accept_all(tmp_path)
    package = tmp_path / "lib" / "toyq"
    package.mkdir(parents=True)
    for name, code in MODULES.items():
        (package / f"{name}.py").write_text(code)
    (package / "answer.j2").write_text(TEMPLATE)
    (package / "estimates.yaml").write_text(KINDS)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    import toyq  # type: ignore[import-not-found]

    yield toyq
    for name in [name for name in sys.modules if name.split(".")[0] == "toyq"]:
        del sys.modules[name]
    from crimjust_research.evidence.sentences import environment

    environment.cache_clear()


def begun(toyq: ModuleType, **changed: object) -> Study:
    question: Question = toyq.QUESTION
    return Study.begin(question, {"drug": "cocaine", "confidence_level": 0.95, "other_name": 1} | changed)


def test_a_declared_estimate_takes_numbers_from_the_row_and_texts_from_the_table(toyq: ModuleType) -> None:
    study = begun(toyq)
    shown = study.estimate(
        "level", ROW | {"method": "a column by accident", "question": "a panel's title", "role": "own"}
    )
    assert shown.loc["level", "estimate"] == 2.5
    (row,) = study.frame().to_dict("records")
    assert (row["estimand"], row["method"], row["unit"], row["role"]) == ("Level of cocaine", "mean", "kg", "primary")
    assert (row["question"], row["outcome"], row["n_obs"], row["ci_level"]) == ("How much cocaine?", "1", 12, 0.95)


def test_running_a_cell_again_replaces_and_does_not_add(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("level", ROW)
    study.estimate("level", ROW | {"estimate": 3.0})
    assert study.frame()["estimate"].tolist() == [3.0]


def test_frames_rows_and_results_are_all_taken(toyq: ModuleType) -> None:
    study = begun(toyq)
    frame = pd.DataFrame([ROW | {"name": "a"}, ROW | {"name": "b"}])
    study.estimate("variant", frame)
    study.estimate("level", frame.iloc[0])
    study.estimate("taken", {"middle": 7.0})
    result = SimpleNamespace(estimate=1.0, p_value=0.5, n_obs=3)
    study.estimate("mine", result, estimand="Mine", method="by hand", unit="kg")
    estimates = study.frame().set_index("id")
    assert estimates["estimate"].to_dict() == {"level.a": 2.5, "level.b": 2.5, "level": 2.5, "taken": 7.0, "mine": 1.0}
    assert estimates.loc["mine", ["role", "estimand", "n_obs"]].tolist() == ["own", "Mine", 3]


def test_a_misspelt_kind_is_refused_with_the_near_name(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match=r"no kind of estimate 'levle'; did you mean 'level'\?.*give estimand="):
        begun(toyq).estimate("levle", ROW)


def test_a_declared_kind_cannot_be_described_anew(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match="'level' is declared by the question; leave out method"):
        begun(toyq).estimate("level", ROW, method="another")


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        (
            "estimand: G",
            "estimandd: G",
            r"toyq/estimates\.yaml: estimates\.grid\.estimandd is not known; did you mean estimand",
        ),
        (
            "base: mean, id: odd",
            "base: maen, id: odd",
            r"estimates\.oddrole\.base is 'maen'; did you mean mean\? .*: mean",
        ),
        ("estimand: T,", "", r"toyq/estimates\.yaml: estimates\.taken has no estimand; say it there or in its base"),
        (
            "take: {estimate:",
            "take: {estimat:",
            r"estimates\.taken\.take\.estimat is 'estimat': it should be 'estimate'",
        ),
        ('"grid.{name}"', '"grid.{name"', r"estimates\.grid\.id is 'grid\.\{name': braces stand in pairs .* \{drug\}"),
        ("null_value: 1", "null_value: one", r"estimates\.grid\.null_value is 'one': a number is wanted, or none"),
    ],
)
def test_a_table_of_estimates_that_departs_from_its_schema_is_refused_by_kind_and_key(
    toyq: ModuleType, tmp_path: Path, written: str, instead: str, says: str
) -> None:
    file = tmp_path / "lib" / "toyq" / "estimates.yaml"
    assert KINDS.count(written) == 1
    file.write_text(KINDS.replace(written, instead))
    with pytest.raises(DataError, match=says):
        begun(toyq).estimate("level", ROW)


def test_a_text_that_asks_for_what_no_row_brings_is_refused_with_the_near_name(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match=r"variant\.id: 'level\.\{name\}' asks for 'name', .* did you mean 'nmae'"):
        begun(toyq).estimate("variant", ROW | {"nmae": "a"})


def test_a_primary_estimate_must_be_in_the_plan(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match=r"'surprise' is primary, but docs/analysis_plan\.toml registers no such"):
        begun(toyq).estimate("unplanned", ROW)


def test_a_role_must_be_one_there_is(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match="there is no role 'headline'"):
        begun(toyq).estimate("oddrole", ROW)


def test_whatever_differs_from_the_notebook_is_a_departure_and_nothing_is_primary_then(toyq: ModuleType) -> None:
    assert begun(toyq).departures == ()
    study = begun(toyq, drug="heroin", confidence_level=0.9)
    assert study.departures == (
        "drug is 'heroin'; registered is 'cocaine'",
        "confidence_level is 0.9; registered is 0.95",
    )
    study.estimate("level", ROW)
    (row,) = study.frame().to_dict("records")
    assert (row["role"], row["estimand"], row["question"]) == ("secondary", "Level of heroin", "How much heroin?")
    assert "drug is 'heroin'" in study._repr_mimebundle_()["text/plain"]


def test_parameters_are_checked_every_fault_at_once(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError) as refused:
        begun(toyq, drug="tea", confidence_level=2)
    assert str(refused.value).splitlines() == [
        "parameter drug = 'tea': it should be one of cocaine, heroin",
        "parameter confidence_level = 2: it should be a number above 0 and below 1",
    ]
    with pytest.raises(ParameterError, match="parameter drug is missing"):
        Study.begin(toyq.QUESTION, {"confidence_level": 0.95})


def test_a_grid_is_adjusted_together_and_the_primary_is_left_to_the_outcome(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("level", ROW)
    study.estimate("grid", pd.DataFrame({"estimate": [1, 2, 3], "p_value": [0.01, 0.04, 0.03], "name": list("abc")}))
    adjusted = study.frame().set_index("id")["p_adjusted"]
    assert adjusted[["grid.a", "grid.b", "grid.c"]].tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert pd.isna(adjusted["level"])
    assert study.frame().set_index("id")["null_value"].to_dict() == {"level": 0, "grid.a": 1, "grid.b": 1, "grid.c": 1}


def test_sentences_take_every_number_from_the_run(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("level", ROW)
    study.note(n=1)
    study.check("looked", None, pd.DataFrame({"a": [1]}), times=2)
    assert str(study.say("answer")) == "The level of cocaine is 2.5 kg (95% interval 1 to 4, p < 0.001), of 1 country."
    assert str(study.say("looked")) == "It was looked at 2 times."
    with pytest.raises(RunError, match=r"toyq/answer\.j2, macro 'needs': .*absent"):
        study.say("needs")
    with pytest.raises(RunError, match=r"toyq/answer\.j2 has no macro 'spoken'"):
        study.say("spoken")


@pytest.mark.parametrize("taken", ["level.a", "slope"])
def test_an_analysts_own_takes_no_place_of_the_questions(toyq: ModuleType, taken: str) -> None:
    study = begun(toyq)
    study.estimate("variant", ROW | {"name": "a"})
    with pytest.raises(ParameterError, match=f"'{taken}' is an estimate of the question's; give your own another name"):
        study.estimate(taken, ROW, estimand="Mine", method="by hand", unit="kg")


def test_an_analysts_own_text_may_hold_braces_and_stands_first(toyq: ModuleType) -> None:
    study = begun(toyq, drug="heroin")
    study.estimate("level", ROW)
    study.note(n=1)
    study.estimate("mine", ROW, estimand="Mean of {Y}", method="by hand", unit="kg")
    assert next((e.id, e.estimand) for e in study.answer().estimates) == ("mine", "Mean of {Y}")


def test_a_question_has_one_primary_estimate(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("level", ROW)
    with pytest.raises(ParameterError, match=r"toyq\.level has one primary estimate, not level and level\.second"):
        study.estimate("second", ROW)


def test_a_sensitivity_is_no_answer_to_what_was_registered(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("variant", ROW | {"name": "a"})
    with pytest.raises(
        RunError,
        match=r"the primary estimate level of toyq\.level; the sensitivity estimate level\.b of toyq\.level; "
        r"the primary estimate slope of toyq\.slope; run the cells above",
    ):
        study.answer()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"altered": 1.1}, "altered is 1.1; it lies between 0 and 1"),
        ({"p_value": 3}, "p_value is 3; it lies between 0 and 1"),
        ({"ci_low": 5.0}, "runs from 5 down to 4"),
    ],
)
def test_no_estimate_is_beyond_what_there_can_be(toyq: ModuleType, values: dict[str, float], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        begun(toyq).estimate("level", ROW | values)


def test_two_rows_of_one_id_are_refused_and_none_is_lost(toyq: ModuleType) -> None:
    with pytest.raises(ParameterError, match="two rows give the estimate 'level'"):
        begun(toyq).estimate("level", pd.DataFrame([ROW, ROW]))


def test_a_notebook_saved_with_another_default_still_departs_from_the_plan(toyq: ModuleType, tmp_path: Path) -> None:
    notebook = tmp_path / "notebooks" / "01_toyq.ipynb"
    notebook.write_text(notebook.read_text().replace("cocaine", "heroin"))
    assert begun(toyq, drug="heroin").departures == ("drug is 'heroin'; registered is 'cocaine'",)


def test_a_question_is_saved_with_the_figure_that_carries_its_answer_or_not_at_all(
    toyq: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crimjust_research import charts

    monkeypatch.setattr(toyq, "QUESTION", replace(toyq.QUESTION, figure="line_{drug}"))
    study = begun(toyq, drug="heroin")
    study.estimate("level", ROW)
    study.note(n=1)
    with pytest.raises(RunError, match="no cell has drawn the figure 'line_heroin', which carries the answer"):
        study.save(tmp_path / "saved")
    drawn = charts.lines(pd.DataFrame({"x": [1, 2], "y": [1.0, 2.0]}), "x", "y")
    study.figure("line_heroin", drawn, "A line", "A line.", source="Nobody")
    assert study.answer().says == {"line_heroin": "It rises."}
    study.save(tmp_path / "saved")
    saved = json.loads((tmp_path / "saved" / "assessment.json").read_text())
    assert saved["key_figure"] == "line_heroin"
    assert [figure["says"] for figure in saved["figures"]] == ["It rises."]


def test_an_analysts_own_chart_and_check_need_no_sentence(toyq: ModuleType) -> None:
    from crimjust_research import charts

    study = begun(toyq, drug="heroin")
    study.estimate("level", ROW)
    study.note(n=1)
    drawn = charts.lines(pd.DataFrame({"x": [1, 2], "y": [1.0, 2.0]}), "x", "y")
    assert "data:image/svg+xml," in drawn._repr_mimebundle_()["text/html"]
    shown = study.figure("mine", drawn, "Mine", "By hand.", source="my own figures")
    study.check("my_check", True, pd.DataFrame({"a": [1]}))
    html = shown._repr_mimebundle_()["text/html"]
    # Markup of SVG would be taken out of a notebook that is opened and not run.
    assert "<svg" not in html
    picture = unquote(html.partition('src="data:image/svg+xml,')[2].partition('"')[0])
    assert picture.partition("<title>")[2] == shown.figure.svg.partition("<title>")[2]
    assert [c.sentence for c in study.answer().checks] == [""]


def test_no_answer_without_what_was_registered(toyq: ModuleType) -> None:
    study = begun(toyq)
    study.estimate("level", ROW)
    study.note(n=1)
    study.estimate("variant", pd.DataFrame([ROW | {"name": "a"}, ROW | {"name": "b"}]))
    with pytest.raises(RunError, match=r"no cell has recorded the primary estimate slope of toyq\.slope; run"):
        study.answer()


def test_a_departing_run_answers_under_names_of_its_own(toyq: ModuleType) -> None:
    study = begun(toyq, drug="heroin")
    study.estimate("level", ROW)
    study.estimate("unplanned", ROW)
    study.note(n=1)
    assert {e.role for e in study.answer().estimates} == {"secondary"}


# What the rule of grades needs ------------------------------------------------------------------------------------------

JUDGED = PLANNED["toyq.level"] | {
    "ruled_out": "",
    "sizes": {"signs": "A sign each"},
    "checks": {"control": "Negative control", "order": "Order"},
}
POWER = {"half": Share(0.2, 1000), "margin": Share(0.6, 1000), "double": Share(0.99)}
SIGNS = {"signs": Simulated(np.arange(1, 2001) / 2000)}
WITHIN = {"half": 0.9, "margin": 0.4, "double": 0.01}


@pytest.fixture
def judged(toyq: ModuleType, tmp_path: Path) -> Study:
    """A study of one question that its design can answer, its estimate recorded."""
    plan = plan_text({"toyq.level": JUDGED, "other.thing": TOYQ})
    (tmp_path / "docs" / "analysis_plan.toml").write_text(plan)
    study = begun(toyq)
    study.estimate("level", ROW)
    study.note(n=1)
    return study


def test_a_specification_the_plan_does_not_list_is_refused(judged: Study) -> None:
    with pytest.raises(
        ParameterError, match=r"'level\.c': docs/analysis_plan\.toml lists no specification 'c' of toyq\.lev"
    ):
        judged.estimate("variant", ROW | {"name": "c"})


def test_no_answer_without_all_that_the_plan_lists(judged: Study) -> None:
    with pytest.raises(RunError) as refused:
        judged.answer()
    wanted = [f"the sensitivity estimate level.{name} of toyq.level" for name in "ab"]
    wanted += [
        f"the diagnostic estimate level.{what}.{n} of toyq.level" for what in ("power", "equivalence") for n in POWER
    ]
    wanted += [
        f"the diagnostic estimate level.{name} of toyq.level" for name in ("size.signs", "least_p", "calibrated_p")
    ]
    wanted += ["estimates of toyq.level that leave out one case"]
    wanted += [f"the check {name} of toyq.level" for name in ("control", "order")]
    assert str(refused.value) == f"no cell has recorded {'; '.join(wanted)}; run the cells above"
    judged.estimate("variant", pd.DataFrame([ROW | {"name": "a"}, ROW | {"name": "b"}]))
    judged.estimate("without", ROW | {"name": "x", "ci_level": 0.9})
    judged.evidence("level", power=POWER, equivalence=WITHIN, without_effect=SIGNS, least_p=0.001)
    for name in ("control", "order"):
        judged.check(name, True, pd.DataFrame(), of="level", power=0.9)
    with pytest.raises(
        RunError, match=r"no cell has recorded the share of rows that level\.a alters \(`altered`\); run"
    ):
        judged.answer()
    judged.estimate("variant", ROW | {"name": "a", "altered": 1.0})
    assert {(c.name, c.of) for c in judged.answer().checks} == {("Control", "level"), ("Order", "level")}


def test_what_the_rule_needs_of_a_test_is_recorded_beside_its_estimate(judged: Study) -> None:
    judged.evidence("level", power=POWER, equivalence=WITHIN, without_effect=SIGNS, least_p=0.001)
    rows = judged.frame().set_index("id").drop("level")
    assert rows["role"].unique().tolist() == ["diagnostic"]
    assert rows["estimate"].to_dict() == {
        "level.power.half": 0.2,
        "level.power.margin": 0.6,
        "level.power.double": 0.99,
        **{f"level.equivalence.{size}": 2.5 for size in WITHIN},
        "level.size.signs": 0.05,
        "level.calibrated_p": 2.5,
        "level.least_p": pytest.approx(3 / 2001),  # once calibrated on 2,000 samples
    }
    assert rows.loc["level.equivalence.double", "p_value"] == 0.01
    assert rows.loc["level.power.margin", "null_value"] == judged.level("level") == pytest.approx(0.025)
    assert rows.loc["level.power.margin", "std_error"] == pytest.approx((0.6 * 0.4 / 1000) ** 0.5)
    assert rows["specification"].loc[["level.power.half", "level.power.double", "level.size.signs"]].tolist() == [
        "1,000 simulated samples",
        "closed form",
        "A sign each; 2,000 simulated samples",
    ]
    assert judged.margin("level").sizes == {"half": 0.5, "margin": 1.0, "double": 2.0}


def test_evidence_is_of_an_estimate_and_of_a_registered_question(judged: Study) -> None:
    said = {"power": POWER, "equivalence": WITHIN, "without_effect": SIGNS, "least_p": 0.001}
    with pytest.raises(ParameterError, match=r"registers no question 'slope' of 'toyq'; it registers: level"):
        judged.evidence("slope", **said)  # type: ignore[arg-type]
    with pytest.raises(RunError, match="no cell has recorded the estimate 'heroin'"):
        judged.evidence("level", of="heroin", **said)  # type: ignore[arg-type]
    judged.estimate("grid", ROW | {"name": "h"})
    judged.evidence("level", of="grid.h", **said)  # type: ignore[arg-type]
    assert "grid.h.power.margin" in set(judged.frame()["id"])


@pytest.mark.parametrize(
    ("passed", "power", "of", "told"),
    [
        (True, 0.8, "level", True),
        (True, 0.79, "level", None),
        (True, float("nan"), "level", None),
        (False, 0.1, "level", False),
        (None, 0.9, "level", None),
        (True, float("nan"), "", True),
    ],
)
def test_a_check_of_a_question_passes_only_if_it_could_have_failed(
    judged: Study, passed: bool | None, power: float, of: str, told: bool | None
) -> None:
    judged.check("control", passed, pd.DataFrame(), of=of, power=power)
    (found,) = judged.checks.values()
    assert found.passed is told


def test_a_check_of_a_question_is_one_the_plan_lists(judged: Study) -> None:
    with pytest.raises(ParameterError, match=r"lists no check 'luck' of 'level'; it lists: control, order"):
        judged.check("luck", True, pd.DataFrame(), of="level", power=0.9)


def test_the_sentence_of_a_question_s_check_is_told_of_that_check(judged: Study) -> None:
    judged.estimate("variant", pd.DataFrame([ROW | {"name": n, "altered": 1.0} for n in "ab"]))
    judged.estimate("without", ROW | {"name": "x", "ci_level": 0.9})
    judged.evidence("level", power=POWER, equivalence=WITHIN, without_effect=SIGNS, least_p=0.001)
    judged.check("control", True, pd.DataFrame(), of="level", power=Share(0.95, 1000))
    judged.check("order", None, pd.DataFrame(), of="level")
    assert [c.sentence for c in judged.answer().checks] == ["With power 0.95.", ""]


def test_declared_texts_take_what_follows_from_the_parameters(toyq: ModuleType) -> None:
    study = begun(toyq)
    assert study._text("How much {drug} at {p.confidence_level:.0%}?") == "How much cocaine at 95%?"


def test_what_was_read_is_kept_once(toyq: ModuleType) -> None:
    study = begun(toyq)
    for _ in range(2):
        study.note_read(Used("own.csv", "2024", "abc"))
    assert len(study._used) == 1


def test_numbers_in_tables_have_one_format() -> None:
    values = [2018.0, 0.0351234, 1234.56, float("nan"), 1e-15, float("-inf")]
    assert [shown_number(v) for v in values] == ["2018", "0.03512", "1235", "", "1e−15", "−∞"]


def test_a_librarys_warning_is_a_note_without_a_path(
    toyq: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        begun(toyq)
        warnings.warn_explicit("it may not have converged", RuntimeWarning, "01_toyq#4", 2)
        library = tmp_path / "site-packages" / "fitter" / "core.py"
        warnings.warn_explicit("a step was halved", UserWarning, str(library), 7)
        warnings.warn_explicit("see /home/x/y.py of 0x7f12345678, 3/4 done", UserWarning, str(library), 8)
    assert capsys.readouterr().out == (
        "Note by this analysis: it may not have converged (RuntimeWarning)\n"
        "Note by fitter: a step was halved (UserWarning)\n"
        "Note by fitter: see … of …, 3/4 done (UserWarning)\n"
    )


def test_each_result_remembers_the_cell_that_recorded_it_last(toyq: ModuleType) -> None:
    entered = ["", "parameters", "begin"]
    study = begun(toyq, drug="heroin", In=entered)
    entered.append("estimate and check")
    study.estimate("level", ROW)
    study.note(n=2)
    study.check("looked", True, pd.DataFrame({"a": [1]}), times=3)
    entered.append("table")
    study.table("rows", pd.DataFrame({"a": [1]}))
    entered.append("the estimate's cell again, as in JupyterLab")
    study.estimate("level", ROW)
    assert study.answer().cells == {"level": 5, "check:Looked": 3, "table:rows": 4}


@pytest.mark.parametrize("given", [{}, {"In": 7}, {"In": [""]}])
def test_where_no_cells_are_counted_none_is_named(toyq: ModuleType, given: dict[str, object]) -> None:
    study = begun(toyq, drug="heroin", **given)
    study.estimate("level", ROW)
    study.note(n=2)
    assert study.answer().cells == {}


TABLE = pd.DataFrame({"a": [1]})
UNFIT = (
    "../../up",
    "a/b",
    "a\\b",
    "a b",
    "",
    "é",
    "x" * 81,
    "nul",
    "CON",
    "lpt1",
    "a\x00",
    "a\n",
    "a.b",
    "estimates",
    "Estimates",
)


@pytest.mark.parametrize("name", UNFIT)
def test_a_table_that_names_no_file_is_refused(toyq: ModuleType, name: str) -> None:
    study = begun(toyq, drug="heroin")
    with pytest.raises(ParameterError, match=r"table name .*(it names a file|its file is)"):
        study.table(name, TABLE)
    assert not study._tables


def test_tables_that_some_systems_take_for_one_are_refused(toyq: ModuleType) -> None:
    study = begun(toyq, drug="heroin")
    study.table("Rows", TABLE)
    study.table("Rows", TABLE)
    with pytest.raises(ParameterError, match="its file is that of 'Rows'"):
        study.table("rows", TABLE)


@pytest.mark.parametrize("name", ["=1+1", "-x", "@x", "[[x|y]]", "a|b", "a]", "a\nb", "a\x1b[2J", "\u202eb", "<b>"])
def test_an_id_that_could_stand_in_no_table_or_link_is_refused(toyq: ModuleType, name: str) -> None:
    with pytest.raises(ParameterError, match="an id begins with a letter or digit"):
        begun(toyq).estimate(name, {"estimate": 1.0}, estimand="e", method="m", unit="kg")
    for blank in ("", " "):
        with pytest.raises(ParameterError, match="an estimate needs a name"):
            begun(toyq).estimate(blank, {"estimate": 1.0}, estimand="e", method="m", unit="kg")
    with pytest.raises(ParameterError, match="its estimand is ' ', of which nothing shows"):
        begun(toyq).estimate("own", {"estimate": 1.0}, estimand=" ", method="m", unit="kg")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[[7|evil]]",
        "{{ 7*7 }} {p.drug}",
        "$x$ `c`",
        "W" * 400,
        "=1+1",
        "\x1b[2J\u202e",
    ],
)
def test_what_an_analyst_writes_is_shown_as_text(toyq: ModuleType, tmp_path: Path, text: str) -> None:
    study = begun(toyq, drug="heroin")
    study.estimate("level", ROW)
    study.estimate("own", {"estimate": 1.0}, estimand=text, method=text, unit=text, specification=text)
    study.note(n=2)
    study.check(text, None, pd.DataFrame({text: [text]}))
    study.table("rows", pd.DataFrame({text: [text]}))
    answer = study.answer()
    answer.save(tmp_path / "saved")
    own = answer.estimate("own")
    assert (own.estimand, own.method, own.unit, own.specification) == (text,) * 4
    shown = answer._repr_mimebundle_()
    assert "<script>" not in shown["text/html"]
    assert f"<td>{escape(text)}</td>" in shown["text/html"]
    assert shown["text/plain"] == printable(shown["text/plain"])
    cell = spreadsheets.cell(text)
    with (tmp_path / "saved" / "tables" / "rows.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [[cell], [cell]]
    with (tmp_path / "saved" / "estimates.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["estimand"] for row in csv.DictReader(stream)} >= {cell}
    assert json.loads((tmp_path / "saved" / "assessment.json").read_text())["checks"][0]["table"] == [{text: text}]
