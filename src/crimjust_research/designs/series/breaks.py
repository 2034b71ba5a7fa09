"""Structural breaks in the level of one series: how many, when, how sure of the date, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import log_ndtr

from crimjust_research.designs.arrays import FloatArray, IntArray, SeriesLike
from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.series.checks import (
    complete_values,
    require_noise,
    series_index,
    series_name,
)
from crimjust_research.designs.series.vector_autoregression import least_squares, noisy_least_squares
from crimjust_research.errors import ParameterError

Errors = Literal["independent", "hac"]
Choice = Literal["bic", "sequential"]

SHORTEST_SHARE = 0.15  # of a segment in all observations
NO_NOISE = 1e-12  # variance, in that of the series, below which a segment is constant but for rounding
LAST_LAG_T = 1.60  # two-sided 10 % in the limit: Zivot and Andrews (1992), section 4
LEAST_RATIO = 1e-4  # of the variances beside a break; below it, one side hardly moves
NULL_DRAWS = 4_999
NULL_SEED = 20_030_101  # fixed, so that the same series gives the same p-value on every machine


@dataclass(frozen=True, repr=False)
class StructuralBreaks(Printed):
    """Least-squares segmentation of one series, break dates with confidence intervals."""

    name: str
    n_obs: int
    n_breaks: int
    candidates: pd.DataFrame
    """Per number of breaks: breaks, rss, bic, positions (observations before each break)."""
    sup_f: pd.DataFrame
    """Per number of breaks under the null: breaks_under_null, sup_f, p_value of one more break."""
    breaks: pd.DataFrame
    """Per break: last_before, first_after, ci_low, ci_high (dates of last_before), shift, std_error."""
    segments: pd.DataFrame
    """Per segment: start, end, n_obs, mean, std_dev."""
    fitted: FloatArray

    def shown(self) -> pd.DataFrame:
        """The breaks."""
        return self.breaks


@dataclass(frozen=True, repr=False)
class ZivotAndrewsTest(Printed):
    """Unit root against stationarity around one break of unknown date."""

    statistic: float
    p_value: float
    lags: int
    position: int
    """Observations before the break."""
    last_before: object


def bai_perron(
    series: SeriesLike,
    *,
    max_breaks: int = 5,
    errors: Errors = "independent",
    choice: Choice = "bic",
    alpha: float = 0.05,
) -> StructuralBreaks:
    """Multiple breaks in mean by the dynamic programme of Bai and Perron (1998, 2003).

    For every number of breaks m the segmentation with the least residual sum of squares is found exactly, no segment
    shorter than 15 % of the series.
    m is then the one with the least BIC, n log(RSS / n) + n (1 + log 2 pi) + 2 (m + 1) log n, or, with
    `choice="sequential"`, the first at which the sup-F test of one more break does not reject. BIC finds too many
    breaks in serially correlated series; use "sequential" with `errors="hac"` there.

    sup-F is the largest F statistic over admissible dates within the current segments. Its p-value comes from
    4,999 Gaussian samples of the segment's own length and trimming (fixed seed), adjusted for the number of
    segments searched (Sidak). With "hac" F is divided by the long-run over the short-run variance.

    A date's interval is Bai's (1997): the error of the estimated date times shift² / s1² has the distribution of
    `break_date_quantile`, with s1², s2² the error variances before and after the break, each from its own segment.
    With "hac" both are multiplied by the long-run over the short-run variance of all residuals. Beside a segment that
    hardly moves, such as a run of zeros, both sides take the variance of all residuals. Ends are rounded outwards and
    kept inside the sample.

    Parameters
    ----------
    series : n observations, evenly spaced.
    max_breaks : largest m tried, 1 or more.

    Raises
    ------
    ParameterError : incomplete or constant series, one that is constant between breaks, a bad option, or too few
        observations for a segment.
    """
    if errors not in get_args(Errors) or choice not in get_args(Choice):
        raise ParameterError(
            f"errors is {errors!r} and choice {choice!r}; use one of {get_args(Errors)} and of {get_args(Choice)}."
        )
    require_level(alpha)
    require_whole(1, max_breaks=max_breaks)
    name, index = series_name(series, "series"), series_index(series)
    values = complete_values(series, "series", minimum=10)
    require_noise(values, name)
    n = values.size
    shortest = int(SHORTEST_SHARE * n)
    if shortest <= 1:
        raise ParameterError(
            f"The shortest segment, {SHORTEST_SHARE:.0%} of {n} observations, must hold more than 1; widen the window."
        )
    largest = min(max_breaks, n // shortest - 1)
    scale = float(values.std())
    standard = (values - values.mean()) / scale
    partitions, rss = best_partitions(segment_rss(standard), largest, shortest)
    if rss.min() <= NO_NOISE * n:
        exact = partitions[int(np.argmax(rss <= NO_NOISE * n))]
        raise ParameterError(
            f"Series {name!r} is constant between {[str(index[cut - 1]) for cut in exact]}: its breaks can be read off, "
            "and without noise there is nothing to test."
        )
    rss = rss * scale**2
    number = np.arange(largest + 1)
    bic = n * (np.log(rss / n) + 1 + np.log(2 * np.pi)) + (number + 1) * 2 * np.log(n)
    candidates = pd.DataFrame({"breaks": number, "rss": rss, "bic": bic, "positions": partitions})
    sup_f = sequential_sup_f(standard, partitions[:-1], shortest, errors)
    if choice == "bic":
        n_breaks = int(np.argmin(bic))
    else:
        not_rejected = np.flatnonzero(sup_f["p_value"] >= alpha)
        n_breaks = int(not_rejected[0]) if not_rejected.size else len(sup_f)
    positions = partitions[n_breaks]
    breaks, segments, fitted = describe_partition(values, index, positions, errors, alpha)
    return StructuralBreaks(name, n, n_breaks, candidates, sup_f, breaks, segments, fitted)


def segment_rss(values: FloatArray) -> FloatArray:
    """(n, n) residual sums of squares: entry [i, j] is that of the segment from observation i to j, both in."""
    n = values.size

    def sums(z: FloatArray) -> FloatArray:
        total = np.concatenate([[0.0], np.cumsum(z)])
        return np.asarray(total[None, 1:] - total[:-1, None])

    length = np.arange(1, n + 1)[None, :] - np.arange(n)[:, None]
    count = np.maximum(length, 1)
    rss = sums(values**2) - sums(values) ** 2 / count
    return np.where(length > 0, np.maximum(rss, 0.0), np.inf)


def best_partitions(rss: FloatArray, max_breaks: int, shortest: int) -> tuple[list[tuple[int, ...]], FloatArray]:
    """Break positions (observations before each break) and total RSS of the best partition for 0..max_breaks."""
    n = len(rss)
    usable = np.where(np.arange(n)[None, :] - np.arange(n)[:, None] + 1 >= shortest, rss, np.inf)
    cost = [usable[0]]
    last_break: list[IntArray] = []
    for _ in range(max_breaks):
        # total[i, j]: best cost of observations 0..i, plus one more segment i+1..j.
        total = cost[-1][:-1, None] + usable[1:]
        last_break.append(np.argmin(total, axis=0))
        cost.append(np.min(total, axis=0))
    partitions: list[tuple[int, ...]] = []
    for breaks in range(max_breaks + 1):
        end, found = n - 1, []
        for level in range(breaks - 1, -1, -1):
            end = int(last_break[level][end])
            found.append(end + 1)
        partitions.append(tuple(reversed(found)))
    return partitions, np.array([row[-1] for row in cost])


def split_rss(values: FloatArray, shortest: int) -> tuple[FloatArray, FloatArray]:
    """RSS of each sample (..., n) unbroken, and split after every admissible observation: (...), (..., splits)."""
    n = values.shape[-1]
    cut = np.arange(shortest, n - shortest + 1)

    def running(z: FloatArray) -> FloatArray:
        """RSS of the first 1..n observations by cumulative sums."""
        return np.asarray(np.cumsum(z**2, axis=-1) - np.cumsum(z, axis=-1) ** 2 / np.arange(1.0, n + 1))

    before, after = running(values), running(values[..., ::-1])
    return before[..., -1], before[..., cut - 1] + after[..., n - cut - 1]


@lru_cache(maxsize=64)
def sup_f_null(n: int, shortest: int) -> FloatArray:
    """Sorted sup-F statistics of `NULL_DRAWS` samples of n independent normal observations without a break."""
    draws = np.random.default_rng(NULL_SEED).standard_normal((NULL_DRAWS, n))
    whole, split = split_rss(draws, shortest)
    f = (whole[:, None] - split) / (split / (n - 2))
    return np.asarray(np.sort(f.max(axis=1)))


def sequential_sup_f(
    values: FloatArray, partitions: list[tuple[int, ...]], shortest: int, errors: Errors
) -> pd.DataFrame:
    """sup-F of one more break inside the segments of each best partition, until none can be split further."""
    rows = []
    for partition in partitions:
        found = []
        for start, end in pairwise([0, *partition, values.size]):
            if end - start < max(2 * shortest, 4):
                continue
            whole, split = split_rss(values[start:end], shortest)
            if whole <= NO_NOISE * (end - start):
                continue  # a constant segment, which nothing can split
            if split.min() <= NO_NOISE * (end - start):
                raise ParameterError(
                    f"The series is constant from observation {start + 1} to {end} but for one break: it can be read off, "
                    "and without noise there is nothing to test."
                )
            within = split / (end - start - 2)
            if errors == "hac":
                cut = start + shortest + int(np.argmin(split))
                within = within.min() * variance_ratio(centred(values, [start, cut, end]))
            f = float(np.max((whole - split) / within))
            null = sup_f_null(end - start, shortest)
            exceed = null.size - np.searchsorted(null, f, side="left")
            found.append((f, (1 + exceed) / (1 + null.size)))
        if not found:
            break
        smallest = min(p for _, p in found)
        rows.append((len(partition), max(f for f, _ in found), 1 - (1 - smallest) ** len(found)))
    return pd.DataFrame(rows, columns=["breaks_under_null", "sup_f", "p_value"])


def centred(values: FloatArray, edges: list[int]) -> FloatArray:
    """Residuals from the mean of each segment between `edges`."""
    return np.concatenate([values[a:b] - values[a:b].mean() for a, b in pairwise(edges)])


def variance_ratio(residuals: FloatArray) -> float:
    """Long-run over short-run variance: AR(1)-prewhitened Bartlett kernel (Andrews 1991; Andrews and Monahan 1992).

    The bandwidth is 1.1447 (a n)^(1/3) with a = 4 r² / (1 - r²)², r the first autocorrelation of what the AR(1)
    leaves; autoregressive coefficients are kept within 0.97.
    """

    def autoregression(z: FloatArray) -> float:
        return float(np.clip(z[1:] @ z[:-1] / (z[:-1] @ z[:-1]), -0.97, 0.97))

    first = autoregression(residuals)
    left = residuals[1:] - first * residuals[:-1]
    remaining = autoregression(left)
    n = left.size
    bandwidth = min(1.1447 * (4 * remaining**2 / (1 - remaining**2) ** 2 * n) ** (1 / 3), n - 1.0)
    long_run = left @ left / n
    for lag in range(1, int(bandwidth) + 1):
        long_run += 2 * (1 - lag / (bandwidth + 1)) * (left[lag:] @ left[:-lag]) / n
    return float(long_run / (1 - first) ** 2 / np.mean(residuals**2))


def early_tail(distance: float, ratio: float) -> float:
    """Probability that the estimated date is too early by more than `distance`, in units of s1² / shift².

    Bai (1997, appendix B) for equal regressors on both sides: argmax of `W(v) - |v| / 2` with variance 1 before
    the break and `ratio` = s2² / s1² after it.
    """
    root = np.sqrt(distance)
    inverse = 1 / ratio
    return float(
        (distance / 2 - 2 + (ratio + 2) ** 2 / (ratio + 1)) * np.exp(log_ndtr(-root / 2))
        - ratio
        * (ratio + 2)
        / (ratio + 1)
        * np.exp(inverse * (1 + inverse) * distance / 2 + log_ndtr(-(0.5 + inverse) * root))
        - root * np.exp(-distance / 8) / np.sqrt(2 * np.pi)
    )


def break_date_quantile(probability: float, ratio: float) -> float:
    """Quantile of (estimated minus true date) shift² / s1² when the variance after the break is `ratio` times s1²."""
    # Time runs the other way and `ratio` times slower on the late side, so one tail serves both.
    if probability < early_tail(0.0, ratio):
        return -quantile_of_tail(probability, ratio)
    return ratio * quantile_of_tail(1 - probability, 1 / ratio)


def quantile_of_tail(probability: float, ratio: float) -> float:
    """Distance at which `early_tail` equals `probability`."""
    upper = 1.0
    while early_tail(upper, ratio) > probability:
        upper *= 2
    return float(brentq(lambda distance: early_tail(distance, ratio) - probability, 0.0, upper))


def describe_partition(
    values: FloatArray,
    index: pd.Index[Any],
    positions: tuple[int, ...],
    errors: Errors,
    alpha: float,
) -> tuple[pd.DataFrame, pd.DataFrame, FloatArray]:
    """Tables of breaks and segments, and the fitted values, for one partition."""
    edges = [0, *positions, values.size]
    pieces = list(pairwise(edges))
    residuals = centred(values, edges)
    fitted = values - residuals
    ratio = variance_ratio(residuals) if errors == "hac" else 1.0
    variances = [ratio * float(np.mean(residuals[a:b] ** 2)) for a, b in pieces]
    pooled = ratio * float(np.mean(residuals**2))
    segments = pd.DataFrame(
        {
            "start": [index[a] for a, _ in pieces],
            "end": [index[b - 1] for _, b in pieces],
            "n_obs": [b - a for a, b in pieces],
            "mean": [values[a:b].mean() for a, b in pieces],
            "std_dev": [residuals[a:b].std() for a, b in pieces],
        }
    )
    columns = ["last_before", "first_after", "ci_low", "ci_high", "shift", "std_error"]
    rows = []
    for number, cut in enumerate(positions):
        before, after = variances[number : number + 2]
        if min(before, after) < LEAST_RATIO * max(before, after):
            before = after = pooled
        shift = fitted[cut] - fitted[cut - 1]
        unit = before / shift**2
        quantiles = [break_date_quantile(p, after / before) for p in (alpha / 2, 1 - alpha / 2)]
        low = max(int(np.floor(cut - quantiles[1] * unit)), 1)
        high = min(int(np.ceil(cut - quantiles[0] * unit)), values.size - 1)
        lengths = [float(b - a) for a, b in pieces[number : number + 2]]
        # Variances with divisor n - 1, over n: those of two means.
        shift_variance = before / (lengths[0] - 1) + after / (lengths[1] - 1)
        dates = (index[cut - 1], index[cut], index[low - 1], index[high - 1])
        rows.append((*dates, shift, float(np.sqrt(shift_variance))))
    return pd.DataFrame(rows, columns=columns), segments, fitted


def zivot_andrews(series: SeriesLike, lags: int | None = None) -> ZivotAndrewsTest:
    """Zivot and Andrews' (1992) test: a unit root without break against stationarity around one break in the level.

    dy(t) = m + c DU(t) + b t + a y(t-1) + lagged dy(t) + e(t), DU(t) being 1 after the break; the statistic is the least
    t of a over all dates in the middle 70 % of the sample, the break the date at which it is found.

    Without `lags` every date has its own, from the regression with the break at that date, as the authors choose them:
    from the largest downwards, the first whose last lag has `|t|` of 1.60 or more; the largest is Schwert's
    12 (n/100)^(1/4), but never so many that the earliest break could not be told from the constant. p-values are read
    from the table of statsmodels, which ends at 0.00001 and 0.999.

    Parameters
    ----------
    series : n observations, evenly spaced.
    lags : lagged differences, the same at every date.

    Raises
    ------
    ParameterError : incomplete or constant series, one without noise, fewer than 30 observations, or more lags than
        leave an observation before the earliest break.
    """
    from statsmodels.tsa.stattools import zivot_andrews as tabulated

    if lags is not None:
        require_whole(0, lags=lags)
    values = complete_values(series, "series", minimum=30)
    require_noise(values, series_name(series, "series"))
    n = values.size
    trimmed = int(SHORTEST_SHARE * n)
    # A level that shifts needs one observation before the earliest date.
    most = trimmed - 1
    if lags is not None and lags > most:
        raise ParameterError(
            f"lags is {lags}; with {n} observations, of which {trimmed} come before the earliest break, give 0 to {most}."
        )
    cuts = np.arange(trimmed + 1, n - trimmed + 1)
    tried = [lags] if lags is not None else list(range(min(math.ceil(12 * (n / 100) ** 0.25), most), -1, -1))
    statistics, chosen, open_ = np.full(cuts.size, np.nan), np.zeros(cuts.size, np.int64), np.ones(cuts.size, bool)
    for lag in tried:
        statistic, last = break_statistics(values, lag, cuts[open_])
        settled = np.full(statistic.size, True) if lag == tried[-1] else np.abs(last) >= LAST_LAG_T
        at = np.flatnonzero(open_)[settled]
        statistics[at], chosen[at] = statistic[settled], lag
        open_[at] = False
        if not open_.any():
            break
    best = int(np.argmin(statistics))
    p_value = float(tabulated._za_crit(statistics[best], "c")[0])
    position = int(cuts[best])
    last_before = series_index(series)[position - 1]
    return ZivotAndrewsTest(float(statistics[best]), p_value, int(chosen[best]), position, last_before)


def break_statistics(values: FloatArray, lags: int, cuts: IntArray) -> tuple[FloatArray, FloatArray]:
    """t of the level's own past, and of the last lagged difference (missing without one), for a break at every date.

    What does not depend on the date is taken out of every column once (Frisch, Waugh and Lovell), so that each date costs
    a regression on two or three columns.

    Parameters
    ----------
    values : (n,); cuts : (dates,) observations before the break. Both results are (dates,).

    Raises
    ------
    ParameterError : a regression without residuals, or regressors that are dependent.
    """
    n = values.size
    standard = (values - values.mean()) / values.std()
    change = np.diff(standard)
    time = np.arange(lags + 1, n)
    lagged = [change[lags - back : change.size - back] for back in range(1, lags + 1)]
    shared = np.column_stack([np.ones(time.size), time, *lagged[:-1]])
    shifts = (time[:, None] >= cuts).astype(np.float64)
    columns = np.column_stack([change[lags:], standard[lags:-1], *lagged[-1:], shifts])
    left = least_squares(shared, columns).residuals
    m = 1 + len(lagged[-1:])
    response, own = left[:, 0], left[:, 1 : 1 + m]
    design = np.concatenate([np.broadcast_to(own, (cuts.size, *own.shape)), left[:, 1 + m :].T[:, :, None]], axis=2)
    fit = noisy_least_squares(design, np.broadcast_to(response[:, None], (cuts.size, response.size, 1)))
    variance = np.sum(fit.residuals[..., 0] ** 2, axis=-1) / (time.size - shared.shape[1] - m - 1)
    error = np.sqrt(np.diagonal(fit.inverse_gram, axis1=1, axis2=2) * variance[:, None])
    t = fit.coefficients[..., 0] / error
    return t[:, 0], t[:, 1] if lags else np.full(cuts.size, np.nan)
