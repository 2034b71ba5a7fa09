"""What stands beside the registered test of joining: other estimators, datings and controls, regions, and a country fewer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.staggered.aggregation import StaggeredResult
from crimjust_research.designs.timing.studentised import averaged
from crimjust_research.errors import ParameterError
from crimjust_research.questions.joining.comparison import ANTICIPATED, SAME_YEAR, Comparison, altered
from crimjust_research.questions.joining.estimators import (
    ESTIMATORS,
    GROUP_TIME,
    IMPUTATION,
    NEEDS_COMPLETE,
    RANDOM_TIMING,
    SUN_ABRAHAM,
    SYNTHETIC,
    TWO_WAY,
    wild_two_way,
)
from crimjust_research.questions.joining.measures import Measure
from crimjust_research.questions.joining.own_files import Supplied, at_work, given_programmes, untreated_changes
from crimjust_research.questions.joining.params import Params
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.joining.steps import (
    FEWER_DRAWS,
    VALUES,
    about,
    attempted,
    compared,
    numbers,
    reassigned,
    tested,
)
from crimjust_research.vocabulary import countries as country_names

# Countries whose other programmes begin or end before they joined, below which what goes with these is told too surely: with
# two of them the test rejects up to 13 % of true nulls at 5 %, with four 4 to 7 %.
FEW_TELLING = 4
# Level of the intervals without one country: that of two one-sided tests at .05.
LEFT_OUT_LEVEL = 0.9
# An edition that stands at the first of its two years, and could stand at the second.
TWO_YEARS, SECOND = "2017-2018", 2018
# Name in the id and role of every other estimator; the plan says which are sensitivities of the registered one.
OTHERS = {
    GROUP_TIME: ("clustered", "secondary"),
    SUN_ABRAHAM: ("sun_abraham", "sensitivity"),
    IMPUTATION: ("borusyak_jaravel_spiess", "sensitivity"),
    RANDOM_TIMING: ("roth_santanna", "secondary"),
    SYNTHETIC: ("synthetic", "secondary"),
    TWO_WAY: ("two_way", "secondary"),
}
ERRORS = {RANDOM_TIMING: "errors of random timing", SYNTHETIC: "placebo errors"}


def clustered(m: Measure, found: Comparison, effects: StaggeredResult) -> dict[str, Any]:
    """Another estimator's overall effect as a row, errors clustered by country."""
    return about(m, found) | {key: float(effects.overall[key]) for key in VALUES}


def other_estimators(
    m: Measure, found: Comparison, complete: Comparison, fitted: Mapping[str, StaggeredResult], p: Params
) -> list[dict[str, Any]]:
    """The registered comparison by other estimators and by other inference; a row each.

    Parameters
    ----------
    complete : the countries of it in every edition, which some estimators need; fitted : results at hand, by estimator.
    """
    alpha, rows = 1 - p.confidence_level, []

    def made(estimator: str) -> dict[str, Any]:
        used = complete if estimator in NEEDS_COMPLETE else found
        return clustered(m, used, fitted.get(estimator) or ESTIMATORS[estimator](used, alpha))

    for estimator, (name, role) in OTHERS.items():
        words = "only countries in every edition" if estimator in NEEDS_COMPLETE else "registered comparison"
        errors = ERRORS.get(estimator, "errors clustered by country")
        says = {"name": name, "role": role, "words": words, "method": f"{estimator}, {errors}", "altered": 1.0}
        rows.append(attempted(m, found, partial(made, estimator), **says))
    boot = wild_two_way(found, min(p.draws, FEWER_DRAWS), p.seed, alpha)
    says = {"name": "wild_bootstrap", "role": "sensitivity", "method": f"{TWO_WAY}, wild bootstrap over countries"}
    words = f"registered comparison; Webb's weights, {boot.draws} draws"
    rows.append(about(m, found, words=words, altered=1.0, **says) | {key: getattr(boot, key) for key in VALUES})
    shuffled = Reassignment.of(found).unstudentised(p.draws, p.seed, alpha)
    says = {
        "name": "shuffled_in_region",
        "role": "sensitivity",
        "method": f"{GROUP_TIME}, dates reassigned within regions",
    }
    values = {key: getattr(shuffled, key) for key in VALUES if key != "std_error"}
    words = "registered comparison; the average itself among dates shuffled within region, as in version 1"
    return [*rows, about(m, found, words=words, altered=0.0, **says) | values]


