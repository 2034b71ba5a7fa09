"""What a panel is, and what all panels share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crimjust_research.data.provenance import RAW
from crimjust_research.data.tables import Source, Table
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Ends the description of a column that is there for whoever opens the panel: neither notebooks nor report read it.
UNREAD = "No notebook reads it."
DECIMALS = 6  # milligrams, which no publisher weighs to: the last bits of a sum are not worth a changed file


@dataclass(frozen=True)
class Panel:
    """A panel's declaration, the raw tables it is made of, and the function that makes it of their frames.

    The frames reach `make` corrected, as keyword arguments named after their tables.
    """

    table: Table
    inputs: tuple[str, ...]
    make: Callable[..., "pd.DataFrame"]


def derived(*tables: str) -> tuple[Source, ...]:
    """Raw tables as the sources of a panel, in the order of its inputs."""
    return tuple(Source(f"raw table {name}", f"{RAW}{name}") for name in tables)


def require(wanted: Iterable[str], present: Iterable[str], table: str, column: str) -> None:
    """Refuse a raw table in whose column some values do not occur.

    Raises
    ------
    DataError
        Naming the values that are missing.
    """
    missing = sorted(set(wanted) - set(present))
    if missing:
        raise DataError(f"raw table {table!r} has no row with {column} {', '.join(missing)}; ingest the files with it")
