"""UNCAC reviews and totals: rows by cycle, wording as bounds, and refusals."""

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

from crimjust_research.data.ingest import assign, uncac
from crimjust_research.errors import DataError

HEADER = [*uncac._REVIEW_COLUMNS, "source"]
REVIEWS = [
    ["PAN", "Panama", "V1388719", "2013", "complete", "2508866", "2025", "CAC/COSP/IRG/II/3/1/Add.18", "1-5 Sep 2025",
     "", "x"],
    ["PER", "Peru", "V1253616", "2012", "complete", "V1808730", "2018", "", "", "", "x"],
    ["GHA", "Ghana", "V1500669", "2015", "in_progress", "", "", "", "", "", "x"],
    ["DOM", "Dominican Republic", "V1383895", "2013", "complete", "", "2025", "CAC/COSP/IRG/2025/CRP.3",
     "16-20 Jun 2025", "cycle-2 is a conference room paper, no job number; year from session", "x"],
    ["CHN", "China", "2510448", "", "in_progress", "", "", "", "", "cycle-1 link is a revision", "x"],
]  # fmt: skip
TOTAL_HEADER = list(uncac._TOTAL_COLUMNS)
TOTALS = [
    ["2014-05-21", "reviews_completed", "65", "171 States parties", "A letter, sec. 1", "2014"],
    ["2014-05-21", "reports_published", "28", "", "idem", "2014"],
    ["2019-12-19", "challenges_identified", "almost 7000", "", "UNIS/CP/1089", "2019"],
    ["2021-12-12", "implementation_gaps", "some 8000", "173 States parties", "seed QFR, part II", "2021"],
    ["2021-12-12", "technical_assistance_needs", "over 4000", "idem", "seed QFR, part II", "2021"],
    ["2021-12-12", "share_of_States", "2/3", "", "seed QFR, part II", "2021"],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def render_totals(rows: Rows) -> str:
    return delimited([TOTAL_HEADER, *rows])


def test_a_row_is_a_state_and_a_cycle(tmp_path: Path) -> None:
    path = write(tmp_path, "reviews.csv", render(REVIEWS))
    assert assign([path]) == {"uncac_reviews": (path,)}
    (release,) = uncac.read_reviews([path], None)
    assert release.vintage == "2025"
    frame = release.frame.sort_values(["iso3", "cycle"]).fillna({"year": 0}).fillna("")
    assert frame.to_numpy().tolist() == [
        ["CHN", 1, "complete", "2510448", 0, "", "", "cycle-1 link is a revision"],
        ["CHN", 2, "in progress", "", 0, "", "", ""],
        ["DOM", 1, "complete", "V1383895", 2013, "", "", ""],
        ["DOM", 2, "complete", "", 2025, "CAC/COSP/IRG/2025/CRP.3", "16-20 Jun 2025", REVIEWS[3][9]],
        ["GHA", 1, "complete", "V1500669", 2015, "", "", ""],
        ["GHA", 2, "in progress", "", 0, "", "", ""],
        ["PAN", 1, "complete", "V1388719", 2013, "", "", ""],
        ["PAN", 2, "complete", "2508866", 2025, "CAC/COSP/IRG/II/3/1/Add.18", "1-5 Sep 2025", ""],
        ["PER", 1, "complete", "V1253616", 2012, "", "", ""],
        ["PER", 2, "complete", "V1808730", 2018, "", "", ""],
    ]


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in REVIEWS]
    copy[number][HEADER.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(0, "iso3", "PER"), "gives iso3 = 'PER' beside country = 'Panama', which is PAN"),
        (changed(0, "cycle1_es_job_no", "1388719X"), "must be a United Nations job number"),
        (changed(0, "cycle1_es_job_year", "2014"), "must be the year the job number begins with"),
        (changed(0, "cycle1_es_job_year", ""), "is missing without a note that says why"),
        (changed(0, "cycle2_es_job_no", ""), "is missing without a note that says why"),
        (changed(0, "cycle2_status", "done"), "must be one of complete, in_progress"),
        (changed(0, "cycle2_status", "in_progress"), "must be empty while the review is in progress"),
        (changed(0, "cycle2_doc_symbol", "A/RES/58/4"), "must be a document symbol of the review group"),
        (changed(3, "cycle2_session", "16-20 Jun 2024"), "must be the year of the session"),
    ],
)
def test_cells_that_contradict_each_other_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        uncac.read_reviews([write(tmp_path, "reviews.csv", render(rows))], None)


def test_totals_keep_the_bounds_of_their_wording(tmp_path: Path) -> None:
    path = write(tmp_path, "totals.csv", render_totals(TOTALS))
    assert assign([path]) == {"uncac_totals": (path,)}
    (release,) = uncac.read_totals([path], None)
    assert release.vintage == "2021-12-12"
    frame = release.frame.set_index("metric")
    bounds = frame[["qualifier", "value_low", "value_high"]].fillna(-1).apply(list, axis=1).to_dict()
    assert bounds == {
        "reviews_completed": ["exact", 65, 65],
        "reports_published": ["exact", 28, 28],
        "challenges_identified": ["under", -1, 7000],
        # Rounded to thousands: half a thousand either side.
        "implementation_gaps": ["about", 7500, 8500],
        "technical_assistance_needs": ["over", 4000, -1],
        "share_of_States": ["exact", 2 / 3, 2 / 3],
    }
    assert frame.loc["reports_published", "document"] == "A letter, sec. 1"
    assert frame.loc["technical_assistance_needs", "scope"] == "173 States parties"
    assert frame.loc["implementation_gaps", "document"].endswith("12 December 2021, part II")
    assert "seed" not in " ".join(frame["document"])


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (["2021-02-30", "gaps", "5", "", "A", "2021"], "as_of = '2021-02-30': must be a day"),
        (["2021-02-03", "gaps", "many", "", "A", "2021"], "value = 'many': must state a figure"),
        (["2021-02-03", "gaps", "5", "", "idem", "2021"], "must name the document; nothing is cited there"),
        (["2021-02-03", "gaps 2", "5", "", "A", "2021"], "must be words joined by underscores"),
    ],
)
def test_faulty_totals_are_refused(tmp_path: Path, row: list[str], match: str) -> None:
    with pytest.raises(DataError, match=match):
        uncac.read_totals([write(tmp_path, "totals.csv", render_totals([row]))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(uncac.read_reviews, "reviews.csv", REVIEWS, render, seed)
    assert_order_is_free(uncac.read_totals, "totals.csv", TOTALS, render_totals, seed)


@settings(max_examples=50)
@given(st.integers(0, len(REVIEWS) - 1), st.sampled_from(HEADER[:-2]), junk)
def test_a_corrupted_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(uncac.read_reviews, "reviews.csv", REVIEWS, render, row, HEADER.index(column), value)


@settings(max_examples=30)
@given(st.integers(0, len(TOTALS) - 1), st.sampled_from(["as_of", "metric", "value", "source_year"]), junk)
def test_a_corrupted_total_is_refused(row: int, column: str, value: str) -> None:
    at = TOTAL_HEADER.index(column)
    assert_corruption_is_refused(uncac.read_totals, "totals.csv", TOTALS, render_totals, row, at, value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(uncac.read_reviews, "reviews.csv", render(REVIEWS))
    assert_round_trip(uncac.read_totals, "totals.csv", render_totals(TOTALS))
