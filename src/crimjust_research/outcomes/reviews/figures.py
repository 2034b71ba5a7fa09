"""Charts of Outcome 3's assessment of reviews."""

from __future__ import annotations

import math
from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLUE, GREEN, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.reviews.articles import ArticleModel
from crimjust_research.outcomes.reviews.challenges import CHAPTERS, NAMES, NEAR, NONE, streams_of_work
from crimjust_research.outcomes.reviews.completion import ALL, Waiting
from crimjust_research.outcomes.reviews.totals import PER_REVIEW
from crimjust_research.vocabulary import countries

_FIRST, _SECOND, _UNODC = "first cycle, States read", "second cycle, States read", "first cycle, UNODC's totals"
_SHORT = {
    "EU + EFTA + North America": "Europe (EU, EFTA), North America",
    "Eastern Europe & Central Asia": "Eastern Europe, Central Asia",
    "Latin America & Caribbean": "Latin America, Caribbean",
    "Middle East & North Africa": "Middle East, North Africa",
}


def completion(years: pd.DataFrame, totals: pd.DataFrame, source: str) -> Figure:
    """Share of States with a first and a second summary by the end of each year, and UNODC's totals."""
    lines = years.assign(series=years["cycle"].map({1: _FIRST, 2: _SECOND}))[["series", "year", "share"]]
    day = pd.to_datetime(totals["as_of"])
    points = pd.DataFrame(
        {"series": _UNODC, "year": day.dt.year + (day.dt.day_of_year - 365) / 365, "share": totals["share"]}
    )
    data = pd.concat([lines, points], ignore_index=True)
    scale = alt.Scale(domain=[_FIRST, _SECOND, _UNODC], range=[BLUE, VERMILION, GREEN])
    base = alt.Chart(data).encode(
        x=alt.X(
            "year:Q",
            title="End of year",
            axis=alt.Axis(format="d", tickMinStep=1),
            scale=alt.Scale(zero=False, nice=False, padding=12),
        ),
        y=alt.Y("share:Q", title="Share of States", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("series:N", title=None, scale=scale, legend=alt.Legend(columns=2, labelLimit=240)),
    )
    drawn = base.transform_filter(alt.datum.series != _UNODC).mark_line(point=True)
    crosses = base.transform_filter(alt.datum.series == _UNODC).mark_point(
        shape="diamond", filled=True, size=110, opacity=1
    )
    last = years[years["cycle"] == 2].iloc[-1]
    early = years[(years["cycle"] == 1) & (years["year"] == 2015)].iloc[0]
    return Figure(
        "completion",
        alt.layer(drawn, crosses).properties(width=WIDTH - 60, height=260),
        f"First summaries: {early['share']:.0%} of {int(early['states'])} States read by the end of 2015. "
        f"Second summaries: {last['share']:.0%} by {int(last['year'])}. UNODC's totals for the first cycle: "
        + ", ".join(f"{row['share']:.0%} on {row['as_of']}" for row in totals.to_dict("records"))
        + ".",
        "Executive summaries of the two review cycles. The lines are the States whose pages were read, all of which have a "
        "first summary; UNODC's totals are of all States parties.",
        source,
        data,
    )


def kaplan_meier_by_area(found: Waiting, source: str) -> Figure:
    """Share of States still without a second summary by years since the first, one panel an area."""
    summary = found.medians.set_index("group")
    areas = [g for g in summary.index if g != ALL]
    areas.sort(key=lambda g: -summary.loc[g, "n"])
    parts = []
    for area in areas:
        panel = f"{_SHORT.get(area, area)} ({summary.loc[area, 'events']} of {summary.loc[area, 'n']})"
        for group, part in ((area, "area"), (ALL, "all")):
            curve = found.curves.loc[found.curves["group"] == group, ["time", "survival", "ci_low", "ci_high"]]
            parts.append(curve.assign(panel=panel, part=part))
        risk = found.at_risk[found.at_risk["group"] == area]
        parts.append(
            pd.DataFrame(
                {"time": risk["time"], "survival": -0.13, "at_risk": risk["at_risk"], "panel": panel, "part": "risk"}
            )
        )
    data = pd.concat(parts, ignore_index=True)
    order = list(dict.fromkeys(data["panel"]))
    x = alt.X(
        "time:Q",
        title="Years since the first",
        axis=alt.Axis(values=[0, 5, 10], tickCount=3),
        scale=alt.Scale(domain=[-0.6, 14.4]),
    )
    y = alt.Y(
        "survival:Q",
        title="Without a second summary",
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
        scale=alt.Scale(domain=[-0.2, 1]),
    )
    base = alt.Chart(data).encode(x=x)
    band = (
        base.transform_filter(alt.datum.part == "area")
        .mark_area(interpolate="step-after", opacity=0.18, color=BLUE)
        .encode(
            y=alt.Y("ci_low:Q", title="Without a second summary", scale=alt.Scale(domain=[-0.2, 1])), y2="ci_high:Q"
        )
    )
    grey = (
        base.transform_filter(alt.datum.part == "all")
        .mark_line(interpolate="step-after", color=GREY, strokeDash=[4, 3], strokeWidth=1.5)
        .encode(y=y)
    )
    line = base.transform_filter(alt.datum.part == "area").mark_line(interpolate="step-after", color=BLUE).encode(y=y)
    risk_text = base.transform_filter(alt.datum.part == "risk").mark_text(fontSize=11).encode(y=y, text="at_risk:Q")
    chart = (
        alt.layer(band, grey, line, risk_text)
        .properties(width=168, height=150)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=order, header=alt.Header(labelFontSize=11, labelLimit=230)),
            columns=3,
        )
    )
    middle = summary.loc[ALL]
    told = "; ".join(
        f"{area}: {summary.loc[area, 'events']} of {summary.loc[area, 'n']} completed, median "
        + (f"{summary.loc[area, 'median']:.0f} years" if not math.isnan(summary.loc[area, "median"]) else "not reached")
        for area in areas
    )
    return Figure(
        "kaplan_meier",
        chart,
        f"Share of States without a second summary by years since the first, six panels. {told}. All States: median "
        f"{middle['median']:.0f} years.",
        "Kaplan-Meier curves with pointwise intervals (blue) and the curve of all States (grey, dashed); below, States still "
        "awaited at 0, 5 and 10 years. In brackets, second summaries of States read.",
        source,
        data,
    )


