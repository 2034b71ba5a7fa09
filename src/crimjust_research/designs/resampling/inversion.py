"""Intervals and tests of equivalence by the test itself: the values it does not reject, and what it says of two of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import require_above_zero, require_level
from crimjust_research.errors import ParameterError

PValues = Callable[[FloatArray], FloatArray]
Statistics = Callable[[FloatArray], FloatArray]

_GRID = 8  # parts into which a stretch that holds an end is cut
_REFINED = 3  # times it is cut again: ends are right to scale / (2 * 8 ** 3)
_REACH = 16.0  # scales from the estimate beyond which an interval counts as without end


def two_sided(statistics: FloatArray) -> FloatArray:
    """(S,) share of shuffles whose statistic lies as far from zero as the observed one, which is among them.

    Parameters
    ----------
    statistics : (S, A) of each sample or hypothesis under each shuffle, observed first, studentised: beside 1 a difference
        of `TIE` is rounding.
    """
    distance = np.abs(statistics)
    return np.asarray((distance >= distance[:, :1] - _slack(distance[:, :1])).mean(axis=1))


def one_sided(statistics: FloatArray, sign: int) -> FloatArray:
    """(S,) share of shuffles whose statistic lies as far on the side of `sign`, 1 or -1, as the observed one."""
    signed = sign * statistics
    return np.asarray((signed >= signed[:, :1] - _slack(signed[:, :1])).mean(axis=1))


def _slack(observed: FloatArray) -> FloatArray:
    # What is infinite ties with what is infinite alone.
    size = np.where(np.isfinite(observed), np.abs(observed), 0.0)
    return np.asarray(TIE * np.maximum(1.0, size))


def equivalence_p(statistics: Statistics, size: float) -> float:
    """The larger p of two one-sided tests: that the effect is not below `size`, and that it is not above minus it.

    Parameters
    ----------
    statistics : gives (S, A) statistics, observed first, of hypotheses of shape (S,): each an effect that is taken out.

    Reference: Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15:657-680.

    Raises
    ------
    ParameterError : a size that is not above zero.
    """
    require_above_zero(size=size)
    found = statistics(np.array([size, -size]))
    return float(max(one_sided(found[:1], -1)[0], one_sided(found[1:], 1)[0]))


def not_rejected(p_values: PValues, estimate: float, scale: float, alpha: float) -> tuple[float, float]:
    """Least and largest value whose p is above `alpha`; infinite on a side where there is none within reach.

    Parameters
    ----------
    p_values : p of each of the values given, (k,) to (k,).
    estimate : where p is about one; scale : about a standard error.

    The ends are found by a search outwards, in steps of half a scale up to six and of two up to 16, and cut finer between the
    last value that is not rejected and the next. Where p rises again further out, as that of a permutation test may by chance,
    the outermost value within six scales counts.

    Raises
    ------
    ParameterError : a level outside (0, 1), or an estimate or scale that is no number.
    """
    require_level(alpha)
    if not (np.isfinite(estimate) and np.isfinite(scale) and scale > 0):
        raise ParameterError(
            f"The estimate is {estimate!r} and the scale {scale!r}; give finite numbers, a scale above 0."
        )
    low, high = (_end(p_values, estimate, sign * scale, alpha) for sign in (-1, 1))
    return low, high


def _end(p_values: PValues, estimate: float, step: float, alpha: float) -> float:
    near = np.arange(0.0, 6.5, 0.5)
    accepted = p_values(estimate + step * near) > alpha
    inside, outside = 0.0, float(near[-1])
    if accepted[-1]:
        far = np.concatenate([near[-1:], np.linspace(8.0, _REACH, 5)])
        held = p_values(estimate + step * far) > alpha
        if held[-1]:
            return float(np.sign(step) * np.inf)
        last = int(np.flatnonzero(held).max(initial=0))
        inside, outside = float(far[last]), float(far[last + 1])
    elif accepted.any():
        last = int(np.flatnonzero(accepted).max())
        inside, outside = float(near[last]), float(near[last + 1])
    else:
        outside = 0.5
    for _ in range(_REFINED):
        cuts = np.linspace(inside, outside, _GRID + 1)
        kept = p_values(estimate + step * cuts[1:-1]) > alpha
        last = int(np.flatnonzero(kept).max() + 1) if kept.any() else 0
        inside, outside = float(cuts[last]), float(cuts[last + 1])
    return estimate + step * inside
