"""CRIMJUST's entries, results and events: dates as bounds, whose result a figure is, who met, and refusals."""

from collections.abc import Sequence
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

from crimjust_research.data.ingest import assign, programme_events, programme_history
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError

ENTRY = list(programme_history._ENTRY_COLUMNS)
ENTRIES = [
    ["PAN", "Panama", "I", "2016", "2016-07-20", "first country to join", "unodc.org/unodc/en/panama.html"],
    [
        "CPV",
        "Cabo Verde",
        "I",
        "2016",
        "2016-07-21",
        "first West African countries",
        "unodc.org/unodc/en/cabo-verde.html",
    ],
    ["GHA", "Ghana", "I", "2016", "2016-07-21", "first West African countries", "same"],
    ["ARG", "Argentina", "I", "2017", "2017-08", "partner by Aug 2017; exact date not found", "illicitflows.eu/a"],
    ["BRA", "Brazil", "I", "2017", "2017-08", "idem", "cocaineroute.eu/b; same"],
    [
        "BOL",
        "Bolivia",
        "I",
        "2018",
        "2018",
        "joined in 2018; but another source names it in Nov 2017",
        "illicitflows.eu/c",
    ],
    ["PER", "Peru", "I", "", "<=2019", "in a list", "interpol.int Project CRIMJUST page"],
]
RESULT = list(programme_history._RESULT_COLUMNS)
RESULTS = [
    ["capacity_building_activities", ">35", "count", "2017-08", "programme to date", "minimum", "unodc.org/a"],
    ["lionfish3_arrests", "357", "count", "2017-03", "13 States", "exact (another text: more than 350)",
     "illicitflows.eu"],
    ["lionfish3_officers", "5000", "count", "2017-03", "", "approx", "illicitflows.eu"],
    ["azure1_countries_seed", "13", "count", "2021", "seed text says thirteen", "exact", "seed"],
    ["proposed_component1_cost", "10-14", "USD million", "2021-12", "4 years", "range", "seed"],
    ["eu_action_total", "7.1", "EUR million", "2018", "LAC; Africa", "exact",
     "EU AAP 2018 Annex II header (vdocuments.us copy)"],
    ["eu_action_eu", "6.0", "EUR million", "2018", "idem", "exact", "same"],
    ["phase1_duration", "Feb 2016 - Feb 2020", "period", "", "", "exact", "unodc.org/brussels/en/crimjust.html"],
]  # fmt: skip
EVENT = list(programme_events._COLUMNS)
EVENTS = [
    ["2016-08-16", "2016-08-17", "training", "PAN", "PAN", "31", "15", "16", "stated", "", "unodc.org/x"],
    ["2019-10-01", "2019-10-03", "case_forum", "ESP", "ECU;ESP", "", "", "", "stated", "1 of 4", "cocaineroute.eu/y"],
    ["2019-10-22", "2019-10-24", "case_forum", "BEL", "BOL;BEL", "", "", "", "inferred (22 Oct = Tuesday)", "",
     "same as above"],
    ["2020-05-18", "2020-05-21", "training", "", "", "38", "", "", "stated (month)", "online", "illicitflows.eu/z"],
]  # fmt: skip


def render_entries(rows: Rows) -> str:
    return delimited([ENTRY, *rows])


def render_results(rows: Rows) -> str:
    return delimited([RESULT, *rows])


def render_events(rows: Rows) -> str:
    return delimited([EVENT, *rows])


def test_dates_are_bounds_unless_they_are_days(tmp_path: Path) -> None:
    path = write(tmp_path, "entry.csv", render_entries(ENTRIES))
    assert assign([path]) == {"crimjust_entry": (path,)}
    (release,) = programme_history.read_entry([path], None)
    assert release.vintage == "2018"
    dates = release.frame.set_index("iso3")[["precision", "documented", "earliest", "latest"]].fillna("")
    assert dates.apply(list, axis=1).to_dict() == {
        "PAN": ["exact", "2016-07-20", "2016-07-20", "2016-07-20"],
        "CPV": ["exact", "2016-07-21", "2016-07-21", "2016-07-21"],
        "GHA": ["exact", "2016-07-21", "2016-07-21", "2016-07-21"],
        # A month: joined by the end of it, and not before the first State did.
        "ARG": ["by", "2017-08", "2016-07-20", "2017-08-31"],
        "BRA": ["by", "2017-08", "2016-07-20", "2017-08-31"],
        # Two sources differ: from the earlier one's month to the end of the later one's year.
        "BOL": ["by", "2018", "2017-11-01", "2018-12-31"],
        "PER": ["unknown", "", "2016-07-20", "2019-12-31"],
    }


