"""Long-run responses: Fieller's set by hand and in samples, the ratio against ordinary least squares, the procedure's pieces."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from statsmodels.regression.linear_model import OLS

from crimjust_research.designs.ratios import Ratio
from crimjust_research.designs.series.causality import toda_yamamoto
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.long_run import (
    System,
    autocorrelation_found,
    long_run_without,
    procedure_p_values,
)
from crimjust_research.designs.series.simulation import BandCoverage, projection_coverage, simulate_var
from crimjust_research.designs.series.vector_autoregression import (
    choose_lag,
    chosen_lags,
    lagged_design,
    lags_alone,
    noisy_least_squares,
    residual_autocorrelation_p,
    stacked_least_squares,
    stacked_residual_autocorrelation_p,
    without_terms,
)
from crimjust_research.errors import ParameterError

MONTHS = pd.period_range("2018-10", periods=75, freq="M")
TERMS = deterministic_terms(MONTHS, seasonal=True).to_numpy()


def ratio(b: float, d: float, vb: float, vd: float, c: float = 0.0, df: int = 50) -> Ratio:
    return Ratio(*(np.array(x) for x in (b, d, vb, vd, c)), df=df)


# --- Ratios -----------------------------------------------------------------------------------------------------------


def test_ends_of_a_bounded_set_by_hand() -> None:
    # (3 - e)² = 4 (0.25 + 0.04 e²) with a critical t of 2: 0.84 e² - 6 e + 8 = 0.
    critical = 2.0
    alpha = 2 * student.sf(critical, 50)
    found = ratio(3.0, 1.0, 0.25, 0.04).fieller(alpha)
    assert [found.low, found.high] == pytest.approx(
        [(6 - math.sqrt(36 - 4 * 0.84 * 8)) / 1.68, (6 + math.sqrt(36 - 4 * 0.84 * 8)) / 1.68]
    )
    assert found.gap is None


def test_a_denominator_near_zero_leaves_two_rays_or_everything() -> None:
    alpha = 2 * student.sf(2.0, 50)
    # (3 - 0.1 e)² <= 4 (0.25 + 0.04 e²): 0.15 e² + 0.6 e - 8 >= 0.
    rays = ratio(3.0, 0.1, 0.25, 0.04).fieller(alpha)
    root = math.sqrt(0.36 + 4 * 0.15 * 8)
    assert rays.gap == pytest.approx(((-0.6 - root) / 0.3, (-0.6 + root) / 0.3))
    assert (rays.low, rays.high) == (-math.inf, math.inf)
    assert not rays.holds(0.0)
    assert rays.holds(100.0)
    everything = ratio(0.1, 0.1, 0.25, 0.04).fieller(alpha)
    assert (everything.low, everything.high, everything.gap) == (-math.inf, math.inf, None)
    assert everything.holds(0.0)


def test_the_set_inverts_the_test_it_is_shown_with() -> None:
    rng = np.random.default_rng(4)
    kinds = set()
    for _ in range(300):
        made = ratio(*rng.normal(0.3, 1, 2), *rng.uniform(0.05, 0.5, 2), c=float(rng.uniform(-0.04, 0.04)), df=30)
        found = made.fieller(0.05)
        kinds.add((found.gap is None, math.isinf(found.low)))
        for value in (-5.0, -1.0, 0.0, 0.5, 2.0, 30.0):
            assert found.holds(value) == (made.p_value(value) >= 0.05)
    assert kinds == {(True, False), (True, True), (False, True)}


def test_equivalence_is_claimed_where_the_ninety_per_cent_set_lies_within_and_nowhere_else() -> None:
    rng = np.random.default_rng(5)
    told = [0, 0]
    for _ in range(500):
        made = ratio(float(rng.normal(0, 0.1)), float(rng.normal(0.7, 0.4)), 0.003, 0.02, c=0.002, df=40)
        found = made.fieller(0.10)
        inside = found.gap is None and found.low > -0.5 and found.high < 0.5
        told[int(inside)] += 1
        # Below zero the denominator has no long run, and nothing is claimed.
        assert (inside and made.denominator > 0) == (made.equivalence_p(0.5) < 0.05)
    assert min(told) > 50
    with pytest.raises(ParameterError, match="above zero"):
        made.equivalence_p(0.0)


def test_a_negative_denominator_is_never_within_a_margin() -> None:
    assert ratio(0.0, -1.0, 0.001, 0.001).equivalence_p(1.0) > 0.99


# --- The ratio of an autoregression -----------------------------------------------------------------------------------


def test_long_run_of_a_test_is_that_of_ordinary_least_squares() -> None:
    x, y = simulate_var(75, [[[0.6, 0.0], [0.3, 0.5]]], n_sim=1, seed=3)[0].T
    found = toda_yamamoto(pd.Series(x, MONTHS), pd.Series(y, MONTHS), max_lag=6, d_max=1, seasonal=True, lags=2)
    design = np.column_stack([*(z[3 - lag : 75 - lag] for lag in (1, 2, 3) for z in (x, y)), TERMS[3:]])
    fit = OLS(y[3:], design).fit()
    b, a = fit.params[[0, 2]].sum(), fit.params[[1, 3]].sum()
    assert found.long_run.estimate == pytest.approx(b / (1 - a))
    contrast = np.zeros((1, design.shape[1]))
    contrast[0, [0, 2]] = 1
    assert found.long_run.p_value() == pytest.approx(float(fit.t_test(contrast).pvalue))
    # sum(b) - e (1 - sum(a)) = 0 is sum(b) + e sum(a) = e.
    contrast[0, [1, 3]] = 0.7
    assert found.long_run.p_value(0.7) == pytest.approx(float(fit.t_test((contrast, [0.7])).pvalue))
    every = fit.params[[0, 2, 4]].sum() / (1 - fit.params[[1, 3, 5]].sum())
    assert found.all_lags.estimate == pytest.approx(every)


def test_further_terms_enter_the_equations() -> None:
    x, y = simulate_var(75, [[[0.6, 0.0], [0.3, 0.5]]], n_sim=1, seed=4)[0].T
    kink = np.maximum(np.arange(75.0) - 40, 0)
    found = toda_yamamoto(x, y + 0.2 * kink, max_lag=2, d_max=0, lags=1, further=kink[:, None])
    fit = OLS((y + 0.2 * kink)[1:], np.column_stack([x[:-1], (y + 0.2 * kink)[:-1], np.ones(74), kink[1:]])).fit()
    assert found.f == pytest.approx(fit.tvalues[0] ** 2)


def test_dates_left_out_stay_as_lags_of_later_ones() -> None:
    levels = simulate_var(75, [[[0.6, 0.0], [0.3, 0.5]]], n_sim=1, seed=6)[0]
    left_out = np.asarray(MONTHS.year == 2021)
    found, n_obs = long_run_without(levels, TERMS, 1, 1, 0, 1, left_out)
    x, y = levels.T
    design = np.column_stack([x[1:-1], y[1:-1], x[:-2], y[:-2], TERMS[2:]])[~left_out[2:]]
    fit = OLS(y[2:][~left_out[2:]], design).fit()
    assert found.estimate == pytest.approx(fit.params[0] / (1 - fit.params[1]))
    assert n_obs == 61
    with pytest.raises(ParameterError, match="degrees of freedom remain"):
        long_run_without(levels, TERMS, 1, 1, 0, 1, np.asarray(MONTHS.year < 2023))


# --- The whole procedure ----------------------------------------------------------------------------------------------


def test_many_lags_are_chosen_as_each_alone() -> None:
    walks = np.random.default_rng(1).normal(size=(300, 75, 2)).cumsum(axis=1)
    noisy = 0.3 * walks[::-1] + np.random.default_rng(2).normal(size=(300, 75, 2))
    samples = np.concatenate([walks, noisy])
    for criterion in ("aic", "bic"):
        assert (chosen_lags(samples, TERMS, 6, criterion) == choose_lag(samples, TERMS, 6, criterion).lag).all()


def test_p_values_of_many_samples_are_those_of_each() -> None:
    samples = simulate_var(75, [[[0.9, 0.0], [0.2, 0.7]]], n_sim=12, seed=8)
    many = procedure_p_values(samples, TERMS, max_lag=4, extra=1, cause=0, effect=1)
    each = [
        toda_yamamoto(*(pd.Series(z, MONTHS) for z in s.T), max_lag=4, d_max=1, seasonal=True).long_run.p_value()
        for s in samples
    ]
    np.testing.assert_allclose(many, each)


def system(seed: int = 2) -> System:
    levels = simulate_var(75, [[[0.5, 0.1], [0.0, 0.6]]], n_sim=1, seed=seed)[0]
    return System.fitted(levels, TERMS, 2, cause=0, effect=1)


def test_a_system_without_link_has_none_and_a_linked_one_the_response_asked_for() -> None:
    fitted = system()
    assert (fitted.coefficients[[0, 2], 1] == 0).all()
    linked = fitted.linked(0, 1, 0.8)
    assert linked.coefficients[0, 1] == linked.coefficients[2, 1] != 0
    # A lasting unit of the cause, shocks none: the effect goes to its response.
    quiet = System(np.zeros((400, 2)), np.zeros((400, 1)), 2, linked.coefficients[:5], np.zeros((398, 2)))
    held = quiet.coefficients.copy()
    held[:4, 0] = [1, 0, 0, 0]
    raised = System(np.tile([1.0, 0.0], (400, 1)), quiet.terms, 2, held, quiet.residuals)
    assert raised.paths(np.zeros((1, 398, 2)))[0, -1] == pytest.approx([1, 0.8])


def test_the_response_is_that_of_powers_of_the_system() -> None:
    truth = np.array([[0.5, 0.1], [0.4, 0.6]])
    # Stacked by lag, then equation by column; shocks of variance 1 and covariance 0.3.
    shocks = np.random.default_rng(1).normal(size=(300, 2)) @ np.linalg.cholesky([[1, 0.3], [0.3, 1]]).T
    made = System(np.zeros((301, 2)), np.zeros((301, 1)), 1, np.vstack([truth.T, [0, 0]]), shocks)
    at_once = (shocks.T @ shocks)[0] / (shocks[:, 0] @ shocks[:, 0])
    by_hand = [(np.linalg.matrix_power(truth, h) @ at_once)[1] for h in range(5)]
    assert made.response(0, 4) == pytest.approx(by_hand)


def test_bands_hold_the_response_of_a_long_stationary_system_and_less_often_of_a_short_one() -> None:
    def held(months: int) -> BandCoverage:
        levels = simulate_var(months, [[[0.5, 0.1], [0.2, 0.9]]], n_sim=1, seed=2)[0]
        fitted = System.fitted(levels, np.ones((months, 1)), 1)
        return projection_coverage(fitted, 0, horizons=8, lags=1, n_sim=200, seed=1)

    long, short = held(400), held(60)
    # Three Monte Carlo errors of 200 samples.
    assert long.pointwise == pytest.approx(0.95, abs=0.03)
    assert long.whole_path > 0.89
    assert short.whole_path < long.whole_path


def test_paths_without_new_shocks_are_the_observed_series() -> None:
    fitted = system()
    levels, lags = fitted.levels, fitted.lags
    design = np.column_stack([levels[1:-1], levels[:-2], TERMS[2:]])
    left = levels[lags:] - design @ fitted.coefficients
    np.testing.assert_allclose(fitted.paths(left[None])[0], levels, atol=1e-9)


def test_shocks_have_the_residuals_covariance_their_blocks_and_their_autocorrelation() -> None:
    fitted, rng = system(), np.random.default_rng(3)
    drawn = fitted.gaussian(4_000, rng)
    cov = fitted.residuals.T @ fitted.residuals / len(fitted.residuals)
    np.testing.assert_allclose(np.cov(drawn.reshape(-1, 2).T), cov, rtol=0.02, atol=0.02)
    related = fitted.gaussian(4_000, rng, autoregression=0.3)
    assert np.corrcoef(related[:, 1:, 0].ravel(), related[:, :-1, 0].ravel())[0, 1] == pytest.approx(0.3, abs=0.01)
    assert related[..., 0].std() == pytest.approx(drawn[..., 0].std(), rel=0.02)
    blocks = fitted.blocks(50, rng, 12)
    starts = [np.flatnonzero((fitted.residuals == block[0]).all(axis=1))[0] for block in blocks]
    for block, start in zip(blocks, starts, strict=True):
        assert (block[:12] == fitted.residuals[start : start + 12]).all()


def test_the_residual_test_keeps_its_size_and_finds_what_a_short_lag_leaves() -> None:
    walk = np.zeros((2, 2))
    fitted = System(
        np.zeros((75, 2)), TERMS, 1, np.vstack([walk, np.zeros((12, 2))]), np.random.default_rng(1).normal(size=(74, 2))
    )
    rng = np.random.default_rng(2)
    white, related = (fitted.paths(fitted.gaussian(1_000, rng, by)) for by in (0.0, 0.6))
    assert autocorrelation_found(white, TERMS, 1).mean() == pytest.approx(0.05, abs=0.03)
    # One lag takes up an autocorrelation of first order; a test that could not tell would reject 5 % of these as well.
    twice = white.copy()
    for t in range(2, 75):
        twice[:, t] += 0.6 * twice[:, t - 2]
    assert autocorrelation_found(twice, TERMS, 1).mean() > 0.8
    assert autocorrelation_found(related, TERMS, 1).mean() < 0.10


# --- Size and coverage, SIMULATED -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "response"),
    [(0.6, 0.0), (0.6, 0.5), (0.9, 0.2)],
)
def test_the_set_covers_the_true_long_run_response(own: float, response: float) -> None:
    """Whatever its shape, the 95 % set holds the truth in 95 % of samples, lags given and one added."""
    truth = np.array([[[0.5, 0.0], [response * (1 - own), own]]])
    samples = simulate_var(75, truth, n_sim=1_000, seed=11)
    held = []
    for s in samples:
        found, _ = long_run_without(s, TERMS, 1, 1, 0, 1, np.zeros(75, dtype=bool))
        held.append(found.fieller(0.05).holds(response))
    # Three Monte Carlo errors of 0.7 points, and a little for the bias of 75 months.
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_two_walks_without_a_link_are_rejected_at_the_level() -> None:
    walks = simulate_var(75, [np.eye(2)], n_sim=2_000, seed=12)
    p = procedure_p_values(walks, TERMS, max_lag=6, extra=1, cause=0, effect=1)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.025)


def test_terms_taken_out_first_leave_the_same_fit_of_lags() -> None:
    samples = simulate_var(60, np.array([[[0.8, 0.1], [0.2, 0.9]]]), n_sim=5, seed=3)
    terms = deterministic_terms(pd.period_range("2020-01", periods=60, freq="M"), seasonal=True, trend=True).to_numpy()
    whole, alone = noisy_least_squares(*lagged_design(samples, 3, terms)), lags_alone(samples, 3, terms)
    assert alone.coefficients == pytest.approx(whole.coefficients[:, :6], abs=1e-10)
    assert alone.residuals == pytest.approx(whole.residuals, abs=1e-10)
    assert alone.inverse_gram == pytest.approx(whole.inverse_gram[:, :6, :6], abs=1e-10)
    assert alone.residual_df == whole.residual_df


def test_stacks_are_fitted_and_their_residuals_tested_as_each_sample_alone() -> None:
    """From cross-products where regressors are well apart, and as surely where in one sample they are not."""
    rng = np.random.default_rng(5)
    apart = simulate_var(75, np.array([[[0.8, 0.1], [0.2, 0.7]]]), n_sim=6, seed=4)
    close = apart.copy()
    close[2, :, 1] = close[2, :, 0] + 3e-5 * rng.normal(size=75)
    basis = np.linalg.qr(TERMS[3:])[0]
    for samples in (apart, close):
        design, response = without_terms(*lagged_design(samples, 3, TERMS[:, :0]), TERMS[3:])
        plain, found = noisy_least_squares(design, response), stacked_least_squares(design, response, taken_out=12)
        assert found.coefficients == pytest.approx(plain.coefficients, rel=1e-6)
        assert found.inverse_gram == pytest.approx(plain.inverse_gram, rel=1e-6)
        p = stacked_residual_autocorrelation_p(design, found.residuals, basis)
        whole = lagged_design(samples, 3, TERMS)
        assert p == pytest.approx(residual_autocorrelation_p(whole[0], noisy_least_squares(*whole)), rel=1e-4)
    twins = np.concatenate([design[..., :1], design], axis=-1)
    with pytest.raises(ParameterError, match="linearly dependent"):
        stacked_least_squares(twins, response)
    with pytest.raises(ParameterError, match="reproduced exactly"):
        stacked_least_squares(design, design[..., :2])


def test_terms_that_leave_nothing_are_refused() -> None:
    rng = np.random.default_rng(4)
    terms = np.column_stack([np.ones(30), np.arange(30.0)])
    noise, trend = rng.standard_normal((30, 1)), 3 * terms[:, 1:] - 2
    assert without_terms(noise, noise, terms)[0].T @ terms == pytest.approx(np.zeros((1, 2)), abs=1e-9)
    with pytest.raises(ParameterError, match="linearly dependent"):
        without_terms(trend, noise, terms)
    with pytest.raises(ParameterError, match="linearly dependent"):
        without_terms(noise, noise, np.column_stack([terms, trend]))
    with pytest.raises(ParameterError, match="reproduced exactly"):
        without_terms(noise, trend, terms)
