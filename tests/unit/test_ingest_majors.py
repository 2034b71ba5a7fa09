"""The Majors List: years, marks, what was not read, and refusals."""

from datetime import date
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

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import assign, ingest, majors
from crimjust_research.errors import DataError

HEADER = list(majors._COLUMNS)
CUT = "excerpt cut: the last countries are NOT read, filled from FY2018"
SECOND = "full list read; failed-demonstrably from http://example.org/narcotics.html"
ROWS = [
    ["2014", "Bolivia", "1", "PD 2013-14, 78 FR 58855", "http://example.org/a", SECOND],
    ["2014", "The Bahamas", "0", "PD 2013-14, 78 FR 58855", "http://example.org/a", SECOND],
    ["2017", "Burma", "", "PD 2016-10, 81 FR 64749", "http://example.org/b", CUT],
    ["2017", "Panama", "", "PD 2016-10, 81 FR 64749", "http://example.org/b", CUT],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def test_a_row_is_a_country_on_a_years_list(tmp_path: Path) -> None:
    path = write(tmp_path, "majors.csv", render(ROWS))
    assert assign([path]) == {"us_majors_list": (path,)}
    (release,) = majors.read([path], None)
    assert release.vintage == "2017"
    assert release.notes == ("2 fiscal years; none for 2015, 2016",)
    frame = release.frame
    assert frame[["fiscal_year", "iso3"]].to_numpy().tolist() == [
        [2014, "BOL"],
        [2014, "BHS"],
        [2017, "MMR"],
        [2017, "PAN"],
    ]
    assert frame["failed_demonstrably"].isna().tolist() == [False, False, True, True]
    assert frame["failed_demonstrably"].tolist()[:2] == [True, False]
    # Panama comes after Nicaragua, where the reading of 2017's list broke off.
    assert frame["is_read"].tolist() == [True, True, True, False]
    # Where a copy was read is nobody's business; the determination is cited.
    assert release.frame["reading_note"].tolist()[0] == "full list read; failed-demonstrably from a secondary source"
    assert not release.frame.astype("str").apply(lambda c: c.str.contains("http")).to_numpy().any()


def test_a_newest_list_of_a_few_countries_was_cut(tmp_path: Path) -> None:
    names = ["Bolivia", "Burma", "Colombia", "Mexico", "Panama", "Peru"]
    rows = [
        [year, name, "", "PD", "http://example.org/a", "full list read"] for year in ("2018", "2019") for name in names
    ]
    for kept, lacks in ((6, ()), (5, ()), (4, ("most countries of 2019, with 4 where 2018 has 6",))):
        (release,) = majors.read([write(tmp_path, "a.csv", render(rows[: 6 + kept]))], None)
        assert [lack.partition(": ")[0] for lack in release.lacks] == list(lacks)


def test_next_years_list_is_published_before_its_year(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", render(ROWS[:2]).replace("2014,", "2027,"))
    (taken, *_) = [t for t in ingest([path], Catalog(tmp_path / "raw"), today=date(2026, 9, 20)).taken if t.files]
    assert (taken.resource.vintage, taken.resource.latest) == ("2027", True)
    with pytest.raises(DataError, match="vintage 2027 of 'majors_list' lies after today, 2025-09-20"):
        ingest([path], Catalog(tmp_path / "other"), today=date(2025, 9, 20))
    with pytest.raises(DataError, match="vintage 2027-01 of 'majors_list' lies after today"):
        ingest([path], Catalog(tmp_path / "other"), vintage="2027-01", today=date(2026, 9, 20))


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][HEADER.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(0, "country", "Bolvia"), "row 2, country = 'Bolvia' is not a known country; did you mean 'Bolivia'"),
        (changed(0, "fiscal_year", "FY14"), "fiscal_year = 'FY14'"),
        (changed(0, "failed_demonstrably", "yes"), "must be 1, 0 or empty"),
        (changed(0, "document", "PD 2013-15"), "must be the same in every row of its fiscal year"),
        (
            [[*ROWS[0][:5], "half of the list read"]],
            "as the line `  YEAR: .CODE, CODE.` of `not_read` in data/vocabulary/majors_not_read.yaml",
        ),
        ([[*ROWS[0][:5], ""]], "reading_note = '': must not be empty"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        majors.read([write(tmp_path, "majors.csv", render(rows))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(majors.read, "majors.csv", ROWS, render, seed)


@settings(max_examples=30)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from([name for name in HEADER if name != "source_url"]), junk)
def test_a_corrupted_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(majors.read, "majors.csv", ROWS, render, row, HEADER.index(column), value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(majors.read, "majors.csv", render(ROWS))
