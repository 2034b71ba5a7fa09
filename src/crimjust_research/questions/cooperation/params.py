"""Parameters of the question of the cooperation network: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.data import catalog
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, require_window
from crimjust_research.study import StudyParams

# A tie can be seen to persist or end only if years follow it.
FEWEST_YEARS = 4


class Params(StudyParams):
    """What a person may change in the question of the cooperation network."""

    start: int = Field(description="first year of events")
    end: int = Field(description="last year of events")
    tolerance: int = Field(ge=0, le=3, description="years in a row a pair may go unseen without its tie ending")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="resamples of events")
    seed: Seed

    @model_validator(mode="after")
    def _window_can_show_persistence(self) -> Self:
        require_window(self.start, self.end, "dyad_year", "joint_events")
        first, last = map(int, catalog.processed().coverage("dyad_year", "joint_events"))
        if self.start < first or self.end > last:
            raise ValueError(f"events are on record from {first} to {last}: choose start and end within")
        fewest = FEWEST_YEARS + self.tolerance
        if self.end - self.start + 1 < fewest:
            raise ValueError(
                f"the window {self.start} to {self.end} is too short to see whether ties last: with a tolerance of "
                f"{self.tolerance} it takes at least {fewest} years"
            )
        return self
