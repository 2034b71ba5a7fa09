"""Outcome 3: does cooperation match trafficking?

Who meets whom in public events against who lies on whose routes, pairs that never met in public though drugs were
seized between them, and growth of meetings against diversification of drugs. Public events are a convenience sample and
a lower bound, so what is said of absent ties is about absence from it; nothing here says what brought anything about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from statsmodels.stats.multitest import multipletests

from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.inputs import open_panel
from crimjust_research.outcomes.match import words
from crimjust_research.outcomes.match.association import OUTCOME, QUESTION, assess_association
from crimjust_research.outcomes.match.gaps import gap_estimates, pairs_on_routes, unmet_list
from crimjust_research.outcomes.match.growth import assess_growth
from crimjust_research.outcomes.match.parameters import (
    COUNTRIES_PANEL,
    DYADS_PANEL,
    EVENTS_PANEL,
    ROUTES_PANEL,
    SEIZURES_PANEL,
    Params,
)
from crimjust_research.outcomes.match.power import power_curve, power_estimate
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

_EVENTS = "UNODC and European Union, public activities of CRIMJUST"
_ROUTES = "UNODC, individual drug seizures"
_SEIZURES = "UNODC, annual drug seizures and World Drug Report 2024 annex"
_METHODS_OF_ADJUSTMENT = {"primary": "holm", "secondary": "fdr_bh"}


def assess(params: Params) -> Assessment:
    """Association of the two networks, its power, the pairs that never met in public, and the ratio of growth.

    Raises
    ------
    ParameterError
        If a year of the window has no meeting of two countries or no report of seizures.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.match import figures

    names = (EVENTS_PANEL, DYADS_PANEL, ROUTES_PANEL, SEIZURES_PANEL, COUNTRIES_PANEL)
    opened = {name: open_panel(name) for name in names}
    events, dyads, routes, seizures, countries = (opened[name][0] for name in names)
    association = assess_association(events, dyads, routes, params)
    growth = assess_growth(events, seizures, params)
    curve = power_curve(association.networks, params)
    listed = unmet_list(dyads, events, routes, countries)
    estimates = adjusted(
        (
            *association.estimates,
            power_estimate(curve, association.networks, params),
            *growth.estimates,
            *gap_estimates(listed, association.networks),
        )
    )
    both = f"{_EVENTS}; {_ROUTES}"
    grown = f"{_EVENTS}; {_SEIZURES}"
    return Assessment(
        name="match",
        outcome=OUTCOME,
        title="Does cooperation match trafficking?",
        question=QUESTION,
        answer=words.answer(params, listed, estimates),
        estimates=estimates,
        checks=words.checks(association, growth, routes, events),
        figures=(
            figures.pairs(association.networks, both),
            figures.null(association, both),
            figures.specifications(estimates, both),
            figures.power(curve, association.correlation.correlation, both),
            figures.unmet(listed, both),
            figures.growth(growth, grown),
            figures.equivalence(estimates, params, grown),
        ),
        tables={
            "unmet_pairs": listed,
            "pairs_on_routes": pairs_on_routes(association.networks),
            "network_regression": association.regression.table,
            "power_simulated": curve,
        },
        used=tuple(opened[name][1] for name in names),
        parameters=params.model_dump(),
        departures=plan.load().departures("match", params.model_dump()),
    )


def adjusted(estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Holm's adjustment between the primary estimates, Benjamini-Hochberg's among tested secondary ones."""
    found = list(estimates)
    for role, method in _METHODS_OF_ADJUSTMENT.items():
        tested = [position for position, e in enumerate(found) if e.role == role and e.p_value == e.p_value]
        p_adjusted = multipletests([found[position].p_value for position in tested], method=method)[1]
        for position, p in zip(tested, p_adjusted, strict=True):
            found[position] = replace(found[position], p_adjusted=float(p))
    return tuple(found)
