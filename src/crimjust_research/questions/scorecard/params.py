"""Parameters of the scorecard: types, bounds and a sentence each."""

from typing import Literal

from pydantic import Field

from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the scorecard."""

    size: Literal["half", "margin", "double"] = Field(
        description="size against which questions are graded: half the margin of the plan, the margin, or double"
    )
