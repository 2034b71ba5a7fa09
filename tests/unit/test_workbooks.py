"""Excel workbooks: headers below titles and on later sheets, numbers as text, and refusals."""

from pathlib import Path

import pytest
from workbook_files import write_workbook

from crimjust_research.data.ingest.files import header
from crimjust_research.data.ingest.workbooks import header_row, workbook_records
from crimjust_research.errors import DataError


def test_the_header_is_found_wherever_it_stands(tmp_path: Path) -> None:
    rows = [
        ["A title"],
        ["As of", "2024"],
        ["Country", "Year", "Kg"],
        ["Peru", 2022.0, 1.5],
        ["", "", ""],
        ["Mali", 2021.0, 0.0],
    ]
    book = write_workbook(tmp_path / "book.xlsx", {"About": [["Read me"]], "Data": rows})
    assert set(header(book)) >= {"Read me", "A title", "Country", "Year", "Kg"}
    assert header_row(book, ["Year"]) == ("Country", "Year", "Kg")
    frame = workbook_records(book, ["Kg", "Country", "Year"])
    # Rows are numbered as in the sheet; the blank one is left out; whole numbers lose their point.
    assert frame.index.tolist() == [4, 6]
    assert frame.to_numpy().tolist() == [["1.5", "Peru", "2022"], ["0", "Mali", "2021"]]


def test_sheets_of_one_layout_are_put_together(tmp_path: Path) -> None:
    sheets = {name: [["Code", "Value"], [name.upper(), 1.0]] for name in ("va", "rl")}
    frame = workbook_records(write_workbook(tmp_path / "book.xlsx", {**sheets, "notes": [["Code"]]}), ["Code", "Value"])
    assert frame.index.tolist() == ["va!2", "rl!2"]
    assert frame["Code"].tolist() == ["VA", "RL"]


@pytest.mark.parametrize("read", [workbook_records, header_row])
def test_a_workbook_without_the_columns_is_refused(tmp_path: Path, read: object) -> None:
    book = write_workbook(tmp_path / "book.xlsx", {"Data": [["Country", "Year"], ["Peru", 2022.0]]})
    with pytest.raises(DataError, match="no sheet has a row with the columns Country, Kg"):
        read(book, ["Country", "Kg"])  # type: ignore[operator]


def test_a_workbook_without_records_is_refused(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "book.xlsx", {"Data": [["Country", "Year"]]})
    with pytest.raises(DataError, match="a header and no record"):
        workbook_records(book, ["Country"])


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_text("<html>Not found</html>")
    with pytest.raises(DataError, match=r"book\.xlsx cannot be read as a workbook"):
        header(path)
