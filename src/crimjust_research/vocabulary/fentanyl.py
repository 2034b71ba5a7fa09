"""The fentanyl family as laboratories report it, and the fentanyl precursors States have put under control.

Which substance is of which class, and by what sources, is said in `data/vocabulary/fentanyl.yaml`.
"""

from collections.abc import Mapping
from functools import cached_property

from crimjust_research import yaml_files
from crimjust_research.errors import DataError
from crimjust_research.yaml_files import Entry, Text, by_member

FILE = "data/vocabulary/fentanyl.yaml"
ANPP = "4-ANPP"
PRECURSOR, MANUFACTURE = "precursor", "manufacture"
# For controls that name a list or a law and none of its substances.
UNNAMED = "unnamed"


class SubstanceClass(Entry):
    """A class of the family and its members, as DEA's laboratory information system names them."""

    meaning: Text
    substances: tuple[Text, ...]


class Fentanyl(Entry):
    """Classes of the family, the substances controls name, by the words they use, and what falls under each of them."""

    classes: Mapping[Text, SubstanceClass]
    controlled: Mapping[Text, Text]
    falls_under: Mapping[Text, Text]

    @cached_property
    def family(self) -> Mapping[str, str]:
        """Class of every member, by its name."""
        return by_member({name: of.substances for name, of in self.classes.items()}, FILE)

    @property
    def controls(self) -> Mapping[str, str]:
        """This project's name of the control each precursor of the family falls under, by the precursor's name.

        Raises
        ------
        DataError
            Naming the precursors that fall under none, and what falls under a name no control has.
        """
        precursors = self.classes[PRECURSOR].substances
        if unsorted := sorted(set(precursors) ^ set(self.falls_under)):
            raise DataError(
                f"{FILE}: {', '.join(unsorted)} must stand under `{PRECURSOR}` and in `falls_under`, or neither"
            )
        if strange := sorted(set(self.falls_under.values()) - set(self.controlled.values())):
            raise DataError(f"{FILE}: {', '.join(strange)} is no substance in `controlled`; mend it in `falls_under`")
        return self.falls_under

    @property
    def substances(self) -> tuple[str, ...]:
        """This project's names of what is under control."""
        return tuple(sorted({*self.controlled.values(), UNNAMED}))


def load() -> Fentanyl:
    """The family as the file has it."""
    return yaml_files.load(Fentanyl, FILE)
