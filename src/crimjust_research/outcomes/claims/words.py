"""The sentences of the audit: why each verdict, the answer, and the checks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from crimjust_research import document
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, refer
from crimjust_research.outcomes.claims import deaths
from crimjust_research.outcomes.claims.evidence import AGREEMENT, OUTCOME, QUESTION, Evidence, Finding
from crimjust_research.outcomes.claims.revisions import NOT_COVERED, summary
from crimjust_research.outcomes.claims.rule import VERDICTS, Position, Verdict

_BEARING: Mapping[Position, str] = {
    "inside": "in line with the document",
    "outside": "not in line with the document",
    "undecided": "decides nothing",
}


def why(finding: Finding) -> str:
    """Why the verdict on a claim is what it is, in one sentence."""
    times = (("at the time", finding.then), ("now", finding.now))
    parts = [f"{label}: {r.text} ({_BEARING[finding.position(r)]})" for label, r in times if r]
    parts += [finding.remark] if finding.remark else []
    if not finding.readings and not finding.remark:
        parts.append("no figure at hand bears on it")
    if finding.verdict == "cannot be checked" and finding.needed:
        parts.append(f"it would take {finding.needed}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a claim: what the document says, the figures then and now, the verdict, why, sources and place."""
    return pd.DataFrame(
        [
            {
                "claim": f.claim.label,
                "in_the_document": f.put,
                "at_the_time": f.then.text if f.then else "none at hand",
                "now": f.now.text if f.now else "none at hand",
                "verdict": f.verdict,
                "why": why(f),
                "source": "; ".join(dict.fromkeys(r.source for r in f.judged_on)) or "none",
                "place": f.claim.place,
            }
            for f in findings
        ]
    )


def count(findings: Sequence[Finding], verdict: Verdict) -> int:
    return sum(f.verdict == verdict for f in findings)


def _agrees_with_itself(finding: Finding, evidence: Evidence) -> bool:
    """Whether the only figure a claim was judged on is the document's own."""
    return {r.source for r in finding.judged_on} == {evidence.cite("programme")}


def tally(findings: Sequence[Finding], evidence: Evidence) -> tuple[Estimate, ...]:
    """Claims by verdict, and how many of those that hold were held against the document alone."""
    own = [f for f in findings if f.verdict == "holds" and _agrees_with_itself(f, evidence)]
    counts = {
        f"verdicts.{verdict.replace(' ', '_')}": (
            f"Claims that come to the verdict: {verdict}",
            count(findings, verdict),
        )
        for verdict in VERDICTS
    }
    counts["verdicts.agree_with_themselves"] = ("Claims that hold against the document's own lists alone", len(own))
    return tuple(
        Estimate(
            id=key,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=estimand,
            method="count of verdicts",
            specification="interval rule on the figures of the time and of today",
            estimate=figure,
            unit="claims",
            n_obs=len(findings),
            n_units=1,
            role="secondary",
            null_value=math.nan,
        )
        for key, (estimand, figure) in counts.items()
    )


def answer(findings: Sequence[Finding], estimates: Sequence[Estimate]) -> str:
    """Verdicts counted in a sentence, with the claims that did not hold named."""
    counted = {e.id: e for e in estimates}

    def counts(key: str) -> str:
        return refer(f"{counted[key].estimate:.0f}", key)

    def named(verdict: Verdict) -> str:
        texts = [
            f"{f.claim.label[:1].lower()}{f.claim.label[1:]}: {_figures(f)}" for f in findings if f.verdict == verdict
        ]
        return f" ({'; '.join(texts)})" if texts else ""

    return (
        f"Of the document's {len(findings)} quantitative claims {counts('verdicts.holds')} hold, "
        f"{counts('verdicts.agree_with_themselves')} of these only against the document's own lists. Revised since it "
        f"was written: {counts('verdicts.revised_since')}{named('revised since')}. Contradicted: "
        f"{counts('verdicts.contradicted')}{named('contradicted')}. Not to be checked with public figures: "
        f"{counts('verdicts.cannot_be_checked')}."
    )


def _figures(finding: Finding) -> str:
    """The figures judged on, linked: `81,230 at the time, 81,622 now`."""
    times = ((finding.then, "at the time"), (finding.now, "now"))
    return ", ".join(f"{refer(reading.text, reading.id)} {label}" for reading, label in times if reading)


def checks(
    findings: Sequence[Finding],
    evidence: Evidence,
    cells: pd.DataFrame,
    by_vintage: pd.DataFrame,
    margins: pd.DataFrame,
) -> tuple[Check, ...]:
    return (
        _consistency(),
        _announced(),
        _measures(findings, evidence),
        _revisions(cells, evidence.measure),
        _vintages(by_vintage),
        _margins(margins),
    )


