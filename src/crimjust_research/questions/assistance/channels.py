"""This project's reading of the document's channels: which challenges they answer, and which of UNODC's platforms each one is."""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "channels.yaml"


class Priorities(Entry):
    """Challenges that a priority of the platforms names, or is near."""

    names: tuple[Text, ...]
    near: tuple[Text, ...]


class Channels(Entry):
    """What platforms answer; and UNODC's platform for each of the document's, by key."""

    platforms: Priorities
    postings: Mapping[Text, Text]


def load() -> Channels:
    """The reading as the file beside this module has it."""
    return yaml_files.load_beside(Channels, __package__, FILE)
