"""What varies in a panel, by restricted likelihood, and the weighted estimate of panels whose blocks share shocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from crimjust_research.designs.rollout import nuisance
from crimjust_research.designs.rollout.closed_form import expected_estimate, precision
from crimjust_research.designs.rollout.layout import Layout, exposure
from crimjust_research.designs.rollout.permutation import simulated_panels
from crimjust_research.designs.rollout.weighted import weights
from crimjust_research.errors import ParameterError


def test_what_varies_is_recovered_from_simulated_panels_with_gaps() -> None:
    at = np.arange(10.0)
    truth = nuisance.correlation(at, 0.6, 0.7) * 4.0
    found = []
    for seed in range(8):
        panel = simulated_panels(truth, 60, 1, seed)[0]
        panel[np.random.default_rng(seed).random(panel.shape) < 0.15] = np.nan
        found.append(nuisance.estimated(panel, at, np.repeat(np.arange(6), 10)))
    assert np.mean([one.within for one in found]) == pytest.approx(np.sqrt(1.6), rel=0.12)
    assert np.mean([one.decay for one in found]) == pytest.approx(0.7, abs=0.07)


def test_countries_of_a_block_have_in_common_what_they_were_given() -> None:
    block = np.repeat(np.arange(12), 8)
    panel = simulated_panels(np.eye(8), 96, 1, 5, phase=block, shared=0.4)[0]
    assert nuisance.in_common(panel, block) == pytest.approx(0.4, abs=0.08)


def test_without_memory_variances_are_those_of_a_mixed_model() -> None:
    """SIMULATED exchangeable panel with gaps, against statsmodels' restricted likelihood."""
    rng = np.random.default_rng(3)
    panel = rng.normal(0, 1.5, (25, 1)) + rng.normal(0, 1, (25, 6)) + np.arange(6) * 0.3
    # Errors that alternate a little: restricted likelihood has its best at no memory.
    panel += 0.4 * np.array([1, -1, 1, -1, 1, -1]) * rng.normal(size=(25, 1))
    panel[rng.random(panel.shape) < 0.1] = np.nan
    found = nuisance.estimated(panel, np.arange(6.0), np.arange(25))
    assert found.decay < 0.001
    unit, time = np.nonzero(np.isfinite(panel))
    long = pd.DataFrame({"unit": unit, "time": time, "y": panel[unit, time]})
    fitted = smf.mixedlm("y ~ C(time)", long, groups="unit").fit(reml=True)
    between = float(fitted.cov_re.iloc[0, 0])
    assert found.icc * found.variance == pytest.approx(between, rel=2e-3)
    assert found.within**2 == pytest.approx(fitted.scale, rel=2e-3)


def test_ends_hold_the_error_of_a_change_as_often_as_the_level_says() -> None:
    """SIMULATED panels: the error of a change halfway lies between both ends in about 95 of 100."""
    at = np.arange(9.0)
    truth = nuisance.Nuisance(1.0, 0.5, 0.6, 0.0, 30, 270)
    error = nuisance._error(truth, 9)
    held = []
    for panel in simulated_panels(truth.covariance(9), 30, 50, 11):
        found = nuisance.estimated(panel, at, np.arange(30))
        low, high = (nuisance._error(one, 9) for one in nuisance.with_ends(found, panel, at, 9).ends)
        assert low < nuisance._error(found, 9) < high
        held.append(low <= error <= high)
    assert np.mean(held) >= 0.86


