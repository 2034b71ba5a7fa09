"""The hazard of a second executive summary: State-years, the registered model's row, and every other specification's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.fit import coefficient_table
from crimjust_research.designs.resampling.multiple_imputation import pooled
from crimjust_research.designs.survival.cox import CoxModel, cox
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard, person_periods
from crimjust_research.questions.reviews.many_fits import many_hazard_fits
from crimjust_research.questions.reviews.params import Indicator, Params, in_words

# What the estimates of rows by several methods are called, as the registered one is in `estimates.yaml`.
DISCRETE = "Discrete-time complementary log-log regression, a level for each year, errors robust by State"
COX = "Cox regression, Efron ties, robust errors"
# The second cycle opened for all States in November 2015.
SECOND_CYCLE_OPENS = 2016
FIRST_SINCE = 2013


def with_indicator(second: pd.DataFrame, covariate: str) -> pd.DataFrame:
    """The States whose indicator is known in the year of the first summary."""
    return second[second[covariate].notna()].reset_index(drop=True)


def state_years(second: pd.DataFrame) -> pd.DataFrame:
    """Years at risk as rows, from the year of the first summary (period 0): `second`, period, happened, calendar.

    The year of the first summary counts, because both summaries can come out in it.
    """
    spans = second.rename(columns={"happened": "completes"}).assign(start=0)
    rows = person_periods(spans, "iso3", "years", "completes", first="start")
    return rows.assign(calendar=rows["first_year"] + rows["period"])


def cox_model(known: pd.DataFrame, covariates: Sequence[str], p: Params) -> CoxModel:
    """Cox regression with durations counted from 1: it uses their order only, and nobody is at risk at time 0."""
    counted = known.assign(nth_year=known["years"] + 1)
    return cox(counted, "nth_year", "happened", list(covariates), alpha=1 - p.confidence_level)


def ratio(table: pd.DataFrame, term: str, rows: pd.DataFrame, **says: Any) -> dict[str, Any]:
    """The hazard ratio of a term as a row; its standard error is the log's times the ratio (delta method)."""
    (found,) = table[table["term"] == term].to_dict("records")
    error = found.get("robust_std_error", found["std_error"])
    numbers = {"estimate": found["hazard_ratio"], "std_error": found["hazard_ratio"] * error}
    numbers |= {name: found[name] for name in ("ci_low", "ci_high", "p_value")}
    return {name: float(value) for name, value in numbers.items()} | _counts(rows) | says


def sensitivities(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The registered sensitivities in the plan's order, a row each: the fields of an estimate, name, words, indicator,
    method."""
    name = p.covariate
    known = with_indicator(second, name)
    rows = state_years(known)
    other = next(each for each in get_args(Indicator) if each != name)
    areas = pd.get_dummies(rows["area"], prefix="area", dtype="float64").iloc[:, 1:]
    since = rows[rows["first_year"] >= FIRST_SINCE]
    found = [
        ratio(cox_model(known, [name], p).table, name, known, name="cox", words="Cox", method=COX),
        _discrete(
            state_years(with_indicator(second, other)), [other], p, name=other, words=f"{in_words(other)} as indicator"
        ),
        _discrete(rows.join(areas), [name, *areas], p, name="region_effects", words="with region effects"),
        _measurement_error(known, p),
        _discrete(
            since, [name], p, name=f"first_since_{FIRST_SINCE}", words=f"first summary in {FIRST_SINCE} or later"
        ),
    ]
    table = pd.DataFrame(found)
    return table.assign(indicator=[in_words(other if each == other else name) for each in table["name"]])


def unregistered(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """What was not registered, a row each: years before the second cycle opened left out, and part in the programme
    taken into account."""
    name = p.covariate
    known = with_indicator(second, name)
    rows = state_years(known)
    opened = rows[rows["calendar"] >= SECOND_CYCLE_OPENS]
    words = f"only years from {SECOND_CYCLE_OPENS}, when the second cycle was open"
    beside = {"name": "governance.cox", "words": "beside part in CRIMJUST at any time", "method": COX}
    found = [
        _discrete(opened, [name], p, name="opened_cycle", words=words),
        ratio(_with_participation(known, p).table, name, known, **beside),
    ]
    return pd.DataFrame(found).assign(indicator=p.indicator)


def participation(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Hazard ratios of part in the programme beside the indicator, a row each.

    Part in it counts from the documented year of joining in the discrete-time model. Cox regression takes it as given
    from the first summary on, as a description of the States that joined at any time.
    """
    name = p.covariate
    known = with_indicator(second, name)
    rows = state_years(known)
    since = rows.assign(joined_by_then=(rows["joined"] <= rows["calendar"]).astype("float64"))
    ever = {
        "name": "participation.cox",
        "compared": "States of CRIMJUST against others",
        "words": f"{int(known['joined'].notna().sum())} States that joined at any time, beside {p.indicator}",
        "method": COX,
    }
    by_then = {
        "name": "participation.discrete",
        "compared": "years since joining CRIMJUST against others",
        "words": f"from the documented year of joining, beside {p.indicator}",
    }
    found = [
        ratio(_with_participation(known, p).table, "joined_ever", known, **ever),
        _discrete(since, ["joined_by_then", name], p, **by_then),
    ]
    return pd.DataFrame(found)


def history(known: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    """Which State was at risk, and which published its second summary, in each year since the first, as far as the listing
    could go: (States, T) each."""
    period = np.arange(known["years_possible"].max() + 1)
    years = known["years"].to_numpy()[:, None]
    published = (known["happened"] == 1).to_numpy()[:, None]
    return period <= years, (period == years) & published


def drawn_indicators(known: pd.DataFrame, p: Params) -> FloatArray:
    """The indicator drawn anew from its standard error, (draws, States)."""
    noise = np.random.default_rng(p.seed).normal(size=(p.draws, len(known)))
    value, error = known[p.covariate].to_numpy(), known[f"{p.covariate}_std_error"].to_numpy()
    return np.asarray(value + noise * error, np.float64)


def _measurement_error(known: pd.DataFrame, p: Params) -> dict[str, Any]:
    """The registered model over draws of the indicator, put together by Rubin's rules; a row."""
    at_risk, happened = history(known)
    fits = many_hazard_fits(drawn_indicators(known, p), at_risk[None], happened[None])
    mean, error = pooled(fits.log_hazard_ratio, fits.std_error)
    alpha = 1 - p.confidence_level
    table = coefficient_table([p.covariate], np.array([mean]), np.array([error]), alpha, ratio="hazard_ratio")
    words = f"indicator drawn {p.draws} times from its standard error"
    says = {"name": "measurement_error", "words": words, "method": DISCRETE}
    return ratio(table, p.covariate, state_years(known), **says)


def _with_participation(known: pd.DataFrame, p: Params) -> CoxModel:
    ever = known.assign(joined_ever=known["joined"].notna().astype("float64"))
    return cox_model(ever, [p.covariate, "joined_ever"], p)


def _discrete(rows: pd.DataFrame, covariates: Sequence[str], p: Params, **says: Any) -> dict[str, Any]:
    """The first covariate's hazard ratio in the discrete-time model, as a row."""
    table = discrete_hazard(rows, "iso3", covariates, alpha=1 - p.confidence_level).table
    return ratio(table, covariates[0], rows, method=DISCRETE, **says)


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {"n_obs": len(rows), "n_units": rows["iso3"].nunique()}
