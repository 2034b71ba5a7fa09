"""Targets of an evaluator's plan: what an indicator is to come to, by when, in which direction, and who set it.

A target stands in a plan that somebody signs and dates, and nowhere else: the results framework, which is this project's own, has
none. Its unit is the indicator's. The direction is declared, as `at_least` or `at_most`, and never guessed from the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, model_validator

from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.yaml_files import Entry, Text

_Number = Annotated[float, Field(strict=True)]  # TOML has numbers: a text in quotes or a `true` is none


class Target(Entry):
    """What an indicator is to come to by the end of the year `by`, and the document, or the argument, that it is taken from."""

    at_least: _Number | None = None
    at_most: _Number | None = None
    by: Annotated[int, Field(ge=2022, le=2100, strict=True)]
    source: Text

    @model_validator(mode="after")
    def _has_one_direction(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a target is either `at_least` or `at_most` a figure: give one of the two")
        return self

    @property
    def value(self) -> float:
        found = self.at_most if self.at_least is None else self.at_least
        assert found is not None, "the schema asks for one of the two"
        return found

    @property
    def sign(self) -> Literal[1, -1]:
        """1 where the figure is to lie at the target or above it, -1 where at it or below."""
        return -1 if self.at_least is None else 1

    @property
    def words(self) -> str:
        """The direction in words, to stand before the figure."""
        return "at most" if self.at_least is None else "at least"


class Aimed(Protocol):
    """What must be known of an indicator to hold a target of it against it; `reach` is how far figures of its unit go."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def better(self) -> Literal["higher", "lower"] | None: ...
    @property
    def base(self) -> int | None: ...
    @property
    def reach(self) -> tuple[float, float]: ...


def require(targets: Mapping[str, Target], indicators: Iterable[Aimed], file: str) -> None:
    """Refuse targets that no figure of their indicators could be held against; `file` is where they stand.

    Raises
    ------
    ParameterError
        With every fault, a line each: a key that is no indicator's, a value that its unit cannot take, a year not after that of
        its baseline, a direction against the one in which the results framework has it better.
    """
    known = {indicator.key: indicator for indicator in indicators}
    faults = [
        f"{file}: [target.{key}] {fault}" for key, target in targets.items() if (fault := _fault(key, target, known))
    ]
    if faults:
        raise ParameterError("\n".join(faults))


def _fault(key: str, target: Target, known: Mapping[str, Aimed]) -> str:
    if key not in known:
        return f"is no indicator; {did_you_mean(key, known)}their keys stand in docs/EVALUATION_MATRIX.md, beside what they mean"
    indicator = known[key]
    low, high = indicator.reach
    if not low <= target.value <= high:
        within = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        return f"is {target.value:g}, but “{indicator.label}” is told as {indicator.unit}: give a figure {within}"
    if indicator.base is not None and target.by <= indicator.base:
        return f"is due by {target.by}, but the baseline is of {indicator.base}: give a later year"
    if indicator.better and target.sign != (1 if indicator.better == "higher" else -1):
        wanted = "at_least" if indicator.better == "higher" else "at_most"
        return f"is {target.words} {target.value:g}, but of “{indicator.label}” {indicator.better} is better: write {wanted}"
    return ""
