"""The registered hazard ratio of the second executive summary, its sensitivities, and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from statsmodels.stats.multitest import multipletests

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.resampling.multiple_imputation import pooled
from crimjust_research.designs.survival.cox import CoxModel, cox
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard, person_periods
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.reviews.many_fits import many_hazard_fits
from crimjust_research.outcomes.reviews.parameters import OUTCOME, QUESTION, SECOND_CYCLE_OPENS, Params

PRIMARY = "rule_of_law"
_CLOGLOG = "Discrete-time complementary log-log regression, a level for each year, errors robust by State"
_COX = "Cox regression, Efron ties, robust errors"
INDICATORS = ("rule_of_law", "control_of_corruption")
_FIRST_SINCE = 2013


def state_years(second: pd.DataFrame) -> pd.DataFrame:
    """Years at risk as rows, from the year of the first summary (period 0): `second`, period, happened, calendar.

    The year of the first summary counts, because both summaries can come out in it.
    """
    rows = person_periods(
        second.rename(columns={"happened": "completes"}).assign(start=0), "iso3", "years", "completes", first="start"
    )
    return rows.assign(calendar=rows["first_year"] + rows["period"])


def with_indicator(second: pd.DataFrame, covariate: str) -> pd.DataFrame:
    """The States whose indicator is known in the year of the first summary."""
    return second[second[covariate].notna()].reset_index(drop=True)


def hazard_estimates(second: pd.DataFrame, params: Params) -> list[Estimate]:
    """The registered estimate and its registered sensitivities, in the plan's order."""
    alpha, name = 1 - params.confidence_level, params.covariate
    known = with_indicator(second, name)
    rows = state_years(known)
    main = _discrete(rows, [name], alpha)
    primary = _estimate(main, PRIMARY, "all States with the indicator", params, len(rows), len(known))
    primary = replace(primary, role="primary", p_adjusted=primary.p_value)
    model = governance_cox(second, params)
    found = [primary, _estimate(_ratio(model, name), f"{PRIMARY}.cox", "Cox", params, len(known), len(known), _COX)]
    other = next(i for i in INDICATORS if i != name)
    others = state_years(with_indicator(second, other))
    found.append(
        replace(
            _estimate(
                _discrete(others, [other], alpha),
                f"{PRIMARY}.{other}",
                f"{other.replace('_', ' ')} as indicator",
                params,
                len(others),
                others["iso3"].nunique(),
            ),
            estimand=_estimand(other),
        )
    )
    dummies = pd.get_dummies(rows["area"], prefix="area", dtype="float64").iloc[:, 1:]
    by_region = _discrete(rows.join(dummies), [name, *dummies], alpha)
    found.append(
        _estimate(by_region, f"{PRIMARY}.region_effects", "with region effects", params, len(rows), len(known))
    )
    found.append(_measurement_error(known, params, len(rows)))
    since = rows[rows["first_year"] >= _FIRST_SINCE]
    found.append(
        _estimate(
            _discrete(since, [name], alpha),
            f"{PRIMARY}.first_since_{_FIRST_SINCE}",
            f"first summary in {_FIRST_SINCE} or later",
            params,
            len(since),
            since["iso3"].nunique(),
        )
    )
    return found


def governance_cox(second: pd.DataFrame, params: Params) -> CoxModel:
    """Cox regression on the indicator alone."""
    known = _from_one(with_indicator(second, params.covariate))
    return cox(known, "nth_year", "happened", [params.covariate], alpha=1 - params.confidence_level)


def _from_one(known: pd.DataFrame) -> pd.DataFrame:
    """With nth_year, durations counted from 1: Cox regression uses their order only, and nobody is at risk at time 0."""
    return known.assign(nth_year=known["years"] + 1)


