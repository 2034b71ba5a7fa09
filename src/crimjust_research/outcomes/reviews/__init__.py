"""Outcome 3: reviews under the UN Convention against Corruption, how soon they are done and what they find.

Time from the first to the second executive summary, gaps and needs per review, challenges against the programme's
activities, and the reviews of international cooperation beside public events.
"""

from __future__ import annotations

from crimjust_research.evidence import plan
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.outcomes.reviews.parameters import (
    CHALLENGES,
    EVENTS_PANEL,
    OUTCOME,
    QUESTION,
    REVIEWS_PANEL,
    TOTALS,
    Params,
    second_cycle,
)
from crimjust_research.results import Assessment

__all__ = ["Params", "assess"]

_SUMMARIES = "UNODC, executive summaries of UNCAC country reviews"
_TOTALS = "UNODC, totals of the Implementation Review Mechanism"
_GOVERNANCE = f"{_SUMMARIES}; World Bank, Worldwide Governance Indicators"
_ANSWERS = "UNODC, answers for the record of 12 December 2021"
_EVENTS = f"{_SUMMARIES}; UNODC, public events of CRIMJUST"


def assess(params: Params) -> Assessment:
    """Completion of reviews, the registered hazard ratio, totals per review, challenges, and counts by article.

    Raises
    ------
    ParameterError
        If a model cannot be fitted to the counts supplied.
    DataError
        If those counts, or the published totals, are not what they should be.
    """
    # Imported here because statistics and drawing are most of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.reviews import (
        articles,
        challenges,
        completion,
        figures,
        hazard,
        meetings,
        power,
        totals,
        words,
    )

    panel, panel_used = open_panel(REVIEWS_PANEL)
    events, events_used = open_panel(EVENTS_PANEL)
    published, published_used = open_raw(TOTALS)
    listed, listed_used = open_raw(CHALLENGES)
    second = second_cycle(panel)
    years = completion.by_year(panel)
    shares = completion.published_totals(published)
    waits = completion.waiting(second, params)
    ratios = totals.per_review(published)
    answered = challenges.summary(listed)
    attendances = meetings.chapter_iv_states(panel, events)
    overlap = meetings.coverage(panel, events)
    model = articles.article_model(panel, params)
    estimates = (
        *hazard.hazard_estimates(second, params),
        power.power_estimate(second, params),
        *hazard.secondary_estimates(second, params),
        *completion.waiting_estimates(waits, second, params),
        *totals.totals_estimates(ratios),
        *challenges.challenge_estimates(answered),
        *articles.article_estimates(model, params),
    )
    simulated = "SIMULATED_" if model.simulated else ""
    return Assessment(
        name="reviews",
        outcome=OUTCOME,
        title="Reviews under the Convention against Corruption",
        question=QUESTION,
        answer=words.answer(params, estimates),
        estimates=estimates,
        checks=words.checks(
            second,
            shares,
            years,
            waits,
            hazard.governance_cox(second, params),
            answered,
            overlap,
            attendances,
            model,
            params,
        ),
        figures=(
            figures.completion(years, shares, f"{_SUMMARIES}; {_TOTALS}"),
            figures.kaplan_meier_by_area(waits, _SUMMARIES),
            figures.specifications(estimates, _GOVERNANCE),
            figures.totals_per_review(ratios, f"{_ANSWERS}; press release UNIS/CP/1089"),
            figures.challenge_matrix(challenges.matrix(listed), _ANSWERS),
            figures.meetings(attendances, _EVENTS),
            figures.articles(
                model, params.covariate, "SIMULATED" if model.simulated else f"counts of {params.counts_file}"
            ),
        ),
        tables={
            "completion_by_year": years,
            "completion_by_region": completion.by_region(panel, params.confidence_level),
            "waiting_kaplan_meier": waits.curves,
            "waiting_years_only": waits.interval,
            "totals_per_review": ratios,
            "challenges": answered,
            "chapter_iv_events": attendances,
            f"{simulated}article_counts": model.counts,
            f"{simulated}article_model": model.table,
        },
        used=(panel_used, events_used, published_used, listed_used),
        parameters=params.model_dump(),
        departures=plan.load().departures("reviews", params.model_dump()),
    )
