"""Groups of countries: regions, languages, and the developing world, by ISO 3166 alpha-3 codes.

And what the regions of the source document mean in States.

What each group follows is said in `data/vocabulary/country_groups.yaml`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import ValidationInfo, field_validator, model_validator

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError, did_you_mean
from crimjust_research.yaml_files import Entry, Text, by_member, matching

FILE = "data/vocabulary/country_groups.yaml"
Iso3 = Annotated[str, matching("[A-Z]{3}", "a country is its ISO 3166 alpha-3 code, as PAN")]
Groups = Mapping[Text, tuple[Iso3, ...]]


class ServedRegion(Entry):
    """A region as the source document names it: the sub-regions of M49 it is made of or, where these have none, its States."""

    says: Text
    m49: tuple[Text, ...] = ()
    states: tuple[Iso3, ...] = ()

    @model_validator(mode="after")
    def _is_read_in_one_way(self) -> Self:
        if bool(self.m49) == bool(self.states):
            raise ValueError("a region is made of sub-regions of M49 or of States; give `m49` or `states`, one of them")
        return self


class CountryGroups(Entry):
    """Codes of the countries in each region, in the developed world, and with each of four official languages; of sub-regions
    of M49, and the regions that the source document names."""

    regions: Groups
    developed: tuple[Iso3, ...]
    languages: Groups
    m49: Groups
    served_regions: Mapping[Text, ServedRegion]

    @field_validator("served_regions")
    @classmethod
    def _sub_regions_are_there(
        cls, read: Mapping[str, ServedRegion], about: ValidationInfo
    ) -> Mapping[str, ServedRegion]:
        known = about.data.get("m49", {})
        for region, of in read.items():
            if unknown := [part for part in of.m49 if part not in known]:
                raise ValueError(f"{region!r} names the sub-region {unknown[0]!r}, which `m49` does not have")
        return read

    @cached_property
    def region(self) -> Mapping[str, str]:
        """Region of every country, by code."""
        return by_member(self.regions, FILE)

    def served(self, region: str) -> tuple[str, ...]:
        """States of a region as the source document names it, in alphabetical order of their codes.

        Raises
        ------
        VocabularyError
            If the region has no reading.
        """
        if region not in self.served_regions:
            raise VocabularyError(
                f"{region!r} is no region that {FILE} reads; {did_you_mean(region, self.served_regions)}"
                "add it under `served_regions`"
            )
        read = self.served_regions[region]
        return tuple(sorted({*read.states, *(iso3 for part in read.m49 for iso3 in self.m49[part])}))

    def languages_of(self, iso3: str) -> tuple[str, ...]:
        """Which of the languages are official or working languages of a State, in alphabetical order."""
        return tuple(language for language, codes in self.languages.items() if iso3 in codes)


def load() -> CountryGroups:
    """The groups as the file has them."""
    return yaml_files.load(CountryGroups, FILE)
