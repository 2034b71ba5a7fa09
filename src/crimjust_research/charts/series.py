"""Forms of what runs along an axis: lines over time, survival curves, power curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.charts.drawn import (
    Drawn,
    Key,
    Layers,
    across,
    apart,
    down,
    each,
    grid,
    is_time,
    key,
    moment,
    placed,
    rule,
    scale,
    shade,
    unique,
    values,
)
from crimjust_research.charts.theme import BLACK, BLUE, GREY, TEXT
from crimjust_research.numbers import number


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

    A missing `y` breaks the line. A period stands on its first day.

    Parameters
    ----------
    by : column whose values are told apart by colour and dash.
    bands : pairs of columns, lowest and highest, filled behind the line; the widest first.
    dots : values of `by` that are drawn as points alone.
    step : column drawn in black as steps, such as the mean of a segment.
    spans : columns start, end (as `x`) and, with panels, `panel`: shaded along `x`.
    events : columns of the name of `x`, event and, with panels, `panel`: vertical lines told apart by event.
    rule_at : reference line at this value of `y`; `margin`: shaded between two values of `y`.
    domain : ends of the vertical axis; without it each panel has its own.
    log : "x", "y" or "xy" for logarithmic axes; `format`: of the labels of `y`, as d3 writes it (".0%").
    """
    names = unique(data[panel]) if panel else [""]
    joined = data[~data[by].isin(list(dots))] if by else data
    single = data[data[by].isin(list(dots))] if by else data.iloc[:0]
    many = by is not None and joined[by].nunique() > 1
    keys: list[Key] = key(joined, by, "dash", by_title) if many or dots else []
    if dots and by:
        taken = len(keys[0].names)
        dotted = Key(by, tuple(dots), "shape", colours=(BLACK, *theme.PALETTE[taken:]))
        keys.append(dotted)
    if events is not None:
        marked = Key("event", tuple(map(str, unique(events["event"]))), "dash", events_title, theme.PALETTE[1:])
        keys.append(marked)
    shown = [data[y], *(data[c] for pair in bands for c in pair), *([data[step]] if step else [])]
    shown += [pd.Series([rule_at])] if rule_at is not None else []
    shown += [pd.Series(domain)] if domain else []
    left, axis = down(pd.concat(shown), log="y" in log, format=format, height=height)
    keys = placed(keys, left, titled=panel is not None)
    series = keys[0].channels() if many or dots else {"color": alt.value(BLUE)}
    vertical = scale(log="y" in log, domain=domain)

    def draw(name: Any, width: float, first: bool) -> Layers:
        def own(frame: pd.DataFrame) -> pd.DataFrame:
            return frame if panel is None else frame[frame[panel] == name]

        horizontal = across(data if "x" in log else own(data), x, width, title=x_title, log="x" in log)
        fields = [x, y, *([by] if by else []), *(c for pair in bands for c in pair), *([step] if step else [])]
        base = alt.Chart(values(own(joined)[fields])).encode(x=horizontal)
        layers: Layers = []
        if spans is not None and len(own(spans)):
            shaded = alt.Chart(values(own(spans)[["start", "end"]])).mark_rect(color=GREY, opacity=0.25)
            layers.append(shaded.encode(x=f"start:{horizontal_type(data, x)}", x2="end"))
        if margin is not None:
            layers.append(shade(*margin, "y"))
        for low, high in bands:
            area = base.mark_area(opacity=0.18).encode(y=alt.Y(f"{low}:Q", scale=vertical), y2=f"{high}:Q")
            layers.append(area.encode(color=series["color"]))
        if rule_at is not None:
            layers.append(rule(rule_at, "y"))
        if events is not None and len(own(events)):
            marks = alt.Chart(values(own(events)[[x, "event"]])).mark_rule(strokeWidth=1.5)
            layers.append(marks.encode(x=alt.X(f"{x}:{horizontal_type(data, x)}"), **keys[-1].channels()))
        few = own(joined)[x].nunique() <= width / 12
        value = alt.Y(f"{y}:Q", scale=vertical, axis=axis)
        layers.append(base.mark_line(strokeWidth=1 if step else 1.8).encode(y=value, **series))
        if few and not step:
            points = base.mark_point(filled=True, size=22, opacity=1)
            layers.append(points.encode(y=value, color=series["color"]))
        if step:
            layers.append(base.mark_line(color=BLACK, interpolate="step-after").encode(y=f"{step}:Q"))
        if len(own(single)):
            points = alt.Chart(values(own(single)[[x, y, str(by)]])).mark_point(filled=True, size=60, opacity=1)
            layers.append(points.encode(x=horizontal, y=value, **keys[1].channels(shape=True)))
        return layers

    chart = grid(draw, names, left=left, height=height, keys=keys, columns=columns, x_title=x_title, y_title=y_title)
    if dots or events is not None:
        chart = apart(chart)

    def words(own: pd.DataFrame) -> str:
        known = own.dropna(subset=[y])
        if known.empty:
            return "no value"
        lowest, highest = known.loc[known[y].idxmin()], known.loc[known[y].idxmax()]
        first, last = known.iloc[0], known.iloc[-1]
        if len(known) < 3:
            return ", ".join(f"{number(row[y])} at {moment(row[x])}" for _, row in known.iterrows())
        return (
            f"{number(first[y])} at {moment(first[x])}, lowest {number(lowest[y])} at {moment(lowest[x])}, highest "
            f"{number(highest[y])} at {moment(highest[x])}, {number(last[y])} at {moment(last[x])}"
        )

    text = each(data, [panel, by], "Line chart", words)
    if events is not None:
        text += f" Vertical lines mark {len(events)} events: {', '.join(map(str, unique(events['event'])))}."
    return Drawn(chart, data, text)


