"""Parameters of the question of States: types, bounds and a sentence each."""

from __future__ import annotations

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed
from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the question of States."""

    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="draws of the wild bootstrap by State")
    seed: Seed
