"""Steps of the evaluation: what other runs found, how indicators stand, where the programme was seen, what criteria come to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crimjust_research.errors import DataError
from crimjust_research.evidence.findings import answered
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.progress import Seen, aim, status
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.targets import Target
from crimjust_research.evidence.words import plain
from crimjust_research.framework import CRITERIA, Criterion, Framework, Indicator
from crimjust_research.questions.evaluation.picture import NOT_GRADED, together
from crimjust_research.results import SavedRun
from crimjust_research.vocabulary import countries

OWN = "14_evaluation"
DESCRIBED = "described, not graded"
_LEVELS = ("outcome", "context", "output", "cost")
# What of an operation's results is told, and how.
_OPERATION = {
    "azure1_seizures": ("azure_seizures", "Seizures of the first phase of Operation Azure", "seizures"),
    "azure1_drugs": ("azure_kilograms", "Drugs seized in the first phase of Operation Azure", "kg"),
    "azure1_arrests": ("azure_arrests", "Arrests of the first phase of Operation Azure", "arrests"),
}
_FUNDING = "eu_action_IFS2018_040966_total"
_NUMBERS = ("estimate", "ci_low", "ci_high", "ci_level", "n_obs", "n_units")


@dataclass(frozen=True)
class Told:
    """An estimate as a sentence tells it: `run` is empty where it is this notebook's own, `grade` where no plan registers it."""

    run: str
    id: str
    estimate: float
    ci_low: float
    ci_high: float
    ci_level: float
    n_obs: int
    n_units: int
    unit: str
    grade: str


def grades(plan: Plan, runs: Sequence[SavedRun]) -> dict[str, str]:
    """The grade at its margin of each registered question, by the run and the id of its estimate: RUN#ID."""
    estimates = pd.concat([run.estimates for run in runs], ignore_index=True)
    found = answered(plan, estimates, {run.name: run.assessment["checks"] for run in runs})
    return {f"{each.primary.notebook}#{each.primary.name}": each.grade for each in found}


def told(estimates: pd.DataFrame, graded: Mapping[str, str]) -> dict[str, Told]:
    """Every estimate by RUN#ID, with its grade if it has one.

    Parameters
    ----------
    estimates : columns run, id, unit, estimate, ci_low, ci_high, ci_level, n_obs, n_units.
    """
    rows = estimates[["run", "id", "unit", *_NUMBERS]].to_dict("records")
    found = {}
    for each in rows:
        name = f"{each['run']}#{each['id']}"
        own = str(each["run"]) == OWN
        numbers = {field: each[field] for field in _NUMBERS}
        run = "" if own else str(each["run"])
        found[name] = Told(run, str(each["id"]), unit=str(each["unit"]), grade=graded.get(name, ""), **numbers)
    return found


def require(framework: Framework, found: Mapping[str, Told]) -> None:
    """Refuse results that lack an estimate which a link or a criterion of the framework names.

    Raises
    ------
    DataError
        Naming each, and what to run.
    """
    named = [name for edge in framework.edges for name in edge.estimates]
    named += [name for criterion in framework.criteria for name in criterion.estimates]
    if missing := [name for name in dict.fromkeys(named) if name not in found]:
        runs = sorted({name.partition("#")[0] for name in missing})
        raise DataError(
            f"the results framework names estimates that no run holds: {', '.join(missing)}; run again: "
            f"{'; '.join(f'crimjust run {run}' for run in runs)}; or mend data/document/results_framework.yaml"
        )


def standing(
    indicators: Iterable[Indicator],
    ends: Mapping[str, pd.DataFrame],
    found: Mapping[str, Told],
    targets: Mapping[str, Target],
    year: int,
) -> pd.DataFrame:
    """How every indicator stands: a row each, in the framework's order.

    Parameters
    ----------
    ends : frames of `yearly.ends`.
    found : estimates by RUN#ID, in which other runs' baselines are looked up.
    targets : those of the plan, by the indicator's key.
    year : the last year whose figures are told.

    Returns
    -------
    DataFrame: key, label, level, serves, unit, baseline_year, baseline, latest_year, latest, latest_low, latest_high, change,
    change_low, change_high, status, target and aim (how it stands beside that; in words, empty without one), why (there is no
    figure by year, in words); numbers are missing where nothing public gives them.
    """
    by_key = {name: {str(row["indicator"]): row for row in frame.to_dict("records")} for name, frame in ends.items()}
    by_year = {(str(row["indicator"]), row["year"]): row for row in ends["years"].to_dict("records")}
    rows = []
    for indicator in indicators:
        then, now, moved = (_end(by_key[name].get(indicator.key)) for name in ("baseline", "latest", "change"))
        if then is None and indicator.baseline is not None and indicator.baseline.estimate in found:
            other = found[indicator.baseline.estimate]
            then = Seen(indicator.baseline.year, other.estimate, other.ci_low, other.ci_high)
        target = targets.get(indicator.key)
        due = _end(by_year.get((indicator.key, target.by))) if target else None
        seen = now or then or Seen(0, math.nan)
        if moved:
            change, holds = (moved.value, moved.ci_low, moved.ci_high), bool(by_key["change"][indicator.key]["holds"])
            seen = Seen(seen.year, seen.value, seen.ci_low, seen.ci_high, *change, holds)
        rows.append(
            {
                "key": indicator.key,
                "label": indicator.label,
                "level": indicator.level,
                "serves": indicator.serves,
                "unit": indicator.unit,
                "baseline_year": then.year if then else math.nan,
                "baseline": then.value if then else math.nan,
                "latest_year": now.year if now else math.nan,
                "latest": now.value if now else math.nan,
                "latest_low": now.ci_low if now else math.nan,
                "latest_high": now.ci_high if now else math.nan,
                "change": seen.change,
                "change_low": seen.change_low,
                "change_high": seen.change_high,
                "status": status(indicator.better, seen, then, nested=indicator.accumulates),
                "target": f"{target.words} {target.value:g} by {target.by}" if target else "",
                "aim": aim(target, due, then, year) if target else "",
                "why": indicator.not_yearly or ("" if indicator.measure else "nothing public measures it"),
            }
        )
    return pd.DataFrame(rows)


