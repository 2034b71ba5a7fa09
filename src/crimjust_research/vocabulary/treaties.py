"""Treaties whose status is kept, and what their status lists are known by: `data/vocabulary/treaties.yaml`."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Distinct, Entry, Text, matching

FILE = "data/vocabulary/treaties.yaml"
RATIFICATION, PARTICIPATION = "ratification", "participation"
Day = Annotated[str, matching(r"(19|20)\d\d-\d\d-\d\d", "a day is written as 1961-03-30")]


class Treaty(Entry):
    """A treaty: its number in the Collection, when it was opened, how many stand in its list, and what it is known by."""

    name: Text
    number: Text
    title: Text
    opened: Day
    participants: int
    known_by: Mapping[Text, Day]


class Treaties(Entry):
    """The treaties, kinds of consent by the publisher's letters, and participants that are no States."""

    treaties: Annotated[tuple[Treaty, ...], Distinct]
    kinds: Mapping[Text, Text]
    others: tuple[Text, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Treaty]:
        """The treaties by this project's names."""
        return {treaty.name: treaty for treaty in self.treaties}


def load() -> Treaties:
    """The treaties as the file has them."""
    return yaml_files.load(Treaties, FILE)
