"""The two monthly series that the parameters choose, their logarithms, and how each moves on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.series.breaks import StructuralBreaks, bai_perron, zivot_andrews
from crimjust_research.designs.series.description import stl
from crimjust_research.errors import ParameterError
from crimjust_research.questions.markets.params import DEATHS, DRUGS, Params, seized


def monthly_series(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Columns seizures (kilograms or events) and deaths by month (PeriodIndex); missing where unpublished."""
    columns = {seized(p.drug, p.measure): "seizures", DEATHS: "deaths"}
    months = pd.PeriodIndex(panel["month"], freq="M", name="month")
    return panel[list(columns)].rename(columns=columns).astype("float64").set_index(months)


def complete_window(series: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """The months from `start` to `end` for which both series are published.

    Raises
    ------
    ParameterError
        If there is none, or published months are interrupted by missing ones.
    """
    complete = series.dropna()
    if complete.empty:
        raise ParameterError("the two series share no month at all; choose another drug or measure")
    chosen = complete.loc[start:end]
    if chosen.empty:
        raise ParameterError(
            f"no month from {start} to {end} has both series; both are published from {complete.index[0]} to "
            f"{complete.index[-1]}: choose months within"
        )
    gaps = series.loc[chosen.index[0] : chosen.index[-1]].index.difference(chosen.index)
    if len(gaps):
        raise ParameterError(
            f"months without a figure lie inside the window: {', '.join(map(str, gaps))}; choose a window beside them"
        )
    return chosen


def log_series(series: pd.DataFrame, drug: str) -> pd.DataFrame:
    """Natural logarithms of both columns.

    Raises
    ------
    ParameterError
        If a month has a zero, which has no logarithm.
    """
    zero = series.index[(series <= 0).any(axis=1)]
    if len(zero):
        raise ParameterError(
            f"no {drug} was seized (or no death recorded) in {', '.join(map(str, zero))}; a month of zero has no "
            "logarithm: choose a window without it"
        )
    return pd.DataFrame(np.log(series))


def logs_of(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Log seizures and log deaths over the complete months that the parameters choose."""
    return log_series(complete_window(monthly_series(panel, p), p.start, p.end), p.drug)


def all_logs(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Log seizures of every drug, a column each, and log deaths, over the window and by the measure of the parameters."""
    pairs = {drug: logs_of(panel, p.model_copy(update={"drug": drug})) for drug in DRUGS}
    seizures = {str(drug): pair["seizures"] for drug, pair in pairs.items()}
    return pd.DataFrame(seizures | {"deaths": pairs[p.drug]["deaths"]})


def label(series: str, measure: str = "") -> str:
    """What a column of `all_logs` is called in a text: a drug seized by some measure, or deaths."""
    return "deaths (T40.4)" if series == "deaths" else f"{series} seized ({measure})"


def heading(series: str, measure: str = "") -> str:
    """`label` above a panel of a chart."""
    text = label(series, measure)
    return text[0].upper() + text[1:]


def course(series: pd.Series[float]) -> dict[str, Any]:
    """First, highest and last value of a series and their months."""
    highest = series.idxmax()
    ends = {"first": series.iloc[0], "highest": series.max(), "last": series.iloc[-1]}
    months = {"first_month": series.index[0], "highest_month": highest, "last_month": series.index[-1]}
    return ends | {name: str(month) for name, month in months.items()}


def level_shifts(logs: pd.DataFrame) -> dict[str, StructuralBreaks]:
    """Months in which the mean of each column shifted, at most four, by sequential tests that allow autocorrelation.

    Not by BIC: on autocorrelated noise of this length it finds a break in most series that have none.
    """
    return {str(name): bai_perron(logs[name], max_breaks=4, errors="hac", choice="sequential") for name in logs}


def shift_table(shifts: dict[str, StructuralBreaks], measure: str) -> pd.DataFrame:
    """One row a shift.

    Returns
    -------
    DataFrame: series, label, nth, last_before (last month before it), from_month and to_month (95 % interval of that
    date), shift, std_error, sup_f_p (of one break more), n_obs.
    """
    rows = []
    for name, found in shifts.items():
        for nth, row in enumerate(found.breaks.to_dict("records")):
            dates = (row["last_before"], row["ci_low"], row["ci_high"])
            sup_f_p = found.sup_f["p_value"].iloc[nth]
            rows.append(
                (name, label(name, measure), nth + 1, *dates, row["shift"], row["std_error"], sup_f_p, found.n_obs)
            )
    columns = [
        "series",
        "label",
        "nth",
        "last_before",
        "from_month",
        "to_month",
        "shift",
        "std_error",
        "sup_f_p",
        "n_obs",
    ]
    return pd.DataFrame(rows, columns=columns)


def segment_means(logs: pd.DataFrame, shifts: dict[str, StructuralBreaks]) -> pd.DataFrame:
    """Each column and the mean of its segments: series, month (period), log, mean."""
    parts = [
        pd.DataFrame({"series": name, "month": logs.index, "log": logs[name].to_numpy(), "mean": found.fitted})
        for name, found in shifts.items()
    ]
    return pd.concat(parts, ignore_index=True)


def unit_root_with_break(logs: pd.DataFrame) -> pd.DataFrame:
    """Zivot and Andrews' test of each column: a unit root against a level that shifted once."""
    tests = {name: zivot_andrews(logs[name]) for name in logs}
    rows = [(name, t.statistic, t.p_value, t.lags, str(t.last_before)) for name, t in tests.items()]
    return pd.DataFrame(rows, columns=["series", "statistic", "p_value", "lags", "last_month_before"])


def seasonal_profiles(logs: pd.DataFrame) -> pd.DataFrame:
    """Mean seasonal component of each column by calendar month, and how strong trend and season are (0 none, 1 all).

    Returns
    -------
    DataFrame: series, calendar_month, seasonal_mean (log points), trend_strength, seasonal_strength.
    """
    parts = {str(name): stl(logs[name]) for name in logs}
    profiles = [
        part.profile[["season", "seasonal_mean"]].assign(
            series=name, trend_strength=part.trend_strength, seasonal_strength=part.seasonal_strength
        )
        for name, part in parts.items()
    ]
    table = pd.concat(profiles, ignore_index=True).rename(columns={"season": "calendar_month"})
    return table[["series", "calendar_month", "seasonal_mean", "trend_strength", "seasonal_strength"]]
