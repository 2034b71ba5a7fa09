"""Other programmes against drug trafficking and organised crime: what each is called, and whose it is.

They are declared in `data/vocabulary/other_programmes.yaml`.
"""

import re
from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/other_programmes.yaml"
_ACRONYM = re.compile(r".*\(([^)]+)\)")  # names that end in one are known by it


class Programme(Entry):
    """A programme: its `name` in full, and whom it is `of`: who carries it out, and who pays where that is another."""

    name: Text
    of: Text

    @property
    def short(self) -> str:
        """Its acronym, where the name ends in one, else the name; without what is said after a comma."""
        return _ACRONYM.sub(r"\1", self.name).partition(",")[0]


class OtherProgrammes(Entry):
    """The programmes by the word each goes by in tables."""

    programmes: Mapping[Text, Programme]


def load() -> OtherProgrammes:
    """The programmes as the file has them."""
    return yaml_files.load(OtherProgrammes, FILE)
