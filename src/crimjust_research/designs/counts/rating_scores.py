"""Ratings in ordered categories against an exposure that is shuffled: many cumulative-link fits at once, and score tests.

P(y <= j) = F(theta_j - x' b - offset), F logistic or normal. A test of the exposure needs the model without it only: its score
is a sum over rows of the exposure times the residual of the rating, so the scores under all shuffles of who was exposed are
one matrix product, of which what thresholds and terms explain is taken out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.batches import slices
from crimjust_research.errors import ParameterError

Link = Literal["logit", "probit"]

PENALTY = 1e-5
"""Of a squared coefficient. It keeps finite the effect of a group that is rated alike throughout, and moves no other. In place
of its rows it keeps the thresholds of an empty category apart."""
_MOST_STEPS = 100
# Fits nearby take eight at most. Where a large effect is supposed, the expected information lies far off the observed one in
# some directions, and Fisher's steps turn about the maximum for hundreds of rounds.
_FISHERS_STEPS = 20
_DECREMENT = 1e-6  # twice the log-likelihood still to be gained, below which one step more is the last
_LEAST_CHANCE = 1e-250
_MOST_EXPONENT = 700.0  # its exponential is a number still
_CELLS = 64_000  # chances held at once, that they stay in a processor's cache
_PRODUCTS = 400_000  # and sums over what shuffles expose


@dataclass(frozen=True)
class RatingFits:
    """Fits of one model to S samples of ratings."""

    thresholds: FloatArray
    """(S, categories - 1)."""
    coefficients: FloatArray
    """(S, k)."""
    log_likelihood: FloatArray
    """(S,)."""
    information: FloatArray
    """(S, q, q) expected, of thresholds and then coefficients."""

    @property
    def parameters(self) -> FloatArray:
        """(S, q) thresholds and then coefficients."""
        return np.concatenate([self.thresholds, self.coefficients], axis=1)


@dataclass(frozen=True)
class _Rows:
    """What one step of a fit needs of each row."""

    log_likelihood: FloatArray
    """(S,)."""
    residual: FloatArray
    """(S, n) derivative of each row's log-likelihood in its linear predictor."""
    threshold_scores: FloatArray
    """(J, S, n) and in the thresholds."""
    weight: FloatArray
    """(S, n) expected information of the linear predictor."""
    crossed: FloatArray
    """(J, S, n) and of thresholds and linear predictor together."""
    threshold_information: FloatArray
    """(S, J) of each threshold."""
    shared_information: FloatArray
    """(S, J - 1) and of each and the next together."""


def fit_ratings(
    rating: IntArray,
    design: FloatArray,
    *,
    categories: int,
    offset: FloatArray | float = 0.0,
    weight: FloatArray | float = 1.0,
    link: Link = "logit",
    start: FloatArray | None = None,
) -> RatingFits:
    """Maximum likelihood of all samples together, by Newton's steps where the link is logistic; where it is normal by Fisher's,
    and by Newton's from the 20th on.

    Parameters
    ----------
    rating : (S, n) whole numbers from 0 to categories - 1; design : (n, k) terms, without a constant.
    offset : added to the linear predictor; weight : 0 leaves a row out; each (S, n) or what spreads to it.
    start : (q,), or (S, q), thresholds and then coefficients to begin at, such as those of a fit nearby, which saves steps.

    Whether ratings are separated is not asked: a direction in which the likelihood has no maximum is held by `PENALTY`, and
    its rows end with residuals of nearly zero. `separated_ratings` tells.

    Raises
    ------
    ParameterError : ratings out of range, or a fit that does not converge.
    """
    offset, weight, start = _prepared(rating, design, categories, offset, weight, link, start)
    inner = categories - 1
    reached = _fit(rating, design, inner, offset, weight, link, start)
    found = []
    for rows in slices(len(rating), categories * rating.shape[1], _CELLS):
        at = _rows(rating[rows], design, reached[rows], offset[rows], weight[rows], inner, link)
        found.append((at.log_likelihood, _expected_information(at, design)))
    return RatingFits(reached[:, :inner], reached[:, inner:], *(np.concatenate(e) for e in zip(*found, strict=True)))


