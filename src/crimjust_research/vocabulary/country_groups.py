"""Groups of countries: regions, languages, and the developing world, by ISO 3166 alpha-3 codes.

What each group follows is said in `data/vocabulary/country_groups.yaml`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text, by_member, matching

FILE = "data/vocabulary/country_groups.yaml"
Iso3 = Annotated[str, matching("[A-Z]{3}", "a country is its ISO 3166 alpha-3 code, as PAN")]
Groups = Mapping[Text, tuple[Iso3, ...]]


class CountryGroups(Entry):
    """Codes of the countries in each region, in the developed world, and with each of four official languages."""

    regions: Groups
    developed: tuple[Iso3, ...]
    languages: Groups

    @cached_property
    def region(self) -> Mapping[str, str]:
        """Region of every country, by code."""
        return by_member(self.regions, FILE)

    def languages_of(self, iso3: str) -> tuple[str, ...]:
        """Which of the languages are official or working languages of a State, in alphabetical order."""
        return tuple(language for language, codes in self.languages.items() if iso3 in codes)


def load() -> CountryGroups:
    """The groups as the file has them."""
    return yaml_files.load(CountryGroups, FILE)
