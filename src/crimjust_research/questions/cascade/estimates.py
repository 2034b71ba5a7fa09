"""What the estimates of the cascade are called. Rows bring what the texts name in braces; {p.data_status} is the parameters'."""

import math

from crimjust_research.study import Kind

WHOLE_WAY = "seizure_to_conviction"
# All odds and hazard ratios of a run are adjusted together.
_EXPLORED = "what goes with passing and with speed"

_CASES: Kind = {"data_status": "{p.data_status}", "unit": "probability", "null_value": math.nan}
_PASSING: Kind = {
    **_CASES,
    "specification": "maturity {maturity_years:g} years, {immature} recent cases not counted",
    "take": {"estimate": "probability", "n_obs": "mature", "n_units": "mature"},
}
_TIME: Kind = {**_CASES, "specification": "all cases, open ones censored on their as_of"}

ESTIMATES: dict[str, Kind] = {
    "stage": {
        **_PASSING,
        "id": "pass.{following}",
        "estimand": "Share of cases that pass from {stage} to {following} within the maturity",
        "method": "Share of mature cases, Wilson interval",
    },
    "whole_way": {
        **_PASSING,
        "id": f"pass.{WHOLE_WAY}",
        "estimand": "Share of seizures that come to a conviction, each stage passed within the maturity",
        "method": "Product of stages",
    },
    "odds": {
        **_CASES,
        "id": "odds.{following}.{term}",
        "estimand": "Odds ratio of passing to {following}: {label}",
        "method": "Continuation-ratio logit, robust errors",
        "specification": "maturity {maturity_years:g} years, beside the other covariates",
        "unit": "odds ratio",
        "null_value": 1.0,
        "grid": _EXPLORED,
    },
    "additional": {
        **_CASES,
        "id": "additional.{covariate}",
        "estimand": "Difference in the share of seizures that come to a conviction, supported less not supported",
        "method": "Mean over cases of the product of stage probabilities from the logits",
        "specification": "interval from {draws} draws of the coefficients",
        "null_value": 0.0,
        "take": {"estimate": "difference"},
    },
    "median": {
        **_TIME,
        "id": "median_years",
        "estimand": "Years from seizure after which half of the cases have ended",
        "method": "Kaplan-Meier",
        "unit": "years",
        "take": {"estimate": "median", "ci_low": "median_low", "ci_high": "median_high", "n_obs": "n", "n_units": "n"},
    },
    "open": {
        **_TIME,
        "id": "open.{time}y",
        "estimand": "Share of cases still open {years} after seizure",
        "method": "Kaplan-Meier",
        "take": {"estimate": "survival"},
    },
    "ended": {
        **_TIME,
        "id": "ended.{id}.{horizon}y",
        "estimand": "Share of cases {ending} within {years} of seizure",
        "method": "Aalen-Johansen cumulative incidence, other endings competing",
        "take": {"estimate": "incidence"},
    },
    "hazard": {
        **_CASES,
        "id": "hazard.{term}",
        "estimand": "Hazard ratio of the end of a prosecution, however it ends: {label}",
        "method": "Cox regression from the day charges were filed, robust errors",
        "specification": "beside the other covariates, open prosecutions censored",
        "unit": "hazard ratio",
        "null_value": 1.0,
        "grid": _EXPLORED,
    },
    "cost": {
        **_CASES,
        "id": "cost.{name}",
        "estimand": "Cost of the programme per additional conviction that goes with its support",
        "method": "Cost over additional convictions; no upper bound where the interval reaches none",
        "specification": "USD {millions:g} million over four years, {supported_cases:,} supported cases assumed",
        "unit": "USD per conviction",
        "take": {"ci_low": "high end", "ci_high": "low end"},
    },
}
