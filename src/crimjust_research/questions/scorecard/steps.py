"""Steps of the scorecard: the reference runs as one frame, a row a question, what was counted, and the questions' verdicts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.errors import DataError
from crimjust_research.evidence.findings import SIMULATED, Answered
from crimjust_research.evidence.plan import SIZES, Amendment, Plan, Primary, Unanswered
from crimjust_research.evidence.published import NOT_ESTIMATED
from crimjust_research.evidence.rule import (
    CONTRARY,
    GRADES,
    NO_DATA,
    NO_EFFECT,
    NOT_ANSWERABLE,
    SUGGESTIVE,
    SUPPORTED,
    UNDECIDED,
    Finding,
)
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import unit_told
from crimjust_research.numbers import percent
from crimjust_research.questions.scorecard.words import Said, Words
from crimjust_research.results import SavedRun

# Units of the estimates as a reader would say them: the scorecard tells no standard errors.
_UNITS = {
    "log points per log point": "% per 1%",
    "rate ratio (standard error of its logarithm)": "times the rate",
    "ratio of yearly growth factors (standard error of its logarithm)": "ratio of yearly growth",
}
# Colour and shape of each grade of an estimate.
LOOKS = {
    SUPPORTED: (theme.GREEN, "diamond"),
    CONTRARY: (theme.VERMILION, "triangle-down"),
    SUGGESTIVE: (theme.ORANGE, "triangle-up"),
    NO_EFFECT: (theme.BLUE, "square"),
    UNDECIDED: (theme.BLACK, "cross"),
    NOT_ANSWERABLE: (theme.GREY, "circle"),
}
# What stands around the picture of all questions.
HEADS: Mapping[str, Any] = {
    "within": "smaller than what matters",
    "sides": ("other way", "as asked"),
    "beside": "Grade; chance that the data would show what matters",
    "x_title": "Estimate and interval, in multiples of the size that matters",
}
# What the title of the picture adds where another size than the margin is judged by.
JUDGED_BY = {"half": ", at half the margins", "margin": "", "double": ", at double the margins"}
_SHADED = {
    "half": "half the margin (the margin is the smallest size that would matter)",
    "margin": "the margin, the smallest size that would matter",
    "double": "double the margin (the margin is the smallest size that would matter)",
}
_CAPTION = (
    "Shaded: smaller than {}. Lines: 95% intervals, 90% where equivalence is asked; arrow: beyond the axis. Asked without a "
    "direction, right is more. Below an even chance to show that size a question is not answerable."
)
# What a row of the card tells of an estimate in numbers.
_NUMBERS = (
    *("estimate", "ci_low", "ci_high", "p_value", "calibrated_p", "p_adjusted", "n_obs", "n_units", "null_value"),
    *("ci_level", "power", "position", "low", "high"),
)
_QUESTIONS = __name__.rpartition(".")[0].rpartition(".")[0]


def caption(size: str) -> str:
    """How to read the picture of the card, where `size` is what its rows are judged by."""
    return _CAPTION.format(_SHADED[size])


def pooled(runs: Sequence[SavedRun]) -> pd.DataFrame:
    """Estimates of all runs, with their run."""
    return pd.concat([run.estimates for run in runs], ignore_index=True)


def checks(runs: Iterable[SavedRun]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Checks by run, as they were saved: name, of, passed, power, sentence."""
    return {run.name: run.assessment["checks"] for run in runs}


def run_table(runs: Sequence[SavedRun], plan: Plan) -> pd.DataFrame:
    """One row a run: how many estimates, questions of the plan, checks and failed checks it has."""
    rows = [
        (
            run.name,
            len(run.estimates),
            sum(p.notebook == run.name for p in plan.primaries),
            len(run.assessment["checks"]),
            sum(check["passed"] is False for check in run.assessment["checks"]),
        )
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["run", "estimates", "asked", "checks", "failed"])


def card(plan: Plan, found: Sequence[Answered], size: str, words: Words) -> pd.DataFrame:
    """The scorecard: one row for each question of each outcome, those that were not estimated or have no data included.

    Parameters
    ----------
    size : half, margin or double: the size at which p_adjusted, power, and `grade` with its `direction` and `reasons` are told.

    Returns
    -------
    DataFrame: outcome, id, asked and whether (the question in short), question, margin, held_against (the size of it that is
    judged by), says (what the margin is in words), threat, would_answer, registered, first_grade, notebook, estimate, unit,
    ci_low, ci_high, ci_level, null_value, p_value, calibrated_p, p_adjusted, n_obs, n_units, power, estimand, method, grade,
    in_short (the grade as a chart says it), direction, matters (of a size that matters), reasons; half, at_margin, double
    (grades); and in multiples of the margin, positive in the direction asked for: position, low, high. Numbers of SIMULATED
    data are left out.

    Raises
    ------
    DataError
        If none was estimated.
    """
    if not found:
        raise DataError(
            "none of the plan's questions is estimated as the plan has it: their notebooks were not run, or with other "
            "parameters or cells; run at least one as the plan has it"
        )
    done = {each.primary.id: each for each in found}
    rows = []
    for outcome in sorted({p.outcome for p in plan.primaries} | {u.outcome for u in plan.unanswered}):
        rows += [_row(p, done.get(p.id), size, words.questions[p.id]) for p in plan.family(outcome)]
        rows += [_unanswered(u, words.questions[u.id]) for u in plan.unanswered if u.outcome == outcome]
    return pd.DataFrame(rows)


