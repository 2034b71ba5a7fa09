"""Parameters of the evaluation: types, bounds and a sentence each."""

from typing import Annotated

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel
from crimjust_research.study import StudyParams

# Figures before the framework's baselines are none of progress.
FirstYear = 2021


class Params(StudyParams):
    """What a person may change in the evaluation."""

    year: Annotated[int, Field(ge=FirstYear, le=2100, description="last year whose figures are told")]
    confidence_level: ConfidenceLevel
