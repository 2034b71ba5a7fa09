"""Parameters of the question of the cooperation network: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

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

# A tie can be seen to persist or end only if years follow it.
FEWEST_YEARS = 4


class Params(StudyParams):
    """What a person may change in the question of the cooperation network."""

    start: Year = Field(description="first year of events")
    end: Year = Field(description="last year of events")
    tolerance: int = Field(ge=0, le=3, description="years in a row a pair may go unseen without its tie ending")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="resamples of events")
    seed: Seed

    @model_validator(mode="after")
    def _window_can_show_persistence(self) -> Self:
        require_window(self.start, self.end, coverage("dyad_year", "joint_events"), "public events")
        require_length(
            self.start,
            self.end,
            FEWEST_YEARS + self.tolerance,
            f"ties that may go unseen for {self.tolerance} (tolerance), to see whether they last,",
        )
        return self
