"""What the main test could have found: its power against effects of stated size, on series like the observed ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.series.causality import TodaYamamotoTest
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.simulation import toda_yamamoto_rejection_rate
from crimjust_research.designs.series.vector_autoregression import lagged_design, least_squares
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.markets.causality import FORWARD, OUTCOME, QUESTION
from crimjust_research.outcomes.markets.parameters import Params

SAMPLES = 500
# The plan's smallest effect of interest, in the units of `_STRENGTHS`.
SMALLEST_EFFECT = 0.5
# Standard deviations of the effect's own innovations by which one of the cause's moves it a month later.
_STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75)


def power_curve(logs: pd.DataFrame, params: Params, tests: dict[str, TodaYamamotoTest]) -> pd.DataFrame:
    """Share of simulated samples in which the whole procedure rejects, by direction and size of the effect.

    Each series is simulated from its own autoregression, fitted to the data without the other series, with the
    observed correlation within a month; the cause then adds its effect to the next month. Lags are chosen and
    residuals tested anew in every sample; the number of lags added is the one of the observed series.

    Returns
    -------
    DataFrame: direction, strength (in standard deviations of the innovations), elasticity (log points per log
    point, one month later), power, std_error (Monte Carlo), samples.
    """
    coefficients, covariance = independent_autoregressions(logs, max(test.lags for test in tests.values()))
    spread = np.sqrt(np.diag(covariance))
    rows = []
    for direction, test in tests.items():
        order = [0, 1] if direction == FORWARD else [1, 0]
        for strength in _STRENGTHS:
            truth = coefficients[np.ix_(range(len(coefficients)), order, order)].copy()
            elasticity = strength * spread[order[1]] / spread[order[0]]
            truth[0, 1, 0] = elasticity
            rate = toda_yamamoto_rejection_rate(
                len(logs),
                truth,
                n_sim=SAMPLES,
                seed=params.seed,
                max_lag=params.max_lag,
                d_max=test.d_max,
                covariance=covariance[np.ix_(order, order)],
                seasonal=True,
                trend=params.trend,
                alpha=1 - params.confidence_level,
            )
            rows.append((direction, strength, elasticity, rate.f, rate.f_std_error, SAMPLES))
    return pd.DataFrame(rows, columns=["direction", "strength", "elasticity", "power", "std_error", "samples"])


def power_estimates(curve: pd.DataFrame, params: Params) -> list[Estimate]:
    """Power of each direction's test against the smallest effect of interest."""
    chosen = curve[curve["strength"] == SMALLEST_EFFECT]
    return [
        Estimate(
            id=f"{row['direction']}.power",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Power of the registered test against an elasticity of {number(row['elasticity'], 2)}",
            method="Simulation of the whole procedure",
            specification=f"{row['samples']} SIMULATED samples from the series' own dynamics; effect of "
            f"{SMALLEST_EFFECT:g} standard deviations",
            estimate=row["power"],
            std_error=row["std_error"],
            unit="share of samples",
            n_obs=row["samples"],
            n_units=1,
            role="secondary",
            null_value=1 - params.confidence_level,
            data_status="simulated",
        )
        for row in chosen.to_dict("records")
    ]


def independent_autoregressions(logs: pd.DataFrame, lags: int) -> tuple[FloatArray, FloatArray]:
    """Coefficients (lags, 2, 2), diagonal, of each column's own autoregression with month effects, and the residuals'
    covariance (2, 2)."""
    terms = deterministic_terms(logs.index, seasonal=True).to_numpy()
    coefficients = np.zeros((lags, logs.shape[1], logs.shape[1]))
    residuals = []
    for position, column in enumerate(logs):
        fit = least_squares(*lagged_design(logs[[column]].to_numpy(), lags, terms))
        coefficients[:, position, position] = fit.coefficients[:lags, 0]
        residuals.append(fit.residuals[:, 0])
    return coefficients, np.cov(np.array(residuals))
