"""Diversity of a composition: how many kinds there are in effect, and what unequal sampling does to the answer.

Hill numbers (Hill 1973; Jost 2006) count kinds: all of them (q = 0), the common (q = 1, the exponential of Shannon's
entropy) and the dominant (q = 2, the inverse of Simpson's concentration). Counts of independent cases can be compared
at one sample coverage; weights cannot, because a kilogram is not a draw, so for them only the plug-in exists.
Counts are (..., categories) arrays throughout: any leading axes, so one call serves a unit and its bootstrap samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, ndtri, xlogy

from crimjust_research.designs.arrays import TIE, FloatArray, IntArray
from crimjust_research.designs.checks import generator, require_level
from crimjust_research.errors import ParameterError

Order = Literal[0, 1, 2]

MOST_CASES = 1e9
GRID_CELLS = 500_000  # hypergeometric probabilities held at once


# --- Plug-in measures -------------------------------------------------------------------------------------------


def hill_number(abundance: ArrayLike, order: float) -> FloatArray:
    """Hill number of order q of (..., categories) amounts, (sum p^q)^(1 / (1 - q)); missing where all are zero.

    Raises
    ------
    ParameterError : an amount that is negative or missing, or a negative order.

    Examples
    --------
    >>> # Two kinds as common as each other, and a third that is not there.
    >>> float(hill_number([5, 5, 0], order=1))
    2.0
    """
    amounts = checked_amounts(abundance)
    if not isinstance(order, int | float | np.number) or not 0 <= order < np.inf:
        raise ParameterError(f"The order of a Hill number is {order}; give a number of 0 or more.")
    p = proportions(amounts)
    if order == 1:
        return np.asarray(np.exp(-xlogy(p, p).sum(axis=-1)))
    powers = np.power(p, order, where=p > 0, out=np.zeros_like(p)).sum(axis=-1)
    empty = np.isnan(p).any(axis=-1)
    return np.where(empty, np.nan, np.where(empty, 1.0, powers) ** (1 / (1 - order)))


def diversity_indices(abundance: pd.DataFrame) -> pd.DataFrame:
    """Plug-in measures, one row per row of `abundance` (units by categories; counts, or amounts in one unit).

    Columns: total, hill_0 (categories present), hill_1, hill_2, shannon (nats), simpson (1 - sum p², the chance
    that two drawn at random differ), hhi (sum p², the Herfindahl-Hirschman index, from 1 / categories to 1). A row
    of zeros has no composition: all but total are missing.

    For counts the plug-in is biased downwards in small samples; use `standardised_diversity` to compare. For
    weights there is no sample to correct for and the measure describes the weights themselves, in which one large
    consignment can outweigh a year.

    Raises
    ------
    ParameterError : an amount that is negative or missing.
    """
    amounts = checked_amounts(abundance)
    p = proportions(amounts)
    concentration = (p**2).sum(axis=-1)
    entropy = -xlogy(p, p).sum(axis=-1)
    return pd.DataFrame(
        {
            "total": amounts.sum(axis=-1),
            "hill_0": hill_number(abundance, 0),
            "hill_1": np.exp(entropy),
            "hill_2": 1 / concentration,
            "shannon": entropy,
            "simpson": 1 - concentration,
            "hhi": concentration,
        },
        index=abundance.index,
    )


def checked_amounts(abundance: ArrayLike) -> FloatArray:
    """Amounts as floats, none negative or missing, in at least one category.

    Raises
    ------
    ParameterError : with the first offending value.
    """
    held = np.asarray(abundance)
    if held.ndim == 0 or held.shape[-1] == 0:
        raise ParameterError(f"The amounts have shape {held.shape}; give at least one category.")
    if held.dtype.kind not in "biufO" or (held.size and isinstance(held.ravel()[0], str)):
        raise ParameterError(f"The amounts are {held.dtype}, such as {str(held.ravel()[0])!r}; read them as numbers.")
    try:
        amounts = np.asarray(abundance, np.float64)
    except (TypeError, ValueError):
        raise ParameterError("The amounts hold something that is not a number; read them as numbers.") from None
    bad = amounts[~(np.isfinite(amounts) & (amounts >= 0))]
    if bad.size:
        raise ParameterError(f"An amount is {bad[0]:g}; diversity needs amounts of zero or more, none missing.")
    return amounts


def checked_counts(counts: ArrayLike) -> IntArray:
    """Counts as whole numbers, at least one case in every row, and a row at least.

    Raises
    ------
    ParameterError : amounts that are not whole (weights have no sample coverage), a row without a case, or counts beyond
        a billion, at which the sums lose their digits.
    """
    amounts = checked_amounts(counts)
    if not amounts.size:
        raise ParameterError("There is no unit; give at least one.")
    if np.any(amounts != np.round(amounts)):
        raise ParameterError("Sample coverage needs counts of cases; weights are not draws and have none.")
    if np.any(amounts.sum(axis=-1) == 0):
        raise ParameterError("A unit has no case at all; leave it out, it has no composition.")
    if amounts.max() > MOST_CASES:
        raise ParameterError(f"A count is {amounts.max():g}; give cases, not weights, and no more than {MOST_CASES:g}.")
    return amounts.astype(np.int64)


def proportions(amounts: FloatArray) -> FloatArray:
    """Shares of each row; missing where the row is all zeros."""
    total = amounts.sum(axis=-1, keepdims=True)
    shares = np.full_like(amounts, np.nan)
    np.divide(amounts, total, out=shares, where=total > 0)
    return shares


# --- Coverage, rarefaction and extrapolation --------------------------------------------------------------------


def singletons_and_doubletons(counts: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Cases n, categories seen once f1 and twice f2, per row."""
    return counts.sum(axis=-1), (counts == 1).sum(axis=-1), (counts == 2).sum(axis=-1)


