"""Steps of the audit: a finding for each claim, and the frames that tables, checks and charts show of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import pandas as pd

from crimjust_research.document import Claim, Document
from crimjust_research.questions.claims import deaths, precursors, programme, reviews, unnumbered
from crimjust_research.questions.claims.findings import Evidence, Finding, found
from crimjust_research.questions.claims.rule import VERDICTS, Bounds

# What each claim is held against. The template says of the others what it would take to check them.
CHECKS: Mapping[str, Callable[[Claim, Evidence], Finding]] = {
    "majors_22": programme.majors,
    "components_2": partial(programme.own_list, kind="component"),
    "pillars_3": partial(programme.own_list, kind="pillar"),
    "crimjust_since_2016": programme.since_2016,
    "azure_launched_2021": programme.azure_launch,
    "azure_countries_13": programme.azure_countries,
    "overdose_record_may_2020": deaths.record,
    "overdose_deaths_81000": deaths.deaths_81000,
    "synthetic_opioids_over_half": deaths.synthetic_opioids,
    "overdose_increases_with_covid": deaths.spring_months,
    "proposed_17": programme.proposed_majors,
    "precursor_sources_12": precursors.proposed_sources,
    "on_both_lists_12": precursors.on_both_lists,
    "phases_6": partial(programme.own_list, kind="phase"),
    "outcomes_3": partial(programme.own_list, kind="outcome"),
    "review_mechanism_2010": reviews.mechanism,
    "chapters_4": partial(programme.own_list, kind="chapter"),
    "states_reviewed_173": reviews.states_reviewed,
    "gaps_8000": partial(reviews.cumulative, metric="challenges_identified"),
    "needs_4000": partial(reviews.cumulative, metric="technical_assistance_needs"),
    "states_in_need_two_thirds": reviews.states_in_need,
    "presence": unnumbered.presence,
    "regional_platforms": unnumbered.regional_platforms,
    "record_reported": unnumbered.record_reported,
}
AGREEMENT = {"inside": "in line", "outside": "not in line", "undecided": "undecided"}
# The axis of figures relative to those claimed; a claim of a single value is drawn this wide, to be seen.
AXIS, NARROWEST = (0.0, 1.5), 0.006


def findings_on(claims: Iterable[Claim], evidence: Evidence) -> list[Finding]:
    """A finding for each claim, in their order; one without published figures where there is no check."""
    return [CHECKS[claim.key](claim, evidence) if claim.key in CHECKS else found(claim) for claim in claims]


def finding(findings: Iterable[Finding], key: str) -> Finding:
    """The finding on the claim of that key."""
    return next(found for found in findings if found.claim.key == key)


def commitments(claims: Iterable[Claim]) -> pd.DataFrame:
    """What each claim commits to, a row each: key, low, high, unit, qualifier, date, place."""
    rows = []
    for claim in claims:
        q = claim.quantity
        figure = {"low": q.low, "high": q.high, "unit": q.unit, "qualifier": q.qualifier} if q else {}
        rows.append({"key": claim.key, **figure, "date": claim.date or "", "place": claim.place})
    columns = ["key", "low", "high", "unit", "qualifier", "date", "place"]
    return pd.DataFrame(rows, columns=columns).fillna({"unit": "", "qualifier": ""})


def judged(findings: Sequence[Finding]) -> pd.DataFrame:
    """A row for each claim: its label, verdict, source of the figures judged on, place in the document."""
    rows = [
        {
            "claim": f.claim.label,
            "verdict": f.verdict,
            "source": "; ".join(dict.fromkeys(figure.source for figure in f.judged_on)) or "none",
            "place": f.claim.place,
        }
        for f in findings
    ]
    return pd.DataFrame(rows)


def tally(findings: Sequence[Finding], evidence: Evidence) -> pd.DataFrame:
    """Claims by verdict, a row each, and how many that hold were held against the document's own lists alone.

    Returns
    -------
    DataFrame: kind (of estimate), name, verdict, estimate, n_obs.
    """
    counts = [("verdict", named(v), v, sum(f.verdict == v for f in findings)) for v in VERDICTS]
    own = [f for f in findings if {r.source for r in f.judged_on} == {evidence.cited["programme"]}]
    counts.append(("own_lists", "agree_with_themselves", "holds", sum(f.verdict == "holds" for f in own)))
    return pd.DataFrame(counts, columns=["kind", "name", "verdict", "estimate"]).assign(n_obs=len(findings))


def named(verdict: str) -> str:
    """A verdict as part of an id: what stands before a comma."""
    return verdict.split(",")[0].replace(" ", "_")


def consistency(said: Document) -> pd.DataFrame:
    """Statements the document can be held to by itself: statement, figures, holds."""
    phases = said.phase_frame()
    answer_list, annex_list = (set(listed.countries) for listed in (said.proposed_in_answer, said.proposed_in_annex))
    unplaced = sorted(answer_list - set(phases["iso3"]))
    proposed = phases["proposed"]
    rows = [
        (
            "the two lists of proposed countries name the same ones",
            f"{len(answer_list)} and {len(annex_list)}",
            answer_list == annex_list,
        ),
        ("no country stands in two phases", f"{len(phases)} places", phases["iso3"].is_unique),
        ("every proposed country stands in a phase", f"without: {', '.join(unplaced) or 'none'}", not unplaced),
        (
            "every phase country is a proposed one",
            f"{(~proposed).sum()} of {len(phases)} are not",
            bool(proposed.all()),
        ),
        (
            "presence is stated for proposed countries only",
            f"{len(said.presence.countries)} countries",
            set(said.presence.countries) <= answer_list,
        ),
    ]
    return pd.DataFrame(rows, columns=["statement", "figures", "holds"])


def relative(findings: Sequence[Finding]) -> pd.DataFrame:
    """Figures judged on, divided by those claimed, in the order of verdicts; claims of dates are left out.

    Returns
    -------
    DataFrame: key (of the claim), id (of the figure), verdict, time (at the time, now), decides (whether it is in line or
    not), figure, low, high (what it says of the claim's date, infinite where open) and claim_low, claim_high (the values the
    document allows, within the axis).
    """
    rows = []
    for finding in sorted(findings, key=lambda f: VERDICTS.index(f.verdict)):
        one = _reference(finding.claimed)
        for figure in finding.judged_on if one > 0 else ():
            allowed, judged = finding.claimed.scaled(one), figure.judged.scaled(one)
            rows.append(
                {
                    "key": finding.claim.key,
                    "id": figure.id,
                    "verdict": finding.verdict.capitalize(),
                    "time": "now" if figure.name == "now" else "at the time",
                    "decides": finding.position(figure) != "undecided",
                    "figure": _middle(figure.bounds.scaled(one)),
                    "low": judged.low,
                    "high": judged.high,
                    "claim_low": min(allowed.low, 1 - NARROWEST),
                    "claim_high": min(max(allowed.high, 1 + NARROWEST), AXIS[1]),
                }
            )
    return pd.DataFrame(rows)


def _reference(claim: Bounds) -> float:
    """The value of a claim that stands at one: the middle of its bounds, or the bound it has to exceed."""
    return claim.low if claim.low_excluded else _middle(claim)


def _middle(bounds: Bounds) -> float:
    """The middle of bounds, or the end that is closed."""
    ends = [end for end in (bounds.low, bounds.high) if math.isfinite(end)]
    return sum(ends) / len(ends)


def other_measures(findings: Iterable[Finding]) -> pd.DataFrame:
    """Claims with figures in several measures of deaths: claim, measure (the figure's kind), low, high, agreement."""
    rows = [
        (
            f.claim.label,
            figure.facts.get("measure", "residents"),
            figure.bounds.low,
            figure.bounds.high,
            f.position(figure),
        )
        for f in findings
        for figure in (*([f.now] if f.now else []), *f.beside)
        if figure.name in (*deaths.MEASURES, "residents", "now")
    ]
    table = pd.DataFrame(rows, columns=["claim", "measure", "low", "high", "agreement"])
    table = table[table.groupby("claim")["measure"].transform("size") > 1]
    return table.assign(agreement=table["agreement"].map(AGREEMENT)).reset_index(drop=True)


def split(table: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """The groups of a table of agreements that fall on both sides of a claim, named by the values of `by`."""
    sides = table[table["agreement"].isin(["in line", "not in line"])]
    both = sides.groupby(list(by), sort=False)["agreement"].nunique()
    groups = both.index[both > 1]
    return [", ".join(group) if isinstance(group, tuple) else str(group) for group in groups]
