"""Natural Earth: outlines of countries and the point each is labelled at, for maps.

Source: https://www.naturalearthdata.com/, cultural vectors, Admin 0 countries. The publisher offers one file per scale
and, for disputed areas, per State whose view it takes; all have the same layout, zipped shapefiles.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, shapefiles
from crimjust_research.data.ingest.files import refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Ring = NDArray[np.float64]

_COLUMNS = ("ADM0_A3", "ISO_A3", "ISO_A3_EH", "LABEL_X", "LABEL_Y")
_NO_CODE = "-99"
# Natural Earth's code of its own for a territory whose user-assigned code this project accepts.
_OWN_CODES = {"KOS": "XKX"}
# A map of the world as wide as a page shows two pixels a degree: a line strays by less than one, and a ring left out
# has less than a third of one.
_TOLERANCE = 0.4
_SMALLEST_AREA = 0.1
_DECIMALS = 2

COUNTRY_OUTLINES = Table(
    name="country_outlines",
    title="Outlines of countries, for maps of the world",
    description="One row is a country or territory as Natural Earth draws it: the point its name is written at, and its "
    f"outline, thinned to {_TOLERANCE} degrees.",
    fields=(
        Field("unit", "string", "Natural Earth's code.", constraints={"required": True, "pattern": "[A-Z0-9]{3}"}),
        Field(
            "iso3",
            "string",
            "Country; empty for bases, reefs and areas without a code of their own.",
            constraints={"unique": True, "pattern": "[A-Z]{3}"},
        ),
        Field(
            "longitude",
            "number",
            "Longitude of the label.",
            "degrees east",
            {"required": True, "minimum": -180, "maximum": 180},
        ),
        Field(
            "latitude",
            "number",
            "Latitude of the label.",
            "degrees north",
            {"required": True, "minimum": -90, "maximum": 90},
        ),
        Field(
            "outline",
            "string",
            "Outer rings, clockwise, longitude before latitude, as well-known text; empty where nothing is left of it.",
            constraints={"pattern": r"MULTIPOLYGON \(.+\)"},
        ),
    ),
    primary_key=("unit",),
    licences=(licences.NATURAL_EARTH,),
    sources=(
        Source(
            "Natural Earth, cultural vectors, Admin 0 countries",
            "https://www.naturalearthdata.com/downloads/10m-cultural-vectors/10m-admin-0-countries/",
            "https://github.com/nvkelso/natural-earth-vector",
        ),
    ),
    caveats=(
        "For drawing, not for measuring: rings thinned by Douglas and Peucker's rule, each by itself, and the smallest "
        "left out; enclaves are drawn over the country around them.",
        "Boundaries are the publisher's; they say nothing on the legal status of any country or territory.",
    ),
    rhythm=Rhythm("irregular", "a new version when boundaries or names change"),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release per file, named after the day the publisher wrote it on; give one scale and one view.

    Raises
    ------
    DataError
        If several files are given, one is cut off or holds no polygons, or a code or point is not a sound one.
    """
    import pandas as pd

    if len(paths) > 1:
        raise DataError(f"{', '.join(map(str, paths))}: each holds the whole world; name one of them")
    (path,) = paths
    text = shapefiles.attributes(path)
    shapes = shapefiles.polygons(path)
    if len(shapes) != len(text):
        raise DataError(f"{path} holds {len(shapes)} shapes and {len(text)} records of them; download it again")
    outlines = [outline(rings) for rings in shapes]
    frame = pd.DataFrame(
        {
            "unit": text["ADM0_A3"],
            "iso3": _codes(path, text),
            "longitude": _degrees(path, text["LABEL_X"], 180),
            "latitude": _degrees(path, text["LABEL_Y"], 90),
            "outline": pd.Series(outlines, text.index, dtype="str"),
        }
    )
    notes = (
        f"{len(frame)} countries and territories, {int(frame['iso3'].isna().sum())} of them without a code, "
        f"{int(frame['outline'].isna().sum())} too small for an outline",
        f"read from {path.stem}",
    )
    frame = frame.sort_values("unit", kind="stable", ignore_index=True)
    return [Release(COUNTRY_OUTLINES, vintage or shapefiles.last_update(path), frame, notes=notes)]


def outline(rings: "Sequence[Ring]") -> str | None:
    """Outer rings, thinned, the smallest left out but for the largest, as well-known text; None if nothing is left."""
    kept: list[tuple[float, Ring]] = []
    for ring in rings:
        thin = thinned(ring, _TOLERANCE).round(_DECIMALS)
        area = _clockwise_area(thin)
        if len(thin) >= 4 and area > 0:
            kept.append((area, thin))
    if not kept:
        return None
    largest = max(area for area, _ in kept)
    parts = [thin for area, thin in kept if area >= min(_SMALLEST_AREA, largest)]
    return f"MULTIPOLYGON ({', '.join(f'(({_points(part)}))' for part in parts)})"


def thinned(ring: "Ring", tolerance: float) -> "Ring":
    """The points of a line that no chord between its kept points passes by at less than `tolerance`.

    Douglas and Peucker (1973); a ring is split at the point farthest from its first, so that it stays one.
    """
    import numpy as np

    keep = np.zeros(len(ring), dtype=bool)
    keep[[0, -1]] = True
    farthest = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    keep[farthest] = True
    pieces = [(0, farthest), (farthest, len(ring) - 1)]
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        chord = ring[last] - ring[first]
        from_first = ring[first + 1 : last] - ring[first]
        length = float(np.hypot(*chord))
        if length > 0:
            distance = np.abs(chord[0] * from_first[:, 1] - chord[1] * from_first[:, 0]) / length
        else:
            distance = np.hypot(from_first[:, 0], from_first[:, 1])
        at = int(np.argmax(distance))
        if distance[at] > tolerance:
            middle = first + 1 + at
            keep[middle] = True
            pieces += [(first, middle), (middle, last)]
    return ring[keep]


def _clockwise_area(ring: "Ring") -> float:
    """Area in square degrees, positive if the ring runs clockwise."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x[1:] * y[:-1] - x[:-1] * y[1:]).sum() / 2)


def _points(ring: "Ring") -> str:
    return ", ".join(f"{x:g} {y:g}" for x, y in ring)


def _codes(path: Path, text: "pd.DataFrame") -> "pd.Series[str]":
    """ISO codes; the second of the publisher's columns gives France and Norway theirs, and dependencies' States'."""
    own = text["ISO_A3"].where(
        text["ISO_A3"] != _NO_CODE, text["ISO_A3_EH"].where(text["ISO_A3_EH"] == text["ADM0_A3"])
    )
    own = own.where(own.notna(), text["ADM0_A3"].map(_OWN_CODES)).rename("ISO_A3")
    return countries.checked_codes(own.dropna(), str(path)).reindex(text.index)


def _degrees(path: Path, column: "pd.Series[str]", most: int) -> "pd.Series[float]":
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce")
    refuse(path, column[~(values.abs() <= most)], f"must be degrees from -{most} to {most}; download the file again")
    return values.astype("float64")


READERS = (
    Reader(
        name="natural_earth_countries",
        table=COUNTRY_OUTLINES,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="At https://www.naturalearthdata.com/downloads/10m-cultural-vectors/10m-admin-0-countries/ download the "
        "countries, or those in a State's view, and ingest the archive as it is.",
    ),
)
