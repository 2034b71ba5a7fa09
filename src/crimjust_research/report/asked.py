"""Which result a person means who names one: an estimate, a figure, or a registered question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.evidence import plan
from crimjust_research.evidence.plan import Plan, Primary, Unanswered
from crimjust_research.report import origins
from crimjust_research.runs import kept, record
from crimjust_research.runs.record import Layout

Kind = Literal["estimate", "figure"]
_NUMBER = re.compile(r"0*(\d+)\.(\d+)")
_WHERE = "ids stand in estimates.csv, figures are called by name or number, such as 05.2"


@dataclass(frozen=True)
class Asked:
    """A result by its run, what it is and its name there; `registered` is the question of the plan that it answers or belongs
    to."""

    run: str
    kind: Kind
    name: str
    registered: Primary | None = None


def find(results: Path, words: Sequence[str]) -> Asked | Unanswered:
    """The one result in the folder `results` that is called so.

    `words` are a name alone, or a run (its name, its number or that of its assessment) and a name within it. A name is that of a
    registered question, the id of an estimate, also after that of its assessment and a dot, the name of a figure, also after
    "figure:", or its number on the page.

    Raises
    ------
    ParameterError
        If there is none, with the nearest name, or there are several, with what tells them apart.
    DataError
        If results cannot be read.
    """
    paths = sorted((results / "assessments").glob("*.json"))
    runs = {path.stem: record.assessment(Layout(results, path.stem)) for path in paths}
    known = {run: _names(results, run, saved) for run, saved in runs.items()}
    if len(words) > 2:
        told = ", ".join(repr(word) for word in words)
        raise ParameterError(
            f"a result is called by its name, or by a notebook and its name; {told} are {len(words)} words"
        )
    planned = plan.of(results)
    *of, name = words
    if not of:
        if unanswered := next((u for u in planned.unanswered if u.id == name), None):
            return unanswered
        if (primary := next((p for p in planned.primaries if p.id == name), None)) and primary.notebook in runs:
            return Asked(primary.notebook, "estimate", primary.name, primary)
    searched = [_run(of[0], runs, results)] if of else list(runs)
    found = [asked for run in searched for asked in _called(name, run, runs[run]["name"], known[run], planned)]
    if len(found) == 1:
        return found[0]
    if found:
        ways = "; ".join(f"{asked.run} {asked.name}" for asked in found)
        raise ParameterError(f"{len(found)} results are called {name!r}; say which: {ways}")
    near = {n for run in searched for _, n in known[run]} | {p.id for p in planned.primaries if not of}
    where = f"{kept.name_of(results)}, {of[0]}" if of else kept.name_of(results)
    raise ParameterError(
        f"{where}: there is no estimate, figure or question {name!r}; {did_you_mean(name, near)}{_WHERE}"
    )


def _names(results: Path, run: str, saved: Mapping[str, Any]) -> list[tuple[Kind, str]]:
    """What a run's estimates and figures are called, in their order."""
    ids = origins.estimates(results, run)
    return [*(("estimate", name) for name in ids), *(("figure", figure["name"]) for figure in saved["figures"])]


def _called(name: str, run: str, assessment: str, known: Sequence[tuple[Kind, str]], planned: Plan) -> list[Asked]:
    """The results of a run that a name may mean; where it is that of an estimate and of a figure, the estimate."""
    figures = [each for kind, each in known if kind == "figure"]
    number = _NUMBER.fullmatch(name)
    place = int(number[2]) if number and run.partition("_")[0] == number[1].zfill(2) else 0
    meant = {name.removeprefix("figure:"), *figures[max(place - 1, 0) : place]}
    primaries = [p for p in planned.primaries if p.notebook == run]
    own = {name, name.removeprefix(f"{assessment}.")}
    found = [
        Asked(run, "estimate", each, next((p for p in primaries if p.estimates(each)), None))
        for kind, each in known
        if kind == "estimate" and each in own
    ]
    return found or [Asked(run, "figure", each) for each in figures if each in meant]


def _run(named: str, runs: Mapping[str, Mapping[str, Any]], results: Path) -> str:
    """The run of that name, of that number, or of the assessment of that name."""
    found = [run for run, saved in runs.items() if named in (run, f"{run}.ipynb", run.partition("_")[0], saved["name"])]
    if not found:
        there = f"there are: {', '.join(runs) or 'none'}"
        raise ParameterError(f"{kept.name_of(results)} holds no run {named!r}; {did_you_mean(named, runs)}{there}")
    return found[0]
