"""What permutation tests share: the p-value of a statistic among its draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.errors import ParameterError


class PermutationP(NamedTuple):
    """p-values of an observed statistic whose permuted values are centred on zero."""

    p_value: float
    """Two-sided."""
    p_greater: float
    p_less: float


def permutation_p(null: FloatArray, observed: float) -> PermutationP:
    """Share of draws at least as extreme, the observed arrangement counted as one of them (so never zero).

    Two-sided compares distances from zero.

    Parameters
    ----------
    null : (draws,) permuted statistics.

    Raises
    ------
    ParameterError : a statistic that is not a number, observed or drawn, which compares with nothing.

    Examples
    --------
    >>> permutation_p(np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, -1.5]), observed=1.5).p_value
    0.375
    """
    require_comparable(null, observed)
    slack = TIE * float(np.abs(np.append(null, observed)).max())
    extreme = (np.abs(null) >= abs(observed) - slack, null >= observed - slack, null <= observed + slack)
    return PermutationP(*(float(1 + np.sum(one)) / (1 + null.size) for one in extreme))


def smallest_p(null: FloatArray, observed: float) -> float:
    """Least two-sided p that any arrangement could have had: the share, observed one included, as far from zero as any.

    Where arrangements are few or alike this is well above 1 / (1 + draws), and no number of draws lowers it.
    """
    require_comparable(null, observed)
    distance = np.abs(np.append(null, observed))
    return float(np.mean(distance >= distance.max() * (1 - TIE)))


def unless_of_one_draw(facts: Mapping[str, object], draws: int) -> dict[str, object]:
    """Facts of a result without its `smallest_p` where that is 1 / (1 + draws), which the draws say already."""
    least = facts.get("smallest_p")
    needless = isinstance(least, float) and least * (1 + draws) < 1.5
    return {name: value for name, value in facts.items() if not (needless and name == "smallest_p")}


def percentiles(resampled: FloatArray, alpha: float, size: float = 1.0) -> tuple[float, float]:
    """Percentile interval; missing where all resamples agree, or there is none: what cannot vary shows nothing of its error.

    Parameters
    ----------
    size : of the numbers that resamples are made of, whose rounding is no variation; 1 for those without a unit, such as
        correlations.

    Examples
    --------
    >>> percentiles(np.arange(101.0), alpha=0.05)
    (2.5, 97.5)
    """
    if not resampled.size or np.ptp(resampled) <= TIE * size:
        return np.nan, np.nan
    low, high = np.quantile(resampled, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def p_beyond_zero(resampled: FloatArray) -> float:
    """Two-sided p of zero from resamples, such as draws of events: twice the share of them beyond it, missing ones left out.

    Resamples at zero lie beyond it on both sides, and the observed statistic counts among them, so that p is never zero.
    """
    known = resampled[~np.isnan(resampled)]
    beyond = min(int(np.sum(known <= 0)), int(np.sum(known >= 0)))
    return min(1.0, 2 * (1 + beyond) / (1 + known.size))


def require_comparable(null: FloatArray, observed: float) -> None:
    """Refuse statistics that are not numbers.

    Raises
    ------
    ParameterError : with how many are not.
    """
    missing = int(np.sum(~np.isfinite(null))) + int(not np.isfinite(observed))
    if missing or not null.size:
        raise ParameterError(
            f"{missing} of {null.size + 1} statistics, drawn and observed, are not numbers, as where all values are alike; "
            "there is no p without them."
        )
