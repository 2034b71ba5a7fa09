"""What the registered test could have found: its power against effects of stated size, on series like the observed ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.series.causality import TodaYamamotoTest
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.simulation import toda_yamamoto_rejection_rate
from crimjust_research.designs.series.vector_autoregression import lagged_design, least_squares
from crimjust_research.questions.markets.params import Params
from crimjust_research.questions.markets.steps import DIRECTIONS, named
from crimjust_research.questions.simulated_power import SAMPLES, SMALLEST_EFFECT, least_found

# Standard deviations of the effect's own innovations by which one of the cause's moves it a month later.
STRENGTHS = (0.0, 0.1, 0.2, 0.3, SMALLEST_EFFECT, 0.75)


def power_curve(
    logs: pd.DataFrame, p: Params, tests: dict[str, TodaYamamotoTest], samples: int = SAMPLES
) -> pd.DataFrame:
    """Share of simulated samples in which the whole procedure rejects, by direction and size of the effect.

    Each series is simulated from its own autoregression, fitted to the data without the other series, with the
    observed correlation within a month; the cause then adds its effect to the next month. Lags are chosen and residuals
    tested anew in every sample; the number of lags added is the one of the observed series.

    Returns
    -------
    DataFrame: direction, cause, effect, label, strength (standard deviations of the effect's innovations), elasticity
    (log points per log point, a month later), power, std_error (Monte Carlo), samples, n_obs (months).
    """
    coefficients, covariance = independent_autoregressions(logs, max(test.lags for test in tests.values()))
    spread = np.sqrt(np.diag(covariance))
    rows = []
    for direction, test in tests.items():
        # The simulated test asks whether variable 0 foretells variable 1.
        order = [list(logs).index(column) for column in DIRECTIONS[direction]]
        cause, effect = order
        own = coefficients[np.ix_(range(len(coefficients)), order, order)]
        for strength in STRENGTHS:
            truth = own.copy()
            truth[0, 1, 0] = elasticity = strength * spread[effect] / spread[cause]
            rate = toda_yamamoto_rejection_rate(
                len(logs),
                truth,
                n_sim=samples,
                seed=p.seed,
                max_lag=p.max_lag,
                d_max=test.d_max,
                covariance=covariance[np.ix_(order, order)],
                seasonal=True,
                trend=p.trend,
                alpha=1 - p.confidence_level,
            )
            found = {"strength": strength, "elasticity": elasticity, "power": rate.f, "std_error": rate.f_std_error}
            rows.append(named(direction, p) | found | {"samples": samples, "n_obs": len(logs)})
    return pd.DataFrame(rows)


def least_found_by_direction(curve: pd.DataFrame) -> dict[str, float]:
    """The least elasticity tried that is found, by direction; missing if none is."""
    return {str(name): least_found(part, "elasticity") for name, part in curve.groupby("direction", sort=False)}


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
