"""Checks every time-series design makes on its input, and the deterministic terms they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray, SeriesLike
from crimjust_research.designs.checks import LARGEST
from crimjust_research.designs.numerics import NO_VARIATION
from crimjust_research.errors import ParameterError

CALENDARS = pd.PeriodIndex, pd.DatetimeIndex, pd.TimedeltaIndex


def series_name(series: SeriesLike, default: str) -> str:
    """The name a pandas Series carries, else `default`."""
    name = series.name if isinstance(series, pd.Series) else None
    return default if name is None else str(name)


def series_index(series: SeriesLike) -> pd.Index[Any]:
    """The index of a pandas Series, or 0..n-1 for anything else."""
    return series.index if isinstance(series, pd.Series) else pd.RangeIndex(np.size(np.asarray(series, dtype=object)))


def series_numbers(series: SeriesLike, label: str) -> FloatArray:
    """One column of real numbers as floats.

    Raises
    ------
    ParameterError : another shape, or something that is no real number, with the first such value.
    """
    held = np.asarray(series)
    if held.ndim != 1:
        raise ParameterError(f"Series {label!r} has shape {held.shape}; give one column of numbers.")
    if np.iscomplexobj(held) or held.dtype.kind in "mM":
        raise ParameterError(f"Series {label!r} holds {held.dtype} values; give real numbers.")
    try:
        return np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError):
        values = pd.to_numeric(pd.Series(held), errors="coerce")
        first = int(np.argmax((values.isna() & ~pd.isna(held)).to_numpy()))
        raise ParameterError(
            f"Series {label!r} holds {held[first]!r} at {series_index(series)[first]}, which is not a number; "
            "read the column as numbers."
        ) from None


def complete_values(series: SeriesLike, name: str, minimum: int = 3) -> FloatArray:
    """Values of a series as floats, once it is known to be complete, evenly spaced and not constant.

    Parameters
    ----------
    series : one-dimensional, length n; dated (PeriodIndex, DatetimeIndex), numbered or plain.
    name : what to call the series in an error if it carries no name.
    minimum : fewest observations accepted.

    Raises
    ------
    ParameterError : not one column of numbers, missing or infinite values, gaps or disorder in the index, fewer than
        `minimum` observations, a constant or what is one but for rounding, or numbers too large or small to square.
    """
    label = series_name(series, name)
    values = series_numbers(series, label)
    index = series_index(series)
    missing = np.flatnonzero(~np.isfinite(values))
    if missing.size:
        raise ParameterError(
            f"Series {label!r} has {missing.size} missing or infinite value(s), the first at "
            f"{index[missing[0]]}; choose a window without them."
        )
    if values.size < minimum:
        raise ParameterError(
            f"Series {label!r} has {values.size} observations and at least {minimum} are needed; "
            "widen the window or lower the lag."
        )
    require_dates(index, label)
    require_even_spacing(index, label)
    if np.ptp(values) == 0:
        raise ParameterError(f"Series {label!r} is constant at {values[0]:g}; nothing can be estimated from it.")
    size = float(np.abs(values).max())
    if size > LARGEST or np.ptp(values / size) * size < 1 / LARGEST:
        raise ParameterError(f"Series {label!r} holds numbers of the size {size:g}; give it in other units.")
    if np.ptp(values) <= NO_VARIATION * size:
        raise ParameterError(
            f"Series {label!r} varies by {np.ptp(values):.2g} around {values[0]:g}, which is rounding; take its level "
            "off before it is stored, or give another series."
        )
    return values


def without_noise(label: str) -> str:
    """What to say of a series that a model reproduces exactly."""
    return (
        f"Series {label!r} follows from its own past, a level or a cycle without any noise, so nothing can be tested "
        "in it; widen the window or give another series"
    )


def require_noise(values: FloatArray, label: str) -> None:
    """Refuse values that a constant and three of their own lags reproduce: a line, a parabola, a sine, an alternation.

    Raises
    ------
    ParameterError : saying so.
    """
    design = np.column_stack([np.ones(values.size - 3), *(values[3 - back : values.size - back] for back in (1, 2, 3))])
    left = values[3:] - design @ np.linalg.lstsq(design, values[3:])[0]
    if np.abs(left).max() <= NO_VARIATION * np.abs(values).max():
        raise ParameterError(f"{without_noise(label)}.")


def is_numbered(index: pd.Index[Any]) -> bool:
    """Whether an index holds numbers."""
    return pd.api.types.is_numeric_dtype(index.dtype) and not pd.api.types.is_bool_dtype(index.dtype)


def require_dates(index: pd.Index[Any], label: str) -> None:
    """Refuse an index of words, in which neither order nor gaps can be seen.

    Raises
    ------
    ParameterError : with the first of its labels.
    """
    if len(index) and not isinstance(index, CALENDARS) and not is_numbered(index):
        raise ParameterError(
            f"Series {label!r} is indexed by {index[0]!r} and the like, in which neither order nor gaps can be seen; "
            "give a PeriodIndex (pd.PeriodIndex(text, freq='M')), a DatetimeIndex, numbers, or plain values."
        )


def require_even_spacing(index: pd.Index[Any], label: str) -> None:
    """Refuse an index that is out of order, repeats a date or skips one; of labels in words nothing can be said.

    Raises
    ------
    ParameterError : naming the first pair of neighbours that is not one step apart, or the first row without a date.
    """
    if isinstance(index, CALENDARS):
        undated = np.flatnonzero(index.isna())
    elif is_numbered(index):
        undated = np.flatnonzero(~np.isfinite(index.to_numpy(np.float64)))
    else:
        return
    if undated.size:
        raise ParameterError(f"Series {label!r} has no date in row {undated[0] + 1}; drop the row or date it.")
    if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex):
        position: IntArray | FloatArray = calendar_positions(index)
    else:
        position = index.to_numpy().astype(np.float64)
    steps = np.diff(position)
    usual = steps_of(index) if isinstance(index, pd.PeriodIndex) else np.median(steps) if steps.size else 1
    # By less than a hundredth of a step decimal dates such as 1990.0833 are rounded.
    odd = np.flatnonzero((np.abs(steps - usual) > 1e-2 * abs(usual)) | (steps <= 0))
    if odd.size:
        raise ParameterError(
            f"Series {label!r} is not evenly spaced: {index[odd[0] + 1]} follows {index[odd[0]]}; "
            "sort it and choose a window without gaps or repeats."
        )


def steps_of(index: pd.PeriodIndex) -> int:
    """How many of its calendar's units one period spans: 1 for months, 2 for pairs of months."""
    return 1 if index.freq is None else int(index.freq.n)


