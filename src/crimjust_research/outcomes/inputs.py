"""What every assessment takes in: typed parameters, and panels with a note of the vintage that was read."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from crimjust_research.data import opening
from crimjust_research.data.tables import Resource
from crimjust_research.evidence.estimates import Used

if TYPE_CHECKING:
    import pandas as pd

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="a month written YYYY-MM")]
Vintage = Annotated[
    str, Field(pattern=r"^(latest|\d{4}(-\d{2}){0,2})$", description="latest, or a date YYYY[-MM[-DD]]")
]
ConfidenceLevel = Annotated[float, Field(ge=0.5, le=0.999)]


class AssessmentParams(BaseModel):
    """Base of every notebook's parameters: unknown names are refused, values cannot change after they are checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def open_panel(name: str) -> "tuple[pd.DataFrame, Used]":
    """The stored panel of that name, and what to record about having read it."""
    frame, (resource,) = opening.open_panel(name)
    return frame, _used(resource)


def open_panel_as_of(name: str, vintage: str) -> "tuple[pd.DataFrame, tuple[Used, ...]]":
    """The panel as its figures stood at `vintage`, see `opening.open_panel`, and what to record."""
    frame, resources = opening.open_panel(name, vintage)
    return frame, tuple(_used(resource) for resource in resources)


def open_raw(name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, Used]":
    """The raw table of that name, and what to record about having read it."""
    frame, (resource,) = opening.open_raw(name, vintage)
    return frame, _used(resource)


def _used(resource: Resource) -> Used:
    return Used(resource.table.name, resource.vintage, resource.sha256)
