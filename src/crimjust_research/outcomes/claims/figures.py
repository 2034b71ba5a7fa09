"""Charts of the audit of claims."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.data.catalog import Catalog
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.claims import deaths
from crimjust_research.outcomes.claims.evidence import Evidence, Finding, Reading
from crimjust_research.outcomes.claims.parameters import DEATHS
from crimjust_research.outcomes.claims.rule import VERDICTS, Bounds

CLAIM_LABELS = {
    "majors_22": "22 Majors",
    "components_2": "2 components",
    "pillars_3": "3 pillars",
    "azure_countries_13": "13 countries equipped",
    "overdose_record_may_2020": "highest total to May 2020",
    "overdose_deaths_81000": "81,000 overdose deaths",
    "synthetic_opioids_over_half": "over half synthetic opioids",
    "overdose_increases_with_covid": "rise in March to May 2021",
    "proposed_17": "17 proposed are Majors",
    "phases_6": "6 phases",
    "outcomes_3": "3 outcomes",
    "chapters_4": "4 chapters",
    "states_reviewed_173": "173 States reviewed",
    "gaps_8000": "8,000 gaps",
    "needs_4000": "over 4,000 needs",
    "states_in_need_two_thirds": "two thirds ask for help",
}
_SHAPES = ("circle", "diamond", "cross", "square")
_COLOURS = (GREEN, ORANGE, VERMILION, GREY)
_RANGE = (0.0, 1.5)
_AT_THE_TIME, _NOW = "at the time", "now"
_AROUND = ("2019-01", "2021-12")
# Classes of size, from none to large, in blues that are told apart in grey print as well.
_SIZES = {"none": "#eeeeee", "to 1%": "#c7dcef", "to 5%": "#7fb2db", "to 10%": "#2f74b5", "over 10%": "#08306b"}
_SIZE_EDGES = (-math.inf, 0, 1, 5, 10, math.inf)
_INDICATORS = {
    "all_deaths": "all causes",
    "overdose_deaths": "all drugs",
    "t40_0_to_4_and_6": "opioids",
    "t40_1": "heroin",
    "t40_2": "natural (T40.2)",
    "t40_2_to_3": "T40.2, T40.3",
    "t40_2_to_4": "T40.2 to T40.4",
    "t40_3": "methadone",
    "t40_4": "synthetic opioids",
    "t40_5": "cocaine",
    "t43_6": "psychostimulants",
}


def claims(findings: Sequence[Finding], source: str) -> Figure:
    """Figures found, relative to those claimed, with the verdict by shape and colour."""
    drawn = [f for f in findings if f.judged_on and _reference(f.claimed) > 0]
    drawn.sort(key=lambda f: VERDICTS.index(f.verdict))
    bands = pd.DataFrame([_band(f) for f in drawn])
    data = pd.DataFrame(
        [_mark(f, reading, time) for f in drawn for reading, time in ((f.then, _AT_THE_TIME), (f.now, _NOW)) if reading]
    )
    y = alt.Y("claim:N", title=None, sort=list(bands["claim"]), axis=alt.Axis(labelLimit=220))
    x_scale = alt.Scale(domain=list(_RANGE), nice=False, padding=10)
    band = (
        alt.Chart(bands)
        .mark_bar(color=BLUE, opacity=0.18, height=14)
        .encode(y=y, x=alt.X("low:Q", title="Figure found, document = 1", scale=x_scale), x2="high:Q")
    )
    one = alt.Chart(pd.DataFrame({"one": [1]})).mark_rule(color=BLUE).encode(x="one:Q")
    base = alt.Chart(data).encode(y=y)
    span = base.mark_rule(color=GREY, strokeWidth=1.5).encode(x=alt.X("low:Q", scale=x_scale), x2="high:Q")
    shown = [v for v in VERDICTS if v in set(data["verdict"])]
    places = [VERDICTS.index(v) for v in shown]
    points = [
        base.transform_filter(alt.datum.time == time)
        .mark_point(opacity=1, strokeWidth=2, **look)
        .encode(
            x=alt.X("figure:Q", scale=x_scale),
            color=alt.Color(
                "verdict:N", title=None, scale=alt.Scale(domain=shown, range=[_COLOURS[i] for i in places])
            ),
            shape=alt.Shape("verdict:N", title=None, scale=alt.Scale(domain=shown, range=[_SHAPES[i] for i in places])),
        )
        for time, look in ((_AT_THE_TIME, {"fill": "white", "size": 150}), (_NOW, {"filled": True, "size": 60}))
    ]
    chart = alt.layer(band, one, span, *points).properties(width=WIDTH - 220, height=22 * len(bands))
    said = [
        f"{row['claim']}: {number(row['figure'])} {row['time']}, {row['verdict']}." for row in data.to_dict("records")
    ]
    return Figure(
        "claims",
        chart,
        f"Dot chart of {len(bands)} claims with a figure to hold against them, each figure divided by that of the "
        f"document. {' '.join(said)}",
        "Figures found, relative to those in the document. Blue: the values the document allows. Hollow marks: figures "
        "of the time; filled: today's. Grey lines: where a figure is known between bounds or from one side only. Dates "
        "are not drawn.",
        source,
        data,
    )


def _reference(claim: Bounds) -> float:
    """The value of a claim that stands at one: the middle of its bounds, or the bound it has to exceed."""
    limited = math.isfinite(claim.high) and not claim.low_excluded
    return (claim.low + claim.high) / 2 if limited else claim.low


def _band(finding: Finding) -> dict[str, object]:
    claim = finding.claimed.scaled(_reference(finding.claimed))
    narrowest = 0.006  # a claim of a single value is drawn this wide, to be seen
    low, high = min(claim.low, 1 - narrowest), max(claim.high, 1 + narrowest)
    return {"claim": CLAIM_LABELS[finding.claim.key], "low": low, "high": min(high, _RANGE[1])}


def _mark(finding: Finding, reading: Reading, time: str) -> dict[str, object]:
    """A figure relative to its claim: the point drawn, and the span it is known within, cut off at the axis."""
    one = _reference(finding.claimed)
    published, judged = reading.bounds.scaled(one), reading.judged.scaled(one)
    ends = [end for end in (published.low, published.high) if math.isfinite(end)]
    known = math.isfinite(judged.low) or math.isfinite(judged.high)
    point = sum(ends) / len(ends)
    return {
        "claim": CLAIM_LABELS[finding.claim.key],
        "time": time,
        "figure": point,
        "low": max(judged.low, _RANGE[0]) if known else point,
        "high": min(judged.high, _RANGE[1]) if known else point,
        "verdict": finding.verdict,
    }


def vintages(evidence: Evidence, raw: Catalog, claim: Bounds, source: str) -> Figure:
    """Twelve-month totals around May 2020, and the figures of each vintage for that month one below the other."""
    totals = _totals(raw)
    judged = totals["vintage"] == evidence.releases[DEATHS].vintage
    lines = totals[judged].assign(series=totals["measure"])
    band = pd.DataFrame({"low": [claim.low], "high": [claim.high]})
    area = alt.Chart(band).mark_rect(color=BLUE, opacity=0.18)
    width = WIDTH - 200
    announced = pd.DataFrame(
        {
            "series": "announced at the time",
            "month": [f"{a.month}-01" for a in deaths.ANNOUNCED],
            "deaths": [float(a.deaths) for a in deaths.ANNOUNCED],
        }
    )
    names = ["predicted", "reported", "announced at the time"]
    over_time = pd.concat([lines[["series", "month", "deaths"]], announced], ignore_index=True)
    thousands = alt.Axis(format=",.0f")
    y_scale = alt.Scale(zero=False)
    base = alt.Chart(over_time).encode(
        x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6, labelFlush=False)),
        y=alt.Y("deaths:Q", title="Deaths in twelve months", scale=y_scale, axis=thousands),
        color=alt.Color("series:N", title=None, scale=alt.Scale(domain=names, range=[BLUE, VERMILION, BLACK])),
    )
    is_announced = alt.datum.series == names[-1]
    above = alt.layer(
        area.encode(y=alt.Y("low:Q", title="Deaths in twelve months", scale=y_scale, axis=thousands), y2="high:Q"),
        base.transform_filter(~is_announced).mark_line(strokeWidth=2),
        base.transform_filter(is_announced).mark_point(filled=True, shape="diamond", size=90, opacity=1),
    ).properties(width=width, height=200, title=_heading("Twelve months to each month"))
    then = _figures_of_the_window(totals, announced, evidence)
    rows = alt.Y("series:N", title=None, sort=list(then["series"]), axis=alt.Axis(labelLimit=260))

    def x(column: str) -> alt.X:
        title = "Deaths in the twelve months to May 2020"
        return alt.X(
            column, title=title, axis=alt.Axis(format=",.0f", tickCount=5), scale=alt.Scale(zero=False, padding=12)
        )

    base = alt.Chart(then)
    below = alt.layer(
        area.encode(x=x("low:Q"), x2="high:Q"),
        base.mark_rule(strokeWidth=4, color=BLACK).encode(y=rows, x=x("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=70, opacity=1, color=BLACK).encode(y=rows, x=x("deaths:Q")),
    ).properties(width=width, height=24 * len(then), title=_heading("Twelve months to May 2020"))
    said = [
        f"{row['series']}: {row['low']:,.0f}" + (f" to {row['high']:,.0f}" if row["high"] > row["low"] else "")
        for row in then.to_dict("records")
    ]
    return Figure(
        "vintages",
        alt.vconcat(above, below, spacing=20),
        f"Deaths by overdose in twelve months, by vintage. For the twelve months to May 2020, {'; '.join(said)}. The "
        f"document's 81,000 stands for {claim.low:,.0f} to {claim.high:,.0f}.",
        "How CDC's figures moved. Shaded: the values that round to the document's 81,000. Residents are counted by place "
        "of residence, all others by place of death; the bar spans what months not shown for small States may hold.",
        source,
        pd.concat([over_time, then], ignore_index=True),
    )


def _heading(text: str) -> alt.Title:
    return alt.Title(text, fontSize=12, fontWeight="normal", frame="group")


def _totals(raw: Catalog) -> pd.DataFrame:
    """Columns vintage, measure, series (both in words), month (first day) and deaths, for the months around May 2020."""
    parts = []
    for release in raw.tables()[DEATHS]:
        frame = raw.open(DEATHS, release.vintage)
        for measure in deaths.MEASURES:
            totals = deaths.twelve_month_totals(frame, measure, deaths.ALL_DRUGS).loc[_AROUND[0] : _AROUND[1]]
            parts.append(
                pd.DataFrame({"month": totals.index + "-01", "deaths": totals.to_numpy()}).assign(
                    vintage=release.vintage, measure=measure, series=f"{measure}, vintage {release.vintage}"
                )
            )
    return pd.concat(parts, ignore_index=True)


def _figures_of_the_window(totals: pd.DataFrame, announced: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Columns series, month, deaths, low, high: what was announced, then each measure by vintage, then residents."""
    by_measure = totals.sort_values(["measure", "vintage"], kind="stable")
    points = pd.concat([announced, by_measure[["series", "month", "deaths"]]])
    points = points[points["month"] == f"{deaths.WINDOW_END}-01"]
    bounds, _ = deaths.residents(evidence["overdose_monthly_state"])
    residents = pd.DataFrame(
        {
            "series": ["residents, State counts by month"],
            "month": [f"{deaths.WINDOW_END}-01"],
            "deaths": [(bounds.low + bounds.high) / 2],
            "low": [bounds.low],
            "high": [bounds.high],
        }
    )
    return pd.concat([points.assign(low=points["deaths"], high=points["deaths"]), residents], ignore_index=True)


