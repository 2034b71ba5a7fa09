"""How much units' outcomes vary lastingly and from period to period, and how long what passes lasts: what power rests on.

Registry: docs/methods/rollout.md. Reference: Patterson and Thompson (1971), Biometrika 58:545-554.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import chdtri

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import require_level
from crimjust_research.designs.numerics import NO_VARIATION
from crimjust_research.errors import ParameterError

MOST_SHARED = 0.9
"""Share in common beyond which few countries would leave nothing of their own."""
GRID = (0.0001, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98)
"""Intracluster correlations, and decays, among which the ends of what a panel allows are sought."""
_LEAST = 1e-4  # of shares and correlations, so that no covariance is singular
_TURNS = 50
_SEARCH = {"xatol": 1e-6, "fatol": 1e-8}
_STARTS = ((0.8, 0.5), (0.5, 0.2))  # of the search: intracluster correlation, decay


@dataclass(frozen=True)
class Nuisance:
    """Variance of a unit's cells about the means of periods, by restricted maximum likelihood."""

    variance: float
    icc: float
    """Share of it that lasts: the units' own levels."""
    decay: float
    """Correlation of the rest from one period to the next."""
    shared: float
    """Share of the rest that units of one block have in common."""
    n_units: int
    n_cells: int
    ends: tuple[Nuisance, ...] = ()
    """Of what the panel allows, those that make a change easiest and hardest to find; see `with_ends`."""

    def at(self, end: str) -> Nuisance:
        """What is "estimated", or the "favourable" or "unfavourable" end of what the panel allows."""
        return self.ends[("favourable", "unfavourable").index(end)] if self.ends and end != "estimated" else self

    @property
    def within(self) -> float:
        """Standard deviation of what does not last."""
        return float(np.sqrt((1 - self.icc) * self.variance))

    def covariance(self, n_periods: int) -> FloatArray:
        """(T, T) of one unit, its periods as far apart as one unit of time of the panel."""
        return correlation(np.arange(n_periods, dtype=np.float64), self.icc, self.decay) * self.variance


def correlation(at: FloatArray, icc: float, decay: float) -> FloatArray:
    """(T, T) of one unit's values at times (T,): a lasting part and a first-order autoregression."""
    apart = np.abs(at[:, None] - at)
    return np.asarray(icc + (1 - icc) * np.float64(decay) ** apart)


def estimated(outcomes: FloatArray, at: FloatArray, block: IntArray) -> Nuisance:
    """What varies in a panel, its gaps and uneven times as they are.

    Restricted likelihood of normal outcomes with effects of periods, a lasting effect of each unit and a first-order
    autoregression; errors of units are taken as independent, which costs no bias. `shared` is the mean product of two units of a
    block, about period and unit means, less that of two of different blocks, over the mean square; never below zero.

    Parameters
    ----------
    outcomes : (n_units, T), NaN where not observed; units seen once tell of the level alone.
    at : (T,) times of the periods.
    block : (n_units,) labels.

    Raises
    ------
    ParameterError : fewer than two units observed, a period in which none is, no more cells than periods, or outcomes that do
        not differ between units.
    """
    observed = np.isfinite(outcomes)
    if not observed.any(axis=1).sum() > 1:
        raise ParameterError("Fewer than two units are observed, so that nothing tells what varies; give more units.")
    if not observed.any(axis=0).all():
        raise ParameterError(
            f"No unit is observed at {at[int(np.argmin(observed.any(axis=0)))]:g}; leave that period out."
        )
    if observed.sum() <= at.size:
        raise ParameterError(
            f"{observed.sum()} cells of {at.size} periods are observed, so that nothing tells what varies; give more units."
        )
    spread = np.nanmax(outcomes, axis=0) - np.nanmin(outcomes, axis=0)
    if spread.max() <= NO_VARIATION * np.nanmax(np.abs(outcomes)):
        raise ParameterError(
            "All units have the same outcome in each period, so that nothing varies; give another outcome."
        )
    panel = _kept(outcomes, at)
    tried = []
    for start in _STARTS:
        share = np.array(start)
        tried.append(
            minimize(
                lambda place: panel(*_shares(place))[0],
                np.log(share / (1 - share)),
                method="Nelder-Mead",
                options=_SEARCH,  # type: ignore[call-overload]
            )
        )
    # Past four digits the likelihood is flat, and machines differ.
    icc, decay = (round(share, 4) for share in _shares(min(tried, key=lambda found: float(found.fun)).x))
    kept = observed.any(axis=1)
    shared = in_common(outcomes[kept], block[kept])
    return Nuisance(panel(icc, decay)[1], icc, decay, shared, int(kept.sum()), int(observed.sum()))


