"""FATF ratings: two rows above the header and a legend below, rows of the latest state, and refusals."""

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
    table_bytes,
    write,
)
from workbook_files import write_workbook

from crimjust_research.data.ingest import assign, fatf
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError, DataError
from crimjust_research.vocabulary import fatf as names

KNOWN = names.load()
OUTCOMES, RECOMMENDATIONS = tuple(KNOWN.outcomes), tuple(KNOWN.recommendations)
HEADER = [
    "Jurisdiction (click on the country name)",
    "Report \nType",
    "Report \nDate",
    "Assessment body/bodies ",
    *(outcome.replace(".", "") for outcome in OUTCOMES),
    *RECOMMENDATIONS,
    "#upgrades",
]
TITLE = (
    "Table of ratings for assessment conducted against the 2012 FATF Recommendations, using the 2013 FATF Methodology."
)
WIDTH = len(HEADER)


def line(*cells: str) -> list[str]:
    return [*cells, *[""] * (WIDTH - len(cells))]


def report(place: str, letters: str, day: str, body: str, effectiveness: str, compliance: str) -> list[str]:
    return [place, letters, day, body, *[effectiveness] * len(OUTCOMES), *[compliance] * len(RECOMMENDATIONS), ""]


ABOVE = [line("", "", "", "", TITLE), line("Updated 23 March 2026", "", "", "", "Effectiveness")]
FOOT = [
    line("", "MER", "Mutual Evaluation Report", "", "HE", "High", *[""] * 9, "C", "Compliant"),
    line("", "FUR", "Follow-Up Report", "", "SE", "Substantial"),
    line("* membership was suspended"),
]
ROWS = [
    report("Congo", "MER", "2022-09-01", "GABAC", "LE", "NC"),
    report("Macau (China)", "MER+FUR(s)", "2019-10-01", "APG", "SE", "C"),
    report("Macau (China)", "MER", "2017-12-01", "APG", "SE", "LC"),
    report("Macau (China)", "FUR", "2019-10-26", "APG", "SE", "C"),
    report("Spain", "MER", "2014-12-01", "FATF", "ME", "N/A"),
    report("Spain", "FUAR", "2019-12-01", "FATF/GAFILAT", "HE", "LC"),
]


def render(rows: Rows, above: Rows = ABOVE, foot: Rows = FOOT, delimiter: str = ",") -> str:
    return delimited([*above, HEADER, *rows, *foot], delimiter)


def read(folder: Path, content: str) -> Release:
    (release,) = fatf.read([write(folder, "fatf.csv", content)], None)
    return release


def changed(number: int, column: int, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][column] = value
    return copy


def test_reports_become_long_and_rows_of_the_latest_state_are_left_out(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "fatf.xlsx", {"Ratings only": [*ABOVE, HEADER, *ROWS, *FOOT], "Notes": [["x"]]})
    assert assign([book]) == {"fatf_ratings": (book,)}
    (release,) = fatf.read([book], None)
    assert (release.vintage, release.lacks) == ("2026-03-23", ())
    frame = release.frame
    assert len(frame) == 5 * (11 + 40)
    reports = frame[["iso3", "month", "report", "body"]].drop_duplicates().sort_values(["iso3", "month"])
    assert reports.to_numpy().tolist() == [
        ["COG", "2022-09", "mutual evaluation", "GABAC"],
        ["ESP", "2014-12", "mutual evaluation", "FATF"],
        ["ESP", "2019-12", "follow-up assessment", "FATF/GAFILAT"],
        ["MAC", "2017-12", "mutual evaluation", "APG"],
        ["MAC", "2019-10", "follow-up", "APG"],
    ]
    rating = frame.set_index(["iso3", "month", "measure"])["rating"]
    assert (rating["ESP", "2014-12", "IO.7"], rating["ESP", "2014-12", "R.40"]) == ("ME", "N/A")
    assert release.notes[1] == "1 rows that repeat a latest state left out; they equal the last report"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_workbook_saved_as_text_is_the_same_table(tmp_path: Path, delimiter: str) -> None:
    book = write_workbook(tmp_path / "fatf.xlsx", {"Ratings only": [*ABOVE, HEADER, *ROWS, *FOOT]})
    (release,) = fatf.read([book], None)
    text = write(tmp_path, "fatf.csv", "\ufeff" + render(ROWS, delimiter=delimiter).replace("\n", "\r\n"))
    (again,) = fatf.read([text], None)
    assert again.frame.equals(release.frame)
    assert (again.vintage, again.lacks) == (release.vintage, ())


