"""Opening zipped ESRI shapefiles of polygons: the table of attributes as text, and each record's rings.

Layout: ESRI Shapefile Technical Description (1998); dBASE III for the table.
"""

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Ring = NDArray[np.float64]

SUFFIX = ".zip"
_POLYGON, _NULL = 5, 0
_MAGIC = 9994
# Of a ring: the last is the first again.
_FEWEST_POINTS = 4
_SHAPE_HEADER, _TABLE_HEADER = 100, 32


def field_names(path: Path) -> tuple[str, ...]:
    """Names of the attributes of a zipped shapefile; empty for an archive that holds none.

    Raises
    ------
    DataError
        If the archive is damaged, or holds more than the bounds allow.
    """
    with foreign.reading(path):
        tables = list(foreign.members(path, [".dbf"]).values())
        return tuple(name for name, _ in _fields(path, tables[0])) if len(tables) == 1 else ()


def last_update(path: Path) -> str:
    """Day the table of attributes was last written on, YYYY-MM-DD.

    Raises
    ------
    DataError
        If the archive is damaged or holds no shapefile.
    """
    table = _member(path, ".dbf")
    return f"{1900 + table[1]}-{table[2]:02d}-{table[3]:02d}"


def attributes(path: Path) -> "pd.DataFrame":
    """Attributes as text, one row a record; the index is its number, from 1.

    Raises
    ------
    DataError
        If the archive is damaged, holds no shapefile, or its table was cut off.
    """
    import pandas as pd

    table = _member(path, ".dbf")
    fields = _fields(path, table)
    count, start, width = struct.unpack("<IHH", table[4:12])
    limits.require("lines", count, path)
    limits.require("cells", count * len(fields), path)
    if len(table) < start + count * width:
        raise DataError(f"{path}: the table of attributes was cut off; download the file again")
    rows = []
    for record in range(count):
        at = start + record * width + 1  # the first byte marks deleted records
        cells = []
        for _, length in fields:
            cells.append(table[at : at + length].decode("utf-8", errors="replace").strip(" \0"))
            at += length
        rows.append(cells)
    index = pd.RangeIndex(1, count + 1, name="row")
    return pd.DataFrame(rows, columns=[name for name, _ in fields], index=index, dtype="str")


def polygons(path: Path) -> "list[list[Ring]]":
    """Rings of each record, (points, 2) of longitude and latitude; outer ones run clockwise, holes the other way.

    Raises
    ------
    DataError
        If the archive is damaged, holds no shapefile, was cut off, or holds shapes other than polygons.
    """
    import numpy as np

    shapes = _member(path, ".shp")
    magic, words = struct.unpack(">i20xi", shapes[:28]) if len(shapes) >= _SHAPE_HEADER else (0, 0)
    if magic != _MAGIC or len(shapes) != 2 * words:
        raise DataError(f"{path}: the shapes were cut off or are none; download the file again")
    found: list[list[Ring]] = []
    at = _SHAPE_HEADER
    while at < len(shapes):
        number, length = struct.unpack(">ii", shapes[at : at + 8])
        body = shapes[at + 8 : at + 8 + 2 * length]
        at += 8 + 2 * length
        if length < 2 or len(body) != 2 * length:
            raise DataError(f"{path}: record {number} of the shapes was cut off; download the file again")
        (kind,) = struct.unpack("<i", body[:4])
        if kind == _NULL:
            found.append([])
            continue
        if kind != _POLYGON:
            raise DataError(
                f"{path}: record {number} is a shape of kind {kind}, not a polygon; name a file of countries"
            )
        n_parts, n_points = struct.unpack("<ii", body[36:44])
        if not 0 <= _FEWEST_POINTS * n_parts <= n_points:
            raise DataError(
                f"{path}: record {number} of the shapes has {n_parts} rings of {n_points} points; download it again"
            )
        starts = struct.unpack(f"<{n_parts}i", body[44 : 44 + 4 * n_parts])
        points = np.frombuffer(body, "<f8", 2 * n_points, 44 + 4 * n_parts).reshape(n_points, 2)
        found.append(np.split(points, starts[1:]))
    return found


def _fields(path: Path, table: bytes) -> list[tuple[str, int]]:
    """Name and width of each attribute."""
    fields, at = [], _TABLE_HEADER
    while at < len(table) and table[at] != 0x0D:
        fields.append((table[at : at + 11].split(b"\0")[0].decode("ascii", errors="replace"), table[at + 16]))
        at += 32
    if at >= len(table):
        raise DataError(f"{path}: the header of the table of attributes was cut off; download the file again")
    return fields


def _member(path: Path, suffix: str) -> bytes:
    with foreign.reading(path):
        found = list(foreign.members(path, [suffix]).values())
    if len(found) != 1:
        raise DataError(f"{path} holds {len(found)} files that end in {suffix}; one shapefile has one")
    return found[0]
