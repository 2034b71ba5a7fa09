"""Parameters of the question of the cascade: types, bounds and a sentence each. Files are read in the notebook."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, SuppliedFile
from crimjust_research.study import StudyParams

# Seizures of SIMULATED cases fall on so many years, at the end of which the records are drawn.
SIMULATED_YEARS = 10.0
# So many years before that, some of however few SIMULATED cases have entered every stage.
LONGEST_MATURITY = 8.0


class Params(StudyParams):
    """What a person may change in the question of the cascade."""

    cases_file: SuppliedFile = Field(
        description="file of case records with the columns of data/templates/cases.csv; empty: SIMULATED cases"
    )
    defendants_file: SuppliedFile = Field(
        description="file of the defendants of these cases with the columns of data/templates/defendants.csv; empty: none, "
        "or SIMULATED ones of SIMULATED cases"
    )
    maturity_years: float = Field(
        gt=0, le=20, description="years a case is given to pass each stage; later entries are not counted yet"
    )
    simulated_cases: int = Field(ge=500, le=100_000, description="how many cases are simulated, if they are")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="draws for the interval of additional convictions")
    seed: Seed

    @model_validator(mode="after")
    def _defendants_are_of_cases(self) -> Self:
        if self.defendants_file and self.simulated:
            raise ValueError(
                "defendants_file: defendants are of cases; name the file of these cases too, as cases_file"
            )
        return self

    @model_validator(mode="after")
    def _simulated_cases_can_mature(self) -> Self:
        if self.simulated and self.maturity_years > LONGEST_MATURITY:
            raise ValueError(
                f"maturity_years = {self.maturity_years:g}: SIMULATED cases are followed for {SIMULATED_YEARS:g} years, and "
                f"too few would be old enough at every stage; give no more than {LONGEST_MATURITY:g}"
            )
        return self

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
    def defendants(self) -> str:
        """What titles, captions and sentences call the defendants."""
        return "SIMULATED defendants" if self.simulated else "defendants"

    @property
    def mark(self) -> str:
        """What names of figures and tables end in."""
        return "_simulated" if self.simulated else ""
