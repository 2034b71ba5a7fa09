"""Lead and lag of two series: prewhitened cross-correlation and the tests of Granger and of Toda and Yamamoto.

"Cause" and "effect" are used in Granger's sense only: whether the past of one series improves the forecast of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, SeriesLike
from crimjust_research.designs.checks import require_level, require_whole
from crimjust_research.designs.fit import Printed, inference
from crimjust_research.designs.numerics import NO_VARIATION, library
from crimjust_research.designs.ratios import Ratio
from crimjust_research.designs.series.checks import (
    aligned_values,
    deterministic_terms,
    levels_and_terms,
    series_name,
    without_noise,
)
from crimjust_research.designs.series.long_run import long_run_ratio
from crimjust_research.designs.series.vector_autoregression import (
    RESIDUAL_LEVEL,
    Criterion,
    augmented_exclusion_test,
    choose_lag,
    lagged_design,
    largest_root,
    least_squares,
    noisy_least_squares,
    require_observations,
    residual_autocorrelation_p,
)
from crimjust_research.errors import ParameterError

# --- Lead and lag -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class CrossCorrelation(Printed):
    """Cross-correlation of two series after the first one's own dynamics are filtered out of both."""

    table: pd.DataFrame
    """Per lag: lag, leads, correlation, std_error, ci_low, ci_high, p_value, p_holm, n_pairs."""
    ar_order: int
    n_obs: int
    """Filtered observations."""


