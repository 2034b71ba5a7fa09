"""Robust intervals against the published Medicaid example, HiGHS, brute force and simulated truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog, minimize
from scipy.stats import ncx2, norm

from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects, imputation_effects
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.staggered.sensitivity import (
    EventStudy,
    accepted,
    event_study,
    folded_normal_quantile,
    least_favourable_critical_values,
    relative_forms,
    relative_magnitudes,
    smoothness,
)
from crimjust_research.errors import ParameterError


@pytest.fixture(scope="module")
def medicaid(published: Callable[[str], pd.DataFrame]) -> tuple[EventStudy, pd.DataFrame]:
    """The event study of the expansions of 2014, and the published intervals by restriction."""
    frame = published("medicaid/event_study").set_index("year")
    estimates = frame.pop("estimate").to_numpy()
    study = EventStudy(estimates[:5], estimates[5:], frame.to_numpy(), np.array([1.0, 0.0]), "first year", "")
    return study, published("medicaid/answers").set_index("restriction")


def random_study(rng: np.random.Generator, before: int, after: int, weights: np.ndarray | None = None) -> EventStudy:
    root = rng.normal(size=(before + after, before + after + 2)) / 3
    covariance = root @ root.T
    estimates = rng.multivariate_normal(np.linspace(-0.3, 1, before + after), covariance)
    weights = np.eye(after)[0] if weights is None else weights
    return EventStudy(estimates[:before], estimates[before:], covariance, weights, "", "")


# --- Relative magnitudes ----------------------------------------------------------------------------------------


def test_relative_magnitudes_of_the_medicaid_example(medicaid: tuple[EventStudy, pd.DataFrame]) -> None:
    study, answers = medicaid
    result = relative_magnitudes(study)
    for _, bound, *interval in answers.loc["relative magnitudes"].itertuples():
        row = result.table.set_index("bound").loc[bound]
        # The published intervals were searched for on a grid.
        assert row[["ci_low", "ci_high"]].tolist() == pytest.approx(interval, abs=8e-4)
    # The point on which a naive interval fails: at twice the largest step before, no effect cannot be excluded.
    assert result.table["ci_low"].iloc[-1] < 0
    assert 1.9 < result.breakdown < 2.0
    at_breakdown = relative_magnitudes(study, [result.breakdown]).table["ci_low"].iloc[-1]
    assert at_breakdown == pytest.approx(0, abs=1e-5)
    parallel = result.table.iloc[0]
    assert parallel["ci_low"] == pytest.approx(study.estimate - norm.ppf(0.975) * study.std_error)


def reference_moments(study: EventStudy, bound: float, step: int, sign: float) -> tuple[np.ndarray, ...]:
    """The moment inequalities as Andrews, Roth and Pakes state them: estimate, covariance, nuisance, target column."""
    k, t = study.before.size, study.after.size
    levels = np.insert(np.eye(k + t), k, 0.0, axis=0)
    steps = np.diff(levels, axis=0)
    rows = np.vstack([side * steps[k:] - bound * sign * steps[step] for side in (1, -1)])
    basis = np.linalg.svd(study.weights[None])[2][1:]
    rotation = np.vstack([study.weights, basis])
    columns = rows[:, k:] @ np.linalg.inv(rotation)
    estimates = np.concatenate([study.before, study.after])
    return rows @ estimates, rows @ study.covariance @ rows.T, columns[:, 1:], columns[:, 0]


def programme(y: np.ndarray, sd: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    """min eta subject to y - x delta <= eta sd, and the multipliers, by HiGHS."""
    solution = linprog(
        np.r_[1.0, np.zeros(x.shape[1])],
        A_ub=-np.column_stack([sd, x]),
        b_ub=-y,
        bounds=(None, None),
        method="highs",
    )
    assert solution.status == 0
    return solution.fun, -solution.ineqlin.marginals


@pytest.mark.parametrize(
    ("before", "after", "weights"),
    [(3, 2, None), (2, 1, None), (4, 3, np.array([1, 1, 1]) / 3), (2, 3, np.array([0.0, 1.0, -0.5]))],
)
def test_known_vertices_solve_the_programme(before: int, after: int, weights: np.ndarray | None) -> None:
    rng = np.random.default_rng(before * 10 + after)
    for _ in range(4):
        study = random_study(rng, before, after, weights)
        bound = rng.uniform(0.2, 2)
        forms = relative_forms(study, bound)
        for theta in (-0.5, 0.0, 1.3):
            values = np.einsum("sja,sa->sj", forms.form, forms.value) - theta * forms.form[:, :, 0]
            for s in range(2 * before):
                sign = 1.0 if s < before else -1.0
                y, covariance, x, target = reference_moments(study, bound, s % before, sign)
                eta, gamma = programme(y - target * theta, np.sqrt(np.diag(covariance)), x)
                assert values[s].max() == pytest.approx(eta, abs=1e-8)
                best = forms.form[s, np.argmax(values[s])]
                variance = best @ forms.covariance[s] @ best
                assert variance == pytest.approx(gamma @ covariance @ gamma, rel=1e-6)


def reference_test(study: EventStudy, bound: float, theta: float, critical: np.ndarray, alpha: float) -> bool:
    """Hybrid test of one value, truncation points found by bisecting on the programme itself."""
    kappa = alpha / 10
    level = (alpha - kappa) / (1 - kappa)
    k = study.before.size
    for s in range(2 * k):
        y, covariance, x, target = reference_moments(study, bound, s % k, 1.0 if s < k else -1.0)
        sd = np.sqrt(np.diag(covariance))
        y = y - target * theta
        eta, gamma = programme(y, sd, x)
        if eta > critical[s]:
            continue
        variance = gamma @ covariance @ gamma
        along = covariance @ gamma / variance
        rest = y - along * (gamma @ y)

        def attained(
            c: float, rest: np.ndarray = rest, along: np.ndarray = along, sd: np.ndarray = sd, x: np.ndarray = x
        ) -> bool:
            return abs(programme(rest + along * c, sd, x)[0] - c) < 1e-7

        ends = []
        for far in (eta - 40 * np.sqrt(variance), eta + 40 * np.sqrt(variance)):
            if attained(far):
                ends.append(far)
                continue
            inside, outside = eta, far
            for _ in range(26):  # to a millionth of a standard error
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if attained(middle) else (inside, middle)
            ends.append(inside)
        low, high = ends[0], min(ends[1], critical[s])
        scale = np.sqrt(variance)
        mass = norm.sf(low / scale) - norm.sf(high / scale)
        p = (norm.sf(eta / scale) - norm.sf(high / scale)) / mass
        if not (eta > 0 and p < level):
            return True
    return False


def test_closed_form_decisions_are_those_of_the_programme(medicaid: tuple[EventStudy, pd.DataFrame]) -> None:
    study, _ = medicaid
    forms = relative_forms(study, 2.0)
    critical = least_favourable_critical_values(forms, 0.005)
    grid = np.array([-0.006, -0.0012, -0.0008, 0.03, 0.0882, 0.0885, 0.095])
    ours = accepted(forms, critical, grid, 0.05)
    np.testing.assert_array_equal(ours, [False, False, True, True, True, False, False])
    for theta, decision in zip(grid[1:-1], ours[1:-1], strict=True):
        assert reference_test(study, 2.0, theta, critical, 0.05) == decision


def test_ends_of_the_interval_are_where_the_hybrid_test_turns(medicaid: tuple[EventStudy, pd.DataFrame]) -> None:
    """The second stage has its own level, (alpha - kappa) / (1 - kappa): at alpha itself ends move by some 4e-4."""
    study, _ = medicaid
    critical = least_favourable_critical_values(relative_forms(study, 1.0), 0.005)
    low, high = relative_magnitudes(study, [1.0]).table.iloc[-1][["ci_low", "ci_high"]]
    for end, outwards in ((low, -1), (high, 1)):
        assert reference_test(study, 1.0, end - outwards * 5e-5, critical, 0.05)
        assert not reference_test(study, 1.0, end + outwards * 5e-5, critical, 0.05)


def test_least_favourable_critical_values_are_the_simulated_ones() -> None:
    rng = np.random.default_rng(1)
    forms = relative_forms(random_study(rng, 3, 3, np.array([0.5, 0.3, 0.2])), 1.2)
    exact = least_favourable_critical_values(forms, 0.05)
    for s in range(len(forms.form)):
        draws = rng.multivariate_normal(np.zeros(2), forms.covariance[s], size=40000) @ forms.form[s].T
        assert np.mean(draws.max(axis=1) > exact[s]) == pytest.approx(0.05, abs=0.0045)


def test_relative_test_covers_at_the_bound() -> None:
    """Steps after treatment exactly as large as the one large step before, where coverage is hardest."""
    rng = np.random.default_rng(2)
    covariance = 0.01 * (0.5 * np.eye(5) + 0.5)
    delta = np.array([-1.0, 0.0, 0.0, 1.0, 2.0])
    kept = {1.0: [], 0.5: []}
    study = EventStudy(delta[:3], delta[3:], covariance, np.array([0.5, 0.5]), "", "")
    # The critical values depend on the covariance only.
    critical = {bound: least_favourable_critical_values(relative_forms(study, bound), 0.005) for bound in kept}
    for _ in range(300):
        draw = rng.multivariate_normal(delta + np.array([0, 0, 0, 1.0, 1.0]), covariance)
        study = EventStudy(draw[:3], draw[3:], covariance, np.array([0.5, 0.5]), "", "")
        for bound, found in kept.items():
            found.append(accepted(relative_forms(study, bound), critical[bound], np.array([1.0]), 0.05)[0])
    # Binomial standard error at 95 % and 300 samples is 1.3 points: nominal at the right bound, rejected at half of it.
    assert 0.91 < np.mean(kept[1.0]) < 0.99
    assert np.mean(kept[0.5]) < 0.1


def test_zero_bound_is_parallel_trends_after_the_reference() -> None:
    study = EventStudy(np.array([0.1]), np.array([1.0]), np.eye(2) * 0.01, np.array([1.0]), "", "")
    result = relative_magnitudes(study, [0.0, 1.0])
    exact, wider = result.table.iloc[1], result.table.iloc[2]
    assert exact["ci_low"] == pytest.approx(1 - 0.196, abs=0.01)
    assert exact["ci_high"] == pytest.approx(1 + 0.196, abs=0.01)
    assert wider["ci_low"] < exact["ci_low"]
    assert (
        relative_magnitudes(EventStudy(np.array([0.1]), np.array([0.05]), np.eye(2), np.ones(1), "", "")).breakdown == 0
    )


# --- Smoothness -------------------------------------------------------------------------------------------------


def test_smoothness_of_the_medicaid_example(medicaid: tuple[EventStudy, pd.DataFrame]) -> None:
    study, answers = medicaid
    answers = answers.loc["smoothness"]
    result = smoothness(study, answers["bound"].tolist())
    for end in ("ci_low", "ci_high"):
        assert result.table[end].iloc[1:].tolist() == pytest.approx(answers[end].tolist(), abs=3e-4)
    assert result.breakdown == pytest.approx(0.0228, abs=1e-3)
    assert smoothness(study, [result.breakdown]).table["ci_low"].iloc[-1] == pytest.approx(0, abs=1e-5)


def test_linear_trend_is_the_least_variance_extrapolation() -> None:
    study = random_study(np.random.default_rng(3), 4, 2, np.array([0.5, 0.5]))
    low, high = smoothness(study, [0.0]).table.iloc[1][["ci_low", "ci_high"]]
    # Coefficients before = slope * t: generalised least squares of the target net of the trend.
    design = np.zeros((6, 3))
    design[:, 0] = [-4, -3, -2, -1, 1, 2]
    design[4:, 1:] = np.eye(2)
    inverse = np.linalg.inv(study.covariance)
    variance = np.linalg.inv(design.T @ inverse @ design)
    fit = variance @ design.T @ inverse @ np.concatenate([study.before, study.after])
    half = norm.ppf(0.975) * np.sqrt(variance[1:, 1:].sum()) / 2
    assert (low, high) == (pytest.approx(fit[1:].mean() - half), pytest.approx(fit[1:].mean() + half))


def test_smooth_interval_is_the_shortest_by_direct_search() -> None:
    rng = np.random.default_rng(4)
    for before, after in ((3, 2), (5, 3), (1, 2)):
        study = random_study(rng, before, after, np.full(after, 1 / after))
        bound = 0.1
        row = smoothness(study, [bound]).table.iloc[1]
        periods = np.r_[np.arange(-before, 0), 0, np.arange(1, after + 1)]
        second = np.diff(np.eye(periods.size), n=2, axis=0)
        second = np.delete(second, before, axis=1)

        def half_length(
            free: np.ndarray,
            study: EventStudy = study,
            second: np.ndarray = second,
            before: int = before,
            after: int = after,
        ) -> float:
            trend = np.arange(1, after + 1) @ study.weights
            # The weight on the period before the reference is whatever removes a linear trend.
            v = np.append(free, 0.0)
            v[-1] = trend + v @ np.arange(-before, 0)
            weights = np.concatenate([v, study.weights])
            sd = np.sqrt(weights @ study.covariance @ weights)
            worst = linprog(
                -weights,
                A_ub=np.vstack([second, -second]),
                b_ub=np.full(2 * len(second), 0.1),
                bounds=(None, None),
                method="highs",
            )
            return float(sd * np.sqrt(ncx2.ppf(0.95, 1, (worst.fun / sd) ** 2)))

        best = (
            half_length(np.zeros(0))
            if before == 1
            else minimize(
                half_length, np.zeros(before - 1), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9}
            ).fun
        )
        assert (row["ci_high"] - row["ci_low"]) / 2 == pytest.approx(best, rel=2e-4)


def test_the_last_digits_of_the_figures_move_the_last_digits_of_the_interval(
    medicaid: tuple[EventStudy, pd.DataFrame],
) -> None:
    study, answers = medicaid
    bounds = answers.loc["smoothness", "bound"].tolist()
    expected = smoothness(study, bounds).table[["ci_low", "ci_high"]]
    rng = np.random.default_rng(3)
    for _ in range(5):  # as other processors would have it
        noise = 1 + 1e-14 * rng.normal(size=study.covariance.shape)
        other = replace(study, covariance=study.covariance * (noise + noise.T) / 2)
        found = smoothness(other, bounds).table[["ci_low", "ci_high"]]
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_folded_normal_quantile() -> None:
    for mean in (0.0, 0.3, 2.5):
        assert folded_normal_quantile(0.95, mean) == pytest.approx(
            np.sqrt(ncx2.ppf(0.95, 1, max(mean**2, 1e-12))), abs=1e-6
        )
    assert folded_normal_quantile(0.95, 50) == pytest.approx(50 + norm.ppf(0.95))


# --- From an event study ----------------------------------------------------------------------------------------


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    first = np.repeat([5, 6, np.nan], 15)
    outcomes = rng.normal(size=(45, 9)).cumsum(axis=1)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(45), 9),
            "time": np.tile(np.arange(1, 10), 45),
            "outcome": outcomes.ravel(),
            "first_treated": np.repeat(first, 9),
        }
    )


def test_coefficients_are_taken_from_an_event_study() -> None:
    result = aggregate(group_time_effects(panel(), Timing("treated"), base="universal"), "event")
    study = event_study(result)
    assert (study.before.size, study.after.size) == (4, 5)
    np.testing.assert_allclose(study.weights, 0.2)
    assert study.estimate == pytest.approx(result.overall["estimate"])
    assert study.std_error == pytest.approx(result.overall["std_error"])
    one = event_study(result, at=1)
    assert one.estimate == pytest.approx(result.by.loc[1, "estimate"])
    assert relative_magnitudes(one, [1.0]).table["timing"].unique().tolist() == [str(result.timing)]
    near = event_study(result, window=(-3, 1))
    assert (near.before.size, near.after.size, near.target) == (2, 2, "mean over event times 0 to 1")
    assert near.estimate == pytest.approx(result.by.loc[[0, 1], "estimate"].mean())
    # An unclear period stays in, without weight.
    unclear = event_study(aggregate(group_time_effects(panel(), Timing("excluded"), base="universal"), "event"))
    assert unclear.weights[0] == 0
    assert unclear.weights.sum() == pytest.approx(1)


def test_refusals() -> None:
    result = aggregate(group_time_effects(panel(), Timing("treated")), "event")
    with pytest.raises(ParameterError, match="base='universal'"):
        event_study(result)
    spread = panel().assign(time=lambda d: 2 * d["time"], first_treated=lambda d: 2 * d["first_treated"])
    with pytest.raises(ParameterError, match="not consecutive"):
        event_study(aggregate(group_time_effects(spread, Timing("treated"), base="universal"), "event"))
    with pytest.raises(ParameterError, match="Event time 99"):
        event_study(aggregate(group_time_effects(panel(), Timing("treated"), base="universal"), "event"), at=99)
    with pytest.raises(ParameterError, match="No event time"):
        event_study(result, window=(50, 60))
    with pytest.raises(ParameterError, match="gives no covariance"):
        event_study(imputation_effects(panel(), Timing("treated")))
    with pytest.raises(ParameterError, match="do not fit"):
        EventStudy(np.zeros(0), np.ones(1), np.eye(1), np.ones(1), "", "")
    with pytest.raises(ParameterError, match="positive definite"):
        EventStudy(np.zeros(1), np.ones(1), np.ones((2, 2)), np.ones(1), "", "")
    with pytest.raises(ParameterError, match="no weight"):
        EventStudy(np.zeros(1), np.ones(1), np.eye(2), np.zeros(1), "", "")
    study = EventStudy(np.zeros(1), np.ones(1), np.eye(2), np.ones(1), "", "")
    with pytest.raises(ParameterError, match=r"Bounds are \[-1\]"):
        relative_magnitudes(study, [-1])
