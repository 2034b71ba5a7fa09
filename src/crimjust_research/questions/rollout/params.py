"""Parameters of the question of the roll-out: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, SuppliedFile, in_form
from crimjust_research.study import StudyParams

PROGRAMME_YEARS = 4
"""Years over which the document costs both components; a test holds that it says so."""


def _path(text: str) -> str:
    """The effect by year since the start, as text.

    Raises
    ------
    ValueError
        If it is not a list of numbers, all are zero, or it has more years than the programme.
    """
    try:
        steps = [float(part) for part in text.encode("ascii").split(b",")]
    except ValueError:
        raise ValueError(
            "it should be numbers parted by commas, one for each year since the start, such as 0, 0.5, 1"
        ) from None
    if len(steps) > PROGRAMME_YEARS:
        raise ValueError(
            f"an effect path of {len(steps)} years is longer than the {PROGRAMME_YEARS} years of the programme; shorten it: the "
            "last number holds from then on"
        )
    if not all(0 <= step <= 1 for step in steps) or not any(steps):
        raise ValueError("each number should be a share of the full effect, from 0 to 1, and one above zero")
    return text


Path = Annotated[str, AfterValidator(_path), in_form("numbers from 0 to 1, parted by commas")]


class Params(StudyParams):
    """What a person may change in the question of the roll-out."""

    phases_file: SuppliedFile = Field(description="table of columns iso3 and phase; empty: the document's six phases")
    years_before: int = Field(ge=2, le=7, description="annual editions before the first start")
    records_before: int = Field(
        ge=1, le=4, description="years of case records, quarter by quarter, before the first start"
    )
    effect_path: Path = Field(description="share of the full effect in each year since the start, parted by commas")
    margins: float = Field(gt=0, le=10, description="the true effect, in margins of each outcome")
    shared: float = Field(
        ge=0, le=0.9, description="share of the variance of case records that countries of one phase have in common"
    )
    refusals: int = Field(ge=0, le=20, description="countries that refuse after the lot is drawn")
    delay_months: int = Field(ge=1, le=24, description="months by which every start but the first slips")
    spillover: float = Field(ge=0, le=0.9, description="share of the effect that untreated countries have as well")
    dropout: float = Field(
        ge=0, le=0.5, description="share of the countries' periods after the first start that is not reported"
    )
    record_cost_low: float = Field(
        ge=0, description="US dollars to keep case records in one country for a year, at least"
    )
    record_cost_high: float = Field(
        ge=0, description="US dollars to keep case records in one country for a year, at most"
    )
    confidence_level: ConfidenceLevel
    draws: Draws = Field(
        description="reassignments drawn where they are too many to list, and panels made from the real ones"
    )
    seed: Seed

    @model_validator(mode="after")
    def _costs_are_a_range(self) -> Self:
        if self.record_cost_low > self.record_cost_high:
            raise ValueError(
                f"record_cost_low {self.record_cost_low:g} is above record_cost_high {self.record_cost_high:g}; exchange them"
            )
        return self

    @property
    def alpha(self) -> float:
        return 1 - self.confidence_level

    @property
    def source_of_phases(self) -> str:
        """Whose the phases are, in words."""
        return "Phases of your own" if self.phases_file else "The source document"

    @property
    def against(self) -> str:
        """The effect put in, in words."""
        return "one margin" if self.margins == 1 else f"{self.margins:g} margins"

    @property
    def path(self) -> tuple[float, ...]:
        """Share of the full effect in each year since the start."""
        return tuple(float(part) for part in self.effect_path.split(","))
