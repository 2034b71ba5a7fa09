"""Status lists of treaties: known by what was done and when, whatever they are called, and refusals."""

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

from crimjust_research.data.ingest import assign, un_treaties
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError, DataError
from crimjust_research.vocabulary import countries, treaties

KNOWN = treaties.load()
CONSENT = "Ratification, Accession(a), Acceptance(A), Approval(AA), Formal confirmation(c), Succession(d)"
HEADER = ["Participant", "Signature", CONSENT]
DRUGS = KNOWN.by_name["trafficking_1988"]


def witnesses(treaty: treaties.Treaty) -> Rows:
    return [[countries.short_name(iso3), "", f"{day} a"] for iso3, day in treaty.known_by.items()]


ROWS: Rows = [
    ["Afghanistan", "20 Dec 1988", "14 Feb 1992"],
    ["Bolivia (Plurinational State of)", "20 Dec 1988", "20 Aug 1990"],
    ["Congo", "", "3 Mar 2004 a"],
    ["Holy See", "20 Dec 1988", ""],
    ["European Union", "8 Jun 1989", "31 Dec 1990 c"],
    ["Japan", "19 Dec 1989", "12 Jun 1992 A"],
    *witnesses(DRUGS),
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def read(folder: Path, content: str, name: str = "status.csv") -> Release:
    (release,) = un_treaties.read([write(folder, name, content)], None)
    return release


def changed(number: int, column: int, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][column] = value
    return copy


def test_a_list_is_known_by_its_acts_whatever_it_is_called(tmp_path: Path) -> None:
    path = write(tmp_path, "18-14.csv", render(ROWS))
    assert assign([path]) == {"un_treaties": (path,)}
    (release,) = un_treaties.read([path], "2015-03")
    assert release.vintage == "2015-03"
    frame = release.frame.sort_values("iso3").astype("object").fillna("")
    assert set(frame["treaty"]) == {"trafficking_1988"}
    # Nothing in the list is younger, whenever it was had.
    assert set(frame["status_of"]) == {"2004-03"}
    assert frame[["iso3", "signed", "consent", "kind"]].to_numpy().tolist() == [
        ["AFG", "1988-12-20", "1992-02-14", "ratification"],
        ["BOL", "1988-12-20", "1990-08-20", "ratification"],
        ["COG", "", "2004-03-03", "accession"],
        ["JPN", "1989-12-19", "1992-06-12", "acceptance"],
        ["LUX", "", "1992-04-29", "accession"],
        ["TGO", "", "1990-08-01", "accession"],
        ["VAT", "1988-12-20", "", ""],
    ]
    assert release.notes[0] == "6-19: 1 participant(s) that are no State left out"


def test_every_treaty_is_told_from_the_others(tmp_path: Path) -> None:
    for treaty in KNOWN.treaties:
        frame = read(tmp_path, render(witnesses(treaty))).frame
        assert set(frame["treaty"]) == {treaty.name}


def test_one_list_cut_short_is_a_part(tmp_path: Path) -> None:
    others, short = read(tmp_path, render(ROWS)).lacks
    assert others.startswith("the treaties 18-12, 18-12-a, 18-12-b, 18-12-c, 18-14, 6-15, 6-16, 6-18")
    assert short.startswith(
        f"at least {DRUGS.participants - len(ROWS)} of the {DRUGS.participants} participants in 6-19"
    )


def test_participation_through_the_protocol_has_a_column_of_its_own(tmp_path: Path) -> None:
    treaty = KNOWN.by_name["single_1961_amended"]
    through = "Participation in the Convention by virtue of ratification, accession or succession to the Protocol"
    days = list(treaty.known_by.items())
    rows = [
        ["Participant", through, "Accession(a), Succession(d), Ratification"],
        [countries.short_name(days[0][0]), days[0][1], ""],
        [countries.short_name(days[1][0]), days[1][1], ""],
        ["Albania", "", "14 Aug 2001 a"],
    ]
    frame = read(tmp_path, delimited(rows)).frame
    assert frame["kind"].tolist() == ["participation", "participation", "accession"]
    assert frame["signed"].isna().all()
    both = [*rows[:3], ["Albania", "14 Aug 2001", "14 Aug 2001 a"]]
    with pytest.raises(DataError, match=r"'Albania'.* has two days of consent"):
        read(tmp_path, delimited(both))


def test_layouts_of_the_site_and_of_spreadsheets_are_read_alike(tmp_path: Path) -> None:
    plain = read(tmp_path, render(ROWS)).frame
    marks = (" 1", "2, 3", "4", "", "", "", "", "1,2")
    marked = [[f"{name}{mark}", *days] for (name, *days), mark in zip(ROWS, marks, strict=True)]
    spaced = [[name, signed, consent.replace(" a", "  a")] for name, signed, consent in marked]
    semicolons = delimited([HEADER, *spaced], ";").replace("\n", ";;\r\n")
    assert read(tmp_path, "\ufeff" + semicolons, "semicolons.csv").frame.equals(plain)
    long_month = [[cell.replace("Dec", "December") for cell in row] for row in ROWS]
    book = write_workbook(tmp_path / "status.xlsx", {"Status": [["Chapter VI 19"], HEADER, *long_month]})
    assert assign([book]) == {"un_treaties": (book,)}
    (release,) = un_treaties.read([book], None)
    assert release.frame.equals(plain)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (
            ROWS[:-2],
            r"does not say of which treaty it is, and none of those in data/vocabulary/treaties\.yaml was joined",
        ),
        (changed(0, 1, "20 Nov 1988"), "signed = '1988-11-20': lies before 1988-12-20"),
        (
            changed(0, 0, "Southern Africa"),
            r"is a region, not a country; .*no State goes under `others` in .*treaties\.yaml",
        ),
        (changed(0, 2, "14 Feb 92"), "'14 Feb 92': must be a day as 12 Dec 2000"),
        (changed(0, 2, "31 Feb 1992"), "'31 Feb 1992': must be a day"),
        (changed(2, 2, "3 Mar 2004 P"), r"= 'P': is no known kind of consent; add the letter to `kinds`"),
        (changed(3, 1, ""), "'Holy See': has no day at all"),
        ([*ROWS, ROWS[0]], "'Afghanistan': stands in the list twice"),
    ],
)
def test_faulty_lists_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(CrimjustError, match=match):
        read(tmp_path, render(rows))


def test_two_lists_of_one_treaty_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, name, render(ROWS)) for name in ("6-19.csv", "6-19 (1).csv")]
    with pytest.raises(DataError, match="is a second list of the treaty 6-19"):
        un_treaties.read(paths, None)


def test_a_list_cut_off_in_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cut off"):
        read(tmp_path, render(ROWS)[:-3])


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(un_treaties.read, "status.csv", ROWS, render, seed)


@settings(max_examples=40)
@given(st.integers(0, len(ROWS) - 1), st.integers(0, 2), junk)
def test_any_corrupted_cell_is_refused(number: int, column: int, value: str) -> None:
    assert_corruption_is_refused(un_treaties.read, "status.csv", ROWS, render, number, column, value)


def test_a_witness_with_another_day_leaves_the_other_one(tmp_path: Path) -> None:
    damaged = read(tmp_path, render(changed(len(ROWS) - 1, 2, "2 Aug 1990 a"))).frame
    assert set(damaged["treaty"]) == {"trafficking_1988"}


def test_what_is_written_is_read_back() -> None:
    assert_round_trip(un_treaties.read, "status.csv", render(ROWS))
    assert table_bytes(un_treaties.read, "a.csv", render(ROWS)) == table_bytes(un_treaties.read, "b.csv", render(ROWS))
