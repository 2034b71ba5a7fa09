"""The registry as a raw table, and the challenges with their articles."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Rows,
    assert_corruption_is_refused,
    assert_order_is_free,
    assert_round_trip,
    delimited,
    junk,
    orders,
    write,
)

from crimjust_research import document
from crimjust_research.data.catalog import Catalog, parse, serialise
from crimjust_research.data.ingest import assign, programme_document
from crimjust_research.data.schema_check import faults
from crimjust_research.errors import DataError

HEADER = list(programme_document._COLUMNS)
BY_KEY = {challenge.key: challenge for challenge in document.load().challenges}
ROWS = [
    [BY_KEY[key].chapter, label, "46" if key != "joint_teams_and_technology" else "48;49", "x"]
    for label, key in programme_document._CHALLENGES.items()
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def test_the_registry_is_a_table_that_opens_again(tmp_path: Path) -> None:
    (release,) = programme_document.read_registry((), None)
    assert release.vintage == "2021-12-12"
    assert faults(release.frame, release.table).empty
    catalog = Catalog(tmp_path)
    catalog.store([release])
    assert catalog.open("programme").equals(
        parse(serialise(programme_document.as_table(document.load()), release.table), release.table, "registry")
    )


def test_each_label_of_the_file_is_a_challenge_of_the_registry() -> None:
    assert sorted(programme_document._CHALLENGES.values()) == sorted(BY_KEY)


def test_a_row_is_a_challenge_with_its_articles(tmp_path: Path) -> None:
    path = write(tmp_path, "challenges.csv", render(ROWS))
    assert assign([path]) == {"uncac_challenges": (path,)}
    (release,) = programme_document.read_challenges([path], None)
    frame = release.frame.set_index("challenge")
    assert frame.loc["joint_teams_and_technology"].tolist() == [
        "IV",
        BY_KEY["joint_teams_and_technology"].label,
        "48;49",
    ]
    assert len(frame) == 23


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (ROWS[1:], "no row for public_sector_integrity"),
        ([["III", *ROWS[0][1:]], *ROWS[1:]], "is not the chapter the document lists it under"),
        (
            [["II", "public sector transparancy", "7", "x"], *ROWS[1:]],
            "is not a known challenge; did the publisher mean",
        ),
        ([[*ROWS[0][:2], "72", "x"], *ROWS[1:]], "must be articles of the Convention"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        programme_document.read_challenges([write(tmp_path, "challenges.csv", render(rows))], None)


@settings(max_examples=5)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(programme_document.read_challenges, "challenges.csv", ROWS, render, seed)


@settings(max_examples=30)
@given(st.integers(0, len(ROWS) - 1), st.integers(0, 2), junk)
def test_a_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(programme_document.read_challenges, "challenges.csv", ROWS, render, row, column, value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(programme_document.read_challenges, "challenges.csv", render(ROWS))
