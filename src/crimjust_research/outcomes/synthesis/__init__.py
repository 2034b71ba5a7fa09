"""Outcomes 1 to 3 together: what the registered questions came to, graded by the registered rule.

Reads the estimates of the reference runs; estimates nothing itself. What a grade means is in the plan.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from crimjust_research import project
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel
from crimjust_research.outcomes.synthesis.evidence import Evidence, evidence, saved_runs, scorecard
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

QUESTION = "What do the registered questions of the three outcomes come to?"
_SOURCE = "reference runs of this repository, reports/estimates.csv"
_FOUND = ("strong", "moderate", "limited")


class Params(AssessmentParams):
    """Parameters of the synthesis."""

    confidence_level: ConfidenceLevel = 0.95


def assess(params: Params) -> Assessment:
    """Scorecard of every registered question that has been estimated.

    Raises
    ------
    DataError
        If no reference run is there, or one estimates a registered question not exactly once.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.synthesis import figures

    registered = plan.load()
    # Its own earlier result says nothing about the questions.
    runs = tuple(r for r in saved_runs(project.root() / "reports") if r.assessment["name"] != "synthesis")
    found = evidence(registered, runs, 1 - params.confidence_level)
    missing = [p for p in registered.primaries if p.id not in {e.primary.id for e in found}]
    estimates = tuple(_estimate(e, params) for e in found)
    card = scorecard(found)
    return Assessment(
        name="synthesis",
        outcome="all",
        title="Scorecard of the three outcomes",
        question=QUESTION,
        answer=_answer(found),
        estimates=estimates,
        checks=_checks(found, missing, registered),
        figures=(figures.grades(found, 1 - params.confidence_level, _SOURCE),),
        tables={"scorecard": card},
        used=tuple(run.used for run in runs),
        parameters=params.model_dump(),
    )


def _estimate(e: Evidence, params: Params) -> Estimate:
    return Estimate(
        id=e.primary.id,
        outcome=e.primary.outcome,
        question=e.primary.question,
        estimand=e.primary.estimand,
        method=e.method,
        specification=f"from {e.notebook}; evidence {e.grade}; {e.agree:.0%} of {e.n_specifications} specifications agree",
        estimate=e.estimate,
        ci_low=e.ci_low,
        ci_high=e.ci_high,
        ci_level=params.confidence_level,
        p_value=e.p_value,
        p_adjusted=e.p_family,
        unit=e.unit,
        n_obs=e.n_specifications,
        n_units=1,
        role="secondary",
    )


def _answer(found: Sequence[Evidence]) -> str:
    """Grades by outcome; each question for which anything was found by name, side and main threat."""
    sentences = [f"{len(found)} registered questions are graded."]
    for outcome in sorted({e.primary.outcome for e in found}):
        family = [e for e in found if e.primary.outcome == outcome]
        counts = Counter(e.grade for e in family)
        named = "; ".join(_finding(e) for e in family if e.grade in _FOUND)
        grades = ", ".join(f"{counts[grade]} {grade}" for grade in counts)
        sentences.append(f"Outcome {outcome}: {grades}. " + (f"Found: {named}." if named else "Nothing was found."))
    sentences.append(
        "A grade says how firmly a number stands, on whichever side of nothing, and not that anything brought it about."
    )
    return " ".join(sentences)


def _finding(e: Evidence) -> str:
    side = (
        ""
        if math.isnan(e.null_value)
        else f"{'above' if e.estimate > e.null_value else 'below'} {number(e.null_value)}, "
    )
    p = refer(f"adjusted p = {p_text(e.p_family)}".replace("= <", "<"), e.primary.id)
    threat = e.primary.threat[:1].lower() + e.primary.threat[1:]
    return f"{e.primary.id} ({e.grade}; {number(e.estimate)}, {side}{p}; doubt it because {threat})"


def _checks(found: Sequence[Evidence], missing: Sequence[plan.Primary], registered: plan.Plan) -> tuple[Check, ...]:
    complete = Check(
        "Every registered question is estimated",
        not missing,
        "All are." if not missing else f"Not yet: {', '.join(p.id for p in missing)}.",
        pd.DataFrame({"question": [p.id for p in missing], "notebook": [p.notebook for p in missing]}),
    )
    rule = Check(
        "The rule that grades",
        None,
        "Read from the top; the first rung whose conditions all hold gives the grade. It was fixed before the evidence was in.",
        pd.DataFrame([vars(g) for g in registered.grades]),
    )
    threats = Check(
        "Strongest reasons to doubt",
        None,
        "One a question, written down with the question.",
        pd.DataFrame({"question": [e.primary.id for e in found], "threat": [e.primary.threat for e in found]}),
    )
    failed = [(e.primary.id, name) for e in found for name in e.failed_checks]
    checks = Check(
        "Failed checks of the assessments",
        None,
        f"{len(failed)} in all; each keeps its question's grade from being moderate or strong.",
        pd.DataFrame(failed, columns=["question", "check"]),
    )
    return complete, rule, threats, checks
