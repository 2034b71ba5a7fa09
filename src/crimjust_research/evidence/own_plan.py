"""An evaluator's own plan: a TOML file laid over the registered plan, which it never edits.

It says whose it is, when it was written and what had been seen by then; and only what differs: which questions are asked, their
margins, parameters, specifications and reasons to doubt, thresholds of the grades, questions of the evaluator's own about an
estimate that a notebook records anyway, and targets of indicators. What it says of a question that is like what is registered
is no change. All else is the registered plan's.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator

from crimjust_research import accepted, project, yaml_files
from crimjust_research.errors import DataError, ParameterError, did_you_mean
from crimjust_research.evidence.plan import Margin, OwnPlan, Plan, Primary, QuestionId, Thresholds
from crimjust_research.evidence.plan_changes import changes
from crimjust_research.evidence.targets import Target
from crimjust_research.yaml_files import Entry, Text

Outcome = Literal["1", "2", "3"]
# What only a question of the evaluator's own says, and must.
_OWN = ("outcome", "question", "asked", "whether", "asks", "margin", "threat", "would_answer")
_OWN_ALONE = ("outcome", "question", "asked", "whether")
_ABOUT = re.compile(r"(?P<run>[^#\s]+)#(?P<id>\S.*)")
_LONGEST = 1_000_000  # bytes; the registered plan has a twentieth of it
# Thresholds that notebooks follow in what they record, so that results under others would not be what they say.
_FIXED = {"alpha": "notebooks record intervals without single units at the level that follows from it"}


def _date(value: Any) -> Any:
    """A day of the calendar, which TOML has without quotes as well."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError('a day of the calendar is wanted, as "2027-03-01"') from None


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text or len(text) > 120:
        raise ValueError("a text of one line is wanted, of 120 characters at most")
    return text


def _short(text: str) -> str:
    if not text.endswith("?") or "_" in text or "\n" in text or len(text) > 55:
        raise ValueError("a question of 55 characters at most is wanted, with its mark and without an underscore")
    return text


def _run_and_id(text: str) -> str:
    if not _ABOUT.fullmatch(text):
        raise ValueError('it names a notebook and the id of an estimate that it records, as "RUN#ID"')
    return text


def _sign(value: Any) -> Any:
    if value not in (1, -1):
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
        if dates := [
            name for name, value in self.parameters.items() if isinstance(value, datetime.date | datetime.time)
        ]:
            raise ValueError(f'parameters.{dates[0]} is a date; write it in quotes, as the notebook has it: "2018-10"')
        return self


class _Family(Entry):
    family: tuple[Text, ...]


class _Rules(Entry):
    grades: Mapping[str, Any] = {}


class File(Entry):
    """The file by its sections."""

    whose: Line
    dated: Annotated[str, BeforeValidator(_date)]
    standing: Text
    outcome: Mapping[Outcome, _Family] = {}
    question: Mapping[QuestionId, Said] = {}
    rules: _Rules = _Rules()
    target: Mapping[str, Target] = {}


def content(path: Path) -> bytes:
    """What the file at `path` holds.

    Raises
    ------
    ParameterError
        If it cannot be read, or is longer than any plan.
    """
    try:
        with path.open("rb") as stream:
            found = stream.read(_LONGEST + 1)
    except OSError as error:
        raise ParameterError(
            f"the plan {path} cannot be read ({error.strerror}); `crimjust plan` prints a template to fill"
        ) from None
    if len(found) > _LONGEST:
        raise ParameterError(f"{path.name} holds more than {_LONGEST:,} bytes, which no plan does; name another file")
    return found


def laid_over(registered: Plan, own: bytes, name: str) -> Plan:
    """The plan that the content `own` of a file, called `name` in messages, comes to over the registered one.

    Raises
    ------
    ParameterError
        If it is no TOML, departs from the schema (every departure, by entry), or changes what cannot be changed.
    """
    said = _read(own, name)
    faults = [f"{name}: {fault}" for fault in _faults(said, registered)]
    if faults:
        raise ParameterError("\n".join(faults))
    parameters = _parameters(said, registered)
    asked = {question for outcome in ("1", "2", "3") for question in _family(outcome, said, registered)}
    changed = [_changed(p, said.question.get(p.id, Said()), parameters) for p in registered.primaries]
    added = [_added(name, each, parameters, registered) for name, each in said.question.items() if each.estimate]
    signed = OwnPlan(said.whose, said.dated, said.standing, hashlib.sha256(own).hexdigest(), (), said.target)
    laid = replace(
        registered,
        primaries=tuple(p for p in (*changed, *added) if p.id in asked),
        unasked=tuple(p for p in changed if p.id not in asked),
        thresholds=_thresholds(said, registered, name),
        own=signed,
    )
    return replace(laid, own=replace(signed, changes=tuple(changes(registered, laid))))


