"""Parameters of the assessment of the cooperation network, and the events and countries they select."""

from __future__ import annotations

from typing import Self

import pandas as pd
from pydantic import Field, model_validator

from crimjust_research.designs.networks.ties import TieNetwork, joint_event_network
from crimjust_research.outcomes.inputs import AssessmentParams, ConfidenceLevel

EVENTS_PANEL = "cooperation_events"
DYADS_PANEL = "dyad_year"
COUNTRIES_PANEL = "countries"
ACTIVITIES_TABLE = "programme_events"
RESULTS_TABLE = "programme_results"
OUTLINES_TABLE = "country_outlines"
# A tie can be seen to persist or end only if years follow it.
_FEWEST_YEARS = 4


class Params(AssessmentParams):
    """Parameters of the assessment of the cooperation network."""

    start: int = Field(2016, ge=2016, le=2024, description="first year of events")
    end: int = Field(2023, ge=2016, le=2024, description="last year of events; 2024 is known to April only")
    tolerance: int = Field(1, ge=0, le=3, description="years in a row a pair may go unseen without its tie ending")
    confidence_level: ConfidenceLevel = 0.95
    draws: int = Field(999, ge=99, le=99_999, description="resamples of events")
    seed: int = Field(20211212, ge=0, description="seed of the resamples")

    @model_validator(mode="after")
    def _window_can_show_persistence(self) -> Self:
        """Refuse a window that is empty or too short to see whether ties last, before anything is run."""
        years = self.end - self.start + 1
        if years < _FEWEST_YEARS + self.tolerance:
            raise ValueError(
                f"the window {self.start} to {self.end} is too short to see whether ties last: with a tolerance of "
                f"{self.tolerance} it takes at least {_FEWEST_YEARS + self.tolerance} years"
            )
        return self


def in_window(events: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Rows of the panel of States at events that began in the window."""
    return events[events["year"].between(params.start, params.end)]


def event_lists(events: pd.DataFrame) -> pd.DataFrame:
    """One row per event in order of time: event, period (its year), participants (codes of the States named)."""
    lists = events.groupby("event").agg(period=("year", "first"), participants=("iso3", list))
    return lists.reset_index()


def cooperation_network(events: pd.DataFrame, params: Params) -> TieNetwork:
    """Network of joint events, one matrix a year of the window, over the countries named in it.

    Raises
    ------
    ParameterError
        If the window holds no event.
    """
    window = in_window(events, params)
    return joint_event_network(event_lists(window), sorted(set(window["iso3"])), (params.start, params.end))
