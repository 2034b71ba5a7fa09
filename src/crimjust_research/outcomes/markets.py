"""Outcome 1: do seizures at the borders of the United States and overdose deaths foretell each other?

Monthly series, both directions. Everything here is about prediction: seizures measure what a service looked for
and found as well as what was trafficked, and nothing was assigned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.stats import t as student

from crimjust_research import plan
from crimjust_research.designs.local_projections import LocalProjection, local_projection
from crimjust_research.designs.simulation import toda_yamamoto_bootstrap
from crimjust_research.designs.time_series import (
    CrossCorrelation,
    IntegrationOrder,
    TodaYamamotoTest,
    integration_order,
    prewhitened_cross_correlation,
    toda_yamamoto,
)
from crimjust_research.errors import ParameterError
from crimjust_research.figures import Figure
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, Month, open_panel
from crimjust_research.results import Assessment, Check, Estimate, number, p_text, refer

Drug = Literal["fentanyl", "methamphetamine", "cocaine", "heroin"]
Measure = Literal["kilograms", "events"]

PANEL = "monthly_national"
OUTCOME = "1"
QUESTION = "Do border seizures and overdose deaths in the United States foretell each other?"
FORWARD, BACKWARD = "seizures_to_deaths", "deaths_to_seizures"
_MEASURE_COLUMN = {"kilograms": "seized_kg_{drug}", "events": "seizure_events_{drug}"}
_DEATHS_COLUMN = "deaths_t40_4"
_SEIZURE_SOURCE = "US Customs and Border Protection, nationwide drug seizures"
_DEATH_SOURCE = "CDC WONDER, multiple causes of death, T40.4"
SOURCE = f"{_SEIZURE_SOURCE}; {_DEATH_SOURCE}"


class Params(AssessmentParams):
    """Parameters of the assessment of monthly seizures and deaths."""

    drug: Drug = Field("fentanyl", description="drug whose seizures are compared with deaths")
    measure: Measure = Field("kilograms", description="weight seized, or number of seizure events")
    start: Month = Field("2018-10", description="first month")
    end: Month = Field("2024-12", description="last month")
    max_lag: int = Field(6, ge=1, le=12, description="longest lag tried, in months")
    horizons: int = Field(12, ge=1, le=24, description="months ahead that responses are followed")
    correlation_lags: int = Field(
        6, ge=1, le=12, description="cross-correlations are taken at every lag up to this one"
    )
    trend: bool = Field(False, description="add a linear trend to the constant and the month effects")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(1999, ge=99, le=99_999, description="bootstrap draws")
    seed: int = Field(20211212, ge=0, description="seed of the bootstrap")

    @model_validator(mode="after")
    def _window_holds_data(self) -> Self:
        """Refuse a window that is empty or holds no complete month, before anything is run."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        complete_window(monthly_series(open_panel(PANEL)[0], self.drug, self.measure), self.start, self.end)
        return self


def assess(params: Params) -> Assessment:
    """Description, order of integration, lead and lag, Toda-Yamamoto both ways, and responses over time.

    Raises
    ------
    ParameterError
        If the window is too short for the lags, or holds a month in which nothing was seized (no logarithm).
    """
    panel, used = open_panel(PANEL)
    series = complete_window(monthly_series(panel, params.drug, params.measure), params.start, params.end)
    logs = log_series(series, params.drug)
    alpha = 1 - params.confidence_level
    orders = tuple(integration_order(logs[column], trend="c", alpha=0.05) for column in logs)
    d_max = max(order.d_max for order in orders)
    tests = both_ways(logs, params, d_max)
    bootstrap = {
        name: toda_yamamoto_bootstrap(
            *_pair(logs, name),
            lags=test.lags,
            d_max=d_max,
            draws=params.draws,
            seed=params.seed,
            seasonal=True,
            trend=params.trend,
        ).p_value
        for name, test in tests.items()
    }
    correlation = prewhitened_cross_correlation(
        logs["seizures"],
        logs["deaths"],
        list(range(-params.correlation_lags, params.correlation_lags + 1)),
        differences=d_max,
        seasonal=True,
        alpha=alpha,
    )
    lags = max(test.lags for test in tests.values())
    responses = {
        name: local_projection(
            *_pair(logs, name), horizons=params.horizons, lags=lags, seasonal=True, trend=params.trend, alpha=alpha
        )
        for name in (FORWARD, BACKWARD)
    }
    estimates = (
        *_causality_estimates(tests, bootstrap, params),
        *sensitivity_estimates(panel, params),
        *_correlation_estimates(correlation, params),
        *_response_estimates(responses, params),
    )
    return Assessment(
        name="markets",
        outcome=OUTCOME,
        title="Border seizures and overdose deaths",
        question=QUESTION,
        answer=_answer(params, logs, estimates),
        estimates=estimates,
        checks=_checks(params, series, orders, tests),
        figures=_figures(params, series, correlation, responses, estimates),
        tables={
            "monthly_series": series.reset_index(names="month").astype({"month": "str"}),
            "lag_choice": tests[FORWARD].lag_path,
        },
        used=(used,),
        parameters=params.model_dump(),
        departures=plan.load().departures("markets", params.model_dump()),
    )