def unseen_categories(counts: IntArray) -> FloatArray:
    """Chao's (1984) lower bound for the number of categories not seen, (n - 1) / n times f1² / (2 f2).

    Without doubletons the bias-corrected f1 (f1 - 1) / 2 replaces f1² / (2 f2).
    """
    n, f1, f2 = singletons_and_doubletons(counts)
    plain = f1**2 / np.where(f2 > 0, 2 * f2, 1)
    return np.asarray((n - 1) / n * np.where(f2 > 0, plain, f1 * (f1 - 1) / 2))


def deficit_ratio(counts: IntArray) -> FloatArray:
    """By what factor one more case shrinks the estimated share of cases whose category is unseen."""
    n, f1, _ = singletons_and_doubletons(counts)
    unseen = n * unseen_categories(counts)
    return np.asarray(unseen / np.maximum(unseen + f1, 1))


def coverage_at(counts: ArrayLike, size: ArrayLike) -> FloatArray:
    """Expected sample coverage of `size` cases: the share of all cases whose category is in the sample.

    At the observed size n: 1 - (f1 / n) A, A the `deficit_ratio` (Good and Turing's estimator as improved by Chao
    and Jost 2012). Below n it is rarefied, 1 - sum (X / n) choose(n - X, m) / choose(n - 1, m), above n extrapolated,
    1 - (f1 / n) A^(m - n + 1). Sizes that are not whole are interpolated below n.

    Parameters
    ----------
    counts : (..., categories); size : 1 or more, shaped like the leading axes or broadcast with them.

    Raises
    ------
    ParameterError : counts that are not whole or empty, a unit with one case, or a size below 1.
    """
    cases, m = sized_counts(counts, size)
    require_two_cases(cases)
    n, f1, _ = singletons_and_doubletons(cases)
    beyond = 1 - f1 / n * deficit_ratio(cases) ** np.maximum(m - n + 1, 1)
    return np.where(m >= n, beyond, interpolated(rarefied_coverage, cases, np.minimum(m, n)))


def sized_counts(counts: ArrayLike, size: ArrayLike) -> tuple[IntArray, FloatArray]:
    """Counts and sample sizes broadcast to one shape of leading axes.

    Raises
    ------
    ParameterError : counts refused by `checked_counts`, or a size below 1.
    """
    cases, m = checked_counts(counts), np.asarray(size, np.float64)
    if not np.all((m >= 1) & (m < np.inf)):
        raise ParameterError(
            f"A sample of {m.min():g} cases was asked for; the smallest is 1, and the largest is finite."
        )
    shape = np.broadcast_shapes(cases.shape[:-1], m.shape)
    return np.broadcast_to(cases, (*shape, cases.shape[-1])), np.broadcast_to(m, shape)


