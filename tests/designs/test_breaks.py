"""Structural breaks against published answers, brute force and samples of known truth."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from statsmodels.datasets import nile
from statsmodels.tsa import stattools as tsa

from crimjust_research.designs.series.breaks import (
    bai_perron,
    best_partitions,
    break_date_quantile,
    early_tail,
    segment_rss,
    split_rss,
    sup_f_null,
    variance_ratio,
    zivot_andrews,
)
from crimjust_research.errors import ParameterError


@pytest.fixture(scope="module")
def flow() -> pd.Series:
    frame = nile.load_pandas().data
    return pd.Series(frame["volume"].to_numpy(), index=frame["year"].astype(int).to_numpy(), name="nile")


def test_nile_has_one_break_in_1898(flow: pd.Series) -> None:
    # Zeileis et al. (2003), R's strucchange: one break, 1898, 95 % interval 1895 to 1902.
    result = bai_perron(flow)
    assert result.n_breaks == 1
    row = result.breaks.iloc[0]
    assert (row["last_before"], row["first_after"], row["ci_low"], row["ci_high"]) == (1898, 1899, 1895, 1902)
    assert result.candidates["rss"].tolist()[:2] == pytest.approx([2835156.8, 1597457.2], abs=0.1)
    assert result.candidates["bic"].tolist()[:2] == pytest.approx([1318.2, 1270.1], abs=0.05)
    assert result.segments["mean"].tolist() == pytest.approx([1097.75, 849.97], abs=0.01)
    assert row["shift"] == pytest.approx(849.972 - 1097.75, abs=0.01)
    # The published sup-F of one break is 75.93.
    assert result.sup_f["sup_f"][0] == pytest.approx(75.93, abs=0.01)
    assert result.sup_f["p_value"][0] == pytest.approx(1 / 5000)
    assert result.sup_f["p_value"][1] > 0.1


def test_nile_date_survives_serial_correlation_and_unit_root_tests(flow: pd.Series) -> None:
    robust = bai_perron(flow, errors="hac", choice="sequential")
    plain = bai_perron(flow)
    assert robust.breaks["last_before"].tolist() == [1898]
    assert robust.breaks["ci_low"][0] <= plain.breaks["ci_low"][0]
    assert robust.breaks["std_error"][0] > plain.breaks["std_error"][0]
    test = zivot_andrews(flow)
    assert (test.position, test.last_before) == (28, 1898)
    assert test.p_value < 0.01


def test_shift_and_its_error_are_those_of_least_squares_with_separate_variances(flow: pd.Series) -> None:
    row = bai_perron(flow).breaks.iloc[0]
    before, after = flow.iloc[:28], flow.iloc[28:]
    # Two means with their own variances: the standard error of Welch's t test.
    assert row["std_error"] == pytest.approx(np.sqrt(before.var() / 28 + after.var() / 72))
    assert row["shift"] == pytest.approx(after.mean() - before.mean())


def test_dynamic_programme_finds_what_brute_force_finds() -> None:
    values = np.random.default_rng(3).normal(size=24)
    rss = segment_rss(values)
    for start, end in ((0, 23), (5, 12), (10, 14)):
        assert rss[start, end] == pytest.approx(np.sum((values[start : end + 1] - values[start : end + 1].mean()) ** 2))
    partitions, cost = best_partitions(rss, 3, 4)
    for breaks in range(4):
        possible = [cuts for cuts in combinations(range(1, 24), breaks) if min(np.diff([0, *cuts, 24])) >= 4]
        edges = [[0, *cuts, 24] for cuts in possible]
        totals = [sum(rss[a, b - 1] for a, b in pairwise(e)) for e in edges]
        assert partitions[breaks] == possible[int(np.argmin(totals))]
        assert cost[breaks] == pytest.approx(min(totals))
    whole, split = split_rss(values, 4)
    assert whole == pytest.approx(rss[0, 23])
    assert split == pytest.approx([rss[0, cut - 1] + rss[cut, 23] for cut in range(4, 21)])


def test_break_date_distribution() -> None:
    # Yao (1987): with equal variances 95 % lies within 11.03 and 90 % within 7.69 on either side.
    assert break_date_quantile(0.975, 1.0) == pytest.approx(11.03, abs=0.01)
    assert break_date_quantile(0.05, 1.0) == pytest.approx(-7.69, abs=0.01)
    # Each arm's highest point is exponential with mean s², so the noisier side wins in proportion.
    for ratio in (0.25, 1.0, 4.0):
        assert early_tail(0.0, ratio) == pytest.approx(1 / (1 + ratio))
    # Unequal variances, against the process itself on a fine grid.
    rng, step = np.random.default_rng(1), 0.02
    early, late = ((rng.normal(scale=np.sqrt(v * step), size=(4000, 2500)) - step / 2).cumsum(axis=1) for v in (1, 2))
    is_late = late.max(axis=1) > early.max(axis=1)
    where = step * np.where(is_late, late.argmax(axis=1) + 1, -early.argmax(axis=1) - 1)
    for probability in (0.1, 0.25, 0.75, 0.9):
        assert np.mean(where <= break_date_quantile(probability, 2.0)) == pytest.approx(probability, abs=0.02)


def test_variance_ratio_of_an_autoregression() -> None:
    # AR(1) with coefficient r: long-run over short-run variance is (1 + r) / (1 - r), 3 at r = 0.5.
    noise = np.random.default_rng(2).normal(size=20_000)
    assert variance_ratio(lfilter([1], [1, -0.5], noise)) == pytest.approx(3, rel=0.1)
    assert variance_ratio(noise) == pytest.approx(1, rel=0.05)
    # MA(1) with coefficient 0.5: (1 + 0.5)² / (1 + 0.25) = 1.8.
    assert variance_ratio(noise[1:] + 0.5 * noise[:-1]) == pytest.approx(1.8, rel=0.1)


def test_null_distribution_holds_its_size() -> None:
    # Andrews (1993): 5 % point of sup-F with 15 % trimming and one coefficient is 8.85 in the limit.
    assert np.quantile(sup_f_null(400, 60), 0.95) == pytest.approx(8.85, abs=0.4)
    # A fresh set of noise series is rejected at the nominal rate (standard error 1.1 points at 400 series).
    rng = np.random.default_rng(5)
    p_values = [bai_perron(noise, max_breaks=1).sup_f["p_value"][0] for noise in rng.normal(size=(400, 75))]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.033)


def test_serial_correlation_does_not_pass_for_breaks() -> None:
    rng = np.random.default_rng(0)
    series = [lfilter([1], [1, -0.5], rng.normal(size=200))[50:] for _ in range(120)]
    naive = np.mean([bai_perron(y, max_breaks=1).n_breaks for y in series])
    robust = np.mean([bai_perron(y, max_breaks=1, errors="hac", choice="sequential").n_breaks for y in series])
    assert naive > 0.3
    assert robust < 0.15


@pytest.mark.parametrize(("errors", "shift"), [("independent", 2.0), ("hac", 3.0)])
def test_date_intervals_cover(errors: str, shift: float) -> None:
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(200):
        noise = rng.normal(size=170) if errors == "independent" else lfilter([1], [1, -0.4], rng.normal(size=170))
        y = noise[50:]
        y[70:] = y[70:] * 1.5 + shift
        found = bai_perron(y, max_breaks=1, errors=errors).breaks
        covered.append(len(found) and found["ci_low"][0] <= 69 <= found["ci_high"][0])
    # Bai's limit is for shifts that dates can be told from; below about two standard deviations it covers less.
    assert np.mean(covered) > 0.92


def test_two_breaks_are_dated_on_the_index() -> None:
    months = pd.period_range("2015-01", periods=96, freq="M")
    level = np.repeat([0.0, 3.0, 1.0], [30, 40, 26])
    y = pd.Series(level + 0.5 * np.random.default_rng(1).normal(size=96), months)
    for choice in ("bic", "sequential"):
        result = bai_perron(y, choice=choice)
        assert result.breaks["last_before"].tolist() == [pd.Period("2017-06"), pd.Period("2020-10")]
        assert result.breaks["shift"].tolist() == pytest.approx([3, -2], abs=0.4)
    assert result.segments["start"].tolist() == [pd.Period(p) for p in ("2015-01", "2017-07", "2020-11")]
    assert result.fitted[[0, 50, 90]] == pytest.approx(result.segments["mean"].to_numpy())
    assert bai_perron(y, max_breaks=1, choice="sequential").n_breaks == 1


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e3, 1e3),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_dates_do_not_depend_on_units(seed: int, scale: float, shift: float, sign: float) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=60)
    y[25:] += 2.5
    options = {"max_breaks": 2, "errors": "hac"}
    plain, moved = bai_perron(y, **options), bai_perron(sign * scale * (y + shift), **options)
    assert moved.candidates["positions"].tolist() == plain.candidates["positions"].tolist()
    assert moved.n_breaks == plain.n_breaks
    dates = ["ci_low", "last_before", "ci_high"]
    assert moved.breaks[dates].to_numpy().tolist() == plain.breaks[dates].to_numpy().tolist()
    assert moved.breaks["shift"].tolist() == pytest.approx((sign * scale * plain.breaks["shift"]).tolist(), rel=1e-6)


def test_zivot_andrews_reads_the_break_date() -> None:
    y = 0.3 * np.random.default_rng(4).normal(size=80)
    y[50:] += 4
    months = pd.period_range("2016-01", periods=80, freq="M")
    test = zivot_andrews(pd.Series(y, months))
    assert (test.position, test.last_before) == (50, months[49])
    assert test.p_value < 0.01


def test_zivot_andrews_leaves_an_observation_before_the_earliest_date() -> None:
    """With as many lags as the trimmed share has dates, the break would be the constant and the equations singular."""
    # Every value comes back eight dates later, so AIC asks for at least seven lags; 15 % of 51 are seven dates.
    z = np.random.default_rng(3).normal(size=59)
    series = pd.Series(z[8:] + 0.9 * z[:-8])
    test = zivot_andrews(series)
    assert test.lags <= 6
    assert np.isfinite(test.statistic)


def test_refusals(flow: pd.Series) -> None:
    with pytest.raises(ParameterError, match="15% of 12 observations, must hold more than 1"):
        bai_perron(flow.iloc[:12])
    with pytest.raises(ParameterError, match="choice 'aic'"):
        bai_perron(flow, choice="aic")
    with pytest.raises(ParameterError, match="max_breaks is 0"):
        bai_perron(flow, max_breaks=0)
    with pytest.raises(ParameterError, match="1900 follows 1898"):
        bai_perron(flow.drop(1899))
    with pytest.raises(ParameterError, match="at least 30 are needed"):
        zivot_andrews(flow.iloc[:20])


def real_gnp() -> pd.Series:
    """Logarithm of real GNP of the United States, 1909 to 1970 (Nelson and Plosser 1982), as statsmodels carries it."""
    path = Path(statsmodels.__file__).parent / "tsa" / "tests" / "results" / "rgnp.csv"
    values = pd.read_csv(path)["REAL_GNP"]
    return pd.Series(values.to_numpy(), index=pd.period_range("1909", periods=62, freq="Y"))


def test_great_crash_in_real_gnp() -> None:
    # Zivot and Andrews (1992): t = -5.58 with 8 lags, break in 1929. R's urca, as statsmodels quotes it: -5.57615.
    given = zivot_andrews(real_gnp(), lags=8)
    assert given.statistic == pytest.approx(-5.57615, abs=5e-6)
    assert given.p_value < 0.01
    assert (str(given.last_before), given.lags) == ("1929", 8)
    # Their rule, from 8 lags down to the first with |t| of 1.60 in the regression with the break, gives the same.
    assert zivot_andrews(real_gnp()) == given
    # The lag that fits best without the break does not reject.
    short = zivot_andrews(real_gnp(), lags=1)
    assert (short.statistic, short.p_value) == (pytest.approx(-4.6167, abs=1e-4), pytest.approx(0.0885, abs=1e-3))
    assert str(short.last_before) == "1929"


@pytest.mark.parametrize("lags", [1, 2, 5])
def test_statistics_at_given_lags_are_those_of_statsmodels(lags: int) -> None:
    walk = np.random.default_rng(lags).normal(size=90).cumsum() + 1e3
    library = tsa.zivot_andrews(walk, maxlag=lags, regression="c", autolag=None)
    ours = zivot_andrews(walk, lags=lags)
    assert (ours.statistic, ours.p_value, ours.position) == pytest.approx((library[0], library[1], library[4] + 1))


def test_an_autoregression_counts_no_further_than_0_97() -> None:
    """Residuals that grow without end: z doubles each time, so that the coefficient is 2, and .97 takes its place."""
    z = 2.0 ** np.arange(12)
    left = z[1:] - 0.97 * z[:-1]
    remaining, n = 0.97, left.size
    bandwidth = min(1.1447 * (4 * remaining**2 / (1 - remaining**2) ** 2 * n) ** (1 / 3), n - 1)
    weights = [1 - lag / (bandwidth + 1) for lag in range(1, int(bandwidth) + 1)]
    variance = left @ left / n + 2 * sum(w * (left[k:] @ left[:-k]) / n for k, w in enumerate(weights, 1))
    assert variance_ratio(z) == pytest.approx(variance / 0.03**2 / np.mean(z**2))
