"""The map of the busiest routes."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLACK, BLUE, GREEN, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.vocabulary import countries

# More lines than these cannot be told apart at the width of a page.
SHOWN = 80
_NAMED = 14
# Degrees that a name takes up.
_NAME_WIDTH, _NAME_HEIGHT = 22, 7
_LAND, _BORDER = "#ececec", "#ffffff"
_COLOURS = {"cocaine": BLUE, "heroin": VERMILION, "amphetamine, ecstasy": GREEN, "other drugs": ORANGE}
_KINDS = {
    "cocaine": "cocaine",
    "heroin": "heroin",
    "amphetamine": "amphetamine, ecstasy",
    "ecstasy": "amphetamine, ecstasy",
}
_DRAWN_WITHOUT = ("ATA",)


def route_map(busiest: pd.DataFrame, outlines: pd.DataFrame, source: str) -> Figure:
    """The busiest routes between two countries as great circles, as wide as they have cases."""
    placed, missing = placed_routes(busiest, outlines)
    shown = placed.head(SHOWN)
    land = alt.Chart(alt.InlineData(values=_land(outlines))).mark_geoshape(fill=_LAND, stroke=_BORDER, strokeWidth=0.5)
    kinds = [kind for kind in _COLOURS if kind in set(shown["kind"])]
    lines = (
        alt.Chart(alt.InlineData(values=[_line(row) for row in shown.iloc[::-1].to_dict("records")]))
        .mark_geoshape(filled=False, opacity=0.75)
        .encode(
            color=alt.Color(
                "properties.kind:N",
                title="Commonest drug on the route",
                scale=alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds]),
                legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=4),
            ),
            strokeWidth=alt.StrokeWidth(
                "properties.cases:Q",
                title="Cases",
                scale=alt.Scale(type="sqrt", domain=[0, int(shown["cases"].max())], range=[0, 8]),
                legend=alt.Legend(values=_steps(shown["cases"]), symbolType="stroke", symbolStrokeColor=BLACK),
            ),
        )
    )
    ends = shown.drop_duplicates("destination")[["to_longitude", "to_latitude"]]
    points = (
        alt.Chart(ends)
        .mark_circle(color=BLACK, size=22, opacity=1)
        .encode(longitude="to_longitude:Q", latitude="to_latitude:Q")
    )
    names = _busiest_places(shown)
    text = alt.Chart(names).encode(longitude="longitude:Q", latitude="latitude:Q", text="name:N")
    halo = text.mark_text(dy=-9, fontSize=11, stroke="white", strokeWidth=3, strokeOpacity=0.8)
    label = text.mark_text(dy=-9, fontSize=11, color=BLACK)
    chart = (
        alt.layer(land, lines, points, halo, label)
        .project("equalEarth", precision=0.2)
        .properties(width=WIDTH, height=300)
    )
    listed = "; ".join(
        f"{row['from']} to {row['to']} {row['cases']:,}, mostly {row['commonest_drug']}"
        for row in shown.head(12).to_dict("records")
    )
    total, drawn = int(busiest["cases"].sum()), int(shown["cases"].sum())
    left_out = f" {missing} routes have an end that has no place on the map." if missing else ""
    return Figure(
        "map",
        chart,
        f"World map of the {len(shown)} busiest of {len(busiest)} routes between two countries, which hold {drawn:,} of "
        f"{total:,} cases. The busiest: {listed}.{left_out} All routes are in the table busiest_routes.",
        f"The {len(shown)} busiest routes between two countries, by cases with both ends known ({drawn:,} of {total:,}); "
        "dots: destinations. Lines join the countries and are not the paths taken; a country that does not report shows "
        "only where others name it. Boundaries imply no opinion on the status of any territory.",
        source,
        shown.drop(columns=["kind", "from", "to"]),
    )


def placed_routes(busiest: pd.DataFrame, outlines: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Routes with the points of both ends, in the order given, and how many have an end without a point."""
    points = outlines.dropna(subset="iso3").set_index("iso3")[["longitude", "latitude"]]
    placed = busiest.join(points.add_prefix("from_"), on="departure").join(points.add_prefix("to_"), on="destination")
    complete = placed[["from_longitude", "to_longitude"]].notna().all(axis=1)
    found = placed[complete].reset_index(drop=True)
    found["kind"] = found["commonest_drug"].map(_KINDS).fillna("other drugs")
    found["from"], found["to"] = (found[end].map(countries.short_name) for end in ("departure", "destination"))
    return found, int((~complete).sum())


def _busiest_places(shown: pd.DataFrame) -> pd.DataFrame:
    """Countries at either end with most cases whose names do not run into each other: name, longitude, latitude."""
    ends = [
        shown[[end, f"{end}_longitude", f"{end}_latitude", "cases"]].set_axis(
            ["name", "longitude", "latitude", "cases"], axis=1
        )
        for end in ("from", "to")
    ]
    places = pd.concat(ends).groupby(["name", "longitude", "latitude"])["cases"].sum().reset_index()
    places = places.sort_values(["cases", "name"], ascending=[False, True], ignore_index=True)
    named: list[int] = []
    for row, (x, y) in enumerate(zip(places["longitude"], places["latitude"], strict=True)):
        near = places.iloc[named]
        free = (near["longitude"] - x).abs().gt(_NAME_WIDTH) | (near["latitude"] - y).abs().gt(_NAME_HEIGHT)
        if free.all() and len(named) < _NAMED:
            named.append(row)
    return places.iloc[named].drop(columns="cases").reset_index(drop=True)


def rings(outline: str, decimals: int = 2) -> list[list[list[float]]]:
    """Outer rings of an outline in well-known text, as lists of longitude and latitude."""
    return [
        [[round(float(number), decimals) for number in point.split()] for point in ring.split(", ")]
        for ring in re.findall(r"\(\(([^()]+)\)\)", outline)
    ]


def _land(outlines: pd.DataFrame) -> list[dict[str, Any]]:
    """Outlines as GeoJSON, the largest first so that enclaves lie on top."""
    drawn = outlines[outlines["outline"].notna() & ~outlines["unit"].isin(_DRAWN_WITHOUT)]
    sizes = drawn["outline"].str.len().sort_values(ascending=False, kind="stable").index
    return [
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings(outline, 1)]}}
        for outline in drawn.loc[sizes, "outline"]
    ]


def _line(route: Mapping[Hashable, Any]) -> dict[str, Any]:
    ends = [[route[f"{end}_longitude"], route[f"{end}_latitude"]] for end in ("from", "to")]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": ends},
        "properties": {"kind": route["kind"], "cases": route["cases"]},
    }


def _steps(cases: pd.Series[int]) -> list[int]:
    """Three round numbers of cases within the range, for the legend."""
    reach = np.array([10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000])
    within = reach[(reach >= cases.min()) & (reach <= cases.max())]
    return [int(step) for step in within[:: max(1, len(within) // 3)]]
