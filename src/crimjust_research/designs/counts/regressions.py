"""Regressions of counts on terms, without absorbed effects: over-dispersed ones, and those of units seen repeatedly."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    FEWEST_CLUSTERS,
    amounts,
    cluster_codes,
    cluster_notes,
    clusters_behind,
    complete_columns,
    numbers,
    positive,
    require_columns,
    require_residual_freedom,
    require_terms,
)
from crimjust_research.designs.counts.logistic import cluster_totals, standardised_design
from crimjust_research.designs.fit import Printed, above_zero, coefficient_table
from crimjust_research.designs.numerics import library, power_of_two
from crimjust_research.designs.separation import separated_rows
from crimjust_research.errors import ParameterError

Correlation = Literal["independent", "exchangeable"]
Errors = Literal["robust", "bias-reduced"]
FEW_FOR_ROBUST = 40


@dataclass(frozen=True, repr=False)
class CountRegression(Printed):
    """Coefficients of a regression of counts with a log link."""

    table: pd.DataFrame
    """Per term, intercept first: term, estimate (log rate), std_error, rate_ratio, ci_low, ci_high (of the ratio),
    p_value; normal, and t on n_clusters - 1 degrees of freedom where errors are clustered."""
    dispersion: float
    """alpha of the negative binomial, whose variance is mu + alpha mu^2; zero at the Poisson limit. Missing for GEE."""
    dispersion_std_error: float
    dispersion_p: float
    """Likelihood ratio against Poisson; half the chi-squared tail on 1 degree, because alpha cannot be negative."""
    correlation: float
    """Of two counts of one unit, in GEE with exchangeable counts; else missing."""
    log_likelihood: float
    n_obs: int
    n_clusters: int | None
    notes: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """Numbers and notes."""
        return {**super().facts(), "notes": " ".join(self.notes)}


class Counts(NamedTuple):
    """Counts and terms that a log-linear mean can be fitted to."""

    y: FloatArray
    design: FloatArray
    """(n, k) standardised, constant first."""
    back: FloatArray
    """(k, k) to the coefficients of the raw terms."""
    log_exposure: FloatArray
    code: IntArray | None
    n_clusters: int | None
    behind: IntArray | None
    """Clusters in which each term differs."""


def checked_counts(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], cluster: str | None, exposure: str | None
) -> Counts:
    """Counts, terms, exposure and clusters, once they are known to have a fit.

    Raises
    ------
    ParameterError : a missing, incomplete or infinite column, a negative outcome or one that does not vary, exposure
        of zero or less, dependent terms, as many coefficients as rows, a combination of terms that predicts zeros
        perfectly, or fewer than three clusters.
    """
    require_terms(terms)
    used = complete_columns(frame, [outcome, *terms, *(c for c in (cluster, exposure) if c is not None)])
    y, x = amounts(used, outcome), numbers(used, terms)
    if np.ptp(y) == 0:
        raise ParameterError(f"Outcome {outcome!r} does not vary over the {len(used)} rows; give one that does.")
    require_residual_freedom(len(y), x.shape[1] + 2)
    back, design = standardised_design(np.column_stack([np.ones(len(y)), x]), terms)
    if np.linalg.cond(design) > 1e8:
        raise ParameterError(f"The terms {list(terms)} are linearly dependent; leave one out.")
    if separated_rows(design, np.where(y == 0, -1, 0)).any():
        raise ParameterError(
            f"The terms {list(terms)}, or one of them, predict outcomes of zero perfectly, so that an estimate is not "
            "finite; leave a term out or merge categories."
        )
    offset = np.log(positive(used, exposure)) if exposure is not None else np.zeros(len(y))
    if cluster is None:
        return Counts(y, design, back, offset, None, None, None)
    code, n_clusters = cluster_codes(used, cluster, FEWEST_CLUSTERS)
    return Counts(y, design, back, offset, code, n_clusters, clusters_behind(x, code))


def assembled(
    data: Counts, terms: Sequence[str], coefficients: FloatArray, covariance: FloatArray, alpha: float
) -> tuple[pd.DataFrame, list[str]]:
    """The table of raw terms, and sentences on those that differ in few clusters."""
    error, notes = np.sqrt(np.diag(data.back @ covariance @ data.back.T)), []
    if data.behind is not None and data.n_clusters is not None:
        error[1:] = np.where(data.behind > 1, error[1:], np.nan)
        notes = cluster_notes(terms, data.behind, data.n_clusters)
    df = np.inf if data.n_clusters is None else data.n_clusters - 1
    return coefficient_table(
        ["intercept", *terms], data.back @ coefficients, error, alpha, df, ratio="rate_ratio"
    ), notes


def negative_binomial(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    cluster: str | None = None,
    *,
    exposure: str | None = None,
    alpha: float = 0.05,
) -> CountRegression:
    """Negative binomial regression (NB2: variance mu + dispersion mu^2) by maximum likelihood, through statsmodels.

    E[y | x] = exposure exp(x' b). Errors come from the observed information; with `cluster` from the sandwich over
    clusters (factor G / (G - 1)). Where counts vary no more than Poisson, the likelihood is greatest at a dispersion
    of zero: the fit is then Poisson and says so.

    Parameters
    ----------
    frame : one row per unit or unit and period. outcome : whole numbers from 0; exposure : amounts above zero.

    Raises
    ------
    ParameterError : data refused by `checked_counts`, outcomes that are no whole numbers, or no convergence.
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial, Poisson

    data = checked_counts(frame, outcome, terms, cluster, exposure)
    fraction = data.y != np.round(data.y)
    if fraction.any():
        row = int(np.argmax(fraction))
        raise ParameterError(
            f"Outcome {outcome!r} is {data.y[row]:g} in row {frame.index[row]}; counts are whole numbers. Use "
            "population_averaged or ppml for amounts."
        )
    k = data.design.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # failed convergence is refused below
        poisson = Poisson(data.y, data.design, offset=data.log_exposure).fit(method="newton", maxiter=100, disp=False)
        mu = np.asarray(poisson.predict(), np.float64)
        model = Poisson(data.y, data.design, offset=data.log_exposure)
        parameters = np.asarray(poisson.params, np.float64)
        # The slope of the likelihood in the dispersion at zero.
        excess = float(np.sum((data.y - mu) ** 2 - data.y))
        if excess > 0:
            model = NegativeBinomial(data.y, data.design, loglike_method="nb2", offset=data.log_exposure)
            rough = max(excess / float(np.sum(mu**2)), 1e-3)
            parameters = np.append(parameters, rough)
            fit = model.fit(parameters, method="bfgs", maxiter=35, gtol=1e-6, disp=False)
            parameters = newton_steps(model, np.asarray(fit.params, np.float64))
    information = -np.asarray(model.hessian(parameters), np.float64)
    if not np.isfinite(parameters).all() or np.linalg.eigvalsh(information)[0] <= 0:
        raise ParameterError(f"The negative binomial fit of {outcome!r} does not converge; use fewer terms.")
    covariance: FloatArray = np.asarray(np.linalg.inv(information), np.float64)
    if data.code is not None and data.n_clusters is not None:
        total = cluster_totals(np.asarray(model.score_obs(parameters)) @ covariance, data.code, data.n_clusters)
        covariance = total.T @ total
    table, notes = assembled(data, terms, parameters[:k], covariance[:k, :k], alpha)
    value = float(model.loglike(parameters))
    if excess <= 0:
        notes.append("The counts vary no more than Poisson: the dispersion is zero and the fit is Poisson.")
    ratio = max(0.0, 2 * (value - float(poisson.llf)))
    return CountRegression(
        table,
        float(parameters[k]) if excess > 0 else 0.0,
        float(np.sqrt(covariance[k, k])) if excess > 0 else np.nan,
        float(above_zero(0.5 * chdtrc(1, ratio))) if excess > 0 else 1.0,
        np.nan,
        value,
        len(data.y),
        data.n_clusters,
        tuple(notes),
    )


def newton_steps(model: object, parameters: FloatArray) -> FloatArray:
    """Parameters of a statsmodels likelihood carried from a neighbourhood of its maximum to machine accuracy."""
    for _ in range(30):
        step = np.linalg.solve(model.hessian(parameters), model.score(parameters))  # type: ignore[attr-defined]
        parameters = np.asarray(parameters - step, np.float64)
        if np.max(np.abs(step)) < 1e-10 * (1 + np.abs(parameters).max()):
            return parameters
    return np.full_like(parameters, np.nan)


def population_averaged(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    unit: str,
    *,
    correlation: Correlation = "exchangeable",
    errors: Errors = "robust",
    exposure: str | None = None,
    alpha: float = 0.05,
) -> CountRegression:
    """Poisson generalised estimating equations (Liang and Zeger 1986), through statsmodels.

    E[y | x] = exposure exp(x' b), averaged over units; counts of one unit are correlated, and the coefficients are
    consistent whatever that correlation is.

    Parameters
    ----------
    frame : one row per unit and occasion, outcome of zero or more.
    correlation : working correlation of counts of one unit.
    errors : "robust" (sandwich over units), or "bias-reduced" for few units (Mancl and DeRouen 2001).

    Raises
    ------
    ParameterError : data refused by `checked_counts`, an unknown option, or no convergence.
    """
    from statsmodels.genmod.cov_struct import Exchangeable, Independence
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_estimating_equations import GEE

    if correlation not in get_args(Correlation) or errors not in get_args(Errors):
        raise ParameterError(
            f"correlation is {correlation!r} and errors {errors!r}; use one of {', '.join(get_args(Correlation))} and "
            f"one of {', '.join(get_args(Errors))}."
        )
    require_columns(frame, [unit])
    data = checked_counts(frame, outcome, terms, unit, exposure)
    # The library stops at an absolute tolerance, so amounts are fitted in a unit near their mean.
    scale = power_of_two(float(data.y.mean()))
    structure = Exchangeable() if correlation == "exchangeable" else Independence()
    with library(f"The estimating equations of {outcome!r} fail; look for counts or exposures far beyond the others"):
        model = GEE(
            data.y / scale, data.design, data.code, family=Poisson(), cov_struct=structure, offset=data.log_exposure
        )
        fit = model.fit(maxiter=200, ctol=1e-10, cov_type="robust" if errors == "robust" else "bias_reduced")
    coefficients, covariance = np.asarray(fit.params, np.float64), np.asarray(fit.cov_params(), np.float64)
    if not fit.converged or not np.isfinite(covariance).all():
        raise ParameterError(f"The estimating equations of {outcome!r} do not converge; use fewer terms.")
    coefficients[0] += np.log(scale)
    table, notes = assembled(data, terms, coefficients, covariance, alpha)
    if errors == "robust" and data.n_clusters is not None and data.n_clusters < FEW_FOR_ROBUST:
        notes.append(f"Robust errors of {data.n_clusters} units are too small; use errors='bias-reduced'.")
    found = float(structure.dep_params) if correlation == "exchangeable" else np.nan
    missing = (np.nan,) * 3
    return CountRegression(table, *missing, found, np.nan, len(data.y), data.n_clusters, tuple(notes))
