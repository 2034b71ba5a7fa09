"""One answer from analyses of several draws of what was not observed exactly (Rubin 1987)."""

from __future__ import annotations

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.errors import ParameterError


def pooled(estimates: FloatArray, std_errors: FloatArray) -> tuple[float, float]:
    """Mean estimate and its standard error, from m draws: variance within, and (1 + 1 / m) times that between them.

    Parameters
    ----------
    estimates, std_errors : (m,), one analysis of each draw.

    Raises
    ------
    ParameterError : fewer than two draws, or draws without a number or with an error that is not above zero.
    """
    m = estimates.size
    if estimates.shape != std_errors.shape or not np.isfinite([estimates, std_errors]).all() or (std_errors <= 0).any():
        raise ParameterError(
            f"{m} estimates with {std_errors.size} errors, of which some are missing or not above zero, cannot be put "
            "together; leave out draws without an estimate knowingly."
        )
    if m < 2:
        raise ParameterError(f"{m} draws show no variance between them; make at least two.")
    variance = np.mean(std_errors**2) + (1 + 1 / m) * estimates.var(ddof=1)
    return float(estimates.mean()), float(np.sqrt(variance))
