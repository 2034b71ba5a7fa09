"""Outcome 1: do drugs travel the same routes, and does the document's "twelve of seventeen" say that they do?

Individual seizures of 2011 to 2016 whose departure and destination are both known. Association throughout: a seizure
shows where a service looked and what it chose to report as well as where a drug went.
"""

from __future__ import annotations

from crimjust_research.evidence import plan
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.outcomes.routes import convergence, lists, words
from crimjust_research.outcomes.routes.convergence import OUTCOME, PRIMARY, QUESTION
from crimjust_research.outcomes.routes.coverage import busiest_routes, coverage_by_year, coverage_estimates
from crimjust_research.outcomes.routes.parameters import (
    MAJORS_TABLE,
    PANEL,
    Params,
    compared_drugs,
    known_cases,
    window,
)
from crimjust_research.results import Assessment
from crimjust_research.vocabulary import countries

__all__ = ["PANEL", "PRIMARY", "Params", "assess", "compared_drugs", "known_cases", "window"]

_SEIZURES = "UNODC, individual drug seizures"
_MAJORS = "Presidential Determinations, Federal Register"
_DOCUMENT = "UNODC, responses to Senator Whitehouse, December 2021"
_OUTLINES = "Natural Earth (public domain)"
OUTLINES_TABLE = "country_outlines"


def assess(params: Params) -> Assessment:
    """Coverage, map, overlap of drugs' routes with its sensitivity, and the twelve of seventeen.

    Raises
    ------
    ParameterError
        If the window holds no seizure, or fewer than two drugs with enough cases.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.routes import figures, maps

    panel, panel_used = open_panel(PANEL)
    majors_list, majors_used = open_raw(MAJORS_TABLE)
    outlines, outlines_used = open_raw(OUTLINES_TABLE)
    routes = window(panel, params.start, params.end)
    known = known_cases(routes)
    drugs = compared_drugs(known, params.min_cases)
    primary = convergence.registered(known, drugs, params)
    sensitive = convergence.sensitivity(routes, known, drugs, params)
    precursors = convergence.precursors_and_drugs(known, params)
    others = (*convergence.further(known, drugs, params, countries.names()), *([precursors] if precursors else []))
    limits = convergence.interval(known, drugs, params)
    chance = lists.chance_of_twelve(params)
    matrix = lists.majors_matrix(majors_list)
    counts = lists.listing_counts(matrix)
    coverage = coverage_by_year(routes)
    busiest = busiest_routes(known)
    specifications = convergence.specification_table((primary, *sensitive, *others))
    by_drug = {str(drug): int(cases) for drug, cases in known.groupby("family")["cases"].sum().items()}
    pairs = convergence.pair_estimates(primary, by_drug)
    estimates = (
        *convergence.overlap_estimates(primary, sensitive, others, limits, params),
        *coverage_estimates(routes),
        *lists.twelve_estimates(chance, params),
        *pairs,
    )
    return Assessment(
        name="routes",
        outcome=OUTCOME,
        title="Convergence of routes",
        question=QUESTION,
        answer=words.answer(params, known, primary, chance, coverage, estimates),
        estimates=estimates,
        checks=words.checks(routes, known, primary, estimates[0], sensitive, coverage, others, matrix, counts),
        figures=(
            figures.coverage(coverage, _SEIZURES),
            maps.route_map(busiest, outlines, f"{_SEIZURES}; outlines: {_OUTLINES}"),
            figures.pairs(primary.test.pairs, pairs, by_drug, params.confidence_level, _SEIZURES),
            figures.time_path(specifications, _SEIZURES),
            figures.specifications(specifications, _SEIZURES),
            figures.chance(chance, params.states, params.confidence_level, _DOCUMENT),
            figures.majors(matrix, counts, _MAJORS),
        ),
        tables={
            "coverage_by_year": coverage,
            "busiest_routes": busiest,
            "specifications": specifications,
            "pairs_of_drugs": primary.test.pairs,
            "chance_of_states": chance.of_states,
            "chance_of_majors": chance.of_majors,
            "majors_list_proposed": matrix,
        },
        used=(panel_used, majors_used, outlines_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("routes", params.model_dump()),
    )
