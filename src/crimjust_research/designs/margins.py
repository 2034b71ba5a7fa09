"""What a test says of a margin: whether an estimate is shown to lie within it, and the power to find one of its size.

For an estimate whose distance from the truth, over its standard error, is Student's t or normal. Registry:
docs/methods/counts.md.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtr, stdtrit
from scipy.stats import nct

from crimjust_research.designs.checks import require_above_zero, require_level
from crimjust_research.designs.fit import above_zero

# Standard errors at which any test finds an effect; far beyond, the library has no number.
_FARTHEST = 1e6


def equivalence_p(estimate: float, std_error: float, margin: float, df: float = np.inf) -> float:
    """Two one-sided tests that the truth lies within plus and minus the margin (Schuirmann 1987): the larger p.

    Below alpha exactly where the interval of level 1 - 2 alpha lies within the margin. Missing where there is no error.

    Parameters
    ----------
    estimate, std_error : a difference from nothing, in logs for ratios, and its standard error.
    margin : above zero, in the same unit.
    df : degrees of freedom of t; normal by default.

    Raises
    ------
    ParameterError : a margin that is not above zero.

    Examples
    --------
    >>> round(equivalence_p(estimate=0.02, std_error=0.08, margin=0.2), 4)
    0.0122
    """
    require_above_zero(margin=margin)
    if not 0 < std_error < math.inf:
        return math.nan
    nearer_end = margin - abs(estimate)
    return float(above_zero(stdtr(df, -nearer_end / std_error)))


def error_of_interval(low: float, high: float, level: float, df: float = np.inf) -> float:
    """The standard error with which Student's t gives an interval of that length at `level`; infinite where it has no end.

    Parameters
    ----------
    low, high : ends of the interval, differences from nothing, in logs for ratios. Missing where one of them is.
    df : degrees of freedom of t; normal by default.

    Raises
    ------
    ParameterError : a level outside (0, 1).

    Examples
    --------
    >>> round(error_of_interval(-0.096, 0.296, level=0.95), 4)
    0.1
    """
    require_level(level)
    return float((high - low) / 2 / stdtrit(df, (1 + level) / 2))


def two_sided_power(effect: float, std_error: float, alpha: float, df: float = np.inf) -> float:
    """Power of the two-sided test at `alpha` against a true effect, by the noncentral t distribution; without simulation.

    Parameters are those of `equivalence_p`.

    Raises
    ------
    ParameterError : a level outside (0, 1), or an effect that is not above zero.

    Examples
    --------
    >>> round(two_sided_power(effect=0.2, std_error=0.1, alpha=0.05), 3)
    0.516
    """
    require_level(alpha)
    require_above_zero(effect=effect)
    if not 0 < std_error < math.inf:
        return math.nan
    critical, shift = float(stdtrit(df, 1 - alpha / 2)), min(effect / std_error, _FARTHEST)
    if math.isinf(df):
        return float(stdtr(df, shift - critical) + stdtr(df, -shift - critical))
    # The far tail by symmetry: below -critical the library has no number for many a shift beyond 5.
    return float(nct.sf(critical, df, shift) + nct.sf(critical, df, -shift))