# --- Series -----------------------------------------------------------------------------------------------------


def monthly_series(panel: pd.DataFrame, drug: str, measure: str) -> pd.DataFrame:
    """Columns seizures (kg or events) and deaths (T40.4) by month (PeriodIndex), missing where unpublished."""
    columns = {_MEASURE_COLUMN[measure].format(drug=drug): "seizures", _DEATHS_COLUMN: "deaths"}
    months = pd.PeriodIndex(panel["month"], freq="M")
    return panel[list(columns)].rename(columns=columns).astype("float64").set_index(months)


def complete_window(series: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """The months from `start` to `end` on which both series are published.

    Raises
    ------
    ParameterError
        If there is none, or published months are interrupted by missing ones.
    """
    complete = series.dropna()
    if complete.empty:
        raise ParameterError("the two series share no month at all; choose another drug or measure")
    span = f"{complete.index[0]} to {complete.index[-1]}"
    chosen = complete.loc[start:end]
    if chosen.empty:
        raise ParameterError(
            f"no month from {start} to {end} has both series; both are published from {span}: choose months within"
        )
    gaps = series.loc[chosen.index[0] : chosen.index[-1]].index.difference(chosen.index)
    if len(gaps):
        raise ParameterError(
            f"months without a figure lie inside the window: {', '.join(map(str, gaps))}; choose a window beside them"
        )
    return chosen


def log_series(series: pd.DataFrame, drug: str) -> pd.DataFrame:
    """Natural logarithms of both columns.

    Raises
    ------
    ParameterError
        If a month has a zero, which has no logarithm.
    """

    zero = series.index[(series <= 0).any(axis=1)]
    if len(zero):
        raise ParameterError(
            f"no {drug} was seized (or no death recorded) in {', '.join(map(str, zero))}; a month of zero has no "
            "logarithm: choose a window without it"
        )
    logs: pd.DataFrame = series.apply(np.log)
    return logs


def _pair(logs: pd.DataFrame, direction: str) -> tuple[pd.Series[float], pd.Series[float]]:
    cause, effect = ("seizures", "deaths") if direction == FORWARD else ("deaths", "seizures")
    return logs[cause], logs[effect]


# --- Tests ------------------------------------------------------------------------------------------------------


def both_ways(
    logs: pd.DataFrame, params: Params, d_max: int, criterion: Literal["aic", "bic"] = "aic"
) -> dict[str, TodaYamamotoTest]:
    """Toda-Yamamoto with the registered settings, seizures to deaths and deaths to seizures."""
    return {
        name: toda_yamamoto(
            *_pair(logs, name),
            max_lag=params.max_lag,
            d_max=d_max,
            seasonal=True,
            trend=params.trend,
            criterion=criterion,
        )
        for name in (FORWARD, BACKWARD)
    }


def _direction_words(direction: str, params: Params) -> tuple[str, str]:
    seized = f"{params.drug} seized ({params.measure})"
    return (seized, "deaths (T40.4)") if direction == FORWARD else ("deaths (T40.4)", seized)


def _test_estimate(
    test: TodaYamamotoTest, direction: str, params: Params, specification: str, identifier: str
) -> Estimate:
    cause, effect = _direction_words(direction, params)
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
    )


def _causality_estimates(
    tests: dict[str, TodaYamamotoTest], bootstrap: dict[str, float], params: Params
) -> list[Estimate]:
    """The two primary tests with Holm's adjustment between them, and what stands beside each."""
    from statsmodels.stats.multitest import multipletests

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
        d_max = max(integration_order(logs[column], trend="c", alpha=0.05).d_max for column in logs)
        slug = label.lower().replace(" ", "_")
        for direction, test in both_ways(logs, varied, d_max, criterion).items():
            settings = f"{label}: lag {test.lags}, {test.d_max} added"
            found.append(_test_estimate(test, direction, varied, settings, f"{direction}.{slug}"))
    return found


