"""What every assessment takes in: typed parameters, and panels with a note of the vintage that was read."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from crimjust_research import catalog
from crimjust_research.results import Used

if TYPE_CHECKING:
    import pandas as pd

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="a month written YYYY-MM")]
ConfidenceLevel = Annotated[float, Field(ge=0.5, le=0.999)]


class AssessmentParams(BaseModel):
    """Base of every notebook's parameters: unknown names are refused, values cannot change after they are checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def open_panel(name: str) -> "tuple[pd.DataFrame, Used]":
    """The stored panel of that name, and what to record about having read it."""
    return _open(catalog.processed(), name)


def open_raw(name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, Used]":
    """The raw table of that name, and what to record about having read it."""
    return _open(catalog.raw(), name, vintage)


def _open(source: catalog.Catalog, name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, Used]":
    resource = source.resource(name, vintage)
    return source.open(name, resource.vintage), Used(name, resource.vintage, resource.sha256)
