"""Time to an event: survival curves by group, and competing risks.

Durations are numbers in any one unit. Event indicators are 0 or 1; competing causes are 0 (censored), 1, 2, ...
Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc, kolmogi, ndtri

from crimjust_research.designs.arrays import TIE, FloatArray, IntArray
from crimjust_research.designs.checks import real_numbers, require_level
from crimjust_research.designs.fit import Printed, above_zero
from crimjust_research.designs.numerics import library
from crimjust_research.errors import ParameterError

MOST_CAUSES = 100

# --- Input ------------------------------------------------------------------------------------------------------


def checked_durations(duration: ArrayLike, event: ArrayLike, *, causes: bool = False) -> tuple[FloatArray, IntArray]:
    """Durations (n,) and event codes (n,) as arrays, once they make sense together.

    Raises
    ------
    ParameterError : lengths that differ, missing or negative durations, codes that are not whole numbers of 0 or more
        (0 or 1 unless `causes`), or no event at all.
    """
    time, code = real_numbers(duration, "duration"), real_numbers(event, "event")
    if not time.shape == code.shape or time.ndim != 1:
        raise ParameterError(f"{time.size} durations, {code.size} events; give one of each.")
    bad = np.flatnonzero(~np.isfinite(time) | (time < 0))
    if bad.size:
        raise ParameterError(
            f"Row {bad[0]} has a duration of {time[bad[0]]:g}; give a number of zero or more, or leave the row out."
        )
    whole = (code >= 0) & (code <= MOST_CAUSES) & (code == np.floor(code))
    if not (whole if causes else np.isin(code, [0, 1])).all():
        allowed = f"0, 1, 2, ... (to {MOST_CAUSES})" if causes else "0 or 1"
        raise ParameterError(f"Event codes are {np.unique(code).tolist()}; use {allowed}.")
    if not code.any():
        raise ParameterError("There is no event; nothing can be estimated.")
    return time, code.astype(np.int64)


# --- Kaplan-Meier -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class SurvivalCurves(Printed):
    """Kaplan-Meier curves by group."""

    table: pd.DataFrame
    """One row per group and event time: group, time, at_risk, events, survival, std_error, ci_low, ci_high
    (pointwise, log-log), band_low, band_high (simultaneous, Hall-Wellner)."""
    summary: pd.DataFrame
    """group, n, events, median, median_low, median_high; missing where the curve or its limit stays above one half."""
    log_rank_p: float
    """Of equal survival in all groups; missing with one group, or where all in all groups have the event at once."""

    def shown(self) -> pd.DataFrame:
        """Numbers and medians by group."""
        return self.summary

    def at(self, times: Sequence[float]) -> pd.DataFrame:
        """The curves read at given times: group, time, survival, ci_low, ci_high."""
        rows = []
        for group, curve in self.table.groupby("group", sort=False):
            position = np.searchsorted(curve["time"], times, side="right") - 1
            for time, row in zip(times, position, strict=True):
                known = curve.iloc[row] if row >= 0 else pd.Series({"survival": 1.0, "ci_low": 1.0, "ci_high": 1.0})
                rows.append((group, time, *(known[c] for c in ("survival", "ci_low", "ci_high"))))
        return pd.DataFrame(rows, columns=["group", "time", "survival", "ci_low", "ci_high"])


def kaplan_meier(
    duration: ArrayLike, event: ArrayLike, *, group: ArrayLike | None = None, alpha: float = 0.05
) -> SurvivalCurves:
    """Product-limit estimate of survival by group with Greenwood errors, intervals and bands, and a log-rank test.

    Library: statsmodels for the estimate, its error and the test; intervals are log-log, bands Hall and Wellner's
    (1980), transformed alike.

    Parameters
    ----------
    duration, event : (n,) time to event or censoring, and 1 or 0.
    group : (n,) labels.

    Raises
    ------
    ParameterError : see `checked_durations`; also groups without an event, and units without a group.

    Examples
    --------
    >>> curves = kaplan_meier(duration=[1, 2, 2, 3], event=[1, 1, 0, 1])
    >>> curves.table["survival"].round(2).tolist()
    [0.75, 0.5, 0.0]
    """
    require_level(alpha)
    time, code = checked_durations(duration, event)
    labels = np.full(time.size, "all") if group is None else np.asarray(group, dtype=object)
    if labels.shape != time.shape:
        raise ParameterError(f"{labels.size} group labels for {time.size} durations; give one of each.")
    number, names = pd.factorize(labels)
    if number.min() < 0:
        raise ParameterError(f"Row {int(np.argmin(number))} has no group; give it one or leave it out.")
    curves, summaries = [], []
    for place, label in enumerate(names):
        rows = number == place
        if not code[rows].any():
            raise ParameterError(f"Group {str(label)!r} has no event; leave it out or merge it.")
        curve = product_limit(time[rows], code[rows], alpha)
        curve.insert(0, "group", label)
        curves.append(curve)
        median, low, high = (_first_at_half(curve, c) for c in ("survival", "ci_low", "ci_high"))
        summaries.append((label, int(rows.sum()), int(code[rows].sum()), median, low, high))
    columns = ["group", "n", "events", "median", "median_low", "median_high"]
    p_value = log_rank(time, code, number) if len(curves) > 1 else np.nan
    return SurvivalCurves(pd.concat(curves, ignore_index=True), pd.DataFrame(summaries, columns=columns), p_value)


def log_rank(time: FloatArray, code: IntArray, group: IntArray) -> float:
    """p of equal survival in groups 0..G-1; missing where everybody has the event at once."""
    from statsmodels.duration.survfunc import survdiff

    if np.unique(time).size == 1 and code.all():
        return np.nan
    with library("The log-rank test fails; merge groups"):
        statistic, _ = survdiff(time, code, group)  # its p, taken from 1, is 0 below 1e-16
        return float(above_zero(chdtrc(np.unique(group).size - 1, statistic)))


def product_limit(time: FloatArray, code: IntArray, alpha: float) -> pd.DataFrame:
    """One Kaplan-Meier curve from (n,) times and 0 or 1: the columns of `SurvivalCurves.table` but the group."""
    from statsmodels.duration.survfunc import SurvfuncRight

    # Of hundreds of thousands the first event moves the curve so little that the band's exponent overflows: its limit is 0.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fit = SurvfuncRight(time, code)
        survival = np.asarray(fit.surv_prob)
        std_error = np.where(survival > 0, fit.surv_prob_se, np.nan)
        spread = std_error / survival
        widths = ndtri(1 - alpha / 2) * spread, kolmogi(alpha) * (1 + time.size * spread**2) / np.sqrt(time.size)
        limits = [survival ** np.exp(sign * width / np.log(survival)) for width in widths for sign in (-1, 1)]
    low, high, band_low, band_high = limits
    return pd.DataFrame(
        {
            "time": fit.surv_times,
            "at_risk": np.asarray(fit.n_risk, np.int64),
            "events": np.asarray(fit.n_events, np.int64),
            "survival": survival,
            "std_error": std_error,
            "ci_low": np.where(survival > 0, low, 0.0),
            "ci_high": high,
            "band_low": np.where(survival > 0, band_low, 0.0),
            "band_high": band_high,
        }
    )


def _first_at_half(curve: pd.DataFrame, column: str) -> float:
    """First time at which a column of the curve is at most one half, rounding aside; missing if it never is."""
    below = np.flatnonzero(curve[column].to_numpy() <= 0.5 + TIE)
    return float(curve["time"].iloc[below[0]]) if below.size else np.nan


# --- Competing risks --------------------------------------------------------------------------------------------


def cumulative_incidence(duration: ArrayLike, cause: ArrayLike, *, alpha: float = 0.05) -> pd.DataFrame:
    """Aalen-Johansen probability of having left by each time for each cause, other causes competing, by statsmodels.

    Columns: cause, time, incidence, std_error, ci_low, ci_high (log-log); no rows of a cause that has not occurred.
    Unlike one minus a Kaplan-Meier curve that treats other causes as censoring, the incidences of all causes and survival
    add up to one.

    Parameters
    ----------
    duration, cause : (n,) time to leaving or censoring, and 0 (censored), 1, 2, ...

    Raises
    ------
    ParameterError : see `checked_durations`.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    require_level(alpha)
    time, code = checked_durations(duration, cause, causes=True)
    parts = []
    with np.errstate(divide="ignore", invalid="ignore"):
        fit = CumIncidenceRight(time, code)
        for k, (incidence, error) in enumerate(zip(fit.cinc, fit.cinc_se, strict=True), start=1):
            if k not in code:
                continue
            # Where all have left for one cause there is no log-log scale and so no interval; nor before the first.
            inside = (incidence > 0) & (incidence < 1)
            error = np.where(inside, error, np.nan)
            width = ndtri(1 - alpha / 2) * error / (incidence * np.log(incidence))
            low, high = incidence ** np.exp(-width), incidence ** np.exp(width)
            columns = {"time": fit.times, "incidence": incidence, "std_error": error, "ci_low": low, "ci_high": high}
            parts.append(pd.DataFrame({"cause": k, **columns}))
    return pd.concat(parts, ignore_index=True)
