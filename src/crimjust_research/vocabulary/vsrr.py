"""Names in CDC's Vital Statistics Rapid Release of overdose deaths: `data/vocabulary/vsrr.yaml`."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "data/vocabulary/vsrr.yaml"
Flag = Annotated[
    str, matching("nothing|incomplete|low_quality|suppressed", "nothing, incomplete, low_quality or suppressed")
]


def spelt_alike(name: str) -> str:
    """A name without what differs between releases: case, space, and how "and" is written."""
    return "".join(name.split()).casefold().replace("&", "and")


class Vsrr(Entry):
    """Indicators by CDC's names, those that some releases lack, footnotes by what they say, and columns left unread."""

    indicators: Mapping[Text, Text]
    not_in_every_release: tuple[Text, ...]
    footnotes: Mapping[Text, Flag]
    columns_not_read: tuple[Text, ...]

    @cached_property
    def by_spelling(self) -> Mapping[str, str]:
        """Indicators by CDC's names for them, as `spelt_alike` leaves these."""
        return {spelt_alike(name): indicator for name, indicator in self.indicators.items()}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every indicator once, in the order of the file."""
        return tuple(dict.fromkeys(self.indicators.values()))


def load() -> Vsrr:
    """The names as the file has them."""
    return yaml_files.load(Vsrr, FILE)
