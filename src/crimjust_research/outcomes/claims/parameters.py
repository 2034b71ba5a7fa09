"""Parameters of the audit of claims: which vintage and which measure of deaths they are held against."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.data import catalog
from crimjust_research.outcomes.inputs import AssessmentParams

DEATHS = "overdose_12month"
Measure = Literal["predicted", "reported"]


class Params(AssessmentParams):
    """Parameters of the audit of the source document's claims."""

    vintage: str = Field("latest", description="vintage of CDC's provisional counts of deaths: latest, or a date")
    measure: Measure = Field(
        "predicted", description="deaths as CDC predicts them for when all are investigated, or as reported"
    )

    @model_validator(mode="after")
    def _vintage_is_stored(self) -> Self:
        """Refuse a vintage that is not at hand, before anything is run."""
        catalog.raw().resource(DEATHS, self.vintage)
        return self
