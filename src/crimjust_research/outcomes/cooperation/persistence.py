"""Do ties last? Spells of meeting in public, their survival, and what goes with their end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.ties import TieNetwork, dyad_spells
from crimjust_research.designs.survival.curves import SurvivalCurves, kaplan_meier
from crimjust_research.designs.survival.discrete_hazard import DiscreteHazard, discrete_hazard, person_periods
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.cooperation.parameters import Params
from crimjust_research.outcomes.cooperation.structure import OUTCOME, QUESTION, SOUTH, south_or_north

COVARIATES = {
    "same_region": "countries of one region against others",
    "same_language": "countries that share a language against others",
    "both_south": "South-South pairs against others",
    "met_more_than_once": "pairs that met more than once in the first year against others",
}


@dataclass(frozen=True)
class Persistence:
    """Spells of ties with what is known of them, their survival, and the model of their end."""

    spells: pd.DataFrame
    curves: SurvivalCurves
    intervals: pd.DataFrame
    """time, survival, ci_low, ci_high by resampling the events that began the ties."""
    hazard: DiscreteHazard
    estimates: tuple[Estimate, ...]


def spells_of_ties(
    network: TieNetwork, events: pd.DataFrame, dyads: pd.DataFrame, countries: pd.DataFrame, tolerance: int
) -> pd.DataFrame:
    """Spells of `dyad_spells` with began (the first event of the first year that both took part in), and `COVARIATES` as
    0 or 1."""
    spells = dyad_spells(network, tolerance)
    pair = ["first", "second"]
    named = events[["event", "iso3", "year"]]
    shared = named.merge(named, on=["event", "year"], suffixes=("_a", "_b")).query("iso3_a < iso3_b")
    shared = shared.rename(columns={"iso3_a": "first", "iso3_b": "second", "year": "start"})
    # Events are named after their first day, so the first by name is the first in time.
    first_year = shared.groupby([*pair, "start"])["event"].agg(began="min", meetings="size")
    alike = dyads.rename(columns={"iso3_a": "first", "iso3_b": "second"}).drop_duplicates(pair).set_index(pair)
    spells = spells.join(first_year, on=[*pair, "start"]).join(alike[["same_region", "same_language"]], on=pair)
    side = south_or_north(countries)
    both = (spells["first"].map(side) == SOUTH) & (spells["second"].map(side) == SOUTH)
    spells = spells.assign(both_south=both, met_more_than_once=spells["meetings"] > 1)
    return spells.astype(dict.fromkeys(COVARIATES, "float64"))


def assess_persistence(spells: pd.DataFrame, params: Params) -> Persistence:
    """Survival of ties and the hazard of their end.

    Raises
    ------
    ParameterError
        If no tie of the window is seen to end, or a covariate foretells every end.
    """
    ended = spells["ended"].astype("int64")
    curves = kaplan_meier(spells["duration"], ended, alpha=1 - params.confidence_level)
    intervals = resampled_survival(spells, curves.table["time"].to_numpy(), params)
    rows = person_periods(spells.assign(ended=ended, id=np.arange(len(spells))), "id", "duration", "ended")
    hazard = discrete_hazard(
        rows, "id", list(COVARIATES), baseline="log", cluster="began", alpha=1 - params.confidence_level
    )
    estimates = (*_survival_estimates(spells, intervals, params), *_hazard_estimates(hazard, params))
    return Persistence(spells, curves, intervals, hazard, estimates)


def resampled_survival(spells: pd.DataFrame, times: FloatArray, params: Params) -> pd.DataFrame:
    """Product-limit survival at `times` with percentile intervals from resampling the events that began the ties.

    One event begins many ties at once, and they end together: ties are no independent observations, events nearly are.
    """
    code, events = pd.factorize(spells["began"], sort=True)
    duration, ended = spells["duration"].to_numpy(), spells["ended"].to_numpy(dtype=bool)
    at_risk = np.zeros((len(events), times.size))
    ends = np.zeros((len(events), times.size))
    np.add.at(at_risk, code, (duration[:, None] >= times).astype(np.float64))
    np.add.at(ends, code, ((duration[:, None] == times) & ended[:, None]).astype(np.float64))
    rng = np.random.default_rng(params.seed)
    weights = rng.multinomial(len(events), np.full(len(events), 1 / len(events)), size=params.draws).astype(np.float64)
    risk = weights @ at_risk
    share = np.divide(weights @ ends, risk, out=np.zeros_like(risk), where=risk > 0)
    tail = (1 - params.confidence_level) / 2
    low, high = np.quantile(np.cumprod(1 - share, axis=1), [tail, 1 - tail], axis=0)
    observed = np.cumprod(1 - ends.sum(axis=0) / at_risk.sum(axis=0))
    return pd.DataFrame({"time": times, "survival": observed, "ci_low": low, "ci_high": high})


def _survival_estimates(spells: pd.DataFrame, intervals: pd.DataFrame, params: Params) -> list[Estimate]:
    """Share of ties that outlast their first and second year in public."""
    unseen = f"a tie ends after {params.tolerance + 1} years in a row without a public meeting"
    return [
        Estimate(
            id=f"lasting_{row['time']:.0f}",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Share of ties still seen in public after {row['time']:.0f} year{'' if row['time'] == 1 else 's'}",
            method="Kaplan-Meier; interval by resampling the events that began the ties",
            specification=unseen,
            estimate=row["survival"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            ci_level=params.confidence_level,
            unit="share of ties",
            n_obs=len(spells),
            n_units=spells["began"].nunique(),
            role="secondary",
        )
        for row in intervals[intervals["time"] <= 2].to_dict("records")
    ]


def _hazard_estimates(hazard: DiscreteHazard, params: Params) -> list[Estimate]:
    """Hazard ratios of a tie's end, adjusted as a grid."""
    table = hazard.table[hazard.table["term"].isin(COVARIATES)]
    adjusted = multipletests(table["p_value"], method="fdr_bh")[1]
    return [
        Estimate(
            id=f"ending_{row['term']}",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Ratio of the hazard that a tie ends in public, {COVARIATES[row['term']]}",
            method="Discrete-time hazard, complementary log-log, errors clustered by the event that began the tie",
            specification="all four together, log of the year since the tie began",
            estimate=row["hazard_ratio"],
            std_error=row["std_error"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            ci_level=params.confidence_level,
            p_value=row["p_value"],
            p_adjusted=float(p),
            unit="hazard ratio (standard error of its logarithm)",
            null_value=1.0,
            n_obs=hazard.n_units,
            n_units=hazard.n_clusters,
            role="secondary",
        )
        for row, p in zip(table.to_dict("records"), adjusted, strict=True)
    ]
