"""The hazard of a second executive summary: State-years, the registered model's row, and every other specification's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.fit import coefficient_table
from crimjust_research.designs.margins import two_sided_power
from crimjust_research.designs.resampling.multiple_imputation import pooled
from crimjust_research.designs.survival.cox import CoxModel, cox
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard, likelihood_ratio, person_periods
from crimjust_research.designs.survival.many_hazards import many_hazard_fits
from crimjust_research.questions.reviews import completion
from crimjust_research.questions.reviews.params import Indicator, Params, in_words
from crimjust_research.vocabulary import countries

# What the estimates of rows by several methods are called, as the registered one is in `estimates.yaml`.
DISCRETE = "Discrete-time complementary log-log regression, a level for each year at risk, errors robust by State"
COX = "Cox regression, Efron ties, robust errors"
RATIO = "Discrete-time complementary log-log regression, likelihood ratio against chi squared"
FIRST_SINCE = 2013
# Level of the intervals of what is left out: the rule of grades reads equivalence from 90 % intervals.
LEFT_OUT_ALPHA = 0.10
CHECKED_AT = 0.05


def with_indicator(second: pd.DataFrame, covariate: str) -> pd.DataFrame:
    """The States whose indicator is known in the year of the first summary."""
    return second[second[covariate].notna()].reset_index(drop=True)


def state_years(second: pd.DataFrame) -> pd.DataFrame:
    """Years at risk as rows, from the year the State came to be at risk (period 0): `second`, period, happened, calendar.

    That year counts, because both summaries can come out in it.
    """
    spans = second.rename(columns={"happened": "completes"}).assign(start=0)
    rows = person_periods(spans, "iso3", "years", "completes", first="start")
    return rows.assign(calendar=rows["from_year"] + rows["period"])


def cox_model(known: pd.DataFrame, covariates: Sequence[str], p: Params) -> CoxModel:
    """Cox regression with durations counted from 1: it uses their order only, and nobody is at risk at time 0."""
    counted = known.assign(nth_year=known["years"] + 1)
    return cox(counted, "nth_year", "happened", list(covariates), alpha=1 - p.confidence_level)


def ratio(table: pd.DataFrame, term: str, rows: pd.DataFrame, **says: Any) -> dict[str, Any]:
    """The hazard ratio of a term as a row; its standard error is the log's times the ratio (delta method)."""
    (found,) = table[table["term"] == term].to_dict("records")
    error = found.get("robust_std_error", found.get("std_error", np.nan))
    numbers = {"estimate": found["hazard_ratio"], "std_error": found["hazard_ratio"] * error}
    numbers |= {name: found[name] for name in ("ci_low", "ci_high", "p_value")}
    return {name: float(value) for name, value in numbers.items()} | _counts(rows) | says


