"""Parameters of the assessment of whether cooperation matches trafficking."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel

EVENTS_PANEL = "cooperation_events"
DYADS_PANEL = "dyad_year"
ROUTES_PANEL = "routes_year"
SEIZURES_PANEL = "seizures_country_year"
COUNTRIES_PANEL = "countries"
# A growth rate needs as many yearly points to leave any doubt about it to be measured.
_FEWEST_YEARS = 4


class Params(AssessmentParams):
    """Parameters of the assessment of whether cooperation matches trafficking."""

    start: int = Field(2018, ge=2018, le=2022, description="first year of growth")
    end: int = Field(2022, ge=2018, le=2022, description="last year of growth")
    margin_low: float = Field(0.8, gt=0, lt=1, description="lower limit within which growth counts as alike")
    margin_high: float = Field(1.25, gt=1, le=10, description="upper limit within which growth counts as alike")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(9999, ge=99, le=99_999, description="permutations of the countries")
    growth_draws: int = Field(4999, ge=99, le=99_999, description="resamples of events and of countries")
    seed: int = Field(20211212, ge=0, description="seed of permutations and resamples")

    @model_validator(mode="after")
    def _window_holds_a_trend(self) -> Self:
        """Refuse a window too short for a growth rate, before anything is run."""
        if self.end - self.start + 1 < _FEWEST_YEARS:
            raise ValueError(
                f"the window {self.start} to {self.end} is too short: a growth rate needs at least {_FEWEST_YEARS} years, "
                "and seizures after the gap of 2017 are published for 2018 to 2022"
            )
        return self
