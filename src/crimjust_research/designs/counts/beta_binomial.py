"""Beta-binomial regression of shares of counts, whose variance is larger than that of coin tosses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import chdtrc, digamma, expit, gammaln, ndtri, polygamma

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import (
    cluster_codes,
    complete_columns,
    numbers,
    real_numbers,
    require_level,
    require_terms,
)
from crimjust_research.designs.counts.logistic import cluster_totals, logistic_fit, standardised_design
from crimjust_research.designs.fit import Printed, above_zero, coefficient_table
from crimjust_research.errors import ParameterError

LARGEST_PRECISION = 1e6  # beyond it the beta-binomial cannot be told from the binomial in any table of counts


@dataclass(frozen=True, repr=False)
class BetaBinomial(Printed):
    """Regression of shares of counts that vary more than the binomial."""

    table: pd.DataFrame
    """Per term, intercept first: term, estimate (log odds), std_error, ci_low, ci_high, p_value."""
    correlation: float
    """Within-row correlation of trials, rho: the variance is n mu (1 - mu) (1 + (n - 1) rho). Zero: binomial."""
    correlation_ci_low: float
    correlation_ci_high: float
    """On the logit scale; missing at the binomial limit."""
    dispersion_chi2: float
    dispersion_p: float
    """Likelihood ratio against the binomial; half the chi-squared tail on 1 degree, because rho cannot be negative."""
    log_likelihood: float
    binomial_log_likelihood: float
    at_binomial_limit: bool
    """The counts vary no more than the binomial: rho is 0 and the coefficients are those of logistic regression."""
    n_rows: int
    n_clusters: int | None


def beta_binomial_likelihood(
    parameters: FloatArray, successes: FloatArray, trials: FloatArray, design: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log-likelihood (rows,) and its gradient (rows, k + 1) of y out of n, y ~ binomial(n, p), p ~ beta(a, b).

    a = mu phi, b = (1 - mu) phi, logit mu = x' coefficients, phi = 1 / rho - 1.

    Parameters
    ----------
    parameters : (k + 1,), the coefficients and then log phi; design : (rows, k).
    """
    phi = float(np.exp(parameters[-1]))
    mu = expit(design @ parameters[:-1])
    a, b, failures = mu * phi, (1 - mu) * phi, trials - successes
    value = (
        gammaln(trials + 1) - gammaln(successes + 1) - gammaln(failures + 1)
        + gammaln(successes + a) - gammaln(a) + gammaln(failures + b) - gammaln(b)
        + gammaln(phi) - gammaln(trials + phi)
    )  # fmt: skip
    up, down = digamma(successes + a) - digamma(a), digamma(failures + b) - digamma(b)
    by_phi = mu * up + (1 - mu) * down - digamma(trials + phi) + digamma(phi)
    slope = phi * (up - down) * mu * (1 - mu)
    return value, np.column_stack([design * slope[:, None], by_phi * phi])


def beta_binomial_hessian(
    parameters: FloatArray, successes: FloatArray, trials: FloatArray, design: FloatArray
) -> FloatArray:
    """Second derivatives (k + 1, k + 1) of the log-likelihood of `beta_binomial_likelihood`, summed over rows."""
    phi = float(np.exp(parameters[-1]))
    mu = expit(design @ parameters[:-1])
    a, b, failures = mu * phi, (1 - mu) * phi, trials - successes
    up, down = digamma(successes + a) - digamma(a), digamma(failures + b) - digamma(b)
    by_phi = mu * up + (1 - mu) * down - digamma(trials + phi) + digamma(phi)
    curve_up = polygamma(1, successes + a) - polygamma(1, a)
    curve_down = polygamma(1, failures + b) - polygamma(1, b)
    curve_all = polygamma(1, trials + phi) - polygamma(1, phi)
    slope = mu * (1 - mu)
    mu_mu = phi**2 * (curve_up + curve_down)
    mu_phi = up - down + phi * (mu * curve_up - (1 - mu) * curve_down)
    phi_phi = mu**2 * curve_up + (1 - mu) ** 2 * curve_down - curve_all
    hessian = np.empty((design.shape[1] + 1,) * 2)
    bend = mu_mu * slope**2 + phi * (up - down) * slope * (1 - 2 * mu)
    hessian[:-1, :-1] = (design * bend[:, None]).T @ design
    hessian[:-1, -1] = hessian[-1, :-1] = design.T @ (mu_phi * slope * phi)
    hessian[-1, -1] = np.sum(phi_phi * phi**2 + by_phi * phi)
    return hessian


