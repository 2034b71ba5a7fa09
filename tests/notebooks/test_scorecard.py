"""The scorecard's own cells, on the committed reference results."""

import csv
import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crimjust_research import project
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan, published, rule
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.evidence.sentences import change
from crimjust_research.evidence.words import REFERENCE
from crimjust_research.numbers import number, percent
from crimjust_research.questions.scorecard import changes, words
from crimjust_research.results import readers, saved_runs
from crimjust_research.runs import steps

NAME = "90_scorecard"
PLAN = plan.load()
WORDS = words.load(PLAN)
CAUSAL = ("caused", "impact", "thanks to", "because of", "proves")


def test_every_question_has_a_row_and_every_registered_one_is_estimated(whole: dict[str, Any]) -> None:
    card = whole["card"]
    assert set(card["id"]) == {p.id for p in PLAN.primaries} | {u.id for u in PLAN.unanswered}
    assert whole["study"].checks["every_question_of_the_plan_is_estimated"].passed
    assert set(whole["study"].frame()["id"]) == {p.id for p in PLAN.primaries}
    assert set(card["grade"]) <= set(rule.GRADES)


def test_page_scorecard_and_pooled_table_read_one_p(whole: dict[str, Any]) -> None:
    with (project.root() / "reports" / "estimates.csv").open(newline="") as stream:
        pooled = {
            (row["run"], row["id"]): row["p_adjusted"] for row in csv.DictReader(stream) if row["role"] == "primary"
        }
    assert len(pooled) == len(whole["found"])
    for each in whole["found"]:
        text = pooled[each.primary.notebook, each.primary.name]
        assert float(text) == pytest.approx(each.p_adjusted, abs=1e-9)


def test_estimates_are_those_of_the_runs(whole: dict[str, Any]) -> None:
    runs = {
        run.name: run.estimates.set_index("id")
        for run in saved_runs(project.root() / "reports", but=readers(project.root() / "notebooks"))
    }
    estimates = whole["study"].frame().set_index("id")
    for primary in PLAN.primaries:
        main = runs[primary.notebook].loc[primary.name]
        assert main["role"] == "primary"
        assert estimates.loc[primary.id, ["n_obs", "estimate"]].tolist() == main[["n_obs", "estimate"]].tolist()


def able(whole: dict[str, Any]) -> list[Any]:
    return [each for each in whole["found"] if not each.primary.ruled_out]


def test_p_and_interval_tell_of_one_test(whole: dict[str, Any]) -> None:
    """The interval inverts the registered test: it leaves nothing out where p is below the level, and only there."""
    for each in able(whole):
        finding = each.finding
        if abs(finding.p_value - 0.05) > 0.003:  # ends are found on a grid of draws
            leaves_out = not finding.ci_low <= 0 <= finding.ci_high
            assert leaves_out == (finding.p_value < 0.05), each.primary.id


def test_a_larger_margin_is_found_more_often_and_held_within_more_surely(whole: dict[str, Any]) -> None:
    frames = {run.name: run.estimates.set_index("id") for run in whole["runs"]}
    for each in able(whole):
        own, name = frames[each.primary.notebook], each.primary.name
        power = [own.loc[f"{name}.power.{size}"] for size in plan.SIZES]
        for less, more in pairwise(power):
            # A statistic that cannot be so large has no power there that is known.
            assert math.isnan(more["estimate"]) or more["estimate"] >= less["estimate"] - 2 * math.hypot(
                less["std_error"], more["std_error"]
            )
        within = [own.loc[f"{name}.equivalence.{size}", "p_value"] for size in plan.SIZES]
        assert within == sorted(within, reverse=True), each.primary.id
        assert finding_is_whole(each.finding), each.primary.id


def finding_is_whole(finding: rule.Finding) -> bool:
    """Whether all that the rule reads has a number; power aside, which may not be known."""
    numbers = (finding.effect, finding.p_value, finding.equivalence_p, finding.size, finding.least_p)
    return not any(map(math.isnan, numbers))


def test_every_registered_notebook_has_a_verdict_no_firmer_than_its_grade(whole: dict[str, Any]) -> None:
    verdicts = dict(zip(whole["verdicts"]["run"], whole["verdicts"]["verdict"], strict=True))
    assert set(verdicts) == {primary.notebook for primary in PLAN.primaries}
    given = {name: {e.grade for e in whole["found"] if e.primary.notebook == name} for name in verdicts}
    for name, text in verdicts.items():
        for firm in (rule.SUPPORTED, rule.CONTRARY, rule.SUGGESTIVE):
            assert firm not in text or firm in given[name], (name, firm)
        assert not [word for word in CAUSAL if word in text]


def test_the_answer_counts_grades_names_what_was_found_and_claims_no_cause(whole: dict[str, Any]) -> None:
    text = str(whole["study"].say("answer"))
    firm = {rule.SUPPORTED, rule.CONTRARY, rule.SUGGESTIVE}
    for each in whole["found"]:
        assert (WORDS.questions[each.primary.id].whether in text) == (each.grade in firm)
    assert text.count("no public data") == 3  # one of Outcome 2, two of Outcome 3, all three at double the margins
    assert text.endswith("not what brought it about.")


def test_half_the_margin_is_another_question_and_no_registered_answer(whole: dict[str, Any]) -> None:
    half = steps.run(NAME, size="half")
    assert half["study"].departures == ("size is 'half'; registered is 'margin'",)
    assert half["card"]["half"].tolist() == half["card"]["grade"].tolist()
    assert half["card"]["at_margin"].tolist() == whole["card"]["grade"].tolist()


