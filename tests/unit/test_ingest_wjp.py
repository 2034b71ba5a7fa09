"""World Justice Project: scores by edition, two layouts, and refusals."""

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
from workbook_files import write_workbook

from crimjust_research.data.ingest import assign, wjp
from crimjust_research.errors import DataError

HEADER = list(wjp._SHORT)
SCORES = [f"0.{number}" for number in range(10, 22)]
ROWS = [
    ["Panama", "PAN", "2017-2018", *SCORES],
    ["Panama", "PAN", "2019", *SCORES[:-1], ""],
    ["Venezuela, RB", "VEN", "2019", *reversed(SCORES)],
]
# Columns of the historical data file; it has more scores than are kept, and its order is its own.
BOOK = [
    "Country", "Year", "Country_year", "Country Code", "Region", "WJP Rule of Law Index: Overall Score",
    "1.4 Government officials are sanctioned for misconduct", "Factor 2: Absence of Corruption",
    "2.2 Government officials in the judicial branch do not use public office for private gain",
    "2.3 Government officials in the police and the military do not use public office for private gain",
    "Factor 8: Criminal Justice", "8.1 Criminal investigation system is effective",
    "8.2 Criminal adjudication system is timely and effective",
    "8.4 Criminal system is impartial", "8.5 Criminal system is free of corruption",
    "8.6 Criminal system is free of improper government influence",
    "8.7 Due process of the law and rights of the accused",
    "8.3 Correctional system is effective in reducing criminal behavior",
]  # fmt: skip


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def test_a_row_is_a_country_and_an_edition(tmp_path: Path) -> None:
    path = write(tmp_path, "wjp.csv", render(ROWS))
    assert assign([path]) == {"wjp_rule_of_law_index": (path,)}
    (release,) = wjp.read([path], None)
    frame = release.frame.set_index(["iso3", "edition"])
    assert frame["year"].tolist() == [2018, 2019, 2019]
    assert frame.loc[("PAN", "2017-2018"), ["overall", "f8", "f8_7"]].tolist() == [0.10, 0.15, 0.21]
    assert frame.loc[("VEN", "2019"), ["overall", "f8_7"]].tolist() == [0.21, 0.10]
    assert frame["f8_7"].isna().tolist() == [False, True, False]
    assert (release.vintage, release.notes) == ("2019", ("1 scores are blank",))


def test_the_historical_data_file_is_read_like_the_table(tmp_path: Path) -> None:
    rows = [
        [name, edition, f"{name}_{edition}", code, "Region", *(float(s) if s else "" for s in scores), 0.9]
        for name, code, edition, *scores in ROWS
    ]
    # Sheets of single editions stand before it, countries across.
    sheets = {"Scores 2019": [["Country", "Panama"], ["8.2 Adjudication", 0.3]], "Historical Data": [BOOK, *rows]}
    book = write_workbook(tmp_path / "history.xlsx", sheets)
    assert assign([book]) == {"wjp_rule_of_law_index": (book,)}
    (release,) = wjp.read([book], None)
    (plain,) = wjp.read([write(tmp_path, "wjp.csv", render(ROWS))], None)
    assert release.frame.equals(plain.frame)
    # The sheet saved as text by a spreadsheet, with empty columns behind, and headers the publisher spells otherwise.
    headers = [name.replace("8.7 Due process of the law", "8.7. Due process of law").upper() for name in BOOK]
    saved = [[*headers, "", ""], *([str(cell) for cell in row] + ["", ""] for row in rows)]
    text = write(tmp_path, "history.csv", "\ufeff" + delimited(saved, ";").replace("\n", "\r\n"))
    assert assign([text]) == {"wjp_rule_of_law_index": (text,)}
    (again,) = wjp.read([text], None)
    assert again.frame.equals(plain.frame)


def test_a_workbook_without_a_score_is_refused(tmp_path: Path) -> None:
    without = [name for name in BOOK if not name.startswith("8.2")]
    book = write_workbook(tmp_path / "history.xlsx", {"Historical Data": [without, [""] * len(without)]})
    with pytest.raises(DataError, match=r"has 0 columns that start with '8\.2'"):
        wjp.read([book], None)


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("country", "Peru", "gives iso3 = 'PAN' beside country = 'Peru', which is PER"),
        ("wjp_edition", "17/18", "wjp_edition = '17/18': must be a year or two"),
        ("wjp_8_1_investigation", "high", "wjp_8_1_investigation = 'high'"),
        ("wjp_8_1_investigation", "-0.1", "wjp_8_1_investigation = '-0.1'"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, column: str, value: str, match: str) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][HEADER.index(column)] = value
    with pytest.raises(DataError, match=match):
        wjp.read([write(tmp_path, "wjp.csv", render(rows))], None)


def test_a_newest_edition_of_few_countries_was_cut(tmp_path: Path) -> None:
    rows = [*ROWS[1:], ["Panama", "PAN", "2020", *SCORES]]
    (release,) = wjp.read([write(tmp_path, "wjp.csv", render(rows))], None)
    assert release.lacks == ("most countries of 2020, with 1 where 2019 has 2: look whether the file was cut off",)


def test_a_fault_of_the_historical_data_file_is_told_by_its_own_columns(tmp_path: Path) -> None:
    names = [*BOOK[:5], *BOOK[5:17]]
    row = ["Panama", "2026-2027", "x", "PAN", "Region", *SCORES]
    with pytest.raises(DataError, match="row 2, Year = '2026-2027': is an edition of two years"):
        wjp.read([write(tmp_path, "a.csv", delimited([names, row]))], None)
    row[1], row[10] = "2026", "0,15"
    with pytest.raises(DataError, match="row 2, Factor 8: Criminal Justice = '0,15': is written as in languages with"):
        wjp.read([write(tmp_path, "b.csv", delimited([names, row]))], None)


def test_an_edition_nobody_declared_is_taken_at_its_word_and_told(tmp_path: Path) -> None:
    new = [["Panama", "PAN", "2031", *SCORES], *ROWS]
    (release,) = wjp.read([write(tmp_path, "wjp.csv", render(new))], None)
    assert release.vintage == "2031"
    assert release.notes[1:] == (
        "the month edition 2031 was published in is not known: add "
        '`  "2031": {year: 2031, published: YYYY-MM}` to `editions` in data/vocabulary/rule_of_law_editions.yaml',
    )
    with pytest.raises(
        DataError, match=r"row 2, wjp_edition = '2031-2032': is an edition of two years that is not dec"
    ):
        wjp.read([write(tmp_path, "two.csv", render([["Panama", "PAN", "2031-2032", *SCORES]]))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(wjp.read, "wjp.csv", ROWS, render, seed)


@settings(max_examples=40)
@given(st.integers(0, len(ROWS) - 1), st.integers(0, len(HEADER) - 1), junk)
def test_a_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(wjp.read, "wjp.csv", ROWS, render, row, column, value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(wjp.read, "wjp.csv", render(ROWS))
