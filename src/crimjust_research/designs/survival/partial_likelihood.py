"""Cox's partial likelihood with Efron's ties: sums over those at risk, taken for all event times at once.

Whoever is at risk at an event time is at risk at every earlier one, so that one cumulative sum from the last event time
backwards makes the sums over every risk set, and one forwards what each unit gathers while it is at risk.
Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.errors import ParameterError

SETTLED = 1e-9  # step of a coefficient of a covariate from 0 to 1, of its size where that is more than 1
MOST_STEPS, MOST_HALVINGS = 50, 30
_ROUNDING = 1e-10  # of a log-likelihood
_UNSETTLED = "The Cox regression does not settle; scale the covariates alike, or use fewer."


@dataclass(frozen=True)
class RiskSets:
    """Who is at risk at each of J distinct event times, of n units that are at risk at the first of them or later."""

    when: FloatArray
    """(J,)"""
    last: IntArray
    """(n,) the last event time at which each unit is at risk, as an index into `when`."""
    event: IntArray
    """(E,) the units with the event, in order of time."""
    own: IntArray
    """(E,) the time of each event, as an index into `when`."""
    befallen: IntArray
    """(J,) events at each time."""

    @property
    def before(self) -> FloatArray:
        """(E,) Efron's share of those tied with an event that count as gone: 0, 1/d, ..., (d - 1)/d of d."""
        first = np.cumsum(self.befallen) - self.befallen
        return (np.arange(self.own.size) - first[self.own]) / self.befallen[self.own]

    def at_risk(self, values: FloatArray) -> FloatArray:
        """(J,) or (J, k) sums over those at risk of values (n,) or (n, k)."""
        return np.asarray(by_number(self.last, values, self.when.size)[::-1].cumsum(axis=0)[::-1])

    def tied(self, values: FloatArray) -> FloatArray:
        """(J,) or (J, k) sums over those with the event of values (n,) or (n, k)."""
        return by_number(self.own, values[self.event], self.when.size)


def risk_sets(time: FloatArray, code: IntArray) -> RiskSets:
    """Risk sets of (n,) durations, none of which ends before the first event, and event codes 0 or 1."""
    when = np.unique(time[code > 0])
    last = np.searchsorted(when, time, side="right") - 1
    event = np.flatnonzero(code > 0)
    event = event[np.argsort(last[event], kind="stable")]
    own = last[event]
    return RiskSets(when, last, event, own, np.bincount(own, minlength=when.size))


def by_number(number: IntArray, values: FloatArray, size: int) -> FloatArray:
    """(size,) or (size, k) sums of values (n,) or (n, k) over the rows of each number."""
    if values.ndim == 1:
        return np.asarray(np.bincount(number, values, size))
    return np.stack([np.bincount(number, column, size) for column in values.T], axis=1)


@dataclass(frozen=True)
class PartialLikelihood:
    """The logarithm of the partial likelihood at some coefficients, and its derivatives."""

    value: float
    gradient: FloatArray
    """(k,)"""
    information: FloatArray
    """(k, k) less the second derivatives."""
    mean: FloatArray
    """(E, k) risk-weighted mean of the covariates at each event, of those tied with it as far as they are not gone."""


def efron(sets: RiskSets, x: FloatArray, coefficients: FloatArray) -> PartialLikelihood:
    """Efron's (1977) form: of d events at one time each next one counts a further 1/d of all d as gone from the risk set.

    Parameters
    ----------
    x : (n, k); coefficients : (k,).
    """
    score = x @ coefficients
    score = score - score.max()
    weight = np.exp(score)
    weighted = weight[:, None] * x
    own, gone = sets.own, sets.before
    there = sets.at_risk(weight)[own] - gone * sets.tied(weight)[own]
    mean = (sets.at_risk(weighted)[own] - gone[:, None] * sets.tied(weighted)[own]) / there[:, None]
    # Expected events of each unit: over all times at which it is at risk, less where it is tied and counts as gone.
    expected = weight * np.cumsum(np.bincount(own, 1 / there))[sets.last]
    expected[sets.event] -= weight[sets.event] * np.bincount(own, gone / there)[own]
    return PartialLikelihood(
        float(score[sets.event].sum() - np.log(there).sum()),
        x[sets.event].sum(axis=0) - mean.sum(axis=0),
        (expected * x.T) @ x - mean.T @ mean,
        mean,
    )


