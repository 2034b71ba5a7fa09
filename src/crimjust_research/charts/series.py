"""Forms of what runs along an axis: lines over time, survival curves, power curves."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.axes import (
    across,
    also_across,
    blank,
    chart_of,
    down,
    in_pixels,
    number_format,
    scale,
    ticks_at,
    unique,
)
from crimjust_research.charts.drawn import Drawn, Layers, Panel, Panels, each, moment, require, rule, said, shade
from crimjust_research.charts.keys import Key, key, placed, told_apart
from crimjust_research.charts.theme import BLACK, GREY
from crimjust_research.numbers import number, plural

_BAND = 0.2  # opacity of what is filled behind a line
_SHARES = 44  # pixels of labels up to 100%
_HEIGHT = 150  # of curves of survival


def lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    by: str | None = None,
    panel: str | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    bands: Sequence[tuple[str, str]] = (),
    dots: Sequence[str] = (),
    step: str | None = None,
    spans: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    events_title: str = "",
    rule_at: float | None = None,
    margin: tuple[float, float] | None = None,
    domain: tuple[float, float] | None = None,
    log: str = "",
    format: str = "",
    columns: int = 2,
    height: int = 150,
) -> Drawn:
    """Lines of `y` over `x` (dates, periods, numbers or names in order), a panel for each value of `panel`.

    A missing `y` breaks the line. A period stands on its first day. Panels share `x` and have their own `y`.

    Parameters
    ----------
    by : column whose values are told apart by colour and dash.
    bands : pairs of columns, lowest and highest, filled behind the line; the widest first.
    dots : values of `by` that are drawn as points alone.
    step : column drawn in black as steps, such as the mean of a segment.
    spans : columns start, end (as `x`) and, with panels, the name of `panel`: shaded along `x`.
    events : columns of the name of `x`, event and, with panels, that of `panel`: vertical lines told apart by event.
    rule_at : reference line at this value of `y`; `margin`: shaded between two values of `y`.
    domain : ends of the vertical axis, in every panel.
    log : "x", "y" or "xy" for logarithmic axes; `format`: of the labels of `y`, as d3 writes it (".0%").
    """
    require(data, x, y, by, panel, step, *(column for pair in bands for column in pair))
    panels = Panels(data, panel)
    single = data[data[by].isin(list(dots))] if by else data.iloc[:0]
    joined = data.drop(index=single.index)
    keys = key(joined, by, "dash", by_title)
    if dots:
        keys.append(Key(str(by), tuple(dots), "shape", colours=(BLACK, *theme.PALETTE[len(keys[0].names) :])))
    if events is not None:
        keys += key(events, "event", "dash", events_title, colours=theme.PALETTE[::-1])
    fixed = [v for v in (rule_at, *(margin or ()), *(domain or ())) if v is not None]
    numbers = [y, *(column for pair in bands for column in pair), *([step] if step else [])]

    def vertical(frame: pd.DataFrame) -> tuple[float, alt.Axis]:
        shown = pd.concat([*(frame[column] for column in numbers), pd.Series(fixed, dtype="float64")])
        return down(shown, log="y" in log, format=format, height=height)

    left = max(vertical(panels.own(name))[0] for name in panels.names)
    keys = placed(keys, left, above=panels.heads)
    series = told_apart(keys, by)
    level = scale(log="y" in log, domain=domain)

    def draw(one: Panel) -> Layers:
        own = one.own(joined)
        horizontal = across(data, x, one.width, title=one.title(x_title), log="x" in log)
        value = alt.Y(f"{y}:Q", scale=level, axis=vertical(one.own(data))[1])
        base = chart_of(own, x, *numbers, by).encode(x=horizontal)
        layers: Layers = []
        if spans is not None:
            shaded = chart_of(one.own(spans), "start", "end").mark_rect(color=GREY, opacity=0.25)
            layers.append(shaded.encode(x=also_across("start", data[x]), x2=alt.X2("end")))
        if margin is not None:
            layers.append(shade(*margin, "y"))
        for low, high in bands:
            area = base.mark_area(opacity=_BAND).encode(y=alt.Y(f"{low}:Q", scale=level), y2=alt.Y2(f"{high}:Q"))
            layers.append(area.encode(color=series["color"]))
        if rule_at is not None:
            layers.append(rule(rule_at, "y"))
        if events is not None:
            marks = chart_of(one.own(events), x, "event").mark_rule(strokeWidth=1.5)
            layers.append(marks.encode(x=also_across(x, data[x]), **told_apart(keys, "event")))
        layers.append(base.mark_line(strokeWidth=1 if step else 1.8).encode(y=value, **series))
        if not step and own[x].nunique() <= one.width / 14:
            layers.append(base.mark_point(filled=True, size=22, opacity=1).encode(y=value, color=series["color"]))
        if step:
            layers.append(base.mark_line(color=BLACK, interpolate="step-after").encode(y=alt.Y(f"{step}:Q")))
        if dots:
            points = chart_of(one.own(single), x, y, by).mark_point(filled=True, size=60, opacity=1)
            layers.append(points.encode(x=horizontal, y=value, **keys[1].channels(shape=True)))
        return layers

    chart = panels.chart(draw, left=left, height=height, columns=columns, x_title=x_title, y_title=y_title)

    def words(own: pd.DataFrame) -> str:
        known = own.dropna(subset=[y])
        told = [f"{said(value)} at {moment(at)}" for at, value in zip(known[x], known[y], strict=True)]
        if len(told) <= 4:
            return ", ".join(told) or "no value"
        least, most = int(known[y].argmin()), int(known[y].argmax())
        return f"{told[0]}, lowest {told[least]}, highest {told[most]}, {told[-1]}"

    text = each(data, [panel, by], "Line chart", words)
    if events is not None:
        lines_of = "line marks" if len(events) == 1 else "lines mark"
        named = [str(name) for name in unique(events["event"])]
        names = ("; " if any("," in name for name in named) else ", ").join(named)
        text += f" Vertical {lines_of} {plural(len(events), 'event')}: {names}."
    return Drawn(chart, data, text, left)


def survival(
    data: pd.DataFrame,
    time: str,
    share: str,
    *,
    by: str | None = None,
    panel: str | None = None,
    reference: pd.DataFrame | None = None,
    at_risk: pd.DataFrame | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
) -> Drawn:
    """Step curves of a share (0 to 1) by time with their intervals: survival, or cumulative incidence.

    Parameters
    ----------
    data : has the intervals' ends in columns ci_low and ci_high.
    by : column whose values are told apart by colour and dash.
    reference : columns of the names of `time`, `share` and, where used, `by` and `panel`: black dotted curves, such as
        that of all units or the truth of simulated ones; the caption says which.
    at_risk : columns of the name of `time`, at_risk and, where used, `by` and `panel`: counts below the curves, a row for
        each value of `by` in the order of the key.
    """
    require(data, time, share, "ci_low", "ci_high", by, panel)
    panels = Panels(data, panel)
    keys = placed(key(data, by, "dash", by_title), _SHARES, above=panels.heads)
    series = told_apart(keys, by)
    groups = keys[0].names if keys else ("",)
    line = 15 / _HEIGHT  # of a row of counts, in units of the axis
    bottom = -line * (len(groups) + 0.6) if at_risk is not None else 0
    level = alt.Scale(domain=[bottom, 1], nice=False)
    axis = ticks_at([0, 0.25, 0.5, 0.75, 1], format=".0%", title=None)
    longest = float(data[time].max())

    def draw(one: Panel) -> Layers:
        ticks = alt.Axis(tickCount=max(int(one.width // 45), 2), format=number_format([longest]))
        span = alt.Scale(domain=[0, longest], nice=False, padding=8)
        horizontal = alt.X(f"{time}:Q", title=one.title(x_title) or None, scale=span, axis=ticks)
        value = alt.Y(f"{share}:Q", scale=level, axis=axis)
        base = chart_of(one.own(data), time, share, "ci_low", "ci_high", by).encode(x=horizontal)
        area = base.mark_area(opacity=_BAND, interpolate="step-after").encode(color=series["color"])
        curve = base.mark_line(interpolate="step-after", strokeWidth=1.8)
        layers: Layers = [area.encode(y=alt.Y("ci_low:Q"), y2=alt.Y2("ci_high:Q")), curve.encode(y=value, **series)]
        if reference is not None:
            rows = one.own(reference)
            detail = {"detail": alt.Detail(f"{by}:N")} if by and by in rows else {}
            dotted = chart_of(rows, time, share, by if detail else None)
            dotted = dotted.mark_line(color=BLACK, strokeDash=[2, 3], strokeWidth=1.4)
            layers.append(dotted.encode(x=horizontal, y=value, **detail))
        if at_risk is not None:
            rows = one.own(at_risk)
            places = [groups.index(str(group)) for group in (rows[by] if by else [""] * len(rows))]
            rows = rows.assign(_y=[-line * (place + 1.1) for place in places])
            # In black: colours that tell lines apart are too light for words.
            counts = chart_of(rows, time, "at_risk", "_y").mark_text()
            named = blank(_y=-line * 1.1).mark_text(align="right", dx=-6, text="at risk")
            layers.append(counts.encode(x=horizontal, y=alt.Y("_y:Q"), text=alt.Text("at_risk:N")))
            layers.append(named.encode(**in_pixels(x=0), y=alt.Y("_y:Q")))
        return layers

    chart = panels.chart(draw, left=_SHARES, height=_HEIGHT, x_title=x_title, y_title=y_title)

    def words(own: pd.DataFrame) -> str:
        end = own.iloc[-1]
        text = f"{end[share]:.0%} at {moment(end[time])}"
        if pd.notna(end["ci_low"]) and pd.notna(end["ci_high"]):
            text += f" ({end['ci_low']:.0%} to {end['ci_high']:.0%})"
        half = own.loc[own[share] <= 0.5, time]
        return f"half by {moment(half.iloc[0])}, {text}" if len(half) and own[share].iloc[0] > 0.5 else text

    return Drawn(chart, data, each(data, [panel, by], "Step curves", words), _SHARES)


def power(
    data: pd.DataFrame,
    x: str,
    *,
    by: str | None = None,
    level: float = 0.95,
    sure: float = 0.8,
    observed: float | None = None,
    x_title: str = "",
) -> Drawn:
    """Share of simulated samples in which an effect of each size is found, with two standard errors to each side.

    `data` has the share in a column power and, if there is one, its standard error in std_error. Reference lines stand at
    the level of the test, one less `level`, and at `sure`; `observed` marks the effect found.
    """
    require(data, x, "power", by)
    spread = 2 * data.get("std_error", pd.Series(0.0, data.index))
    data = data.assign(_low=(data["power"] - spread).clip(lower=0.0), _high=(data["power"] + spread).clip(upper=1.0))
    keys = placed(key(data, by, "dash"), _SHARES)
    series = told_apart(keys, by)

    def draw(one: Panel) -> Layers:
        base = chart_of(data, x, "power", "_low", "_high", by)
        base = base.encode(x=across(data, x, one.width, title=one.title(x_title)))
        axis = ticks_at([0, 0.2, 0.4, 0.6, 0.8, 1], format=".0%", title=None)
        value = alt.Y("power:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)
        found: Layers = [rule(observed, "x")] if observed is not None else []
        return [
            rule(1 - level, "y"),
            rule(sure, "y"),
            *found,
            base.mark_rule(strokeWidth=1.2).encode(y=alt.Y("_low:Q"), y2=alt.Y2("_high:Q"), color=series["color"]),
            base.mark_line().encode(y=value, **series),
            base.mark_point(filled=True, size=24, opacity=1).encode(y=value, color=series["color"]),
        ]

    def words(own: pd.DataFrame) -> str:
        reached, without = own.loc[own["power"] >= sure, x], own.loc[own[x] == 0, "power"]
        least = f"{number(float(reached.iloc[0]), 2)} is the least drawn that is" if len(reached) else "none drawn is"
        size = f"without effect it rejects in {without.iloc[0]:.1%}; " if len(without) else ""
        return f"{size}{least} found in {sure:.0%}"

    found_in = "Share of simulated samples in which it is found"
    chart = Panels(data, None).chart(draw, left=_SHARES, height=190, x_title=x_title, y_title=found_in)
    return Drawn(chart, data.drop(columns=["_low", "_high"]), each(data, [by], "Power, simulated", words), _SHARES)
