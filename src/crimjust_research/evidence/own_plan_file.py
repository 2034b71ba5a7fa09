"""The file of an evaluator's own plan: its sections, and what each may say.

`whose`, `dated` and `standing` are required; all else only where it differs from the registered plan.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, model_validator

from crimjust_research import hand_written, yaml_files
from crimjust_research.errors import DataError, ParameterError, did_you_mean
from crimjust_research.evidence.plan import Family, Margin, Plan, QuestionId
from crimjust_research.evidence.targets import Target
from crimjust_research.yaml_files import Entry, Text

Outcome = Literal["1", "2", "3"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# What only a question of the evaluator's own says, and must.
_OWN = ("outcome", "question", "asked", "whether", "asks", "margin", "threat", "would_answer")
_OWN_ALONE = ("outcome", "question", "asked", "whether")
_ABOUT = re.compile(r"(?P<run>[^#\s]+)#(?P<id>\S.*)")
WHICH = "add `expects`: 1 for more, -1 for less"
_KIND = ("plan", "`crimjust plan` prints a template to fill")


def _date(value: Any) -> Any:
    """A day of the calendar, which TOML has without quotes as well."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = value.isoformat()
    try:
        day = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('a day of the calendar is wanted, as "2027-03-01"') from None
    if not 2020 <= day.year <= 2100:
        raise ValueError("the year is wanted in which the plan was written")
    return day.isoformat()


def _one_line(text: str) -> str:
    if "\n" in text or len(text) > 120:
        raise ValueError("a text of one line is wanted, of 120 characters at most")
    return _unmarked(text)


def _short(text: str) -> str:
    if not text.endswith("?") or "_" in text or "\n" in text or len(text) > 55:
        raise ValueError("a question of 55 characters at most is wanted, with its mark and without an underscore")
    return _unmarked(text)


def _not_the_registered(whose: str) -> str:
    if "registered plan" in whose.casefold():
        raise ValueError("the registered plan is another; say who answers for this one")
    return whose


def _unmarked(text: str) -> str:
    """A text that stands in sentences, where what is between two pairs of brackets is taken for a number with its estimate."""
    if "[[" in text or "]]" in text:
        raise ValueError("[[ and ]] mark numbers in sentences of this project; write it without them")
    return text


def _run_and_id(text: str) -> str:
    if not _ABOUT.fullmatch(text):
        raise ValueError('it names a notebook and the id of an estimate that it records, as "RUN#ID"')
    return text


def _sign(value: Any) -> Any:
    if type(value) is not int or value not in (1, -1):  # `true` is no number
        raise ValueError("1 is wanted where more is asked for, -1 where less is")
    return value


Line = Annotated[Text, AfterValidator(_one_line)]


class Said(Entry):
    """What the plan says of one question: of a registered one what differs, of one of the evaluator's own all."""

    estimate: Annotated[Text, AfterValidator(_run_and_id)] | None = None
    outcome: Outcome | None = None
    question: Text | None = None
    asked: Annotated[Text, AfterValidator(_short)] | None = None
    whether: Line | None = None
    asks: Literal["direction", "association"] | None = None
    expects: Annotated[Literal[1, -1], BeforeValidator(_sign)] | None = None
    margin: Margin | None = None
    parameters: Mapping[str, Any] = {}
    specifications: tuple[Text, ...] | None = None
    threat: Text | None = None
    would_answer: Text | None = None

    @property
    def about(self) -> tuple[str, str]:
        """The run and the id of the estimate that a question of one's own is about."""
        run, _, name = str(self.estimate).partition("#")
        return run, name

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Said:
        if self.estimate is None:
            if given := [name for name in _OWN_ALONE if getattr(self, name) is not None]:
                raise ValueError(
                    f"only a question of your own says its {given[0]}; remove it, or give `estimate`, the notebook and the id "
                    'of the estimate that it is about, as "RUN#ID"'
                )
        elif missing := [name for name in _OWN if getattr(self, name) is None]:
            raise ValueError(f"a question of your own says its {', '.join(missing)} too; add what is missing")
        elif self.specifications is not None:
            raise ValueError("a question of your own is about one estimate and has no specifications; remove them")
        elif self.asks == "direction" and self.expects is None:
            raise ValueError(f"a question of your own that asks for a direction says which; {WHICH}")
        if dates := [
            name for name, value in self.parameters.items() if isinstance(value, datetime.date | datetime.time)
        ]:
            raise ValueError(f'parameters.{dates[0]} is a date; write it in quotes, as the notebook has it: "2018-10"')
        return self


class File(Entry):
    """The file by its sections."""

    whose: Annotated[Line, AfterValidator(_not_the_registered)]
    dated: Annotated[str, BeforeValidator(_date)]
    standing: Text
    outcome: Mapping[Outcome, Family] = {}
    question: Mapping[QuestionId, Said] = {}
    target: Mapping[str, Target] = {}

    def family(self, outcome: Outcome, registered: Plan) -> tuple[str, ...]:
        """The questions that it asks of an outcome: those it lists, or else those registered and its own."""
        if outcome in self.outcome:
            return self.outcome[outcome].family
        own = [name for name, each in self.question.items() if each.outcome == outcome]
        return (*(p.id for p in registered.family(outcome)), *own)

    def notebook(self, name: str, registered: Plan) -> str:
        """The notebook that answers one of its questions; empty if there is no such question."""
        if self.question[name].estimate:
            return self.question[name].about[0]
        return next((p.notebook for p in registered.primaries if p.id == name), "")


def content(path: Path) -> bytes:
    """What the file at `path` holds.

    Raises
    ------
    ParameterError
        If it cannot be read, or is longer than any plan.
    """
    return hand_written.content(path, *_KIND)


def read(own: bytes, name: str) -> File:
    """What the content of such a file holds, called `name` in messages.

    Raises
    ------
    ParameterError
        If it is no TOML, or departs from the schema: every departure, by entry.
    """
    sections = hand_written.toml(own, name, *_KIND)
    if "primary" in sections:
        raise ParameterError(f"{name} is a registered plan; `crimjust plan` prints a template of one to lay over it")
    if "rules" in sections:
        raise ParameterError(f"{name}: rules are the same for every plan, so that grades mean the same; leave them out")
    if unknown := [section for section in sections if section not in File.model_fields]:
        known = did_you_mean(unknown[0], File.model_fields)
        raise ParameterError(f"{name}: {unknown[0]} is not known; {known}there are: {', '.join(File.model_fields)}")
    if missing := [each for each in ("whose", "dated", "standing") if each not in sections]:
        raise ParameterError(
            f"{name} does not say {', '.join(missing)}; a plan says whose it is, when it was dated, and in `standing` what had "
            "been seen of the results when it was written"
        )
    if unquoted := list(_unquoted(sections.get("question"))):
        told = 'a dot in a name wants quotes; write [question."{0}"]'
        raise ParameterError("\n".join(f"{name}: question.{each}: {told.format(each)}" for each in unquoted))
    try:
        return yaml_files.held_to(File, sections, dict.fromkeys(sections, name))
    except DataError as error:
        raise ParameterError(str(error)) from None


def _unquoted(questions: Any) -> Iterator[str]:
    """Questions whose name stands without quotes in their heading, which TOML reads as a section within a section."""
    for assessment, entries in questions.items() if isinstance(questions, dict) else ():
        for name, said in entries.items() if isinstance(entries, dict) else ():
            if (
                isinstance(said, dict)
                and name not in Said.model_fields
                and not said.keys().isdisjoint(Said.model_fields)
            ):
                yield f"{assessment}.{name}"
