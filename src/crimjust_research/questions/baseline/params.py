"""Parameters of the baseline: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.questions.baseline.measures import MEASURES
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, require_window
from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the baseline of criminal justice in programme countries."""

    start: int = Field(ge=2000, le=2100, description="first year a figure may be of")
    end: int = Field(ge=2000, le=2100, description="last year a figure may be of; the proposal is of December 2021")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="permutations of countries within strata")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        require_window(self.start, self.end, "country_year", *(measure.column for measure in MEASURES))
        return self
