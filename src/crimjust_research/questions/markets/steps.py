"""Steps of the notebook on markets: the registered test both ways, its departures, and rows for estimates."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd

from crimjust_research.designs.fit import inference
from crimjust_research.designs.series.causality import TodaYamamotoTest, toda_yamamoto
from crimjust_research.designs.series.description import IntegrationOrder, integration_order
from crimjust_research.designs.series.local_projections import LocalProjection
from crimjust_research.designs.series.simulation import toda_yamamoto_bootstrap
from crimjust_research.designs.series.vector_autoregression import Criterion
from crimjust_research.errors import ParameterError
from crimjust_research.questions.markets.params import DRUGS, Params
from crimjust_research.questions.markets.series import label, logs_of

FORWARD, BACKWARD = "seizures_to_deaths", "deaths_to_seizures"
# Columns of cause and effect of each direction.
DIRECTIONS = {FORWARD: ("seizures", "deaths"), BACKWARD: ("deaths", "seizures")}
# Level of the tests that choose orders of integration, whatever level intervals are drawn at.
CHOICE_LEVEL = 0.05
# Ends of the window that the plan names as departures.
EARLIER_ENDS = ("2022-12", "2023-12")


def pair(logs: pd.DataFrame, direction: str) -> tuple[pd.Series[float], pd.Series[float]]:
    """Cause and effect of a direction."""
    cause, effect = DIRECTIONS[direction]
    return logs[cause], logs[effect]


def named(direction: str, p: Params) -> dict[str, str]:
    """Direction, cause and effect in words, as texts of estimates and panels of charts call them."""
    words = {"seizures": label(p.drug, p.measure), "deaths": label("deaths")}
    cause, effect = (words[column] for column in DIRECTIONS[direction])
    return {"direction": direction, "cause": cause, "effect": effect, "label": f"From {cause} to {effect}"}


def deterministic_words(p: Params) -> str:
    """What the equations hold beside lags and a constant."""
    return "month effects, trend" if p.trend else "month effects"


def orders_of_integration(logs: pd.DataFrame) -> dict[str, IntegrationOrder]:
    """ADF and KPSS read together for each column, around a level."""
    return {str(name): integration_order(logs[name], alpha=CHOICE_LEVEL) for name in logs}


def both_ways(logs: pd.DataFrame, p: Params, criterion: Criterion = "aic") -> dict[str, TodaYamamotoTest]:
    """Toda and Yamamoto's test in each direction, the larger order of integration as the number of lags added."""
    d_max = max(order.d_max for order in orders_of_integration(logs).values())
    return {
        direction: toda_yamamoto(
            *pair(logs, direction),
            max_lag=p.max_lag,
            d_max=d_max,
            seasonal=True,
            trend=p.trend,
            criterion=criterion,
        )
        for direction in DIRECTIONS
    }


def as_rows(tests: dict[str, TodaYamamotoTest], p: Params, departure: str = "") -> pd.DataFrame:
    """A row for each direction: F and its p, the chi-squared version, and the settings in words after a departure."""
    before = f"{departure}: " if departure else ""
    rows = [
        named(direction, p)
        | {"estimate": test.f, "p_value": test.p_f, "chi2": test.chi2, "p_chi2": test.p_chi2}
        | {"lags": test.lags, "df": test.residual_df, "n_obs": test.n_obs, "drug": p.drug}
        | {"settings": f"{before}lag {test.lags}, {test.d_max} added, {deterministic_words(p)}"}
        | {"words": departure or "registered", "slug": departure.lower().replace(" ", "_")}
        for direction, test in tests.items()
    ]
    return pd.DataFrame(rows)


def sum_rows(tests: dict[str, TodaYamamotoTest], p: Params) -> pd.DataFrame:
    """A row for each direction: the sum of the tested coefficients with Student's interval and p."""
    rows = as_rows(tests, p)
    sums, errors, df = (
        rows["direction"].map({d: getattr(test, name) for d, test in tests.items()}).to_numpy("float64")
        for name in ("effect_of_past", "effect_of_past_std_error", "residual_df")
    )
    return rows.assign(**inference(sums, errors, 1 - p.confidence_level, df))


def bootstrap_p_values(logs: pd.DataFrame, tests: dict[str, TodaYamamotoTest], p: Params) -> list[float]:
    """p of each test by resampling residuals under its null."""
    return [
        toda_yamamoto_bootstrap(
            *pair(logs, direction),
            lags=test.lags,
            d_max=test.d_max,
            draws=p.draws,
            seed=p.seed,
            seasonal=True,
            trend=p.trend,
        ).p_value
        for direction, test in tests.items()
    ]


def response_rows(projections: dict[str, LocalProjection], p: Params) -> pd.DataFrame:
    """Responses of both directions by horizon as rows, with the lags each projection held constant."""
    rows = [
        fit.table.assign(**named(direction, p), lags=fit.lags, terms=deterministic_words(p))
        for direction, fit in projections.items()
    ]
    return pd.concat(rows, ignore_index=True)


def departures(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The test both ways under each registered departure, a row each; earlier ends that leave too few months for it are
    left out."""
    other = "events" if p.measure == "kilograms" else "kilograms"
    changes: dict[str, dict[str, Any]] = {
        f"measured in {other}": {"measure": other},
        f"{'without' if p.trend else 'with'} linear trend": {"trend": not p.trend},
        "lag by BIC": {},
    }
    tested = [
        _tested(panel, p.model_copy(update=change), departure, "bic" if departure == "lag by BIC" else "aic")
        for departure, change in changes.items()
    ]
    for end in EARLIER_ENDS:
        if p.start < end < p.end:
            with suppress(ParameterError):
                tested.append(_tested(panel, p.model_copy(update={"end": end}), f"to December {end[:4]}"))
    return pd.concat(tested, ignore_index=True)


def other_drugs(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The test both ways for each drug but the one asked about, a row each."""
    others = [drug for drug in DRUGS if drug != p.drug]
    return pd.concat([_tested(panel, p.model_copy(update={"drug": drug}), drug) for drug in others], ignore_index=True)


def _tested(panel: pd.DataFrame, p: Params, departure: str, criterion: Criterion = "aic") -> pd.DataFrame:
    return as_rows(both_ways(logs_of(panel, p), p, criterion), p, departure)
