"""Time to an event: survival curves, Cox and discrete-time models, competing risks, and dates known by year only.

Durations are numbers in any one unit. Event indicators are 0 or 1; competing causes are 0 (censored), 1, 2, ...
Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, kolmogi, ndtri

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.errors import ParameterError

# --- Input ------------------------------------------------------------------------------------------------------


def checked_durations(
    duration: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None, causes: bool = False
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Durations, event codes and entry times (zero if none) as arrays, once they make sense together.

    Raises
    ------
    ParameterError : lengths that differ, missing or negative durations, codes that are not whole numbers of 0 or more
        (0 or 1 unless `causes`), entry at or after the end, or no event at all.
    """
    time, code = np.asarray(duration, np.float64), np.asarray(event, np.float64)
    start = np.zeros(time.size) if entry is None else np.asarray(entry, np.float64)
    if not time.shape == code.shape == start.shape or time.ndim != 1:
        raise ParameterError(f"{time.size} durations, {code.size} events and {start.size} entries; give one of each.")
    bad = np.flatnonzero(~np.isfinite(time) | (time < 0) | ~np.isfinite(start))
    if bad.size:
        raise ParameterError(f"Row {bad[0]} has a duration of {time[bad[0]]} and an entry of {start[bad[0]]}.")
    if not np.isin(code, np.unique(np.abs(np.floor(code))) if causes else [0, 1]).all():
        allowed = "0, 1, 2, ..." if causes else "0 or 1"
        raise ParameterError(f"Event codes are {np.unique(code).tolist()}; use {allowed}.")
    late = np.flatnonzero((start > 0) & (start >= time))
    if late.size:
        raise ParameterError(f"Row {late[0]} enters at {start[late[0]]:g}, not before its end at {time[late[0]]:g}.")
    if not code.any():
        raise ParameterError("There is no event; nothing can be estimated.")
    return time, code.astype(np.int64), start


# --- Kaplan-Meier -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SurvivalCurves:
    """Kaplan-Meier curves by group."""

    table: pd.DataFrame
    """One row per group and event time: group, time, at_risk, events, survival, std_error, ci_low, ci_high
    (pointwise, log-log), band_low, band_high (simultaneous, Hall-Wellner)."""
    summary: pd.DataFrame
    """group, n, events, median, median_low, median_high; missing where the curve or its limit stays above one half."""
    log_rank_p: float
    """Of equal survival in all groups; missing with one group."""

    def at(self, times: Sequence[float]) -> pd.DataFrame:
        """The curves read at given times: group, time, at_risk, survival, ci_low, ci_high."""
        rows = []
        for group, curve in self.table.groupby("group", sort=False):
            position = np.searchsorted(curve["time"], times, side="right") - 1
            for time, row in zip(times, position, strict=True):
                known = curve.iloc[row] if row >= 0 else pd.Series({"survival": 1.0, "ci_low": 1.0, "ci_high": 1.0})
                rows.append((group, time, *(known[c] for c in ("survival", "ci_low", "ci_high"))))
        return pd.DataFrame(rows, columns=["group", "time", "survival", "ci_low", "ci_high"])


def kaplan_meier(
    duration: ArrayLike,
    event: ArrayLike,
    *,
    group: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    alpha: float = 0.05,
) -> SurvivalCurves:
    """Product-limit estimate of survival by group with Greenwood errors, intervals and bands, and a log-rank test.

    Parameters
    ----------
    duration, event : (n,) time to event or censoring, and 1 or 0.
    group : (n,) labels; entry : (n,) times from which a unit is at risk.

    Raises
    ------
    ParameterError : see `checked_durations`; also groups without an event.
    """
    time, code, start = checked_durations(duration, event, entry)
    labels = np.full(time.size, "all") if group is None else np.asarray(group)
    if labels.shape != time.shape:
        raise ParameterError(f"{labels.size} group labels for {time.size} durations.")
    curves, summaries = [], []
    for label in pd.unique(labels):
        rows = labels == label
        if not code[rows].any():
            raise ParameterError(f"Group {str(label)!r} has no event; leave it out or merge it.")
        curve = _curve(time[rows], code[rows], start[rows], alpha)
        curve.insert(0, "group", label)
        curves.append(curve)
        median, low, high = (_first_at_half(curve, c) for c in ("survival", "ci_low", "ci_high"))
        summaries.append((label, int(rows.sum()), int(code[rows].sum()), median, low, high))
    columns = ["group", "n", "events", "median", "median_low", "median_high"]
    p_value = _log_rank(time, code, start, labels) if len(curves) > 1 else np.nan
    return SurvivalCurves(pd.concat(curves, ignore_index=True), pd.DataFrame(summaries, columns=columns), p_value)


