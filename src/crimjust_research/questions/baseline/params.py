"""Parameters of the baseline: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.questions.baseline.measures import MEASURES
from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    Seed,
    Year,
    coverage,
    require_length,
    require_window,
)
from crimjust_research.study import StudyParams

# Not every publisher has figures of every year: the Rule of Law Index has none of 2018.
FEWEST_YEARS = 2


class Params(StudyParams):
    """What a person may change in the baseline of criminal justice in programme countries."""

    start: Year = Field(description="first year a figure may be of")
    end: Year = Field(description="last year a figure may be of; the proposal is of December 2021")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="shuffles of countries within strata")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        spans = {measure.column: coverage("country_year", measure.column) for measure in MEASURES}
        # Every measure has to begin where the window does, or an answer would claim years it has no figures of.
        whole = max(first for first, _ in spans.values()), max(last for _, last in spans.values())
        require_window(self.start, self.end, whole, "figures")
        for column, (first, last) in spans.items():
            if self.start > int(last):
                raise ValueError(
                    f"start = {self.start}, end = {self.end}: {column} is on record from {first} to {last}; "
                    "give a window that holds some of these years"
                )
        require_length(self.start, self.end, FEWEST_YEARS, "measures that are not of every year")
        return self
