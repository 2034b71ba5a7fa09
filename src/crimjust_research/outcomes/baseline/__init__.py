"""Outcome 2: where do the countries of the programme start?

Scores and records of criminal justice in the latest years before the programme proposed in December 2021, beside those
of comparable countries. Description only: countries were chosen for the programme, so differences say who was chosen.
"""

from __future__ import annotations

from crimjust_research.evidence import plan
from crimjust_research.outcomes.baseline import words
from crimjust_research.outcomes.baseline.differences import (
    OUTCOME,
    QUESTION,
    any_region_estimates,
    difference_grid,
    grid_estimates,
    grid_table,
    measurement_estimates,
)
from crimjust_research.outcomes.baseline.levels import coverage, latest_figures, reporting_shares
from crimjust_research.outcomes.baseline.parameters import PANEL, Params
from crimjust_research.outcomes.inputs import open_panel
from crimjust_research.results import Assessment
from crimjust_research.vocabulary import countries as country_names

__all__ = ["Params", "assess"]

_SCORES = "World Justice Project, Rule of Law Index"
_GOVERNANCE = "World Bank, Worldwide Governance Indicators"
_RECORDS = "UNODC, crime trends survey"
SOURCE = f"{_SCORES}; {_GOVERNANCE}; {_RECORDS}"


def assess(params: Params) -> Assessment:
    """Matched differences of ten measures for three groups of countries, and the coverage they rest on.

    Raises
    ------
    ParameterError
        If a measure has no figure in the window.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.baseline import figures

    panel, used = open_panel(PANEL)
    levels = latest_figures(panel, params)
    grid, anywhere = difference_grid(levels, params), difference_grid(levels, params, "income")
    matched_estimates, wider_estimates = grid_estimates(grid, params), any_region_estimates(anywhere, params)
    estimates = (*matched_estimates, *wider_estimates, *measurement_estimates(grid, levels, params))
    matched, wider = grid_table(grid, levels, matched_estimates), grid_table(anywhere, levels, wider_estimates)
    covered, shares = coverage(panel, levels, params), reporting_shares(levels)
    names = country_names.names()
    window = panel[panel["year"].between(params.start, params.end)]
    residents = window.groupby("iso3")["population"].last().astype("float64")
    return Assessment(
        name="baseline",
        outcome=OUTCOME,
        title="Where the programme's countries start",
        question=QUESTION,
        answer=words.answer(params, matched, estimates),
        estimates=estimates,
        checks=words.checks(params, levels, residents, grid, matched, shares, names),
        figures=(
            figures.coverage(covered, levels, names, params, SOURCE),
            figures.levels_by_country(levels, grid, names, words.LEAD, params, SOURCE),
            figures.differences(matched, wider, params, SOURCE),
            figures.measurement(levels, grid, names, words.LEAD, params, _GOVERNANCE),
        ),
        tables={
            "levels": levels.reset_index(),
            "differences": matched,
            "differences_any_region": wider,
            "coverage": covered,
            "reporting_shares": shares,
        },
        used=(used,),
        parameters=params.model_dump(),
        departures=plan.load().departures("baseline", params.model_dump()),
    )
