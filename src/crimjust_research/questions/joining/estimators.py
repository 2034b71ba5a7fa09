"""The registered estimator and the others, each for one comparison, with errors by country."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crimjust_research.designs.resampling.wild_bootstrap import WildBootstrap, stacked_design, wild_cluster_bootstrap
from crimjust_research.designs.staggered.aggregation import GroupTimeEffects, StaggeredResult, aggregate
from crimjust_research.designs.staggered.estimators import (
    BasePeriod,
    Controls,
    group_time_effects,
    imputation_effects,
    interaction_weighted_effects,
    synthetic_effects,
)
from crimjust_research.designs.staggered.fixed_effects import two_way_effect
from crimjust_research.designs.staggered.panel import without_unclear_periods
from crimjust_research.designs.timing.random_timing import random_timing_effects
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
SYNTHETIC = "Synthetic difference-in-differences"
ESTIMATORS: Mapping[str, Callable[[Comparison, float], StaggeredResult]] = {
    GROUP_TIME: lambda found, alpha: aggregate(effects_by_group(found, alpha), "simple"),
    SUN_ABRAHAM: _on_rows(interaction_weighted_effects),
    IMPUTATION: _on_rows(imputation_effects),
    RANDOM_TIMING: _on_rows(random_timing_effects),
    SYNTHETIC: _on_rows(synthetic_effects),
    TWO_WAY: _on_rows(two_way_effect),
}
# Needs every country in every edition.
NEEDS_COMPLETE = frozenset({RANDOM_TIMING, SYNTHETIC})


def wild_two_way(found: Comparison, draws: int, seed: int, alpha: float) -> WildBootstrap:
    """Two-way fixed effects coefficient by the restricted wild bootstrap over countries, Webb's weights."""
    rows = without_unclear_periods(found.checked)
    treated = (rows["time"] >= rows["first_treated"]).astype("float64")
    design = stacked_design(treated, dummies=(rows["code"], rows["time"]))
    return wild_cluster_bootstrap(design, rows["outcome"], rows["code"], 1, draws=draws, seed=seed, alpha=alpha)
