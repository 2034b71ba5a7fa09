"""Keys: how the values of a column are told apart, in colour and in grey, and the legend that says so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.axes import log_ticks, unique
from crimjust_research.charts.theme import GREY, WIDTH, limited, text_width

By = Literal["shape", "dash", "fill", "width", "size", "stroke"]
_CHANNELS = ("color", "shape", "strokeDash", "strokeWidth", "size")
INDEPENDENT: dict[str, Any] = dict.fromkeys(_CHANNELS, "independent")
# Pixels of a row of a legend, of one with strokes, between two legends, below the last.
_ROW, _STROKE_ROW, _GAP, _ABOVE_PANEL = 17, 21, 6, 12
_STROKE = 320  # size of a symbol that is a stroke: the square of its length


@dataclass(frozen=True)
class Key:
    """How the values of a column are told apart.

    `by` is what differs beside the colour: the shape of points, the dash or (for classes in order) the width of lines;
    fills differ in lightness. The numbers of a column differ in size (points) or stroke (lines) alone; `names` are those
    shown in the legend. `left` and `top` place the legend in pixels from the corner of the first panel, and it is at most `wide`.
    """

    field: str
    names: tuple[Any, ...]
    by: By
    title: str = ""
    colours: tuple[str, ...] = theme.PALETTE
    shapes: tuple[str, ...] = theme.SHAPES
    sizes: tuple[float, float] = (0, 1)
    left: float = 0
    top: float = 0
    wide: float = WIDTH

    @property
    def columns(self) -> int:
        """As many entries beside each other as the width holds."""
        widths = [text_width(str(name)) + self._beside for name in self.names]
        fitting = [k for k in range(1, len(widths) + 1) if sum(max(widths[i::k]) for i in range(k)) <= self.wide]
        return max(fitting, default=1)

    @property
    def _beside(self) -> float:
        """Pixels that the symbol of an entry takes, and what lies between two."""
        return 46 if self.by in ("dash", "width", "stroke") else 34

    @property
    def height(self) -> float:
        row = _ROW if self.by in ("shape", "fill", "size") else _STROKE_ROW
        return row * math.ceil(len(self.names) / self.columns) + (_ROW if self.title else 0)

    def channels(self, *, shape: bool = False) -> dict[str, Any]:
        """Encodings of a layer: its colour with dash or width, or with `shape` for a layer of points."""
        n, domain = len(self.names), list(self.names)
        named: dict[str, Any] = {"title": self.title or None, "legend": self._legend()}
        if self.by == "size":
            sizes = alt.Scale(domain=[0, domain[-1]], range=list(self.sizes))
            return {"size": alt.Size(field=self.field, type="quantitative", scale=sizes, **named)}
        if self.by == "stroke":
            strokes = alt.Scale(type="sqrt", domain=[0, domain[-1]], range=list(self.sizes))
            return {"strokeWidth": alt.StrokeWidth(field=self.field, type="quantitative", scale=strokes, **named)}
        named |= {"field": self.field, "type": "nominal", "sort": domain}

        def told_by(looks: Sequence[Any]) -> alt.Scale:
            return alt.Scale(domain=domain, range=[looks[i % len(looks)] for i in range(n)])

        made: dict[str, Any] = {"color": alt.Color(scale=told_by(self.colours), **named)}
        if self.by == "dash":
            made["strokeDash"] = alt.StrokeDash(scale=told_by([list(dash) for dash in theme.DASHES]), **named)
        if self.by == "width":
            widths = [0.7 + 2.6 * i / max(n - 1, 1) for i in range(n)]
            made["strokeWidth"] = alt.StrokeWidth(scale=told_by(widths), **named)
        if shape and self.by == "shape":
            made["shape"] = alt.Shape(scale=told_by(self.shapes), **named)
        return made

    def _legend(self) -> alt.Legend:
        place: dict[str, Any] = {"orient": "none", "direction": "horizontal", "titleAnchor": "start"}
        place |= {"columns": self.columns, "legendX": -self.left, "legendY": self.top}
        place |= limited(self.names, self.wide - self._beside, "labelLimit")
        place |= limited([self.title], self.wide, "titleLimit")
        if self.by in ("dash", "width"):
            place |= {"symbolType": "stroke", "symbolSize": _STROKE}
        if self.by == "fill":
            place |= {"symbolType": "square", "symbolStrokeColor": GREY, "symbolStrokeWidth": 0.5}
        if self.by in ("size", "stroke"):
            place |= {"values": list(self.names), "format": ",~r"}
        if self.by == "size":
            place |= {"symbolFillColor": GREY}
        if self.by == "stroke":
            place |= {"symbolType": "stroke", "symbolSize": _STROKE, "symbolStrokeColor": GREY}
        return alt.Legend(**place)


# What simulated data are made of, as a second value beside its estimate.
TRUE_VALUE = "true value"


def mark_key(name: str) -> Key:
    """The key to a second value in a row or bar, a diamond; its layer has the name in a column _mark."""
    return Key("_mark", (name,), "shape", colours=(theme.VERMILION,), shapes=("diamond",))


def key(data: pd.DataFrame, field: str | None, by: By, title: str = "", **looks: Any) -> list[Key]:
    """The key to the values of a column in their order of appearance; none without a column."""
    return [Key(field, tuple(map(str, unique(data[field]))), by, title, **looks)] if field else []


def number_key(column: pd.Series[Any], by: By, title: str, sizes: tuple[float, float]) -> Key:
    """The key to a column of numbers, with up to three of them in the legend, the last the largest."""
    largest = float(column.max())
    ticks = [tick for tick in log_ticks([float(column[column > 0].min()), largest], 3) if tick < largest * 0.8]
    shown = [round(v) if v >= 1 else v for v in (*ticks[-2:], largest)]
    return Key(str(column.name), tuple(dict.fromkeys(shown)), by, title, sizes=sizes)


def placed(keys: Sequence[Key], left: float, *, above: float = 0) -> list[Key]:
    """Keys one below the other over the first panel, from its left edge; `above`: pixels of the panel's own heads."""
    bottom = -above - _ABOVE_PANEL
    made = []
    for each in reversed(keys):
        bottom -= each.height
        made.append(replace(each, left=left, top=bottom))
        bottom -= _GAP
    return made[::-1]


