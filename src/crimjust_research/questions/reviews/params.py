"""Parameters of the question of reviews: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel, Seed, SuppliedFile
from crimjust_research.study import StudyParams

Indicator = Literal["rule_of_law", "control_of_corruption"]


class Params(StudyParams):
    """What a person may change in the question of reviews."""

    covariate: Indicator = Field(description="indicator of governance, in the year of the first executive summary")
    counts_file: SuppliedFile = Field(
        description="counts of gaps by State and article, in the columns of data/templates/review_gaps.csv; empty: "
        "SIMULATED counts"
    )
    readings_file: SuppliedFile = Field(
        description="readings of challenges by other coders, in the columns of data/templates/challenge_readings.csv; "
        "empty: this project's reading alone"
    )
    confidence_level: ConfidenceLevel
    draws: int = Field(ge=20, le=9999, description="draws of the indicator from its standard error")
    seed: Seed

    @property
    def indicator(self) -> str:
        """The indicator as sentences name it."""
        return in_words(self.covariate)


def in_words(name: str) -> str:
    """An indicator as sentences name it: "rule of law"."""
    return name.replace("_", " ")
