"""Parameters of the assessment of joining, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, open_panel

Dating = Literal["earliest", "documented", "latest"]
Control = Literal["not_yet_treated", "never_treated", "all_regions"]

COUNTRY_PANEL = "country_year"
SEIZURE_PANEL = "seizures_country_year"


@dataclass(frozen=True)
class Measure:
    """Something measured by country and year: its column, what it is called in text, and its unit."""

    id: str
    column: str
    label: str
    unit: str


PRIMARY = (
    Measure("investigation", "wjp_8_1", "effectiveness of criminal investigation (WJP 8.1)", "score points, 0 to 1"),
    Measure(
        "adjudication",
        "wjp_8_2",
        "timeliness and effectiveness of criminal adjudication (WJP 8.2)",
        "score points, 0 to 1",
    ),
)
SECONDARY = (
    Measure("rule_of_law", "rule_of_law", "rule of law (WGI)", "WGI units (standard normal)"),
    Measure(
        "control_of_corruption", "control_of_corruption", "control of corruption (WGI)", "WGI units (standard normal)"
    ),
    Measure("cocaine_seizures", "log_cocaine_kg", "log kilograms of cocaine seized", "log points"),
)


class Params(AssessmentParams):
    """Parameters of the assessment of joining CRIMJUST."""

    dating: Dating = Field("documented", description="year of joining: the documented, earliest or latest possible one")
    control: Control = Field(
        "not_yet_treated",
        description="countries compared with: not yet or never joined, of the joined countries' regions; those that "
        "never entered in any way only; or not yet or never joined, of all regions",
    )
    start: int = Field(2014, ge=2014, le=2023, description="first year")
    end: int = Field(2023, ge=2014, le=2024, description="last year")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(4999, ge=99, le=99_999, description="random reassignments of the dates of joining")
    seed: int = Field(20211212, ge=0, description="seed of every random draw")

    @model_validator(mode="after")
    def _window_holds_a_comparison(self) -> Self:
        """Refuse a window that is empty, or in which no country is seen both before and after it joined."""
        from crimjust_research.outcomes.joining.comparison import Specification, comparison

        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        panel = open_panel(COUNTRY_PANEL)[0]
        for measure in PRIMARY:
            comparison(panel, measure.column, Specification(self.dating, self.control), self.start, self.end)
        return self