def told_apart(keys: Sequence[Key], field: str | None, *, shape: bool = False) -> dict[str, Any]:
    """Encodings that tell the values of a column apart, by its key; one colour for all without a column."""
    own = (key.channels(shape=shape) for key in keys if key.field == field)
    return next(own, {"color": alt.ColorValue(theme.BLUE)})


def beside_each_other(side: Literal["x", "y"], keys: Sequence[Key], data: pd.DataFrame, *place: str) -> dict[str, Any]:
    """Offset along an axis of the values of the first key, if several of them stand at one `place` (columns)."""
    if not keys or not data.drop_duplicates([*place, keys[0].field]).duplicated(list(place)).any():
        return {}
    offset = alt.XOffset if side == "x" else alt.YOffset
    return {f"{side}Offset": offset(f"{keys[0].field}:N", sort=list(keys[0].names))}


def explained_once(panels: Sequence[Any]) -> None:
    """Keep one legend a key: that of the layer which tells its values apart in most ways."""
    layers = [layer for panel in panels for layer in panel.layer]
    for panel in panels:
        panel.resolve = alt.Resolve(scale=alt.LegendResolveMap(**INDEPENDENT))
    most: dict[Any, tuple[int, int]] = {}
    for place, layer in enumerate(layers):
        found = [name for name, _ in _keyed(layer)]
        for name in set(found):
            best = most.get(name, (-1, 0))
            if found.count(name) > best[1]:
                most[name] = (place, found.count(name))
    for place, layer in enumerate(layers):
        for name, channel in _keyed(layer):
            if most[name][0] != place:
                channel["legend"] = None


def _keyed(layer: Any) -> Iterator[tuple[Any, Any]]:
    """Encodings of a layer that have a legend, with what tells their key from others."""
    for name in _CHANNELS:
        channel: Any = getattr(layer.encoding, name, alt.Undefined)
        if isinstance(getattr(channel, "_kwds", {}).get("legend"), alt.Legend):
            yield (channel["field"], channel["legend"]["legendY"]), channel
