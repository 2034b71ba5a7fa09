"""Records that a parameter names: read once while they are the same, and told where they belong if given elsewhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cascade_records import HAND, SIX_CASES, TEN_DEFENDANTS
from crimjust_research.data import own_records
from crimjust_research.errors import DataError
from crimjust_research.questions import supplied_records

OUTCOMES = "country,year,value\nPAN,2019,1.5\n"
PROGRAMMES = "country,programme,first_year,last_year\nPAN,aircop,2015,2020\n"


def test_a_file_is_read_again_only_once_it_is_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = tmp_path / "own.csv", []
    path.write_text(OUTCOMES)
    monkeypatch.setattr(own_records, "read", lambda *of, before=own_records.read: read.append(of) or before(*of))
    first = supplied_records.read(str(path), "outcomes", {})
    first["value"] = 0.0  # what one caller does to its records is nothing to the next
    assert supplied_records.read(str(path), "outcomes", {})["value"].tolist() == [1.5]
    assert len(read) == 1
    path.write_text(OUTCOMES.replace("1.5", "2.5"))
    assert supplied_records.read(str(path), "outcomes", {})["value"].tolist() == [2.5]
    assert len(read) == 2


@pytest.mark.parametrize(
    ("content", "kind", "elsewhere", "message"),
    [
        (
            TEN_DEFENDANTS,
            "cases",
            {"defendants": "defendants_file"},
            "records of defendants; give it as defendants_file",
        ),
        # However many faults it has besides.
        (
            TEN_DEFENDANTS.replace("2018-07-01", "July"),
            "cases",
            {"defendants": "defendants_file"},
            "records of defendants; give it as defendants_file",
        ),
        (SIX_CASES, "defendants", {"cases": "cases_file"}, "records of cases; give it as cases_file"),
        (PROGRAMMES, "outcomes", {"co_programmes": "there"}, "records of co_programmes; give it as there"),
        (
            HAND.replace("2018-07-02", "July"),
            "cases",
            {"defendants": "defendants_file"},
            "prosecution_started = 'July'",
        ),
        ("a,b\n1,2\n", "cases", {"defendants": "defendants_file"}, "fault"),
    ],
)
def test_a_file_of_another_kind_is_told_where_it_belongs(
    tmp_path: Path, content: str, kind: str, elsewhere: dict[str, str], message: str
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        supplied_records.read(str(path), kind, elsewhere)


def test_an_empty_file_is_not_one_to_download(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.touch()
    with pytest.raises(DataError, match=r"own\.csv is empty; copy the file of its kind in data/templates") as caught:
        supplied_records.read(str(path), "cases", {"defendants": "defendants_file"})
    assert "download" not in str(caught.value)


@pytest.mark.parametrize("years", ["20155,", "2015,20200"])
def test_a_year_of_a_programme_has_four_digits(tmp_path: Path, years: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"country,programme,first_year,last_year\nPAN,aircop,{years}\n")
    with pytest.raises(DataError, match="2100"):
        supplied_records.read(str(path), "co_programmes", {})


def test_records_beside_are_held_against(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(TEN_DEFENDANTS)
    (tmp_path / "cases.csv").write_text(SIX_CASES)
    cases = own_records.read(tmp_path / "cases.csv", "cases")
    assert len(supplied_records.read(str(path), "defendants", {}, {"cases": cases})) == 10
    with pytest.raises(DataError, match="K-1"):
        supplied_records.read(str(path), "defendants", {}, {"cases": pd.DataFrame(cases[cases["case_id"] != "K-1"])})
