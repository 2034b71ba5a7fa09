"""The shares of one kind of record drawn by themselves, for the page of a folder: a section a kind, each with its figure."""

from __future__ import annotations

import pandas as pd

from crimjust_research import charts
from crimjust_research.numbers import percent
from crimjust_research.questions.own_records import steps
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import Own
from crimjust_research.shown import Shown
from crimjust_research.study import Study

# Kinds that have a figure of their own anyway.
_DRAWN_OTHERWISE = ("cooperation_requests", "knowledge_tests")


def draw(study: Study, p: Params, kind: str, found: pd.DataFrame, own: Own) -> Shown | None:
    """Draw the shares of a kind that are told: rows of `every_estimate`. None without a folder, whose page is a rehearsal of
    all kinds together, and where no share is told."""
    shares = steps.every_share(found[found["records"] == kind])
    if not p.folder or kind in _DRAWN_OTHERWISE or shares.empty:
        return None
    ordered = shares.sort_values("estimate", kind="stable")
    ends = [f"{row['label']}, {percent(row['estimate'])}" for row in ordered.iloc[[0, -1]].to_dict("records")]
    study.note(lowest=ends[0], highest=ends[1] if len(shares) > 1 else "")
    return study.figure(
        f"{kind}_shares{p.mark}",
        charts.intervals(
            shares, "label", text="text", p=None, rule_at=None, domain=(0, 1), format=".0%", x_title="Share"
        ),
        title=f"Shares of {p.made}{kind.replace('_', ' ')}",
        caption=f"{100 * p.confidence_level:.3g}% intervals of {p.made}records.",
        source=own.source,
    )
