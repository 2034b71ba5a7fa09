"""What an evaluator's own plan says that is not so, or cannot be, as the registered plan and notebooks' parameters tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crimjust_research import accepted, project
from crimjust_research.errors import did_you_mean
from crimjust_research.evidence.own_plan_file import OUTCOMES, WHICH, File, Said
from crimjust_research.evidence.plan import Plan, Primary

# The level of intervals, which the rule of grades reads.
_LEVEL = "confidence_level"
_THERE = "`crimjust plan` lists those registered"


def faults(said: File, registered: Plan) -> Iterator[str]:
    """Each fault in a sentence that begins with the entry and ends with the remedy."""
    known = {p.id: p for p in registered.primaries}
    own = {name: each for name, each in said.question.items() if each.estimate}
    outcome_of = {p.id: p.outcome for p in registered.primaries} | {n: str(each.outcome) for n, each in own.items()}
    families = [(outcome, name) for outcome in OUTCOMES for name in said.family(outcome, registered)]
    listed = [name for _, name in families]
    for outcome, name in families:
        if name not in outcome_of:
            yield f"outcome.{outcome}.family: there is no question {name!r}; {did_you_mean(name, outcome_of)}{_THERE}"
        elif outcome_of[name] != outcome:
            yield f"outcome.{outcome}.family: {name} is of Outcome {outcome_of[name]}; hold it there, or leave it out"
    for outcome, entry in said.outcome.items():
        for name in sorted({name for name in entry.family if entry.family.count(name) > 1}):
            yield f"outcome.{outcome}.family names {name} twice; name it once"
    if not listed:
        yield "it asks no question; leave one at least in the families"
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
    if primary.ruled_out and said.margin and said.margin.value != primary.margin.value:
        yield (
            f"question.{name}.margin cannot be changed: at the registered one its design is ruled out, and no power against "
            "another is recorded; leave it as it is, or leave the question out of its family"
        )
    if said.asks and primary.asks == "equivalence":
        yield f"question.{name}.asks cannot be changed: its test is one of equivalence"
    elif said.asks == "direction" != primary.asks and said.expects is None:
        yield f"question.{name} asks for a direction and does not say which; {WHICH}"


def _of_own(name: str, said: Said, own: Mapping[str, Said], registered: Plan) -> Iterator[str]:
    run, estimate = said.about
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
        notebook = said.notebook(name, registered)
        if not each.parameters or not (project.root() / "notebooks" / f"{notebook}.ipynb").is_file():
            continue
        standard = accepted.defaults(notebook)
        for parameter, value in each.parameters.items():
            if parameter not in standard:
                there = f"{did_you_mean(parameter, standard)}there are: {', '.join(standard)}"
                yield f"question.{name}.parameters: {notebook} has no parameter {parameter!r}; {there}"
            elif parameter == _LEVEL and value != registered.rules.confidence_level:
                yield (
                    f"question.{name}.parameters.{_LEVEL} cannot be changed: the rule of grades reads intervals of level "
                    f"{registered.rules.confidence_level:g}; leave it out"
                )
            other, before = given.setdefault((notebook, parameter), (name, value))
            if before != value:
                yield (
                    f"question.{name}.parameters.{parameter} is {value!r}, and {before!r} in question.{other}; both are "
                    f"answered by one run of {notebook}: give them the same"
                )
