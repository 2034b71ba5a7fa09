"""UNODC's cultivation figures: layout and refusals."""

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

from crimjust_research.data.ingest import assign, unodc_cultivation
from crimjust_research.errors import DataError

HEADER = ["iso3", "crop", "year", "hectares", "opium_production_t"]
ROWS = [
    ["AFG", "opium_poppy", "2023", "10800", "333"],
    ["LAO", "opium_poppy", "2024", "5831", ""],
    ["COL", "coca", "2023", "252600", ""],
    ["COL", "opium_poppy", "2018", "663", "18.1"],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def test_a_row_is_a_country_a_crop_and_a_year(tmp_path: Path) -> None:
    path = write(tmp_path, "crops.csv", render(ROWS))
    assert assign([path]) == {"unodc_cultivation": (path,)}
    (release,) = unodc_cultivation.read([path], None)
    assert release.vintage == "2024"
    assert release.notes == (
        "Afghanistan, opium poppy: no survey in 2024",
        "Colombia, coca: no survey in 2024",
        "Colombia, opium poppy: no survey in 2019, 2020, 2021, 2022, 2023, 2024",
    )
    assert release.frame.fillna(-1).to_numpy().tolist() == [
        ["AFG", "opium_poppy", 2023, 10800, 333],
        ["LAO", "opium_poppy", 2024, 5831, -1],
        ["COL", "coca", 2023, 252600, -1],
        ["COL", "opium_poppy", 2018, 663, 18.1],
    ]


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (["CLO", "coca", "2023", "1", ""], "row 2, iso3 = 'CLO' is not a known country; did you mean 'COL'"),
        (["COL", "cocoa", "2023", "1", ""], "crop = 'cocoa': must be one of coca, opium_poppy"),
        (["COL", "coca", "23", "1", ""], "year = '23'"),
        (["COL", "coca", "2023", "", ""], "hectares = ''"),
        (["COL", "coca", "2023", "1", "5"], "must be empty for coca"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, row: list[str], match: str) -> None:
    with pytest.raises(DataError, match=match):
        unodc_cultivation.read([write(tmp_path, "crops.csv", render([row]))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(unodc_cultivation.read, "crops.csv", ROWS, render, seed)


@settings(max_examples=30)
@given(st.integers(0, len(ROWS) - 1), st.integers(0, len(HEADER) - 1), junk)
def test_a_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(unodc_cultivation.read, "crops.csv", ROWS, render, row, column, value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(unodc_cultivation.read, "crops.csv", render(ROWS))
