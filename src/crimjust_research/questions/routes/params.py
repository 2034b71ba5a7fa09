"""Parameters of the question of routes: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research import document
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, Year, coverage, require_window
from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the question of routes."""

    start: Year = Field(description="first year of seizures")
    end: Year = Field(description="last year of seizures")
    min_cases: int = Field(
        ge=1, le=1_000_000, description="cases between two countries that a drug needs to be compared"
    )
    states: int = Field(ge=1, le=260, description="States that could be precursor sources, no fewer than the Majors")
    most_sources: int = Field(ge=1, le=260, description="longest list of precursor sources considered, in States")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="random tables of the registered test")
    sensitivity_draws: Draws = Field(description="draws of every other test, and resamples of countries")
    seed: Seed

    @model_validator(mode="after")
    def _window_holds_cases_and_lists_fit(self) -> Self:
        require_window(self.start, self.end, coverage("routes_year", "cases"), "seizure cases with routes")
        majors, sources = len(document.load().majors_iso3), stated_sources()
        if self.states < majors:
            raise ValueError(f"states = {self.states}: there are {majors} Majors alone, so choose {majors} or more")
        if not sources <= self.most_sources <= self.states:
            raise ValueError(
                f"states = {self.states}, most_sources = {self.most_sources}: choose most_sources from the {sources} "
                f"sources the document counts to the {self.states} States there are"
            )
        return self


def stated_sources() -> int:
    """How many of the proposed countries the document counts among the major sources of precursors."""
    quantity = document.load().precursor_sources.quantity
    assert quantity is not None
    return int(quantity.low)
