"""How estimators of a roll-out's effect behave on a panel of one's own: size, power, bias and coverage under placebo starts.

The panel is one in which nothing has started yet. Starts are dealt out on it as the roll-out would, an effect is put in, and
each estimator is computed as it would be: what it then finds is known to be wrong or right. Nothing is assumed of the outcomes,
so that trends, shocks that units share, and gaps are those of the panel. Registry: docs/methods/rollout.md.
Reference: Griffin et al. (2021), BMC Medical Research Methodology 21:279.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit
from scipy.stats import binom

from crimjust_research.designs.arrays import TIE, BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import labelled, real_numbers, require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.panel.two_way import TwoWayEffects, treated_cells, two_way_test
from crimjust_research.designs.rollout.layout import effect_cells
from crimjust_research.designs.rollout.permutation import Reassignments, comparable, least_p, ranks
from crimjust_research.designs.timing.statistics import two_way_coefficients
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.errors import ParameterError

LEAST_SPREAD, LARGEST_OUTCOME = 1e-20, 1e20
"""Beyond these, products of four outcomes are not told apart any more."""
MOST_DECAY = 0.99
"""Beyond it an autoregression cannot be told from a random walk in panels of few periods."""
MOST_MULTIPLE = 2.0**20
MOST_CELLS = 20_000_000
"""Assignments times cells of the panel: 160 megabytes an array."""


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
            "size_error": self.monte_carlo_error(self.size),
            "power": self.power,
            "power_error": self.monte_carlo_error(self.power),
            "bias": self.bias,
            "error": self.error,
            "coverage": self.coverage,
            "coverage_error": self.monte_carlo_error(self.coverage),
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
    path: FloatArray
    """(k,) the effect by period since the start; the last holds for all later ones."""
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
    phase: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Trial:
    """Assignments to be tried on a panel, those left out that leave nothing to compare.

    Parameters
    ----------
    outcomes : (n_units, T) of a time without the effect, NaN where not observed.
    effect : what `path` is multiplied by (see `effect_cells`).
    phase : (n_units,) labels, if errors clustered by phase are to be tried too.

    Raises
    ------
    ParameterError : a panel that does not fit the assignments, whose outcomes do not vary or are infinite, a unit or period seen
        less than twice, an effect of zero, more cells than `MOST_CELLS`, or no assignment that can be compared.
    """
    panel = real_numbers(outcomes, "outcome")
    require_level(alpha)
    if panel.ndim != 2 or panel.shape[0] != reassigned.starts.shape[1]:
        raise ParameterError(f"The panel has shape {panel.shape}; give {reassigned.starts.shape[1]} units by periods.")
    seen = np.isfinite(panel)
    if np.isinf(panel).any() or (seen.any() and not np.nanmax(np.abs(panel)) < LARGEST_OUTCOME):
        raise ParameterError("An outcome is infinite or too large; correct it, or give outcomes in other units.")
    if not (seen[:, 1:] & seen[:, :-1]).any():
        raise ParameterError("No unit is observed in two periods that follow each other; give a fuller panel.")
    if (seen.sum(axis=1) < 2).any() or (seen.sum(axis=0) < 2).any():
        raise ParameterError(
            "A unit or a period is observed less than twice, which compares with nothing; leave it out."
        )
    if not np.isfinite(effect) or effect == 0:
        raise ParameterError(
            f"The effect is {effect}; give the size that would matter, in units of the outcome, not zero."
        )
    spread = within_spread(panel)
    if spread < LEAST_SPREAD:
        raise ParameterError(
            f"The outcomes vary by {spread:g} about unit and period means, so that nothing varies; give another outcome, or this "
            "one in other units."
        )
    starts = reassigned.starts[comparable(reassigned.starts, seen)]
    if starts.shape[0] * panel.size > MOST_CELLS:
        raise ParameterError(
            f"{len(starts):,} assignments of {panel.size:,} cells are more than is held; give "
            f"{MOST_CELLS // panel.size - 1:,} draws at most, or fewer units or periods."
        )
    steps = real_numbers(path, "effect path")
    put_in = effect * effect_cells(starts, panel.shape[1], steps)
    code = None if phase is None else labelled(phase, len(panel), "phase")[0]
    if np.abs(put_in).max() > LARGEST_OUTCOME:
        raise ParameterError(f"The effect reaches {np.abs(put_in).max():g}; give it, and the outcomes, in other units.")
    if not (put_in * seen).any():
        raise ParameterError(
            "The effect is nothing in any cell observed; give the size that would matter, in units of the outcome, not zero, and "
            "one that shows before the panel ends."
        )
    return Trial(panel, starts, reassigned.exact, effect * steps, np.where(seen, put_in, np.nan), code, alpha)


def within_spread(outcomes: FloatArray) -> float:
    """Standard deviation of outcomes (n_units, T) about unit and period means, zero if it is nothing but rounding.

    Divided by the observed cells less the means.
    """
    observed = np.asarray(np.isfinite(outcomes))
    left = TwoWayEffects.of(observed).swept_out(outcomes)
    free = max(int(observed.sum()) - sum(observed.shape) + 1, 1)
    spread = float(np.sqrt(np.sum(left**2) / free))
    return spread if spread > 1e-10 * float(np.nanmax(np.abs(outcomes), initial=0.0)) else 0.0


class Fading(NamedTuple):
    """How a unit's outcomes vary about what is lasting of it and of the periods: a first-order autoregression."""

    variance: float
    decay: float
    """Correlation from one period to the next."""


