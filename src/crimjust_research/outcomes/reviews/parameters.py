"""Parameters of the assessment of reviews, and the second-cycle durations it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel

if TYPE_CHECKING:
    import pandas as pd

REVIEWS_PANEL = "reviews"
EVENTS_PANEL = "cooperation_events"
TOTALS = "uncac_totals"
CHALLENGES = "uncac_challenges"
OUTCOME = "3"
QUESTION = (
    "Do States with a stronger rule of law complete their second-cycle review of the anti-corruption convention sooner?"
)
# The second cycle opened for all States in November 2015.
SECOND_CYCLE_OPENS = 2016
_AREAS = {"East Asia & Pacific": "Asia & Pacific", "South Asia": "Asia & Pacific"}


class Params(AssessmentParams):
    """Parameters of the assessment of reviews."""

    covariate: Literal["rule_of_law", "control_of_corruption"] = Field(
        "rule_of_law", description="indicator of governance, in the year of the first executive summary"
    )
    counts_file: str = Field(
        "",
        description="CSV with iso3, article, provisions and gaps, one row per State and article of the Convention; "
        "empty: SIMULATED counts",
    )
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(200, ge=20, le=9999, description="draws of the indicator from its standard error, and bootstrap")
    seed: int = Field(20211212, ge=0, description="seed of draws and simulations")

    @model_validator(mode="after")
    def _counts_can_be_read(self) -> Self:
        """Refuse counts that cannot be used, before anything is run."""
        if self.counts_file:
            # Imported here because statistics are not needed to check parameters without such a file.
            from crimjust_research.outcomes.reviews.articles import read_counts

            read_counts(Path(self.counts_file))
        return self


def second_cycle(panel: pd.DataFrame) -> pd.DataFrame:
    """One row a State: iso3, area, happened (0 or 1), years (to the second summary or the end of the listing),
    years_possible (to the end of the listing), first_year, year, the indicators, joined (year or missing).

    South Asia stands with East Asia and the Pacific as Asia & Pacific: neither of its two States has a second summary,
    and no hazard can be told from none.
    """
    rows = panel[panel["cycle"] == 2].reset_index(drop=True)
    return rows.assign(
        area=rows["region"].replace(_AREAS),
        happened=rows["is_complete"].astype("int64"),
        years=rows["years_from_first"].astype("int64"),
        years_possible=rows["censoring_year"] - rows["first_year"],
        joined=rows["entry_documented"].fillna(rows["entry_latest"]).astype("float64"),
    )
