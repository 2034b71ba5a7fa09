"""Charts of Outcome 3's assessment of diversification."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLUE, GREEN, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.diversification.parameters import FIRST_PUBLICATION_ENDS

_ORDERS = {0: "kinds (order 0)", 1: "common kinds (order 1)", 2: "dominant kinds (order 2)"}


def means(measures: pd.DataFrame, source: str) -> Figure:
    """Geometric mean over countries of the effective number of drugs, by year and order, with standard error bars."""
    rows = []
    for order, label in _ORDERS.items():
        logs = measures.groupby("year")[f"log_{order}"].agg(["mean", "sem", "size"])
        rows.append(
            pd.DataFrame(
                {
                    "year": logs.index,
                    "measure": label,
                    "effective_number": np.exp(logs["mean"].to_numpy()),
                    "low": np.exp((logs["mean"] - 1.96 * logs["sem"]).to_numpy()),
                    "high": np.exp((logs["mean"] + 1.96 * logs["sem"]).to_numpy()),
                    "countries": logs["size"].to_numpy(),
                    "publication": np.where(logs.index <= FIRST_PUBLICATION_ENDS, "portal", "annex"),
                }
            )
        )
    data = pd.concat(rows, ignore_index=True)
    base = alt.Chart(data).encode(
        x=alt.X(
            "year:Q",
            title=None,
            axis=alt.Axis(format="d", tickMinStep=1),
            scale=alt.Scale(zero=False, nice=False, padding=12),
        ),
        color=alt.Color(
            "measure:N", title=None, sort=list(_ORDERS.values()), scale=alt.Scale(range=[GREEN, BLUE, ORANGE])
        ),
        detail="publication:N",
    )
    bars = base.mark_rule().encode(y=alt.Y("low:Q", title="Effective number of drug families"), y2="high:Q")
    lines = base.mark_line(point=True).encode(y="effective_number:Q", shape=alt.Shape("measure:N", legend=None))
    chart = alt.layer(bars, lines).properties(width=WIDTH - 60, height=240)
    common = data[data["measure"] == _ORDERS[1]]
    return Figure(
        "means",
        chart,
        "Effective number of drug families seized, geometric mean over countries, by year. Common kinds: "
        + ", ".join(f"{row['effective_number']:.2f} in {row['year']}" for row in common.to_dict("records"))
        + f". Kinds reported: {data['effective_number'].iloc[0]:.1f} in {data['year'].iloc[0]} and "
        f"{data[data['measure'] == _ORDERS[0]]['effective_number'].iloc[-1]:.1f} in {data['year'].max()}.",
        "Diversity of what is seized, mean over countries with 95% intervals; 2017 is in neither publication, and the "
        "second lists drugs differently. From 2020 grams are reported too, which raises the number of kinds.",
        source,
        data,
    )


def slopes(measures: pd.DataFrame, order: int, proposed: Iterable[str], source: str) -> Figure:
    """Each country's own yearly change, proposed countries apart."""
    members = set(proposed)
    centred = measures.assign(
        x=measures["year"] - measures.groupby("iso3")["year"].transform("mean"),
        y=measures[f"log_{order}"] - measures.groupby("iso3")[f"log_{order}"].transform("mean"),
    )
    sums = centred.assign(xy=centred["x"] * centred["y"], xx=centred["x"] ** 2).groupby("iso3")[["xy", "xx"]].sum()
    years = measures.groupby("iso3").size()
    kept = sums[(years >= 4) & (sums["xx"] > 0)]
    data = pd.DataFrame({"iso3": kept.index, "slope": (kept["xy"] / kept["xx"]).to_numpy()})
    data["group"] = np.where(data["iso3"].isin(members), "proposed", "other")
    chart = (
        alt.Chart(data)
        .mark_tick(thickness=2, size=26, opacity=0.7)
        .encode(
            x=alt.X("slope:Q", title="Yearly change in log effective number"),
            y=alt.Y("group:N", title=None, sort=["proposed", "other"]),
            color=alt.Color(
                "group:N", legend=None, scale=alt.Scale(domain=["proposed", "other"], range=[VERMILION, GREY])
            ),
        )
        .properties(width=WIDTH - 100, height=90)
    )
    middle = data.groupby("group")["slope"].median()
    return Figure(
        "slopes",
        chart,
        f"One tick a country: yearly change in the log effective number of drugs. Median {number(middle['proposed'], 2)} "
        f"over {(data['group'] == 'proposed').sum()} proposed countries and {number(middle['other'], 2)} over "
        f"{(data['group'] == 'other').sum()} others; {(data['slope'] > 0).mean():.0%} of all are above zero.",
        "Each country's own trend, countries with four years or more; the seventeen proposed countries above.",
        source,
        data,
    )


