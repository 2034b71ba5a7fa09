"""Steps of the scorecard on made-up findings: a row a question, in margins, with what is not estimated and has no data."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.findings import Answered
from crimjust_research.evidence.rule import CheckFound, Finding, Graded
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.scorecard import steps, words
from crimjust_research.results import SavedRun

PLAN = plan.load()
WORDS = words.load(PLAN)


def answered(name: str, estimate: float, low: float, high: float, graded: Graded, null: float = 0.0) -> Answered:
    """A question of the plan as if it had come to this, at every size; SIMULATED."""
    primary = next(p for p in PLAN.primaries if p.id == name)
    finding = Finding(
        asks=primary.asks,
        expects=primary.expects,
        margin=1.0,
        level=0.01,
        ruled_out="",
        effect=1.0,
        ci_low=0.5,
        ci_high=1.5,
        p_value=0.01,
        equivalence_p=0.5,
        power=0.7,
        least_p=0.001,
        size=0.05,
        checks=(CheckFound("Control", False, 0.9), CheckFound("Order", None, 0.1)),
        p_adjusted=0.04,
    )
    return Answered(
        primary=primary,
        estimate=estimate,
        null_value=null,
        unit="u",
        estimand="What is asked",
        method="Least squares",
        specification="as registered",
        ci_low=low,
        ci_high=high,
        ci_level=0.95,
        p_value=0.01,
        n_obs=10,
        n_units=2,
        findings={"half": replace(finding, p_adjusted=1.0, power=0.2), "margin": finding, "double": finding},
        graded={"half": Graded("undecided", 0, False, ("h",)), "margin": graded, "double": graded},
    )


FOUND = [
    answered(
        "precursors.un_2022_level", 0.88, 0.88**2, math.inf, Graded("suggestive", -1, False, ("a", "b")), null=1.0
    ),
    answered("markets.seizures_to_deaths", -0.4, -0.5, -0.3, Graded("supported", -1, True, ())),
    answered("match.qap", -0.1, -0.3, 0.1, Graded("contrary", -1, False, ())),
]


@pytest.fixture(scope="module")
def card() -> pd.DataFrame:
    return steps.card(PLAN, FOUND, "margin", WORDS).set_index("id")


def test_there_is_no_card_of_nothing() -> None:
    with pytest.raises(DataError, match="none of the plan's questions is estimated as the plan has it"):
        steps.card(PLAN, [], "margin", WORDS)


def test_every_question_has_a_row_within_its_outcome(card: pd.DataFrame) -> None:
    assert set(card.index) == {p.id for p in PLAN.primaries} | {u.id for u in PLAN.unanswered}
    assert card["outcome"].is_monotonic_increasing
    assert card["asked"].is_unique
    assert card.loc["diversification.trend", "grade"] == "not estimated"
    assert (
        card.loc["cascade.from_seizure_to_conviction", ["grade", "half", "double"]].tolist() == ["no public data"] * 3
    )
    assert card["would_answer"].str.len().min() > 5


def test_estimates_are_told_in_margins_to_the_right_in_the_direction_asked_for(card: pd.DataFrame) -> None:
    # A fall by the margin is what was asked: one margin to the right; the open end is on the left.
    fall = card.loc["precursors.un_2022_level", ["position", "low", "high"]].astype(float)
    assert fall.tolist() == pytest.approx([1.0, -math.inf, 2.0])
    assert card.loc["markets.seizures_to_deaths", ["position", "low", "high"]].tolist() == pytest.approx(
        [-2, -2.5, -1.5]
    )
    assert card.loc["match.qap", "position"] == pytest.approx(-0.5)


def test_a_chart_draws_margins(card: pd.DataFrame) -> None:
    drawn = steps.in_margins(card.reset_index(), WORDS).set_index("id").loc["match.qap"]
    assert drawn[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx([-0.5, -1.5, 0.5])
    assert drawn["asked"] == "Do countries that meet share more of the traffic?"
    assert drawn["outcome"] == "Outcome 3: Cooperating across borders"
    assert (drawn["grade"], drawn["in_short"]) == ("contrary", "contrary")


def test_intervals_are_counted_within_and_beyond_the_margin(card: pd.DataFrame) -> None:
    # They run from -2.5 to -1.5, from -inf to 2 and from -1.5 to 0.5.
    assert steps.beside_margin(card, 1.0) == {"inside": 0, "outside": 1, "untold": 0}
    assert steps.beside_margin(card, 1.4) == {"inside": 0, "outside": 1, "untold": 0}
    assert steps.beside_margin(card, 1.6) == {"inside": 1, "outside": 0, "untold": 0}
    bare = card.assign(low=float("nan"), high=float("nan"))
    assert steps.beside_margin(bare, 1.0) == {"inside": 0, "outside": 0, "untold": int(card["position"].notna().sum())}


def test_an_estimate_beyond_the_axis_is_told(card: pd.DataFrame) -> None:
    assert [row["id"] for row in steps.beyond(card.reset_index(), 1.5)] == ["markets.seizures_to_deaths"]
    assert steps.beyond(card.reset_index(), 3) == []


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("routes.overlap", {"ruled_out": "why"}, "not answerable: out of reach"),
        ("match.qap", {"ruled_out": "why"}, "not answerable: by design"),
        ("match.qap", {"power": 0.123}, "not answerable: 12% chance"),
        ("match.qap", {"power": 0.003}, "not answerable: <1% chance"),
        ("match.qap", {"power": math.nan}, "not answerable: chance unknown"),
        ("match.qap", {"least_p": 0.02}, "not answerable: p too coarse"),
    ],
)
def test_why_a_question_is_not_answerable_stands_in_its_row(name: str, changes: dict[str, Any], said: str) -> None:
    known = answered(name, 0.0, -0.1, 0.1, Graded("not answerable", 0, False, ("why",)))
    findings = {size: replace(each, **changes) for size, each in known.findings.items()}
    card = steps.card(PLAN, [replace(known, findings=findings)], "margin", WORDS).set_index("id")
    assert card.loc[name, "in_short"] == said


def test_units_are_short() -> None:
    wordy = replace(FOUND[1], unit="log points per log point")
    card = steps.card(PLAN, [wordy, FOUND[2]], "margin", WORDS).set_index("id")
    assert card.loc["markets.seizures_to_deaths", "unit"] == "% per 1%"
    assert card.loc["match.qap", "unit"] == "u"


def test_directions_are_words(card: pd.DataFrame) -> None:
    assert card["direction"].dropna().to_dict() == {
        "precursors.un_2022_level": "as asked",
        "markets.seizures_to_deaths": "negative",
        "match.qap": "the other way",
    }
    assert card.loc["precursors.un_2022_level", "reasons"] == "a; b"


def test_the_size_chosen_is_the_size_graded_at() -> None:
    half = steps.card(PLAN, FOUND, "half", WORDS).set_index("id")
    assert half.loc["match.qap", ["grade", "half", "at_margin", "double"]].tolist() == [
        "undecided",
        "undecided",
        "contrary",
        "contrary",
    ]
    assert half.loc["match.qap", ["reasons", "p_adjusted", "power"]].tolist() == ["h", 1.0, 0.2]
    at_margin = steps.card(PLAN, FOUND, "margin", WORDS).set_index("id")
    assert at_margin.loc["match.qap", ["p_adjusted", "power"]].tolist() == [0.04, 0.7]
    assert steps.firm(half.reset_index()) == []
    # Half of 0.20; half of a ratio of 0.88 is its root.
    assert half.loc["match.qap", "held_against"] == pytest.approx(0.1)
    assert half.loc["precursors.un_2022_level", "held_against"] == pytest.approx(0.88**0.5)
    assert (at_margin["held_against"].dropna() == at_margin["margin"].dropna()).all()


def test_grades_are_counted_the_firmest_first(card: pd.DataFrame) -> None:
    tally = steps.tally(card.reset_index())
    assert list(tally["1"].items()) == [("supported", 1), ("suggestive", 1), ("not estimated", 3)]
    assert tally["2"] == {"no public data": 1, "not estimated": 6}
    assert [row["id"] for row in steps.firm(card.reset_index())] == [
        "markets.seizures_to_deaths",
        "precursors.un_2022_level",
        "match.qap",
    ]


def test_the_first_version_s_grades_stand_beside_the_new_ones(card: pd.DataFrame) -> None:
    beside = steps.beside_first(card.reset_index()).set_index("id")
    assert len(beside) == 11
    assert beside.loc["match.qap"].tolist() == ["limited", "undecided", "contrary", "contrary"]


def test_checks_of_questions_are_listed_with_their_power() -> None:
    listed = steps.of_questions(FOUND[:1])
    assert listed.to_dict("list") == {
        "question": ["precursors.un_2022_level"] * 2,
        "check": ["Control", "Order"],
        "verdict": ["failed", "for information"],
        "power": [0.9, 0.1],
    }


def test_outputs_are_what_the_programme_may_claim_and_who_was_trained() -> None:
    results = pd.DataFrame(
        {
            "metric": ["azure1_drugs", "lionfish_arrests"],
            "stated": [">480", "357"],
            "unit": ["kg", "count"],
            "period": ["2021-11", "2017-03"],
            "scope": ["10 countries", None],
            "source": ["a", "b"],
            "is_creditable": [True, False],
        }
    )
    events = pd.DataFrame(
        {
            "type": ["training", "training", "training", "forum"],
            "participants": [31.0, math.nan, 9.0, 100.0],
            "date_start": ["2016-08-16", "2017-01-01", "2019-02-03", "2018-01-01"],
        }
    )
    listed = steps.outputs(results, events)
    assert listed["output"].tolist() == ["persons trained", "azure1 drugs"]
    assert listed.loc[0, ["stated", "period"]].tolist() == ["40", "2016 to 2019"]
    assert listed.loc[0, "scope"].startswith("2 of 3 public trainings")  # type: ignore[union-attr]


def test_runs_are_pooled_with_their_checks() -> None:
    saved: dict[str, Any] = {"name": "match", "checks": [{"name": "C", "of": "qap", "passed": False, "power": 0.1}]}
    runs = [SavedRun("09_outcome3_match", saved, pd.DataFrame({"id": ["qap", "x"]}), ())]  # type: ignore[arg-type]
    assert steps.run_table(runs, PLAN).to_numpy().tolist() == [["09_outcome3_match", 2, 2, 1, 1]]
    assert steps.checks(runs) == {"09_outcome3_match": saved["checks"]}
    assert len(steps.pooled(runs)) == 2


@pytest.mark.parametrize(
    ("grade", "power", "said"),
    [
        (
            "not answerable",
            0.25,
            "with 0.34 (correlation; 95% interval 0.14 to 0.52), since such data would miss 0.20, the least that would "
            "matter, 75% of the time.",
        ),
        ("not answerable", 0.003, "since such data would miss 0.20, the least that would matter, nearly always."),
        ("undecided", 0.7, "with 0.34 (correlation; 95% interval 0.14 to 0.52) where 0.20 would matter."),
    ],
)
def test_an_outcome_tells_its_closest_question_with_what_its_data_would_miss(
    grade: str, power: float, said: str
) -> None:
    closest = {"whether": "whether so", "id": "precursors.rank_correlation", "notebook": "02", "unit": "correlation"}
    closest |= {"estimate": 0.34, "ci_low": 0.14, "ci_high": 0.52, "ci_level": 0.95}
    closest |= {"held_against": 0.2, "grade": grade, "power": power}
    about = SimpleNamespace(
        grades={"not answerable": 2, "undecided": 0} | {grade: 2}, registered=2, closest=closest, by="qap"
    )
    given = {"p": SimpleNamespace(size="margin"), "e": {}, "c": SimpleNamespace(), "f": SimpleNamespace()}
    assert plain(Teller("crimjust_research.questions.scorecard", given)("outcome_found", about)).endswith(said)


def test_counts_beyond_the_words_are_numerals() -> None:
    given = {"p": SimpleNamespace(size="margin"), "e": {}, "c": SimpleNamespace(), "f": SimpleNamespace()}
    tell = Teller("crimjust_research.questions.scorecard", given)
    assert [tell("spelled", n) for n in (0, 10, 12)] == ["none", "ten", "12"]
