"""Axes and data of a chart: dates in UTC, ticks and labels that fit, rows with names."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import altair as alt
import pandas as pd

from crimjust_research.charts.theme import LONGEST, MOST_LINES, drawable, limited, text_width, widest, wrapped
from crimjust_research.numbers import number


def unique(column: pd.Series[Any]) -> list[Any]:
    """Values of a column in their order of appearance, missing ones left out."""
    return list(dict.fromkeys(column.dropna()))


def is_time(column: pd.Series[Any]) -> bool:
    """Whether a column holds periods or days."""
    return isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(column)


def days(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of periods as the first day of each, so that a month's point stands on the tick of its month."""
    return column.dt.to_timestamp() if isinstance(column.dtype, pd.PeriodDtype) else column


# Altair takes ten milliseconds to find out which channel a bare text stands for, and none if it is told.
CHANNELS: Mapping[str, Any] = {"x": alt.X, "y": alt.Y, "x2": alt.X2, "y2": alt.Y2}
_VALUES: Mapping[str, Any] = {"x": alt.XValue, "y": alt.YValue}


def in_pixels(**places: float) -> dict[str, Any]:
    """Encodings of a place, x or y or both, in pixels from the upper left corner of a plot."""
    return {side: _VALUES[side](place) for side, place in places.items()}


def chart_of(frame: pd.DataFrame, *columns: str | None) -> alt.Chart:
    """A chart of these columns, each once and without those that are None; its marks are still to be chosen."""
    return alt.Chart(values(frame[list(dict.fromkeys(c for c in columns if c))]))


def blank(**values: float) -> alt.Chart:
    """A chart of one row with these values: for what is written or ruled once, whatever the data."""
    return alt.Chart(alt.InlineData(values=[values]))


def values(frame: pd.DataFrame) -> alt.InlineData:
    """Rows as the data of a chart: dates as ISO days, what is missing or infinite as null."""
    made = {}
    for name, column in frame.items():
        shown = days(column).dt.strftime("%Y-%m-%d") if is_time(column) else column
        made[str(name)] = [_plain(value) for value in shown]
    # Altair copies charts whenever it puts them together, and with them lists, row by row, but no tuples.
    return alt.InlineData(values=tuple(dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)))


def rounded(value: float) -> float:
    """A number to seven digits: what lies beyond differs between machines."""
    return float(f"{value:.7g}")


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    return value


def kind(column: pd.Series[Any]) -> Literal["T", "Q", "O"]:
    """T for dates, Q for numbers, O for names."""
    return "T" if is_time(column) else "Q" if pd.api.types.is_numeric_dtype(column) else "O"


def scale(*, log: bool = False, domain: tuple[float, float] | None = None) -> alt.Scale:
    """A linear or logarithmic scale over its data, or over `domain`."""
    own: dict[str, Any] = {"type": "log", "nice": False, "padding": 8} if log else {"zero": False}
    return alt.Scale(**own | ({"domain": list(domain), "nice": False} if domain else {}))


