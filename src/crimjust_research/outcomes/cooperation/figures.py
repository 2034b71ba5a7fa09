"""Charts of Outcome 3's assessment of the cooperation network."""

from __future__ import annotations

from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, WIDTH, Figure
from crimjust_research.outcomes.cooperation.completeness import Completeness
from crimjust_research.outcomes.cooperation.persistence import Persistence
from crimjust_research.outcomes.cooperation.structure import Structure

MEETING_CLASSES = ("once", "twice", "3 or 4 times", "5 times or more")
MEETING_SHADES = ("#c6dbef", "#6baed6", "#2171b5", "#08306b")


def meeting_classes(count: pd.Series[int]) -> pd.Series[str]:
    """How often a pair met, in the classes charts show."""
    return pd.Series(
        np.select([count == 1, count == 2, count <= 4], MEETING_CLASSES[:3], MEETING_CLASSES[3]),
        index=count.index,
        dtype="str",
    )


def growth(structure: Structure, source: str) -> Figure:
    """Pairs that met by year, and events by how many countries they name."""
    kinds = {"new": "new", "resumed": "met in an earlier year", "continued": "met in the year before"}
    pairs = structure.years[["period", *kinds]].melt("period", var_name="kind", value_name="pairs")
    pairs["order"] = pairs["kind"].map({kind: position for position, kind in enumerate(kinds)})
    pairs["kind"] = pairs["kind"].map(kinds)
    lists = {"joint": "two countries or more", "single": "one country"}
    events = structure.years[["period", *lists]].melt("period", var_name="list", value_name="events")
    events["list"] = events["list"].map(lists)
    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0))
    upper = (
        alt.Chart(pairs)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("pairs:Q", title="Pairs that met"),
            color=alt.Color(
                "kind:N", title="Pairs", scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, SKY, GREEN])
            ),
            order="order:Q",
        )
        .properties(width=WIDTH - 60, height=180)
    )
    lower = (
        alt.Chart(events)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("events:Q", title="Events", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "list:N", title="Events that name", scale=alt.Scale(domain=list(lists.values()), range=[ORANGE, GREY])
            ),
        )
        .properties(width=WIDTH - 60, height=90)
    )
    years = structure.years.set_index("period")
    chart = alt.vconcat(upper, lower, spacing=12).resolve_scale(color="independent")
    return Figure(
        "growth",
        chart,
        "Two bar charts by year. Pairs that met in public: "
        + ", ".join(f"{row['ties']} in {year}" for year, row in years.to_dict("index").items())
        + ". Events that name any country: "
        + ", ".join(f"{row['events']} in {year}" for year, row in years.to_dict("index").items())
        + ".",
        "Pairs of countries that met in public events, and the events. One event with sixteen countries makes 120 pairs, so "
        "pairs jump with the size of single events.",
        source,
        pairs.drop(columns="order"),
    )


def groups(structure: Structure, source: str) -> Figure:
    """Ties within and between South and North, by year, all years, and among all pairs."""
    names = ["South-South", "North-South", "North-North"]
    yearly = structure.groups[["period", "first_group", "second_group", "ties"]].assign(
        column=lambda f: f["period"].astype("str")
    )
    together = structure.all_years.assign(column="all years")[["column", "first_group", "second_group", "ties"]]
    every = structure.all_years.assign(column="all pairs", ties=structure.all_years["possible_ties"])
    data = pd.concat([yearly, together, every], ignore_index=True)[["column", "first_group", "second_group", "ties"]]
    data["pairs_of"] = np.where(
        data["first_group"] == data["second_group"], data["first_group"] + "-" + data["first_group"], "North-South"
    )
    totals = data.groupby("column")["ties"].transform("sum")
    data = data[totals > 0].assign(share=data["ties"] / totals.where(totals > 0))
    data["label"] = data["column"] + " (" + totals[totals > 0].astype("str") + ")"
    labels = list(dict.fromkeys(data["label"]))
    data["order"] = data["pairs_of"].map({name: position for position, name in enumerate(names)})
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("label:N", title=None, sort=labels),
            x=alt.X(
                "share:Q",
                title="Share of pairs",
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color(
                "pairs_of:N",
                title=None,
                sort=names,
                scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREY]),
            ),
            order="order:Q",
        )
        .properties(width=WIDTH - 130, height=24 * len(labels))
    )
    south = data[data["pairs_of"] == "South-South"]
    return Figure(
        "groups",
        chart,
        "Share of pairs that are South-South: "
        + ", ".join(f"{row['share']:.0%} in {row['column']}" for row in south.to_dict("records"))
        + ".",
        "Pairs that met in public events, in brackets how many; `all pairs` is what the share would be if meetings took no "
        "account of South and North (developing regions of the United Nations' M49 list of 2021, and others).",
        source,
        data[["column", "pairs_of", "ties", "share"]],
    )


def _in_order(structure: Structure) -> pd.DataFrame:
    """Countries of the network by region, those with most meetings first."""
    table = structure.countries[structure.countries["iso3"].isin(structure.network.nodes)]
    size = table.groupby("region")["meetings"].transform("sum")
    return table.assign(size=size).sort_values(
        ["size", "region", "meetings", "iso3"], ascending=[False, True, False, True], ignore_index=True
    )