def secondary_estimates(second: pd.DataFrame, params: Params) -> list[Estimate]:
    """What was not registered: years before the second cycle opened left out, and part in the programme.

    Part in the programme counts from the documented year of joining in the discrete-time model. Cox regression takes
    it as given from the first summary on, as a description of the States that joined at any time.
    """
    alpha, name = 1 - params.confidence_level, params.covariate
    known = with_indicator(second, name)
    rows = state_years(known)
    opened = rows[rows["calendar"] >= SECOND_CYCLE_OPENS]
    n_opened = opened["iso3"].nunique()
    late = _estimate(
        _discrete(opened, [name], alpha),
        "opened_cycle",
        f"only years from {SECOND_CYCLE_OPENS}, when the second cycle was open",
        params,
        len(opened),
        n_opened,
    )
    found = [late]
    ever = _from_one(known).assign(joined_ever=known["joined"].notna().astype("float64"))
    both = cox(ever, "nth_year", "happened", [name, "joined_ever"], alpha=alpha)
    found.append(
        _estimate(
            _ratio(both, name), "governance.cox", "beside part in CRIMJUST at any time", params, *(len(ever),) * 2, _COX
        )
    )
    found.append(
        replace(
            _estimate(
                _ratio(both, "joined_ever"),
                "participation.cox",
                f"{int(ever['joined_ever'].sum())} States that joined at any time, beside {name.replace('_', ' ')}",
                params,
                *(len(ever),) * 2,
                _COX,
            ),
            estimand="Hazard ratio of the second executive summary, States of CRIMJUST against others",
            unit="hazard ratio",
        )
    )
    since = rows.assign(joined_by_then=(rows["joined"] <= rows["calendar"]).astype("float64"))
    found.append(
        replace(
            _estimate(
                _discrete(since, ["joined_by_then", name], alpha),
                "participation.discrete",
                f"from the documented year of joining, beside {name.replace('_', ' ')}",
                params,
                len(since),
                len(known),
            ),
            estimand="Hazard ratio of the second executive summary, years since joining CRIMJUST against others",
            unit="hazard ratio",
        )
    )
    adjusted = multipletests([e.p_value for e in found], method="fdr_bh")[1]
    return [replace(e, role="secondary", p_adjusted=float(p)) for e, p in zip(found, adjusted, strict=True)]


def drawn_indicators(known: pd.DataFrame, params: Params) -> FloatArray:
    """The indicator drawn anew from its standard error, (draws, States)."""
    rng = np.random.default_rng(params.seed)
    noise = rng.normal(size=(params.draws, len(known)))
    return np.asarray(
        known[params.covariate].to_numpy() + noise * known[f"{params.covariate}_std_error"].to_numpy(), np.float64
    )


def _measurement_error(known: pd.DataFrame, params: Params, n_obs: int) -> Estimate:
    """Mean over draws of the indicator, variance within and between them put together (Rubin 1987)."""
    period = np.arange(known["years"].max() + 1)
    years = known["years"].to_numpy()[:, None]
    at_risk = (period <= years)[None]
    happened = ((period == years) & (known["happened"] == 1).to_numpy()[:, None])[None]
    fits = many_hazard_fits(drawn_indicators(known, params), at_risk, happened)
    mean, error = pooled(fits.log_hazard_ratio, fits.std_error)
    half = float(ndtri(0.5 + params.confidence_level / 2)) * error
    row = {
        "estimate": mean,
        "std_error": error,
        "hazard_ratio": np.exp(mean),
        "ci_low": np.exp(mean - half),
        "ci_high": np.exp(mean + half),
        "p_value": 2 * ndtr(-abs(mean / error)),
    }
    specification = f"indicator drawn {params.draws} times from its standard error"
    return _estimate(row, f"{PRIMARY}.measurement_error", specification, params, n_obs, len(known))


def _discrete(rows: pd.DataFrame, covariates: Sequence[str], alpha: float) -> dict[str, Any]:
    """The first covariate's row of the model's table."""
    table = discrete_hazard(rows, "iso3", covariates, alpha=alpha).table
    return _row(table, table["term"] == covariates[0])


def _ratio(model: CoxModel, term: str) -> dict[str, Any]:
    row = _row(model.table, model.table["term"] == term)
    return {**row, "std_error": row["robust_std_error"]}


def _row(table: pd.DataFrame, wanted: pd.Series[bool]) -> dict[str, Any]:
    """The one row wanted, by column."""
    return {str(name): value for name, value in table.loc[wanted].iloc[0].items()}


def _estimand(covariate: str) -> str:
    return (
        f"Hazard ratio of publishing the second-cycle executive summary, counted in years from the first, per standard "
        f"deviation of {covariate.replace('_', ' ')} in the year of the first"
    )


def _estimate(
    row: dict[str, Any],
    identifier: str,
    specification: str,
    params: Params,
    n_obs: int,
    n_units: int,
    method: str = _CLOGLOG,
) -> Estimate:
    """A hazard ratio; its standard error is the log's times the ratio (delta method)."""
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=_estimand(params.covariate),
        method=method,
        specification=specification,
        estimate=float(row["hazard_ratio"]),
        std_error=float(row["hazard_ratio"] * row["std_error"]),
        ci_low=float(row["ci_low"]),
        ci_high=float(row["ci_high"]),
        ci_level=params.confidence_level,
        p_value=float(row["p_value"]),
        unit="hazard ratio per standard deviation",
        n_obs=n_obs,
        n_units=n_units,
        role="sensitivity",
        null_value=1.0,
    )
