"""Parameters of the question of joining: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, Year, coverage, require_window
from crimjust_research.study import StudyParams

Dating = Literal["earliest", "documented", "latest"]
Control = Literal["not_yet_treated", "never_treated", "all_regions"]


class Params(StudyParams):
    """What a person may change in the question of joining."""

    dating: Dating = Field(description="year of joining: the documented, earliest or latest possible one")
    control: Control = Field(
        description="countries compared with: not yet or never joined, of the joined countries' regions; those that "
        "never entered in any way only; or not yet or never joined, of all regions"
    )
    start: Year = Field(description="first year of scores")
    end: Year = Field(description="last year of scores")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="random reassignments of the dates of joining")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_scores(self) -> Self:
        require_window(self.start, self.end, coverage("country_year", "wjp_8_1", "wjp_8_2"), "scores")
        return self
