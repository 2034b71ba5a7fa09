"""Cumulative-link (proportional odds) models for ratings in ordered categories, with or without a group effect.

logit P(y <= j) = theta_j - x' b - u_g: a positive coefficient moves ratings up. Reference: McCullagh (1980); with
group effects Christensen (2019), whose published wine ratings are the check.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import cluster_codes, complete_columns, numbers, require_terms
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.designs.numerics import library
from crimjust_research.designs.separation import separated_rows
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class CumulativeLink(Printed):
    """Coefficients and thresholds on the log-odds scale."""

    table: pd.DataFrame
    """Per term: term, estimate, std_error, ci_low, ci_high, p_value."""
    thresholds: pd.DataFrame
    """Per pair of neighbouring categories: below, above, estimate, std_error."""
    log_likelihood: float
    group_variance: float | None
    """Variance of the group effects; None without them."""
    n_obs: int
    n_groups: int | None


@dataclass(frozen=True)
class OrdinalData:
    """Ratings coded 0..categories - 1 and their terms."""

    rating: IntArray
    labels: list[object]
    design: FloatArray
    """(rows, k) terms less their mean, over their spread; without a constant, for which the thresholds stand."""
    middle: FloatArray
    """(k,) means."""
    spread: FloatArray
    """(k,) standard deviations."""


def ordinal_data(frame: pd.DataFrame, outcome: str, terms: Sequence[str]) -> OrdinalData:
    """Ratings and terms, once they are known to be usable.

    Raises
    ------
    ParameterError : a missing or incomplete column, unordered text ratings, fewer than three categories in use, or
        a term that is constant.
    """
    require_terms(terms)
    used = complete_columns(frame, [outcome, *terms])
    ratings = used[outcome]
    if isinstance(ratings.dtype, pd.CategoricalDtype) and ratings.cat.ordered:
        ordered = ratings.cat.remove_unused_categories()
    elif pd.api.types.is_integer_dtype(ratings.dtype):
        ordered = ratings.astype(pd.CategoricalDtype(sorted(ratings.unique()), ordered=True))
    else:
        raise ParameterError(f"Outcome {outcome!r} has no order; give whole numbers or an ordered categorical.")
    labels = list(ordered.cat.categories)
    if len(labels) < 3:
        raise ParameterError(f"Outcome {outcome!r} uses {len(labels)} categories; with two use logistic regression.")
    design = numbers(used, terms)
    flat = np.ptp(design, axis=0) == 0
    if flat.any():
        raise ParameterError(f"Term {terms[int(np.argmax(flat))]!r} is constant; the thresholds already stand for it.")
    rating = np.asarray(ordered.cat.codes, np.int64)
    # Terms of one scale are what the search for a maximum settles on, whatever their units are.
    middle, spread = design.mean(axis=0), design.std(axis=0)
    centred = (design - middle) / spread
    if np.linalg.matrix_rank(centred) < design.shape[1]:
        raise ParameterError(f"The terms {list(terms)} are linearly dependent; leave one out.")
    if separated_ratings(rating, centred).any():
        raise ParameterError(
            f"The terms {list(terms)}, or one of them, separate ratings perfectly, so that an estimate is not finite; "
            "leave a term out or merge categories."
        )
    return OrdinalData(rating, labels, centred, middle, spread)


def separated_ratings(rating: IntArray, design: FloatArray) -> BoolArray:
    """Whether a combination of terms and thresholds predicts a rating perfectly on one of its two sides.

    A rating is two statements, not above its upper threshold and above its lower one; each is a logistic outcome on
    the threshold and the terms, and the thresholds move with the terms.
    """
    top = int(rating.max())
    thresholds = np.arange(top)
    sides = []
    for place, limit in ((rating, 1), (rating - 1, -1)):
        real = (place >= 0) & (place < top)
        sides.append(
            (np.column_stack([(place[real, None] == thresholds), -design[real]]), np.full(int(real.sum()), limit))
        )
    columns, limits = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    return separated_rows(columns.astype(np.float64), limits.astype(np.int64))


def cumulative_link(frame: pd.DataFrame, outcome: str, terms: Sequence[str], alpha: float = 0.05) -> CumulativeLink:
    """Proportional-odds model by maximum likelihood, through statsmodels' OrderedModel.

    Parameters
    ----------
    outcome : whole numbers or an ordered categorical; terms : columns of numbers.

    Raises
    ------
    ParameterError : data refused by `ordinal_data`, or a fit that does not converge (a term separates the ratings).
    """
    data = ordinal_data(frame, outcome, terms)
    parameters, covariance, log_likelihood = fitted_by_library(data)
    return assembled(data, terms, parameters, covariance, log_likelihood, None, None, alpha)


def fitted_by_library(data: OrdinalData) -> tuple[FloatArray, FloatArray, float]:
    """Coefficients of the scaled terms, the first threshold and logs of the steps between thresholds; their covariance; and the
    log-likelihood.

    Raises
    ------
    ParameterError : a fit that does not converge.
    """
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    with library("The ordered model cannot be fitted; leave a term out or merge categories"):
        fit = OrderedModel(data.rating, data.design, distr="logit").fit(
            method="bfgs", maxiter=500, gtol=1e-8, disp=False
        )
    parameters, covariance = np.asarray(fit.params, np.float64), np.asarray(fit.cov_params(), np.float64)
    if not fit.mle_retvals["converged"] or not np.all(np.diag(covariance) > 0) or np.abs(parameters).max() > 30:
        raise ParameterError(
            "The ordered model does not converge: a term may separate the ratings perfectly; leave one out."
        )
    return parameters, covariance, float(fit.llf)


def cumulative_link_mixed(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], group: str, alpha: float = 0.05
) -> CumulativeLink:
    """Proportional-odds model with normal group effects, by the Laplace approximation to the likelihood.

    For ratings of which each group (judge, State) gives several. The integral over a group's effect is replaced by
    that of a normal curve with the same peak and curvature; with few ratings a group it understates the variance.
    Errors come from the numerical curvature of the approximate log-likelihood.

    Raises
    ------
    ParameterError : data refused by `ordinal_data`, fewer than three groups, or a fit that does not converge.
    """
    from statsmodels.tools.numdiff import approx_hess3

    data = ordinal_data(frame, outcome, terms)
    code, n_groups = cluster_codes(complete_columns(frame, [group]), group, 3)
    initial = np.append(fitted_by_library(data)[0], np.log(0.5))

    def objective(parameters: FloatArray) -> float:
        return -laplace_log_likelihood(parameters, data, code, n_groups)

    found = minimize(objective, initial, method="BFGS", options={"gtol": 1e-4})
    parameters = np.asarray(found.x, np.float64)
    if np.abs(parameters).max() > 30 or not np.isfinite(found.fun):
        raise ParameterError("The model with group effects does not converge; fit it without them.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curvature = np.asarray(approx_hess3(parameters, objective), np.float64)
    covariance = np.asarray(np.linalg.pinv(curvature), np.float64)
    variance = float(np.exp(2 * parameters[-1]))
    return assembled(data, terms, parameters[:-1], covariance[:-1, :-1], -float(found.fun), variance, n_groups, alpha)


def laplace_log_likelihood(parameters: FloatArray, data: OrdinalData, code: IntArray, groups: int) -> float:
    """Approximate log-likelihood at (coefficients, first threshold, log steps between thresholds, log std. dev.)."""
    k = data.design.shape[1]
    cuts = np.concatenate([[-np.inf], threshold_values(parameters[k:-1]), [np.inf]])
    fitted = data.design @ parameters[:k]
    variance = np.exp(2 * parameters[-1])
    above, below = cuts[data.rating + 1] - fitted, cuts[data.rating] - fitted
    effect = np.zeros(groups)
    for _ in range(50):
        value, slope, curvature = rating_log_probability(above - effect[code], below - effect[code])
        gradient = np.bincount(code, slope, groups) - effect / variance
        information = 1 / variance - np.bincount(code, curvature, groups)
        step = gradient / information
        effect = effect + step
        if np.max(np.abs(step)) < 1e-10:
            break
    value, _, curvature = rating_log_probability(above - effect[code], below - effect[code])
    information = 1 / variance - np.bincount(code, curvature, groups)
    prior = -0.5 * np.sum(effect**2) / variance - 0.5 * groups * np.log(variance)
    return float(value.sum() + prior - 0.5 * np.sum(np.log(information)))


def rating_log_probability(above: FloatArray, below: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """log P(below < z <= above), z logistic, and its first two derivatives in an effect that moves both down."""
    upper, lower = expit(above), expit(below)
    density_upper, density_lower = upper * (1 - upper), lower * (1 - lower)
    chance = np.maximum(upper - lower, 1e-300)
    slope = -(density_upper - density_lower) / chance
    turn = density_upper * (1 - 2 * upper) - density_lower * (1 - 2 * lower)
    return np.log(chance), slope, turn / chance - slope**2


def threshold_values(raw: FloatArray) -> FloatArray:
    """Thresholds from the first one and the logs of the steps between them."""
    return np.asarray(raw[0] + np.concatenate([[0.0], np.cumsum(np.exp(raw[1:]))]))


def assembled(
    data: OrdinalData,
    terms: Sequence[str],
    parameters: FloatArray,
    covariance: FloatArray,
    log_likelihood: float,
    variance: float | None,
    groups: int | None,
    alpha: float,
) -> CumulativeLink:
    """Result from coefficients of the scaled terms followed by raw thresholds, whose errors follow by the delta method."""
    k = len(terms)
    back = np.eye(parameters.size)
    back[:k, :k] = np.diag(1 / data.spread)
    back[k, :k] = data.middle / data.spread
    parameters, covariance = back @ parameters, back @ covariance @ back.T
    values = threshold_values(parameters[k:])
    jacobian = np.tril(np.broadcast_to(np.concatenate([[1.0], np.exp(parameters[k + 1 :])]), (values.size,) * 2))
    spread = jacobian @ covariance[k:, k:] @ jacobian.T
    thresholds = pd.DataFrame(
        {
            "below": data.labels[:-1],
            "above": data.labels[1:],
            "estimate": values,
            "std_error": np.sqrt(np.diag(spread)),
        }
    )
    table = coefficient_table(terms, parameters[:k], np.sqrt(np.diag(covariance)[:k]), alpha)
    return CumulativeLink(table, thresholds, log_likelihood, variance, len(data.rating), groups)