def entries(rates: pd.DataFrame, source: str) -> Figure:
    """New and vanished kinds of drugs per country and year of exposure."""
    data = rates.melt("period", ["entry_rate", "exit_rate"], "kind", "rate").dropna()
    data["kind"] = data["kind"].map({"entry_rate": "new", "exit_rate": "gone"})
    chart = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "period:Q",
                title=None,
                axis=alt.Axis(format="d", tickMinStep=1),
                scale=alt.Scale(zero=False, nice=False, padding=12),
            ),
            y=alt.Y("rate:Q", title="Families per country and year"),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=["new", "gone"], range=[BLUE, VERMILION])),
            strokeDash=alt.StrokeDash("kind:N", legend=None, scale=alt.Scale(domain=["new", "gone"])),
        )
        .properties(width=WIDTH - 60, height=200)
    )
    new = data[data["kind"] == "new"]
    top = new.iloc[int(new["rate"].argmax())]
    return Figure(
        "entries",
        chart,
        f"Families of drugs a country reports that its two reports before lacked: {new['rate'].min():.2f} to "
        f"{new['rate'].max():.2f} per country and year, highest in {top['period']:.0f}, when grams began to be reported.",
        "New kinds (absent from the two reports before) and vanished ones, per country and year at risk; the jump of 2020 is "
        "one of recording: until 2019 weights were whole kilograms.",
        source,
        data,
    )


def at_equal_coverage(table: pd.DataFrame, level: float, source: str) -> Figure:
    """Diversity of seizure cases, all years at one sample coverage."""
    data = table[["year", "order", "estimate", "ci_low", "ci_high"]].assign(measure=table["order"].map(_ORDERS))
    base = alt.Chart(data).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        color=alt.Color(
            "measure:N", title=None, sort=list(_ORDERS.values()), scale=alt.Scale(range=[GREEN, BLUE, ORANGE])
        ),
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("ci_low:Q", title="Effective number of drug families"), y2="ci_high:Q"
    )
    points = base.mark_line(point=True).encode(y="estimate:Q", shape=alt.Shape("measure:N", legend=None))
    chart = alt.layer(bars, points).properties(width=WIDTH - 120, height=220)
    common = data[data["order"] == 1]
    return Figure(
        "equal_coverage",
        chart,
        "Effective number of drug families among individual seizure cases at equal sample coverage, by year; common kinds: "
        + ", ".join(f"{row['estimate']:.1f} in {row['year']}" for row in common.to_dict("records"))
        + ".",
        f"Individual seizure cases without Colombia, {level:.0%} intervals for cases as independent draws. Which countries "
        "report changes every year, and that moves the line more than sampling does.",
        source,
        data.drop(columns="measure"),
    )


def specifications(estimates: Iterable[Estimate], source: str) -> Figure:
    """The trend under each specification, with its interval."""
    rows = [
        {
            "specification": "registered" if e.role == "primary" else e.specification,
            "estimate": e.estimate,
            "ci_low": e.ci_low,
            "ci_high": e.ci_high,
            "registered": e.role == "primary",
        }
        for e in estimates
        if e.role in ("primary", "sensitivity")
    ]
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=list(data["specification"]), axis=alt.Axis(labelLimit=240)),
        color=alt.Color("registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=[VERMILION, BLUE])),
    )
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("ci_low:Q", title="Yearly change, log points"), x2="ci_high:Q")
    points = base.mark_point(filled=True, size=55, opacity=1).encode(
        x="estimate:Q",
        shape=alt.Shape(
            "registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=["diamond", "circle"])
        ),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    chart = alt.layer(zero, bars, points).properties(width=WIDTH - 220, height=26 * len(data))
    above = ((data["ci_low"] > 0) & ~data["registered"]).sum()
    return Figure(
        "specifications",
        chart,
        f"Yearly change under {len(data)} specifications. Registered: {number(data['estimate'].iloc[0], 2)}, "
        f"{number(data['ci_low'].iloc[0], 2)} to {number(data['ci_high'].iloc[0], 2)}. Of the {len(data) - 1} others "
        f"{(data.loc[~data['registered'], 'estimate'] > 0).sum()} are above zero, {above} with their whole interval.",
        "The trend under other reasonable choices; entropy and concentration are on their own scales.",
        source,
        data,
    )
