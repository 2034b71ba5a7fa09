"""A statistic less the mean of its draws under the null: its test, the shifts it does not reject, and equivalence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import require_above_zero, require_level
from crimjust_research.designs.resampling.permutation import require_comparable


@dataclass(frozen=True)
class DrawnNull:
    """An observed statistic among `drawn` ones, (draws,), of the same shape wherever it lies: draws differ by a shift only.

    Raises
    ------
    ParameterError : a statistic that is not a number.
    """

    observed: float
    drawn: FloatArray

    def __post_init__(self) -> None:
        require_comparable(self.drawn, self.observed)

    @property
    def mean(self) -> float:
        """Of the draws."""
        return float(self.drawn.mean())

    @property
    def estimate(self) -> float:
        """The observed statistic less the mean of its draws."""
        return self.observed - self.mean

    @property
    def std_error(self) -> float:
        """Standard deviation of the draws."""
        return float(self.drawn.std(ddof=1))

    @property
    def least_p(self) -> float:
        """The smallest p that these draws can give."""
        return 1 / (1 + self.drawn.size)

    @property
    def _slack(self) -> float:
        """How far apart statistics may be that tie: a share of the farthest distance, and the rounding of the numbers."""
        every = np.append(self.drawn, self.observed)
        rounding = 64 * np.finfo(np.float64).eps * float(np.abs(every).max())
        return TIE * float(np.abs(every - self.mean).max()) + rounding

    def p_values(self, statistics: ArrayLike) -> FloatArray:
        """Two-sided p of statistics (n,): the share of draws, each counted among them, as far from the mean of the draws."""
        distance = np.abs(np.asarray(statistics, np.float64) - self.mean)
        sorted_distances = np.sort(np.abs(self.drawn - self.mean))
        as_far = self.drawn.size - np.searchsorted(sorted_distances, distance - self._slack)
        return np.asarray((1 + as_far) / (1 + self.drawn.size))

    @property
    def p_value(self) -> float:
        """Two-sided p of the observed statistic; see `p_values`."""
        return float(self.p_values([self.observed])[0])

    def interval(self, level: float) -> tuple[float, float]:
        """The shifts of the estimate that the two-sided test does not reject at 1 - `level`; without end if it rejects none.

        Raises
        ------
        ParameterError : a level outside (0, 1).
        """
        require_level(1 - level)
        # A shift is rejected if no more than so many draws lie as far out.
        most = min(math.floor((1 - level) * (1 + self.drawn.size) + TIE), self.drawn.size) - 1
        if most < 0:
            return -math.inf, math.inf
        reach = float(np.sort(np.abs(self.drawn - self.mean))[-1 - most])
        return self.estimate - reach, self.estimate + reach

    def equivalence_p(self, size: float) -> float:
        """The larger p of two one-sided tests: that the shift is not below `size`, and that it is not above minus it.

        Raises
        ------
        ParameterError : a size that is not above zero.
        """
        require_above_zero(size=size)
        away = self.drawn - self.mean
        below = 1 + np.sum(away <= self.estimate - size + self._slack)
        above = 1 + np.sum(away >= self.estimate + size - self._slack)
        return float(max(below, above)) / (1 + self.drawn.size)
