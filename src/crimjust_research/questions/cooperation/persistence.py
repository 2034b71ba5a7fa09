"""Do ties last? Spells of meeting in public, their survival, and what goes with their end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.event_qap import drawn_events
from crimjust_research.designs.networks.other_events import over_events
from crimjust_research.designs.networks.qap import jackknife_error
from crimjust_research.designs.networks.ties import TieNetwork, dyad_spells
from crimjust_research.designs.resampling.permutation import p_beyond_zero
from crimjust_research.designs.survival.discrete_hazard import DiscreteHazard, discrete_hazard, person_periods
from crimjust_research.designs.survival.drawn_hazards import hazards_of_drawn
from crimjust_research.errors import ParameterError
from crimjust_research.questions.cooperation.by_event import as_factors
from crimjust_research.questions.cooperation.network import SOUTH, south_or_north
from crimjust_research.questions.cooperation.params import Params

COVARIATES = {
    "same_region": "countries of one region against others",
    "same_language": "countries that share a language against others",
    "both_south": "South-South pairs against others",
    "met_more_than_once": "pairs that met more than once in the first year against others",
}
SHORT = {
    "same_region": "one region",
    "same_language": "shared language",
    "both_south": "South-South",
    "met_more_than_once": "met more than once",
}
# Years after which the share of ties still seen is recorded.
RECORDED = 2


def spells_of_ties(
    network: TieNetwork, window: pd.DataFrame, dyads: pd.DataFrame, countries: pd.DataFrame, tolerance: int
) -> pd.DataFrame:
    """Spells of `dyad_spells` with began (the first event of the first year that both took part in), meetings (in that
    year) and `COVARIATES` as 0 or 1."""
    spells = dyad_spells(network, tolerance)
    pair = ["first", "second"]
    named = window[["event", "iso3", "year"]]
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


def resampled_survival(spells: pd.DataFrame, times: FloatArray, p: Params) -> pd.DataFrame:
    """Product-limit survival at `times`, with percentile intervals from drawing the events that began the ties.

    One event begins many ties at once, and they end together: ties are no independent observations, events nearly are.

    Returns
    -------
    DataFrame: time, survival, ci_low, ci_high, std_error, n_obs (ties), n_units (events).
    """
    at_risk, ends = _by_beginning(spells, times)
    drawn = _survival(drawn_events(len(ends), p.draws, p.seed), at_risk, ends)
    tail = (1 - p.confidence_level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    observed = _survival(np.ones((1, len(ends))), at_risk, ends)[0]
    table = pd.DataFrame({"time": times, "survival": observed, "ci_low": low, "ci_high": high})
    return table.assign(std_error=drawn.std(axis=0, ddof=1), n_obs=len(spells), n_units=len(ends))


def lasting(spells: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Share of ties still seen after the first years, over the events that began them: a row each, with the fields of
    `over_events`, time, the words of their estimates (years, unseen), words, n_obs (ties) and n_units (events)."""
    times = np.arange(1.0, min(RECORDED, spells["duration"].max()) + 1)
    at_risk, ends = _by_beginning(spells, times)
    n, events = len(ends), pd.factorize(spells["began"], sort=True)[1]
    drawn, without, observed = (
        _survival(counts, at_risk, ends)
        for counts in (drawn_events(n, p.draws, p.seed), 1 - np.eye(n), np.ones((1, n)))
    )
    rows = []
    for k, time in enumerate(times):
        years = "year" if time == 1 else "years"
        row = over_events(float(observed[0, k]), drawn[:, k], pd.Series(without[:, k], events), 1 - p.confidence_level)
        rows.append(row | {"time": time, "years": years, "words": f"ties seen after {time:.0f} {years}"})
    unseen = "1 year" if p.tolerance == 0 else f"{p.tolerance + 1} years"
    return pd.DataFrame(rows).assign(unseen=unseen, n_obs=len(spells), n_units=n)


def _by_beginning(spells: pd.DataFrame, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ties at risk, and ended, at each of the times, by the event that began them: (events, times) each."""
    code, events = pd.factorize(spells["began"], sort=True)
    duration, ended = spells["duration"].to_numpy(), spells["ended"].to_numpy(dtype=bool)
    at_risk = np.zeros((len(events), times.size))
    ends = np.zeros((len(events), times.size))
    np.add.at(at_risk, code, (duration[:, None] >= times).astype(np.float64))
    np.add.at(ends, code, ((duration[:, None] == times) & ended[:, None]).astype(np.float64))
    return at_risk, ends


def _survival(counts: FloatArray, at_risk: FloatArray, ends: FloatArray) -> FloatArray:
    """Product-limit survival (samples, times), events counted as often as `counts` (samples, events) says."""
    risk = counts @ at_risk
    share = np.divide(counts @ ends, risk, out=np.zeros_like(risk), where=risk > 0)
    return np.asarray(np.cumprod(1 - share, axis=1))


def end_of_ties(spells: pd.DataFrame, p: Params) -> tuple[DiscreteHazard | None, str]:
    """Hazard that a tie ends, by `COVARIATES` and the log of the years since it began, clustered by the first event; or why
    these ties do not tell it, as where too few end or covariates foretell every end."""
    try:
        found = discrete_hazard(
            _at_risk(spells), "id", list(COVARIATES), baseline="log", cluster="began", alpha=1 - p.confidence_level
        )
    except ParameterError as error:
        return None, str(error)
    return found, ""


def hazard_ratios(hazard: DiscreteHazard | None, spells: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Hazard ratios of the covariates over the events that began the ties, a row each.

    Returns
    -------
    DataFrame: term, the fields of `over_events` (the standard error of the logarithm, by the jackknife), of (what each
    compares), words, p_value, n_obs (ties) and n_units (events). No rows without a fit.

    Parameters
    ----------
    hazard : the fit of `end_of_ties` to the spells.
    """
    if hazard is None:
        return pd.DataFrame(columns=["term", "of", "words", "draws", "estimate"])
    rows = _at_risk(spells)
    design = np.column_stack([rows[list(COVARIATES)], np.ones(len(rows)), np.log(rows["period"])])
    code, events = pd.factorize(rows["began"], sort=True)
    n, happened = len(events), rows["happened"].to_numpy(bool)
    drawn, without = (
        hazards_of_drawn(design, happened, code, counts) for counts in (drawn_events(n, p.draws, p.seed), 1 - np.eye(n))
    )
    estimates = hazard.table.set_index("term")["estimate"]
    # Some draws have no finite estimate, so the error is that of leaving out one event at a time.
    errors = jackknife_error(np.where(np.isfinite(without), without, np.nan))
    found = []
    for k, (term, of) in enumerate(COVARIATES.items()):
        row = over_events(estimates[term], drawn[:, k], pd.Series(without[:, k], events), 1 - p.confidence_level)
        row |= {"std_error": errors[k], "errors": abs(row["farthest"] - row["estimate"]) / errors[k]}
        about = {"term": term, "of": of, "words": f"hazard ratio, {SHORT[term]}", "p_value": p_beyond_zero(drawn[:, k])}
        found.append(row | about)
    return as_factors(pd.DataFrame(found)).assign(n_obs=hazard.n_units, n_units=n)


def _at_risk(spells: pd.DataFrame) -> pd.DataFrame:
    numbered = spells.assign(ended=spells["ended"].astype("int64"), id=np.arange(len(spells)))
    return person_periods(numbered, "id", "duration", "ended")
