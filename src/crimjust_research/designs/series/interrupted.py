"""Interrupted time series: what one series does at dated events, alone or beside a control series.

Only time is compared, so whatever else happened at an event is read as the event's; a control series takes out what
struck both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import LARGEST, require_level, require_whole
from crimjust_research.designs.fit import Printed, above_zero, coefficient_table
from crimjust_research.designs.numerics import far_level, has_full_rank, library, power_of_two
from crimjust_research.designs.separation import separated_rows
from crimjust_research.designs.series.checks import (
    aligned_values,
    complete_values,
    season_numbers,
    series_index,
    series_name,
    series_numbers,
)
from crimjust_research.designs.series.interruptions import Interruption, event_terms
from crimjust_research.designs.series.vector_autoregression import NO_NOISE
from crimjust_research.errors import ParameterError

Family = Literal["linear", "poisson", "negative_binomial"]
Errors = Literal["hac", "quasi", "model"]

FEWEST_RESIDUAL_DF = 5
MOST_LEVERAGE = 0.75  # of a period: level and slope of an event over four periods are below it, over three above
SAME = 1e-12  # variance, in that of the model, below which nothing but rounding is left
RESIDUAL_LAGS = 10


@dataclass(frozen=True, repr=False)
class InterruptedSeries(Printed):
    """Segmented regression of one series, and of its difference from a control where there is one."""

    table: pd.DataFrame
    """Per comparison ("series", and with a control also "control" and "difference") and term: comparison, term, estimate
    (a rate's logarithm unless linear), std_error, ci_low, ci_high, p_value; of rates also rate_ratio, whose the limits
    then are."""
    path: pd.DataFrame
    """Per period of the series: time, observed, fitted, without_events: per unit of exposure."""
    family: str
    errors: str
    n_obs: int
    residual_df: int
    hac_lags: int
    """Missing as -1 where errors are not "hac"."""
    dispersion: float
    """Pearson's chi-squared over residual degrees of freedom: 1 where counts are Poisson; missing if linear."""
    overdispersion: float
    """The negative binomial's a, of variance mean + a mean²; missing in other families."""
    residual_autocorrelation_p: float
    """Ljung and Box's test of Pearson residuals, 10 lags or a fifth of the series. If small, only "hac" errors hold."""
    slopes_not_identified: tuple[str, ...]
    """Events followed at once by another or by the end."""


@dataclass(frozen=True)
class SegmentedFit:
    """One regression over time; `influence` is each period's push on the coefficients."""

    coefficients: FloatArray
    """(k,)"""
    influence: FloatArray
    """(n, k)"""
    model_covariance: FloatArray
    """(k, k), of the family as it stands."""
    fitted: FloatArray
    """(n,)"""
    pearson: FloatArray
    """(n,) residuals over their standard deviation."""
    leverage: FloatArray
    """(n,)"""
    overdispersion: float = np.nan


def interrupted_series(
    series: SeriesLike,
    interruptions: Sequence[Interruption],
    *,
    family: Family = "poisson",
    exposure: SeriesLike | None = None,
    control: SeriesLike | None = None,
    control_exposure: SeriesLike | None = None,
    covariates: pd.DataFrame | None = None,
    harmonics: int = 0,
    errors: Errors = "hac",
    hac_lags: int | None = None,
    alpha: float = 0.05,
) -> InterruptedSeries:
    """Trend, level and slope of dated events in a series of counts, rates or amounts, alone or against a control.

    mean(t) = constant + trend + level and slope of each event + season + covariates, of the logarithm per unit of exposure
    ("poisson", "negative_binomial") or of the value itself ("linear"). With a control the same regression is fitted to
    it, and "difference" is the series' coefficient less the control's (comparative interrupted time series, all terms
    interacted): what the event did beyond what happened to the control.

    Errors: "hac" allows for heteroskedasticity, wrong variance and autocorrelation (Newey and West 1987; Bartlett
    weights, n / (n - k), `hac_lags` of floor(4 (n / 100)^(2/9)) if not given); of a difference it is that of the difference
    of the two series' influences, so what strikes both in one period is allowed for. "quasi" scales Poisson's by the
    dispersion, "model" trusts the family; both take periods, and the two series, as independent. t on n - k where
    linear, else normal. With few periods "hac" errors are too small.

    Libraries: statsmodels for the fits. Negative binomial: variance mean + a mean², by maximum likelihood.

    Parameters
    ----------
    series : n values, dated, evenly spaced; counts unless linear.
    exposure, control, control_exposure : on the same dates; exposure above zero, not for a linear series.
    covariates : further columns, on the same dates.
    harmonics : pairs of sine and cosine over the year, of months or quarters.

    Raises
    ------
    ParameterError : series that are refused by `complete_values` or not on the same dates, a bad option, events that do
        not fit the dates, terms that cannot be told apart, fewer than five residual degrees of freedom, counts that
        are negative or that a term predicts perfectly, no overdispersion to fit, a line without noise, a control that
        moves as the series does, or, with "hac" errors, a period that has a term almost to itself and so no residual.
    """
    require_level(alpha)
    require_whole(0, harmonics=harmonics, **({} if hac_lags is None else {"hac_lags": hac_lags}))
    if family not in get_args(Family) or errors not in get_args(Errors):
        raise ParameterError(
            f"family is {family!r} and errors {errors!r}; use one of {get_args(Family)} and of {get_args(Errors)}."
        )
    if errors == "quasi" and family != "poisson":
        raise ParameterError(f"errors is 'quasi' and family {family!r}; a dispersion scales Poisson's errors only.")
    if control is None and control_exposure is not None:
        raise ParameterError("control_exposure is given and control is not; give both or neither.")
    label = series_name(series, "series")
    if control is None:
        values, index = complete_values(series, label), series_index(series)
    else:
        values, beside, index = aligned_values(series, control, (label, "control"))
    events, left_out = event_terms(interruptions, list(index))
    columns = terms_over_time(index, events, harmonics, covariates)
    design, width = in_units_near_one(columns.to_numpy(np.float64))
    n, k = design.shape
    if n - k < FEWEST_RESIDUAL_DF or not has_full_rank(design):
        raise ParameterError(
            f"{n} periods cannot tell {k} terms apart and leave {FEWEST_RESIDUAL_DF} degrees of freedom; use fewer events, "
            "slopes, harmonics or covariates, or a longer window."
        )
    lags = int(4 * (n / 100) ** (2 / 9)) if hac_lags is None else hac_lags
    if lags > n - k:
        raise ParameterError(f"hac_lags is {lags}; {n} periods and {k} terms allow {n - k} at most.")
    per = checked_exposure(exposure, index, family, "exposure")
    fits = {"series": segmented_fit(values, design, per, family, label)}
    if control is not None:
        per_control = checked_exposure(control_exposure, index, family, "control_exposure")
        fits["control"] = segmented_fit(beside, design, per_control, family, series_name(control, "control"))
    if errors == "hac":
        require_residuals(fits, index)
    comparisons = compared(fits, errors, lags, n - k)
    ratio = None if family == "linear" else "rate_ratio"
    df = float(n - k) if family == "linear" else np.inf
    terms = [str(term) for term in columns]
    tables: list[pd.DataFrame] = []
    for name, (estimate, error) in comparisons.items():
        found = coefficient_table(terms, estimate / width, error / width, alpha, df, ratio)
        tables.append(found.assign(comparison=name))
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "comparison", table.pop("comparison"))
    fit = fits["series"]
    event_effect = design[:, 2 : 2 + events.shape[1]] @ fit.coefficients[2 : 2 + events.shape[1]]
    without = fit.fitted - event_effect if family == "linear" else fit.fitted * np.exp(-event_effect)
    path = pd.DataFrame({"observed": values, "fitted": fit.fitted, "without_events": without}).div(per, axis=0)
    path.insert(0, "time", list(index))
    return InterruptedSeries(
        table=table.loc[table["term"] != "constant"].reset_index(drop=True),
        path=path,
        family=family,
        errors=errors,
        n_obs=n,
        residual_df=n - k,
        hac_lags=lags if errors == "hac" else -1,
        dispersion=np.nan if family == "linear" else float(fit.pearson @ fit.pearson) / (n - k),
        overdispersion=fit.overdispersion,
        residual_autocorrelation_p=ljung_box_p(fit.pearson),
        slopes_not_identified=tuple(left_out),
    )


