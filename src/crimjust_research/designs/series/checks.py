"""Checks every time-series design makes on its input, and the deterministic terms they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray, SeriesLike
from crimjust_research.errors import ParameterError


def series_name(series: SeriesLike, default: str) -> str:
    """The name a pandas Series carries, else `default`."""
    name = series.name if isinstance(series, pd.Series) else None
    return default if name is None else str(name)


def series_index(series: SeriesLike) -> pd.Index[Any]:
    """The index of a pandas Series, or 0..n-1 for anything else."""
    return series.index if isinstance(series, pd.Series) else pd.RangeIndex(len(np.asarray(series)))


def complete_values(series: SeriesLike, name: str, minimum: int = 3) -> FloatArray:
    """Values of a series as floats, once it is known to be complete, evenly spaced and not constant.

    Parameters
    ----------
    series : one-dimensional, length n; dated (PeriodIndex, DatetimeIndex), numbered or plain.
    name : what to call the series in an error if it carries no name.
    minimum : fewest observations accepted.

    Raises
    ------
    ParameterError : not one-dimensional, missing or infinite values, gaps or disorder in the index,
        fewer than `minimum` observations, or a constant.
    """
    label = series_name(series, name)
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1:
        raise ParameterError(f"Series {label!r} has shape {values.shape}; give one column of numbers.")
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
    require_even_spacing(index, label)
    if np.ptp(values) == 0:
        raise ParameterError(f"Series {label!r} is constant at {values[0]:g}; nothing can be estimated from it.")
    return values


def require_even_spacing(index: pd.Index[Any], label: str) -> None:
    """Refuse an index that is out of order, repeats a date or skips one.

    Raises
    ------
    ParameterError : naming the first pair of neighbours that is not one step apart.
    """
    if isinstance(index, (pd.PeriodIndex, pd.DatetimeIndex)):
        position = calendar_positions(index)
    elif pd.api.types.is_numeric_dtype(index.dtype):
        position = index.to_numpy()
    else:
        return
    steps = np.diff(position)
    usual = 1 if isinstance(index, pd.PeriodIndex) else np.median(steps)
    odd = np.flatnonzero((steps != usual) | (steps <= 0))
    if odd.size:
        raise ParameterError(
            f"Series {label!r} is not evenly spaced: {index[odd[0] + 1]} follows {index[odd[0]]}; "
            "sort it and choose a window without gaps or repeats."
        )


def calendar_positions(index: pd.PeriodIndex | pd.DatetimeIndex) -> IntArray:
    """Position of every date on its own calendar: periods as numbered, timestamps by month if a month holds one."""
    if isinstance(index, pd.DatetimeIndex):
        months = index.year * 12 + index.month
        return np.asarray(months if months.is_unique else index.asi8, dtype=np.int64)
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
