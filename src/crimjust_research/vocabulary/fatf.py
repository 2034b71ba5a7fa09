"""What the Financial Action Task Force calls its reports, ratings, measures and bodies: `data/vocabulary/fatf.yaml`."""

from collections.abc import Mapping
from functools import cached_property

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/fatf.yaml"
OUTCOME = "IO."


class Fatf(Entry):
    """Kinds of report by their letters, ratings from lowest to highest, measures and bodies by their short names."""

    methodology: Text
    reports: Mapping[Text, Text]
    effectiveness: tuple[Text, ...]
    compliance: tuple[Text, ...]
    not_applicable: tuple[Text, ...]
    outcomes: Mapping[Text, Text]
    recommendations: Mapping[Text, Text]
    bodies: Mapping[Text, Text]

    @cached_property
    def measures(self) -> Mapping[str, str]:
        """What each Immediate Outcome and Recommendation is about, by its number."""
        return {**self.outcomes, **self.recommendations}

    def scale(self, measure: str) -> tuple[str, ...]:
        """The ratings of a measure, from lowest to highest."""
        return self.effectiveness if measure.startswith(OUTCOME) else self.compliance


def load() -> Fatf:
    """The names as the file has them."""
    return yaml_files.load(Fatf, FILE)