def _row(primary: Primary, answered: Answered | None, size: str, said_of: Said) -> dict[str, Any]:
    margin = primary.margin
    said: dict[str, Any] = {
        "outcome": primary.outcome,
        "id": primary.id,
        "asked": said_of.asked,
        "whether": said_of.whether,
        "question": primary.question,
        "margin": margin.value,
        "held_against": margin.value ** SIZES[size] if margin.scale == "ratio" else margin.value * SIZES[size],
        "says": margin.says,
        "threat": primary.threat,
        "would_answer": primary.would_answer,
        "registered": primary.registered,
        "first_grade": primary.first_grade,
        "notebook": primary.notebook,
    }
    if answered is None:
        return said | {
            "grade": NOT_ESTIMATED,
            "in_short": NOT_ESTIMATED,
            "reasons": "no run estimates it as the plan has it: there is none, or its parameters or cells are others",
        }
    finding, graded = answered.findings[size], answered.graded[size]
    grades = {("at_margin" if name == "margin" else name): answered.graded[name].grade for name in SIZES}
    if finding.ruled_out == SIMULATED:  # what is made up does not stand beside what was observed
        return (
            said
            | grades
            | dict.fromkeys(_NUMBERS, math.nan)
            | {
                "unit": "",
                "estimand": answered.estimand,
                "method": answered.method,
                "grade": graded.grade,
                "in_short": f"{graded.grade}: SIMULATED",
                "direction": "",
                "matters": False,
                "reasons": SIMULATED,
            }
        )
    effects = {"position": answered.estimate, "low": answered.ci_low, "high": answered.ci_high}
    told = {n: margin.effect(v, answered.null_value) / margin.sizes["margin"] for n, v in effects.items()}
    if primary.expects < 0:
        told = {"position": -told["position"], "low": -told["high"], "high": -told["low"]}
    return said | {
        "estimate": answered.estimate,
        "unit": _UNITS.get(answered.unit, unit_told(answered.unit)),
        "ci_low": answered.ci_low,
        "ci_high": answered.ci_high,
        "p_value": answered.p_value,
        "calibrated_p": finding.p_value,
        "p_adjusted": finding.p_adjusted,
        "n_obs": answered.n_obs,
        "n_units": answered.n_units,
        "null_value": answered.null_value,
        "ci_level": answered.ci_level,
        "estimand": answered.estimand,
        "method": answered.method,
        "power": finding.power,
        "grade": graded.grade,
        "in_short": _in_short(said_of, finding, graded.grade),
        "direction": _direction(primary, graded.direction),
        "matters": graded.of_size_that_matters,
        **grades,
        "reasons": "; ".join(graded.reasons),
        **told,
    }


def _in_short(said_of: Said, finding: Finding, grade: str) -> str:
    """A grade, with what is short where a question is not answerable."""
    if grade != NOT_ANSWERABLE:
        return grade
    if finding.ruled_out:
        return f"{grade}: {said_of.lacks or 'by design'}"
    if not finding.least_p <= finding.level:
        return f"{grade}: p too coarse"
    if math.isnan(finding.power):
        return f"{grade}: chance unknown"
    return f"{grade}: {'<1%' if finding.power < 0.01 else percent(finding.power)} chance"


def _direction(primary: Primary, sign: int) -> str:
    """The direction of what was found, in words; empty where the grade has none."""
    if sign == 0:
        return ""
    if primary.asks == "direction":
        return "as asked" if sign == primary.expects else "the other way"
    return "positive" if sign > 0 else "negative"


def _unanswered(question: Unanswered, said_of: Said) -> dict[str, Any]:
    return {
        "outcome": question.outcome,
        "id": question.id,
        "asked": said_of.asked,
        "whether": said_of.whether,
        "question": question.question,
        "grade": NO_DATA,
        "in_short": NO_DATA,
        **dict.fromkeys(("half", "at_margin", "double"), NO_DATA),
        "reasons": question.why,
        "would_answer": question.would_answer,
    }


