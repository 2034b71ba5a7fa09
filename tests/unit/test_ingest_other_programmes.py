"""Other programmes: a statement of a page becomes a row a country, in the columns officers use, and refusals."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
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

from crimjust_research.data import catalog, own_records
from crimjust_research.data.ingest import assign, other_programmes
from crimjust_research.data.own_records.schemas import kind_named
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import other_programmes as named

ROOT = Path(__file__).parents[2]
COLLECTED = ROOT / "data" / "collected" / "other_programmes.csv"
HEADER = [
    "programme", "countries_iso3", "first_year", "precision", "last_year", "basis", "publisher", "published", "source_url",
]  # fmt: skip
# Made-up statements in the layout of the collected list.
ROWS = [
    ["copolad", "PAN;CRI", "2011", "exact", "2015", "project data", "A", "", "https://a.org/1"],
    ["copolad", "CRI", "2016", "inferred", "2020", "second phase", "B", "2014", "https://a.org/2"],
    ["aircop", "PAN", "2015", "by", "", "a unit at work", "C", "2016-07-20", "http://c.org/3"],
    ["wapis", "GHA", "2012", "exact", "", "pilot country", "D", "2013-05", "https://d.org/4"],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def years_only(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return other_programmes.read(paths, vintage)[:1]


def sources_only(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return other_programmes.read(paths, vintage)[1:]


def changed(number: int, column: str, value: str) -> Rows:
    rows = [list(record) for record in ROWS]
    rows[number][HEADER.index(column)] = value
    return rows


def test_a_statement_becomes_a_row_a_country(tmp_path: Path) -> None:
    path = write(tmp_path, "programmes.csv", render(ROWS))
    assert assign([path]) == {"other_programmes": (path,)}
    years, sources = other_programmes.read([path], None)
    assert (years.vintage, sources.vintage) == ("2016-07-20", "2016-07-20")
    shown = years.frame.sort_values(["country", "programme", "first_year"]).astype(object)
    assert shown.where(shown.notna(), None).to_numpy().tolist() == [
        ["CRI", "copolad", 2011, 2015],
        ["CRI", "copolad", 2016, 2020],
        ["GHA", "wapis", 2012, None],
        ["PAN", "aircop", 2015, None],
        ["PAN", "copolad", 2011, 2015],
    ]
    panama = sources.frame.set_index(["country", "programme"]).loc[("PAN", "aircop")]
    assert panama.fillna("").tolist() == [2015, "by", "a unit at work", "C", "2016-07-20", "http://c.org/3"]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(0, "programme", "copolat"), "'copolat' is not a known programme; did the publisher mean 'copolad'"),
        (changed(0, "countries_iso3", "PAN;XXX"), "'XXX' is not a known country"),
        (changed(0, "countries_iso3", ""), "must name a country"),
        (changed(0, "first_year", "ca. 2011"), "must be a year of four digits"),
        (changed(0, "last_year", "2010"), "row 2, last_year = '2010': must not be before the first year"),
        (changed(0, "precision", "about"), "must be exact, by or inferred"),
        (changed(1, "published", "20 July 2016"), r"must be a date, YYYY\[-MM\[-DD\]\], or empty"),
        (changed(1, "basis", ""), "must say what the years rest on"),
        (changed(1, "source_url", "a.org"), "must be an address"),
        # The first phase would last into the second; a country would be named twice in one cell.
        (changed(0, "last_year", "2016"), "'CRI copolad 2016': is told of already"),
        (changed(0, "last_year", ""), "'CRI copolad 2016': is told of already"),
        (changed(2, "countries_iso3", "PAN;PAN"), "'PAN aircop 2015': is told of already"),
    ],
)
def test_faulty_statements_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        other_programmes.read([write(tmp_path, "programmes.csv", render(rows))], None)


def test_a_list_without_any_date_needs_a_vintage(tmp_path: Path) -> None:
    path = write(tmp_path, "programmes.csv", render([ROWS[0]]))
    with pytest.raises(DataError, match=r"programmes.csv: no text cited has a date, .*--vintage"):
        other_programmes.read([path], None)
    assert {release.vintage for release in other_programmes.read([path], "2024-01")} == {"2024-01"}


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_tables(seed: int) -> None:
    for read in (years_only, sources_only):
        assert_order_is_free(read, "programmes.csv", ROWS, render, seed)


def test_what_is_written_reads_back() -> None:
    for read in (years_only, sources_only):
        assert_round_trip(read, "programmes.csv", render(ROWS))


@settings(max_examples=30)
@given(
    st.integers(0, len(ROWS) - 1),
    st.sampled_from(["programme", "countries_iso3", "first_year", "precision", "last_year", "published", "source_url"]),
    junk,
)
def test_a_corrupted_statement_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(years_only, "programmes.csv", ROWS, render, row, HEADER.index(column), value)


def test_the_stored_release_is_the_collected_list() -> None:
    for release in other_programmes.read([COLLECTED], None):
        stored = catalog.raw().open(release.table.name)
        key = list(release.table.primary_key)
        told = release.frame.sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(stored.sort_values(key, ignore_index=True), told, check_dtype=False)


def test_the_release_can_be_handed_in_as_it_stands() -> None:
    resource = catalog.raw().resource("other_programmes")
    frame = own_records.read(ROOT / "data" / "raw" / resource.path, "co_programmes")
    assert len(frame) == resource.rows


def test_officers_may_name_every_programme_of_the_list() -> None:
    choices = kind_named("co_programmes").table.field("programme").constraints["enum"]
    assert set(choices) == {*named.load().programmes, "other"}
    told = catalog.raw().open("other_programmes")["programme"]
    assert set(told) == set(named.load().programmes)


@pytest.mark.parametrize(
    ("country", "programme", "first", "last"),
    [
        # FIIAPP: from 15 April 2017 to 14 December 2022.
        ("PAN", "el_paccto", 2017, 2022),
        # GAO-13-295R: funds from fiscal year 2008 for seven countries of Central America.
        ("NIC", "carsi", 2008, None),
        # UNODC, overview: operational in 2015 and in 2016.
        ("PAN", "aircop", 2015, None),
        ("JAM", "aircop", 2016, None),
        # UNODC and WCO, report of 2011: a unit in Lomé.
        ("TGO", "container_control_programme", 2011, None),
        # INTERPOL: pilot countries of a programme launched in September 2012.
        ("GHA", "wapis", 2012, None),
        # UNODC, Brussels: nine countries, from 1 May 2020 to 30 April 2024.
        ("AGO", "port_security", 2020, 2024),
        ("KEN", "port_security", 2020, 2024),
        # UNODC, Bolivia: opened on 6 February 2019.
        ("BOL", "container_control_programme", 2019, None),
    ],
)
def test_what_pages_say_is_what_is_stored(country: str, programme: str, first: int, last: int | None) -> None:
    stored = catalog.raw().open("other_programmes")
    (row,) = stored[(stored["country"] == country) & (stored["programme"] == programme)].itertuples()
    assert row.first_year == first
    assert pd.isna(row.last_year) if last is None else row.last_year == last


@pytest.mark.parametrize("country", ["BGD", "BTN", "IND", "LKA", "MDV", "NPL"])
def test_south_asia_has_three_terms_of_its_programme(country: str) -> None:
    """UNODC, South Asia: 2013 to 2015, 2018 to June 2023; United Nations in India: from 7 May 2024, planned to 2028."""
    sources = catalog.raw().open("other_programme_sources")
    told = catalog.raw().open("other_programmes").merge(sources, on=["country", "programme", "first_year"])
    terms = told[(told["country"] == country) & (told["programme"] == "south_asia_programme")].sort_values("first_year")
    assert terms[["first_year", "last_year", "precision"]].fillna(0).to_numpy().tolist() == [
        [2013, 2015, "exact"],
        [2018, 2023, "inferred"],
        [2024, 0, "exact"],
    ]