def _with(params: Params, **changes: object) -> Params:
    return Params(**{**params.model_dump(), **changes})


def _correlation_estimates(correlation: CrossCorrelation, params: Params) -> list[Estimate]:
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


def _response_estimates(responses: dict[str, LocalProjection], params: Params) -> list[Estimate]:
    found = []
    for direction, response in responses.items():
        cause, effect = _direction_words(direction, params)
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


# --- Words ------------------------------------------------------------------------------------------------------


def _answer(params: Params, logs: pd.DataFrame, estimates: tuple[Estimate, ...]) -> str:
    primary = {e.id: e for e in estimates if e.role == "primary"}
    measured = "the weight of" if params.measure == "kilograms" else "the number of seizures of"

    def clause(direction: str, cause: str, effect: str) -> str:
        e = primary[f"{direction}.f"]
        found = e.p_adjusted < 1 - params.confidence_level
        verb = "improves" if found else "does not detectably improve"
        numbers = f"{e.unit} = {number(e.estimate)}, p = {p_text(e.p_value)}, adjusted p = {p_text(e.p_adjusted)}"
        return f"{cause} {verb} the forecast of {effect} ({refer(numbers.replace('p = <', 'p <'), e.id)})"

    seized = f"{measured} {params.drug} seized at the borders of the United States"
    return (
        f"Over the {len(logs)} months from {logs.index[0]} to {logs.index[-1]}, knowing "
        + clause(FORWARD, f"{seized} in the months before", "deaths that involve synthetic opioids")
        + "; knowing "
        + clause(BACKWARD, "deaths in the months before", f"{seized}")
        + ". These are statements about prediction: they do not say that one brings about the other."
    )


def _checks(
    params: Params,
    series: pd.DataFrame,
    orders: tuple[IntegrationOrder, ...],
    tests: dict[str, TodaYamamotoTest],
) -> tuple[Check, ...]:
    asked = len(pd.period_range(params.start, params.end, freq="M"))
    window = Check(
        "Window",
        None,
        f"{len(series)} of the {asked} months asked for have both series; none was filled.",
        pd.DataFrame(
            {"first_month": [str(series.index[0])], "last_month": [str(series.index[-1])], "months": [len(series)]}
        ),
    )
    integration = Check(
        "Order of integration",
        all(order.settled for order in orders),
        "ADF and KPSS, read together, "
        + " and ".join(f"take {order.d_max} for the order of integration of {order.name}" for order in orders)
        + "; the larger is the number of lags added.",
        pd.concat([order.table.assign(series=order.name) for order in orders], ignore_index=True),
    )
    test = tests[FORWARD]
    residuals = Check(
        "Residual autocorrelation",
        test.residuals_white,
        f"With {test.lags} lags the system's residuals "
        + ("show no autocorrelation" if test.residuals_white else "remain autocorrelated")
        + " (multivariate Breusch-Godfrey test, four lags, 5 %).",
        test.lag_path,
    )
    stability = Check(
        "Stability",
        test.largest_root < 1.05,
        f"The largest root of the augmented system is {number(test.largest_root)}; well above one it would explode.",
        pd.DataFrame({"largest_root": [test.largest_root], "lags": [test.lags], "lags_added": [test.d_max]}),
    )
    overlap = Check(
        "Twelve-month totals avoided",
        None,
        "Deaths are counted by month of death. CDC's provisional dashboard gives totals over twelve months, whose "
        "overlap would put correlation between neighbouring months that no market made.",
        pd.DataFrame({"series": ["deaths"], "unit": ["deaths in the month"]}),
    )
    return window, integration, residuals, stability, overlap


def _figures(
    params: Params,
    series: pd.DataFrame,
    correlation: CrossCorrelation,
    responses: dict[str, LocalProjection],
    estimates: tuple[Estimate, ...],
) -> tuple[Figure, ...]:
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes import markets_figures

    labels = {direction: _direction_words(direction, params) for direction in responses}
    return (
        markets_figures.series(series, params.drug, params.measure, SOURCE),
        markets_figures.lead_lag(correlation, params.drug, params.confidence_level, SOURCE),
        markets_figures.responses(responses, labels, params.confidence_level, SOURCE),
        markets_figures.specifications(estimates, params.confidence_level, SOURCE),
    )
