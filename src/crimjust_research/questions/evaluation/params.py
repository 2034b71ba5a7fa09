"""Parameters of the evaluation: types, bounds and a sentence each."""

from typing import Annotated

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel
from crimjust_research.study import StudyParams

# The framework's baselines are of 2021: a year later something can have changed.
FIRST_YEAR = 2022


class Params(StudyParams):
    """What a person may change in the evaluation."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=2100, description="last year whose figures are told")]
    confidence_level: ConfidenceLevel