def specifications(estimates: Iterable[Estimate], source: str) -> Figure:
    """The hazard ratio under each specification, with its interval."""
    data = pd.DataFrame(
        [
            {
                "specification": "registered" if e.role == "primary" else e.specification,
                "estimate": e.estimate,
                "ci_low": e.ci_low,
                "ci_high": e.ci_high,
                "registered": e.role == "primary",
            }
            for e in estimates
            if e.role in ("primary", "sensitivity") or e.id in ("opened_cycle", "governance.cox")
        ]
    )
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=list(data["specification"]), axis=alt.Axis(labelLimit=330)),
        color=alt.Color("registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=[VERMILION, BLUE])),
    )
    x = alt.X(
        "ci_low:Q",
        title="Hazard ratio per standard deviation of the indicator",
        scale=alt.Scale(type="log", domain=[0.5, 2], nice=False),
        axis=alt.Axis(values=[0.5, 0.7, 1, 1.4, 2]),
    )
    bars = base.mark_rule(strokeWidth=2).encode(x=x, x2="ci_high:Q")
    points = base.mark_point(filled=True, size=55, opacity=1).encode(
        x="estimate:Q",
        shape=alt.Shape(
            "registered:N", legend=None, scale=alt.Scale(domain=[True, False], range=["diamond", "circle"])
        ),
    )
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="one:Q")
    registered = data[data["registered"]].iloc[0]
    holding = ((data["ci_low"] <= 1) & (data["ci_high"] >= 1)).sum()
    return Figure(
        "specifications",
        alt.layer(one, bars, points).properties(width=WIDTH - 320, height=26 * len(data)),
        f"Hazard ratio of the second summary under {len(data)} specifications. Registered: {number(registered['estimate'])}, "
        f"{number(registered['ci_low'])} to {number(registered['ci_high'])}. {holding} of {len(data)} intervals hold one.",
        "Hazard ratio of a second summary under the registered and other choices; above one is sooner. Indicators are in "
        "standard deviations of their worldwide distribution.",
        source,
        data,
    )


