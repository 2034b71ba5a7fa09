"""Parameters of the assessment of monthly seizures and deaths, and the two series they select."""

from __future__ import annotations

from typing import Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, Month, Vintage, open_panel_as_of

Drug = Literal["fentanyl", "methamphetamine", "cocaine", "heroin"]
Measure = Literal["kilograms", "events"]
DRUGS: tuple[Drug, ...] = get_args(Drug)

PANEL = "monthly_national"
_MEASURE_COLUMN = {"kilograms": "seized_kg_{drug}", "events": "seizure_events_{drug}"}
_DEATHS_COLUMN = "deaths_t40_4"


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
    vintage: Vintage = Field("latest", description="latest, or the date as of which releases of the figures are used")

    @model_validator(mode="after")
    def _window_holds_data(self) -> Self:
        """Refuse a window that is empty or holds no complete month, before anything is run."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        complete_window(
            monthly_series(open_panel_as_of(PANEL, self.vintage)[0], self.drug, self.measure), self.start, self.end
        )
        return self


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
