"""Charts of Outcome 1's assessment of precursor controls."""

from __future__ import annotations

import altair as alt
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREY, VERMILION, WIDTH, Figure
from crimjust_research.designs.panel.interruptions import InterruptedPanel, PlaceboTest
from crimjust_research.evidence.words import number, p_text


def _middle(half_years: pd.Series[str]) -> list[str]:
    """The day in the middle of each half-year."""
    return [f"{half[:4]}-{'04' if half.endswith('H1') else '10'}-01" for half in half_years]


def share(model: InterruptedPanel, controls: pd.DataFrame, source: str) -> Figure:
    """Observed and fitted share of 4-ANPP over time, with the month of every targeted control."""
    data = model.path.assign(day=_middle(model.path["time"]))[["time", "day", "observed", "fitted"]]
    dated = controls.assign(day=controls["month"] + "-01")
    dated = dated[(dated["day"] >= f"{data['time'].iloc[0][:4]}-01-01") & (dated["day"] <= data["day"].iloc[-1])]
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
    y = alt.Y("observed:Q", title="4-ANPP, share of fentanyl-family reports", axis=alt.Axis(format="%"))
    rules = (
        alt.Chart(dated)
        .mark_rule(strokeDash=[3, 3])
        .encode(
            x=x,
            color=alt.Color(
                "jurisdiction:N", title="Control by", scale=alt.Scale(range=[VERMILION, GREY, BLUE, BLACK])
            ),
        )
    )
    points = alt.Chart(data).mark_point(filled=True, color=BLACK, size=45, opacity=1).encode(x=x, y=y)
    line = alt.Chart(data).mark_line(color=BLACK, strokeWidth=1.5).encode(x=x, y="fitted:Q")
    chart = alt.layer(rules, line, points).properties(width=WIDTH, height=260)
    top = data.iloc[int(data["observed"].argmax())]
    return Figure(
        "share",
        chart,
        f"Share of 4-ANPP by half-year: {data['observed'].iloc[0]:.1%} in {data['time'].iloc[0]}, highest "
        f"{top['observed']:.1%} in {top['time']}, {data['observed'].iloc[-1]:.1%} in {data['time'].iloc[-1]}. Dashed "
        f"lines mark {len(dated)} controls, from {dated['month'].min()} to {dated['month'].max()}.",
        "4-ANPP among fentanyl-family laboratory reports, all States together; line: the segmented model; dashed: the "
        "month of each targeted control. 4-ANPP is also an impurity of finished fentanyl.",
        source,
        data,
    )


def event_time(rates: pd.DataFrame, event: str, level: float, source: str) -> Figure:
    """Half-yearly rates relative to the last half-year before the tested control."""
    data = rates[["time", "relative", "rate_ratio", "ci_low", "ci_high"]]
    base = alt.Chart(data).encode(x=alt.X("time:O", title=None, axis=alt.Axis(labelAngle=-45)))
    scale = alt.Scale(type="log", nice=False, padding=8)
    y = alt.Y("rate_ratio:Q", title="Rate relative to the half-year before, log scale", scale=scale)
    bars = base.mark_rule(color=BLUE, strokeWidth=2).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q")
    points = base.mark_point(filled=True, color=BLUE, size=50, opacity=1).encode(y=y)
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y="one:Q")
    first = data.loc[data["relative"] == 0, "time"].iloc[0]
    start = alt.Chart(pd.DataFrame({"time": [first]})).mark_rule(color=VERMILION).encode(x="time:O")
    chart = alt.layer(one, start, bars, points).properties(width=WIDTH, height=240)
    after = data[data["relative"] >= 0]
    words = ", ".join(f"{r['rate_ratio']:.2f} in {r['time']}" for r in after.to_dict("records"))
    return Figure(
        "event_time",
        chart,
        f"Rate of 4-ANPP reports relative to the last half-year before the {event}. Before, it climbs from "
        f"{number(float(data['rate_ratio'].iloc[0]), 2)} in {data['time'].iloc[0]} to 1. After: {words}.",
        f"State effects held constant; bars: {level:.0%} intervals clustered by State; red: first half-year under the "
        f"{event}.",
        source,
        data,
    )


