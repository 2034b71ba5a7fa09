"""Forms of estimates: rows with intervals, event studies, specification curves."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    apart,
    down,
    each,
    grid,
    key,
    log_ticks,
    names_axis,
    placed,
    rule,
    scale,
    shade,
    unique,
    values,
)
from crimjust_research.charts.theme import BLACK, BLUE, GREY, VERMILION, text_width
from crimjust_research.numbers import number, p_text


def intervals(
    data: pd.DataFrame,
    row: str,
    *,
    value: str | None = "estimate",
    low: str | None = "ci_low",
    high: str | None = "ci_high",
    p: str | None = "p_value",
    text: str | None = None,
    by: str | None = None,
    panel: str | None = None,
    registered: str | None = None,
    band: tuple[str, str] | None = None,
    mark: str | None = None,
    mark_title: str = "true value",
    x_title: str = "",
    by_title: str = "",
    rule_at: float | Mapping[str, float] | None = 0.0,
    margin: tuple[float, float] | None = None,
    domain: tuple[float, float] | None = None,
    log: bool = False,
    format: str = "",
    columns: int = 1,
) -> Drawn:
    """A row for each estimate with its interval, in the order of `data`; what leaves the axis ends in an arrow.

    Parameters
    ----------
    value : column of points, or None for intervals alone; `low`, `high`: None for points alone. A missing or infinite
        end is open: it ends in an arrow at the edge.
    p : column of p-values written beside the rows, if the frame has it; `text`: a column written there instead.
    by : column of estimates that share a row, told apart by colour and shape.
    registered : the row that stands out.
    band : columns of a range behind each row, such as the range of chance or the years that are possible.
    mark : column of a second value in each row, drawn as a hollow diamond that the key calls `mark_title`.
    rule_at : reference line, for each panel its own if a mapping; `margin`: shaded between two values.
    domain : ends of the axis; without it, those of the usual intervals (that have a p).
    """
    names = unique(data[panel]) if panel else [""]
    rows = {name: Rows(tuple(unique(_own(data, panel, name)[row]))) for name in names}
    same = len({own.names for own in rows.values()}) == 1
    left = max(own.left for own in rows.values())
    tall = 12 * data[by].nunique() + 6 if by else 0
    ends = [c for c in (low, high) if c]
    p = p if p and p in data and not text else None
    data = data.assign(_text=_beside(data, p, text))
    right = max(map(text_width, data["_text"])) + 8 if p or text else 0
    domain = domain or _domain(data, [c for c in (value, *ends, mark, *(band or ())) if c], p, log)
    keys = key(data, by, "shape", by_title)
    if mark:
        keys.append(Key("_mark", (mark_title,), "shape", colours=(VERMILION,), shapes=("diamond",)))
    keys = placed(keys, left, titled=panel is not None)
    series: dict[str, Any] = keys[0].channels(shape=True) if by else _standing_out(row, registered)
    offset = {"yOffset": alt.YOffset(f"{by}:N", sort=list(keys[0].names))} if by and _sharing(data, panel, row) else {}
    along = scale(log=log, domain=domain)

    def draw(name: Any, width: float, first: bool) -> Layers:
        own = _own(data, panel, name)
        y = rows[name].axis(row, labels=first)
        ticks = {"values": log_ticks(domain, int(width // 45))} if log else {"tickCount": max(int(width // 50), 2)}
        title = theme.wrapped(x_title, theme.WIDTH * 0.95) if x_title else None
        axis = alt.Axis(format=format or ("~g" if log else ""), grid=False, **ticks)
        layers: Layers = [shade(*margin, "x")] if margin else []
        at = rule_at.get(str(name)) if isinstance(rule_at, Mapping) else rule_at
        layers += [rule(at, "x")] if at is not None else []

        def marks(part: pd.DataFrame, *columns: str) -> alt.Chart:
            return alt.Chart(values(part[[row, *columns, *([by] if by else [])]])).encode(y=y, **offset)

        def x(column: str) -> alt.X:
            return alt.X(f"{column}:Q", scale=along, axis=axis, title=title)

        if band:
            inside = own.assign(_low=own[band[0]].clip(*domain), _high=own[band[1]].clip(*domain))
            ranges = alt.Chart(values(inside[[row, "_low", "_high"]])).mark_bar(color=GREY, opacity=0.35, height=12)
            layers.append(ranges.encode(y=y, x=x("_low"), x2="_high:Q"))
        if low and high:
            spans = _spans(own, low, high, domain)
            layers.append(
                marks(spans, "_low", "_high")
                .mark_rule(strokeWidth=2)
                .encode(x=x("_low"), x2="_high:Q", color=series["color"])
            )
            for end, shape in (("_low", "triangle-left"), ("_high", "triangle-right")):
                cut = spans[spans[f"{end}_cut"]]
                if len(cut):
                    arrows = marks(cut, end).mark_point(shape=shape, filled=True, size=50, opacity=1)
                    layers.append(arrows.encode(x=x(end), color=series["color"]))
        if value:
            within = own[own[value].between(*domain)]
            layers.append(marks(within, value).mark_point(filled=True, size=55, opacity=1).encode(x=x(value), **series))
        if mark:
            second = alt.Chart(values(own.assign(_mark=mark_title)[[row, mark, "_mark"]]))
            second = second.mark_point(size=60, opacity=1, strokeWidth=1.8, filled=False)
            layers.append(second.encode(y=y, x=x(mark), **keys[-1].channels(shape=True)))
        if right:
            layers.append(marks(own, "_text").mark_text(align="left", dx=6).encode(x=alt.value(width), text="_text:N"))
        if p and first:
            head = alt.Chart(alt.InlineData(values=[{}])).mark_text(align="left", dx=6, fontStyle="italic", text="p")
            layers.append(head.encode(x=alt.value(width), y=alt.value(-7)))
        return layers

    chart = grid(
        draw,
        names,
        left=left,
        height={name: max(own.step, tall) * len(own.names) for name, own in rows.items()},
        keys=keys,
        columns=columns if same else 1,
        shared_rows=same,
        right=right,
        x_title=x_title,
    )
    if mark:
        chart = apart(chart)

    def words(own: pd.DataFrame) -> str:
        known = own[value] if value else own[ends[0]]
        said = f"{len(own)} rows from {number(known.min(), 2)} to {number(known.max(), 2)}"
        if low and high and isinstance(rule_at, float):
            clear = int(((own[low] > rule_at) | (own[high] < rule_at)).sum())
            said += f", {clear} of their intervals leave {number(rule_at)} out"
        if p:
            said += f"; p from {p_text(own[p].min())} to {p_text(own[p].max())}"
        if len(own) <= 12 and value:
            said += ": " + "; ".join(f"{name} {number(v, 2)}" for name, v in zip(own[row], own[value], strict=True))
        return said

    return Drawn(chart, data.drop(columns="_text"), each(data, [panel, by], "Estimates", words))


def _own(data: pd.DataFrame, panel: str | None, name: Any) -> pd.DataFrame:
    return data if panel is None else data[data[panel] == name]


def _sharing(data: pd.DataFrame, panel: str | None, place: str) -> bool:
    """Whether several rows of the frame stand at one place of a panel."""
    return bool(data.duplicated([*([panel] if panel else []), place]).any())


def _beside(data: pd.DataFrame, p: str | None, text: str | None) -> list[str]:
    if text:
        return [v if isinstance(v, str) else number(v) for v in data[text]]
    return ["" if np.isnan(v) else p_text(v) for v in data[p]] if p else [""] * len(data)


def _standing_out(row: str, registered: str | None) -> dict[str, Any]:
    """Colour and shape of points, that of one row apart: its name beside it says which."""
    if registered is None:
        return {"color": alt.value(BLUE)}
    own = alt.FieldEqualPredicate(field=row, equal=registered)
    return {
        "color": alt.condition(own, alt.value(VERMILION), alt.value(BLUE)),
        "shape": alt.condition(own, alt.value("diamond"), alt.value("circle")),
    }


def _domain(data: pd.DataFrame, columns: list[str], p: str | None, log: bool) -> tuple[float, float]:
    """Ends of an axis that holds the usual values: those with a p, where there are any."""
    usual = data[data[p].notna()] if p and data[p].notna().any() else data
    numbers = usual[columns].to_numpy(dtype="float64")
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    if log:
        pad = (high / low) ** 0.06
        return low / pad, high * pad
    pad = 0.06 * (high - low or 1.0)
    return low - pad, high + pad


def _spans(own: pd.DataFrame, low: str, high: str, domain: tuple[float, float]) -> pd.DataFrame:
    """Intervals cut at the ends of the axis, and whether they are; an end that is missing is open."""
    known = own[own[low].notna() | own[high].notna()]
    lows, highs = known[low].fillna(-np.inf), known[high].fillna(np.inf)
    return known.assign(
        _low=lows.clip(*domain), _high=highs.clip(*domain), _low_cut=lows < domain[0], _high_cut=highs > domain[1]
    )


def event_study(
    data: pd.DataFrame,
    at: str,
    *,
    value: str = "estimate",
    low: str | None = "ci_low",
    high: str | None = "ci_high",
    band: tuple[str, str] | None = ("band_low", "band_high"),
    by: str | None = None,
    panel: str | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    rule_at: float = 0.0,
    event: Any = None,
    log: bool = False,
    columns: int = 2,
    height: int = 180,
) -> Drawn:
    """Estimates by time around an event, or by any ordered `at` such as a lag, a date or a bound.

    Parameters
    ----------
    low, high : columns of pointwise intervals; without them a stem joins each point to the reference line.
    band : columns of a wider or a reference band, drawn lighter, if the frame has them.
    by : column of estimates that share a place, told apart by colour and shape, beside each other.
    rule_at : reference line; event: value of `at` before which a vertical line stands.
    """
    names = unique(data[panel]) if panel else [""]
    order = sorted(unique(data[at])) if pd.api.types.is_numeric_dtype(data[at]) else unique(data[at])
    band = band if band and set(band) <= set(data.columns) else None
    ends = [c for c in (low, high) if c]
    shown = pd.concat([data[c] for c in (value, *ends, *(band or ()))] + [pd.Series([rule_at])])
    left, axis = down(shown, log=log, height=height)
    keys = placed(key(data, by, "shape", by_title), left, titled=panel is not None)
    series: dict[str, Any] = keys[0].channels(shape=True) if by else {"color": alt.value(BLUE)}
    beside = bool(by) and _sharing(data, panel, at)
    offset = {"xOffset": alt.XOffset(f"{by}:N", sort=list(keys[0].names))} if beside else {}
    vertical = scale(log=log)

    def draw(name: Any, width: float, first: bool) -> Layers:
        step = width / len(order)
        title = theme.wrapped(x_title, min(width + left, theme.WIDTH * 0.95)) if x_title else None
        x = alt.X(
            f"{at}:O", sort=order, title=title, axis=names_axis(order, step), scale=alt.Scale(type="band", domain=order)
        )
        fields = [at, value, *ends, *(band or ()), *([by] if by else [])]
        base = alt.Chart(values(_own(data, panel, name)[fields])).encode(x=x, **offset)

        def y(column: str) -> alt.Y:
            return alt.Y(f"{column}:Q", scale=vertical, axis=axis)

        layers: Layers = [rule(rule_at, "y")]
        if event is not None:
            mark = alt.Chart(values(pd.DataFrame({at: [event]}))).mark_rule(xOffset=-step / 2, color=BLACK)
            layers.append(mark.encode(x=x))
        if band:
            wide = 6 if beside else min(step * 0.7, 14)
            bands = base.mark_rule(strokeWidth=wide, opacity=0.25)
            layers.append(bands.encode(y=y(band[0]), y2=f"{band[1]}:Q", color=series["color"]))
        stems = base.mark_rule(strokeWidth=1.5).encode(color=series["color"])
        layers.append(
            stems.encode(y=y(low), y2=f"{high}:Q") if low and high else stems.encode(y=y(value), y2=alt.datum(rule_at))
        )
        return [*layers, base.mark_point(filled=True, size=32, opacity=1).encode(y=y(value), **series)]

    def words(own: pd.DataFrame) -> str:
        lowest, highest = own.loc[own[value].idxmin()], own.loc[own[value].idxmax()]
        said = f"from {number(lowest[value], 2)} at {lowest[at]} to {number(highest[value], 2)} at {highest[at]}"
        lower, upper = band or (low, high)
        if not lower or not upper:
            return said
        clear = own.loc[(own[lower] > rule_at) | (own[upper] < rule_at), at]
        what = "the band" if band else "the intervals"
        held = f"hold {number(rule_at)} throughout" if not band else f"holds {number(rule_at)} throughout"
        leave = "leave" if not band else "leaves"
        apart = f"{leave} {number(rule_at)} out at {', '.join(map(str, clear))}"
        return f"{said}; {what} {apart if len(clear) else held}"

    chart = grid(draw, names, left=left, height=height, keys=keys, columns=columns, x_title=x_title, y_title=y_title)
    return Drawn(chart, data, each(data, [panel, by], "Estimates around an event", words))


def specification_curve(
    data: pd.DataFrame,
    choices: Mapping[str, str],
    *,
    value: str = "estimate",
    low: str = "ci_low",
    high: str = "ci_high",
    registered: str = "registered",
    panel: str | None = None,
    y_title: str = "",
    rule_at: float = 0.0,
    height: int = 150,
) -> Drawn:
    """Every estimate in order of size, and below it the choices behind each.

    Parameters
    ----------
    choices : columns of choices, and what each is called.
    low, high : columns of intervals, drawn where the frame has them.
    registered : column that is true for the specification that stands out.
    """
    names = unique(data[panel]) if panel else [""]
    ranks = (data.groupby(panel)[value] if panel else data[value]).rank(method="first").astype("int64")
    data = data.assign(rank=ranks)
    drawn = data.assign(_which=np.where(data[registered], "registered", "other"))
    heads = list(choices.values())
    rows = [(head, str(v)) for c, head in choices.items() for v in sorted(drawn[c].dropna().astype("str").unique())]
    listed = [label for head in heads for label in (head, *(f"{head}: {v}" for h, v in rows if h == head))]
    shown = {label: label.split(": ", 1)[-1] for label in listed}
    left = max(map(text_width, shown.values())) + 10
    bars = low in data and high in data
    fields = [value, *((low, high) if bars else ())]
    vertical = scale(domain=_domain(data.assign(_null=rule_at), [*fields, "_null"], None, False))
    _, axis = down(pd.concat([data[c] for c in fields]), height=height)
    which = Key("_which", ("other", "registered"), "shape", colours=(BLUE, VERMILION))
    keys = placed([which], left, titled=panel is not None)
    series = keys[0].channels(shape=True)
    width = theme.WIDTH - left - 10

    def one(name: Any) -> Any:
        own = _own(drawn, panel, name).sort_values("rank")
        x = alt.X("rank:Q", axis=None, scale=alt.Scale(domain=[0, len(own) + 1], nice=False))
        base = alt.Chart(values(own[["rank", "_which", *fields]])).encode(x=x)
        y = alt.Y(f"{value}:Q", scale=vertical, axis=axis)
        layers: Layers = [rule(rule_at, "y")]
        if bars:
            spans = base.mark_rule(opacity=0.5, strokeWidth=1)
            layers.append(
                spans.encode(y=alt.Y(f"{low}:Q", scale=vertical, axis=axis), y2=f"{high}:Q", color=series["color"])
            )
        for which_one, size in (("other", 18), ("registered", 70)):
            part = alt.Chart(values(own.loc[own["_which"] == which_one, ["rank", "_which", value]]))
            layers.append(part.mark_point(filled=True, size=size, opacity=1).encode(x=x, y=y, **series))
        long = own.melt(["rank", "_which"], list(choices), "_choice", "_value").dropna(subset=["_value"])
        long["_row"] = long["_choice"].map(choices) + ": " + long["_value"].astype("str")
        labels = alt.Axis(
            labelExpr=f"{json.dumps(shown, ensure_ascii=False)}[datum.value]",
            labelFontWeight=alt.condition(
                f"indexof({json.dumps(heads)}, datum.value) >= 0", alt.value("bold"), alt.value("normal")
            ),
            ticks=False,
            domain=False,
            labelPadding=6,
        )
        place = alt.Y("_row:N", title=None, sort=listed, axis=labels, scale=alt.Scale(domain=listed))
        ticks = [
            alt.Chart(values(long.loc[long["_which"] == which_one, ["rank", "_row", "_which"]]))
            .mark_tick(orient="vertical", thickness=thick, height=11)
            .encode(x=x, y=place, color=series["color"])
            for which_one, thick in (("other", 1.2), ("registered", 3))
        ]
        titled = {"title": alt.Title(str(name), dx=-left, fontWeight="bold")} if str(name) else {}
        top = alt.layer(*layers).properties(width=width, height=height, **titled)
        below = alt.layer(*ticks).properties(width=width, height=14 * len(listed))
        return alt.vconcat(top, below, spacing=8, bounds="flush")

    chart = alt.vconcat(*(one(name) for name in names), spacing=36, bounds="flush")
    if y_title:
        chart = chart.properties(title=alt.Title(theme.wrapped(y_title, theme.WIDTH - 4), offset=6))

    def words(own: pd.DataFrame) -> str:
        chosen = own.loc[own[registered].astype("bool"), value]
        lowest, highest = number(own[value].min(), 2), number(own[value].max(), 2)
        said = f"{len(own)} specifications from {lowest} to {highest}, {int((own[value] > rule_at).sum())} above {number(rule_at)}"
        return said + (f"; the registered one {number(float(chosen.iloc[0]), 2)}" if len(chosen) else "")

    return Drawn(chart, data, each(data, [panel], "Specification curve", words))
