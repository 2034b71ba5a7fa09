"""New kinds of drugs: when countries first report them, from when small weights are recorded, and diversity of cases."""

from __future__ import annotations

import pandas as pd

from crimjust_research.designs.composition.diversity import common_coverage, standardised_diversity
from crimjust_research.designs.composition.turnover import entry_and_exit_rates
from crimjust_research.questions.diversification.diversity import ORDERS
from crimjust_research.questions.diversification.params import Params
from crimjust_research.vocabulary.seized_drugs import families_of

CASES = "seizure_routes"
# A kind is new if the country's two reports before lack it.
SETTLE = 2
# Coverage beyond which the unseen share of cases cannot be told from nothing.
MOST_COVERAGE = 0.999
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