def beta_binomial(
    frame: pd.DataFrame,
    successes: str,
    trials: str,
    terms: Sequence[str],
    cluster: str | None = None,
    alpha: float = 0.05,
) -> BetaBinomial:
    """Beta-binomial regression with a logit link (Crowder 1978), by maximum likelihood with analytic derivatives.

    Each row has its own chance, beta-distributed around mu = expit(x' b), so that shares vary more than coin tosses
    would. Errors come from the observed information; with `cluster` from the sandwich over clusters (factor
    G / (G - 1)), for rows that belong together, such as the articles of one State. Where the likelihood has no maximum
    at a finite precision, the fit is the binomial one and says so.

    Parameters
    ----------
    frame : one row per group of trials. successes, trials : columns of whole numbers, 0 <= successes <= trials, >= 1.
    terms : columns of numbers; an intercept is added.

    Raises
    ------
    ParameterError : a missing or incomplete column, counts that do not fit, no trial count above 1 (then dispersion
        cannot be seen), perfect separation, or fewer than two clusters.
    """
    require_level(alpha)
    require_terms(terms)
    used = complete_columns(frame, [successes, trials, *terms, *([] if cluster is None else [cluster])])
    y, n = numbers(used, [successes, trials]).T
    wrong = (y < 0) | (y > n) | (n < 1) | (y != np.round(y)) | (n != np.round(n))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ParameterError(
            f"Row {used.index[row]!r} has {y[row]:g} of {n[row]:g}; give whole numbers, 0 <= {successes} <= {trials}."
        )
    if len(used) == 0:
        raise ParameterError(f"No row has {successes!r} of {trials!r}; the table is empty.")
    if n.max() < 2:
        raise ParameterError("Every row has a single trial; over-dispersion cannot be seen, use logistic regression.")
    raw = np.column_stack([np.ones(len(used)), numbers(used, terms)])
    k = raw.shape[1]
    if len(used) <= k + 1:
        raise ParameterError(f"{len(used)} rows are too few for {k} coefficients and a dispersion; use fewer terms.")
    # Centred and scaled terms condition the search; coefficients are mapped back with their covariance.
    back, design = standardised_design(raw, terms)
    start, information = logistic_fit(y, n, design)
    mu = expit(design @ start)
    binomial_value = np.sum(
        gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) + y * np.log(mu) + (n - y) * np.log1p(-mu)
    )

    def objective(parameters: FloatArray) -> tuple[float, FloatArray]:
        value, score = beta_binomial_likelihood(parameters, y, n, design)
        return -float(value.sum()), -score.sum(axis=0)

    pearson = np.sum((y - n * mu) ** 2 / (n * mu * (1 - mu))) / (len(y) - k)
    rough = np.clip((pearson - 1) / max(n.mean() - 1, 1), 0.005, 0.5)
    found = minimize(
        objective,
        np.append(start, np.log(1 / rough - 1)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * k + [(-12.0, np.log(LARGEST_PRECISION))],
        options={"maxiter": 200, "ftol": 1e-10},
    )
    parameters = np.asarray(found.x, np.float64)
    limit = bool(np.exp(parameters[-1]) > LARGEST_PRECISION / 2 or -found.fun <= binomial_value)
    if limit:
        coefficients, inverse = start, np.linalg.inv(information)
        score = design * (y - n * mu)[:, None]
        correlation, low, high, value = 0.0, np.nan, np.nan, float(binomial_value)
    else:
        for _ in range(20):  # Newton steps to machine accuracy
            _, score = beta_binomial_likelihood(parameters, y, n, design)
            step = np.linalg.solve(beta_binomial_hessian(parameters, y, n, design), score.sum(axis=0))
            parameters = parameters - step
            if np.max(np.abs(step)) < 1e-10:
                break
        coefficients, inverse = parameters[:-1], np.linalg.inv(-beta_binomial_hessian(parameters, y, n, design))
        values, score = beta_binomial_likelihood(parameters, y, n, design)
        value = float(values.sum())
    covariance = inverse
    n_clusters = None
    if cluster is not None:
        code, n_clusters = cluster_codes(used, cluster, 2)
        total = cluster_totals(score @ inverse, code, n_clusters)
        covariance = total.T @ total
    if not limit:
        reach = ndtri(1 - alpha / 2) * np.sqrt(covariance[-1, -1])
        correlation, low, high = (float(expit(-parameters[-1] + side * reach)) for side in (0, -1, 1))
    chi2 = max(0.0, 2 * (value - float(binomial_value)))
    error = np.sqrt(np.diag(back @ covariance[:k, :k] @ back.T))
    return BetaBinomial(
        table=coefficient_table(["intercept", *terms], back @ coefficients, error, alpha),
        correlation=correlation,
        correlation_ci_low=low,
        correlation_ci_high=high,
        dispersion_chi2=chi2,
        dispersion_p=1.0 if limit else float(above_zero(0.5 * chdtrc(1, chi2))),
        log_likelihood=value,
        binomial_log_likelihood=float(binomial_value),
        at_binomial_limit=limit,
        n_rows=len(used),
        n_clusters=n_clusters,
    )


def simulate_beta_binomial(
    chance: ArrayLike, trials: ArrayLike, correlation: float, rng: np.random.Generator
) -> IntArray:
    """Counts of successes in `trials` tries with mean `chance` and within-row correlation `correlation` (0: binomial).

    Parameters
    ----------
    chance, trials : numbers or arrays, of one shape where both are arrays.

    Raises
    ------
    ParameterError : a correlation outside [0, 1), chances outside 0 to 1, trials that are no whole numbers, or other numbers
        of chances than of trials.
    """
    if not isinstance(correlation, int | float) or not 0 <= correlation < 1:
        raise ParameterError(f"The correlation is {correlation!r}; give 0 (binomial) up to below 1.")
    mu, tries = real_numbers(chance, "chance"), real_numbers(trials, "number of trials")
    if not np.all((mu >= 0) & (mu <= 1)) or not np.all((tries >= 0) & (tries < 2**53) & (tries == np.round(tries))):
        raise ParameterError("Chances must lie between 0 and 1, and trials be whole numbers; correct them.")
    if not (mu.ndim == 0 or tries.ndim == 0 or mu.shape == tries.shape):
        raise ParameterError(f"{mu.size} chances and {tries.size} numbers of trials; give one of each.")
    if correlation > 0:
        mu = np.clip(mu, 1e-12, 1 - 1e-12)  # the beta distribution has no certain chance
        phi = 1 / correlation - 1
        mu = rng.beta(mu * phi, (1 - mu) * phi)
    return np.asarray(rng.binomial(tries.astype(np.int64), mu), np.int64)