def prewhitened_cross_correlation(
    x: SeriesLike,
    y: SeriesLike,
    lags: list[int],
    *,
    differences: int = 0,
    seasonal: bool = False,
    max_order: int = 12,
    alpha: float = 0.05,
) -> CrossCorrelation:
    """Cross-correlations at lags fixed in advance, both series filtered by the AR of `x` (Box and Jenkins).

    r(k) = corr(a(t), b(t + k)), a and b the filtered x and y. At k > 0 `x` leads `y` by k, at k < 0 `y` leads `x`.
    Under no relation at any lag r(k) has standard error `1 / sqrt(n - |k|)`; intervals and p-values are normal,
    p_holm is adjusted over the lags asked for.

    Parameters
    ----------
    x, y : on the same dates, n observations.
    lags : distinct integers, chosen before looking.
    differences : times both series are differenced first (the larger order of integration).
    seasonal : remove month or quarter means first.
    max_order : largest AR order tried; AIC chooses, every order fitted on one sample. Library: statsmodels.

    Raises
    ------
    ParameterError : series not aligned or complete, repeated lags, or too few observations for order and lags.
    """
    from statsmodels.stats.multitest import multipletests
    from statsmodels.tsa.ar_model import ar_select_order

    require_level(alpha)
    if not all(isinstance(lag, int | np.integer) for lag in lags):
        raise ParameterError(f"The lags {lags} are not whole; give numbers of periods.")
    if not lags or len(set(lags)) != len(lags):
        raise ParameterError(f"The lags {lags} are empty or repeat; name each lag once.")
    require_whole(0, max_order=max_order, differences=differences)
    needed = differences + 2 * max_order + max(abs(lag) for lag in lags) + 20
    first, second, index = aligned_values(x, y, ("x", "y"), minimum=needed)
    both = np.diff(np.column_stack([first, second]), n=differences, axis=0)
    terms = deterministic_terms(index[differences:], seasonal=seasonal).to_numpy()
    both = least_squares(terms, both).residuals
    if np.any(np.abs(both).max(axis=0) <= NO_VARIATION * np.abs([first, second]).max(axis=1)):
        raise ParameterError(
            "A series is constant after differencing and removing its seasonal means; difference it less, or give another."
        )
    with library(without_noise(series_name(x, "x"))):
        coefficients = ar_select_order(both[:, 0], max_order, ic="aic", hold_back=max_order).model.fit().params[1:]
    order = coefficients.size
    whitened = both[order:] - sum(
        (weight * both[order - lag : len(both) - lag] for lag, weight in enumerate(coefficients, start=1)),
        start=np.zeros(2),
    )
    for name, left, before in zip((series_name(x, "x"), series_name(y, "y")), whitened.T, both.T, strict=True):
        if left.std() <= NO_VARIATION * np.abs(before).max():
            raise ParameterError(f"{without_noise(name)}.")
    a, b = ((whitened - whitened.mean(axis=0)) / whitened.std(axis=0)).T
    rows = []
    for lag in lags:
        earlier, later = (a[: a.size - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[:lag])
        leads = "neither" if lag == 0 else series_name(x, "x") if lag > 0 else series_name(y, "y")
        rows.append((lag, leads, float(np.mean(earlier * later)), earlier.size))
    table = pd.DataFrame(rows, columns=["lag", "leads", "correlation", "n_pairs"])
    correlation = table.pop("correlation").to_numpy()
    found = pd.DataFrame(inference(correlation, 1 / np.sqrt(table["n_pairs"].to_numpy()), alpha))
    found["p_holm"] = multipletests(found["p_value"], method="holm")[1]
    n_pairs = table.pop("n_pairs")
    table = pd.concat([table, found.rename(columns={"estimate": "correlation"}), n_pairs], axis=1)
    return CrossCorrelation(table, order, a.size)


# --- Toda and Yamamoto ------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class TodaYamamotoTest(Printed):
    """Lag-augmented Wald test that the past of `cause` does not help to forecast `effect`."""

    cause: str
    effect: str
    lags: int
    """Lags tested, p."""
    d_max: int
    """Lags added and left untested."""
    n_obs: int
    """Observations in the augmented regression."""
    chi2: float
    """On `lags` degrees of freedom."""
    p_chi2: float
    f: float
    """chi2 / lags, on (lags, residual_df): the version to prefer in small samples."""
    residual_df: int
    p_f: float
    effect_of_past: float
    """Sum of the tested coefficients: what one unit more of the cause in each of the p months adds next."""
    effect_of_past_std_error: float
    long_run: Ratio
    """Sum of the tested coefficients over one less the sum of as many of the effect's own: the long-run response."""
    all_lags: Ratio
    """The same of all lags, the added ones counted, whose limit is not normal where the series wander."""
    coefficients: pd.DataFrame
    """Per tested lag: lag, estimate, std_error."""
    lag_path: pd.DataFrame
    """Per lag tried: lag, the criterion, autocorrelation_p, chosen_by_criterion, chosen. One row if lags were given."""
    residual_autocorrelation_p: float
    """Of the augmented model that is reported."""
    residuals_white: bool
    """False if no lag up to the largest tried passed the residual test."""
    largest_root: float
    """Of the augmented VAR. Near one for integrated series; clearly above one the model explodes."""


def toda_yamamoto(
    cause: SeriesLike,
    effect: SeriesLike,
    *,
    max_lag: int,
    d_max: int,
    seasonal: bool = False,
    trend: bool = False,
    further: FloatArray | None = None,
    criterion: Criterion = "aic",
    lags: int | None = None,
) -> TodaYamamotoTest:
    """Toda and Yamamoto's (1995) test of Granger causality between series that may be integrated or cointegrated.

    The lag p of the VAR in levels is the one with the least `criterion` on one common sample, raised one by one
    until the multivariate Breusch-Godfrey test (F form, four lags) does not reject at 5 %, at most to `max_lag`. The
    VAR is then fitted with p + d_max lags and the first p lags of the cause are tested with a Wald test; it is
    chi-squared on p degrees of freedom whatever the integration or cointegration. With d_max = 0 and given lags it is
    Granger's (1969) own F test, for stationary series.

    Parameters
    ----------
    cause, effect : levels (or logs) on the same dates, n observations.
    max_lag : largest p tried, 1 or more.
    d_max : largest order of integration of the two, 0 or more.
    seasonal, trend : add month or quarter dummies, a linear trend, to the constant.
    further : (n, r) more deterministic terms, such as a trend whose slope breaks.
    lags : fixes p, so nothing is searched.

    Raises
    ------
    ParameterError : series not aligned or complete, a bad option, or too few observations for the lags.
    """
    require_whole(0, d_max=d_max)
    require_whole(1, max_lag=max_lag, **({} if lags is None else {"lags": lags}))
    levels, terms = levels_and_terms(cause, effect, ("cause", "effect"), trend=trend, seasonal=seasonal)
    if further is not None:
        terms = np.column_stack([terms, further])
    if lags is None:
        choice = choose_lag(levels, terms, max_lag, criterion)
        chosen, by_criterion = int(choice.lag), int(choice.criterion_lag)
        tried = np.arange(1, max_lag + 1)
        path = pd.DataFrame(
            {
                "lag": tried,
                criterion: choice.criterion_values,
                "autocorrelation_p": choice.autocorrelation_p,
                "chosen_by_criterion": tried == by_criterion,
                "chosen": tried == chosen,
            }
        )
    else:
        chosen = lags
        require_observations(len(levels), 2, lags, terms.shape[1])
        design, response = lagged_design(levels, lags, terms)
        p = residual_autocorrelation_p(design, noisy_least_squares(design, response))
        path = pd.DataFrame({"lag": [lags], "autocorrelation_p": [float(p)], "chosen": [True]})
    test, fit, design = augmented_exclusion_test(levels, terms, chosen, d_max, 0, 1)
    positions = list(range(0, 2 * chosen, 2))
    estimates = fit.coefficients[positions, 1]
    covariance = fit.inverse_gram[np.ix_(positions, positions)] * np.sum(fit.residuals[:, 1] ** 2) / fit.residual_df
    long_run = long_run_ratio(fit, chosen, 0, 1)
    return TodaYamamotoTest(
        cause=series_name(cause, "cause"),
        effect=series_name(effect, "effect"),
        lags=chosen,
        d_max=d_max,
        n_obs=fit.residuals.shape[0],
        chi2=float(test.chi2),
        p_chi2=float(test.p_chi2),
        f=float(test.f),
        residual_df=test.residual_df,
        p_f=float(test.p_f),
        effect_of_past=float(long_run.numerator),
        effect_of_past_std_error=float(np.sqrt(long_run.numerator_variance)),
        long_run=long_run,
        all_lags=long_run_ratio(fit, chosen + d_max, 0, 1),
        coefficients=pd.DataFrame(
            {"lag": range(1, chosen + 1), "estimate": estimates, "std_error": np.sqrt(np.diag(covariance))}
        ),
        lag_path=path,
        residual_autocorrelation_p=float(residual_autocorrelation_p(design, fit)),
        residuals_white=bool(path.loc[path["chosen"], "autocorrelation_p"].iloc[0] >= RESIDUAL_LEVEL),
        largest_root=largest_root(np.moveaxis(fit.coefficients[: 2 * (chosen + d_max)].reshape(-1, 2, 2), 1, 2)),
    )
