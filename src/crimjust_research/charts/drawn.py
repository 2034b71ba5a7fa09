"""What every form gives back, and the parts all of them are made of: panels, keys to colours, axes, reference lines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.theme import GREY, LINE_HEIGHT, WIDTH, text_width, wrapped
from crimjust_research.numbers import number

Layers = list[Any]
_RIGHT, _GAP = 10, 14  # pixels right of the last panel, and between two
_NARROWEST = 120  # of panels that stand beside each other
_PANEL_TITLE, _AXIS = 20, 20  # pixels above a panel with a title, below one with labels


@dataclass(frozen=True)
class Drawn:
    """A chart, the numbers it draws, and what it shows in words."""

    chart: Any
    data: pd.DataFrame
    alt: str


def stack(*parts: Drawn) -> Drawn:
    """Charts of different forms one below the other, each with its own scales and keys."""
    chart = alt.vconcat(*(part.chart for part in parts), spacing=16)
    chart = chart.resolve_scale(color="independent", shape="independent", strokeDash="independent", size="independent")
    return Drawn(
        chart, pd.concat([part.data for part in parts], ignore_index=True), " ".join(part.alt for part in parts)
    )


By = Literal["shape", "dash", "fill", "width", "size", "stroke"]


@dataclass(frozen=True)
class Key:
    """How the values of a column are told apart, and the legend that says so.

    `by` is what differs beside the colour: the shape of points, the dash or (for classes in order) the width of lines;
    fills differ in lightness. The numbers of a column differ in size (points) or stroke (lines) alone; `names` are those
    shown in the legend. `left` and `top` place the legend in pixels from the corner of the first panel.
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

    @property
    def columns(self) -> int:
        widths = [text_width(str(name)) + 42 for name in self.names]
        fitting = [k for k in range(1, len(widths) + 1) if sum(max(widths[i::k]) for i in range(k)) <= WIDTH]
        return max(fitting, default=1)

    @property
    def height(self) -> float:
        return 17 * math.ceil(len(self.names) / self.columns) + (17 if self.title else 0)

    def channels(self, *, shape: bool = False) -> dict[str, Any]:
        """Encodings of a layer: its colour with dash or width, or with `shape` for a layer of points."""
        n, domain = len(self.names), list(self.names)
        legend: dict[str, Any] = {
            "orient": "none",
            "direction": "horizontal",
            "columns": self.columns,
            "legendX": -self.left,
            "legendY": self.top,
            "titleAnchor": "start",
        }
        if self.by in ("size", "stroke"):
            return self._numbers(legend)
        if self.by in ("dash", "width"):
            legend |= {"symbolType": "stroke", "symbolSize": 500}
        if self.by == "fill":
            legend |= {"symbolType": "square", "symbolStrokeColor": GREY, "symbolStrokeWidth": 0.5}
        named: dict[str, Any] = {"title": self.title or None, "legend": alt.Legend(**legend), "sort": domain}
        colours = alt.Scale(domain=domain, range=list(self.colours[:n]))
        made: dict[str, Any] = {"color": alt.Color(f"{self.field}:N", scale=colours, **named)}
        if self.by == "dash":
            dashes = alt.Scale(domain=domain, range=[list(d) for d in theme.DASHES[:n]])
            made["strokeDash"] = alt.StrokeDash(f"{self.field}:N", scale=dashes, **named)
        if self.by == "width":
            widths = alt.Scale(domain=domain, range=[0.7 + 2.6 * i / max(n - 1, 1) for i in range(n)])
            made["strokeWidth"] = alt.StrokeWidth(f"{self.field}:N", scale=widths, **named)
        if shape:
            shapes = alt.Scale(domain=domain, range=list(self.shapes[:n]))
            made["shape"] = alt.Shape(f"{self.field}:N", scale=shapes, **named)
        return made

    def _numbers(self, legend: dict[str, Any]) -> dict[str, Any]:
        own = alt.Scale(type="sqrt" if self.by == "stroke" else "linear", domain=[0, self.names[-1]], range=self.sizes)
        shown = alt.Legend(**legend, values=list(self.names), format=",~r")
        if self.by == "size":
            shown["symbolFillColor"] = GREY
            return {"size": alt.Size(f"{self.field}:Q", title=self.title or None, scale=own, legend=shown)}
        shown["symbolType"], shown["symbolSize"], shown["symbolStrokeColor"] = "stroke", 500, GREY
        return {"strokeWidth": alt.StrokeWidth(f"{self.field}:Q", title=self.title or None, scale=own, legend=shown)}


