"""The form of questions judged: each in words above its estimate, held against the size that matters, its grade beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts.axes import blank, chart_of, in_pixels, scale, ticks_at
from crimjust_research.charts.drawn import Drawn, Layers, each, require, said
from crimjust_research.charts.estimates import cut_at
from crimjust_research.charts.keys import Key, explained_once, placed, told_apart
from crimjust_research.charts.theme import GREY, LINE_HEIGHT, LONGEST, MOST_LINES, WIDTH, limited, widest, wrapped

# Pixels of height: of a group's name, of a question and of the track its estimate lies in; between rows, between groups.
_NAME, _QUESTION, _TRACK, _AFTER, _BETWEEN = 22, 16, 13, 7, 8
_GAP = 10  # pixels between track and grade
_WITHIN = 80  # widest line over the shaded range
_PALE, _SHADE = "#f2f2f2", "#d2d2d2"

# Colour and shape of what is told apart, by its name.
Looks = Mapping[str, tuple[str, str]]


def judged(
    data: pd.DataFrame,
    question: str,
    *,
    group: str,
    by: str,
    text: str,
    looks: Looks,
    margin: float,
    reach: float,
    within: str,
    sides: tuple[str, str],
    beside: str,
    value: str = "estimate",
    low: str = "ci_low",
    high: str = "ci_high",
    x_title: str = "",
) -> Drawn:
    """A question a row, its words over its estimate and interval, and beside them what `text` says of it.

    Estimates and ends are in multiples of the size that matters, 0 for nothing. One beyond the axis leaves an arrow where its
    interval is cut; a question without an estimate has its words alone.

    Parameters
    ----------
    group : column of the parts that questions stand in, named over each.
    by : column told apart by colour and shape, as `looks` has it; a row without an estimate needs no look.
    margin : the shaded range reaches so far on either side of nothing; `within` is written over it.
    reach : the axis reaches so far on either side; `sides` say what lies to the left and to the right.
    beside : what is written over the column of `text`.
    """
    require(data, question, group, by, text, value, low, high)
    rows, heads, height = _in_places(data, group)
    known = rows[rows[value].notna()]
    width = math.floor(WIDTH - 2 - _GAP - widest([*wrapped(beside, LONGEST), *data[text]]))
    keys = placed(_keys(known, by, looks), 0, above=2 * LINE_HEIGHT)
    apart = told_apart(keys, by, shape=True)
    ends = (-reach, reach)
    axis = ticks_at(range(math.ceil(-reach), math.floor(reach) + 1), format="~r", domain=False, ticks=False)
    down = alt.Scale(domain=[0, height], nice=False, reverse=True)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale(domain=ends), axis=axis, title=wrapped(x_title, width) or None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=down, axis=None)

    def upright(frame: pd.DataFrame, left: float, right: float) -> Any:
        """As high as the track, and from one value to another."""
        half = _TRACK / 2
        placed_rows = frame.assign(_left=left, _right=right, _top=frame["_y"] - half, _foot=frame["_y"] + half)
        chart = chart_of(placed_rows, "_left", "_right", "_top", "_foot")
        return chart.encode(x=x("_left"), x2=alt.X2("_right:Q"), y=y("_top"), y2=alt.Y2("_foot:Q"))

    def written(frame: pd.DataFrame, field: str, at: float, up: float = 0, **looks: Any) -> Any:
        looks |= limited(frame[field], WIDTH - at)
        chart = chart_of(frame, field, "_y").mark_text(align="left", baseline="middle", dy=-up, **looks)
        return chart.encode(**in_pixels(x=at), y=y("_y"), text=alt.Text(f"{field}:N"))

    spans = cut_at(known, low, high, ends)
    lines = chart_of(spans, "_low", "_high", "_y", by).mark_rule(strokeWidth=2.5)
    layers: Layers = [
        upright(rows, *ends).mark_rect(color=_PALE),
        upright(known, -margin, margin).mark_rect(color=_SHADE),
        upright(known, 0, 0).mark_rule(color=GREY),
        lines.encode(x=x("_low"), x2=alt.X2("_high:Q"), y=y("_y"), color=apart["color"]),
    ]
    for end, shape in (("_low", "triangle-left"), ("_high", "triangle-right")):
        arrows = chart_of(spans[spans[f"{end}_cut"]], end, "_y", by)
        arrows = arrows.mark_point(shape=shape, filled=True, size=70, opacity=1)
        layers.append(arrows.encode(x=x(end), y=y("_y"), color=apart["color"]))
    points = chart_of(known[known[value].between(*ends)], value, "_y", by)
    points = points.mark_point(filled=True, size=75, opacity=1, stroke="white", strokeWidth=1)
    layers += [
        points.encode(x=x(value), y=y("_y"), **apart),
        written(heads, group, 0, fontWeight="bold"),
        written(rows, question, 0, up=(_TRACK + _QUESTION) / 2),
        written(rows, text, width + _GAP),
        _over(wrapped(within, _WITHIN, most=MOST_LINES), width / 2, "center"),
        _over([f"← {sides[0]}"], 0, "left"),
        _over([f"{sides[1]} →"], width, "right"),
        _over(wrapped(beside, LONGEST, most=MOST_LINES), width + _GAP, "left"),
    ]
    chart = alt.layer(*layers, width=width, height=height)
    explained_once([chart])

    def words(own: pd.DataFrame) -> str:
        return "; ".join(map(_row_in_words, own[question], own[value], own[low], own[high], own[text]))

    return Drawn(chart, data, each(data, [group], "Questions, in multiples of the size that matters", words))


def _in_places(data: pd.DataFrame, group: str) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Rows with the middle of their tracks in pixels from the top as `_y`, names of groups with theirs, and the height of all."""
    foot, heads, parts = 0.0, [], []
    for name, own in data.groupby(group, sort=False):
        heads.append({group: name, "_y": foot + _NAME / 2})
        first = foot + _NAME + _QUESTION + _TRACK / 2
        step = _QUESTION + _TRACK + _AFTER
        parts.append(own.assign(_y=[first + step * place for place in range(len(own))]))
        foot += _NAME + step * len(own) + _BETWEEN
    return pd.concat(parts), pd.DataFrame(heads), foot - _BETWEEN


def _keys(known: pd.DataFrame, by: str, looks: Looks) -> list[Key]:
    names = tuple(name for name in looks if name in set(known[by]))
    colours, shapes = zip(*(looks[name] for name in names), strict=True)
    return [Key(by, names, "shape", colours=colours, shapes=shapes)]


def _over(lines: list[str], at: float, align: Literal["left", "center", "right"]) -> Any:
    """What stands over the first row, in lines."""
    looks = {"align": align, "baseline": "bottom", "lineHeight": LINE_HEIGHT, "fontStyle": "italic", **limited(lines)}
    words = blank().mark_text(text=lines, **looks)
    return words.encode(**in_pixels(x=at, y=-4 - LINE_HEIGHT * (len(lines) - 1)))


def _row_in_words(question: str, value: float, low: float, high: float, beside: str) -> str:
    if math.isnan(value):
        return f"{question} {beside}"
    ends = "" if math.isnan(low) and math.isnan(high) else f", interval from {_end(low)} to {_end(high)}"
    return f"{question} {said(value, 2)}{ends} ({beside})"


def _end(value: float) -> str:
    return said(value, 2) if math.isfinite(value) else "no limit"
