"""How figures found bear on a figure claimed: intervals held against intervals, and the verdict that follows.

A claim and a figure are both sets of values. A bare figure is a point; `about` leaves half a rounding unit either
side; `at least`, `over` and `under` leave one side open; a share put as a fraction in words stands for every share
nearer to it than to any other fraction in common use. A figure is *inside* a claim if no value it allows lies outside
the claim, *outside* if none lies inside, and *undecided* otherwise.

The verdict is read off the figures of the time and of today that decide:

- none decides: `cannot be checked`;
- all inside: `holds`; all outside: `contradicted`;
- one inside, one outside: `revised since`, the publisher's figure having crossed the claim's bounds.

A claim whose figure contradicts what it says of itself is a misprint, and what it means is then not checked by that figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal, get_args

from crimjust_research.document import Claim
from crimjust_research.errors import DataError

Position = Literal["inside", "outside", "undecided"]
Verdict = Literal["holds", "revised since", "contradicted", "misprint, substance not checked", "cannot be checked"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

# Nought, quarters, thirds, halves and one: the fractions people round a share to when they write it in words.
_FRACTIONS_IN_WORDS = tuple(sorted({Fraction(n, d) for d in range(1, 5) for n in range(d + 1)}))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values a figure allows, from `low` to `high`; infinite where a side is open.

    Raises
    ------
    DataError
        If the lower bound exceeds the upper, or no value is left between excluded bounds.
    """

    low: float
    high: float
    low_excluded: bool = False
    high_excluded: bool = False

    def __post_init__(self) -> None:
        if self.low > self.high or (self.low == self.high and (self.low_excluded or self.high_excluded)):
            raise DataError(f"no value lies between the bounds {self.low:g} and {self.high:g}; exchange or widen them")

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def has_low(self) -> bool:
        return math.isfinite(self.low)

    @property
    def has_high(self) -> bool:
        return math.isfinite(self.high)

    def scaled(self, by: float) -> Bounds:
        """The bounds in units of `by`, a positive number."""
        return Bounds(self.low / by, self.high / by, self.low_excluded, self.high_excluded)


def exactly(value: float) -> Bounds:
    """Bounds of a quantity that is told without rounding."""
    return Bounds(value, value)


def at_least(value: float) -> Bounds:
    """Bounds of a quantity of which the least is told."""
    return Bounds(value, math.inf)


def as_bounds(
    low: float | None, high: float | None, *, low_excluded: bool = False, high_excluded: bool = False
) -> Bounds:
    """Bounds of which one may be missing, None or NaN, as tables of published figures have them."""
    lowest = -math.inf if low is None or math.isnan(low) else float(low)
    highest = math.inf if high is None or math.isnan(high) else float(high)
    return Bounds(lowest, highest, low_excluded, high_excluded)


def claimed(claim: Claim) -> Bounds:
    """The values the document commits to: of its figure or, where there is none, its years."""
    quantity = claim.quantity
    if quantity is None:
        years = [int(date[:4]) for date in str(claim.date).split("/")]
        return as_bounds(years[0], years[-1])
    if quantity.unit == "share" and quantity.qualifier == "stated" and quantity.low is not None:
        return rounded_fraction(quantity.low)
    return as_bounds(quantity.low, quantity.high, low_excluded=quantity.qualifier == "over")


def rounded_fraction(share: float) -> Bounds:
    """The shares nearer to this fraction than to any other of quarters, thirds and halves.

    Two thirds stand between a half and three quarters: from 7/12 to 17/24.

    Raises
    ------
    DataError
        If `share` is not one of these fractions.
    """
    place = next((i for i, f in enumerate(_FRACTIONS_IN_WORDS) if math.isclose(share, f)), None)
    if place is None:
        raise DataError(f"{share:g} is not a quarter, third or half; give the share as about or with bounds")
    around = _FRACTIONS_IN_WORDS[max(place - 1, 0) : place + 2]
    middles = [float((a + b) / 2) for a, b in pairwise(around)]
    return Bounds(middles[0] if place else 0.0, middles[-1] if place < len(_FRACTIONS_IN_WORDS) - 1 else 1.0)


def position(figure: Bounds, claim: Bounds) -> Position:
    """Where the values a figure allows lie with respect to those claimed."""
    below = figure.high < claim.low or (figure.high == claim.low and (figure.high_excluded or claim.low_excluded))
    above = figure.low > claim.high or (figure.low == claim.high and (figure.low_excluded or claim.high_excluded))
    if below or above:
        return "outside"
    from_low = figure.low > claim.low or (figure.low == claim.low and (figure.low_excluded or not claim.low_excluded))
    to_high = figure.high < claim.high or (
        figure.high == claim.high and (figure.high_excluded or not claim.high_excluded)
    )
    return "inside" if from_low and to_high else "undecided"


def verdict(figures: Iterable[Bounds], claim: Bounds) -> Verdict:
    """The verdict on a claim by the figures of the time and of today, as far as there are any."""
    deciding = {position(figure, claim) for figure in figures} - {"undecided"}
    if deciding == {"inside", "outside"}:
        return "revised since"
    if not deciding:
        return "cannot be checked"
    return "holds" if deciding == {"inside"} else "contradicted"
