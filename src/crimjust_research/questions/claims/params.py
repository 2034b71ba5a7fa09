"""Parameters of the audit of claims: which vintage and which measure of deaths they are held against."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from crimjust_research.data import catalog
from crimjust_research.errors import DataError
from crimjust_research.questions.parameters import SuppliedFile, Vintage
from crimjust_research.study import StudyParams

DEATHS = "overdose_12month"
Measure = Literal["predicted", "reported"]


class Params(StudyParams):
    """What a person may change in the audit of claims."""

    vintage: Vintage = Field(description="vintage of CDC's provisional counts of deaths: latest, or a date")
    measure: Measure = Field(description="deaths as CDC predicts them for when all are investigated, or as reported")
    precursor_sources_file: SuppliedFile = Field(
        description="all countries that the State Department's report lists as major sources of precursor chemicals, in the "
        "columns of data/templates/precursor_sources.csv; empty: the two claims on them cannot be checked"
    )

    @field_validator("vintage")
    @classmethod
    def _vintage_is_stored(cls, given: str) -> str:
        try:
            catalog.raw().resource(DEATHS, given)
        except DataError as error:
            raise ValueError(f"{error}; give one of these") from error
        return given
