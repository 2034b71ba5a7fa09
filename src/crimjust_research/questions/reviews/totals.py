"""Gaps and needs found by reviews, per completed review, with the limits that "some" and "over" leave."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from crimjust_research.designs.counts.bounds import Bounds
from crimjust_research.errors import DataError
from crimjust_research.evidence.sentences import date_text
from crimjust_research.questions import uncac_totals
from crimjust_research.questions.reviews.completion import with_review

TABLE = uncac_totals.TABLE
PER_REVIEW = "per review"
# The two dates of which UNODC published totals of gaps and needs.
_BEFORE, _NOW = "2019-12-19", "2021-12-12"


@dataclass(frozen=True)
class Total:
    """A total as published, and the limits of what it can mean: "over" leaves the upper side open, "almost" the lower."""

    as_of: str
    stated: str
    scope: str
    limits: Bounds


def per_review(totals: pd.DataFrame) -> pd.DataFrame:
    """Ratios of UNODC's totals as limits.

    Returns
    -------
    DataFrame: id, what, as_of, unit, working (the figures as published), ci_low, ci_high (infinite if open), estimate and
    ci_level (missing: limits have no middle and no chance), document.

    Raises
    ------
    DataError
        If a total is not there once, or does not say how many States have a completed review.
    """
    gaps = _total(totals, "implementation_gaps", _NOW)
    needs = _total(totals, "technical_assistance_needs", _NOW)
    share = _total(totals, "share_states_expressing_TA_need", _NOW)
    gaps_before = _total(totals, "challenges_identified", _BEFORE)
    needs_before = _total(totals, "technical_assistance_needs", _BEFORE)
    practices = _total(totals, "good_practices_identified", _BEFORE)
    summaries = _total(totals, "executive_summaries_finalized", _BEFORE)
    states = with_review(gaps.scope)
    if states is None:
        raise DataError(
            f"{TABLE}, implementation_gaps: the scope {gaps.scope!r} does not count States with completed reviews"
        )
    parties = float(
        totals[totals["metric"] == "states_parties"].sort_values("as_of", kind="stable")["value_low"].iloc[-1]
    )
    reviews = Total(_NOW, f"{states:.0f} reviews", "", Bounds(states, states))
    summaries = replace(summaries, stated=f"{summaries.stated} summaries of {summaries.scope}")
    # Two thirds of States parties: of those reviewed at the least, of all parties at the most.
    asking = share.limits * Bounds(states, max(parties, states))
    asked = Total(_NOW, f"({share.stated} of States, reviewed or all)", "", asking)
    now, before, year, year_before = date_text(_NOW[:7]), date_text(_BEFORE[:7]), _NOW[:4], _BEFORE[:4]
    more = {"id": "more_gaps", "what": f"Gaps added since {before}", "as_of": _NOW, "unit": "gaps"}
    added = gaps.limits - gaps_before.limits
    rows = [
        _ratio(f"gaps_{year}", f"Gaps, {now}", gaps, reviews),
        _ratio(f"gaps_{year_before}", f"Gaps, {before}", gaps_before, summaries),
        _ratio(f"needs_{year}", f"Needs, {now}", needs, reviews),
        _ratio(f"needs_{year_before}", f"Needs, {before}", needs_before, summaries),
        _ratio(f"practices_{year_before}", f"Good practices, {year_before}", practices, summaries),
        _ratio("needs_per_gap", f"Needs for each gap, {year}", needs, gaps, "per gap"),
        _ratio("needs_per_asking_state", f"Needs for each State that asked, {year}", needs, asked, "per State"),
        more | _limits(added) | {"working": f"{gaps.stated} - {gaps_before.stated}"},
    ]
    documents = totals.drop_duplicates("as_of").set_index("as_of")["document"]
    table = pd.DataFrame(rows).assign(estimate=math.nan, ci_level=math.nan)
    return table.assign(document=table["as_of"].map(documents))


def limits_in_words(table: pd.DataFrame) -> pd.Series[str]:
    """The limits of each ratio beside a chart: "43.4 to 49.1", "over 23.1", "below 35.4"."""
    words = [
        f"over {low:.1f}" if math.isinf(high) else f"below {high:.1f}" if low == 0 else f"{low:.1f} to {high:.1f}"
        for low, high in zip(table["ci_low"], table["ci_high"], strict=True)
    ]
    return pd.Series(words, table.index)


def _ratio(name: str, what: str, total: Total, of: Total, unit: str = PER_REVIEW) -> dict[str, Any]:
    about = {"id": name, "what": what, "as_of": total.as_of, "unit": unit, "working": f"{total.stated} / {of.stated}"}
    return about | _limits(total.limits / of.limits)


def _limits(found: Bounds) -> dict[str, float]:
    return {"ci_low": found.low, "ci_high": found.high}


def _total(totals: pd.DataFrame, metric: str, as_of: str) -> Total:
    row = uncac_totals.total(totals, metric, as_of)
    low, high = float(row["value_low"]), float(row["value_high"])
    limits = Bounds(0.0 if math.isnan(low) else low, math.inf if math.isnan(high) else high)
    stated = re.sub(r"\d{4,}", lambda found: f"{int(found[0]):,}", str(row["stated"]))
    return Total(as_of, stated, str(row["scope"]), limits)
