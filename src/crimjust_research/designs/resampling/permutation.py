"""What permutation tests share: draws in batches, and the p-value of a statistic among its draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from crimjust_research.designs.arrays import TIE, FloatArray


class PermutationP(NamedTuple):
    """p-values of an observed statistic whose permuted values are centred on zero."""

    p_value: float
    """Two-sided."""
    p_greater: float
    p_less: float


def batch_sizes(draws: int, cells: int, most: int) -> Iterator[int]:
    """`draws` in batches of which each holds at most `most` cells, `cells` to a draw."""
    batch = max(1, most // cells)
    for start in range(0, draws, batch):
        yield min(batch, draws - start)


def permutation_p(null: FloatArray, observed: float) -> PermutationP:
    """Share of draws at least as extreme, the observed arrangement counted as one of them (so never zero).

    Two-sided compares distances from zero.

    Parameters
    ----------
    null : (draws,) permuted statistics.
    """
    slack = TIE * max(1.0, abs(observed))
    extreme = (np.abs(null) >= abs(observed) - slack, null >= observed - slack, null <= observed + slack)
    return PermutationP(*(float(1 + np.sum(one)) / (1 + null.size) for one in extreme))
