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
_CELLS = 32_000  # unit-periods fitted at once, that they stay in a processor's cache


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
    sets = max(len(covariate), len(at_risk), len(happened))
    covariate = np.broadcast_to(covariate, (sets, *covariate.shape[1:]))
    at_risk, happened = (np.broadcast_to(each, (sets, *each.shape[1:])) for each in (at_risk, happened))
    size = max(1, _CELLS // at_risk[0].size)
    some = [slice(start, start + size) for start in range(0, sets, size)]
    parts = [_fits(covariate[each], at_risk[each], happened[each]) for each in some]
    return ManyHazards(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _fits(covariate: FloatArray, at_risk: BoolArray, happened: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The arrays of `ManyHazards`, of data sets that are held at once."""
    events = (happened & at_risk).sum(axis=1)
    if not events.any(axis=1).all():
        raise ParameterError("A data set has no event; nothing can be estimated.")
    # A period without an event says nothing about the covariate: its level falls without limit, so it is left out.
    used = at_risk & (events > 0)[:, None, :]
    y = happened & used
    share = np.divide(events, used.sum(axis=1), out=np.full(events.shape, 0.5), where=events > 0)
    level = np.log(-np.log1p(-np.minimum(share, 0.999)))
    slope = np.zeros(len(covariate))
    powers = np.stack([np.ones_like(covariate), covariate, covariate**2], axis=1)
    for _ in range(_MOST_STEPS):
        rate, hazard = _rates(level, slope, covariate)
        score, weight = _score_and_weight(rate, hazard, y, used)
        own, cross, rest = _information(weight, powers)
        gain_level, gain_slope = (powers[:, :2] @ score).transpose(1, 0, 2)
        step = (gain_slope.sum(axis=1) - (cross / own * gain_level).sum(axis=1)) / rest
        step = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        level += (gain_level - cross * step[:, None]) / own
        slope += step
        if np.abs(step).max() < _SETTLED and np.abs(gain_level / own).max() < _SETTLED:
            break
    else:
        raise ParameterError(
            f"A hazard model has not settled after {_MOST_STEPS} steps; measure the covariate in other units."
        )
    rate, hazard = _rates(level, slope, covariate)
    score, _ = _score_and_weight(rate, hazard, y, used)
    own, cross, rest = _information(_observed_curvature(rate, hazard, y, used), powers)
    influence = (score * (covariate[:, :, None] - (cross / own)[:, None, :])).sum(axis=2) / rest[:, None]
    units = (used.any(axis=2)).sum(axis=1)
    rows, terms = used.sum(axis=(1, 2)), 1 + (events > 0).sum(axis=1)
    factor = units / (units - 1) * (rows - 1) / (rows - terms)
    variance = factor * (influence**2).sum(axis=1)
    shown = np.where(events > 0, level, -np.inf)
    return slope, np.sqrt(variance), shown


def _rates(level: FloatArray, slope: FloatArray, covariate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cumulative hazard of each unit in each period, and the chance of an event that it makes, (B, U, T)."""
    rate = np.exp(slope[:, None] * covariate)[:, :, None] * np.exp(level)[:, None, :]
    return rate, -np.expm1(-rate)


def _score_and_weight(
    rate: FloatArray, hazard: FloatArray, y: BoolArray, used: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Derivative of the log-likelihood by the linear predictor, and its expected curvature, (B, U, T); `y` only where `used`."""
    ratio, used_rate = rate / hazard, rate * used
    return y * ratio - used_rate, ratio * used_rate * (1 - hazard)


def _observed_curvature(rate: FloatArray, hazard: FloatArray, y: BoolArray, used: BoolArray) -> FloatArray:
    """Less the second derivative of the log-likelihood by the linear predictor, (B, U, T)."""
    with_event = rate**2 * (1 - hazard) / hazard**2 - rate * (1 / hazard - 1)
    return np.where(y, with_event, rate) * used


def _information(weight: FloatArray, powers: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """On the levels (diagonal), of these with the slope, (B, T) each, and on the slope given the levels, (B,).

    `powers` are those of the covariate from none to its square, (B, 3, U).
    """
    own, cross, squared = (powers @ weight).transpose(1, 0, 2)
    own = np.where(own > 0, own, 1.0)
    return own, cross, squared.sum(axis=1) - (cross**2 / own).sum(axis=1)