def _consistency() -> Check:
    """Counts and sums the document can be held to by itself."""
    said = document.load()
    phases = said.phase_frame()
    cost = said.total_cost()
    answer_list, annex_list = (set(listed.countries) for listed in (said.proposed_in_answer, said.proposed_in_annex))
    sizes = [len(phase.countries) for phase in said.phases]
    unplaced = sorted(answer_list - set(phases["iso3"]))
    assert cost.low is not None
    assert cost.high is not None
    rows = [
        (
            "the two lists of proposed countries name the same ones",
            f"{len(answer_list)} and {len(annex_list)}",
            answer_list == annex_list,
        ),
        ("no country stands in two phases", f"{len(phases)} places", bool(phases["iso3"].is_unique)),
        ("every proposed country stands in a phase", f"without: {', '.join(unplaced) or 'none'}", not unplaced),
        (
            "every phase country is a proposed one",
            f"{(~phases['proposed']).sum()} of {len(phases)} are not",
            bool(phases["proposed"].all()),
        ),
        (
            "presence is stated for proposed countries only",
            f"{len(said.presence.countries)} countries",
            set(said.presence.countries) <= answer_list,
        ),
    ]
    frame = pd.DataFrame(rows, columns=["statement", "figures", "holds"])
    total = f"{cost.low / 1e6:,.0f} to {cost.high / 1e6:,.0f} million dollars"
    per_country = " to ".join(f"{bound / len(phases) / 1e6:.2f}" for bound in (cost.low, cost.high))
    return Check(
        "Consistency of the document",
        None,
        f"{frame['holds'].sum()} of {len(frame)} statements hold: the phases name {', '.join(map(str, sizes))} "
        f"countries, {len(phases)} in all. The two cost ranges add up to {total} over four years, a total the document "
        f"does not give; that is {per_country} million a phase country.",
        frame,
    )


def _announced() -> Check:
    frame = pd.DataFrame([(a.month, a.deaths, a.date, a.source) for a in deaths.ANNOUNCED])
    return Check(
        "Figures of the time",
        None,
        "Where no vintage of the time is at hand, its figures are those of CDC's announcements, which no table holds.",
        frame.set_axis(["twelve_months_to", "deaths", "announced_on", "source"], axis=1),
    )


def _measures(findings: Sequence[Finding], evidence: Evidence) -> Check:
    """The verdicts of today's figures in the other measures."""
    rows = [
        (f.claim.label, r.what, r.text, AGREEMENT[f.position(r)])
        for f in findings
        if f.claim.key in ("overdose_deaths_81000", "synthetic_opioids_over_half")
        for r in (*([f.now] if f.now else []), *f.beside)
    ]
    frame = pd.DataFrame(rows, columns=["claim", "measure", "figure", "agreement"])
    split = [str(claim) for claim, part in frame.groupby("claim", sort=False) if len(set(part["agreement"])) > 1]
    return Check(
        "Other measures of the same deaths",
        not split,
        f"Verdicts rest on deaths as {evidence.measure}. "
        + (
            "Measured otherwise (by place of death or of residence, as reported or as predicted) the figures fall on "
            f"both sides of: {'; '.join(split)}."
            if split
            else "No other measure falls on another side."
        ),
        frame,
    )


def _revisions(cells: pd.DataFrame, judged_on: str) -> Check:
    """How often and how far CDC moved its figures, for years closed and open at the older vintage."""
    frame = summary(cells, ["old_vintage", "new_vintage", "measure", "closed"])
    sentences = []
    for measure in deaths.MEASURES:
        closed = frame[frame["closed"] & (frame["measure"] == measure)]
        moved, compared = closed["revised"].sum(), closed["compared"].sum()
        span = f", by {_signed(closed['lowest_percent'].min())} to {_signed(closed['highest_percent'].max())}"
        sentences.append(f"{moved:,} of {compared:,} {measure}{span if moved else ''}")
    return Check(
        "Revisions of closed years",
        not frame.loc[frame["closed"] & (frame["measure"] == judged_on), "revised"].any(),
        "Of CDC's counts for calendar years that were closed at the older of two vintages, the newer one shows otherwise: "
        + "; ".join(sentences)
        + ".",
        frame,
    )


def _vintages(by_vintage: pd.DataFrame) -> Check:
    """Whether a claim's agreement depends on the vintage, measure by measure."""
    covered = by_vintage[by_vintage["agreement"] != NOT_COVERED]
    differs = covered.groupby(["claim", "measure"])["agreement"].agg(lambda a: len(set(a)) > 1)
    split = [f"{claim} ({measure})" for claim, measure in differs[differs].index]
    reach = ", ".join(covered["vintage"].unique())
    return Check(
        "Verdicts by vintage",
        not split,
        f"Of the vintages at hand those of {reach} reach May 2020. "
        + (f"They differ on: {'; '.join(split)}." if split else "Measure by measure they agree on every claim."),
        by_vintage,
    )


def _margins(margins: pd.DataFrame) -> Check:
    """Which verdicts a revision of the size seen before would change."""
    rows = margins.to_dict("records")
    clauses = [
        f"{row['claim'][:1].lower()}{row['claim'][1:]}: {_signed(row['needed_percent'])} needed, up to "
        f"{number(row['largest_seen_percent'], 2)}% seen"
        for row in rows
    ]
    count_changed = sum(row["would_change"] for row in rows)
    return Check(
        "What a revision would change",
        None,
        f"{count_changed} of the {len(rows)} claims that rest on counts of deaths would change sides with a revision as "
        f"large as CDC has made to a closed year ({'; '.join(clauses)})."
        if rows
        else "The vintage does not reach May 2020, so no claim rests on it.",
        margins,
    )


def _signed(percent: float) -> str:
    return f"{'+' if percent > 0 else ''}{number(percent, 2)}%"
