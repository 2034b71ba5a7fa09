"""What is estimated from the cases: passing each stage, what goes with it, how long it takes, and what it would cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri
from statsmodels.stats.multitest import multipletests

from crimjust_research import document
from crimjust_research.designs.survival.cascade import (
    AdditionalConvictions,
    ContinuationRatios,
    additional_convictions,
    continuation_ratios,
    cost_per_additional_conviction,
    mature_entries,
    maturity_profile,
    stage_entries,
    transitions,
)
from crimjust_research.designs.survival.cox import CoxModel, cox
from crimjust_research.designs.survival.curves import SurvivalCurves, cumulative_incidence, kaplan_meier
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.cascade.cases import COVARIATES, Cases, durations, records_of, usable_covariates
from crimjust_research.outcomes.cascade.parameters import OUTCOME, QUESTION, Params

WHOLE_WAY = "seizure_to_conviction"
SUPPORT = "programme_supported"
COOPERATION = "transnational_cooperation_used"
GROUPS = {True: "cooperation used", False: "not used"}
ENDING_NAMES = {1: "convicted", 2: "acquitted_or_dismissed", 3: "not_prosecuted"}
HORIZONS = (1, 2, 3)  # years after seizure
# Outcomes of the rarer kind that a regression needs per covariate: Peduzzi and others (1996), J Clin Epidemiol 49.
_FEWEST_PER_COVARIATE = 10


@dataclass(frozen=True)
class Findings:
    """Everything estimated from the cases; a regression that the cases do not carry is None and `left_out` says why."""

    transitions: pd.DataFrame
    """As `designs.cascade.transitions`."""
    reached: pd.DataFrame
    """stage, share of mature seizures that reach it, ci_low, ci_high."""
    cohorts: pd.DataFrame
    """stage, year of entry, status, cases."""
    profile: pd.DataFrame
    """As `designs.cascade.maturity_profile`."""
    covariates: tuple[str, ...]
    complete: int
    """Cases with all of `covariates` noted."""
    logits: ContinuationRatios | None
    speed: CoxModel | None
    additional: AdditionalConvictions | None
    costs: pd.DataFrame
    """As `designs.cascade.cost_per_additional_conviction`; empty without `additional`."""
    curves: SurvivalCurves
    curves_by_cooperation: SurvivalCurves | None
    incidence: pd.DataFrame
    """As `designs.survival.cumulative_incidence`."""
    followed: float
    """Longest time from seizure for which a case is on record, in years."""
    left_out: tuple[str, ...]
    estimates: tuple[Estimate, ...]


def findings(cases: Cases, params: Params) -> Findings:
    """Estimates and what they are read from.

    Raises
    ------
    ParameterError
        If no case has entered some stage early enough for the maturity, or none has ended.
    """
    alpha, maturity = 1 - params.confidence_level, params.maturity_years
    records = records_of(cases.frame)
    passed = transitions(records, maturity, alpha=alpha)
    covariates = usable_covariates(cases.frame)
    complete = cases.frame.dropna(subset=list(covariates))
    logits, speed, left_out = _regressions(complete, covariates, params)
    additional = None
    if logits is not None and SUPPORT in covariates:
        additional = additional_convictions(logits, SUPPORT, draws=params.draws, seed=params.seed, alpha=alpha)
    elif logits is not None:
        left_out = (
            *left_out,
            "additional convictions: support by the programme is noted for too few, or never differs",
        )
    ended = durations(cases.frame)
    found = Findings(
        transitions=passed,
        reached=_reached(passed, alpha),
        cohorts=_cohorts(cases, params),
        profile=_profile(cases, params),
        covariates=covariates,
        complete=len(complete),
        logits=logits,
        speed=speed,
        additional=additional,
        costs=_costs(additional, params),
        curves=kaplan_meier(ended["years"], (ended["ending"] > 0).astype("int64"), alpha=alpha),
        curves_by_cooperation=_curves_by_cooperation(cases, alpha),
        incidence=cumulative_incidence(ended["years"], ended["ending"], alpha=alpha).assign(
            ending=lambda t: t["cause"].map(ENDING_NAMES)
        ),
        followed=float(ended["years"].max()),
        left_out=left_out,
        estimates=(),
    )
    return replace(found, estimates=_adjusted(_estimates(found, cases, params)))


def cost_range() -> tuple[float, float]:
    """Both ends of the programme's cost over its four years, in USD.

    Raises
    ------
    DataError
        If the registry gives no range.
    """
    total = document.load().total_cost()
    if total.low is None or total.high is None:
        raise DataError("the programme's cost has no lower or no upper bound; the registry must give both")
    return total.low, total.high


# --- What is read off the records -------------------------------------------------------------------------------------


def _reached(passed: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Share of mature seizures that come as far as each stage, stages independent (normal on the logarithm)."""
    steps = passed.iloc[:-1]
    share = steps["probability"].cumprod().to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.exp(ndtri(1 - alpha / 2) * np.sqrt(((1 - steps["probability"]) / steps["advanced"]).cumsum()))
    return pd.DataFrame(
        {
            "stage": ["seizure", *steps["following"]],
            "share": [1.0, *share],
            "ci_low": [1.0, *(share / spread)],
            "ci_high": [1.0, *np.minimum(share * spread, 1.0)],
        }
    )


