"""Time to an event: survival curves, Cox and discrete-time models, competing risks, and dates known by year only.

Durations are numbers in any one unit. Event indicators are 0 or 1; competing causes are 0 (censored), 1, 2, ...
Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, kolmogi, ndtr, ndtri

from crimjust_research.designs.series.checks import FloatArray
from crimjust_research.errors import ParameterError

# --- Input ------------------------------------------------------------------------------------------------------


def checked_durations(
    duration: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None, causes: bool = False
) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
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


def _curve(time: FloatArray, code: NDArray[np.int64], start: FloatArray, alpha: float) -> pd.DataFrame:
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


def _at_risk(time: FloatArray, start: FloatArray, times: FloatArray) -> NDArray[np.int64]:
    """Units that entered before each time and have not left before it."""
    entered = np.searchsorted(np.sort(start), times, side="left") if start.any() else np.full(times.size, time.size)
    return np.asarray(entered - np.searchsorted(np.sort(time), times, side="left"), np.int64)


def _first_at_half(curve: pd.DataFrame, column: str) -> float:
    below = np.flatnonzero(curve[column].to_numpy() <= 0.5)
    return float(curve["time"].iloc[below[0]]) if below.size else np.nan


def _log_rank(time: FloatArray, code: NDArray[np.int64], start: FloatArray, labels: NDArray[Any]) -> float:
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


# --- Cox --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CoxModel:
    """Proportional hazards regression."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, robust_std_error, hazard_ratio, ci_low, ci_high (of the ratio,
    robust), p_value (robust)."""
    proportionality: pd.DataFrame
    """term (and "all"), correlation, chi2, df, p_value: whether a coefficient drifts with time."""
    covariance: FloatArray
    n_obs: int
    n_events: int
    n_clusters: int
    log_likelihood: float


def cox(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    covariates: Sequence[str],
    *,
    entry: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    alpha: float = 0.05,
) -> CoxModel:
    """Cox regression with Lin-Wei (or clustered) robust errors and the Grambsch-Therneau check of proportionality.

    Parameters
    ----------
    frame : one row per unit; `covariates` numeric. Clusters default to rows.

    Raises
    ------
    ParameterError : columns missing, empty or not numeric; see also `checked_durations`.
    """
    from statsmodels.duration.hazard_regression import PHReg

    wanted = [duration, event, *covariates, *[c for c in (entry, strata, cluster) if c]]
    absent = [c for c in wanted if c not in frame.columns]
    if absent:
        raise ParameterError(f"The table has no column {', '.join(map(repr, absent))}.")
    for column in covariates:
        if not pd.api.types.is_numeric_dtype(frame[column]) or frame[column].isna().any():
            raise ParameterError(f"Covariate {column!r} has missing or non-numeric values; code and complete it.")
    time, code, start = checked_durations(frame[duration], frame[event], frame[entry] if entry else None)
    x = frame[list(covariates)].to_numpy(np.float64)
    if np.linalg.matrix_rank(x - x.mean(axis=0)) < x.shape[1]:
        raise ParameterError("The covariates are linearly dependent or constant; drop one.")
    stratum = pd.factorize(frame[strata])[0] if strata else np.zeros(len(frame), np.int64)
    groups = pd.factorize(frame[cluster])[0] if cluster else np.arange(len(frame))
    model = PHReg(time, x, code, entry=start if entry else None, strata=stratum if strata else None, ties=ties)
    plain = model.fit(disp=0)
    estimate, covariance = np.asarray(plain.params), np.asarray(plain.cov_params())
    robust = np.sqrt(np.diag(model.fit(groups=groups, disp=0).cov_params()))
    half = ndtri(1 - alpha / 2) * robust
    table = pd.DataFrame(
        {
            "term": list(covariates),
            "estimate": estimate,
            "std_error": np.sqrt(np.diag(covariance)),
            "robust_std_error": robust,
            "hazard_ratio": np.exp(estimate),
            "ci_low": np.exp(estimate - half),
            "ci_high": np.exp(estimate + half),
            "p_value": 2 * ndtr(-np.abs(estimate / robust)),
        }
    )
    when, residuals = schoenfeld_residuals(time, code, start, stratum, x, estimate, ties)
    check = _proportionality(when, residuals, covariance, _curve(time, code, start, alpha), list(covariates))
    return CoxModel(table, check, covariance, len(frame), int(code.sum()), int(groups.max()) + 1, float(plain.llf))


def schoenfeld_residuals(
    time: FloatArray,
    code: NDArray[np.int64],
    start: FloatArray,
    stratum: NDArray[np.int64],
    x: FloatArray,
    coefficients: FloatArray,
    ties: Literal["efron", "breslow"],
) -> tuple[FloatArray, FloatArray]:
    """Event times (E,) and each event's covariates less their risk-weighted mean (E, k).

    Under Efron's treatment of ties the mean at a time with d events averages d means in which the tied units count
    for less and less.
    """
    weight = np.exp(x @ coefficients)
    rows, means = [], []
    for s in np.unique(stratum):
        inside = stratum == s
        for t in np.unique(time[inside & (code > 0)]):
            risk = inside & (time >= t) & (start < t)
            tied = np.flatnonzero(inside & (time == t) & (code > 0))
            all_weight, all_sum = weight[risk].sum(), weight[risk] @ x[risk]
            off = np.arange(tied.size) / tied.size if ties == "efron" else np.zeros(tied.size)
            own_weight, own_sum = weight[tied].sum(), weight[tied] @ x[tied]
            mean = ((all_sum - off[:, None] * own_sum) / (all_weight - off * own_weight)[:, None]).mean(axis=0)
            rows.append(tied)
            means.append(np.broadcast_to(mean, (tied.size, mean.size)))
    order = np.concatenate(rows)
    return time[order], x[order] - np.concatenate(means)


def _proportionality(
    when: FloatArray, residuals: FloatArray, covariance: FloatArray, curve: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """Grambsch and Therneau (1994): do scaled residuals trend with one less the survival just before each event?"""
    before = np.concatenate([[1.0], curve["survival"].to_numpy()[:-1]])
    g = 1 - before[np.searchsorted(curve["time"], when)]
    g = g - g.mean()
    scaled = len(when) * residuals @ covariance
    trend = g @ scaled
    own = trend**2 / (len(when) * np.diag(covariance) * (g @ g))
    together = (g @ residuals) @ covariance @ (g @ residuals) * len(when) / (g @ g)
    correlation = [float(np.corrcoef(g, column)[0, 1]) for column in scaled.T]
    df = [1] * len(names) + [len(names)]
    chi2 = np.append(own, together)
    return pd.DataFrame(
        {
            "term": [*names, "all"],
            "correlation": [*correlation, np.nan],
            "chi2": chi2,
            "df": df,
            "p_value": [float(chdtrc(d, c)) for d, c in zip(df, chi2, strict=True)],
        }
    )


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
