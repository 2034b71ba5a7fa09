"""The residual bootstrap holds its size where the chi-squared version does not, and finds what is there."""

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.series.causality import toda_yamamoto
from crimjust_research.designs.series.simulation import simulate_var, toda_yamamoto_bootstrap
from crimjust_research.errors import ParameterError

MONTHS = pd.period_range("2018-10", periods=75, freq="M")


def pair(sample: np.ndarray) -> tuple[pd.Series, pd.Series]:
    return pd.Series(sample[:, 0], MONTHS, name="a"), pd.Series(sample[:, 1], MONTHS, name="b")


def rejections(coefficients: np.ndarray, n_sim: int, seed: int) -> float:
    """Share of samples with p of at most 5 %, which 99 draws can give exactly."""
    samples = simulate_var(75, coefficients, n_sim=n_sim, seed=seed)
    p = [
        toda_yamamoto_bootstrap(*pair(s), lags=2, d_max=1, draws=99, seed=i, seasonal=True).p_value
        for i, s in enumerate(samples)
    ]
    return float(np.mean(np.array(p) <= 0.05))


def test_size_with_two_unit_roots_is_nominal() -> None:
    # Binomial standard error at 5 % and 200 samples is 1.5 points; three of them around 5 %.
    assert 0.005 <= rejections(np.eye(2)[None], 200, seed=1) <= 0.095


def test_power_against_a_strong_lag() -> None:
    coefficients = np.array([[[0.5, 0.0], [0.6, 0.5]]])
    assert rejections(coefficients, 60, seed=2) > 0.9


def test_agrees_with_the_f_version_where_errors_are_normal() -> None:
    a, b = pair(simulate_var(75, [[[0.5, 0.0], [0.25, 0.5]]], n_sim=1, seed=5)[0])
    by_f = toda_yamamoto(a, b, max_lag=2, d_max=1, lags=2).p_f
    by_bootstrap = toda_yamamoto_bootstrap(a, b, lags=2, d_max=1, draws=4999, seed=6).p_value
    assert by_bootstrap == pytest.approx(by_f, abs=0.02)


def test_too_few_draws_are_refused() -> None:
    a, b = pair(simulate_var(75, np.eye(2)[None], n_sim=1, seed=7)[0])
    with pytest.raises(ParameterError, match="99 or more"):
        toda_yamamoto_bootstrap(a, b, lags=2, d_max=1, draws=10, seed=1)
