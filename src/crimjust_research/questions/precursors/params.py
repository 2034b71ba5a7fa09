"""Parameters of the question of precursors: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.data import catalog
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, HalfYear, Seed, require_window
from crimjust_research.study import StudyParams

# The control whose level is registered, and the first half-year that lies wholly under it.
TESTED, TESTED_START = "UN control of November 2022", "2023H1"
# Half-years of reports that the segmented model needs to tell its terms apart.
FEWEST_HALF_YEARS = 10


class Params(StudyParams):
    """What a person may change in the question of precursors."""

    start: HalfYear = Field(description="first half-year of laboratory reports")
    end: HalfYear = Field(description="last half-year of laboratory reports")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(
        description="countries resampled, and histories exchanged, for the registered rank correlation"
    )
    seed: Seed

    @model_validator(mode="after")
    def _window_reaches_across_the_control(self) -> Self:
        require_window(self.start, self.end, "halfyear_state", "reports_family", "reports_4anpp")
        if not self.start < TESTED_START <= self.end:
            raise ValueError(
                f"the window {self.start} to {self.end} does not reach across the {TESTED}, in force from {TESTED_START}"
            )
        first, last = catalog.processed().coverage("halfyear_state", "reports_family")
        halves = half_years_between(max(self.start, first), min(self.end, last))
        if halves < FEWEST_HALF_YEARS:
            raise ValueError(
                f"{halves} half-years from {self.start} to {self.end} have laboratory reports; at least "
                f"{FEWEST_HALF_YEARS} are needed, and reports are on record from {first} to {last}"
            )
        return self


def half_years_between(first: str, last: str) -> int:
    """How many half-years (2017H1) there are from the first to the last, both counted."""
    (a, b), (c, d) = (map(int, half.split("H")) for half in (first, last))
    return 2 * (c - a) + d - b + 1
