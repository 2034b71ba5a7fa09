"""What the scorecard says under an evaluator's own plan: its questions, those it leaves out, whose they are; findings made up."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from test_scorecard_steps import FOUND, PLAN

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import own_plan
from crimjust_research.evidence.findings import SIMULATED
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.rule import Graded
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.scorecard import changes, opening, steps, words
from crimjust_research.results import SavedRun

OWN = "match.alone"
FILE = f"""whose = "the unit"
dated = "2027-03-01"
standing = "Nothing"
[outcome.1]
family = []
[outcome.3]
family = ["match.qap", "{OWN}"]
[question."{OWN}"]
estimate = "09_outcome3_match#presence"
outcome = "3"
question = "Do countries that meet at all share routes?"
asked = "Do those that meet share routes?"
whether = "whether those that meet share routes"
asks = "association"
margin = {{ value = 0.2, scale = "difference", says = "the middle", source = "Argument" }}
threat = "few meet"
would_answer = "All meetings"
"""

RUN: Any = SavedRun("09_outcome3_match", {"name": "match", "parameters": {}}, pd.DataFrame(), ())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def planned() -> Plan:
    return own_plan.laid_over(PLAN, FILE.encode(), "mine.toml")


@pytest.fixture(scope="module")
def found(planned: Plan) -> list[Any]:
    """Of the registered question what `FOUND` has, of the plan's own a suggestion."""
    (of,) = (one for one in FOUND if one.primary.id == "match.qap")
    own = next(p for p in planned.primaries if p.id == OWN)
    graded = Graded("suggestive", 1, False, ("0 specifications count",))
    return [
        of,
        replace(of, primary=own, estimate=0.3, ci_low=0.1, ci_high=0.5, graded=dict.fromkeys(of.graded, graded)),
    ]


@pytest.fixture(scope="module")
def card(planned: Plan, found: list[Any]) -> pd.DataFrame:
    return steps.card(planned, found, "margin", words.load(planned))


def teller() -> Teller:
    given = {"p": SimpleNamespace(size="margin"), "e": {}, "c": SimpleNamespace(), "f": SimpleNamespace()}
    return Teller("crimjust_research.questions.scorecard", given)


def test_it_has_a_row_for_each_question_the_plan_asks_and_none_for_those_it_leaves_out(card: pd.DataFrame) -> None:
    assert card.loc[card["outcome"] == "3", "id"].tolist()[:2] == ["match.qap", OWN]
    assert "diversification.trend" not in set(card["id"])
    assert "1" not in set(card["outcome"])
    own = card.set_index("id").loc[OWN]
    assert (own["asked"], own["grade"], own["registered"]) == ("Do those that meet share routes?", "suggestive", 0)


def test_sentences_of_an_outcome_say_whose_questions_were_asked(card: pd.DataFrame, planned: Plan) -> None:
    told = opening.outcomes(card, planned, teller())
    assert told["outcome"].unique().tolist() == ["2", "3"]  # of the first nothing is asked
    sentences = told.set_index(["outcome", "place"])["sentence"]
    assert sentences["3", 1].startswith("Two questions of the plan of the unit were asked; ")
    assert sentences["2", 1].startswith("Six questions were asked of countries that joined CRIMJUST")  # as registered
    assert "whether countries that meet share more of the traffic" in sentences["3", 2]
    assert "[[" in sentences["3", 2]


def test_what_an_outcome_means_is_not_said_of_questions_that_the_plan_leaves_out(found: list[Any]) -> None:
    alone = own_plan.laid_over(PLAN, FILE.replace('"match.qap", ', "").encode(), "mine.toml")
    told = opening.outcomes(steps.card(alone, found[1:], "margin", words.load(alone)), alone, teller())
    assert told.set_index(["outcome", "place"])["sentence"]["3", 3] == (
        "Whether cooperation lasts or matches the traffic is not among what is asked: public events show a part of it, and the "
        "programme's own register of meetings and requests would show the rest."
    )
    for outcome, asked in (("1", "precursors.rank_correlation"), ("2", "ratings.fatf_prosecution")):
        about = opening.Outcome({}, (), {}, "", {}, (asked,), ())
        assert "foretell" not in teller()(f"outcome_{outcome}_means", about)
        assert "cannot be said" not in teller()(f"outcome_{outcome}_means", about)