def require_two_cases(cases: IntArray) -> None:
    """Refuse a unit with a single case, of which the estimators would say that it covers everything.

    Raises
    ------
    ParameterError : saying so.
    """
    if cases.sum(axis=-1).min() < 2:
        raise ParameterError("A unit has one case, which tells nothing of what is not seen; leave it out.")


def rarefied_coverage(cases: IntArray, size: IntArray) -> FloatArray:
    """`coverage_at` for whole sizes of at most n; at n itself the observed coverage."""
    n, f1, _ = singletons_and_doubletons(cases)
    total, m = n[..., None], np.minimum(size, np.maximum(n - 1, 1))[..., None]
    missed = np.exp(log_choose(total - cases, m) - log_choose(total - 1, m))
    rarefied = 1 - (cases / total * missed).sum(axis=-1)
    return np.where(size >= n, 1 - f1 / n * deficit_ratio(cases), rarefied)


def log_choose(n: ArrayLike, k: ArrayLike) -> FloatArray:
    """log of choose(n, k); minus infinity where k lies outside 0..n."""
    n, k = np.asarray(n, np.float64), np.asarray(k, np.float64)
    inside = (k >= 0) & (k <= n)
    top, chosen = np.where(inside, n, 0.0), np.where(inside, k, 0.0)
    value = gammaln(top + 1) - gammaln(chosen + 1) - gammaln(top - chosen + 1)
    return np.where(inside, value, -np.inf)


def log_factorial(n: ArrayLike) -> FloatArray:
    """log of n!"""
    return np.asarray(gammaln(np.asarray(n, np.float64) + 1))


def interpolated(curve: Callable[[IntArray, IntArray], FloatArray], cases: IntArray, size: FloatArray) -> FloatArray:
    """A curve defined for whole sizes, read between them along the straight line."""
    below = np.floor(size).astype(np.int64)
    low = curve(cases, below)
    if np.array_equal(below, size):
        return low
    return low + (size - below) * (curve(cases, np.ceil(size).astype(np.int64)) - low)


def diversity_at(counts: ArrayLike, order: Order, size: ArrayLike) -> FloatArray:
    """Expected Hill number of order 0, 1 or 2 in a sample of `size` cases (Chao et al. 2014).

    Below the observed size n the exact expectation under sampling without replacement (of the entropy, for q = 1);
    above it extrapolated: q = 0 adds f0 (1 - (1 - f1 / (n f0 + f1))^(m - n)), q = 1 moves from the observed entropy
    to that of Chao, Wang and Jost (2013) with weight (m - n) / m, q = 2 uses the unbiased estimator of sum p² at any
    size. Sizes that are not whole are interpolated below n.

    Raises
    ------
    ParameterError : another order, counts that are not whole or empty, or a size below 1.
    """
    if order not in get_args(Order):
        raise ParameterError(f"The order is {order}; rarefaction is worked out for 0, 1 and 2.")
    cases, m = sized_counts(counts, size)
    n, f1, _ = singletons_and_doubletons(cases)
    within, extra = np.minimum(m, n), np.maximum(m - n, 0)
    if order == 0:
        unseen = unseen_categories(cases)
        found = unseen * (1 - deficit_ratio(cases) ** extra)
        return interpolated(rarefied_richness, cases, within) + np.where(f1 > 0, found, 0.0)
    if order == 1:
        observed = interpolated(rarefied_entropy, cases, within)
        further = np.where(extra > 0, asymptotic_entropy(cases) - observed, 0.0)
        return np.asarray(np.exp(observed + extra / m * further))
    return np.asarray(1 / (1 / m + (m - 1) / m * repeat_share(cases)))


def repeat_share(cases: IntArray) -> FloatArray:
    """Unbiased estimate of sum p²: the share of pairs of cases that are of one category; zero for a single case."""
    n = cases.sum(axis=-1)
    return np.asarray((cases * (cases - 1)).sum(axis=-1) / np.maximum(n * (n - 1), 1))


def rarefied_richness(cases: IntArray, size: IntArray) -> FloatArray:
    """Expected number of categories among `size` of the n cases."""
    total = cases.sum(axis=-1)[..., None]
    missed = np.exp(log_choose(total - cases, size[..., None]) - log_choose(total, size[..., None]))
    return np.asarray((1 - missed).sum(axis=-1))


