"""Parameters of the evaluation: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from crimjust_research.questions.evaluation.whole_years import last_whole_year
from crimjust_research.questions.parameters import ConfidenceLevel, coverage
from crimjust_research.study import StudyParams

# The framework's baselines are of 2021: a year later something can have changed.
FIRST_YEAR = 2022
# Whose figures come before those of other indicators: scores and reviews of each year, seizures of each month.
_NEWEST = (
    ("country_year", "wjp_8_1"),
    ("organized_crime_edition", "cocaine"),
    ("reviews", "year"),
    ("monthly_national", "seized_kg_fentanyl"),
)


class Params(StudyParams):
    """What a person may change in the evaluation."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=2100, description="last year whose figures are told")]
    confidence_level: ConfidenceLevel

    @model_validator(mode="after")
    def _some_indicator_is_that_new(self) -> Self:
        if self.year > (newest := newest_year()):
            raise ValueError(
                f"year = {self.year}: indicators are on record to {newest}; give year no later than {newest}"
            )
        return self


def newest_year() -> int:
    """The last whole year of which an indicator has a figure."""
    return max(last_whole_year(coverage(panel, column)[1]) for panel, column in _NEWEST)
