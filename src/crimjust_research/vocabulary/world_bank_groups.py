"""Codes of the World Bank's groups of countries, as `data/vocabulary/world_bank_groups.yaml` lists them."""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/world_bank_groups.yaml"


class WorldBankGroups(Entry):
    """What each code that is no country's stands for."""

    groups: Mapping[Text, Text]


def load() -> WorldBankGroups:
    """The groups as the file has them."""
    return yaml_files.load(WorldBankGroups, FILE)
