"""The registered estimator, its inference, and the other estimators, each for one comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.resampling.wild_bootstrap import WildBootstrap, stacked_design, wild_cluster_bootstrap
from crimjust_research.designs.staggered.aggregation import GroupTimeEffects, StaggeredResult, aggregate
from crimjust_research.designs.staggered.estimators import (
    BasePeriod,
    Controls,
    group_time_effects,
    imputation_effects,
    interaction_weighted_effects,
)
from crimjust_research.designs.staggered.fixed_effects import two_way_effect
from crimjust_research.designs.staggered.panel import without_unclear_periods
from crimjust_research.designs.timing.random_timing import random_timing_effects
from crimjust_research.designs.timing.randomisation import RandomisationTest, randomisation_test, shuffled_assignments
from crimjust_research.designs.timing.statistics import group_time_averages
from crimjust_research.questions.joining.comparison import Comparison


def effects_by_group(found: Comparison, alpha: float, base: BasePeriod = "varying") -> GroupTimeEffects:
    """Callaway and Sant'Anna's group-time effects with the controls of the comparison."""
    never = found.specification.control == "never_treated"
    controls: Controls = "never treated" if never else "not yet treated"
    return group_time_effects(found.rows, found.checked.timing, controls=controls, base=base, alpha=alpha)


def _on_rows(effects: Callable[..., StaggeredResult]) -> Callable[[Comparison, float], StaggeredResult]:
    return lambda found, alpha: effects(found.rows, found.checked.timing, alpha=alpha)


GROUP_TIME, SUN_ABRAHAM, IMPUTATION = "Callaway-Sant'Anna", "Sun-Abraham", "Borusyak-Jaravel-Spiess"
RANDOM_TIMING, TWO_WAY = "Roth-Sant'Anna", "Two-way fixed effects"
ESTIMATORS: Mapping[str, Callable[[Comparison, float], StaggeredResult]] = {
    GROUP_TIME: lambda found, alpha: aggregate(effects_by_group(found, alpha), "simple"),
    SUN_ABRAHAM: _on_rows(interaction_weighted_effects),
    IMPUTATION: _on_rows(imputation_effects),
    RANDOM_TIMING: _on_rows(random_timing_effects),
    TWO_WAY: _on_rows(two_way_effect),
}
# Needs every country in every edition.
NEEDS_COMPLETE = frozenset({RANDOM_TIMING})


def against_never_treated(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    included: NDArray[np.bool_] | None = None,
    *,
    unclear: int = 0,
) -> FloatArray:
    """As `designs.inference.group_time_averages`, with never-treated controls only.

    Each group is compared on its own, the other groups left out; the groups' averages are weighted by their cells.
    """
    use = np.ones(assignments.shape, dtype=bool) if included is None else included
    total, mass = np.zeros((len(assignments), len(outcomes))), np.zeros((len(assignments), 1))
    for start in np.unique(assignments[np.isfinite(assignments)]):
        group = (assignments == start) & use
        own = group_time_averages(
            outcomes, assignments, periods, group | (np.isinf(assignments) & use), unclear=unclear
        )
        weight = (group.sum(axis=1) * np.sum(periods >= start))[:, None]
        total += np.where(np.isfinite(own), own * weight, 0.0)
        mass += np.where(np.isfinite(own).all(axis=1, keepdims=True), weight, 0.0)
    return np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan)


def statistic(found: Comparison) -> Callable[..., FloatArray]:
    """The registered average of a comparison as a function of outcomes and assignments, for batches of either."""
    chosen = against_never_treated if found.specification.control == "never_treated" else group_time_averages
    return partial(chosen, unclear=found.checked.timing.unclear_periods)


def reassignments(found: Comparison, draws: int, seed: int) -> FloatArray:
    """(1 + draws, n_units) dates of joining dealt out again among countries of the same region, the actual ones first."""
    return shuffled_assignments(found.checked.cohort, draws, seed, found.region)


def randomised(found: Comparison, draws: int, seed: int, alpha: float) -> RandomisationTest:
    """The registered estimate with its rank among random reassignments of the dates of joining within regions."""
    return randomisation_test(
        found.checked.outcomes(),
        reassignments(found, draws, seed),
        found.periods,
        statistic=statistic(found),
        exact=False,
        alpha=alpha,
    )


def moved_back(found: Comparison, editions: int, draws: int, seed: int, alpha: float) -> RandomisationTest | None:
    """The same test on the editions before anybody joined, with every date moved back by `editions`.

    None where those editions are too few for it.
    """
    before = found.periods < np.min(found.checked.cohort) - found.checked.timing.unclear_periods
    dates = found.checked.cohort - editions
    usable = np.any(found.periods[before, None] >= dates) and np.any(found.periods < np.min(dates))
    outcomes = found.checked.outcomes()[:, before]
    seen = np.isfinite(outcomes).any(axis=1)
    if not usable or not np.isfinite(dates[seen]).any():
        return None
    return randomisation_test(
        outcomes[seen],
        shuffled_assignments(dates[seen], draws, seed, found.region[seen]),
        found.periods[before],
        statistic=statistic(found),
        exact=False,
        alpha=alpha,
    )


def wild_two_way(found: Comparison, draws: int, seed: int, alpha: float) -> WildBootstrap:
    """Two-way fixed effects coefficient by the restricted wild bootstrap over countries, Webb's weights."""
    rows = without_unclear_periods(found.checked)
    treated = (rows["time"] >= rows["first_treated"]).astype("float64")
    design = stacked_design(treated, dummies=(rows["code"], rows["time"]))
    return wild_cluster_bootstrap(design, rows["outcome"], rows["code"], 1, draws=draws, seed=seed, alpha=alpha)