def tally(card: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many questions have each grade, by outcome, the firmest first."""
    return {str(outcome): counted(own["grade"]) for outcome, own in card.groupby("outcome")}


def counted(grades: pd.Series[str]) -> dict[str, int]:
    """How many there are of each grade, the firmest first."""
    counts = grades.value_counts()
    return {grade: int(counts[grade]) for grade in (*GRADES, NOT_ESTIMATED) if grade in counts}


def firm(card: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of the card whose grade says that something was found."""
    return card[card["grade"].isin([SUPPORTED, CONTRARY, SUGGESTIVE])].to_dict("records")


def in_margins(card: pd.DataFrame, words: Words) -> pd.DataFrame:
    """What a chart draws of the card: estimate, ci_low and ci_high in multiples of the margin, with id, asked, grade, in_short
    and the outcome in words."""
    named = {"position": "estimate", "low": "ci_low", "high": "ci_high"}
    drawn = card[["id", "asked", "grade", "in_short", *named]].rename(columns=named)
    return drawn.assign(outcome=[f"Outcome {each}: {words.outcomes[each]}" for each in card["outcome"]])


def source(plan: Plan) -> str:
    """Where the numbers of a picture are from that may leave its page: whose plan they were found under stands with them."""
    under = f" under {plan.own.named}" if plan.own else ""
    return f"runs of this repository{under}, estimates.csv"


def beside_margin(card: pd.DataFrame, reach: float) -> dict[str, int]:
    """How many intervals lie `inside` so many margins on either side of nothing, how many wholly `outside`, and how many
    estimates are `untold`, without an interval."""
    low, high = card["low"], card["high"]
    return {
        "inside": int((low.gt(-reach) & high.lt(reach)).sum()),
        "outside": int((low.ge(reach) | high.le(-reach)).sum()),
        "untold": int((low.isna() & high.isna() & card["position"].notna()).sum()),
    }


def beyond(card: pd.DataFrame, reach: float) -> list[dict[Hashable, Any]]:
    """The rows of the card whose estimate lies more than so many margins from nothing."""
    return card[card["position"].abs() > reach].to_dict("records")


def beside_first(card: pd.DataFrame) -> pd.DataFrame:
    """The grade version 1 of the plan gave each question it registered, beside the grades of this version."""
    old = card[card["first_grade"].fillna("") != ""]
    return old[["id", "first_grade", "half", "at_margin", "double"]]


def amended(amendments: Iterable[Amendment]) -> pd.DataFrame:
    """What this version of the plan changed, and why, a row each."""
    return pd.DataFrame([(each.what, each.why) for each in amendments], columns=["what", "why"])


def outputs(results: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """What the programme counts of its own work, as it publishes it: outputs, which measure no outcome.

    Parameters
    ----------
    results : raw table `programme_results`; only what the programme may claim (`is_creditable`) is taken.
    events : raw table `programme_events`.

    Returns
    -------
    DataFrame: output, stated, unit, period, scope, source.
    """
    own = results[results["is_creditable"]]
    rows = own.assign(output=own["metric"].str.replace("_", " "))[
        ["output", "stated", "unit", "period", "scope", "source"]
    ]
    trainings = events[events["type"] == "training"]
    told = trainings[trainings["participants"].notna()]
    years = told["date_start"].str[:4]
    trained = {
        "output": "persons trained",
        "stated": f"{told['participants'].sum():.0f}",
        "unit": "persons",
        "period": f"{years.min()} to {years.max()}" if len(told) else "",
        "scope": f"{len(told)} of {len(trainings)} public trainings that say how many took part",
        "source": "programme_events",
    }
    return pd.concat([pd.DataFrame([trained]), rows], ignore_index=True)


def of_questions(found: Iterable[Answered]) -> pd.DataFrame:
    """Checks of registered questions: one row each, whether it passed, and the power it had to fail."""
    rows = [
        (
            each.primary.id,
            check.name,
            {True: "passed", False: "failed", None: "for information"}[check.passed],
            check.power,
        )
        for each in found
        for check in each.finding.checks
    ]
    return pd.DataFrame(rows, columns=["question", "check", "verdict", "power"])


def verdicts(
    found: Sequence[Answered], runs: Sequence[SavedRun], card: pd.DataFrame, plan: Plan, tell: Teller
) -> pd.DataFrame:
    """What the plan's questions of each notebook come to, from the pooled results: in the words of the notebook's own template,
    or in those of `tell` where an evaluator's own plan asks others of it than are registered.

    Parameters
    ----------
    card : the scorecard, of which `tell` is told the rows of the notebook's questions, each with the id of its estimate, `by`.

    Returns
    -------
    DataFrame: run, verdict.
    """
    by_question = {each.primary.id: each for each in found}
    told_otherwise = {p.notebook for p in plan.known if p.own} | {p.notebook for p in plan.unasked}
    rows = []
    for run in runs:
        name = run.assessment["name"]
        names = {each.primary.id: each.primary.name for each in found if each.primary.notebook == run.name}
        if not names:
            continue
        if run.name in told_otherwise:
            own = card[card["id"].isin(names)]
            rows.append((run.name, tell("verdict_by_plan", own.assign(by=own["id"].map(names)).to_dict("records"))))
            continue
        package = f"{_QUESTIONS}.{name}"
        params = import_module(package).QUESTION.params(**run.assessment["parameters"])
        rows.append((run.name, Teller(package, {"v": by_question, "p": params})("verdict")))
    return pd.DataFrame(rows, columns=["run", "verdict"])
