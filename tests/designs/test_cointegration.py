"""Trace test and error correction model against Johansen and Juselius (1990) and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import danish_data
from statsmodels.tsa.vector_ar.vecm import VECM

from crimjust_research.designs.series.cointegration import cointegration, trace_critical_value, trace_p_value
from crimjust_research.errors import ParameterError


@pytest.fixture(scope="module")
def money_demand() -> pd.DataFrame:
    return danish_data.load().data[["lrm", "lry", "ibo", "ide"]]


def test_danish_money_demand(money_demand: pd.DataFrame) -> None:
    result = cointegration(money_demand, 2, seasonal=True)
    # Johansen and Juselius (1990), Table 2: eigenvalues and trace statistics, T = 53.
    assert result.table["trace"].tolist() == pytest.approx([49.14, 19.06, 8.69, 2.35], abs=0.01)
    assert result.table["eigenvalue"].tolist() == pytest.approx([0.4332, 0.1776, 0.1128, 0.0434], abs=1e-4)
    assert result.n_obs == 53
    # The trace falls just short of the 10 % point, as published; no model is fitted that the test does not support.
    assert result.table["p_value"][0] > 0.10
    assert (result.rank, result.relations, result.adjustment) == (0, None, None)
    # Reinsel and Ahn: 49.144 (53 - 4 * 2) / 53.
    assert result.table["trace_small_sample"][0] == pytest.approx(49.144 * 45 / 53, abs=0.001)


def test_error_correction_model_is_that_of_statsmodels(money_demand: pd.DataFrame) -> None:
    result = cointegration(money_demand, 2, seasonal=True, alpha=0.5)
    assert result.rank == 1
    # The published relation: m = 1.03 y - 5.21 ibo + 4.22 ide + 6.06.
    assert result.relations.iloc[0].tolist() == pytest.approx([1, -1.03, 5.21, -4.22, -6.06], abs=0.01)
    theirs = VECM(money_demand.to_numpy(), k_ar_diff=1, coint_rank=1, deterministic="ci", seasons=4).fit()
    assert result.relations.iloc[0].tolist() == pytest.approx([*theirs.beta[:, 0], theirs.det_coef_coint[0, 0]])
    assert result.adjustment["estimate"].tolist() == pytest.approx(theirs.alpha[:, 0].tolist())
    # statsmodels divides the residual sum by T, this module by T less 8 regressors (relation, 4 lags, 3 seasons).
    assert result.adjustment["std_error"].tolist() == pytest.approx(
        (theirs.stderr_alpha[:, 0] * np.sqrt(53 / 45)).tolist()
    )
    assert (result.adjustment["p_value"] < 0.01).iloc[0]


def test_critical_values_are_the_published_ones() -> None:
    # MacKinnon, Haug and Michelis (1999), restricted constant, 5 %: the gamma approximation is within 0.15.
    for n, published in ((1, 9.1645), (2, 20.2618), (3, 35.1928), (4, 54.0790)):
        assert trace_critical_value(0.05, n) == pytest.approx(published, abs=0.15)
        assert trace_p_value(published, n) == pytest.approx(0.05, abs=0.002)


def test_size_and_power_at_75_months() -> None:
    months = pd.period_range("2015-01", periods=75, freq="M")
    rng = np.random.default_rng(6)
    walks = rng.normal(size=(400, 75, 2)).cumsum(axis=1)
    ranks = [cointegration(pd.DataFrame(walk, months), 2, seasonal=True).rank for walk in walks]
    assert 0.02 < np.mean(np.array(ranks) > 0) < 0.10
    tied = walks[:, :, [0, 0]] + rng.normal(size=walks.shape) * 0.5
    assert np.mean([cointegration(pd.DataFrame(pair, months), 2, seasonal=True).rank for pair in tied[:200]]) > 0.8


def test_units_do_not_matter(money_demand: pd.DataFrame) -> None:
    plain = cointegration(money_demand, 2, seasonal=True).table["trace"]
    scaled = cointegration(money_demand * [1e6, -1e-5, 10, 1] + [5, 0, 1, 2], 2, seasonal=True).table["trace"]
    assert scaled.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-6)


def test_refusals(money_demand: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="1 series were given"):
        cointegration(money_demand[["lrm"]], 2)
    with pytest.raises(ParameterError, match="too few for 6 lags"):
        cointegration(money_demand.iloc[:30], 6)
    with pytest.raises(ParameterError, match="'lry' has 1 missing"):
        cointegration(
            money_demand.assign(lry=money_demand["lry"].mask(money_demand.index.year == 1980).ffill(limit=3)), 2
        )
    with pytest.raises(ParameterError, match="linearly dependent"):
        cointegration(money_demand.assign(lry=2 * money_demand["lrm"]), 2)
    with pytest.raises(ParameterError, match="not evenly spaced"):
        cointegration(money_demand.drop(money_demand.index[5]), 2)
