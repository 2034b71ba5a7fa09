"""Steps of the scorecard: the reference runs as one frame, what failed in them, and the questions' verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd

from crimjust_research.evidence.grades import Graded
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.sentences import Teller
from crimjust_research.results import SavedRun

_QUESTIONS = __name__.rpartition(".")[0].rpartition(".")[0]


def pooled(runs: Sequence[SavedRun]) -> pd.DataFrame:
    """Estimates of all runs, with their run."""
    return pd.concat([run.estimates for run in runs], ignore_index=True)


def failed_checks(runs: Iterable[SavedRun]) -> dict[str, tuple[str, ...]]:
    """Names of the checks that failed, by run."""
    return {run.name: tuple(c["name"] for c in run.assessment["checks"] if c["passed"] is False) for run in runs}


def run_table(runs: Sequence[SavedRun], plan: Plan) -> pd.DataFrame:
    """One row a reference run: how many estimates, registered questions, checks and failed checks it has."""
    failed = failed_checks(runs)
    rows = [
        (
            run.name,
            len(run.estimates),
            sum(p.notebook == run.name for p in plan.primaries),
            len(run.assessment["checks"]),
            len(failed[run.name]),
        )
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["run", "estimates", "registered", "checks", "failed"])


def card(found: Sequence[Graded]) -> pd.DataFrame:
    """The scorecard: one row a registered question that has been estimated; `name` is its id in words."""
    rows = [each.row() for each in found]
    return pd.DataFrame(rows).assign(name=[row["id"].split(".")[1].replace("_", " ") for row in rows])


def by_outcome(found: Sequence[Graded], level: float) -> dict[str, dict[str, Any]]:
    """By outcome: `grades`, how many questions have each, and `named`, the questions whose raw p is below `level`."""
    outcomes: dict[str, dict[str, Any]] = {}
    for each in found:
        mine = outcomes.setdefault(each.primary.outcome, {"grades": {}, "named": []})
        mine["grades"][each.grade] = mine["grades"].get(each.grade, 0) + 1
        if each.p_value < level:
            mine["named"].append(each)
    return outcomes


def verdicts(found: Sequence[Graded], runs: Sequence[SavedRun]) -> pd.DataFrame:
    """What each notebook's registered questions come to, in the words of its own template, from the pooled results.

    Returns
    -------
    DataFrame: run, verdict.
    """
    by_question = {each.primary.id: each for each in found}
    rows = []
    for run in runs:
        name = run.assessment["name"]
        if not any(each.primary.assessment == name for each in found):
            continue
        context = {"v": by_question, "p": SimpleNamespace(**run.assessment["parameters"])}
        rows.append((run.name, Teller(f"{_QUESTIONS}.{name}", context)("verdict")))
    return pd.DataFrame(rows, columns=["run", "verdict"])