def maximum(sets: RiskSets, x: FloatArray) -> tuple[FloatArray, PartialLikelihood]:
    """Coefficients (k,) at which Efron's partial likelihood is largest, and that likelihood, by Newton's steps.

    It is concave, so that a step which overshoots is halved until the likelihood does not fall.

    Parameters
    ----------
    x : (n, k) from 0 to 1 each.

    Raises
    ------
    ParameterError : steps that do not become small, as where it still rises at ratios that a computer cannot hold.
    """
    at, here = np.zeros(x.shape[1]), efron(sets, x, np.zeros(x.shape[1]))
    for _ in range(MOST_STEPS):
        step, there = _rising(sets, x, at, here)
        at, here = at + step, there
        if np.all(np.abs(step) <= SETTLED * np.maximum(1.0, np.abs(at))):
            return at, here
    raise ParameterError(_UNSETTLED)


def _rising(
    sets: RiskSets, x: FloatArray, at: FloatArray, here: PartialLikelihood
) -> tuple[FloatArray, PartialLikelihood]:
    """Newton's step, halved as often as it takes, and the likelihood after it."""
    step = np.asarray(np.linalg.solve(here.information, here.gradient), np.float64)
    for _ in range(MOST_HALVINGS):
        there = efron(sets, x, at + step)
        if np.isfinite(there.value) and there.value >= here.value - _ROUNDING * abs(here.value):
            return step, there
        step = step / 2
    raise ParameterError(_UNSETTLED)


def score_residuals(sets: RiskSets, x: FloatArray, coefficients: FloatArray) -> FloatArray:
    """(n, k) what each unit adds to the score: its own event's surprise, less what was expected while it was at risk.

    Lin and Wei's, with Breslow's hazard where events are tied, as statsmodels has it.

    Parameters
    ----------
    x : (n, k); coefficients : (k,).
    """
    score = x @ coefficients
    weight = np.exp(score - score.max())
    there = sets.at_risk(weight)
    mean = sets.at_risk(weight[:, None] * x) / there[:, None]
    step = sets.befallen / there
    hazard, gathered = step.cumsum()[sets.last], (step[:, None] * mean).cumsum(axis=0)[sets.last]
    residuals = -weight[:, None] * (x * hazard[:, None] - gathered)
    residuals[sets.event] += x[sets.event] - mean[sets.own]
    return np.asarray(residuals)


def schoenfeld_residuals(sets: RiskSets, x: FloatArray, coefficients: FloatArray) -> FloatArray:
    """(E, k) each event's covariates less their risk-weighted mean, which is the same for all events at one time.

    Parameters
    ----------
    x : (n, k); coefficients : (k,).
    """
    mean = by_number(sets.own, efron(sets, x, coefficients).mean, sets.when.size) / sets.befallen[:, None]
    return np.asarray(x[sets.event] - mean[sets.own])


def spread_at_events(sets: RiskSets, x: FloatArray) -> FloatArray:
    """(k, k) covariances of the covariates among those at risk, added up over events.

    From sums of squares that are added and never taken from each other: those within the units that leave between two
    event times, and those between their mean and that of all who stay.

    Parameters
    ----------
    x : (n, k).
    """
    size = sets.when.size
    leaving = np.bincount(sets.last, minlength=size)
    at_risk = leaving[::-1].cumsum()[::-1]
    staying = at_risk - leaving
    mean = by_number(sets.last, x, size) / np.maximum(leaving, 1)[:, None]
    stay = np.append(sets.at_risk(x)[1:], np.zeros((1, x.shape[1])), axis=0) / np.maximum(staying, 1)[:, None]
    gathered = np.cumsum(sets.befallen / at_risk)
    within, between = x - mean[sets.last], mean - stay
    return np.asarray(
        (gathered[sets.last] * within.T) @ within + (gathered * leaving * staying / at_risk * between.T) @ between
    )
