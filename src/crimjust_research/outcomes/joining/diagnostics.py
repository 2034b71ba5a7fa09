"""What the registered comparison rests on: paths around joining, weights, single countries, trends that part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from crimjust_research.designs.staggered.aggregation import StaggeredResult, aggregate, pretest
from crimjust_research.designs.staggered.estimators import TwoWayDecomposition, two_way_decomposition
from crimjust_research.designs.staggered.sensitivity import Sensitivity, event_study, relative_magnitudes, smoothness
from crimjust_research.designs.timing.randomisation import RandomisationTest, leave_one_out
from crimjust_research.errors import ParameterError
from crimjust_research.outcomes.joining.comparison import Comparison
from crimjust_research.outcomes.joining.estimators import (
    GROUP_TIME,
    IMPUTATION,
    SUN_ABRAHAM,
    effects_by_group,
    moved_back,
    statistic,
)
from crimjust_research.outcomes.joining.question import Question

# Editions by which the dates are moved back for the comparison before anybody joined.
EDITIONS_BACK = 2
RELATIVE_BOUNDS = (0.5, 1.0, 1.5, 2.0)
# Score points by which the slope of the difference in trends may change from one edition to the next.
SMOOTHNESS_BOUNDS = (0.0, 0.0025, 0.005, 0.01)
# Of the simultaneous band over event times.
_BAND_DRAWS = 1999


@dataclass(frozen=True)
class Diagnostics:
    """Views of one comparison that no single estimate shows."""

    event_studies: Mapping[str, StaggeredResult]
    """By estimator."""
    before: RandomisationTest | None
    """The registered test on the editions before anybody joined; None if they are too few."""
    pretest: tuple[float, int, float] | None
    """Wald test of all differences before joining: statistic, degrees of freedom, p; None where the panel cannot tell
    them apart."""
    decomposition: TwoWayDecomposition
    """Of the two-way coefficient, countries in every edition."""
    left_out: pd.DataFrame
    """The registered estimate without each country in turn."""
    relative: Sensitivity
    smooth: Sensitivity


def diagnose(question: Question) -> Diagnostics:
    """Diagnostics of the registered comparison.

    Raises
    ------
    ParameterError
        If the window leaves no editions in a row around joining.
    """
    chosen, alpha, seed = question.registered, question.alpha, question.params.seed
    registered = question.comparison(chosen)
    complete = question.comparison(replace(chosen, complete=True))
    by_edition = aggregate(effects_by_group(registered, alpha, base="universal"), "event", draws=_BAND_DRAWS, seed=seed)
    around = event_study(by_edition)
    return Diagnostics(
        {GROUP_TIME: by_edition, **{name: question.result(chosen, name) for name in (SUN_ABRAHAM, IMPUTATION)}},
        moved_back(registered, EDITIONS_BACK, question.params.draws, seed, alpha),
        _pretest(registered, alpha),
        two_way_decomposition(complete.rows, complete.checked.timing),
        leave_one_out(
            registered.checked.outcomes(),
            registered.checked.cohort,
            registered.periods,
            registered.checked.units,
            statistic=statistic(registered),
        ),
        relative_magnitudes(around, RELATIVE_BOUNDS, alpha=alpha),
        smoothness(around, SMOOTHNESS_BOUNDS, alpha=alpha),
    )


def _pretest(registered: Comparison, alpha: float) -> tuple[float, int, float] | None:
    try:
        return pretest(effects_by_group(registered, alpha))
    except ParameterError:
        # A group of one country has no spread of its own, so its differences repeat those of other groups.
        return None
