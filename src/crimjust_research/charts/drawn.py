"""What every form gives back, and what all of them share: panels, reference lines, words."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts.axes import CHANNELS, Rows, blank, in_pixels, rounded, unique
from crimjust_research.charts.figure import Figure
from crimjust_research.charts.keys import INDEPENDENT, explained_once
from crimjust_research.charts.theme import GREY, LINE_HEIGHT, MOST_LINES, WIDTH, wrapped
from crimjust_research.errors import DataError
from crimjust_research.numbers import number

Layers = list[Any]
Encodings = dict[str, Any]
_RIGHT, _GAP = 10, 16  # pixels right of the last panel, and between two
_NARROWEST = 118  # of panels that stand beside each other
_MISREAD = re.compile(r"""[:.'"\[\]()\\]""")  # what Vega-Lite takes for a part of a path, a type or a function
_TICKS = 22  # pixels below a panel that its labels take


@dataclass(frozen=True)
class Drawn:
    """A chart, the numbers it draws, and what it shows in words. `left`: pixels of labels left of its first panel."""

    chart: Any
    data: pd.DataFrame
    alt: str
    left: float = 0

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Shown where a cell ends in it, as one looks at a chart before keeping it."""
        look = Figure("drawn", "A look", self.chart, self.alt, self.alt, "this notebook", self.data)
        return look._repr_mimebundle_()


def stack(*parts: Drawn) -> Drawn:
    """Charts of different forms one below the other, each with its own scales and keys."""
    least = min(part.left for part in parts)
    own: Encodings = {"resolve": alt.Resolve(scale=alt.ScaleResolveMap(**INDEPENDENT))}
    charts = []
    for part in parts:
        if part.left > least:
            # Plots are laid out from their left edges: one with wider labels begins farther right.
            moved = blank().mark_point(opacity=0).properties(width=part.left - least, height=1)
            charts.append(alt.hconcat(moved, part.chart, spacing=0, bounds="flush", **own))
        else:
            charts.append(part.chart.resolve_scale(**INDEPENDENT))
    data = pd.concat([part.data for part in parts], ignore_index=True)
    chart = alt.vconcat(*charts, spacing=18, **own)
    return Drawn(chart, data, " ".join(part.alt for part in parts), least)


@dataclass(frozen=True)
class Panel:
    """One panel of a chart: a value of a column, or the whole of a chart without panels (`field` is None).

    `labels`: whether rows have their names here; `last`: whether no panel stands below, so that the axis has its title.
    """

    field: str | None
    name: Any
    width: float
    height: float
    labels: bool
    last: bool

    def own(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The panel's rows of a frame; all of them if it is the same in every panel."""
        return _within(frame, self.field, self.name)

    def title(self, text: str) -> list[str]:
        """Title of the horizontal axis in lines; none above another panel."""
        return wrapped(text, WIDTH - 12 if self.width > WIDTH / 2 else self.width + 40) if self.last else []


def require(data: pd.DataFrame, *columns: str | None) -> None:
    """Refuse a frame that has no rows or lacks a column that a chart is to draw.

    Raises
    ------
    DataError
        Naming the column, and those the frame has; or the column by whose name Vega-Lite would look for another one.
    """
    if missing := [column for column in columns if column and column not in data]:
        raise DataError(
            f"a chart is to draw {missing[0]!r}, but its data have no such column; they have: {', '.join(map(str, data))}"
        )
    if misread := [column for column in columns if column and _MISREAD.search(column)]:
        raise DataError(
            f"a chart is to draw {misread[0]!r}, but the name of a column to be drawn holds no colon, point, quote, bracket, "
            "parenthesis or backslash; rename it: data.rename(columns=...)"
        )
    if data.empty:
        raise DataError(f"a chart is to draw {', '.join(c for c in columns if c)}, but its data have no rows")


def _within(frame: pd.DataFrame, field: str | None, name: Any) -> pd.DataFrame:
    return frame if field is None or field not in frame else frame[frame[field] == name]


def _head(name: Any) -> list[str]:
    """The name of a panel in lines; bold letters are wider."""
    return [] if name is None else wrapped(str(name), (WIDTH / 2 - 12) / 1.08, most=MOST_LINES)


@dataclass(frozen=True)
class Panels:
    """The panels of a chart: the values of a column of its data in their order, or one without name."""

    data: pd.DataFrame
    field: str | None

    @cached_property
    def names(self) -> list[Any]:
        return unique(self.data[self.field]) if self.field else [None]

    @property
    def heads(self) -> float:
        """Pixels that the names of panels take above each."""
        return LINE_HEIGHT * max(len(_head(name)) for name in self.names) + 8 if self.field else 0

    def own(self, name: Any) -> pd.DataFrame:
        """The rows of the data in one panel."""
        return _within(self.data, self.field, name)

    def rows(self, column: str) -> dict[Any, Rows]:
        """The names of rows of each panel, in their order."""
        return {name: Rows(tuple(unique(self.own(name)[column]))) for name in self.names}

    def chart(
        self,
        draw: Callable[[Panel], Layers],
        *,
        left: float,
        height: float | Mapping[Any, float],
        columns: int = 2,
        shared_rows: bool = False,
        right: float = 0,
        x_title: str = "",
        y_title: str = "",
        above: float = 0,
        gap: float = _TICKS,
    ) -> Any:
        """The panels under one another, or beside each other where they fit.

        `left` holds the labels of the vertical axis, which panels of the same rows share; `right` what is written beside
        them; `above` what stands over the first; `gap` is below each.
        """
        count = len(self.names)
        columns = min(columns, count)

        def across(n: int) -> float:
            return (WIDTH - left * (1 if shared_rows else n) - right * n - (n - 1) * _GAP - _RIGHT) / n

        while columns > 1 and across(columns) < _NARROWEST:
            columns -= 1
        width = math.floor(across(columns))
        panels, deepest = [], 0
        for place, name in enumerate(self.names):
            tall = height[name] if isinstance(height, Mapping) else height
            begins = place % columns == 0
            one = Panel(self.field, name, width, tall, begins or not shared_rows, place + columns >= count)
            deepest = max(deepest, len(one.title(x_title)))
            layers = draw(one)
            if name is not None:
                start = 0 if shared_rows and not begins else -left
                layers = [*layers, _over(_head(name), start, above if place == 0 else 0)]
            panels.append(alt.layer(*layers, width=width, height=tall))
        explained_once(panels)
        ragged = count % columns and x_title
        spacing = {
            "row": self.heads + gap + 4 + (LINE_HEIGHT * deepest if ragged else 0),
            "column": _GAP + right + (0 if shared_rows else left),
        }
        return alt.concat(*panels, columns=columns, spacing=spacing, bounds="flush", **titled(y_title, left))


def _over(head: list[str], start: float, above: float) -> Any:
    """The name of a panel over it, in lines, from `start` pixels and with room for what stands `above` the panel."""
    over = blank().mark_text(text=head, align="left", baseline="bottom", lineHeight=LINE_HEIGHT, fontWeight="bold")
    return over.encode(**in_pixels(x=start, y=-9 - LINE_HEIGHT * (len(head) - 1) - above))


def titled(y_title: str, left: float) -> dict[str, Any]:
    """What the vertical axis of a chart shows as its title, from the left edge; nothing without a title.

    Whatever is known of a chart is told when it is put together: altair copies the whole for each property set later.
    """
    return {"title": alt.Title(wrapped(y_title, WIDTH - 8), dx=-left, offset=6)} if y_title else {}


def rule(value: float, side: Literal["x", "y"], *, dotted: bool = False) -> Any:
    """The reference line of all forms: dashed, grey, at a value of the horizontal or vertical axis; a lesser one is dotted."""
    dash, width = ([1, 3], 1.0) if dotted else ([4, 3], 1.2)
    drawn = blank(**{side: float(value)}).mark_rule(color=GREY, strokeDash=dash, strokeWidth=width)
    return drawn.encode(**{side: CHANNELS[side](f"{side}:Q")})


def shade(low: float, high: float, side: Literal["x", "y"]) -> Any:
    """The shaded range of all forms, between two values of an axis."""
    drawn = blank(low=float(low), high=float(high)).mark_rect(color=GREY, opacity=0.22)
    return drawn.encode(**{side: CHANNELS[side]("low:Q"), f"{side}2": CHANNELS[f"{side}2"]("high:Q")})


def each(data: pd.DataFrame, by: Sequence[str | None], form: str, words: Callable[[pd.DataFrame], str]) -> str:
    """Alternative text: the form, then what `words` says of each panel and series, of the first forty of them."""
    fields = list(dict.fromkeys(k for k in by if k))
    if not fields:
        return f"{form}: {words(data)}."
    parts = []
    for names, own in data.groupby(fields, sort=False):
        name = ", ".join(str(n) for n in (names if isinstance(names, tuple) else (names,)))
        parts.append(f"{name}: {words(own)}.")
    more = f" And {len(parts) - 40} more." if len(parts) > 40 else ""
    return f"{form}. {' '.join(parts[:40])}{more}"


def said(value: Any, digits: int = 3) -> str:
    """A number in words: whole ones in full, and what is short of 1 not as 1. Past the seventh digit, where machines differ,
    nothing counts."""
    value = rounded(float(value))
    while 0.9 < value < 1 and float(f"{value:.{digits}f}") == 1:
        digits += 1
    return number(value, digits)


def moment(value: Any) -> str:
    """A place on the horizontal axis in words: years without separator, days as dates."""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        value = rounded(value)
        told = f"{value:.0f}" if value.is_integer() else f"{value:.1f}" if 1000 < value < 3000 else number(value, 3)
        return told.replace("-", "−")
    return str(value).replace("-", "−") if isinstance(value, numbers.Integral) else str(value)