def with_ends(
    found: Nuisance, outcomes: FloatArray, at: FloatArray, n_periods: int, *, level: float = 0.95
) -> Nuisance:
    """What varies with both ends of what the panel allows: where a lasting change is easiest and hardest to find.

    Among intracluster correlation, decay and variance within the likelihood's region of one parameter (twice the log likelihood
    not more than a quantile of chi-squared on one degree of freedom below its best), those of the least and the largest error of
    a change halfway through `n_periods` of a unit, its mean fitted: the profile likelihood's interval of that error, over a grid.

    Parameters
    ----------
    found : as `estimated` of the same panel; what units of a block share is kept.
    """
    require_level(level)
    panel = _kept(outcomes, at)
    free = found.n_cells - at.size
    room = panel(found.icc, found.decay)[0] + float(chdtri(1, 1 - level))
    allowed = [(_error(found, n_periods), found)]
    for icc in (*GRID, found.icc):
        for decay in (*GRID, found.decay):
            least, variance = panel(icc, decay)
            spare = (room - least) / free
            if spare < 0:
                continue
            for ratio in _ratios(spare):
                one = replace(found, icc=icc, decay=decay, variance=variance * ratio)
                allowed.append((_error(one, n_periods), one))
    by_error = sorted(allowed, key=lambda pair: pair[0])
    return replace(found, ends=(by_error[0][1], by_error[-1][1]))


def _ratios(spare: float) -> tuple[float, float]:
    """The least and largest share of the best variance that lowers the likelihood so much: log r + 1 / r - 1 is `spare`."""

    def over(log_ratio: float) -> float:
        return log_ratio + float(np.exp(-log_ratio)) - 1 - spare

    if spare < 1e-12:
        return 1.0, 1.0
    low = brentq(over, -np.sqrt(2 * spare) - spare - 1, 0.0)
    return float(np.exp(low)), float(np.exp(brentq(over, 0.0, spare + 1)))


def _error(one: Nuisance, n_periods: int) -> float:
    """Standard error of a change halfway in one unit whose mean is fitted."""
    known = np.column_stack([np.ones(n_periods), np.arange(n_periods) >= n_periods // 2])
    return float(np.sqrt(np.linalg.inv(known.T @ np.linalg.solve(one.covariance(n_periods), known))[1, 1]))


def _kept(outcomes: FloatArray, at: FloatArray) -> Callable[[float, float], tuple[float, float]]:
    """Minus twice the restricted log likelihood with the variance at its best, and that variance, by correlation and decay."""
    outcomes = outcomes[np.isfinite(outcomes).any(axis=1)]
    observed = np.isfinite(outcomes)
    values = np.where(observed, outcomes, 0.0)
    both = observed[:, :, None] & observed[:, None]
    own = np.eye(at.size, dtype=np.bool_)
    free = int(observed.sum()) - at.size

    def pieces(icc: float, decay: float) -> tuple[float, float]:
        matrix = np.where(both, correlation(at, icc, decay), 0.0) + np.where(own & ~observed[:, :, None], 1.0, 0.0)
        inverse = np.where(both, np.linalg.inv(matrix), 0.0)
        information, right = inverse.sum(axis=0), np.einsum("ust,ut->s", inverse, values)
        effects = np.linalg.solve(information, right)
        square = float(np.einsum("us,ust,ut->", values, inverse, values) - right @ effects)
        determinants = np.linalg.slogdet(matrix)[1].sum() + np.linalg.slogdet(information)[1]
        return float(free * np.log(square / free) + determinants), square / free

    return pieces


def _shares(place: FloatArray) -> tuple[float, float]:
    """Intracluster correlation and decay, between 0 and 1, from two numbers without bounds."""
    icc, decay = _LEAST + (1 - 2 * _LEAST) / (1 + np.exp(-np.clip(place, -30, 30)))
    return float(icc), float(decay)


def in_common(outcomes: FloatArray, block: IntArray) -> float:
    """Share of the variance about unit and period means that units of one block have in common, 0 to `MOST_SHARED`."""
    observed = np.isfinite(outcomes)
    filled = np.where(observed, about_means(outcomes), 0.0)
    products, counts = filled @ filled.T, (observed * 1.0) @ observed.T
    pair = ~np.eye(len(block), dtype=np.bool_)
    same = pair & (block[:, None] == block)
    other = pair & ~same
    if not (counts[same].sum() and counts[other].sum()):
        return 0.0
    apart = products[same].sum() / counts[same].sum() - products[other].sum() / counts[other].sum()
    return float(np.clip(apart / (np.diag(products).sum() / np.diag(counts).sum()), 0.0, MOST_SHARED))


def about_means(outcomes: FloatArray) -> FloatArray:
    """(n_units, T) outcomes less effects of units and periods, by turns until both are gone; NaN where not observed."""
    left = outcomes
    for _ in range(_TURNS):
        left = left - np.nanmean(left, axis=1, keepdims=True)
        left = left - np.nanmean(left, axis=0, keepdims=True)
    return np.asarray(left)
