"""The first page of the scorecard: three sentences for each outcome, and what is not known with what would tell."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.rule import CONTRARY, GRADES, NO_DATA, NO_EFFECT, SUPPORTED
from crimjust_research.evidence.sentences import Teller, initial
from crimjust_research.questions.scorecard.words import Words

# Grades that answer a question, so that what it asks is known.
_ANSWERS = (SUPPORTED, CONTRARY, NO_EFFECT)
# Macros that say, in this order, what was asked of which data, what the numbers say, and what that means.
_SENTENCES = ("outcome_{}_asked", "outcome_found", "outcome_{}_means")


@dataclass(frozen=True)
class Outcome:
    """What the sentences of an outcome are told from.

    `grades` counts the plan's questions by grade, the firmest first; `without_data` are the others, in words. `closest` is the
    row of the card whose grade is firmest and, among such, whose data were likeliest to show a size that matters, and `by` the id
    of the estimate that answers it. `parameters` of each question are the plan's. `asked` are the ids of the questions that are
    registered, `answered` those of all whose grade answers them. `whose` is the evaluator whose own plan asks other questions of
    the outcome than are registered; else empty.
    """

    grades: dict[str, int]
    without_data: tuple[str, ...]
    closest: dict[Hashable, Any]
    by: str
    parameters: dict[str, Any]
    asked: tuple[str, ...]
    answered: tuple[str, ...]
    whose: str = ""

    @property
    def registered(self) -> int:
        return sum(self.grades.values())

    def asks_of(self, assessment: str) -> bool:
        """Whether any registered question of that assessment is asked."""
        return any(name.startswith(f"{assessment}.") for name in self.asked)


def outcomes(card: pd.DataFrame, plan: Plan, tell: Teller) -> pd.DataFrame:
    """Three sentences for each outcome of which anything is asked, numbers marked with the run and the estimate they are of.

    Returns
    -------
    DataFrame: outcome, place (1 to 3), sentence.
    """
    rows = []
    for outcome, own in card[card["outcome"].isin({p.outcome for p in plan.primaries})].groupby("outcome"):
        about = _about(own, plan)
        for place, macro in enumerate(_SENTENCES, start=1):
            named = "outcome_asked_by" if about.whose and macro == _SENTENCES[0] else macro.format(outcome)
            rows.append((outcome, place, tell(named, about)))
    return pd.DataFrame(rows, columns=["outcome", "place", "sentence"])


def _about(own: pd.DataFrame, plan: Plan) -> Outcome:
    asked = own[own["grade"] != NO_DATA]
    order = asked.assign(_rank=asked["grade"].map(_rank), _power=-asked["power"].fillna(-1))
    counts = asked["grade"].value_counts()
    closest = order.sort_values(["_rank", "_power"], kind="stable").to_dict("records")[0]
    primaries = {p.id: p for p in plan.known}
    (outcome,) = set(own["outcome"])
    others = any(p.own for p in plan.family(outcome)) or any(p.outcome == outcome for p in plan.unasked)
    return Outcome(
        grades={str(grade): int(counts[grade]) for grade in sorted(counts.index, key=_rank)},
        without_data=tuple(own.loc[own["grade"] == NO_DATA, "whether"]),
        closest=closest,
        by=primaries[closest["id"]].name,
        parameters={name: p.parameters for name, p in primaries.items()},
        asked=tuple(asked.loc[asked["registered"] > 0, "id"]),
        answered=tuple(own.loc[own["grade"].isin(_ANSWERS), "id"]),
        whose=plan.own.whose if plan.own and others else "",
    )


def _rank(grade: str) -> int:
    return GRADES.index(grade) if grade in GRADES else len(GRADES)


def unknown(card: pd.DataFrame, words: Words) -> pd.DataFrame:
    """What is not known, and what would tell: a row for the questions that the same data would answer.

    Returns
    -------
    DataFrame: outcome, unknown, tells, questions (ids, parted by spaces); questions with an answer are left out.
    """
    open_questions = card[~card["grade"].isin(_ANSWERS)].set_index("id")
    rows = []
    for group in words.together:
        own = open_questions[open_questions.index.isin(group.questions)]
        if own.empty:
            continue
        told = dict.fromkeys(own["would_answer"])
        rows.append(
            (
                own["outcome"].iloc[0],
                initial("; ".join(words.questions[name].whether for name in own.index)),
                group.tells if len(told) > 1 else next(iter(told)),
                " ".join(own.index),
            )
        )
    return pd.DataFrame(rows, columns=["outcome", "unknown", "tells", "questions"])