def _read(own: bytes, name: str) -> File:
    try:
        sections = tomllib.loads(own.decode("utf-8"))
    except UnicodeDecodeError:
        raise ParameterError(f"{name} is not in UTF-8; save it so") from None
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{name} is not valid TOML: {error}; mend it there") from None
    except RecursionError:
        raise ParameterError(f"{name} is nested too deeply to be a plan; `crimjust plan` prints a template") from None
    if unknown := [section for section in sections if section not in File.model_fields]:
        known = did_you_mean(unknown[0], File.model_fields)
        raise ParameterError(f"{name}: {unknown[0]} is not known; {known}there are: {', '.join(File.model_fields)}")
    if missing := [each for each in ("whose", "dated", "standing") if each not in sections]:
        raise ParameterError(
            f"{name} does not say {', '.join(missing)}; a plan says whose it is, when it was dated, and in `standing` what had "
            "been seen of the results when it was written"
        )
    try:
        return yaml_files.held_to(File, sections, dict.fromkeys(sections, name))
    except DataError as error:
        raise ParameterError(str(error)) from None


def _family(outcome: str, said: File, registered: Plan) -> tuple[str, ...]:
    """The questions that the plan asks of an outcome: those it lists, or else those registered and its own."""
    if outcome in said.outcome:
        return said.outcome[outcome].family  # type: ignore[index]
    own = [name for name, each in said.question.items() if each.outcome == outcome]
    return (*(p.id for p in registered.family(outcome)), *own)


def _faults(said: File, registered: Plan) -> Iterator[str]:
    """What the plan says that is not so, or that cannot be."""
    known = {p.id: p for p in registered.primaries}
    own = {name: each for name, each in said.question.items() if each.estimate}
    outcome_of = {p.id: p.outcome for p in registered.primaries} | {n: str(each.outcome) for n, each in own.items()}
    families = [(outcome, name) for outcome in ("1", "2", "3") for name in _family(outcome, said, registered)]
    listed = [name for _, name in families]
    for outcome, name in families:
        if name not in outcome_of:
            yield f"outcome.{outcome}.family: there is no question {name!r}; {did_you_mean(name, outcome_of)}{_THERE}"
        elif outcome_of[name] != outcome:
            yield f"outcome.{outcome}.family: {name} is of Outcome {outcome_of[name]}; hold it there, or leave it out"
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"the families name {name} twice; name it once"
    for name, each in said.question.items():
        if name in own and name in known:
            yield f"question.{name} is registered; give the question of your own another name"
        elif name in own:
            yield from _of_own(name, each, own, registered)
        elif name not in known:
            near = did_you_mean(name, known)
            yield f"question.{name}: there is no such question; {near}a question of your own says its `estimate`"
        else:
            yield from _of_registered(name, each, known[name])
        if name in outcome_of and name not in listed:
            yield f"question.{name} is changed, and no family asks it; add it to that of Outcome {outcome_of[name]}"
    yield from _of_parameters(said, registered)
    for name in said.rules.grades:
        if name in _FIXED:
            yield f"rules.grades.{name} cannot be changed: {_FIXED[name]}"
        elif name not in Thresholds.model_fields:
            near = did_you_mean(name, Thresholds.model_fields)
            yield f"rules.grades.{name} is not known; {near}docs/analysis_plan.toml says what there is"


_THERE = "`crimjust plan` lists those registered"


def _of_registered(name: str, said: Said, primary: Primary) -> Iterator[str]:
    for each in said.specifications or ():
        if each not in primary.specifications:
            near = did_you_mean(each, primary.specifications)
            there = ", ".join(primary.specifications)
            yield f"question.{name}.specifications: no cell records {each!r}; {near}there are: {there}"
    if said.margin and said.margin.scale != primary.margin.scale:
        yield (
            f"question.{name}.margin.scale is {said.margin.scale!r}; its estimate is held against a "
            f"{primary.margin.scale}: give the margin as one"
        )
    if said.asks and primary.asks == "equivalence":
        yield f"question.{name}.asks cannot be changed: its test is one of equivalence"


