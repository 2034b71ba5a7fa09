"""Steps of the notebook on joining: rows for estimates and charts, made from comparisons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered import sensitivity
from crimjust_research.designs.staggered.aggregation import StaggeredResult
from crimjust_research.designs.staggered.sensitivity import Sensitivity
from crimjust_research.designs.timing.studentised import StudentisedTest, averaged
from crimjust_research.errors import ParameterError
from crimjust_research.questions import seizure_years
from crimjust_research.questions.joining import power
from crimjust_research.questions.joining.comparison import (
    ANTICIPATED,
    SAME_YEAR,
    Comparison,
    Specification,
    altered,
    comparison,
)
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
from crimjust_research.questions.joining.measures import PRIMARY, TITLES, Measure
from crimjust_research.questions.joining.own_files import Supplied, at_work, given_programmes, untreated_changes
from crimjust_research.questions.joining.params import Params
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.membership import JOINED_TIER
from crimjust_research.vocabulary import countries as country_names

# Enough to place an estimate among reassignments where there are many of them to make.
FEWER_DRAWS = 999
# Editions by which dates are moved back for a placebo.
BACK = 2
# Countries whose other programmes begin or end before they joined, below which what goes with these is told too surely: with
# two of them the test rejects up to 13 % of true nulls at 5 %, with four 4 to 7 %.
FEW_TELLING = 4
# Level of the intervals without one country: that of two one-sided tests at .05.
LEFT_OUT_LEVEL = 0.9
VALUES = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
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
# Tried of how far trends may part: in largest steps before joining, and in score points of slope an edition.
RELATIVE_BOUNDS = (0.1, 0.25, 0.5, 1.0)
SLOPE_BOUNDS = (0.0, 0.0025, 0.005, 0.01)
BREAKDOWN_UNITS = {
    "relative": "times the largest step before joining",
    "smooth": "score points per edition, change of slope",
}


def compared(panel: pd.DataFrame, m: Measure, p: Params, **changes: Any) -> Comparison:
    """The rows compared on a measure under the parameters, some choices of `Specification` changed.

    Raises
    ------
    ParameterError
        If no country is seen both before and after joining, or there is none to compare with.
    """
    window = {"start": p.start, "end": p.end} | {
        name: changes.pop(name) for name in ("start", "end") if name in changes
    }
    chosen = Specification(p.dating, p.control, countries=p.countries, pool=p.control_pool, exclude=p.exclude)
    return comparison(panel, m.column, replace(chosen, **changes), **window)


def with_cocaine(panel: pd.DataFrame, seizures: pd.DataFrame) -> pd.DataFrame:
    """The panel of countries with log kilograms of cocaine seized; missing where none or nothing was reported, and in
    years that are not registered."""
    cocaine = seizure_years.registered(seizures[seizures["family"] == "cocaine"])
    kilograms = cocaine.groupby(["iso3", "year"])["kilograms"].sum()
    return panel.join(np.log(kilograms[kilograms > 0]).rename("log_cocaine_kg"), on=["iso3", "year"])


def entry_table(panel: pd.DataFrame, found: Comparison) -> pd.DataFrame:
    """Countries that joined, one row each: dates as far as known, first treated edition, and why one is not used."""
    rows = panel.loc[panel["entry_tier"] == JOINED_TIER].drop_duplicates("iso3").set_index("iso3")
    table = rows[["entry_precision", "entry_earliest", "entry_documented", "entry_latest"]]
    table = table.set_axis(["precision", "earliest", "documented", "latest"], axis=1)
    table = table.astype(dict.fromkeys(["earliest", "documented", "latest"], "float64"))
    cohorts = zip(found.checked.units, found.checked.cohort, strict=True)
    first = {unit: float(found.years[int(g) - 1]) for unit, g in cohorts if np.isfinite(g)}
    names = country_names.names()
    table.insert(0, "name", [names[str(iso3)] for iso3 in table.index])
    table["first_treated"] = [first.get(str(iso3), np.nan) for iso3 in table.index]
    scored = table.index.isin(panel.loc[panel[PRIMARY[0].column].notna(), "iso3"])
    chosen = found.specification
    left_out = table.index.isin(chosen.exclude)
    if chosen.countries:
        left_out |= ~table.index.isin(chosen.countries)
    table["why_not"] = "no edition before or after it joined"
    table.loc[table[chosen.dating].isna(), "why_not"] = f"no year of joining at the {chosen.dating} dating"
    table.loc[~scored, "why_not"] = "not in the index"
    table.loc[left_out, "why_not"] = "left out by the parameters"
    table.loc[table["first_treated"].notna(), "why_not"] = ""
    return table.reset_index()


def mean_scores(found: Comparison) -> pd.DataFrame:
    """Mean outcome by year and group (by the edition from which countries count as treated), and how many countries."""
    rows = found.checked.frame
    year = dict(enumerate(found.years, start=1))
    group = rows["first_treated"].map(lambda g: f"treated from {year[int(g)]}" if np.isfinite(g) else "comparison")
    by = rows.assign(group=group, year=rows["time"].map(year)).groupby(["group", "year"])["outcome"]
    return by.agg(["mean", "size"]).rename(columns={"size": "countries"}).reset_index()


def comparisons(found: Comparison, panel: pd.DataFrame) -> pd.DataFrame:
    """Countries that those that joined are compared with, one row each, those that could have joined in their place first.

    Returns
    -------
    DataFrame: iso3, name, region, editions (with a score), could_have_joined (dates of joining are dealt out to it as well),
    entered (year in which it came to the programme in another way, from which on it is left out; missing if it did not).
    """
    design = Reassignment.of(found)
    names, joined = country_names.names(), np.isfinite(design.cohort)
    units = [str(unit) for unit in found.checked.units]
    entered = panel.drop_duplicates("iso3").set_index("iso3")[f"entry_{found.specification.dating}"].astype("float64")
    rows = pd.DataFrame(
        {
            "iso3": units,
            "name": [names[unit] for unit in units],
            "region": design.region,
            "editions": np.isfinite(design.outcomes).sum(axis=1),
            "could_have_joined": np.isin(design.strata, design.strata[joined]),
            "entered": entered.reindex(units).to_numpy(),
        }
    )[~joined]
    return rows.sort_values(["could_have_joined", "region", "iso3"], ascending=[False, True, True], ignore_index=True)


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
        rows.append(about(m, found, joined=weights[-1], **says) | _numbers(test, p.confidence_level) | counts)
    but = f"; too few ways of dealing dates out in {' and '.join(untold)}" if untold else ""
    says = {"name": "within_regions", "words": f"each region by itself, averaged by countries that joined{but}"}
    together = _numbers(averaged(tests, weights), p.confidence_level) if tests else dict.fromkeys(VALUES, np.nan)
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


def other_datings(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    """The registered test with Bolivia at the earlier of its two possible years, and the edition of two years at the second
    of them; a row each, none where Bolivia is not looked at."""
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
    registered = compared(panel, m, p)
    if "BOL" not in registered.joined:
        return []
    return [
        attempted(m, registered, partial(_departure, read, m, p, registered, {}), name=name, words=words)
        for name, (words, read) in changes.items()
    ]


def registered_test(found: Comparison, p: Params, most_draws: int | None = None) -> StudentisedTest:
    """The registered test of a comparison, with fewer draws than the parameters' if so asked."""
    draws = p.draws if most_draws is None else min(p.draws, most_draws)
    return Reassignment.of(found).test(draws, p.seed)