def _prepared(
    rating: IntArray,
    design: FloatArray,
    categories: int,
    offset: FloatArray | float,
    weight: FloatArray | float,
    link: Link,
    start: FloatArray | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Offset and weight of each rating, and where fits begin."""
    if rating.ndim != 2 or design.shape[0] != rating.shape[1]:
        raise ParameterError(f"Ratings have shape {rating.shape} and terms {design.shape}; give (S, n) and (n, k).")
    if categories < 2 or rating.min() < 0 or rating.max() >= categories:
        raise ParameterError(
            f"Ratings run from {rating.min()} to {rating.max()}, of {categories} categories; number them from 0."
        )
    offset, weight = (np.broadcast_to(np.asarray(a, np.float64), rating.shape) for a in (offset, weight))
    if start is None:
        start = _start(rating, weight, categories - 1, design.shape[1], link)
    return offset, weight, start


def _fit(
    rating: IntArray,
    design: FloatArray,
    inner: int,
    offset: FloatArray,
    weight: FloatArray,
    link: Link,
    start: FloatArray,
) -> FloatArray:
    """(S, q) thresholds and coefficients, each step halved until the likelihood rises by it."""
    samples = len(rating)
    place = np.broadcast_to(start, (samples, start.shape[-1])).copy()
    best = np.full(samples, -np.inf)
    step = np.zeros_like(place)
    active = np.arange(samples)
    for turn in range(_MOST_STEPS):
        likelihood = _likelihood(link, turn)
        tried = place[active] + step[active]
        found = [
            likelihood(rating[rows], design, tried[rows], offset[rows], weight[rows], inner)
            for rows in slices(active.size, (inner + 1) * len(design), _CELLS)
        ]
        value, gradient, information = (np.concatenate(each) for each in zip(*found, strict=True))
        value = value - 0.5 * PENALTY * np.einsum("sq,sq->s", tried, tried)
        ordered = np.all(np.diff(tried[:, :inner], axis=1) > 0, axis=1)
        better = ordered & (value >= best[active] - 1e-10)
        step[active[~better]] /= 2
        moved = active[better]
        place[moved], best[moved] = tried[better], value[better]
        gradient = gradient[better] - PENALTY * place[moved]
        curvature = information[better] + PENALTY * np.eye(place.shape[1])
        step[moved] = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        gain = np.full(len(active), np.inf)
        gain[better] = np.einsum("sq,sq->s", step[moved], gradient)
        last = active[gain <= _DECREMENT]
        place[last] += step[last]
        left = gain > _DECREMENT
        if not left.all():
            active, rating, offset, weight = active[left], rating[left], offset[left], weight[left]
        if not active.size:
            return place
    raise ParameterError(
        f"{active.size} of {samples} fits of ratings do not converge; merge categories or leave a term out."
    )


def _likelihood(link: Link, turn: int) -> Callable[..., tuple[FloatArray, FloatArray, FloatArray]]:
    if link == "logit":
        return _logit_likelihood
    return partial(_probit_likelihood, observed=turn >= _FISHERS_STEPS)


def _logit_likelihood(
    rating: IntArray,
    design: FloatArray,
    parameters: FloatArray,
    offset: FloatArray,
    weight: FloatArray,
    inner: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(S,) log-likelihood, (S, q) its gradient and (S, q, q) observed information, of thresholds and then coefficients.

    As F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b)), a rating is one logit at the threshold above it, one at the threshold
    below, and a factor of the distance between the two.
    """
    thresholds, coefficients = parameters[:, :inner], parameters[:, inner:]
    gap = thresholds.T[:, :, None] - (coefficients @ design.T + offset)
    rated = weight * (rating == np.arange(inner + 1)[:, None, None])
    under, over = rated[:-1], rated[1:]
    beside = under + over
    below = 1 / (1 + np.exp(np.minimum(-gap, _MOST_EXPONENT)))
    chance = beside * below
    residual, curvature = under - chance, chance * (1 - below)
    distance = np.maximum(np.diff(thresholds, axis=1), 1e-12)
    between = rated[1:-1].sum(axis=2).T
    between = np.where(between > 0, between, PENALTY)
    push = between / np.expm1(distance)
    pull = push + push / np.expm1(distance)
    # Where the exponent is held, its log goes on as the gap does: held too, a worse fit would count as a better one.
    log_below = np.log(below) + np.minimum(gap + _MOST_EXPONENT, 0)
    value = np.einsum("jsn,jsn->s", beside, log_below) - np.einsum("jsn,jsn->s", over, gap)
    value += (between * np.log(-np.expm1(-distance))).sum(axis=1)
    of_thresholds, own = residual.sum(axis=2).T, curvature.sum(axis=2).T
    of_thresholds[:, 1:] += push
    of_thresholds[:, :-1] -= push
    own[:, 1:] += pull
    own[:, :-1] += pull
    gradient = np.concatenate([of_thresholds, -residual.sum(axis=0) @ design], axis=1)
    return value, gradient, _information(own, -pull, -curvature, curvature.sum(axis=0), design)


def _probit_likelihood(
    rating: IntArray,
    design: FloatArray,
    parameters: FloatArray,
    offset: FloatArray,
    weight: FloatArray,
    inner: int,
    *,
    observed: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(S,) log-likelihood, (S, q) its gradient and (S, q, q) observed or expected information.

    With s_j the score of a row in threshold j, g_j the distance to it and r the score in the linear predictor, minus the
    second derivatives in the thresholds are s s' with g_j s_j added to its diagonal, as the normal density falls by g.
    """
    at = _rows(rating, design, parameters, offset, weight, inner, "probit")
    score, residual = at.threshold_scores, at.residual
    gradient = np.concatenate([score.sum(axis=2).T, residual @ design], axis=1)
    if not observed:
        return at.log_likelihood, gradient, _expected_information(at, design)
    gap = parameters[:, :inner].T[:, :, None] - (parameters[:, inner:] @ design.T + offset)
    bent = gap * score
    own, shared = (bent + score**2).sum(axis=2).T, (score[:-1] * score[1:]).sum(axis=2).T
    information = _information(own, shared, score * residual - bent, bent.sum(axis=0) + residual**2, design)
    return at.log_likelihood, gradient, information


def _start(rating: IntArray, weight: FloatArray, inner: int, k: int, link: Link) -> FloatArray:
    """(q,) thresholds of the ratings of all samples, and no effects."""
    # A category that is empty leaves no room between thresholds: a hundredth of a row each does.
    total = weight.sum() + 0.01 * (inner + 1)
    below = np.array([(weight * (rating <= j)).sum() + 0.01 * (j + 1) for j in range(inner)]) / total
    thresholds = np.log(below / (1 - below)) / (1.0 if link == "logit" else 1.7)
    return np.concatenate([thresholds, np.zeros(k)])


def _rows(
    rating: IntArray,
    design: FloatArray,
    parameters: FloatArray,
    offset: FloatArray,
    weight: FloatArray,
    inner: int,
    link: Link,
) -> _Rows:
    thresholds, coefficients = parameters[:, :inner].T, parameters[:, inner:]
    chance, density = _chances(thresholds[:, :, None], coefficients @ design.T + offset, link)
    inverse = 1 / chance
    # Derivative of each category's chance in the linear predictor, and of the log of the chance.
    slope = density[:-1] - density[1:]
    relative = slope * inverse
    density = density[1:-1]
    weighted = weight * density
    is_rated = rating == np.arange(inner + 1)[:, None, None]
    own = is_rated * inverse
    return _Rows(
        log_likelihood=-(weight * np.log(own.sum(axis=0))).sum(axis=1),
        residual=weight * (own * slope).sum(axis=0),
        threshold_scores=weighted * (own[:-1] - own[1:]),
        weight=weight * (relative * slope).sum(axis=0),
        crossed=weighted * (relative[:-1] - relative[1:]),
        threshold_information=(weighted * density * (inverse[:-1] + inverse[1:])).sum(axis=2).T,
        shared_information=-(weighted[:-1] * density[1:] * inverse[1:-1]).sum(axis=2).T,
    )


def _chances(thresholds: FloatArray, predictor: FloatArray, link: Link) -> tuple[FloatArray, FloatArray]:
    """(J + 1, S, n) chances of the categories, and (J + 2, S, n) densities at their limits, zero at both ends.

    Each difference is of the smaller tails: that of the larger ones is rounded to nothing.
    """
    inner = len(thresholds)
    chance, density = np.empty((inner + 1, *predictor.shape)), np.zeros((inner + 2, *predictor.shape))
    if link == "logit":
        odds = np.exp(np.minimum(predictor - thresholds, _MOST_EXPONENT))
        below = 1 / (1 + odds)
        above = odds * below
        density[1:-1] = below * above
        # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b)).
        chance[1:-1] = below[1:] * above[:-1] * -np.expm1(thresholds[:-1] - thresholds[1:])
    else:
        gap = thresholds - predictor
        below, above = ndtr(gap), ndtr(-gap)
        density[1:-1] = np.exp(-0.5 * gap**2) / np.sqrt(2 * np.pi)
        chance[1:-1] = np.where(below[:-1] > 0.5, above[:-1] - above[1:], below[1:] - below[:-1])
    chance[0], chance[-1] = below[0], above[-1]
    return np.maximum(chance, _LEAST_CHANCE, out=chance), density


def _expected_information(at: _Rows, design: FloatArray) -> FloatArray:
    return _information(at.threshold_information, at.shared_information, at.crossed, at.weight, design)


def _information(
    own: FloatArray, shared: FloatArray, crossed: FloatArray, weight: FloatArray, design: FloatArray
) -> FloatArray:
    """(S, q, q) of thresholds and then coefficients.

    Parameters
    ----------
    own : (S, J) of each threshold; shared : (S, J - 1) of each and the next.
    crossed : (J, S, n) of each threshold and a row's linear predictor; weight : (S, n) of the predictor.
    """
    inner, samples, k = len(crossed), len(weight), design.shape[1]
    place = np.arange(inner)
    found = np.zeros((samples, inner + k, inner + k))
    found[:, place, place] = own
    found[:, place[:-1], place[1:]] = found[:, place[1:], place[:-1]] = shared
    mixed = (crossed @ design).transpose(1, 0, 2)
    found[:, :inner, inner:], found[:, inner:, :inner] = mixed, mixed.transpose(0, 2, 1)
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k)
    found[:, inner:, inner:] = (weight @ products).reshape(samples, k, k)
    return found


def score_statistics(
    rating: IntArray,
    design: FloatArray,
    exposure: FloatArray,
    *,
    categories: int,
    offset: FloatArray | float = 0.0,
    weight: FloatArray | float = 1.0,
    link: Link = "logit",
    start: FloatArray | None = None,
) -> FloatArray:
    """(S, A) studentised scores of each shuffle of an exposure, in the model of each sample without it.

    U = sum z r, r the derivative of a row's log-likelihood in its linear predictor; each row's score is freed of what those
    of thresholds and terms explain of it, u = z r - I_zn I_nn^-1 s, and the statistic is U over the root of the sum of u
    squared. That error holds where ratings of the exposed vary more than the model has it; a shuffle of statistics with such
    an error keeps its size there in large samples (Chung and Romano 2013, Annals of Statistics 41:484-507).

    Parameters
    ----------
    rating, design, categories, offset, weight, link, start : as in `fit_ratings`; the offset holds an effect that is supposed.
    exposure : (A, n), a row for each shuffle, the observed one first.

    Raises
    ------
    ParameterError : as `fit_ratings`.
    """
    offset, weight, start = _prepared(rating, design, categories, offset, weight, link, start)
    reached = _fit(rating, design, categories - 1, offset, weight, link, start)
    # Each shuffle exposes few of the rows, and sums over these alone are several times faster than over all.
    exposed = csr_array(exposure)
    found = []
    for rows in slices(len(rating), categories * rating.shape[1], _CELLS):
        at = _rows(rating[rows], design, reached[rows], offset[rows], weight[rows], categories - 1, link)
        found.append(_statistics(at, design, exposed))
    return np.concatenate(found)


def _statistics(at: _Rows, design: FloatArray, exposed: csr_array) -> FloatArray:
    information = _expected_information(at, design)
    inverse = np.linalg.inv(information + PENALTY * np.eye(information.shape[1]))
    inner = len(at.crossed)
    # Only rows that some shuffle exposes matter, and the terms that differ from zero in one of them.
    rows = np.unique(exposed.indices)
    terms = np.concatenate([np.arange(inner), inner + np.flatnonzero((design[rows] != 0).any(axis=0))])
    scores = np.concatenate([at.threshold_scores.transpose(1, 0, 2), at.residual[:, None] * design.T], axis=1)
    common = np.concatenate([at.crossed.transpose(1, 0, 2), at.weight[:, None] * design.T], axis=1)[:, terms][..., rows]
    residual, explained = at.residual[:, rows], inverse[:, terms] @ scores
    exposed = exposed[:, rows]

    def over_exposed(values: FloatArray) -> FloatArray:
        flat = np.ascontiguousarray(np.moveaxis(values, -1, 0)).reshape(rows.size, math.prod(values.shape[:-1]))
        return np.asarray(exposed @ flat)

    # u = z r - (sum of z common) explained: sums over rows of u and of u squared are products with the exposure.
    left = over_exposed(residual - (explained.sum(axis=2)[:, None] @ common)[:, 0])
    spread = explained @ explained.transpose(0, 2, 1)
    shared = spread @ common - 2 * residual[:, None] * explained[..., rows]
    variance = np.asarray(exposed.power(2) @ residual.T**2).T
    for some in slices(len(residual), terms.size * len(left), _PRODUCTS):
        of_common, of_shared = (
            over_exposed(each[some]).reshape(len(left), -1, terms.size) for each in (common, shared)
        )
        variance[some] += np.einsum("asq,asq->sa", of_common, of_shared)
    return np.asarray(left.T / np.sqrt(np.maximum(variance, 1e-12)))


def drawn_ratings(
    thresholds: FloatArray, predictor: FloatArray, samples: int, seed: int, scale: FloatArray | float = 1.0
) -> IntArray:
    """(samples, n) SIMULATED ratings: the category in which a logistic variable about each row's predictor falls.

    Parameters
    ----------
    thresholds : (J,) rising; predictor : (n,); scale : of the logistic variable, by row.
    """
    chance = np.random.default_rng(seed).random((samples, predictor.size))
    latent = predictor + scale * np.log(chance / (1 - chance))
    return np.searchsorted(thresholds, latent, side="left").astype(np.int64)
