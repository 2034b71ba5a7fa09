"""Forms of estimates: rows with intervals, event studies, specification curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.axes import (
    blank,
    chart_of,
    down,
    in_expression,
    in_pixels,
    label_expression,
    log_ticks,
    names_axis,
    number_format,
    scale,
    ticks_at,
    unique,
)
from crimjust_research.charts.drawn import (
    Drawn,
    Encodings,
    Layers,
    Panel,
    Panels,
    each,
    moment,
    require,
    rule,
    said,
    shade,
    titled,
)
from crimjust_research.charts.keys import (
    TRUE_VALUE,
    Key,
    beside_each_other,
    explained_once,
    key,
    mark_key,
    placed,
    told_apart,
)
from crimjust_research.charts.theme import BLACK, BLUE, GREY, LINE_HEIGHT, VERMILION, WIDTH, limited, widest
from crimjust_research.numbers import p_text, plural

_AXIS_LABELS = 40  # pixels that the numbers of an axis take where no name of a row is longer
_MOST_PLACES = 100  # along an axis of whole numbers; farther apart they are names
_CURVE = 150  # height of a specification curve


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
    mark_title: str = TRUE_VALUE,
    x_title: str = "",
    by_title: str = "",
    rule_at: float | Mapping[str, float] | None = 0.0,
    margin: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None,
    lines: Sequence[float] = (),
    ticks: Sequence[float] = (),
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
    rule_at, margin : reference line, and two values shaded between; for each panel its own if a mapping;
        `lines`: lesser reference lines.
    domain : ends of the axis; without it, those of the usual intervals (that have a p). `ticks`: its numbers.
    """
    require(data, row, value, low, high, text, by, panel, mark, *(band or ()))
    panels = Panels(data, panel)
    rows = panels.rows(row)
    same = len({own.names for own in rows.values()}) == 1
    left = max(own.left for own in rows.values())
    ends = [c for c in (low, high) if c]
    p = p if p and p in data and not text else None
    data = data.assign(_text=_beside(data, p, text))
    right = widest(data["_text"]) + 8 if p or text else 0
    domain = domain or _domain(data, [c for c in (value, *ends, mark, *(band or ())) if c], p, log)
    keys = key(data, by, "shape" if value else "dash", by_title)
    if mark:
        keys.append(mark_key(mark_title))
    keys = placed(keys, left, above=panels.heads + (10 if p and panel is None else 0))
    series = told_apart(keys, by, shape=True) if by else _standing_out(row, registered)
    told = {k: v for k, v in series.items() if k != "shape"}
    offset = beside_each_other("y", keys, data, *([panel] if panel else []), row) if by else {}
    tall = 11 * data[by].nunique() + 8 if by and offset else 0
    along = scale(log=log, domain=domain)

    def draw(one: Panel) -> Layers:
        own, y = one.own(data), rows[one.name].axis(row, labels=one.labels)
        places = list(ticks) or (log_ticks(domain, int(one.width // 42)) if log else None)
        form = format or number_format(places or domain)
        count = max(int(one.width // 50), 2)
        axis = ticks_at(places, format=form) if places else alt.Axis(tickCount=count, format=form)
        reach = margin.get(str(one.name)) if isinstance(margin, Mapping) else margin
        start, stop = (max(reach[0], domain[0]), min(reach[1], domain[1])) if reach else (0.0, 0.0)
        layers: Layers = [shade(start, stop, "x")] if start < stop else []
        at = rule_at.get(str(one.name)) if isinstance(rule_at, Mapping) else rule_at
        layers += [rule(at, "x")] if at is not None else []
        layers += [rule(place, "x", dotted=True) for place in lines]

        def marks(part: pd.DataFrame, *columns: str) -> alt.Chart:
            return chart_of(part, row, *columns, by).encode(y=y, **offset)

        def x(column: str) -> alt.X:
            return alt.X(f"{column}:Q", scale=along, axis=axis, title=one.title(x_title) or None)

        if band:
            inside = own.assign(_low=own[band[0]].clip(*domain), _high=own[band[1]].clip(*domain))
            ranges = chart_of(inside, row, "_low", "_high").mark_bar(color=GREY, opacity=0.35, height=12)
            layers.append(ranges.encode(y=y, x=x("_low"), x2=alt.X2("_high:Q")))
        if low and high:
            spans = cut_at(own, low, high, domain)
            drawn = marks(spans, "_low", "_high").mark_rule(strokeWidth=2)
            layers.append(drawn.encode(x=x("_low"), x2=alt.X2("_high:Q"), **told))
            for end, shape in (("_low", "triangle-left"), ("_high", "triangle-right")):
                arrows = marks(spans[spans[f"{end}_cut"]], end).mark_point(shape=shape, filled=True, size=50, opacity=1)
                layers.append(arrows.encode(x=x(end), color=series["color"]))
        if value:
            within = own[own[value].between(*domain)]
            layers.append(marks(within, value).mark_point(filled=True, size=55, opacity=1).encode(x=x(value), **series))
        if mark:
            second = chart_of(own.assign(_mark=mark_title), row, mark, "_mark")
            second = second.mark_point(size=60, opacity=1, strokeWidth=1.8, filled=False)
            layers.append(second.encode(y=y, x=x(mark), **told_apart(keys, "_mark", shape=True)))
        if right:
            written = marks(own, "_text").mark_text(align="left", dx=6, **limited(own["_text"]))
            layers.append(written.encode(**in_pixels(x=one.width), text=alt.Text("_text:N")))
        if p:
            head = blank().mark_text(align="left", dx=6, fontStyle="italic", text="p")
            layers.append(head.encode(**in_pixels(x=one.width, y=-3)))
        return layers

    chart = panels.chart(
        draw,
        left=left,
        height={name: max(own.step, tall) * len(own.names) for name, own in rows.items()},
        columns=columns if same else 1,
        shared_rows=same and columns > 1,
        right=right,
        x_title=x_title,
    )

    def spans(own: pd.DataFrame) -> str:
        known = own[ends].replace([np.inf, -np.inf], np.nan)
        told = zip(own[row], known[low], known[high], strict=True)
        return "; ".join(f"{name} from {_end(a, format)} to {_end(b, format)}" for name, a, b in told)

    def words(own: pd.DataFrame) -> str:
        if not value:
            return spans(own)
        named, own = own, own[own[value].notna()]
        bare = named[named[value].isna() & named[ends].notna().any(axis=1)] if low and high else named[:0]
        if own.empty:
            return spans(bare) or "no values"
        tell = moment if format == "d" else partial(said, digits=2)
        told = f"{len(own)} values from {tell(own[value].min())} to {tell(own[value].max())}"
        if len(own) <= 12 and text not in (None, value):  # what is written beside the rows, those without a value too
            rows_of = zip(named[row], named[value], named["_text"], strict=True)
            told = "; ".join(f"{name}{'' if np.isnan(v) else f' {tell(v)}'} ({beside})" for name, v, beside in rows_of)
        elif len(own) <= 12:
            told = ", ".join(f"{name} {tell(v)}" for name, v in zip(own[row], own[value], strict=True))
            told += f"; without a value {spans(bare)}" if len(bare) else ""
        if low and high and isinstance(rule_at, float | int):
            held = int(own[ends].notna().any(axis=1).sum())
            clear = int(((own[low] > rule_at) | (own[high] < rule_at)).sum())
            told += f"; {clear} of {plural(held, 'interval')} {'leaves' if clear == 1 else 'leave'} {said(rule_at)} out"
        if p and own[p].notna().any():
            told += f"; p from {p_text(own[p].min())} to {p_text(own[p].max())}"
        return told

    text_of = each(data, [panel, by], "Estimates by row", words)
    return Drawn(chart, data.drop(columns="_text"), text_of, left)


def _end(value: float, format: str) -> str:
    return "no limit" if np.isnan(value) else moment(value) if format == "d" else said(value, 3)


def _beside(data: pd.DataFrame, p: str | None, text: str | None) -> list[str]:
    if text:
        return [v if isinstance(v, str) else said(v) for v in data[text]]
    return ["" if np.isnan(v) else p_text(v) for v in data[p]] if p else [""] * len(data)


def _standing_out(row: str, registered: str | None) -> Encodings:
    """Colour and shape of points, that of one row apart: its name beside it says which."""
    if registered is None:
        return {"color": alt.ColorValue(BLUE)}
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


def cut_at(own: pd.DataFrame, low: str, high: str, domain: tuple[float, float]) -> pd.DataFrame:
    """Intervals (columns `low`, `high`) cut at the ends of an axis, as `_low` and `_high`, and whether they are, as `_low_cut`
    and `_high_cut`; an end that is missing is open."""
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
    require(data, at, value, low, high, by, panel)
    panels = Panels(data, panel)
    order = _places(data[at])
    band = band if band and set(band) <= set(data.columns) else None
    ends = [c for c in (low, high) if c]
    shown = pd.concat([data[c] for c in (value, *ends, *(band or ()))] + [pd.Series([rule_at])])
    left, axis = down(shown, log=log, height=height)
    keys = placed(key(data, by, "shape"), left, above=panels.heads)
    series = told_apart(keys, by, shape=True)
    offset = beside_each_other("x", keys, data, *([panel] if panel else []), at)
    level = scale(log=log)

    def draw(one: Panel) -> Layers:
        step = one.width / len(order)
        places = alt.Scale(type="band", domain=order)
        x = alt.X(f"{at}:O", sort=order, title=one.title(x_title) or None, axis=names_axis(order, step), scale=places)
        base = chart_of(one.own(data), at, value, *ends, *(band or ()), by).encode(x=x, **offset)

        def y(column: str) -> alt.Y:
            return alt.Y(f"{column}:Q", scale=level, axis=axis)

        layers: Layers = [rule(rule_at, "y")]
        if event is not None:
            start = chart_of(pd.DataFrame({at: [event]}), at).mark_rule(xOffset=-step / 2, color=BLACK)
            layers.append(start.encode(x=x))
        if band:
            bands = base.mark_rule(strokeWidth=6 if offset else min(step * 0.7, 14), opacity=0.25)
            colour = series["color"] if ends else alt.ColorValue(GREY)  # without intervals the band is one of reference
            layers.append(bands.encode(y=y(band[0]), y2=alt.Y2(f"{band[1]}:Q"), color=colour))
        stems = base.mark_rule(strokeWidth=1.5).encode(color=series["color"])
        if low and high:
            layers.append(stems.encode(y=y(low), y2=alt.Y2(f"{high}:Q")))
        else:
            layers.append(stems.encode(y=y(value), y2=alt.Y2Datum(rule_at)))
        return [*layers, base.mark_point(filled=True, size=32, opacity=1).encode(y=y(value), **series)]

    def words(own: pd.DataFrame) -> str:
        least, most = own.iloc[int(own[value].argmin())], own.iloc[int(own[value].argmax())]
        told = f"from {said(least[value], 2)} at {moment(least[at])} to {said(most[value], 2)} at {moment(most[at])}"
        held = ends or (list(band) if band else [])
        if not held:
            return told
        if not ends and band:
            clear = own.loc[(own[value] < own[band[0]]) | (own[value] > own[band[1]]), at]
            return f"{told}; outside the band of reference: {', '.join(map(moment, clear)) or 'none'}"
        for name, pair in (("interval", ends), ("band", list(band or ()))):
            if pair:
                clear = own.loc[(own[pair[0]] > rule_at) | (own[pair[1]] < rule_at), at]
                told += f"; the {name} leaves {said(rule_at)} out at {', '.join(map(moment, clear)) or 'none'}"
        return told

    chart = panels.chart(draw, left=left, height=height, columns=columns, x_title=x_title, y_title=y_title)
    return Drawn(chart, data, each(data, [panel, by], "Estimates along an axis", words), left)


def _places(column: pd.Series[Any]) -> list[Any]:
    """Places along an axis in their order: of whole numbers every one from the least to the most, so that steps are equal and
    one without an estimate, such as the one of reference, leaves a gap."""
    found = unique(column)
    if not pd.api.types.is_numeric_dtype(column):
        return found
    whole = all(float(value).is_integer() for value in found) and max(found) - min(found) < _MOST_PLACES
    return list(range(int(min(found)), int(max(found)) + 1)) if whole else sorted(found)


def specification_curve(
    data: pd.DataFrame,
    choices: Mapping[str, str],
    *,
    value: str = "estimate",
    low: str = "ci_low",
    high: str = "ci_high",
    panel: str | None = None,
    y_title: str = "",
    rule_at: float = 0.0,
) -> Drawn:
    """Every estimate in order of size, and below it the choices behind each.

    Parameters
    ----------
    data : also has the column registered, true for the specification that stands out, if there is one.
    choices : columns of choices, and what each is called; none leaves the curve alone.
    low, high : columns of intervals, drawn where the frame has them.
    """
    require(data, value, "registered", panel, *choices)
    panels = Panels(data, panel)
    ranks = (data.groupby(panel)[value] if panel else data[value]).rank(method="first").astype("int64")
    data = data.assign(rank=ranks)
    drawn = data.assign(_which=np.where(data["registered"], "registered", "other"))
    listed, shown = _choices(data, choices)
    left = (widest(shown.values()) if shown else _AXIS_LABELS) + 10
    fields = [value, *((low, high) if low in data and high in data else ())]
    level = scale(domain=_domain(data.assign(_rule=rule_at), [*fields, "_rule"], None, False))
    _, axis = down(pd.concat([data[c] for c in fields]), height=_CURVE)
    colours = (BLUE, VERMILION)
    kinds = ("other", "registered") if data["registered"].any() else ("other",)
    (which,) = placed([Key("_which", kinds, "shape", colours=colours[: len(kinds)])], left, above=panels.heads)
    series = which.channels(shape=True)
    width = int(WIDTH - left - 10)
    bold = f"indexof({in_expression(list(choices.values()))}, datum.value) >= 0"
    labels = alt.Axis(
        labelExpr=label_expression({label: [text] for label, text in shown.items()}),
        labelFontWeight=alt.condition(bold, alt.value("bold"), alt.value("normal")),
        ticks=False,
        domain=False,
        labelPadding=6,
        **limited(shown.values(), by="labelLimit"),
    )
    place = alt.Y("_row:N", title=None, sort=listed, axis=labels, scale=alt.Scale(domain=listed))

    def pair(name: Any) -> tuple[Any, ...]:
        own = Panels(drawn, panel).own(name).sort_values("rank", kind="stable")
        parts = [own[own["_which"] == kind] for kind in which.names]
        x = alt.X("rank:Q", axis=None, scale=alt.Scale(domain=[0, len(own) + 1], nice=False))
        y = alt.Y(f"{value}:Q", scale=level, axis=axis)
        layers: Layers = [rule(rule_at, "y")]
        if len(fields) > 1:
            spans = chart_of(own, "rank", "_which", *fields).mark_rule(opacity=0.5, strokeWidth=1)
            ends = {"y": alt.Y(f"{low}:Q", scale=level, axis=axis), "y2": alt.Y2(f"{high}:Q")}
            layers.append(spans.encode(x=x, color=series["color"], **ends))
        for part, size in zip(parts, (18, 80), strict=False):
            points = chart_of(part, "rank", "_which", value).mark_point(filled=True, size=size, opacity=1)
            layers.append(points.encode(x=x, y=y, **series))
        if name is not None:
            bold_head = {"fontWeight": "bold", "text": str(name), **limited([name], WIDTH / 1.08)}
            head = blank().mark_text(align="left", **bold_head)
            layers.append(head.encode(**in_pixels(x=-left, y=-12)))
        ticks = []
        for part, thick in zip(parts, (1.2, 3), strict=False):
            long = part.melt(["rank", "_which"], list(choices), "_choice", "_value").dropna(subset=["_value"])
            long["_row"] = long["_choice"].map(choices) + ": " + long["_value"].astype("str")
            chosen = chart_of(long, "rank", "_row", "_which").mark_tick(orient="vertical", thickness=thick, height=11)
            ticks.append(chosen.encode(x=x, y=place, color=series["color"]))
        curve = alt.layer(*layers, width=width, height=_CURVE)
        return (curve, alt.layer(*ticks, width=width, height=14 * len(listed))) if listed else (curve,)

    made = [pair(name) for name in panels.names]
    explained_once([part for parts in made for part in parts])
    charts = [alt.vconcat(*parts, spacing=8, bounds="flush") for parts in made]
    chart = alt.vconcat(*charts, spacing=LINE_HEIGHT, **titled(y_title, left))

    def words(own: pd.DataFrame) -> str:
        chosen = own.loc[own["registered"].astype("bool"), value]
        told = (
            f"{plural(len(own), 'specification')} from {said(own[value].min(), 2)} to {said(own[value].max(), 2)}, "
            f"{int((own[value] > rule_at).sum())} above {said(rule_at)}"
        )
        return told + (f"; the registered one {said(chosen.iloc[0], 2)}" if len(chosen) else "")

    return Drawn(chart, data, each(data, [panel], "Specification curve", words), left)


def _choices(data: pd.DataFrame, choices: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Rows of the choices, those of each below its name, and what is written for each."""
    shown = {}
    for column, head in choices.items():
        shown[head] = head
        shown |= {f"{head}: {value}": value for value in sorted(data[column].dropna().astype("str").unique())}
    return list(shown), shown
