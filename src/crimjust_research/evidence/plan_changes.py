"""In what a plan differs from the registered one that it is laid over, a sentence each, in a reader's words."""

from collections.abc import Container, Iterator, Sequence

from crimjust_research import accepted, parameters_cell
from crimjust_research.evidence.plan import Plan, Primary
from crimjust_research.evidence.sentences import listed

_ASKED = {"direction": "a direction", "association": "any association", "equivalence": "likeness"}
_WAY = {1: "more", -1: "less"}


def changes(registered: Plan, now: Plan) -> Iterator[str]:
    """What the plan `now` has otherwise than the registered one, in the order of outcomes and questions."""
    asked = {p.id: p for p in now.primaries}
    for outcome in ("1", "2", "3"):
        family, held = registered.family(outcome), now.family(outcome)
        yield from _left_out(outcome, family, asked)
        for each in held:
            if each.own:
                yield _of_own(each, registered, now)
        if held and len(held) != len(family):
            yield f"p is adjusted over the questions it asks of Outcome {outcome}: {len(held)}; registered are {len(family)}."
    for before in registered.primaries:
        if before.id in asked:
            yield from _of_one(before, asked[before.id])
    for notebook in dict.fromkeys(p.notebook for p in now.known):
        yield from _of_parameters(notebook, registered, now)
    if now.targets:
        yield f"It sets targets of {', '.join(now.targets)}, where none is registered."


def _left_out(outcome: str, family: Sequence[Primary], asked: Container[str]) -> Iterator[str]:
    left, kept = ([p for p in family if (p.id in asked) is wanted] for wanted in (False, True))
    if len(left) > len(kept):
        only = f"only {listed(map(_called, kept))}" if kept else "none"
        yield f"Of the {len(family)} registered questions of Outcome {outcome} it asks {only}."
    elif left:
        yield f"It does not ask {listed(map(_called, left))}, of Outcome {outcome}."


def _of_own(primary: Primary, registered: Plan, now: Plan) -> str:
    outcome, run = primary.outcome, primary.notebook
    told = f"It asks {_called(primary)} besides, in Outcome {outcome}, of the estimate {primary.name} in {run}"
    if now.parameters(run) == registered.parameters(run):  # whoever asks may have read there what the answer is
        told += ", which stands in the reference results as well"
    return f"{told}: for {_sought(primary)}, with a margin of {_size(primary)}."


def _of_parameters(notebook: str, registered: Plan, now: Plan) -> Iterator[str]:
    standard, given = (
        registered.parameters(notebook),
        parameters_cell.told(now.parameters(notebook)),
    )  # no path of a machine
    if given != standard:
        standard = {**accepted.defaults(notebook), **standard}
    for name, value in given.items():
        if value != standard[name]:
            told = parameters_cell.in_words(value), parameters_cell.in_words(standard[name])
            yield f"In {notebook} {name} is {told[0]}; registered is {told[1]}."


def _of_one(before: Primary, now: Primary) -> Iterator[str]:
    question = _called(now)
    if now.margin.value != before.margin.value:
        yield f"The margin of {question} is {_size(now)}; registered is {_size(before)}."
    elif now.margin != before.margin:
        yield f"The margin of {question} is argued otherwise."
    if now.asks != before.asks:
        yield f"{question} asks for {_ASKED[now.asks]}; registered is {_ASKED[before.asks]}."
    if now.expects != before.expects:
        yield f"{question} expects {_WAY[now.expects]}; registered is {_WAY[before.expects]}."
    if now.set_aside:
        left = "; ".join(now.specifications[name].says for name in now.set_aside)
        yield f"{question} is graded without these specifications: {left}."
    if now.threat != before.threat:
        yield f"The reason to doubt {question} is told otherwise."
    if now.would_answer != before.would_answer:
        yield f"What would answer {question} is told otherwise."


def _sought(primary: Primary) -> str:
    expected = f", {_WAY[primary.expects]} being expected" if primary.asks == "direction" else ""
    return f"{_ASKED[primary.asks]}{expected}"


def _size(primary: Primary) -> str:
    return f"{_number(primary.margin.value)} ({primary.margin.says})"


def _number(value: float) -> str:
    return f"{value:.15g}"  # as it stands in the file: a ratio of 1.0000001 is not told as 1


def _called(primary: Primary) -> str:
    return f"“{primary.asked or primary.question}” ({primary.id})"
