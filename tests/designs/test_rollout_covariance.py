"""Covariances of a unit's periods: the same model written two ways, known cases, refusals."""

import numpy as np
import pytest

from crimjust_research.designs.rollout.covariance import autoregressive, exchangeable, of_group_means, random_effects
from crimjust_research.errors import ParameterError

NOBODY = np.zeros((3, 4))


@pytest.mark.parametrize(
    "persons", [7, [7.0, 8.0, 9.0], np.arange(1.0, 13).reshape(3, 4)], ids=["one", "by unit", "by cell"]
)
def test_correlations_and_standard_deviations_say_the_same(persons):
    tau, gamma, zeta, sigma = 0.3, 0.2, 0.5, 1.1
    between, within = tau**2 + gamma**2, zeta**2 + sigma**2
    by_shares = exchangeable(
        4,
        between / (between + within),
        tau**2 / between,
        n=persons,
        iac=zeta**2 / within,
        variance=between + within,
    )
    by_effects = random_effects(NOBODY, tau=tau, gamma=gamma, zeta=zeta, sigma=sigma, n=persons)
    np.testing.assert_allclose(np.broadcast_to(by_shares, (3, 4, 4)), by_effects, rtol=1e-12)


def test_covariance_of_means_by_hand():
    """Ten persons, variance 2, icc .3, cac .5, iac .25: common .6, of which .3 lasts; of the rest, 1.4, .35 lasts."""
    got = exchangeable(2, 0.3, 0.5, n=10, iac=0.25, variance=2)
    np.testing.assert_allclose(got, [[0.6 + 0.14, 0.3 + 0.035], [0.3 + 0.035, 0.6 + 0.14]])
    got = autoregressive(3, 0.5, 0.3, n=10, variance=2)
    np.testing.assert_allclose(got[0], [0.6 + 0.14, 0.3, 0.15])
    np.testing.assert_allclose(autoregressive(3, -0.5)[0], [1, -0.5, 0.25])
    np.testing.assert_allclose(autoregressive(3, 0.0, 0.3, n=10), exchangeable(3, 0.3, 0.0, n=10))


def test_random_effects_by_hand():
    """tau .5, eta .2, rho -.5: a treated period has variance .25 + .04 - .1, and .25 - .05 in common with one untreated."""
    got = random_effects([[0, 1, 1]], tau=0.5, eta=0.2, rho=-0.5, sigma=1.0, n=[4])
    np.testing.assert_allclose(got[0], [[0.5, 0.2, 0.2], [0.2, 0.44, 0.19], [0.2, 0.19, 0.44]])


def test_covariance_is_that_of_simulated_persons():
    rng = np.random.default_rng(3)
    n_panels, persons, n_periods = 200_000, 2, 3
    unit, own = rng.standard_normal((n_panels, 1, 1)), rng.standard_normal((n_panels, persons, 1))
    period = rng.standard_normal((n_panels, 1, n_periods))
    noise = rng.standard_normal((n_panels, persons, n_periods))
    means = (0.6 * unit + 0.4 * period + 0.9 * own + 1.2 * noise).mean(axis=1)
    expected = random_effects(np.zeros((1, n_periods)), tau=0.6, gamma=0.4, zeta=0.9, sigma=1.2, n=persons)[0]
    np.testing.assert_allclose(np.cov(means.T), expected, atol=5 * 1.6 / np.sqrt(n_panels))


def test_groups_that_share_all_are_one_unit():
    one = autoregressive(4, 0.6)
    np.testing.assert_allclose(of_group_means(one, [1, 5], 1.0), np.stack([one, one]))
    np.testing.assert_allclose(of_group_means(one, [1, 5], 0.0), np.stack([one, one / 5]))
    np.testing.assert_allclose(of_group_means(one, [5], 0.25)[0], 0.4 * one)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: exchangeable(4, 1.2), "icc is 1.2"),
        (lambda: exchangeable(4, 0.2, -0.1), "cac is -0.1"),
        (lambda: exchangeable(4, 0.2, iac=np.nan), "iac is nan"),
        (lambda: exchangeable(4, 0.2, variance=0), "variance is 0"),
        (lambda: exchangeable(0, 0.2), "n_periods is 0"),
        (lambda: exchangeable(4, 0.2, n=0), "mark cells without any as not observed"),
        (lambda: exchangeable(4, 0.2, n=np.ones((3, 5))), r"\(3, 5\)"),
        (lambda: autoregressive(4, 1.0), "decay is 1.0"),
        (lambda: autoregressive(4, -1.0), "decay is -1.0"),
        (lambda: random_effects(NOBODY, tau=-1, sigma=1), "tau is -1"),
        (lambda: random_effects(NOBODY, tau=1, sigma=np.inf), "sigma is inf"),
        (lambda: random_effects(NOBODY, tau=1, sigma=1, rho=2), "rho is 2"),
        (lambda: random_effects(np.zeros(4), tau=1, sigma=1), "units by periods"),
        (lambda: of_group_means(np.eye(3), [0], 0.5), "numbers above zero"),
        (lambda: of_group_means(np.eye(3), [2], 2), "shared is 2"),
    ],
)
def test_what_is_no_covariance_is_refused_in_words(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