def matrix(structure: Structure, source: str) -> Figure:
    """Who met whom how often, as a square of cells."""
    order = _in_order(structure)
    joint = structure.joint_events
    cells = joint.rename_axis("first").reset_index().melt("first", var_name="second", value_name="events")
    cells = cells[cells["events"] > 0].assign(met=lambda f: meeting_classes(f["events"]))
    names = dict(zip(order["iso3"], order["name"], strict=True))
    cells["name"] = cells["first"].map(names)
    chart = (
        alt.Chart(cells)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X(
                "second:N",
                title=None,
                scale=alt.Scale(domain=list(order["iso3"])),
                axis=alt.Axis(orient="top", labelAngle=-90, labelFontSize=10, grid=True, bandPosition=0),
            ),
            y=alt.Y(
                "name:N",
                title=None,
                scale=alt.Scale(domain=list(order["name"])),
                axis=alt.Axis(labelFontSize=10, grid=True, bandPosition=0),
            ),
            color=alt.Color(
                "met:N",
                title="Met in public events",
                scale=alt.Scale(domain=list(MEETING_CLASSES), range=list(MEETING_SHADES)),
            ),
        )
        .properties(width=WIDTH - 130, height=WIDTH - 130)
    )
    pairs = cells[cells["first"] < cells["second"]].sort_values(["events", "name"], ascending=[False, True])
    top = "; ".join(
        f"{row['name']} and {names[row['second']]} {row['events']}" for row in pairs.head(5).to_dict("records")
    )
    return Figure(
        "matrix",
        chart,
        f"Matrix of {len(order)} countries: {len(pairs)} of {len(order) * (len(order) - 1) // 2} pairs met in a public event. "
        f"Most joint events: {top}.",
        "Who met whom how often, by region. An empty cell is no public event with both named, which need not be no meeting.",
        source,
        pairs[["first", "second", "events"]],
    )


def network(structure: Structure, source: str) -> Figure:
    """The network drawn on a circle, regions together."""
    order = _in_order(structure)
    angle = np.pi / 2 - 2 * np.pi * (np.arange(len(order)) + 0.5) / len(order)
    nodes = order.assign(x=np.cos(angle), y=np.sin(angle), turned=np.degrees(angle))
    at = nodes.set_index("iso3")[["x", "y"]]
    joint = structure.joint_events
    rows, columns = np.triu_indices(len(joint), 1)
    count = joint.to_numpy()[rows, columns]
    ties = pd.DataFrame({"first": joint.index[rows], "second": joint.columns[columns], "events": count})
    ties = (
        ties[ties["events"] > 0].assign(met=lambda f: meeting_classes(f["events"])).sort_values("events", kind="stable")
    )
    ties = ties.join(at, on="first").join(at.rename(columns={"x": "x2", "y": "y2"}), on="second")
    domain = alt.Scale(domain=[-1.45, 1.45])
    x, y = alt.X("x:Q", axis=None, scale=domain), alt.Y("y:Q", axis=None, scale=domain)
    edges = (
        alt.Chart(ties)
        .mark_rule()
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=alt.Color(
                "met:N",
                title="Met in public events",
                scale=alt.Scale(domain=list(MEETING_CLASSES), range=["#e0e0e0", *MEETING_SHADES[1:]]),
            ),
            strokeWidth=alt.StrokeWidth(
                "met:N", legend=None, scale=alt.Scale(domain=list(MEETING_CLASSES), range=[0.6, 1.1, 2.0, 3.6])
            ),
        )
    )
    regions = list(dict.fromkeys(nodes["region"]))
    region_legend = alt.Legend(orient="bottom", labelLimit=260)
    points = (
        alt.Chart(nodes)
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            size=alt.Size("partners:Q", legend=None, scale=alt.Scale(range=[30, 260])),
            color=alt.Color(
                "region:N",
                title="Region; size: countries met",
                scale=alt.Scale(domain=regions, range=[VERMILION, GREEN, ORANGE, PURPLE, BLACK][: len(regions)]),
                legend=region_legend,
            ),
            shape=alt.Shape(
                "region:N",
                title="Region; size: countries met",
                scale=alt.Scale(domain=regions),
                legend=region_legend,
            ),
        )
    )
    outside = nodes.assign(x=1.08 * nodes["x"], y=1.08 * nodes["y"])

    def names(half: pd.DataFrame, align: Literal["left", "right"], turn: int) -> alt.Chart:
        text: alt.Chart = (
            alt.Chart(half.assign(rotation=turn - half["turned"]))
            .mark_text(align=align, baseline="middle", fontSize=11, color=BLACK)
            .encode(
                x=x,
                y=y,
                text="name:N",
                angle=alt.Angle("rotation:Q", scale=None),
            )
        )
        return text

    right = outside["x"] >= 0
    chart = (
        alt.layer(edges, points, names(outside[right], "left", 0), names(outside[~right], "right", 180))
        .resolve_scale(color="independent", shape="independent")
        .properties(width=WIDTH - 40, height=WIDTH - 40)
    )
    most = nodes.sort_values(["partners", "iso3"], ascending=[False, True]).head(4)
    return Figure(
        "network",
        chart,
        f"{len(nodes)} countries on a circle, grouped by region, joined by a line where they met in a public event. Most "
        "countries met: " + ", ".join(f"{row['name']} {row['partners']}" for row in most.to_dict("records")) + ".",
        f"Joint public events of {structure.network.periods[0]} to {structure.network.periods[-1]}; the thicker the line the "
        "more of them.",
        source,
        ties[["first", "second", "events"]],
    )