def test_text_with_its_title_is_recognised(tmp_path: Path) -> None:
    path = write(tmp_path, "fatf.csv", render(ROWS))
    assert assign([path]) == {"fatf_ratings": (path,)}


def test_a_row_of_the_latest_state_that_differs_is_told(tmp_path: Path) -> None:
    release = read(tmp_path, render(changed(1, HEADER.index("R.25"), "PC")))
    assert "they differ from the last report in MAC (R.25)" in release.notes[1]
    assert release.frame.equals(read(tmp_path, render(ROWS)).frame)


def test_fewer_measures_rows_or_no_legend_make_a_part(tmp_path: Path) -> None:
    without = [n for n, name in enumerate(HEADER) if name not in ("R.1", "#upgrades")]
    rows = [[row[n] for n in without] for row in [*ABOVE, HEADER, *ROWS, *FOOT]]
    assert read(tmp_path, delimited(rows)).lacks == ("the ratings of R.1: give the table with those columns",)
    (cut,) = read(tmp_path, render(ROWS, foot=[])).lacks
    assert cut.startswith("the legend at the foot")
    latest = [ROWS[0], ROWS[1], ROWS[4]]
    assert read(tmp_path, render(latest)).lacks == (
        "the evaluations of MAC: give the table with all its rows",
        "the follow-ups of MAC: give the table with all its rows",
    )


def test_follow_ups_that_leave_the_outcomes_out_are_read(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[3][4:15] = [""] * 11
    frame = read(tmp_path, render(rows)).frame
    follow_up = frame[(frame["iso3"] == "MAC") & (frame["month"] == "2019-10")]
    assert sorted(follow_up["measure"]) == sorted(RECOMMENDATIONS)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (render(ROWS, above=ABOVE[1:]), "names no Methodology above its header"),
        (render(ROWS, above=[line("Updated", "", "", "", TITLE.replace("2013", "2022"))]), "names 2022 FATF Methodology"),
        (render(changed(0, 0, "Congolia")), "row 6, jurisdiction = 'Congolia' is not a known country"),
        (render(changed(0, 0, "")), "is not a known country"),
        (render(changed(0, 1, "MERR")), r"'MERR' is not a known kind of report; .* `reports` in data/vocabulary/fatf\.yaml"),
        (render(changed(0, 2, "Sep-22")), "'Sep-22': must be a date"),
        (render(changed(0, 3, "GABACC")), r"'GABACC' is not a known assessing body; did the publisher mean 'GABAC'"),
        (render(changed(0, 3, "XYZ")), r"add it under `bodies` in data/vocabulary/fatf\.yaml, as `XYZ: its name`"),
        (render(changed(0, 4, "PC")), "row 6, IO.1 = 'PC': must be one of HE, LE, ME, N/A, SE"),
        (render(changed(0, 15, "")), "R.1 = '': must be one of"),
        (render([*ROWS, ROWS[0]]), "has two reports of one kind in that month"),
        (render(ROWS).replace("R.40", "R.41"), r"rates R\.41, which data/vocabulary/fatf\.yaml does not list; add it to `rec"),
        (render(ROWS)[:-10], "cut off"),
        (render(ROWS, above=[], foot=[]).split("\n", 1)[1], "has no row with columns"),
    ],
)  # fmt: skip
def test_faulty_files_are_refused(tmp_path: Path, content: str, match: str) -> None:
    with pytest.raises(CrimjustError, match=match):
        read(tmp_path, content)


def test_several_files_at_once_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "fatf.csv", render(ROWS))
    with pytest.raises(DataError, match="ingest them one by one"):
        fatf.read([path, path], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(fatf.read, "fatf.csv", ROWS, render, seed)


@settings(max_examples=60)
@given(st.integers(0, len(ROWS) - 1), st.integers(0, WIDTH - 2), junk)
def test_any_corrupted_cell_is_refused(number: int, column: int, value: str) -> None:
    assert_corruption_is_refused(fatf.read, "fatf.csv", ROWS, render, number, column, value)


def test_upgrades_are_not_read() -> None:
    damaged = render(changed(0, WIDTH - 1, "~"))
    assert table_bytes(fatf.read, "fatf.csv", damaged) == table_bytes(fatf.read, "fatf.csv", render(ROWS))


def test_what_is_written_is_read_back() -> None:
    assert_round_trip(fatf.read, "fatf.csv", render(ROWS))
