"""Labels dealt out again among units that could have had each other's, and the same with one unit left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import IntArray
from crimjust_research.designs.checks import generator, labelled, require_draws


def shuffled_within(strata: ArrayLike, draws: int, seed: int) -> IntArray:
    """(1 + draws, n) whose label each unit has: its own in the first row, then that of a unit drawn within its stratum.

    Parameters
    ----------
    strata : (n,) labels; only units of one stratum change places, each order of them as likely as any.

    Raises
    ------
    ParameterError : a unit without a stratum, which would never change places, fewer than 99 draws, or a seed that is no
        whole number.
    """
    require_draws(draws)
    rng = generator(seed)
    code, names = labelled(strata, np.size(strata), "stratum")
    order = np.tile(np.arange(code.size, dtype=np.int64), (1 + draws, 1))
    for stratum in range(len(names)):
        members = np.flatnonzero(code == stratum)
        order[1:, members] = rng.permuted(order[1:, members], axis=1)
    return order


def without_unit(order: IntArray, unit: int) -> IntArray:
    """(1 + draws, n - 1) the same shuffles among all units but one, which are numbered anew.

    Who had the label of the unit left out takes the one that unit had. Taking an element out of its cycle leaves each order
    of the others as likely as any, so what is left is a shuffle of them, close to that of all.
    """
    rest = np.delete(order, unit, axis=1)
    rest = np.where(rest == unit, order[:, [unit]], rest)
    return np.asarray(rest - (rest > unit), np.int64)
