"""CBP's nationwide seizure files: layout, traps, and refusals."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Rows,
    assert_corruption_is_refused,
    assert_order_is_free,
    assert_refused_unchanged,
    assert_round_trip,
    delimited,
    junk,
    orders,
    write,
)

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import assign, cbp, ingest
from crimjust_research.errors import DataError, VocabularyError

HEADER = [
    "FY", "Month (abbv)", "Component", "Region", "Land Filter", "Area of Responsibility", "Drug Type",
    "Count of Event", "Sum Qty (lbs)",
]  # fmt: skip
MONTHS = ["OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP"]
TUCSON = ["Office of Field Operations", "Southwest Border", "Land Only", "TUCSON FIELD OFFICE"]
HAVRE = ["U.S. Border Patrol", "Northern Border", "Other", "HAVRE SECTOR"]


def year(label: str, months: list[str], pounds: str = "2.5") -> Rows:
    """Two rows a month: fentanyl at one office, marijuana at another."""
    return [
        [label, month, *place, drug, events, weight]
        for month in months
        for place, drug, events, weight in ((TUCSON, "Fentanyl", "3", pounds), (HAVRE, "Marijuana", "1", "0"))
    ]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


CLOSED = year("2024", MONTHS)


def read(folder: Path, *files: tuple[str, Rows]):  # type: ignore[no-untyped-def]
    (release,) = cbp.read([write(folder, name, render(rows)) for name, rows in files], None)
    return release


def test_fiscal_months_become_calendar_months_and_pounds_stay(tmp_path: Path) -> None:
    release = read(tmp_path, ("a.csv", CLOSED))
    fentanyl = release.frame[release.frame["drug"] == "fentanyl"]
    # Fiscal year 2024 runs from October 2023 to September 2024.
    assert fentanyl["month"].tolist() == [f"2023-{m}" for m in (10, 11, 12)] + [f"2024-{m:02}" for m in range(1, 10)]
    assert set(fentanyl["pounds"]) == {2.5}
    assert set(release.frame["drug"]) == {"fentanyl", "cannabis"}
    assert release.vintage == "2024-09"
    assert release.notes[0] == "12 of 24 rows have events and a weight of zero"


def test_a_release_without_the_first_years_is_a_part(tmp_path: Path) -> None:
    assert not read(tmp_path / "part", ("a.csv", CLOSED)).complete
    years = [row for label in range(2019, 2025) for row in year(str(label), MONTHS)]
    whole = read(tmp_path / "whole", ("a.csv", years))
    assert whole.complete
    assert whole.frame["month"].min() == "2018-10"


def test_the_file_with_later_data_gives_the_running_year(tmp_path: Path) -> None:
    running = year("2025 (FYTD)", ["OCT", "NOV"], pounds="1")
    moved = year("2025 (FYTD)", ["OCT", "NOV", "DEC"], pounds="9")
    release = read(tmp_path, ("new.csv", CLOSED + moved), ("old.csv", CLOSED + running))
    seized = release.frame[(release.frame["drug"] == "fentanyl") & (release.frame["fiscal_year"] == 2025)]
    assert seized["pounds"].tolist() == [9, 9, 9]
    assert len(release.frame) == 24 + 6


def test_files_that_disagree_on_a_closed_year_are_refused_by_name(tmp_path: Path) -> None:
    files = [("old.csv", CLOSED), ("new.csv", year("2024", MONTHS, pounds="50") + year("2025 (FYTD)", ["OCT"]))]
    with pytest.raises(DataError, match=r"old\.csv and .*new\.csv disagree on closed fiscal year 2024: fentanyl"):
        read(tmp_path, *files)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (CLOSED[:-2], "fiscal year 2024 is closed but has 11 of 12 months"),
        (CLOSED + year("2025 (FYTD)", ["NOV"]), "there is no row for 2024-10"),
        (CLOSED[2:], "fiscal year 2024 is closed but has 11"),
        (year("2025 (FYTD)", ["NOV"]), "the first month is 2024-11"),
        (CLOSED * 2 + year("2025 (FYTD)", ["OCT"])[:1], "2024-10 has 1 rows where a month usually has 4"),
    ],
)
def test_files_with_holes_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(tmp_path, ("cut.csv", rows))


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        (
            "Drug Type",
            "Fentanil",
            r"row 2, Drug Type = 'Fentanil' is not a known drug; did the publisher mean 'Fentanyl'",
        ),
        ("FY", "FY24", r"row 2, FY = 'FY24': must be a fiscal year"),
        ("Month (abbv)", "OKT", "did the publisher mean 'OCT'"),
        ("Count of Event", "-3", r"row 2, Count of Event = '-3': must be a number, zero or more"),
        ("Count of Event", "0", "must be one event or more"),
        ("Count of Event", "1.5", "must be a whole number"),
        ("Sum Qty (lbs)", "", r"row 2, Sum Qty \(lbs\) = '': must be a number"),
        ("Area of Responsibility", "HAVRE SECTOR", "is not where the row's office lies"),
        ("Component", "Air and Marine Operations", "published apart and may overlap"),
    ],
)
def test_bad_cells_are_refused_by_row_and_value(tmp_path: Path, column: str, value: str, match: str) -> None:
    rows = [list(row) for row in CLOSED]
    rows[0][HEADER.index(column)] = value
    with pytest.raises(DataError, match=match):
        read(tmp_path, ("bad.csv", rows))


@pytest.mark.parametrize("cut", [1, 4, 40])
def test_a_truncated_file_is_refused_and_nothing_on_disk_changes(tmp_path: Path, cut: int) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path / "whole", "a.csv", render(CLOSED))], catalog)
    path = write(tmp_path / "cut", "b.csv", render(CLOSED)[:-cut])
    assert_refused_unchanged(catalog, lambda: ingest([path], catalog), "cut off")


def test_thousands_separators_are_read(tmp_path: Path) -> None:
    release = read(tmp_path, ("a.csv", year("2024", MONTHS, pounds="1,234.5")))
    assert set(release.frame["pounds"]) == {0.0, 1234.5}


def test_it_is_known_by_its_header_and_not_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "anything.txt", render(CLOSED))
    assert assign([path]) == {"cbp_nationwide_drugs": (path,)}


def test_an_unknown_drug_is_a_vocabulary_error(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError):
        read(tmp_path, ("a.csv", [[*CLOSED[0][:6], "Aspirin", "1", "1"]]))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cbp.read, "a.csv", CLOSED, render, seed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, len(CLOSED) - 1), st.integers(0, len(HEADER) - 1), junk)
def test_any_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(cbp.read, "a.csv", CLOSED, render, row, column, value)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.floats(0, 1e6, allow_nan=False))
def test_what_is_written_is_read_back(pounds: float) -> None:
    assert_round_trip(cbp.read, "a.csv", render(year("2024", MONTHS, pounds=repr(pounds))))