def persistence(found: Persistence, tolerance: int, level: float, source: str) -> Figure:
    """Share of ties still seen in public, by years since they began."""
    start = pd.DataFrame({"time": [0.0], "survival": [1.0], "ci_low": [1.0], "ci_high": [1.0]})
    data = pd.concat([start, found.intervals], ignore_index=True)
    base = alt.Chart(data).encode(x=alt.X("time:Q", title="Years since the tie began", axis=alt.Axis(tickMinStep=1)))
    band = base.mark_area(opacity=0.2, color=BLUE, interpolate="step-after").encode(
        y=alt.Y("ci_low:Q", title="Ties still seen", axis=alt.Axis(format="%")), y2="ci_high:Q"
    )
    line = base.mark_line(color=BLUE, interpolate="step-after").encode(y="survival:Q")
    points = base.mark_point(filled=True, color=BLUE, size=45, opacity=1).encode(y="survival:Q")
    chart = alt.layer(band, line, points).properties(width=WIDTH - 60, height=200)
    return Figure(
        "persistence",
        chart,
        "Kaplan-Meier curve of ties: "
        + ", ".join(
            f"{row['survival']:.0%} after {row['time']:.0f} ({row['ci_low']:.0%} to {row['ci_high']:.0%})"
            for row in found.intervals.to_dict("records")
        )
        + " years.",
        f"A tie ends after {tolerance + 1} years in a row without a public meeting, which is not the end of cooperation; "
        f"{level:.0%} intervals by resampling the {found.spells['began'].nunique()} events that began the ties.",
        source,
        data,
    )


def completeness(found: Completeness, source: str) -> Figure:
    """UNODC's totals against the public record, and the densities that leaves possible."""
    totals = found.totals.assign(
        label=found.totals["public"].astype("str")
        + " of "
        + found.totals["at_least"].astype("str")
        + np.where(found.totals["stated"].str.startswith(">"), " or more", "")
    )
    y = alt.Y("total:N", title=None, sort=list(totals["total"]), axis=alt.Axis(labelLimit=300))
    percent = alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    scale = alt.Scale(domain=[0, 1.15], nice=False)
    x = alt.X("share_at_most:Q", title="Share public, at most", axis=percent, scale=scale)
    bars = alt.Chart(totals).mark_bar(color=BLUE, height=14).encode(x=x, y=y)
    texts = alt.Chart(totals).mark_text(align="left", dx=5, fontSize=11, color=BLACK).encode(x=x, y=y, text="label:N")
    upper = alt.layer(bars, texts).properties(width=WIDTH - 300, height=28 * len(totals))
    bounds = found.bounds.assign(
        label=found.bounds["assumption"] + found.bounds["events"].map(lambda events: f" ({events} events)")
    )
    y = alt.Y("label:N", title=None, sort=list(bounds["label"]), axis=alt.Axis(labelLimit=300))
    x = alt.X("observed:Q", title="Share of pairs that met", axis=percent, scale=scale)
    rules = alt.Chart(bounds).mark_rule(color=GREY, strokeWidth=3).encode(x=x, x2="upper:Q", y=y)
    points = bounds.melt("label", ["observed", "extrapolated", "upper"], "reading", "density")
    readings = {"observed": "public", "extrapolated": "if the public ones were drawn at random", "upper": "at most"}
    points["reading"] = points["reading"].map(readings)
    marks = (
        alt.Chart(points)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=alt.X("density:Q"),
            y=y,
            color=alt.Color(
                "reading:N",
                title=None,
                scale=alt.Scale(domain=list(readings.values()), range=[BLUE, ORANGE, BLACK]),
                legend=alt.Legend(orient="bottom", labelLimit=260),
            ),
            shape=alt.Shape(
                "reading:N",
                title=None,
                scale=alt.Scale(domain=list(readings.values())),
                legend=alt.Legend(orient="bottom", labelLimit=260),
            ),
        )
    )
    lower = alt.layer(rules, marks).properties(width=WIDTH - 300, height=34 * len(bounds))
    first = found.bounds.iloc[0]
    return Figure(
        "completeness",
        alt.vconcat(upper, lower, spacing=14),
        "UNODC's own totals against the public record: "
        + "; ".join(f"{row['total']}, {row['label']}" for row in totals.to_dict("records"))
        + f". Share of pairs that met: {first['observed']:.0%} in public, between that and {first['upper']:.0%} in all.",
        "Above: how much of what UNODC counted is public. Below: what that leaves open about who met; the more meetings are "
        "not public, the less an absent tie says.",
        source,
        points,
    )
