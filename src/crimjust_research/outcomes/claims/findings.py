"""What was found about each claim of the document: one function a claim, or what it would take to check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.outcomes.claims import deaths, reviews
from crimjust_research.outcomes.claims.evidence import (
    Check,
    Evidence,
    Finding,
    Reading,
    claimed_by,
    dated,
    day,
    number_in,
    put,
)
from crimjust_research.outcomes.claims.rule import at_least, exactly

MAJORS_YEAR = 2021


def findings_on(claims: Iterable[Claim], evidence: Evidence) -> tuple[Finding, ...]:
    """A finding for each claim, in their order.

    Raises
    ------
    DataError
        If a claim has neither a check nor a statement of what one would need.
    """
    return tuple(_finding(claim, evidence) for claim in claims)


def _finding(claim: Claim, evidence: Evidence) -> Finding:
    if claim.key in CHECKS:
        return CHECKS[claim.key](claim, evidence)
    if claim.key not in NEEDED:
        raise DataError(
            f"claim {claim.key!r} has neither a check nor a statement of what one would need; add it to "
            "outcomes/claims/findings.py"
        )
    return Finding(claim, claimed_by(claim), put(claim), remark=_REMARKS.get(claim.key, ""), needed=NEEDED[claim.key])


def _listed(kind: str, unit: str, words: str) -> Check:
    """A check of a count against the items the document itself names, rows of `kind` in the registry's table."""

    def check(claim: Claim, evidence: Evidence) -> Finding:
        rows = evidence["programme"].loc[lambda r: r["kind"] == kind]
        return Finding(
            claim,
            claimed_by(claim),
            put(claim),
            then=Reading(
                f"{claim.key}.then",
                f"{words} the document names",
                exactly(len(rows)),
                unit,
                evidence.cite("programme"),
                n_obs=len(rows),
            ),
            remark="this shows that the document agrees with itself, no more",
        )

    return check


def _on_list(evidence: Evidence, fiscal_year: int) -> set[str]:
    majors = evidence["majors_list"]
    return set(majors.loc[majors["fiscal_year"] == fiscal_year, "iso3"])


def _proposed(evidence: Evidence) -> set[str]:
    programme = evidence["programme"]
    return set(programme.loc[programme["kind"] == "proposed_country", "iso3"])


def _majors(claim: Claim, evidence: Evidence) -> Finding:
    def reading(fiscal_year: int, key: str) -> Reading:
        size = len(_on_list(evidence, fiscal_year))
        return Reading(
            key,
            f"countries on the Majors List of fiscal year {fiscal_year}",
            exactly(size),
            "countries",
            evidence.cite("majors_list"),
            n_obs=size,
        )

    before = reading(MAJORS_YEAR - 1, f"{claim.key}.fy{MAJORS_YEAR - 1}")
    return Finding(
        claim,
        claimed_by(claim),
        put(claim),
        then=reading(MAJORS_YEAR, f"{claim.key}.then"),
        beside=(before,),
        remark=f"the list called that of 2020 is read as the one of fiscal year {MAJORS_YEAR}, determined in September "
        f"2020; that of fiscal year {MAJORS_YEAR - 1} names {before.text}",
    )


def _proposed_majors(claim: Claim, evidence: Evidence) -> Finding:
    proposed, latest = _proposed(evidence), int(evidence["majors_list"]["fiscal_year"].max())

    def reading(fiscal_year: int, key: str) -> Reading:
        both = proposed & _on_list(evidence, fiscal_year)
        return Reading(
            key,
            f"proposed countries on the Majors List of fiscal year {fiscal_year}",
            exactly(len(both)),
            "countries",
            evidence.cite("majors_list"),
            n_obs=len(proposed),
        )

    today = reading(latest, f"{claim.key}.fy{latest}")
    return Finding(
        claim,
        claimed_by(claim),
        put(claim),
        then=reading(MAJORS_YEAR, f"{claim.key}.then"),
        beside=(today,),
        remark=f"{today.text} of them stand on the list of fiscal year {latest}",
    )


def _since_2016(claim: Claim, evidence: Evidence) -> Finding:
    entries = evidence["programme_entry"]
    exact = entries[entries["precision"] == "exact"].sort_values("documented", kind="stable")
    return dated(
        claim,
        str(exact["documented"].iloc[0]),
        "first State known to have joined",
        evidence.cite("programme_entry"),
        len(exact),
        "dates are known for few States; activities are documented from "
        f"{day(str(evidence['programme_events']['date_start'].min()))}",
    )


