"""Charts of Outcome 3's assessment of whether cooperation matches trafficking."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, WIDTH, Figure
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number, p_text
from crimjust_research.outcomes.match.association import Association, Networks
from crimjust_research.outcomes.match.growth import GrowthResults
from crimjust_research.outcomes.match.parameters import Params
from crimjust_research.outcomes.match.power import SMALLEST_EFFECT

_SHOWN = 20
_CASE_CLASSES = {"none": (0, 0), "1 to 9": (1, 9), "10 to 99": (10, 99), "100 or more": (100, np.inf)}
_MEETINGS = ("never", "once", "twice", "three times or more")


def pairs(networks: Networks, source: str) -> Figure:
    """How often pairs met, by how many cases were seized on routes between them."""
    rows, columns = np.triu_indices(len(networks.countries), 1)
    cases = networks.between.to_numpy()[rows, columns]
    met = networks.joint_events.to_numpy()[rows, columns].clip(max=len(_MEETINGS) - 1).astype(int)
    records = []
    for label, (low, high) in _CASE_CLASSES.items():
        inside = (cases >= low) & (cases <= high)
        counts = np.bincount(met[inside], minlength=len(_MEETINGS))
        records += [
            (
                f"{label} ({inside.sum()} pairs)",
                _MEETINGS[k],
                k,
                int(counts[k]),
                float(counts[k] / max(inside.sum(), 1)),
            )
            for k in range(len(_MEETINGS))
        ]
    data = pd.DataFrame(records, columns=["cases", "met", "order", "pairs", "share"])
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("cases:N", title="Cases seized between the two", sort=list(dict.fromkeys(data["cases"]))),
            x=alt.X(
                "share:Q",
                title="Share of pairs",
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color(
                "met:N",
                title="Met in public events",
                sort=list(_MEETINGS),
                scale=alt.Scale(domain=list(_MEETINGS), range=["#d9d9d9", "#9ecae1", "#4292c6", "#084594"]),
            ),
            order="order:Q",
        )
        .properties(width=WIDTH - 190, height=150)
    )
    ever = data[data["met"] != "never"].groupby("cases", sort=False)["share"].sum()
    return Figure(
        "pairs",
        chart,
        "Share of pairs that ever met in a public event, by cases seized on routes between them: "
        + ", ".join(f"{share:.0%} of those with {label}" for label, share in ever.items())
        + ".",
        f"Pairs of the {len(networks.countries)} countries that took part in any public event and stand on a route. Never "
        "means never in public.",
        source,
        data.drop(columns="order"),
    )


def null(association: Association, source: str) -> Figure:
    """The observed correlation among those of relabelled countries."""
    observed = association.correlation.correlation
    edges = np.linspace(association.null.min(), max(association.null.max(), observed), 51)
    counts, _ = np.histogram(association.null, edges)
    data = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "relabellings": counts})
    bars = (
        alt.Chart(data)
        .mark_bar(color=GREY, binSpacing=0)
        .encode(
            x=alt.X(
                "from:Q",
                bin="binned",
                title="Correlation of joint events with log cases",
                axis=alt.Axis(format=".1f", tickMinStep=0.1, values=[k / 10 for k in range(-10, 11)]),
            ),
            x2="to:Q",
            y=alt.Y("relabellings:Q", title="Relabellings"),
        )
    )
    mark = alt.Chart(pd.DataFrame({"x": [observed]}))
    rule = mark.mark_rule(color=VERMILION, strokeWidth=2).encode(x="x:Q")
    label = mark.mark_text(text=f"observed {number(observed, 2)}", color=VERMILION, align="left", dx=5, y=10).encode(
        x="x:Q"
    )
    chart = alt.layer(bars, rule, label).properties(width=WIDTH - 60, height=180)
    return Figure(
        "null",
        chart,
        f"Histogram of {association.correlation.permutations:,} correlations of relabelled countries, 95% of them from "
        f"{number(association.correlation.null_low, 2)} to {number(association.correlation.null_high, 2)}, with the "
        f"observed {number(observed, 2)} marked: p = {p_text(association.correlation.p_value)}.",
        "What the correlation would be if countries were matched at random: their names are shuffled in one network, who "
        "meets often and who lies on many routes stays.",
        source,
        data,
    )


def specifications(estimates: Sequence[Estimate], source: str) -> Figure:
    """The correlation under each specification, with its interval."""
    shown = [e for e in estimates if e.unit == "correlation"]
    data = pd.DataFrame(
        {
            "specification": ["registered" if e.role == "primary" else e.specification for e in shown],
            "estimate": [e.estimate for e in shown],
            "ci_low": [e.ci_low for e in shown],
            "ci_high": [e.ci_high for e in shown],
            "p": [f"p {p_text(e.p_value)}" if e.p_value < 0.001 else f"p = {p_text(e.p_value)}" for e in shown],
            "role": [e.role for e in shown],
        }
    )
    roles = alt.Scale(domain=["primary", "sensitivity", "secondary"], range=[VERMILION, BLUE, GREY])
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=list(data["specification"]), axis=alt.Axis(labelLimit=330))
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title="Correlation"), x2="ci_high:Q", color=alt.Color("role:N", legend=None, scale=roles)
    )
    shapes = alt.Scale(domain=["primary", "sensitivity", "secondary"], range=["diamond", "circle", "square"])
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        x="estimate:Q",
        color=alt.Color("role:N", legend=None, scale=roles),
        shape=alt.Shape("role:N", title=None, scale=shapes),
    )
    texts = base.mark_text(align="left", fontSize=11, color=BLACK).encode(x=alt.value(WIDTH - 350), text="p:N")
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    chart = alt.layer(zero, bars, points, texts).properties(width=WIDTH - 360, height=28 * len(data))
    beside = next(e for e in estimates if e.id == "qap.semipartial")
    return Figure(
        "specifications",
        chart,
        f"Correlation under {len(data)} specifications: "
        + "; ".join(
            f"{row['specification']} {number(row['estimate'], 2)} ({row['p']})" for row in data.to_dict("records")
        )
        + ".",
        "Intervals from leaving out one country at a time, p from relabelling. With region and language held, a log unit of "
        f"cases goes with {number(beside.estimate, 2)} more joint events (p = {p_text(beside.p_value)}).",
        source,
        data,
    )


def power(curve: pd.DataFrame, observed: float, source: str) -> Figure:
    """Share of simulated networks in which the test rejects, by the size of the correlation."""
    data = curve.assign(low=curve["power"] - 2 * curve["std_error"], high=curve["power"] + 2 * curve["std_error"])
    base = alt.Chart(data).encode(
        x=alt.X(
            "correlation:Q",
            title="Correlation in the SIMULATED networks",
            axis=alt.Axis(format=".1f", values=[k / 10 for k in range(11)]),
        )
    )
    line = base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE)).encode(
        y=alt.Y(
            "power:Q",
            title="Share of networks in which it is found",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        )
    )
    bars = base.mark_rule(color=BLUE).encode(y="low:Q", y2="high:Q")
    rule = alt.Chart(pd.DataFrame({"x": [observed]})).mark_rule(color=VERMILION, strokeDash=[4, 3]).encode(x="x:Q")
    chart = alt.layer(rule, bars, line).properties(width=WIDTH - 60, height=180)
    smallest = curve[curve["strength"] == SMALLEST_EFFECT].iloc[0]
    return Figure(
        "power",
        chart,
        "SIMULATED: the test finds "
        + ", ".join(
            f"a correlation of {row['correlation']:.2f} in {row['power']:.0%}" for row in data.to_dict("records")
        )
        + " of networks.",
        f"What the test finds in SIMULATED networks of the same countries; the smallest effect of interest is a correlation "
        f"of {smallest['correlation']:.2f}. Dashed: the correlation observed.",
        source,
        data[["strength", "correlation", "power", "std_error", "samples"]],
    )


def growth(found: GrowthResults, source: str) -> Figure:
    """Both sides of the ratio as multiples of their first year, log scale."""
    names = {
        "pairs that met": found.pairs.points,
        "countries that took part": found.countries.points,
        "effective number of drugs": found.kinds.points,
    }
    data = pd.concat(
        [
            pd.DataFrame(
                {
                    "series": name,
                    "year": points.index,
                    "value": points.to_numpy(),
                    "multiple": (points / points.iloc[0]).to_numpy(),
                }
            )
            for name, points in names.items()
        ],
        ignore_index=True,
    )
    order = list(names)
    chart = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(filled=True, size=45))
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                "multiple:Q",
                title="Multiple of the first year, log scale",
                scale=alt.Scale(type="log", nice=False, padding=10),
                axis=alt.Axis(values=[0.5, 1, 2, 3, 4, 5], format="~g"),
            ),
            color=alt.Color(
                "series:N", title=None, sort=order, scale=alt.Scale(domain=order, range=[BLUE, GREEN, ORANGE])
            ),
            shape=alt.Shape("series:N", title=None, sort=order, scale=alt.Scale(domain=order)),
        )
        .properties(width=WIDTH - 60, height=220)
    )
    sentences = [
        f"{name.capitalize()}: "
        + ", ".join(
            f"{value:.2f} in {year}" if value % 1 else f"{value:.0f} in {year}" for year, value in points.items()
        )
        + "."
        for name, points in names.items()
    ]
    return Figure(
        "growth",
        chart,
        "Three lines by year. " + " ".join(sentences),
        "Countries that met in public events, and the drugs they must match. Few events make the count of pairs jump: one "
        "with ten countries makes 45 pairs. 2020 is the first year of the pandemic.",
        source,
        data,
    )


def equivalence(estimates: Sequence[Estimate], params: Params, source: str) -> Figure:
    """The ratio of growth factors under each specification, against the margin."""
    shown = [e for e in estimates if e.id.startswith("growth_ratio") and not e.id.endswith("power")]
    data = pd.DataFrame(
        {
            "specification": ["registered" if e.role == "primary" else e.specification for e in shown],
            "ratio": [e.estimate for e in shown],
            "ci_low": [e.ci_low for e in shown],
            "ci_high": [e.ci_high for e in shown],
            "p": [e.p_value for e in shown],
            "registered": [e.role == "primary" for e in shown],
        }
    )
    scale = alt.Scale(type="log", nice=False, padding=12)
    margin = (
        alt.Chart(pd.DataFrame({"low": [params.margin_low], "high": [params.margin_high]}))
        .mark_rect(color=GREY, opacity=0.22)
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    )
    colour = alt.Color("registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=[VERMILION, BLUE]))
    shape = alt.Shape("registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=["diamond", "circle"]))
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=list(data["specification"]), axis=alt.Axis(labelLimit=300))
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X(
            "ci_low:Q",
            title="Ratio of yearly growth factors, log scale",
            scale=scale,
            axis=alt.Axis(values=[0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 2.5], format="~g"),
        ),
        x2="ci_high:Q",
        color=colour,
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(x="ratio:Q", color=colour, shape=shape)
    chart = alt.layer(margin, bars, points).properties(width=WIDTH - 320, height=30 * len(data))
    first = data.iloc[0]
    inside = ((data["ci_low"] > params.margin_low) & (data["ci_high"] < params.margin_high)).sum()
    return Figure(
        "equivalence",
        chart,
        f"Ratio of growth factors {number(first['ratio'], 3)}, {2 * params.confidence_level - 1:.0%} interval "
        f"{number(first['ci_low'], 3)} to {number(first['ci_high'], 3)}, against a margin of {params.margin_low:g} to "
        f"{params.margin_high:g}. {inside} of {len(data)} intervals lie within the margin.",
        f"Above one, meetings grew faster than drugs diversified. Growth is shown to be alike only where the whole "
        f"{2 * params.confidence_level - 1:.0%} interval lies in the shaded margin.",
        source,
        data,
    )


def unmet(listed: pd.DataFrame, source: str) -> Figure:
    """The pairs with most cases that no public event brought together."""
    data = listed.head(_SHOWN)[
        ["rank", "first_name", "second_name", "cases", "first_to_second", "second_to_first", "main_drug", "introducers"]
    ].reset_index(drop=True)
    forward = data["first_to_second"] >= data["second_to_first"]
    start = data["first_name"].where(forward, data["second_name"])
    end = data["second_name"].where(forward, data["first_name"])
    data = data.assign(pair=start + " to " + end)
    drugs = list(dict.fromkeys(data["main_drug"]))
    scale = alt.Scale(type="log", nice=False, padding=16)
    ticks = [value for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if value <= data["cases"].max() * 1.5]
    base = alt.Chart(data).encode(
        y=alt.Y(
            "pair:N", title=None, sort=list(data["pair"]), axis=alt.Axis(labelLimit=260, grid=True, gridDash=[1, 3])
        ),
        x=alt.X("cases:Q", title="Cases seized, log scale", scale=scale, axis=alt.Axis(values=ticks, format="d")),
    )
    palette = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, GREY]
    points = base.mark_point(filled=True, size=75, opacity=1).encode(
        color=alt.Color(
            "main_drug:N", title="Drug with most cases", scale=alt.Scale(domain=drugs, range=palette[: len(drugs)])
        ),
        shape=alt.Shape("main_drug:N", title="Drug with most cases", scale=alt.Scale(domain=drugs)),
    )
    texts = base.mark_text(align="left", dx=9, fontSize=11, color=BLACK).encode(text="cases:Q")
    chart = alt.layer(points, texts).properties(width=WIDTH - 260, height=20 * len(data))
    return Figure(
        "unmet",
        chart,
        f"The {len(data)} pairs of countries with most cases seized on routes between them and no joint public event, in the "
        "direction of most cases: "
        + "; ".join(f"{row['pair']} {row['cases']}" for row in data.to_dict("records"))
        + ".",
        f"Countries of any public event or of the proposal of 2021, first {len(data)} of {len(listed)} pairs; routes of 2011 "
        "to 2016. No public event does not mean no cooperation.",
        source,
        data,
    )
