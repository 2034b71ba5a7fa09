"""Outcome 1: are the markets for drugs and for their precursors bound to each other?

Two questions: what became of 4-ANPP in laboratory reports when precursors were controlled, and whether countries that
seize precursors seize the drugs made with them. Association throughout: controls reached all States at once, and
seizures measure services as well as markets.
"""

from __future__ import annotations

from dataclasses import replace

from statsmodels.stats.multitest import multipletests

from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.outcomes.precursors import words
from crimjust_research.outcomes.precursors.chain import assess_chain, coca_chain, coca_estimates, coverage
from crimjust_research.outcomes.precursors.controls import OUTCOME, QUESTION, assess_controls
from crimjust_research.outcomes.precursors.parameters import COUNTRY_PANEL, STATE_PANEL, TESTED, Params
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

_LABORATORIES = "DEA, National Forensic Laboratory Information System"
_SEIZURES = "UNODC, annual drug seizures and World Drug Report 2024 annex"
_CULTIVATION = "UNODC, illicit crop monitoring"


def assess(params: Params) -> Assessment:
    """Dated controls as interruptions, precursor and drug seizures across countries, and the coca chain.

    Raises
    ------
    ParameterError
        If the window leaves too few half-years around the controls.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.precursors import figures

    states, states_used = open_panel(STATE_PANEL)
    countries, countries_used = open_panel(COUNTRY_PANEL)
    dated, dated_used = open_raw("precursor_controls")
    cultivation, cultivation_used = open_raw("coca_opium_cultivation")
    dated = dated.sort_values(["month", "jurisdiction", "rule"], ignore_index=True)
    controls = assess_controls(states, params)
    chain = assess_chain(countries, params)
    coca = coca_chain(countries, cultivation)
    estimates = _adjusted((*controls.estimates, *chain.estimates, *coca_estimates(coca)))
    correlation = next(e for e in estimates if e.id == "rank_correlation")
    return Assessment(
        name="precursors",
        outcome=OUTCOME,
        title="Precursor controls and precursor seizures",
        question=QUESTION,
        answer=words.answer(params, controls, estimates),
        estimates=estimates,
        checks=words.checks(controls, chain, coverage(countries), dated.drop(columns="source_address")),
        figures=(
            figures.share(controls.model, dated[dated["kind"] == "targeted"], _LABORATORIES),
            figures.event_time(controls.event_time, TESTED, params.confidence_level, _LABORATORIES),
            figures.placebo(controls.placebo, _LABORATORIES),
            figures.chain(chain.pairs, params.confidence_level, correlation.estimate, _SEIZURES),
            figures.coca(coca, f"{_CULTIVATION}; {_SEIZURES}"),
        ),
        tables={
            "model_terms": controls.model.table,
            "event_time": controls.event_time,
            "country_years": chain.pairs,
            "coca_chain": coca,
        },
        used=(states_used, countries_used, dated_used, cultivation_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("precursors", params.model_dump()),
    )


def _adjusted(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """Holm's adjustment between the primary estimates; the others keep what they have."""
    primary = [e for e in estimates if e.role == "primary"]
    adjusted = dict(
        zip((e.id for e in primary), multipletests([e.p_value for e in primary], method="holm")[1], strict=True)
    )
    return tuple(replace(e, p_adjusted=float(adjusted[e.id])) if e.id in adjusted else e for e in estimates)