def _cohorts(cases: Cases, params: Params) -> pd.DataFrame:
    """Entries of each stage by calendar year: passed on, ended there or pending if mature, else too recent."""
    entries = mature_entries(records_of(cases.frame), params.maturity_years)
    days = cases.frame.set_index("case_id")["as_of"].reindex(entries["case"]).reset_index(drop=True)
    year = (days + pd.to_timedelta(entries["entered"] * 365.25, unit="D").dt.round("D")).dt.year
    closed = (entries["cause"] == 2) & (entries["duration"] <= params.maturity_years)
    status = np.select(
        [~entries["mature"], entries["advanced"], closed], ["too recent", "passed on", "ended there"], "pending"
    )
    table = entries.assign(year=year, status=status).groupby(["stage", "year", "status"], sort=False).size()
    return table.rename("cases").reset_index().sort_values(["stage", "year", "status"], ignore_index=True)


def _profile(cases: Cases, params: Params) -> pd.DataFrame:
    """Shares at other cut-offs than the one chosen, as far as some case of each stage is old enough."""
    records = records_of(cases.frame)
    oldest = float(stage_entries(records).groupby("stage")["age"].max().min())
    offered = [0.5 * step * params.maturity_years for step in range(1, 5)]
    kept = [m for m in offered if m <= oldest]
    return maturity_profile(records, kept, alpha=1 - params.confidence_level)


def _curves_by_cooperation(cases: Cases, alpha: float) -> SurvivalCurves | None:
    """Time to the end of a case by use of cooperation; None unless cases of both kinds have ended."""
    used = cases.frame[COOPERATION]
    noted = cases.frame[used.notna()]
    ended = durations(noted)
    event = (ended["ending"] > 0).astype("int64")
    label = noted[COOPERATION].astype("bool").map(GROUPS)
    if label[event == 1].nunique() < len(GROUPS):
        return None
    order = label.sort_values(kind="stable").index
    return kaplan_meier(ended["years"][order], event[order], group=label[order], alpha=alpha)


# --- Regressions ------------------------------------------------------------------------------------------------------


