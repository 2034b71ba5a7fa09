"""The map of who meets whom."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLACK, VERMILION, WIDTH, Figure
from crimjust_research.outcomes.cooperation.figures import MEETING_CLASSES, MEETING_SHADES, meeting_classes
from crimjust_research.outcomes.cooperation.structure import Structure
from crimjust_research.outcomes.routes.maps import rings

# Lines of pairs that met once would hide the others.
_FEWEST = 2
_LAND, _BORDER = "#ececec", "#ffffff"
# Degrees left around the countries.
_MARGIN = 8
# Pixels: between a dot and its name, of a letter, of a line, of a dot.
_OFFSET, _LETTER, _LINE, _DOT = 11, 6.0, 12, 5


def tie_map(structure: Structure, outlines: pd.DataFrame, source: str) -> Figure:
    """Pairs that met in at least two public events as great circles, countries as large as they have partners."""
    points = outlines.dropna(subset="iso3").set_index("iso3")[["longitude", "latitude"]]
    nodes = structure.countries[structure.countries["iso3"].isin(structure.network.nodes)].join(points, on="iso3")
    placed = nodes.dropna(subset="longitude").reset_index(drop=True)
    joint = structure.joint_events.loc[placed["iso3"], placed["iso3"]]
    rows, columns = np.triu_indices(len(joint), 1)
    ties = pd.DataFrame(
        {"first": joint.index[rows], "second": joint.columns[columns], "events": joint.to_numpy()[rows, columns]}
    )
    ties = ties[ties["events"] >= _FEWEST].assign(met=lambda f: meeting_classes(f["events"]))
    ties = ties.sort_values(["events", "first", "second"], ignore_index=True)
    west, east = placed["longitude"].min() - _MARGIN, placed["longitude"].max() + _MARGIN
    south, north = placed["latitude"].min() - _MARGIN, placed["latitude"].max() + _MARGIN
    scale = WIDTH / math.radians(east - west)
    height = round(scale * math.radians(north - south))
    land = alt.Chart(alt.InlineData(values=_land(outlines, (west, south, east, north))))
    classes, shades = MEETING_CLASSES[1:], MEETING_SHADES[1:]
    lines = (
        alt.Chart(alt.InlineData(values=_lines(ties, points)))
        .mark_geoshape(filled=False, opacity=0.7, clip=False)
        .encode(
            color=alt.Color(
                "properties.met:N",
                title="Met in public events",
                scale=alt.Scale(domain=list(classes), range=list(shades)),
                legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3),
            ),
            strokeWidth=alt.StrokeWidth(
                "properties.met:N", legend=None, scale=alt.Scale(domain=list(classes), range=[0.7, 1.4, 3.2])
            ),
        )
    )
    at = {"longitude": "longitude:Q", "latitude": "latitude:Q"}
    dots = (
        alt.Chart(placed)
        .mark_circle(color=VERMILION, opacity=1, stroke="white", strokeWidth=0.7, clip=False)
        .encode(**at, size=alt.Size("partners:Q", legend=None, scale=alt.Scale(range=[15, 130])))
    )
    named = _named(placed, math.radians(1) * scale)
    texts = [
        alt.Chart(named[named["side"] == side])
        .encode(**at, text="name:N")
        .mark_text(dy=side * _OFFSET, baseline="middle", fontSize=11, clip=False, **style)
        for side in (-1, 1)
        for style in ({"stroke": "white", "strokeWidth": 3, "strokeOpacity": 0.8}, {"color": BLACK})
    ]
    chart = (
        alt.layer(
            land.mark_geoshape(fill=_LAND, stroke=_BORDER, strokeWidth=0.5, clip=False),
            lines,
            dots,
            *texts,
        )
        .project(
            "equirectangular",
            center=[(west + east) / 2, (south + north) / 2],
            scale=scale,
            precision=0.2,
            # Cut here and not by the marks, whose clip paths carry ids that depend on what else was drawn before.
            clipExtent=[[0, 0], [WIDTH, height]],
        )
        .properties(width=WIDTH, height=height)
    )
    name = dict(zip(placed["iso3"], placed["name"], strict=True))
    most = "; ".join(
        f"{name[row['first']]} and {name[row['second']]} {row['events']}"
        for row in ties.iloc[::-1].head(10).to_dict("records")
    )
    left_out = len(nodes) - len(placed)
    ever = int((joint.to_numpy()[rows, columns] > 0).sum())
    return Figure(
        "map",
        chart,
        f"Map of the {len(ties)} pairs of countries that met in at least {_FEWEST} public events, of {ever} that ever did. "
        f"Most joint events: {most}." + (f" {left_out} countries have no place on the map." if left_out else ""),
        f"Pairs that met in at least {_FEWEST} public events; dots: countries named, larger the more countries they met. Lines "
        "join the countries, not the places they met in. Boundaries imply no opinion on the status of any territory.",
        source,
        ties[["first", "second", "events"]],
    )


def _land(outlines: pd.DataFrame, box: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Outlines that reach into the box (west, south, east, north) as GeoJSON, the largest first so that enclaves lie on
    top."""
    west, south, east, north = box
    drawn = outlines[outlines["outline"].notna()]
    sizes = drawn["outline"].str.len().sort_values(ascending=False, kind="stable").index
    features = []
    for outline in drawn.loc[sizes, "outline"]:
        inside = [
            ring
            for ring in rings(outline, 1)
            if max(x for x, _ in ring) > west
            and min(x for x, _ in ring) < east
            and max(y for _, y in ring) > south
            and min(y for _, y in ring) < north
        ]
        if inside:
            polygons = [[ring] for ring in inside]
            features.append({"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": polygons}})
    return features


def _lines(ties: pd.DataFrame, points: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "geometry": {
                "type": "LineString",
                "coordinates": [points.loc[end].tolist() for end in (row["first"], row["second"])],
            },
            "properties": {"met": row["met"], "events": row["events"]},
        }
        for row in ties.to_dict("records")
    ]


def _named(placed: pd.DataFrame, pixels: float) -> pd.DataFrame:
    """Names that run into no other name or dot, those of countries at most events first: name, longitude, latitude, side
    (-1 above the dot, 1 below). `pixels` to a degree."""
    points = zip(placed["longitude"] * pixels, -placed["latitude"] * pixels, strict=True)
    taken: list[tuple[float, float, float, float]] = [(x, y, _DOT, _DOT) for x, y in points]
    rows = []
    for name, longitude, latitude in placed[["name", "longitude", "latitude"]].itertuples(index=False, name=None):
        half, x = _LETTER * len(name) / 2, longitude * pixels
        for side in (-1, 1):
            y = side * _OFFSET - latitude * pixels
            if all(abs(x - at) > half + wide or abs(y - level) > high for at, level, wide, high in taken):
                taken.append((x, y, half, _LINE))
                rows.append((name, longitude, latitude, side))
                break
    return pd.DataFrame(rows, columns=["name", "longitude", "latitude", "side"])
