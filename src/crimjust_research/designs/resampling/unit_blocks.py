"""SIMULATED panels without effect, made of a panel's own residuals: whole units at a time, as they come in time.

What is drawn is the residuals of a fit with unit effects, so a unit's rows keep the way they hang together. Registry:
docs/methods/diversity.md.
"""

from __future__ import annotations

import numpy as np

from crimjust_research.designs.arrays import FloatArray, IntArray


def signed(residuals: FloatArray, code: IntArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """(n, draws) samples in which all residuals of a unit have one random sign.

    Parameters
    ----------
    residuals : (n,); code : (n,) unit of each row, 0 to units - 1.
    """
    sign = rng.choice([-1.0, 1.0], size=(int(code.max()) + 1, draws))
    return np.asarray(residuals[:, None] * sign[code])


def exchanged(residuals: FloatArray, code: IntArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """(n, draws) samples in which each unit has the residuals, in their order, of a unit with as many rows.

    Who gives is drawn with replacement: among units with the same occasions a mere swap would change no sum over units.
    A unit that alone has so many rows keeps its own.

    Parameters
    ----------
    residuals, code : as `signed`; rows of a unit in the order of time.
    """
    order = np.argsort(code, kind="stable")
    size = np.bincount(code)
    first = np.cumsum(size) - size
    place = np.empty(len(code), np.int64)
    place[order] = np.arange(len(code)) - first[code[order]]
    donor = np.empty((size.size, draws), np.int64)
    for length in np.unique(size):
        alike = np.flatnonzero(size == length)
        donor[alike] = rng.choice(alike, size=(alike.size, draws))
    return np.asarray(residuals[order][first[donor[code]] + place[:, None]])
