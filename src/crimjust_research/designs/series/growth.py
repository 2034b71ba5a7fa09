"""Whether two quantities grow alike: growth rates and tests of equivalence of their ratio within a margin.

Failing to find a difference is not finding none. An equivalence test (two one-sided tests, Schuirmann 1987) makes
"they keep pace" the claim that the data must support, within a margin fixed before looking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.series.checks import complete_values, series_index
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class GrowthRate:
    """Growth per step of one series, on the log scale."""

    rate: float
    """Slope of the log per step; exp(rate) is the growth factor."""
    std_error: float
    df: int
    residual_autocorrelation: float
    """At lag one: near zero if the standard error can be trusted; well above, it is too small."""
    n_obs: int


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that a ratio lies between the limits of a margin."""

    ratio: float
    ci_low: float
    ci_high: float
    """At 1 - 2 alpha: inside the margin exactly where both tests reject at alpha."""
    p_above_low: float
    """Of the null that the ratio is at or below the lower limit."""
    p_below_high: float
    """Of the null that the ratio is at or above the upper limit."""
    p_value: float
    """The larger of the two: of the null that the ratio is outside the margin."""
    margin: tuple[float, float]
    df: float


def log_growth(series: pd.Series[float]) -> GrowthRate:
    """Growth rate of a positive, evenly spaced series: least-squares slope of its log on the step number.

    Parameters
    ----------
    series : n >= 4 positive values.

    Raises
    ------
    ParameterError : gaps, missing values, a constant, fewer than four values, or one that is not positive.
    """
    values = complete_values(series, "series", minimum=4)
    if values.min() <= 0:
        at = series_index(series)[int(np.argmin(values))]
        raise ParameterError(f"The value at {at} is {values.min():g}; a growth rate needs values above zero.")
    y = np.log(values)
    step = np.arange(values.size) - (values.size - 1) / 2
    spread = float(step @ step)
    rate = float(step @ y) / spread
    residual = y - y.mean() - rate * step
    df = values.size - 2
    rss = float(residual @ residual)
    neighbours = float(residual[1:] @ residual[:-1]) / rss if rss > 1e-24 else 0.0
    return GrowthRate(rate, float(np.sqrt(rss / df / spread)), df, neighbours, values.size)


def equivalent_growth_factors(
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    margin: tuple[float, float],
    df: float,
    covariance: float = 0.0,
    alpha: float = 0.05,
) -> Equivalence:
    """Equivalence of two growth factors per step: their ratio exp(a - b) against a margin around 1.

    A ratio of 1.03 says that the first gains 3 % on the second at every step. Defined whatever the signs of the
    rates, so it is the version to prefer where the second may not grow at all.

    Parameters
    ----------
    first, second : log growth rate per step and its standard error.
    margin : limits of the ratio, below and above 1.
    df : degrees of freedom of the difference; covariance : of the two estimates, zero if independent.

    Raises
    ------
    ParameterError : a margin that does not hold 1, or standard errors that are not positive.
    """
    require_margin(margin, alpha)
    difference = first[0] - second[0]
    error = contrast_error(first, second, 1.0, covariance)
    p_low = float(stdtr(df, -(difference - np.log(margin[0])) / error))
    p_high = float(stdtr(df, (difference - np.log(margin[1])) / error))
    reach = float(stdtrit(df, 1 - alpha)) * error
    low, ratio, high = (float(np.exp(difference + side * reach)) for side in (-1, 0, 1))
    return Equivalence(ratio, low, high, p_low, p_high, max(p_low, p_high), margin, df)


def equivalent_growth_rates(
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    margin: tuple[float, float],
    df: float,
    covariance: float = 0.0,
    alpha: float = 0.05,
) -> Equivalence:
    """Equivalence of two growth rates: their ratio a / b against a margin around 1, by Fieller's theorem.

    The nulls a <= m b and a >= m b are tested as linear contrasts (Hauschke, Kieser, Diletti and Burke 1999), which
    needs no approximation but takes the second rate to be positive. Where the data do not show that at level alpha
    the ratio is not pinned down and the interval is all real numbers.

    Parameters
    ----------
    first, second : growth rate per step and its standard error.
    margin : limits of the ratio, below and above 1.
    df : degrees of freedom of the contrasts; covariance : of the two estimates, zero if independent.

    Raises
    ------
    ParameterError : a margin that does not hold 1, or standard errors that are not positive.
    """
    require_margin(margin, alpha)
    (a, error_a), (b, error_b) = first, second
    t_low, t_high = ((a - limit * b) / contrast_error(first, second, limit, covariance) for limit in margin)
    p_low, p_high = float(stdtr(df, -t_low)), float(stdtr(df, t_high))
    critical = float(stdtrit(df, 1 - alpha))
    low, high = -np.inf, np.inf
    # Limits solve (a - m b)² = critical² Var(a - m b), a quadratic in m that opens upwards if b is clear of zero.
    leading = b**2 - critical**2 * error_b**2
    if b > 0 and leading > 0:
        middle = a * b - critical**2 * covariance
        root = np.sqrt(middle**2 - leading * (a**2 - critical**2 * error_a**2))
        low, high = float((middle - root) / leading), float((middle + root) / leading)
    ratio = a / b if b != 0 else np.nan
    return Equivalence(ratio, low, high, p_low, p_high, max(p_low, p_high), margin, df)


def contrast_error(first: tuple[float, float], second: tuple[float, float], weight: float, covariance: float) -> float:
    """Standard error of first - weight * second.

    Raises
    ------
    ParameterError : a standard error that is not positive, or a covariance larger than the two allow.
    """
    if min(first[1], second[1]) <= 0 or abs(covariance) >= first[1] * second[1]:
        raise ParameterError(
            f"Standard errors {first[1]:g} and {second[1]:g} with covariance {covariance:g} do not fit together."
        )
    variance = first[1] ** 2 + weight**2 * second[1] ** 2 - 2 * weight * covariance
    return float(np.sqrt(variance))


def require_margin(margin: tuple[float, float], alpha: float) -> None:
    """Refuse a margin that does not lie around 1 or a level outside (0, 0.5)."""
    if not 0 < margin[0] < 1 < margin[1] or not 0 < alpha < 0.5:
        raise ParameterError(
            f"The margin is {margin} and alpha {alpha}; give limits below and above 1, such as (0.8, 1.25)."
        )
