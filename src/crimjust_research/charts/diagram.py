"""The form of a chain of reasoning: boxes in columns from left to right, and lines told apart by what bears on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts.axes import blank, chart_of, in_pixels, unique
from crimjust_research.charts.drawn import Drawn, require
from crimjust_research.charts.keys import Key, explained_once, placed
from crimjust_research.charts.layers import Layers, Vertex, layers, middles
from crimjust_research.charts.theme import GREY, TEXT, WIDTH, wrapped

# Printed at 170 mm, twice the width of other figures, its letters are as large as theirs.
WHOLE = 2 * WIDTH
# Pixels: between columns, of the fullest column's boxes; between a box and its words; of a line of words; between boxes.
_BETWEEN, _FULLEST, _INSIDE, _LINE, _GAP = 36, 168, 5, 14, 7
_PASSING = 6  # pixels of height that a line takes in a column it passes
_STEPS = 14  # straight pieces of a curve between two columns


def diagram(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    by: str,
    looks: Mapping[str, str],
    by_title: str = "",
) -> Drawn:
    """Boxes in a column for each level, in the order in which the levels come, and lines from left to right between them.

    Parameters
    ----------
    nodes : columns key (what edges name), text (what is written) and level (what stands over its column).
    edges : columns source, target and `by`.
    by : column of `edges` told apart by colour and dash; `looks` has the colour of each value, the firmest first: it lies on top.

    Raises
    ------
    DataError
        Naming a line whose ends are not known, or that does not run from left to right.
    """
    require(nodes, "key", "text", "level")
    require(edges, "source", "target", by)
    levels = unique(nodes["level"])
    names = tuple(name for name in looks if name in set(edges[by]))
    lines = edges.sort_values(by, key=lambda c: -c.map(names.index), kind="stable").reset_index(drop=True)
    plan = _planned(nodes, levels, list(zip(lines["source"], lines["target"], strict=True)))
    heads = [wrapped(level, wide) for level, wide in zip(levels, plan.wide, strict=True)]
    (key,) = placed(
        [Key(by, names, "dash", by_title, tuple(looks[name] for name in names), wide=WHOLE)],
        0,
        above=_LINE * max(map(len, heads)) + 4,
    )
    drawings = [
        _curves(plan, lines, by, key),
        *_boxes(plan),
        *(_head(head, at) for head, at in zip(heads, plan.left, strict=True)),
    ]
    chart = alt.layer(*drawings, width=WHOLE, height=plan.height)
    explained_once([chart])
    texts = dict(zip(nodes["key"], nodes["text"], strict=True))
    told = edges.assign(**{end: edges[end].map(texts) for end in ("source", "target")})
    return Drawn(chart, told, _in_words(nodes, levels, edges, by, names))


@dataclass(frozen=True)
class _Plan:
    """Where everything stands, in pixels: columns by `left` and `wide`; the words of each box in lines; vertices by `middle`."""

    found: Layers
    left: tuple[float, ...]
    wide: tuple[float, ...]
    words: Mapping[str, list[str]]
    high: Mapping[Vertex, float]
    middle: Mapping[Vertex, float]
    height: float

    @property
    def column_of(self) -> dict[Vertex, int]:
        return {vertex: number for number, column in enumerate(self.found.columns) for vertex in column}


def _planned(nodes: pd.DataFrame, levels: Sequence[str], lines: Sequence[tuple[str, str]]) -> _Plan:
    columns = [list(nodes.loc[nodes["level"] == level, "key"]) for level in levels]
    wide = _widths([len(column) for column in columns])
    left = tuple(sum(wide[:number]) + _BETWEEN * number for number in range(len(wide)))
    texts = dict(zip(nodes["key"], nodes["text"], strict=True))
    words = {
        key: wrapped(texts[key], own - 2 * _INSIDE) for column, own in zip(columns, wide, strict=True) for key in column
    }
    found = layers(columns, lines)
    high = {
        vertex: _LINE * len(words[vertex[0]]) + 2.0 * _INSIDE if vertex[1] < 0 else _PASSING
        for column in found.columns
        for vertex in column
    }
    middle, height = middles(found, high, _GAP)
    return _Plan(found, left, wide, words, high, middle, height)


def _widths(sizes: Sequence[int]) -> tuple[float, ...]:
    """Pixels of the boxes of each column, by how many there are: the fullest has wide ones, so that they are low."""
    free = WHOLE - _BETWEEN * (len(sizes) - 1)
    if len(sizes) == 1:
        return (free,)
    fullest, other = sizes.index(max(sizes)), (free - _FULLEST) // (len(sizes) - 1)
    return tuple(free - other * (len(sizes) - 1) if number == fullest else other for number in range(len(sizes)))


def _x(field: str) -> alt.X:
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=[0, WHOLE], nice=False), axis=None)


def _y(field: str, height: float) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, height], nice=False, reverse=True), axis=None)


def _curves(plan: _Plan, lines: pd.DataFrame, by: str, key: Key) -> Any:
    paths = _paths(plan).merge(lines[[by]], left_on="_line", right_index=True)
    curves = chart_of(paths, "_x", "_y", "_line", "_step", by).mark_line(strokeWidth=1.7)
    order = alt.Order("_step:Q")
    return curves.encode(x=_x("_x"), y=_y("_y", plan.height), detail="_line:N", order=order, **key.channels())


def _boxes(plan: _Plan) -> list[Any]:
    """Every box, and its words within it."""
    rects, words = [], []
    for key, own in plan.words.items():
        vertex = (key, -1)
        number, middle, half = plan.column_of[vertex], plan.middle[vertex], plan.high[vertex] / 2
        left = plan.left[number]
        rects.append((left, left + plan.wide[number], middle - half, middle + half))
        words += [
            (left + _INSIDE, middle + _LINE * (place - (len(own) - 1) / 2), line) for place, line in enumerate(own)
        ]
    ends = ["_left", "_right", "_top", "_foot"]
    boxes = chart_of(pd.DataFrame(rects, columns=ends), *ends)
    boxes = boxes.mark_rect(fill="white", stroke=GREY, strokeWidth=1, cornerRadius=3)
    text = chart_of(pd.DataFrame(words, columns=["_x", "_y", "_text"]), "_x", "_y", "_text")
    text = text.mark_text(align="left", baseline="middle", fontSize=TEXT)
    return [
        boxes.encode(x=_x("_left"), x2=alt.X2("_right:Q"), y=_y("_top", plan.height), y2=alt.Y2("_foot:Q")),
        text.encode(x=_x("_x"), y=_y("_y", plan.height), text=alt.Text("_text:N")),
    ]


def _head(lines: list[str], at: float) -> Any:
    """What stands over a column."""
    title = blank().mark_text(
        text=lines, align="left", baseline="bottom", lineHeight=_LINE, fontWeight="bold", fontSize=TEXT
    )
    return title.encode(**in_pixels(x=at, y=-4 - _LINE * (len(lines) - 1)))


def _paths(plan: _Plan) -> pd.DataFrame:
    """Points of every line from left to right: _line (number), _step, _x, _y."""
    column_of, ports, rows = plan.column_of, _ports(plan), []
    for number, chain in enumerate(plan.found.chains):
        points = list[tuple[float, float]]()
        for source, target in pairwise(chain):
            n, m = column_of[source], column_of[target]
            if source[1] >= 0:  # straight across a column that it passes
                points.append((plan.left[n], ports[source, number, "out"]))
            points += _curve(
                (plan.left[n] + plan.wide[n], ports[source, number, "out"]),
                (plan.left[m], ports[target, number, "in"]),
            )
        rows += [(number, step, x, y) for step, (x, y) in enumerate(points)]
    return pd.DataFrame(rows, columns=["_line", "_step", "_x", "_y"])


def _curve(begin: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Points from one to the other, level at both ends."""
    shares = [part / _STEPS for part in range(_STEPS + 1)]
    return [
        (begin[0] + s * (end[0] - begin[0]), begin[1] + (3 * s**2 - 2 * s**3) * (end[1] - begin[1])) for s in shares
    ]


