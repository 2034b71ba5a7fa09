"""Charts of Outcome 1's assessment of seizures and deaths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import altair as alt
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREY, VERMILION, WIDTH, Figure
from crimjust_research.designs.series.breaks import StructuralBreaks
from crimjust_research.designs.series.causality import CrossCorrelation
from crimjust_research.designs.series.local_projections import LocalProjection
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number, p_text

_DIRECTION_TITLES = {"seizures_to_deaths": "Seizures to deaths", "deaths_to_seizures": "Deaths to seizures"}


def series(series: pd.DataFrame, drug: str, measure: str, source: str) -> Figure:
    """Both series over time, one above the other, logarithmic scales."""
    data = series.reset_index(names="month").assign(month=lambda f: f["month"].dt.strftime("%Y-%m-%d"))
    seized_title = f"{drug.capitalize()} seized ({'kg' if measure == 'kilograms' else 'events'})"
    base = alt.Chart(data).encode(x=alt.X("month:T", title=None, axis=alt.Axis(format="%Y", tickCount="year")))

    def panel(column: str, title: str, colour: str) -> alt.Chart:
        drawn: alt.Chart = (
            base.mark_line(color=colour, point=alt.OverlayMarkDef(size=12, color=colour))
            .encode(
                y=alt.Y(
                    f"{column}:Q",
                    title=None,
                    scale=alt.Scale(type="log", nice=False, padding=10),
                    axis=alt.Axis(format=",", values=_log_ticks(series[column])),
                )
            )
            .properties(width=WIDTH, height=150, title=alt.Title(title, fontSize=12, fontWeight="normal"))
        )
        return drawn

    chart = alt.vconcat(
        panel("seizures", f"{seized_title}, per month, log scale", BLUE),
        panel("deaths", "Deaths that involve synthetic opioids (T40.4), per month, log scale", VERMILION),
        spacing=16,
    )
    peak, last = series["deaths"].idxmax(), series.index[-1]
    top = series["seizures"].idxmax()
    alt_text = (
        f"Two line charts, {series.index[0]} to {last}. {seized_title}: "
        f"{number(series['seizures'].iloc[0])} in {series.index[0]}, highest {number(series['seizures'].max())} "
        f"in {top}, and {number(series['seizures'].iloc[-1])} in {last}. Deaths a month: "
        f"{series['deaths'].iloc[0]:,.0f} at first, highest {series['deaths'].max():,.0f} in {peak}, and "
        f"{series['deaths'].iloc[-1]:,.0f} in {last}."
    )
    return Figure(
        "series", chart, alt_text, f"{drug.capitalize()} seized at US borders, and deaths, by month.", source, data
    )


def _days(frame: pd.DataFrame) -> list[str]:
    """First day of each month of a frame's index, as charts read dates."""
    return [f"{month}-01" for month in frame.index.astype("str")]


def _log_ticks(values: pd.Series[float]) -> list[float]:
    """1, 2 and 5 times the powers of ten within the range of `values`; every multiple where those are too few."""
    powers = range(math.floor(math.log10(values.min())), math.ceil(math.log10(values.max())) + 1)

    def within(steps: Iterable[int]) -> list[float]:
        ticks = [step * 10.0**power for power in powers for step in steps]
        return [tick for tick in ticks if values.min() * 0.9 <= tick <= values.max() * 1.1]

    sparse = within((1, 2, 5))
    return sparse if len(sparse) > 2 else within(range(1, 10))