def variants(panel: pd.DataFrame, m: Measure, registered: Comparison, p: Params) -> list[dict[str, Any]]:
    """The registered test under every departure the plan lists; a row each."""
    later = second_year(panel)
    changes: dict[str, tuple[str, pd.DataFrame, dict[str, Any]]] = {
        "earliest_dating": ("earliest possible years of joining", panel, {"dating": "earliest"}),
        "latest_dating": ("latest possible years of joining", panel, {"dating": "latest"}),
        "never_treated_controls": ("never-treated controls only", panel, {"control": "never_treated"}),
        "all_regions": (
            "the countries of control_pool" if p.control_pool else "controls of all regions",
            panel,
            {"control": "all_regions"},
        ),
        "anticipation": ("one edition of anticipation", panel, {"timing": ANTICIPATED}),
        "year_of_joining": ("first treated in the year of joining", panel, {"timing": SAME_YEAR}),
        "edition_2017_at_2018": ("edition of 2017-2018 dated 2018", later, {}),
        "to_2023": ("editions to 2023", panel, {"end": min(p.end, 2023)}),
    }
    return [
        attempted(m, registered, partial(_departure, read, m, p, registered, change), name=name, words=words)
        for name, (words, read, change) in changes.items()
    ]


def _departure(
    panel: pd.DataFrame, m: Measure, p: Params, registered: Comparison, change: Mapping[str, Any]
) -> dict[str, Any]:
    found = compared(panel, m, p, **change)
    return reassigned(m, found, p, p.draws, altered=altered(found, registered))


def second_year(panel: pd.DataFrame) -> pd.DataFrame:
    """The panel with the edition that covers two years at the second of them."""
    return panel.assign(year=panel["year"].where(panel["wjp_edition"] != TWO_YEARS, SECOND))


def other_datings(panel: pd.DataFrame, m: Measure, registered: Comparison, p: Params) -> list[dict[str, Any]]:
    """The registered test with Bolivia at the earlier of its two possible years, and the edition of two years at the second
    of them; a row each, none where Bolivia is not looked at."""
    if "BOL" not in registered.joined:
        return []
    sooner = panel.copy()
    here = sooner["iso3"] == "BOL"
    sooner.loc[here, "entry_documented"] = sooner.loc[here, "entry_earliest"]
    changes = {
        "bolivia_earliest": ("Bolivia in the earliest year it can have joined", sooner),
        "bolivia_earliest_edition_2017_at_2018": (
            "Bolivia in the earliest year it can have joined, edition of 2017-2018 dated 2018",
            second_year(sooner),
        ),
    }
    return [
        attempted(m, registered, partial(_departure, read, m, p, registered, {}), name=name, words=words)
        for name, (words, read) in changes.items()
    ]


def region_by_region(m: Measure, found: Comparison, p: Params) -> list[dict[str, Any]]:
    """The registered test within each region that has a country that joined, and over these together; a row each.

    Together, each region's countries that joined are compared with their own region alone, and regions are averaged by how
    many joined.
    """
    whole = Reassignment.of(found)
    rows, tests, weights, untold = [], [], [], []
    # A seed each, so that the regions' shuffles have nothing to do with each other.
    for seed, region in enumerate(np.unique(whole.region[np.isfinite(whole.cohort)]), p.seed):
        own = whole.within(region)
        counts = {"n_obs": int(np.isfinite(own.outcomes).sum()), "n_units": len(own.cohort)}
        try:
            test = own.test(p.draws, seed)
        except ParameterError:
            untold.append(region)
            continue
        tests.append(test)
        weights.append(int(np.isfinite(own.cohort).sum()))
        says = {"name": re.sub(r"\W+", "_", region.lower()), "words": f"{region} alone"}
        rows.append(about(m, found, joined=weights[-1], **says) | numbers(test, p.confidence_level) | counts)
    but = f"; too few ways of dealing dates out in {' and '.join(untold)}" if untold else ""
    says = {"name": "within_regions", "words": f"each region by itself, averaged by countries that joined{but}"}
    together = numbers(averaged(tests, weights), p.confidence_level) if tests else dict.fromkeys(VALUES, np.nan)
    return [*rows, about(m, found, joined=sum(weights), **says) | together]


