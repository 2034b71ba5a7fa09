"""The closed form of a roll-out against simulation: what the estimate does under a known covariance, and under one estimated.

The document's six phases of 33 units over nine periods; SIMULATED outcomes.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import stdtr

from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.designs.rollout.covariance import autoregressive
from crimjust_research.designs.rollout.layout import Layout, in_order

N_PERIODS, PANELS, DECAY = 9, 8_000, 0.7
LAYOUT = Layout(in_order([5, 6, 6, 6, 5, 5], np.arange(6) + 2), N_PERIODS)
DECAYS = np.linspace(0.0, 0.98, 15)


@cache
def panels() -> np.ndarray:
    """(PANELS, cells) of first-order autoregressions without an effect."""
    root = np.linalg.cholesky(autoregressive(N_PERIODS, DECAY))
    own = np.random.default_rng(21).standard_normal((PANELS, LAYOUT.n_units, N_PERIODS))
    return (own @ root.T).reshape(PANELS, -1)


def regressors() -> np.ndarray:
    units, periods = np.eye(LAYOUT.n_units), np.eye(N_PERIODS)
    return np.hstack(
        [
            LAYOUT.treated.reshape(-1, 1),
            np.tile(periods, (LAYOUT.n_units, 1)),
            np.repeat(units, N_PERIODS, axis=0)[:, 1:],
        ]
    )


def fitted(outcomes: np.ndarray, decay: float) -> tuple[np.ndarray, float, np.ndarray, float]:
    """Estimates, the first element of the inverse information, weighted squares left, and what REML takes off for the rest."""
    x = regressors()
    one = autoregressive(N_PERIODS, decay)
    weight = np.kron(np.eye(LAYOUT.n_units), np.linalg.inv(one))
    information = x.T @ weight @ x
    coefficients = outcomes @ np.linalg.solve(information, x.T @ weight).T
    left = outcomes - coefficients @ x.T
    squares = np.einsum("sn,sn->s", left @ weight, left)
    determinants = LAYOUT.n_units * np.linalg.slogdet(one)[1] + np.linalg.slogdet(information)[1]
    return coefficients[:, 0], np.linalg.inv(information)[0, 0], squares, float(determinants)


def restricted_likelihood(outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and errors under the decay, of a grid, that restricted likelihood prefers in each panel."""
    free = regressors().shape[0] - regressors().shape[1]
    best, estimate, error = np.full(len(outcomes), -np.inf), np.zeros(len(outcomes)), np.zeros(len(outcomes))
    for decay in DECAYS:
        coefficient, inverse, squares, determinants = fitted(outcomes, decay)
        likelihood = -0.5 * (free * np.log(squares) + determinants)
        better = likelihood > best
        best[better], estimate[better] = likelihood[better], coefficient[better]
        error[better] = np.sqrt(squares[better] / free * inverse)
    return estimate, error


def within(rate: float, expected: float) -> None:
    assert rate == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / PANELS))


def test_estimates_spread_as_the_closed_form_says_and_are_found_as_often():
    told = precision(LAYOUT, autoregressive(N_PERIODS, DECAY))
    estimate = fitted(panels(), DECAY)[0]
    assert estimate.std() == pytest.approx(told.std_error[0], rel=4 / np.sqrt(2 * PANELS))
    assert estimate.mean() == pytest.approx(0, abs=4 * told.std_error[0] / np.sqrt(PANELS))
    for effect in (0.0, 0.3, told.minimum_detectable(normal=True)[0]):
        found = np.abs(estimate + effect) > 1.959964 * told.std_error[0]
        within(float(found.mean()), float(told.power(effect, normal=True)[0]))


def test_an_estimated_covariance_costs_what_t_allows_for():
    """Restricted likelihood: normal limits reject a little too often, Student's t on 31 a little too seldom."""
    told = precision(LAYOUT, autoregressive(N_PERIODS, DECAY))
    estimate, error = restricted_likelihood(panels())
    t = np.abs(estimate / error)
    assert 0.05 < np.mean(t > 1.959964) < 0.06
    assert 0.04 < np.mean(2 * stdtr(told.df, -t) <= 0.05) < 0.05
    effect = told.minimum_detectable()[0]
    found = np.mean(2 * stdtr(told.df, -np.abs((estimate + effect) / error)) <= 0.05)
    assert found == pytest.approx(0.8, abs=0.015)
