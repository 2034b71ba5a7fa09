"""New kinds of drugs: when countries first report them, and diversity of cases at equal coverage."""

from __future__ import annotations

import pandas as pd

from crimjust_research.designs.composition.diversity import common_coverage, standardised_diversity
from crimjust_research.designs.composition.turnover import entry_and_exit_rates
from crimjust_research.outcomes.diversification.parameters import ROUTES, Params
from crimjust_research.vocabulary.seized_drugs import families_of

# A country's first report after two reports without the drug; the Colombian jump of 2014 outweighs everybody else.
SETTLE = 2
OUTWEIGHS = "COL"


def entry_rates(panel: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Entries and exits of drug families per country and year of exposure, by year they came to light.

    A family counts as there when any weight of it was reported; new when the country's two reports before lack it.
    """
    window = panel[panel["year"].between(params.start, params.end) & ~panel["is_precursor"]]
    renamed = window.rename(columns={"iso3": "unit", "year": "period", "family": "category"})
    presence = renamed.loc[renamed["kilograms"] > 0, ["unit", "period", "category"]].drop_duplicates()
    reports = renamed[["unit", "period"]].drop_duplicates()
    return entry_and_exit_rates(presence, reports, settle=SETTLE)


def cases_at_equal_coverage(routes: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Hill numbers of drug families by seizure case and year, all years brought to one sample coverage.

    Cases reported by Colombia are left out: they jump from 8,635 to 106,314 between 2013 and 2014.
    """
    cases = routes[routes["seizing"] != OUTWEIGHS]
    cases = cases.assign(family=families_of(cases["drug"], ROUTES))
    counts = cases.pivot_table(index="year", columns="family", values="cases", aggfunc="sum", fill_value=0)
    coverage = min(common_coverage(counts), 0.999)
    return standardised_diversity(
        counts, coverage=coverage, draws=params.draws, seed=params.seed, alpha=1 - params.confidence_level
    )
