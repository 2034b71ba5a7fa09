"""Forms of quantities: bars, points, matrices, timelines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.axes import (
    CHANNELS,
    Rows,
    across,
    chart_of,
    down,
    is_time,
    label_expression,
    lines_between,
    names_axis,
    number_format,
    scale,
    ticks_at,
    unique,
)
from crimjust_research.charts.drawn import Drawn, Encodings, Layers, Panel, Panels, each, moment, require, rule, said
from crimjust_research.charts.keys import (
    TRUE_VALUE,
    Key,
    beside_each_other,
    key,
    mark_key,
    number_key,
    placed,
    told_apart,
)
from crimjust_research.charts.theme import BLACK, LIGHT, LONGEST, VERMILION, WIDTH, limited, widest
from crimjust_research.numbers import number, plural

_POINTS = 220  # height of a panel of points
_CELL = 60  # pixels that a text in a cell or over a bar may be wide, however narrow that is


def bars(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    x2: str | None = None,
    by: str | None = None,
    panel: str | None = None,
    low: str | None = None,
    high: str | None = None,
    text: str | None = None,
    mark: str | None = None,
    events: pd.DataFrame | None = None,
    horizontal: bool = False,
    ordered: bool = False,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    domain: tuple[float, float] | None = None,
    format: str = "",
    columns: int = 2,
    height: int = 130,
) -> Drawn:
    """Bars of `y` by category `x`, in the order of `data`; with `x2` the bins of a histogram from `x` to `x2`.

    Dates and periods as `x` are categories. `x_title` and `y_title` name the axes of `x` and of `y`, wherever they lie.

    Parameters
    ----------
    by : column of parts of a bar, stacked on each other and told apart by lightness.
    low, high : columns of intervals around the end of each bar; text: column written beyond it.
    mark : column of the true values that shares of simulated data are to recover, drawn as diamonds.
    events : columns of the name of `x`, event and, with panels, `panel`: vertical lines over the bins of a histogram.
    horizontal : categories as rows.
    ordered : shades from light to dark, for parts that have an order.
    """
    require(data, x, y, x2, by, panel, low, high, text, mark)
    if is_time(data[x]):
        data = data.assign(**{x: data[x].dt.strftime("%Y-%m")})
    panels = Panels(data, panel)
    categories = unique(data[x])
    keys = key(data, by, "fill", by_title, colours=_shades(len(unique(data[by]))) if by and ordered else theme.FILLS)
    if mark:
        keys.append(mark_key(TRUE_VALUE))
    if events is not None:
        keys += key(events, "event", "dash", colours=(VERMILION, BLACK, *theme.PALETTE[2:]))
    rows = Rows(tuple(categories))
    sums = data.groupby([*([panel] if panel else []), x], sort=False)[y].sum() if by else data[y]
    left, axis = down(pd.concat([sums, pd.Series([0.0])]), format=format, height=height)
    left = rows.left if horizontal else left
    right = widest(data[text] if text else ()) + 8 if horizontal else 0
    keys = placed(keys, left, above=panels.heads)
    fill = told_apart(keys, by)
    end, second = ("x", "x2") if horizontal else ("y", "y2")

    def draw(one: Panel) -> Layers:
        own = one.own(data)
        if by:
            own = own.assign(_order=own[by].astype("str").map({name: i for i, name in enumerate(keys[0].names)}))
        limits = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=True)
        stack: Any = "zero" if by else None
        named: Any = one.title(y_title if horizontal else x_title) or None
        place: Encodings
        if horizontal:
            ticks = alt.Axis(tickCount=max(int(one.width // 50), 2), format=format or number_format(list(sums.abs())))
            place = {"y": rows.axis(x, labels=one.labels)}
            size: Encodings = {"x": alt.X(f"{y}:Q", title=named, axis=ticks, scale=limits, stack=stack)}
        else:
            size = {"y": alt.Y(f"{y}:Q", axis=axis, scale=limits, stack=stack)}
            step = one.width / len(categories)
            place = {"x": alt.X(f"{x}:O", sort=categories, title=named, axis=names_axis(categories, step))}
        if x2:
            bins = alt.Axis(tickCount=max(int(one.width // 45), 2))
            place = {"x": alt.X(f"{x}:Q", bin=alt.BinParams(binned=True), title=named, axis=bins), "x2": alt.X2(x2)}
        base = chart_of(own, x, x2, y, by, low, high, text, mark, "_order" if by else None).encode(**place)
        close: Encodings = {"binSpacing": 0} if x2 else {}
        body = base.mark_bar(stroke="white", strokeWidth=0.5, **close).encode(**size, **fill)
        layers: Layers = [body.encode(order=alt.Order("_order:Q")) if by else body]
        if low and high:
            ends = {end: CHANNELS[end](f"{low}:Q"), second: CHANNELS[second](f"{high}:Q")}
            layers.append(base.mark_rule(strokeWidth=1.8).encode(**ends))
        if mark:
            true = chart_of(own.assign(_mark=TRUE_VALUE), x, mark, "_mark").encode(**place)
            true = true.mark_point(size=60, opacity=1, filled=True)
            layers.append(true.encode(**{end: CHANNELS[end](f"{mark}:Q")}, **told_apart(keys, "_mark", shape=True)))
        if text:
            most = limited(own[text], LONGEST if horizontal else max(one.width / len(categories), _CELL))
            written = base.mark_text(align="left", dx=9, **most) if horizontal else base.mark_text(dy=-8, **most)
            layers.append(written.encode(**{end: CHANNELS[end](f"{high or y}:Q")}, text=alt.Text(f"{text}:N")))
        if events is not None:
            ruled = chart_of(one.own(events), x, "event").mark_rule(strokeWidth=2)
            layers.append(ruled.encode(x=alt.X(f"{x}:Q"), **told_apart(keys, "event")))
        return layers

    chart = panels.chart(
        draw,
        left=left,
        height=(rows.step + 4) * len(categories) if horizontal else height,
        columns=columns,
        shared_rows=horizontal,
        right=right,
        x_title=y_title if horizontal else x_title,
        y_title=x_title if horizontal else y_title,
    )

    def words(own: pd.DataFrame) -> str:
        if x2 or len(own) > 12:
            top = own.iloc[int(own[y].argmax())]
            return f"{plural(len(own), 'bar')}, the highest {said(top[y])} at {moment(top[x])}"
        return ", ".join(f"{moment(at)} {said(value)}" for at, value in zip(own[x], own[y], strict=True))

    told = each(data, [panel, by], "Histogram" if x2 else "Bar chart", words)
    if events is not None:
        marked = zip(events["event"], events[x], strict=True)
        told += f" Vertical lines: {', '.join(f'{name} {moment(at)}' for name, at in marked)}."
    return Drawn(chart, data, told, left)


def points(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    by: str | None = None,
    panel: str | None = None,
    averages: pd.DataFrame | None = None,
    x_title: str = "",
    y_title: str = "",
    rule_at: float | None = None,
    log: str = "",
) -> Drawn:
    """A point for each row of the frame; where `y` holds names, a strip of points for each of them.

    Parameters
    ----------
    by : column whose values are told apart by colour and shape and, in strips, stand below each other.
    averages : columns of the names of `x`, `y` and, where used, `by` and `panel`: thick ticks in the strips.
    rule_at : reference line at this value of `y`, in strips of `x`.
    """
    require(data, x, y, by, panel)
    panels = Panels(data, panel)
    rows = None if pd.api.types.is_numeric_dtype(data[y]) else Rows(tuple(unique(data[y])))
    left, axis = (rows.left, None) if rows else down(data[y], log="y" in log, height=_POINTS)
    keys = placed(key(data, by, "shape"), left, above=panels.heads)
    series = told_apart(keys, by, shape=True)
    offset = beside_each_other("y", keys, data, y) if rows else {}

    def draw(one: Panel) -> Layers:
        horizontal = across(data, x, one.width, title=one.title(x_title), log="x" in log)
        level = rows.axis(y, labels=one.labels) if rows else alt.Y(f"{y}:Q", scale=scale(log="y" in log), axis=axis)
        place: Encodings = {"x": horizontal, "y": level, **offset}
        base = chart_of(one.own(data), x, y, by).encode(**place)
        layers: Layers = [] if rule_at is None else [rule(rule_at, "x" if rows else "y")]
        layers.append(base.mark_point(filled=True, size=32, opacity=0.6).encode(**series))
        if averages is not None:
            ticks = chart_of(one.own(averages), x, y, by).encode(**place, color=series["color"])
            layers.append(ticks.mark_tick(orient="vertical", thickness=3, height=14, opacity=1))
        return layers

    each_row = max(rows.step, 16 * len(keys[0].names) + 8 if offset else 24) if rows else 0
    height = each_row * len(rows.names) if rows else _POINTS
    chart = panels.chart(draw, left=left, height=height, shared_rows=rows is not None, x_title=x_title, y_title=y_title)

    def words(own: pd.DataFrame) -> str:
        told = f"{plural(len(own), 'point')}, {x_title or x} from {said(own[x].min())} to {said(own[x].max())}"
        return told if rows else f"{told}, {y_title or y} from {said(own[y].min())} to {said(own[y].max())}"

    return Drawn(chart, data, each(data, [panel, y if rows else None, by], "Points", words), left)


def heat_map(
    data: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    classes: Sequence[str] = (),
    text: str | None = None,
    panel: str | None = None,
    by_title: str = "",
) -> Drawn:
    """A cell for each pair of `x` and `y`, in their order in `data`, the darker the more; missing pairs stay empty.

    Numbers are shown in steps of equal width, those on both sides of zero in two colours with their sign in the cell.

    Parameters
    ----------
    classes : the values of a column of names, from least to most.
    text : column written in the cells.
    panel : column of blocks of rows below each other.
    by_title : what the values are, above their key.
    """
    require(data, x, y, value, text, panel)
    blocks, columns = Panels(data, panel), unique(data[x])
    rows = blocks.rows(y)
    left = max(own.left for own in rows.values())
    step = (WIDTH - left - 6) / len(columns)
    head: alt.Axis | None = names_axis(columns, step, **_ABOVE)
    if step < 13 and set(columns) == set(unique(data[y])):
        # The same names on both sides and no room for them above: rows are numbered, and columns by the same numbers.
        places = {name: str(place) for place, name in enumerate(columns, 1)}
        rows = {name: Rows(own.names, after=places) for name, own in rows.items()}
        left = max(own.left for own in rows.values())
        step = (WIDTH - left - 6) / len(columns)
        numbered = label_expression({str(name): [place] for name, place in places.items()})
        head = ticks_at(columns[:: math.ceil(15 / step)], labelAngle=0, labelExpr=numbered, **_ABOVE)
    above = depth(columns, step)
    numeric = pd.api.types.is_numeric_dtype(data[value])
    named, order, colours = _steps(data[value]) if numeric else (data[value], tuple(classes), _shades(len(classes)))
    written = data[text].astype("str") if text else data[value].map(_sign) if numeric and data[value].min() < 0 else ""
    data = data.assign(_class=named, _text=written)
    (cells,) = placed([Key("_class", order, "fill", by_title, colours)], left, above=blocks.heads + above)
    dark = [name for name, colour in zip(order, colours, strict=True) if theme.lightness(colour) < 0.5]
    ink = alt.condition(alt.FieldOneOfPredicate("_class", oneOf=dark), alt.value("white"), alt.value(BLACK))

    def draw(one: Panel) -> Layers:
        own, axis = one.own(data), head if one.name == blocks.names[0] else None
        across_ = alt.X(f"{x}:N", sort=columns, title=None, axis=axis, scale=alt.Scale(domain=columns))
        base = chart_of(own, x, y, "_class", "_text").encode(x=across_, y=rows[one.name].axis(y))
        body = base.mark_rect(stroke="white", strokeWidth=1 if step > 10 else 0.5).encode(**cells.channels())
        written = base.mark_text(baseline="middle", **limited(own["_text"], max(step, _CELL)))
        return [body, written.encode(text=alt.Text("_text:N"), color=ink)]

    chart = blocks.chart(
        draw,
        left=left,
        height={name: max(own.step - 4, 14) * len(own.names) for name, own in rows.items()},
        columns=1,
        above=above,
        gap=6,
    )

    def words(own: pd.DataFrame) -> str:
        if not numeric:
            counts = ((name, int((own[value] == name).sum())) for name in order)
            return ", ".join(f"{count} {name}" for name, count in counts if count)
        least, most = own.iloc[int(own[value].argmin())], own.iloc[int(own[value].argmax())]
        told = [f"{said(one[value], 2)} ({one[y]})" for one in (least, most)]
        return f"from {told[0]} to {told[1]}" if len(own) > 1 else told[0]

    told = each(data, [panel, x], "Matrix, by column", words)
    return Drawn(chart, data.drop(columns=["_class", "_text"]), told, left)


_ABOVE: Encodings = {"orient": "top", "ticks": False, "domain": False}


def depth(columns: Sequence[Any], step: float) -> float:
    """Pixels that the names of columns take above a matrix."""
    lines, level = lines_between(columns, step)
    if step < 13 or level:
        return 13 * max(map(len, lines.values())) + 6 if level else 19
    return widest(columns) + 8


def _steps(column: pd.Series[float]) -> tuple[pd.Series[Any], tuple[str, ...], tuple[str, ...]]:
    """Classes of a column of numbers: their names for each row, in order, and the colours of them."""
    low, high = float(column.min()), float(column.max())
    whole = sorted(set(column.dropna()))
    if low >= 0 and high - low <= 4 and all(v == int(v) for v in whole):
        order = tuple(str(v) for v in range(int(low), int(high) + 1))
        return column.map(lambda v: str(int(v)), na_action="ignore"), order, _shades(len(order), empty=low == 0)
    reach = max(abs(low), abs(high)) if low < 0 or low == high else high - low
    raw = reach / (2 if low < 0 else 5)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * 0.999)
    first = math.floor(round(low / step, 9))
    last = math.ceil(round(high / step, 9))
    last = max(last, 0) if low < 0 else last  # colours are counted from zero on, which may lie above all
    edges = [round(k * step, 12) for k in range(first, last + 1)]

    order = tuple(f"{number(a, 2)} to {number(b, 2)}" for a, b in pairwise(edges))
    place = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, len(order) - 1)
    names = pd.Series(
        [order[k] if known else None for k, known in zip(place, column.notna(), strict=True)], column.index
    )
    if low >= 0:
        return names, order, _shades(len(order))
    # As many classes for both sides, so that equal distances from zero are equally strong.
    classes = max(-first, last)
    below = [_blend(VERMILION, share) for share in _BELOW_ZERO[classes][:-first]]
    return names, order, (*below[::-1], *(_blend(_NAVY, share) for share in _ABOVE_ZERO[classes][:last]))


# Shares of a colour on white, from zero outwards, by how many classes there are: no two are alike in grey print.
_NAVY = "#00407f"
_BELOW_ZERO: dict[int, tuple[float, ...]] = {1: (1.0,), 2: (0.4, 1.0), 3: (0.25, 0.62, 1.0)}
_ABOVE_ZERO: dict[int, tuple[float, ...]] = {1: (0.95,), 2: (0.4, 0.95), 3: (0.3, 0.55, 0.95)}


def _blend(colour: str, share: float) -> str:
    """That share of a colour on white."""
    mixed = (round(255 + share * (int(colour[i : i + 2], 16) - 255)) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _shades(n: int, *, empty: bool = False) -> tuple[str, ...]:
    """Shades from light to dark, of which the lightest is near white if it stands for nothing."""
    shades = ("#f4f4f4", *theme.SHADES[1:]) if empty else theme.SHADES
    if n > len(shades):
        return tuple(_blend(theme.SHADES[-1], 0.08 + 0.92 * i / (n - 1)) for i in range(n))
    return tuple(shades[round(i * (len(shades) - 1) / max(n - 1, 1))] for i in range(n))


def _sign(value: float) -> str:
    return "−" if value < 0 else "+" if value > 0 else ""


def timeline(
    data: pd.DataFrame,
    row: str,
    x: str,
    *,
    x2: str | None = None,
    by: str | None = None,
    size: str | None = None,
    panel: str | None = None,
    by_title: str = "",
    size_title: str = "",
) -> Drawn:
    """Events and spans of time by row, in the order of `data`.

    Rows of the frame in which `x2` is there are spans from `x` to `x2`, the others marks at `x`; both dates, or numbers
    such as years.

    Parameters
    ----------
    by : column of what an event or span is: marks are told apart by colour and shape, spans by lightness.
    size : column of numbers that the marks are as large as.
    """
    require(data, row, x, x2, by, size, panel)
    panels = Panels(data, panel)
    rows = panels.rows(row)
    left = max(own.left for own in rows.values())
    long = data[x2].notna() if x2 else pd.Series(False, data.index)
    spans, marks = data[long], data[~long]
    one_kind = by is not None and len(unique(spans[by])) == 1
    keys = key(spans, by, "fill", by_title, colours=(LIGHT,) if one_kind else theme.FILLS) if len(spans) else []
    keys += key(marks, by, "shape", "" if keys else by_title) if len(marks) else []
    if size:
        keys.append(number_key(marks[size], "size", size_title, (0, 260)))
    keys = placed(keys, left, above=panels.heads)
    of_spans = told_apart([k for k in keys if k.by == "fill"], by)
    of_marks = told_apart([k for k in keys if k.by == "shape"], by, shape=True)
    sized: Encodings = keys[-1].channels() if size else {}
    reach = pd.DataFrame({x: pd.concat([data[x], spans[x2]]) if x2 else data[x]})

    def draw(one: Panel) -> Layers:
        y = rows[one.name].axis(row, grid=True)
        horizontal = across(reach, x, one.width, title="")
        layers: Layers = []
        if len(spans):
            bodies = chart_of(one.own(spans), row, x, by, x2).mark_bar(height=9)
            layers.append(bodies.encode(y=y, x=horizontal, x2=alt.X2(str(x2)), **of_spans))
        if len(marks):
            one_size: Encodings = {} if size else {"size": 60}
            dots = chart_of(one.own(marks), row, x, by, size).mark_point(filled=True, opacity=1, **one_size)
            layers.append(dots.encode(y=y, x=horizontal, **of_marks, **sized))
        return layers

    height = {name: max(own.step - 2, 16) * len(own.names) for name, own in rows.items()}
    chart = panels.chart(draw, left=left, height=height, columns=1)

    def words(own: pd.DataFrame) -> str:
        ends = own[x2].fillna(own[x]) if x2 else own[x]
        return f"{len(own)} in {own[row].nunique()} rows, from {moment(own[x].min())} to {moment(ends.max())}"

    return Drawn(chart, data, each(data, [panel, by], "Timeline", words), left)
