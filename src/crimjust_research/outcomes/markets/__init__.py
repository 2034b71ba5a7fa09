"""Outcome 1: do seizures at the borders of the United States and overdose deaths foretell each other?

Monthly series, both directions. Everything here is about prediction: seizures measure what a service looked for
and found as well as what was trafficked, and nothing was assigned.
"""

from __future__ import annotations

from crimjust_research.designs.series.cointegration import cointegration
from crimjust_research.evidence import plan
from crimjust_research.outcomes.inputs import open_panel_as_of
from crimjust_research.outcomes.markets import causality, description, power, words
from crimjust_research.outcomes.markets.causality import BACKWARD, FORWARD, OUTCOME, QUESTION
from crimjust_research.outcomes.markets.parameters import (
    PANEL,
    Params,
    complete_window,
    log_series,
    monthly_series,
)
from crimjust_research.results import Assessment

__all__ = ["BACKWARD", "FORWARD", "PANEL", "Params", "assess", "complete_window", "log_series", "monthly_series"]

_SEIZURE_SOURCE = "US Customs and Border Protection, nationwide drug seizures"
_DEATH_SOURCE = "CDC WONDER, multiple causes of death, T40.4"
SOURCE = f"{_SEIZURE_SOURCE}; {_DEATH_SOURCE}"


def assess(params: Params) -> Assessment:
    """Description, order of integration, lead and lag, Toda-Yamamoto both ways, and responses over time.

    Raises
    ------
    ParameterError
        If the window is too short for the lags, or holds a month in which nothing was seized (no logarithm).
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.markets import figures

    panel, used = open_panel_as_of(PANEL, params.vintage)
    series = complete_window(monthly_series(panel, params.drug, params.measure), params.start, params.end)
    logs = log_series(series, params.drug)
    orders = causality.integration_orders(logs)
    d_max = max(order.d_max for order in orders)
    tests = causality.both_ways(logs, params, d_max)
    lags = max(test.lags for test in tests.values())
    correlation = causality.cross_correlation(logs, params, d_max)
    responses = causality.responses_over_time(logs, params, lags)
    everything = description.all_logs(panel, params)
    shifts = description.level_shifts(everything)
    profiles = description.seasonal_profiles(description.decompositions(everything))
    curve = power.power_curve(logs, params, tests)
    estimates = (
        *causality.causality_estimates(tests, causality.bootstrap_p_values(logs, tests, params), params),
        *causality.sensitivity_estimates(panel, params),
        *causality.other_drug_estimates(panel, params),
        *causality.correlation_estimates(correlation, params),
        *causality.response_estimates(responses, params),
        *description.shift_estimates(shifts, params),
        *power.power_estimates(curve, params),
    )
    labels = {direction: causality.direction_words(direction, params) for direction in responses}
    return Assessment(
        name="markets",
        outcome=OUTCOME,
        title="Border seizures and overdose deaths",
        question=QUESTION,
        answer=words.answer(params, logs, estimates),
        estimates=estimates,
        checks=words.checks(params, series, orders, tests, cointegration(logs, lags, seasonal=True)),
        figures=(
            figures.series(series, params.drug, params.measure, SOURCE),
            figures.shifts(everything, shifts, SOURCE),
            figures.seasons(profiles, SOURCE),
            figures.lead_lag(correlation, params.drug, params.confidence_level, SOURCE),
            figures.responses(responses, labels, params.confidence_level, SOURCE),
            figures.specifications(estimates, params.confidence_level, SOURCE),
            figures.power(curve, params.confidence_level, SOURCE),
        ),
        tables={
            "monthly_series": series.reset_index(names="month").astype({"month": "str"}),
            "level_shifts": description.break_table(shifts),
            "unit_root_with_break": description.unit_root_with_break(everything),
            "seasonal_profiles": profiles,
            "power_simulated": curve,
        },
        used=used,
        parameters=params.model_dump(),
        departures=plan.load().departures("markets", params.model_dump()),
    )
