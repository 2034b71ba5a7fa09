"""Which of two monthly series foretells the other: the registered test, its sensitivity, correlations, responses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import pandas as pd
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from crimjust_research.designs.series.causality import (
    CrossCorrelation,
    TodaYamamotoTest,
    prewhitened_cross_correlation,
    toda_yamamoto,
)
from crimjust_research.designs.series.description import IntegrationOrder, integration_order
from crimjust_research.designs.series.local_projections import LocalProjection, local_projection
from crimjust_research.designs.series.simulation import toda_yamamoto_bootstrap
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.markets.parameters import (
    DRUGS,
    Measure,
    Params,
    complete_window,
    log_series,
    monthly_series,
)

OUTCOME = "1"
QUESTION = "Do border seizures and overdose deaths in the United States foretell each other?"
FORWARD, BACKWARD = "seizures_to_deaths", "deaths_to_seizures"
# Level of the tests that choose lags and orders of integration, whatever level intervals are drawn at.
_CHOICE_ALPHA = 0.05


def integration_orders(logs: pd.DataFrame) -> tuple[IntegrationOrder, ...]:
    """ADF and KPSS read together for each column, around a level."""
    return tuple(integration_order(logs[column], trend="c", alpha=_CHOICE_ALPHA) for column in logs)


def pair(logs: pd.DataFrame, direction: str) -> tuple[pd.Series[float], pd.Series[float]]:
    cause, effect = ("seizures", "deaths") if direction == FORWARD else ("deaths", "seizures")
    return logs[cause], logs[effect]


def both_ways(
    logs: pd.DataFrame, params: Params, d_max: int, criterion: Literal["aic", "bic"] = "aic"
) -> dict[str, TodaYamamotoTest]:
    """Toda-Yamamoto with the registered settings, seizures to deaths and deaths to seizures."""
    return {
        name: toda_yamamoto(
            *pair(logs, name),
            max_lag=params.max_lag,
            d_max=d_max,
            seasonal=True,
            trend=params.trend,
            criterion=criterion,
        )
        for name in (FORWARD, BACKWARD)
    }


def bootstrap_p_values(logs: pd.DataFrame, tests: dict[str, TodaYamamotoTest], params: Params) -> dict[str, float]:
    """p-value of each test by resampling residuals under its null."""
    return {
        name: toda_yamamoto_bootstrap(
            *pair(logs, name),
            lags=test.lags,
            d_max=test.d_max,
            draws=params.draws,
            seed=params.seed,
            seasonal=True,
            trend=params.trend,
        ).p_value
        for name, test in tests.items()
    }


def cross_correlation(logs: pd.DataFrame, params: Params, d_max: int) -> CrossCorrelation:
    """Seizures against deaths at every lag up to the one asked for, filtered by the seizures' own dynamics."""
    return prewhitened_cross_correlation(
        logs["seizures"],
        logs["deaths"],
        list(range(-params.correlation_lags, params.correlation_lags + 1)),
        differences=d_max,
        seasonal=True,
        alpha=1 - params.confidence_level,
    )


def responses_over_time(logs: pd.DataFrame, params: Params, lags: int) -> dict[str, LocalProjection]:
    """Local projections of each series on the other's innovations."""
    return {
        name: local_projection(
            *pair(logs, name),
            horizons=params.horizons,
            lags=lags,
            seasonal=True,
            trend=params.trend,
            alpha=1 - params.confidence_level,
        )
        for name in (FORWARD, BACKWARD)
    }


def direction_words(direction: str, params: Params) -> tuple[str, str]:
    seized = f"{params.drug} seized ({params.measure})"
    return (seized, "deaths (T40.4)") if direction == FORWARD else ("deaths (T40.4)", seized)


def _test_estimate(
    test: TodaYamamotoTest, direction: str, params: Params, specification: str, identifier: str
) -> Estimate:
    cause, effect = direction_words(direction, params)
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Predictive content of past {cause} for {effect}",
        method="Toda-Yamamoto, F version",
        specification=specification,
        estimate=test.f,
        unit=f"F({test.lags}, {test.residual_df})",
        n_obs=test.n_obs,
        n_units=1,
        role="sensitivity",
        p_value=test.p_f,
        null_value=math.nan,
    )