def tested(m: Measure, found: Comparison, test: StudentisedTest, level: float, **more: Any) -> dict[str, Any]:
    """An estimate with the p and the interval of its test as a row."""
    return about(m, found, **more) | _numbers(test, level)


def _numbers(test: StudentisedTest, level: float) -> dict[str, float]:
    low, high = test.interval(1 - level)
    ends = {"ci_low": low, "ci_high": high, "ci_level": level}
    return {"estimate": test.estimate, "std_error": test.std_error, "p_value": test.p_value} | ends


def reassigned(m: Measure, found: Comparison, p: Params, most_draws: int = FEWER_DRAWS, **more: Any) -> dict[str, Any]:
    """The registered estimator of a comparison as a row, p and interval by its test."""
    return tested(m, found, registered_test(found, p, most_draws), p.confidence_level, **more)


def secondary(m: Measure, panel: pd.DataFrame, p: Params) -> dict[str, Any]:
    """The registered test of another outcome as a row, or one without numbers that says why it cannot be had."""
    try:
        found = compared(panel, m, p)
        return reassigned(m, found, p, p.draws, words=f"as registered, years {found.years[0]} to {found.years[-1]}")
    except ParameterError as error:
        says = {"measure": m.id, "label": m.label, "unit": m.unit, "question": m.title, "n_obs": 0, "n_units": 0}
        return says | dict.fromkeys(VALUES, np.nan) | {"words": f"as registered: cannot be had; {error}"}


def attempted(m: Measure, registered: Comparison, made: Callable[[], dict[str, Any]], **says: Any) -> dict[str, Any]:
    """A row, or one without numbers that says why it cannot be had."""
    try:
        return made() | says
    except ParameterError as error:
        missing = dict.fromkeys(VALUES, np.nan)
        return (
            about(m, registered)
            | missing
            | says
            | {"words": f"{says['words']}: cannot be had; {error}", "altered": 1.0}
        )


