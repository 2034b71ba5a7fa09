"""Parameters of the question of precursors: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    HalfYear,
    Seed,
    coverage,
    require_length,
    require_window,
)
from crimjust_research.study import StudyParams

# The control whose level is registered, and the first half-year that lies wholly under it.
TESTED, TESTED_START = "UN control of November 2022", "2023H1"
# A departure leaves out 2020, which would leave this half-year alone before it.
ALONE = "2019H2"
# Half-years of reports that the segmented model needs to tell its terms apart.
FEWEST_HALF_YEARS = 10


class Params(StudyParams):
    """What a person may change in the question of precursors."""

    start: HalfYear = Field(description="first half-year of laboratory reports")
    end: HalfYear = Field(description="last half-year of laboratory reports")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(
        description="draws of the signs of countries' scores, and of countries, for the rank correlation"
    )
    seed: Seed

    @model_validator(mode="after")
    def _window_reaches_across_the_control(self) -> Self:
        reported = coverage("halfyear_state", "reports_family", "reports_4anpp")
        require_window(self.start, self.end, reported, "laboratory reports")
        if not self.start < TESTED_START <= self.end:
            raise ValueError(
                f"start = {self.start}, end = {self.end}: the window does not reach across the {TESTED}, in force from "
                f"{TESTED_START}; give start before that and end no earlier"
            )
        if self.start == ALONE:
            raise ValueError(
                f"start = {ALONE}: a departure leaves out 2020, and one half-year before it says nothing of the trend; "
                "give start no later than 2019H1, or no earlier than 2020H1"
            )
        require_length(self.start, self.end, FEWEST_HALF_YEARS, "terms of the segmented model")
        return self
