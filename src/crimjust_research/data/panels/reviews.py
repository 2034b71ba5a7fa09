"""Reviews of the UN Convention against Corruption: when each State's were done, and how it was governed then."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.uncac import COMPLETE
from crimjust_research.data.panels.countries import (
    GOVERNANCE,
    PROGRAMME_FIELDS,
    REGION_FIELD,
    countries,
    governance_estimates,
)
from crimjust_research.data.panels.declaration import Panel, derived
from crimjust_research.data.tables import Field, Table
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_FIRST, _SECOND = 1, 2

REVIEWS = Table(
    name="reviews",
    title="Reviews of the UN Convention against Corruption, by State and cycle",
    description="One row is a State and a review cycle: the year of the executive summary or the year up to which "
    "there was none, counted from the State's first one, and how the State was governed when that was published.",
    fields=(
        Field("iso3", "string", "State under review.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("cycle", "integer", "Review cycle.", constraints={"required": True, "enum": [_FIRST, _SECOND]}),
        Field(
            "is_complete",
            "boolean",
            "Whether the executive summary was published by the end of the listing.",
            constraints={"required": True},
        ),
        Field("year", "year", "Year of the executive summary; empty if there is none."),
        Field("first_year", "year", "Year of the State's first-cycle summary.", constraints={"required": True}),
        Field(
            "censoring_year",
            "year",
            "Last year of the listing, in which a summary not yet published was still awaited.",
            constraints={"required": True},
        ),
        Field(
            "years_from_first",
            "integer",
            "Second cycle: years from the first summary to the second or, if there is none, to the end of the listing.",
            "years",
            {"minimum": 0},
        ),
        REGION_FIELD,
        *(
            field
            for name in GOVERNANCE.values()
            for field in (
                Field(
                    name,
                    "number",
                    f"Worldwide Governance Indicators, {name.replace('_', ' ')}, in `first_year`; empty if there is "
                    "none for that year.",
                    "standard deviations",
                    {"minimum": -5, "maximum": 5},
                ),
                Field(f"{name}_std_error", "number", "Its standard error.", "standard deviations", {"minimum": 0}),
            )
        ),
        *PROGRAMME_FIELDS,
        Field("correction", "string", "Declared correction the row bears."),
    ),
    primary_key=("iso3", "cycle"),
    licences=(licences.UNODC, licences.WORLD_BANK, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=derived("uncac_reviews", "governance", "programme", "programme_entry"),
    time="year",
    caveats=(
        "80 of about 190 States parties: those whose pages were read, not a random sample. All have a first summary, "
        "so time to the first cannot be studied in them.",
        "Years are those of documents, known to the year only: a span of n years is one of more than n - 1 and less "
        "than n + 1. Two summaries in one year are a span of zero.",
        "The second cycle opened in November 2015 for all States, so States with an early first summary could not "
        "have had a second one for years.",
        "`entry_documented` is when the State joined CRIMJUST, mostly an upper bound; it may lie after the review.",
    ),
)


def reviews(
    uncac_reviews: "pd.DataFrame",
    governance: "pd.DataFrame",
    programme: "pd.DataFrame",
    programme_entry: "pd.DataFrame",
) -> "pd.DataFrame":
    """States and review cycles as rows; years, governance and part in the programme as columns.

    Parameters
    ----------
    uncac_reviews, governance, programme, programme_entry
        Corrected frames of the raw tables of those names; the first with the column `correction`.

    Raises
    ------
    DataError
        If a State has no year of its first summary, or its second one is older than the first.
    """
    frame = uncac_reviews[["iso3", "cycle", "status", "year", "correction"]].copy()
    first = frame[frame["cycle"] == _FIRST].set_index("iso3")["year"]
    frame["first_year"] = frame["iso3"].map(first).astype("Int64")
    frame["censoring_year"] = int(frame["year"].max())
    frame["is_complete"] = frame["status"] == COMPLETE
    undated = frame[frame["first_year"].isna() | (frame["is_complete"] & frame["year"].isna())]
    _refuse(undated, "has a summary without a year; add the year, or a correction that gives it")
    spans = frame["year"].fillna(frame["censoring_year"]) - frame["first_year"]
    frame["years_from_first"] = spans.where(frame["cycle"] == _SECOND)
    _refuse(frame[frame["years_from_first"] < 0], "has a second summary older than its first; mend one of the years")
    estimates = governance_estimates(governance).rename_axis(["iso3", "first_year"])
    frame = frame.join(estimates, on=["iso3", "first_year"])
    frame = frame.join(countries(programme, programme_entry).set_index("iso3"), on="iso3")
    return frame[[field.name for field in REVIEWS.fields]]


def _refuse(rows: "pd.DataFrame", fault: str) -> None:
    if len(rows):
        raise DataError(f"raw table 'uncac_reviews': {', '.join(sorted(set(rows['iso3'])))} {fault}")


PANELS = (Panel(REVIEWS, ("uncac_reviews", "governance", "programme", "programme_entry"), reviews),)