def test_no_number_of_simulated_data_stands_among_those_of_questions(found: list[Any], planned: Plan) -> None:
    ruled = replace(found[1].finding, ruled_out=SIMULATED)
    graded = dict.fromkeys(found[1].graded, Graded("not answerable", 0, False, (SIMULATED,)))
    findings = dict.fromkeys(graded, ruled)
    made_up = replace(found[1], unit="odds ratio", graded=graded, findings=findings)
    card = steps.card(planned, [found[0], made_up], "margin", words.load(planned))
    row = card.set_index("id").loc[OWN]
    assert row[["estimate", "low", "high", "p_value", "power"]].isna().all()
    assert (row["grade"], row["in_short"], row["half"]) == (
        "not answerable",
        "not answerable: SIMULATED",
        "not answerable",
    )
    told = steps.verdicts([found[0], made_up], [RUN], card, planned, teller())["verdict"].item()
    assert told.endswith("Do those that meet share routes? No estimate, not answerable: SIMULATED.")
    only = opening.outcomes(steps.card(planned, [made_up], "margin", words.load(planned)), planned, teller())
    assert only["sentence"].str.contains("with SIMULATED data alone.").any()
    drawn = steps.in_margins(card, words.load(planned)).set_index("id").loc[OWN]
    assert drawn["in_short"] == "not answerable: SIMULATED"
    assert pd.isna(drawn["estimate"])


def test_a_unit_says_nothing_of_standard_errors_that_are_not_told(found: list[Any], planned: Plan) -> None:
    ratio = replace(found[1], unit="growth factor a year (standard error of its logarithm)")
    card = steps.card(planned, [ratio], "margin", words.load(planned))
    assert card.set_index("id").loc[OWN, "unit"] == "growth factor a year"


def test_the_number_told_leads_to_the_estimate_that_the_plan_s_own_question_is_about(
    found: list[Any], planned: Plan
) -> None:
    alone = steps.card(planned, found[1:], "margin", words.load(planned))
    told = opening.outcomes(alone, planned, teller()).set_index(["outcome", "place"])["sentence"]["3", 2]
    assert "|09_outcome3_match|presence]]" in told


def test_what_is_not_known_counts_its_own_questions(card: pd.DataFrame, planned: Plan) -> None:
    told = opening.unknown(card, words.load(planned)).set_index("questions")
    assert told.loc[OWN, ["unknown", "tells"]].tolist() == ["Whether those that meet share routes", "All meetings"]


def test_a_verdict_on_other_questions_than_are_registered_is_told_from_the_card(
    card: pd.DataFrame, found: list[Any], planned: Plan
) -> None:
    (row,) = steps.verdicts(found, [RUN], card, planned, teller()).to_dict("records")
    assert plain(row["verdict"]) == (
        "Do countries that meet share more of the traffic? −0.10 (u; 95% interval −0.30 to 0.10), contrary. "
        "Do those that meet share routes? 0.30 (u; 95% interval 0.10 to 0.50), suggestive."
    )
    assert "|presence]]" in row["verdict"]


def test_no_published_report_is_one_of_the_plan_and_a_picture_says_whose_it_is(planned: Plan) -> None:
    assert changes.last_report(pd.DataFrame(), planned) is None
    assert (
        steps.source(planned) == "runs of this repository under the plan of the unit, dated 1 March 2027, estimates.csv"
    )
    assert steps.source(PLAN) == "runs of this repository, estimates.csv"


@pytest.mark.parametrize("entry", ["whose", "asked", "whether"])
def test_what_stands_in_sentences_cannot_pass_for_a_number_with_its_estimate(entry: str) -> None:
    marked = "".join(
        f'{entry} = "[[5|x]]?"\n' if line.startswith(f"{entry} =") else line for line in FILE.splitlines(keepends=True)
    )
    with pytest.raises(ParameterError, match=rf"{entry} .*\[\[ and \]\] mark numbers in sentences of this project"):
        own_plan.laid_over(PLAN, marked.encode(), "mine.toml")
