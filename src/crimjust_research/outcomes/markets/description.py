"""How the series move on their own: season, trend, and the months in which their level shifted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from crimjust_research.designs.series.breaks import StructuralBreaks, bai_perron, zivot_andrews
from crimjust_research.designs.series.description import Decomposition, stl
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.markets.causality import OUTCOME, QUESTION
from crimjust_research.outcomes.markets.parameters import DRUGS, Params, complete_window, log_series, monthly_series


def all_logs(panel: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Log seizures of every drug and log deaths, by month, over the window of `params`."""
    columns: dict[str, pd.Series[float]] = {}
    for drug in DRUGS:
        logs = log_series(complete_window(monthly_series(panel, drug, params.measure), params.start, params.end), drug)
        columns[drug] = logs["seizures"]
        columns["deaths"] = logs["deaths"]
    return pd.DataFrame(columns)[[*DRUGS, "deaths"]]


def decompositions(logs: pd.DataFrame) -> dict[str, Decomposition]:
    """Seasonal-trend decomposition of each column."""
    return {str(name): stl(logs[name]) for name in logs}


def seasonal_profiles(parts: Mapping[str, Decomposition]) -> pd.DataFrame:
    """Mean seasonal component by calendar month, and the strengths of trend and season, one row a series and month."""
    return pd.concat(
        [
            part.profile[["season", "seasonal_mean"]]
            .rename(columns={"season": "calendar_month"})
            .assign(series=name, trend_strength=part.trend_strength, seasonal_strength=part.seasonal_strength)
            for name, part in parts.items()
        ],
        ignore_index=True,
    )[["series", "calendar_month", "seasonal_mean", "trend_strength", "seasonal_strength"]]


def level_shifts(logs: pd.DataFrame) -> dict[str, StructuralBreaks]:
    """Months in which the mean of each column shifted, at most four, by sequential tests that allow autocorrelation.

    Not by BIC: on autocorrelated noise of this length it finds a break in most series that have none.
    """
    return {str(name): bai_perron(logs[name], max_breaks=4, errors="hac", choice="sequential") for name in logs}


def break_table(shifts: Mapping[str, StructuralBreaks]) -> pd.DataFrame:
    """One row a shift: series, last month before it, its interval, size, standard error, sup-F p of one more."""
    rows = [
        shift.breaks.assign(series=name, sup_f_p=shift.sup_f["p_value"].iloc[: shift.n_breaks].to_numpy())
        for name, shift in shifts.items()
        if shift.n_breaks
    ]
    columns = ["series", "last_before", "ci_low", "ci_high", "shift", "std_error", "sup_f_p"]
    if not rows:
        return pd.DataFrame(columns=columns)
    table = pd.concat(rows, ignore_index=True)[columns]
    return table.astype({"last_before": "str", "ci_low": "str", "ci_high": "str"})


def unit_root_with_break(logs: pd.DataFrame) -> pd.DataFrame:
    """Zivot and Andrews' test of each column: a unit root against a level that shifted once."""
    tests = {name: zivot_andrews(logs[name]) for name in logs}
    return pd.DataFrame(
        {
            "series": list(tests),
            "statistic": [t.statistic for t in tests.values()],
            "p_value": [t.p_value for t in tests.values()],
            "lags": [t.lags for t in tests.values()],
            "last_month_before": [str(t.last_before) for t in tests.values()],
        }
    )


def shift_estimates(shifts: Mapping[str, StructuralBreaks], params: Params) -> list[Estimate]:
    """Size of each shift; its date and the interval of the date are in the specification."""
    found = []
    for name, shift in shifts.items():
        series = "deaths (T40.4)" if name == "deaths" else f"{name} seized ({params.measure})"
        for number, row in enumerate(shift.breaks.to_dict("records"), start=1):
            found.append(
                Estimate(
                    id=f"shift.{name}_{number}",
                    outcome=OUTCOME,
                    question=QUESTION,
                    estimand=f"Shift in mean log {series} after {row['last_before']}",
                    method="Bai-Perron",
                    specification=f"date's 95% interval {row['ci_low']} to {row['ci_high']}; sequential sup-F",
                    estimate=row["shift"],
                    std_error=row["std_error"],
                    unit="log points",
                    n_obs=shift.n_obs,
                    n_units=1,
                    role="secondary",
                )
            )
    return found
