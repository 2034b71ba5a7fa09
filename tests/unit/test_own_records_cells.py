"""What officers and spreadsheets put around values, and in their place: each is read as what it is, and said, or refused."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from test_own_records_as_kept import AMBIGUOUS_NUMBER, CASE, csv_of, read_of
from workbook_files import Cell, write_workbook

from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.vocabulary import record_words

DAY_LOST = "must be a code: a spreadsheet has made a day of it"
DIGITS_LOST = "must be a code: a spreadsheet has made a number of it, and digits of it are lost"
CROSS = "must be true or false: a cross may say yes or no, beside other words than crosses and ticks"
MARK = "must be true or false: a mark of a cross may say yes or no, and no tick of the column tells which"
BESIDE_TICKS = "is empty beside cells that are ticked: it may say no, or that nothing is known"
TWO_DIGITS = (
    "must be a day such as 2023-07-31: this has a year of two digits, and no day of the file tells which part is what"
)


@pytest.mark.parametrize(
    ("column", "cells", "read"),
    [
        ("kilograms", ["12 kg", "500 g", "1.5 t", "2 toneladas métricas"], [12.0, 0.5, 1500.0, 2000.0]),
        ("kilograms", ["12,5 Kg.", "1.500 gramos"], [12.5, 1.5]),
        ("kilograms", ["1.234 kg"], [AMBIGUOUS_NUMBER]),
        ("kilograms", ["10 lb", "250\u00a0000\u202fmg"], [4.5359237, 0.25]),
        ("kilograms", ["3 bultos", "~5"], ["must be a number (kilograms), and holds {!r} beside it"] * 2),
        ("kilograms", ["1\u2009234,5", "1\u00a0234,5", "\u200b7"], [1234.5, 1234.5, 7.0]),
        ("kilograms", ["n/a", "N.D.", "s/d", "-", "—", "desconocido", "Inconnu", "(blank)", "?"], [None] * 9),
        ("kilograms", ["'12", "12'", '"3"'], [12.0, 12.0, 3.0]),
        ("investigation_opened", ["pendiente", "en cours", "n/a", "–"], [None] * 4),
        ("seizure_date", ["3 mars 2023", "12-ene-23", "5 de maio de 2021"], ["2023-03-03", "2023-01-12", "2021-05-05"]),
        ("seizure_date", ["13/05/20", "04/05/20"], ["2020-05-13", "2020-05-04"]),
        ("seizure_date", ["05/13/20", "04/05/20"], ["2020-05-13", "2020-04-05"]),
        ("seizure_date", ["04/05/20", "05/04/20"], [TWO_DIGITS] * 2),
        ("seizure_date", ["04/04/20"], ["2020-04-04"]),
        ("seizure_date", ["04.05.20"], ["2020-05-04"]),
        ("seizure_date", ["13/05/2020", "04/05/20"], ["2020-05-13", "2020-05-04"]),
        ("seizure_date", ["13-05-20", "04-05-20"], [TWO_DIGITS] * 2),
        ("seizure_date", ["13/05/20", "05/13/20", "04/05/20"], ["2020-05-13", "2020-05-13", TWO_DIGITS]),
        ("seizure_date", ["45000", "45000.75", "20230315"], ["2023-03-15"] * 3),
        ("seizure_date", ["2023-03-15 10:30", "15/03/2023 23:59:59"], ["2023-03-15"] * 2),
        ("precursor_involved", ["x", "X", "n/a"], [True, True, None]),
        ("precursor_involved", ["x", ""], [True, BESIDE_TICKS]),
        ("precursor_involved", ["✓", "✗", "✔"], [True, False, True]),
        ("precursor_involved", ["✗", "✘"], [MARK, MARK]),
        ("precursor_involved", ["✓", "x", ""], [True, False, None]),
        ("precursor_involved", ["sí", "x"], [True, CROSS]),
        ("precursor_involved", ["1", "0", "1"], [True, False, True]),
        ("precursor_involved", ["VRAI", "Não", "sim", "oui", "faux"], [True, False, True, True, False]),
        ("country", ["NA"], ["must be a country: this may be the two letters of one or say that none is known"]),
        ("country", ["Namibia", "\u200fPanamá\u00a0"], ["NAM", "PAN"]),
        ("case_id", ["'00123", "00124"], ["00123", "00124"]),
        ("case_id", ["123.0", "124.0"], ["123", "124"]),
        ("case_id", ["1.0", "1.1"], ["1.0", "1.1"]),
        ("case_id", ["1.23E+08", "C-2"], [DIGITS_LOST, "C-2"]),
        ("case_id", ["C-1", "C-2", "C-3", "12-mar", "2024-03-12"], ["C-1", "C-2", "C-3", DAY_LOST, DAY_LOST]),
        ("case_id", ["01/02/2023", "02/02/2023"], ["01/02/2023", "02/02/2023"]),
    ],
)
def test_cells_are_read_as_what_they_are_or_refused(
    tmp_path: Path, column: str, cells: list[str], read: list[object]
) -> None:
    found = [
        value if isinstance(value, str) or value is None else getattr(value, "item", lambda v=value: v)()
        for value in read_of(tmp_path, column, *cells, delimiter=";")
    ]
    assert [str(v).partition(", and holds")[0] for v in found] == [str(v).partition(", and holds")[0] for v in read]
    held = own_records.checked(tmp_path / "cases.csv", "cases")
    said = [line for line in held.understood if line.startswith(f"{column}: ")]
    refused = held.faults["column"].eq(column).any()
    assert said or refused or [str(v) for v in found] == cells


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("US$ 1,200.50", 1200.5),
        ("USD 1200", 1200.0),
        ("1200 U$S", 1200.0),
        ("$ 1200", "must be a number of US dollars: $ may stand for the money of another country"),
        ("1200 €", "must be a number (US dollars), and holds '€' beside it"),
        ("COP 1200", "must be a number (US dollars), and holds 'COP' beside it"),
    ],
)
def test_money_is_read_where_it_says_whose(tmp_path: Path, cell: str, read: object) -> None:
    asset = {"asset_id": "A-1", "case_id": "C-1", "frozen": "2021-02-13", "value_frozen": cell, "as_of": "2024-12-31"}
    held = own_records.checked(csv_of(tmp_path, asset, delimiter=";"), "assets")
    assert [*held.faults["rule"], *held.frame["value_frozen"].dropna()] == [read]


def test_marks_may_have_a_sign_of_per_cent(tmp_path: Path) -> None:
    test = {"training_id": "T-1", "person_code": "P-1", "country": "PAN", "agency": "police", "tested": "2021-05-03"}
    path = csv_of(tmp_path, test | {"before": "45 %", "after": "62,5%", "as_of": "2024-12-31"}, delimiter=";")
    read = own_records.read(path, "knowledge_tests")
    assert read[["before", "after"]].to_numpy().tolist() == [[45.0, 62.5]]


def of_workbook(folder: Path, column: str, cell: str, workbook: str = "") -> pd.DataFrame:
    """What is told of a cell of a case, written as XML in a workbook."""
    import zipfile

    head, row = list(CASE | {"kilograms": ""}), list((CASE | {"kilograms": ""}).values())
    rows: list[list[Cell]] = [
        head,
        [value if name != column else "here" for name, value in zip(head, row, strict=True)],
    ]
    plain = write_workbook(folder / "plain.xlsx", {"S": rows})
    path = folder / "cases.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            here = '<c t="inlineStr"><is><t xml:space="preserve">here</t></is></c>'
            text = text.replace(here, cell).replace("<sheets>", f"{workbook}<sheets>")
            new.writestr(name, text)
    held = own_records.checked(path, "cases")
    return held.frame.assign(rule=" ".join(held.faults["rule"]))


def test_days_and_large_numbers_of_a_workbook_are_no_codes(tmp_path: Path) -> None:
    day = '<c t="d"><v>2023-03-12</v></c>'
    assert of_workbook(tmp_path, "case_id", day)["rule"].tolist() == [DAY_LOST]
    assert of_workbook(tmp_path, "case_id", "<c><v>1.2345678901234568E17</v></c>")["rule"].tolist() == [DIGITS_LOST]
    assert of_workbook(tmp_path, "case_id", "<c><v>123</v></c>")["case_id"].tolist() == ["123"]
    assert of_workbook(tmp_path, "seizure_date", day)["seizure_date"].tolist() == ["2023-03-12"]
    (rule,) = of_workbook(tmp_path, "kilograms", day)["rule"]
    assert rule == "must be a number: a spreadsheet has made a day of it"


def test_days_counted_from_1904_are_not_taken_for_others(tmp_path: Path) -> None:
    number = "<c><v>45000</v></c>"
    assert of_workbook(tmp_path, "seizure_date", number)["seizure_date"].tolist() == ["2023-03-15"]
    (rule,) = of_workbook(tmp_path, "seizure_date", number, '<workbookPr date1904="1"/>')["rule"]
    assert "as a spreadsheet counts days" in rule


def test_no_word_for_not_known_is_a_value() -> None:
    known = record_words.unknown() | record_words.pending()
    assert not known & set(record_words.booleans())
    for kind in kinds().values():
        for column in kind.columns.values():
            if accepted := column.accepted():
                # UNODC counts seizures of unknown drugs among others.
                words = set(record_words.choices(accepted)) - ({"unknown"} if column.name == "drug" else set())
                assert not known & words, column.name
            if column.unit:
                assert column.unit in record_words.load().units, column.name


def test_an_as_of_decades_after_all_else_is_refused_whatever_day_it_is(tmp_path: Path) -> None:
    cases = [CASE | {"case_id": f"C-{n}", "as_of": as_of} for n, as_of in enumerate(("2052-12-31", "2023-12-31"))]
    faults = own_records.check(csv_of(tmp_path, *cases), "cases")
    assert faults[["row", "column", "value", "rule"]].to_numpy().tolist() == [
        [2, "as_of", "2052-12-31", "must not be more than 20 years after all other days of the file"]
    ]
    # The last other day of the file is of 2020: twenty years later is late, and may be.
    late = [CASE, CASE | {"case_id": "C-2", "as_of": "2040-12-31"}]
    assert own_records.check(csv_of(tmp_path, *late), "cases").empty
    later = [*cases, CASE | {"case_id": "C-3", "seizure_date": "2032-01-01", "as_of": "2033-01-01"}]
    assert own_records.check(csv_of(tmp_path, *later), "cases").empty


def test_a_check_by_hand_refuses_days_that_have_not_come_and_a_run_knows_no_today(tmp_path: Path) -> None:
    ahead = CASE | {"seizure_date": "01/02/2095", "as_of": "13/02/2095"}
    path = csv_of(tmp_path, CASE, ahead | {"case_id": "C-2"})
    held = own_records.checked(path, "cases")
    assert held.faults.empty
    assert len(own_records.read(path, "cases")) == 2
    assert own_records.known_by(held, date(2095, 2, 13)).faults.empty
    faults = own_records.known_by(held, date(2095, 2, 12)).faults
    assert faults[["table", "row", "column", "value", "rule"]].to_numpy().tolist() == [
        ["cases", 3, "as_of", "13/02/2095", "must not be after today, 2095-02-12"]
    ]
    done = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "cases"])
    assert done.exit_code == 1
    assert "cases row 3, seizure_date = '01/02/2095': must not be after today" in str(done.exception)
    assert "cases row 3, as_of = '13/02/2095': must not be after today" in str(done.exception)
