"""Inference for a ratio of two estimates, and for a linear combination of them that says whether the ratio has some value.

Registry: docs/methods/time_series.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_above_zero, require_level
from crimjust_research.designs.fit import above_zero
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class FiellerSet:
    """The values of a ratio that a test does not reject.

    `low` and `high` are its ends: infinite where the set has none. Where it is two rays, all but a stretch between,
    `gap` holds the ends of that stretch; without a gap and without ends every value is in it.
    """

    low: float
    high: float
    gap: tuple[float, float] | None = None

    def holds(self, value: float) -> bool:
        """Whether a value is in the set."""
        outside = self.gap is not None and self.gap[0] < value < self.gap[1]
        return self.low <= value <= self.high and not outside


@dataclass(frozen=True)
class Ratio:
    """Numerator over denominator, jointly normal with estimated variances; arrays have one entry per sample."""

    numerator: FloatArray
    denominator: FloatArray
    numerator_variance: FloatArray
    denominator_variance: FloatArray
    covariance: FloatArray
    df: int

    @property
    def estimate(self) -> FloatArray:
        """The ratio, which says nothing where the denominator cannot be told from zero: see `fieller`."""
        return np.asarray(self.numerator / self.denominator)

    def t(self, value: float) -> FloatArray:
        """t of `numerator - value * denominator`, which has mean zero if the ratio has that value."""
        variance = self.numerator_variance - 2 * value * self.covariance + value**2 * self.denominator_variance
        return np.asarray((self.numerator - value * self.denominator) / np.sqrt(variance))

    def p_value(self, value: float = 0.0) -> FloatArray:
        """Two-sided p, by Student's t, of the null that the ratio has that value; at 0 that the numerator is zero."""
        return above_zero(2 * stdtr(self.df, -np.abs(self.t(value))))

    def equivalence_p(self, margin: float) -> FloatArray:
        """Two one-sided tests that the ratio lies within plus and minus the margin: the larger p.

        The claim is `|numerator| < margin * denominator`, so that it also says that the denominator is above zero; each of its
        two sides is a linear combination with a t test of its own (Schuirmann 1987; for ratios Sasabuchi 1980).

        Raises
        ------
        ParameterError : a margin that is not above zero.
        """
        require_above_zero(margin=margin)
        return above_zero(np.maximum(stdtr(self.df, self.t(margin)), stdtr(self.df, -self.t(-margin))))

    def fieller(self, alpha: float) -> FiellerSet:
        """Every value e at which `numerator - e * denominator` is not rejected at alpha (Fieller 1954), of one sample.

        It is an interval where the denominator differs from zero at alpha; else it has no ends: two rays, or every value.
        It leaves zero out exactly where `p_value` is below alpha.

        Raises
        ------
        ParameterError : a level outside (0, 1), or more than one sample.
        """
        require_level(alpha)
        if np.size(self.numerator) != 1:
            raise ParameterError("A set is told for one ratio; choose one sample.")
        squared = float(stdtrit(self.df, 1 - alpha / 2)) ** 2
        # The set is where a e^2 - 2 b e + c <= 0.
        a = float(self.denominator) ** 2 - squared * float(self.denominator_variance)
        b = float(self.numerator) * float(self.denominator) - squared * float(self.covariance)
        c = float(self.numerator) ** 2 - squared * float(self.numerator_variance)
        discriminant = b**2 - a * c
        if a > 0:
            reach = math.sqrt(max(discriminant, 0.0))
            return FiellerSet((b - reach) / a, (b + reach) / a)
        if a == 0 or discriminant <= 0:
            return FiellerSet(-math.inf, math.inf)
        reach = math.sqrt(discriminant)
        return FiellerSet(-math.inf, math.inf, ((b + reach) / a, (b - reach) / a))
