"""Tables of the report in the forms readers take away."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from reported import HOSTILE, Page, estimate, markets

from crimjust_research import written
from crimjust_research.errors import DataError
from crimjust_research.report import tables


def test_csv_cells_are_read_as_what_they_are() -> None:
    table = tables.from_csv("A", b"code,year,share,adf_p,seen\n01,2020,0.123456,0.0004,True\n02,,-1.5,,False\n")
    assert table.rows == (("01", 2020, 0.123456, 0.0004, True), ("02", None, -1.5, None, False))
    cells = re.findall(r"<t[dh](?: [^>]*)?>([^<]*)</t[dh]>", tables.html(table))
    assert cells == [
        *("Code", "Year", "Share", "ADF p", "Seen"),
        *("01", "2020", "0.1235", "&lt;\u00a00.001", "yes"),
        *("02", "n/a", "−1.500", "n/a", "no"),
    ]


def test_table_csv_keeps_all_digits() -> None:
    table = tables.from_records("A", [{"root": 0.123456789, "note": 'a,"b"'}, {"root": None, "note": ""}])
    assert tables.csv_bytes(table) == b'root,note\n0.123456789,"a,""b"""\n,\n'


def test_word_document_holds_every_table_ruled() -> None:
    one = tables.of_estimates("Estimates", [estimate("a", data_status="simulated")], "x", {})
    document = Page(tables.word(HOSTILE, [one, tables.from_records(HOSTILE, [{"lag": 1}])]).decode())
    assert sum(1 for _ in document.all("table")) == 2
    assert "SIMULATED" in document.text()
    assert HOSTILE in document.text()
    assert any("border:.5pt solid" in words for path, words in document.words if "style" in path)


def test_a_long_table_is_cut_on_the_page_and_says_so() -> None:
    long = tables.Table("Table 1. Years", ("year",), tuple((year,) for year in range(2000, 2100)))
    shown = tables.first_rows(long)
    assert len(shown.rows) == tables.SHOWN_ROWS
    assert shown.caption == "Table 1. Years: the first 30 of 100 rows, all are in the CSV"
    short = tables.Table("Table 2", ("year",), ((2000,),))
    assert tables.first_rows(short) is short


def test_results_saved_by_hand_take_no_other_file_s_place(reports: Path, tmp_path: Path) -> None:
    assessment = markets(reports.parent)
    assessment.save()
    place = reports / "interactive" / assessment.name
    first = {path.name for path in place.iterdir()}
    assessment.save()
    assert not (reports / written.ASIDE).exists()
    (place / "estimates.csv").write_text("noted by hand")
    (place / "assessment.json").unlink()
    assessment.save()
    assert {path.name for path in place.iterdir()} == first
    (kept,) = (path for path in (reports / written.ASIDE).rglob("*") if path.is_file())
    assert kept.read_text() == "noted by hand"
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "estimates.csv").write_text("somebody's own")
    with pytest.raises(DataError, match="holds files that no saved results left there"):
        assessment.save(tmp_path / "theirs")
    assert (tmp_path / "theirs" / "estimates.csv").read_text() == "somebody's own"


def test_methods_stand_below_once_and_rows_name_them_where_there_are_several() -> None:
    one = tables.of_estimates("A", [estimate("a"), estimate("b")], "run", {})
    assert one.notes == ("Toda-Yamamoto, F version",)
    assert tables.notes(one) == '<p class="notes">Method: Toda-Yamamoto, F version</p>'
    two = tables.of_estimates("A", [estimate("a"), estimate("b", method="<i>`x`</i>"), estimate("c")], "run", {})
    assert "<li>&lt;i&gt;<code>x</code>&lt;/i&gt;</li>" in tables.notes(two)
    assert re.findall(r"method (\d)", tables.html(two)) == ["1", "2", "1"]
    assert tables.notes(tables.Table("B", ("x",), ())) == ""


def test_rows_of_estimates_lead_to_the_cell_that_recorded_them() -> None:
    table = tables.of_estimates("A", [estimate("a"), estimate("b")], "01_run", {"b": 12})
    assert table.columns[1] == "Cell"
    assert '<a href="#cell-01_run-12" aria-label="cell 12 of notebook 01">cell 12</a>' in tables.html(table)
    assert tables.csv_bytes(table).decode().splitlines()[-1].split(",")[1] == "cell 12"
    assert "Cell" not in tables.of_estimates("A", [estimate("a")], "01_run", {}).columns


def test_adjusted_p_has_a_column_only_where_there_is_one() -> None:
    rows = [replace(estimate("a"), p_adjusted=math.nan), estimate("b")]
    assert "Adjusted p" not in tables.of_estimates("A", rows[:1], "run", {}).columns
    assert tables.of_estimates("A", rows, "run", {}).columns[-2] == "Adjusted p"


def test_what_all_rows_share_is_told_once() -> None:
    rows = [replace(estimate(name), ci_low=-1.0, ci_high=99.0, ci_level=0.95) for name in "ab"]
    shared = tables.of_estimates("A", rows, "run", {})
    assert f"Estimate, {rows[0].unit}" in shared.columns
    assert "Interval, 95% level" in shared.columns
    assert "Role" not in shared.columns
    assert "<small>95% level</small>" not in tables.html(shared)
    other = replace(rows[1], unit="days", ci_level=0.9, role="sensitivity")
    apart = tables.of_estimates("A", [rows[0], other], "run", {})
    assert {"Estimate", "Interval", "Role"} < set(apart.columns)
    assert "<small>90% level</small>" in tables.html(apart)
    assert "<small>days</small>" in tables.html(apart)


def test_long_words_are_given_room() -> None:
    shown = tables.html(tables.Table("A", ("x", "y", "z"), (("a", "short", "word " * 9),)))
    assert '<table class="w3">' in shown
    assert ".w3 td:nth-child(3)" in tables.STYLE


def test_numbers_stand_to_the_right_by_column_on_a_page_and_by_cell_in_a_word_processor() -> None:
    table = tables.Table("A", ("x", "n", "y", "m"), ((1, 2, "a", 0.5), (3, 4, "b", None)))
    assert '<table class="n2 n4">' in tables.html(table)
    assert 'class="number"' not in tables.html(table)
    assert ".n4 tr > :nth-child(4)" in tables.STYLE
    word = tables.word("T", [table]).decode()
    assert word.count('class="number"') == 2 * 3
    assert "<table><caption>" in word


@pytest.mark.parametrize("name", ["p", "p_value", "trend_p", "p_adjusted", "p_at_least", "p_exactly"])
def test_a_column_of_p_is_printed_as_papers_print_it(name: str) -> None:
    (shown,) = tables.formats_of(tables.Table("Chance", (name,), ((1.4e-15,), (0.25,))))
    assert shown.show(1.4e-15) == "&lt;\u00a00.001"
    assert tables.formats_of(tables.Table("Share", ("place",), ((1.4e-15,),)))[0].show(0.25) == "0.2500"
