"""Across countries: are precursors seized where the drugs made with them are?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crimjust_research.designs.resampling.rank_correlation import RankCorrelation, panel_rank_correlation
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.precursors.controls import OUTCOME, QUESTION
from crimjust_research.outcomes.precursors.parameters import Params

# What each group of precursors makes, as families of the panel. Fentanyl precursors are in one country-year only.
MADE = {
    "cocaine": ("cocaine",),
    "heroin": ("heroin",),
    "amphetamine-type stimulants": (
        "amphetamine",
        "methamphetamine",
        "ecstasy",
        "amphetamine-type stimulants",
    ),
}
PERIODS = {"2012-2016": (2012, 2016), "2018-2022": (2018, 2022)}
COCA_COUNTRIES = ("BOL", "COL", "PER")
_PRIMARY = "rank_correlation"
# Enough to see whether an interval holds zero; the registered number is for the primary estimate.
_SENSITIVITY_DRAWS = 999


@dataclass(frozen=True)
class ChainResults:
    """The registered correlation, its sensitivities, and the table of country-years it ranks."""

    pairs: pd.DataFrame
    estimates: tuple[Estimate, ...]


def country_years(panel: pd.DataFrame, targets: tuple[str, ...] = tuple(MADE)) -> pd.DataFrame:
    """Kilograms of precursors and of the drugs they make, by country and year with a report of either.

    A side that a country did not report in a year is missing in `precursors` and `drugs`; `precursors_or_none` and
    `drugs_or_none` count it as none, which is what "a report of either" needs.
    """
    families = [family for target in targets for family in MADE[target]]
    precursors = panel[panel["makes"].isin(targets)]
    drugs = panel[~panel["is_precursor"] & panel["family"].isin(families)]
    both = pd.DataFrame(
        {
            "precursors": precursors.groupby(["iso3", "year"])["kilograms"].sum(min_count=1),
            "drugs": drugs.groupby(["iso3", "year"])["kilograms"].sum(min_count=1),
        }
    ).reset_index()
    return both.assign(precursors_or_none=both["precursors"].fillna(0.0), drugs_or_none=both["drugs"].fillna(0.0))


def assess_chain(panel: pd.DataFrame, params: Params) -> ChainResults:
    """The registered rank correlation over all country-years, and each registered departure from it."""
    pairs = country_years(panel)
    either = {"x": "precursors_or_none", "y": "drugs_or_none"}
    both = {"x": "precursors", "y": "drugs"}
    primary = _correlation(pairs, params, _PRIMARY, "all country-years with a report of either", **either)
    estimates = [replace(primary, role="primary")]
    params = params.model_copy(update={"draws": min(params.draws, _SENSITIVITY_DRAWS)})
    estimates.append(
        _correlation(pairs, params, f"{_PRIMARY}.both_reported", "country-years with both reported", **both)
    )
    for target in MADE:
        data = country_years(panel, (target,))
        slug = target.replace(" ", "_").replace("-", "_")
        estimates.append(_correlation(data, params, f"{_PRIMARY}.{slug}", f"precursors of {target} alone", **either))
    for name, (first, last) in PERIODS.items():
        data = pairs[pairs["year"].between(first, last)]
        slug = name.replace("-", "_")
        estimates.append(_correlation(data, params, f"{_PRIMARY}.{slug}", f"{name} alone", **either))
    within = pairs.assign(
        precursors_or_none=_from_own_mean(pairs, "precursors_or_none"),
        drugs_or_none=_from_own_mean(pairs, "drugs_or_none"),
    )
    estimates.append(
        _correlation(
            within, params, f"{_PRIMARY}.within_country", "log kilograms less the country's own mean", **either
        )
    )
    return ChainResults(pairs, tuple(estimates))


def _from_own_mean(pairs: pd.DataFrame, column: str) -> pd.Series[float]:
    logs: pd.Series[float] = np.log1p(pairs[column])
    own: pd.Series[float] = logs.groupby(pairs["iso3"]).transform("mean")
    return logs - own


def _correlation(pairs: pd.DataFrame, params: Params, identifier: str, specification: str, x: str, y: str) -> Estimate:
    found: RankCorrelation = panel_rank_correlation(
        pairs,
        x,
        y,
        unit="iso3",
        period="year",
        draws=params.draws,
        seed=params.seed,
        alpha=1 - params.confidence_level,
    )
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand="Rank correlation of precursors seized with the drugs they make, over country-years",
        method="Spearman; interval by resampling countries, p by exchanging their histories",
        specification=specification,
        estimate=found.correlation,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=params.confidence_level,
        p_value=found.p_value,
        unit="correlation",
        n_obs=found.n_obs,
        n_units=found.n_units,
        role="sensitivity",
    )


def coca_chain(panel: pd.DataFrame, cultivation: pd.DataFrame) -> pd.DataFrame:
    """Hectares of coca, permanganate and cocaine seized in Bolivia, Colombia and Peru, one row a country and year.

    Missing where a country reported nothing of it in the year.
    """
    hectares = cultivation[cultivation["crop"] == "coca"].set_index(["iso3", "year"])["hectares"]
    seized = panel[panel["iso3"].isin(COCA_COUNTRIES)].set_index(["iso3", "year"])
    permanganate = seized.loc[seized["drug"] == "potassium permanganate", "kilograms"]
    cocaine = seized.loc[seized["family"] == "cocaine", "kilograms"]
    table = pd.DataFrame({"hectares": hectares, "permanganate_kg": permanganate, "cocaine_kg": cocaine})
    table = table.loc[table.index.get_level_values("iso3").isin(COCA_COUNTRIES)]
    return table.reset_index().sort_values(["iso3", "year"], ignore_index=True)


def coca_estimates(table: pd.DataFrame) -> list[Estimate]:
    """Rank correlation over years of hectares with cocaine seized, by country; trends make any p-value meaningless."""
    found = []
    for iso3, years in table.dropna(subset=["hectares", "cocaine_kg"]).groupby("iso3"):
        found.append(
            Estimate(
                id=f"coca_{str(iso3).lower()}",
                outcome=OUTCOME,
                question=QUESTION,
                estimand=f"Rank correlation over years of coca cultivated with cocaine seized, {iso3}",
                method="Spearman, descriptive",
                specification=f"{years['year'].min()} to {years['year'].max()}; both series trend, so no p-value",
                estimate=float(years["hectares"].corr(years["cocaine_kg"], method="spearman")),
                unit="correlation",
                n_obs=len(years),
                n_units=1,
                role="secondary",
            )
        )
    return found


def coverage(panel: pd.DataFrame) -> pd.DataFrame:
    """Countries that reported any drug, and any precursor, by year."""
    counts = panel.assign(kind=np.where(panel["is_precursor"], "precursors", "drugs"))
    table = counts.pivot_table(index="year", columns="kind", values="iso3", aggfunc="nunique", fill_value=0)
    return table.reset_index().rename_axis(columns=None)
