"""Vector autoregressions on one sample or on a stack of simulated ones.

Arrays are (..., T, K): any leading axes, T dates, K variables. The same arithmetic therefore serves a single
test and the thousands of samples that measure its size and power.
Reference for the whole module: Lütkepohl (2005), New Introduction to Multiple Time Series Analysis, chapters 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import chdtrc, fdtrc

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.fit import above_zero
from crimjust_research.errors import ParameterError

Criterion = Literal["aic", "hqic", "bic"]

FEWEST_RESIDUAL_DF = 10
NO_NOISE = 1e-20  # of a response's sum of squares; less than this unexplained is rounding
WELL_APART = 1e-4  # of a regressor's length beside the others, with which sums of products keep eight digits at least
LEAST_LEFT = 1e-10  # of a regressor's length beside the others; what is less depends on them
DEPENDENT = (
    "The regressors are linearly dependent (identical series, or more seasonal terms than the window supports); use fewer "
    "lags or terms, or different series."
)
REPRODUCED = (
    "A series is reproduced exactly by the lags and terms, so there is no noise to hold a test against; use fewer lags or "
    "terms, a wider window, or another series."
)
RESIDUAL_LAGS, RESIDUAL_LEVEL = 4, 0.05  # of the test that residuals are not autocorrelated


@dataclass(frozen=True)
class LeastSquares:
    """Equation-by-equation least squares of K responses on k shared regressors."""

    coefficients: FloatArray
    """(..., k, K)"""
    residuals: FloatArray
    """(..., n, K)"""
    inverse_gram: FloatArray
    """(..., k, k): inverse of the cross-product of the regressors."""
    taken_out: int = 0
    """Regressors that had been taken out of all others and of the responses before; see `without_terms`."""

    @property
    def residual_df(self) -> int:
        """Observations less regressors."""
        return int(self.residuals.shape[-2] - self.coefficients.shape[-2] - self.taken_out)


@dataclass(frozen=True)
class ExclusionTest:
    """Wald test that chosen coefficients of one equation are all zero; one entry per sample of the stack."""

    chi2: FloatArray
    p_chi2: FloatArray
    f: FloatArray
    p_f: FloatArray
    df: int
    residual_df: int


@dataclass(frozen=True)
class LagChoice:
    """Every lag tried with its criterion and residual test; axis 0 runs over lags 1..max_lag."""

    criterion_values: FloatArray
    autocorrelation_p: FloatArray
    criterion_lag: IntArray
    """Lag with the smallest criterion."""
    lag: IntArray
    """First lag from there whose residuals pass the autocorrelation test; the largest tried if none does."""


def least_squares(design: FloatArray, response: FloatArray) -> LeastSquares:
    """Least squares by QR on columns scaled to unit length, so that units of measurement cannot cost accuracy.

    Parameters
    ----------
    design : (..., n, k); response : (..., n, K).

    Raises
    ------
    ParameterError : the regressors are linearly dependent.
    """
    length = lengths(design)[..., None, :]
    if not np.all(length > 0):
        raise ParameterError("A regressor is zero throughout the sample; drop it or widen the window.")
    q, r = np.linalg.qr(design / length)
    diagonal = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    if np.any(diagonal.min(axis=-1) < LEAST_LEFT):
        raise ParameterError(DEPENDENT)
    inverse_r = np.linalg.inv(r) / np.swapaxes(length, -1, -2)
    coefficients = inverse_r @ (np.swapaxes(q, -1, -2) @ response)
    left = response - design @ coefficients
    return LeastSquares(coefficients, left, inverse_r @ np.swapaxes(inverse_r, -1, -2))


def lengths(columns: FloatArray) -> FloatArray:
    """(..., k) of each column of (..., n, k)."""
    return np.asarray(np.sqrt(np.einsum("...nk,...nk->...k", columns, columns)))


def without_terms(design: FloatArray, response: FloatArray, terms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What the terms leave of design (..., n, k) and response (..., n, K).

    Least squares of one on the other has the coefficients, residuals and errors that it has with the terms beside (Frisch,
    Waugh and Lovell). Samples that share their terms so need not fit them again, one by one.

    Parameters
    ----------
    terms : (n, q), shared by the stack.

    Raises
    ------
    ParameterError : terms that depend on each other or that reproduce a regressor or a response exactly.
    """
    basis, triangle = np.linalg.qr(terms / lengths(terms))
    left = [z - basis @ (basis.T @ z) for z in (design, response)]
    of_design, of_response = (lengths(rest) / lengths(z) for rest, z in zip(left, (design, response), strict=True))
    if not (np.all(np.abs(np.diag(triangle)) >= LEAST_LEFT) and np.all(of_design >= LEAST_LEFT)):
        raise ParameterError(DEPENDENT)
    if not np.all(of_response**2 > NO_NOISE):
        raise ParameterError(REPRODUCED)
    return left[0], left[1]


