"""Types of parameters that several notebooks share, and checks that open no table."""

from typing import Annotated

from pydantic import Field

from crimjust_research.data import catalog

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
HalfYear = Annotated[str, Field(pattern=r"^\d{4}H[12]$")]
Vintage = Annotated[str, Field(pattern=r"^(latest|\d{4}(-\d{2}){0,2})$")]
ConfidenceLevel = Annotated[
    float, Field(ge=0.5, le=0.999, description="of every interval, and one less the level of tests")
]
Draws = Annotated[int, Field(ge=99, le=99_999)]
Seed = Annotated[int, Field(ge=0, description="of every random draw")]


def require_window(start: int | str, end: int | str, panel: str, *columns: str) -> None:
    """Refuse a window that is empty, or in which a column of a panel has no figure by what the catalog says of it.

    Raises
    ------
    ValueError
        Naming the column and the periods on record.
    """
    if str(start) > str(end):
        raise ValueError(f"the window is empty: start {start} is after end {end}")
    for column in columns:
        first, last = catalog.processed().coverage(panel, column)
        if str(end) < first or str(start) > last:
            raise ValueError(
                f"no figure of {column} is on record from {start} to {end}; it runs from {first} to {last}: choose within"
            )