def _regressions(
    complete: pd.DataFrame, covariates: tuple[str, ...], params: Params
) -> tuple[ContinuationRatios | None, CoxModel | None, tuple[str, ...]]:
    """Logits of passing each stage and the hazard of a verdict once charged, or a sentence on why there is none."""
    if not covariates:
        return None, None, ("regressions: no covariate is noted for half of the cases and differs among them",)
    alpha, left_out = 1 - params.confidence_level, []
    records = records_of(complete, covariates)
    needed = _FEWEST_PER_COVARIATE * len(covariates)
    logits, speed = None, None
    try:
        mature = mature_entries(records, params.maturity_years).query("mature")
        counts = mature.groupby("stage")["advanced"].agg(["sum", "size"])
        rarer = int(np.minimum(counts["sum"], counts["size"] - counts["sum"]).min())
        if rarer < needed:
            raise ParameterError(
                f"of the rarer outcome at some stage there are {rarer}; {len(covariates)} covariates need {needed}"
            )
        logits = continuation_ratios(records, params.maturity_years, alpha=alpha)
    except ParameterError as error:
        left_out.append(f"continuation-ratio logits: {error}")
    charged = stage_entries(records).query("stage == 'prosecution'")
    charged = charged.assign(ended=(charged["cause"] > 0).astype("int64"))
    try:
        if (events := int(charged["ended"].sum())) < needed:
            raise ParameterError(
                f"prosecutions that have ended are {events}; {len(covariates)} covariates need {needed}"
            )
        # Whoever is censored before the first event was never at risk at one: the fit is the same without them, and the
        # robust errors exist only without them.
        at_risk = charged[charged["duration"] >= charged.loc[charged["ended"] == 1, "duration"].min()]
        speed = cox(at_risk, "duration", "ended", covariates, alpha=alpha)
    except ParameterError as error:
        left_out.append(f"Cox regression: {error}")
    return logits, speed, tuple(left_out)


def _costs(additional: AdditionalConvictions | None, params: Params) -> pd.DataFrame:
    if additional is None:
        return pd.DataFrame(columns=["cost", "effect", "additional_convictions", "cost_per_conviction"])
    return cost_per_additional_conviction(additional, params.supported_cases, cost_range())


# --- Estimates --------------------------------------------------------------------------------------------------------


def _estimates(found: Findings, cases: Cases, params: Params) -> list[Estimate]:
    blank = Estimate(
        id="",
        outcome=OUTCOME,
        question=QUESTION,
        estimand="",
        method="",
        specification="",
        estimate=math.nan,
        unit="probability",
        n_obs=len(cases.frame),
        n_units=len(cases.frame),
        role="secondary",
        ci_level=params.confidence_level,
        null_value=math.nan,
        data_status="simulated" if cases.simulated else "observed",
    )
    return [
        *_passing(found, blank, params),
        *_odds(found, blank, params),
        *_times(found, blank),
        *_hazards(found, blank),
        *_money(found, blank, params),
    ]


