"""Wild bootstrap of a slope's scores by cluster, signs of Rademacher, null imposed, studentised.

A cluster enters by two sums alone: of the regressor times the response, and of the regressor's squares. Samples, left-out
clusters and values of the null are then all products of a matrix of signs with these sums.
Registry: docs/methods/counts.md. References: Kline and Santos (2012), Journal of Econometric Methods 1:23-41; Cameron,
Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np
from scipy.optimize import brentq

from crimjust_research.designs.arrays import TIE, BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import generator, require_above_zero, require_draws, require_level
from crimjust_research.errors import ParameterError

BATCH_CELLS = 200_000  # statistics held at once, few enough to stay near the processor
SUM_ERROR = 1e-13  # of a sum of squares, what adding it up in another order may change
FARTHEST = 1e6  # standard errors from the estimate at which the search for an end of the interval gives up


@dataclass(frozen=True)
class Signs:
    """Signs of clusters, a row a draw; `exact` if they are all there are."""

    values: FloatArray
    exact: bool

    def p_of(self, count: IntArray) -> FloatArray:
        """p of statistics that so many draws reach; the observed one counts as a draw unless it is among all there are."""
        return np.asarray(count / len(self.values) if self.exact else (1 + count) / (1 + len(self.values)))

    @property
    def smallest_p(self) -> float:
        """The least p they can give: of all signs, those that turn no cluster, or every one, repeat the statistic."""
        return 2 / len(self.values) if self.exact else 1 / (1 + len(self.values))


def signs(n_clusters: int, draws: int, seed: int) -> Signs:
    """`draws` rows of random signs (draws, n_clusters), or all 2^n_clusters if they are no more.

    Raises
    ------
    ParameterError : fewer than two clusters, or too few draws for a p-value.
    """
    require_draws(draws)
    if n_clusters < 2:
        raise ParameterError(f"Errors by cluster need at least two clusters; there is {n_clusters}.")
    return _signs(n_clusters, draws, seed)


@lru_cache(maxsize=4, typed=True)
def _signs(n_clusters: int, draws: int, seed: int) -> Signs:
    """The same to all who ask for as many, and so not to be written to."""
    exact = 2**n_clusters <= draws
    both = [-1.0, 1.0]
    values = (
        np.array(list(product(both, repeat=n_clusters))) if exact else generator(seed).choice(both, (draws, n_clusters))
    )
    values.flags.writeable = False
    return Signs(values, exact)


def p_values(scores: FloatArray, squares: FloatArray, drawn: Signs) -> FloatArray:
    """Two-sided p (b,) of the null that scores have mean zero, for each of b samples.

    The statistic is the slope over its clustered standard error, the slope fitted anew in each draw. A sample whose scores are
    all zero has p 1.

    Parameters
    ----------
    scores : (b, G) each cluster's sum of regressor times what the null leaves of the response.
    squares : (b, G) or (G,), each cluster's sum of the regressor's squares.
    """
    return _p_values(scores, squares, drawn, up_to=1.0)


def rejected(scores: FloatArray, squares: FloatArray, drawn: Signs, level: float) -> BoolArray:
    """Whether `p_values` are at most `level`, (b,).

    A sample is left as soon as the draws seen put its p above the level, whatever the others are.
    """
    return np.asarray(_p_values(scores, squares, drawn, up_to=level) <= level)


def _p_values(scores: FloatArray, squares: FloatArray, drawn: Signs, up_to: float) -> FloatArray:
    """p (b,) where it is at most `up_to`; elsewhere what the draws seen say that it is at least."""
    squares = np.broadcast_to(squares, scores.shape)
    plain, by_square, bound = _compared(scores, squares)
    weights = scores * (plain[:, None] + by_square[:, None] * squares)
    count = np.zeros(len(scores), np.int64)
    left, start = np.arange(len(scores)), 0
    while left.size and start < len(drawn.values):
        sign = drawn.values[start : start + max(1, BATCH_CELLS // left.size)].T
        start += sign.shape[1]
        count[left] += np.sum((scores[left] @ sign) * (weights[left] @ sign) >= bound[left, None], axis=1)
        left = left[drawn.p_of(count[left]) <= up_to]
    return drawn.p_of(count)


def _compared(scores: FloatArray, squares: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Factors a and b, and bounds, one for each row of (..., G). The squared t under some signs is as large as the observed
    one where the sum of signed scores times the sum of signed scores times (a + b squares) reaches the bound.

    With T the sum of signed scores s, h the squares and H their sum, the slope is T / H and its variance, up to H², that of
    s less slope times h: sum s² - 2 T / H sum(sign s h) + T² / H² sum h². That T² is at least so many times this is a product of
    two sums of signs. A variance of nothing but rounding, as of scores that are the slope times h, counts as `TIE` of sum s².
    """
    total, own, top = squares.sum(axis=-1), np.vecdot(scores, scores), scores.sum(axis=-1)
    residual = scores - (top / total)[..., None] * squares
    variance, least = np.vecdot(residual, residual), TIE * own + np.finfo(np.float64).tiny
    rounding = variance <= least
    threshold = top**2 / np.where(rounding, least, variance) * (1 - TIE)
    plain = np.where(rounding, 1.0, 1 - threshold * np.vecdot(squares, squares) / total**2)
    by_square = np.where(rounding, 0.0, 2 * threshold / total)
    return plain, by_square, threshold * np.where(rounding, least, own * (1 - SUM_ERROR))