def test_pointers_to_other_rows_are_spelt_out_and_publishers_cited(tmp_path: Path) -> None:
    (release,) = programme_history.read_entry([write(tmp_path, "entry.csv", render_entries(ENTRIES))], None)
    frame = release.frame.set_index("iso3")
    assert frame.loc["GHA", "source"] == "https://www.unodc.org/unodc/en/cabo-verde.html"
    assert frame.loc["BRA", "source"] == "https://cocaineroute.eu/b"
    assert frame.loc["BRA", "basis"] == "partner by Aug 2017; exact date not found"
    assert frame.loc["PER", "source"] == "https://www.interpol.int/Crimes/Drug-trafficking/Project-CRIMJUST"


def test_a_figure_says_what_it_commits_to_and_whose_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "results.csv", render_results(RESULTS))
    assert assign([path]) == {"crimjust_results": (path,)}
    (release,) = programme_history.read_results([path], None)
    assert release.vintage == "2021-12"
    frame = release.frame.set_index("metric")
    shown = frame[["qualifier", "value_low", "value_high", "attribution", "is_creditable"]]
    assert shown.fillna({"qualifier": ""}).fillna(-1).apply(list, axis=1).to_dict() == {
        "capacity_building_activities": ["over", 35, -1, "programme", True],
        "lionfish3_arrests": ["exact", 357, 357, "INTERPOL-wide", False],
        "lionfish3_officers": ["about", 4500, 5500, "INTERPOL-wide", False],
        "azure1_countries_source_document": ["exact", 13, 13, "programme operation", True],
        "proposed_component1_cost": ["range", 10, 14, "proposal", False],
        "eu_action_total": ["exact", 7.1, 7.1, "funding", False],
        "eu_action_eu": ["exact", 6.0, 6.0, "funding", False],
        "phase1_duration": ["", -1, -1, "programme", False],
    }
    assert frame.loc["lionfish3_arrests", "note"] == "another text: more than 350"
    assert frame.loc["eu_action_eu", ["scope", "source"]].tolist() == [
        "LAC; Africa",
        "European Commission, Annual Action Programme 2018, Annex II",
    ]
    assert frame.loc["azure1_countries_source_document", "scope"] == "the source document says thirteen"


def test_events_and_who_took_part(tmp_path: Path) -> None:
    path = write(tmp_path, "events.csv", render_events(EVENTS))
    assert assign([path]) == {"crimjust_events": (path,)}
    events, states = programme_events.read([path], None)
    assert (events.vintage, states.vintage) == ("2020-05-21", "2020-05-21")
    frame = events.frame.set_index("event")
    assert frame.index.tolist() == [
        "2016-08-16 training",
        "2019-10-01 case forum",
        "2019-10-22 case forum",
        "2020-05-18 training",
    ]
    assert frame.loc["2016-08-16 training", ["participants", "women", "men"]].tolist() == [31, 15, 16]
    assert frame.loc["2019-10-22 case forum", ["dating", "dating_note", "source"]].tolist() == [
        "inferred",
        "22 Oct = Tuesday",
        "https://cocaineroute.eu/y",
    ]
    assert frame["place"].fillna("").tolist() == ["PAN", "ESP", "BEL", ""]
    assert states.frame[["event", "iso3"]].to_numpy().tolist() == [
        ["2016-08-16 training", "PAN"],
        ["2019-10-01 case forum", "ECU"],
        ["2019-10-01 case forum", "ESP"],
        ["2019-10-22 case forum", "BEL"],
        ["2019-10-22 case forum", "BOL"],
    ]
    assert events.notes == ("1 of 4 events do not name the States that took part",)


