"""What a computer takes for rounding depends on the size of the numbers, and no answer on the unit they are measured in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.counts.regressions import population_averaged
from crimjust_research.designs.counts.totals import ratio_of_totals
from crimjust_research.designs.networks.event_qap import event_qap, studentised, without_each_event
from crimjust_research.designs.networks.qap import qap_correlation
from crimjust_research.designs.numerics import far_level, is_symmetric, power_of_two
from crimjust_research.designs.panel.unit_effects import unit_effects_regression, without_each_unit
from crimjust_research.designs.resampling.cluster_bootstrap import median_of_clusters
from crimjust_research.designs.resampling.drawn_null import DrawnNull
from crimjust_research.designs.resampling.permutation import permutation_p, smallest_p
from crimjust_research.designs.resampling.shuffled_treatment import ShuffledTreatment
from crimjust_research.designs.resampling.wild_bootstrap import wild_cluster_bootstrap
from crimjust_research.designs.resampling.wild_scores import WildScores, signs
from crimjust_research.designs.series.event_changes import event_change
from crimjust_research.designs.series.interrupted import Family, interrupted_series
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.designs.timing.given_covariate import slopes
from crimjust_research.designs.timing.randomisation import constant_effects_not_rejected
from crimjust_research.errors import ParameterError

UNITS = [1e-60, 1e-12, 1e-10, 1e-9, 1e-6, 1e6, 1e12, 1e60]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_powers_of_two_and_far_levels() -> None:
    assert [power_of_two(size) for size in (0.3, 0.5, 1.0, 5.0)] == [0.5, 1.0, 2.0, 8.0]
    spread = np.linspace(0.0, 1.5, 4)
    assert (far_level(spread + 10), far_level(spread + 2_000)) == (0.0, 63 * 32)
    assert far_level(1e-9 * spread + 1.0) == pytest.approx(1.0, rel=1e-7)


@pytest.mark.parametrize("unit", UNITS)
def test_symmetry_is_told_in_any_unit(unit: float) -> None:
    assert is_symmetric(unit * np.array([[1.0, 0.3], [0.1 + 0.2, 2.0]]))
    assert not is_symmetric(unit * np.array([[1.0, 0.3], [0.31, 2.0]]))
    assert not is_symmetric(unit * np.stack([np.eye(2), np.triu(np.ones((2, 2)))]))


def test_changes_around_events(rng: np.random.Generator) -> None:
    series = np.round(rng.normal(size=73).cumsum(), 1)
    events = np.isin(np.arange(73), rng.choice(73, 8, replace=False))
    plain = event_change(series, events, span=3)
    for unit in UNITS:
        found = event_change(unit * series, events, span=3)
        assert found.p_value == plain.p_value
        assert found.estimate == pytest.approx(unit * plain.estimate, rel=1e-9, abs=0)
    assert event_change(series + 1e8, events, span=3).p_value == plain.p_value
    # What never changes is at no turn nearer to zero than at another.
    assert [event_change(np.full(73, level), events, span=3).p_value for level in (0.1, 1e-10, 1e9)] == [1.0] * 3


def test_p_among_draws(rng: np.random.Generator) -> None:
    drawn = np.round(rng.normal(size=199), 1)
    plain, null = permutation_p(drawn, 1.3), DrawnNull(1.3, drawn)
    assert plain.p_value == (1 + np.sum(np.abs(drawn) > 1.25)) / 200
    for unit in UNITS:
        assert permutation_p(unit * drawn, unit * 1.3) == plain
        assert smallest_p(unit * drawn, unit * 1.3) == smallest_p(drawn, 1.3)
        scaled = DrawnNull(unit * 1.3, unit * drawn)
        assert (scaled.p_value, scaled.equivalence_p(2 * unit)) == (null.p_value, null.equivalence_p(2.0))
    far = DrawnNull(1.3 + 1e6, drawn + 1e6)
    assert (far.p_value, far.equivalence_p(2.0)) == (null.p_value, null.equivalence_p(2.0))
    # Draws that are the observed number but for rounding lie no nearer to their mean.
    assert DrawnNull(0.3, np.full(99, 0.1 + 0.2)).p_value == 1.0


@pytest.mark.parametrize("unit", UNITS)
def test_medians_of_clusters(unit: float, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"value": rng.gamma(2, size=60), "cluster": np.repeat(np.arange(12), 5)})
    plain, scaled = (
        median_of_clusters(frame.assign(value=size * frame["value"]), "value", "cluster", draws=199, seed=1)
        for size in (1.0, unit)
    )
    for name in ("estimate", "ci_low", "ci_high"):
        assert scaled[name] == pytest.approx(unit * plain[name], rel=1e-12, abs=0)
    alike = median_of_clusters(frame.assign(value=unit), "value", "cluster", draws=199, seed=1)
    assert np.isnan(alike["ci_low"])


def test_regressions_without_each_unit(rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"unit": np.repeat(np.arange(8), 9), "x": rng.normal(size=72), "y": rng.normal(size=72)})
    plain = without_each_unit(frame, "y", ["x"], "unit")
    assert len(plain) == 8
    for unit, level in [(unit, 0.0) for unit in UNITS] + [(1.0, 1e5), (1.0, 1e8), (1e-9, 1.0)]:
        scaled = frame.assign(y=unit * frame["y"] + level)
        found = without_each_unit(scaled, "y", ["x"], "unit")
        assert (found["estimate"] / unit).tolist() == pytest.approx(plain["estimate"].tolist(), rel=1e-5)
        assert found["p_value"].tolist() == pytest.approx(plain["p_value"].tolist(), rel=1e-5)
        alone = unit_effects_regression(scaled[scaled["unit"] != 3], "y", ["x"], "unit").table["std_error"][0]
        assert found["std_error"][3] == pytest.approx(alone, rel=1e-5, abs=0)
        # Where nothing but the rounding of the outcome is left there is still no row.
        assert without_each_unit(frame.assign(y=unit * frame["x"] + level), "y", ["x"], "unit").empty


@pytest.mark.parametrize("unit", UNITS)
def test_wild_scores_and_shuffled_treatments(unit: float, rng: np.random.Generator) -> None:
    squares, drawn = rng.random(10) + 0.5, signs(10, 999, 0)
    products = 0.3 * squares + rng.normal(size=10)
    low, high = WildScores(products, squares, drawn).interval(0.05)
    assert WildScores(unit * products, squares, drawn).interval(0.05) == pytest.approx(
        (unit * low, unit * high), rel=1e-8, abs=0
    )
    assert np.isnan(WildScores(0.3 * unit * squares, squares, drawn).interval(0.05)).all()
    treated = np.array([rng.permutation(np.arange(20) < 8) for _ in range(50)]).astype(float)
    outcomes, constant = rng.normal(size=(2, 20)), np.ones((20, 1))
    plain = ShuffledTreatment(treated, constant)
    expected = plain.coefficients(outcomes).statistic
    assert plain.coefficients(unit * outcomes).statistic == pytest.approx(expected, rel=1e-9)
    assert ShuffledTreatment(unit * treated, constant).coefficients(outcomes).statistic == pytest.approx(expected)
    assert not plain.coefficients(np.full((1, 20), 0.1 * unit)).statistic.any()
    with pytest.raises(ParameterError, match="explain who is treated"):
        ShuffledTreatment(unit * np.full((1, 20), 0.1), constant)


@pytest.mark.parametrize("unit", UNITS)
def test_effects_not_rejected(unit: float, rng: np.random.Generator) -> None:
    null, response = rng.normal(size=99), np.append(1.0, 0.4 * rng.normal(size=98))
    response[5:9] = [1.0, 1.0, -1.0, -1.0]  # moved by an effect as the observed statistic is, one way or the other
    plain = constant_effects_not_rejected(null, response, 0.1)
    scaled = constant_effects_not_rejected(unit * null, response, 0.1)
    assert scaled == pytest.approx([unit * end for end in plain], rel=1e-9, abs=0)


@pytest.mark.parametrize("unit", UNITS)
def test_slopes_of_covariates(unit: float, rng: np.random.Generator) -> None:
    outcomes, covariate, times = rng.normal(size=(1, 9, 6)), rng.normal(size=(9, 6)), np.arange(6.0)
    starts = np.where(np.arange(9) < 4, 3.0, np.inf)[None]
    plain = slopes(outcomes, covariate, starts, times)
    scaled = slopes(outcomes, unit * covariate, starts, times)
    assert unit * scaled.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert unit * scaled.moved == pytest.approx(plain.moved, rel=1e-6)
    fixed = np.repeat(unit * rng.normal(size=(9, 1)), 6, axis=1)
    assert np.isnan(slopes(outcomes, fixed, starts, times).estimate).all()


@pytest.mark.parametrize("unit", UNITS)
def test_networks(unit: float, rng: np.random.Generator) -> None:
    ties, traffic = (rng.random((8, 45)) < 0.3).astype(float), rng.random((45, 20))
    plain = event_qap(without_each_event(ties), traffic)
    scaled = event_qap(unit * without_each_event(ties), unit * traffic, unit * rng.normal(size=(45, 1)))
    assert scaled.std_error > 0
    scaled = event_qap(unit * without_each_event(ties), unit * traffic)
    assert (scaled.correlation, scaled.p_value) == (pytest.approx(plain.correlation), plain.p_value)
    counts, products = np.ones((1, 8)), rng.normal(size=(1, 8, 1))
    assert studentised(unit * ties, counts, unit * products) == pytest.approx(studentised(ties, counts, products))
    lopsided = unit * np.triu(rng.random((9, 9)))
    with pytest.raises(ParameterError, match="not symmetric"):
        qap_correlation(lopsided, lopsided + lopsided.T, permutations=99, seed=1)


@pytest.mark.parametrize("unit", UNITS)
def test_amounts_in_estimating_equations_and_ratios(unit: float, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"unit": np.repeat(np.arange(24), 10), "x": rng.normal(size=240)})
    frame["y"] = np.exp(0.5 * frame["x"] + rng.normal(size=240)) * (rng.random(240) < 0.7)
    plain, scaled = (
        population_averaged(frame.assign(y=size * frame["y"]), "y", ["x"], "unit").table for size in (1.0, unit)
    )
    assert scaled["std_error"].tolist() == pytest.approx(plain["std_error"].tolist(), rel=1e-8)
    assert scaled["estimate"].tolist() == pytest.approx(
        [plain["estimate"][0] + np.log(unit), plain["estimate"][1]], rel=1e-8
    )
    ratios = [
        ratio_of_totals(frame.assign(one=1.0, y=size * frame["y"]), "y", "one", "unit")["ci_low"]
        for size in (1.0, unit)
    ]
    assert ratios[1] == pytest.approx(unit * ratios[0], rel=1e-9, abs=0)


def monthly(values: np.ndarray) -> pd.Series:
    return pd.Series(values, pd.period_range("2005-01", periods=len(values), freq="M"), name="counts")


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "linear"])
def test_interrupted_series_with_covariates(family: Family, rng: np.random.Generator) -> None:
    counts, heat = monthly(rng.negative_binomial(5, 0.1, size=120)), rng.normal(size=120)
    event = [Interruption("law", pd.Period("2010-01", "M"))]

    def fitted(unit: float, level: float) -> pd.DataFrame:
        covariates = pd.DataFrame({"heat": unit * heat + level}, index=counts.index)
        return interrupted_series(counts, event, family=family, covariates=covariates).table

    plain = fitted(1.0, 0.0)
    for unit, level in [(1e6, 0.0), (1e14, 0.0), (1e40, 0.0), (1.0, 1e8)]:
        found, per = fitted(unit, level), np.where(plain["term"] == "heat", unit, 1.0)
        for column in ("estimate", "std_error"):
            assert (found[column] * per).tolist() == pytest.approx(plain[column].tolist(), rel=1e-5)
    if family != "linear":
        with pytest.raises(ParameterError, match="more than a computer can hold"):
            fitted(1e-14, 0.0)


@pytest.mark.parametrize("family", ["poisson", "linear"])
def test_interrupted_series_of_amounts(family: Family, rng: np.random.Generator) -> None:
    amounts, event = monthly(rng.gamma(2, size=120)), [Interruption("law", pd.Period("2010-01", "M"))]
    plain = interrupted_series(amounts, event, family=family).table
    for unit in UNITS:
        found = interrupted_series(unit * amounts, event, family=family).table
        assert found["p_value"].tolist() == pytest.approx(plain["p_value"].tolist(), rel=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_wild_bootstrap_beside_a_regressor_in_another_unit(unit: float, rng: np.random.Generator) -> None:
    design, response = np.column_stack([np.ones(160), rng.normal(size=(160, 2))]), rng.normal(size=160)
    cluster, other = np.repeat(np.arange(16), 10), design * [1.0, 1.0, unit]
    plain, beside = (wild_cluster_bootstrap(x, response, cluster, 1, draws=199) for x in (design, other))
    assert (beside.p_value, beside.ci_low) == (plain.p_value, pytest.approx(plain.ci_low, rel=1e-8))
