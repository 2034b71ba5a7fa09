"""Wild bootstrap of a slope's scores by cluster, signs of Rademacher, null imposed, studentised.

A cluster enters by two sums alone: of the regressor times the response, and of the regressor's squares. Samples, left-out
clusters and values of the null are then all products of a matrix of signs with these sums.
Registry: docs/methods/counts.md. References: Kline and Santos (2012), Journal of Econometric Methods 1:23-41; Cameron,
Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import brentq

from crimjust_research.designs.arrays import TIE, FloatArray, IntArray
from crimjust_research.designs.checks import generator, require_draws, require_level
from crimjust_research.designs.resampling.permutation import batch_sizes
from crimjust_research.errors import ParameterError

BATCH_CELLS = 4_000_000  # statistics held at once
FARTHEST = 1e6  # standard errors from the estimate at which the search for an end of the interval gives up


@dataclass(frozen=True)
class Signs:
    """Signs of clusters, a row a draw; `exact` if they are all there are."""

    values: FloatArray
    exact: bool

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
    if 2**n_clusters <= draws:
        return Signs(np.array(list(product([-1.0, 1.0], repeat=n_clusters))), True)
    return Signs(generator(seed).choice([-1.0, 1.0], size=(draws, n_clusters)), False)


def p_values(scores: FloatArray, squares: FloatArray, drawn: Signs) -> FloatArray:
    """Two-sided p (b,) of the null that scores have mean zero, for each of b samples.

    The statistic is the slope over its clustered standard error, the slope fitted anew in each draw. A sample whose scores are
    all zero, or nothing but the slope itself, has p 1.

    Parameters
    ----------
    scores : (b, G) each cluster's sum of regressor times what the null leaves of the response.
    squares : (b, G) or (G,), each cluster's sum of the regressor's squares.
    """
    squares = np.broadcast_to(squares, scores.shape)
    found = []
    start = 0
    for b in batch_sizes(len(scores), len(drawn.values), BATCH_CELLS):
        s, h = scores[start : start + b], squares[start : start + b]
        start += b
        observed = _squared_t(s, h, np.ones((1, s.shape[1])))
        count = np.sum(_squared_t(s, h, drawn.values) >= observed * (1 - TIE), axis=1)
        found.append(count / len(drawn.values) if drawn.exact else (1 + count) / (1 + len(drawn.values)))
    return np.concatenate(found)


def _squared_t(scores: FloatArray, squares: FloatArray, sign: FloatArray) -> FloatArray:
    """Squared t (b, draws) of every sample under every row of signs; the square of a sign is 1."""
    top = scores @ sign.T
    slope = top / squares.sum(axis=1, keepdims=True)
    own = np.sum(scores**2, axis=1, keepdims=True)
    variance = own - 2 * slope * ((scores * squares) @ sign.T) + slope**2 * np.sum(squares**2, axis=1, keepdims=True)
    return np.asarray(top**2 / np.maximum(variance, TIE * own + np.finfo(np.float64).tiny))


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
        return float(self.products.sum() / self.squares.sum())

    @property
    def std_error(self) -> float:
        """Clustered, without a factor for few clusters: the bootstrap makes up for them."""
        return float(np.sqrt(np.sum((self.products - self.slope * self.squares) ** 2)) / self.squares.sum())

    def p_value(self, value: float = 0.0) -> float:
        """Two-sided p of the null that the slope is `value`."""
        return float(p_values((self.products - value * self.squares)[None], self.squares, self.signs)[0])

    def interval(self, alpha: float) -> tuple[float, float]:
        """The values around the slope whose p is above alpha; without limit where the test never rejects on that side, missing
        where clusters agree on the slope wholly, which shows nothing of how sure they are.

        Raises
        ------
        ParameterError : a level outside (0, 1).
        """
        require_level(alpha)
        if self.std_error <= TIE * max(1.0, abs(self.slope)):
            return np.nan, np.nan
        return self._edge(-1.0, alpha), self._edge(1.0, alpha)

    def equivalence_p(self, size: float) -> float:
        """The larger p of the two one-sided tests that the slope lies within `size` of zero.

        With every row of signs its mirror image stands for a draw too, so the one-sided p is half of the two-sided one on the
        side of the slope, and what half of it leaves of 1 on the other.
        """
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