def _of_own(name: str, said: Said, own: Mapping[str, Said], registered: Plan) -> Iterator[str]:
    run, estimate = about(str(said.estimate))
    notebooks = sorted(path.stem for path in (project.root() / "notebooks").glob("*.ipynb"))
    if run not in notebooks:
        yield f"question.{name}.estimate: there is no notebook {run!r}; {did_you_mean(run, notebooks)}{_THERE}"
    part_of = next((p.id for p in registered.primaries if p.notebook == run and p.estimates(estimate)), "")
    if part_of:
        yield f"question.{name}.estimate: {estimate} belongs to the registered question {part_of}; change that question instead"
    same = [other for other, each in own.items() if each.estimate == said.estimate]
    if same[0] != name:
        yield f"question.{name}.estimate is that of question.{same[0]} too; ask of one estimate once"
    if name in {u.id for u in registered.unanswered}:
        yield f"question.{name} is one that no public data answer; give the question of your own another name"


def _of_parameters(said: File, registered: Plan) -> Iterator[str]:
    """Parameters that a notebook does not have, or that two of its questions give otherwise: it is run once."""
    given: dict[tuple[str, str], tuple[str, Any]] = {}
    for name, each in said.question.items():
        notebook = _notebook(name, each, registered)
        if not each.parameters or not (project.root() / "notebooks" / f"{notebook}.ipynb").is_file():
            continue
        standard = accepted.defaults(notebook)
        for parameter, value in each.parameters.items():
            if parameter not in standard:
                there = f"{did_you_mean(parameter, standard)}there are: {', '.join(standard)}"
                yield f"question.{name}.parameters: {notebook} has no parameter {parameter!r}; {there}"
            other, before = given.setdefault((notebook, parameter), (name, value))
            if before != value:
                yield (
                    f"question.{name}.parameters.{parameter} is {value!r}, and {before!r} in question.{other}; both are "
                    f"answered by one run of {notebook}: give them the same"
                )


def about(estimate: str) -> tuple[str, str]:
    """The run and the id that an own question's `estimate` names."""
    run, _, name = estimate.partition("#")
    return run, name


def _notebook(name: str, said: Said, registered: Plan) -> str:
    if said.estimate:
        return about(said.estimate)[0]
    return next((p.notebook for p in registered.primaries if p.id == name), "")


def _parameters(said: File, registered: Plan) -> dict[str, dict[str, Any]]:
    """The parameters that the plan has otherwise than they are registered, by notebook."""
    found: dict[str, dict[str, Any]] = {}
    for name, each in said.question.items():
        notebook = _notebook(name, each, registered)
        standard = _standard(notebook, registered) if each.parameters else {}
        given = {parameter: value for parameter, value in each.parameters.items() if standard[parameter] != value}
        found.setdefault(notebook, {}).update(given)
    return found


def _standard(notebook: str, registered: Plan) -> dict[str, Any]:
    """A notebook's parameters as they are registered, or else its own defaults."""
    return {**accepted.defaults(notebook), **registered.parameters(notebook)}


def _thresholds(said: File, registered: Plan, name: str) -> Thresholds:
    whole = registered.thresholds.model_dump() | dict(said.rules.grades)
    try:
        return yaml_files.held_to(Thresholds, whole, dict.fromkeys(whole, f"{name}, rules.grades"))
    except DataError as error:
        raise ParameterError(str(error)) from None


def _changed(primary: Primary, said: Said, parameters: Mapping[str, Mapping[str, Any]]) -> Primary:
    """A registered question as the plan asks it."""
    named = ("asks", "expects", "margin", "threat", "would_answer")
    given = {name: value for name in named if (value := getattr(said, name)) is not None}
    if own := parameters.get(primary.notebook):
        given["parameters"] = {**primary.parameters, **own}
    if said.specifications is not None:
        given["set_aside"] = tuple(name for name in primary.specifications if name not in said.specifications)
    return primary.model_copy(update=given)


def _added(name: str, said: Said, parameters: Mapping[str, Mapping[str, Any]], registered: Plan) -> Primary:
    """A question of the evaluator's own, as one that is asked."""
    run, estimate = about(str(said.estimate))
    return Primary.model_construct(
        id=name,
        outcome=said.outcome,
        registered=0,
        asks=said.asks,
        expects=said.expects or 1,
        question=said.question,
        asked=said.asked,
        whether=said.whether,
        estimand=f"what {run} records as {estimate}",
        notebook=run,
        estimate=estimate,
        method="as the notebook says",
        null="The estimate is what it would be if there were nothing",
        unit="as the notebook says",
        sampled="unit",
        parameters=registered.parameters(run) | dict(parameters.get(run, {})),
        margin=said.margin,
        specifications={},
        threat=said.threat,
        would_answer=said.would_answer,
    )
