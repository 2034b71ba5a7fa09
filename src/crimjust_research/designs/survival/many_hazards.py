"""A discrete-time hazard model of one covariate fitted to many data sets at once: simulated, drawn, or without a unit.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.errors import ParameterError

_MOST_STEPS = 60
_SETTLED = 1e-9
# A step of the fit may move the log hazard ratio by no more than this, lest an early one overshoot.
_LONGEST_STEP = 2.0


@dataclass(frozen=True)
class ManyHazards:
    """Complementary log-log fits with one covariate and a level for each period: arrays over the B data sets."""

    log_hazard_ratio: FloatArray
    std_error: FloatArray
    """Clustered by unit, with the small-sample factors of `designs.survival.discrete_hazard`."""
    level: FloatArray
    """(B, T): log cumulative hazard of each period at covariate zero; minus infinity where a period has no event."""


def many_hazard_fits(covariate: FloatArray, at_risk: BoolArray, happened: BoolArray) -> ManyHazards:
    """Fisher scoring on all data sets together, the period levels eliminated by their diagonal block.

    Parameters
    ----------
    covariate : (B, U); at_risk, happened : (B, U, T) for U units over T periods; dimensions of 1 are repeated.

    Raises
    ------
    ParameterError : a data set without an event, or a fit that does not settle.
    """
    x = covariate[:, :, None]
    events = (happened & at_risk).sum(axis=1)
    if not events.any(axis=1).all():
        raise ParameterError("A data set has no event; nothing can be estimated.")
    # A period without an event says nothing about the covariate: its level falls without limit, so it is left out.
    used = at_risk & (events > 0)[:, None, :]
    y = happened & used
    share = np.divide(events, used.sum(axis=1), out=np.full(events.shape, 0.5), where=events > 0)
    level = np.log(-np.log1p(-np.minimum(share, 0.999)))
    slope = np.zeros(max(len(x), len(y)))
    level = np.broadcast_to(level, (slope.size, level.shape[1])).copy()
    for _ in range(_MOST_STEPS):
        score, weight = _score_and_weight(level, slope, x, y, used)
        own, cross, rest, gain_level, gain_slope = _blocks(score, weight, x)
        step = (gain_slope - (cross / own * gain_level).sum(axis=1)) / rest
        step = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        level += (gain_level - cross * step[:, None]) / own
        slope += step
        if np.abs(step).max() < _SETTLED and np.abs(gain_level / own).max() < _SETTLED:
            break
    else:
        raise ParameterError(f"A hazard model has not settled after {_MOST_STEPS} steps.")
    score, _ = _score_and_weight(level, slope, x, y, used)
    own, cross, rest, _, _ = _blocks(score, _observed_curvature(level, slope, x, y, used), x)
    influence = (score * (x - (cross / own)[:, None, :])).sum(axis=2) / rest[:, None]
    units = (used.any(axis=2)).sum(axis=1)
    rows, terms = used.sum(axis=(1, 2)), 1 + (events > 0).sum(axis=1)
    factor = units / (units - 1) * (rows - 1) / (rows - terms)
    variance = factor * (influence**2).sum(axis=1)
    shown = np.where(np.broadcast_to(events > 0, level.shape), level, -np.inf)
    return ManyHazards(slope, np.sqrt(variance), shown)


def _score_and_weight(
    level: FloatArray, slope: FloatArray, x: FloatArray, y: BoolArray, used: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Derivative of the log-likelihood by the linear predictor, and its expected curvature, (B, U, T)."""
    rate = np.exp(level[:, None, :] + slope[:, None, None] * x)
    hazard = -np.expm1(-rate)
    return rate * (y / hazard - 1) * used, rate**2 * (1 - hazard) / hazard * used


def _observed_curvature(
    level: FloatArray, slope: FloatArray, x: FloatArray, y: BoolArray, used: BoolArray
) -> FloatArray:
    """Less the second derivative of the log-likelihood by the linear predictor, (B, U, T)."""
    rate = np.exp(level[:, None, :] + slope[:, None, None] * x)
    hazard = -np.expm1(-rate)
    with_event = rate**2 * (1 - hazard) / hazard**2 - rate * (1 / hazard - 1)
    return np.where(y, with_event, rate) * used


def _blocks(
    score: FloatArray, weight: FloatArray, x: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Information on the levels (diagonal), with the slope, on the slope given the levels; and both scores."""
    own = weight.sum(axis=1)
    own = np.where(own > 0, own, 1.0)
    cross = (weight * x).sum(axis=1)
    rest = (weight * x**2).sum(axis=(1, 2)) - (cross**2 / own).sum(axis=1)
    return own, cross, rest, score.sum(axis=1), (score * x).sum(axis=(1, 2))
