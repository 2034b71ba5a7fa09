"""A programme's own records as a parameter names them: read once however often they are asked for, and told where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research import project
from crimjust_research.data import own_records
from crimjust_research.data.own_records.checking import columns_of
from crimjust_research.data.own_records.schemas import kind_named
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Files held at once: a question takes two.
_HELD = 4


def read(
    file: str,
    kind: str,
    elsewhere: Mapping[str, str],
    beside: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> pd.DataFrame:
    """The records of a file, checked against their schema, the vocabulary and those `beside` them, by kind.

    Parameters
    ----------
    elsewhere : the parameters that take other kinds of record, by kind: one of these may have been given in place of `kind`.

    Raises
    ------
    DataError
        With every fault of the file, by row, column and value; if it is a file of another kind, with where to give it.
    """
    path = project.root() / file
    try:
        if beside:
            return own_records.read(path, kind, beside=beside)
        return _read(path, kind, sha256(path.read_bytes()).digest()).copy()
    except DataError as error:
        raise DataError(_meant_as(file, kind, elsewhere) or str(error)) from None


@lru_cache(maxsize=_HELD)
def _read(path: Path, kind: str, _content: bytes) -> pd.DataFrame:
    """Every cell of a grid asks for the same files; `_content`, the hash of what one holds, tells when it was edited."""
    return own_records.read(path, kind)


def _meant_as(file: str, kind: str, elsewhere: Mapping[str, str]) -> str:
    """Where a file belongs whose header has all that another kind of record needs and not what this one does."""
    try:
        if _holds(file, kind):
            return ""
        other = next((other for other in elsewhere if _holds(file, other)), None)
    except DataError:
        return ""
    return f"{file} holds records of {other}; give it as {elsewhere[other]}" if other else ""


def _holds(file: str, kind: str) -> bool:
    """Whether a file has the columns that records of a kind need."""
    needed = {field.name for field in kind_named(kind).table.fields if field.constraints.get("required")}
    return needed <= columns_of(project.root() / file, kind)
