"""Closed form of a roll-out's precision: published answers, hand calculations, generalised least squares in plain matrices."""

import numpy as np
import pytest
from scipy.stats import nct, norm

from crimjust_research.designs.rollout.closed_form import expected_estimate, minimum_detectable, power, precision
from crimjust_research.designs.rollout.covariance import autoregressive, exchangeable, of_group_means, random_effects
from crimjust_research.designs.rollout.layout import Layout, effect_path, exposure, in_order
from crimjust_research.errors import ParameterError

INF = np.inf
COUNTS = [5, 6, 6, 6, 5, 5]


def six_phases(n_periods: int = 10, first: int = 3) -> Layout:
    return Layout(in_order(COUNTS, np.arange(6) + first), n_periods)


# --- Published ----------------------------------------------------------------------------------------------------

FOUR_STEPS = Layout(in_order([6, 6, 6, 6], [1, 2, 3, 4]), 5)
RARE = np.sqrt(0.0425 * 0.9575)


def swpwr(layout, covariance, effect):
    return precision(layout, covariance, units="random").power(effect, normal=True)[0]


@pytest.mark.parametrize(
    ("n_periods", "effects", "published"),
    [
        (5, {}, 0.7861896),
        (8, {}, 0.8171283),
        (5, {"eta": 0.0045}, 0.7724894),
        (5, {"eta": 0.0045, "rho": 0.4}, 0.7651551),
        (5, {"eta": 0.0045, "rho": 0.4, "gamma": 0.1}, 0.08723716),
    ],
    ids=["random intercepts", "three more periods", "independent effects", "correlated effects", "random periods"],
)
def test_powers_of_swpwr(n_periods, effects, published):
    """Examples 1 to 5 of swPwr, R's swCRTdesign (Voldal et al. 2020): 24 clusters, four steps, 120 persons, .05 and .035."""
    layout = Layout(FOUR_STEPS.starts, n_periods)
    covariance = random_effects(layout.treated, tau=0.01, sigma=RARE, n=120, **effects)
    assert swpwr(layout, covariance, -0.015) == pytest.approx(published, abs=6e-8)


def test_power_of_swpwr_by_correlations():
    """Its example 8: ICC .02, CAC .125, standard deviation of a person .1, which leaves out what the cluster adds."""
    covariance = exchangeable(5, 0.02, 0.125, n=120, variance=0.1**2 / 0.98)
    assert swpwr(FOUR_STEPS, covariance, 0.015) == pytest.approx(0.9171886, abs=6e-8)


def test_power_of_hussey_and_hughes():
    """Their example with 100 persons, .05 against .032, tau .025: .8059."""
    covariance = random_effects(FOUR_STEPS.treated, tau=0.025, sigma=np.sqrt(0.041 * 0.959), n=100)
    assert swpwr(FOUR_STEPS, covariance, 0.018) == pytest.approx(0.8059172, abs=6e-8)


@pytest.mark.parametrize("seed", range(5))
def test_variance_is_equation_7_of_hussey_and_hughes(seed):
    rng = np.random.default_rng(seed)
    layout = Layout(rng.permutation(in_order([3, 2, 4, 1], [1, 3, 4, INF])), 6)
    tau2, sigma2 = rng.uniform(0.1, 2, 2)
    x = layout.treated.astype(float)
    n, t, u, w, v = *x.shape, x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    equation = n * sigma2 * (sigma2 + t * tau2) / ((n * u - w) * sigma2 + (u**2 + n * t * u - t * w - n * v) * tau2)
    got = precision(layout, tau2 + sigma2 * np.eye(6), units="random").std_error[0]
    assert got**2 == pytest.approx(equation, rel=1e-10)


# --- By hand ------------------------------------------------------------------------------------------------------


def test_two_units_two_periods_by_hand():
    """Difference in differences: 4 v (1 - r). With units random the first period foretells the second: 2 v (1 - r^2)."""
    layout, v, r = Layout(np.array([1, INF]), 2), 2.5, 0.6
    covariance = v * np.array([[1, r], [r, 1]])
    assert precision(layout, covariance).std_error[0] ** 2 == pytest.approx(4 * v * (1 - r))
    assert precision(layout, covariance, units="random").std_error[0] ** 2 == pytest.approx(2 * v * (1 - r**2))


def test_differences_of_two_groups_by_hand():
    """Noise alone, p of n units treated for a of T periods: v / (n T p/n (1 - p/n) a/T (1 - a/T))."""
    layout = Layout(in_order([4, 6], [3, INF]), 8)
    got = precision(layout, 1.7 * np.eye(8)).std_error[0] ** 2
    assert got == pytest.approx(1.7 / (80 * 0.4 * 0.6 * 5 / 8 * 3 / 8))


