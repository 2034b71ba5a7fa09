"""What curves of power over SIMULATED samples share: how many samples, what counts as found, the least effect found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray

SAMPLES = 500
# Share of samples in which a test must reject for an effect to count as found.
SURE = 0.8
# The plan's smallest effect of interest, in standard deviations of what is unexplained.
SMALLEST_EFFECT = 0.5


def monte_carlo_error(power: FloatArray) -> FloatArray:
    """Standard error of shares of so many samples."""
    return np.sqrt(power * (1 - power) / SAMPLES)


def least_found(curve: pd.DataFrame, size: str) -> float:
    """The least effect tried that is found, in the units of the column `size`; missing if none is.

    Without any effect nothing is found, however often the test rejects.

    Parameters
    ----------
    curve : columns strength (of the effect, zero if there is none), power and `size`.
    """
    return float(curve.loc[(curve["power"] >= SURE) & (curve["strength"] > 0), size].min())
