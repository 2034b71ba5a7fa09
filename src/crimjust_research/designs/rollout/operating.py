"""How estimators of a roll-out's effect behave on a panel of one's own: size, power, bias and coverage under placebo starts.

The panel is one in which nothing has started yet. Starts are dealt out on it as the roll-out would, an effect is put in, and
each estimator is computed as it would be: what it then finds is known to be wrong or right. Nothing is assumed of the outcomes,
so that trends, shocks that units share, and gaps are those of the panel. Registry: docs/methods/rollout.md.
Reference: Griffin et al. (2021), BMC Medical Research Methodology 21:279.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import LARGEST, real_numbers, require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import TwoWayEffects, treated_cells, two_way_test
from crimjust_research.designs.rollout.layout import effect_cells
from crimjust_research.designs.rollout.permutation import Reassignments, comparable, least_p, ranks
from crimjust_research.designs.timing.statistics import two_way_coefficients
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.errors import ParameterError


class Fits(NamedTuple):
    """An estimator on the panel under each assignment; all (A,), missing where it cannot be computed."""

    estimate: FloatArray
    p_value: FloatArray
    covers: FloatArray
    """1 where the interval holds the true effect, 0 where it does not."""


@dataclass(frozen=True, repr=False)
class Characteristics(Printed):
    """What one estimator does over all assignments tried."""

    estimator: str
    size: float
    """Share of assignments under which an effect that is not there is found."""
    power: float
    """Share under which one that is there is found."""
    bias: float
    """Mean of the estimates less the average effect in treated cells."""
    error: float
    """Root of the mean squared difference of the two."""
    coverage: float
    """Share of intervals that hold the average effect in treated cells."""
    n: int
    """Assignments under which it can be computed."""

    def monte_carlo_error(self, rate: float) -> float:
        """Standard error of a rate over these assignments."""
        return float(np.sqrt(rate * (1 - rate) / self.n)) if self.n else np.nan

    def facts(self) -> Mapping[str, object]:
        """The row of a table."""
        return {
            "estimator": self.estimator,
            "size": self.size,
            "power": self.power,
            "bias": self.bias,
            "error": self.error,
            "coverage": self.coverage,
            "assignments": self.n,
        }


@dataclass(frozen=True)
class Trial:
    """A panel without effect, the assignments tried on it, and an effect to be found.

    Made by `trial`. Cells that are not observed are missing in all.
    """

    outcomes: FloatArray
    """(n_units, T)"""
    starts: FloatArray
    """(A, n_units) first treated period, counted from 0, inf if never."""
    exact: bool
    put_in: FloatArray
    """(A, n_units, T) the effect in each cell."""
    phase: IntArray | None
    alpha: float

    @property
    def observed(self) -> BoolArray:
        """(n_units, T)"""
        return np.asarray(np.isfinite(self.outcomes))

    @property
    def periods(self) -> FloatArray:
        """(T,)"""
        return np.arange(float(self.outcomes.shape[1]))

    @property
    def treated(self) -> FloatArray:
        """(A, n_units, T)"""
        return treated_cells(self.starts, self.periods)

    def average(self, put_in: FloatArray) -> FloatArray:
        """(A,) average over treated cells that are observed of effects put in (A, n_units, T)."""
        cells = self.treated * self.observed
        return np.asarray(np.nansum(put_in, axis=(1, 2)) / cells.sum(axis=(1, 2)))

    @property
    def least_p(self) -> float:
        """Least p the permutation test can give."""
        return least_p(self.starts, self.observed)


def trial(
    outcomes: ArrayLike,
    reassigned: Reassignments,
    effect: float,
    *,
    path: ArrayLike = (1.0,),
    phase: IntArray | None = None,
    alpha: float = 0.05,
) -> Trial:
    """Assignments to be tried on a panel, those left out that leave nothing to compare.

    Parameters
    ----------
    outcomes : (n_units, T) of a time without the effect, NaN where not observed.
    effect : what `path` is multiplied by (see `effect_cells`); not zero.
    phase : (n_units,) number of each unit's phase, if errors clustered by phase are to be tried too.

    Raises
    ------
    ParameterError : a panel that does not fit the assignments, whose outcomes do not vary or are infinite, a unit or period seen
        less than twice, an effect of zero, or no assignment that can be compared.
    """
    panel = real_numbers(outcomes, "outcome")
    require_level(alpha)
    if panel.ndim != 2 or panel.shape[0] != reassigned.starts.shape[1]:
        raise ParameterError(f"The panel has shape {panel.shape}; give {reassigned.starts.shape[1]} units by periods.")
    seen = np.isfinite(panel)
    if np.isinf(panel).any() or (seen.any() and not np.nanmax(np.abs(panel)) < LARGEST):
        raise ParameterError("An outcome is infinite or too large; correct it, or give outcomes in other units.")
    if (seen.sum(axis=1) < 2).any() or (seen.sum(axis=0) < 2).any():
        raise ParameterError(
            "A unit or a period is observed less than twice, which compares with nothing; leave it out."
        )
    if not np.isfinite(effect) or effect == 0:
        raise ParameterError(
            f"The effect is {effect}; give the size that would matter, in units of the outcome, not zero."
        )
    if within_spread(panel) == 0:
        raise ParameterError(
            "The outcomes differ by unit and period alone, so that nothing varies; give another outcome."
        )
    starts = reassigned.starts[comparable(reassigned.starts, seen)]
    put_in = effect * effect_cells(starts, panel.shape[1], path)
    return Trial(panel, starts, reassigned.exact, np.where(seen, put_in, np.nan), phase, alpha)


def within_spread(outcomes: FloatArray) -> float:
    """Standard deviation of outcomes (n_units, T) about unit and period means, zero if it is nothing but rounding.

    Divided by the observed cells less the means.
    """
    observed = np.asarray(np.isfinite(outcomes))
    left = TwoWayEffects.of(observed).swept_out(outcomes)
    free = max(int(observed.sum()) - sum(observed.shape) + 1, 1)
    spread = float(np.sqrt(np.sum(left**2) / free))
    return spread if spread > 1e-10 * float(np.nanmax(np.abs(outcomes), initial=0.0)) else 0.0


def characteristics(tried: Trial) -> Iterator[Characteristics]:
    """What each estimator does, one after the other, the quickest first.

    Two-way fixed effects with errors clustered by unit (and by phase); the autoregression with the outcome of the period before,
    as Griffin et al. recommend; averages of group-time effects; the exact permutation test of the two-way coefficient.
    """
    estimators = {
        "two-way fixed effects, clustered by unit": two_way,
        "two-way fixed effects, clustered by phase": two_way_by_phase,
        "first-order autoregression": autoregression,
        "group-time averages": averages,
        "permutation of the starts": permutation,
    }
    for name, fits in estimators.items():
        if fits is two_way_by_phase and tried.phase is None:
            continue
        yield _told(name, tried, fits(tried, np.zeros_like(tried.put_in)), fits(tried, tried.put_in))


def _told(name: str, tried: Trial, without: Fits, within: Fits) -> Characteristics:
    known = np.isfinite(without.p_value) & np.isfinite(within.p_value)
    if not known.any():
        return Characteristics(name, np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    off = (within.estimate - tried.average(tried.put_in))[known]
    return Characteristics(
        name,
        float(np.mean(without.p_value[known] <= tried.alpha)),
        float(np.mean(within.p_value[known] <= tried.alpha)),
        float(off.mean()),
        float(np.sqrt(np.mean(off**2))),
        float(within.covers[known].mean()),
        int(known.sum()),
    )


def _judged(estimate: FloatArray, error: FloatArray, df: float, truth: FloatArray, alpha: float) -> Fits:
    """p-values and intervals by Student's t; missing where there is no error."""
    error = np.where(error > 0, error, np.nan)
    p_value = np.asarray(2 * stdtr(df, -np.abs(estimate / error)), np.float64)
    covers = np.abs(estimate - truth) <= stdtrit(df, 1 - alpha / 2) * error
    return Fits(estimate, p_value, np.where(np.isfinite(error), covers, np.nan))


