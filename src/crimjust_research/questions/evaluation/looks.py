"""What the evaluation's figures draw and what its sentences count, from the frames of `steps` and `yearly`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crimjust_research.evidence import progress
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.progress import HIGHER, LOWER, NO_FIGURE, NOT_TOLD_APART, SAME
from crimjust_research.evidence.rule import GRADES, NO_DATA
from crimjust_research.questions.evaluation import coherence
from crimjust_research.questions.evaluation.picture import NOT_GRADED
from crimjust_research.questions.evaluation.steps import DESCRIBED
from crimjust_research.vocabulary import countries, other_programmes

# Scales of scores by unit: who publishes it, and how far it reaches from the worst to the best.
_SCALES = {
    "score, 0 to 1": ("World Justice Project, 0 to 1", 1.0),
    "score, about -2.5 to 2.5": ("World Bank, about −2.5 to 2.5", 5.0),
    "score, 1 to 10": ("Organized Crime Index, 1 to 10", 9.0),
}
_MOVED = {HIGHER: "higher", LOWER: "lower", NOT_TOLD_APART: "not told apart from the baseline", SAME: SAME}


def of_links(links: pd.DataFrame) -> dict[str, Any]:
    """How many links there are, how many of each evidence, and of those with any how many of each."""
    counts = _counted(links["evidence"], (*GRADES, NOT_GRADED))
    bearing = {word if word == NOT_GRADED else f"graded “{word}”": n for word, n in counts.items() if word != NO_DATA}
    most = max(counts, key=lambda word: counts[word], default=NO_DATA)
    ungraded = {NO_DATA: "no public data", NOT_GRADED: "figures that nothing grades"}.get(most, "graded questions")
    return {"links": len(links), "evidence": counts, "bearing": bearing, "ungraded": ungraded}


def by_scale(change: pd.DataFrame) -> pd.DataFrame:
    """Changes with their intervals in hundredths of each score's scale, which `scale` names; those of one scale together."""
    known = change[change["unit"].isin(list(_SCALES))]
    reach = known["unit"].map(lambda unit: _SCALES[unit][1])
    told = known.assign(scale=known["unit"].map(lambda unit: _SCALES[unit][0]))
    for name in ("estimate", "ci_low", "ci_high"):
        told[name] = 100 * told[name] / reach
    return told.sort_values("scale", key=lambda names: names.map(_place), kind="stable", ignore_index=True)


def _place(scale: str) -> int:
    return [name for name, _ in _SCALES.values()].index(scale)


def told_apart(estimates: pd.DataFrame, level: float) -> dict[str, int]:
    """How many scores are compared, how many rose and fell beyond their interval, and how many did so with all taken together.

    Parameters
    ----------
    estimates : the study's frame: id, ci_low, ci_high, p_adjusted; changes are those whose id says so.
    """
    change = estimates[estimates["id"].str.endswith(".change")]
    return {
        "compared": len(change),
        "up": int((change["ci_low"] > 0).sum()),
        "down": int((change["ci_high"] < 0).sum()),
        "together": int((change["p_adjusted"] < 1 - level).sum()),
    }


def of_indicators(stands: pd.DataFrame, plan: Plan) -> dict[str, Any]:
    """How many indicators of outcomes moved which way; whose plan sets targets, and how many stand how beside theirs."""
    outcome = stands[(stands["level"] == "outcome") & (stands["status"] != NO_FIGURE)]
    moved = _counted(outcome["status"].map(_MOVED).dropna(), tuple(_MOVED.values()))
    aimed = stands.loc[stands["aim"] != "", "aim"]
    counted = _counted(aimed, sorted(aimed.unique(), key=progress.place))
    return {"moved": moved, "aimed": counted, "whose": plan.own.whose if plan.own else ""}


def of_presence(seen: pd.DataFrame, alike: pd.DataFrame) -> dict[str, Any]:
    """Countries of the list named least often of those named (how often: times) and never, and those not on it named as often."""
    listed = seen[seen["on_list"]]
    least = listed.loc[listed["events"] > 0, "events"].min()
    return {
        "times": int(least) if (listed["events"] > 0).any() else 0,
        "least": sorted(listed.loc[listed["events"] == least, "country"]),
        "unseen": sorted(listed.loc[listed["events"] == 0, "country"]),
        "alike": sorted(alike["country"]),
    }


def presence_row(seen: pd.DataFrame, by: str) -> dict[str, Any]:
    """Countries of the list that were named at an event, as an estimate."""
    listed = seen[seen["on_list"]]
    named = int((listed["events"] > 0).sum())
    return {"estimate": named, "n_obs": len(listed), "n_units": len(listed), "by": by}


def as_visible_row(seen: pd.DataFrame, alike: pd.DataFrame, by: str) -> dict[str, Any]:
    """Countries not on the list that were named as often, as an estimate of all that are not on it."""
    others = int((~seen["on_list"]).sum())
    names = ", ".join(sorted(alike["country"])) or "none"
    return {"estimate": len(alike), "n_obs": others, "n_units": others, "by": by, "names": names}


def beside(programmes: pd.DataFrame, entries: pd.DataFrame, date: dt.date | str) -> pd.DataFrame:
    """Other programmes on record as at work in each country of the phases in the year of a date: `coherence.beside` with the
    country's name, and the programmes in one cell.

    Parameters
    ----------
    entries : panel `countries`: iso3, phase.
    """
    phased = entries.dropna(subset=["phase"])[["iso3", "phase"]].astype({"phase": int})
    found = coherence.beside(programmes, phased.sort_values(["phase", "iso3"]), int(str(date)[:4]))
    names = other_programmes.load().programmes
    words = found["programmes"].map(lambda keys: ", ".join(names[key].short for key in keys))
    told = found.assign(country=found["iso3"].map(countries.short_name), programmes=words)
    return told[["country", "phase", "year", "programmes", "at_work"]]


def of_programmes(beside: pd.DataFrame) -> dict[str, Any]:
    """The year told of, and the countries without another programme on record."""
    alone = sorted(beside.loc[beside["at_work"] == 0, "country"])
    return {"beside_year": int(beside["year"].iloc[0]), "alone": alone}


def beside_row(beside: pd.DataFrame) -> dict[str, Any]:
    """The share of countries with another programme on record, as an estimate."""
    size = len(beside)
    share = float((beside["at_work"] > 0).mean())
    return {"estimate": share, "n_obs": size, "n_units": size, "year": int(beside["year"].iloc[0])}


def of_answers(answers: pd.DataFrame) -> dict[str, Any]:
    """How many questions there are, and how many have each grade."""
    words = {DESCRIBED: "described and not graded", NO_DATA: "without public data"}
    told = answers["grade"].map(lambda grade: words.get(grade, f"graded “{grade}”"))
    order = [f"graded “{grade}”" for grade in GRADES] + list(words.values())
    return {"questions": len(answers), "answers": _counted(told, order)}


def _counted(words: pd.Series[str], order: tuple[str, ...] | list[str]) -> Mapping[str, int]:
    """How many there are of each, in that order."""
    counts = words.value_counts()
    return {word: int(counts[word]) for word in dict.fromkeys([*order, *counts.index]) if word in counts}