def revisions(cells: pd.DataFrame, source: str) -> Figure:
    """Revisions of the national total by month, one panel a pair of vintages."""
    national = cells[(cells["jurisdiction"] == "US") & (cells["indicator"] == deaths.ALL_DRUGS)]
    data = national.assign(
        month=national["month_ending"] + "-01",
        pair="vintage " + national["old_vintage"] + " to " + national["new_vintage"],
    )[["pair", "measure", "month", "old", "new", "difference", "percent", "closed"]]
    base = alt.Chart(data).encode(
        x=alt.X("month:T", title=None, axis=alt.Axis(format="%Y", tickCount="year")),
        y=alt.Y("percent:Q", title="Revision, percent"),
        color=alt.Color(
            "measure:N", title=None, scale=alt.Scale(domain=list(deaths.MEASURES), range=[BLUE, VERMILION])
        ),
        strokeDash=alt.StrokeDash(
            "measure:N", title=None, scale=alt.Scale(domain=list(deaths.MEASURES), range=[[1, 0], [5, 3]])
        ),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY).encode(y="zero:Q")
    panels = [
        alt.layer(zero, base.transform_filter(alt.datum.pair == pair).mark_line(strokeWidth=2)).properties(
            width=WIDTH, height=120, title=_heading(pair.capitalize())
        )
        for pair in dict.fromkeys(data["pair"])
    ]
    said = []
    for (pair, measure), part in data.groupby(["pair", "measure"], sort=False):
        moved = part[part["difference"] != 0]
        said.append(
            f"{pair}, {measure}: {len(moved)} of {len(part)} months revised"
            + (
                f", from {number(moved['percent'].min(), 2)} to {number(moved['percent'].max(), 2)} percent"
                if len(moved)
                else ""
            )
            + "."
        )
    return Figure(
        "revisions",
        alt.vconcat(*panels, spacing=16),
        "Line charts of how far the twelve-month totals of the United States were revised. " + " ".join(said),
        "Revisions of overdose deaths of the United States between vintages, by the month the twelve months end in, in "
        "percent of the older figure.",
        source,
        data,
    )


