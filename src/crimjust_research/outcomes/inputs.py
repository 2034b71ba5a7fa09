"""What every assessment takes in: typed parameters, and panels with a note of the vintage that was read."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from crimjust_research.data import catalog, panels
from crimjust_research.errors import DataError
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
    return _open(catalog.processed(), name)


def open_panel_as_of(name: str, vintage: str) -> "tuple[pd.DataFrame, tuple[Used, ...]]":
    """The panel as its figures stood: made of the newest release of each raw table that is no later than `vintage`.

    "latest" opens the stored panel. Otherwise the panel is made anew in memory and what was read is its raw releases.

    Raises
    ------
    DataError
        If a raw table has no complete release by then; the message lists those there are.
    """
    if vintage == "latest":
        frame, used = open_panel(name)
        return frame, (used,)
    raw = catalog.raw()
    tables = next(p.inputs for p in panels.PANELS if p.table.name == name)
    chosen = {}
    for table in tables:
        releases = [r for r in raw.tables()[table] if r.complete]
        known = [r for r in releases if r.vintage <= vintage]
        if not known:
            raise DataError(
                f"table {table!r} has no release by {vintage}; there are: {', '.join(r.vintage for r in releases)}"
            )
        chosen[table] = max(known, key=lambda r: r.vintage)
    release = panels.assemble(name, raw, {table: r.vintage for table, r in chosen.items()})
    return release.frame, tuple(Used(table, r.vintage, r.sha256) for table, r in chosen.items())


def open_raw(name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, Used]":
    """The raw table of that name, and what to record about having read it."""
    return _open(catalog.raw(), name, vintage)


def _open(source: catalog.Catalog, name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, Used]":
    resource = source.resource(name, vintage)
    return source.open(name, resource.vintage), Used(name, resource.vintage, resource.sha256)
