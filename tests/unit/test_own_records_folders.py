"""Folders whose files bear other names, workbooks of several sheets, and rows that are no records."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from test_own_records import SOUND
from test_own_records_as_kept import CASE
from workbook_files import Cell, write_workbook

from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import record_words


def written(path: Path, *rows: Sequence[str], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def sound(kind: str) -> list[list[str]]:
    return [list(SOUND[kind]), list(SOUND[kind].values())]


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("casos.csv", "cases", "by its columns"),
        ("Affaires 2023.csv", "cases", "by its columns"),
        ("formations.csv", "trainings", "by its columns"),
        ("Dados dos casos.txt", "cases", "by its columns"),
        ("x.csv", "joint_teams", "by its columns"),
        ("Casos (imputados).csv", "defendants", "by its columns"),
    ],
)
def test_a_file_of_another_name_is_known_by_its_columns_and_said_so(
    tmp_path: Path, name: str, kind: str, why: str
) -> None:
    written(tmp_path / name, *sound(kind))
    folder = own_records.read_folder(tmp_path)
    assert (list(folder.records), folder.others) == ([kind], ())
    assert folder.understood == {kind: (f"taken for {kind}, {why}",)}
    told = CliRunner().invoke(crimjust, ["data", "check", str(tmp_path)])
    assert f"{name}, as it was understood:\n  taken for {kind}, {why}\n{name}: 1 {kind}, no fault" in told.output


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_is_known_by_the_columns_it_requires(tmp_path: Path, kind: str) -> None:
    required = [name for name in SOUND[kind] if name in kinds()[kind].required]
    written(tmp_path / "records.csv", required, [SOUND[kind][name] for name in required])
    found, others = own_records.check_folder(tmp_path)
    assert (list(found), others) == ([kind], ())


def test_a_workbook_may_have_a_sheet_of_each_kind(tmp_path: Path) -> None:
    sheets: dict[str, Sequence[Sequence[Cell]]] = {
        "Casos": [["Fiscalía General"], *sound("cases")],
        "Imputados": sound("defendants"),
        "Notas": [["Notas"], ["Leer primero"]],
        "Vacía": [],
    }
    write_workbook(tmp_path / "Registro 2023.xlsx", sheets)
    folder = own_records.read_folder(tmp_path)
    assert {kind: len(frame) for kind, frame in folder.records.items()} == {"cases": 1, "defendants": 1}
    assert folder.files == dict.fromkeys(("cases", "defendants"), tmp_path / "Registro 2023.xlsx")
    assert folder.understood["cases"][:2] == (
        "sheet 'Casos' taken for cases, by its columns",
        "not read, as of no kind: sheet 'Notas'; if one holds records, name it after their kind, and give it the columns of "
        "data/templates",
    )
    assert folder.understood["defendants"] == ("sheet 'Imputados' taken for defendants, by its columns",)
    told = CliRunner().invoke(crimjust, ["data", "check", str(tmp_path)])
    assert "Registro 2023.xlsx (defendants): 1 defendants, no fault" in told.output


def test_a_file_named_after_a_kind_that_lacks_columns_is_told_what_is_missing(tmp_path: Path) -> None:
    written(tmp_path / "casos de 2023.csv", ["Caso", "País", "Droga"], ["C-1", "PAN", "cocaína"])
    with pytest.raises(DataError, match="seizure_date = '': the column is missing"):
        own_records.read_folder(tmp_path)


def test_two_tables_of_a_kind_and_tables_of_none_are_named(tmp_path: Path) -> None:
    written(tmp_path / "casos 2022.csv", *sound("cases"))
    written(tmp_path / "lista.csv", ["a", "b"], ["1", "2"])
    found, others = own_records.check_folder(tmp_path)
    assert (list(found), others) == (["cases"], (Path("lista.csv"),))
    written(tmp_path / "casos 2023.csv", *sound("cases"))
    with pytest.raises(DataError, match=r"holds casos 2022\.csv and casos 2023\.csv, both of cases: keep one of them"):
        own_records.check_folder(tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    written(alone / "lista.csv", ["a", "b"], ["1", "2"])
    with pytest.raises(DataError, match=r"of no kind by its name or columns: lista\.csv"):
        own_records.check_folder(alone)


def test_no_word_is_in_the_name_of_two_kinds() -> None:
    words = [word for kind in kinds().values() for word in kind.called]
    assert len(words) == len(set(words))
    assert all(word == record_words.heading(word) for word in words)


HEAD, ONE, TWO = list(CASE | {"kilograms": ""}), [*CASE.values(), "12,5"], ["C-2", *list(CASE.values())[1:], "7"]
BLANK = [""] * len(HEAD)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ONE, HEAD, TWO], "row 3 left out, as the header once more"),
        (
            [ONE, ["Caso", "País", "Fecha de incautación", "Droga", "", "kg"], TWO],
            "row 3 left out, as the header once more",
        ),
        ([ONE, BLANK, HEAD, TWO, HEAD], "rows 4, 6 left out, as the header once more"),
        ([ONE, TWO, ["Total général", "", "", "", "", "19,5"]], "row 4 left out, as a total"),
        ([ONE, ["", "Subtotal:", "", "", "", "12,5"], TWO], "row 3 left out, as a total"),
        ([ONE, TWO, ["TOTAL: 2 casos", *BLANK[1:]]], "row 4 left out, as a total"),
        ([ONE, TWO, ["", "", "", "", "", "19,5"]], "row 4 left out, as the sum of the rows above"),
        ([ONE, ["-", "n/a", "", "", "—", ""], TWO], "row 3 left out, as nothing that is known"),
        ([ONE, TWO, BLANK, ["Fuente: Fiscalía, 2023"]], "row 5 left out, as a note"),
        ([ONE, TWO, ["Source: the registry", " of the court"]], "row 4 left out, as a note"),
        ([ONE, TWO, ["Elaborado por la oficina"]], "row 4 left out, as a note"),
        ([ONE, TWO, ["Todos los casos de la región"]], "row 4 left out, as a note"),
    ],
)
@pytest.mark.parametrize("workbook", [False, True])
def test_rows_that_are_certainly_no_records_are_left_out_and_said(
    tmp_path: Path, rows: list[list[str]], said: str, workbook: bool
) -> None:
    path = tmp_path / ("a.xlsx" if workbook else "a.csv")
    if workbook:
        write_workbook(path, {"S": [HEAD, *rows]})
    else:
        written(path, HEAD, *rows, delimiter=";")
    held = own_records.checked(path, "cases")
    assert held.faults.empty, held.faults.to_string()
    assert held.frame["case_id"].tolist() == ["C-1", "C-2"]
    assert said in held.understood


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "PAN", "2020-05-01", "cocaine", "2023-12-31", "19.5"],
        ["", "", "", "", "", "20"],
        ["PANAMÁ", "", "", "", "", ""],
        ["", "COL", "2020-05-01", "cocaine", "2023-12-31", "3"],
        ["C-3", "", "", "", "", ""],
        ["drug", "country", "seizure_date", "case_id", "as_of", "kilograms"],
    ],
)
def test_rows_that_may_be_records_are_named_and_not_left_out(tmp_path: Path, row: list[str]) -> None:
    path = written(tmp_path / "a.csv", HEAD, [*ONE[:-1], "12.5"], row, TWO)
    held = own_records.checked(path, "cases")
    assert len(held.frame) == 3
    assert set(held.faults["row"]) == {3}
    assert not any("left out" in line for line in held.understood)


def test_a_row_of_a_single_cell_is_told_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEAD, [*ONE[:-1], "12.5"], ["", "", "", "", "", "20"], TWO)
    (fault,) = own_records.check(path, "cases").itertuples()
    assert (fault.column, fault.value) == ("", "20")
    assert fault.rule == "is no record: it must have case_id, country, seizure_date, drug, as_of"


def test_a_table_of_totals_alone_holds_no_record(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no record: row 2 left out, as a total"):
        own_records.checked(written(tmp_path / "a.csv", HEAD, ["Total", "", "", "", "", "1"]), "cases")


def test_a_corrected_copy_lacks_the_rows_that_were_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEAD, ONE, HEAD, TWO, ["Total", *BLANK[1:]], delimiter=";")
    done = CliRunner().invoke(crimjust, ["data", "fix", str(path), "--as", "cases"])
    assert done.exit_code == 0, done.output
    assert pd.read_csv(tmp_path / "a.corrected.csv")["case_id"].tolist() == ["C-1", "C-2"]