def _passing(found: Findings, blank: Estimate, params: Params) -> list[Estimate]:
    rows = found.transitions.to_dict("records")
    whole = len(rows) - 1
    return [
        replace(
            blank,
            id=f"pass.{WHOLE_WAY if place == whole else row['following']}",
            estimand="Share of seizures that come to a conviction, each stage passed within the maturity"
            if place == whole
            else f"Share of cases that pass from {row['stage']} to {row['following']} within the maturity",
            method="Product of stages" if place == whole else "Share of mature cases, Wilson interval",
            specification=f"maturity {params.maturity_years:g} years, {row['immature']} recent cases not counted",
            estimate=row["probability"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            n_obs=row["mature"],
            n_units=row["mature"],
        )
        for place, row in enumerate(rows)
    ]


def _odds(found: Findings, blank: Estimate, params: Params) -> list[Estimate]:
    if found.logits is None:
        return []
    table = found.logits.table.merge(found.transitions.iloc[:-1][["stage", "following"]], on="stage")
    estimates = [
        replace(
            blank,
            id=f"odds.{row['following']}.{row['term']}",
            estimand=f"Odds ratio of passing to {row['following']}: {COVARIATES[row['term']]}",
            method="Continuation-ratio logit, robust errors",
            specification=f"maturity {params.maturity_years:g} years, beside the other covariates",
            estimate=row["odds_ratio"],
            std_error=row["odds_ratio"] * row["std_error"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            p_value=row["p_value"],
            unit="odds ratio",
            n_obs=row["mature"],
            n_units=row["mature"],
            null_value=1.0,
        )
        for row in table[table["term"] != "constant"].to_dict("records")
    ]
    if found.additional is not None:
        effect = found.additional
        estimates.append(
            replace(
                blank,
                id=f"additional.{SUPPORT}",
                estimand="Difference in the share of seizures that come to a conviction, supported less not supported",
                method="Mean over cases of the product of stage probabilities from the logits",
                specification=f"interval from {effect.draws} draws of the coefficients",
                estimate=effect.difference,
                ci_low=effect.ci_low,
                ci_high=effect.ci_high,
                n_obs=found.complete,
                n_units=found.complete,
                null_value=0.0,
            )
        )
    return estimates


def _times(found: Findings, blank: Estimate) -> list[Estimate]:
    horizons = [h for h in HORIZONS if h <= found.followed]
    median = found.curves.summary.to_dict("records")[0]
    specification = "all cases, open ones censored on their as_of"
    estimates = [
        replace(
            blank,
            id="median_years",
            estimand="Years from seizure after which half of the cases have ended",
            method="Kaplan-Meier",
            specification=specification,
            estimate=median["median"],
            ci_low=median["median_low"],
            ci_high=median["median_high"],
            unit="years",
        )
    ]
    for row in found.curves.at(horizons).to_dict("records"):
        estimates.append(
            replace(
                blank,
                id=f"open.{row['time']}y",
                estimand=f"Share of cases still open {row['time']} year{'s' * (row['time'] > 1)} after seizure",
                method="Kaplan-Meier",
                specification=specification,
                estimate=row["survival"],
                ci_low=row["ci_low"],
                ci_high=row["ci_high"],
            )
        )
    horizon = max(horizons, default=0)
    by_then = found.incidence[found.incidence["time"] <= horizon].groupby("ending", sort=False).tail(1)
    for row in by_then.to_dict("records"):
        estimates.append(
            replace(
                blank,
                id=f"ended.{row['ending']}.{horizon}y",
                estimand=f"Share of cases {row['ending'].replace('_', ' ')} within {horizon} years of seizure",
                method="Aalen-Johansen cumulative incidence, other endings competing",
                specification=specification,
                estimate=row["incidence"],
                std_error=row["std_error"],
                ci_low=row["ci_low"],
                ci_high=row["ci_high"],
            )
        )
    return estimates


def _hazards(found: Findings, blank: Estimate) -> list[Estimate]:
    if found.speed is None:
        return []
    return [
        replace(
            blank,
            id=f"hazard.{row['term']}",
            estimand=f"Hazard ratio of the end of a prosecution, however it ends: {COVARIATES[row['term']]}",
            method="Cox regression from the day charges were filed, robust errors",
            specification="beside the other covariates, open prosecutions censored",
            estimate=row["hazard_ratio"],
            std_error=row["hazard_ratio"] * row["robust_std_error"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            p_value=row["p_value"],
            unit="hazard ratio",
            n_obs=found.speed.n_obs,
            n_units=found.speed.n_obs,
            null_value=1.0,
        )
        for row in found.speed.table.to_dict("records")
    ]


def _money(found: Findings, blank: Estimate, params: Params) -> list[Estimate]:
    """Cost at both ends of the cost range; each interval is that of the additional convictions."""
    if found.additional is None:
        return []
    estimates = []
    for name, money in zip(("low", "high"), cost_range(), strict=True):
        by_effect = found.costs[found.costs["cost"] == money].set_index("effect")["cost_per_conviction"]
        estimates.append(
            replace(
                blank,
                id=f"cost.{name}",
                estimand="Cost of the programme per additional conviction that goes with its support",
                method="Cost over additional convictions; no upper bound where the interval reaches none",
                specification=f"USD {money / 1e6:g} million over four years, {params.supported_cases:,} supported cases assumed",
                estimate=by_effect["estimate"],
                ci_low=by_effect["high end"],
                ci_high=by_effect["low end"],
                unit="USD per conviction",
                n_obs=found.complete,
                n_units=found.complete,
            )
        )
    return estimates


def _adjusted(estimates: list[Estimate]) -> tuple[Estimate, ...]:
    """Benjamini and Hochberg's adjustment over all that were tested: one question's secondary grid."""
    tested = [place for place, e in enumerate(estimates) if not math.isnan(e.p_value)]
    if tested:
        for place, p in zip(
            tested, multipletests([estimates[i].p_value for i in tested], method="fdr_bh")[1], strict=True
        ):
            estimates[place] = replace(estimates[place], p_adjusted=float(p))
    return tuple(estimates)
