"""Forms of places and ties: maps with arcs, networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.axes import chart_of, unique, values
from crimjust_research.charts.drawn import Drawn, Encodings, each, require, said
from crimjust_research.charts.keys import Key, explained_once, key, number_key, placed
from crimjust_research.charts.theme import (
    BLACK,
    GREEN,
    ORANGE,
    PURPLE,
    TEXT,
    VERMILION,
    WIDTH,
    limited,
    text_width,
    widest,
)

Ring = Sequence[Sequence[float]]
_LAND, _BORDER = "#ececec", "#ffffff"
_MARGIN = 6  # degrees left around what is drawn
_DOT = 4  # pixels of half a dot
# Where a name may stand beside its dot, the best place first: its alignment, and pixels to the right and below.
_BESIDE: tuple[tuple[Literal["center", "left", "right"], int, int], ...] = (
    ("center", 0, -10),
    ("center", 0, 10),
    ("left", 8, 0),
    ("right", -8, 0),
)
_SIDES = ("from", "to")


def country_map(
    places: pd.DataFrame,
    outlines: Sequence[Sequence[Ring]],
    *,
    arcs: pd.DataFrame,
    by: str,
    size: str | None = None,
    width: str | None = None,
    classes: Sequence[str] = (),
    by_title: str = "",
    size_title: str = "",
    width_title: str = "",
) -> Drawn:
    """Places as dots on a map of countries, with great circles between them.

    The map reaches as far as what is drawn. Names that would run into another are left out, the last first.

    Parameters
    ----------
    places : columns longitude, latitude (degrees), name and `size`, the most important first.
    outlines : rings of longitude and latitude of each country, in the order they are drawn.
    size : column of numbers that dots are as large as.
    arcs : columns from_longitude, from_latitude, to_longitude, to_latitude, `by` and `width`; the last lies on top.
    by : column of `arcs` told apart by colour and dash or, if `classes` names its values from least to most, by shade
        and width.
    width : column of numbers that arcs are as wide as.
    """
    require(places, "longitude", "latitude", "name", size)
    require(arcs, by, width)
    lines = [_circle_between(row) for row in arcs.to_dict("records")]
    reached = np.array([*places[["longitude", "latitude"]].to_numpy(), *(p for line in lines for p in line)])
    west, south = reached.min(axis=0) - _MARGIN
    east, north = reached.max(axis=0) + _MARGIN
    zoom = WIDTH / math.radians(east - west)
    height = round(zoom * math.radians(north - south))
    keys = key(arcs, by, "dash", by_title)
    if classes:
        keys = [Key(by, tuple(classes), "width", by_title, theme.SHADES[-len(classes) :])]
    if width:
        keys.append(number_key(arcs[width], "stroke", width_title, (0.3, 7)))
    if size:
        keys.append(number_key(places[size], "size", size_title, (8, 110)))
    keys = placed(keys, 0)
    features = [
        _feature("MultiPolygon", [[list(ring)] for ring in rings])
        for rings in outlines
        if _reaches(rings, (west, south, east, north))
    ]
    land = alt.Chart(alt.InlineData(values=tuple(features))).mark_geoshape(
        fill=_LAND, stroke=_BORDER, strokeWidth=0.5, clip=False
    )
    rows = values(arcs[[by, *([width] if width else [])]])["values"]
    circles = [_feature("LineString", line) | row for line, row in zip(lines, rows, strict=True)]
    curves = alt.Chart(alt.InlineData(values=tuple(circles))).mark_geoshape(filled=False, opacity=0.75, clip=False)
    layers: list[Any] = [
        land,
        curves.encode(**{c: told for k in keys if k.by != "size" for c, told in k.channels().items()}),
    ]
    at: Encodings = {"longitude": alt.Longitude("longitude:Q"), "latitude": alt.Latitude("latitude:Q")}
    dots = chart_of(places, "longitude", "latitude", "name", size)
    dots = dots.mark_circle(color=VERMILION, opacity=1, stroke="white", strokeWidth=0.7, clip=False)
    sized: Encodings = keys[-1].channels() if size else {"size": alt.SizeValue(22)}
    layers.append(dots.encode(**at, **sized))
    named = _named(places, math.radians(1) * zoom, (west, east))
    for align, right, below in _BESIDE:
        own = named[(named["right"] == right) & (named["below"] == below)]
        text = chart_of(own, "name", "longitude", "latitude").encode(**at, text=alt.Text("name:N"))
        placed_text: Encodings = {"align": align, "dx": right, "dy": below, "baseline": "middle", "clip": False}
        layers.append(text.mark_text(stroke="white", strokeWidth=3, strokeOpacity=0.8, **placed_text))
        layers.append(text.mark_text(color=BLACK, **placed_text))
    chart = alt.layer(*layers).project(
        "equirectangular",
        center=[(west + east) / 2, (south + north) / 2],
        scale=zoom,
        precision=0.2,
        clipExtent=[[0, 0], [WIDTH, height]],
    )
    chart = chart.properties(width=WIDTH, height=height)
    explained_once([chart])
    told = each(arcs, [by], f"{len(arcs)} lines between them", lambda own: f"{len(own)}")
    return Drawn(chart, arcs, f"Map of {len(places)} places. {told}")


def _feature(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}}


def _circle_between(row: Any, points: int = 16) -> list[list[float]]:
    """Points of the great circle between the ends of an arc, degrees."""
    ends = [[math.radians(row[f"{side}_{d}"]) for d in ("longitude", "latitude")] for side in _SIDES]
    a, b = (np.array([math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)]) for x, y in ends)
    angle = math.acos(min(1.0, max(-1.0, float(a @ b))))
    if angle == 0:
        return [[math.degrees(v) for v in end] for end in ends]
    made = []
    for share in np.linspace(0, 1, points):
        x, y, z = (math.sin((1 - share) * angle) * a + math.sin(share * angle) * b) / math.sin(angle)
        made.append(
            [round(math.degrees(math.atan2(y, x)), 3), round(math.degrees(math.asin(max(-1.0, min(1.0, z)))), 3)]
        )
    return made


def _reaches(rings: Sequence[Ring], box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    xs, ys = [p[0] for ring in rings for p in ring], [p[1] for ring in rings for p in ring]
    return max(xs) > west and min(xs) < east and max(ys) > south and min(ys) < north


def _named(places: pd.DataFrame, pixels: float, box: tuple[float, float]) -> pd.DataFrame:
    """Names that run into no other name or dot and not over the edge: name, longitude, latitude, right and below (pixels
    from the dot, of `_BESIDE`)."""
    points = list(zip(places["longitude"] * pixels, -places["latitude"] * pixels, strict=True))
    taken: list[tuple[float, float, float, float]] = [(x, y, _DOT, _DOT) for x, y in points]
    west, east = box[0] * pixels, box[1] * pixels
    rows = []
    for label, (x, y) in zip(places["name"], points, strict=True):
        half = text_width(str(label)) / 2
        for align, right, below in _BESIDE:
            middle, level = x + right + half * ((align == "left") - (align == "right")), y + below
            free = all(
                abs(middle - a) > half + wide or abs(level - b) > high + 5
                for a, b, wide, high in taken
                if (a, b) != (x, y)
            )
            if free and west <= middle - half and middle + half <= east:
                taken.append((middle, level, half + 2, 7))
                rows.append((label, x / pixels, -y / pixels, right, below))
                break
    return pd.DataFrame(rows, columns=["name", "longitude", "latitude", "right", "below"])


def network(
    nodes: pd.DataFrame,
    ties: pd.DataFrame,
    *,
    by: str,
    size: str,
    tie_by: str,
    classes: Sequence[str],
    by_title: str = "",
    size_title: str = "",
    tie_title: str = "",
) -> Drawn:
    """Nodes on a circle in their order, and straight ties between them.

    Parameters
    ----------
    nodes : columns iso3 (what ties name), name (what is written), `by` (a group, told apart by colour and shape), `size`.
    ties : columns first, second and `tie_by`, a class; `classes` names them from weakest to strongest: shade and width.
    """
    require(nodes, "iso3", "name", by, size)
    require(ties, "first", "second", tie_by)
    angle = np.pi / 2 - 2 * np.pi * (np.arange(len(nodes)) + 0.5) / len(nodes)
    widths = np.array([widest([name]) + 14 for name in nodes["name"]])
    sideways = np.abs(np.cos(angle)) * (WIDTH / 2) / np.maximum(np.cos(angle) ** 2, 1e-9)
    radius = min(float((sideways - widths).min()), 0.36 * WIDTH)
    reach = math.ceil(float((np.abs(np.sin(angle)) * (radius + widths)).max())) + 8
    placed_nodes = nodes.assign(_x=radius * np.cos(angle), _y=radius * np.sin(angle))
    at = placed_nodes.set_index("iso3")[["_x", "_y"]]
    rank = {c: i for i, c in enumerate(classes)}
    drawn = ties.sort_values(tie_by, key=lambda c: c.map(rank), kind="stable")
    drawn = drawn.join(at, on="first").join(at.rename(columns={"_x": "_x2", "_y": "_y2"}), on="second")
    keys = [
        Key(tie_by, tuple(classes), "width", tie_title, ("#b4c2d3", *theme.SHADES[-len(classes) + 1 :])),
        Key(by, tuple(unique(nodes[by])), "shape", by_title, (VERMILION, GREEN, ORANGE, PURPLE, BLACK)),
        number_key(nodes[size], "size", size_title, (10, 130)),
    ]
    of_ties, of_groups, of_sizes = placed(keys, 0)
    x = alt.X("_x:Q", axis=None, scale=alt.Scale(domain=[-WIDTH / 2, WIDTH / 2], nice=False))
    y = alt.Y("_y:Q", axis=None, scale=alt.Scale(domain=[-reach, reach], nice=False))
    edges = chart_of(drawn, "_x", "_y", "_x2", "_y2", tie_by).mark_rule()
    edges = edges.encode(x=x, y=y, x2=alt.X2("_x2:Q"), y2=alt.Y2("_y2:Q"), **of_ties.channels())
    points = chart_of(placed_nodes, "_x", "_y", by, size).mark_point(filled=True, opacity=1)
    group = of_groups.channels(shape=True)
    look = {"color": group["color"], **of_sizes.channels(), "shape": group["shape"]}
    layers = [edges, points.encode(x=x, y=y, **look)]
    outside = placed_nodes.assign(
        _x=placed_nodes["_x"] * (1 + 10 / radius), _y=placed_nodes["_y"] * (1 + 10 / radius), _turn=-np.degrees(angle)
    )
    sides: tuple[tuple[Literal["left", "right"], float], ...] = (("left", 0.0), ("right", 180.0))
    for align, turn in sides:
        half = outside[(outside["_x"] >= 0) == (align == "left")]
        text = chart_of(half.assign(_turn=half["_turn"] + turn), "_x", "_y", "_turn", "name")
        text = text.mark_text(align=align, baseline="middle", fontSize=TEXT, **limited(nodes["name"]))
        layers.append(text.encode(x=x, y=y, text=alt.Text("name:N"), angle=alt.Angle("_turn:Q", scale=None)))
    chart = alt.layer(*layers, width=WIDTH, height=2 * reach)
    explained_once([chart])
    count = pd.concat([ties["first"], ties["second"]]).value_counts()
    names = dict(zip(nodes["iso3"], nodes["name"], strict=True))
    most = ", ".join(
        f"{names.get(n, n)} {said(c)}"
        for n, c in count.sort_index().sort_values(ascending=False, kind="stable").head(5).items()
    )
    told = f"Network of {len(nodes)} nodes and {len(ties)} ties. Most ties: {most}. "
    told += ", ".join(f"{int((ties[tie_by] == c).sum())} {c}" for c in classes) + "."
    return Drawn(chart, ties, told)