def number_key(column: pd.Series[Any], by: By, title: str, sizes: tuple[float, float]) -> Key:
    """The key to a column of numbers, with three round ones in the legend, the last the largest."""
    largest = float(column.max())
    ticks = log_ticks([float(column[column > 0].min()), largest], 3)
    kept = [round(v) if v >= 1 else v for v in ticks if v < largest]
    return Key(str(column.name), (*kept, round(largest) if largest >= 1 else largest), by, title, sizes=sizes)


def apart(chart: Any) -> Any:
    """A chart whose layers have keys of their own."""
    own = dict.fromkeys(("color", "shape", "strokeDash", "strokeWidth", "size"), "independent")
    for each_panel in chart.concat:
        each_panel.resolve = alt.Resolve(scale=alt.LegendResolveMap(**own))
    return chart


def key(data: pd.DataFrame, field: str | None, by: By, title: str = "") -> list[Key]:
    """The key to the values of a column in their order of appearance; none without a column."""
    return [Key(field, tuple(map(str, unique(data[field]))), by, title)] if field else []


def unique(column: pd.Series[Any]) -> list[Any]:
    """Values of a column in their order of appearance, missing ones left out."""
    return list(dict.fromkeys(column.dropna()))


def values(frame: pd.DataFrame) -> alt.InlineData:
    """Rows as the data of a chart: dates as ISO days, what is missing or infinite as null, categories as text."""
    made = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.PeriodDtype):
            column = column.dt.to_timestamp()
        if pd.api.types.is_datetime64_any_dtype(column):
            column = column.dt.strftime("%Y-%m-%d")
        made[str(name)] = [_plain(value) for value in column]
    return alt.InlineData(values=[dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)])


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def grid(
    draw: Callable[[Any, float, bool], Layers],
    names: Sequence[Any],
    *,
    left: float,
    height: float | Mapping[Any, float],
    keys: Sequence[Key] = (),
    columns: int = 2,
    shared_rows: bool = False,
    right: float = 0,
    x_title: str = "",
    y_title: str = "",
) -> Any:
    """Panels under one another, or beside each other where they fit, below their keys.

    `draw` makes the layers of a panel from its name, its width in pixels and whether its rows need their labels.
    `left` holds the labels of the vertical axis, which panels that have the same rows share; `right` what is written
    beside them.
    """
    names = list(names) or [""]
    columns = min(columns, len(names))
    margins = left if shared_rows else left * columns

    def across(n: int) -> float:
        return (WIDTH - (left if shared_rows else left * n) - right * n - (n - 1) * _GAP - _RIGHT) / n

    while columns > 1 and across(columns) < _NARROWEST:
        columns -= 1
    width = round(across(columns), 1)
    del margins
    titled = any(str(name) for name in names)
    panels = []
    for place, name in enumerate(names):
        layers = draw(name, width, place % columns == 0 or not shared_rows)
        tall = height[name] if isinstance(height, Mapping) else height
        lines = wrapped(str(name), width + (0 if shared_rows and place % columns else left))
        dx = 0 if shared_rows and place % columns else -left
        panels.append(
            alt.layer(*layers).properties(
                width=width,
                height=tall,
                **({"title": alt.Title(lines, dx=dx, fontWeight="bold")} if str(name) else {}),
            )
        )
    spacing = {
        "row": (_PANEL_TITLE if titled else 6) + _AXIS + (LINE_HEIGHT + 4 if x_title else 0),
        "column": _GAP + right + (0 if shared_rows else left),
    }
    chart = alt.concat(*panels, columns=columns, spacing=spacing, bounds="flush")
    if y_title:
        chart = chart.properties(title=alt.Title(wrapped(y_title, WIDTH - 4), offset=6))
    return chart


def placed(keys: Sequence[Key], left: float, *, titled: bool) -> list[Key]:
    """Keys one below the other above the first panel."""
    bottom = -(_PANEL_TITLE + 4 if titled else 8)
    made = []
    for each in reversed(keys):
        bottom -= each.height
        made.append(replace(each, left=left, top=bottom))
        bottom -= 6
    return made[::-1]


