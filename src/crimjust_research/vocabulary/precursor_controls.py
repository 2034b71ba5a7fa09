"""Words of the compiled list of controls on precursors: who controls, how broadly, and by what instrument.

They are declared in `data/vocabulary/precursor_controls.yaml`.
"""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/precursor_controls.yaml"


class PrecursorControls(Entry):
    """This project's words for jurisdictions, kinds of rule and instruments, by those of the list."""

    jurisdictions: Mapping[Text, Text]
    kinds: Mapping[Text, Text]
    instruments: Mapping[Text, Text]


def load() -> PrecursorControls:
    """The words as the file has them."""
    return yaml_files.load(PrecursorControls, FILE)
