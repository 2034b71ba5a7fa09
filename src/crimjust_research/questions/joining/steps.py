"""Steps of the notebook on joining: rows for estimates and charts, made from comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.aggregation import StaggeredResult, pretest
from crimjust_research.designs.staggered.sensitivity import Sensitivity
from crimjust_research.errors import ParameterError
from crimjust_research.questions import seizure_years
from crimjust_research.questions.joining.comparison import (
    ANTICIPATED,
    JOINED_TIER,
    SAME_YEAR,
    TIMINGS,
    Comparison,
    Specification,
    comparison,
)
from crimjust_research.questions.joining.estimators import (
    ESTIMATORS,
    GROUP_TIME,
    IMPUTATION,
    NEEDS_COMPLETE,
    RANDOM_TIMING,
    SUN_ABRAHAM,
    TWO_WAY,
    effects_by_group,
    moved_back,
    randomised,
    wild_two_way,
)
from crimjust_research.questions.joining.measures import PRIMARY, TITLES, Measure
from crimjust_research.questions.joining.params import Control, Dating, Params
from crimjust_research.vocabulary import countries as country_names

# Enough to place an estimate among reassignments; the registered number of draws is for the registered estimate.
FEWER_DRAWS = 999
VALUES = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
CONTROLS = {
    "not_yet_treated": "not yet or never joined",
    "never_treated": "never entered",
    "all_regions": "all regions",
}
# Name in the id and role of every other estimator; the plan says which are sensitivities of the registered one.
OTHERS = {
    GROUP_TIME: ("clustered", "secondary"),
    SUN_ABRAHAM: ("sun_abraham", "sensitivity"),
    IMPUTATION: ("borusyak_jaravel_spiess", "sensitivity"),
    RANDOM_TIMING: ("roth_santanna", "secondary"),
    TWO_WAY: ("two_way", "secondary"),
}
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
    end = p.end if m.last is None else min(p.end, m.last)
    return comparison(panel, m.column, replace(Specification(p.dating, p.control), **changes), p.start, end)


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
    undated = f"no year of joining at the {found.specification.dating} dating"
    table["why_not"] = np.where(table["first_treated"].notna(), "", np.where(scored, undated, "not in the index"))
    return table.reset_index()


def mean_scores(found: Comparison) -> pd.DataFrame:
    """Mean outcome by year and group (by the edition from which countries count as treated), and how many countries."""
    rows = found.checked.frame
    year = dict(enumerate(found.years, start=1))
    group = rows["first_treated"].map(lambda g: f"treated from {year[int(g)]}" if np.isfinite(g) else "comparison")
    by = rows.assign(group=group, year=rows["time"].map(year)).groupby(["group", "year"])["outcome"]
    return by.agg(["mean", "size"]).rename(columns={"size": "countries"}).reset_index()


def regions(found: Comparison) -> pd.DataFrame:
    """How many countries joined and how many are compared, by region."""
    joined = np.isfinite(found.checked.cohort)
    counts = pd.DataFrame({"region": found.region, "joined": joined, "compared": ~joined})
    return counts.groupby("region")[["joined", "compared"]].sum().reset_index()


def reassigned(m: Measure, found: Comparison, p: Params, most_draws: int = FEWER_DRAWS, **more: Any) -> dict[str, Any]:
    """The registered estimator as a row: p and interval by reassigned dates, error clustered by country.

    `null` holds what the same scores give at each reassignment.
    """
    alpha = 1 - p.confidence_level
    test = randomised(found, min(p.draws, most_draws), p.seed, alpha)
    by_country = ESTIMATORS[GROUP_TIME](found, alpha).overall["std_error"]
    row = {key: getattr(test, key) for key in VALUES if key != "std_error"}
    return about(m, found, **more) | row | {"std_error": float(by_country), "null": test.null[1:]}


def clustered(panel: pd.DataFrame, m: Measure, p: Params, estimator: str, **changes: Any) -> dict[str, Any]:
    """Another estimator as a row, errors clustered by country; on countries in every edition where it needs them."""
    found = compared(panel, m, p, **({"complete": True} if estimator in NEEDS_COMPLETE else {}), **changes)
    overall = ESTIMATORS[estimator](found, 1 - p.confidence_level).overall
    return about(m, found) | {key: float(overall[key]) for key in VALUES}


def other_estimators(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    """The registered comparison by other estimators, and the two-way coefficient by a wild bootstrap; a row each."""
    rows = []
    for estimator, (name, role) in OTHERS.items():
        words = "only countries in every edition" if estimator in NEEDS_COMPLETE else "registered comparison"
        errors = "errors of random timing" if estimator == RANDOM_TIMING else "errors clustered by country"
        says = {"name": name, "role": role, "words": words, "method": f"{estimator}, {errors}"}
        rows.append(clustered(panel, m, p, estimator) | says)
    found = compared(panel, m, p)
    boot = wild_two_way(found, min(p.draws, FEWER_DRAWS), p.seed, 1 - p.confidence_level)
    says = {"name": "wild_bootstrap", "role": "sensitivity", "method": f"{TWO_WAY}, wild bootstrap over countries"}
    words = f"registered comparison; Webb's weights, {boot.draws} draws"
    return [*rows, about(m, found, words=words, **says) | {key: getattr(boot, key) for key in VALUES}]


def variants(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    """The registered estimator under every registered departure, and without each country that joined; a row each."""
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "earliest_dating": ("earliest possible years of joining", {"dating": "earliest"}),
        "latest_dating": ("latest possible years of joining", {"dating": "latest"}),
        "never_treated_controls": ("never-treated controls only", {"control": "never_treated"}),
        "all_regions": ("controls of all regions", {"control": "all_regions"}),
        "anticipation": ("one edition of anticipation", {"timing": ANTICIPATED}),
        "year_of_joining": ("first treated in the year of joining", {"timing": SAME_YEAR}),
    }
    for iso3 in compared(panel, m, p).joined:
        changes[f"without_{iso3.lower()}"] = (f"without {iso3}", {"without": iso3})
    return [
        reassigned(m, compared(panel, m, p, **change), p, name=name, words=words)
        for name, (words, change) in changes.items()
    ]


def by_edition(m: Measure, found: Comparison, path: StaggeredResult) -> pd.DataFrame:
    """Differences by edition before and since joining as rows; 0 is the first treated edition."""
    rows = path.by.reset_index().assign(**about(m, found))
    rows["at"] = rows["at"].astype("float64").astype("int64")
    return rows.assign(name=rows["at"].map(lambda at: f"{'minus_' if at < 0 else ''}{abs(at)}"))


def before_joining(found: Comparison, p: Params, editions: int) -> pd.DataFrame:
    """Two tests of whether scores parted before anybody joined: the registered one with every date moved back by so many
    editions, and a Wald test of all differences before joining.

    Returns
    -------
    DataFrame: test, statistic, degrees_of_freedom, p_value; missing where the editions before joining are too few, or a
    group of one country leaves no spread.
    """
    alpha = 1 - p.confidence_level
    moved = moved_back(found, editions, p.draws, p.seed, alpha)
    wald: tuple[float, float, float]
    try:
        wald = pretest(effects_by_group(found, alpha))
    except ParameterError:
        # A group of one country has no spread of its own, so its differences repeat those of other groups.
        wald = (np.nan, np.nan, np.nan)
    rows = [
        ("dates moved back", moved.estimate if moved else np.nan, np.nan, moved.p_value if moved else np.nan),
        ("all differences before joining, Wald", *wald),
    ]
    return pd.DataFrame(rows, columns=["test", "statistic", "degrees_of_freedom", "p_value"])


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


def combinations(panel: pd.DataFrame, m: Measure, p: Params, varied: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """An estimate for every combination of dating, controls and first treated edition, of estimator and dating, and
    without each country (`varied`, rows of `variants`): the specification curve.

    The registered estimator comes with interval and p of reassigned dates, the others with errors clustered by country,
    which few treated countries make too narrow.

    Returns
    -------
    DataFrame: outcome, estimator, dating, controls, first_treated, left_out, estimate, ci_low, ci_high, p_value, registered.
    """
    usual = next(iter(TIMINGS))
    rows = []
    for dating, control, timing in product(get_args(Dating), get_args(Control), TIMINGS):
        found = compared(panel, m, p, dating=dating, control=control, timing=TIMINGS[timing])
        registered = (dating, control, timing) == (p.dating, p.control, usual)
        chosen = (GROUP_TIME, dating, CONTROLS[control], timing, "none")
        rows.append((m.id, *chosen, *_interval(reassigned(m, found, p)), registered))
    for estimator, dating in product([e for e in ESTIMATORS if e != GROUP_TIME], get_args(Dating)):
        chosen = (estimator, dating, CONTROLS[p.control], usual, "none")
        rows.append((m.id, *chosen, *_interval(clustered(panel, m, p, estimator, dating=dating)), False))
    for row in varied:
        if row["name"].startswith("without"):
            chosen = (GROUP_TIME, p.dating, CONTROLS[p.control], usual, row["words"].removeprefix("without "))
            rows.append((m.id, *chosen, *_interval(row), False))
    choices = ["outcome", "estimator", "dating", "controls", "first_treated", "left_out"]
    return pd.DataFrame(rows, columns=[*choices, "estimate", "ci_low", "ci_high", "p_value", "registered"])


def agreement(curve: pd.DataFrame, level: float) -> pd.DataFrame:
    """How many specifications give a higher score, and how many have p below the level, by outcome."""
    signs = curve.assign(higher=curve["estimate"] > 0, below=curve["p_value"] < level)
    return (
        signs.groupby("outcome", sort=False)
        .agg(
            specifications=("estimate", "size"),
            higher=("higher", "sum"),
            p_below_level=("below", "sum"),
            lowest=("estimate", "min"),
            highest=("estimate", "max"),
        )
        .reset_index()
    )


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
    """The name of an estimate as a chart's row: "without Bolivia", "latest dating", "Roth-Sant'Anna"."""
    estimators = {short: full for full, (short, _) in OTHERS.items() if full != GROUP_TIME}
    left_out = name.removeprefix("without_")
    if left_out != name:
        return f"without {country_names.names()[left_out.upper()]}"
    return estimators.get(name, name.replace("_", " "))


def bound_name(restriction: str, bound: float) -> str:
    """A bound on how far trends may part as a chart's row: "relative magnitudes 0.5"; parallel trends have none."""
    return restriction if np.isnan(bound) else f"{restriction} {bound:g}"


def _interval(row: Mapping[str, Any]) -> tuple[float, float, float, float]:
    return row["estimate"], row["ci_low"], row["ci_high"], row["p_value"]