# --- In plain matrices --------------------------------------------------------------------------------------------


def plain(layout, covariance, columns, units, strata):
    """Treatment columns (n T, E) and all others as dense matrices of the observed cells, and the covariance of these."""
    n, t = layout.n_units, layout.n_periods
    labels = np.zeros(n, int) if strata is None else np.unique(strata, return_inverse=True)[1]
    periods = np.kron(np.eye(labels.max() + 1)[labels], np.eye(t))
    others = np.hstack([periods, np.kron(np.eye(n), np.ones((t, 1)))]) if units == "fixed" else periods
    v = np.zeros((n * t, n * t))
    for unit, one in enumerate(np.broadcast_to(covariance, (n, t, t))):
        v[unit * t : (unit + 1) * t, unit * t : (unit + 1) * t] = one
    kept = layout.cells.ravel()
    return columns.reshape(n * t, -1)[kept], others[kept], v[np.ix_(kept, kept)]


def plain_coefficients(treatment, others, v):
    """(E, n T) what outcomes are multiplied by to give the effects: weighted least squares by pseudoinverse."""
    x = np.hstack([treatment, others])
    inverse = np.linalg.inv(v)
    return (np.linalg.pinv(x.T @ inverse @ x, rcond=1e-11, hermitian=True) @ x.T @ inverse)[: treatment.shape[1]]


def some_layout(rng, gaps=0.0, n_periods=7):
    starts = rng.permutation(in_order([2, 3, 2, 1], [2, 3, 5, INF]))
    return Layout(starts, n_periods, rng.random((8, n_periods)) >= gaps)


COVARIANCES = {
    "autoregressive": autoregressive(7, 0.6),
    "memory and noise": autoregressive(7, 0.8, 0.5, n=4),
    "exchangeable": exchangeable(7, 0.3, 0.7, n=5, iac=0.4),
    "sizes differ": exchangeable(7, 0.3, n=np.arange(1.0, 9)),
    "any": np.cov(np.random.default_rng(5).standard_normal((7, 30))),
}


@pytest.mark.parametrize("covariance", COVARIANCES.values(), ids=COVARIANCES)
@pytest.mark.parametrize("units", ["fixed", "random"])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("strata", [None, list("abababab")], ids=["one", "two strata"])
@pytest.mark.parametrize("path", [(1.0,), (0.0, 0.25, 0.5, 1.0)], ids=["at once", "grows"])
def test_error_is_that_of_least_squares_without_the_missing_rows(covariance, units, gaps, strata, path):
    layout = some_layout(np.random.default_rng(2), gaps)
    treatment, others, v = plain(layout, covariance, exposure(layout, path), units, strata)
    by = plain_coefficients(treatment, others, v)
    got = precision(layout, covariance, path=path, units=units, strata=strata).std_error[0]
    assert got == pytest.approx(np.sqrt((by @ v @ by.T).item()), rel=1e-8)


@pytest.mark.parametrize("units", ["fixed", "random"])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("horizon", [1, 3])
def test_average_over_exposure_times_is_that_of_least_squares(units, gaps, horizon):
    layout, covariance = some_layout(np.random.default_rng(2), gaps), COVARIANCES["autoregressive"]
    indicators = np.stack([layout.since == one for one in range(1, layout.since.max() + 1)], axis=2).astype(float)
    treatment, others, v = plain(layout, covariance, indicators, units, None)
    by = plain_coefficients(treatment, others, v)[:horizon].mean(axis=0)
    got = precision(layout, covariance, horizon=horizon, units=units).std_error[0]
    assert got == pytest.approx(np.sqrt(by @ v @ by), rel=1e-8)


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("assumed", [(1.0,), (0.5, 1.0)])
def test_estimate_under_another_path_is_that_of_least_squares(gaps, assumed):
    layout, covariance = some_layout(np.random.default_rng(2), gaps), COVARIANCES["autoregressive"]
    truth = (0.0, 0.1, 0.4, 1.5)
    treatment, others, v = plain(layout, covariance, exposure(layout, assumed), "fixed", None)
    by = plain_coefficients(treatment, others, v)
    expected = (by @ exposure(layout, truth).ravel()[layout.cells.ravel()]).item()
    got = expected_estimate(layout, covariance, truth, path=assumed)[0]
    assert got == pytest.approx(expected, rel=1e-8)
    assert expected_estimate(layout, covariance, np.multiply(3, assumed), path=assumed)[0] == pytest.approx(3)


