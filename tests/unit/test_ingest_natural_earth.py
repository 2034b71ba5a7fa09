"""Natural Earth's outlines: zipped shapefiles as the publisher lays them out, made by hand."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from crimjust_research.data import catalog
from crimjust_research.data.ingest import assign, natural_earth, shapefiles
from crimjust_research.errors import DataError, VocabularyError

COLUMNS = ("ADM0_A3", "ISO_A3", "ISO_A3_EH", "LABEL_X", "LABEL_Y")
WIDTH = 12
# Clockwise, five degrees wide; the hole runs the other way.
SQUARE = [(0, 0), (0, 5), (5, 5), (5, 0), (0, 0)]
HOLE = [(1, 1), (3, 1), (3, 3), (1, 3), (1, 1)]
ISLET = [(9, 9), (9.2, 9.41), (9.48, 9), (9, 9)]
ROWS = (
    ("FRA", "-99", "FRA", "2.5", "46.5"),
    ("KOS", "-99", "-99", "20.9", "42.6"),
    ("IOA", "-99", "AUS", "105.7", "-10.5"),
    ("PSX", "PSE", "PSE", "35.3", "32"),
)


def table(rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...] = COLUMNS) -> bytes:
    fields = b"".join(
        name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([WIDTH, 0]) + bytes(14) for name in columns
    )
    header = struct.pack("<4B IHH 20x", 3, 122, 5, 8, len(rows), 32 + len(fields) + 1, 1 + WIDTH * len(columns))
    return header + fields + b"\r" + b"".join(b" " + b"".join(c.encode().ljust(WIDTH) for c in row) for row in rows)


def shapes(records: list[list[list[tuple[float, float]]]], kind: int = 5) -> bytes:
    body = b""
    for number, rings in enumerate(records, start=1):
        points = [point for ring in rings for point in ring]
        starts = np.cumsum([0, *(len(ring) for ring in rings[:-1])])
        content = struct.pack("<i4d2i", kind, 0, 0, 0, 0, len(rings), len(points))
        content += struct.pack(f"<{len(rings)}i", *starts) + b"".join(struct.pack("<2d", *p) for p in points)
        body += struct.pack(">2i", number, len(content) // 2) + content
    return struct.pack(">i20xi", 9994, (100 + len(body)) // 2).ljust(100, b"\0") + body


def archive(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "countries.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    records = [[SQUARE, HOLE, ISLET], [ISLET], [[(0, 0), (0, 0.1), (0.1, 0), (0, 0)]], [SQUARE]]
    return archive(tmp_path, {"ne.dbf": table(ROWS), "ne.shp": shapes(records), "ne.VERSION.txt": b"5.1.1"})  # type: ignore[arg-type]


def test_an_archive_is_recognised_by_its_attributes(published: Path) -> None:
    assert assign([published]) == {"natural_earth_countries": (published,)}


def test_codes_points_and_outer_rings(published: Path) -> None:
    (release,) = natural_earth.read([published], None)
    frame = release.frame.set_index("unit")
    assert release.vintage == "2022-05-08"
    assert frame["iso3"].dropna().to_dict() == {"FRA": "FRA", "KOS": "XKX", "PSX": "PSE"}
    assert frame.loc["KOS", ["longitude", "latitude"]].tolist() == [20.9, 42.6]
    # The hole runs the other way and the islet, 0.48 by 0.41 / 2 = 0.0984 square degrees, is below a tenth.
    assert frame.loc["FRA", "outline"] == "MULTIPOLYGON (((0 0, 0 5, 5 5, 5 0, 0 0)))"
    # The largest ring stays however small, unless nothing is left of it within 0.4 degrees.
    assert frame.loc["KOS", "outline"] == "MULTIPOLYGON (((9 9, 9.2 9.41, 9.48 9, 9 9)))"
    assert frame["outline"].isna().to_dict() == {"FRA": False, "IOA": True, "KOS": False, "PSX": False}


def test_thinning_keeps_corners_and_drops_what_lies_on_chords() -> None:
    line = np.array([(0, 0), (1, 0.1), (2, -0.1), (3, 0), (3, 3), (0, 0)], dtype=float)
    # (3, 3) is farthest from the start; (3, 0) lies 3/sqrt(2) off the chord to it, the others 0.1 off that to (3, 0).
    assert natural_earth.thinned(line, 0.25).tolist() == [[0, 0], [3, 0], [3, 3], [0, 0]]
    assert natural_earth.thinned(line, 0.01).tolist() == line.tolist()


def test_damaged_and_foreign_files_are_refused(published: Path, tmp_path: Path) -> None:
    square = shapes([[SQUARE]])  # type: ignore[list-item]
    cases = {
        "cut off": {"a.dbf": table(ROWS[:1]), "a.shp": square[:-8]},
        "header of the table": {"a.dbf": table(ROWS[:1])[:60], "a.shp": square},
        "table of attributes was cut off": {"a.dbf": table(ROWS[:1])[:-4], "a.shp": square},
        "not a polygon": {"a.dbf": table(ROWS[:1]), "a.shp": shapes([[SQUARE]], kind=3)},  # type: ignore[list-item]
        "1 shapes and 4 records": {"a.dbf": table(ROWS), "a.shp": square},
        "holds 0 files that end in .shp": {"a.dbf": table(ROWS)},
        "LABEL_Y = '91'": {"a.dbf": table((("FRA", "FRA", "FRA", "2", "91"),)), "a.shp": square},
    }
    for message, members in cases.items():
        with pytest.raises(DataError, match=message):
            natural_earth.read([archive(tmp_path, members)], None)
    with pytest.raises(VocabularyError, match="'FRX' is not a known country"):
        natural_earth.read(
            [archive(tmp_path, {"a.dbf": table((("FRX", "FRX", "FRX", "2", "4"),)), "a.shp": square})], None
        )
    with pytest.raises(DataError, match="name one of them"):
        natural_earth.read([published, published], None)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no archive")
    for read in (shapefiles.field_names, shapefiles.attributes):
        with pytest.raises(DataError, match=r"broken\.zip cannot be read"):
            read(broken)


def test_the_stored_outlines_place_every_proposed_country() -> None:
    from crimjust_research import document

    stored = catalog.raw().open("country_outlines")
    placed = stored.set_index("iso3")
    assert set(document.load().countries) <= set(placed.index.dropna())
    # Cabo Verde is too small for an outline at this scale and has a point all the same.
    assert placed["outline"].isna()["CPV"]
    assert placed.loc["CPV", "latitude"] == pytest.approx(15.07, abs=0.01)
    assert len(stored) == 250