def noisy_least_squares(design: FloatArray, response: FloatArray) -> LeastSquares:
    """`least_squares` of responses that leave something unexplained, without which no error can be told.

    Raises
    ------
    ParameterError : regressors that are dependent, or that reproduce a response exactly.
    """
    fit = least_squares(design, response)
    if np.any(np.sum(fit.residuals**2, axis=-2) <= NO_NOISE * np.sum(response**2, axis=-2)):
        raise ParameterError(REPRODUCED)
    return fit


def upper_factor(columns: FloatArray) -> FloatArray:
    """(..., k, k) triangles R, R'R the cross-products of columns (..., n, k).

    From the cross-products where all columns are well apart, which for a stack of samples is several times as fast as their QR.
    """
    products = np.swapaxes(columns, -1, -2) @ columns
    try:
        factor = np.swapaxes(np.linalg.cholesky(products), -1, -2)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.qr(columns, mode="r"))
    if np.all(_own(factor) > WELL_APART * lengths(factor)):
        return np.asarray(factor)
    return np.asarray(np.linalg.qr(columns, mode="r"))


def _own(factor: FloatArray) -> FloatArray:
    """(..., k) length of each column of a triangle beside those before it."""
    return np.asarray(np.abs(np.diagonal(factor, axis1=-2, axis2=-1)))


def stacked_least_squares(design: FloatArray, response: FloatArray, taken_out: int = 0) -> LeastSquares:
    """`noisy_least_squares` for stacks of samples, from one triangle of regressors and responses in each.

    Parameters
    ----------
    taken_out : regressors that `without_terms` took out of both before.
    """
    k = design.shape[-1]
    factor = upper_factor(np.concatenate([design, response], axis=-1))
    length = lengths(factor)
    if not np.all(_own(factor)[..., :k] >= LEAST_LEFT * length[..., :k]) or not np.all(length[..., :k] > 0):
        raise ParameterError(DEPENDENT)
    if not np.all(lengths(factor[..., k:, k:]) ** 2 > NO_NOISE * length[..., k:] ** 2):
        raise ParameterError(REPRODUCED)
    inverse = np.linalg.inv(factor[..., :k, :k])
    coefficients = inverse @ factor[..., :k, k:]
    left = response - design @ coefficients
    return LeastSquares(coefficients, left, np.asarray(inverse @ np.swapaxes(inverse, -1, -2)), taken_out)