def terms_over_time(
    index: pd.Index[Any], events: pd.DataFrame, harmonics: int, covariates: pd.DataFrame | None
) -> pd.DataFrame:
    """Columns constant, trend, those of the events, sine and cosine of each harmonic of the year, and the covariates.

    Raises
    ------
    ParameterError : harmonics of an index that is neither monthly nor quarterly, or more than half its seasons; covariates
        on other dates, without numbers, or named like another term.
    """
    columns: dict[str, FloatArray] = {"constant": np.ones(len(index)), "trend": np.arange(float(len(index)))}
    columns |= {str(name): events[name].to_numpy(np.float64) for name in events}
    if harmonics:
        season, per_year = season_numbers(index)
        if 2 * harmonics >= per_year:
            raise ParameterError(f"harmonics is {harmonics}; of {per_year} seasons give fewer than {per_year // 2}.")
        for k in range(1, harmonics + 1):
            angle = 2 * np.pi * k * season / per_year
            columns |= {f"sine {k}": np.sin(angle), f"cosine {k}": np.cos(angle)}
    if covariates is not None:
        if not covariates.index.equals(index):
            raise ParameterError("The covariates are not on the dates of the series; reindex them to it.")
        for name in covariates:
            if str(name) in columns:
                raise ParameterError(f"A covariate is named {str(name)!r}, as is another term; rename it.")
            column = series_numbers(covariates[name], str(name))
            if not np.isfinite(column).all():
                raise ParameterError(
                    f"Covariate {str(name)!r} has missing or infinite values; choose a window without."
                )
            if np.abs(column).max() > LARGEST:
                raise ParameterError(
                    f"Covariate {str(name)!r} reaches {np.abs(column).max():g}; give it in other units."
                )
            columns[str(name)] = column
    return pd.DataFrame(columns)


