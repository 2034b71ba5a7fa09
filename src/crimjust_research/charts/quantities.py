"""Forms of quantities: bars, points, matrices, timelines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.drawn import (
    Drawn,
    Key,
    Layers,
    Rows,
    across,
    apart,
    down,
    each,
    grid,
    is_time,
    key,
    label_expression,
    moment,
    names_axis,
    number_key,
    placed,
    rule,
    scale,
    unique,
    values,
)
from crimjust_research.charts.theme import BLACK, BLUE, LIGHT, VERMILION, text_width
from crimjust_research.numbers import number


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
    mark_title: str = "true value",
    events: pd.DataFrame | None = None,
    horizontal: bool = False,
    stacked: bool = True,
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
    by : column of parts of a bar, stacked on each other or, if not `stacked`, side by side; told apart by lightness.
    low, high : columns of intervals around the end of each bar; text: column written beyond it.
    mark : column of a second value in each bar, drawn as a diamond that the key calls `mark_title`.
    events : columns of the name of `x`, event and, with panels, `panel`: vertical lines over the bins of a histogram.
    horizontal : categories as rows.
    ordered : shades from light to dark, for parts that have an order.
    """
    names = unique(data[panel]) if panel else [""]
    if is_time(data[x]):
        shown = data[x].dt.strftime("%Y-%m") if not isinstance(data[x].dtype, pd.PeriodDtype) else data[x].astype("str")
        data = data.assign(**{x: shown})
    categories = unique(data[x])
    keys = key(data, by, "fill", by_title)
    if keys:
        keys = [_filled(keys[0], ordered)]
    if mark:
        keys.append(Key("_mark", (mark_title,), "shape", colours=(VERMILION,), shapes=("diamond",)))
    if events is not None:
        keys.append(Key("event", tuple(map(str, unique(events["event"]))), "dash", colours=theme.PALETTE[1:]))
    totals = data.groupby([*([panel] if panel else []), x], sort=False)[y].sum() if by and stacked else data[y]
    rows = Rows(tuple(categories))
    left, axis = (
        (rows.left, None) if horizontal else down(pd.concat([totals, pd.Series([0.0])]), format=format, height=height)
    )
    right = max(map(text_width, data[text].astype("str"))) if text and horizontal else 0
    keys = placed(keys, left, titled=panel is not None)
    fill: dict[str, Any] = keys[0].channels() if by else {"color": alt.value(BLUE)}
    fields = [c for c in (x, x2, y, by, low, high, text, mark) if c]
    wide = dict.fromkeys(names, height) if not horizontal else dict.fromkeys(names, (rows.step + 4) * len(categories))

    def draw(name: Any, width: float, first: bool) -> Layers:
        own = data if panel is None else data[data[panel] == name]
        title = theme.wrapped(y_title if horizontal else x_title, theme.WIDTH * 0.95) or None
        own = own.assign(_order=own[by].map({v: i for i, v in enumerate(keys[0].names)}) if by else 0)
        base = alt.Chart(values(own[[*fields, "_order"]]))
        limits = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=True)
        stack = "zero" if by and stacked else None
        if horizontal:
            ticks = alt.Axis(format=format, tickCount=max(int(width // 50), 2))
            place = {"y": rows.axis(x, labels=first)}
            size: dict[str, Any] = {"x": alt.X(f"{y}:Q", title=title, axis=ticks, scale=limits, stack=stack)}
        else:
            size = {"y": alt.Y(f"{y}:Q", axis=axis, scale=limits, stack=stack)}
            step = width / max(len(categories), 1)
            place = {"x": alt.X(f"{x}:O", sort=categories, title=title, axis=names_axis(categories, step))}
            if x2:
                bins = alt.Axis(tickCount=max(int(width // 45), 2))
                place = {"x": alt.X(f"{x}:Q", bin=alt.BinParams(binned=True), title=title, axis=bins), "x2": alt.X2(x2)}
        beside: dict[str, Any] = {}
        if by and not stacked:
            beside = {"yOffset": f"{by}:N"} if horizontal else {"xOffset": f"{by}:N"}
        ordering = {"order": alt.Order("_order:Q")} if by and stacked else {}
        body = base.mark_bar(stroke="white", strokeWidth=0.5, **({"binSpacing": 0} if x2 else {}))
        along = "x" if horizontal else "y"
        layers: Layers = [body.encode(**place, **size, **fill, **beside, **ordering)]
        if low and high:
            spans = base.mark_rule(color=BLACK, strokeWidth=1.8)
            layers.append(spans.encode(**place, **beside, **{along: f"{low}:Q", f"{along}2": f"{high}:Q"}))
        if mark:
            second = alt.Chart(values(own.assign(_mark=mark_title)[[x, mark, "_mark"]]))
            second = second.mark_point(size=60, opacity=1, strokeWidth=1.8, filled=True)
            layers.append(second.encode(**place, **{along: f"{mark}:Q"}, **keys[-1].channels(shape=True)))
        if text:
            end = high or y
            at = {"align": "left", "dx": 5} if horizontal else {"dy": -8}
            layers.append(base.mark_text(**at).encode(**place, **{along: f"{end}:Q"}, text=f"{text}:N"))
        if events is not None:
            part = events if panel is None else events[events[panel] == name]
            lines = alt.Chart(values(part[[x, "event"]])).mark_rule(strokeWidth=2)
            layers.append(lines.encode(x=f"{x}:Q", **keys[-1].channels()))
        return layers

    chart = grid(
        draw,
        names,
        left=left,
        height=wide,
        keys=keys,
        columns=columns,
        shared_rows=horizontal,
        right=right,
        x_title=y_title if horizontal else x_title,
        y_title=x_title if horizontal else y_title,
    )
    if mark or events is not None:
        chart = apart(chart)

    def words(own: pd.DataFrame) -> str:
        top = own.loc[own[y].idxmax()]
        if len(own) <= 8 and not x2:
            return ", ".join(f"{moment(row[x])} {number(row[y])}" for _, row in own.iterrows())
        return f"highest {number(float(top[y]))} at {moment(top[x])}, {number(float(own[y].sum()))} in all"

    said = each(data, [panel, by], "Bar chart" if not x2 else "Histogram", words)
    if events is not None:
        said += (
            " Vertical lines: "
            + ", ".join(f"{e} at {moment(v)}" for e, v in zip(events["event"], events[x], strict=True))
            + "."
        )
    return Drawn(chart, data, said)


def _filled(part: Key, ordered: bool) -> Key:
    """A key with fills that differ in lightness."""
    return replace(part, colours=_shades(len(part.names)) if ordered else theme.FILLS)


def points(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    by: str | None = None,
    panel: str | None = None,
    text: str | None = None,
    averages: pd.DataFrame | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    rule_at: float | None = None,
    log: str = "",
    format: str = "",
    columns: int = 2,
    height: int = 220,
) -> Drawn:
    """A point for each row of the frame; where `y` holds names, a strip of points for each of them.

    Parameters
    ----------
    by : column whose values are told apart by colour and shape and, in strips, stand below each other.
    text : column written beside the points.
    averages : columns of the names of `x`, `y` and, where used, `by` and `panel`: thick ticks in the strips.
    rule_at : reference line at this value of `y`, in strips of `x`.
    """
    names = unique(data[panel]) if panel else [""]
    strips = not pd.api.types.is_numeric_dtype(data[y])
    rows = Rows(tuple(unique(data[y]))) if strips else None
    if rows:
        left, axis = rows.left, None
    else:
        left, axis = down(data[y], log="y" in log, format=format, height=height)
    keys = placed(key(data, by, "shape", by_title), left, titled=panel is not None)
    series: dict[str, Any] = keys[0].channels(shape=True) if by else {"color": alt.value(BLUE)}
    beside = rows is not None and by is not None and bool((data.groupby(y)[by].nunique() > 1).any())
    offset = {"yOffset": alt.YOffset(f"{by}:N", sort=list(keys[0].names))} if beside else {}
    fields = [x, y, *([by] if by else [])]

    def draw(name: Any, width: float, first: bool) -> Layers:
        def own(frame: pd.DataFrame) -> pd.DataFrame:
            return frame if panel is None else frame[frame[panel] == name]

        horizontal = across(data, x, width, title=x_title, log="x" in log)
        vertical = rows.axis(y, labels=first) if rows else alt.Y(f"{y}:Q", scale=scale(log="y" in log), axis=axis)
        place = {"x": horizontal, "y": vertical, **offset}
        base = alt.Chart(values(own(data)[[*fields, *([text] if text else [])]])).encode(**place)
        layers: Layers = [] if rule_at is None else [rule(rule_at, "x" if rows else "y")]
        layers.append(base.mark_point(filled=True, size=32, opacity=0.6).encode(**series))
        if averages is not None:
            ticks = alt.Chart(values(own(averages)[fields])).encode(**place, color=series["color"])
            layers.append(ticks.mark_tick(orient="vertical", thickness=3, height=14, opacity=1))
        if text:
            layers.append(base.mark_text(align="left", dx=6).encode(text=f"{text}:N"))
        return layers

    chart = grid(
        draw,
        names,
        left=left,
        height=max(rows.step, 16 * len(keys[0].names) + 8 if beside else 24) * len(rows.names) if rows else height,
        keys=keys,
        columns=columns,
        shared_rows=strips,
        x_title=x_title,
        y_title=y_title,
    )

    def words(own: pd.DataFrame) -> str:
        said = f"{len(own)} points, {x_title or x} from {number(own[x].min())} to {number(own[x].max())}"
        return said if strips else f"{said}, {y_title or y} from {number(own[y].min())} to {number(own[y].max())}"

    return Drawn(chart, data, each(data, [panel, y if strips else None, by], "Points", words))


def heat_map(
    data: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    classes: Sequence[str] = (),
    text: str | None = None,
    panel: str | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    format: str = "",
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
    blocks = unique(data[panel]) if panel else [""]
    columns = unique(data[x])
    numeric = pd.api.types.is_numeric_dtype(data[value])
    signed = numeric and bool((data[value] < 0).any())
    named, order, colours = _steps(data[value], format) if numeric else (data[value], tuple(classes), None)
    key_of = Key("_class", order, "fill", by_title, colours or _shades(len(order)))
    written = data[text].astype("str") if text else data[value].map(_sign) if signed else None
    data = data.assign(_class=named, _text=written)
    dark = [name for name, colour in zip(order, key_of.colours, strict=False) if _lightness(colour) < 0.5]
    rows = {name: Rows(tuple(unique(data.loc[data[panel] == name, y] if panel else data[y]))) for name in blocks}
    left = max(own.left for own in rows.values())
    width = theme.WIDTH - left - 8
    step = width / len(columns)
    square = step < 13 and set(columns) == set(data[y])
    if square:
        places = {name: f"{place + 1}" for place, name in enumerate(columns)}
        rows = {name: Rows(own.names, prefix=places) for name, own in rows.items()}
        left = max(own.left for own in rows.values())
        width = theme.WIDTH - left - 8
        step = width / len(columns)
    heads = _heads(columns, step, places if square else None)
    upright = heads.to_dict().get("labelAngle") == -90
    above = max(text_width(str(c)) for c in columns) if upright else 13 * max(map(len, _wrapped_names(columns, step)))
    (key_of,) = placed([key_of], left, titled=panel is not None)
    key_of = replace(key_of, top=key_of.top - above - 4)
    fill = key_of.channels()
    panels = []
    for place, name in enumerate(blocks):
        own = data if panel is None else data[data[panel] == name]
        axis = heads if place == 0 else None
        across_ = alt.X(f"{x}:N", sort=columns, title=None, axis=axis, scale=alt.Scale(domain=columns))
        base = alt.Chart(values(own[[x, y, "_class", "_text"]])).encode(x=across_, y=rows[name].axis(y, labels=True))
        layers: Layers = [base.mark_rect(stroke="white", strokeWidth=1 if step > 10 else 0.5).encode(**fill)]
        if text or signed:
            on_dark = alt.condition(alt.FieldOneOfPredicate("_class", oneOf=dark), alt.value("white"), alt.value(BLACK))
            layers.append(base.mark_text(baseline="middle").encode(text="_text:N", color=on_dark))
        title = {
            "title": alt.Title(str(name), dx=-left, fontWeight="bold", offset=4 + (above + 6 if place == 0 else 0))
        }
        panels.append(
            alt.layer(*layers).properties(
                width=round(width, 1),
                height=max(rows[name].step - 3, 13) * len(rows[name].names),
                **(title if panel else {}),
            )
        )
    chart = alt.vconcat(*panels, spacing=26, bounds="flush")
    del x_title, y_title

    def words(own: pd.DataFrame) -> str:
        if not numeric:
            return ", ".join(f"{int((own[value] == c).sum())} {c}" for c in order if (own[value] == c).any())
        top, least = own.loc[own[value].idxmax()], own.loc[own[value].idxmin()]
        return (
            f"{len(own)} cells from {number(least[value], 2)} ({least[y]}, {least[x]}) to {number(top[value], 2)} "
            f"({top[y]}, {top[x]})"
        )

    return Drawn(chart, data.drop(columns=["_class", "_text"]), each(data, [panel, x], "Matrix by column", words))


def _steps(column: pd.Series[float], format: str) -> tuple[pd.Series[Any], tuple[str, ...], tuple[str, ...]]:
    """Classes of a column of numbers: their names for each row, in order, and the colours of them."""
    low, high = float(column.min()), float(column.max())
    whole = sorted(set(column.dropna()))
    if len(whole) <= 6 and low >= 0 and all(v == int(v) for v in whole):
        order = tuple(str(v) for v in range(int(low), int(high) + 1))
        return column.map(lambda v: str(int(v)), na_action="ignore"), order, _shades(len(order), empty=low == 0)
    reach = max(abs(low), abs(high)) if low < 0 else high - low
    raw = reach / (2 if low < 0 else 5)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * 0.999)
    first = math.floor(round(low / step, 9))
    last = math.ceil(round(high / step, 9))
    edges = [round(k * step, 12) for k in range(first, last + 1)]

    def show(v: float) -> str:
        return f"{v:.0%}" if "%" in format else number(v, 2)

    order = tuple(f"{show(a)} to {show(b)}" for a, b in pairwise(edges))
    place = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, len(order) - 1)
    names = pd.Series(
        [order[k] if known else None for k, known in zip(place, column.notna(), strict=True)], column.index
    )
    if low >= 0:
        return names, order, _shades(len(order))
    below = [_blend(VERMILION, (k + 1) / -first) for k in range(-first)][::-1]
    return names, order, (*below, *(_blend(BLUE, (k + 1) / max(last, 1)) for k in range(last)))


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


def _lightness(colour: str) -> float:
    """Relative lightness, 0 black to 1 white, as grey print shows it."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _sign(value: float) -> str:
    return "−" if value < 0 else "+" if value > 0 else ""


def _wrapped_names(names: Sequence[Any], step: float) -> list[list[str]]:
    return [theme.wrapped(str(name), step - 4) for name in names]


def _heads(columns: Sequence[Any], step: float, places: dict[Any, str] | None) -> alt.Axis:
    """Names of columns above a matrix; where rows and columns are the same and narrow, every second number."""
    plain: dict[str, Any] = {"orient": "top", "ticks": False, "domain": False, "labelPadding": 4}
    if places:
        every = math.ceil(15 / step)
        return alt.Axis(
            **plain,
            labelAngle=0,
            labelExpr=label_expression({str(c): [n] for c, n in places.items()}),
            values=list(columns)[::every],
        )
    lines = {str(c): w for c, w in zip(columns, _wrapped_names(columns, step), strict=True)}
    if all(text_width(line) <= step - 2 for each_name in lines.values() for line in each_name):
        return alt.Axis(**plain, labelAngle=0, labelExpr=label_expression(lines), labelBaseline="bottom")
    return alt.Axis(**plain, labelAngle=-90, labelAlign="left", labelBaseline="middle")


def timeline(
    data: pd.DataFrame,
    row: str,
    x: str,
    *,
    x2: str | None = None,
    by: str | None = None,
    size: str | None = None,
    panel: str | None = None,
    x_title: str = "",
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
    names = unique(data[panel]) if panel else [""]
    rows = {name: Rows(tuple(unique(data.loc[data[panel] == name, row] if panel else data[row]))) for name in names}
    left = max(own.left for own in rows.values())
    long = data[x2].notna() if x2 else pd.Series(False, data.index)
    keys: list[Key] = []
    if by:
        kinds = unique(data.loc[long, by])
        if kinds:
            keys.append(Key(by, tuple(kinds), "fill", by_title, (LIGHT,) if len(kinds) == 1 else theme.FILLS))
        keys += key(data[~long], by, "shape", by_title if not kinds else "") if (~long).any() else []
    if size:
        keys.append(number_key(data.loc[~long, size], "size", size_title, (0, 260)))
    keys = placed(keys, left, titled=panel is not None)
    time = is_time(data[x])
    kind = "T" if time else "Q"

    def draw(name: Any, width: float, first: bool) -> Layers:
        own = data if panel is None else data[data[panel] == name]
        y = rows[name].axis(row, labels=True, grid=True)
        both = pd.concat([data[x], data[x2].dropna()]) if x2 else data[x]
        horizontal = across(both.to_frame(x), x, width, title=x_title)
        layers: Layers = []
        if x2 and long[own.index].any():
            spans = alt.Chart(values(own.loc[long, [row, x, x2, *([by] if by else [])]])).mark_bar(height=9)
            fill = keys[0].channels() if by else {"color": alt.value(BLUE)}
            layers.append(spans.encode(y=y, x=horizontal, x2=f"{x2}", **fill))
        if (~long[own.index]).any():
            marks = alt.Chart(values(own.loc[~long, [row, x, *([by] if by else []), *([size] if size else [])]]))
            shape = next((k.channels(shape=True) for k in keys if k.by == "shape"), {"color": alt.value(BLUE)})
            sized = keys[-1].channels() if size else {}
            layers.append(
                marks.mark_point(filled=True, opacity=1, **({} if size else {"size": 60})).encode(
                    y=y, x=horizontal, **shape, **sized
                )
            )
        return layers

    del kind
    chart = grid(
        draw,
        names,
        left=left,
        height={name: max(own.step - 2, 16) * len(own.names) for name, own in rows.items()},
        keys=keys,
        columns=1,
        x_title=x_title,
    )

    def words(own: pd.DataFrame) -> str:
        ends = own[x2].fillna(own[x]) if x2 else own[x]
        return f"{len(own)} of {own[row].nunique()} rows, from {moment(own[x].min())} to {moment(ends.max())}"

    return Drawn(apart(chart), data, each(data, [panel, by], "Timeline", words))
