"""CBP's nationwide seizure files: layout, traps, and refusals."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
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
from crimjust_research.vocabulary import border, drugs

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


NAMES = border.load()
PLACES = [
    [published, where, "Land Only" if office < "M" else "Other", office]
    for published, component in NAMES.components.items()
    for where, region in NAMES.regions.items()
    for office in NAMES.offices[component][region]
]
DRUGS = list(drugs.load().cbp)


def nationwide(label: str, months: list[str], pounds: str = "2.5", more: Rows | None = None) -> Rows:
    """A row a month of every office, of one drug after another, until every drug has rows too."""
    places = [*PLACES, *(more or [])]
    return [
        [label, month, *place, DRUGS[number % len(DRUGS)], "2", pounds]
        for month in months
        for number, place in enumerate(places)
    ]


OLDER = [row for label in range(2019, 2023) for row in nationwide(str(label), MONTHS)]
NEWER = [row for label in range(2023, 2026) for row in nationwide(str(label), MONTHS)]
RUNNING = nationwide("2026 (FYTD)", MONTHS[:7], "1")


def test_the_newer_file_alone_is_a_part_that_says_which_to_give_with_it(tmp_path: Path) -> None:
    part = read(tmp_path / "part", ("b.csv", NEWER + RUNNING))
    assert part.lacks == (
        "the fiscal years 2019 to 2022 (months 2018-10 to 2022-09): give CBP's nationwide file of those together with "
        "this one",
    )
    whole = read(tmp_path / "whole", ("a.csv", OLDER), ("b.csv", NEWER + RUNNING))
    assert whole.complete
    assert (whole.frame["month"].min(), whole.vintage) == ("2018-10", "2026-04")


def test_files_with_a_year_between_them_say_which_to_give_with_them(tmp_path: Path) -> None:
    with pytest.raises(
        DataError,
        match=r"a\.csv, .*b\.csv: there is no row for 2022-10 to 2023-09, between 2018-10 and .* give the nationwide "
        r"file that holds the fiscal year\(s\) 2023 together with these",
    ):
        read(tmp_path, ("a.csv", OLDER), ("b.csv", [row for row in NEWER if row[0] != "2023"]))


def test_of_two_newer_files_closed_years_are_equal_and_the_running_year_is_the_later_ones(tmp_path: Path) -> None:
    december = NEWER + nationwide("2026 (FYTD)", MONTHS[:3], "7")
    left = read(tmp_path / "left", ("a.csv", OLDER), ("dec.csv", december)).frame
    right = read(tmp_path / "right", ("a.csv", OLDER), ("apr.csv", NEWER + RUNNING)).frame
    key = list(cbp.SEIZURES_US_BORDER.primary_key)
    closed = [f[f["fiscal_year"].between(2023, 2025)].set_index(key).sort_index() for f in (left, right)]
    pd.testing.assert_frame_equal(*closed)
    both = read(tmp_path / "both", ("a.csv", OLDER), ("apr.csv", NEWER + RUNNING), ("dec.csv", december)).frame
    pd.testing.assert_frame_equal(both.reset_index(drop=True), right.reset_index(drop=True))


def test_next_years_file_needs_nothing_new(tmp_path: Path) -> None:
    closed = NEWER + nationwide("2026", MONTHS)
    release = read(tmp_path, ("a.csv", OLDER), ("b.csv", closed + nationwide("2027 (FYTD)", ["OCT"])))
    assert release.complete
    assert release.frame["month"].max() == "2026-10"


@pytest.mark.parametrize(
    ("kept", "lacks"),
    [
        (lambda row: row[6] == "Fentanyl", "rows of every drug but fentanyl, in 8 fiscal year(s)"),
        (lambda row: row[6] != "Heroin", "rows of drug heroin, in 8 fiscal year(s)"),
        (lambda row: row[3] == "Southwest Border", "rows of every region but southwest_border, in 91 month(s)"),
        (lambda row: row[2] != "U.S. Border Patrol", "rows of component border_patrol, in 91 month(s)"),
        (lambda row: row[4] == "Other", "rows of land_filter land_only, in 91 month(s)"),
        (lambda row: row[5] != "LAREDO FIELD OFFICE", "rows of office LAREDO FIELD OFFICE, in 7 fiscal year(s)"),
    ],
)
def test_a_narrowed_file_is_a_part_that_says_what_it_lacks(
    tmp_path: Path, kept: Callable[[list[str]], bool], lacks: str
) -> None:
    rows = [row for row in OLDER + NEWER + RUNNING if kept(row)]
    release = read(tmp_path, ("a.csv", rows))
    assert lacks in " ".join(release.lacks)
    assert "give the whole nationwide file instead" in release.lacks[0]


def busy(rows: Rows) -> Rows:
    """The rows, and four or five more a month of one office: as many as its own never fail to come to."""
    return rows + [
        [*row[:6], drug, *row[7:]] for row in rows if row[5] == "YUMA SECTOR" for drug in DRUGS[:5] if drug != row[6]
    ]


@pytest.mark.parametrize(
    ("absent", "whole"),
    [
        ({("2024", "SEP")}, False),
        ({("2026 (FYTD)", "APR")}, False),
        ({("2026 (FYTD)", "APR"), ("2026 (FYTD)", "MAR")}, True),
    ],
)
def test_a_file_cut_within_a_month_is_a_part_and_an_office_that_closed_is_none(
    tmp_path: Path, absent: set[tuple[str, str]], whole: bool
) -> None:
    rows = busy(OLDER + NEWER + RUNNING)
    kept = [row for row in rows if row[5] != "YUMA SECTOR" or (row[0], row[1]) not in absent]
    release = read(tmp_path, ("a.csv", kept))
    assert release.complete == whole
    assert whole or "rows of YUMA SECTOR in 202" in release.lacks[0]


def test_air_and_marine_operations_are_never_added(tmp_path: Path) -> None:
    """Neither alone nor beside a good file, which is read: what was not read is named with the reason."""
    branch = ["Branch" if name == "Area of Responsibility" else name for name in HEADER]
    row = ["2019", "APR", "Air and Marine Operations", "Coastal/Interior", "Other", "A Branch", "Heroin", "1", "2.29"]
    apart = write(tmp_path, "amo.csv", delimited([branch, row]))
    good = write(tmp_path, "good.csv", render(OLDER))
    catalog = Catalog(tmp_path / "raw")
    assert assign([apart, good])["cbp_nationwide_drugs"] == (good,)
    with pytest.raises(DataError, match=r"amo\.csv.*publishes apart: they may overlap .* never to be added"):
        ingest([apart], catalog)
    found = ingest([apart, good], catalog)
    assert "publishes apart" in found.unread[apart]
    assert catalog.resource("seizures_us_border").rows == len(OLDER)


def test_a_vintage_before_the_last_month_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", render(OLDER))
    catalog = Catalog(tmp_path / "raw")
    with pytest.raises(
        DataError, match="vintage 2020-01 of 'seizures_us_border' lies before the last period in it, 2022"
    ):
        ingest([path], catalog, vintage="2020-01")


def test_semicolons_case_and_marks_make_no_difference(tmp_path: Path) -> None:
    changed = [[*row[:6], row[6].upper().replace("*", ""), *row[7:]] for row in OLDER]
    path = write(tmp_path, "a.csv", "\ufeff" + delimited([HEADER, *changed], ";").replace("\n", "\r\n"))
    assert assign([path]) == {"cbp_nationwide_drugs": (path,)}
    (release,) = cbp.read([path], None)
    expected = read(tmp_path / "plain", ("a.csv", OLDER))
    pd.testing.assert_frame_equal(release.frame.reset_index(drop=True), expected.frame.reset_index(drop=True))


def test_a_column_that_may_choose_rows_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", delimited([[*HEADER, "Citizenship"], *([*row, "US"] for row in CLOSED)]))
    with pytest.raises(
        DataError, match=r"column\(s\) Citizenship, .* `columns_not_read` in data/vocabulary/border.yaml"
    ):
        cbp.read([path], None)


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
        (
            "Drug Type",
            "Nitazenes",
            "under `cbp` in data/vocabulary/drugs.yaml, as `Nitazenes: a_name_for_it`, and under `not_in_every_year`",
        ),
        (
            "Component",
            "Secret Service",
            "under `components` in data/vocabulary/border.yaml, as `Secret Service: a_name",
        ),
        ("Region", "Maritime", "under `regions` in data/vocabulary/border.yaml, as `Maritime: a_name_for_it`"),
        ("Area of Responsibility", "GUAM SECTOR", "`offices` in data/vocabulary/border.yaml, as `- GUAM SECTOR`"),
        ("FY", "FY24", r"row 2, FY = 'FY24': must be a fiscal year"),
        ("Month (abbv)", "OKT", "did the publisher mean 'OCT'"),
        ("Count of Event", "-3", r"row 2, Count of Event = '-3': must be a number, zero or more"),
        ("Count of Event", "0", "must be one event or more"),
        ("Count of Event", "1.5", "must be a whole number"),
        ("Sum Qty (lbs)", "", r"row 2, Sum Qty \(lbs\) = '': must be a number"),
        ("Area of Responsibility", "HAVRE SECTOR", "is not where data/vocabulary/border.yaml has the row's office"),
        ("Component", "Air and Marine Operations", "CBP publishes apart: they may overlap"),
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


@settings(max_examples=15)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cbp.read, "a.csv", CLOSED, render, seed)


@settings(max_examples=60)
@given(st.integers(0, len(CLOSED) - 1), st.integers(0, len(HEADER) - 1), junk)
def test_any_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(cbp.read, "a.csv", CLOSED, render, row, column, value)


@settings(max_examples=15)
@given(st.floats(0, 1e6, allow_nan=False))
def test_what_is_written_is_read_back(pounds: float) -> None:
    assert_round_trip(cbp.read, "a.csv", render(year("2024", MONTHS, pounds=repr(pounds))))