def totals_per_review(table: pd.DataFrame, source: str) -> Figure:
    """Limits of gaps, needs and good practices per completed review; arrows where a side is open."""
    data = table[table["unit"] == PER_REVIEW].reset_index(drop=True)
    end = 60.0
    data = data.assign(
        left=data["low"],
        right=np.minimum(data["high"], end),
        side=np.where(
            np.isinf(data["high"]), "no upper limit", np.where(data["low"] == 0, "no lower limit", "both limits")
        ),
        text=[
            f"over {low:.1f}" if math.isinf(high) else f"below {high:.1f}" if low == 0 else f"{low:.1f} to {high:.1f}"
            for low, high in zip(data["low"], data["high"], strict=True)
        ],
    )
    base = alt.Chart(data).encode(
        y=alt.Y("what:N", title=None, sort=list(data["what"]), axis=alt.Axis(labelLimit=200)),
        color=alt.Color(
            "side:N",
            title=None,
            scale=alt.Scale(
                domain=["both limits", "no upper limit", "no lower limit"], range=[BLUE, VERMILION, ORANGE]
            ),
        ),
    )
    x = alt.X("left:Q", title="Per completed review", scale=alt.Scale(domain=[0, end]))
    bars = base.mark_bar(size=9).encode(x=x, x2="right:Q")
    arrow = (
        base.transform_filter(alt.datum.side == "no upper limit")
        .mark_point(shape="triangle-right", filled=True, size=120, opacity=1, xOffset=4)
        .encode(x="right:Q")
    )
    words = base.mark_text(align="left", dx=3, dy=-13, fontSize=11).encode(
        x="left:Q", text="text:N", color=alt.value("#222222")
    )
    wording = "; ".join(f"{row['what']}: {row['text']}" for row in data.to_dict("records"))
    return Figure(
        "totals_per_review",
        alt.layer(bars, arrow, words).properties(width=WIDTH - 200, height=44 * len(data)),
        f"Intervals per completed review. {wording}.",
        "What UNODC's totals come to per review. Some 8,000 is read as 7,500 to 8,500; over and almost leave a side open. In "
        "2019 reviews of both cycles are counted together, in 2021 States.",
        source,
        data.assign(high=data["high"].replace(math.inf, np.nan)).drop(columns=["left", "right"]),
    )


def challenge_matrix(cells: pd.DataFrame, source: str) -> Figure:
    """Challenges by chapter against the pillars and steps that name them or stand near."""
    data = cells
    labels = list(dict.fromkeys(data["label"]))
    base = alt.Chart(data).encode(
        x=alt.X("stream:N", title=None, sort=list(streams_of_work()), axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=480)),
    )
    marks = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "level:N",
            title="An activity",
            sort=[NAMES, NEAR, NONE],
            scale=alt.Scale(domain=[NAMES, NEAR, NONE], range=[BLUE, "#9ecae1", "#f0f0f0"]),
        )
    )
    chart = (
        marks.properties(width=WIDTH - 390, height=alt.Step(21))
        .facet(
            row=alt.Row(
                "chapter:N",
                title="Chapter",
                sort=list(CHAPTERS),
                header=alt.Header(labelAngle=0, labelFontWeight="bold"),
            ),
            spacing=6,
        )
        .resolve_scale(y="independent")
    )
    met = data[data["level"] != NONE].groupby("chapter")["challenge"].nunique()
    of = data.groupby("chapter")["challenge"].nunique()
    return Figure(
        "challenges",
        chart,
        "Matrix of 23 challenges by three pillars and three steps. With an activity that names it or stands near: "
        + ", ".join(f"chapter {c} {met.get(c, 0)} of {of[c]}" for c in of.index)
        + ".",
        "Challenges most often met in reviews against the programme's pillars (component 1) and steps (component 2). Which "
        "activity answers which challenge is this project's reading, not UNODC's.",
        source,
        data,
    )


