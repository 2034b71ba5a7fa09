"""The short words of outcomes and questions, in `words.yaml`: what a picture and a first page have room for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from crimjust_research import yaml_files
from crimjust_research.errors import DataError
from crimjust_research.evidence.plan import Plan
from crimjust_research.yaml_files import Entry, Text

FILE = "words.yaml"
LONGEST = 55
"""Characters of a question that a picture 85 mm wide has room for."""

Asked = Annotated[str, StringConstraints(max_length=LONGEST, pattern=r"^[^_]+\?$")]


class Said(Entry):
    """A question in short: asked, as part of a sentence, what is short where its design cannot answer, and how the amendment
    begins by which this version of the plan asks it, or asks it otherwise."""

    asked: Asked
    whether: Text
    lacks: str = ""
    amended: str = ""


class Together(Entry):
    """Questions of one outcome that the same data would answer; `tells` names these where the plan does in several ways."""

    questions: tuple[Text, ...] = Field(min_length=1)
    tells: str = ""


class Words(Entry):
    """Outcomes by number, questions by id, and which of them the same data would answer; `grading` is how the amendment begins
    by which this version of the plan grades otherwise, `added` what the questions are of that an amendment asks anew, by how it
    begins."""

    outcomes: Mapping[Text, Text]
    questions: Mapping[Text, Said]
    grading: str
    added: Mapping[Text, Text]
    together: tuple[Together, ...]


def load(plan: Plan) -> Words:
    """The words of every question of the plan: of those registered by the file, of those only an evaluator's own plan asks by
    that.

    Raises
    ------
    DataError
        If the file departs from its schema, or a registered question has no words, or not one place in `together`.
    """
    found = yaml_files.load_beside(Words, __package__, FILE)
    asked = {p.id: p.outcome for p in plan.known if not p.own} | {u.id: u.outcome for u in plan.unanswered}
    placed = [name for group in found.together for name in group.questions]
    for where, names in (("questions", list(found.questions)), ("together", placed)):
        if differing := sorted({n for n in (*asked, *names) if names.count(n) != (n in asked)}):
            raise DataError(
                f"scorecard/{FILE}: each question of the plan stands once under `{where}`; mend {', '.join(differing)}"
            )
    if unnamed := sorted(set(asked.values()) - set(found.outcomes)):
        raise DataError(f"scorecard/{FILE}: outcome {', '.join(unnamed)} has no words; add them under `outcomes`")
    if mixed := [group.questions for group in found.together if len({asked[n] for n in group.questions}) > 1]:
        raise DataError(f"scorecard/{FILE}: {', '.join(mixed[0])} are of two outcomes; part them under `together`")
    ours = {p.id: Said(asked=p.asked, whether=p.whether) for p in plan.primaries if p.own}
    alone = (Together(questions=(name,)) for name in ours)
    return found.model_copy(update={"questions": {**found.questions, **ours}, "together": (*found.together, *alone)})