def two_way(tried: Trial, put_in: FloatArray, cluster: IntArray | None = None) -> Fits:
    """Two-way fixed effects, errors clustered by unit unless told otherwise (`two_way_test`)."""
    made = two_way_test(tried.outcomes + put_in, tried.treated, cluster)
    return _judged(made.estimate, made.std_error, made.df, tried.average(put_in), tried.alpha)


def two_way_by_phase(tried: Trial, put_in: FloatArray) -> Fits:
    """Two-way fixed effects, errors clustered by phase."""
    return two_way(tried, put_in, tried.phase)


def autoregression(tried: Trial, put_in: FloatArray) -> Fits:
    """y(i, t) = rho y(i, t-1) + period effect + b (treated(i, t) - treated(i, t-1)) + error, by least squares; b is the effect.

    There are no unit effects, since the outcome of the period before holds what is lasting of a unit. The error is that of least
    squares, with Student's t: Griffin et al. find that clustering it rejects too often.
    """
    both = tried.observed[:, 1:] & tried.observed[:, :-1]
    seen = np.maximum(both.sum(axis=0), 1)

    def about_period(values: FloatArray) -> FloatArray:
        """Values (A, n_units, T - 1) about the means of their period over the cells used, in one row each."""
        used = np.where(both, values, 0.0)
        return np.where(both, used - used.sum(axis=-2, keepdims=True) / seen, 0.0).reshape(len(values), -1)

    outcomes = tried.outcomes + put_in
    y, lag = about_period(outcomes[:, :, 1:]), about_period(outcomes[:, :, :-1])
    change = about_period(np.diff(tried.treated, axis=-1))
    ll, dd, ld = _products(lag, lag), _products(change, change), _products(lag, change)
    ly, dy, yy = _products(lag, y), _products(change, y), _products(y, y)
    free = ll * dd - ld**2
    known = free > 1e-10 * ll * dd
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(known, (ll * dy - ld * ly) / free, np.nan)
        rho = (dd * ly - ld * dy) / free
        df = int(both.sum()) - int(both.any(axis=0).sum()) - 2
        squares = np.maximum(yy - estimate * dy - rho * ly, 0.0)
        error = np.where(known & (df > 0), np.sqrt(squares / max(df, 1) * ll / free), np.nan)
    return _judged(estimate, error, max(df, 1), tried.average(put_in), tried.alpha)


