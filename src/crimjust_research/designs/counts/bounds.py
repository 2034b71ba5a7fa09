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
            raise ParameterError(f"The limits {self.low:g} and {self.high:g} are not in order or not numbers.")

    @property
    def exact(self) -> bool:
        """Whether the limits coincide."""
        return self.low == self.high

    def __add__(self, other: Bounds | float) -> Bounds:
        other = as_bounds(other)
        return Bounds(self.low + other.low, self.high + other.high)

    __radd__ = __add__

    def __sub__(self, other: Bounds | float) -> Bounds:
        other = as_bounds(other)
        if math.isinf(other.high):
            raise ParameterError("A figure without an upper limit cannot be subtracted; give it one first.")
        return Bounds(self.low - other.high, self.high - other.low)

    def __rsub__(self, other: float) -> Bounds:
        return as_bounds(other) - self

    def __mul__(self, other: Bounds | float) -> Bounds:
        other = as_bounds(other)
        if min(self.low, other.low) < 0 and math.inf in (self.high, other.high):
            raise ParameterError("A figure without an upper limit can only be multiplied by one that is not negative.")
        # Zero times no limit is zero: the first factor is then known to be nothing.
        corners = [a * b if a and b else 0.0 for a in (self.low, self.high) for b in (other.low, other.high)]
        return Bounds(min(corners), max(corners))

    __rmul__ = __mul__

    def __truediv__(self, other: Bounds | float) -> Bounds:
        other = as_bounds(other)
        if other.low <= 0:
            raise ParameterError(
                f"The figure to divide by may be as low as {other.low:g}; a ratio needs one that is above zero."
            )
        low = self.low / (other.high if self.low >= 0 else other.low)
        high = self.high / (other.low if self.high >= 0 else other.high)
        return Bounds(low, high)

    def __rtruediv__(self, other: float) -> Bounds:
        return as_bounds(other) / self


def as_bounds(value: Bounds | float) -> Bounds:
    """A plain number as bounds that coincide."""
    return value if isinstance(value, Bounds) else Bounds(float(value), float(value))


def rounded(value: float, unit: float) -> Bounds:
    """A figure published as rounded to the nearest `unit`: `value` plus or minus half of it.

    "Some 8,000" read as rounded to the nearest thousand is 7,500 to 8,500; the unit is the reader's judgement.

    Raises
    ------
    ParameterError : a unit that is not positive.
    """
    if unit <= 0:
        raise ParameterError(f"The unit of rounding is {unit:g}; give a positive one, such as 1000.")
    return Bounds(value - unit / 2, value + unit / 2)


def over(value: float, below: float = math.inf) -> Bounds:
    """A figure published as "over `value`": at least that, and no upper limit unless one is argued for.

    Raises
    ------
    ParameterError : an upper limit below the value.
    """
    return Bounds(value, below)
