"""Parameters of the question of assistance: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, SuppliedFile
from crimjust_research.study import StudyParams

Regions = Literal["members", "m49"]
Dating = Literal["published", "document", "ever"]


class Params(StudyParams):
    """What a person may change in the question of assistance."""

    regions: Regions = Field(
        description="what a platform's region means in States: the members UNODC names, or the United Nations' sub-regions (M49)"
    )
    dating: Dating = Field(
        description="from when a State is reached: the published date or the document's, 2021 for all, or from the start on"
    )
    summaries_file: SuppliedFile = Field(
        description="executive summaries coded by challenge and need, in the columns of "
        "data/templates/coded_summaries.csv; empty: the form alone"
    )
    simulate_coding: bool = Field(
        description="show what coded summaries would say, on SIMULATED ones, if no file is named"
    )
    assistance_file: SuppliedFile = Field(
        description="assistance piece by piece, in the columns of data/templates/assistance.csv; empty: none"
    )
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="shuffles of who was reached, and when, within regions")
    samples: int = Field(ge=99, le=9999, description="SIMULATED samples of the real States for the power of each test")
    seed: Seed

    @property
    def alpha(self) -> float:
        return 1 - self.confidence_level

    @property
    def simulated(self) -> bool:
        """Whether the coded summaries are SIMULATED."""
        return self.simulate_coding and not self.summaries_file

    @property
    def data_status(self) -> str:
        """Of what coded summaries say."""
        return "simulated" if self.simulated else "observed"

    @property
    def mark(self) -> str:
        """What names of figures and tables of SIMULATED summaries end in."""
        return "_simulated" if self.simulated else ""

    @property
    def made(self) -> str:
        """What stands before whatever is counted in summaries: a word where they are SIMULATED."""
        return "SIMULATED " if self.simulated else ""

    @property
    def coding(self) -> str:
        """What was coded, in titles."""
        return f"{self.made}executive summaries"
