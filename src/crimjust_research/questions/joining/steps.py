"""Steps of the notebook on joining: rows for estimates and charts, made from comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.aggregation import StaggeredResult
from crimjust_research.designs.timing.studentised import StudentisedTest
from crimjust_research.errors import ParameterError
from crimjust_research.questions import seizure_years
from crimjust_research.questions.joining import power
from crimjust_research.questions.joining.comparison import (
    Comparison,
    Specification,
    comparison,
)
from crimjust_research.questions.joining.measures import PRIMARY, TITLES, Measure
from crimjust_research.questions.joining.params import Params
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.membership import JOINED_TIER
from crimjust_research.vocabulary import countries as country_names

# Enough to place an estimate among reassignments where there are many of them to make.
FEWER_DRAWS = 999
# Editions by which dates are moved back for a placebo.
BACK = 2
VALUES = ("estimate", "std_error", "ci_low", "ci_high", "p_value")


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


def registered_test(found: Comparison, p: Params, most_draws: int | None = None) -> StudentisedTest:
    """The registered test of a comparison, with fewer draws than the parameters' if so asked."""
    draws = p.draws if most_draws is None else min(p.draws, most_draws)
    return Reassignment.of(found).test(draws, p.seed)


def tested(m: Measure, found: Comparison, test: StudentisedTest, level: float, **more: Any) -> dict[str, Any]:
    """An estimate with the p and the interval of its test as a row."""
    return about(m, found, **more) | numbers(test, level)


def numbers(test: StudentisedTest, level: float) -> dict[str, float]:
    """What a test gives of an estimate, by the name of its field; the interval is of this level."""
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


def by_edition(m: Measure, found: Comparison, path: StaggeredResult) -> pd.DataFrame:
    """Differences by edition before and since joining as rows; 0 is the first treated edition."""
    rows = path.by.reset_index().assign(**about(m, found))
    rows["at"] = rows["at"].astype("float64").astype("int64")
    return rows.assign(name=rows["at"].map(lambda at: f"{'minus_' if at < 0 else ''}{abs(at)}"))


def holding_zero(paths: pd.DataFrame) -> list[dict[Any, Any]]:
    """By estimator, in their order: how many `editions` have an interval, and how many of these are `holding` zero."""
    known = paths.dropna(subset=["ci_low", "ci_high"])
    holds = (known["ci_low"] <= 0) & (known["ci_high"] >= 0)
    table = holds.groupby(known["estimator"], sort=False).agg(editions="size", holding="sum")
    return table.reset_index().to_dict("records")


def negative_controls(
    design: Reassignment | None, margins: Mapping[str, float], p: Params
) -> dict[str, dict[str, Any]]:
    """The registered test where nothing should be found, as `Study.check` takes it for each question and its margin: passed,
    table of one row, power.

    Numbers are missing where there are too few editions to test.
    """
    if design is None:
        nothing = {"passed": None, "table": pd.DataFrame([dict.fromkeys(VALUES, np.nan)]), "power": np.nan}
        return dict.fromkeys(margins, nothing)
    test, alpha = design.test(p.draws, p.seed), 1 - p.confidence_level
    chances = power.power(design, power.unexplained(design, test.estimate), margins, alpha, p.seed)
    values = numbers(test, p.confidence_level)
    return {
        name: {
            "passed": test.p_value >= alpha,
            "table": pd.DataFrame([{key: values[key] for key in VALUES} | {"power": chance.value}]),
            "power": chance,
        }
        for name, chance in chances.items()
    }


def years_before(found: Comparison) -> str:
    """The years of editions before anybody joined, in words."""
    before = found.periods < np.min(found.checked.cohort) - found.checked.timing.unclear_periods
    years = [year for year, kept in zip(found.years, before, strict=True) if kept]
    return f"{years[0]} to {years[-1]}"


def histogram(null: FloatArray, m: Measure, bins: int = 40) -> pd.DataFrame:
    """How many reassignments give a difference in each of so many bins around zero: low, high, reassignments, question."""
    reach = float(np.abs(null).max())
    counts, edges = np.histogram(null, bins=np.linspace(-reach, reach, bins + 1))
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "reassignments": counts, "question": TITLES[m.id]})


def about(m: Measure, found: Comparison, **more: Any) -> dict[str, Any]:
    """What every row on a measure carries."""
    counts = {"n_obs": found.checked.n_obs, "n_units": found.checked.n_units}
    return {"measure": m.id, "label": m.label, "unit": m.unit, "question": m.title, **counts, **more}
