"""The two monthly series that the parameters choose, their logarithms, and how each moves on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.series.breaks import bai_perron, zivot_andrews
from crimjust_research.designs.series.description import stl
from crimjust_research.designs.series.slopes import SlopeBreaks, slope_breaks
from crimjust_research.errors import ParameterError
from crimjust_research.questions.markets.params import DEATHS, DRUGS, Params, seized

# Seized in much the same places, and the cause of none of the deaths here: what no such test should find to foretell them.
CONTROL = "cannabis"
PRECURSOR = "Share of 4-ANPP in laboratory reports"
BREAK_DRAWS = 399  # samples behind each interval of a break's date
_SHIFT_COLUMNS = ["series", "label", "nth", "at", "from_month", "to_month", "change", "std_error", "sup_f_p", "n_obs"]


def monthly_series(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Columns seizures (kilograms or events) and deaths by month (PeriodIndex); missing where unpublished."""
    return chosen_columns(panel, p, p.drug)


def chosen_columns(panel: pd.DataFrame, p: Params, drug: str) -> pd.DataFrame:
    """The same with what was seized of another drug, beside the deaths of that of the parameters."""
    columns = {seized(drug, p.measure): "seizures", DEATHS[p.drug][0]: "deaths"}
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


def control_logs(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Log weight of cannabis seized, which kills by none of the drugs here, and log deaths, over the window."""
    return log_series(complete_window(chosen_columns(panel, p, CONTROL), p.start, p.end), CONTROL)


def all_logs(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Log seizures of every drug, a column each, and log deaths, over the window and by the measure of the parameters."""
    pairs = {drug: log_series(complete_window(chosen_columns(panel, p, drug), p.start, p.end), drug) for drug in DRUGS}
    seizures = {str(drug): pair["seizures"] for drug, pair in pairs.items()}
    return pd.DataFrame(seizures | {"deaths": pairs[p.drug]["deaths"]})


def own_deaths(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """For each drug when the deaths that involve it are on record, and whether months of that kind have its seizures as well.

    Returns
    -------
    DataFrame: drug, first, last (months of deaths, empty where no table has them), shared (months with both), usable (more
    than none).
    """
    months = panel["month"].astype(str)
    rows = []
    for drug in DRUGS:
        column = DEATHS.get(drug, ("",))[0]
        deaths = panel[column].notna() if column else pd.Series(False, panel.index)
        known = months[deaths].tolist()
        shared = int((deaths & panel[seized(drug, p.measure)].notna()).sum())
        rows.append((drug, known[0] if known else "", known[-1] if known else "", shared, shared > 0))
    return pd.DataFrame(rows, columns=["drug", "first", "last", "shared", "usable"])


def label(series: str, p: Params) -> str:
    """What a column of `all_logs` is called in a text: a drug seized by some measure, or deaths."""
    return f"deaths ({DEATHS[p.drug][1]})" if series == "deaths" else f"{series} seized ({p.measure})"


def heading(series: str, p: Params) -> str:
    """`label` above a panel of a chart."""
    text = label(series, p)
    return text[0].upper() + text[1:]


def course(series: pd.Series[float]) -> dict[str, Any]:
    """First, highest and last value of a series and their months."""
    highest = series.idxmax()
    ends = {"first": series.iloc[0], "highest": series.max(), "last": series.iloc[-1]}
    months = {"first_month": series.index[0], "highest_month": highest, "last_month": series.index[-1]}
    return ends | {name: str(month) for name, month in months.items()}


def precursor_share(halves: pd.DataFrame) -> pd.Series[float]:
    """Share of 4-ANPP among laboratory reports of the fentanyl family, all States together, by half-year (text)."""
    known = halves.dropna(subset=["reports_family"])
    counts = known.groupby("half_year")[["reports_4anpp", "reports_family"]].sum().astype("float64")
    return pd.Series(counts["reports_4anpp"] / counts["reports_family"], name="share")


def half_years(months: pd.Index[Any]) -> pd.Index[str]:
    """The half-year of each month (period), as tables of half-years write it."""
    return pd.Index([f"{month.year}H{1 if month.month <= 6 else 2}" for month in months])


def fall(chosen: pd.DataFrame, share: pd.Series[float] | None) -> pd.DataFrame:
    """Monthly means of deaths and of seizures, and the share of 4-ANPP, in the half-year of most deaths in a month and the last.

    Parameters
    ----------
    chosen : columns seizures and deaths by month; share : by half-year, or None if it was not published yet.

    Returns
    -------
    DataFrame: measure (deaths, seizures, share) as index; peak and last, and as columns' names the two half-years.
    """
    halves = half_years(chosen.index)
    ends = [halves[int(chosen["deaths"].argmax())], halves[-1]]
    table = chosen[["deaths", "seizures"]].groupby(halves).mean().loc[ends].T.astype("float64")
    if share is not None:
        table.loc["share"] = share.reindex(ends).to_numpy()
    return table.set_axis(["peak", "last"], axis=1).rename_axis("measure").assign(peak_half=ends[0], last_half=ends[1])


def on_one_axis(chosen: pd.DataFrame, share: pd.Series[float] | None, p: Params) -> pd.DataFrame:
    """Deaths and seizures by month and the share of 4-ANPP by half-year, each 100 in the half-year of most deaths in a month.

    Parameters are those of `fall`.

    Returns
    -------
    DataFrame: series (words), month (period; of a half-year its fourth), index.
    """
    base = fall(chosen, share)["peak"]
    by_series = {
        heading("deaths", p): 100 * chosen["deaths"] / base["deaths"],
        heading(p.drug, p): 100 * chosen["seizures"] / base["seizures"],
    }
    if share is not None:
        inside = share[share.index.isin(half_years(chosen.index))]
        fourth = inside.index.str.replace("H1", "-04").str.replace("H2", "-10")
        by_series[PRECURSOR] = 100 * inside.set_axis(pd.PeriodIndex(fourth, freq="M")) / base["share"]
    parts = [
        pd.DataFrame({"series": name, "month": value.index, "index": value.to_numpy()})
        for name, value in by_series.items()
    ]
    return pd.concat(parts, ignore_index=True)


def trend_breaks(logs: pd.DataFrame, p: Params) -> dict[str, SlopeBreaks]:
    """Months at which the slope of each column broke, month effects allowed for."""
    return {
        str(name): slope_breaks(logs[name], seasonal=True, alpha=1 - p.confidence_level, draws=BREAK_DRAWS, seed=p.seed)
        for name in logs
    }


def break_table(found: dict[str, SlopeBreaks], p: Params) -> pd.DataFrame:
    """One row a break.

    Returns
    -------
    DataFrame: series, label, nth, at (last month of the old slope), from_month and to_month (interval of that date), before and
    after (yearly growth on both sides, log points), change, autoregression (of the errors), n_obs.
    """
    parts = [
        breaks.breaks.rename(columns={"ci_low": "from_month", "ci_high": "to_month"}).assign(
            series=name,
            label=label(name, p),
            nth=range(1, breaks.n_breaks + 1),
            before=lambda row: 12 * row["slope_before"],
            after=lambda row: 12 * row["slope_after"],
            change=lambda row: row["after"] - row["before"],
            autoregression=breaks.autoregression,
            n_obs=breaks.n_obs,
        )
        for name, breaks in found.items()
        if breaks.n_breaks
    ]
    columns = ["series", "label", "nth", "at", "from_month", "to_month", "before", "after", "change"]
    columns += ["autoregression", "n_obs"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def broken_trends(logs: pd.DataFrame, found: dict[str, SlopeBreaks]) -> pd.DataFrame:
    """Each column and its trend: series, month (period), line (published, trend), log."""
    parts = [
        pd.DataFrame({"series": name, "month": logs.index, "line": line, "log": values})
        for name, breaks in found.items()
        for line, values in (("published", logs[name].to_numpy()), ("trend", breaks.trend))
    ]
    return pd.concat(parts, ignore_index=True)


def shifts_of_change(logs: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Months at which the mean monthly change of each column shifted: what a break in slope is where the errors wander.

    Bai and Perron's breaks in mean, at most three, by sequential tests that allow autocorrelation, of changes whose own month
    means are taken out.

    Returns
    -------
    DataFrame: series, label, nth, at (last month of the old mean), from_month, to_month, change (yearly, log points), std_error,
    sup_f_p (of one break more), n_obs.
    """
    changes = logs.diff().iloc[1:]
    changes -= changes.groupby(pd.PeriodIndex(changes.index).month).transform("mean")
    rows: list[dict[str, Any]] = []
    for name in changes:
        found = bai_perron(changes[name], max_breaks=3, errors="hac", choice="sequential", alpha=1 - p.confidence_level)
        rows += [
            {"series": name, "label": label(str(name), p), "nth": nth + 1, "at": row["last_before"]}
            | {"from_month": row["ci_low"], "to_month": row["ci_high"], "n_obs": found.n_obs}
            | {"change": 12 * row["shift"], "std_error": 12 * row["std_error"]}
            | {"sup_f_p": found.sup_f["p_value"].iloc[nth]}
            for nth, row in enumerate(found.breaks.to_dict("records"))
        ]
    return pd.DataFrame(rows, columns=_SHIFT_COLUMNS)


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
