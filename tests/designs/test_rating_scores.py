"""Many cumulative-link fits at once, and the studentised scores of a shuffled exposure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtr
from statsmodels.miscmodels.ordinal_model import OrderedModel

from crimjust_research.designs.counts.rating_scores import (
    PENALTY,
    Link,
    _logit_likelihood,
    _rows,
    drawn_ratings,
    fit_ratings,
    score_statistics,
)
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.errors import ParameterError

REGION = np.repeat([0, 1, 2], [20, 25, 15])
DESIGN = np.column_stack([REGION == 1, REGION == 2, np.random.default_rng(1).normal(size=60)]).astype(float)
CUTS = np.array([-0.5, 1.5])


def ratings(samples: int, seed: int, effect: float = 0.0, exposure: np.ndarray | float = 0.0) -> np.ndarray:
    return drawn_ratings(CUTS, DESIGN @ np.array([0.5, -0.4, 0.8]) + effect * exposure, samples, seed)


def test_published_wine_ratings(published: Callable[[str], pd.DataFrame]) -> None:
    wine = published("wine/ratings")
    answers = published("wine/answers").set_index(["model", "term"]).loc["plain", "estimate"]
    design = wine[["tempwarm", "contactyes"]].to_numpy(float)
    fit = fit_ratings(wine["rating"].to_numpy(np.int64)[None] - 1, design, categories=5)
    assert fit.coefficients[0] == pytest.approx(answers[["tempwarm", "contactyes"]].to_numpy(), abs=1e-4)
    assert fit.thresholds[0] == pytest.approx(answers[[f"threshold {i}" for i in range(1, 5)]].to_numpy(), abs=1e-4)
    assert fit.log_likelihood[0] == pytest.approx(answers["log likelihood"], abs=1e-3)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_every_sample_is_fitted_as_if_alone(link: Link) -> None:
    y = ratings(4, 2)
    together = fit_ratings(y, DESIGN, categories=3, link=link)
    for s in range(4):
        alone = OrderedModel(y[s], DESIGN, distr=link).fit(method="newton", disp=False)
        # What is left is of the penalty.
        assert together.coefficients[s] == pytest.approx(alone.params[:3], abs=3e-5)
        assert together.thresholds[s] == pytest.approx(
            alone.model.transform_threshold_params(alone.params)[1:-1], abs=3e-5
        )
        assert together.log_likelihood[s] == pytest.approx(alone.llf, abs=1e-8)


def test_newtons_steps_end_where_the_gradient_of_the_chances_is_nought() -> None:
    """With few categories and many, and with a group that is rated alike throughout."""
    for cuts in ([0.3], [-0.5, 1.5], [-1.0, 0.2, 1.4]):
        y = drawn_ratings(np.array(cuts), DESIGN @ np.array([0.5, -0.4, 0.8]), 6, 4)
        y[0, REGION == 2] = 0
        fit = fit_ratings(y, DESIGN, categories=len(cuts) + 1)
        reached = np.concatenate([fit.thresholds, fit.coefficients], axis=1)
        at = _rows(y, DESIGN, reached, np.zeros(y.shape), np.ones(y.shape), len(cuts), "logit")
        gradient = np.concatenate([at.threshold_scores.sum(axis=2).T, at.residual @ DESIGN], axis=1)
        assert gradient - PENALTY * reached == pytest.approx(np.zeros_like(reached), abs=1e-5)


def test_a_category_that_is_empty_in_a_sample_is_none() -> None:
    y = ratings(2, 14)
    y[0, y[0] == 1] = 0
    three, two = fit_ratings(y, DESIGN, categories=3), fit_ratings((y > 1).astype(np.int64), DESIGN, categories=2)
    assert three.coefficients[0] == pytest.approx(two.coefficients[0], abs=3e-5)
    assert three.log_likelihood[0] == pytest.approx(two.log_likelihood[0], abs=3e-4)


def test_an_offset_is_a_term_of_known_size_and_a_weight_of_zero_leaves_out() -> None:
    y, z = ratings(1, 3), np.linspace(0, 2, 60)
    free = fit_ratings(y, np.column_stack([DESIGN, z]), categories=3)
    held = fit_ratings(y, DESIGN, categories=3, offset=free.coefficients[0, -1] * z)
    assert held.log_likelihood[0] == pytest.approx(free.log_likelihood[0], abs=1e-6)
    assert held.coefficients[0] == pytest.approx(free.coefficients[0, :3], abs=1e-4)
    weight = np.ones((1, 60))
    weight[0, [4, 40]] = 0
    kept = weight[0] > 0
    without, deleted = (
        fit_ratings(y, DESIGN, categories=3, weight=weight),
        fit_ratings(y[:, kept], DESIGN[kept], categories=3),
    )
    assert without.coefficients == pytest.approx(deleted.coefficients, abs=1e-6)
    exposure = np.abs(np.random.default_rng(1).normal(size=(7, 60)))
    exposure[:, [4, 40]] = 0
    assert score_statistics(y, DESIGN, exposure, categories=3, weight=weight) == pytest.approx(
        score_statistics(y[:, kept], DESIGN[kept], exposure[:, kept], categories=3), abs=1e-6
    )


@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize("cuts", [[0.3], [-0.5, 1.5], [-1.0, 0.2, 1.4]])
def test_the_score_is_that_of_the_likelihood_worked_out_by_differences(cuts: list[float], link: Link) -> None:
    """Row by row and shuffle by shuffle, from the definition: no formula of the module is used but that of the chances."""
    y = drawn_ratings(np.array(cuts), DESIGN @ np.array([0.5, -0.4, 0.8]), 2, 5)
    exposure = np.where(np.arange(60) % 4 == 1, np.arange(60) / 20.0, 0.0)
    shuffles = exposure[shuffled_within(REGION, 99, 3)]
    categories, cumulative = len(cuts) + 1, expit if link == "logit" else ndtr
    found = score_statistics(y, DESIGN, shuffles, categories=categories, offset=0.3 * exposure, link=link)
    fit = fit_ratings(y, DESIGN, categories=categories, offset=0.3 * exposure, link=link)

    def chances(parameters: np.ndarray, shuffle: np.ndarray) -> np.ndarray:
        eta = np.column_stack([DESIGN, shuffle]) @ parameters[len(cuts) :] + 0.3 * exposure
        below = [cumulative(c - eta) for c in parameters[: len(cuts)]]
        return np.diff(np.column_stack([np.zeros(60), *below, np.ones(60)]), axis=1)

    for s, a in np.ndindex(2, 100):
        at = np.concatenate([fit.thresholds[s], fit.coefficients[s], [0.0]])
        steps = 1e-5 * np.eye(at.size)
        slope = np.stack([(chances(at + h, shuffles[a]) - chances(at - h, shuffles[a])) / 2e-5 for h in steps], axis=2)
        chance = chances(at, shuffles[a])
        scores = slope[np.arange(60), y[s]] / chance[np.arange(60), y[s]][:, None]
        information = np.einsum("njp,njq->pq", slope / chance[:, :, None], slope)
        freed = scores[:, -1] - scores[:, :-1] @ np.linalg.solve(information[:-1, :-1], information[:-1, -1])
        assert found[s, a] == pytest.approx(freed.sum() / np.sqrt((freed**2).sum()), abs=1e-4)


def test_a_group_that_is_rated_alike_has_no_part_in_the_score() -> None:
    y = ratings(1, 6)
    y[0, REGION == 2] = 0
    exposure = np.where(REGION == 1, np.random.default_rng(2).random((5, 60)), 0.0)
    whole = score_statistics(y, DESIGN, exposure, categories=3)
    others = score_statistics(y[:, REGION < 2], DESIGN[REGION < 2][:, [0, 2]], exposure[:, REGION < 2], categories=3)
    assert whole == pytest.approx(others, abs=2e-3)
    with pytest.raises(ParameterError, match="run from 0 to 2, of 2 categories"):
        fit_ratings(y, DESIGN, categories=2)


def test_the_test_keeps_its_size_where_the_exposed_vary_more_and_finds_what_is_there() -> None:
    exposure = np.zeros(60)
    exposure[[2, 5, 9, 22, 27, 30, 33, 41, 50, 55]] = np.linspace(1, 6, 10)
    order = shuffled_within(REGION, 199, 7)
    spread = np.where(exposure > 0, 2.0, 1.0)
    nothing = drawn_ratings(CUTS, DESIGN @ np.array([0.5, -0.4, 0.8]), 1500, 8, spread)
    assert np.mean(two_sided(score_statistics(nothing, DESIGN, exposure[order], categories=3)) <= 0.05) < 0.075
    assert (two_sided(score_statistics(ratings(1500, 9), DESIGN, exposure[order], categories=3)) <= 0.05).mean() == (
        pytest.approx(0.05, abs=0.017)  # three Monte Carlo errors
    )
    there = ratings(500, 10, 0.9, exposure)
    assert np.mean(two_sided(score_statistics(there, DESIGN, exposure[order], categories=3)) <= 0.05) > 0.8


def test_drawn_ratings_have_the_chances_of_the_model() -> None:
    drawn = drawn_ratings(CUTS, np.array([0.0, 1.0]), 40_000, 11)
    for column, predictor in enumerate((0.0, 1.0)):
        below = [np.mean(drawn[:, column] <= j) for j in range(2)]
        assert below == pytest.approx(expit(CUTS - predictor).tolist(), abs=0.01)


@pytest.mark.parametrize(("link", "far"), [("logit", 15.0), ("probit", 5.0)])
def test_an_effect_far_from_all_that_is_seen_is_fitted_and_rejected(link: Link, far: float) -> None:
    """Chances of a category far out in either tail are differences of the smaller tail, which rounding leaves."""
    exposure = np.where(np.arange(60) % 3 == 0, 1.0, 0.0)
    order = shuffled_within(REGION, 99, 12)
    for effect in (-far, far):
        found = score_statistics(
            ratings(1, 13), DESIGN, exposure[order], categories=3, offset=effect * exposure, link=link
        )
        assert np.isfinite(found).all()
        assert found[0, 0] * effect < 0
        assert two_sided(found)[0] == pytest.approx(0.01)


@pytest.mark.parametrize("far", [-1e5, -800.0, 800.0, 1e5])
def test_a_threshold_beyond_what_an_exponential_holds_is_as_unlikely_as_it_is_far(far: float) -> None:
    y = np.minimum(ratings(3, 16), 1)
    at = np.tile([far, 0.0, 0.0, 0.0], (3, 1))
    value, _, _ = _logit_likelihood(y, DESIGN, at, np.zeros(y.shape), np.ones(y.shape), 1)
    assert value == pytest.approx(-abs(far) * (y == (far > 0)).sum(axis=1))


@pytest.mark.parametrize("effect", [-3.0, 3.0])
def test_an_effect_many_errors_off_is_fitted_where_links_are_normal_and_exposure_differs(effect: float) -> None:
    """A search for the end of an interval asks for these, and Fisher's steps overshoot there."""
    years = np.where(np.arange(60) % 5 == 0, 0.3 + np.arange(60) / 12, 0.0)
    y, offset = ratings(8, 15), np.tile(effect * years, (8, 1))
    fit = fit_ratings(y, DESIGN, categories=3, offset=offset, link="probit")
    at = _rows(y, DESIGN, fit.parameters, offset, np.ones(y.shape), 2, "probit")
    gradient = np.concatenate([at.threshold_scores.sum(axis=2).T, at.residual @ DESIGN], axis=1)
    assert gradient - PENALTY * fit.parameters == pytest.approx(np.zeros_like(fit.parameters), abs=0.01)
