"""The registered trend of diversity within countries, and every registered departure from it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from scipy.stats import nct
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from crimjust_research import document
from crimjust_research.designs.panel.unit_effects import UnitEffects, unit_effects_regression
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.diversification.parameters import (
    FIRST_PUBLICATION_ENDS,
    Params,
    compositions,
    log_diversity,
)

OUTCOME = "3"
QUESTION = "Has what is seized become more diverse, and with new kinds of drugs?"
_PRIMARY = "trend"
# The plan's smallest effect of interest: half a standard deviation of the residuals, over the whole window.
_SMALLEST_EFFECT = 0.5


def trend_estimates(panel: pd.DataFrame, params: Params) -> list[Estimate]:
    """The primary trend, its power, its sensitivities, and the difference between programme countries and others."""
    table = compositions(panel, params)
    measures = log_diversity(table)
    outcome = f"log_{params.order}"
    main = unit_effects_regression(measures, outcome, ["year"], "iso3", 1 - params.confidence_level)
    primary = replace(_estimate(main, _PRIMARY, "country effects, all country-years", params), role="primary")
    primary = replace(primary, p_adjusted=primary.p_value)
    found = [primary, _power(main, measures, outcome, params)]
    proposed = document.load().proposed_iso3
    always = measures.groupby("iso3")["year"].transform("nunique") == measures["year"].nunique()
    first = measures["year"] <= FIRST_PUBLICATION_ENDS
    variants: dict[str, tuple[pd.DataFrame, str]] = {
        **{f"order {q}": (measures, f"log_{q}") for q in (0, 1, 2) if q != params.order},
        "shannon entropy": (measures, "shannon"),
        "concentration reversed": (measures.assign(less_hhi=-measures["hhi"]), "less_hhi"),
        "2012 to 2016 alone": (measures[first], outcome),
        "2018 to 2022 alone": (measures[~first], outcome),
        "reporters of every year": (measures[always], outcome),
        "without precursors": (log_diversity(compositions(panel, params, with_precursors=False)), outcome),
        "proposed countries only": (measures[measures["iso3"].isin(proposed)], outcome),
    }
    for label, (data, column) in variants.items():
        if data.groupby("iso3")["year"].nunique().gt(1).sum() < 3:
            continue
        fit = unit_effects_regression(data, column, ["year"], "iso3", 1 - params.confidence_level)
        found.append(_estimate(fit, f"{_PRIMARY}.{label.replace(' ', '_')}", label, params))
    return [*found, *_secondary(measures, outcome, params)]


def _secondary(measures: pd.DataFrame, outcome: str, params: Params) -> list[Estimate]:
    """Step between the publications, and the extra trend of proposed and phase countries, adjusted as a grid."""
    alpha = 1 - params.confidence_level
    phases = set(document.load().phase_frame()["iso3"])
    groups = {"proposed": set(document.load().proposed_iso3), "phase": phases}
    found = []
    for name, members in groups.items():
        if not measures["iso3"].isin(members).any():
            continue
        data = measures.assign(extra=measures["year"] * measures["iso3"].isin(members))
        fit = unit_effects_regression(data, outcome, ["year", "extra"], "iso3", alpha)
        found.append(
            replace(
                _estimate(fit, f"extra_trend_{name}", f"{name} countries against all others", params, "extra"),
                estimand=f"Extra yearly change in log effective number of drugs in {name} countries",
            )
        )
    if measures["year"].min() <= FIRST_PUBLICATION_ENDS < measures["year"].max():
        data = measures.assign(later=(measures["year"] > FIRST_PUBLICATION_ENDS).astype("float64"))
        fit = unit_effects_regression(data, outcome, ["year", "later"], "iso3", alpha)
        found.append(
            replace(
                _estimate(fit, "publication_step", "step from 2016 to 2018 beside a linear trend", params, "later"),
                estimand="Step in log effective number of drugs between UNODC's two publications",
                unit="log points",
            )
        )
    if not found:
        return []
    adjusted = multipletests([e.p_value for e in found], method="fdr_bh")[1]
    return [replace(e, role="secondary", p_adjusted=float(p)) for e, p in zip(found, adjusted, strict=True)]


def _estimate(fit: UnitEffects, identifier: str, specification: str, params: Params, term: str = "year") -> Estimate:
    row = fit.table.set_index("term").to_dict("index")[term]
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand="Yearly change in the log effective number of drugs seized, within countries",
        method="Least squares with country effects, errors clustered by country (CR2)",
        specification=specification,
        estimate=row["estimate"],
        std_error=row["std_error"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_level=params.confidence_level,
        p_value=row["p_value"],
        unit="log points a year",
        n_obs=fit.n_obs,
        n_units=fit.n_units,
        role="sensitivity",
    )


def _power(fit: UnitEffects, measures: pd.DataFrame, outcome: str, params: Params) -> Estimate:
    """Power against half a residual standard deviation over the window, from the t distribution of the estimate."""
    row = fit.table.set_index("term").to_dict("index")["year"]
    centred = measures.groupby("iso3")[[outcome, "year"]].transform(lambda s: s - s.mean())
    residual = centred[outcome] - row["estimate"] * centred["year"]
    slope = _SMALLEST_EFFECT * float(residual.std()) / (measures["year"].max() - measures["year"].min())
    critical = float(student.ppf(0.5 + params.confidence_level / 2, row["df"]))
    shift = slope / row["std_error"]
    power = float(nct.sf(critical, row["df"], shift) + nct.cdf(-critical, row["df"], shift))
    return Estimate(
        id=f"{_PRIMARY}.power",
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Power of the registered test against {slope:.4f} log points a year",
        method="Noncentral t at the estimated standard error",
        specification=f"half a residual standard deviation over {measures['year'].max() - measures['year'].min()} years",
        estimate=power,
        unit="probability",
        n_obs=fit.n_obs,
        n_units=fit.n_units,
        role="secondary",
        null_value=1 - params.confidence_level,
    )