def fading(outcomes: FloatArray) -> Fading:
    """The autoregression whose deviations from unit means have the sums of squares and of neighbours' products of the panel's.

    Deviations from a mean of few periods are smaller than those from the truth, and each other's opposites: what is expected of
    them is reckoned unit by unit over the periods observed, so that neither short panels nor gaps shrink what is found. Where
    outcomes last longer than any autoregression the decay is `MOST_DECAY`.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed.

    Raises
    ------
    ParameterError : no unit observed in two periods that follow each other, or outcomes that do not vary about unit and period
        means.
    """
    if within_spread(outcomes) == 0:
        raise ParameterError("The outcomes do not vary about unit and period means; give another outcome.")
    observed = np.asarray(np.isfinite(outcomes))
    left = TwoWayEffects.of(observed).swept_out(outcomes)
    pairs = observed[:, 1:] & observed[:, :-1]
    if not pairs.any():
        raise ParameterError("No unit is observed in two periods that follow each other; give a fuller panel.")
    square, neighbours = float(np.sum(left**2)), float(np.sum(left[:, 1:] * left[:, :-1] * pairs))
    seen = observed.astype(np.float64)
    means = np.eye(seen.shape[1]) - seen[:, None, :] / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    keep = means * seen[:, :, None] * seen[:, None, :]
    apart = np.abs(np.subtract.outer(np.arange(seen.shape[1]), np.arange(seen.shape[1])))

    def expected(decay: float) -> tuple[float, float]:
        """Sums of squares and of neighbours' products for a variance of one."""
        covariance = keep @ (np.float64(decay) ** apart) @ np.swapaxes(keep, 1, 2)
        own = np.diagonal(covariance, axis1=1, axis2=2).sum()
        return float(own), float((np.diagonal(covariance, 1, 1, 2) * pairs).sum())

    def excess(decay: float) -> float:
        squares, products = expected(decay)
        return products / squares - neighbours / square

    lasting, passing = excess(MOST_DECAY) <= 0, excess(0.0) >= 0
    decay = MOST_DECAY if lasting else 0.0 if passing else float(brentq(excess, 0.0, MOST_DECAY))
    # Period effects take up one unit's worth of the variation.
    taken = 1 - 1 / len(outcomes)
    return Fading(square / expected(decay)[0] / taken, decay)