def given_others(m: Measure, found: Comparison, others: Supplied, p: Params) -> dict[str, Any]:
    """The registered test of scores less what goes with each other programme at work, as a row.

    `each` is how much that is, `each_error` its standard error, `telling` the countries whose programmes begin or end before
    they joined, which it rests on.
    """
    counts = at_work(others.frame, found)
    words = f"given the number of other programmes at work ({others.file})"

    def made() -> dict[str, Any]:
        given = given_programmes(found, counts, p.draws, p.seed)
        telling = untreated_changes(found, counts)
        each = {"each": given.slope, "each_error": given.slope_error, "telling": telling, "few": telling < FEW_TELLING}
        return tested(m, found, given.test, p.confidence_level, **each)

    return attempted(m, found, made, words=words)


def left_out(m: Measure, found: Comparison, p: Params) -> pd.DataFrame:
    """The registered test without each country in turn, joined or compared with, and its 90 % interval; a row each.

    Missing where nobody is left who could have joined in place of another.
    """
    whole = Reassignment.of(found)
    scores = np.isfinite(whole.outcomes).sum(axis=1)
    names, rows = country_names.names(), []
    for unit, iso3 in enumerate(map(str, found.checked.units)):
        try:
            values = numbers(whole.without(unit).test(min(p.draws, FEWER_DRAWS), p.seed), LEFT_OUT_LEVEL)
        except ParameterError:
            values = dict.fromkeys([*VALUES], np.nan) | {"ci_level": LEFT_OUT_LEVEL}
        counts = {"n_obs": found.checked.n_obs - int(scores[unit]), "n_units": found.checked.n_units - 1}
        joined = bool(np.isfinite(whole.cohort[unit]))
        rows.append(about(m, found, name=iso3, words=names[iso3], joined=joined) | values | counts)
    return pd.DataFrame(rows)


def reach(fewer: pd.DataFrame) -> dict[str, list[dict[Any, Any]]]:
    """Between what the estimates without one country lie, by measure: joined countries first, then those compared with."""
    ends = fewer.groupby(["measure", "joined"])["estimate"].agg(["min", "max", "size"]).reset_index()
    return {
        str(measure): rows.sort_values("joined", ascending=False, kind="stable").to_dict("records")
        for measure, rows in ends.groupby("measure")
    }


def moved_most(fewer: pd.DataFrame, whole: pd.DataFrame, shown: int) -> pd.DataFrame:
    """So many rows of each measure without which the estimate of all countries moves most, below it; `row` says which."""
    moved = (fewer["estimate"] - fewer["measure"].map(whole.set_index("measure")["estimate"])).abs()
    ranked = fewer.assign(moved=moved).sort_values("moved", ascending=False, kind="stable")
    most = ranked.groupby("measure", sort=False).head(shown)
    most = most.assign(row=most["words"] + most["joined"].map({True: " (joined)", False: ""}))
    return pd.concat([whole.assign(row="none left out"), most.sort_values("estimate", kind="stable")])


def agreement(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """By measure: how many rows there are, how many have p below the level, and between what they lie."""
    below = rows.assign(below=rows["p_value"] < level).groupby("measure", sort=False)
    return below.agg(
        specifications=("estimate", "size"),
        p_below_level=("below", "sum"),
        lowest=("estimate", "min"),
        highest=("estimate", "max"),
    ).reset_index()


def shown_name(name: str) -> str:
    """The name of an estimate as a chart's row: "latest dating", "Roth-Sant'Anna"."""
    estimators = {short: full for full, (short, _) in OTHERS.items() if full not in (GROUP_TIME, SYNTHETIC)}
    return estimators.get(name, name.replace("_", " "))
