"""What the Global Organized Crime Index calls the scores kept of it: `data/vocabulary/organized_crime.yaml`."""

from collections.abc import Mapping
from functools import cached_property

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/organized_crime.yaml"


class OrganizedCrime(Entry):
    """Scores by this project's names with what the publisher calls each, how many States an edition has, and which there are."""

    states: int
    editions: tuple[int, ...]
    markets: Mapping[Text, tuple[Text, ...]]
    resilience: Mapping[Text, tuple[Text, ...]]

    @cached_property
    def scores(self) -> Mapping[str, tuple[str, ...]]:
        """The publisher's names of every score, by this project's."""
        return {**self.markets, **self.resilience}


def load() -> OrganizedCrime:
    """The names as the file has them."""
    return yaml_files.load(OrganizedCrime, FILE)