def detectable(tried: Trial, power: float = 0.8) -> float:
    """The multiple of the effect that the permutation test finds with that power, to three digits; infinite if there is none.

    Raises
    ------
    ParameterError : a power that is not between the level and one.
    """
    require_level(power)
    if power <= tried.alpha:
        raise ParameterError(f"The power is {power:g}; give one above the level {tried.alpha:g}, such as 0.8.")
    if tried.least_p > tried.alpha:
        return np.inf
    null, of_effect, slack = _statistics(tried, tried.put_in)
    each = np.arange(len(tried.starts))

    def found(multiple: float) -> float:
        return float(np.mean(ranks(null + multiple * of_effect, each, slack) <= tried.alpha))

    high = 1.0
    while found(high) < power:
        high *= 2
        if high > MOST_MULTIPLE:
            return np.inf
    low = 0.0
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high


def characteristics(tried: Trial) -> Iterator[Characteristics]:
    """What each estimator does, one after the other, the quickest first.

    Two-way fixed effects with errors clustered by unit (and by phase); the autoregression with the outcome of the period before,
    as Griffin et al. recommend; averages of group-time effects; the exact permutation test of the two-way coefficient.
    """
    for name in estimators(tried):
        fits = ESTIMATORS[name]
        yield _told(name, tried, fits(tried, np.zeros_like(tried.put_in)), fits(tried, tried.put_in))


def by_chance(tried: Trial) -> float:
    """Size up to which a sound test may come by luck over the assignments tried: 97.5 % of draws of so many stay within it.

    Binomial. An assignment and its mirror image count once: no two-sided test tells them apart.
    """
    different = round(1 / tried.least_p)
    return float(binom.ppf(0.975, different, tried.alpha) / different)


def estimators(tried: Trial) -> tuple[str, ...]:
    """What `characteristics` tells of: errors clustered by phase only where there are phases."""
    return tuple(name for name, fits in ESTIMATORS.items() if tried.phase is not None or fits is not two_way_by_phase)


def table(tried: Trial, rows: Sequence[Characteristics]) -> pd.DataFrame:
    """A row for each estimator, and what was tried: the effect by period since the start, and the least p by permutation."""
    steps = "/".join(f"{step:.10g}" for step in tried.path)
    return pd.DataFrame([row.facts() for row in rows]).assign(effect=steps, least_p=tried.least_p, exact=tried.exact)


def _told(name: str, tried: Trial, without: Fits, within: Fits) -> Characteristics:
    known = np.isfinite(without.p_value) & np.isfinite(within.p_value)
    if not known.any():
        return Characteristics(name, np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    off = (within.estimate - tried.average(tried.put_in))[known]
    error = float(np.sqrt(np.mean(off**2)))
    bias = float(off.mean())
    return Characteristics(
        name,
        float(np.mean(without.p_value[known] <= tried.alpha)),
        float(np.mean(within.p_value[known] <= tried.alpha)),
        bias if abs(bias) > TIE * error else 0.0,
        error,
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
    null, of_effect, slack = _statistics(tried, put_in)
    of_one = _statistics(tried, tried.treated)[1]
    each = np.arange(len(tried.starts))
    found = null + of_effect
    at_truth = found - tried.average(put_in) * of_one
    covers = (ranks(at_truth, each, slack) > tried.alpha).astype(np.float64)
    return Fits(found[each, each], ranks(found, each, slack), covers)


def _statistics(tried: Trial, put_in: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Two-way coefficients of each assignment on the panel (A, 1) and on what others put in (A, A), and what is only rounding."""
    null = two_way_coefficients(tried.outcomes[None], tried.starts, tried.periods)
    alone = np.where(tried.observed, put_in, np.nan)
    slack = 64 * np.finfo(np.float64).eps * float(np.nanmax(np.abs(tried.outcomes)))
    return null, two_way_coefficients(alone, tried.starts, tried.periods), slack


ESTIMATORS: dict[str, Callable[[Trial, FloatArray], Fits]] = {
    "two-way fixed effects, clustered by unit": two_way,
    "two-way fixed effects, clustered by phase": two_way_by_phase,
    "first-order autoregression": autoregression,
    "group-time averages": averages,
    "permutation of the starts": permutation,
}
