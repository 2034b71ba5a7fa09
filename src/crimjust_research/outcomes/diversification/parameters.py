"""Parameters of the assessment of diversification, and the compositions it rests on."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from crimjust_research.designs.composition.diversity import diversity_indices
from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, open_panel

PANEL = "seizures_country_year"
ROUTES = "seizure_routes"
PRECURSORS = "precursors"
# The last year of the first publication; the second begins in 2018 and sorts drugs by another list.
FIRST_PUBLICATION_ENDS = 2016


class Params(AssessmentParams):
    """Parameters of the assessment of diversification."""

    start: int = Field(2012, ge=2012, le=2022, description="first year")
    end: int = Field(2022, ge=2012, le=2022, description="last year")
    order: Literal[0, 1, 2] = Field(
        1, description="order of the Hill number: 0 kinds, 1 common kinds, 2 dominant kinds"
    )
    fewest_kinds: int = Field(3, ge=2, le=15, description="kinds of drug a country must report over its years")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(50, ge=50, le=9999, description="bootstrap draws for diversity at equal coverage")
    seed: int = Field(20211212, ge=0, description="seed of the bootstrap")

    @model_validator(mode="after")
    def _window_holds_data(self) -> Self:
        """Refuse a window that is empty or in which no trend can be told, before anything is run."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        years = compositions(open_panel(PANEL)[0], self).index.get_level_values("year").unique()
        if len(years) < 3:
            raise ParameterError(
                f"{len(years)} years from {self.start} to {self.end} have seizures; a trend needs three. 2017 is in neither "
                "of UNODC's publications."
            )
        return self


def compositions(panel: pd.DataFrame, params: Params, *, with_precursors: bool = True) -> pd.DataFrame:
    """Kilograms by country-year (rows) and family of drugs (columns); precursors are one family.

    Only countries that reported at least `fewest_kinds` families over their years, and years with any weight.
    """
    window = panel[panel["year"].between(params.start, params.end)]
    if not with_precursors:
        window = window[~window["is_precursor"]]
    table = window.pivot_table(
        index=["iso3", "year"], columns="family", values="kilograms", aggfunc="sum", fill_value=0.0
    )
    table = table[table.sum(axis=1) > 0]
    kinds = (table.groupby("iso3").sum() > 0).sum(axis=1)
    return table[table.index.get_level_values("iso3").isin(kinds.index[kinds >= params.fewest_kinds])]


def log_diversity(table: pd.DataFrame) -> pd.DataFrame:
    """One row a country-year: iso3, year, the plug-in measures, and log_0, log_1, log_2, the logs of Hill numbers."""
    indices = diversity_indices(table).reset_index()
    return indices.assign(**{f"log_{q}": np.log(indices[f"hill_{q}"]) for q in (0, 1, 2)})