def placebo(test: PlaceboTest, source: str) -> Figure:
    """The level the same model finds at every possible date."""
    data = test.table[["start", "estimate", "true_date"]]
    base = alt.Chart(data).encode(x=alt.X("start:O", title="Date given to the control", axis=alt.Axis(labelAngle=-45)))
    colour = alt.Color("true_date:N", legend=None, scale=alt.Scale(domain=[False, True], range=[GREY, VERMILION]))
    shape = alt.Shape("true_date:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"]))
    stems = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("estimate:Q", title="Level, log rate ratio"), y2=alt.datum(0), color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(y="estimate:Q", color=colour, shape=shape)
    chart = alt.layer(stems, points).properties(width=WIDTH, height=200)
    larger = int((data["estimate"].abs() > abs(test.estimate)).sum())
    return Figure(
        "placebo",
        chart,
        f"At its own date the level is {number(test.estimate, 2)}. At {larger} of the {len(data) - 1} other dates the "
        f"same model finds one farther from zero: p = {p_text(test.p_value)}.",
        f"The tested control moved to every possible date; red diamond: its own. With {len(data)} dates no p below "
        f"{test.smallest_p:.3f} can come out.",
        source,
        data,
    )


def chain(pairs: pd.DataFrame, level: float, correlation: float, source: str) -> Figure:
    """Precursors against the drugs they make, country-years with both reported."""
    data = pairs.dropna(subset=["precursors", "drugs"])
    data = data[(data["precursors"] > 0) & (data["drugs"] > 0)][["iso3", "year", "precursors", "drugs"]]
    scale = alt.Scale(type="log", nice=True)
    axis = alt.Axis(format=",.2~f", values=[10.0**power for power in range(-2, 8, 2)])
    chart = (
        alt.Chart(data)
        .mark_point(filled=True, size=36, opacity=0.55, color=BLUE)
        .encode(
            x=alt.X("precursors:Q", title="Precursors seized, kg, log scale", scale=scale, axis=axis),
            y=alt.Y("drugs:Q", title="Drugs they make seized, kg, log scale", scale=scale, axis=axis),
        )
        .properties(width=WIDTH - 120, height=300)
    )
    alone = len(pairs) - pairs[["precursors", "drugs"]].notna().all(axis=1).sum()
    return Figure(
        "chain",
        chart,
        f"Scatter of {len(data)} country-years from {data['iso3'].nunique()} countries in which both precursors and the "
        f"drugs made with them were seized; the cloud is wide. {alone:,} further country-years report one side only and "
        f"cannot be drawn here; with them the rank correlation is {number(correlation, 2)}.",
        f"Precursors and the drugs made with them, country-years with both seized; the {level:.0%} intervals are in the "
        "table.",
        source,
        data,
    )


def coca(table: pd.DataFrame, source: str) -> Figure:
    """Coca, permanganate and cocaine over time in the three countries that grow coca."""
    data = table.melt(["iso3", "year"], var_name="series", value_name="value").dropna()
    titles = {
        "hectares": "Coca, hectares",
        "cocaine_kg": "Cocaine seized, kg",
        "permanganate_kg": "Permanganate seized, kg",
    }

    def row(series: str, title: str) -> alt.Chart:
        drawn: alt.Chart = (
            alt.Chart(data[data["series"] == series])
            .mark_line(point=True)
            .encode(
                x=alt.X(
                    "year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True), scale=alt.Scale(domain=years)
                ),
                y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s", tickCount=4)),
                color=alt.Color("iso3:N", title=None),
                strokeDash=alt.StrokeDash("iso3:N", legend=None),
                shape=alt.Shape("iso3:N", legend=None),
            )
            .properties(width=WIDTH - 80, height=110, title=alt.Title(title, fontSize=12, fontWeight="normal"))
        )
        return drawn

    years = sorted(data["year"].unique().tolist())
    chart = alt.vconcat(*(row(series, title) for series, title in titles.items()), spacing=12)
    colombia = table[table["iso3"] == "COL"].dropna(subset=["hectares", "cocaine_kg"])
    first, last = colombia.iloc[0], colombia.iloc[-1]
    permanganate = data[data["series"] == "permanganate_kg"]
    return Figure(
        "coca",
        chart,
        f"Three charts by year for Bolivia, Colombia and Peru. Colombia's coca goes from {first['hectares']:,.0f} hectares "
        f"in {first['year']:.0f} to {last['hectares']:,.0f} in {last['year']:.0f}, cocaine seized there from "
        f"{first['cocaine_kg'] / 1000:,.0f} to {last['cocaine_kg'] / 1000:,.0f} tonnes. Permanganate seizures are on record "
        f"for {len(permanganate)} country-years only ({', '.join(sorted(set(permanganate['iso3'])))}).",
        "Coca cultivated, cocaine and permanganate seized in the three countries that grow coca; 2017 is in neither of "
        "UNODC's publications.",
        source,
        data,
    )
