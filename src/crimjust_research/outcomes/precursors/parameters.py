"""Parameters of the assessment of precursor controls and precursor seizures."""

from __future__ import annotations

from typing import Annotated, Self

import pandas as pd
from pydantic import Field, model_validator

from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, open_panel

HalfYear = Annotated[str, Field(pattern=r"^\d{4}H[12]$", description="a half-year written YYYYH1 or YYYYH2")]

TESTED, TESTED_START = "UN control of November 2022", "2023H1"
STATE_PANEL = "halfyear_state"
COUNTRY_PANEL = "seizures_country_year"
# Half-years before the first control's term and after the last one's that the segmented model needs to tell them apart.
_FEWEST_HALF_YEARS = 10


class Params(AssessmentParams):
    """Parameters of the assessment of precursor controls and precursor seizures."""

    start: HalfYear = Field("2017H1", description="first half-year of laboratory reports")
    end: HalfYear = Field("2024H2", description="last half-year of laboratory reports")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(4999, ge=99, le=99_999, description="bootstrap and permutation draws")
    seed: int = Field(20211212, ge=0, description="seed of bootstrap and permutation")

    @model_validator(mode="after")
    def _window_holds_data(self) -> Self:
        """Refuse a window that is empty or too short, before anything is run."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        if not self.start < TESTED_START <= self.end:
            raise ValueError(
                f"the window {self.start} to {self.end} does not reach across the {TESTED}, in force from {TESTED_START}"
            )
        reports_window(open_panel(STATE_PANEL)[0], self.start, self.end)
        return self


def reports_window(panel: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """State half-years from `start` to `end` with any fentanyl-family report, and a second-half-year marker.

    Raises
    ------
    ParameterError
        If fewer half-years than the model needs have reports.
    """
    chosen = panel[panel["half_year"].between(start, end) & (panel["reports_family"].fillna(0) > 0)]
    halves = chosen["half_year"].nunique()
    if halves < _FEWEST_HALF_YEARS:
        span = f"{panel['half_year'].min()} to {panel['half_year'].max()}"
        raise ParameterError(
            f"{halves} half-years from {start} to {end} have laboratory reports; at least {_FEWEST_HALF_YEARS} are "
            f"needed, and reports are on record from {span}"
        )
    second_half = chosen["half_year"].str.endswith("H2").astype("float64")
    return chosen.assign(second_half=second_half).reset_index(drop=True)
