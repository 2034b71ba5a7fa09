"""Parameters of the question of markets: types, bounds and a sentence each, and the columns they choose."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Month, Seed, Vintage, require_window
from crimjust_research.study import StudyParams

Drug = Literal["fentanyl", "methamphetamine", "cocaine", "heroin"]
Measure = Literal["kilograms", "events"]
DRUGS: tuple[Drug, ...] = get_args(Drug)

PANEL = "monthly_national"
DEATHS = "deaths_t40_4"


def seized(drug: str, measure: str) -> str:
    """The column of seizures of a drug by that measure."""
    return {"kilograms": f"seized_kg_{drug}", "events": f"seizure_events_{drug}"}[measure]


class Params(StudyParams):
    """What a person may change in the question of markets."""

    drug: Drug = Field(description="drug whose seizures are compared with deaths")
    measure: Measure = Field(description="weight seized, or number of seizures")
    start: Month = Field(description="first month")
    end: Month = Field(description="last month")
    max_lag: int = Field(ge=1, le=12, description="longest lag tried, in months")
    horizons: int = Field(ge=1, le=24, description="months ahead that responses are followed")
    correlation_lags: int = Field(ge=1, le=12, description="cross-correlations are taken at every lag up to this one")
    trend: bool = Field(description="whether the tests add a linear trend to the constant and the month effects")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="resamples of the residual bootstrap")
    seed: Seed
    vintage: Vintage = Field(description="latest, or the date as of which releases of the figures are used")

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        require_window(self.start, self.end, PANEL, seized(self.drug, self.measure), DEATHS)
        return self