def shifts(logs: pd.DataFrame, found: Mapping[str, StructuralBreaks], source: str) -> Figure:
    """Every series in logs with the mean of each of its segments; shaded: where the date of a shift may lie."""
    data: pd.DataFrame = pd.concat(
        [
            pd.DataFrame({"series": name, "month": _days(logs), "log": logs[name].to_numpy(), "mean": shift.fitted})
            for name, shift in found.items()
        ],
        ignore_index=True,
    )
    dates = pd.concat([shift.breaks.assign(series=name) for name, shift in found.items()], ignore_index=True)
    spans = pd.DataFrame(
        {
            "series": dates["series"],
            "from": [month.to_timestamp().strftime("%Y-%m-%d") for month in dates["ci_low"]],
            "to": [(month + 1).to_timestamp().strftime("%Y-%m-%d") for month in dates["ci_high"]],
        }
    )

    def panel(name: str) -> alt.LayerChart | alt.FacetChart:
        colour = VERMILION if name == "deaths" else BLUE
        title = "Deaths (T40.4)" if name == "deaths" else f"{name.capitalize()} seized"
        x = alt.X("month:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
        base = alt.Chart(data.loc[data["series"] == name]).encode(x=x)
        band = (
            alt.Chart(spans.loc[spans["series"] == name])
            .mark_rect(color=GREY, opacity=0.25)
            .encode(x="from:T", x2="to:T")
        )
        y = alt.Y("log:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4))
        line = base.mark_line(color=colour, strokeWidth=1, opacity=0.7).encode(y=y)
        mean = base.mark_line(color=BLACK, strokeWidth=2, interpolate="step-after").encode(y="mean:Q")
        return alt.layer(band, line, mean).properties(
            width=WIDTH / 2 - 30, height=110, title=alt.Title(title, fontSize=12, fontWeight="normal")
        )

    chart = alt.concat(*(panel(name) for name in found), columns=2, spacing=16)
    sentences = [
        f"{str(name).capitalize()}: "
        + (
            "; ".join(
                f"a shift of {number(row['shift'], 2)} after {row['last_before']} ({row['ci_low']} to {row['ci_high']})"
                for row in shift.breaks.to_dict("records")
            )
            if shift.n_breaks
            else "no shift"
        )
        + "."
        for name, shift in found.items()
    ]
    return Figure(
        "shifts",
        chart,
        "Five line charts of monthly logarithms with the mean of each segment. " + " ".join(sentences),
        "Shifts in level (Bai-Perron; number by sequential sup-F tests that allow for autocorrelation; shaded: 95% "
        "interval of the date). A series that wanders, as deaths do, has no level to shift.",
        source,
        data,
    )


def seasons(profiles: pd.DataFrame, source: str) -> Figure:
    """Seasonal component by calendar month, one panel a series."""
    data = profiles.assign(
        name=profiles["series"].str.capitalize().replace({"Deaths": "Deaths (T40.4)"})
        + profiles["seasonal_strength"].map(lambda s: f", strength {s:.2f}")
    )
    chart = (
        alt.Chart(data)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("calendar_month:O", title="Calendar month", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("seasonal_mean:Q", title="Log points"),
            facet=alt.Facet("name:N", title=None, columns=3, sort=list(dict.fromkeys(data["name"]))),
        )
        .properties(width=WIDTH / 3 - 40, height=100)
    )
    strongest = profiles.loc[:, ["series", "seasonal_strength"]].drop_duplicates().sort_values("seasonal_strength")
    names = ", ".join(f"{r['series']} {r['seasonal_strength']:.2f}" for r in strongest.to_dict("records"))
    return Figure(
        "seasons",
        chart,
        f"Bar charts of the mean seasonal component by calendar month. Strength of season, 0 none to 1 all: {names}.",
        "Seasonal component (STL) by calendar month; the tests remove month effects in any case.",
        source,
        data.drop(columns="name"),
    )


def lead_lag(correlation: CrossCorrelation, drug: str, level: float, source: str) -> Figure:
    """Prewhitened cross-correlations with the band they stay in when nothing is related."""
    table = correlation.table
    half_width = (table["ci_high"] - table["correlation"]).rename("half_width")
    data = table[["lag", "correlation", "p_value", "p_holm"]].assign(
        band_low=-half_width, band_high=half_width, outside=table["correlation"].abs() > half_width
    )
    base = alt.Chart(data).encode(
        x=alt.X(
            "lag:O",
            title="Lag in months (right of 0: seizures lead; left of 0: deaths lead)",
            axis=alt.Axis(labelAngle=0),
        )
    )
    band = base.mark_rule(strokeWidth=14, opacity=0.18, color=GREY).encode(y="band_low:Q", y2="band_high:Q")
    stem = base.mark_rule(strokeWidth=2, color=BLUE).encode(
        y=alt.Y("correlation:Q", title="Correlation"), y2=alt.datum(0)
    )
    point = base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(
        y="correlation:Q",
        shape=alt.Shape("outside:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"])),
    )
    chart = (band + stem + point).properties(width=WIDTH, height=220)
    outside = data.loc[data["outside"], "lag"]
    largest = data.iloc[int(data["correlation"].abs().argmax())]
    alt_text = (
        f"Correlations at lags {data['lag'].min()} to {data['lag'].max()} months. The largest in size is "
        f"{number(largest['correlation'], 2)} at lag {largest['lag']:+.0f}. "
        + (
            f"Outside the band that holds {level:.0%} of correlations of unrelated series: lag "
            + ", ".join(f"{lag:+d}" for lag in outside)
            + "."
            if len(outside)
            else f"None lies outside the band that holds {level:.0%} of correlations of unrelated series."
        )
        + f" After adjustment over the lags the smallest p is {p_text(float(data['p_holm'].min()))}."
    )
    return Figure(
        "lead_lag",
        chart,
        alt_text,
        f"Prewhitened cross-correlation of {drug} seized and deaths; grey: where {level:.0%} of correlations lie when "
        "the series are unrelated, lag by lag; diamonds lie outside.",
        source,
        data,
    )


