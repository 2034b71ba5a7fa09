"""Charts of Outcome 2's assessment of joining: who and when, paths, estimates and their inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number, p_text
from crimjust_research.outcomes.joining.comparison import Comparison
from crimjust_research.outcomes.joining.estimators import GROUP_TIME, IMPUTATION, SUN_ABRAHAM
from crimjust_research.outcomes.joining.findings import Findings

TITLES = {"investigation": "Criminal investigation (8.1)", "adjudication": "Criminal adjudication (8.2)"}
_HALF = WIDTH / 2 - 40
_ZERO = pd.DataFrame({"zero": [0.0]})


def titled(name: str) -> alt.Title:
    """The heading of one outcome's half of a chart."""
    return alt.Title(TITLES[name], fontSize=12, fontWeight="normal")


def entry(table: pd.DataFrame, years: Sequence[int], source: str) -> Figure:
    """When each country joined, as far as is known, beside the editions of the index."""
    span = [min(years) - 0.4, max(years) + 0.4]
    order = table.sort_values(["documented", "latest", "name"])["name"].tolist()
    data = table.assign(scored=table["first_treated"].notna())
    y = alt.Y("name:N", title=None, sort=order)
    x = alt.Scale(domain=span, nice=False)
    axis = alt.Axis(format="d", values=list(years), title="Year; ticks and lines are editions of the index", grid=True)
    spans = (
        alt.Chart(data)
        .mark_bar(height=7, color="#c8c8c8")
        .encode(y=y, x=alt.X("from:Q", scale=x, axis=axis), x2="to:Q")
    )
    marks = pd.concat(
        [
            data[["name"]].assign(what="documented year of joining", year=data["documented"]),
            data[["name"]].assign(what="first treated edition", year=data["first_treated"]),
        ]
    ).dropna()
    points = (
        alt.Chart(marks)
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            y=y,
            x=alt.X("year:Q", scale=x),
            color=alt.Color("what:N", title=None, scale=alt.Scale(range=[BLUE, VERMILION])),
            shape=alt.Shape("what:N", title=None, scale=alt.Scale(range=["circle", "diamond"])),
        )
    )
    chart = alt.layer(spans, points).properties(width=WIDTH - 140, height=22 * len(data))
    exact = data.loc[data["precision"] == "exact", "name"].tolist()
    unscored = data.loc[~data["scored"], "name"].tolist()
    return Figure(
        "entry",
        chart,
        f"{len(data)} countries that joined. The year is exact for {', '.join(exact)}; for the others only a range is known, "
        f"the widest {int((data['latest'] - data['earliest']).max())} years. Without a first treated edition, for want of "
        f"scores or of a documented year: {', '.join(unscored) or 'none'}.",
        "Grey: years in which the country can have joined. The first edition of a later year is the first treated one; "
        "there is none of 2018.",
        source,
        data.drop(columns=["from", "to", "scored"]),
    )