def sensitivities(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The registered specifications in the plan's order, a row each: the fields of an estimate, name, words, indicator,
    method. Counts are of State-years and States; `altered` is the share of the registered State-years that are added,
    dropped or counted otherwise.

    Parameters
    ----------
    second : rows of `completion.with_income`.
    """
    name, alpha = p.covariate, 1 - p.confidence_level
    known = with_indicator(second, name)
    rows = state_years(known)
    other = next(each for each in get_args(Indicator) if each != name)
    of_other = state_years(with_indicator(second, other))
    earlier = state_years(completion.counted_from(known, known["first_year"]))
    areas = pd.get_dummies(rows["area"], prefix="area", dtype="float64").iloc[:, 1:]
    with_income = rows[rows["log_income"].notna()]
    since = rows[rows["first_year"] >= FIRST_SINCE]
    says = {"altered": 1.0, "method": DISCRETE}  # another model or indicator touches every row
    cox = {"name": "cox", "words": "Cox regression", "altered": 1.0, "method": COX}
    tested = {"name": "likelihood_ratio", "words": "likelihood ratio", "altered": 0.0, "method": RATIO}
    found = [
        _discrete(
            earlier,
            [name],
            p,
            name="from_first_summary",
            words="from the first summary",
            altered=_altered(rows, earlier),
        ),
        ratio(cox_model(known, [name], p).table, name, rows, **cox),
        _discrete(of_other, [other], p, **says, name=other, words=f"{in_words(other)} as indicator"),
        _discrete(rows.join(areas), [name, *areas], p, **says, name="region_effects", words="with region effects"),
        _discrete(with_income, [name, "log_income"], p, **says, name="given_income", words="given log GDP per head"),
        _measurement_error(known, p) | says,
        _discrete(
            since,
            [name],
            p,
            altered=1 - len(since) / len(rows),
            name=f"first_since_{FIRST_SINCE}",
            words=f"first summary in {FIRST_SINCE} or later",
        ),
        ratio(likelihood_ratio(rows, "iso3", name, alpha=alpha), name, rows, **tested),
    ]
    table = pd.DataFrame(found)
    return table.assign(indicator=[in_words(other if each == other else name) for each in table["name"]])


def left_out(known: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The registered model without each State: name, words, the fields of an estimate with 90 % intervals."""
    x = known[p.covariate].to_numpy(np.float64)
    at_risk, happened = history(known)
    there = at_risk & ~np.eye(len(known), dtype=bool)[:, :, None]
    fits = many_hazard_fits(x[None], there, happened & there)
    table = coefficient_table(
        list(known["iso3"]), fits.log_hazard_ratio, fits.std_error, LEFT_OUT_ALPHA, ratio="hazard_ratio"
    )
    return pd.DataFrame(
        {
            "name": table["term"],
            "words": table["term"].map(countries.short_name),
            "estimate": table["hazard_ratio"],
            "std_error": table["hazard_ratio"] * table["std_error"],
            **{name: table[name] for name in ("ci_low", "ci_high", "p_value")},
            "ci_level": 1 - LEFT_OUT_ALPHA,
            "n_obs": there.sum(axis=(1, 2)),
            "n_units": len(known) - 1,
            "indicator": p.indicator,
            "method": DISCRETE,
        }
    )


def order_of_first_summaries(known: pd.DataFrame, margin: float, p: Params) -> dict[str, Any]:
    """The negative control, as `Study.check` takes it: the same model of the year of the first summary.

    The order of the first cycle was drawn by lot, so it should not hang on the indicator. Fails if p is below 5 %.

    Parameters
    ----------
    margin : log hazard ratio the control had to find.
    """
    first = known.assign(start=known["first_year"].min(), all_have_one=1)
    rows = person_periods(first, "iso3", "first_year", "all_have_one", first="start")
    table = discrete_hazard(rows, "iso3", [p.covariate], alpha=1 - p.confidence_level).table
    (row,) = table.to_dict("records")
    power = two_sided_power(margin, row["std_error"], CHECKED_AT)
    return {"passed": row["p_value"] >= CHECKED_AT, "table": table, "power": power}


def beside_participation(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """What the plan does not list: the indicator beside part in the programme at any time; a row."""
    name = p.covariate
    known = with_indicator(second, name)
    says = {"name": "governance.cox", "words": "beside part in CRIMJUST at any time", "method": COX}
    found = ratio(_with_participation(known, p).table, name, state_years(known), **says)
    return pd.DataFrame([found]).assign(indicator=p.indicator)


def participation(second: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Hazard ratios of part in the programme beside the indicator, a row each.

    Part in it counts from the documented year of joining in the discrete-time model. Cox regression takes it as given
    from the start on, as a description of the States that joined at any time.
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
        ratio(_with_participation(known, p).table, "joined_ever", rows, **ever),
        _discrete(since, ["joined_by_then", name], p, **by_then),
    ]
    return pd.DataFrame(found)


def history(known: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    """Which State was at risk, and which published its second summary, in each year at risk, as far as the listing could
    go: (States, T) each."""
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
    return ratio(table, p.covariate, state_years(known), name="measurement_error", words=words)


def _with_participation(known: pd.DataFrame, p: Params) -> CoxModel:
    ever = known.assign(joined_ever=known["joined"].notna().astype("float64"))
    return cox_model(ever, [p.covariate, "joined_ever"], p)


def _discrete(rows: pd.DataFrame, covariates: Sequence[str], p: Params, **says: Any) -> dict[str, Any]:
    """The first covariate's hazard ratio in the discrete-time model, as a row."""
    table = discrete_hazard(rows, "iso3", covariates, alpha=1 - p.confidence_level).table
    return ratio(table, covariates[0], rows, **{"method": DISCRETE, **says})


def _altered(rows: pd.DataFrame, others: pd.DataFrame) -> float:
    """Share of State-years that others add, drop, or count as another year at risk; at most 1."""
    periods = [frame.set_index(["iso3", "calendar"])["period"] for frame in (rows, others)]
    both = pd.concat(periods, axis=1, keys=["before", "after"])
    return min(1.0, float((both["before"] != both["after"]).sum() / len(rows)))


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {"n_obs": len(rows), "n_units": rows["iso3"].nunique()}
