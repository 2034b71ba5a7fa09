"""Outcome 3: who works with whom in the programme's public events, how widely, and do ties last?

A description of the public record and of how much it leaves out. Countries are tied by being named at one event; that is
neither all cooperation nor proof of any, so what is said of absent ties is about absence from the record.
"""

from __future__ import annotations

from crimjust_research.evidence import plan
from crimjust_research.outcomes.cooperation import words
from crimjust_research.outcomes.cooperation.completeness import assess_completeness
from crimjust_research.outcomes.cooperation.parameters import (
    ACTIVITIES_TABLE,
    COUNTRIES_PANEL,
    DYADS_PANEL,
    EVENTS_PANEL,
    OUTLINES_TABLE,
    RESULTS_TABLE,
    Params,
    in_window,
)
from crimjust_research.outcomes.cooperation.persistence import assess_persistence, spells_of_ties
from crimjust_research.outcomes.cooperation.structure import OUTCOME, QUESTION, assess_structure
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

_EVENTS = "UNODC and European Union, public activities of CRIMJUST"
_OUTLINES = "Natural Earth"
_TOTALS = "UNODC and European Union, published results of CRIMJUST"


def assess(params: Params) -> Assessment:
    """The network described, how long its ties last, and how much of it is public.

    Raises
    ------
    ParameterError
        If the window holds no event, or no tie that is seen to end.
    DataError
        If a total that the public record is held against is no longer among the published results.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.cooperation import figures, maps

    events, events_used = open_panel(EVENTS_PANEL)
    dyads, dyads_used = open_panel(DYADS_PANEL)
    countries, countries_used = open_panel(COUNTRIES_PANEL)
    activities, activities_used = open_raw(ACTIVITIES_TABLE)
    results, results_used = open_raw(RESULTS_TABLE)
    outlines, outlines_used = open_raw(OUTLINES_TABLE)
    window = in_window(events, params)
    structure = assess_structure(events, countries, params)
    spells = spells_of_ties(structure.network, window, dyads, countries, params.tolerance)
    persistence = assess_persistence(spells, params)
    completeness = assess_completeness(
        activities, events, results, structure.joint_events, window.groupby("event").size()
    )
    estimates = (*structure.estimates, *persistence.estimates, *completeness.estimates)
    return Assessment(
        name="cooperation",
        outcome=OUTCOME,
        title="The cooperation network in public",
        question=QUESTION,
        answer=words.answer(params, structure, estimates),
        estimates=estimates,
        checks=words.checks(structure, persistence, completeness, activities, set(events["event"])),
        figures=(
            figures.growth(structure, _EVENTS),
            maps.tie_map(structure, outlines, f"{_EVENTS}; outlines: {_OUTLINES}"),
            figures.network(structure, _EVENTS),
            figures.matrix(structure, _EVENTS),
            figures.groups(structure, _EVENTS),
            figures.persistence(persistence, params.tolerance, params.confidence_level, _EVENTS),
            figures.completeness(completeness, f"{_EVENTS}; {_TOTALS}"),
        ),
        tables={
            "countries": structure.countries,
            "years": structure.years,
            "south_and_north": structure.groups,
            "spells": persistence.spells,
            "end_of_ties": persistence.hazard.table,
            "totals": completeness.totals,
            "density_bounds": completeness.bounds,
        },
        used=(events_used, dyads_used, countries_used, activities_used, results_used, outlines_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("cooperation", params.model_dump()),
    )
