"""Regressions for counts and shares of counts: gravity by Poisson pseudo-likelihood, and beta-binomial.

Both let the variance be larger than the textbook model says, which counts of human affairs always need: the first by
robust errors, the second by a parameter that measures it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import chdtrc, digamma, expit, gammaln, ndtr, ndtri, polygamma, stdtrit

from crimjust_research.designs.series.checks import FloatArray
from crimjust_research.errors import ParameterError

LARGEST_PRECISION = 1e6  # beyond it the beta-binomial cannot be told from the binomial in any table of counts


def complete_columns(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns of the frame, once they are known to be there and complete.

    Raises
    ------
    ParameterError : naming the column that is absent or has holes.
    """
    for column in columns:
        if column not in frame:
            raise ParameterError(f"Column {column!r} is not in the table; it has {', '.join(map(str, frame.columns))}.")
        holes = int(frame[column].isna().sum())
        if holes:
            raise ParameterError(f"Column {column!r} misses {holes} of {len(frame)} values; drop them knowingly first.")
    return frame[list(dict.fromkeys(columns))]


# --- Gravity ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FixedEffectsFit:
    """Coefficients of a regression with absorbed effects, errors clustered."""

    table: pd.DataFrame
    """Per term: term, estimate, std_error, t, p_value, ci_low, ci_high; t on n_clusters - 1 degrees of freedom."""
    n_obs: int
    n_clusters: int
    dropped: int
    """Rows that cannot inform the fit: effects whose outcomes are all zero (Poisson), outcomes of zero (logs)."""


def ppml(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float = 0.05,
) -> FixedEffectsFit:
    """Poisson pseudo-maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006), by pyfixest.

    E[y | x] = exp(x' b + effects). Consistent if that mean is right, whatever the distribution of y; zeros belong in
    it, and a log-linear regression without them is biased when the spread of y depends on x.

    Parameters
    ----------
    frame : one row per pair (and period); outcome of zero or more.
    effects : columns, or tuples of columns whose combinations each get an effect, such as ("exporter", "year").
    cluster : column within which errors may depend on each other, such as the pair.

    Raises
    ------
    ParameterError : a missing or incomplete column, a negative outcome, or terms that the effects absorb.
    """
    return absorbed_regression(frame, outcome, terms, effects, cluster, alpha, "poisson")


def log_linear(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float = 0.05,
) -> FixedEffectsFit:
    """Least squares of log outcome where it is positive, with absorbed effects: the companion `ppml` improves on.

    Parameters and errors are those of `ppml`; rows with an outcome of zero are dropped and counted.
    """
    return absorbed_regression(frame, outcome, terms, effects, cluster, alpha, "log")


