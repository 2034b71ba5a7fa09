"""Where every item of the source document leads in an evaluation, read from `data/document/coverage.yaml`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from crimjust_research import yaml_files
from crimjust_research.document import ItemName, Key
from crimjust_research.framework import EstimateName
from crimjust_research.yaml_files import Entry

FILE = "data/document/coverage.yaml"


class Lead(Entry):
    """Where items of the document lead: to estimates, to indicators that must be collected, or to a reason why nowhere."""

    items: Annotated[tuple[ItemName, ...], Field(min_length=1)]
    estimates: tuple[EstimateName, ...] = ()
    indicators: tuple[Key, ...] = ()
    reason: str = ""

    @model_validator(mode="after")
    def _leads(self) -> Self:
        if not (self.estimates or self.indicators or self.reason):
            raise ValueError("items lead to estimates, to indicators or to a reason; give one")
        return self


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