def _azure_launch(claim: Claim, evidence: Evidence) -> Finding:
    events = evidence["programme_events"]
    azure = events[events["note"].str.contains("Operation Azure", na=False, regex=False)]
    return dated(
        claim,
        str(azure["date_start"].min()),
        "first public activity of Operation Azure",
        evidence.cite("programme_events"),
        len(azure),
        "the sample of public activities is a lower bound",
    )


def _azure_countries(claim: Claim, evidence: Evidence) -> Finding:
    facts = evidence["programme"].loc[lambda f: f["kind"] == "operation_azure"].set_index("key")["value_low"]
    took_part = float(facts["countries_in_operation"])
    stated = evidence["programme_results"].set_index("metric").loc["azure1_seizures", "scope"]
    if number_in(str(stated), r"(\d+) countries") != took_part:
        raise DataError(
            f"programme_results says {stated!r} of Operation Azure's seizures and programme {took_part:g} countries in "
            "its operation; correct one of the two"
        )
    return Finding(
        claim,
        claimed_by(claim),
        put(claim),
        then=Reading(
            f"{claim.key}.then",
            "countries that took part in Operation Azure",
            exactly(took_part),
            "countries",
            evidence.cite("programme_results"),
            implies=at_least(took_part),
            shown=f"{took_part:,.0f} took part in the operation",
        ),
        remark="to be equipped is not to take part in the operation, so the number equipped is at least that of those "
        "who took part",
        needed="the names of the countries equipped",
    )


CHECKS: Mapping[str, Check] = {
    "majors_22": _majors,
    "components_2": _listed("component", "components", "components"),
    "pillars_3": _listed("pillar", "pillars", "pillars of Component 1"),
    "crimjust_since_2016": _since_2016,
    "azure_launched_2021": _azure_launch,
    "azure_countries_13": _azure_countries,
    "overdose_record_may_2020": deaths.record,
    "overdose_deaths_81000": deaths.deaths_81000,
    "synthetic_opioids_over_half": deaths.synthetic_opioids,
    "overdose_increases_with_covid": deaths.spring_months,
    "proposed_17": _proposed_majors,
    "phases_6": _listed("phase", "phases", "phases"),
    "outcomes_3": _listed("outcome", "outcomes", "outcomes"),
    "review_mechanism_2010": reviews.mechanism,
    "chapters_4": _listed("chapter", "chapters", "chapters of the Convention"),
    "states_reviewed_173": reviews.states_reviewed,
    "gaps_8000": reviews.cumulative("challenges_identified"),
    "needs_4000": reviews.cumulative("technical_assistance_needs"),
    "states_in_need_two_thirds": reviews.states_in_need,
}

_BUDGET = "a costed project document; the terms of a proposal are no fact that figures could bear out"
_PRECURSORS = "the names of the twelve, or the list of major precursor sources that was used and its year"
_NEWS = "UNODC's announcements of what was posted or opened, with dates"

NEEDED: Mapping[str, str] = {
    "proposed_at_least_17": "CRIMJUST's own assessment of where its model can be applied",
    "precursor_sources_12": _PRECURSORS,
    "on_both_lists_12": _PRECURSORS,
    "duration_component_1": _BUDGET,
    "cost_component_1": _BUDGET,
    "cost_component_2": _BUDGET,
    "duration_component_2": _BUDGET,
    "country_visit_3_days": "the dates of country visits",
    "summaries_6_languages": "the language versions of each summary in the United Nations document system",
    "no_review_without_challenges": "the text of every executive summary, read for challenges",
    "strategy_2021_2025": "the text of the strategy",
    "strategy_5_areas": "the text of the strategy",
    "advisers_2022": _NEWS,
    "hub_august_2021": _NEWS,
    "hub_early_2022": _NEWS,
}

_REMARKS: Mapping[str, str] = {
    "proposed_at_least_17": "whether a model can be applied somewhere is a judgement, and only its result is given",
    "precursor_sources_12": "the document counts the precursor sources and names none",
    "on_both_lists_12": "the document counts the precursor sources and names none",
}
