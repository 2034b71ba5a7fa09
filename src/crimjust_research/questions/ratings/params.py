"""Parameters of the question of ratings: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed
from crimjust_research.study import StudyParams

Dating = Literal["earliest", "documented", "latest"]


class Params(StudyParams):
    """What a person may change in the question of ratings."""

    dating: Dating = Field(description="date of joining: the documented, earliest or latest possible one")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="shuffles of who joined, and when, within regions")
    seed: Seed
