"""CDC's announcements of overdose deaths: a row of the collected list is a row, and refusals."""

from pathlib import Path

import pytest
from publisher_files import Rows, delimited, write

from crimjust_research.data import catalog
from crimjust_research.data.ingest import assign, cdc_announcements
from crimjust_research.errors import DataError

COLLECTED = Path(__file__).parents[2] / "data" / "collected" / "overdose_announcements.csv"
HEADER = ["month_ending", "deaths", "announced_on", "document", "source_url"]
# Made-up announcements in the layout of the collected list.
ROWS = [
    ["2018-03", "70123", "2018-10-02", "CDC, a note", "https://a.org/1"],
    ["2018-12", "71456", "2019-07-17", "CDC, another", "https://a.org/2"],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def changed(column: str, value: str) -> Rows:
    rows = [list(record) for record in ROWS]
    rows[1][HEADER.index(column)] = value
    return rows


def test_an_announcement_becomes_a_row(tmp_path: Path) -> None:
    path = write(tmp_path, "announced.csv", render(ROWS))
    assert assign([path]) == {"overdose_announcements": (path,)}
    (release,) = cdc_announcements.read([path], None)
    assert release.vintage == "2019-07-17"
    assert release.frame.astype("str").to_numpy().tolist() == ROWS


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("month_ending", "2018", "must be a month"),
        ("month_ending", "2018-03", "stands there already"),
        ("deaths", "about 71,000", "must be a whole number of deaths"),
        ("announced_on", "July 2019", "must be a day"),
        ("document", "", "must not be empty"),
        ("source_url", "a.org", "must be an https address"),
    ],
)
def test_a_bad_cell_is_refused(tmp_path: Path, column: str, value: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        cdc_announcements.read([write(tmp_path, "a.csv", render(changed(column, value)))], None)


def test_what_is_stored_is_what_was_collected() -> None:
    (release,) = cdc_announcements.read([COLLECTED], None)
    stored = catalog.raw().open("overdose_announcements", release.vintage)
    assert stored.astype("str").to_numpy().tolist() == release.frame.astype("str").to_numpy().tolist()
