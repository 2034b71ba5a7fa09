"""Parameters of the assessment of routes, and the cases they select."""

from __future__ import annotations

from typing import Self

import pandas as pd
from pydantic import Field, model_validator

from crimjust_research import document
from crimjust_research.data.panels.routes import ONE_COUNTRY, TWO_COUNTRIES
from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel, open_panel

PANEL = "routes_year"
MAJORS_TABLE = "majors_list"
PRECURSORS = "precursors"
# Chemicals are no drugs, and `other` gathers names too vague to place.
NOT_DRUGS = (PRECURSORS, "other")


def stated_sources() -> int:
    """How many of the proposed countries the document counts among the major sources of precursors."""
    quantity = document.load().precursor_sources.quantity
    assert quantity is not None
    assert quantity.low is not None
    return int(quantity.low)


class Params(AssessmentParams):
    """Parameters of the assessment of routes."""

    start: int = Field(2011, ge=1990, le=2100, description="first year of seizures")
    end: int = Field(2016, ge=1990, le=2100, description="last year of seizures")
    min_cases: int = Field(100, ge=1, description="cases with both ends known that a drug needs to be compared")
    # No fewer than the 22 Majors.
    states: int = Field(195, ge=22, le=260, description="States that could be precursor sources")
    most_sources: int = Field(60, description="longest list of precursor sources considered, in States")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(4999, ge=99, le=99_999, description="permutations of the main test")
    sensitivity_draws: int = Field(999, ge=99, le=99_999, description="permutations of every other test, resamples")
    seed: int = Field(20211212, ge=0, description="seed of permutations and resamples")

    @model_validator(mode="after")
    def _window_holds_drugs_to_compare(self) -> Self:
        """Refuse an empty window, one with fewer than two drugs to compare, and lists that do not fit the States."""
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        if not stated_sources() <= self.most_sources <= self.states:
            raise ValueError(
                f"most_sources is {self.most_sources}; choose from the {stated_sources()} sources the document counts to the "
                f"{self.states} States there are"
            )
        compared_drugs(known_cases(window(open_panel(PANEL)[0], self.start, self.end)), self.min_cases)
        return self


def window(routes: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """Rows of the panel of routes from `start` to `end`.

    Raises
    ------
    ParameterError
        If there is none.
    """
    chosen = routes[routes["year"].between(start, end)]
    if chosen.empty:
        span = f"{routes['year'].min()} to {routes['year'].max()}"
        raise ParameterError(f"no seizure from {start} to {end} is on record; records run from {span}")
    return chosen.reset_index(drop=True)


def known_cases(routes: pd.DataFrame) -> pd.DataFrame:
    """Rows whose departure and destination are both countries, the same one or two, with the pair as `route`."""
    known = routes[routes["ends"].isin([TWO_COUNTRIES, ONE_COUNTRY])]
    return known.assign(route=known["departure"] + " > " + known["destination"]).reset_index(drop=True)


def drugs_with(known: pd.DataFrame, min_cases: int) -> tuple[str, ...]:
    """Families of drugs with at least `min_cases` cases, in alphabetical order."""
    cases = _cases_by_drug(known)
    return tuple(str(name) for name in cases.index[cases >= min_cases])


def compared_drugs(known: pd.DataFrame, min_cases: int) -> tuple[str, ...]:
    """The drugs that are compared: those with at least `min_cases` cases.

    Raises
    ------
    ParameterError
        If there are fewer than two: nothing can be compared.
    """
    drugs = drugs_with(known, min_cases)
    if len(drugs) < 2:
        cases = _cases_by_drug(known)
        second = cases.nlargest(2).min() if len(cases) > 1 else 0
        raise ParameterError(
            f"{len(drugs)} drug(s) have at least {min_cases} cases with both ends known; two are needed: "
            f"set min_cases to {second} or less, or widen the window"
        )
    return drugs


def _cases_by_drug(known: pd.DataFrame) -> pd.Series[int]:
    return known.loc[~known["family"].isin(NOT_DRUGS)].groupby("family")["cases"].sum()
