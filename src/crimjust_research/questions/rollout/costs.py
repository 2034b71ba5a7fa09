"""What a design costs: the document's ranges for the two components, and what keeping case records adds, as ranges throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crimjust_research import document
from crimjust_research.errors import ParameterError
from crimjust_research.questions.rollout.plans import Design


@dataclass(frozen=True)
class Cost:
    """US dollars, at least and at most."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ParameterError(
                f"A cost of {self.low:g} to {self.high:g} dollars is none; give two numbers from zero, the lower first."
            )

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.low + other.low, self.high + other.high)

    def times(self, low: float, high: float) -> Cost:
        """The range of products with a range."""
        return Cost(self.low * low, self.high * high)


def of_components(design: Design, written: document.Document) -> tuple[Cost, ...]:
    """Cost of each component under a design.

    The document costs four years. A longer programme costs no less, for the work in each country is the same, and at most as much
    more as it is longer.
    """
    stretch = design.years / written.duration.quantity.low if written.duration.quantity else 1.0
    return tuple(
        Cost(cost.quantity.low, cost.quantity.high or cost.quantity.low).times(1.0, max(stretch, 1.0))
        for cost in written.costs
    )


def of_records(countries: int, years: float, yearly: Cost) -> Cost:
    """Cost of keeping case records in so many countries for so many years."""
    return yearly.times(countries * years, countries * years)


def total(parts: Sequence[Cost]) -> Cost:
    """Sum of ranges."""
    return sum(parts, Cost(0.0, 0.0))


def per_margin(cost: Cost, low: float, high: float) -> Cost:
    """Cost for each margin's worth of what can be found: cost times the least effect found four times in five, in margins.

    Parameters
    ----------
    low, high : that least effect, in margins, at best and at worst.
    """
    return cost.times(low, high)
