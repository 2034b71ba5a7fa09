"""Jurisdictions of the United States: USPS codes, names and FIPS codes, as `data/vocabulary/states.yaml` lists them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "data/vocabulary/states.yaml"
NATION, NEW_YORK_CITY = "US", "YC"


class Jurisdiction(Entry):
    """A State, the District or a territory."""

    name: Text
    fips: Annotated[str, matching(r"\d\d", 'a FIPS code is two digits, as "06"')]


class Jurisdictions(Entry):
    """By code: the 50 States and the District of Columbia, territories, and areas only CDC reports on."""

    states: Mapping[Text, Jurisdiction]
    territories: Mapping[Text, Jurisdiction]
    reporting: Mapping[Text, Text]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Name of every jurisdiction, by code."""
        places = {**self.states, **self.territories}
        return {code: place.name for code, place in places.items()} | dict(self.reporting)

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Code of every jurisdiction, by name."""
        return {name: code for code, name in self.names.items()}

    @cached_property
    def fips(self) -> Mapping[str, str]:
        """FIPS code of States, District and territories, by USPS code."""
        return {code: place.fips for code, place in {**self.states, **self.territories}.items()}


def load() -> Jurisdictions:
    """The jurisdictions as the file has them."""
    return yaml_files.load(Jurisdictions, FILE)


def state(code_or_name: str) -> str:
    """USPS code of the State, District, territory or reporting area of that code or name.

    Raises
    ------
    VocabularyError
        If there is none; the message suggests the nearest name.

    Examples
    --------
    >>> state("Ohio")
    'OH'
    """
    known = load()
    if code_or_name in known.names:
        return code_or_name
    if code_or_name in known.codes:
        return known.codes[code_or_name]
    from difflib import get_close_matches

    near = get_close_matches(code_or_name, [*known.codes, *known.names], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise VocabularyError(f"{code_or_name!r} is no State or territory of the United States; {hint}write a USPS code")