def test_an_effect_that_comes_late_is_estimated_below_zero():
    """What Kenny et al. (2022) warn of, in a stepped wedge whose units are alike: later periods weigh less than nothing."""
    late = np.eye(5)[3]
    estimates = expected_estimate(FOUR_STEPS, exchangeable(5, 0.9), late, units="random")
    assert estimates[0] < -0.1
    weights = [expected_estimate(FOUR_STEPS, exchangeable(5, 0.9), one, units="random")[0] for one in np.eye(5)]
    assert sum(weights) == pytest.approx(1)


def test_units_of_a_phase_that_share_what_happens_tell_what_their_means_tell():
    """Least squares on all units with blocks of shared covariance, against the closed form with phases for units."""
    counts, one, shared = [2, 3, 1, 2], autoregressive(6, 0.5), 0.3
    layout = Layout(in_order(counts, [1, 2, 4, INF]), 6)
    phase = np.repeat(np.arange(4), counts)
    treatment, others, _ = plain(layout, one, exposure(layout), "fixed", None)
    v = np.kron(shared * (phase[:, None] == phase) + (1 - shared) * np.eye(8), one)
    by = plain_coefficients(treatment, others, v)
    of_phases = precision(Layout(np.array([1, 2, 4, INF]), 6), of_group_means(one, counts, shared)).std_error[0]
    assert of_phases == pytest.approx(np.sqrt((by @ v @ by.T).item()), rel=1e-8)


# --- What must not matter -----------------------------------------------------------------------------------------


def test_the_order_of_units_does_not_matter():
    rng = np.random.default_rng(4)
    layout, strata = some_layout(rng, 0.2), np.array(list("aabbabab"))
    covariance = COVARIANCES["sizes differ"]
    order = rng.permutation(8)
    assert layout.observed is not None
    other = Layout(layout.starts[order], 7, layout.observed[order])
    here = precision(layout, covariance, strata=strata)
    there = precision(other, covariance[order], strata=strata[order])
    assert there.std_error == pytest.approx(here.std_error, rel=1e-10)
    assert there.df == here.df == 8 - 1 - 2


def test_many_layouts_at_once_are_each_as_alone():
    rng = np.random.default_rng(6)
    layouts = [some_layout(rng, gaps, t) for t in (7, 9) for gaps in (0.0, 0.1, 0.0)] + [six_phases(7, 1)]

    def covariance(layout: Layout):
        return autoregressive(layout.n_periods, 0.7)

    for how in ({}, {"horizon": 2}, {"path": (0, 1)}, {"units": "random"}):
        together = precision(layouts, covariance, **how)
        alone = [precision(layout, covariance(layout), **how) for layout in layouts]
        np.testing.assert_allclose(together.std_error, [one.std_error[0] for one in alone], rtol=1e-10)
        np.testing.assert_array_equal(together.df, [one.df[0] for one in alone])


def test_a_unit_without_a_cell_is_a_unit_that_is_not_there():
    layout = some_layout(np.random.default_rng(1))
    cells = np.ones((9, 7), bool)
    cells[8] = False
    with_it = precision(Layout(np.append(layout.starts, 1.0), 7, cells), COVARIANCES["any"])
    without = precision(layout, COVARIANCES["any"])
    assert with_it.std_error == pytest.approx(without.std_error)
    assert with_it.df == without.df == 6


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_units_of_measurement_do_not_matter(scale):
    layout = some_layout(np.random.default_rng(1), 0.2)
    here, there = (precision(layout, times * COVARIANCES["any"], horizon=2) for times in (1.0, scale))
    assert there.std_error == pytest.approx(np.sqrt(scale) * here.std_error)


def test_what_units_have_in_common_over_all_periods_does_not_matter_once_they_are_fitted():
    layout = six_phases()
    fixed = [precision(layout, autoregressive(10, 0.5) + level).std_error[0] for level in (0.0, 3.0)]
    assert fixed[0] == pytest.approx(fixed[1])
    nearly = precision(layout, autoregressive(10, 0.5) + 1e6, units="random").std_error[0]
    assert nearly == pytest.approx(fixed[0], rel=1e-4)


# --- Not identified -----------------------------------------------------------------------------------------------


def test_effects_that_no_comparison_tells_have_no_precision():
    layout = six_phases()
    each_its_start = [str(start) for start in layout.starts]
    within = precision(layout, np.eye(10), strata=each_its_start)
    assert within.std_error == [INF]
    assert within.power(1.0, normal=True) == pytest.approx(0.05)
    assert within.minimum_detectable(normal=True) == [INF]
    assert precision(layout, np.eye(10), horizon=8).std_error == [INF]  # the first phase is treated for seven periods
    assert np.isfinite(precision(layout, np.eye(10), horizon=6).std_error).all()
    assert np.isnan(expected_estimate(layout, np.eye(10), [1, 2], strata=each_its_start)).all()