def meetings(rows: pd.DataFrame, source: str) -> Figure:
    """Each State's review of chapters III and IV, and the public events it took part in."""
    reviews = rows.drop_duplicates("iso3").assign(
        year=lambda r: r["chapter_iv_year"], what="review of chapters III and IV", n=1
    )
    counted = rows.groupby(["iso3", "event_year"]).size().rename("n").reset_index()
    counted = counted.rename(columns={"event_year": "year"}).assign(what="public events")
    data = pd.concat([reviews[["iso3", "year", "what", "n"]], counted], ignore_index=True)
    data = data.assign(state=data["iso3"].map(countries.short_name))
    order = list(dict.fromkeys(data["state"]))
    base = alt.Chart(data).encode(
        x=alt.X(
            "year:Q",
            title=None,
            axis=alt.Axis(format="d", tickMinStep=1),
            scale=alt.Scale(zero=False, nice=False, padding=12),
        ),
        y=alt.Y("state:N", title=None, sort=order, axis=alt.Axis(grid=True)),
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(domain=["review of chapters III and IV", "public events"], range=[VERMILION, BLUE]),
            legend=alt.Legend(labelLimit=240),
        ),
        shape=alt.Shape(
            "what:N",
            scale=alt.Scale(domain=["review of chapters III and IV", "public events"], range=["diamond", "circle"]),
        ),
    )
    chart = base.mark_point(filled=True, opacity=1).encode(
        size=alt.Size("n:Q", title="Events", scale=alt.Scale(range=[60, 320]), legend=alt.Legend(values=[1, 3, 6]))
    )
    return Figure(
        "meetings",
        chart.properties(width=WIDTH - 80, height=alt.Step(19)),
        f"{len(order)} States with both a review and a public event. Reviews of chapter IV from {rows['chapter_iv_year'].min()} "
        f"to {rows['chapter_iv_year'].max()}; events from {rows['event_year'].min()} to {rows['event_year'].max()}; "
        f"{(rows['years_after'] > 0).mean():.0%} of attendances come after the State's review.",
        "When chapters III and IV were reviewed, and when the State took part in a public event of the programme. Public events "
        "are a convenience sample and a lower bound, and the programme began after most of these reviews.",
        source,
        data,
    )


def articles(model: ArticleModel, covariate: str, source: str) -> Figure:
    """Coefficients of the beta-binomial regression with their intervals and, of simulated counts, the truth."""
    indicator = "indicator" if model.simulated else covariate.replace("_", " ")
    names = {"correlation": "correlation in an article", "indicator": indicator}
    table = model.table
    data = table.assign(label=table["term"].map(lambda t: names.get(t, t.replace("_", " "))))
    base = alt.Chart(data).encode(y=alt.Y("label:N", title=None, sort=list(data["label"])))
    layers: list[alt.Chart] = [
        base.mark_rule(strokeWidth=2, color=BLUE).encode(
            x=alt.X("ci_low:Q", title="Log odds of a gap (correlation: as it is)"), x2="ci_high:Q"
        ),
        base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(x="estimate:Q"),
    ]
    fit = model.fit
    if model.simulated:
        layers.append(base.mark_point(shape="diamond", size=150, color=VERMILION, strokeWidth=2).encode(x="truth:Q"))
        inside = int(table["truth"].between(table["ci_low"], table["ci_high"]).sum())
        title = "SIMULATED counts: recovered (blue) and true (red)"
        alternative = f"SIMULATED. {inside} of {len(table)} intervals hold the true value the counts were drawn from."
        caption = (
            f"SIMULATED: beta-binomial regression of gaps on {fit.n_rows} SIMULATED article counts. Estimates with intervals "
            "(blue) and the truth they were drawn from (red diamonds)."
        )
        name = "articles_simulated"
    else:
        title = "Gaps by article"
        alternative = f"Log odds of a gap with intervals, {fit.n_rows} rows, {fit.n_clusters} States."
        caption = (
            "Beta-binomial regression of gaps out of provisions, errors clustered by State, on the counts supplied."
        )
        name = "articles"
    chart = alt.layer(*layers).properties(width=WIDTH - 220, height=34 * len(data), title=title)
    return Figure(name, chart, alternative, caption, source, data)