def _curve(time: FloatArray, code: IntArray, start: FloatArray, alpha: float) -> pd.DataFrame:
    times, events = np.unique(time[code > 0], return_counts=True)
    at_risk = _at_risk(time, start, times)
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.cumsum(events / (at_risk * (at_risk - events)))
        log_survival = np.log(survival)
        spread = np.sqrt(relative) / log_survival
        widths = (
            ndtri(1 - alpha / 2) * spread,
            kolmogi(alpha) * (1 + time.size * relative) / (np.sqrt(time.size) * log_survival),
        )
        limits = [np.where(survival > 0, survival ** np.exp(sign * w), 0.0) for w in widths for sign in (-1, 1)]
        std_error = np.where(survival > 0, survival * np.sqrt(relative), np.nan)
    return pd.DataFrame(
        {
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "survival": survival,
            "std_error": std_error,
            "ci_low": limits[0],
            "ci_high": np.where(survival > 0, limits[1], np.nan),
            "band_low": limits[2],
            "band_high": np.where(survival > 0, limits[3], np.nan),
        }
    )


def _at_risk(time: FloatArray, start: FloatArray, times: FloatArray) -> IntArray:
    """Units that entered before each time and have not left before it."""
    entered = np.searchsorted(np.sort(start), times, side="left") if start.any() else np.full(times.size, time.size)
    return np.asarray(entered - np.searchsorted(np.sort(time), times, side="left"), np.int64)


def _first_at_half(curve: pd.DataFrame, column: str) -> float:
    below = np.flatnonzero(curve[column].to_numpy() <= 0.5)
    return float(curve["time"].iloc[below[0]]) if below.size else np.nan


def _log_rank(time: FloatArray, code: IntArray, start: FloatArray, labels: NDArray[Any]) -> float:
    """p-value of the log-rank test over all groups."""
    groups = pd.unique(labels)
    times, total_events = np.unique(time[code > 0], return_counts=True)
    risk = np.stack([_at_risk(time[labels == g], start[labels == g], times) for g in groups], axis=1).astype(float)
    events = np.stack([np.sum((time[None] == times[:, None]) & (code > 0) & (labels == g), axis=1) for g in groups], 1)
    total = risk.sum(axis=1)
    share = risk / total[:, None]
    excess = (events - total_events[:, None] * share).sum(axis=0)[:-1]
    scale = total_events * (total - total_events) / np.maximum(total - 1, 1)
    covariance = np.einsum("t,tg,gh->gh", scale, share, np.eye(len(groups))) - np.einsum(
        "t,tg,th->gh", scale, share, share
    )
    statistic = excess @ np.linalg.pinv(covariance[:-1, :-1], rcond=1e-9, hermitian=True) @ excess
    return float(chdtrc(len(groups) - 1, statistic))


# --- Competing risks --------------------------------------------------------------------------------------------


def cumulative_incidence(
    duration: ArrayLike, cause: ArrayLike, *, group: ArrayLike | None = None, alpha: float = 0.05
) -> pd.DataFrame:
    """Aalen-Johansen probability of having left by each time for each cause, other causes competing.

    Columns: group, cause, time, incidence, std_error, ci_low, ci_high (log-log). Unlike one minus a Kaplan-Meier
    curve that treats other causes as censoring, the incidences of all causes and survival add up to one.

    Raises
    ------
    ParameterError : see `checked_durations`.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    time, code, _ = checked_durations(duration, cause, causes=True)
    labels = np.full(time.size, "all") if group is None else np.asarray(group)
    if labels.shape != time.shape:
        raise ParameterError(f"{labels.size} group labels for {time.size} durations.")
    parts = []
    for label in pd.unique(labels):
        rows = labels == label
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = CumIncidenceRight(time[rows], code[rows])
        for k, (incidence, error) in enumerate(zip(fit.cinc, fit.cinc_se, strict=True), start=1):
            with np.errstate(divide="ignore", invalid="ignore"):
                width = ndtri(1 - alpha / 2) * error / (incidence * np.log(incidence))
                low, high = incidence ** np.exp(-width), incidence ** np.exp(width)
            part = pd.DataFrame(
                {"time": fit.times, "incidence": incidence, "std_error": error, "ci_low": low, "ci_high": high}
            )
            part.insert(0, "group", label)
            part.insert(1, "cause", k)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)