def _products(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ai,ai->a", one, other))


def averages(tried: Trial, put_in: FloatArray) -> Fits:
    """The simple average of group-time effects against those not yet treated, with its error by unit; normal."""
    estimate, error = _averages(tried, put_in)
    return _judged(estimate, error, np.inf, tried.average(put_in), tried.alpha)


def _averages(tried: Trial, put_in: FloatArray) -> tuple[FloatArray, FloatArray]:
    effect = tried.average(put_in)
    if np.allclose(
        np.where(tried.observed, put_in, 0.0), effect[:, None, None] * tried.treated * tried.observed, atol=0
    ):
        # An effect that is the same in all treated cells moves the average by itself, and no unit away from the others.
        made = studentised_averages(tried.outcomes[None], tried.starts, tried.periods)
        return made.estimate[:, 0] + effect, made.std_error[:, 0]
    each = [
        studentised_averages((tried.outcomes + its)[None], starts[None], tried.periods)
        for its, starts in zip(put_in, tried.starts, strict=True)
    ]
    return np.array([one.estimate[0, 0] for one in each]), np.array([one.std_error[0, 0] for one in each])


def permutation(tried: Trial, put_in: FloatArray) -> Fits:
    """The two-way coefficient against what it is under every other assignment tried; the interval by inverting that test."""
    null = two_way_coefficients(tried.outcomes[None], tried.starts, tried.periods)
    where_seen = np.where(tried.observed, 0.0, np.nan)
    of_effect = two_way_coefficients(where_seen + put_in, tried.starts, tried.periods)
    of_one = two_way_coefficients(where_seen + tried.treated, tried.starts, tried.periods)
    each = np.arange(len(tried.starts))
    slack = 64 * np.finfo(np.float64).eps * float(np.nanmax(np.abs(tried.outcomes)))
    found = null + of_effect
    at_truth = found - tried.average(put_in) * of_one
    covers = (ranks(at_truth, each, slack) > tried.alpha).astype(np.float64)
    return Fits(found[each, each], ranks(found, each, slack), covers)
