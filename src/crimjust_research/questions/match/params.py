"""Parameters of the question of match: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    Month,
    Seed,
    Year,
    coverage,
    require_length,
    require_window,
    unbroken,
)
from crimjust_research.study import StudyParams

# A growth rate needs as many yearly points to leave any doubt about it to be measured.
FEWEST_YEARS = 4


class Params(StudyParams):
    """What a person may change in the question of match."""

    listed_to: Month = Field(description="last month whose events count: later ones were listed after registration")
    start: Year = Field(description="first year of growth")
    end: Year = Field(description="last year of growth")
    margin_low: float = Field(gt=0, lt=1, description="lower limit within which growth counts as alike")
    margin_high: float = Field(gt=1, le=10, description="upper limit within which growth counts as alike")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="shuffles of the countries")
    growth_draws: Draws = Field(description="resamples of events and of countries")
    seed: Seed

    @model_validator(mode="after")
    def _events_are_on_record(self) -> Self:
        first, last = (day[: len(self.listed_to)] for day in coverage("cooperation_events", "date_start"))
        if not first <= self.listed_to <= last:
            raise ValueError(
                f"listed_to = {self.listed_to}: events are on record from {first} to {last}; give a month within"
            )
        if self.listed_to < (whole := f"{self.end}-12"):
            raise ValueError(
                f"end = {self.end}, listed_to = {self.listed_to}: growth takes the events of the whole last year; "
                f"give listed_to of {whole} or later"
            )
        return self

    @model_validator(mode="after")
    def _window_holds_a_trend(self) -> Self:
        # Growth takes a figure of every year: a year without published seizures ends the window.
        spans = unbroken("dyad_year", "joint_events"), unbroken("seizures_country_year", "kilograms")
        both = max(first for first, _ in spans), min(last for _, last in spans)
        require_window(self.start, self.end, both, "both meetings and seizures of every year")
        require_length(self.start, self.end, FEWEST_YEARS, "growth rates")
        return self