def log_ticks(column: Sequence[float] | pd.Series[float], most: int) -> list[float]:
    """Round numbers within the range of positive values, as many as may be: powers of ten and multiples of them."""
    finite = [float(v) for v in column if v > 0 and math.isfinite(v)]
    low, high = min(finite) * 0.95, max(finite) * 1.05
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in (
        (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8),
        (1, 1.5, 2, 3, 4, 5, 7),
        (1, 2, 3, 5),
        (1, 2, 5),
        (1, 3),
        (1,),
    ):
        ticks = [float(f"{s * 10.0**p:.3g}") for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(ticks) <= max(most, 2):
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def number_format(ticks: Sequence[float]) -> str:
    """How an axis writes numbers: in full, large ones with their unit."""
    largest = max((abs(tick) for tick in ticks), default=0)
    return "~s" if largest >= 1e6 else ",~r" if largest >= 1e4 else "~r"


def ticks_at(values: Sequence[Any], **options: Any) -> alt.Axis:
    """Axis with a tick at each of these values; Vega drops every other one of more than it would choose."""
    return alt.Axis(values=list(values), tickCount=len(values) + 1, **options)


def also_across(field: str, column: pd.Series[Any]) -> alt.X:
    """Another field on the horizontal axis of `column`."""
    return alt.X(f"{field}:{kind(column)}", scale=alt.Scale(type="utc") if is_time(column) else alt.Undefined)


def across(data: pd.DataFrame, field: str, width: float, *, title: str | list[str], log: bool = False) -> alt.X:
    """Horizontal axis of a column: dates, numbers (years and whole ones at whole ticks), or names in order."""
    column, named = data[field].dropna(), title or None
    if is_time(column):
        day = days(column)
        ends = [alt.DateTime(year=d.year, month=d.month, date=d.day, utc=True) for d in (day.min(), day.max())]
        utc = alt.Scale(type="utc", domain=ends, nice=False, padding=6)
        return alt.X(f"{field}:T", scale=utc, axis=time_axis(day, width), title=named)
    if not pd.api.types.is_numeric_dtype(column):
        order = unique(column)
        return alt.X(f"{field}:O", sort=order, title=named, axis=names_axis(order, width / len(order)))
    low, high = float(column.min()), float(column.max())
    if log:
        ticks = log_ticks(column, int(width // 45))
        axis = ticks_at(ticks, format=number_format(ticks))
        return alt.X(f"{field}:Q", scale=scale(log=True, domain=(low, high)), axis=axis, title=named)
    most = max(int(width // 45), 2)
    axis = alt.Axis(tickCount=most, format=number_format([low, high]))
    if pd.api.types.is_integer_dtype(column) or 1900 < low <= high < 2200:
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 10**9) if (high - low) / s <= most)
        whole = range(math.ceil(low), math.floor(high) + 1)
        rounds = [v for v in whole if v % step == 0] or [math.ceil(low), math.floor(high)]
        axis = ticks_at(_apart(column, (high - low) / most) or rounds, format="d")
    span = alt.Scale(domain=[low, high], zero=False, nice=False, padding=8)
    return alt.X(f"{field}:Q", scale=span, axis=axis, title=named)


def _apart(column: pd.Series[Any], least: float) -> list[int]:
    """The values themselves, such as editions of an index, where all are whole and at least so far apart; else none."""
    values = sorted(set(column))
    if not all(float(value).is_integer() for value in values) or any(b - a < least for a, b in pairwise(values)):
        return []
    return [int(value) for value in values]


def time_axis(column: pd.Series[Any], width: float) -> alt.Axis:
    """Axis of dates in UTC with a tick at the first day of years or, over less than two of them, of months."""
    first, last = column.min(), column.max()
    years = range(first.year + (first.day_of_year > 1), last.year + 1)
    if len(years) > 2:
        step = math.ceil(len(years) / max(width // 38, 2))
        return ticks_at(
            [alt.DateTime(year=y, month=1, date=1, utc=True) for y in years if (y - years[0]) % step == 0], format="%Y"
        )
    months = pd.period_range(first, last, freq="M")
    step = next((s for s in (1, 2, 3, 6) if len(months) / s <= width // 60), 12)
    ticks = [alt.DateTime(year=m.year, month=m.month, date=1, utc=True) for m in months if (m.month - 1) % step == 0]
    return ticks_at(ticks, format="%b %Y")


def lines_between(names: Sequence[Any], step: float) -> tuple[dict[str, list[str]], bool]:
    """Names in lines as they would stand level at that many pixels from each other, and whether they fit there."""
    lines = {str(name): wrapped(str(name), step - 4) for name in names}
    whole = all(text_width(word) <= step - 4 for name in lines for word in name.split())
    return lines, whole and all(len(each) <= MOST_LINES for each in lines.values())


def names_axis(names: Sequence[Any], step: float, **options: Any) -> alt.Axis:
    """Axis of names at that many pixels from each other: level where they fit, on several lines or, of a sequence, some but
    never zero left out; else upright."""
    lines, level = lines_between(names, step)
    sequence = all(str(name).lstrip("-+−")[:1].isdigit() for name in names)
    needed = widest(names) + 8
    if sequence and needed > step and not options:
        every = math.ceil(needed / step)
        first = list(names).index(0) % every if 0 in names else 0
        return alt.Axis(labelAngle=0, values=list(names)[first::every], **limited(names, by="labelLimit"))
    if level:
        deep = max(map(len, lines.values())) - 1 if options else 0
        padding = {"labelPadding": 4 + 13 * deep} if deep else {}
        return alt.Axis(labelAngle=0, labelExpr=label_expression(lines), **options | padding)
    options |= limited(names, by="labelLimit")
    return alt.Axis(
        labelAngle=-90, labelAlign="left" if "orient" in options else "right", labelBaseline="middle", **options
    )


def label_expression(lines: Mapping[str, Sequence[str]]) -> str:
    """What Vega writes for each value of an axis: its lines."""
    return f"{in_expression(lines)}[datum.value]"


def in_expression(value: Any) -> str:
    """A value as Vega's expressions have it, its texts as `Figure.specification` has those of the data."""
    return json.dumps(drawable(value), ensure_ascii=False)


def down(
    column: pd.Series[float], *, log: bool = False, format: str = "", height: float = 150
) -> tuple[float, alt.Axis]:
    """Pixels that the labels of a vertical axis of these values take, and the axis."""
    finite = column[column.abs() < math.inf].dropna()
    if log:
        ticks = log_ticks(finite, int(height // 22))
        form = format or number_format(ticks)
        axis = ticks_at(ticks, format=form, title=None)
    else:
        ticks = [float(finite.min()), float(finite.max())]
        spread = ticks[1] - ticks[0]
        # d3 writes as many places as the step between ticks needs, which is about a fifth of the range.
        places = max(0, -math.floor(math.log10(spread / 4))) if spread > 0 else 1
        form = format or f",.{places}f"
        kept: dict[str, Any] = {"format": format} if format else {}
        axis = alt.Axis(tickCount=max(int(height // 32), 2), title=None, **kept)
    return max(text_width(_as_labelled(tick, form)) for tick in ticks) + 12, axis


def _as_labelled(value: float, format: str) -> str:
    """About what d3 writes, to know its width."""
    if "%" in format:
        return f"{value:.0%}"
    if "s" in format and abs(value) >= 1000:
        return f"{'$' * format.count('$')}{value / 1000 ** (math.floor(math.log10(abs(value))) // 3):.0f}k"
    if format.startswith(",."):
        return f"{value:{format}}"
    return number(value, 2)


@dataclass(frozen=True)
class Rows:
    """Names of rows down the left side, on as many lines as they need; `after` is written behind a name."""

    names: tuple[Any, ...]
    after: Mapping[Any, str] | None = None

    @property
    def lines(self) -> dict[str, list[str]]:
        written = {name: f"{name} {(self.after or {}).get(name, '')}" for name in self.names}
        return {str(name): wrapped(text, LONGEST, most=MOST_LINES) for name, text in written.items()}

    @property
    def left(self) -> float:
        return widest(line for lines in self.lines.values() for line in lines) + 10

    @property
    def step(self) -> float:
        return 13 * max(1, *map(len, self.lines.values())) + 6

    def axis(self, field: str, *, labels: bool = True, grid: bool = False) -> alt.Y:
        axis = alt.Axis(
            labelExpr=label_expression(self.lines), labels=labels, ticks=False, domain=False, labelPadding=6, grid=grid
        )
        names: list[Any] = list(self.names)
        return alt.Y(f"{field}:N", sort=names, title=None, scale=alt.Scale(domain=names), axis=axis)