def _end(row: Mapping[Any, Any] | None) -> Seen | None:
    return Seen(row["year"], row["estimate"], row["ci_low"], row["ci_high"]) if row else None


def measured(indicators: Sequence[Indicator], yearly: Iterable[str]) -> pd.DataFrame:
    """How many indicators of each level there are, and how many of these something public measures, by year or not.

    Returns
    -------
    DataFrame: level, indicators, public, by_year, record (of those without a public measure, how many a template would hold),
    nowhere.
    """
    known = set(yearly)
    rows = []
    for level in _LEVELS:
        own = [each for each in indicators if each.level == level]
        silent = [each for each in own if each.measure is None]
        recorded = sum(each.record is not None for each in silent)
        by_year = sum(each.key in known for each in own)
        rows.append((level, len(own), len(own) - len(silent), by_year, recorded, len(silent) - recorded))
    return pd.DataFrame(rows, columns=["level", "indicators", "public", "by_year", "record", "nowhere"])


def presence(named: pd.DataFrame, entries: pd.DataFrame, listed: Iterable[str], by: str) -> pd.DataFrame:
    """How often each proposed country was named at a public event by a day, those on the list of presence first.

    Parameters
    ----------
    named : panel `cooperation_events`: event, iso3, date_start. entries : panel `countries`: iso3, proposed.

    Returns
    -------
    DataFrame: iso3, country, on_list, events; most events first within either part.
    """
    by_then = named[named["date_start"] <= by].groupby("iso3")["event"].nunique()
    own = entries.loc[entries["proposed"], ["iso3"]].assign(
        country=lambda rows: rows["iso3"].map(countries.short_name),
        on_list=lambda rows: rows["iso3"].isin(list(listed)),
        events=lambda rows: rows["iso3"].map(by_then).fillna(0).astype(int),
    )
    return own.sort_values(["on_list", "events", "country"], ascending=[False, False, True], ignore_index=True)


def as_visible(seen: pd.DataFrame) -> pd.DataFrame:
    """Of `presence` the rows not on the list that were named at least as often as the least often named on it."""
    least = seen.loc[seen["on_list"] & seen["events"].gt(0), "events"].min()
    return seen[~seen["on_list"] & seen["events"].ge(least)].reset_index(drop=True)


def operation(results: pd.DataFrame) -> pd.DataFrame:
    """Seizures, kilograms and arrests of Operation Azure as published: id, label, unit, period, source and the number.

    Where more than a number is said, that number is the lower bound and there is no estimate. These are outputs.
    """
    own = _by_metric(results)
    rows = []
    for metric, (name, label, unit) in _OPERATION.items():
        said = own[metric]
        exact = said["qualifier"] == "exact"
        bounds = {} if exact else {"ci_low": said["value_low"], "ci_high": math.inf, "ci_level": math.nan}
        rows.append(
            {
                "id": name,
                "label": label,
                "unit": unit,
                "estimate": said["value_low"] if exact else math.nan,
                "period": said["period"],
                "source": "UNODC, CRIMJUST: news of the programme",
                **bounds,
            }
        )
    return pd.DataFrame(rows).assign(ci_level=math.nan)


def funding(results: pd.DataFrame) -> dict[str, Any]:
    """What the European Union's action of 2018 was planned to cost in all: estimate (EUR million), period and source. That
    CRIMJUST is part of it is inferred; no page says so."""
    said = _by_metric(results)[_FUNDING]
    return {"estimate": said["value_low"], "period": said["period"], "source": said["source"]}


def _by_metric(results: pd.DataFrame) -> dict[str, Mapping[Any, Any]]:
    return {str(row["metric"]): row for row in results.to_dict("records")}


def sentence(criterion: Criterion) -> str:
    """The macro that answers a question, and the check that tells it: its criterion and its key."""
    return f"{criterion.criterion}_{criterion.key}"


def graded(criterion: Criterion, known: Mapping[str, str]) -> str:
    """The grade of an answer: of the registered questions it rests on all together, else that it is described or has no data."""
    found = together(criterion.estimates, known)
    return DESCRIBED if found == NOT_GRADED else found


def criteria(framework: Framework, known: Mapping[str, str], tell: Teller) -> pd.DataFrame:
    """What every question of the criteria comes to, a row each.

    Returns
    -------
    DataFrame: criterion (in words), key, question, rule, answer (plain), grade, missing, templates, sampling.
    """
    return pd.DataFrame(
        [
            {
                "criterion": CRITERIA[each.criterion],
                "key": each.key,
                "question": each.question,
                "rule": each.rule,
                "answer": plain(tell(sentence(each))),
                "grade": graded(each, known),
                "missing": each.missing,
                "templates": ", ".join(each.templates),
                "sampling": each.sampling,
            }
            for each in framework.criteria
        ]
    )
