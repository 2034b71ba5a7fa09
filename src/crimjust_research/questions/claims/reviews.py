"""Part II of the document's second answer: reviews under the UN Convention against Corruption, their gaps and needs."""

from __future__ import annotations

from typing import Any

from crimjust_research import document
from crimjust_research.document import Claim
from crimjust_research.questions.claims.findings import Evidence, Finding, Published, dated, found, number_in
from crimjust_research.questions.claims.rule import as_bounds, at_least, exactly
from crimjust_research.questions.uncac_totals import TABLE, total

_SUMMARIES = "executive_summaries_finalized"


def mechanism(claim: Claim, evidence: Evidence) -> Finding:
    """The year claimed against the one from which the Conference's secretariat counts reviews."""
    row = _total(evidence, _SUMMARIES)
    since = str(_since(evidence))
    first_summary = int(evidence["uncac_reviews"]["year"].min())
    return dated(claim, "reviews_since", since, _source(row, evidence), 1, first_summary=first_summary)


def states_reviewed(claim: Claim, evidence: Evidence) -> Finding:
    """States of the first study, a lower bound since; and how many of the States whose pages were read had a summary."""
    row = _total(evidence, "first_cycle_states_in_study")
    pages = evidence["uncac_reviews"].loc[lambda r: r["cycle"] == 1]
    done = pages[(pages["status"] == "complete") & (pages["year"] <= _year_of_document())]
    then = Published(
        claim.key,
        "then",
        "reviewed",
        exactly(row["value_low"]),
        "States",
        _source(row, evidence),
        implies=at_least(row["value_low"]),
        facts={"as_of": row["as_of"]},
    )
    read = Published(
        claim.key,
        "pages_read",
        "pages_read",
        exactly(len(done) / len(pages)),
        "share",
        evidence.cited["uncac_reviews"],
        n_obs=len(pages),
        facts={"by": _year_of_document(), "done": len(done)},
    )
    return found(claim, then, read)


def cumulative(claim: Claim, evidence: Evidence, metric: str) -> Finding:
    """A count that only grows by its total of December 2019: a lower bound, and the document's year at the pace until then."""
    row = _total(evidence, metric, "2019-12-19")
    before = as_bounds(row["value_low"], row["value_high"], high_excluded=row["qualifier"] == "under")
    first, last, by = _since(evidence), int(row["as_of"][:4]), _year_of_document()
    at_pace = before.scaled((last + 1 - first) / (by + 1 - first))
    unit = claim.quantity.unit if claim.quantity else ""
    then = Published(
        claim.key,
        "then",
        "counted",
        before,
        unit,
        _source(row, evidence),
        implies=as_bounds(before.low, None),
        facts={"as_of": row["as_of"], "stated": row["stated"]},
    )
    facts = {"by": by, "first": first, "last": last}
    pace = Published(claim.key, "pace", "at_mean_pace", at_pace, unit, f"{row['document']}, extended", facts=facts)
    return found(claim, then, pace)


def states_in_need(claim: Claim, evidence: Evidence) -> Finding:
    """The States that had asked by December 2019, of all parties at least and of those in the first study at most.

    Beside it their share of the States that the document itself counts as reviewed, two years later.
    """
    row = _total(evidence, "technical_assistance_needs", "2019-12-19")
    states = number_in(row["scope"], r"in (\d+) countries")
    parties = _total(evidence, "states_parties", "2019-12-31")["value_low"]
    reviewed = _total(evidence, "first_cycle_states_in_study")["value_low"]
    then = Published(
        claim.key,
        "then",
        "asked",
        as_bounds(states / parties, states / reviewed),
        "share",
        _source(row, evidence),
        facts={"as_of": row["as_of"], "states": states, "parties": parties, "reviewed": reviewed},
    )
    own = next(c.quantity.low for c in document.load().claims if c.key == "states_reviewed_173" and c.quantity)
    of_own = Published(
        claim.key,
        "of_own_count",
        "asked_of_reviewed",
        exactly(states / own),
        "share",
        f"{_source(row, evidence)}; {evidence.cited['programme']}",
        facts={"states": states, "reviewed": own},
    )
    return found(claim, then, of_own)


def _since(evidence: Evidence) -> int:
    return number_in(_total(evidence, _SUMMARIES)["scope"], r"since (\d{4})")


def _year_of_document() -> int:
    return int(str(document.load().document.date)[:4])


def _source(row: dict[str, Any], evidence: Evidence) -> str:
    return f"{row['document']}, in {evidence.cited[TABLE]}"


def _total(evidence: Evidence, metric: str, as_of: str | None = None) -> dict[str, Any]:
    return total(evidence[TABLE], metric, as_of)
