"""One measure under one set of parameters: comparisons and estimates, each made once and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crimjust_research.outcomes.joining.comparison import Comparison, Specification, comparison
from crimjust_research.outcomes.joining.estimators import ESTIMATORS, NEEDS_COMPLETE, randomised
from crimjust_research.outcomes.joining.parameters import Measure, Params

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.designs.staggered.aggregation import StaggeredResult
    from crimjust_research.designs.timing.randomisation import RandomisationTest

# Enough to place an estimate among reassignments; the registered number is for the registered estimate.
FEWER_DRAWS = 999


class Question:
    """What is asked of a panel: a measure, and the parameters that fix the registered comparison.

    Estimates under a specification are asked for by the sensitivities and again by the specification curve.
    """

    def __init__(self, panel: pd.DataFrame, measure: Measure, params: Params) -> None:
        self.measure, self.params = measure, params
        self.alpha = 1 - params.confidence_level
        self.registered = Specification(params.dating, params.control)
        self._panel = panel
        self._comparisons: dict[Specification, Comparison] = {}
        self._tests: dict[tuple[Specification, int], RandomisationTest] = {}
        self._results: dict[tuple[Specification, str], StaggeredResult] = {}

    def comparison(self, specification: Specification) -> Comparison:
        """The rows compared under a specification."""
        if specification not in self._comparisons:
            made = comparison(self._panel, self.measure.column, specification, self.params.start, self.params.end)
            self._comparisons[specification] = made
        return self._comparisons[specification]

    def test(self, specification: Specification, most_draws: int = FEWER_DRAWS) -> RandomisationTest:
        """The registered estimator under a specification, ranked among at most so many reassignments of the dates."""
        key = (specification, min(self.params.draws, most_draws))
        if key not in self._tests:
            self._tests[key] = randomised(self.comparison(specification), key[1], self.params.seed, self.alpha)
        return self._tests[key]

    def result(self, specification: Specification, estimator: str) -> StaggeredResult:
        """An estimator's result under a specification; on countries in every edition where it needs them."""
        if estimator in NEEDS_COMPLETE:
            specification = replace(specification, complete=True)
        key = (specification, estimator)
        if key not in self._results:
            self._results[key] = ESTIMATORS[estimator](self.comparison(specification), self.alpha)
        return self._results[key]

    def values(self, specification: Specification, estimator: str) -> dict[str, float]:
        """estimate, std_error, ci_low, ci_high and p_value, by errors clustered by country."""
        row: pd.Series[Any] = self.result(specification, estimator).overall
        return {key: float(row[key]) for key in ("estimate", "std_error", "ci_low", "ci_high", "p_value")}
