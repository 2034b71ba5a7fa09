"""Countries of Majors Lists that were not read, by fiscal year, as `data/vocabulary/majors_not_read.yaml` has them."""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.vocabulary.country_groups import Iso3
from crimjust_research.yaml_files import Entry

FILE = "data/vocabulary/majors_not_read.yaml"


class MajorsNotRead(Entry):
    """Codes by fiscal year."""

    not_read: Mapping[int, tuple[Iso3, ...]]


def load() -> MajorsNotRead:
    """The countries as the file has them."""
    return yaml_files.load(MajorsNotRead, FILE)