def causality_estimates(
    tests: dict[str, TodaYamamotoTest], bootstrap: dict[str, float], params: Params
) -> list[Estimate]:
    """The two primary tests with Holm's adjustment between them, and what stands beside each."""
    adjusted = multipletests([test.p_f for test in tests.values()], method="holm")[1]
    found = []
    for (direction, test), p_holm in zip(tests.items(), adjusted, strict=True):
        settings = f"lag {test.lags}, {test.d_max} added, month effects" + (", trend" if params.trend else "")
        primary = _test_estimate(test, direction, params, settings, f"{direction}.f")
        quantile = float(student.ppf(0.5 + params.confidence_level / 2, test.residual_df))
        found += [
            replace(primary, role="primary", p_adjusted=float(p_holm)),
            replace(
                primary,
                id=f"{direction}.chi2",
                method="Toda-Yamamoto, chi-squared version",
                estimate=test.chi2,
                unit=f"chi-squared({test.lags})",
                p_value=test.p_chi2,
            ),
            replace(
                primary,
                id=f"{direction}.bootstrap",
                method=f"Toda-Yamamoto, residual bootstrap ({params.draws} draws)",
                p_value=bootstrap[direction],
            ),
            replace(
                primary,
                id=f"{direction}.sum",
                estimand=f"{primary.estimand}: sum of the {test.lags} tested coefficients",
                method="Lag-augmented vector autoregression",
                estimate=test.effect_of_past,
                std_error=test.effect_of_past_std_error,
                ci_low=test.effect_of_past - quantile * test.effect_of_past_std_error,
                ci_high=test.effect_of_past + quantile * test.effect_of_past_std_error,
                ci_level=params.confidence_level,
                p_value=2
                * float(student.sf(abs(test.effect_of_past / test.effect_of_past_std_error), test.residual_df)),
                unit="log points per log point",
                role="secondary",
                null_value=0.0,
            ),
        ]
    return found


def sensitivity_estimates(panel: pd.DataFrame, params: Params) -> list[Estimate]:
    """The same two tests under each registered departure; departures the window has no data for are left out."""
    other: Measure = "events" if params.measure == "kilograms" else "kilograms"
    variants: dict[str, tuple[Params, Literal["aic", "bic"]]] = {
        f"measured in {other}": (_with(params, measure=other), "aic"),
        "without linear trend" if params.trend else "with linear trend": (_with(params, trend=not params.trend), "aic"),
        "lag by BIC": (params, "bic"),
        **{
            f"to December {year}": (_with(params, end=f"{year}-12"), "aic")
            for year in (2022, 2023)
            if params.start < f"{year - 2}-12" and f"{year}-12" < params.end
        },
    }
    found = []
    for label, (varied, criterion) in variants.items():
        window = complete_window(monthly_series(panel, varied.drug, varied.measure), varied.start, varied.end)
        logs = log_series(window, varied.drug)
        d_max = max(order.d_max for order in integration_orders(logs))
        slug = label.lower().replace(" ", "_")
        for direction, test in both_ways(logs, varied, d_max, criterion).items():
            settings = f"{label}: lag {test.lags}, {test.d_max} added"
            found.append(_test_estimate(test, direction, varied, settings, f"{direction}.{slug}"))
    return found


def other_drug_estimates(panel: pd.DataFrame, params: Params) -> list[Estimate]:
    """The same two tests for the other drugs: a grid, explored, so adjusted by Benjamini-Hochberg."""
    found = []
    for drug in (other for other in DRUGS if other != params.drug):
        varied = _with(params, drug=drug)
        window = complete_window(monthly_series(panel, drug, params.measure), params.start, params.end)
        logs = log_series(window, drug)
        d_max = max(order.d_max for order in integration_orders(logs))
        for direction, test in both_ways(logs, varied, d_max).items():
            settings = f"{drug}: lag {test.lags}, {test.d_max} added, month effects"
            estimate = _test_estimate(test, direction, varied, settings, f"{direction}.{drug}")
            found.append(replace(estimate, role="secondary"))
    adjusted = multipletests([e.p_value for e in found], method="fdr_bh")[1]
    return [replace(e, p_adjusted=float(p)) for e, p in zip(found, adjusted, strict=True)]


def _with(params: Params, **changes: object) -> Params:
    return Params(**{**params.model_dump(), **changes})


def correlation_estimates(correlation: CrossCorrelation, params: Params) -> list[Estimate]:
    return [
        Estimate(
            id=f"cross_correlation.lag_{row['lag']:+d}",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Correlation of {params.drug} seized in a month with deaths {row['lag']:+d} months later",
            method="Prewhitened cross-correlation",
            specification=f"filtered by AR({correlation.ar_order}) of seizures, month effects removed",
            estimate=row["correlation"],
            unit="correlation",
            n_obs=row["n_pairs"],
            n_units=1,
            role="secondary",
            std_error=row["std_error"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            ci_level=params.confidence_level,
            p_value=row["p_value"],
            p_adjusted=row["p_holm"],
        )
        for row in correlation.table.to_dict("records")
    ]


def response_estimates(responses: dict[str, LocalProjection], params: Params) -> list[Estimate]:
    found = []
    for direction, response in responses.items():
        cause, effect = direction_words(direction, params)
        found += [
            Estimate(
                id=f"{direction}.response_{row['horizon']}",
                outcome=OUTCOME,
                question=QUESTION,
                estimand=f"Response of log {effect} {row['horizon']} months after an unforeseen log unit of {cause}",
                method="Local projection, lag-augmented",
                specification=f"{response.lags} lags of both, month effects; p adjusted over all horizons (sup-t)",
                estimate=row["estimate"],
                unit="log points per log point",
                n_obs=row["n_obs"],
                n_units=1,
                role="secondary",
                std_error=row["std_error"],
                ci_low=row["ci_low"],
                ci_high=row["ci_high"],
                ci_level=params.confidence_level,
                p_value=row["p_value"],
                p_adjusted=row["p_joint"],
            )
            for row in response.table.to_dict("records")
        ]
    return found
