"""Arithmetic with figures known only within limits: "some 8,000", "over 4,000", 10 to 14 million.

Limits are carried through by interval arithmetic (Moore 1966): the result holds every value the true figures could
give. No chance is attached to any of them. Each figure should appear once in a formula; where one appears twice the
limits still hold but are wider than they need be, because both places are let vary on their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class Bounds:
    """A figure between two limits, both possible; the upper one may be infinite."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high or math.isinf(self.low):
            raise ParameterError(
                f"The limits {self.low:g} and {self.high:g} are not in order or not numbers; give the lower one first."
            )

    def __sub__(self, other: Bounds) -> Bounds:
        if math.isinf(other.high):
            raise ParameterError("A figure without an upper limit cannot be subtracted; give it one first.")
        return Bounds(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Bounds) -> Bounds:
        if min(self.low, other.low) < 0 and math.inf in (self.high, other.high):
            raise ParameterError(
                "A figure without an upper limit can only be multiplied by one that is not negative; give it one."
            )
        # Zero times no limit is zero: the first factor is then known to be nothing.
        corners = [a * b if a and b else 0.0 for a in (self.low, self.high) for b in (other.low, other.high)]
        return Bounds(min(corners), max(corners))

    def __truediv__(self, other: Bounds) -> Bounds:
        if other.low <= 0:
            raise ParameterError(
                f"The figure to divide by may be as low as {other.low:g}; a ratio needs one that is above zero."
            )
        low = self.low / (other.high if self.low >= 0 else other.low)
        high = self.high / (other.low if self.high >= 0 else other.high)
        return Bounds(low, high)
