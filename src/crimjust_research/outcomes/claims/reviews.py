"""Part II of the document's second answer: reviews under the UN Convention against Corruption, their gaps and needs."""

from __future__ import annotations

import re
from typing import Any

from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.outcomes.claims.evidence import (
    Check,
    Evidence,
    Finding,
    Reading,
    bounds_text,
    claimed_by,
    dated,
    day,
    number_in,
    put,
)
from crimjust_research.outcomes.claims.rule import as_bounds, at_least, claimed, exactly

_YEAR_OF_DOCUMENT = 2021


def mechanism(claim: Claim, evidence: Evidence) -> Finding:
    totals = evidence["uncac_totals"]
    row = totals[totals["scope"].str.contains("since", na=False)].iloc[0]
    year = number_in(str(row["scope"]), r"since (\d{4})")
    first = int(evidence["uncac_reviews"]["year"].min())
    return dated(
        claim,
        f"{year:.0f}",
        "year from which reviews are counted",
        f"{row['document']}, in {evidence.cite('uncac_totals')}",
        1,
        f"the first executive summaries among the States read are of {first}",
    )


def states_reviewed(claim: Claim, evidence: Evidence) -> Finding:
    row = _total(evidence, "first_cycle_states_in_study")
    reviews = evidence["uncac_reviews"].loc[lambda r: r["cycle"] == 1]
    done = reviews[(reviews["status"] == "complete") & (reviews["year"] <= _YEAR_OF_DOCUMENT)]
    return Finding(
        claim,
        claimed_by(claim),
        put(claim),
        then=Reading(
            f"{claim.key}.then",
            "States reviewed in the first cycle by the end of 2015",
            exactly(row["value_low"]),
            "States",
            f"{row['document']}, in {evidence.cite('uncac_totals')}",
            implies=at_least(row["value_low"]),
            shown=f"{row['stated']} by the end of 2015",
        ),
        beside=(
            Reading(
                f"{claim.key}.pages_read",
                f"share of the States whose pages were read that had a summary of the first cycle by "
                f"{_YEAR_OF_DOCUMENT}",
                exactly(len(done) / len(reviews)),
                "share",
                evidence.cite("uncac_reviews"),
                n_obs=len(reviews),
                shown=f"{len(done)} of {len(reviews)} States read",
            ),
        ),
        remark=f"the number can only have grown since; of the {len(reviews)} States whose pages were read, {len(done)} "
        f"had a first summary by {_YEAR_OF_DOCUMENT}",
        needed="the list of all States with a completed review",
    )


def cumulative(metric: str, years: float = 2.0) -> Check:
    """A check of a count that only grows against its total of December 2019: a lower bound, and the pace until then."""

    def check(claim: Claim, evidence: Evidence) -> Finding:
        row = _total(evidence, metric, "2019-12-19")
        before = as_bounds(row["value_low"], row["value_high"], high_excluded=row["qualifier"] == "under")
        started = number_in(str(_total(evidence, "executive_summaries_finalized")["scope"]), r"since (\d{4})")
        elapsed = int(str(row["as_of"])[:4]) + 1 - started
        extended = before.scaled(elapsed / (elapsed + years))
        unit = claim.quantity.unit if claim.quantity else ""
        return Finding(
            claim,
            claimed_by(claim),
            put(claim),
            then=Reading(
                f"{claim.key}.then",
                f"{unit} counted by {day(str(row['as_of']))}",
                before,
                unit,
                f"{row['document']}, in {evidence.cite('uncac_totals')}",
                implies=as_bounds(before.low, None),
                shown=f"{_thousands(str(row['stated']))} in December 2019",
            ),
            beside=(
                Reading(
                    f"{claim.key}.pace",
                    f"{unit} that two more years would bring at the mean pace of {started:.0f} to 2019",
                    extended,
                    unit,
                    f"{row['document']}, extended",
                ),
            ),
            remark=f"the count only grows, and at the mean pace of {started:.0f} to 2019 it would have come to "
            f"{bounds_text(extended, unit)} by the end of {_YEAR_OF_DOCUMENT}",
            needed="the counts of the review mechanism's secretariat for December 2021",
        )

    return check


def states_in_need(claim: Claim, evidence: Evidence) -> Finding:
    """The 108 States of December 2019, of all States parties at most and of those in the first study at least."""
    row = _total(evidence, "technical_assistance_needs", "2019-12-19")
    states = number_in(str(row["scope"]), r"in (\d+) countries")
    parties = float(_total(evidence, "states_parties", "2019-12-31")["value_low"])
    reviewed = float(_total(evidence, "first_cycle_states_in_study")["value_low"])
    bounds = claimed(claim.quantity) if claim.quantity else exactly(2 / 3)
    return Finding(
        claim,
        bounds,
        f"two thirds ({bounds_text(bounds, 'share')})",
        then=Reading(
            f"{claim.key}.then",
            "share of States that have asked for assistance, of all parties at least and of those reviewed at most",
            as_bounds(states / parties, states / reviewed),
            "share",
            f"{row['document']}, in {evidence.cite('uncac_totals')}",
            shown=f"{states:.0f} States in December 2019: {states / parties:.1%} of {parties:.0f} parties, "
            f"{states / reviewed:.1%} of {reviewed:.0f} in the first study",
        ),
        remark="the document does not say whether all parties or those reviewed are meant",
        needed="the number of States that asked, and of those reviewed, in December 2021",
    )


def _total(evidence: Evidence, metric: str, as_of: str | None = None) -> dict[str, Any]:
    """The one row of that metric, and of that date if one is given."""
    rows = evidence["uncac_totals"].loc[lambda r: r["metric"] == metric]
    rows = rows if as_of is None else rows[rows["as_of"] == as_of]
    if len(rows) != 1:
        raise DataError(
            f"uncac_totals holds {len(rows)} rows of {metric!r}{f' as of {as_of}' if as_of else ''} where one is "
            "needed; ingest a file with exactly one"
        )
    row: dict[str, Any] = dict(rows.iloc[0])
    return row


def _thousands(stated: str) -> str:
    """A figure in the words of its source with its thousands separated, as everywhere here."""
    return re.sub(r"\d{4,}", lambda m: f"{int(m[0]):,}", stated)
