"""New kinds of drugs: when countries first report them, from when small weights are recorded, and diversity of cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.composition.diversity import (
    common_coverage,
    diversity_at,
    size_for_coverage,
    standardised_diversity,
)
from crimjust_research.designs.composition.turnover import entry_and_exit_rates
from crimjust_research.designs.margins import two_sided_power
from crimjust_research.designs.panel.unit_effects import UnitEffects, unit_effects_regression
from crimjust_research.questions.diversification.diversity import ORDERS
from crimjust_research.questions.diversification.params import Params
from crimjust_research.vocabulary.seized_drugs import families_of

CASES = "seizure_routes"
# A kind is new if the country's two reports before lack it.
SETTLE = 2
# Coverage beyond which the unseen share of cases cannot be told from nothing.
MOST_COVERAGE = 0.999
# To which cases of a country and year are brought: what most of them reach within twice as many cases as there are.
WITHIN_COUNTRIES = 0.9
FEWEST_COUNTRIES = 3  # that report cases in two years or more, or no trend is estimated
CHECKED_AT = 0.05
# Times the highest rate of any other year: more new kinds than that came with the recording.
MUCH_HIGHER = 1.5


def entry_rates(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Entries and exits of drug families per country and year of exposure, by the year they came to light.

    A family counts as there when any weight of it was reported; new when the country's two reports before lack it.
    """
    window = panel[panel["year"].between(p.start, p.end) & ~panel["is_precursor"]]
    renamed = window.rename(columns={"iso3": "unit", "year": "period", "family": "category"})
    presence = renamed.loc[renamed["kilograms"] > 0, ["unit", "period", "category"]].drop_duplicates()
    reports = renamed[["unit", "period"]].drop_duplicates()
    return entry_and_exit_rates(presence, reports, settle=SETTLE)


def grams_from(panel: pd.DataFrame) -> int | None:
    """The first year in which most weights are no whole kilograms; None if there is none."""
    finer = (panel["kilograms"] % 1 != 0).groupby(panel["year"]).mean()
    return min((int(year) for year in finer.index[finer > 0.5]), default=None)


def around_grams(rates: pd.DataFrame, year: int | None) -> tuple[float, float]:
    """The entry rate of the year from which grams are recorded, and the highest of all others; missing if not there."""
    known = rates.dropna(subset=["entry_rate"]).set_index("period")["entry_rate"]
    if year is None or year not in known.index:
        return float("nan"), float("nan")
    return float(known[year]), float(known.drop(year).max())


def heaviest_reporter(routes: pd.DataFrame) -> tuple[str, float]:
    """The country that reports most cases, and its share of all."""
    cases = routes.groupby("seizing")["cases"].sum()
    return str(cases.idxmax()), float(cases.max() / cases.sum())


def cases_at_equal_coverage(routes: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Hill numbers of drug families by seizure case and year, all years brought to one sample coverage.

    Cases of the country that reports most are left out: what it reports jumps, and would outweigh everybody else's.

    Returns
    -------
    DataFrame: columns of `standardised_diversity`, year, measure (the order in words).
    """
    cases = routes[routes["seizing"] != heaviest_reporter(routes)[0]]
    cases = cases.assign(family=families_of(cases["drug"], CASES))
    counts = cases.pivot_table(index="year", columns="family", values="cases", aggfunc="sum", fill_value=0)
    found = standardised_diversity(
        counts,
        coverage=min(common_coverage(counts), MOST_COVERAGE),
        draws=p.draws,
        seed=p.seed,
        alpha=1 - p.confidence_level,
    )
    return found.assign(measure=found["order"].map(ORDERS))


def cases_within_countries(routes: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Effective number of drug families among the seizure cases of a country and year, all at one sample coverage.

    Country-years of the window with two cases or more; left out are those that would have to be extrapolated to more than
    twice their cases (Chao and Jost 2012).

    Returns
    -------
    DataFrame: iso3, year, cases, log_number (of the order asked for).
    """
    window = routes[routes["year"].between(p.start, p.end)]
    window = window.assign(family=families_of(window["drug"], CASES))
    counts = window.pivot_table(
        index=["seizing", "year"], columns="family", values="cases", aggfunc="sum", fill_value=0
    ).rename_axis(index={"seizing": "iso3"})
    counts = counts[counts.sum(axis=1) >= 2]
    found = counts.index.to_frame(index=False).assign(cases=counts.sum(axis=1).to_numpy(), log_number=np.nan)
    if len(counts):
        cases = counts.to_numpy(np.int64)
        size = size_for_coverage(cases, WITHIN_COUNTRIES)
        found["log_number"] = np.log(diversity_at(cases, p.order, size))
        found = found[size <= 2 * found["cases"].to_numpy()]
    return found.reset_index(drop=True)


def trend_among_cases(within: pd.DataFrame, p: Params) -> UnitEffects | None:
    """Yearly change within countries of the log effective number among cases, as the registered trend is of weights.

    None where fewer than three countries report cases in two years of the window.
    """
    years = within.groupby("iso3")["year"].nunique()
    if (years > 1).sum() < FEWEST_COUNTRIES:
        return None
    return unit_effects_regression(within, "log_number", ["year"], "iso3", 1 - p.confidence_level)


def as_contrary(among_cases: UnitEffects, registered: float, size: float) -> dict[str, Any]:
    """Whether cases move against weights, as `Study.check` takes it.

    It passes unless the trend among cases has the other sign than the registered one with p below 5 %; its power is that of
    finding a trend of the size of the margin.

    Parameters
    ----------
    registered : the registered estimate; size : the margin, log points a year.
    """
    row = among_cases.table.iloc[0]
    contrary = row["estimate"] * registered < 0 and row["p_value"] < CHECKED_AT
    power = two_sided_power(size, row["std_error"], CHECKED_AT, row["df"])
    return {"passed": not contrary, "table": among_cases.table, "power": power}
