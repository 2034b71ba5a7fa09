"""Parameters of the assessment of cases from seizure to conviction."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from crimjust_research import project
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel

OUTCOME = "2"
QUESTION = (
    "How many seizures lead to an investigation, a prosecution and a conviction, after how long, and at what cost?"
)


class Params(AssessmentParams):
    """Parameters of the assessment of cases from seizure to conviction."""

    cases_file: str = Field(
        "", description="file of case records with the columns of data/templates/cases.csv; empty: SIMULATED cases"
    )
    maturity_years: float = Field(
        2.5, gt=0, le=20, description="years a case is given to pass each step; later entries are not counted yet"
    )
    supported_cases: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        description="cases the programme's four years support: an assumption, none is published",
    )
    simulated_cases: int = Field(2000, ge=500, le=100_000, description="how many cases are simulated, if they are")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(4000, ge=99, le=99_999, description="draws for the interval of additional convictions")
    seed: int = Field(20211212, ge=0, description="seed of draws and of simulated cases")

    @field_validator("cases_file")
    @classmethod
    def _same_file_from_anywhere(cls, given: str) -> str:
        """The file's path from the checkout, or in full outside it: a kernel works in another folder than a person."""
        found = next((p for p in (project.root() / given, Path(given)) if p.is_file()), None)
        if found is None:
            return given
        whole, home = found.resolve(), project.root().resolve()
        return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)

    @model_validator(mode="after")
    def _records_can_be_used(self) -> Self:
        """Refuse a file with faults, or without a case old enough, before anything is run."""
        if self.cases_file:
            # Imported here because statistics are not needed to check parameters without such a file.
            from crimjust_research.outcomes.cascade.cases import supplied_cases

            supplied_cases(self)
        return self
