"""Charts of the baseline: who reports, where countries stand, and how that differs from others."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.charts.figure import BLUE, GREEN, GREY, VERMILION, WIDTH, Figure
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.baseline.differences import Grid
from crimjust_research.outcomes.baseline.levels import GROUPS
from crimjust_research.outcomes.baseline.parameters import GOVERNANCE, MEASURES, RECORDS, SCORES, Measure, Params

_ZERO = pd.DataFrame({"zero": [0.0]})
_SHORT = {
    "investigation": "8.1",
    "adjudication": "8.2",
    "impartiality": "8.4",
    "corruption": "8.5",
    "influence": "8.6",
    "due_process": "8.7",
    "rule_of_law": "Rule|of law",
    "control_of_corruption": "Control of|corruption",
    "persons_held": "Persons|held",
    "laundering_offences": "Money|laundering",
}
# Standard deviations at which the chart of differences is cut; a few small groups of reporters go far beyond.
_REACH = 2.0


def coverage(
    table: pd.DataFrame, levels: pd.DataFrame, names: Mapping[str, str], params: Params, source: str
) -> Figure:
    """Years with a figure by country and measure."""
    blocks = ("Proposed countries", "Other phase countries", "Others that entered")
    group = np.select([levels["proposed"], levels["phases"]], list(blocks[:2]), blocks[2])
    data = table.assign(
        country=table["iso3"].map(dict(names)),
        column=table["measure"].map(_SHORT),
        group=table["iso3"].map(dict(zip(levels.index, group, strict=True))),
    )
    most = params.end - params.start + 1
    colour = alt.Color(
        "years:Q",
        title="Years with a figure",
        scale=alt.Scale(domain=[0, most], range=["#ffffff", BLUE], interpolate="rgb"),
        legend=alt.Legend(values=list(range(most + 1)), format="d", gradientLength=120),
    )

    heads = alt.Axis(
        orient="top", labelAngle=0, labelPadding=20, ticks=False, domain=False, labelExpr="split(datum.label, '|')"
    )

    def block(title: str, *, labels: bool) -> alt.LayerChart | alt.FacetChart:
        own = alt.Chart(data[data["group"] == title]).encode(
            x=alt.X(
                "column:N",
                title=None,
                sort=list(_SHORT.values()),
                axis=heads if labels else None,
            ),
            y=alt.Y("country:N", title=None, axis=alt.Axis(ticks=False, domain=False)),
        )
        cells = own.mark_rect(stroke="#d0d0d0").encode(color=colour)
        dark = alt.datum.years > most / 2
        text = own.mark_text(fontSize=10).encode(
            text="years:Q", color=alt.condition(dark, alt.value("white"), alt.value("#444444"))
        )
        heading = alt.Title(title, fontSize=12, fontWeight="normal")
        return alt.layer(cells, text).properties(width=WIDTH - 150, height=alt.Step(15), title=heading)

    chart = alt.vconcat(*(block(title, labels=at == 0) for at, title in enumerate(blocks)), spacing=6)
    never = data.groupby("measure", sort=False)["years"].apply(lambda years: int((years == 0).sum()))
    counts = "; ".join(f"{_SHORT[str(m)].replace('|', ' ')} {n}" for m, n in never.items())
    return Figure(
        "coverage",
        chart.resolve_scale(color="shared"),
        f"Matrix of {data['iso3'].nunique()} countries by {len(MEASURES)} measures. Countries without any figure from "
        f"{params.start} to {params.end}: {counts}.",
        f"Years from {params.start} to {params.end} with a figure, by country: World Justice Project sub-factors 8.1 to 8.7, "
        "governance indicators, persons held for drug trafficking, money-laundering offences.",
        source,
        data.drop(columns="column"),
    )


def levels_by_country(
    levels: pd.DataFrame, grid: Grid, names: Mapping[str, str], group: str, params: Params, source: str
) -> Figure:
    """Every country of a group and of its matched comparisons, measure by measure, with their means."""
    rows, means = [], []
    for measure in MEASURES:
        one = grid.get((group, measure.id))
        if one is None:
            continue
        for who, codes, mean in (
            (GROUPS[group], one.compared, one.group_mean),
            ("matched countries", one.comparisons, one.comparison_mean),
        ):
            values = levels.loc[list(codes), measure.id]
            rows.append(
                pd.DataFrame({"measure": measure.id, "who": who, "iso3": values.index, "value": values.to_numpy()})
            )
            means.append((measure.id, who, mean))
    data = pd.concat(rows, ignore_index=True)
    data["country"] = data["iso3"].map(dict(names))
    averages = pd.DataFrame(means, columns=["measure", "who", "mean"])
    labels = {measure.id: measure.label for measure in MEASURES}
    order = [GROUPS[group], "matched countries"]
    legend = alt.Legend(title=None, symbolOpacity=1)
    colour = alt.Color("who:N", legend=legend, sort=order, scale=alt.Scale(domain=order, range=[VERMILION, GREY]))

    def strip(
        measures: tuple[Measure, ...], title: str, scale: alt.Scale, axis: alt.Axis | None = None
    ) -> alt.LayerChart | alt.FacetChart:
        ids = [m.id for m in measures]
        texts = [labels[i] for i in ids]

        def own(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["measure"].isin(ids)].assign(label=lambda f: f["measure"].map(labels))

        y = alt.Y("label:N", title=None, sort=texts, axis=alt.Axis(labelLimit=240))
        offset = alt.YOffset("who:N", sort=order)
        points = (
            alt.Chart(own(data))
            .mark_point(filled=True, size=28, opacity=0.45)
            .encode(
                y=y, yOffset=offset, x=alt.X("value:Q", title=title, scale=scale, axis=axis or alt.Axis()), color=colour
            )
        )
        ticks = (
            alt.Chart(own(averages))
            .mark_tick(thickness=3, height=15)
            .encode(y=y, yOffset=offset, x=alt.X("mean:Q", scale=scale), color=colour)
        )
        return alt.layer(points, ticks).properties(width=WIDTH - 220, height=34 * len(ids))

    chart = alt.vconcat(
        strip(SCORES, "Score, 0 to 1", alt.Scale(domain=[0, 1])),
        strip(GOVERNANCE, "WGI units, standard normal over all countries", alt.Scale(zero=False)),
        strip(
            RECORDS,
            "Per 100,000 residents, symmetric log scale",
            alt.Scale(type="symlog", constant=1),
            alt.Axis(values=[0, 1, 2, 5, 10, 20, 50, 100]),
        ),
        spacing=10,
    )
    parts = [
        f"{labels[name]}: {number(one.group_mean, 2)} against {number(one.comparison_mean, 2)}"
        for (of, name), one in grid.items()
        if of == group
    ]
    return Figure(
        "levels",
        chart,
        f"Dots for countries and bars for means. {GROUPS[group].capitalize()} against matched countries: "
        + "; ".join(parts)
        + ".",
        f"Latest figure of {params.start} to {params.end}; dots: countries, bars: means, those of the matched countries "
        "weighted to the same regions and incomes.",
        source,
        data,
    )


def differences(matched: pd.DataFrame, anywhere: pd.DataFrame, params: Params, source: str) -> Figure:
    """Standardised differences of the three groups, matched in two ways."""
    ways = {"same region and income": matched, "same income, any region": anywhere}
    labels = {measure.id: measure.label for measure in MEASURES}
    data = pd.concat([table.assign(way=way) for way, table in ways.items()], ignore_index=True)
    data = data.assign(
        label=data["measure"].map(labels),
        who=data["group"].map(dict(GROUPS)),
        shown=data["standardised"].clip(-_REACH, _REACH),
        low=data["standardised_low"].clip(-_REACH, _REACH),
        high=data["standardised_high"].clip(-_REACH, _REACH),
    )
    order = list(GROUPS.values())

    def panel(way: str, *, axis: bool) -> alt.LayerChart | alt.FacetChart:
        own = data[data["way"] == way]
        base = alt.Chart(own).encode(
            y=alt.Y("label:N", title=None, sort=list(labels.values()), axis=alt.Axis(labelLimit=240) if axis else None),
            yOffset=alt.YOffset("who:N", sort=order),
            color=alt.Color("who:N", title=None, sort=order, scale=alt.Scale(range=[VERMILION, BLUE, GREEN])),
        )
        x = alt.Scale(domain=[-_REACH, _REACH], nice=False)
        bars = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title="Difference, standard deviations", scale=x), x2="high:Q"
        )
        points = base.mark_point(filled=True, size=36, opacity=1).encode(
            x=alt.X("shown:Q", scale=x), shape=alt.Shape("who:N", sort=order, legend=None)
        )
        zero = alt.Chart(_ZERO).mark_rule(strokeDash=[4, 3]).encode(x="zero:Q")
        heading = alt.Title(f"Against countries of the {way}", fontSize=12, fontWeight="normal")
        return alt.layer(zero, bars, points).properties(width=(WIDTH - 220) / 2, height=38 * len(labels), title=heading)

    chart = alt.hconcat(*(panel(way, axis=at == 0) for at, way in enumerate(ways)), spacing=16)
    parts = []
    for way in ways:
        own = data[data["way"] == way]
        parts.append(
            f"Against the {way}, {int((own['difference'] < 0).sum())} of {len(own)} differences are below zero and "
            f"{int(((own['ci_low'] > 0) | (own['ci_high'] < 0)).sum())} intervals leave zero out."
        )
    cut = int(((data["standardised_low"] < -_REACH) | (data["standardised_high"] > _REACH)).sum())
    return Figure(
        "differences",
        chart,
        "Standardised differences by measure for three groups of programme countries. " + " ".join(parts),
        f"Differences in standard deviations over all countries, {params.confidence_level:.0%} intervals by permutation. "
        f"Right of zero: higher score, or more persons and offences on record. {cut} intervals run past the edge of the chart.",
        source,
        data.drop(columns=["label", "who", "shown", "low", "high"]),
    )


def measurement(
    levels: pd.DataFrame, grid: Grid, names: Mapping[str, str], group: str, params: Params, source: str
) -> Figure:
    """Governance indicators of a group's countries with the error of their measurement."""
    z = float(ndtri((1 + params.confidence_level) / 2))
    rows, means = [], []
    for measure in GOVERNANCE:
        own = levels.loc[levels[group] & levels[measure.id].notna()]
        error = own[f"{measure.id}_std_error"]
        rows.append(
            pd.DataFrame(
                {
                    "measure": measure.id,
                    "country": own.index.map(dict(names)),
                    "value": own[measure.id].to_numpy(),
                    "low": (own[measure.id] - z * error).to_numpy(),
                    "high": (own[measure.id] + z * error).to_numpy(),
                }
            )
        )
        means.append((measure.id, grid[group, measure.id].comparison_mean))
    data = pd.concat(rows, ignore_index=True)
    mean_of = dict(means)
    average = pd.DataFrame(means, columns=["measure", "mean"])
    order = data[data["measure"] == "rule_of_law"].sort_values("value", ascending=False)["country"].tolist()

    def panel(measure: Measure, *, axis: bool) -> alt.LayerChart | alt.FacetChart:
        base = alt.Chart(data[data["measure"] == measure.id]).encode(
            y=alt.Y("country:N", title=None, sort=order, axis=alt.Axis() if axis else None)
        )
        bars = base.mark_rule(strokeWidth=2, color=BLUE).encode(x=alt.X("low:Q", title="WGI units"), x2="high:Q")
        points = base.mark_point(filled=True, size=45, opacity=1, color=BLUE).encode(x="value:Q")
        mean = (
            alt.Chart(average[average["measure"] == measure.id])
            .mark_rule(color=VERMILION, strokeWidth=2, strokeDash=[5, 3])
            .encode(x="mean:Q")
        )
        heading = alt.Title(measure.label, fontSize=12, fontWeight="normal")
        return alt.layer(mean, bars, points).properties(width=(WIDTH - 150) / 2, height=17 * len(order), title=heading)

    chart = alt.hconcat(*(panel(measure, axis=at == 0) for at, measure in enumerate(GOVERNANCE)), spacing=16)
    parts = []
    for measure in GOVERNANCE:
        own = data[data["measure"] == measure.id]
        mean = mean_of[measure.id]
        parts.append(
            f"{measure.label}: {int((own['high'] < mean).sum())} of {len(own)} countries lie below the mean of the matched "
            f"countries, {number(mean, 2)}, by more than the error of measurement, {int((own['low'] > mean).sum())} above."
        )
    return Figure(
        "measurement",
        chart,
        " ".join(parts),
        f"Latest figure of {params.start} to {params.end} with {params.confidence_level:.0%} intervals from the indicator's "
        "standard errors; dashed: mean of the matched countries.",
        source,
        data,
    )
