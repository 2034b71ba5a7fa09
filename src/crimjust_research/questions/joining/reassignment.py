"""The registered test: dates of joining dealt out again among countries alike in region and in completeness of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.timing.given_covariate import GivenCovariate, studentised_test_given
from crimjust_research.designs.timing.influence import p_values_of_sums
from crimjust_research.designs.timing.randomisation import RandomisationTest, randomisation_test, shuffled_assignments
from crimjust_research.designs.timing.statistics import Controls, group_time_averages
from crimjust_research.designs.timing.studentised import (
    StudentisedTest,
    number_of_assignments,
    studentised_averages,
    studentised_test,
)
from crimjust_research.errors import ParameterError
from crimjust_research.questions.joining.comparison import Comparison

# Ways of dealing dates out that are needed for a p: with so many the least is a fifth.
FEWEST = 5


@dataclass(frozen=True)
class Reassignment:
    """Scores of a comparison as arrays, and who could have joined when another did."""

    outcomes: FloatArray
    """(n_units, T), NaN where there is no score."""
    cohort: FloatArray
    """(n_units,) first treated period, inf if never."""
    region: NDArray[np.str_]
    periods: FloatArray
    controls: Controls
    unclear: int

    @classmethod
    def of(cls, found: Comparison) -> Reassignment:
        """That of a comparison."""
        never = found.specification.control == "never_treated"
        return cls(
            found.checked.outcomes(),
            found.checked.cohort,
            found.region,
            found.periods,
            "never treated" if never else "not yet treated",
            found.checked.timing.unclear_periods,
        )

    @property
    def complete(self) -> BoolArray:
        """(n_units,) whether there is a score in every period."""
        return np.asarray(np.isfinite(self.outcomes).all(axis=1))

    @property
    def strata(self) -> IntArray:
        """(n_units,) which countries share region and completeness."""
        _, region = np.unique(self.region, return_inverse=True)
        return 2 * region.astype(np.int64) + self.complete

    def assignments(self, draws: int, seed: int) -> FloatArray:
        """(1 + draws, n_units) dates of joining, the actual ones first.

        Raises
        ------
        ParameterError
            If hardly anybody could have joined when another did.
        """
        ways = number_of_assignments(self.cohort, self.strata)
        if ways < FEWEST:
            raise ParameterError(
                f"Dates of joining can be dealt out in {ways:.0f} {'way' if ways == 1 else 'ways'} only, so nothing can be told "
                "from chance; compare with "
                "more countries of the same region that have, as those that joined, a score in every edition or not."
            )
        return shuffled_assignments(self.cohort, draws, seed, self.strata)

    def least_p(self, draws: int) -> float:
        """The smallest p that so many reassignments can give."""
        return max(1 / (1 + draws), 1 / number_of_assignments(self.cohort, self.strata))

    def test(self, draws: int, seed: int) -> StudentisedTest:
        """The registered test, the average over its standard error among reassignments."""
        return studentised_test(
            self.outcomes, self.assignments(draws, seed), self.periods, controls=self.controls, unclear=self.unclear
        )

    def given(self, covariate: FloatArray, draws: int, seed: int) -> GivenCovariate:
        """The registered test of outcomes less what goes with a covariate (n_units, T) before anybody joined."""
        return studentised_test_given(
            self.outcomes,
            covariate,
            self.assignments(draws, seed),
            self.periods,
            controls=self.controls,
            unclear=self.unclear,
        )

    def unstudentised(self, draws: int, seed: int, alpha: float) -> RandomisationTest:
        """The test of version 1 of the plan: the average itself, dates dealt out within regions alone."""

        def averages(outcomes: FloatArray, assignments: FloatArray, periods: FloatArray) -> FloatArray:
            return group_time_averages(outcomes, assignments, periods, controls=self.controls, unclear=self.unclear)

        dates = shuffled_assignments(self.cohort, draws, seed, self.region)
        return randomisation_test(self.outcomes, dates, self.periods, statistic=averages, exact=False, alpha=alpha)

    def p_values(
        self, residuals: FloatArray, times: FloatArray, effects: Sequence[float], draws: int, seed: int
    ) -> FloatArray:
        """(E, S) p of the test on residuals (n_units, T) of the same cells, each country's `times` (S, n_units), with each of
        the effects (E,) planted since joining."""
        observed = np.isfinite(residuals)
        alone = np.where(observed, np.eye(len(residuals))[..., None] * np.nan_to_num(residuals), np.nan)
        planted = np.where(observed, treated_cells(self.cohort, self.periods), np.nan)
        return p_values_of_sums(
            alone,
            times,
            planted,
            np.asarray(effects, np.float64),
            self.assignments(draws, seed),
            self.periods,
            controls=self.controls,
            unclear=self.unclear,
        )

    def statistics(self, outcomes: FloatArray, draws: int, seed: int) -> FloatArray:
        """(S, 1 + draws) the statistic of other scores under each reassignment."""
        return studentised_averages(
            outcomes, self.assignments(draws, seed), self.periods, controls=self.controls, unclear=self.unclear
        ).t

    def without(self, unit: int) -> Reassignment:
        """The same without one country."""
        return self._kept(np.arange(len(self.cohort)) != unit, np.ones(self.periods.size, bool), self.cohort)

    def within(self, region: str) -> Reassignment:
        """The same in one region alone."""
        return self._kept(self.region == region, np.ones(self.periods.size, bool), self.cohort)

    def moved_back(self, editions: int) -> Reassignment | None:
        """Only periods before anybody joined, every date so many editions earlier; None where they are too few."""
        before = self.periods < np.min(self.cohort) - self.unclear
        dates = self.cohort - editions
        seen = np.asarray(np.isfinite(self.outcomes[:, before]).any(axis=1))
        usable = np.any(self.periods[before, None] >= dates[seen]) and np.any(self.periods < np.min(dates))
        return self._kept(seen, before, dates) if usable and np.isfinite(dates[seen]).any() else None

    def _kept(self, units: BoolArray, periods: BoolArray, cohort: FloatArray) -> Reassignment:
        return Reassignment(
            self.outcomes[units][:, periods],
            cohort[units],
            self.region[units],
            self.periods[periods],
            self.controls,
            self.unclear,
        )