def revised_places(cells: pd.DataFrame, source: str) -> Figure:
    """Largest revision of the figures reported by jurisdiction and indicator, between the two oldest vintages."""
    first = cells[(cells["old_vintage"] == cells["old_vintage"].min()) & (cells["measure"] == "reported")]
    size = first.assign(size=first["percent"].abs())
    data = (
        size.groupby(["jurisdiction", "indicator"], sort=True)
        .agg(compared=("size", "size"), revised=("difference", lambda d: int((d != 0).sum())), largest=("size", "max"))
        .reset_index()
        .assign(indicator=lambda f: f["indicator"].map(_INDICATORS), size=lambda f: _sizes(f["largest"]))
    )
    places = [place for place in data["jurisdiction"].unique() if place != "US"]
    chart = (
        alt.Chart(data)
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "indicator:N", title=None, sort=list(_INDICATORS.values()), axis=alt.Axis(orient="top", labelAngle=-35)
            ),
            y=alt.Y("jurisdiction:N", title=None, sort=["US", *places], axis=alt.Axis(labelFontSize=10)),
            color=alt.Color(
                "size:N",
                title="Largest revision",
                sort=list(_SIZES),
                scale=alt.Scale(domain=list(_SIZES), range=list(_SIZES.values())),
                legend=alt.Legend(orient="bottom"),
            ),
        )
        .properties(width=WIDTH - 120, height=12 * data["jurisdiction"].nunique())
    )
    top = data.sort_values("largest", ascending=False, kind="stable").head(5)
    worst = ", ".join(f"{r['jurisdiction']} {r['indicator']} {r['largest']:.0f}%" for r in top.to_dict("records"))
    pair = f"{first['old_vintage'].iloc[0]} and {first['new_vintage'].iloc[0]}"
    return Figure(
        "revised_places",
        chart,
        f"Heat map of the largest revision between vintages {pair} of deaths reported, by jurisdiction and indicator: "
        f"{(data['revised'] > 0).sum()} of {len(data)} pairs have a revised month. The largest: {worst}.",
        f"Largest revision of deaths reported between vintages {pair}, over all months shown in both, by jurisdiction and "
        "indicator. Blank: not shown in both.",
        source,
        data,
    )


def _sizes(percent: pd.Series[float]) -> pd.Series[str]:
    return pd.cut(percent, list(_SIZE_EDGES), labels=list(_SIZES)).astype("str")
