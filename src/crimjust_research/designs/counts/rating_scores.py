"""Ratings in ordered categories against an exposure that is shuffled: many cumulative-link fits at once, and score tests.

P(y <= j) = F(theta_j - x' b - offset), F logistic or normal. A test of the exposure needs the model without it only: its score
is a sum over rows of the exposure times the residual of the rating, so the scores under all shuffles of who was exposed are
one matrix product, of which what thresholds and terms explain is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, ndtr

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.errors import ParameterError

Link = Literal["logit", "probit"]

PENALTY = 1e-5
"""Of a squared coefficient. It keeps finite the effect of a group that is rated alike throughout, and moves no other."""
_MOST_STEPS = 100
_DECREMENT = 1e-6  # twice the log-likelihood still to be gained, below which one step more is the last
_LEAST_CHANCE = 1e-250
_CELLS = 2_000_000  # numbers held at once


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


@dataclass(frozen=True)
class _Rows:
    """What one step of a fit needs of each row."""

    log_likelihood: FloatArray
    """(S,)."""
    residual: FloatArray
    """(S, n) derivative of each row's log-likelihood in its linear predictor."""
    threshold_scores: FloatArray
    """(S, n, J) and in the thresholds."""
    weight: FloatArray
    """(S, n) expected information of the linear predictor."""
    crossed: FloatArray
    """(S, n, J) and of thresholds and linear predictor together."""
    threshold_information: FloatArray
    """(S, J, J)."""


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
    """Maximum likelihood by Fisher's scoring, of all samples together.

    Parameters
    ----------
    rating : (S, n) whole numbers from 0 to categories - 1; design : (n, k) terms, without a constant.
    offset : added to the linear predictor; weight : 0 leaves a row out; each (S, n) or what spreads to it.
    start : (q,) thresholds and then coefficients to begin at, such as those of a fit nearby, which saves steps.

    Whether ratings are separated is not asked: a direction in which the likelihood has no maximum is held by `PENALTY`, and
    its rows end with residuals of nearly zero. `separated_ratings` tells.

    Raises
    ------
    ParameterError : ratings out of range, or a fit that does not converge.
    """
    if rating.ndim != 2 or design.shape[0] != rating.shape[1]:
        raise ParameterError(f"Ratings have shape {rating.shape} and terms {design.shape}; give (S, n) and (n, k).")
    if categories < 2 or rating.min() < 0 or rating.max() >= categories:
        raise ParameterError(f"Ratings run from {rating.min()} to {rating.max()}, of {categories} categories.")
    offset, weight = (np.broadcast_to(np.asarray(a, np.float64), rating.shape) for a in (offset, weight))
    parts = [
        _fit(rating[rows], design, categories, offset[rows], weight[rows], link, start)
        for rows in _batches(len(rating), rating.shape[1] * (categories + design.shape[1]))
    ]
    return RatingFits(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _fit(
    rating: IntArray,
    design: FloatArray,
    categories: int,
    offset: FloatArray,
    weight: FloatArray,
    link: Link,
    start: FloatArray | None,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    samples, k = len(rating), design.shape[1]
    inner, q = categories - 1, categories - 1 + k
    place = np.tile(_start(rating, weight, inner, k, link) if start is None else start, (samples, 1))
    best = np.full(samples, -np.inf)
    step = np.zeros((samples, q))
    information = np.zeros((samples, q, q))
    reached = np.full(samples, -np.inf)
    active = np.arange(samples)
    for _ in range(_MOST_STEPS):
        tried = place[active] + step[active]
        at = _rows(rating[active], design, tried, offset[active], weight[active], inner, link)
        value = at.log_likelihood - 0.5 * PENALTY * np.einsum("sq,sq->s", tried, tried)
        ordered = np.all(np.diff(tried[:, :inner], axis=1) > 0, axis=1)
        better = ordered & (value >= best[active] - 1e-10)
        step[active[~better]] /= 2
        moved = active[better]
        place[moved], best[moved] = tried[better], value[better]
        reached[moved] = at.log_likelihood[better]
        gradient, hessian = _gradient(at, design), _information(at, design)
        gradient, hessian = gradient[better] - PENALTY * place[moved], hessian[better]
        information[moved] = hessian
        direction = np.linalg.solve(hessian + PENALTY * np.eye(q), gradient[..., None])[..., 0]
        step[moved] = direction
        gain = np.zeros(len(active))
        gain[better] = np.einsum("sq,sq->s", direction, gradient)
        gain[~better] = np.inf
        last = active[gain <= _DECREMENT]
        place[last] += step[last]
        active = active[gain > _DECREMENT]
        if not active.size:
            return place[:, :inner], place[:, inner:], reached, information
    raise ParameterError(
        f"{active.size} of {samples} fits of ratings do not converge; merge categories or leave a term out."
    )


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
    thresholds, coefficients = parameters[:, :inner], parameters[:, inner:]
    gap = thresholds[:, None, :] - (coefficients @ design.T + offset)[:, :, None]
    below, above, density = np.zeros((3, *gap.shape[:2], inner + 2))
    cumulative = expit if link == "logit" else ndtr
    below[:, :, 1:-1], below[:, :, -1] = cumulative(gap), 1
    above[:, :, 1:-1], above[:, :, 0] = cumulative(-gap), 1
    logistic = below[:, :, 1:-1] * above[:, :, 1:-1]
    density[:, :, 1:-1] = logistic if link == "logit" else np.exp(-0.5 * gap**2) / np.sqrt(2 * np.pi)
    # Differences of the smaller tail: those of the larger are rounded to nothing.
    up = below[:, :, :-1] > 0.5
    chance = np.where(up, above[:, :, :-1] - above[:, :, 1:], below[:, :, 1:] - below[:, :, :-1])
    chance = np.maximum(chance, _LEAST_CHANCE)
    # Derivative of each category's chance in the linear predictor.
    slope = density[:, :, :-1] - density[:, :, 1:]
    density = density[:, :, 1:-1]
    own = (rating[:, :, None] == np.arange(inner + 1)) / chance
    each = weight[:, :, None]
    threshold_information = np.zeros((len(rating), inner, inner))
    squared = (each * density**2 * (1 / chance[:, :, :-1] + 1 / chance[:, :, 1:])).sum(axis=1)
    threshold_information[:, np.arange(inner), np.arange(inner)] = squared
    if inner > 1:
        shared = -(each * density[:, :, :-1] * density[:, :, 1:] / chance[:, :, 1:-1]).sum(axis=1)
        threshold_information[:, np.arange(inner - 1), np.arange(1, inner)] = shared
        threshold_information[:, np.arange(1, inner), np.arange(inner - 1)] = shared
    relative = slope / chance
    picked = np.take_along_axis(chance, rating[:, :, None], axis=2)[:, :, 0]
    return _Rows(
        log_likelihood=(weight * np.log(picked)).sum(axis=1),
        residual=weight * np.einsum("snj,snj->sn", own, slope),
        threshold_scores=each * density * (own[:, :, :-1] - own[:, :, 1:]),
        weight=weight * np.einsum("snj,snj->sn", relative, slope),
        crossed=each * density * (relative[:, :, :-1] - relative[:, :, 1:]),
        threshold_information=threshold_information,
    )


def _gradient(at: _Rows, design: FloatArray) -> FloatArray:
    return np.concatenate([at.threshold_scores.sum(axis=1), at.residual @ design], axis=1)


def _information(at: _Rows, design: FloatArray) -> FloatArray:
    samples, inner, k = len(at.residual), at.crossed.shape[2], design.shape[1]
    found = np.empty((samples, inner + k, inner + k))
    found[:, :inner, :inner] = at.threshold_information
    mixed = np.einsum("snj,nk->sjk", at.crossed, design, optimize=True)
    found[:, :inner, inner:], found[:, inner:, :inner] = mixed, mixed.transpose(0, 2, 1)
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k)
    found[:, inner:, inner:] = (at.weight @ products).reshape(samples, k, k)
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
    offset, weight = (np.broadcast_to(np.asarray(a, np.float64), rating.shape) for a in (offset, weight))
    reached = np.flatnonzero((exposure != 0).any(axis=0))
    active, squared = exposure[:, reached], exposure[:, reached] ** 2
    inner = categories - 1
    touched = np.concatenate([np.arange(inner), inner + np.flatnonzero((design[reached] != 0).any(axis=0))])
    full = np.empty((len(rating), len(exposure)))
    for rows in _batches(len(rating), rating.shape[1] * (categories + design.shape[1])):
        fits = fit_ratings(
            rating[rows],
            design,
            categories=categories,
            offset=offset[rows],
            weight=weight[rows],
            link=link,
            start=start,
        )
        at = _rows(
            rating[rows],
            design,
            np.concatenate([fits.thresholds, fits.coefficients], axis=1),
            offset[rows],
            weight[rows],
            inner,
            link,
        )
        q = fits.information.shape[1]
        inverse = np.linalg.inv(fits.information + PENALTY * np.eye(q))
        scores = np.concatenate([at.threshold_scores, at.residual[:, :, None] * design], axis=2)
        # What thresholds and terms have in common with the exposure, and with its scores, row by row.
        common = np.concatenate([at.crossed, at.weight[:, :, None] * design], axis=2)[:, reached][:, :, touched]
        shared = (at.residual[:, :, None] * scores)[:, reached][:, :, touched]
        towards = inverse[:, touched]
        spread = towards @ (scores.transpose(0, 2, 1) @ scores) @ towards.transpose(0, 2, 1)
        for place, s in enumerate(range(*rows.indices(len(rating)))):
            crossed = active @ common[place]
            left = active @ at.residual[place, reached] - crossed @ (towards[place] @ scores[place].sum(axis=0))
            variance = (
                squared @ at.residual[place, reached] ** 2
                - 2 * np.einsum("aq,aq->a", crossed @ towards[place][:, touched], active @ shared[place])
                + np.einsum("aq,aq->a", crossed @ spread[place], crossed)
            )
            full[s] = left / np.sqrt(np.maximum(variance, 1e-12))
    return full


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


def _batches(samples: int, cells: int) -> Iterator[slice]:
    size = max(1, _CELLS // cells)
    for start in range(0, samples, size):
        yield slice(start, min(start + size, samples))
