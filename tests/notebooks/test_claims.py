"""The notebook of sources and claims, its own cells run in this process: what is judged, planted and said."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.questions.claims import steps as claims
from crimjust_research.questions.claims import unnumbered
from crimjust_research.questions.claims.findings import Finding, Published
from crimjust_research.questions.claims.params import DEATHS
from crimjust_research.questions.claims.rule import Bounds, as_bounds, at_least, exactly
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "00_sources_and_claims"
SAID = document.load()
BY_KEY = {claim.key: claim for claim in (*SAID.claims, *unnumbered.claims(SAID))}
OF_81000 = BY_KEY["overdose_deaths_81000"].label


# What is judged


def test_the_counts_of_verdicts_are_those_of_the_table(whole: dict[str, Any], study: Study) -> None:
    estimates = study.frame().set_index("id")["estimate"]
    counted = whole["claims"]["verdict"].value_counts()
    for name, count in counted.items():
        assert estimates[f"verdicts.{claims.named(str(name))}"] == count
    assert counted.sum() == len(BY_KEY)


def test_nothing_is_tested_only_compared(study: Study) -> None:
    frame = study.frame()
    assert set(frame["role"]) == {"secondary"}
    assert frame[["std_error", "p_value", "p_adjusted", "ci_level"]].isna().all(axis=None)
    assert frame.loc[frame["ci_low"].notna(), "estimate"].isna().all()


def test_a_planted_revision_changes_the_verdicts_that_rest_on_it(plant: Callable[..., None]) -> None:
    def planted(table: pd.DataFrame) -> pd.DataFrame:
        month = (table["jurisdiction"] == "US") & (table["month_ending"] == "2020-05")
        national = month & (table["indicator"] == "overdose_deaths")
        # 81,622 less 622 is 81,000 as claimed; half of that would be 40,500 from synthetic opioids.
        opioids = month & (table["indicator"] == "t40_4")
        return table.assign(predicted=table["predicted"].mask(national, 81_000.0).mask(opioids, 40_500.0))

    plant(DEATHS, planted, where="raw")
    findings = {f.claim.key: f.verdict for f in steps.run(NAME, until="registered")["findings"]}
    assert findings["overdose_deaths_81000"] == "holds"
    assert findings["synthetic_opioids_over_half"] == "contradicted"
    assert findings["overdose_record_may_2020"] == "holds"


def test_reported_figures_of_closed_years_stay_and_predicted_ones_move(study: Study) -> None:
    check = study.checks["revisions_of_closed_years"]
    closed = check.table[check.table["closed"]].groupby("measure")["revised"].sum()
    assert closed.to_dict() == {"predicted": 6_872, "reported": 0}
    assert check.passed is False


def test_no_verdict_differs_between_the_vintages_at_hand(study: Study) -> None:
    table = study.checks["verdicts_by_vintage"].table
    assert set(table.loc[table["vintage"] == "2019-07", "agreement"]) == {"not covered"}
    thousand = table[(table["claim"] == OF_81000) & (table["agreement"] != "not covered")]
    assert thousand.set_index(["measure", "vintage"])["agreement"].to_dict() == {
        ("predicted", "2025-01-08"): "not in line",
        ("predicted", "2025-09"): "not in line",
        ("reported", "2025-01-08"): "in line",
        ("reported", "2025-09"): "in line",
    }


def test_held_against_reported_deaths_the_figure_of_81000_holds() -> None:
    run = steps.run(NAME, until="registered", measure="reported")
    assert claims.finding(run["findings"], "overdose_deaths_81000").verdict == "holds"
    assert run["study"].departures


def test_an_older_vintage_leaves_more_unchecked_and_says_so() -> None:
    run = steps.run(NAME, vintage="2019-07")
    study: Study = run["study"]
    assert study.frame().set_index("id").loc["verdicts.cannot_be_checked", "estimate"] == 25
    assert study.checks["other_measures_of_the_same_deaths"].passed is None
    for check in ("other_measures_of_the_same_deaths", "what_a_revision_would_change"):
        assert "does not reach May 2020" in str(study.say(check))
    assert "Revised since it was written: 0. Contradicted" in str(study.say("answer"))
    why = run["claims"].set_index("claim")["why"]
    assert why[BY_KEY["overdose_record_may_2020"].label] == (
        "No figure at hand bears on it; it would take a vintage that reaches May 2020."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vintage": "2020-12"}, "no vintage '2020-12'; there are: 2019-07"),
        ({"measure": "guessed"}, "one of predicted, reported"),
        ({"vintages": "latest"}, "there is no parameter 'vintages'; did you mean 'vintage'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


# What is said


def test_the_answer_says_what_was_counted(study: Study) -> None:
    text = str(study.say("answer"))
    assert text.startswith(f"Of the document's {len(BY_KEY)} quantitative claims 13 hold, 5 of these only against")
    assert "81,230 at the time, 81,622 now" in text
    assert "More than rounds to 81,000, by 122 deaths in vintage 2025-01-08, 16 in 2025-09." in text
    assert len(text.split()) <= 90
    assert "Contradicted: 1 (reported in May 2020: reported on 17 December 2020, 7 months later)." in text
    assert "Misprinted, substance unchecked: 1 (rise in March to May 2021: probably 2020)." in text
    assert len(text.split()) <= 90


def test_every_verdict_has_its_reason_in_one_sentence(whole: dict[str, Any]) -> None:
    for row in whole["claims"].to_dict("records"):
        assert re.fullmatch(r"[A-Z0-9].*[^.]\.", row["why"]), row
        assert ". " not in row["why"], row
        if row["verdict"] in ("cannot be checked", "misprint, substance not checked"):
            assert "it would take" in row["why"].lower(), row


def test_what_has_no_word_of_what_it_would_take_to_check_is_named(study: Study) -> None:
    unknown = BY_KEY["country_visit_3_days"].model_copy(update={"key": "new"})
    with pytest.raises(RunError, match=r"claims/answer\.j2, macro 'why'.*'new'"):
        study.say("why", Finding(unknown, exactly(3)))


def figure(bounds: Bounds, unit: str) -> Published:
    return Published("any", "now", "any", bounds, unit, "someone")


@pytest.mark.parametrize(
    ("bounds", "unit", "text"),
    [
        (exactly(81_230), "deaths", "81,230"),
        (Bounds(79_741, 80_053), "deaths", "79,741 to 80,053"),
        (exactly(2 / 3), "share", "66.7%"),
        (Bounds(0.5, 1), "share", "50% to 100%"),
        (at_least(10), "countries", "at least 10"),
        (Bounds(4_000, math.inf, low_excluded=True), "needs", "over 4,000"),
        (Bounds(-math.inf, 7_000, high_excluded=True), "gaps", "under 7,000"),
        (as_bounds(math.nan, 7_000), "gaps", "at most 7,000"),
        (exactly(1.046), "times the highest before", "1.05"),
    ],
)
def test_figures_in_words(study: Study, bounds: Bounds, unit: str, text: str) -> None:
    assert str(study.say("said", figure(bounds, unit))) == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("overdose_deaths_81000", "about 81,000 (80,500 to 81,500) deaths"),
        ("overdose_record_may_2020", "higher than any before"),
        ("synthetic_opioids_over_half", "over 50%"),
        ("states_in_need_two_thirds", "two thirds (58.3% to 70.8%)"),
        ("needs_4000", "over 4,000 needs"),
        ("proposed_at_least_17", "at least 17 countries"),
        ("cost_component_1", "10 to 14 million US dollars"),
        ("strategy_2021_2025", "2021 to 2025"),
        ("hub_august_2021", "August 2021"),
        ("phases_6", "6 phases"),
    ],
)
def test_claims_in_words(whole: dict[str, Any], study: Study, key: str, text: str) -> None:
    assert str(study.say("in_the_document", claims.finding(whole["findings"], key))) == text


def test_each_claim_that_is_drawn_has_a_name(whole: dict[str, Any], study: Study) -> None:
    names = [str(study.say("name", key)) for key in claims.relative(whole["findings"])["key"].unique()]
    assert len(names) == len(set(names)) == 18


def test_with_the_list_of_the_report_the_two_claims_of_precursor_sources_are_judged(tmp_path: Path) -> None:
    """A list written here, of no report: eleven of the proposed countries and one other Major."""
    said = document.load()
    others = sorted(set(said.majors_iso3) - set(said.proposed_iso3))
    path = tmp_path / "list.csv"
    rows = [f"{iso3},2021,12,12\n" for iso3 in (*sorted(said.proposed_iso3)[:11], others[0])]
    path.write_text("iso3,report_year,listed,page\n" + "".join(rows), encoding="utf-8")
    found = steps.run(NAME, until="registered", precursor_sources_file=str(path))
    study: Study = found["study"]
    verdicts = {f.claim.key: f.verdict for f in found["findings"]}
    assert (verdicts["precursor_sources_12"], verdicts["on_both_lists_12"]) == ("contradicted", "holds")
    estimates = study.frame().set_index("id")
    assert estimates.loc["precursor_sources_12.then", "estimate"] == 11
    assert estimates.loc["on_both_lists_12.then", "estimate"] == 12
    assert "list.csv" in {used.table for used in study.used}
    (one,) = (f for f in found["findings"] if f.claim.key == "on_both_lists_12")
    told = str(study.say("why", one))
    assert "of other Majors" in told
    assert "of the 12 countries it lists the proposed are" in told
    assert str(tmp_path) not in told
