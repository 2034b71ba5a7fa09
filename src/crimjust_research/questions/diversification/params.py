"""Parameters of the question of diversification: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.data import catalog
from crimjust_research.questions.parameters import ConfidenceLevel, Seed, require_window
from crimjust_research.study import StudyParams

PANEL = "seizures_country_year"


class Params(StudyParams):
    """What a person may change in the question of diversification."""

    start: int = Field(ge=1900, le=2100, description="first year")
    end: int = Field(ge=1900, le=2100, description="last year")
    order: Literal[0, 1, 2] = Field(
        description="order of the Hill number: 0 counts kinds, 1 common kinds, 2 dominant kinds"
    )
    fewest_kinds: int = Field(ge=2, le=15, description="kinds of drug a country must report over its years")
    confidence_level: ConfidenceLevel
    draws: int = Field(ge=50, le=9999, description="bootstrap draws for diversity at equal coverage")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        require_window(self.start, self.end, PANEL, "kilograms")
        first, last = catalog.processed().coverage(PANEL, "kilograms")
        for name, year in (("start", self.start), ("end", self.end)):
            if not int(first) <= year <= int(last):
                raise ValueError(
                    f"{name} {year} lies outside the figures, which run from {first} to {last}: choose within"
                )
        return self
