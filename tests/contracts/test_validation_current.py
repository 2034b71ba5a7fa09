"""The pages of the validation say what was found, and what was found holds today."""

import re

import pandas as pd
import pytest

from crimjust_research import project
from crimjust_research.evidence import plan
from validation import calibrated, estimators, mutants, primaries, references, registered, second, summary
from validation.verdicts import Compared


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    return pd.read_csv(project.root() / "reports" / "estimates.csv")


def test_sizes_and_powers_are_those_of_the_reference_results(estimates: pd.DataFrame) -> None:
    told = registered.TARGET.read_text(encoding="utf-8")
    assert told == registered.page(estimates), (
        "docs/validation/registered.md is stale: `python -m validation registered`"
    )


def test_no_calibrated_test_rejects_more_true_nulls_than_it_says() -> None:
    table = calibrated.kept()
    fresh = {(row.question, row.generator) for row in table[table["way"] == "fresh"].itertuples()}
    assert fresh == {(p.id, name) for p in plan.load().primaries for name in p.sizes}
    for way in calibrated.WAYS:
        of = registered.worst(table, way)
        assert not list(of.loc[of["verdict"] == "above 5 %", "question"]), way


def test_a_calibrated_test_that_rejects_too_often_or_too_seldom_is_told() -> None:
    made = pd.DataFrame(
        [("a", "x", "nested", share, 1_000, 199) for share in (0.03, 0.05, 0.07)],
        columns=list(calibrated.Row._fields),
    )
    assert [registered.verdict(row) for _, row in made.iterrows()] == ["conservative", "not told apart", "above 5 %"]
    # A fresh sample is held against a level that was simulated as well.
    assert registered.verdict(made.assign(way="fresh").iloc[2]) == "not told apart"
    assert "more than 5 % by two Monte Carlo errors of `a`" in registered.shown(made)


def test_every_estimator_is_beside_answers_that_its_tests_still_hold() -> None:
    table = estimators.kept()
    assert not list(estimators.stale(table)), "record the answers anew: `python -m validation estimators`"
    assert estimators.TARGET.read_text(encoding="utf-8") == estimators.page(table)


def test_a_test_that_compares_something_else_is_stale() -> None:
    table = estimators.kept()
    changed = table.assign(statement=table["statement"].where(table.index > 0, "assert found == pytest.approx(1)"))
    assert list(estimators.stale(changed)) == [f"{table['test'][0]}: assert found == pytest.approx(1)"]
    (first, *_) = estimators.entries()
    without = table[~table["test"].isin(first.tests)]
    assert list(estimators.stale(without)) == [f"{first.title}: no test it names compares anything"]


def test_every_registered_estimate_is_simulated_on_its_panel_and_made_of_validated_estimators(
    estimates: pd.DataFrame,
) -> None:
    table = primaries.kept()
    answered = set(estimators.kept()["test"])
    entries = {name: entry for entry in estimators.entries() for name in re.findall(r"`(\w+)`", entry.title)}
    for primary in plan.load().primaries:
        for name in primaries.ESTIMATORS[primary.id]:
            assert answered & set(entries[name].tests), (
                f"{primary.id} is made with {name}, which no answer stands beside"
            )
        truths = set(table.loc[table["question"] == primary.id, "truth"].round(6))
        margin = round(primary.margin.sizes["margin"], 6)
        # Nothing as large as the margin can be simulated where margins of tables leave no room for it.
        wanted = set() if not primary.sizes else {0.0} if primary.id == "routes.overlap" else {0.0, margin}
        assert truths == wanted, primary.id
    assert primaries.TARGET.read_text(encoding="utf-8") == primaries.page(table, estimates)


def test_no_equivalence_is_told_where_its_tests_err() -> None:
    assert set(primaries.equivalence_errs(primaries.kept())["question"]) == set(plan.load().rules.equivalence_errs)


def test_an_interval_that_is_too_short_is_told() -> None:
    assert [primaries.verdict(held, 1_000) for held in (0.93, 0.945, 0.97)] == ["less often", "as often", "more often"]


def test_another_program_finds_the_same_for_every_registered_question(estimates: pd.DataFrame) -> None:
    compared = list(second.registered(estimates))
    apart = [each for each in compared if not each.agrees]
    assert not apart
    found = {(each.of, each.quantity) for each in compared}
    assert {(primary.id, "estimate") for primary in plan.load().primaries} <= found
    mark = "## Estimators"  # their last digits are each processor's own
    told, now = (text.split(mark)[0] for text in (second.TARGET.read_text(encoding="utf-8"), second.page(estimates)))
    assert told == now, "ask R again: `make validate-r`"


def test_another_program_finds_the_same_on_published_data() -> None:
    compared = list(second.referred())
    assert not [each for each in compared if not each.agrees]
    known = {primary.id for primary in plan.load().primaries}
    asked = {(each.case, each.quantity) for each in second.answers() if each.case not in known}
    assert {(each.of, each.quantity) for each in compared} == asked == set(references.ours())


def test_numbers_that_lie_apart_are_told() -> None:
    def compared(ours: float, answer: float, tolerance: float = 0.01) -> bool:
        return Compared("cox", "coefficient", ours, answer, tolerance, "R").agrees

    assert compared(0.109, 0.1)
    assert not compared(0.111, 0.1)
    assert not compared(float("nan"), 0.1)
    assert compared(float("inf"), float("inf"))
    assert not compared(float("inf"), 1.0)


def test_the_page_that_leads_to_all_counts_what_was_found(estimates: pd.DataFrame) -> None:
    told = summary.TARGET.read_text(encoding="utf-8")
    assert summary.BEGINS in told
    assert told == summary.page(told, estimates), "docs/VALIDATION.md is stale: `python -m validation summary`"


def test_slips_are_seen_as_often_as_is_told() -> None:
    table = mutants.kept()
    assert mutants.TARGET.read_text(encoding="utf-8") == mutants.page(table), "`python -m validation mutants`"
    scores = mutants.scores(table)
    assert dict(scores["drawn"]) == dict(mutants.ROOMS)
    for room, wanted in mutants.WANTED.items():
        assert mutants.by_now(scores)[room] >= wanted
    # Only a mutant that passed everything can be one that changes nothing.
    assert set(table.loc[table["alike"] != "", "fate"]) == {mutants.SURVIVED}
    assert set(mutants.alike()) <= set(table["place"].astype("str"))