def lagged_design(
    levels: FloatArray, lags: int, terms: FloatArray, skip: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """Regressors and responses of a VAR: lag 1 of all K variables, lag 2, ..., then the deterministic terms.

    Parameters
    ----------
    levels : (..., T, K); terms : (T, q), shared by the stack.
    skip : dates dropped at the start, at least `lags`, so that several lags can share one sample.
    """
    skip = lags if skip is None else skip
    n_dates = levels.shape[-2]
    lagged = [levels[..., skip - lag : n_dates - lag, :] for lag in range(1, lags + 1)]
    shared = np.broadcast_to(terms[skip:], (*levels.shape[:-2], n_dates - skip, terms.shape[1]))
    return np.concatenate([*lagged, shared], axis=-1), levels[..., skip:, :]


def require_observations(n_dates: int, n_variables: int, lags: int, n_terms: int) -> None:
    """Refuse a VAR that would leave fewer than ten residual degrees of freedom.

    Raises
    ------
    ParameterError : with the number of dates that would be enough.
    """
    if lags < 1:
        raise ParameterError(f"A lag of {lags} was asked for; the smallest is 1.")
    needed = lags + n_variables * lags + n_terms + FEWEST_RESIDUAL_DF
    if n_dates < needed:
        raise ParameterError(
            f"{n_dates} observations are too few for {lags} lags of {n_variables} variables with {n_terms} "
            f"deterministic terms; at least {needed} are needed. Widen the window or lower the lag."
        )


def exclusion_test(fit: LeastSquares, equation: int, positions: list[int]) -> ExclusionTest:
    """Wald test that the coefficients at `positions` of one equation are zero.

    chi2 = b' [s² (Z'Z)^-1]^-1 b with s² = RSS / (n - k); F = chi2 / q on (q, n - k) degrees of freedom.
    """
    b = fit.coefficients[..., positions, equation]
    df, residual_df = len(positions), fit.residual_df
    variance = np.sum(fit.residuals[..., equation] ** 2, axis=-1) / residual_df
    block = fit.inverse_gram[..., positions, :][..., positions]
    chi2 = np.sum(b * np.linalg.solve(block, b[..., None])[..., 0], axis=-1) / variance
    f = chi2 / df
    return ExclusionTest(chi2, above_zero(chdtrc(df, chi2)), f, above_zero(fdtrc(df, residual_df, f)), df, residual_df)


def information_criterion(fit: LeastSquares, criterion: Criterion) -> FloatArray:
    """log|S| + c(n) m / n, S the residual covariance with divisor n and m the number of coefficients."""
    n, n_variables = fit.residuals.shape[-2:]
    covariance = np.swapaxes(fit.residuals, -1, -2) @ fit.residuals / n
    per_coefficient = {"aic": 2.0, "hqic": 2.0 * np.log(np.log(n)), "bic": np.log(n)}[criterion]
    coefficients = fit.coefficients.shape[-2] * n_variables
    return np.asarray(np.linalg.slogdet(covariance)[1] + per_coefficient * coefficients / n)


def residual_autocorrelation_p(design: FloatArray, fit: LeastSquares, lags: int = RESIDUAL_LAGS) -> FloatArray:
    """p-value of the multivariate Breusch-Godfrey test, in the F form of Edgerton and Shukur (1999).

    The residuals are regressed on the model's own regressors and on `lags` of their own lags (zero before the
    sample). Unlike a portmanteau test this stays valid when the VAR holds integrated series
    (Brüggemann, Lütkepohl and Saikkonen 2006), and the F form keeps its size in samples of 50 to 100.
    """
    lagged = lagged_residuals(fit.residuals, lags, design.shape[-1])
    auxiliary = least_squares(np.concatenate([design, lagged], axis=-1), fit.residuals)
    left, whole = (np.swapaxes(e, -1, -2) @ e for e in (auxiliary.residuals, fit.residuals))
    return _edgerton_shukur(left, whole, lags, fit.residuals.shape[-2], design.shape[-1])


def stacked_residual_autocorrelation_p(design: FloatArray, residuals: FloatArray, basis: FloatArray) -> FloatArray:
    """`residual_autocorrelation_p` of a stack of fits to designs that terms have been taken out of, from cross-products.

    Residuals are free of terms as they are, and their lags are freed here.

    Parameters
    ----------
    design : (S, n, k) without terms; residuals : (S, n, K); basis : (n, q), orthonormal, of the terms.
    """
    n_regressors = design.shape[-1] + basis.shape[1]
    lagged = lagged_residuals(residuals, RESIDUAL_LAGS, n_regressors)
    lagged -= basis @ (basis.T @ lagged)
    factor = upper_factor(np.concatenate([design, lagged, residuals], axis=-1))
    n, n_variables = residuals.shape[-2:]
    left = factor[..., -n_variables:, -n_variables:]
    return _edgerton_shukur(_squared(left), _squared(residuals), RESIDUAL_LAGS, n, n_regressors)


def _squared(columns: FloatArray) -> FloatArray:
    return np.asarray(np.swapaxes(columns, -1, -2) @ columns)


def lagged_residuals(residuals: FloatArray, lags: int, n_regressors: int) -> FloatArray:
    """(..., n, K lags) lags of residuals (..., n, K), zero before the sample.

    Raises
    ------
    ParameterError : too few observations to regress on them beside so many regressors.
    """
    n, n_variables = residuals.shape[-2:]
    extra = n_variables * lags
    if n - n_regressors - extra < FEWEST_RESIDUAL_DF:
        raise ParameterError(
            f"{n} observations are too few to test {lags} lags of residual autocorrelation beside "
            f"{n_regressors} regressors; widen the window or lower the lag."
        )
    lagged = np.zeros((*residuals.shape[:-1], extra))
    for lag in range(1, lags + 1):
        lagged[..., lag:, (lag - 1) * n_variables : lag * n_variables] = residuals[..., : n - lag, :]
    return lagged


def _edgerton_shukur(left: FloatArray, whole: FloatArray, lags: int, n: int, n_regressors: int) -> FloatArray:
    """p of the F form from cross-products (..., K, K) of the auxiliary regression's residuals and of the fit's own."""
    n_variables = whole.shape[-1]
    extra = n_variables * lags
    ratio = np.exp(np.linalg.slogdet(left)[1] - np.linalg.slogdet(whole)[1])
    square_sum = n_variables**2 + extra**2 - 5
    power = np.sqrt((n_variables**2 * extra**2 - 4) / square_sum) if square_sum > 0 else 1.0
    effective = n - n_regressors - extra - 0.5 * (n_variables - extra + 1)
    df2 = effective * power - (0.5 * n_variables * extra - 1)
    root = ratio ** (1 / power)
    return above_zero(fdtrc(n_variables * extra, df2, (1 - root) / root * df2 / (n_variables * extra)))


def choose_lag(levels: FloatArray, terms: FloatArray, max_lag: int, criterion: Criterion) -> LagChoice:
    """Choose a VAR lag by information criterion on one common sample, raised until residuals are white.

    Parameters
    ----------
    levels : (..., T, K); terms : (T, q).

    Raises
    ------
    ParameterError : unknown criterion or too few observations for `max_lag`.
    """
    if criterion not in get_args(Criterion):
        raise ParameterError(f"Criterion {criterion!r} is unknown; use one of {', '.join(get_args(Criterion))}.")
    require_observations(levels.shape[-2], levels.shape[-1], max_lag, terms.shape[1])
    values, p_values = [], []
    for lag in range(1, max_lag + 1):
        design, response = lagged_design(levels, lag, terms, skip=max_lag)
        fit = noisy_least_squares(design, response)
        values.append(information_criterion(fit, criterion))
        p_values.append(residual_autocorrelation_p(design, fit))
    criterion_values, autocorrelation_p = np.stack(values), np.stack(p_values)
    best = np.argmin(criterion_values, axis=0) + 1
    tried = np.arange(1, max_lag + 1).reshape(-1, *([1] * best.ndim))
    acceptable = (tried >= best) & (autocorrelation_p >= RESIDUAL_LEVEL)
    lag_found = np.where(acceptable.any(axis=0), np.argmax(acceptable, axis=0) + 1, max_lag)
    return LagChoice(criterion_values, autocorrelation_p, np.asarray(best, np.int64), np.asarray(lag_found, np.int64))


def chosen_lags(levels: FloatArray, terms: FloatArray, max_lag: int, criterion: Criterion) -> IntArray:
    """The lag of `choose_lag` for each of many samples, levels (S, T, K), in a fraction of the time.

    All lags share one sample and are nested, so one triangular factor has the residuals of every one; the terms, which all
    samples share, are taken out first; and residuals are tested at the lags that come into question only.
    """
    n_dates, n_variables = levels.shape[-2:]
    require_observations(n_dates, n_variables, max_lag, terms.shape[1])
    basis = np.linalg.qr(terms[max_lag:])[0]
    design, response = without_terms(*lagged_design(levels, max_lag, terms[:, :0]), terms[max_lag:])
    factor = upper_factor(np.concatenate([design, response], axis=-1))
    n, tried = n_dates - max_lag, np.arange(1, max_lag + 1)
    left = [factor[..., n_variables * lag :, -n_variables:] for lag in tried]
    unexplained = np.stack([np.linalg.slogdet(_squared(rest) / n)[1] for rest in left])
    per_coefficient = {"aic": 2.0, "hqic": 2.0 * np.log(np.log(n)), "bic": np.log(n)}[criterion]
    lags = np.argmin(unexplained + per_coefficient * n_variables**2 * tried[:, None] / n, axis=0) + 1
    open_ = lags < max_lag
    for lag in tried[:-1]:
        at = np.flatnonzero(open_ & (lags == lag))
        if at.size:
            k = n_variables * lag
            columns = design[at, :, :k]
            coefficients = np.linalg.solve(factor[at, :k, :k], factor[at, :k, -n_variables:])
            p_values = stacked_residual_autocorrelation_p(columns, response[at] - columns @ coefficients, basis)
            white = p_values >= RESIDUAL_LEVEL
            open_[at[white]] = False
            lags[at[~white]] += 1
    return np.asarray(lags, np.int64)


def lags_alone(levels: FloatArray, lags: int, terms: FloatArray) -> LeastSquares:
    """The fit of a VAR of that many lags whose terms are taken out first: only coefficients of lags are found.

    For stacks of samples, levels (S, T, K), which it fits several times as fast; parameters and errors are otherwise those of
    `lagged_design` and `noisy_least_squares`.
    """
    design, response = without_terms(*lagged_design(levels, lags, terms[:, :0]), terms[lags:])
    return stacked_least_squares(design, response, taken_out=terms.shape[1])


def augmented_exclusion_test(
    levels: FloatArray, terms: FloatArray, lags: int, extra: int, cause: int, effect: int
) -> tuple[ExclusionTest, LeastSquares, FloatArray]:
    """Fit a VAR(lags + extra) and test that the first `lags` lags of `cause` are absent from `effect`'s equation.

    With `extra` at least the order of integration the statistic is chi-squared in the limit whether or not the
    series are integrated or cointegrated (Toda and Yamamoto 1995). Returns the test, the fit and its design.

    Raises
    ------
    ParameterError : too few observations for the augmented lag; see also `noisy_least_squares`.
    """
    require_observations(levels.shape[-2], levels.shape[-1], lags + extra, terms.shape[1])
    design, response = lagged_design(levels, lags + extra, terms)
    fit = noisy_least_squares(design, response)
    positions = [lag * levels.shape[-1] + cause for lag in range(lags)]
    return exclusion_test(fit, effect, positions), fit, design


def largest_root(coefficients: FloatArray) -> float:
    """Largest modulus among the eigenvalues of the companion matrix of one VAR; above one it explodes.

    Parameters
    ----------
    coefficients : (lags, K, K), entry [l, i, j] the effect of variable j, l + 1 dates back, on variable i.
    """
    lags, n_variables, _ = coefficients.shape
    companion = np.eye(n_variables * lags, k=-n_variables)
    companion[:n_variables] = np.moveaxis(coefficients, 0, 1).reshape(n_variables, n_variables * lags)
    return float(np.abs(np.linalg.eigvals(companion)).max())