def horizontal_type(data: pd.DataFrame, x: str) -> str:
    """T for dates, Q for numbers, O for names."""
    return "T" if is_time(data[x]) else "Q" if pd.api.types.is_numeric_dtype(data[x]) else "O"


def survival(
    data: pd.DataFrame,
    time: str,
    share: str,
    *,
    low: str = "ci_low",
    high: str = "ci_high",
    by: str | None = None,
    panel: str | None = None,
    reference: pd.DataFrame | None = None,
    at_risk: pd.DataFrame | None = None,
    x_title: str = "",
    y_title: str = "",
    by_title: str = "",
    columns: int = 2,
    height: int = 150,
) -> Drawn:
    """Step curves of a share (0 to 1) by time with their intervals: survival, or cumulative incidence.

    Parameters
    ----------
    by : column whose values are told apart by colour and dash.
    reference : columns of the names of `time`, `share` and, where used, `by` and `panel`: black dotted curves, such as
        that of all units or the truth of simulated ones.
    at_risk : columns of the name of `time`, at_risk and, where used, `by` and `panel`: counts written below.
    """
    names = unique(data[panel]) if panel else [""]
    keys = placed(key(data, by, "dash", by_title), 46, titled=panel is not None)
    series = keys[0].channels() if keys else {"color": alt.value(BLUE)}
    groups = unique(data[by]) if by else [None]
    below = -0.13 * 150 / height
    bottom = below * len(groups) - 0.02 if at_risk is not None else 0
    vertical = alt.Scale(domain=[bottom, 1], nice=False)
    longest = float(data[time].max())
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], title=None)

    def draw(name: Any, width: float, first: bool) -> Layers:
        def own(frame: pd.DataFrame) -> pd.DataFrame:
            return frame if panel is None or panel not in frame else frame[frame[panel] == name]

        title = theme.wrapped(x_title, theme.WIDTH * 0.95) if x_title else None
        horizontal = alt.X(
            f"{time}:Q",
            title=title,
            scale=alt.Scale(domain=[0, longest], nice=False, padding=8),
            axis=alt.Axis(tickCount=max(int(width // 45), 2)),
        )
        base = alt.Chart(values(own(data)[[time, share, low, high, *([by] if by else [])]])).encode(x=horizontal)
        value = alt.Y(f"{share}:Q", scale=vertical, axis=axis)
        area = base.mark_area(opacity=0.18, interpolate="step-after").encode(y=alt.Y(f"{low}:Q"), y2=f"{high}:Q")
        layers: Layers = [
            area.encode(color=series["color"]),
            base.mark_line(interpolate="step-after").encode(y=value, **series),
        ]
        if reference is not None:
            curve = own(reference)
            kept = [time, share, *([by] if by and by in curve else [])]
            drawn = alt.Chart(values(curve[kept])).mark_line(color=BLACK, strokeDash=[2, 3], strokeWidth=1.4)
            drawn = drawn.encode(x=horizontal, y=value)
            layers.append(drawn.encode(detail=f"{by}:N") if by and by in curve else drawn)
        if at_risk is not None:
            counts = own(at_risk)
            places = counts[by].map(groups.index) if by else 0
            counts = counts.assign(_y=below * (places + 0.75))
            text = alt.Chart(values(counts[[time, "at_risk", "_y", *([by] if by else [])]]))
            coloured = {"color": series["color"]} if by else {}
            layers.append(
                text.mark_text(fontSize=TEXT).encode(x=horizontal, y=alt.Y("_y:Q"), text="at_risk:N", **coloured)
            )
        return layers

    chart = grid(draw, names, left=46, height=height, keys=keys, columns=columns, x_title=x_title, y_title=y_title)

    def words(own: pd.DataFrame) -> str:
        half = own.loc[own[share] <= 0.5, time] if own[share].iloc[0] > own[share].iloc[-1] else own.iloc[:0][time]
        end = own.iloc[-1]
        text = f"{end[share]:.0%} at {moment(end[time])} ({end[low]:.0%} to {end[high]:.0%})"
        return f"half by {moment(half.iloc[0])}, {text}" if len(half) else text

    return Drawn(chart, data, each(data, [panel, by], "Step curves", words))


def power(
    data: pd.DataFrame,
    x: str,
    *,
    share: str = "power",
    std_error: str = "std_error",
    by: str | None = None,
    level: float = 0.95,
    sure: float = 0.8,
    observed: float | None = None,
    x_title: str = "",
    y_title: str = "Share of simulated samples in which it is found",
    by_title: str = "",
    height: int = 190,
) -> Drawn:
    """Share of simulated samples in which an effect of each size is found, with two standard errors to each side.

    Reference lines stand at the level of the test and at `sure`; `observed` marks the effect that was found.
    """
    spread = data[std_error] if std_error in data else 0.0
    data = data.assign(low=(data[share] - 2 * spread).clip(lower=0.0), high=(data[share] + 2 * spread).clip(upper=1.0))
    keys = placed(key(data, by, "dash", by_title), 46, titled=False)
    series = keys[0].channels() if keys else {"color": alt.value(BLUE)}

    def draw(name: Any, width: float, first: bool) -> Layers:
        fields = [x, share, "low", "high", *([by] if by else [])]
        base = alt.Chart(values(data[fields])).encode(x=across(data, x, width, title=x_title))
        axis = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], title=None)
        value = alt.Y(f"{share}:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)
        bars = base.mark_rule(strokeWidth=1.2).encode(y="low:Q", y2="high:Q", color=series["color"])
        points = base.mark_point(filled=True, size=24, opacity=1).encode(y=value, color=series["color"])
        found = [rule(observed, "x")] if observed is not None else []
        return [rule(1 - level, "y"), rule(sure, "y"), *found, bars, base.mark_line().encode(y=value, **series), points]

    def words(own: pd.DataFrame) -> str:
        reached = own.loc[own[share] >= sure, x]
        least = f"{number(float(reached.iloc[0]), 2)} is the least drawn that is" if len(reached) else "none drawn is"
        without = own.loc[own[x] == 0, share]
        size = f"without effect it rejects in {without.iloc[0]:.1%}; " if len(without) else ""
        return f"{size}{least} found in {sure:.0%}"

    chart = grid(draw, [""], left=46, height=height, keys=keys, x_title=x_title, y_title=y_title)
    return Drawn(chart, data.drop(columns=["low", "high"]), each(data, [by], "Power, SIMULATED", words))