def in_units_near_one(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns (n, k), of which the first is the constant, less what lies far from zero in the others and over a power of two
    (k,) near their spread: what is fitted in the unit of a covariate may end in rounding, or before it has settled."""
    width = np.array([power_of_two(float(np.ptp(column)) / 2) if np.ptp(column) else 1.0 for column in columns.T])
    far = np.array([0.0, *(far_level(column) for column in columns.T[1:])])
    return (columns - far) / width, width


def checked_exposure(exposure: SeriesLike | None, index: pd.Index[Any], family: Family, name: str) -> FloatArray:
    """(n,) exposure, 1 throughout if none is given.

    Raises
    ------
    ParameterError : an exposure of a linear series, on other dates, or not above zero.
    """
    if exposure is None:
        return np.ones(len(index))
    if family == "linear":
        raise ParameterError(f"{name} is given for a linear series; divide the series by it.")
    values = series_numbers(exposure, name)
    if values.size != len(index) or (isinstance(exposure, pd.Series) and not exposure.index.equals(index)):
        raise ParameterError(f"{name} is not on the dates of the series; reindex it to them.")
    wrong = np.flatnonzero(~np.isfinite(values) | (values <= 0))
    if wrong.size:
        raise ParameterError(f"{name} is {values[wrong[0]]:g} at {index[wrong[0]]}; it must be a number above zero.")
    return values


def segmented_fit(
    values: FloatArray, design: FloatArray, exposure: FloatArray, family: Family, name: str
) -> SegmentedFit:
    """Fit one series.

    Parameters
    ----------
    values, exposure : (n,); design : (n, k), of full rank.

    Raises
    ------
    ParameterError : negative counts, counts that are not whole for a negative binomial, counts of zero that a term
        predicts perfectly, a negative binomial without overdispersion, or a line without noise.
    """
    if family == "linear":
        return linear_fit(values, design, name)
    if values.min() < 0 or (family == "negative_binomial" and np.any(values != np.round(values))):
        raise ParameterError(
            f"Series {name!r} holds counts that are negative or not whole; use family='linear' for amounts."
        )
    lost = separated_rows(design, np.where(values == 0, -1, 0))
    if lost.any():
        raise ParameterError(
            f"A term predicts the zeros of series {name!r} perfectly ({int(lost.sum())} of them), as where nothing "
            "is counted after an event: its rate has no finite logarithm. Leave out the event or its slope, or take "
            "another window."
        )
    fit = poisson_fit(values, design, exposure, name)
    return fit if family == "poisson" else negative_binomial_fit(values, design, exposure, fit, name)


def linear_fit(values: FloatArray, design: FloatArray, name: str) -> SegmentedFit:
    """Least squares; see `segmented_fit`."""
    n, k = design.shape
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ values)
    residuals = values - design @ coefficients
    if residuals @ residuals <= NO_NOISE * (values @ values):
        raise ParameterError(f"Series {name!r} lies on the segments exactly; without noise there is nothing to test.")
    bread = inverse @ inverse.T
    variance = float(residuals @ residuals) / (n - k)
    return SegmentedFit(
        coefficients,
        residuals[:, None] * design @ bread,
        variance * bread,
        design @ coefficients,
        residuals / np.sqrt(variance),
        np.sum(q**2, axis=1),
    )


def poisson_fit(values: FloatArray, design: FloatArray, exposure: FloatArray, name: str) -> SegmentedFit:
    """Poisson regression; see `segmented_fit`."""
    import statsmodels.api as sm

    with library(f"The Poisson fit of series {name!r} fails; scale the covariates alike"):
        # The library stops at an absolute change, so amounts are fitted in a unit near their mean; the constant comes first.
        unit = power_of_two(float(values.mean()))
        model = sm.GLM(values / unit, design, family=sm.families.Poisson(), offset=np.log(exposure))
        fit = model.fit(tol=1e-12, maxiter=200)
    mean, coefficients = unit * np.asarray(fit.mu), np.asarray(fit.params)
    coefficients[0] += np.log(unit)
    if not fit.converged or np.sum((values - mean) ** 2) <= NO_NOISE * (values @ values):
        raise ParameterError(f"Series {name!r} lies on the segments exactly; without noise there is nothing to test.")
    weighted = np.sqrt(mean)[:, None] * design
    q, r = np.linalg.qr(weighted)
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    return SegmentedFit(
        coefficients,
        (values - mean)[:, None] * design @ bread,
        bread,
        mean,
        (values - mean) / np.sqrt(mean),
        np.sum(q**2, axis=1),
    )


def negative_binomial_fit(
    values: FloatArray, design: FloatArray, exposure: FloatArray, poisson: SegmentedFit, name: str
) -> SegmentedFit:
    """Negative binomial regression from where `poisson` ends; see `segmented_fit`."""
    from statsmodels.discrete.discrete_model import NegativeBinomial

    n, k = design.shape
    dispersion = float(poisson.pearson @ poisson.pearson) / (n - k)
    # Of variance mean + a mean², by the moments of the Poisson residuals.
    start = float(np.mean(((values - poisson.fitted) ** 2 - poisson.fitted) / poisson.fitted**2))
    refused = (
        f"Series {name!r} is not more dispersed than Poisson counts (dispersion {dispersion:.3g}), so a negative binomial "
        "has nothing to fit; use family='poisson'."
    )
    if dispersion <= 1:
        raise ParameterError(refused)
    with library(f"The negative binomial fit of series {name!r} fails; use family='poisson'"):
        model = NegativeBinomial(values, design, offset=np.log(exposure))
        first = np.append(poisson.coefficients, max(start, 1e-3))
        fit = model.fit(start_params=first, method="newton", maxiter=200, disp=0)
        if not fit.mle_retvals["converged"] or not np.isfinite(fit.params).all():
            fit = model.fit(start_params=first, method="bfgs", maxiter=2_000, gtol=1e-8, disp=0)
        estimate = np.asarray(fit.params)
        bread = np.linalg.inv(-model.hessian(estimate))
        influence = np.asarray(model.score_obs(estimate)) @ bread
    a = float(estimate[-1])
    if not a > 1e-6 or np.diag(bread).min() <= 0:
        raise ParameterError(refused)
    if np.abs(influence.sum(axis=0)).max() > 1e-3 * np.sqrt(np.diag(bread)).min():
        raise ParameterError(f"The negative binomial fit of series {name!r} did not converge; use family='poisson'.")
    mean = exposure * np.exp(design @ estimate[:-1])
    variance = mean + a * mean**2
    q = np.linalg.qr((mean / np.sqrt(variance))[:, None] * design)[0]
    return SegmentedFit(
        estimate[:-1],
        influence[:, :-1],
        bread[:-1, :-1],
        mean,
        (values - mean) / np.sqrt(variance),
        np.sum(q**2, axis=1),
        a,
    )


def require_residuals(fits: dict[str, SegmentedFit], index: pd.Index[Any]) -> None:
    """Refuse a period that the terms nearly fit whatever it holds: its missing residual would pass for certainty.

    Raises
    ------
    ParameterError : naming the first such period.
    """
    for fit in fits.values():
        taken = np.flatnonzero(fit.leverage > MOST_LEVERAGE)
        if taken.size:
            raise ParameterError(
                f"{index[taken[0]]} has a term almost to itself and so hardly a residual, without which 'hac' errors are "
                "too small; leave out the slope of the event there, give it four periods, or use errors='model'."
            )


def compared(
    fits: dict[str, SegmentedFit], errors: Errors, lags: int, residual_df: int
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Coefficients (k,) and standard errors (k,) of the series, and with a control also of it and the difference.

    Raises
    ------
    ParameterError : a control that is the series itself, or a multiple of it.
    """
    found, quasi = {}, {}
    for name, fit in fits.items():
        n, k = fit.influence.shape
        quasi[name] = float(fit.pearson @ fit.pearson) / residual_df * fit.model_covariance
        if errors == "hac":
            covariance = told(newey_west(fit.influence, lags) * n / (n - k), quasi[name])
        else:
            covariance = quasi[name] if errors == "quasi" else fit.model_covariance
        found[name] = fit.coefficients, covariance
    if len(fits) > 1:
        one, other = fits["series"], fits["control"]
        n, k = one.influence.shape
        between = (
            newey_west(one.influence - other.influence, lags) * n / (n - k)
            if errors == "hac"
            else found["series"][1] + found["control"][1]
        )
        together = quasi["series"] + quasi["control"]
        if (np.diag(between) <= SAME * np.diag(together)).all():
            raise ParameterError("The control moves exactly as the series does; give a control of its own.")
        if errors == "hac":
            between = told(between, together)
        found["difference"] = one.coefficients - other.coefficients, between
    return {name: (estimate, np.sqrt(np.diag(covariance))) for name, (estimate, covariance) in found.items()}


def told(covariance: FloatArray, quasi: FloatArray) -> FloatArray:
    """The (k, k) covariance, missing for terms that only periods fitted exactly inform, such as the trend of a series that
    is zero until the event: they have no residual, and what is left of their variance, beside that of the `quasi` model whose
    dispersion is that of all periods, is rounding."""
    exact = np.diag(covariance) <= SAME * np.diag(quasi)
    return np.where(exact | exact[:, None], np.nan, covariance)


def newey_west(influence: FloatArray, lags: int) -> FloatArray:
    """(k, k) sum of products of (n, k) influences, and of those up to `lags` apart with Bartlett weights."""
    covariance = influence.T @ influence
    for lag in range(1, lags + 1):
        product = influence[lag:].T @ influence[:-lag]
        covariance += (1 - lag / (lags + 1)) * (product + product.T)
    return covariance


def ljung_box_p(residuals: FloatArray) -> float:
    """p of no autocorrelation up to 10 lags, or a fifth of the series if that is less."""
    from statsmodels.stats.diagnostic import acorr_ljungbox

    lags = max(1, min(RESIDUAL_LAGS, residuals.size // 5))
    return float(above_zero(acorr_ljungbox(residuals, lags=[lags])["lb_pvalue"].iloc[0]))
