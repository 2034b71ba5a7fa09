"""What a computer can hold apart, and how a library is called so that it either answers or is quoted in a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.errors import ParameterError

NO_VARIATION = 1e-9
"""Share of the size of numbers below which their range is made of rounding, not of figures."""


def has_full_rank(design: FloatArray) -> bool:
    """Whether every column says something the others do not."""
    length = np.linalg.norm(design, axis=0)
    return bool(np.all(length > 0) and np.linalg.matrix_rank(design / length) == design.shape[1])


def is_symmetric(matrices: FloatArray) -> bool:
    """Whether matrices (..., k, k) are their own mirror image but for rounding, whatever their unit."""
    apart = np.abs(matrices - np.swapaxes(matrices, -1, -2))
    return bool(np.all(apart <= 1e-8 * np.abs(matrices).max(axis=(-2, -1), keepdims=True, initial=0.0)))


def power_of_two(size: float) -> float:
    """The power of two just above `size`: to divide by it and multiply back changes units and no digit."""
    return float(np.ldexp(1.0, np.frexp(size)[1]))


def far_level(values: FloatArray) -> float:
    """What values that lie far from zero beside their range may be counted from: a multiple of 16 to 32 ranges, or zero."""
    far = 16 * power_of_two(float(np.ptp(values)))
    return float(far * np.round(values.mean() / far))


@contextmanager
def library(failure: str) -> Iterator[None]:
    """Call a library on checked input: what it warns of is silenced, what it raises becomes a sentence.

    Parameters
    ----------
    failure : what to say if it fails, without a full stop.

    Raises
    ------
    ParameterError : `failure`, and what the library said.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            raise ParameterError(f"{failure} ({error}).") from error
