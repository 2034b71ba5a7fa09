"""What is hidden in a workbook is read and said; headings of another unit and cells at fault have remedies in words."""

from pathlib import Path
from time import process_time

import pytest
from test_own_records_as_kept import CASE, TABLE, csv_of, workbook_with

from crimjust_research.data import own_records

ROWS = "hidden rows, or rows left out by a filter, are read: "


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<row>", '<row hidden="1">', [f"{ROWS}2 to 3"]),  # the header is no record
        ("<row>", "<row hidden='false'>", []),
        (
            "<sheetData>",
            '<cols><col min="2" max="3" hidden="true"/><col min="7" max="16384" hidden="1"/></cols><sheetData>',
            ["hidden columns are read: B, C"],
        ),
    ],
)
def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    table = [row[:5] for row in TABLE] if "cols" in new else TABLE
    path = workbook_with(tmp_path, table, lambda text: text.replace(old, new))
    held = own_records.checked(path, "cases")
    assert [line for line in held.understood if "hidden" in line] == said
    assert len(held.frame) == 2


@pytest.mark.parametrize("remark", [f"<col {'a' * 60_000}>", f"<row {'a ' * 30_000}>"], ids=["one word", "words"])
def test_remarks_that_look_like_tags_are_gone_through_once(tmp_path: Path, remark: str) -> None:
    """A word of 60,000 letters took minutes."""
    path = workbook_with(
        tmp_path, TABLE, lambda text: text.replace("<sheetData>", f"<!-- hidden {remark} --><sheetData>")
    )
    begun = process_time()
    assert len(own_records.checked(path, "cases").frame) == 2
    assert process_time() - begun < 4


def test_rows_that_a_filter_hides_are_told_in_ranges(tmp_path: Path) -> None:
    table = [TABLE[0], *([*(CASE | {"case_id": f"C-{n}"}).values(), 1.5] for n in range(2, 20))]

    def filtered(text: str) -> str:
        pieces = text.split("<row>")
        hidden = {3, 5, 6, 9, 11, 13, 15, 16}
        begun = {n: f'<row r="{n}" hidden="1">' if n in hidden else f'<row r="{n}">' for n in range(1, len(pieces))}
        return pieces[0] + "".join(begun[n] + pieces[n] for n in begun)

    held = own_records.checked(workbook_with(tmp_path, table, filtered), "cases")
    assert f"{ROWS}3, 5 to 6, 9, 11, 13 and 2 more" in held.understood
    assert held.frame["case_id"].tolist() == [f"C-{n}" for n in range(2, 20)]


@pytest.mark.parametrize(
    ("heading", "remedy"),
    [
        ("Peso (g)", "it seems to be in 'g', and kilograms is in kilograms: convert the numbers, or write the unit"),
        (
            "Weight (lb)",
            "it seems to be in 'lb', and kilograms is in kilograms: convert the numbers, or write the unit",
        ),
        ("Wieght (kg)", "rename it to kilograms"),
        ("Kilogrms", "rename it to kilograms if it is in kilograms; else convert the numbers first"),
        # The column's own name beside another unit; a unit that may be one of several; thousands.
        ("kilograms (g)", "it seems to be in 'g', and kilograms is in kilograms: convert the numbers"),
        ("Peso (toneladas)", "rename it to kilograms if it is in kilograms; else convert the numbers first"),
        ("kilograms (thousands)", "it seems to count in 'thousands', and kilograms is in single kilograms: convert"),
    ],
)
def test_a_column_of_another_unit_is_not_to_be_renamed_alone(tmp_path: Path, heading: str, remedy: str) -> None:
    faults = own_records.check(csv_of(tmp_path, CASE | {heading: "500"}), "cases")
    assert [told.startswith(remedy) for told in faults["remedy"]] == [True], faults["remedy"].tolist()
    assert remedy != "rename it to kilograms" or faults["remedy"].tolist() == [remedy]


@pytest.mark.parametrize(
    ("heading", "remedy"),
    [
        ("Presupuesto (miles de USD)", "it seems to count in 'miles', and budget is in single US dollars: convert"),
        ("budget (USD million)", "it seems to count in 'million', and budget is in single US dollars: convert"),
        ("budget in thousands", "it seems to count in 'thousands', and budget is in single US dollars: convert"),
        ("Budget USD 000s", "it seems to count in '000s', and budget is in single US dollars: convert"),
        ("Budget (COP)", "rename it to budget if it is in US dollars; else convert the numbers first"),
        ("Budgt USD", "rename it to budget"),
    ],
)
def test_money_in_thousands_or_of_another_country_is_not_to_be_renamed_alone(
    tmp_path: Path, heading: str, remedy: str
) -> None:
    row = {"activity": "pillar_1", "country": "COL", "year": "2021", heading: "100", "spent": "50"}
    (told,) = own_records.check(csv_of(tmp_path, row), "expenditure")["remedy"]
    assert told.startswith(remedy)
    assert remedy != "rename it to budget" or told == remedy


def test_days_told_in_weeks_are_not_to_be_renamed_alone(tmp_path: Path) -> None:
    row = {"defendant_id": "D-1", "case_id": "C-1", "role": "courier", "charged": "2021-05-01", "as_of": "2022-01-01"}
    for heading in ("pretrial_days (weeks)", "pretrial (months)"):
        (told,) = own_records.check(csv_of(tmp_path, row | {heading: "4"}), "defendants")["remedy"]
        assert told == "rename it to pretrial_days if it is in days; else convert the numbers first"


@pytest.mark.parametrize(
    ("column", "cell", "remedy"),
    [
        ("kilograms", "-3", "correct the number, in kilograms, or empty the cell where it is not known"),
        ("case_id", "no digit", "write a code such as C-0123, that tells nobody's name"),
        ("country", "Zzzzz", "write the country's name or its three letters: Panama is PAN"),
        ("charges", "xyzzy", "write one or more of "),
    ],
)
def test_each_remedy_says_what_to_write(tmp_path: Path, column: str, cell: str, remedy: str) -> None:
    record = CASE | {column: cell}
    told = own_records.check(csv_of(tmp_path, record), "cases")["remedy"].tolist()
    assert [line for line in told if line.startswith(remedy)], told
