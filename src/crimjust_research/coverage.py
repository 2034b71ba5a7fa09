"""Where every item of the source document leads in an evaluation, read from `data/document/coverage.yaml`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crimjust_research import yaml_files
from crimjust_research.document import ItemName, Key
from crimjust_research.framework import EstimateName
from crimjust_research.yaml_files import Entry

FILE = "data/document/coverage.yaml"
Way = Literal["estimate", "record", "reason"]


class Lead(Entry):
    """Where items of the document lead: to estimates that bear on them, to indicators a programme must collect, or nowhere.

    `reason` says why nowhere; beside estimates or indicators, how far those go. It is true of each of the items.
    """

    items: Annotated[tuple[ItemName, ...], Field(min_length=1)]
    estimates: tuple[EstimateName, ...] = ()
    indicators: tuple[Key, ...] = ()
    reason: str = ""

    @model_validator(mode="after")
    def _leads(self) -> Self:
        if not (self.estimates or self.indicators or self.reason):
            raise ValueError("items lead to estimates, to indicators or to a reason; give one")
        return self

    @property
    def way(self) -> Way:
        """The farthest the items lead."""
        return "estimate" if self.estimates else "record" if self.indicators else "reason"


class Coverage(Entry):
    """Where every item of the document leads."""

    coverage: tuple[Lead, ...]


def load() -> tuple[Lead, ...]:
    """Where the items of the document lead, as their file has it.

    Raises
    ------
    DataError
        Naming entry and value of every departure from the schema.
    """
    return yaml_files.load(Coverage, FILE).coverage
