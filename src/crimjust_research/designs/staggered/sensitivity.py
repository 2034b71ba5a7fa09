"""How far trends may part before an event study's conclusion falls: Rambachan and Roth's robust intervals.

Two restrictions on the difference in trends delta. Relative magnitudes: no step of delta after treatment exceeds
Mbar times its largest step before. Smoothness: the slope of delta changes by at most M from one period to the next.
Intervals hold uniformly over all delta that satisfy the restriction; breakdown values are the bounds at which they
first reach no effect. Registry: docs/methods/staggered.md.
References: Rambachan and Roth (2023), Review of Economic Studies 90:2555-2591; Andrews, Roth and Pakes (2023), ibid.
90:2763-2791; Armstrong and Kolesár (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import real_numbers, require_level, require_list
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import is_symmetric
from crimjust_research.designs.staggered.aggregation import StaggeredResult
from crimjust_research.errors import ParameterError

GRID = 801
NODES, NODE_WEIGHTS = leggauss(200)
FIRST_STAGE_SHARE = 0.1
"""Share of the level spent on the least-favourable first stage of the hybrid test, as its authors recommend."""

LARGEST_ERROR = 1e30  # and its inverse the least: beyond, the intervals' searches lose their digits


@dataclass(frozen=True, repr=False)
class EventStudy(Printed):
    """Coefficients around a reference period with their covariance, and the average of effects that is the target."""

    before: FloatArray
    """(K,) periods -K..-1 relative to the reference."""
    after: FloatArray
    """(T,) periods 1..T relative to the reference."""
    covariance: FloatArray
    """(K + T, K + T)"""
    weights: FloatArray
    """(T,) weights of the target on the coefficients after."""
    target: str
    timing: str

    def shown(self) -> pd.DataFrame:
        """Coefficients and standard errors by period relative to the reference."""
        k, t = self.before.size, self.after.size
        return pd.DataFrame(
            {
                "at": [*range(-k, 0), *range(1, t + 1)],
                "estimate": np.concatenate([self.before, self.after]),
                "std_error": np.sqrt(np.diag(self.covariance)),
                "weight": np.concatenate([np.zeros(k), self.weights]),
            }
        )

    def __post_init__(self) -> None:
        k, t = self.before.size, self.after.size
        if k < 1 or t < 1 or self.weights.shape != (t,) or self.covariance.shape != (k + t, k + t):
            raise ParameterError(
                f"{k} coefficients before, {t} after, {self.weights.size} weights and a covariance of shape "
                f"{self.covariance.shape} do not fit; at least one coefficient on each side is needed."
            )
        roots = np.linalg.eigvalsh(self.covariance)
        if not is_symmetric(self.covariance) or roots[0] < 1e-10 * roots[-1]:
            raise ParameterError(
                "The covariance of the event study is not symmetric and positive definite; leave out event times that "
                "rest on the same few units."
            )
        if not self.weights.any():
            raise ParameterError("The target gives no weight to any coefficient.")

    @property
    def estimate(self) -> float:
        """Of the target: the weighted coefficients after."""
        return float(self.weights @ self.after)

    @property
    def std_error(self) -> float:
        """Of the target, were trends parallel."""
        k = self.before.size
        return float(np.sqrt(self.weights @ self.covariance[k:, k:] @ self.weights))


@dataclass(frozen=True, repr=False)
class Sensitivity(Printed):
    """Robust intervals over a range of bounds."""

    restriction: str
    table: pd.DataFrame
    """restriction, bound (missing for parallel trends), estimate, ci_low, ci_high, target, timing."""
    breakdown: float
    """Least bound whose interval holds zero; 0 if even parallel trends do, infinite if none tried does."""
    study: EventStudy

    def shown(self) -> pd.DataFrame:
        """The intervals without what all of them share."""
        return self.table.drop(columns=["target", "timing"])


def event_study(
    result: StaggeredResult, at: float | None = None, window: tuple[float, float] | None = None
) -> EventStudy:
    """The coefficients of an event-study result, for one event time `at` or the mean of all from 0 on.

    `window` keeps event times from its first to its last only: far ones may rest on one group.

    Unclear periods stay in as coefficients without weight, so that steps of delta remain one period long.

    Raises
    ------
    ParameterError : no covariance, a varying base (coefficients before treatment are then steps, not levels), event
        times that are not consecutive around the reference or have no known error, or `at` not among them.
    """
    if result.covariance is None:
        raise ParameterError(
            f"{result.estimator} gives no covariance of its event study; use group-time effects, and more than one "
            "unit treated and one to compare with."
        )
    reference = -1 - result.timing.unclear_periods
    first, last = window or (-np.inf, np.inf)
    times = result.covariance.index.to_numpy(np.float64)
    times = times[(times >= first) & (times <= last)]
    if times.size == 0:
        raise ParameterError(f"No event time lies between {first:g} and {last:g}; widen the window.")
    if reference in times:
        raise ParameterError(
            f"The event study has an estimate at its reference {reference}: its coefficients before treatment are "
            "steps from period to period, not levels. Estimate the effects with base='universal'."
        )
    expected = np.setdiff1d(np.arange(times.min(), times.max() + 1), [reference])
    if not np.array_equal(times, expected):
        raise ParameterError(
            f"Event times {times.tolist()} are not consecutive around the reference {reference}; number periods "
            "without gaps and drop event times that stand apart."
        )
    values = result.by["estimate"].reindex(times).to_numpy(np.float64)
    unknown = result.by["std_error"].reindex(times).isna().to_numpy()
    if unknown.any():
        raise ParameterError(
            f"The effect at event time {times[int(np.argmax(unknown))]:g} has no known standard error, which a "
            "sensitivity analysis starts from; keep event times that have one by `window`."
        )
    errors = result.by["std_error"].reindex(times).to_numpy(np.float64)
    if errors.max() > LARGEST_ERROR or errors.min() < 1 / LARGEST_ERROR:
        raise ParameterError(
            f"Standard errors lie between {errors.min():g} and {errors.max():g}; measure the outcome in units in which "
            "they are nearer one."
        )
    before = times < reference
    after = times[~before]
    weights = (after >= 0) / np.sum(after >= 0) if at is None else (after == at).astype(np.float64)
    if at is not None and not weights.any():
        raise ParameterError(f"Event time {at:g} is not among {after[after >= 0].tolist()}.")
    return EventStudy(
        values[before],
        values[~before],
        result.covariance.reindex(index=times, columns=times).to_numpy(np.float64),
        weights,
        f"mean over event times 0 to {after[-1]:g}" if at is None else f"at event time {at:g}",
        str(result.timing),
    )


def relative_magnitudes(
    study: EventStudy, bounds: Sequence[float] = (0.5, 1.0, 1.5, 2.0), *, alpha: float = 0.05
) -> Sensitivity:
    """Intervals when each step of delta after treatment is at most Mbar times the largest step before.

    Raises
    ------
    ParameterError : a negative bound or a level outside 0 to 1.
    """
    return _sensitivity("relative magnitudes", study, bounds, alpha, _relative_interval, start=0.25, most=64.0)


def smoothness(study: EventStudy, bounds: Sequence[float], *, alpha: float = 0.05) -> Sensitivity:
    """Fixed-length intervals when the slope of delta changes by at most M between periods; 0 is a linear trend.

    Raises
    ------
    ParameterError : a negative bound or a level outside 0 to 1.
    """
    scale = study.std_error
    interval = partial(_smooth_interval, path=_shrinkage_path(study))
    return _sensitivity("smoothness", study, bounds, alpha, interval, start=scale / 8, most=scale * 1024)


def _sensitivity(
    restriction: str,
    study: EventStudy,
    bounds: Sequence[float],
    alpha: float,
    interval: Callable[[EventStudy, float, float], tuple[float, float]],
    start: float,
    most: float,
) -> Sensitivity:
    """Intervals at each bound and the breakdown value by doubling and bisection."""
    require_level(alpha)
    require_list(bounds=bounds)
    tried = real_numbers(bounds, "bound")
    if not np.isfinite(tried).all() or tried.min(initial=0) < 0:
        raise ParameterError(f"Bounds are {list(bounds)}; give finite numbers of 0 or more.")
    half = float(ndtri(1 - alpha / 2)) * study.std_error
    rows = [(np.nan, study.estimate - half, study.estimate + half)]
    rows += [(float(bound), *interval(study, float(bound), alpha)) for bound in bounds]
    table = pd.DataFrame(rows, columns=["bound", "ci_low", "ci_high"])
    table.insert(0, "restriction", ["parallel trends", *[restriction] * len(bounds)])
    table.insert(2, "estimate", study.estimate)

    def holds_zero(bound: float) -> bool:
        low, high = interval(study, bound, alpha)
        return low <= 0 <= high

    low, high = 0.0, start
    if holds_zero(0.0):
        high = 0.0
    else:
        while high <= most and not holds_zero(high):
            low, high = high, 2 * high
        while high <= most and high - low > 1e-4 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if holds_zero(middle) else (middle, high)
    return Sensitivity(
        restriction,
        table.assign(target=study.target, timing=study.timing),
        high if high <= most else np.inf,
        study,
    )


# --- Relative magnitudes ----------------------------------------------------------------------------------------
#
# For a given step s before treatment and sign, v = +-(delta_s - delta_{s-1}) bounds the steps after. Profiling out
# the effects other than the target l'tau = theta leaves the dual polytope of Andrews, Roth and Pakes, whose vertices
# are known here: with L_t = sum of l_u over u >= t, one for each sign of the target and one for each period,
#   (+-(l'beta - theta) - Mbar v sum|L|) / S+-      and      -2 Mbar v / P_t,
# S and P sums of standard deviations of the single inequalities. So the test statistic is a maximum of T + 2 linear
# forms in two normal variables, l'beta and v, and nothing is left for a linear programme to solve. (The tests hold
# this against the programme itself, solved by HiGHS.)


@dataclass(frozen=True)
class MaximumOfForms:
    """The forms of every (step, sign) set; axis 0 runs over the 2 K sets."""

    form: FloatArray
    """(2K, T + 2, 2) coefficients on (l'beta, v); theta enters as the first one's negative."""
    value: FloatArray
    """(2K, 2) estimates of (l'beta, v)."""
    covariance: FloatArray
    """(2K, 2, 2)"""


def relative_forms(study: EventStudy, bound: float) -> MaximumOfForms:
    """Linear forms whose maximum tests a value of the target under relative magnitudes at `bound`."""
    k, t = study.before.size, study.after.size
    levels = np.insert(np.eye(k + t), k, 0.0, axis=0)
    steps = np.diff(levels, axis=0)
    coefficients = np.concatenate([study.before, study.after])
    target = np.concatenate([np.zeros(k), study.weights])
    cumulative = np.cumsum(study.weights[::-1])[::-1]
    v = np.concatenate([steps[:k], -steps[:k]])

    def deviation(rows: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", rows, study.covariance, rows), 0.0)))

    up, down = deviation(steps[k:] - bound * v[:, None]), deviation(-steps[k:] - bound * v[:, None])
    rising, falling = np.maximum(cumulative, 0), np.maximum(-cumulative, 0)
    scale = np.stack([up @ rising + down @ falling, down @ rising + up @ falling], axis=1)
    form = np.zeros((2 * k, t + 2, 2))
    form[:, :2, 0] = np.array([1.0, -1.0]) / scale
    form[:, :2, 1] = -bound * np.abs(cumulative).sum() / scale
    form[:, 2:, 1] = -2 * bound / (up + down)
    pair = np.stack([np.broadcast_to(target, v.shape), v], axis=1)
    return MaximumOfForms(form, pair @ coefficients, np.einsum("sai,ij,sbj->sab", pair, study.covariance, pair))


def least_favourable_critical_values(forms: MaximumOfForms, level: float) -> FloatArray:
    """(2K,) 1 - level quantiles of the maximum when every form has mean zero.

    Given v the maximum stays below c when l'beta lies between two lines, so its distribution function is one
    integral over v, taken by Gauss-Legendre: no simulation, hence no seed and no noise.
    """
    sd_v = np.sqrt(forms.covariance[:, 1, 1])
    slope = forms.covariance[:, 0, 1] / forms.covariance[:, 1, 1]
    spread = np.sqrt(np.maximum(forms.covariance[:, 0, 0] - slope * forms.covariance[:, 0, 1], 1e-300))
    top, bottom = forms.form[:, 0], forms.form[:, 1]
    steepest = forms.form[:, 2:, 1].min(axis=1)

    def distribution(c: FloatArray) -> FloatArray:
        # The forms without l'beta bound v from below: c / steepest, steepest being negative unless the bound is 0.
        floor = np.where(steepest < 0, c / np.where(steepest < 0, steepest, -1.0), -np.inf)
        low, high = np.maximum(floor, -9 * sd_v), 9 * sd_v
        v = (low + high)[:, None] / 2 + (high - low)[:, None] / 2 * NODES
        upper = (c[:, None] - top[:, 1:] * v) / top[:, :1]
        lower = (c[:, None] - bottom[:, 1:] * v) / bottom[:, :1]
        mean = slope[:, None] * v
        inside = ndtr((upper - mean) / spread[:, None]) - ndtr((lower - mean) / spread[:, None])
        density = np.exp(-0.5 * (v / sd_v[:, None]) ** 2) / (sd_v[:, None] * np.sqrt(2 * np.pi))
        return np.asarray(((high - low) / 2) * (np.maximum(inside, 0) * density @ NODE_WEIGHTS))

    low, high = np.zeros(len(sd_v)), np.full(len(sd_v), 20.0)
    for _ in range(50):
        middle = (low + high) / 2
        above = distribution(middle) >= 1 - level
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


def accepted(forms: MaximumOfForms, critical: FloatArray, theta: FloatArray, alpha: float) -> FloatArray:
    """(n,) whether some (step, sign) set does not reject each value of the target: the hybrid test.

    First stage: reject if the maximum exceeds its least-favourable critical value. Second: given which form attains
    the maximum, and its distance to the others, the maximum is a truncated normal.
    """
    level = alpha * (1 - FIRST_STAGE_SHARE) / (1 - alpha * FIRST_STAGE_SHARE)
    value = np.einsum("sja,sa->sj", forms.form, forms.value)[None] - theta[:, None, None] * forms.form[None, :, :, 0]
    joint = np.einsum("sja,sab,sib->sji", forms.form, forms.covariance, forms.form)
    best = np.argmax(value, axis=2)
    eta = np.take_along_axis(value, best[..., None], axis=2)[..., 0]
    sets = np.arange(len(forms.form))
    variance = joint[sets, best, best]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = joint[sets, best] / variance[..., None]
        crossing = (value - slope * eta[..., None]) / (1 - slope)
    near = np.abs(1 - slope) < 1e-9
    low = np.where((slope < 1) & ~near, crossing, -np.inf).max(axis=2)
    high = np.minimum(np.where((slope > 1) & ~near, crossing, np.inf).min(axis=2), critical)
    sd = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = _upper_tail_between(eta / sd, np.minimum(low, eta) / sd, np.maximum(high, eta) / sd)
    rejected = np.where(sd < 1e-10, eta > 0, (eta > critical) | ((eta > 0) & (p_value < level)))
    return np.asarray(~rejected.all(axis=1))


def _upper_tail_between(z: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """P(Z > z given low < Z < high) for a standard normal, accurate far into the tail."""
    tail, from_low, from_high = log_ndtr(-z), log_ndtr(-low), log_ndtr(-high)
    return np.asarray(np.exp(tail - from_low) * np.expm1(from_high - tail) / np.expm1(from_high - from_low))


def _relative_interval(study: EventStudy, bound: float, alpha: float) -> tuple[float, float]:
    """Outermost values of the target that the hybrid test does not reject."""
    forms = relative_forms(study, bound)
    critical = least_favourable_critical_values(forms, alpha * FIRST_STAGE_SHARE)
    largest_step = np.abs(forms.value[:, 1]).max() + 5 * np.sqrt(forms.covariance[:, 1, 1].max())
    reach = 6 * study.std_error + bound * np.abs(np.cumsum(study.weights[::-1])).sum() * largest_step
    while True:
        grid = np.linspace(study.estimate - reach, study.estimate + reach, GRID)
        inside = np.flatnonzero(accepted(forms, critical, grid, alpha))
        if inside.size == 0 or (inside[0] > 0 and inside[-1] < GRID - 1):
            break
        reach *= 2
    if inside.size == 0:
        return study.estimate, study.estimate
    ends = []
    for within, without in ((grid[inside[0]], grid[inside[0] - 1]), (grid[inside[-1]], grid[inside[-1] + 1])):
        for _ in range(3):
            finer = np.linspace(within, without, 65)
            last = np.flatnonzero(accepted(forms, critical, finer, alpha))[-1]
            within, without = finer[last], finer[min(last + 1, 64)]
        ends.append(float(within))
    return ends[0], ends[1]


# --- Smoothness -------------------------------------------------------------------------------------------------
#
# An estimator v'before + l'after has finite bias only if it removes linear trends. Then its worst bias is
# M (constant + sum_{j=1}^{K-1} |q_j|), with q_j = sum_{t > j} (t - j) v_{-t} and q_0 fixed by the target; v is the
# second difference of q. Trading bias against variance over q is a lasso, whose whole path is piecewise linear.


@dataclass(frozen=True)
class ShrinkagePath:
    """Every estimator that is best for some trade-off of bias and variance."""

    q: FloatArray
    """(P, K - 1) at each of P decreasing penalties, the last zero; linear in between."""
    fixed: float
    """q_0."""
    bias_after: float
    """Part of the worst bias, per unit of M, that no weight on coefficients before can remove."""


def _weights_before(q: FloatArray, fixed: float) -> FloatArray:
    """(K,) weights on periods -K..-1 from q_1..q_{K-1}."""
    padded = np.concatenate([[fixed], q, [0.0, 0.0]])
    return np.asarray((padded[:-2] - 2 * padded[1:-1] + padded[2:])[::-1])


def _shrinkage_path(study: EventStudy) -> ShrinkagePath:
    """Homotopy in the penalty from no free weight at all down to the least variance."""
    k, t = study.before.size, study.after.size
    ahead = np.arange(1, t + 1)
    fixed = float(ahead @ study.weights)
    bias_after = float(sum(abs(np.sum((ahead[j:] - j) * study.weights[j:])) for j in range(1, t)) + abs(fixed))
    base = np.concatenate([_weights_before(np.zeros(k - 1), fixed), study.weights])
    directions = (
        np.stack([np.concatenate([_weights_before(unit, 0.0), np.zeros(t)]) for unit in np.eye(k - 1)], axis=1)
        if k > 1
        else np.zeros((k + t, 0))
    )
    gram = directions.T @ study.covariance @ directions
    linear = directions.T @ study.covariance @ base
    penalty = float(np.abs(linear).max()) if k > 1 else 0.0
    q = np.zeros(k - 1)
    path = [q.copy()]
    active: list[int] = []
    signs = np.zeros(k - 1)
    while penalty > 0:
        gradient = linear + gram @ q
        entering = [j for j in range(k - 1) if j not in active and abs(gradient[j]) >= penalty * (1 - 1e-9)]
        for j in entering:
            active.append(j)
            signs[j] = -np.sign(gradient[j])
        step = np.zeros(k - 1)
        step[active] = np.linalg.solve(gram[np.ix_(active, active)], signs[active])
        change = gram @ step
        following, leaves = 0.0, -1
        for j in range(k - 1):
            if j in active:
                # A weight that would change sign leaves when it reaches zero.
                if step[j] * q[j] < 0:
                    candidate = penalty + q[j] / step[j]
                    if following < candidate < penalty * (1 - 1e-12):
                        following, leaves = candidate, j
                continue
            for side in (1.0, -1.0):
                # |gradient + d change| = penalty - d.
                pace = 1.0 + side * change[j]
                if pace > 1e-14:
                    candidate = penalty - (penalty - side * gradient[j]) / pace
                    if following < candidate < penalty * (1 - 1e-12):
                        following, leaves = candidate, -1
        q = q + (penalty - following) * step
        penalty = following
        if leaves >= 0:
            q[leaves] = 0.0
            active.remove(leaves)
        path.append(q.copy())
    return ShrinkagePath(np.array(path), fixed, bias_after)


def folded_normal_quantile(level: float, mean: float) -> float:
    """Quantile of `|Z + mean|`, Z standard normal."""
    mean = abs(mean)
    return float(brentq(lambda c: ndtr(c - mean) - ndtr(-c - mean) - level, max(mean - 10, 0.0), mean + 10, xtol=1e-12))


def _smooth_interval(study: EventStudy, bound: float, alpha: float, path: ShrinkagePath) -> tuple[float, float]:
    """Shortest fixed-length interval over the path.

    Where its length is least is found as the root of the length's slope: the least value itself is so flat that its place
    would be known to half the digits only, and would differ from one processor to the next.
    """
    weights = np.array([np.concatenate([_weights_before(q, path.fixed), study.weights]) for q in path.q])
    biases = bound * (path.bias_after + np.abs(path.q).sum(axis=1))

    def spread(at: FloatArray) -> float:
        return float(np.sqrt(at @ study.covariance @ at))

    def half_length(at: FloatArray, bias: float) -> float:
        return spread(at) * folded_normal_quantile(1 - alpha, bias / spread(at))

    def between(piece: int, share: float) -> tuple[FloatArray, float]:
        """Weights and bias at a share of the way along a piece of the path, on which both are linear."""
        at = weights[piece] + share * (weights[piece + 1] - weights[piece])
        return at, float(biases[piece] + share * (biases[piece + 1] - biases[piece]))

    def slope(share: float, piece: int) -> float:
        at, bias = between(piece, share)
        mean = bias / spread(at)
        quantile = folded_normal_quantile(1 - alpha, mean)
        more_spread = float(at @ study.covariance @ (weights[piece + 1] - weights[piece])) / spread(at)
        more_bias = float(biases[piece + 1] - biases[piece])
        # The quantile grows by tanh(quantile * mean) with the mean: P(|Z + mean| < quantile) stays at its level.
        return more_spread * quantile + float(np.tanh(quantile * mean)) * (more_bias - mean * more_spread)

    candidates = [(at, float(bias)) for at, bias in zip(weights, biases, strict=True)]
    for piece in range(len(path.q) - 1):
        if slope(0.0, piece) < 0 < slope(1.0, piece):
            candidates.append(between(piece, brentq(slope, 0.0, 1.0, args=(piece,), xtol=1e-15)))
    best = min(candidates, key=lambda candidate: half_length(*candidate))
    centre = float(best[0] @ np.concatenate([study.before, study.after]))
    return centre - half_length(*best), centre + half_length(*best)
