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
# Information worse conditioned than this no longer tells one direction: coefficients that still move there move without end.
_DEGENERATE = 1e10
_MOVING = 1e-4
# Log hazards beyond which a share is 0 or 1 to the last digit.
_LEAST, _MOST = -30.0, 5.0


def hazards_of_drawn(design: FloatArray, happened: BoolArray, cluster: IntArray, counts: FloatArray) -> FloatArray:
    """Coefficients (draws, k) of the complementary log-log regression of each draw, by Fisher scoring on all together.

    Infinite, by the way it goes, where rows drawn are separated along a coefficient, as where a kind always or never has the
    event; missing where columns depend on each other among the rows drawn, or none of them has the event.

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
        information = information.reshape(-1, k, k)
        degenerate = np.linalg.cond(information) > _DEGENERATE
        step = np.zeros_like(score)
        step[~degenerate] = np.linalg.solve(information[~degenerate], score[~degenerate][..., None])[..., 0]
        # Without information there is a least-squares step, which goes where the separation does.
        for place in np.flatnonzero(degenerate):
            step[place] = np.linalg.lstsq(information[place], score[place], rcond=0)[0]
        endless = np.where(np.abs(step) > _MOVING, np.copysign(np.inf, step), coefficients)
        found[draw[degenerate]] = endless[degenerate]
        coefficients = coefficients + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        settled = np.abs(step).max(axis=1) < _SETTLED
        found[draw[settled]] = coefficients[settled]
        left = ~(settled | degenerate)
        draw, coefficients = draw[left], coefficients[left]
    return found
