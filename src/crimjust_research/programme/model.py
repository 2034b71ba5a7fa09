"""Shapes of the registry's entries.

Three fields recur. `label` is this project's own wording. `wording` is the spelling or short phrase by which the
entry is found in the text it comes from. `place` says where that text stands, as a path such as
"Q1, Annex 1, Scope, bullet 2"; several places are joined by "; ". Numbered items are called what the document
calls them (pillar, phase, outcome); other numbers count bullets and paragraphs from 1 under their heading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from crimjust_research.errors import DataError

Qualifier = Literal["stated", "about", "at least", "over", "range"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure as the document commits to it: bounds, a unit and how firmly it is put.

    `stated` is a bare figure (low equals high), `about` a rounded one (half a rounding unit either side),
    `at least` and `over` give a lower bound (`over` excludes it), `range` two published ends. A bound the
    document does not give is None.

    Raises DataError if neither bound is given or the lower exceeds the upper.
    """

    low: float | None
    high: float | None
    unit: str
    qualifier: Qualifier

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise DataError(f"A quantity in {self.unit} needs a lower or an upper bound; both are missing.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DataError(
                f"A quantity in {self.unit} has lower bound {self.low:g} above its upper bound {self.high:g}; "
                "exchange them."
            )


def stated(figure: float, unit: str) -> Quantity:
    return Quantity(figure, figure, unit, "stated")


def about(figure: float, unit: str, *, rounded_to: float) -> Quantity:
    return Quantity(figure - rounded_to / 2, figure + rounded_to / 2, unit, "about")


def at_least(figure: float, unit: str) -> Quantity:
    return Quantity(figure, None, unit, "at least")


def over(figure: float, unit: str, *, at_most: float | None = None) -> Quantity:
    return Quantity(figure, at_most, unit, "over")


def between(low: float, high: float, unit: str) -> Quantity:
    return Quantity(low, high, unit, "range")


def sum_of_ranges(quantities: Iterable[Quantity]) -> Quantity:
    """Sum of ranges: the lower bounds add up to the lower bound, the upper to the upper.

    Raises DataError for no quantities, different units or an open bound, none of which has a sum.
    """
    terms = tuple(quantities)
    units = sorted({term.unit for term in terms})
    if len(units) != 1:
        raise DataError(f"Ranges add up in one unit; these have {', '.join(units) or 'none'}.")
    lows = [term.low for term in terms if term.low is not None]
    highs = [term.high for term in terms if term.high is not None]
    if len(lows) < len(terms) or len(highs) < len(terms):
        raise DataError(f"Ranges in {units[0]} add up only if each has both bounds; give the missing one.")
    return between(sum(lows), sum(highs), units[0])


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement. `date` is ISO 8601, as precise as the text: 2021, 2021-08, or an interval 2021/2025."""

    key: str
    label: str
    wording: str
    place: str
    quantity: Quantity | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A checkable claim of the document; `quantity`, `date` or both say what is to be checked."""

    key: str
    text: str
    wording: str
    place: str
    quantity: Quantity | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        if self.quantity is None and self.date is None:
            raise DataError(f"Claim {self.key} has neither a quantity nor a date, so nothing can be checked.")


@dataclass(frozen=True, slots=True)
class Note:
    """A contradiction, gap or ambiguity in the document, recorded rather than resolved."""

    key: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A country (ISO 3166 alpha-3) as one or more places in the text spell it."""

    iso3: str
    wording: str
    place: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A cluster of countries in Component 2; `language` is the one its heading names."""

    number: int
    language: str
    region: str
    wording: str
    place: str
    countries: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class WorkStream:
    """A pillar of Component 1 or a step of Component 2, with the activities listed under it.

    `summary` is the shorter form in the answer itself, before the annex.
    """

    number: int
    label: str
    wording: str
    place: str
    summary: Fact
    activities: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the proposed intervention, with its cost over `years`."""

    number: int
    label: str
    wording: str
    place: str
    summary: Fact
    streams: tuple[WorkStream, ...]
    cost: Fact


@dataclass(frozen=True, slots=True)
class Outcome:
    """An intended outcome: own short title, the document's sentence quoted in full, and where it stands."""

    number: int
    title: str
    quotation: str
    place: str


Chapter = Literal["II", "III", "IV", "V"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge most often met in UNCAC reviews, under the Convention's chapter that the document gives."""

    key: str
    chapter: Chapter
    label: str
    wording: str
    place: str


Status = Literal["present", "planned", "subject to resources"]


@dataclass(frozen=True, slots=True)
class Posting:
    """A field adviser, regional platform or hub. `iso3` is None where the document names only a region.

    `covers` is the region served as the document puts it, None where only the country itself is named.
    """

    key: str
    status: Status
    iso3: str | None
    covers: str | None
    label: str
    wording: str
    place: str
    date: str | None = None