def rule(value: float, side: Literal["x", "y"]) -> Any:
    """The reference line of all forms: dashed, grey, at a value of the horizontal or vertical axis."""
    data = alt.InlineData(values=[{side: float(value)}])
    return alt.Chart(data).mark_rule(color=GREY, strokeDash=[4, 3], strokeWidth=1.2).encode(**{side: f"{side}:Q"})


def shade(low: float, high: float, side: Literal["x", "y"]) -> Any:
    """The shaded range of all forms, between two values of an axis."""
    data = alt.InlineData(values=[{"low": float(low), "high": float(high)}])
    ends = {side: "low:Q", f"{side}2": "high:Q"}
    return alt.Chart(data).mark_rect(color=GREY, opacity=0.22).encode(**ends)


def scale(
    *, log: bool = False, domain: tuple[float, float] | None = None, zero: bool = False, padding: float = 0
) -> alt.Scale:
    """A linear or logarithmic scale over its data, or over `domain`."""
    limits: dict[str, Any] = {"domain": list(domain), "nice": False} if domain else {}
    if log:
        return alt.Scale(**({"type": "log", "nice": False, "padding": padding or 8} | limits))
    return alt.Scale(**({"zero": zero} | ({"nice": False, "padding": padding} if padding else {}) | limits))


def log_ticks(column: Sequence[float] | pd.Series[float], most: int = 6) -> list[float]:
    """Round numbers within the range of positive values: powers of ten, with 2 and 5 or 3 times them where few."""
    finite = [float(v) for v in column if v > 0 and math.isfinite(v)]
    low, high = min(finite) * 0.9, max(finite) * 1.1
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(ticks) <= most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def is_time(column: pd.Series[Any]) -> bool:
    return isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(column)


