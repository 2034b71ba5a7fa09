"""Names in the nationwide drug seizures of US Customs and Border Protection: `data/vocabulary/border.yaml`."""

from collections.abc import Mapping
from functools import cached_property

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text, by_member

FILE = "data/vocabulary/border.yaml"


class Border(Entry):
    """Components, border regions, land filters and offices; what a file need not hold; columns left unread."""

    first_fiscal_year: int
    components: Mapping[Text, Text]
    apart: tuple[Text, ...]
    regions: Mapping[Text, Text]
    land_filters: Mapping[Text, Text]
    offices: Mapping[Text, Mapping[Text, tuple[Text, ...]]]
    not_in_every_year: tuple[Text, ...]
    columns_not_read: tuple[Text, ...]

    @cached_property
    def component_of(self) -> Mapping[str, str]:
        """Component of every office."""
        every = {component: [o for offices in by.values() for o in offices] for component, by in self.offices.items()}
        return by_member(every, FILE)

    @cached_property
    def region_of(self) -> Mapping[str, str]:
        """Region of every office."""
        regions: dict[str, list[str]] = {}
        for by_region in self.offices.values():
            for region, offices in by_region.items():
                regions.setdefault(region, []).extend(offices)
        return by_member(regions, FILE)


def load() -> Border:
    """The names as the file has them."""
    return yaml_files.load(Border, FILE)
