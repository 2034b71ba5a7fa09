"""The scorecard as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION, WIDTH, Figure
from crimjust_research.evidence.words import p_text
from crimjust_research.outcomes.synthesis.evidence import Evidence

GRADES = ("strong", "moderate", "limited", "none found", "inconclusive")
_COLOURS = (BLACK, BLUE, SKY, ORANGE, GREY)
_SHAPES = ("diamond", "square", "triangle-up", "circle", "cross")


def grades(found: Sequence[Evidence], level: float, source: str) -> Figure:
    """Adjusted p-value and grade of every registered question."""
    data = pd.DataFrame(
        {
            "question": [f"{e.primary.outcome}: {e.primary.id}" for e in found],
            "p_family": [max(e.p_family, 1e-4) for e in found],
            "grade": [e.grade for e in found],
            "confirm": [e.confirm for e in found],
        }
    )
    base = alt.Chart(data).encode(
        y=alt.Y("question:N", title=None, sort=list(data["question"]), axis=alt.Axis(labelLimit=260)),
        x=alt.X("p_family:Q", title="Adjusted p (log scale)", scale=alt.Scale(type="log", domain=[1e-4, 1])),
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        color=alt.Color("grade:N", title="Evidence", scale=alt.Scale(domain=list(GRADES), range=list(_COLOURS))),
        shape=alt.Shape("grade:N", title="Evidence", scale=alt.Scale(domain=list(GRADES), range=list(_SHAPES))),
    )
    rule = (
        alt.Chart(pd.DataFrame({"level": [round(level, 6)]}))
        .mark_rule(color=VERMILION, strokeDash=[4, 3])
        .encode(x="level:Q")
    )
    chart = alt.layer(rule, points).properties(width=WIDTH - 260, height=30 * len(data))
    words = "; ".join(f"{e.primary.id}: {e.grade}, adjusted p {p_text(e.p_family)}" for e in found)
    return Figure(
        "grades",
        chart,
        f"Adjusted p-value and evidence grade of {len(found)} registered questions. {words}.",
        "Registered questions by outcome: p adjusted by Holm within the outcome, shape and colour the grade the plan's rule "
        "gives; dashed: the plan's level.",
        source,
        data,
    )