def rarefied_entropy(cases: IntArray, size: IntArray) -> FloatArray:
    """Expected entropy of `size` of the n cases: sum over categories of E[-(K / m) log(K / m)], K hypergeometric.

    Probabilities further than ten standard deviations from the mean are left out; they are below 1e-20.
    """
    rows = cases.reshape(-1, cases.shape[-1])
    m = np.broadcast_to(size, cases.shape[:-1]).reshape(-1, 1)
    total = rows.sum(axis=1, keepdims=True)
    share = rows / total
    mean = m * share
    deviation = np.sqrt(mean * (1 - share) * (1 - (m - 1) / np.maximum(total - 1, 1)).clip(0))
    low = np.maximum(np.floor(mean - 10 * deviation - 10), np.maximum(1, m - total + rows)).astype(np.int64)
    high = np.minimum(np.ceil(mean + 10 * deviation + 10), np.minimum(rows, m)).astype(np.int64)
    known = log_factorial(rows) + log_factorial(total - rows) - log_choose(total, m)
    width = (high - low + 1).clip(0)
    entropy = np.empty(len(rows))
    batch = max(1, GRID_CELLS // int(width.sum(axis=1).max(initial=1)))
    for start in range(0, len(rows), batch):
        at = slice(start, start + batch)
        wide = width[at].ravel()
        row, kind = np.divmod(np.repeat(np.arange(wide.size), wide), rows.shape[1])
        k = low[at][row, kind] + np.arange(row.size) - np.repeat(np.cumsum(wide) - wide, wide)
        x, n, s = rows[at][row, kind], total[at][row, 0], m[at][row, 0]
        ways = log_factorial(k) + log_factorial(x - k) + log_factorial(s - k) + log_factorial(n - x - s + k)
        weighted = np.exp(known[at][row, kind] - ways) * xlogy(k / s, k / s)
        entropy[at] = -np.bincount(row, weighted, minlength=len(rows[at]))
    return entropy.reshape(cases.shape[:-1])


def asymptotic_entropy(cases: IntArray) -> FloatArray:
    """Entropy of the whole assemblage as estimated by Chao, Wang and Jost (2013), nearly unbiased.

    sum (X / n) (psi(n) - psi(X)) + (f1 / n) sum over r >= n of A^(r - n + 1) / r, A the `deficit_ratio`.
    The series is the integral of A exp(-v) / (1 - A exp(-v / n)) / n over v > 0, which the trapezoidal rule in log v
    gives to machine accuracy whatever A; summing it, or its closed form, fails as A nears 1 or 0.
    """
    n, f1, _ = singletons_and_doubletons(cases)
    seen = np.maximum(cases, 1)
    known = (cases / n[..., None] * (digamma(n)[..., None] - digamma(seen))).sum(axis=-1)
    ratio = deficit_ratio(cases)
    step = 0.1
    v = np.exp(np.arange(-60, 5, step))
    log_ratio = np.log(np.where(ratio > 0, ratio, 1e-300))[..., None]
    tail = (v * np.exp(log_ratio - v) / -np.expm1(log_ratio - v / n[..., None])).sum(axis=-1) * step / n
    return np.asarray(known + f1 / n * np.where(ratio > 0, tail, 0.0))


def size_for_coverage(counts: ArrayLike, coverage: float) -> FloatArray:
    """Number of cases whose expected coverage is `coverage`, per row; 1 where a single case already covers more.

    Raises
    ------
    ParameterError : a coverage outside (0, 1).
    """
    if not isinstance(coverage, float | np.floating) or not 0 < coverage < 1:
        raise ParameterError(f"The coverage is {coverage!r}; give a share between 0 and 1.")
    cases = checked_counts(counts)
    require_two_cases(cases)
    n, f1, _ = singletons_and_doubletons(cases)
    ratio = deficit_ratio(cases)
    low, high = np.ones(n.shape, dtype=np.int64), n.copy()
    while np.any(high - low > 1):
        middle = (low + high) // 2
        enough = rarefied_coverage(cases, middle) >= coverage
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    at_low, at_high = rarefied_coverage(cases, low), rarefied_coverage(cases, high)
    rise = np.where(at_high > at_low, at_high - at_low, 1.0)
    rarefied = low + (high - low) * np.clip((coverage - at_low) / rise, 0, 1)
    inside = np.where((ratio > 0) & (ratio < 1), ratio, 0.5)
    further = np.log((1 - coverage) * n / np.maximum(f1, 1)) / np.log(inside) - 1
    return np.where(at_high >= coverage, rarefied, n + np.maximum(further, 0))


def common_coverage(counts: pd.DataFrame) -> float:
    """Largest coverage at which all units can be compared: the smallest coverage of any at twice its cases.

    Chao and Jost (2012) advise against extrapolating richness further than to twice the sample.
    """
    cases = checked_counts(counts.to_numpy())
    return float(coverage_at(cases, 2 * cases.sum(axis=1)).min())


def standardised_diversity(
    counts: pd.DataFrame, *, coverage: float, draws: int, seed: int, alpha: float = 0.05
) -> pd.DataFrame:
    """Hill numbers of every unit at one sample coverage, with bootstrap intervals (Chao and Jost 2012).

    Each unit is rarefied, or extrapolated, to the size at which its coverage is `coverage`. Standard errors come from
    samples of n cases drawn from an assemblage in which the unseen share of cases is spread over Chao's number of
    unseen categories and taken off the seen ones, rare ones most (Chao et al. 2014); intervals are normal, cut at 1, and
    missing with their errors where no sample differs from another, as where all cases are of one kind.

    Columns: the index of `counts`, order, estimate, std_error, ci_low, ci_high, coverage (observed), size, cases,
    method ("rarefied", "observed", "extrapolated"), beyond_double (size above twice the cases: do not trust order 0).

    Assumes that cases are independent draws. Cases that come in operations or batches make intervals too narrow.

    Parameters
    ----------
    counts : units by categories, whole numbers, at least one case per unit.
    draws : bootstrap samples per unit, 50 or more.

    Raises
    ------
    ParameterError : counts that are not whole, a unit with fewer than two cases, a coverage outside (0, 1) or too few draws.
    """
    require_level(alpha)
    if not isinstance(draws, int | np.integer) or draws < 50:
        raise ParameterError(f"draws is {draws}; give a whole number of 50 or more.")
    cases = checked_counts(counts.to_numpy())
    n = cases.sum(axis=1)
    size = size_for_coverage(cases, coverage)
    observed = coverage_at(cases, n)
    rng = generator(seed)
    samples = [bootstrap_samples(row, draws, rng) for row in cases]
    sizes = [size_for_coverage(sample, coverage) for sample in samples]
    tables = []
    for order in get_args(Order):
        estimate = diversity_at(cases, order, size)
        error = np.array(
            [diversity_at(sample, order, at).std(ddof=1) for sample, at in zip(samples, sizes, strict=True)]
        )
        # Samples of one kind alone, or of one case, cannot vary: that shows nothing of how sure the estimate is.
        error = np.where(error > TIE, error, np.nan)
        reach = ndtri(1 - alpha / 2) * error
        tables.append(
            pd.DataFrame(
                {
                    "order": order,
                    "estimate": estimate,
                    "std_error": error,
                    "ci_low": np.maximum(estimate - reach, 1.0),
                    "ci_high": estimate + reach,
                    "coverage": observed,
                    "size": size,
                    "cases": n,
                    "method": np.select([size < n, size > n], ["rarefied", "extrapolated"], "observed"),
                    "beyond_double": size > 2 * n,
                },
                index=counts.index,
            )
        )
    return pd.concat(tables).reset_index()


def bootstrap_samples(cases: IntArray, draws: int, rng: np.random.Generator) -> IntArray:
    """Samples (draws, categories and unseen ones) of as many cases, from the assemblage estimated behind one row."""
    seen = cases[cases > 0]
    n = int(seen.sum())
    deficit = float(1 - coverage_at(seen, n))
    share = seen / n
    likely_missed = share * (1 - share) ** n
    unseen = int(np.ceil(unseen_categories(seen)))
    if deficit > 0 and unseen > 0 and likely_missed.sum() > 0:
        share = share - deficit * likely_missed / likely_missed.sum()
        share = np.concatenate([share, np.full(unseen, deficit / unseen)])
    return np.asarray(rng.multinomial(n, share / share.sum(), size=draws), np.int64)
