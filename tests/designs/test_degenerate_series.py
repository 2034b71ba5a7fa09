"""Series in which nothing can be told: constant, without noise, without dates, out of range; each design says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.series.breaks import bai_perron, zivot_andrews
from crimjust_research.designs.series.causality import prewhitened_cross_correlation, toda_yamamoto
from crimjust_research.designs.series.cointegration import cointegration
from crimjust_research.designs.series.description import integration_order, stl
from crimjust_research.designs.series.growth import log_growth
from crimjust_research.designs.series.local_projections import local_projection
from crimjust_research.designs.series.simulation import simulate_var, toda_yamamoto_bootstrap
from crimjust_research.errors import ParameterError

N = 120
MONTHS = pd.period_range("2015-01", periods=N, freq="M")
WALK = 50 + np.random.default_rng(5).normal(size=N).cumsum()
OTHER = pd.Series(np.random.default_rng(6).normal(size=N).cumsum(), index=MONTHS)


def dated(values: Any) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=object if isinstance(values[0], str) else None), index=MONTHS)


def beside(series: pd.Series) -> pd.Series:
    """Another walk on the same index."""
    return pd.Series(OTHER.to_numpy()[: len(series)], index=series.index)


DESIGNS: dict[str, Callable[[pd.Series], object]] = {
    "bai_perron": bai_perron,
    "bai_perron hac": lambda s: bai_perron(s, errors="hac", choice="sequential"),
    "zivot_andrews": zivot_andrews,
    "stl": stl,
    "integration": integration_order,
    "growth": log_growth,
    "cross_correlation": lambda s: prewhitened_cross_correlation(s, beside(s), [-1, 0, 1], max_order=4),
    "toda_yamamoto": lambda s: toda_yamamoto(s, beside(s), max_lag=3, d_max=1),
    "granger": lambda s: toda_yamamoto(beside(s), s, max_lag=2, lags=2, d_max=0),
    "bootstrap": lambda s: toda_yamamoto_bootstrap(s, beside(s), lags=2, d_max=1, draws=99, seed=1),
    "cointegration": lambda s: cointegration(pd.DataFrame({"a": s, "b": beside(s)}), 2),
    "local_projection": lambda s: local_projection(s, beside(s), horizons=2, lags=2),
}
USELESS = {
    "constant": (dated(np.ones(N)), "is constant"),
    "constant but for rounding": (dated(1e6 + 1e-9 * WALK), "is rounding"),
    "too large": (dated(WALK * 1e150), "other units"),
    "too small": (dated(WALK * 1e-320), "other units"),
    "a hole": (dated(np.where(np.arange(N) == 5, np.nan, WALK)), "missing or infinite"),
    "infinite": (dated(np.where(np.arange(N) == 5, np.inf, WALK)), "missing or infinite"),
    "text": (dated(["1,234"] * N), "'1,234' at 2015-01, which is not a number"),
    "complex": (dated(WALK + 0j), "real numbers"),
    "too short": (dated(WALK)[:3], "needed|two periods|too few"),
    "unsorted": (dated(WALK).sample(frac=1, random_state=1), "evenly spaced"),
    "a gap": (dated(WALK).drop(MONTHS[7]), "evenly spaced"),
    "a date twice": (pd.Series(WALK, index=MONTHS[[0, *range(N - 1)]]), "evenly spaced"),
    "irregular days": (
        pd.Series(WALK, index=pd.Timestamp("2015-01-01") + pd.to_timedelta(np.arange(N) ** 2, unit="D")),
        "evenly spaced|monthly",
    ),
    "no date": (pd.Series(WALK, index=[pd.NaT, *MONTHS[1:].to_timestamp()]), "no date in row 1"),
    "dates as words": (pd.Series(WALK, index=MONTHS.astype(str)), "indexed by '2015-01'"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", USELESS)
def test_what_cannot_be_read_is_refused_in_every_design(kind: str, design: str) -> None:
    series, message = USELESS[kind]
    with pytest.raises(ParameterError, match=message):
        DESIGNS[design](series)


# Of these some designs have an answer and some have none; none is certain.
ODD = {
    "two values in turn": np.arange(N) % 2.0,
    "a line": np.arange(N) * 1.0,
    "a parabola": np.arange(N) ** 2.0,
    "a sine": np.sin(np.pi * np.arange(N) / 6),
    "one spike": (np.arange(N) == 60) * 1.0,
    "one step": (np.arange(N) > 60) * 1.0,
    "an early step": (np.arange(N) > 1) * 1.0,
    "halving": 0.5 ** np.arange(N),
    "whole numbers in a cycle": np.arange(N) % 7.0,
}
P_VALUES = ("p_value", "p_f", "p_chi2", "adf_p", "p_joint")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("kind", ODD)
def test_without_noise_there_is_no_p_of_zero_and_no_warning(kind: str, design: str) -> None:
    try:
        found = DESIGNS[design](dated(ODD[kind]))
    except ParameterError:
        return
    table = getattr(found, "table", None)
    told = [getattr(found, name) for name in P_VALUES if hasattr(found, name)]
    told += [p for name in P_VALUES if table is not None and name in table for p in table[name]]
    assert all(p > 0 for p in told)
    errors = [] if table is None or "std_error" not in table else table["std_error"].tolist()
    assert all(e > 0 for e in errors)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2015-01-31", periods=N, freq="ME"),
        pd.date_range("2015-01-01", periods=N, freq="QS"),
        pd.date_range("2015-01-01", periods=N),
        pd.date_range("2015-01-01", periods=N, tz="US/Eastern"),
        pd.period_range("1890", periods=N, freq="Y"),
        pd.period_range("2015-01", periods=N, freq="2M"),
        pd.Index(np.arange(1890, 1890 + N)),
        pd.Index(1990 + np.arange(N) / 12),
        pd.Index(np.round(1990 + np.arange(N) / 12, 4)),
    ],
)
def test_every_even_calendar_gives_the_same_numbers(index: pd.Index) -> None:
    series = pd.Series(WALK, index=index)
    assert zivot_andrews(series).statistic == zivot_andrews(WALK).statistic
    assert log_growth(series).rate == log_growth(pd.Series(WALK)).rate
    assert bai_perron(series).breaks["last_before"].tolist() == index[bai_perron(WALK).breaks["last_before"]].tolist()


def test_a_run_of_zeros_before_figures_has_an_interval_and_a_break_without_noise_none() -> None:
    rng = np.random.default_rng(2)
    zeros = np.r_[np.zeros(40), rng.normal(10, 1, 60)]
    (row,) = bai_perron(zeros).breaks.itertuples()
    assert (row.last_before, row.shift) == (39, pytest.approx(zeros[40:].mean()))
    assert row.ci_low <= 39 <= row.ci_high
    # Both sides take the variance of all residuals: 60 of 100, with divisor n.
    pooled = np.sum((zeros[40:] - zeros[40:].mean()) ** 2) / 100
    assert row.std_error == pytest.approx(np.sqrt(pooled / 39 + pooled / 59))
    with pytest.raises(ParameterError, match=r"constant between \['39'\]"):
        bai_perron(np.r_[np.zeros(40), np.ones(60)] + 5)


def test_a_response_to_one_event_has_no_standard_error() -> None:
    step = dated((np.arange(N) > 60) * 1.0)
    with pytest.raises(ParameterError, match="at one date"):
        local_projection(step, OTHER, horizons=2, lags=2)


def test_a_lag_that_reproduces_a_series_is_no_evidence() -> None:
    follower = pd.Series(np.r_[0.0, 0.5 * OTHER.to_numpy()[:-1]], index=MONTHS)
    with pytest.raises(ParameterError, match="reproduced exactly"):
        toda_yamamoto(OTHER, follower, max_lag=1, lags=1, d_max=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bai_perron(WALK, max_breaks=1.5), "max_breaks is 1.5"),  # type: ignore[arg-type]
        (lambda: zivot_andrews(WALK, True), "lags is True"),
        (lambda: zivot_andrews(WALK, 99), "lags is 99; with 120 observations, of which 18"),
        (lambda: prewhitened_cross_correlation(WALK, OTHER, [0.5]), "not whole"),  # type: ignore[list-item]
        (lambda: toda_yamamoto(WALK, OTHER, max_lag=0, d_max=1), "max_lag is 0"),
        (lambda: local_projection(WALK, OTHER, horizons=-1, lags=1), "horizons is -1"),
        (lambda: simulate_var(50, [[[1.5]]], n_sim=5, seed=1), "explodes: its largest root is 1.5"),
        (lambda: simulate_var(50, np.zeros((1, 2, 2)), n_sim=5, seed=1, covariance=[[1, 2], [2, 1]]), "positive"),
    ],
)
def test_arguments_are_refused_by_name_and_value(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