def clustered(panel: pd.DataFrame, m: Measure, p: Params, estimator: str, **changes: Any) -> dict[str, Any]:
    """Another estimator as a row, errors clustered by country; on countries in every edition where it needs them."""
    found = compared(panel, m, p, **({"complete": True} if estimator in NEEDS_COMPLETE else {}), **changes)
    overall = ESTIMATORS[estimator](found, 1 - p.confidence_level).overall
    return about(m, found) | {key: float(overall[key]) for key in VALUES}


def other_estimators(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    """The registered comparison by other estimators and by other inference; a row each."""
    found = compared(panel, m, p)
    rows = []
    for estimator, (name, role) in OTHERS.items():
        words = "only countries in every edition" if estimator in NEEDS_COMPLETE else "registered comparison"
        errors = ERRORS.get(estimator, "errors clustered by country")
        says = {"name": name, "role": role, "words": words, "method": f"{estimator}, {errors}", "altered": 1.0}
        rows.append(attempted(m, found, partial(clustered, panel, m, p, estimator), **says))
    boot = wild_two_way(found, min(p.draws, FEWER_DRAWS), p.seed, 1 - p.confidence_level)
    says = {"name": "wild_bootstrap", "role": "sensitivity", "method": f"{TWO_WAY}, wild bootstrap over countries"}
    words = f"registered comparison; Webb's weights, {boot.draws} draws"
    rows.append(about(m, found, words=words, altered=1.0, **says) | {key: getattr(boot, key) for key in VALUES})
    shuffled = Reassignment.of(found).unstudentised(p.draws, p.seed, 1 - p.confidence_level)
    says = {
        "name": "shuffled_in_region",
        "role": "sensitivity",
        "method": f"{GROUP_TIME}, dates reassigned within regions",
    }
    numbers = {key: getattr(shuffled, key) for key in VALUES if key != "std_error"}
    words = "registered comparison; the average itself among dates shuffled within region, as in version 1"
    return [*rows, about(m, found, words=words, altered=0.0, **says) | numbers]


def variants(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    """The registered test under every departure the plan lists; a row each."""
    registered = compared(panel, m, p)
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


def left_out(m: Measure, found: Comparison, p: Params) -> pd.DataFrame:
    """The registered test without each country in turn, joined or compared with, and its 90 % interval; a row each.

    Missing where nobody is left who could have joined in place of another.
    """
    whole = Reassignment.of(found)
    scores = np.isfinite(whole.outcomes).sum(axis=1)
    names, rows = country_names.names(), []
    for unit, iso3 in enumerate(map(str, found.checked.units)):
        try:
            numbers = _numbers(whole.without(unit).test(min(p.draws, FEWER_DRAWS), p.seed), LEFT_OUT_LEVEL)
        except ParameterError:
            numbers = dict.fromkeys([*VALUES], np.nan) | {"ci_level": LEFT_OUT_LEVEL}
        counts = {"n_obs": found.checked.n_obs - int(scores[unit]), "n_units": found.checked.n_units - 1}
        joined = bool(np.isfinite(whole.cohort[unit]))
        rows.append(about(m, found, name=iso3, words=names[iso3], joined=joined) | numbers | counts)
    return pd.DataFrame(rows)


def by_edition(m: Measure, found: Comparison, path: StaggeredResult) -> pd.DataFrame:
    """Differences by edition before and since joining as rows; 0 is the first treated edition."""
    rows = path.by.reset_index().assign(**about(m, found))
    rows["at"] = rows["at"].astype("float64").astype("int64")
    return rows.assign(name=rows["at"].map(lambda at: f"{'minus_' if at < 0 else ''}{abs(at)}"))


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


def negative_control(design: Reassignment | None, margin: float, p: Params) -> dict[str, Any]:
    """The registered test where nothing should be found, as `Study.check` takes it: passed, table of one row, power.

    Numbers are missing where there are too few editions to test.
    """
    if design is None:
        return {"passed": None, "table": pd.DataFrame([dict.fromkeys(VALUES, np.nan)]), "power": np.nan}
    test, alpha = design.test(p.draws, p.seed), 1 - p.confidence_level
    chance = power.power_of_check(design, test, margin, alpha, p.seed)
    numbers = _numbers(test, p.confidence_level)
    table = pd.DataFrame([{key: numbers[key] for key in VALUES} | {"power": chance.value}])
    return {"passed": test.p_value >= alpha, "table": table, "power": chance}


def years_before(found: Comparison) -> str:
    """The years of editions before anybody joined, in words."""
    before = found.periods < np.min(found.checked.cohort) - found.checked.timing.unclear_periods
    years = [year for year, kept in zip(found.years, before, strict=True) if kept]
    return f"{years[0]} to {years[-1]}"


def if_trends_parted(path: StaggeredResult, alpha: float) -> tuple[Sensitivity, Sensitivity] | None:
    """Robust intervals by steps as before joining and by changes of slope; None where too few countries joined for them."""
    try:
        around = sensitivity.event_study(path)
    except ParameterError:
        return None
    relative = sensitivity.relative_magnitudes(around, RELATIVE_BOUNDS, alpha=alpha)
    return relative, sensitivity.smoothness(around, SLOPE_BOUNDS, alpha=alpha)


def bounds(m: Measure, path: StaggeredResult, robust: tuple[Sensitivity, Sensitivity] | None) -> pd.DataFrame:
    """Both kinds of intervals of a measure one below the other, `row` naming each; where there are none, one without ends."""
    if robust is None:
        values = {"estimate": path.overall["estimate"], "question": m.title, "restriction": ""}
        missing = dict.fromkeys(["bound", "ci_low", "ci_high", "breakdown"], np.nan)
        return pd.DataFrame([{"row": "too few countries joined"} | values | missing])
    table = pd.concat(s.table.assign(question=m.title, breakdown=s.breakdown) for s in robust)
    return table.assign(row=[bound_name(*pair) for pair in table[["restriction", "bound"]].to_numpy()])


def honest_rows(
    m: Measure, found: Comparison, relative: Sensitivity, smooth: Sensitivity
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The registered rows of the two robust intervals: steps as large as before joining, and trends along a line."""
    words = relative.study.target.replace("event times", "editions since joining")
    step = relative.table[relative.table["bound"] == 1.0].iloc[0].to_dict()
    line = smooth.table[smooth.table["bound"] == 0.0].iloc[0].to_dict()
    says = about(m, found, words=words)
    ends = {end: line[end] for end in ("ci_low", "ci_high")}
    first = says | {key: step[key] for key in ("estimate", "ci_low", "ci_high")}
    return first, says | ends | {"middle": sum(ends.values()) / 2}


def breakdowns(m: Measure, found: Comparison, relative: Sensitivity, smooth: Sensitivity) -> pd.DataFrame:
    """The breakdown value of each kind of departure from parallel trends; a row each."""
    words = relative.study.target.replace("event times", "editions since joining")
    rows = [
        about(m, found, name=name, words=words, restriction=s.restriction)
        | {"estimate": s.breakdown, "unit": BREAKDOWN_UNITS[name]}
        for name, s in (("relative", relative), ("smooth", smooth))
    ]
    return pd.DataFrame(rows)


def uninformative_from(relative: Sensitivity, margin: float) -> float:
    """The least bound tried, in largest steps before joining, whose interval holds the margin both ways; missing if none.

    Zero is the interval of parallel trends.
    """
    both = (relative.table["ci_low"] < -margin) & (relative.table["ci_high"] > margin)
    return float(relative.table.loc[both, "bound"].fillna(0.0).min())


def agreement(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """By measure: how many rows there are, how many have p below the level, and between what they lie."""
    below = rows.assign(below=rows["p_value"] < level).groupby("measure", sort=False)
    return below.agg(
        specifications=("estimate", "size"),
        p_below_level=("below", "sum"),
        lowest=("estimate", "min"),
        highest=("estimate", "max"),
    ).reset_index()


def histogram(null: FloatArray, m: Measure, bins: int = 40) -> pd.DataFrame:
    """How many reassignments give a difference in each of so many bins around zero: low, high, reassignments, question."""
    reach = float(np.abs(null).max())
    counts, edges = np.histogram(null, bins=np.linspace(-reach, reach, bins + 1))
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "reassignments": counts, "question": TITLES[m.id]})


def about(m: Measure, found: Comparison, **more: Any) -> dict[str, Any]:
    """What every row on a measure carries."""
    counts = {"n_obs": found.checked.n_obs, "n_units": found.checked.n_units}
    return {"measure": m.id, "label": m.label, "unit": m.unit, "question": m.title, **counts, **more}


def shown_name(name: str) -> str:
    """The name of an estimate as a chart's row: "latest dating", "Roth-Sant'Anna"."""
    estimators = {short: full for full, (short, _) in OTHERS.items() if full not in (GROUP_TIME, SYNTHETIC)}
    return estimators.get(name, name.replace("_", " "))


def bound_name(restriction: str, bound: float) -> str:
    """A bound on how far trends may part as a chart's row: "relative magnitudes 0.5"; parallel trends have none."""
    return restriction if np.isnan(bound) else f"{restriction} {bound:g}"
