"""Text from elsewhere in a CSV that a person opens: words, never a formula; and numbers as they were."""

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimjust_research import spreadsheets
from crimjust_research.data.catalog import Catalog, serialise
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.report import tables

ROOT = Path(__file__).parents[2]
FORMULAS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "-4 editions",
    "\ufeff=1",
    "\x00@x",
    "\x0b-1",
    "\u200b+1",
)
KEPT = ("-5", "+0.5", "-1,234.5", "-1e-06", "-", "+", "-inf", "", "a=b", "cocaine", "'quoted", "\u22125 to 2")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_becomes_words(text: str) -> None:
    assert spreadsheets.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", KEPT)
def test_what_it_would_not_stays(text: str) -> None:
    assert spreadsheets.cell(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n\ufeff\x00'(\uff1d1.,e% aé|"), max_size=6))
def test_no_text_is_calculated_and_none_is_lost(text: str) -> None:
    cell = spreadsheets.cell(text)
    assert cell in (text, f"'{text}")
    assert spreadsheets.cell(cell) == cell
    # What a spreadsheet may pass over before it decides, and what it then takes for a sign or a number.
    begins = re.match(r"[\t\r\n\x00\ufeff]*[=+@\uff1d-]", cell)
    assert not begins or begins[0] == cell or re.fullmatch(r"[+-][0-9.,]+(e[0-9]+)?%?", cell)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_only_texts_of_a_table_are_changed_wherever_they_stand() -> None:
    frame = pd.DataFrame(
        {
            "value": [-1.5, 2.0],
            "=head": ["=1+1", None],
            "kind": pd.Categorical(["@a", "b"]),
            "mixed": [-3, "-x"],
            "when": pd.to_datetime(["2020-01-01", "2020-02-01"]),
            "sure": [True, False],
        }
    )
    before = frame.copy()
    rows = read(csv_bytes(frame))
    assert rows[0] == ["value", "'=head", "kind", "mixed", "when", "sure"]
    assert rows[1:] == [
        ["-1.5", "'=1+1", "'@a", "-3", "2020-01-01", "True"],
        ["2", "", "b", "'-x", "2020-02-01", "False"],
    ]
    pd.testing.assert_frame_equal(frame, before)
    shown = tables.Table("caption", ("=a", "b"), ((-1.5, "=x"), (tables.Text("-y", "note"), None)))
    assert read(tables.csv_bytes(shown)) == [["'=a", "b"], ["-1.5", "'=x"], ["'-y note", ""]]


def test_a_table_without_formulas_has_the_bytes_it_had() -> None:
    frame = pd.DataFrame({"a": [-1.5, None], "b": ["x", None], "c": pd.array([1, None], dtype="Int64")})
    assert csv_bytes(frame) == b"a,b,c\n-1.5,x,1\n,,\n"


def test_data_hold_what_their_publishers_wrote() -> None:
    resource = Catalog(ROOT / "data" / "raw").resources[0]
    text = next(f.name for f in resource.table.fields if f.type == "string")
    frame = Catalog(ROOT / "data" / "raw").open(resource.table.name, resource.vintage).head(1).assign(**{text: "=1+1"})
    assert b"'=1+1" not in serialise(frame, resource.table)
