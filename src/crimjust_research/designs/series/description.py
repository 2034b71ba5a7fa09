"""Description of one series: seasonal decomposition and order of integration.

Every function takes a complete, evenly spaced series and says so plainly when given anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import NO_VARIATION, library
from crimjust_research.designs.series.checks import (
    complete_values,
    require_dates,
    require_even_spacing,
    season_numbers,
    series_index,
    series_name,
    without_noise,
)
from crimjust_research.errors import ParameterError

Reading = Literal["stationary", "unit root", "conflicting", "inconclusive"]

MAX_ORDER = 2  # of differencing
EXACT_FIT = 1e5  # a t statistic this large is that of a regression without residuals


# --- Decomposition ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Decomposition(Printed):
    """Seasonal-trend decomposition by loess of one series."""

    components: pd.DataFrame
    """Index of the series; columns observed, trend, seasonal, remainder."""
    profile: pd.DataFrame
    """One row per season: season, seasonal_mean, seasonal_min, seasonal_max, observed_mean, n."""
    trend_strength: float
    seasonal_strength: float

    def shown(self) -> pd.DataFrame:
        """The seasonal profile."""
        return self.profile


def stl(series: SeriesLike, seasonal_window: int = 11) -> Decomposition:
    """STL (Cleveland et al. 1990) with the strengths of trend and season of Wang, Smith and Hyndman (2006).

    Windows, degrees and jumps are those of the authors' own settings (R's `stl`): seasonal degree 0, trend
    window the first odd number from 1.5 period / (1 - 1.5 / seasonal_window), jumps a tenth of each window, two
    inner passes.
    Strength is max(0, 1 - Var(remainder) / Var(remainder + component)): 0 none, 1 all.

    Parameters
    ----------
    series : n observations, monthly or quarterly, in the units wanted for the components (log for a multiplicative
        season).
    seasonal_window : odd, at least 7; larger lets the season change more slowly.

    Raises
    ------
    ParameterError : less than two full years, an even or short window, or an index that is no calendar.
    """
    from statsmodels.tsa.seasonal import STL

    index = series_index(series)
    require_dates(index, series_name(series, "series"))
    require_even_spacing(index, series_name(series, "series"))
    season, period = season_numbers(index)
    require_whole(7, seasonal_window=seasonal_window)
    if seasonal_window % 2 == 0:
        raise ParameterError(f"The seasonal window is {seasonal_window}; give an odd number of at least 7.")
    values = complete_values(series, "series", minimum=2 * period + 1)
    trend_window = int(np.ceil(1.5 * period / (1 - 1.5 / seasonal_window)))
    trend_window += 1 - trend_window % 2
    low_pass = period + 1 - period % 2
    fit = STL(
        values,
        period=period,
        seasonal=seasonal_window,
        trend=trend_window,
        low_pass=low_pass,
        seasonal_deg=0,
        seasonal_jump=-(-seasonal_window // 10),
        trend_jump=-(-trend_window // 10),
        low_pass_jump=-(-low_pass // 10),
    ).fit(inner_iter=2, outer_iter=0)
    trend, seasonal, remainder = (np.asarray(part, np.float64) for part in (fit.trend, fit.seasonal, fit.resid))
    components = pd.DataFrame(
        {"observed": values, "trend": trend, "seasonal": seasonal, "remainder": remainder}, index=index
    )
    by_season = components.assign(season=season).groupby("season")
    profile = by_season.agg(
        seasonal_mean=("seasonal", "mean"),
        seasonal_min=("seasonal", "min"),
        seasonal_max=("seasonal", "max"),
        observed_mean=("observed", "mean"),
        n=("observed", "size"),
    ).reset_index()

    def strength(component: FloatArray) -> float:
        whole = float(np.var(remainder + component))
        # A component and a remainder that are both made of rounding have no strength.
        return max(0.0, 1.0 - float(np.var(remainder)) / whole) if whole > NO_VARIATION**2 * np.var(values) else 0.0

    return Decomposition(components, profile, strength(trend), strength(seasonal))


# --- Order of integration ---------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class IntegrationOrder(Printed):
    """Unit-root and stationarity tests of one series, read together."""

    name: str
    table: pd.DataFrame
    """Per difference: adf_statistic, adf_p, adf_lags, kpss_statistic, kpss_p, kpss_p_bound ("=", "<=", ">="),
    kpss_lags, n_obs, reading."""
    d_max: int
    settled: bool
    """Whether the series differenced d_max times reads as stationary."""


def integration_order(series: SeriesLike, alpha: float = 0.05) -> IntegrationOrder:
    """Augmented Dickey-Fuller (null: unit root) and KPSS (null: stationary around a level), differenced 0 to 2 times.

    The joint reading at an order is "stationary" if only ADF rejects, "unit root" if only KPSS rejects,
    "conflicting" if both do and "inconclusive" if neither does. d_max is the first order that reads "stationary",
    but at most one above the first order at which ADF rejects: a conflicting or inconclusive reading costs one
    more difference, because in a lag-augmented test one lag too many costs a little power and one too few costs
    the size of the test, and it costs it once, because KPSS also rejects series differenced too often.

    ADF takes its lag by AIC up to Schwert's 12 (n/100)^(1/4); KPSS its bandwidth by Hobijn, Franses and Ooms
    (2004). KPSS p-values are tabulated from 0.01 to 0.10 only; beyond the table `kpss_p_bound` says "<=" or ">=".

    Raises
    ------
    ParameterError : fewer than 22 observations, a gap, a series that differencing makes constant, or one without noise.
    """
    from statsmodels.tsa.stattools import adfuller, kpss

    require_level(alpha)
    if not 0.01 <= alpha <= 0.10:
        raise ParameterError(f"The level alpha is {alpha}; KPSS is tabulated for 0.01 to 0.10 only.")
    name = series_name(series, "series")
    levels = complete_values(series, "series", minimum=20 + MAX_ORDER)
    for order in range(1, MAX_ORDER + 1):
        if np.ptp(np.diff(levels, n=order)) <= NO_VARIATION * np.ptp(levels):
            raise ParameterError(
                f"Series {name!r} is constant once differenced {order} time(s); it has no noise to test."
            )
    rows = []
    for order in range(MAX_ORDER + 1):
        values = np.diff(levels, n=order)
        # A p-value at the edge of the table is recorded as a bound below, so the library's warning adds nothing.
        with library(without_noise(name)):
            adf = adfuller(values, autolag="AIC", result_object=True)
            kp = kpss(values, nlags="auto", result_object=True)
        if not abs(float(adf.statistic)) < EXACT_FIT or not np.isfinite(float(kp.statistic)):
            raise ParameterError(f"{without_noise(name)} (differenced {order} time(s)).")
        kpss_p = float(kp.pvalue)
        bound = "<=" if kpss_p <= 0.01 else ">=" if kpss_p >= 0.1 else "="
        adf_rejects, kpss_rejects = float(adf.pvalue) < alpha, kpss_p < alpha or bound == "<="
        reading: Reading = (
            ("conflicting" if kpss_rejects else "stationary")
            if adf_rejects
            else ("unit root" if kpss_rejects else "inconclusive")
        )
        rows.append(
            {
                "difference": order,
                "adf_statistic": float(adf.statistic),
                "adf_p": float(adf.pvalue),
                "adf_lags": int(adf.lags),
                "kpss_statistic": float(kp.statistic),
                "kpss_p": kpss_p,
                "kpss_p_bound": bound,
                "kpss_lags": int(kp.lags),
                "n_obs": values.size,
                "reading": reading,
            }
        )
    table = pd.DataFrame(rows)
    stationary = np.flatnonzero(table["reading"] == "stationary")
    no_unit_root = np.flatnonzero(table["adf_p"] < alpha)
    d_max = int(min([*stationary[:1], *(no_unit_root[:1] + 1), MAX_ORDER]))
    return IntegrationOrder(name, table, d_max, bool(table["reading"][d_max] == "stationary"))