def time_axis(columns: Sequence[pd.Series[Any]], width: float) -> alt.Axis:
    """Axis of dates in UTC with a tick at the first day of every year or, within two years, of every few months.

    A value that stands for a month is drawn on its first day, so January's stands on the tick of its year.
    """
    days = pd.concat([c.dt.to_timestamp() if isinstance(c.dtype, pd.PeriodDtype) else c for c in columns]).dropna()
    first, last = days.min(), days.max()
    fitting = max(int(width // 42), 2)
    years = range(first.year if first.month == 1 and first.day == 1 else first.year + 1, last.year + 1)
    if len(years) > 2:
        step = math.ceil(len(years) / fitting)
        ticks = [alt.DateTime(year=y, month=1, date=1, utc=True) for y in years if (y - years[0]) % step == 0]
        return alt.Axis(format="%Y", values=ticks, labelFlush=False, title=None)
    months = pd.period_range(first, last, freq="M")
    step = next(s for s in (1, 2, 3, 4, 6, 12) if s == 12 or len(months) / s <= width // 62)
    ticks = [alt.DateTime(year=m.year, month=m.month, date=1, utc=True) for m in months if (m.month - 1) % step == 0]
    return alt.Axis(format="%b %Y", values=ticks, labelFlush=False, title=None)


def across(
    data: pd.DataFrame, field: str, width: float, *, title: str = "", log: bool = False, others: Sequence[Any] = ()
) -> alt.X:
    """Horizontal axis of a column: dates, numbers (whole ones as years are written), or names in order."""
    named = wrapped(title, WIDTH * 0.95) if title else None
    if is_time(data[field]):
        axis = time_axis([data[field], *others], width)
        return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False, padding=6), axis=axis, title=named)
    if pd.api.types.is_numeric_dtype(data[field]):
        if log:
            axis = alt.Axis(values=log_ticks(data[field], int(width // 50)), format="~s")
            return alt.X(f"{field}:Q", scale=scale(log=True), axis=axis, title=named)
        whole = pd.api.types.is_integer_dtype(data[field])
        count = max(int(width // 48), 2)
        if whole:
            low, high = int(data[field].min()), int(data[field].max())
            step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 10**9) if (high - low) / s <= count)
            ticks = [v for v in range(low, high + 1) if v % step == 0] or [low, high]
            axis = alt.Axis(values=ticks, format="d", labelFlush=False)
        else:
            axis = alt.Axis(tickCount=count)
        return alt.X(f"{field}:Q", scale=alt.Scale(zero=False, nice=False, padding=8), axis=axis, title=named)
    order = unique(data[field])
    return alt.X(f"{field}:O", sort=order, title=named, axis=names_axis(order, width / len(order)))


def names_axis(names: Sequence[Hashable], step: float) -> alt.Axis:
    """Axis of names below the chart: level where they fit, some left out where they are in sequence, else upright."""
    widest = max(text_width(str(name)) for name in names) + 6
    if widest <= step:
        return alt.Axis(labelAngle=0)
    wrap = {str(name): wrapped(str(name), step - 4) for name in names}
    if all(text_width(line) <= step - 2 for lines in wrap.values() for line in lines):
        return alt.Axis(labelAngle=0, labelExpr=label_expression(wrap))
    if all(str(name).lstrip("-+−")[:1].isdigit() for name in names):
        every = math.ceil(widest / step)
        return alt.Axis(labelAngle=0, values=list(names)[::every], labelOverlap=False)
    return alt.Axis(labelAngle=-90, labelAlign="right", labelBaseline="middle")


@dataclass(frozen=True)
class Rows:
    """Names of rows down the left side, wrapped to a part of the width."""

    names: tuple[Any, ...]
    widest: float = 170
    prefix: Mapping[Any, str] | None = None

    @property
    def lines(self) -> dict[str, list[str]]:
        before = self.prefix or {}
        return {str(name): wrapped(f"{name} {before.get(name, '')}", self.widest) for name in self.names}

    @property
    def left(self) -> float:
        return max(text_width(line) for lines in self.lines.values() for line in lines) + 10

    @property
    def step(self) -> float:
        return 13 * max(map(len, self.lines.values())) + 6

    def axis(self, field: str, *, labels: bool, grid: bool = False) -> alt.Y:
        axis = alt.Axis(
            labelExpr=label_expression(self.lines), labels=labels, ticks=False, domain=False, labelPadding=6, grid=grid
        )
        return alt.Y(
            f"{field}:N", sort=list(self.names), title=None, scale=alt.Scale(domain=list(self.names)), axis=axis
        )


def label_expression(lines: Mapping[str, list[str]]) -> str:
    return f"{json.dumps(lines, ensure_ascii=False)}[datum.value]"


def down(data: pd.Series[float], *, log: bool = False, format: str = "", height: float = 150) -> tuple[float, alt.Axis]:
    """Pixels that the labels of a vertical axis of these values take, and the axis."""
    finite = data[data.abs() < math.inf].dropna()
    if log:
        ticks = log_ticks(finite, int(height // 24))
        shown = [_as_labelled(tick, format or "~s") for tick in ticks]
        return max(map(text_width, shown)) + 10, alt.Axis(values=ticks, format=format or "~s", title=None)
    spread = float(finite.max() - min(finite.min(), finite.max()))
    places = max(0, 1 - math.floor(math.log10(spread / 2))) if spread > 0 else 1
    shown = [
        _as_labelled(v, format) if format else f"{v:,.{min(places, 6)}f}"
        for v in (float(finite.min()), float(finite.max()))
    ]
    kept: dict[str, Any] = {"format": format} if format else {}
    return max(map(text_width, shown)) + 12, alt.Axis(tickCount=max(int(height // 32), 2), title=None, **kept)


def _as_labelled(value: float, format: str) -> str:
    if "%" in format:
        return f"{value:.0%}"
    if "s" in format:
        return f"{number(value / 10 ** (3 * (math.floor(math.log10(abs(value) or 1)) // 3)), 2)}k"
    return number(value, 2)


def each(
    data: pd.DataFrame, keys: Sequence[str | None], form: str, words: Callable[[pd.DataFrame], str], rows: int = 40
) -> str:
    """Alternative text: the form, then what `words` says of each panel and series."""
    by = [k for k in keys if k]
    if not by:
        return f"{form}: {words(data)}."
    said = []
    for names, own in data.groupby(by, sort=False, dropna=False):
        name = ", ".join(str(n) for n in (names if isinstance(names, tuple) else (names,)))
        said.append(f"{name}: {words(own)}.")
    return f"{form}. " + " ".join(said[:rows]) + (f" And {len(said) - rows} more." if len(said) > rows else "")


def moment(value: Any) -> str:
    """A place on the horizontal axis in words."""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return number(value, 3) if isinstance(value, float) else str(value)
