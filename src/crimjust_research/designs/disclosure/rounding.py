"""How coarsely is told what may be told, so that no exact count follows from counts, shares, intervals and sums together.

Registry: docs/methods/disclosure.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from scipy.special import expit, logit, ndtri

from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.errors import ParameterError

_FACTOR = 0.05  # to which it is told by how much clusters widen an interval
_FUZZ = 1e-9  # of a step, by which a number may miss a multiple for being calculated


def nearest(count: float, min_cell: int) -> int:
    """A count to the nearest multiple of the smallest that is told, halves up; that one where there are fewer.

    Counts that lie `min_cell` or more apart stay so, so that neither part of a whole becomes nothing.

    Examples
    --------
    >>> nearest(13, min_cell=5)
    15
    >>> nearest(2, min_cell=5)
    5
    """
    require_whole(2, min_cell=min_cell)
    return max(min_cell * math.floor(count / min_cell + 0.5), min_cell)


def all_alike(count: float, least: int, min_cell: int) -> bool:
    """Whether a count, and every count that `nearest` tells like it, is at least `least`.

    A threshold that only some of them meet would tell, by what is told of those that do, which of them it is.
    """
    return math.ceil(nearest(count, min_cell) - min_cell / 2) >= least


def all_but_few(whole: int, parts: Iterable[int], min_cell: int) -> int:
    """The smallest of the parts that the whole exceeds by fewer than `min_cell`, to be told in place of the whole; else this.

    A whole and such a part, both in round numbers, could tell how few the rest is; as one number they tell that it is few.
    """
    require_whole(2, min_cell=min_cell)
    return min([whole, *(part for part in parts if 0 <= whole - part < min_cell)])


def coarse_sum(total: float, min_cell: int) -> float:
    """A sum to two significant digits, and never finer than to the nearest `min_cell`.

    Examples
    --------
    >>> coarse_sum(123456.0, min_cell=5)
    120000.0
    """
    require_whole(2, min_cell=min_cell)
    if total < 0:
        raise ParameterError(f"A sum of {total:g} is below zero; give one of zero or more.")
    return float(nearest(digits(total, 2), min_cell)) if total else 0.0


def digits(value: float, count: int, toward: float = 0.0) -> float:
    """A number to so many significant digits: the nearest, or the next `toward` -inf or inf."""
    if not value or not math.isfinite(value):
        return value
    places = count - 1 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**places
    return float(round(_whole(scaled, toward) / 10.0**places, max(places, 0)))


def coarse_interval(
    estimate: float, low: float, high: float, step: float, toward: float = 0.0
) -> tuple[float, float, float]:
    """An estimate to the nearest multiple of a step, or the next `toward` -inf or inf where it is a bound, and its ends as far
    from it as they were, outwards to multiples.

    Ends that moved alone would tell where between two multiples the estimate was.
    """
    moved = step * _whole(estimate / step, toward)
    ends = [step * _whole((moved + end - estimate) / step, side) for end, side in ((low, -math.inf), (high, math.inf))]
    return moved, ends[0], ends[1]


def coarse_share(
    share: float, low: float, high: float, n: int, min_cell: int, *, alpha: float
) -> tuple[float, float, float]:
    """A share of n, and its interval, as they are if those counted and n are told to the nearest `min_cell`.

    The interval is Wilson's of these round numbers, its ends those of half of `min_cell` fewer and more, which the count may
    have been: without that it would hold the true share in as few as three samples of four. It is at as many units as the one
    given is of (its effective number, known by its length on the logit scale; to the nearest twentieth of its root, and never
    more than n). One that is Wilson's of n units depends on the round numbers alone; of others it takes that factor. Where
    none or all are left by rounding, the ends are moved outwards to multiples of `min_cell` / n.

    Returns
    -------
    share, low, high: the latter missing where they were.
    """
    require_level(alpha)
    of = nearest(n, min_cell)
    told = min(min_cell * math.floor(share * n / min_cell + 0.5), of) / of
    if math.isnan(low) or math.isnan(high):
        return told, math.nan, math.nan
    if not (0 < told < 1 and 0 < low < share < high < 1):
        step = min_cell / of
        ends = [step * _whole(low / step, -math.inf), step * _whole(high / step, math.inf)]
        return told, max(min(ends[0], told), 0.0), min(max(ends[1], told), 1.0)
    z = float(ndtri(1 - alpha / 2))
    length = float(logit(high) - logit(low)) / 2
    factor = 2 * math.sqrt(n * share * (1 - share)) * math.sinh(length / 2) / z
    factor = max(_FACTOR * math.floor(factor / _FACTOR + 0.5), 1.0)
    within = min_cell / (2 * of)
    return told, _wilson_end(told - within, of, -factor * z), _wilson_end(told + within, of, factor * z)


def _wilson_end(share: float, n: int, z: float) -> float:
    """The end of Wilson's interval of a share of n on the side of z's sign; 0 or 1 where the share is that or beyond."""
    if not 0 < share < 1:
        return float(share >= 1)
    return float(expit(logit(share) + 2 * math.asinh(z / (2 * math.sqrt(n * share * (1 - share))))))


def _whole(number: float, toward: float) -> float:
    """The nearest whole number, halves up; or the next toward -inf or inf, unless it is one but for how it was calculated."""
    if not math.isfinite(number):
        return number
    if toward:
        return float(np.floor(number + _FUZZ) if toward < 0 else np.ceil(number - _FUZZ))
    return math.floor(number + 0.5)