def calendar_positions(index: pd.PeriodIndex | pd.DatetimeIndex) -> IntArray:
    """Position of every date on its own calendar: periods as numbered, timestamps by month if a month holds one."""
    if isinstance(index, pd.DatetimeIndex):
        months = index.year * 12 + index.month
        # By the clock on the wall: a day on which it is set forward is a day like another.
        return np.asarray(months if months.is_unique else index.tz_localize(None).asi8, dtype=np.int64)
    return np.asarray(index.asi8, dtype=np.int64)


def aligned_values(
    first: SeriesLike, second: SeriesLike, names: tuple[str, str], minimum: int = 3
) -> tuple[FloatArray, FloatArray, pd.Index[Any]]:
    """Values of two complete series that share one index, and that index.

    Raises
    ------
    ParameterError : either series is refused by `complete_values`, or their dates or lengths differ.
    """
    labels = series_name(first, names[0]), series_name(second, names[1])
    a, b = complete_values(first, names[0], minimum), complete_values(second, names[1], minimum)
    if a.size != b.size:
        raise ParameterError(
            f"Series {labels[0]!r} has {a.size} observations and {labels[1]!r} has {b.size}; cut both to one window."
        )
    if isinstance(first, pd.Series) and isinstance(second, pd.Series) and not first.index.equals(second.index):
        differing = next(
            (f"{left} against {right}" for left, right in zip(first.index, second.index, strict=True) if left != right),
            f"{first.index.dtype} against {second.index.dtype}",
        )
        raise ParameterError(
            f"Series {labels[0]!r} and {labels[1]!r} are not on the same dates ({differing}); reindex one to the other."
        )
    index = series_index(first) if isinstance(first, pd.Series) else series_index(second)
    return a, b, index


def levels_and_terms(
    first: SeriesLike, second: SeriesLike, names: tuple[str, str], *, trend: bool, seasonal: bool
) -> tuple[FloatArray, FloatArray]:
    """Levels (n, 2) of two aligned series, and their `deterministic_terms` (n, q).

    Raises
    ------
    ParameterError : series refused by `aligned_values`, or terms that the index does not support.
    """
    a, b, index = aligned_values(first, second, names)
    return np.column_stack([a, b]), deterministic_terms(index, trend=trend, seasonal=seasonal).to_numpy()


def season_numbers(index: pd.Index[Any]) -> tuple[IntArray, int]:
    """Season (1..period) of every date and the seasons per year: months give 12, quarters 4.

    Raises
    ------
    ParameterError : the index is not dated, or is neither monthly nor quarterly.
    """
    per_year = 0
    if isinstance(index, pd.PeriodIndex):
        per_year = {"M": 12, "Q": 4}.get(index.freqstr[0], 0)
    elif isinstance(index, pd.DatetimeIndex) and len(index) > 1:
        per_year = {1: 12, 3: 4}.get(int(np.diff(calendar_positions(index))[0]), 0)
    if not isinstance(index, (pd.PeriodIndex, pd.DatetimeIndex)) or not per_year:
        raise ParameterError("Seasonal terms need a monthly or quarterly date index; give one or switch them off.")
    return np.asarray(index.month if per_year == 12 else index.quarter, dtype=np.int64), per_year


def deterministic_terms(index: pd.Index[Any], *, trend: bool = False, seasonal: bool = False) -> pd.DataFrame:
    """Constant, linear trend (1..n) and dummies of all seasons but the first as columns, one row per date.

    Raises
    ------
    ParameterError : `seasonal` with an index that is neither monthly nor quarterly, or a season never seen.
    """
    columns: dict[str, FloatArray] = {"constant": np.ones(len(index))}
    if trend:
        columns["trend"] = np.arange(1.0, len(index) + 1.0)
    if seasonal:
        number, period = season_numbers(index)
        unseen = sorted(set(range(1, period + 1)) - set(number.tolist()))
        if unseen:
            raise ParameterError(
                f"Seasonal terms need every season at least once; none of season(s) {unseen} is in the window."
            )
        columns |= {f"season_{s}": (number == s).astype(np.float64) for s in range(2, period + 1)}
    return pd.DataFrame(columns, index=index, dtype=np.float64)