def changed(rows: Rows, header: list[str], number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in rows]
    copy[number][header.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(ENTRIES, ENTRY, 3, "first_documented_date", "2017-13"), "must be a date, YYYY"),
        (changed(ENTRIES, ENTRY, 0, "first_documented_date", "2016-02-30"), "is not a day of the calendar"),
        (changed(ENTRIES, ENTRY, 3, "first_documented_year", "2018"), "must be the year of the date beside it"),
        ([*ENTRIES[:5], ["BOL", "Bolivia", "I", "2015", "2015", "x", "y"]], "before the first State joined"),
        (ENTRIES[3:], "no State has an exact date"),
        (changed(ENTRIES, ENTRY, 0, "tier", "III"), "tier = 'III': must be one of"),
    ],
)  # fmt: skip
def test_faulty_entries_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        programme_history.read_entry([write(tmp_path, "entry.csv", render_entries(rows))], None)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(RESULTS, RESULT, 0, "value", "35"), "does not state a figure of the kind beside it"),
        (changed(RESULTS, RESULT, 4, "value", "14-10"), "does not state a figure of the kind beside it"),
        (changed(RESULTS, RESULT, 0, "metric", "arrests"), "must begin with a known word"),
        (changed(RESULTS, RESULT, 0, "unit", "pounds"), "unit = 'pounds': must be one of"),
        (changed(RESULTS, RESULT, 0, "period", "last year"), "must be a year, month, day or phase"),
    ],
)
def test_faulty_results_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        programme_history.read_results([write(tmp_path, "results.csv", render_results(rows))], None)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(EVENTS, EVENT, 0, "date_end", "2016-08-15"), "lies before the event began"),
        (changed(EVENTS, EVENT, 0, "n_women", "14"), "must be the women and men beside it"),
        (changed(EVENTS, EVENT, 1, "countries_iso3", "ECU;ECU"), "names a State twice"),
        (changed(EVENTS, EVENT, 1, "countries_iso3", "ECU;XXX"), "'XXX' is not a known country"),
        (EVENTS[2:3], "points to an event above, and there is none"),
    ],
)
def test_faulty_events_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        programme_events.read([write(tmp_path, "events.csv", render_events(rows))], None)


def events_only(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return programme_events.read(paths, vintage)[:1]


def states_only(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return programme_events.read(paths, vintage)[1:]


FILES = [
    (programme_history.read_entry, "entry.csv", ENTRIES, render_entries),
    (programme_history.read_results, "results.csv", RESULTS, render_results),
    (events_only, "events.csv", EVENTS, render_events),
    (states_only, "events.csv", EVENTS, render_events),
]


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    for read, name, rows, render in FILES:
        assert_order_is_free(read, name, rows, render, seed)


def test_what_is_written_reads_back() -> None:
    for read, name, rows, render in FILES:
        assert_round_trip(read, name, render(rows))


@settings(max_examples=40)
@given(st.integers(0, len(ENTRIES) - 1), st.sampled_from(ENTRY[:5]), junk)
def test_a_corrupted_entry_is_refused(row: int, column: str, value: str) -> None:
    at = ENTRY.index(column)
    assert_corruption_is_refused(programme_history.read_entry, "entry.csv", ENTRIES, render_entries, row, at, value)


@settings(max_examples=40)
@given(
    st.integers(0, len(RESULTS) - 2),  # the value of the last row is a period, in words
    st.sampled_from(["metric", "value", "unit", "period", "value_kind"]),
    junk,
)
def test_a_corrupted_result_is_refused(row: int, column: str, value: str) -> None:
    at = RESULT.index(column)
    assert_corruption_is_refused(programme_history.read_results, "results.csv", RESULTS, render_results, row, at, value)


@settings(max_examples=40)
@given(st.integers(0, len(EVENTS) - 1), st.sampled_from(EVENT[:9]), junk)
def test_a_corrupted_event_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(events_only, "events.csv", EVENTS, render_events, row, EVENT.index(column), value)
