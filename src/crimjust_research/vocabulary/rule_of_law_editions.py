"""Editions of the Rule of Law Index: calendar year and month of publication.

They are declared in `data/vocabulary/rule_of_law_editions.yaml`.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "data/vocabulary/rule_of_law_editions.yaml"
Month = Annotated[str, matching("20[0-9]{2}-(0[1-9]|1[0-2])", "a month is written YYYY-MM")]


class Edition(Entry):
    """The calendar year an edition stands at, and the month it was published in."""

    year: int
    published: Month


class Editions(Entry):
    """Editions by name, and those whose scores lie on another level than the others'."""

    editions: Mapping[Text, Edition]
    other_level: tuple[Text, ...]

    def year(self, name: str) -> int | None:
        """The calendar year an edition stands at: the declared one, or the one year it is named after."""
        if name in self.editions:
            return self.editions[name].year
        return int(name) if len(name) == len("2014") else None

    def published(self, name: str) -> str | None:
        """The month an edition was published in, if that is declared."""
        return self.editions[name].published if name in self.editions else None

    def undeclared(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` the file does not have."""
        return tuple(sorted(set(names) - {*self.editions, *self.other_level}))


def load() -> Editions:
    """The editions as the file has them."""
    return yaml_files.load(Editions, FILE)


def line_to_add(name: str) -> str:
    """What to write in the file for an edition it does not have."""
    year = name[:4]
    return f'`  "{name}": {{year: {year}, published: YYYY-MM}}` to `editions` in {FILE}'
