"""Cumulative sums over risk sets against statsmodels' Cox regression and against sums taken event time by event time."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from statsmodels.duration.hazard_regression import PHReg

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.partial_likelihood import (
    efron,
    maximum,
    risk_sets,
    schoenfeld_residuals,
    spread_at_events,
)
from crimjust_research.errors import ParameterError

Sample = tuple[FloatArray, IntArray, FloatArray]


def sample(seed: int, step: float, n: int = 400) -> Sample:
    """Durations rounded up to whole `step` (0: as they are), event codes, and two covariates; all at risk of an event."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.random(n) < 0.4, rng.normal(size=n)]).astype(np.float64)
    time = rng.exponential(np.exp(-x @ [0.8, -0.5]))
    time = np.ceil(time / step) * step if step else time
    code = (rng.random(n) < 0.7).astype(np.int64)
    kept = time >= time[code > 0].min()
    return time[kept], code[kept], x[kept]


# Without ties, with few, and with so many that how they are treated matters.
SAMPLES = [sample(1, 0), sample(2, 0.01), sample(3, 0.5), sample(4, 2.0)]


def centred(x: FloatArray) -> FloatArray:
    return np.asarray(x - x.mean(axis=0))


# --- The plain forms, one event time after the other -------------------------------------------------------------


def plain_spread(time: FloatArray, code: IntArray, x: FloatArray) -> FloatArray:
    within = np.zeros((x.shape[1], x.shape[1]))
    for t in np.unique(time[code > 0]):
        there = centred(x[time >= t])
        within += ((time == t) & (code > 0)).sum() * there.T @ there / len(there)
    return within


def plain_schoenfeld(time: FloatArray, code: IntArray, x: FloatArray, coefficients: FloatArray) -> FloatArray:
    weight, found = np.exp(x @ coefficients), []
    for t in np.unique(time[code > 0]):
        risk, tied = time >= t, np.flatnonzero((time == t) & (code > 0))
        off = np.arange(tied.size) / tied.size
        sums = weight[risk] @ x[risk] - off[:, None] * (weight[tied] @ x[tied])
        mean = sums / (weight[risk].sum() - off * weight[tied].sum())[:, None]
        found.append(x[tied] - mean.mean(axis=0))
    return np.concatenate(found)


@pytest.mark.parametrize("drawn", SAMPLES)
def test_sums_over_risk_sets_are_those_taken_one_by_one(drawn: Sample) -> None:
    time, code, x = drawn
    sets = risk_sets(time, code)
    coefficients = np.array([0.3, -0.6])
    np.testing.assert_allclose(spread_at_events(sets, x), plain_spread(time, code, x), rtol=1e-10)
    np.testing.assert_allclose(
        schoenfeld_residuals(sets, x, coefficients), plain_schoenfeld(time, code, x, coefficients), atol=1e-12
    )


@pytest.mark.parametrize("drawn", SAMPLES)
def test_the_fit_is_that_of_the_library(drawn: Sample) -> None:
    time, code, x = drawn
    model = PHReg(time, x, code, ties="efron")
    theirs, robust = model.fit(disp=0), model.fit(groups=np.arange(time.size), disp=0)
    ours = cox(pd.DataFrame({"t": time, "d": code, "x": x[:, 0], "z": x[:, 1]}), "t", "d", ["x", "z"])
    for column, expected in (
        ("estimate", theirs.params),
        ("std_error", theirs.bse),
        ("robust_std_error", np.sqrt(np.diag(robust.cov_params()))),
    ):
        np.testing.assert_allclose(ours.table[column], expected, rtol=1e-10, atol=1e-10, err_msg=column)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    assert (ours.n_obs, ours.n_events) == (time.size, code.sum())


def test_derivatives_are_those_of_the_likelihood() -> None:
    time, code, x = SAMPLES[2]
    sets, at, step = risk_sets(time, code), np.array([0.4, 0.1]), 1e-5 * np.eye(2)
    here = efron(sets, x, at)
    beside = [(efron(sets, x, at + one), efron(sets, x, at - one)) for one in step]
    np.testing.assert_allclose(here.gradient, [(a.value - b.value) / 2e-5 for a, b in beside], rtol=1e-6)
    np.testing.assert_allclose(here.information, [(b.gradient - a.gradient) / 2e-5 for a, b in beside], rtol=1e-6)


def test_a_spread_among_few_at_risk_early_is_not_lost_in_the_sums_of_many_late() -> None:
    """A covariate by which only the first to leave differs, beside hundreds of thousands of events among the others."""
    time = np.append(1.0, np.repeat(np.arange(2.0, 402.0), 500))
    x = np.zeros((time.size, 1))
    x[0] = 1.0
    spread = spread_at_events(risk_sets(time, np.ones(time.size, np.int64)), x)
    assert spread[0, 0] == pytest.approx((1 - 1 / time.size) / time.size, rel=1e-10)


# --- Steps that overshoot ----------------------------------------------------------------------------------------


def test_steps_that_overshoot_are_halved() -> None:
    """Few units have much of the covariate: Newton's first step ends below its start, and the library's at no number."""
    rng = np.random.default_rng(1)
    x = np.exp(2 * rng.normal(size=(50, 1)))
    x = x / x.max()
    time, code = rng.exponential(np.exp(-3 * x[:, 0])), np.ones(50, np.int64)
    sets = risk_sets(time, code)
    start = efron(sets, x, np.zeros(1))
    assert efron(sets, x, np.linalg.solve(start.information, start.gradient)).value < start.value
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        assert np.isnan(PHReg(time, x, code, ties="efron").fit(disp=0).params).all()
    at, likelihood = maximum(sets, x)
    found = minimize(lambda b: -efron(sets, x, b).value, np.zeros(1), method="Nelder-Mead", options={"xatol": 1e-9})
    assert at[0] == pytest.approx(found.x[0], rel=1e-6)
    assert np.abs(likelihood.gradient).max() < 1e-9


def test_a_maximum_at_ratios_beyond_a_computer_is_told() -> None:
    """The two who stay longest alone are out of order, and hardly differ."""
    x = np.r_[np.linspace(1, 0.01, 198), 0.0, 1e-6][:, None]
    sets = risk_sets(np.arange(1.0, 201.0), np.ones(200, np.int64))
    with np.errstate(all="ignore"), pytest.raises(ParameterError, match="does not settle"):
        maximum(sets, x)