def responses(
    projections: Mapping[str, LocalProjection], labels: Mapping[str, tuple[str, str]], level: float, source: str
) -> Figure:
    """Responses by local projection, with pointwise and simultaneous bands, one panel a direction."""
    columns = ["horizon", "estimate", "ci_low", "ci_high", "band_low", "band_high"]
    data = pd.concat(
        [p.table[columns].assign(direction=direction) for direction, p in projections.items()], ignore_index=True
    )

    def panel(direction: str, colour: str) -> alt.LayerChart | alt.FacetChart:
        cause, effect = labels[direction]
        base = alt.Chart(data.loc[data["direction"] == direction]).encode(
            x=alt.X("horizon:Q", title="Months after", axis=alt.Axis(tickMinStep=1), scale=alt.Scale(nice=False))
        )
        title = alt.Title(f"Response of {effect}", subtitle=f"to {cause}", fontSize=12, fontWeight="normal")
        outer = base.mark_area(opacity=0.14, color=colour).encode(
            y=alt.Y("band_low:Q", title="Log points per log point"), y2="band_high:Q"
        )
        inner = base.mark_area(opacity=0.25, color=colour).encode(y="ci_low:Q", y2="ci_high:Q")
        line = base.mark_line(color=colour, point=alt.OverlayMarkDef(color=colour, size=18)).encode(y="estimate:Q")
        zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y="zero:Q")
        return alt.layer(outer, inner, line, zero).properties(width=WIDTH / 2 - 50, height=220, title=title)

    colours = dict(zip(projections, (BLUE, VERMILION), strict=True))
    chart = alt.hconcat(*(panel(direction, colours[direction]) for direction in projections), spacing=24)
    sentences = []
    for direction, projection in projections.items():
        table = projection.table
        farthest = table.iloc[int(table["estimate"].abs().argmax())]
        clear = table.loc[(table["band_low"] > 0) | (table["band_high"] < 0), "horizon"]
        sentences.append(
            f"{_DIRECTION_TITLES[direction]}: the response is farthest from zero, {number(farthest['estimate'], 2)}, "
            f"{farthest['horizon']:.0f} months after; the simultaneous band "
            + (f"leaves zero out at {', '.join(map(str, clear))} months." if len(clear) else "holds zero throughout.")
        )
    return Figure(
        "responses",
        chart,
        " ".join(sentences),
        f"Response over the following months to an unforeseen change, in logarithms; dark: {level:.0%} band month by "
        "month, light: band that holds the whole path.",
        source,
        data,
    )


