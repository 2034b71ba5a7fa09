"""Time-series designs against published answers, independent code and samples of known truth."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f as f_distribution
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.diagnostic import acorr_breusch_godfrey
from statsmodels.tsa.stattools import adfuller, ccf
from statsmodels.tsa.vector_ar.util import parse_lutkepohl_data
from statsmodels.tsa.vector_ar.var_model import VAR

from crimjust_research.designs.series.causality import prewhitened_cross_correlation, toda_yamamoto
from crimjust_research.designs.series.checks import complete_values, deterministic_terms
from crimjust_research.designs.series.description import integration_order, stl
from crimjust_research.designs.series.local_projections import local_projection
from crimjust_research.designs.series.simulation import (
    simulate_var,
    toda_yamamoto_bootstrap,
    toda_yamamoto_rejection_rate,
)
from crimjust_research.designs.series.vector_autoregression import (
    LeastSquares,
    choose_lag,
    exclusion_test,
    information_criterion,
    lagged_design,
    least_squares,
    residual_autocorrelation_p,
)
from crimjust_research.errors import ParameterError


def monthly(values: np.ndarray, name: str | None = None, start: str = "2015-01") -> pd.Series:
    return pd.Series(np.asarray(values), index=pd.period_range(start, periods=len(values), freq="M"), name=name)


def autoregression(frame: pd.DataFrame, lags: int) -> LeastSquares:
    """Least squares of each column on lags of all, lag by lag, and a constant."""
    return least_squares(*lagged_design(frame.to_numpy(float), lags, np.ones((len(frame), 1))))


@pytest.fixture
def walks() -> tuple[pd.Series, pd.Series]:
    steps = np.random.default_rng(3).normal(size=(90, 2))
    return monthly(steps[:, 0].cumsum(), "x"), monthly(steps[:, 1].cumsum(), "y")


# --- Published answers ------------------------------------------------------------------------------------------


@pytest.fixture
def chicken_and_egg(published: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    return published("chicken_and_egg/annual").set_index("year")


def test_thurman_and_fisher_eggs_come_first(
    chicken_and_egg: pd.DataFrame, published: Callable[[str], pd.DataFrame]
) -> None:
    answers = published("chicken_and_egg/answers").set_index("test").loc["granger"]
    assert len(answers) == 8
    for _, cause, effect, lags, *answer in answers.itertuples():
        # Without extra lags the test is Granger's own.
        test = toda_yamamoto(chicken_and_egg[cause], chicken_and_egg[effect], max_lag=lags, d_max=0, lags=lags)
        assert [test.f, test.p_f] == pytest.approx(answer, abs=1e-5)
        # 54 years less the lags, on both series' lags and a constant.
        assert test.residual_df == 54 - lags - 2 * lags - 1


@pytest.mark.parametrize(("cause", "effect"), [("egg", "chicken"), ("chicken", "egg")])
def test_toda_yamamoto_on_chickens_and_eggs(
    chicken_and_egg: pd.DataFrame, published: Callable[[str], pd.DataFrame], cause: str, effect: str
) -> None:
    answers = published("chicken_and_egg/answers").set_index(["test", "cause"]).loc[("toda_yamamoto", cause)]
    test = toda_yamamoto(chicken_and_egg[cause], chicken_and_egg[effect], max_lag=3, d_max=1, lags=3)
    assert [test.chi2, test.p_chi2] == pytest.approx(answers[["statistic", "p_value"]].tolist(), abs=1e-5)
    # 54 years less 4 lags leave 50 rows on 2 * 4 + 1 regressors.
    assert (test.n_obs, test.residual_df, test.lags, test.d_max) == (50, 41, 3, 1)
    assert test.f == pytest.approx(test.chi2 / 3)
    assert (test.cause, test.effect) == (cause, effect)


def test_luetkepohl_west_german_var(published: Callable[[str], pd.DataFrame]) -> None:
    source = resources.files("statsmodels.tsa.vector_ar.tests.results") / "e1.dat"
    levels, _ = parse_lutkepohl_data(str(source))
    growth = np.log(pd.DataFrame(levels)).diff().iloc[1:76]
    fit = autoregression(growth, 2)
    answers = published("west_germany/coefficients").set_index("regressor")
    np.testing.assert_allclose(fit.coefficients, answers[list(growth.columns)], rtol=0, atol=6e-4)
    # Section 3.6: income and consumption do not cause investment, F 1.59; the book's p counts the residual freedom of
    # all three equations, 198, this module's that of the one equation tested.
    test = exclusion_test(fit, 0, [1, 2, 4, 5])
    assert (test.f, test.residual_df) == (pytest.approx(1.592, abs=6e-4), 66)
    assert f_distribution.sf(test.f, 4, 198) == pytest.approx(0.178, abs=6e-4)


def test_stl_reproduces_r_on_co2(published: Callable[[str], pd.DataFrame]) -> None:
    reference = published("co2/monthly")
    parts = stl(monthly(np.log(reference["co2"]), start="1959-01"), seasonal_window=21)
    for component in ("seasonal", "trend"):
        # R's components are kept to eight decimals.
        np.testing.assert_allclose(parts.components[component], reference[component], rtol=0, atol=1e-8)
    assert parts.trend_strength > 0.99
    assert parts.seasonal_strength > 0.9


# --- Against independent code -----------------------------------------------------------------------------------


def test_information_criteria_and_residual_test_agree_with_statsmodels(walks: tuple[pd.Series, pd.Series]) -> None:
    levels = np.column_stack(walks)
    terms = np.ones((len(levels), 1))
    choice = choose_lag(levels, terms, 5, "aic")
    theirs = VAR(levels).select_order(5, trend="c").ics["aic"]
    # statsmodels' row 0 is the model without lags, and it too holds the sample at that of the largest lag.
    assert choice.criterion_values == pytest.approx(np.array(theirs[1:]))
    # With one variable the multivariate test is the ordinary F form of Breusch and Godfrey.
    design, response = lagged_design(levels[:, :1], 2, terms)
    ours = residual_autocorrelation_p(design, least_squares(design, response), 3)
    fitted = OLS(response[:, 0], design).fit()
    assert float(ours) == pytest.approx(acorr_breusch_godfrey(fitted, nlags=3, result_object=True).fpval)
    fit = least_squares(design, response)
    n = len(response)
    assert float(information_criterion(fit, "bic")) == pytest.approx(
        np.log(np.mean(fit.residuals**2)) + np.log(n) * 3 / n
    )


def test_toda_yamamoto_is_an_ols_wald_test_with_season_and_trend(walks: tuple[pd.Series, pd.Series]) -> None:
    x, y = walks
    test = toda_yamamoto(x, y, max_lag=4, d_max=1, lags=2, seasonal=True, trend=True)
    frame = pd.DataFrame({f"x{i}": x.shift(i) for i in (1, 2, 3)} | {f"y{i}": y.shift(i) for i in (1, 2, 3)})
    months = pd.get_dummies(x.index.month, dtype=float).set_axis(x.index).add_prefix("m")
    design = pd.concat([frame, months, pd.Series(np.arange(90.0), x.index, name="t")], axis=1).iloc[3:]
    fit = OLS(y.iloc[3:], design).fit()
    wald = fit.f_test("x1 = 0, x2 = 0")
    assert (test.f, test.p_f) == pytest.approx((float(wald.fvalue), float(wald.pvalue)))
    assert test.residual_df == fit.df_resid == 87 - 19
    assert test.coefficients["estimate"].to_numpy() == pytest.approx(fit.params[["x1", "x2"]].to_numpy())
    assert test.coefficients["std_error"].to_numpy() == pytest.approx(fit.bse[["x1", "x2"]].to_numpy())
    total = fit.t_test("x1 + x2 = 0")
    assert test.effect_of_past == pytest.approx(float(total.effect[0]))
    assert test.effect_of_past_std_error == pytest.approx(float(total.sd[0, 0]))


def test_lag_path_shows_how_the_lag_was_chosen() -> None:
    # An effect four months back only: short lags leave residual autocorrelation or a poor criterion.
    shocks = np.random.default_rng(11).normal(size=(150, 2))
    y = shocks[:, 1].copy()
    y[4:] += 0.8 * shocks[:-4, 0]
    test = toda_yamamoto(monthly(shocks[:, 0]), monthly(y), max_lag=6, d_max=0)
    path = test.lag_path.set_index("lag")
    assert test.lags == path.index[path["chosen"]][0] >= path["aic"].idxmin() == 4
    assert path["chosen_by_criterion"].idxmax() == path["aic"].idxmin()
    assert test.residuals_white
    assert path.loc[test.lags, "autocorrelation_p"] >= 0.05
    assert test.p_f < 1e-6


def test_lag_is_raised_until_the_residuals_are_white() -> None:
    # The least BIC is at a short lag, while the residual test still finds a seasonal echo at that lag.
    rng = np.random.default_rng(5)
    shocks = rng.normal(size=(120, 2))
    series = shocks.copy()
    for t in range(3, 120):
        series[t] += 0.35 * series[t - 3]
    test = toda_yamamoto(monthly(series[:, 0]), monthly(series[:, 1]), max_lag=8, d_max=0, criterion="bic")
    path = test.lag_path.set_index("lag")
    by_criterion = path.index[path["chosen_by_criterion"]][0]
    assert path.loc[by_criterion, "autocorrelation_p"] < 0.05
    assert test.lags > by_criterion
    assert (path.loc[by_criterion : test.lags - 1, "autocorrelation_p"] < 0.05).all()
    assert path.loc[test.lags, "autocorrelation_p"] >= 0.05


def test_cross_correlation_agrees_with_statsmodels(walks: tuple[pd.Series, pd.Series]) -> None:
    x, y = (walk.diff().iloc[1:] for walk in walks)
    result = prewhitened_cross_correlation(x, y, [-2, 0, 3], max_order=0)
    # statsmodels' ccf(b, a)[k] is corr(b(t + k), a(t)); its unadjusted divisor n is undone by hand.
    a, b, n = x.to_numpy(), y.to_numpy(), len(x)
    forward, backward = ccf(b, a, adjusted=True), ccf(a, b, adjusted=True)
    table = result.table.set_index("lag")
    assert table["correlation"].tolist() == pytest.approx([backward[2], forward[0], forward[3]])
    assert table["std_error"].tolist() == pytest.approx([1 / np.sqrt(n - k) for k in (2, 0, 3)])
    assert table["leads"].tolist() == ["y", "neither", "x"]


def test_both_series_are_filtered_by_the_autoregression_of_the_first() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(2, 200))
    for t in range(2, 200):
        x[t] += 0.5 * x[t - 1] + 0.3 * x[t - 2]
    result = prewhitened_cross_correlation(x, y, [0, 4], max_order=6)
    assert (result.ar_order, result.n_obs) == (2, 198)
    # The order is chosen, and its coefficients fitted, on the 194 observations that all orders share.
    _, first, second = OLS(x[6:], np.column_stack([np.ones(194), x[5:-1], x[4:-2]])).fit().params
    a, b = (z[2:] - first * z[1:-1] - second * z[:-2] for z in (x, y))
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    assert result.table["correlation"].tolist() == pytest.approx([np.mean(a * b), np.mean(a[:-4] * b[4:])])


def test_prewhitening_finds_the_planted_lead_with_its_sign() -> None:
    rng = np.random.default_rng(2)
    x = np.zeros(200)
    for t in range(1, 200):
        x[t] = 0.9 * x[t - 1] + rng.normal()
    y = rng.normal(size=200)
    y[3:] += 0.8 * x[:-3]  # x leads y by three months
    season = np.tile(np.linspace(0, 20, 12), 17)[:200]
    lags = list(range(-6, 7))
    table = prewhitened_cross_correlation(monthly(x, "x"), monthly(y + season, "y"), lags, seasonal=True).table
    strongest = table.loc[table["p_value"].idxmin()]
    assert (strongest["lag"], strongest["leads"]) == (3, "x")
    assert strongest["correlation"] > 0.4
    assert (table.loc[table["lag"] != 3, "p_holm"] > 0.05).all()
    # Holm, smallest p first: 13 lags times the smallest.
    assert strongest["p_holm"] == pytest.approx(13 * strongest["p_value"])
    swapped = prewhitened_cross_correlation(monthly(y, "y"), monthly(x, "x"), [-3], max_order=4).table
    assert swapped["leads"].tolist() == ["x"]
    assert swapped["p_value"][0] < 0.001


def test_integration_order_reads_both_tests(walks: tuple[pd.Series, pd.Series]) -> None:
    result = integration_order(walks[0])
    table = result.table.set_index("difference")
    assert (result.d_max, result.settled) == (1, True)
    assert table["reading"].tolist()[:2] == ["unit root", "stationary"]
    theirs = adfuller(walks[0].to_numpy(), result_object=True)
    assert (table.loc[0, "adf_statistic"], table.loc[0, "adf_p"], table.loc[0, "adf_lags"]) == pytest.approx(
        (theirs.statistic, theirs.pvalue, theirs.lags)
    )
    # A KPSS p-value outside its table is a bound, and no warning escapes (warnings are errors here).
    assert table.loc[1, "kpss_p_bound"] == ">="
    assert table.loc[1, "kpss_p"] == 0.10
    noise = integration_order(np.random.default_rng(0).normal(size=80))
    assert (noise.d_max, noise.table["reading"][0]) == (0, "stationary")


def test_conflicting_tests_cost_one_more_difference_and_only_one() -> None:
    # A stationary series with one level shift: ADF rejects a unit root, KPSS rejects a constant level.
    for seed, readings, settled in (
        (1, ["conflicting", "stationary", "stationary"], True),
        (2, ["conflicting", "conflicting", "conflicting"], False),
    ):
        values = np.random.default_rng(seed).normal(size=100)
        values[50:] += 0.8
        result = integration_order(values)
        assert result.table["reading"].tolist() == readings
        assert (result.d_max, result.settled) == (1, settled)


def test_unsettled_order_is_the_largest_tried() -> None:
    thrice = np.random.default_rng(4).normal(size=100).cumsum().cumsum().cumsum()
    assert integration_order(np.diff(thrice)).d_max == 2
    result = integration_order(thrice)
    assert (result.d_max, result.settled) == (2, False)


def test_seasonal_profile_and_strengths() -> None:
    month = np.tile(np.arange(12), 8)
    season = np.sin(2 * np.pi * month / 12)
    noise = 0.2 * np.random.default_rng(0).normal(size=96)
    parts = stl(monthly(5 + season + noise))
    assert parts.profile["season"].tolist() == list(range(1, 13))
    assert parts.profile["seasonal_mean"].to_numpy() == pytest.approx(season[:12], abs=0.2)
    assert (parts.profile["n"] == 8).all()
    assert parts.seasonal_strength > 0.9
    assert parts.trend_strength < 0.5
    total = parts.components[["trend", "seasonal", "remainder"]].sum(axis=1)
    assert total.to_numpy() == pytest.approx(parts.components["observed"].to_numpy())


# --- Local projections ------------------------------------------------------------------------------------------

VAR_TRUTH = np.array([[[0.5, 0.1], [0.4, 0.6]]])


def true_response(horizons: int) -> np.ndarray:
    """Response of variable 1 to variable 0 with unit, uncorrelated innovations: [A^h](1, 0)."""
    return np.array([np.linalg.matrix_power(VAR_TRUTH[0], h)[1, 0] for h in range(horizons + 1)])


def test_local_projection_is_hc1_ols_with_a_lag_more() -> None:
    x, y = simulate_var(90, VAR_TRUTH, n_sim=1, seed=1)[0].T
    result = local_projection(monthly(x), monthly(y), horizons=4, lags=2, seasonal=True)
    row = result.table.set_index("horizon").loc[4]
    month = pd.get_dummies(monthly(x).index.month, dtype=float).to_numpy()
    design = np.array([[x[t], *x[t - 3 : t], *y[t - 3 : t], *month[t]] for t in range(3, 86)])
    robust = OLS(y[7:], design).fit(cov_type="HC1", use_t=True)
    assert (row["estimate"], row["std_error"]) == pytest.approx((robust.params[0], robust.bse[0]))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(robust.conf_int()[0]))
    assert row["p_value"] == pytest.approx(robust.pvalues[0])
    assert (row["n_obs"], result.lags) == (83, 3)


def test_local_projection_recovers_the_true_response() -> None:
    horizons, n_sim = 8, 300
    truth = true_response(horizons)
    tables = [
        local_projection(x, y, horizons=horizons, lags=1).table
        for x, y in np.swapaxes(simulate_var(200, VAR_TRUTH, n_sim=n_sim, seed=7), 1, 2)
    ]
    estimates = np.array([t["estimate"] for t in tables])
    # Local projections carry a small-sample bias of order 1/T; at T = 200 it is within 0.05 of the truth.
    assert np.abs(estimates.mean(axis=0) - truth).max() < 0.05
    covered = np.array([(t["ci_low"] <= truth) & (truth <= t["ci_high"]) for t in tables])
    assert covered.mean() > 0.92
    joint = np.array([((t["band_low"] <= truth) & (truth <= t["band_high"])).all() for t in tables])
    assert joint.mean() > 0.89
    assert all(
        (t["band_high"] > t["ci_high"]).all() and (t["p_joint"] >= t["p_value"] - 0.01).all() for t in tables[:5]
    )


# --- Size and power ---------------------------------------------------------------------------------------------


def test_rejection_rate_repeats_the_single_test() -> None:
    coefficients = [[[1.0, 0.0], [0.3, 0.7]]]
    rate = toda_yamamoto_rejection_rate(60, coefficients, n_sim=40, seed=9, max_lag=3, d_max=1, seasonal=True)
    index = pd.period_range("2000-01", periods=60, freq="M")
    single = [
        toda_yamamoto(pd.Series(s[:, 0], index), pd.Series(s[:, 1], index), max_lag=3, d_max=1, seasonal=True)
        for s in simulate_var(60, coefficients, n_sim=40, seed=9)
    ]
    assert rate.chi2 == pytest.approx(np.mean([test.p_chi2 < 0.05 for test in single]))
    assert rate.f == pytest.approx(np.mean([test.p_f < 0.05 for test in single]))
    assert rate.mean_lag == pytest.approx(np.mean([test.lags for test in single]))
    # At another level too: the lag hangs on none.
    often = toda_yamamoto_rejection_rate(
        60, coefficients, n_sim=40, seed=9, max_lag=3, d_max=1, seasonal=True, alpha=0.5
    )
    assert often.mean_lag == rate.mean_lag
    assert often.f == pytest.approx(np.mean([test.p_f < 0.5 for test in single]))


def test_size_is_near_nominal_and_power_is_not() -> None:
    options = {"n_sim": 1000, "seed": 4, "max_lag": 4, "d_max": 1}
    null = toda_yamamoto_rejection_rate(75, [[[1.0, 0.0], [0.0, 1.0]]], **options)
    # Monte Carlo error of a 5 % rate over 1,000 samples is 0.7 points; the lag search adds a little size.
    assert 0.03 < null.f < 0.09
    assert null.f <= null.chi2
    linked = toda_yamamoto_rejection_rate(75, [[[1.0, 0.0], [0.4, 0.5]]], **options)
    assert linked.f > 0.6


def test_bootstrap_p_value_is_uniform_under_the_null_and_small_with_a_link() -> None:
    null = simulate_var(75, [[[1.0, 0.3], [0.0, 0.8]]], n_sim=200, seed=12)
    months = pd.period_range("2015-01", periods=75, freq="M")
    p_values = np.array(
        [
            toda_yamamoto_bootstrap(
                pd.Series(x, months), pd.Series(y, months), lags=1, d_max=1, draws=99, seed=1, seasonal=True
            ).p_value
            for x, y in np.swapaxes(null, 1, 2)
        ]
    )
    # 200 p-values: the share below 0.05 has a standard error of 1.5 points, below 0.5 of 3.5 points.
    assert 0.01 < np.mean(p_values <= 0.05) < 0.10
    assert np.mean(p_values <= 0.5) == pytest.approx(0.5, abs=0.1)
    x, y = simulate_var(75, [[[1.0, 0.0], [0.5, 0.5]]], n_sim=1, seed=2)[0].T
    linked = toda_yamamoto_bootstrap(x, y, lags=1, d_max=1, draws=999, seed=1)
    assert linked.f == pytest.approx(toda_yamamoto(x, y, max_lag=1, d_max=1, lags=1).f)
    assert linked.p_value < 0.01
    assert linked.f > 3
    with pytest.raises(ParameterError, match="99 or more"):
        toda_yamamoto_bootstrap(x, y, lags=1, d_max=1, draws=10, seed=1)


# --- Properties and refusals ------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e3, 1e3),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_tests_do_not_depend_on_units(seed: int, scale: float, shift: float, sign: float) -> None:
    x, y = np.random.default_rng(seed).normal(size=(2, 70)).cumsum(axis=1)
    moved = sign * scale * (x + shift)
    plain, scaled = (toda_yamamoto(z, y, max_lag=3, d_max=1) for z in (x, moved))
    assert scaled.lags == plain.lags
    assert scaled.chi2 == pytest.approx(plain.chi2, rel=1e-5, abs=1e-8)
    assert scaled.effect_of_past * sign * scale == pytest.approx(plain.effect_of_past, rel=1e-4, abs=1e-8)
    one, other = (local_projection(z, y, horizons=2, lags=1).table["p_value"] for z in (x, moved))
    assert other.to_numpy() == pytest.approx(one.to_numpy(), abs=1e-6)


def test_refusals_name_the_fault(walks: tuple[pd.Series, pd.Series]) -> None:
    x, y = walks
    with pytest.raises(ParameterError, match=r"'x' has 1 missing.*2015-06"):
        toda_yamamoto(x.mask(x.index == pd.Period("2015-06")), y, max_lag=2, d_max=1)
    with pytest.raises(ParameterError, match=r"2015-07 follows 2015-05"):
        toda_yamamoto(x.drop(pd.Period("2015-06")), y.drop(pd.Period("2015-06")), max_lag=2, d_max=1)
    with pytest.raises(ParameterError, match="not on the same dates"):
        prewhitened_cross_correlation(x.iloc[:-1], y.iloc[1:], [0, 1], max_order=2)
    with pytest.raises(ParameterError, match="has 90 observations and 'y' has 80"):
        local_projection(x, y.iloc[:80], horizons=3, lags=2)
    with pytest.raises(ParameterError, match="constant at 4"):
        integration_order(monthly(np.full(60, 4.0), "flat"))
    with pytest.raises(ParameterError, match="constant once differenced 1"):
        integration_order(np.arange(60.0))
    with pytest.raises(ParameterError, match="24 observations are too few for 6 lags"):
        toda_yamamoto(x.iloc[:24], y.iloc[:24], max_lag=6, d_max=1)
    with pytest.raises(ParameterError, match="too few for 12 horizons"):
        local_projection(x.iloc[:30], y.iloc[:30], horizons=12, lags=3)
    with pytest.raises(ParameterError, match="linearly dependent"):
        toda_yamamoto(x, x, max_lag=2, d_max=1)
    with pytest.raises(ParameterError, match="monthly or quarterly"):
        toda_yamamoto(x.to_numpy(), y.to_numpy(), max_lag=2, d_max=1, seasonal=True)
    with pytest.raises(ParameterError, match="none of season"):
        deterministic_terms(x.index[:7], seasonal=True)
    with pytest.raises(ParameterError, match="Criterion 'fpe' is unknown"):
        toda_yamamoto(x, y, max_lag=2, d_max=1, criterion="fpe")
    with pytest.raises(ParameterError, match="at least 25 are needed"):
        stl(x.iloc[:20])
    with pytest.raises(ParameterError, match="odd number of at least 7"):
        stl(x, seasonal_window=10)
    with pytest.raises(ParameterError, match="empty or repeat"):
        prewhitened_cross_correlation(x, y, [1, 1])
    with pytest.raises(ParameterError, match=r"tabulated for 0\.01 to 0\.10"):
        integration_order(x, alpha=0.2)


def test_dated_index_may_be_month_starts_or_ends(walks: tuple[pd.Series, pd.Series]) -> None:
    x, y = walks
    by_period = toda_yamamoto(x, y, max_lag=2, d_max=1, seasonal=True)
    starts = [z.set_axis(pd.DatetimeIndex(z.index.to_timestamp().to_numpy())) for z in (x, y)]
    assert toda_yamamoto(*starts, max_lag=2, d_max=1, seasonal=True).chi2 == pytest.approx(by_period.chi2)
    gap = starts[0].drop(pd.Timestamp("2016-02-01"))
    with pytest.raises(ParameterError, match="2016-03-01 00:00:00 follows 2016-01-01 00:00:00"):
        complete_values(gap, "x")
    with pytest.raises(ParameterError, match="1933 follows 1931"):
        complete_values(pd.Series([1.0, 2, 3, 4], index=[1930, 1931, 1933, 1934]), "x")
