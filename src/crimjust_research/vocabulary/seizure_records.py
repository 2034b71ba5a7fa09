"""Words of UNODC's file of individual seizures: units, means of transport, and what stands where there is no country.

They are declared in `data/vocabulary/seizure_records.yaml`.
"""

from collections.abc import Mapping

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text

FILE = "data/vocabulary/seizure_records.yaml"


class SeizureRecords(Entry):
    """How many kilograms, litres or pieces a unit is; units without a measure; this project's words for the others."""

    kilograms: Mapping[Text, float]
    litres: Mapping[Text, float]
    units: Mapping[Text, float]
    unmeasured: tuple[str, ...]
    transports: Mapping[str, Text]
    no_country: Mapping[str, Text]

    @property
    def factors(self) -> Mapping[str, Mapping[str, float]]:
        """Factors of units, by the measure they are added up in."""
        return {"kilograms": self.kilograms, "litres": self.litres, "units": self.units}

    @property
    def known_units(self) -> frozenset[str]:
        return frozenset({*self.kilograms, *self.litres, *self.units, *self.unmeasured})


def load() -> SeizureRecords:
    """The words as the file has them."""
    return yaml_files.load(SeizureRecords, FILE)