def power(curve: pd.DataFrame, level: float, source: str) -> Figure:
    """Power of the main test against effects of increasing size, one line a direction."""
    data = curve.assign(name=curve["direction"].map(_DIRECTION_TITLES))
    base = alt.Chart(data).encode(
        x=alt.X("strength:Q", title="Effect a month later, in standard deviations of the effect's innovations"),
        y=alt.Y("power:Q", title="Share of samples in which it is found", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("name:N", title=None, scale=alt.Scale(range=[VERMILION, BLUE])),
        strokeDash=alt.StrokeDash("name:N", title=None),
    )
    rule = alt.Chart(pd.DataFrame({"size": [round(1 - level, 6)]})).mark_rule(color=GREY).encode(y="size:Q")
    chart = alt.layer(rule, base.mark_line(point=True)).properties(width=WIDTH - 120, height=220)
    sentences = []
    for name, part in data.groupby("name"):
        sure = part[part["power"] >= 0.8]
        size = part.loc[part["strength"] == 0, "power"].iloc[0]
        sentences.append(
            f"{name}: without any effect it rejects in {size:.1%} of samples; "
            + (
                f"an elasticity of {number(sure['elasticity'].iloc[0], 2)} is found in {sure['power'].iloc[0]:.0%}."
                if len(sure)
                else f"even an elasticity of {number(part['elasticity'].iloc[-1], 2)} is found in fewer than 80%."
            )
        )
    return Figure(
        "power",
        chart,
        "Power of the test by size of effect. " + " ".join(sentences),
        "What the main test would have found: simulated samples of the observed length from the series' own dynamics, "
        "SIMULATED; grey line: the level of the test.",
        source,
        data.drop(columns="name"),
    )


def specifications(estimates: Iterable[Estimate], level: float, source: str) -> Figure:
    """p-values of the test under every specification, the registered one on top."""
    rows = [
        {
            "direction": _DIRECTION_TITLES[e.id.split(".")[0]],
            "specification": _label(e),
            "p_value": e.p_value,
            "registered": e.role == "primary",
        }
        for e in estimates
        if e.method.startswith("Toda-Yamamoto") and e.role != "secondary"
    ]
    data = pd.DataFrame(rows)
    order = list(dict.fromkeys(data["specification"]))
    base = alt.Chart(data).encode(
        y=alt.Y("specification:N", title=None, sort=order, axis=alt.Axis(labelLimit=260)),
        x=alt.X("p_value:Q", title="p-value", scale=alt.Scale(domain=[0, 1])),
    )
    points = base.mark_point(filled=True, size=70, opacity=0.9).encode(
        color=alt.Color("direction:N", title=None, scale=alt.Scale(range=[VERMILION, BLUE])),
        shape=alt.Shape("direction:N", title=None, scale=alt.Scale(range=["diamond", "circle"])),
    )
    rule = (
        alt.Chart(pd.DataFrame({"threshold": [round(1 - level, 6)]}))
        .mark_rule(color=GREY, strokeDash=[4, 3])
        .encode(x="threshold:Q")
    )
    chart = (rule + points).properties(width=WIDTH - 220, height=28 * len(order))
    below = data.loc[data["p_value"] < 1 - level].groupby("direction").size()
    counts = [
        f"{name}: {below.get(name, 0)} of {(data['direction'] == name).sum()} specifications have p below "
        f"{number(1 - level, 2)}."
        for name in data["direction"].unique()
    ]
    return Figure(
        "specifications",
        chart,
        "p-values of the test of predictive content under each specification. " + " ".join(counts),
        f"The same test under other reasonable choices; the dashed line stands at {number(1 - level, 2)}.",
        source,
        data,
    )


def _label(estimate: Estimate) -> str:
    if estimate.role == "primary":
        return "registered"
    if "version" in estimate.method and ":" in estimate.specification:
        return estimate.specification.split(":")[0]
    return estimate.method.removeprefix("Toda-Yamamoto, ").split(" (")[0]
