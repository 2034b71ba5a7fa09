"""What every permutation test shares: how many draws are enough, and the p-value of a statistic among its draws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crimjust_research.designs.arrays import TIE, FloatArray


class PermutationP(NamedTuple):
    """p-values of an observed statistic whose permuted values are centred on zero."""

    two_sided: float
    greater: float
    less: float


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
