"""Other programmes against drug trafficking and organised crime: what each is called, and whose it is.

They are declared in `data/vocabulary/other_programmes.yaml`.
"""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/other_programmes.yaml"


class Programme(Entry):
    """A programme: its `name` in full, and whom it is `of`: who carries it out, and who pays where that is another."""

    name: Text
    of: Text


class OtherProgrammes(Entry):
    """The programmes by the word each goes by in tables."""

    programmes: Mapping[Text, Programme]


def load() -> OtherProgrammes:
    """The programmes as the file has them."""
    return yaml_files.load(OtherProgrammes, FILE)
