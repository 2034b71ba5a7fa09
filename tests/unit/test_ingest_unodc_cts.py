"""UN-CTS: counts paired with their rates, parts of States, two layouts, and refusals."""

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

from crimjust_research.data.ingest import assign, unodc_cts
from crimjust_research.errors import DataError

HEADER = [
    "iso3_code", "country", "region", "subregion", "indicator", "dimension", "category", "sex", "age", "year",
    "unit of measurement", "value", "source",
]  # fmt: skip
COUNTS, RATE = "Counts", "Rate per 100,000 population"


def pair(code: str, country: str, indicator: str, category: str, year: int, count: str, rate: str) -> Rows:
    dimension = "by type of offence" if indicator == "Offences" else "by selected crime"
    start = [code, country, "Europe", "Northern Europe", indicator, dimension, category, "Total", "Total", str(year)]
    return [[*start, COUNTS, count, "CTS"], [*start, RATE, rate, "CTS"]]


ROWS = [
    *pair("ALB", "Albania", "Persons held", "Drug trafficking", 2014, "406.0", "14.077"),
    *pair("GBR_S", "United Kingdom (Scotland)", "Persons entering prison", "Drug Trafficking", 2016, "0.0", "0.0"),
    *pair("CHL", "Chile", "Offences", "Corruption: Bribery", 2013, "339.0", "1.92"),
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def test_counts_stand_beside_their_rates(tmp_path: Path) -> None:
    path = write(tmp_path, "cts.csv", render(ROWS))
    assert assign([path]) == {"unodc_cts": (path,)}
    (release,) = unodc_cts.read([path], None)
    assert release.frame.sort_values("reporter").to_numpy().tolist() == [
        ["ALB", "ALB", 2014, "persons held", "Drug trafficking", 406.0, 14.077, "CTS"],
        ["CHL", "CHL", 2013, "offences", "Corruption: bribery", 339.0, 1.92, "CTS"],
        ["GBR_S", "GBR", 2016, "persons entering prison", "Drug trafficking", 0.0, 0.0, "CTS"],
    ]
    assert (release.vintage, release.notes) == ("2016", ())


def test_the_publishers_workbook_is_read_like_the_table(tmp_path: Path) -> None:
    header = [name.replace("value", "VALUE") if name == "value" else name.capitalize() for name in HEADER]
    women = [*ROWS[0][:7], "Female", "Total", "2014"]
    rows = [*ROWS, [*women, COUNTS, "12", "CTS"], [*ROWS[0][:6], "Homicide", *ROWS[0][7:]]]
    book = write_workbook(tmp_path / "cts.xlsx", {"data": [["UN-CTS"], ["18/05/2023"], header, *rows]})
    assert assign([book]) == {"unodc_cts": (book,)}
    (release,) = unodc_cts.read([book], None)
    (table,) = unodc_cts.read([write(tmp_path, "cts.csv", render(ROWS))], None)
    assert release.frame.equals(table.frame)
    assert release.notes == ("2 rows of other categories, sexes or ages left out",)


EVERY = [
    line
    for indicator, crimes in (
        ("Persons held", ("Bribery", "Drug possession", "Drug trafficking")),
        ("Persons entering prison", ("Bribery", "Drug possession", "Drug trafficking")),
        (
            "Offences",
            (
                "Corruption",
                "Corruption: bribery",
                "Corruption: other acts of corruption",
                "Money laundering",
                "Smuggling of migrants",
            ),
        ),
    )
    for crime in crimes
    for line in pair("ALB", "Albania", indicator, crime, 2014, "4.0", "0.1")
]


def test_only_all_indicators_and_crimes_are_the_whole_table(tmp_path: Path) -> None:
    (whole,) = unodc_cts.read([write(tmp_path, "cts.csv", render(EVERY))], None)
    assert whole.complete
    (held,) = unodc_cts.read([write(tmp_path, "held.csv", render(EVERY[:6]))], None)
    assert held.lacks == ("the indicators offences, persons entering prison: give the files of those too",)
    no_entries = [line for line in EVERY if (line[4], line[6]) != ("Persons entering prison", "Drug trafficking")]
    (filtered,) = unodc_cts.read([write(tmp_path, "filtered.csv", render(no_entries))], None)
    assert filtered.lacks == ("the crimes persons entering prison: Drug trafficking: give the files of those too",)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (ROWS[1:], "ALB 2014, persons held, Drug trafficking has a rate but no count"),
        ([*ROWS, ROWS[0]], "Counts stand there a second time"),
        ([[*ROWS[0][:6], "Homicide", *ROWS[0][7:]]], "holds no row of sex and age Total of the categories"),
        ([["ALB", "Chile", *ROWS[0][2:]], *ROWS[1:]], "row 2 gives iso3_code = 'ALB' beside country = 'Chile'"),
    ],
)
def test_faulty_files_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        unodc_cts.read([write(tmp_path, "cts.csv", render(rows))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(unodc_cts.read, "cts.csv", ROWS, render, seed)


UNREAD, WORDS = ("region", "subregion"), ("source",)


@settings(max_examples=50)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from([c for c in HEADER if c not in (*UNREAD, *WORDS)]), junk)
def test_a_corrupted_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(unodc_cts.read, "cts.csv", ROWS, render, row, HEADER.index(column), value)


@pytest.mark.parametrize("column", UNREAD)
def test_regions_are_not_read(column: str) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][HEADER.index(column)] = "~"
    assert table_bytes(unodc_cts.read, "c.csv", render(rows)) == table_bytes(unodc_cts.read, "c.csv", render(ROWS))


def test_what_is_written_reads_back() -> None:
    assert_round_trip(unodc_cts.read, "cts.csv", render(ROWS))
