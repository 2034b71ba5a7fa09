"""Charts of what the assessment of joining rests on: weights, trends that part, choices, power."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLUE, GREEN, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.joining.figures import TITLES, titled
from crimjust_research.outcomes.joining.findings import Findings
from crimjust_research.outcomes.joining.power import SURE, smallest_found

_HALF = WIDTH / 2 - 40
_ZERO = pd.DataFrame({"zero": [0.0]})


def decomposition(findings: Sequence[Findings], source: str) -> Figure:
    """Goodman-Bacon's comparisons behind the two-way coefficient: weight against estimate."""
    data = pd.concat(
        [
            f.diagnostics.decomposition.comparisons.drop(columns="timing").assign(question=f.measure.id)
            for f in findings
        ],
        ignore_index=True,
    ).replace({"control": {np.inf: np.nan}})
    kinds = sorted(data["kind"].unique(), reverse=True)
    legend = alt.Legend(title=None, labelLimit=320, columns=2)

    def panel(name: str) -> alt.LayerChart | alt.FacetChart:
        points = (
            alt.Chart(data[data["question"] == name])
            .mark_point(filled=True, size=90, opacity=0.9)
            .encode(
                x=alt.X("weight:Q", title="Weight", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
                y=alt.Y("estimate:Q", title="Difference, score points"),
                color=alt.Color("kind:N", sort=kinds, legend=legend, scale=alt.Scale(range=[BLUE, VERMILION, ORANGE])),
                shape=alt.Shape("kind:N", sort=kinds, legend=None),
            )
        )
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(y="zero:Q")
        return alt.layer(zero, points).properties(width=_HALF, height=170, title=titled(name))

    parts = []
    for found in findings:
        by_kind = found.diagnostics.decomposition.by_kind
        parts.append(
            f"{TITLES[found.measure.id]}: "
            + "; ".join(f"{row['kind']} {row['weight']:.0%}" for row in by_kind.to_dict("records"))
            + f"; together {number(found.diagnostics.decomposition.two_way, 2)}."
        )
    chart = alt.hconcat(*(panel(f.measure.id) for f in findings), spacing=24)
    return Figure(
        "decomposition",
        chart,
        "Weights of the comparisons in the two-way coefficient. " + " ".join(parts),
        "Goodman-Bacon decomposition of the two-way coefficient, countries in every edition. Comparisons with countries "
        "already treated are no estimate of anything when differences change over time.",
        source,
        data,
    )


def honest(findings: Sequence[Findings], level: float, source: str) -> Figure:
    """Intervals for the mean difference as trends are allowed to part more and more."""
    tables = []
    for found in findings:
        for sensitivity in (found.diagnostics.relative, found.diagnostics.smooth):
            table = sensitivity.table.assign(question=found.measure.id, kind=sensitivity.restriction)
            tables.append(table.assign(label=table["bound"].map(lambda b: "none" if np.isnan(b) else f"{b:g}")))
    data = pd.concat(tables, ignore_index=True).drop(columns=["target", "timing"])
    axes = {
        "relative magnitudes": "Step after, in largest steps before joining",
        "smoothness": "Change of slope from one edition to the next, score points",
    }

    def panel(name: str, kind: str) -> alt.LayerChart | alt.FacetChart:
        own = data[(data["question"] == name) & (data["kind"] == kind)]
        order = own["label"].tolist()
        base = alt.Chart(own).encode(
            x=alt.X("label:N", title=axes[kind], sort=order, axis=alt.Axis(labelAngle=0)),
            color=alt.condition(alt.datum.label == "none", alt.value(GREY), alt.value(BLUE)),
        )
        bars = base.mark_rule(strokeWidth=3).encode(y=alt.Y("ci_low:Q", title="Score points"), y2="ci_high:Q")
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(y="zero:Q")
        return alt.layer(zero, bars).properties(width=_HALF, height=150, title=titled(name))

    chart = alt.vconcat(
        *(alt.hconcat(*(panel(f.measure.id, kind) for f in findings), spacing=24) for kind in axes), spacing=12
    )
    parts = []
    for found in findings:
        relative, smooth = found.diagnostics.relative, found.diagnostics.smooth
        one = relative.table[relative.table["bound"] == 1.0].iloc[0]
        line = smooth.table[smooth.table["bound"] == 0.0].iloc[0]
        parts.append(
            f"{TITLES[found.measure.id]}: with steps no larger than before joining, {number(one['ci_low'], 2)} to "
            f"{number(one['ci_high'], 2)}; with a straight line, {number(line['ci_low'], 2)} to "
            f"{number(line['ci_high'], 2)}; breakdown values {number(relative.breakdown, 2)} and "
            f"{number(smooth.breakdown, 2)}."
        )
    return Figure(
        "honest",
        chart,
        "Intervals of the mean difference under limited departures from parallel trends. " + " ".join(parts),
        f"HonestDiD, {level:.0%} intervals of the mean over editions since joining; grey: trends exactly parallel. The "
        "breakdown value is the least departure whose interval holds zero: 0 where parallel trends already do.",
        source,
        data,
    )


def specifications(curve: pd.DataFrame, level: float, source: str) -> Figure:
    """Every estimate in order of size, with the choices behind it."""
    data = curve.assign(rank=curve.groupby("outcome")["estimate"].rank(method="first").astype("int64"))
    choices = {
        "estimator": "Estimator",
        "dating": "Dating",
        "controls": "Controls",
        "first_treated": "First treated",
    }
    long = data.melt(["outcome", "rank", "registered"], list(choices), "choice", "value")
    one_out = data.loc[data["left_out"] != "none", ["outcome", "rank", "registered"]]
    long = pd.concat([long, one_out.assign(choice="left_out", value="one country left out")], ignore_index=True)
    long["row"] = long["choice"].map({**choices, "left_out": "Countries"}) + ": " + long["value"]
    order = [row for choice in [*choices, "left_out"] for row in long.loc[long["choice"] == choice, "row"].unique()]
    colour = alt.Color("registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=[VERMILION, BLUE]))
    outcomes = [name for name in TITLES if name in set(data["outcome"])]
    width = (WIDTH - 230) / 2

    def panel(name: str, *, labels: bool) -> alt.VConcatChart:
        own = data[data["outcome"] == name]
        x = alt.X("rank:Q", title=None, axis=None, scale=alt.Scale(domain=[0, int(own["rank"].max()) + 1], nice=False))
        low, high = data["ci_low"].min(), data["ci_high"].max()
        scale = alt.Scale(domain=[low, high])
        base = alt.Chart(own).encode(x=x, color=colour)
        bars = base.mark_rule(opacity=0.45).encode(
            y=alt.Y("ci_low:Q", title="Score points" if labels else None, scale=scale), y2="ci_high:Q"
        )
        points = base.mark_point(filled=True, size=22, opacity=1).encode(y=alt.Y("estimate:Q", scale=scale))
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(y="zero:Q")
        top = alt.layer(zero, bars, points).properties(width=width, height=190, title=titled(name))
        axis = alt.Axis(labelLimit=230, labels=labels, grid=True, ticks=False, domain=False)
        bottom = (
            alt.Chart(long[long["outcome"] == name])
            .mark_tick(orient="vertical", thickness=2, height=9)
            .encode(x=x, y=alt.Y("row:N", title=None, sort=order, axis=axis), color=colour)
            .properties(width=width, height=14 * len(order))
        )
        return alt.vconcat(top, bottom, spacing=4)

    chart = alt.hconcat(*(panel(name, labels=at == 0) for at, name in enumerate(outcomes)), spacing=10)
    parts = []
    for name in outcomes:
        own = data[data["outcome"] == name]
        registered = own.loc[own["registered"], "estimate"].iloc[0]
        parts.append(
            f"{TITLES[name]}: {len(own)} specifications from {number(own['estimate'].min(), 2)} to "
            f"{number(own['estimate'].max(), 2)}, middle {number(own['estimate'].median(), 2)}, registered "
            f"{number(registered, 2)}; {int((own['estimate'] > 0).sum())} are above zero and "
            f"{int((own['p_value'] < 1 - level).sum())} have p below {number(1 - level, 2)}."
        )
    return Figure(
        "specifications",
        chart,
        "Specification curve. " + " ".join(parts),
        f"Every combination of choices in order of size, {level:.0%} intervals; below, the choices behind each; red: the "
        "registered one. Specifications share their data: their number is no number of independent findings.",
        source,
        data,
    )


def power(findings: Sequence[Findings], level: float, source: str) -> Figure:
    """Power of the registered tests by size of a planted difference."""
    data = pd.concat([f.power.assign(question=TITLES[f.measure.id]) for f in findings], ignore_index=True)
    base = alt.Chart(data).encode(
        x=alt.X(
            "difference:Q", title="Difference since joining, score points", axis=alt.Axis(format=".2f", tickCount=8)
        ),
        y=alt.Y("power:Q", title="Share of panels in which it is found", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("question:N", title=None, sort=None, scale=alt.Scale(range=[BLUE, GREEN])),
        strokeDash=alt.StrokeDash("question:N", sort=None, legend=None),
    )
    lines = pd.DataFrame({"share": [round(1 - level, 6), SURE]})
    rule = alt.Chart(lines).mark_rule(strokeDash=[4, 3]).encode(y="share:Q")
    chart = alt.layer(rule, base.mark_line(point=True)).properties(width=WIDTH - 120, height=220)
    parts = []
    for found in findings:
        mde = smallest_found(found.power)
        small = found.estimate("power")
        reach = "no difference on the curve" if np.isnan(mde) else f"a difference of {number(mde, 2)}"
        parts.append(
            f"{TITLES[found.measure.id]}: without any difference it rejects in {found.power['power'].iloc[0]:.1%} of panels; "
            f"half a standard deviation is found in {small.estimate:.0%}; {reach} in {SURE:.0%}."
        )
    return Figure(
        "power",
        chart,
        "Power of the registered test. " + " ".join(parts),
        "What the registered tests would have found: SIMULATED panels of the countries' own residual paths with a difference "
        f"planted since joining; dashed: the level of the test and {SURE:.0%}.",
        source,
        data,
    )
