"""Types of parameters that several notebooks share, and checks that open no table."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from crimjust_research.data import catalog


def _written(pattern: str, says: str, example: str) -> tuple[Any, ...]:
    """What makes a text parameter one of a form: `says` is the form in words, shown by `crimjust params` as well."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"it should be {says}, such as {example}")
        return value

    checked: Callable[[str], str] = check
    return AfterValidator(checked), Field(json_schema_extra={"written": says})


Month = Annotated[str, *_written(r"\d{4}-(0[1-9]|1[0-2])", "a month written YYYY-MM", "2018-10")]
HalfYear = Annotated[str, *_written(r"\d{4}H[12]", "a half-year written YYYYH1 or YYYYH2", "2017H1")]
Vintage = Annotated[
    str,
    *_written(
        r"latest|\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?",
        "`latest` or a date written YYYY, YYYY-MM or YYYY-MM-DD",
        "2025-09",
    ),
]
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
