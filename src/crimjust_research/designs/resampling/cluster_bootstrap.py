"""Medians of units that are alike within clusters, with percentile intervals from draws of clusters.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import (
    cluster_codes,
    complete_columns,
    generator,
    numbers,
    require_draws,
    require_level,
)
from crimjust_research.designs.resampling.permutation import percentiles

_CELLS = 4_000_000  # held at once


def median_of_clusters(
    frame: pd.DataFrame, value: str, cluster: str, *, draws: int, seed: int, alpha: float = 0.05
) -> dict[str, float]:
    """Median over all rows, with the percentile interval of the median over clusters drawn with replacement.

    The median is the least value that half of the rows or more do not exceed, in the sample as in each draw.

    Parameters
    ----------
    frame : one row a unit; `value` numbers, `cluster` names.

    Returns
    -------
    estimate, ci_low, ci_high, n_obs, n_units (rows and clusters); no interval of one cluster.

    Raises
    ------
    ParameterError : a column that is absent or incomplete, or draws or a seed that are none.
    """
    require_level(alpha)
    require_draws(draws)
    used = complete_columns(frame, [value, cluster])
    code, clusters = cluster_codes(used, cluster, 1)
    values = numbers(used, [value])[:, 0]
    order = np.argsort(values, kind="stable")
    values, code = values[order], code[order]
    found = {"estimate": float(_medians(values, np.ones((1, len(values))))[0])}
    counts = {"n_obs": len(values), "n_units": clusters}
    if clusters < 2:
        return {**found, "ci_low": math.nan, "ci_high": math.nan, **counts}
    rng = generator(seed)
    parts = []
    for start in range(0, draws, batch := max(_CELLS // len(values), 1)):
        times = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=min(batch, draws - start))
        parts.append(_medians(values, times[:, code].astype(np.float64)))
    low, high = percentiles(np.concatenate(parts), alpha, float(np.abs(values).max()))
    return {**found, "ci_low": low, "ci_high": high, **counts}


def _medians(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(b,) least of the ordered values (n,) that half of the weight (b, n) or more does not exceed."""
    share = weights.cumsum(axis=1)
    return np.asarray(values[np.argmax(share >= share[:, -1:] / 2, axis=1)])
