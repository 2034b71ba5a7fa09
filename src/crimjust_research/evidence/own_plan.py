"""An evaluator's own plan: a TOML file laid over the registered plan, which it never edits.

It says whose it is, when it was written and what had been seen by then; and only what differs: which questions are asked, their
margins, parameters, specifications and reasons to doubt, questions of the evaluator's own about an estimate that a notebook
records anyway, and targets of indicators. What it says of a question that is like what is registered is no change. All else is
the registered plan's, as are the rule of grades and its thresholds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crimjust_research import accepted
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.own_plan_faults import faults
from crimjust_research.evidence.own_plan_file import OUTCOMES, File, Said, read
from crimjust_research.evidence.plan import OwnPlan, Plan, Primary
from crimjust_research.evidence.plan_changes import changes


def laid_over(registered: Plan, own: bytes, name: str) -> Plan:
    """The plan that the content `own` of a file, called `name` in messages, comes to over the registered one.

    Raises
    ------
    ParameterError
        If it is no TOML, departs from the schema (every departure, by entry), or changes what cannot be changed.
    """
    said = read(own, name)
    if found := [f"{name}: {fault}" for fault in faults(said, registered)]:
        raise ParameterError("\n".join(found))
    parameters = _parameters(said, registered)
    asked = {question for outcome in OUTCOMES for question in said.family(outcome, registered)}
    changed = [_changed(p, said.question.get(p.id, Said()), parameters) for p in registered.primaries]
    added = [_added(name, each, parameters, registered) for name, each in said.question.items() if each.estimate]
    signed = OwnPlan(said.whose, said.dated, said.standing, hashlib.sha256(own).hexdigest(), (), said.target)
    laid = replace(
        registered,
        primaries=tuple(p for p in (*changed, *added) if p.id in asked),
        unasked=tuple(p for p in changed if p.id not in asked),
        own=signed,
    )
    return replace(laid, own=replace(signed, changes=tuple(changes(registered, laid))))


def _parameters(said: File, registered: Plan) -> dict[str, dict[str, Any]]:
    """The parameters that the plan has otherwise than they are registered, by notebook."""
    found: dict[str, dict[str, Any]] = {}
    for name, each in said.question.items():
        notebook = said.notebook(name, registered)
        standard = _standard(notebook, registered) if each.parameters else {}
        given = {
            parameter: value for parameter, value in each.parameters.items() if not _same(standard[parameter], value)
        }
        found.setdefault(notebook, {}).update(given)
    return found


def _same(registered: Any, given: Any) -> bool:
    return bool(registered == given) and isinstance(registered, bool) == isinstance(given, bool)  # true is not 1


def _standard(notebook: str, registered: Plan) -> dict[str, Any]:
    """A notebook's parameters as they are registered, or else its own defaults."""
    return {**accepted.defaults(notebook), **registered.parameters(notebook)}


def _changed(primary: Primary, said: Said, parameters: Mapping[str, Mapping[str, Any]]) -> Primary:
    """A registered question as the plan asks it."""
    named = ("asks", "expects", "margin", "threat", "would_answer")
    given = {name: value for name in named if (value := getattr(said, name)) is not None}
    if own := parameters.get(primary.notebook):
        given["parameters"] = {**primary.parameters, **own}
        if primary.ruled_out:
            given["ruled_out"] = f"{primary.ruled_out}, as registered; its power under other parameters is not recorded"
    if said.specifications is not None:
        given["set_aside"] = tuple(name for name in primary.specifications if name not in said.specifications)
    return primary.model_copy(update=given)


def _added(name: str, said: Said, parameters: Mapping[str, Mapping[str, Any]], registered: Plan) -> Primary:
    """A question of the evaluator's own, as one that is asked."""
    run, estimate = said.about
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
