"""Whether two quantities grow alike: growth rates and tests of equivalence of their ratio within a margin.

Failing to find a difference is not finding none. An equivalence test (two one-sided tests, Schuirmann 1987) makes
"they keep pace" the claim that the data must support, within a margin fixed before looking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_level, require_list
from crimjust_research.designs.fit import Printed, above_zero
from crimjust_research.designs.numerics import NO_VARIATION
from crimjust_research.designs.series.checks import complete_values, series_index
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class GrowthRate(Printed):
    """Growth per step of one series, on the log scale."""

    rate: float
    """Slope of the log per step; exp(rate) is the growth factor."""
    std_error: float
    """Missing where growth is the same at every step: without scatter there is no error to be told."""
    df: int
    residual_autocorrelation: float
    """At lag one: near zero if the standard error can be trusted; well above, it is too small. Missing without scatter."""
    n_obs: int


def log_slopes(values: FloatArray) -> FloatArray:
    """Least-squares slopes of the log over evenly spaced steps along the last axis."""
    step = np.arange(values.shape[-1]) - (values.shape[-1] - 1) / 2
    return np.asarray(np.log(values) @ step / (step @ step))


@dataclass(frozen=True, repr=False)
class Equivalence(Printed):
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
    df: float


def log_growth(series: pd.Series[float]) -> GrowthRate:
    """Growth rate of a positive, evenly spaced series: least-squares slope of its log on the step number.

    Parameters
    ----------
    series : n >= 4 positive values.

    Raises
    ------
    ParameterError : gaps, missing values, a constant, fewer than four values, or one that is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> growth = log_growth(pd.Series([1.0, 2.1, 3.9, 8.2]))
    >>> round(float(growth.rate), 3)
    0.693
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
    if rss <= NO_VARIATION**2 * float(y @ y):
        return GrowthRate(rate, np.nan, df, np.nan, values.size)
    neighbours = float(residual[1:] @ residual[:-1]) / rss
    return GrowthRate(rate, float(np.sqrt(rss / df / spread)), df, neighbours, values.size)


def equivalent_growth_factors(
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    margin: tuple[float, float],
    df: float,
    alpha: float = 0.05,
) -> Equivalence:
    """Equivalence of two growth factors per step: their ratio exp(a - b) against a margin around 1.

    A ratio of 1.03 says that the first gains 3 % on the second at every step. Defined whatever the signs of the
    rates, also where the second does not grow at all.

    Parameters
    ----------
    first, second : log growth rate per step and its standard error, independent of each other.
    margin : limits of the ratio, below and above 1.
    df : degrees of freedom of the difference.

    Raises
    ------
    ParameterError : a margin that does not hold 1, or standard errors that are not positive.
    """
    for name, pair in (("first", first), ("second", second), ("margin", margin)):
        require_list(**{name: pair})
        numeric = all(isinstance(number, int | float | np.number) for number in pair)
        if not numeric or len(pair) != 2 or not np.isfinite(pair).all():
            raise ParameterError(f"{name} is {pair!r}; give two numbers.")
    require_level(alpha)
    if not isinstance(df, int | float | np.number) or not df >= 1:
        raise ParameterError(f"df is {df!r}; give degrees of freedom of 1 or more.")
    if not 0 < margin[0] < 1 < margin[1] or not 0 < alpha < 0.5 or min(first[1], second[1]) <= 0:
        raise ParameterError(
            f"The margin is {margin}, alpha {alpha} and the standard errors {first[1]:g} and {second[1]:g}; give limits "
            "below and above 1, such as (0.8, 1.25), an alpha below 0.5 and positive errors."
        )
    difference = first[0] - second[0]
    error = float(np.hypot(first[1], second[1]))
    p_low = float(above_zero(stdtr(df, -(difference - np.log(margin[0])) / error)))
    p_high = float(above_zero(stdtr(df, (difference - np.log(margin[1])) / error)))
    reach = float(stdtrit(df, 1 - alpha)) * error
    low, ratio, high = (float(np.exp(difference + side * reach)) for side in (-1, 0, 1))
    return Equivalence(ratio, low, high, p_low, p_high, max(p_low, p_high), df)