@dataclass(frozen=True)
class WildScores:
    """A slope without constant, sum of `products` over sum of `squares`, tested by the wild bootstrap of its scores.

    `products` and `squares` have one entry per cluster, (G,); `signs` as many columns.
    """

    products: FloatArray
    squares: FloatArray
    signs: Signs

    @property
    def slope(self) -> float:
        """Of least squares over all clusters."""
        return float(self.products.sum() / self.squares.sum())

    @property
    def std_error(self) -> float:
        """Clustered, without a factor for few clusters: the bootstrap makes up for them."""
        return float(np.sqrt(np.sum((self.products - self.slope * self.squares) ** 2)) / self.squares.sum())

    def p_value(self, value: float = 0.0) -> float:
        """Two-sided p of the null that the slope is `value`: `p_values` of the scores that it leaves, products less `value`
        times squares, so that sums over signs are of what does not change with it."""
        left = self.products - value * self.squares
        plain, by_square, bound = _compared(left, self.squares)
        of_products, of_squares, of_both, of_fourths = self._sums
        top = of_products - value * of_squares
        reached = top * (plain * top + by_square * (of_both - value * of_fourths)) >= bound
        return float(self.signs.p_of(reached.sum()))

    @cached_property
    def _sums(self) -> FloatArray:
        """(4, draws) sums over signs of products, of squares, of both multiplied, and of squares squared."""
        products, squares = self.products, self.squares
        return np.stack([products, squares, products * squares, squares**2]) @ self.signs.values.T

    def interval(self, alpha: float) -> tuple[float, float]:
        """The values around the slope whose p is above alpha; without limit where the test never rejects on that side, missing
        where clusters agree on the slope wholly, which shows nothing of how sure they are.

        Raises
        ------
        ParameterError : a level outside (0, 1).
        """
        require_level(alpha)
        if self.std_error <= TIE * float(np.abs(self.products).sum() / self.squares.sum()):
            return np.nan, np.nan
        return self._edge(-1.0, alpha), self._edge(1.0, alpha)

    def equivalence_p(self, size: float) -> float:
        """The larger p of the two one-sided tests that the slope lies within `size` of zero.

        With every row of signs its mirror image stands for a draw too, so the one-sided p is half of the two-sided one on the
        side of the slope, and what half of it leaves of 1 on the other.

        Raises
        ------
        ParameterError : a size that is not above zero.
        """
        require_above_zero(size=size)
        halves = [(self.p_value(-size) / 2, self.slope > -size), (self.p_value(size) / 2, self.slope < size)]
        return max(half if inside else 1 - half for half, inside in halves)

    def _edge(self, direction: float, alpha: float) -> float:
        reach = 2.0
        while self.p_value(self.slope + direction * reach * self.std_error) > alpha:
            reach *= 2
            if reach > FARTHEST:
                return direction * np.inf
        ends = self.slope, self.slope + direction * reach * self.std_error
        return float(brentq(lambda value: self.p_value(value) - alpha - 1e-12, *ends, xtol=1e-10 * self.std_error))


def members(code: IntArray) -> FloatArray:
    """(n, G) of ones and zeros: which row belongs to which cluster, from codes 0 to G - 1 (n,)."""
    return np.asarray(code[:, None] == np.arange(code.max() + 1), np.float64)


def by_cluster(values: FloatArray, member: FloatArray) -> FloatArray:
    """Sums (..., G) over the rows of each cluster of values (..., n); `member` (n, G) as `members` has it."""
    return np.asarray(values @ member)
