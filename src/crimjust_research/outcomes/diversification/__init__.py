"""Outcome 3: has what is seized become more diverse, and with new kinds of drugs?

Within-country trends of the effective number of drugs by weight, entries of new kinds, and diversity of cases at equal
sample coverage. Seizures describe services as well as markets.
"""

from __future__ import annotations

from crimjust_research import document
from crimjust_research.evidence import plan
from crimjust_research.outcomes.diversification import words
from crimjust_research.outcomes.diversification.kinds import cases_at_equal_coverage, entry_rates
from crimjust_research.outcomes.diversification.parameters import PANEL, ROUTES, Params, compositions, log_diversity
from crimjust_research.outcomes.diversification.trend import OUTCOME, QUESTION, trend_estimates
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

_ANNUAL = "UNODC, annual drug seizures and World Drug Report 2024 annex"
_CASES = "UNODC, individual drug seizures"


def assess(params: Params) -> Assessment:
    """Trend of diversity within countries, new kinds of drugs, and diversity of cases at equal coverage.

    Raises
    ------
    ParameterError
        If the window leaves too few countries or years for a trend.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.diversification import figures

    panel, panel_used = open_panel(PANEL)
    routes, routes_used = open_raw(ROUTES)
    measures = log_diversity(compositions(panel, params))
    estimates = tuple(trend_estimates(panel, params))
    rates = entry_rates(panel, params)
    cases = cases_at_equal_coverage(routes, params)
    return Assessment(
        name="diversification",
        outcome=OUTCOME,
        title="Diversification of what is seized",
        question=QUESTION,
        answer=words.answer(params, measures, estimates),
        estimates=estimates,
        checks=words.checks(measures, rates, estimates),
        figures=(
            figures.means(measures, _ANNUAL),
            figures.slopes(measures, params.order, document.load().proposed_iso3, _ANNUAL),
            figures.specifications(estimates, _ANNUAL),
            figures.entries(rates, _ANNUAL),
            figures.at_equal_coverage(cases, params.confidence_level, _CASES),
        ),
        tables={"country_years": measures, "entry_rates": rates, "cases_at_equal_coverage": cases},
        used=(panel_used, routes_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("diversification", params.model_dump()),
    )
