"""What the scorecard says under an evaluator's own plan: its questions, those it leaves out, whose they are; findings made up."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from test_scorecard_steps import FOUND, PLAN

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import own_plan
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
    run: Any = SavedRun("09_outcome3_match", {"name": "match", "parameters": {}}, pd.DataFrame(), ())  # type: ignore[arg-type]
    (row,) = steps.verdicts(found, [run], card, planned, teller()).to_dict("records")
    assert plain(row["verdict"]) == (
        "Do countries that meet share more of the traffic? −0.10 (u; 95% interval −0.30 to 0.10), contrary. "
        "Do those that meet share routes? 0.30 (u; 95% interval 0.10 to 0.50), suggestive."
    )
    assert "|presence]]" in row["verdict"]


def test_no_published_report_is_one_of_the_plan_and_a_picture_says_whose_it_is(planned: Plan) -> None:
    assert changes.last_report(pd.DataFrame(), planned) is None
    assert (
        steps.source(planned) == "runs of this repository under the plan of the unit, dated 2027-03-01, estimates.csv"
    )
    assert steps.source(PLAN) == "runs of this repository, estimates.csv"


@pytest.mark.parametrize("entry", ["whose", "asked", "whether"])
def test_what_stands_in_sentences_cannot_pass_for_a_number_with_its_estimate(entry: str) -> None:
    marked = "".join(
        f'{entry} = "[[5|x]]?"\n' if line.startswith(f"{entry} =") else line for line in FILE.splitlines(keepends=True)
    )
    with pytest.raises(ParameterError, match=rf"{entry} .*\[\[ and \]\] mark numbers in sentences of this project"):
        own_plan.laid_over(PLAN, marked.encode(), "mine.toml")