def test_periods_in_which_all_are_treated_tell_only_what_an_effect_that_stays_lets_them():
    layout = six_phases()
    cells = np.ones((33, 10), bool)
    cells[:, 8:] = False  # from period 8 on all are treated
    noise, short = exchangeable(10, 0.5), Layout(layout.starts, 10, cells)
    assert precision(layout, noise).std_error < precision(short, noise).std_error
    assert precision(Layout(layout.starts, 8), noise[:8, :8]).std_error == pytest.approx(
        precision(short, noise).std_error
    )


# --- Power --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("df", [1, 4, 31, 400])
def test_power_is_that_of_a_noncentral_t(df):
    distance = np.array([0.0, 0.3, 1.0, 2.8])
    limit = nct.ppf(0.975, df, 0)
    expected = nct.sf(limit, df, distance) + nct.cdf(-limit, df, distance)
    np.testing.assert_allclose(power(2.0, 2 * distance, df=df), expected, atol=1e-10)
    np.testing.assert_allclose(power(2.0, -2 * distance, df=df), expected, atol=1e-10)


@pytest.mark.parametrize("df", [0.75, 5, 8, 31, 131, 400])
def test_power_is_one_where_nothing_is_missed(df):
    distance = np.linspace(30, 60, 601)
    found = power(1.0, distance, df=df, alpha=0.3)
    assert np.all(found > 0.999)
    assert np.all(np.diff(found) >= 0)


def test_power_is_normal_without_a_limit_to_freedom():
    expected = norm.sf(norm.ppf(0.95) - 1.5) + norm.cdf(-norm.ppf(0.95) - 1.5)
    assert power(2.0, 3.0, alpha=0.1) == pytest.approx(expected, abs=1e-12)
    assert power(1.0, 0.0, alpha=0.1) == pytest.approx(0.1)
    assert power(1e-3, 1.0, df=4) == 1
    assert np.isnan(power(1.0, 1.0, df=0))


@pytest.mark.parametrize("df", [1, 4, 31, INF])
@pytest.mark.parametrize("wanted", [0.06, 0.8, 0.99])
def test_least_effect_has_the_power_it_is_named_for(df, wanted):
    error = np.array([0.01, 1.0, 30.0])
    found = minimum_detectable(error, wanted, df=df)
    np.testing.assert_allclose(power(error, found, df=df), wanted, atol=1e-9)


def test_least_effect_of_the_textbook():
    """2.80 errors: 1.96 + .84, and what the other tail adds."""
    assert minimum_detectable(1.0) == pytest.approx(norm.ppf(0.975) + norm.ppf(0.8), abs=1e-5)
    layouts = [six_phases(), Layout(in_order([3, 3], [2, INF]), 10)]
    found = precision(layouts, autoregressive(10, 0.7))
    np.testing.assert_array_equal(found.df, [31, 4])
    np.testing.assert_allclose(power(found.std_error, found.minimum_detectable(0.9), df=[31, 4]), 0.9, atol=1e-9)
    assert "minimum_detectable" in repr(found)


# --- Refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: precision([], np.eye(10)), "No layout is given"),
        (lambda: precision(six_phases(), np.eye(9)), r"shape \(9, 9\); give 10 by 10 periods"),
        (lambda: precision(six_phases(), np.ones((10, 10))), "others foretell it without error"),
        (lambda: precision(six_phases(), -np.eye(10)), "others foretell it without error"),
        (lambda: precision(six_phases(), np.triu(np.ones((10, 10)))), "not symmetric"),
        (lambda: precision(six_phases(), np.full((10, 10), np.nan)), "not finite"),
        (lambda: precision(six_phases(), np.eye(10), path=np.arange(11)), "The effect path has 11 periods"),
        (lambda: precision(six_phases(), np.eye(10), horizon=11), "The horizon is 11 periods and the panel 10"),
        (lambda: precision(six_phases(), np.eye(10), horizon=0), "horizon is 0"),
        (lambda: precision(six_phases(), np.eye(10), strata=["a"]), "1 labels of a stratum for 33 units"),
        (lambda: precision(six_phases(), np.eye(10), units="both"), "units is 'both'"),  # type: ignore[arg-type]
        (lambda: power(0.0, 1.0), "standard error is 0"),
        (lambda: power(1.0, np.nan), "effect is nan"),
        (lambda: power(1.0, 1.0, alpha=5.0), "level alpha is 5"),
        (lambda: minimum_detectable(1.0, 0.05), "The power is 0.05"),
        (lambda: minimum_detectable(1.0, 1.0), "The power is 1.0"),
        (lambda: minimum_detectable(-1.0), "standard error is -1"),
        (lambda: effect_path(["now"], 3), "'now'"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
