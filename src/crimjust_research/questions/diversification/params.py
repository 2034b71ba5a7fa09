"""Parameters of the question of diversification: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import ConfidenceLevel, Seed, Year, coverage, require_length, require_window
from crimjust_research.study import StudyParams

PANEL = "seizures_country_year"
# A country's own trend takes four years with reports, and of one year nothing may be published.
FEWEST_YEARS = 5


class Params(StudyParams):
    """What a person may change in the question of diversification."""

    start: Year = Field(description="first year")
    end: Year = Field(description="last year")
    order: Literal[0, 1, 2] = Field(
        description="order of the Hill number: 0 counts kinds, 1 common kinds, 2 dominant kinds"
    )
    fewest_kinds: int = Field(ge=2, le=15, description="kinds of drug a country must report over its years")
    confidence_level: ConfidenceLevel
    draws: int = Field(ge=50, le=9999, description="bootstrap draws for diversity at equal coverage")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        require_window(self.start, self.end, coverage(PANEL, "kilograms"), "seizures")
        require_length(self.start, self.end, FEWEST_YEARS, "trends of single countries, where one year is unpublished,")
        return self
