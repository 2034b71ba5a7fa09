"""UNODC's regional platforms: a row of the collected list becomes a row a State, and refusals."""

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

from crimjust_research.data import catalog
from crimjust_research.data.ingest import assign, uncac_platforms
from crimjust_research.errors import DataError

COLLECTED = Path(__file__).parents[2] / "data" / "collected" / "uncac_platforms.csv"
HEADER = ["platform", "label", "since", "countries_iso3", "basis", "publisher", "published", "source_url"]
# Made-up platforms in the layout of the collected list.
ROWS = [
    ["of_the_north", "North", "2017-02", "PAN;CRI", "named", "A", "", "https://a.org/1"],
    ["of_the_south", "South", "2019-05-14", "PAN", "at the launch", "B", "2019-06", "https://b.org/2"],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def changed(number: int, column: str, value: str) -> Rows:
    rows = [list(record) for record in ROWS]
    rows[number][HEADER.index(column)] = value
    return rows


def test_a_platform_becomes_a_row_a_state(tmp_path: Path) -> None:
    path = write(tmp_path, "platforms.csv", render(ROWS))
    assert assign([path]) == {"uncac_platforms": (path,)}
    (release,) = uncac_platforms.read([path], None)
    assert release.vintage == "2019-05-14"
    assert release.frame.fillna("").to_numpy().tolist() == [
        ["of_the_north", "North", "PAN", "2017-02", "named", "A", "", "https://a.org/1"],
        ["of_the_north", "North", "CRI", "2017-02", "named", "A", "", "https://a.org/1"],
        ["of_the_south", "South", "PAN", "2019-05-14", "at the launch", "B", "2019-06", "https://b.org/2"],
    ]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(0, "platform", "of the north"), "must be one word of small letters"),
        (changed(0, "since", "2017"), "must be a month or day"),
        (changed(0, "countries_iso3", "PAN;XXX"), "'XXX' is not a known country"),
        (changed(0, "countries_iso3", "PAN;PAN"), "'of_the_north PAN': stands there already"),
        (changed(0, "countries_iso3", ""), "must name a country"),
        (changed(1, "published", "June 2019"), "must be a date"),
        (changed(1, "basis", ""), "must say what makes a State one of it"),
        (changed(1, "source_url", "b.org"), "must be an address"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        uncac_platforms.read([write(tmp_path, "platforms.csv", render(rows))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(uncac_platforms.read, "platforms.csv", ROWS, render, seed)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(uncac_platforms.read, "platforms.csv", render(ROWS))


@settings(max_examples=30)
@given(
    st.integers(0, len(ROWS) - 1),
    st.sampled_from(["platform", "since", "countries_iso3", "published", "source_url"]),
    junk,
)
def test_a_corrupted_row_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(uncac_platforms.read, "platforms.csv", ROWS, render, row, HEADER.index(column), value)


def test_the_stored_release_is_the_collected_list_and_says_what_unodc_says() -> None:
    """https://www.unodc.org/unodc/en/ft-uncac/platforms.html: ten, eight, eleven and eight countries, and when."""
    (release,) = uncac_platforms.read([COLLECTED], None)
    stored = catalog.raw().open("uncac_platforms")
    key = ["platform", "iso3"]
    fresh = release.frame.sort_values(key, ignore_index=True)
    assert stored.sort_values(key, ignore_index=True).fillna("").equals(fresh.fillna("").astype(stored.dtypes))
    told = stored.groupby("platform").agg(since=("since", "first"), states=("iso3", "size"))
    assert told.loc[
        ["south_america_and_mexico", "eastern_africa", "south_east_asia", "southern_africa"]
    ].to_numpy().tolist() == [["2019-05", 10], ["2017-02", 8], ["2017-02", 11], ["2019-10", 8]]
    # https://www.unodc.org/unodc/en/frontpage/2024/May/explainer_-what-are-anti-corruption-hubs-and-platforms.html: nine.
    assert len(told) == 9
    # UNODC, 23 November 2022: six States that the platform launched at Dakar is to assist.
    sahel = stored[stored["platform"] == "west_africa_and_sahel"]
    assert (set(sahel["iso3"]), set(sahel["since"])) == ({"BFA", "TCD", "CIV", "MRT", "NER", "SEN"}, {"2022-11"})