def test_ends_lie_where_the_likelihood_has_fallen_by_half_the_quantile() -> None:
    panel = simulated_panels(nuisance.correlation(np.arange(8.0), 0.6, 0.5), 20, 1, 2)[0]
    at = np.arange(8.0)
    found = nuisance.estimated(panel, at, np.arange(20))
    ends = nuisance.with_ends(found, panel, at, 8).ends
    free = 20 * 8 - 8

    def deviance(one: nuisance.Nuisance) -> float:
        """Minus twice the restricted log likelihood, by least squares on all cells."""
        inverse = np.linalg.inv(np.kron(np.eye(20), one.covariance(8)))
        x = np.kron(np.ones((20, 1)), np.eye(8))
        beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ panel.ravel())
        left = panel.ravel() - x @ beta
        both = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(x.T @ inverse @ x)[1]
        return float(both + left @ inverse @ left)

    assert free == found.n_cells - at.size
    for one in ends:
        assert deviance(one) - deviance(found) == pytest.approx(3.8415, abs=0.02)


def test_one_unit_tells_nothing_of_what_varies() -> None:
    with pytest.raises(ParameterError, match="Fewer than two units"):
        nuisance.estimated(np.array([[1.0, 2.0], [np.nan, np.nan]]), np.arange(2.0), np.arange(2))


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        ([[1.0, np.nan, 2.0], [2.0, np.nan, 4.0]], "No unit is observed at 2001; leave that period out"),
        ([[1.0, 3.0, np.nan], [np.nan, np.nan, 4.0]], "3 cells of 3 periods are observed"),
        ([[0.1, 0.3, 0.7], [0.1, 0.3, 0.7]], "All units have the same outcome in each period"),
    ],
)
def test_a_panel_that_tells_nothing_of_what_varies_is_refused(outcomes: list[list[float]], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        nuisance.estimated(np.array(outcomes), np.arange(2000.0, 2003.0), np.arange(2))


@pytest.mark.parametrize("by_block", [False, True])
def test_where_nothing_is_shared_weights_are_those_of_the_closed_form(by_block: bool) -> None:
    rng = np.random.default_rng(1)
    block = np.repeat(np.arange(3), 6)
    observed = rng.random((18, 7)) < 0.85
    layout = Layout(np.tile([2.0, 4.0, 5.0], 6), 7, observed)
    matrix = nuisance.correlation(np.arange(7.0), 0.5, 0.7)
    own = weights(matrix, np.zeros((7, 7)), 0.0, block, observed, by_block=by_block)
    strata = block if by_block else None
    assert own.std_error(exposure(layout)) == pytest.approx(precision(layout, matrix, strata=strata).std_error[0])
    grows = (0.3, 0.7, 1.0)
    share = expected_estimate(layout, matrix, grows, strata=strata)[0]
    assert own.expected(exposure(layout), exposure(layout, grows)) == pytest.approx(share)


def test_the_statistic_is_the_estimate_of_each_order_and_knows_what_is_not_told() -> None:
    rng = np.random.default_rng(4)
    block = np.repeat(np.arange(2), 4)
    observed = np.ones((8, 5), np.bool_)
    own = weights(nuisance.correlation(np.arange(5.0), 0.4, 0.6), np.zeros((5, 5)), 0.3, block, observed)
    starts = np.array([[1.0] * 4 + [3.0] * 4, [3.0] * 4 + [1.0] * 4, [2.0] * 8])
    cells = (np.arange(5.0) >= starts[0][:, None]) * 1.0
    panels = rng.normal(size=(8, 1)) + rng.normal(size=5) + np.array([0.0, 2.5])[:, None, None] * cells
    found = own.statistic(panels, starts, np.arange(5.0))
    assert found.shape == (3, 2)
    assert found[0] == pytest.approx([0.0, 2.5], abs=1e-9)
    assert np.isnan(found[2]).all()
    assert own.std_error((np.arange(5.0) >= starts[2][:, None]) * 1.0) == np.inf


@pytest.mark.parametrize(("shared", "says"), [(1.0, "below 1"), (-0.1, "0 or more")])
def test_shares_that_are_none_are_refused(shared: float, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        weights(np.eye(3), np.zeros((3, 3)), shared, np.arange(4), np.ones((4, 3), np.bool_))


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ParameterError, match="periods by periods"):
        weights(np.eye(2), np.eye(3), 0.1, np.arange(4), np.ones((4, 3), np.bool_))
