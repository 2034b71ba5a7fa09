"""A discrete-time hazard model fitted again where clusters are drawn with replacement, or left out.

A cluster drawn twice weighs its rows twice, so all draws are fitted together and none is built.
Registry: docs/methods/survival.md.
"""

from __future__ import annotations

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray

_MOST_STEPS = 60
_SETTLED = 1e-9
# A step of the fit may move a coefficient by no more than this, lest an early one overshoot.
_LONGEST_STEP = 2.0
_LARGEST_CONDITION = 1e8
# Log hazards beyond which a share is 0 or 1 to the last digit.
_LEAST, _MOST = -30.0, 5.0


def hazards_of_drawn(design: FloatArray, happened: BoolArray, cluster: IntArray, counts: FloatArray) -> FloatArray:
    """Coefficients (draws, k) of the complementary log-log regression of each draw, by Fisher scoring on all together.

    Missing where a draw has no finite estimate: columns that depend on each other among the rows drawn, or separation.

    Parameters
    ----------
    design : (rows, k) of unit-periods at risk, its constant and baseline among the columns.
    happened : (rows,) whether the event came in that period; cluster : (rows,) codes from 0.
    counts : (draws, clusters) how often each cluster is in a draw.
    """
    k = design.shape[1]
    weight = counts[:, cluster]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k)
    whole = np.linalg.cond((weight @ squares).reshape(-1, k, k)) < _LARGEST_CONDITION
    found = np.full((len(counts), k), np.nan)
    draw = np.flatnonzero(whole & ((weight @ happened) > 0))
    coefficients = np.zeros((draw.size, k))
    for _ in range(_MOST_STEPS):
        if not draw.size:
            break
        rate = np.exp(np.clip(coefficients @ design.T, _LEAST, _MOST))
        share = -np.expm1(-rate)
        score = (weight[draw] * rate * (happened / share - 1)) @ design
        information = (weight[draw] * rate**2 * (1 - share) / share) @ squares
        told = np.linalg.cond(information.reshape(-1, k, k)) < 1 / np.finfo(np.float64).eps
        draw, coefficients, score, information = (part[told] for part in (draw, coefficients, score, information))
        step = np.linalg.solve(information.reshape(-1, k, k), score[..., None])[..., 0]
        step = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        coefficients = coefficients + step
        settled = np.abs(step).max(axis=1) < _SETTLED
        found[draw[settled]] = coefficients[settled]
        draw, coefficients = draw[~settled], coefficients[~settled]
    return found
