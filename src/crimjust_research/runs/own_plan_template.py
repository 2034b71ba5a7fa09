"""What `crimjust plan` prints: a plan of one's own to be filled in, which says of every question what is registered."""

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from crimjust_research import csv_files, framework, project
from crimjust_research.evidence import plan
from crimjust_research.evidence.plan import Primary
from crimjust_research.evidence.words import unit_told

_WIDTH = 110
_HEAD = """\
# A plan of your own, laid over the registered one (docs/analysis_plan.toml), which it does not edit.
#
# Fill in the first three entries. Below them stands what is registered, each line behind a # without a space: take the # off a
# heading in brackets and off those of its lines that you want otherwise. What you leave as it is needs no line.
#   check it, and see what differs      crimjust plan my_plan.toml
#   run one notebook, or all, under it  crimjust run all --plan my_plan.toml --name our-evaluation
#   build its report                    crimjust report --variant our-evaluation
# A text stands in quotes, and so does a date that is a parameter.

whose = ""     # who answers for this plan: a person or a unit, in one line
dated = ""     # the day it was written, as 2027-03-01
standing = ""  # what had been seen of the data and the results when it was written
"""
_FAMILIES = """
# Which questions are asked. p is adjusted over all of an outcome's: one that is left out counts no longer, a question of your own
# does. Without a line an outcome has the registered ones and your own.
"""
_QUESTIONS = """
# The registered questions. A margin is the smallest size that would matter to someone who must decide; it needs its source.
# Parameters are those of the notebook, and hold for all of its questions: `crimjust params NOTEBOOK` tells what they may be.
# Specifications are those by which it is graded; the rule asks for some that count. `expects` is 1 where more is asked for, -1
# where less is.
"""
_OWN = """
# A question of your own, about an estimate that a notebook records anyway: RUN#ID, ids as in reports/estimates.csv. It needs a p
# and a standard error. It is graded by the same rule; since nothing else is looked at, "suggestive" is the most it can be.
# It is called after the notebook's questions and a name of yours, in small letters.
#
# [question."diversification.publications"]
# estimate = "08_outcome3_diversification#publication_step"
# outcome = "3"
# question = "Did the new list of drugs change how many kinds are counted?"
# asked = "Did the new list change the count?"        # in 55 characters at most
# whether = "whether the new list changed the count"  # the same as part of a sentence
# asks = "association"                                # or "direction", with `expects`
# margin = { value = 0.1, scale = "difference", says = "a tenth more kinds", source = "where that comes from" }
# threat = "the strongest reason to doubt whatever comes out"
# would_answer = "which data would answer it"
"""
_TARGETS = """
# Targets of indicators, in the indicator's unit: at_least or at_most a figure, by the end of a year, and from which document.
#
# [target.KEY]
# at_least = 0.5
# by = 2028
# source = "where that is written"
#
# Keys and units:
"""


def text() -> str:
    """The template, in TOML. As printed it lacks who answers for it; with that and every # that has no space behind it taken off,
    it is a plan from which nothing differs."""
    registered = plan.load()
    parts = [_HEAD, _FAMILIES]
    parts += [
        f"#[outcome.{outcome}]\n#family = {_toml([p.id for p in registered.family(outcome)])}\n" for outcome in "123"
    ]
    parts.append(_QUESTIONS)
    parts += ["\n".join(_of(primary)) + "\n" for primary in registered.primaries]
    parts.append(_OWN)
    keys = framework.load().indicators
    parts += [_TARGETS, *(f"#   {each.key:<28} {each.label} ({each.unit})\n" for each in keys)]
    return "".join(parts)


def _of(primary: Primary) -> Iterator[str]:
    yield ""
    yield from (f"# {line}" for line in wrap(f"Outcome {primary.outcome}: {primary.question}", _WIDTH))
    yield f"# Estimated in {primary.notebook}, in {_unit(primary)}"
    if primary.ruled_out:
        yield from (f"# {line}" for line in wrap(f"Not answerable whatever it finds: {primary.ruled_out}", _WIDTH))
    yield f'#[question."{primary.id}"]'
    yield f"#margin = {_toml(primary.margin.model_dump())}"
    yield f"#parameters = {_toml(primary.parameters)}"
    yield f"#specifications = {_toml(list(primary.specifications))}"
    if primary.asks != "equivalence":
        yield f'#asks = "{primary.asks}"'
        yield f"#expects = {primary.expects}"
    yield f"#threat = {_toml(primary.threat)}"
    yield f"#would_answer = {_toml(primary.would_answer)}"


def _unit(primary: Primary) -> str:
    """The unit of a question's estimate, as the reference results have it."""
    table = project.root() / "reports" / "tables" / primary.notebook / "estimates.csv"
    if table.is_file():
        again = f"run `crimjust run {primary.notebook}` again"
        for row in csv_files.load(table, ("id", "unit"), again):
            if row["id"] == primary.name:
                return unit_told(row["unit"])
    return "the unit of its notebook"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)  # as TOML has texts, numbers, true and false
