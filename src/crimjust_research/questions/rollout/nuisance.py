"""How much countries' scores vary lastingly and from year to year, and how long what passes lasts: what power rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from crimjust_research.designs.arrays import FloatArray, IntArray

MOST_SHARED = 0.9
"""Share in common beyond which few countries would leave nothing of their own."""
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

    @property
    def within(self) -> float:
        """Standard deviation of what does not last."""
        return float(np.sqrt((1 - self.icc) * self.variance))

    def covariance(self, n_periods: int, step: float = 1.0) -> FloatArray:
        """(T, T) of one unit, periods lying `step` periods of the panel apart."""
        return correlation(np.arange(n_periods, dtype=np.float64) * step, self.icc, self.decay) * self.variance


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
    """
    observed = np.isfinite(outcomes)
    kept = observed.any(axis=1)
    outcomes, observed, block = outcomes[kept], observed[kept], block[kept]
    values = np.where(observed, outcomes, 0.0)
    both = observed[:, :, None] & observed[:, None]
    own = np.eye(at.size, dtype=np.bool_)

    def pieces(icc: float, decay: float) -> tuple[float, float]:
        """Minus twice the restricted log likelihood with the variance at its best, and that variance."""
        matrix = np.where(both, correlation(at, icc, decay), 0.0) + np.where(own & ~observed[:, :, None], 1.0, 0.0)
        inverse = np.where(both, np.linalg.inv(matrix), 0.0)
        information, right = inverse.sum(axis=0), np.einsum("ust,ut->s", inverse, values)
        effects = np.linalg.solve(information, right)
        square = float(np.einsum("us,ust,ut->", values, inverse, values) - right @ effects)
        free = int(observed.sum()) - at.size
        determinants = np.linalg.slogdet(matrix)[1].sum() + np.linalg.slogdet(information)[1]
        return float(free * np.log(square / free) + determinants), square / free

    def misfit(place: FloatArray) -> float:
        return pieces(*_shares(place))[0]

    tried = []
    for start in _STARTS:
        share = np.array(start)
        tried.append(minimize(misfit, np.log(share / (1 - share)), method="Nelder-Mead", options=_SEARCH))  # type: ignore[call-overload]
    # Past four digits the likelihood is flat, and machines differ.
    icc, decay = (round(share, 4) for share in _shares(min(tried, key=lambda found: float(found.fun)).x))
    variance = pieces(icc, decay)[1]
    return Nuisance(variance, icc, decay, in_common(outcomes, block), int(kept.sum()), int(observed.sum()))


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