def test_the_p_told_at_double_the_margin_is_that_of_double() -> None:
    double = steps.run(NAME, size="double")
    text, firm = str(double["study"].say("answer")), double["card"].set_index("id")
    by_id = {each.primary.id: each.findings["double"] for each in double["found"]}
    for name, finding in by_id.items():
        assert firm.loc[name, "p_adjusted"] == finding.p_adjusted
        assert firm.loc[name, "power"] == pytest.approx(finding.power, nan_ok=True)
        if firm.loc[name, "grade"] in (rule.SUPPORTED, rule.CONTRARY, rule.SUGGESTIVE):
            assert firm.loc[name, "p_adjusted"] < PLAN.thresholds.alpha
            assert f"{WORDS.questions[name].whether} (" in text
    assert "more of their precursors are (suggestive, as asked; adjusted p = 0.011)" in text
    assert "double its margin, the smallest" not in text


def test_the_picture_tells_every_question_in_plain_words_with_its_grade_and_what_lies_beyond_its_axis() -> None:
    drawn = steps.run(NAME, skip={"answer"})
    figure, says = drawn["study"]._figures["questions"], str(drawn["study"].say("questions"))
    for row in drawn["card"].to_dict("records"):
        assert row["grade"] in row["in_short"]
        assert row["in_short"] in figure.alt.partition(row["asked"])[2].split(";")[0]
        assert row["id"] not in figure.svg
        assert f">{row['asked']}<" in figure.svg
        assert (f"On {row['whether']} the estimate lies beyond" in says) == (abs(row["position"]) > 3)


@pytest.mark.parametrize("size", ["margin", "double"])
def test_each_outcome_is_told_in_three_sentences_no_firmer_than_its_grades(size: str) -> None:
    """Each is one sentence, and each number in it that of the run and estimate it names."""
    told = steps.run(NAME, size=size)
    frames = {run.name: run.estimates.set_index("id") for run in told["runs"]}
    assert told["outcomes"].groupby("outcome")["place"].agg(list).to_dict() == {n: [1, 2, 3] for n in "123"}
    grades = told["card"].groupby("outcome")["grade"].agg(set)
    for row in told["outcomes"].itertuples():
        assert re.fullmatch(r"[A-Z].*[^ ]\.", row.sentence)
        assert not re.search(r"[.?!] ", row.sentence)
        assert not [word for word in CAUSAL if word in row.sentence]
        for firm in (rule.SUPPORTED, rule.CONTRARY, rule.SUGGESTIVE):
            assert firm not in row.sentence or firm in grades[row.outcome]
        marks = REFERENCE.findall(row.sentence)
        assert bool(marks) == (row.place == 2)
        for text, run, name in marks:
            estimate, unit = frames[run].loc[name, ["estimate", "unit"]]
            in_percent = unit.startswith("log points a")
            power = name.endswith(f".power.{size}")
            missed = "nearly always" if estimate < 0.01 else f"{percent(1 - estimate)} of the time"
            said = missed if power else f"{change(estimate)}% " if in_percent else f"{number(estimate, 2)} "
            assert text.startswith(said)
            assert "log points" not in text


def test_what_is_not_known_is_every_question_without_an_answer_in_few_rows(whole: dict[str, Any]) -> None:
    unknown, card = whole["unknown"], whole["card"].set_index("id")
    listed = [name for row in unknown["questions"] for name in row.split()]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(card.index[~card["grade"].isin((rule.SUPPORTED, rule.CONTRARY, rule.NO_EFFECT))])
    assert unknown.groupby("outcome").size().max() <= 6
    for row in unknown.itertuples():
        assert {card.loc[name, "outcome"] for name in row.questions.split()} == {row.outcome}
        for name in row.questions.split():
            assert WORDS.questions[name].whether in row.unknown[0].lower() + row.unknown[1:]


def test_the_snapshot_is_what_a_published_report_keeps_and_changes_are_few(whole: dict[str, Any]) -> None:
    tables = whole["study"]._tables
    kept = published.read(csv_bytes(tables["snapshot"]), "snapshot").set_index("id")
    assert kept["grade"].to_dict() == whole["card"].set_index("id")["at_margin"].to_dict()
    estimated = kept["estimate"].notna()
    assert (kept.loc[estimated, "vintages"] != "").all()
    assert len(tables["changes"]) <= len(kept) + 1
    assert not tables["changes"].isna().any(axis=None)
    assert not tables["changes"]["question"].str.contains("_").any()
    read = [used for used in whole["study"].used if used.table.startswith("reports/published/")]
    last = changes.last_report(tables["snapshot"], plan.load())
    assert read == ([last.used] if last else [])


def test_outputs_stand_apart_from_outcomes(whole: dict[str, Any]) -> None:
    assert whole["counted"]["output"].iloc[0] == "persons trained"
    assert not whole["counted"]["output"].str.contains("lionfish").any()  # INTERPOL's, not the programme's to claim


def test_no_run_and_a_run_without_estimates_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="crimjust run all"):
        saved_runs(tmp_path, but={NAME})
    (tmp_path / "assessments").mkdir()
    (tmp_path / "assessments" / "01_markets.json").write_text("{}")
    with pytest.raises(DataError, match="run 01_markets again"):
        saved_runs(tmp_path, but={NAME})
