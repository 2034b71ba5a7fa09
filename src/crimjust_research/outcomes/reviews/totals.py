"""Gaps and needs found by reviews, per completed review, with the limits that "some" and "over" leave."""

from __future__ import annotations

import math

import pandas as pd

from crimjust_research import document
from crimjust_research.designs.counts.bounds import Bounds, as_bounds
from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.reviews.parameters import OUTCOME, QUESTION

PER_REVIEW = "per review"
_DOCUMENT, _BEFORE = "2021-12-12", "2019-12-19"


def per_review(totals: pd.DataFrame) -> pd.DataFrame:
    """Ratios of UNODC's totals as limits: id, what, as_of, low, high (infinite if open), unit, working, source.

    A total stated as "over" has no upper limit and one stated as "almost" no lower one but zero; none is guessed.
    """
    gaps = _total(totals, "implementation_gaps", _DOCUMENT)
    needs = _total(totals, "technical_assistance_needs", _DOCUMENT)
    reviewed = _reviewed()
    gaps_before = _total(totals, "challenges_identified", _BEFORE)
    needs_before = _total(totals, "technical_assistance_needs", _BEFORE)
    practices = _total(totals, "good_practices_identified", _BEFORE)
    summaries = _total(totals, "executive_summaries_finalized", _BEFORE)
    share = _total(totals, "share_states_expressing_TA_need", _DOCUMENT)
    parties = totals[totals["metric"] == "states_parties"].sort_values("as_of")["value_low"].iloc[-1]
    # Two thirds of States parties: of those reviewed at the least, of all parties at the most.
    asking = share * Bounds(reviewed, max(float(parties), reviewed))
    document = "UNODC, answers for the record, 12 December 2021"
    release = "UNIS/CP/1089, 19 December 2019"
    both = "summaries of both cycles"
    rows = [
        (
            "gaps_2021",
            "Gaps, December 2021",
            _DOCUMENT,
            gaps / reviewed,
            PER_REVIEW,
            f"some 8,000 / {reviewed:.0f} reviews",
        ),
        (
            "gaps_2019",
            "Gaps, December 2019",
            _BEFORE,
            gaps_before / summaries,
            PER_REVIEW,
            f"almost 7,000 / 198 {both}",
        ),
        (
            "needs_2021",
            "Needs, December 2021",
            _DOCUMENT,
            needs / reviewed,
            PER_REVIEW,
            f"over 4,000 / {reviewed:.0f} reviews",
        ),
        (
            "needs_2019",
            "Needs, December 2019",
            _BEFORE,
            needs_before / summaries,
            PER_REVIEW,
            f"almost 4,000 / 198 {both}",
        ),
        (
            "practices_2019",
            "Good practices, 2019",
            _BEFORE,
            practices / summaries,
            PER_REVIEW,
            f"over 1,000 / 198 {both}",
        ),
        ("needs_per_gap", "Needs for each gap, 2021", _DOCUMENT, needs / gaps, "per gap", "over 4,000 / some 8,000"),
        (
            "needs_per_asking_state",
            "Needs for each State that asked, 2021",
            _DOCUMENT,
            needs / asking,
            "per State",
            "over 4,000 / two thirds of States, reviewed or all",
        ),
        (
            "more_gaps",
            "Gaps added since December 2019",
            _DOCUMENT,
            gaps - gaps_before,
            "gaps",
            "some 8,000 - almost 7,000",
        ),
    ]
    sources = {_DOCUMENT: document, _BEFORE: release}
    return pd.DataFrame(
        [
            (key, what, as_of, found.low, found.high, unit, working, sources[as_of])
            for key, what, as_of, found, unit, working in rows
        ],
        columns=["id", "what", "as_of", "low", "high", "unit", "working", "source"],
    )


def totals_estimates(table: pd.DataFrame) -> list[Estimate]:
    """The ratios as estimates: limits for an interval, to which no chance is attached, and no point."""
    return [
        Estimate(
            id=f"totals.{row['id']}",
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"{row['what']}, {row['unit']}",
            method="Interval arithmetic with the figures as published",
            specification=row["working"],
            estimate=math.nan,
            ci_low=row["low"],
            ci_high=row["high"],
            unit=row["unit"],
            n_obs=1,
            n_units=1,
            role="secondary",
            null_value=math.nan,
        )
        for row in table.to_dict("records")
    ]


def _total(totals: pd.DataFrame, metric: str, as_of: str) -> Bounds:
    rows = totals[(totals["metric"] == metric) & (totals["as_of"] == as_of)]
    if len(rows) != 1:
        raise DataError(
            f"uncac_totals holds {len(rows)} rows of {metric!r} as of {as_of} where one is needed; restore it from git"
        )
    low, high = (float(rows[column].iloc[0]) for column in ("value_low", "value_high"))
    return Bounds(0.0 if math.isnan(low) else low, math.inf if math.isnan(high) else high)


def _reviewed() -> float:
    """States with a completed review, as the document states it."""
    fact = next(f for f in document.load().review_findings if f.key == "states_reviewed")
    if fact.quantity is None or fact.quantity.low is None:
        raise DataError("programme: 'states_reviewed' has no quantity; restore it from git")
    return as_bounds(fact.quantity.low).low