def trends(complete: Mapping[str, Comparison], source: str) -> Figure:
    """Mean score by edition of countries that joined and of those they are compared with."""
    rows = []
    for name, found in complete.items():
        frame = found.checked.frame
        labels = {
            g: f"treated from {found.years[int(g) - 1]}" for g in np.unique(found.checked.cohort) if np.isfinite(g)
        }
        group = frame["first_treated"].map(labels).fillna("comparison")
        year = frame["time"].map(dict(enumerate(found.years, start=1)))
        rows.append(frame.assign(group=group, year=year, question=name))
    means = (
        pd.concat(rows)
        .groupby(["question", "group", "year"], sort=False)
        .agg(mean=("outcome", "mean"), countries=("unit", "nunique"))
        .reset_index()
    )
    groups = ["comparison", *sorted(g for g in means["group"].unique() if g != "comparison")]
    colour = alt.Color(
        "group:N", title=None, sort=groups, scale=alt.Scale(domain=groups, range=[GREY, VERMILION, BLUE, GREEN])
    )

    def panel(name: str) -> alt.Chart:
        drawn: alt.Chart = (
            alt.Chart(means[means["question"] == name])
            .mark_line(point=True)
            .encode(
                x=alt.X("year:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1)),
                y=alt.Y("mean:Q", title="Mean score", scale=alt.Scale(zero=False)),
                color=colour,
                strokeDash=alt.StrokeDash("group:N", sort=groups, legend=None),
            )
            .properties(width=_HALF, height=190, title=titled(name))
        )
        return drawn

    sentences = []
    for (question, who), part in means.groupby(["question", "group"], sort=False):
        first_row, last_row = part.iloc[0], part.iloc[-1]
        sentences.append(
            f"{TITLES[str(question)]}, {who} ({first_row['countries']} countries): {first_row['mean']:.2f} in "
            f"{first_row['year']}, {last_row['mean']:.2f} in {last_row['year']}."
        )
    return Figure(
        "trends",
        alt.hconcat(*(panel(name) for name in complete), spacing=24),
        " ".join(sentences),
        "Mean score by edition, only countries that are in every edition, by the edition from which they count as treated.",
        source,
        means,
    )


def event_study(findings: Sequence[Findings], level: float, source: str) -> Figure:
    """Differences by edition around joining, by three estimators."""
    estimators = [GROUP_TIME, SUN_ABRAHAM, IMPUTATION]
    columns = ["estimator", "at", "estimate", "ci_low", "ci_high", "band_low", "band_high", "n_treated"]
    data = pd.concat(
        [
            study.table.loc[study.table["at"].notna(), columns].assign(question=f.measure.id)
            for f in findings
            for study in f.diagnostics.event_studies.values()
        ],
        ignore_index=True,
    ).astype({"at": "int64"})

    def panel(name: str) -> alt.LayerChart | alt.FacetChart:
        own = data[data["question"] == name]
        base = alt.Chart(own).encode(
            x=alt.X(
                "at:O",
                title="Editions since the first treated one",
                axis=alt.Axis(labelAngle=0),
                scale=alt.Scale(domain=list(range(data["at"].min(), data["at"].max() + 1))),
            ),
            xOffset=alt.XOffset("estimator:N", sort=estimators),
            color=alt.Color(
                "estimator:N",
                sort=estimators,
                legend=alt.Legend(title=None, symbolOpacity=1),
                scale=alt.Scale(range=[BLUE, ORANGE, GREEN]),
            ),
        )
        band = base.mark_rule(strokeWidth=5, opacity=0.25).encode(y="band_low:Q", y2="band_high:Q")
        bars = base.mark_rule(strokeWidth=1.5).encode(
            y=alt.Y("ci_low:Q", title="Difference, score points"), y2="ci_high:Q"
        )
        points = base.mark_point(filled=True, size=32, opacity=1).encode(
            y="estimate:Q", shape=alt.Shape("estimator:N", sort=estimators, legend=None)
        )
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(y="zero:Q")
        return alt.layer(zero, band, bars, points).properties(width=_HALF, height=230, title=titled(name))

    sentences = []
    for found in findings:
        table = found.diagnostics.event_studies[GROUP_TIME].by
        clear = table[(table["band_low"] > 0) | (table["band_high"] < 0)]
        after = table[table.index >= 0]
        sentences.append(
            f"{TITLES[found.measure.id]}: since joining the differences lie from {number(after['estimate'].min(), 2)} to "
            f"{number(after['estimate'].max(), 2)}; the band over all editions "
            + (
                f"leaves zero out at {', '.join(f'{at:+.0f}' for at in clear.index)}."
                if len(clear)
                else "holds zero throughout."
            )
        )
    last = findings[0].diagnostics.event_studies[GROUP_TIME].by["n_treated"]
    return Figure(
        "event_study",
        alt.hconcat(*(panel(f.measure.id) for f in findings), spacing=24),
        " ".join(sentences),
        f"Differences from the last untreated edition (-1). Bars: {level:.0%} intervals clustered by country, too narrow for "
        f"few treated countries; light: band over all editions. The first edition shown rests on {last.iloc[0]:.0f}, the last "
        f"on {last.iloc[-1]:.0f} joined countries.",
        source,
        data,
    )


# Rows of the chart of estimators: what is shown, and the estimate's name within its question.
_SIDE_BY_SIDE = {
    "Callaway-Sant'Anna, reassigned dates": "",
    "Callaway-Sant'Anna, clustered errors": "clustered",
    "Callaway-Sant'Anna, every edition": "every_edition",
    "Sun-Abraham, clustered errors": "sun_abraham",
    "Borusyak-Jaravel-Spiess, clustered errors": "borusyak_jaravel_spiess",
    "Roth-Sant'Anna, every edition": "roth_santanna",
    "Two-way effects, clustered errors": "two_way",
    "Two-way effects, wild bootstrap": "wild_bootstrap",
    "HonestDiD, relative magnitudes 1": "honest_relative",
    "HonestDiD, straight line": "honest_smooth",
}


def estimators(findings: Sequence[Findings], level: float, source: str) -> Figure:
    """Estimators and inference side by side; the registered one on top."""
    rows = [
        {"question": f.measure.id, "row": row, "p": p_text(e.p_value), **_drawn(e)}
        for f in findings
        for row, name in _SIDE_BY_SIDE.items()
        for e in [f.estimate(name)]
    ]
    data = pd.DataFrame(rows)
    chart = forest(data, list(_SIDE_BY_SIDE), [f.measure.id for f in findings], "Difference, score points")
    parts = []
    for found in findings:
        own = data[data["question"] == found.measure.id]
        parts.append(
            f"{TITLES[found.measure.id]}: {len(own)} estimates from {number(own['estimate'].min(), 2)} to "
            f"{number(own['estimate'].max(), 2)}; p from {p_text(own['p_value'].min())} to {p_text(own['p_value'].max())}; "
            f"{int(((own['ci_low'] > 0) | (own['ci_high'] < 0)).sum())} of {len(own)} intervals leave zero out."
        )
    return Figure(
        "estimators",
        chart,
        " ".join(parts),
        f"Estimators and inference side by side, {level:.0%} intervals, the registered one on top; the number is p. "
        "HonestDiD gives an interval for the mean over editions and no p; an arrow marks an interval that leaves the chart.",
        source,
        data,
    )


def leave_one_out(findings: Sequence[Findings], names: Mapping[str, str], level: float, source: str) -> Figure:
    """The registered estimate without each joined country in turn."""
    rows = [
        {"question": f.measure.id, "row": "none left out", "p": p_text(f.estimate().p_value), **_drawn(f.estimate())}
        for f in findings
    ]
    for found in findings:
        for iso3 in found.registered.joined:
            e = found.estimate(f"without_{iso3.lower()}")
            rows.append({"question": found.measure.id, "row": names[iso3], "p": p_text(e.p_value), **_drawn(e)})
    data = pd.DataFrame(rows)
    order = ["none left out", *sorted(set(data["row"]) - {"none left out"})]
    chart = forest(data, order, [f.measure.id for f in findings], "Difference, score points")
    parts = []
    for found in findings:
        own = data[(data["question"] == found.measure.id) & (data["row"] != "none left out")]
        own = own.sort_values("estimate")
        low, high = own.iloc[0], own.iloc[-1]
        parts.append(
            f"{TITLES[found.measure.id]}: from {number(low['estimate'], 2)} without {low['row']} to "
            f"{number(high['estimate'], 2)} without {high['row']}."
        )
    return Figure(
        "leave_one_out",
        chart,
        " ".join(parts),
        f"The registered estimate without each joined country in turn, {level:.0%} intervals by reassigned dates; the number "
        "is p.",
        source,
        data,
    )


def _drawn(e: Estimate) -> dict[str, float]:
    return {"estimate": e.estimate, "ci_low": e.ci_low, "ci_high": e.ci_high, "p_value": e.p_value}


def forest(data: pd.DataFrame, order: list[str], questions: Sequence[str], title: str) -> alt.HConcatChart:
    """Rows of estimates with intervals and p, one column a question, the first row in another colour.

    The scale is set by the estimates and the ordinary intervals: one far wider is cut, with an arrow at its end.
    """
    usual = data.loc[data["p_value"].notna()]
    reach = 1.15 * float(np.nanmax(np.abs(usual[["ci_low", "ci_high"]].to_numpy())))
    scale = alt.Scale(domain=[-1.06 * reach, 1.45 * reach], nice=False)
    ticks = _ticks(reach)
    data = data.assign(
        shown_low=data["ci_low"].clip(-reach, reach),
        shown_high=data["ci_high"].clip(-reach, reach),
        cut_low=data["ci_low"] < -reach,
        cut_high=data["ci_high"] > reach,
        at=1.43 * reach,
        first=data["row"] == order[0],
    )
    colour = alt.Color("first:N", legend=None, scale=alt.Scale(domain=[True, False], range=[VERMILION, BLUE]))

    def panel(name: str, *, labels: bool) -> alt.LayerChart | alt.FacetChart:
        own = data[data["question"] == name]
        axis = alt.Axis(labelLimit=280) if labels else None
        y = alt.Y("row:N", title=None, sort=order, axis=axis)
        base = alt.Chart(own).encode(y=y, color=colour)
        bars = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("shown_low:Q", title=title, scale=scale, axis=alt.Axis(values=ticks)), x2="shown_high:Q"
        )
        arrows = [
            alt.Chart(own[own[f"cut_{end}"]])
            .mark_point(filled=True, shape=f"triangle-{side}", size=45, opacity=1)
            .encode(y=y, x=alt.X(f"shown_{end}:Q", scale=scale), color=colour)
            for end, side in (("low", "left"), ("high", "right"))
            if own[f"cut_{end}"].any()
        ]
        points = base.mark_point(filled=True, size=50, opacity=1).encode(x=alt.X("estimate:Q", scale=scale))
        text = alt.Chart(own).mark_text(align="right", fontSize=11, color=BLACK)
        text = text.encode(y=y, x=alt.X("at:Q", scale=scale), text="p:N")
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(x="zero:Q")
        width = (WIDTH - 290) / 2 if len(max(order, key=len)) > 25 else (WIDTH - 160) / 2
        return alt.layer(zero, bars, *arrows, points, text).properties(
            width=width, height=20 * len(order), title=titled(name)
        )

    return alt.hconcat(*(panel(name, labels=position == 0) for position, name in enumerate(questions)), spacing=12)


