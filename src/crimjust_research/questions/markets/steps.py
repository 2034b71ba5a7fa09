"""Steps of the notebook on markets: the registered test both ways, what it says of the long run, and rows for estimates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.fit import inference
from crimjust_research.designs.ratios import FiellerSet, Ratio
from crimjust_research.designs.series.causality import TodaYamamotoTest, toda_yamamoto
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.description import IntegrationOrder, integration_order
from crimjust_research.designs.series.local_projections import LocalProjection
from crimjust_research.designs.series.long_run import long_run_without
from crimjust_research.designs.series.vector_autoregression import Criterion
from crimjust_research.numbers import number
from crimjust_research.questions.markets.params import Params
from crimjust_research.questions.markets.series import label

FORWARD, BACKWARD = "seizures_to_deaths", "deaths_to_seizures"
# Columns of cause and effect of each direction.
DIRECTIONS = {FORWARD: ("seizures", "deaths"), BACKWARD: ("deaths", "seizures")}
# The negative control of each, as the plan calls it.
CONTROLS = {FORWARD: "cannabis_foretells_deaths", BACKWARD: "deaths_foretell_cannabis"}
# Level of the tests that choose orders of integration, whatever level intervals are drawn at.
CHOICE_LEVEL = 0.05
# Of the intervals without one calendar year, from which the rule of grades reads equivalence.
LEFT_OUT_LEVEL = 0.90


def pair(logs: pd.DataFrame, direction: str) -> tuple[pd.Series[float], pd.Series[float]]:
    """Cause and effect of a direction."""
    cause, effect = DIRECTIONS[direction]
    return logs[cause], logs[effect]


def ends(logs: pd.DataFrame, direction: str) -> dict[str, int]:
    """Which columns are cause and effect of a direction."""
    cause, effect = (list(logs).index(column) for column in DIRECTIONS[direction])
    return {"cause": cause, "effect": effect}


def named(direction: str, p: Params, seizures: str = "") -> dict[str, str]:
    """Direction, cause and effect in words, as texts of estimates and panels of charts call them.

    `seizures` is the drug seized, if not that of the parameters.
    """
    words = {"seizures": label(seizures or p.drug, p), "deaths": label("deaths", p)}
    cause, effect = (words[column] for column in DIRECTIONS[direction])
    return {"direction": direction, "cause": cause, "effect": effect, "label": f"From {cause} to {effect}"}


def deterministic_words(p: Params) -> str:
    """What the equations hold beside lags and a constant."""
    return "month effects, trend" if p.trend else "month effects"


def terms_of(logs: pd.DataFrame, p: Params) -> np.ndarray:
    """(months, terms) constant, month effects and, if the parameters say so, a trend."""
    return deterministic_terms(logs.index, seasonal=True, trend=p.trend).to_numpy()


def orders_of_integration(logs: pd.DataFrame) -> dict[str, IntegrationOrder]:
    """ADF and KPSS read together for each column, around a level."""
    return {str(name): integration_order(logs[name], alpha=CHOICE_LEVEL) for name in logs}


def both_ways(
    logs: pd.DataFrame, p: Params, criterion: Criterion = "aic", further: np.ndarray | None = None
) -> dict[str, TodaYamamotoTest]:
    """Toda and Yamamoto's test in each direction, the larger order of integration as the number of lags added."""
    d_max = max(order.d_max for order in orders_of_integration(logs).values())
    return {
        direction: toda_yamamoto(
            *pair(logs, direction),
            max_lag=p.max_lag,
            d_max=d_max,
            seasonal=True,
            trend=p.trend,
            further=further,
            criterion=criterion,
        )
        for direction in DIRECTIONS
    }


def long_run(ratio: Ratio, level: float) -> dict[str, Any]:
    """Estimate, Fieller's set of that level as an interval and in words, and p of a long-run elasticity."""
    found = ratio.fieller(1 - level)
    return {
        "estimate": float(ratio.estimate),
        "ci_low": found.low,
        "ci_high": found.high,
        "ci_level": level,
        "p_value": float(ratio.p_value()),
        "interval": in_words(found),
        "sum": float(ratio.numerator),
        "own": float(ratio.denominator),
    }


def in_words(found: FiellerSet) -> str:
    """What a set of elasticities that are not rejected looks like."""
    if found.gap is not None:
        return f"every elasticity but those from {' to '.join(number(end, 2) for end in found.gap)}"
    if math.isinf(found.low):
        return "every elasticity"
    return f"{number(found.low, 2)} to {number(found.high, 2)}"


def settings(test: TodaYamamotoTest, p: Params, departure: str = "") -> str:
    """What a test was made with, in words, after a departure."""
    before = f"{departure}: " if departure else ""
    return f"{before}lag {test.lags}, {test.d_max} added, {deterministic_words(p)}"


def registered_rows(tests: dict[str, TodaYamamotoTest], p: Params, seizures: str = "") -> pd.DataFrame:
    """A row for each direction: the long-run elasticity, its set, and what the test was made with; see `named`."""
    rows = [
        named(direction, p, seizures)
        | long_run(test.long_run, p.confidence_level)
        | {"lags": test.lags, "added": test.d_max, "df": test.residual_df, "n_obs": test.n_obs}
        | {"settings": settings(test, p)}
        for direction, test in tests.items()
    ]
    return pd.DataFrame(rows)


def sum_rows(tests: dict[str, TodaYamamotoTest], p: Params) -> pd.DataFrame:
    """A row for each direction: the sum of the tested coefficients with Student's interval and p."""
    rows = registered_rows(tests, p).drop(columns=["estimate", "ci_low", "ci_high", "ci_level", "p_value"])
    sums = np.array([test.effect_of_past for test in tests.values()])
    errors = np.array([test.effect_of_past_std_error for test in tests.values()])
    return rows.assign(**inference(sums, errors, 1 - p.confidence_level, rows["df"].to_numpy("float64")))


def without_years(logs: pd.DataFrame, tests: dict[str, TodaYamamotoTest], p: Params) -> pd.DataFrame:
    """The elasticity of both directions without each calendar year as outcome, at the registered lags: a row each."""
    rows = []
    for direction, test in tests.items():
        years = pd.PeriodIndex(logs.index).year
        for year in sorted(set(years[test.lags + test.d_max :])):
            ratio, n_obs = long_run_without(
                logs.to_numpy(),
                terms_of(logs, p),
                test.lags,
                test.d_max,
                **ends(logs, direction),
                left_out=np.asarray(years == year),
            )
            found = named(direction, p) | long_run(ratio, LEFT_OUT_LEVEL)
            rows.append(found | {"year": int(year), "n_obs": n_obs})
    return pd.DataFrame(rows)


def equivalence(ratio: Ratio, sizes: dict[str, float]) -> dict[str, float]:
    """The larger p of the two one-sided tests within each size."""
    return {name: float(ratio.equivalence_p(size)) for name, size in sizes.items()}


def response_rows(projections: dict[str, LocalProjection], p: Params) -> pd.DataFrame:
    """Responses of both directions by horizon as rows, with the lags each projection held constant."""
    rows = [
        fit.table.assign(**named(direction, p), lags=fit.lags, terms=deterministic_words(p))
        for direction, fit in projections.items()
    ]
    return pd.concat(rows, ignore_index=True)