def _ports(plan: _Plan) -> dict[tuple[Vertex, int, Literal["in", "out"]], float]:
    """How far down each line meets and leaves a vertex: apart from others there, in the order of their other ends."""
    ends: dict[tuple[Vertex, Literal["in", "out"]], list[tuple[float, int]]] = {}
    for number, chain in enumerate(plan.found.chains):
        for source, target in pairwise(chain):
            ends.setdefault((source, "out"), []).append((plan.middle[target], number))
            ends.setdefault((target, "in"), []).append((plan.middle[source], number))
    return {
        (vertex, number, side): plan.middle[vertex] + 0.7 * plan.high[vertex] * ((place + 0.5) / len(tied) - 0.5)
        for (vertex, side), tied in ends.items()
        for place, (_, number) in enumerate(sorted(tied))
    }


def _in_words(nodes: pd.DataFrame, levels: Sequence[str], edges: pd.DataFrame, by: str, names: Sequence[str]) -> str:
    columns = " ".join(f"{level}: {', '.join(nodes.loc[nodes['level'] == level, 'text'])}." for level in levels)
    counts = ", ".join(f"{int((edges[by] == name).sum())} {name}" for name in names)
    return f"Boxes in {len(levels)} columns from left to right. {columns} {len(edges)} lines between them: {counts}."