def _ticks(reach: float) -> list[float]:
    """Zero and the round numbers on both sides of it that half of `reach` allows."""
    power = 10.0 ** np.floor(np.log10(reach / 2))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= reach / 2)
    return [round(-step, 12), 0.0, round(step, 12)]


def randomisation(findings: Sequence[Findings], source: str) -> Figure:
    """The registered estimate among those of reassigned dates."""
    bins = 40
    tables = []
    for found in findings:
        null = found.test.null[1:]
        reach = max(float(np.abs(null).max()), abs(found.test.estimate)) * 1.001
        counts, edges = np.histogram(null, bins=np.linspace(-reach, reach, bins + 1))
        tables.append(
            pd.DataFrame({"question": found.measure.id, "low": edges[:-1], "high": edges[1:], "reassignments": counts})
        )
    data = pd.concat(tables, ignore_index=True)

    def panel(found: Findings) -> alt.LayerChart | alt.FacetChart:
        own = data[data["question"] == found.measure.id]
        bars = (
            alt.Chart(own)
            .mark_bar(color="#b5b5b5", stroke="white", strokeWidth=0.5)
            .encode(
                x=alt.X("low:Q", title="Difference, score points", bin=alt.BinParams(binned=True)),
                x2="high:Q",
                y=alt.Y("reassignments:Q", title="Reassignments"),
            )
        )
        seen = pd.DataFrame({"value": [found.test.estimate, -found.test.estimate], "which": ["observed", "mirrored"]})
        rule = (
            alt.Chart(seen)
            .mark_rule(color=VERMILION, strokeWidth=2)
            .encode(
                x="value:Q",
                strokeDash=alt.StrokeDash(
                    "which:N",
                    legend=None,
                    scale=alt.Scale(domain=["observed", "mirrored"], range=[[1, 0], [3, 3]]),
                ),
            )
        )
        return alt.layer(bars, rule).properties(width=_HALF, height=170, title=titled(found.measure.id))

    parts = [
        f"{TITLES[f.measure.id]}: observed {number(f.test.estimate, 2)}; {f.test.p_value:.0%} of {f.test.n_assignments:,} "
        f"assignments give one at least as far from zero, and their mean is {number(f.test.null[1:].mean(), 2)}."
        for f in findings
    ]
    return Figure(
        "randomisation",
        alt.hconcat(*(panel(f) for f in findings), spacing=24),
        " ".join(parts),
        "The registered estimate (red; dashed: the same on the other side) among those that the same scores give when the "
        "dates of joining are dealt out again among countries of the same region. Their mean is what the mix of regions and "
        "gaps in the index give by themselves.",
        source,
        data,
    )
