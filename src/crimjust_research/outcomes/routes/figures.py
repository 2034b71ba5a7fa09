"""Charts of the assessment of routes, but for the map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from crimjust_research import document
from crimjust_research.charts.figure import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILION, WIDTH, Figure
from crimjust_research.data.panels.routes import NO_END, ONE_COUNTRY, ONE_END, TWO_COUNTRIES
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.routes.convergence import ACROSS_BORDERS, PRIMARY
from crimjust_research.outcomes.routes.lists import IMPLIED, LISTED, NOT_LISTED, NOT_READ, ChanceOfTwelve
from crimjust_research.outcomes.routes.parameters import stated_sources

_LIGHT = "#d9d9d9"
_RAREST = 1e-6
_NULL_CAPTION = "grey: where 95% of overlaps lie with drug labels put on cases at random"


def coverage(table: pd.DataFrame, source: str) -> Figure:
    """Cases by how much of their route is known, and reporting countries, by year."""
    parts = {
        "two countries": table[TWO_COUNTRIES],
        "one country": table[ONE_COUNTRY],
        "one end": table[ONE_END] - table["one_end_colombia"],
        "no end": table[NO_END] - table["no_end_colombia"],
        "Colombia: one end or none": table["one_end_colombia"] + table["no_end_colombia"],
    }
    colours = (BLUE, SKY, ORANGE, _LIGHT, "#9a9a9a")
    data = pd.concat(
        [
            pd.DataFrame({"year": table["year"], "ends": name, "number": cases, "order": order})
            for order, (name, cases) in enumerate(parts.items())
        ]
    )
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("number:Q", title="Cases", axis=alt.Axis(format=",d")),
            color=alt.Color(
                "ends:N",
                title="Known of the route",
                sort=list(parts),
                scale=alt.Scale(domain=list(parts), range=list(colours)),
                legend=alt.Legend(columns=2, symbolType="square", labelLimit=220),
            ),
            order=alt.Order("order:Q"),
        )
        .properties(width=WIDTH / 2 - 40, height=220)
    )
    kinds = {"reporters": "any case", "reporters_with_route": "both ends known"}
    reporters = table.melt("year", list(kinds), "kind", "countries").assign(kind=lambda f: f["kind"].map(kinds))
    lines = (
        alt.Chart(reporters)
        .mark_line(point=True)
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("countries:Q", title="Countries"),
            color=alt.Color(
                "kind:N",
                title="Countries that reported",
                sort=list(kinds.values()),
                scale=alt.Scale(domain=list(kinds.values()), range=[GREY, BLUE]),
                legend=alt.Legend(columns=1, symbolType="stroke"),
            ),
            strokeDash=alt.StrokeDash("kind:N", sort=list(kinds.values()), legend=None),
        )
        .properties(width=WIDTH / 2 - 60, height=220)
    )
    chart = alt.hconcat(bars, lines, spacing=28).resolve_scale(color="independent", strokeDash="independent")
    known = table[TWO_COUNTRIES] + table[ONE_COUNTRY]
    sentences = [
        f"{row['year']}: {row['cases']:,} cases, {known[i]:,} with both ends known ({known[i] / row['cases']:.1%}), "
        f"{row['of_colombia'] / row['cases']:.0%} reported by Colombia; {row['reporters']} countries reported, "
        f"{row['reporters_with_route']} of them both ends of some case."
        for i, row in enumerate(table.to_dict("records"))
    ]
    return Figure(
        "coverage",
        chart,
        "Stacked bars of cases by how much of their route is known, and lines of reporting countries, by year. "
        + " ".join(sentences),
        "Left: cases by how much of the route is known, Colombia's apart. Right: countries that reported any case, "
        "and both ends of some.",
        source,
        table,
    )


def pairs(
    table: pd.DataFrame, estimates: Sequence[Estimate], cases: Mapping[str, int], level: float, source: str
) -> Figure:
    """Overlap of every pair of drugs below the diagonal, its distance from chance above it."""
    pair = [e for e in estimates if e.id.startswith("pair.")]
    data = table[["first", "second", "observed", "null_mean", "null_low", "null_high", "excess", "p_value"]].assign(
        p_adjusted=[e.p_adjusted for e in pair]
    )
    both = pd.concat([data, data.rename(columns={"first": "second", "second": "first"})])
    order = list(both.groupby("first")["observed"].mean().sort_values(ascending=False, kind="stable").index)
    place = {drug: i for i, drug in enumerate(order)}
    below = both[both["second"].map(place) > both["first"].map(place)]
    above = both[both["second"].map(place) < both["first"].map(place)].assign(
        clear=lambda f: f["p_adjusted"] < 1 - level, text=lambda f: f["excess"].map(_signed)
    )
    size = 34
    x = alt.X("first:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelAngle=-45))
    y = alt.Y("second:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelLimit=220))
    base = alt.Chart(below).encode(x=x, y=y)
    shared = base.mark_rect().encode(
        color=alt.Color(
            "observed:Q",
            title="Below: overlap",
            scale=alt.Scale(domain=[0, 1], range=["#f7fbff", BLUE], interpolate="rgb"),
            legend=alt.Legend(type="symbol", symbolType="square", values=[0, 0.25, 0.5, 0.75, 1], format=".2~f"),
        )
    )
    figures = base.mark_text(fontSize=10).encode(
        text=alt.Text("observed:Q", format=".2f"),
        color=alt.condition("datum.observed > 0.6", alt.value("white"), alt.value(BLACK)),
    )
    # Two decimals, so that the ends of the legend are round; legends of steps, because a gradient is numbered by the
    # process that draws it.
    reach = math.ceil(float(data["excess"].abs().max()) * 10) / 10
    upper = alt.Chart(above).encode(x=x, y=y)
    apart = upper.mark_rect().encode(
        color=alt.Color(
            "excess:Q",
            title="Above: more than chance (+) or less (−)",
            scale=alt.Scale(domain=[-reach, 0, reach], range=[VERMILION, "#ffffff", GREEN], interpolate="rgb"),
            legend=alt.Legend(
                type="symbol",
                symbolType="square",
                symbolStrokeColor=GREY,
                symbolStrokeWidth=0.5,
                values=[-reach, -reach / 2, 0, reach / 2, reach],
                format="+.2f",
                titleLimit=260,
            ),
        )
    )
    distances = upper.mark_text(fontSize=10).encode(
        text=alt.Text("text:N"),
        opacity=alt.condition("datum.clear", alt.value(1.0), alt.value(0.4)),
    )
    chart = alt.layer(shared, apart, figures, distances).resolve_scale(color="independent")
    chart = chart.properties(width=size * len(order), height=size * len(order))
    clear = data["p_adjusted"] < 1 - level
    less, more = (clear & (data["excess"] < 0)).sum(), (clear & (data["excess"] > 0)).sum()
    most, least = data.iloc[int(data["observed"].argmax())], data.iloc[int(data["observed"].argmin())]
    farthest = data.iloc[int(data["excess"].argmin())]
    sizes = "; ".join(f"{drug} {cases[drug]:,}" for drug in order)
    return Figure(
        "pairs",
        chart,
        f"Matrix of {len(order)} drugs. Of {len(data)} pairs, {less} share routes less than chance and {more} more "
        f"(p adjusted below {number(1 - level, 2)}). Most alike: {most['first']} and {most['second']}, "
        f"{most['observed']:.2f}; least: {least['first']} and {least['second']}, {least['observed']:.3f}; farthest below "
        f"chance: {farthest['first']} and {farthest['second']}, {farthest['observed']:.2f} against "
        f"{farthest['null_mean']:.2f}. Cases: {sizes}.",
        "Morisita-Horn overlap of the routes of every pair of drugs (0 none, 1 the same shares), and above the diagonal "
        "how far it is from what drug labels put on cases at random give; pale figures: not told from chance after "
        "adjustment.",
        source,
        data,
    )


def _signed(value: float) -> str:
    """Two decimals with their sign, which a zero has not."""
    text = f"{value:+.2f}".replace("-", "−")
    return "0" if text in ("+0.00", "−0.00") else text


def time_path(table: pd.DataFrame, source: str) -> Figure:
    """Observed overlap by year and the range of chance, for all routes and for those between two countries."""
    titles = {"year_": "All pairs of departure and destination", f"{ACROSS_BORDERS}_": "Two different countries"}
    parts = []
    for prefix, title in titles.items():
        part = table[table["key"].str.fullmatch(f"{prefix}[0-9]{{4}}")]
        parts.append(part.assign(routes=title, year=part["key"].str[-4:].astype("int64")))
    columns = [
        "routes",
        "year",
        "observed",
        "null_mean",
        "null_low",
        "null_high",
        "drugs",
        "reporters",
        "cases",
        "p_value",
    ]
    data = pd.concat(parts)[columns].reset_index(drop=True)

    def panel(title: str) -> alt.LayerChart | alt.FacetChart:
        base = alt.Chart(data[data["routes"] == title]).encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
        )
        scale = alt.Scale(domain=[0, 1])
        bar = base.mark_bar(color=GREY, opacity=0.35, width=16).encode(
            y=alt.Y("null_low:Q", title="Mean overlap", scale=scale), y2="null_high:Q"
        )
        line = base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE, size=50)).encode(
            y=alt.Y("observed:Q", title="Mean overlap", scale=scale)
        )
        return alt.layer(bar, line).properties(
            width=WIDTH / 2 - 60, height=210, title=alt.Title(title, fontSize=12, fontWeight="normal")
        )

    chart = alt.hconcat(*(panel(title) for title in titles.values() if title in set(data["routes"])), spacing=28)
    sentences = [
        f"{title}: "
        + "; ".join(
            f"{row['year']} {row['observed']:.2f}, chance {row['null_low']:.2f} to {row['null_high']:.2f}, "
            f"{row['reporters']} reporting countries"
            for row in data[data["routes"] == title].to_dict("records")
        )
        + "."
        for title in titles.values()
    ]
    return Figure(
        "time_path",
        chart,
        "Mean overlap of the drugs' routes by year. " + " ".join(sentences),
        f"Mean Morisita-Horn overlap over pairs of drugs, by year; {_NULL_CAPTION}. Who reports changes from year to year, "
        "so the height of the line is no trend.",
        source,
        data,
    )


def specifications(table: pd.DataFrame, source: str) -> Figure:
    """Observed overlap against the range of chance under every specification, the registered one on top."""
    yearly = table["key"].str.fullmatch(f"{ACROSS_BORDERS}_[0-9]{{4}}")
    data = table[~yearly].reset_index(drop=True)
    registered = data["key"] == PRIMARY
    data = data.assign(registered=registered)
    order = list(data["specification"])
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=order, axis=alt.Axis(labelLimit=300, domain=False, ticks=False))
    )
    x = alt.X("null_low:Q", title="Mean overlap over pairs", scale=alt.Scale(domain=[0, 1]))
    bar = base.mark_bar(color=GREY, opacity=0.4, height=10).encode(x=x, x2="null_high:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="observed:Q",
        color=alt.condition("datum.registered", alt.value(VERMILION), alt.value(BLUE)),
        shape=alt.condition("datum.registered", alt.value("diamond"), alt.value("circle")),
    )
    chart = (bar + point).properties(width=WIDTH - 300, height=26 * len(order))
    below = (data["observed"] < data["null_low"]).sum()
    inside = data["observed"].between(data["null_low"], data["null_high"]).sum()
    values = "; ".join(
        f"{row['specification']} {row['observed']:.2f}, chance {row['null_low']:.2f} to {row['null_high']:.2f}"
        for row in data.to_dict("records")
    )
    return Figure(
        "specifications",
        chart,
        f"Mean overlap under {len(data)} specifications: {below} lie below the range of chance, {inside} within it, "
        f"{len(data) - below - inside} above. {values}.",
        f"The comparison under other choices, the registered one on top (diamond); {_NULL_CAPTION}.",
        source,
        data.drop(columns="registered"),
    )


def chance(chance: ChanceOfTwelve, states: int, level: float, source: str) -> Figure:
    """Probability that chance gives twelve or more of the proposed countries, by length of the list of sources."""
    majors, proposed = len(document.load().majors_iso3), len(document.load().proposed_iso3)
    sources = stated_sources()
    threshold = alt.Chart(pd.DataFrame({"level": [round(1 - level, 6)]}))
    columns = ["listed", "expected", "low", "high", "p_at_least"]
    among = {f"any of {states} States": chance.of_states, f"any of the {majors} Majors": chance.of_majors}
    data = pd.concat([table[columns].assign(sources=name) for name, table in among.items()], ignore_index=True)

    def lengths(table: pd.DataFrame, title: str) -> alt.X:
        span = [int(table["listed"].min()), int(table["listed"].max())]
        axis = alt.Axis(tickMinStep=1, format="d", tickCount=6)
        return alt.X("listed:Q", title=title, scale=alt.Scale(domain=span, nice=False, padding=8), axis=axis)

    def expected(name: str, title: str) -> alt.LayerChart | alt.FacetChart:
        table = data[data["sources"] == name]
        base = alt.Chart(table).encode(x=lengths(table, title))
        y = alt.Scale(domain=[0, proposed])
        band = base.mark_area(color=BLUE, opacity=0.2, interpolate="step").encode(
            y=alt.Y("low:Q", title=f"Of the {proposed}, by chance", scale=y), y2="high:Q"
        )
        line = base.mark_line(color=BLUE).encode(y=alt.Y("expected:Q", scale=y))
        stated = alt.Chart(pd.DataFrame({"stated": [sources]})).mark_rule(color=VERMILION, strokeDash=[5, 3])
        stated = stated.encode(y="stated:Q")
        return alt.layer(band, line, stated).properties(
            width=WIDTH / 2 - 70, height=170, title=alt.Title(f"Sources are {name}", fontSize=12, fontWeight="normal")
        )

    def probability(name: str, title: str) -> alt.LayerChart | alt.FacetChart:
        table = data[data["sources"] == name]
        drawn = table[table["p_at_least"] >= _RAREST]
        line = (
            alt.Chart(drawn)
            .mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE) if len(table) < 10 else False)
            .encode(
                x=lengths(table, title),
                y=alt.Y(
                    "p_at_least:Q",
                    title=f"Chance of {sources} or more",
                    scale=alt.Scale(type="log", domain=[_RAREST, 1]),
                    axis=alt.Axis(values=[1e-4, 1e-2, 1], format="~g"),
                ),
            )
        )
        rule = threshold.mark_rule(color=GREY, strokeDash=[4, 3]).encode(y="level:Q")
        return alt.layer(rule, line).properties(width=WIDTH / 2 - 70, height=120)

    titles = dict(zip(among, ("Length of the list of sources", "Sources among the Majors"), strict=True))
    chart = alt.hconcat(
        *(alt.vconcat(expected(name, titles[name]), probability(name, titles[name]), spacing=10) for name in among),
        spacing=30,
    )
    last = chance.of_states.iloc[-1]
    by_majors = "; ".join(
        f"{row['listed']:.0f} sources ({row['further']:.0f} not proposed): expected {row['expected']:.1f}, probability "
        f"{number(row['p_at_least'], 2)}"
        for row in chance.of_majors.to_dict("records")
    )
    return Figure(
        "chance",
        chart,
        f"Proposed countries that chance would put on a list of precursor sources. Drawn from {states} States: "
        f"{chance.of_states['expected'].iloc[0]:.1f} expected with {sources} sources, {last['expected']:.1f} with "
        f"{last['listed']:.0f}, and {sources} or more with probability {number(last['p_at_least'], 2)} at most. Drawn from "
        f"the {majors} Majors: {by_majors}.",
        f"How many of the {proposed} chance would put on a list of precursor sources, by its length (band: central 95%; "
        f"dashed red: the document's {sources}), and the chance of {sources} or more (dashed grey: {number(1 - level, 2)}; "
        "logarithmic, what is rarer than one in a million is not drawn).",
        source,
        data,
    )


def majors(matrix: pd.DataFrame, counts: pd.DataFrame, source: str) -> Figure:
    """Which of the proposed countries is on the Majors List of which fiscal year; years that were not read are grey."""
    kinds = {LISTED: BLUE, IMPLIED: SKY, NOT_LISTED: "#ffffff", NOT_READ: _LIGHT}
    base = alt.Chart(matrix).encode(
        x=alt.X("fiscal_year:O", title="Fiscal year", axis=alt.Axis(labelAngle=-45)),
        y=alt.Y("country:N", title=None, sort="ascending"),
    )
    cells = base.mark_rect(stroke="#ffffff", strokeWidth=1).encode(
        color=alt.Color(
            "listing:N",
            title=None,
            sort=list(kinds),
            scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
            legend=alt.Legend(symbolStrokeColor=GREY, symbolType="square"),
        )
    )
    failed = (
        alt.Chart(matrix[matrix["failed_demonstrably"].fillna(False).astype("bool")])
        .mark_point(color="white", filled=True, size=22, opacity=1)
        .encode(x="fiscal_year:O", y=alt.Y("country:N", sort="ascending"))
    )
    chart = alt.layer(cells, failed).properties(width=WIDTH - 130, height=20 * matrix["country"].nunique())
    by_year = "; ".join(
        f"{row['fiscal_year']} {row['proposed_countries_listed']}" for row in counts.dropna().to_dict("records")
    )
    absent = matrix[matrix["listing"] == NOT_LISTED].groupby("country")["fiscal_year"].apply(list)
    missing = "; ".join(f"{country} in {', '.join(map(str, years))}" for country, years in absent.items())
    return Figure(
        "majors",
        chart,
        f"Grid of {matrix['country'].nunique()} proposed countries by fiscal year. On the list, of the lists read: {by_year}. "
        + (f"Not on a list that was read: {missing}. " if missing else "")
        + "Not read: "
        + ", ".join(map(str, counts.loc[counts["proposed_countries_listed"].isna(), "fiscal_year"]))
        + ".",
        "The proposed countries on the Majors List of the United States by fiscal year (white dot: found to have failed "
        "demonstrably, where that was read). White cells: not on the list.",
        source,
        matrix,
    )
