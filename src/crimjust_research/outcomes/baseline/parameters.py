"""Parameters of the baseline: the window figures are taken from, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, open_panel

PANEL = "country_year"
_PER_100_000 = "per 100,000 residents"


@dataclass(frozen=True)
class Measure:
    """Something measured by country and year."""

    id: str
    column: str
    label: str
    unit: str
    std_error: str | None = None
    """Column of the publisher's standard error."""
    per_head: bool = False
    """Whether the column is a count to be divided by residents."""


SCORES = (
    Measure("investigation", "wjp_8_1", "Effective investigation (8.1)", "score points, 0 to 1"),
    Measure("adjudication", "wjp_8_2", "Timely, effective adjudication (8.2)", "score points, 0 to 1"),
    Measure("impartiality", "wjp_8_4", "Impartial (8.4)", "score points, 0 to 1"),
    Measure("corruption", "wjp_8_5", "Free of corruption (8.5)", "score points, 0 to 1"),
    Measure("influence", "wjp_8_6", "Free of government influence (8.6)", "score points, 0 to 1"),
    Measure("due_process", "wjp_8_7", "Due process (8.7)", "score points, 0 to 1"),
)
GOVERNANCE = (
    Measure("rule_of_law", "rule_of_law", "Rule of law (WGI)", "WGI units", "rule_of_law_std_error"),
    Measure(
        "control_of_corruption",
        "control_of_corruption",
        "Control of corruption (WGI)",
        "WGI units",
        "control_of_corruption_std_error",
    ),
)
RECORDS = (
    Measure("persons_held", "persons_held_trafficking", "Held for drug trafficking (CTS)", _PER_100_000, per_head=True),
    Measure(
        "laundering_offences",
        "money_laundering_offences",
        "Money-laundering offences (CTS)",
        _PER_100_000,
        per_head=True,
    ),
)
MEASURES = (*SCORES, *GOVERNANCE, *RECORDS)


class Params(AssessmentParams):
    """Parameters of the baseline of criminal justice in programme countries."""

    start: int = Field(2018, ge=2000, le=2024, description="first year a figure may be of")
    end: int = Field(
        2021, ge=2000, le=2024, description="last year a figure may be of; the proposal is of December 2021"
    )
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(4999, ge=99, le=99_999, description="permutations of countries within strata")
    seed: int = Field(20211212, ge=0, description="seed of the permutations")

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        """Refuse a window that is empty or in which a measure has no figure, before anything is run."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        panel = open_panel(PANEL)[0]
        chosen = panel[panel["year"].between(self.start, self.end)]
        if missing := [m for m in MEASURES if chosen[m.column].notna().sum() == 0]:
            years = panel.loc[panel[missing[0].column].notna(), "year"]
            raise ParameterError(
                f"no country has a figure for {', '.join(m.label for m in missing)} from {self.start} to {self.end}; "
                f"{missing[0].label} is on record from {years.min()} to {years.max()}"
            )
        return self
