"""The compiled list of precursor controls: what its words are read as, and refusals."""

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
from crimjust_research.data.ingest import ingest, policy
from crimjust_research.errors import DataError, VocabularyError

HEADER = ["month_year", "jurisdiction", "rule_id", "rule_kind", "event", "source_title", "source_url"]
REGISTER = "https://www.federalregister.gov/documents/2020/04/15/a"
ROWS = [
    ["2020-05", "US", "a", "Targeted", "Norfentanyl and 4-AP designated as List I.", "FR 1", REGISTER],
    ["2020-04", "US", "b", "Targeted", "1-BOC-4-AP made a List I chemical.", "FR 2", REGISTER],
    ["2021-03", "UN", "c", "Targeted", "Voted: ANPP and NPP to Table I of 1988 Convention.", "CND", "https://x.org/v"],
    [
        "2021-03",
        "UN",
        "d",
        "Targeted",
        "CND put 4-piperidone under international control.",
        "CND",
        "https://x.org/w",
    ],
    ["2022-01", "Mexico", "e", "Broad", "Reform of control.", "DOF", "https://dof.mx/?fecha=03/01/2022"],
    ["2022-02", "China", "f", "Targeted", "1-BOC-4-piperidone scheduling effective 1 Feb.", "X", "https://x.cn"],
    ["2022-03", "China", "g", "Broad", "Class-II controls.", "X", "https://x.cn"],
    ["2023-01", "US", "h", "Targeted", "Special Surveillance List update.", "FR 3", REGISTER],
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][HEADER.index(column)] = value
    return copy


def test_substances_instrument_and_status_are_read_from_the_words(tmp_path: Path) -> None:
    (release,) = policy.read([write(tmp_path, "controls.csv", render(ROWS))], None)
    found = release.frame[["rule", "jurisdiction", "substances", "instrument", "status"]].to_numpy().tolist()
    assert found == [
        # The month is later than that of publication: the rule took effect in it.
        ["a", "USA", "4_ap norfentanyl", "list_i_chemical", "in_force"],
        ["b", "USA", "1_boc_4_ap", "list_i_chemical", "published"],
        ["c", "UN", "4_anpp npp", "convention_1988", "voted"],
        ["d", "UN", "4_piperidone", "convention_1988", "not_stated"],
        ["e", "MEX", "unnamed", "national_control", "published"],
        ["f", "CHN", "1_boc_4_piperidone", "national_control", "in_force"],
        ["g", "CHN", "unnamed", "national_control", "not_stated"],
        ["h", "USA", "unnamed", "surveillance_list", "in_force"],
    ]
    assert release.vintage == "2023-01"


@pytest.mark.parametrize(
    ("rows", "error", "match"),
    [
        (
            changed(0, "event", "Aspirin designated as List I."),
            VocabularyError,
            "row 2, event = 'Aspirin .* names none",
        ),
        (changed(0, "jurisdiction", "Chna"), VocabularyError, "did the publisher mean 'China'"),
        (
            changed(0, "jurisdiction", "Canada"),
            VocabularyError,
            "add the line `  Canada: NAME` to `jurisdictions` in data/vocabulary/precursor_controls.yaml",
        ),
        (changed(0, "month_year", "2020-13"), DataError, "row 2, month_year = '2020-13': must be a month"),
        (changed(0, "source_url", ""), DataError, "must be an https address"),
        (changed(0, "event", "ANPP noted."), DataError, "names no instrument of control"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, rows: Rows, error: type[DataError], match: str) -> None:
    with pytest.raises(error, match=match):
        policy.read([write(tmp_path, "controls.csv", render(rows))], None)


def test_an_act_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rule = 'a': stands more than once"):
        ingest([write(tmp_path, "controls.csv", render([*ROWS, ROWS[0]]))], Catalog(tmp_path / "raw"))


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(policy.read, "controls.csv", ROWS, render, seed)


# A rule's name and its source's title are free text.
READ = ["month_year", "jurisdiction", "rule_kind", "event", "source_url"]


@settings(max_examples=40)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from(READ), junk)
def test_any_corrupted_cell_is_refused(number: int, column: str, value: str) -> None:
    assert_corruption_is_refused(policy.read, "controls.csv", ROWS, render, number, HEADER.index(column), value)


def test_what_is_written_is_read_back() -> None:
    assert_round_trip(policy.read, "controls.csv", render(ROWS))
