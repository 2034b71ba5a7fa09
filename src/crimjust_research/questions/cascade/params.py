"""Parameters of the question of the cascade: types, bounds and a sentence each. The file of cases is read in the notebook."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from crimjust_research import project
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed
from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the question of the cascade."""

    cases_file: str = Field(
        description="file of case records with the columns of data/templates/cases.csv; empty: SIMULATED cases"
    )
    maturity_years: float = Field(
        gt=0, le=20, description="years a case is given to pass each stage; later entries are not counted yet"
    )
    supported_cases: int = Field(
        ge=1,
        le=1_000_000,
        description="cases the programme supports over the period costed: an assumption, none is published",
    )
    simulated_cases: int = Field(ge=500, le=100_000, description="how many cases are simulated, if they are")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="draws for the interval of additional convictions")
    seed: Seed

    @field_validator("cases_file")
    @classmethod
    def _same_file_from_anywhere(cls, given: str) -> str:
        """The file's path from the checkout, or in full outside it: a kernel works in another folder than a person."""
        found = next((path for path in (project.root() / given, Path(given)) if path.is_file()), None)
        if found is None:
            return given
        whole, home = found.resolve(), project.root().resolve()
        return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)

    @property
    def simulated(self) -> bool:
        return not self.cases_file

    @property
    def data_status(self) -> str:
        return "simulated" if self.simulated else "observed"

    @property
    def cases(self) -> str:
        """What titles, captions and sentences call the cases."""
        return "SIMULATED cases" if self.simulated else "cases"

    @property
    def mark(self) -> str:
        """What names of figures and tables end in."""
        return "_simulated" if self.simulated else ""