def absorbed_regression(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float,
    kind: Literal["poisson", "log"],
) -> FixedEffectsFit:
    """Shared fit of `ppml` and `log_linear`, under plain column names so that any name is allowed in the frame."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pyfixest import feols, fepois
        from pyfixest.errors import NonConvergenceError

    absorbed = [effect if isinstance(effect, tuple) else (effect,) for effect in effects]
    if not terms or not absorbed:
        raise ParameterError("Name at least one term and one absorbed effect.")
    used = complete_columns(frame, [outcome, *terms, cluster, *(name for effect in absorbed for name in effect)])
    y = used[outcome].to_numpy(np.float64)
    if y.min() < 0 or not np.isfinite(y).all():
        raise ParameterError(f"Outcome {outcome!r} holds {y.min():g}; it must be finite and not negative.")
    kept = used if kind == "poisson" else used[y > 0]
    if kept.empty or np.ptp(kept[outcome].to_numpy(np.float64)) == 0:
        raise ParameterError(f"Outcome {outcome!r} does not vary over the {len(kept)} rows that can be used.")
    plain = pd.DataFrame({"y": kept[outcome].to_numpy(np.float64)})
    if kind == "log":
        plain["y"] = np.log(plain["y"])
    for number, term in enumerate(terms):
        plain[f"x{number}"] = kept[term].to_numpy(np.float64)
    for number, effect in enumerate(absorbed):
        plain[f"f{number}"] = kept.groupby(list(effect)).ngroup().to_numpy()
    plain["g"] = pd.factorize(kept[cluster])[0]
    right = " + ".join(f"x{number}" for number in range(len(terms)))
    formula = f"y ~ {right} | {' + '.join(f'f{number}' for number in range(len(absorbed)))}"
    with warnings.catch_warnings():
        # The library's own calls to pandas are on their way out; what it drops is counted in the result instead.
        warnings.simplefilter("ignore")
        try:
            fit = (fepois if kind == "poisson" else feols)(formula, plain, vcov={"CRV1": "g"})
        except NonConvergenceError as failure:
            raise ParameterError(f"The Poisson fit of {outcome!r} does not converge; use fewer effects.") from failure
        except ValueError as refusal:
            if "collinear" not in str(refusal):
                raise
            raise ParameterError(f"None of {list(terms)} varies once the effects are absorbed.") from refusal
    tidy = fit.tidy().reindex([f"x{number}" for number in range(len(terms))])
    if tidy["Estimate"].isna().any():
        absent = terms[int(np.argmax(tidy["Estimate"].isna()))]
        raise ParameterError(f"Term {absent!r} does not vary once the effects are absorbed; leave it out.")
    clusters = int(fit._G[0])
    estimate, error = tidy["Estimate"].to_numpy(), tidy["Std. Error"].to_numpy()
    reach = stdtrit(clusters - 1, 1 - alpha / 2) * error
    table = pd.DataFrame(
        {
            "term": list(terms),
            "estimate": estimate,
            "std_error": error,
            "t": estimate / error,
            "p_value": tidy["Pr(>|t|)"].to_numpy(),
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
        }
    )
    return FixedEffectsFit(table, int(fit._N), clusters, len(frame) - int(fit._N))


# --- Beta-binomial ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BetaBinomial:
    """Regression of shares of counts that vary more than the binomial."""

    table: pd.DataFrame
    """Per term, intercept first: term, estimate (log odds), std_error, z, p_value, ci_low, ci_high."""
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


def logistic_fit(successes: FloatArray, trials: FloatArray, design: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximum likelihood coefficients (k,) of binomial logistic regression by Newton steps, and their information.

    Raises
    ------
    ParameterError : the shares can be separated perfectly, so that a coefficient has no finite value.
    """
    b = np.zeros(design.shape[1])
    for _ in range(50):
        mu = expit(design @ b)
        information = (design * (trials * mu * (1 - mu))[:, None]).T @ design
        if np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, design.T @ (successes - trials * mu))
        b = b + step
        if np.max(np.abs(step)) < 1e-10:
            return b, information
    raise ParameterError(
        "A term separates the outcome perfectly, or terms are linearly dependent; leave it out or merge categories."
    )


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
    used = complete_columns(frame, [successes, trials, *terms, *([] if cluster is None else [cluster])])
    y, n = used[successes].to_numpy(np.float64), used[trials].to_numpy(np.float64)
    wrong = (y < 0) | (y > n) | (n < 1) | (y != np.round(y)) | (n != np.round(n))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ParameterError(
            f"Row {used.index[row]!r} has {y[row]:g} of {n[row]:g}; give whole numbers, 0 <= {successes} <= {trials}."
        )
    if n.max() < 2:
        raise ParameterError("Every row has a single trial; over-dispersion cannot be seen, use logistic regression.")
    raw = np.column_stack([np.ones(len(used)), used[list(terms)].to_numpy(np.float64)])
    k = raw.shape[1]
    if len(used) <= k + 1:
        raise ParameterError(f"{len(used)} rows are too few for {k} coefficients and a dispersion.")
    # Centred and scaled terms condition the search; coefficients are mapped back with their covariance.
    back, design = standardised(raw)
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
        code, names = pd.factorize(used[cluster])
        n_clusters = len(names)
        if n_clusters < 2:
            raise ParameterError(f"Column {cluster!r} holds one cluster; errors by cluster need at least two.")
        total = np.zeros((n_clusters, score.shape[1]))
        np.add.at(total, code, score @ inverse)
        covariance = total.T @ total * n_clusters / (n_clusters - 1)
    if not limit:
        reach = ndtri(1 - alpha / 2) * np.sqrt(covariance[-1, -1])
        correlation, low, high = (float(expit(-parameters[-1] + side * reach)) for side in (0, -1, 1))
    chi2 = max(0.0, 2 * (value - float(binomial_value)))
    return BetaBinomial(
        table=coefficient_table(["intercept", *terms], back @ coefficients, back @ covariance[:k, :k] @ back.T, alpha),
        correlation=correlation,
        correlation_ci_low=low,
        correlation_ci_high=high,
        dispersion_chi2=chi2,
        dispersion_p=1.0 if limit else 0.5 * float(chdtrc(1, chi2)),
        log_likelihood=value,
        binomial_log_likelihood=float(binomial_value),
        at_binomial_limit=limit,
        n_rows=len(used),
        n_clusters=n_clusters,
    )


def standardised(raw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A design (rows, k) whose first column is the constant, with the others centred and scaled, and the map back.

    The map (k, k) turns coefficients of the standardised design into those of the raw one.

    Raises
    ------
    ParameterError : a term that is constant.
    """
    mean, spread = raw[:, 1:].mean(axis=0), raw[:, 1:].std(axis=0)
    if np.any(spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)):
        raise ParameterError(
            f"Term number {int(np.argmin(spread)) + 1} is constant; the intercept already stands for it."
        )
    back = np.diag(np.append(1.0, 1 / spread))
    back[0, 1:] = -mean / spread
    return back, np.column_stack([raw[:, 0], (raw[:, 1:] - mean) / spread])


def coefficient_table(terms: Sequence[str], estimate: FloatArray, covariance: FloatArray, alpha: float) -> pd.DataFrame:
    """Columns term, estimate, std_error, z, p_value, ci_low, ci_high, by the normal distribution."""
    error = np.sqrt(np.diag(covariance))
    z, reach = estimate / error, ndtri(1 - alpha / 2) * error
    return pd.DataFrame(
        {
            "term": list(terms),
            "estimate": estimate,
            "std_error": error,
            "z": z,
            "p_value": 2 * ndtr(-np.abs(z)),
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
        }
    )


def simulate_beta_binomial(
    chance: ArrayLike, trials: ArrayLike, correlation: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Counts of successes with mean chance `mu`, `trials` tries and within-row correlation `correlation` (0: binomial).

    Raises
    ------
    ParameterError : a correlation outside [0, 1).
    """
    if not 0 <= correlation < 1:
        raise ParameterError(f"The correlation is {correlation}; give 0 (binomial) up to below 1.")
    mu = np.asarray(chance, np.float64)
    if correlation > 0:
        phi = 1 / correlation - 1
        mu = rng.beta(mu * phi, (1 - mu) * phi)
    return np.asarray(rng.binomial(np.asarray(trials, np.int64), mu), np.int64)
