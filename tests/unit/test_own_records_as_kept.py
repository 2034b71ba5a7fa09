"""Own records as officers keep them: whatever the language, the order of days, the marks in numbers and the kind of file, they
are read as what they are; what may mean two things is refused, and nothing else."""

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
import pytest
from babel import Locale
from babel.dates import format_date
from click.testing import CliRunner
from test_own_records import SOUND
from workbook_files import Cell, write_workbook

from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records import days
from crimjust_research.data.own_records.fixing import fixed
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import record_words

# Made up for these tests; no case is meant. What each column is called in English, Spanish, French and Portuguese.
HEADINGS = {
    "case_id": ("Case number", "Número de caso", "Numéro de l'affaire", "Número do processo"),
    "country": ("Country", "País", "Pays", "País"),
    "seizure_date": ("Date of seizure", "Fecha de incautación", "Date de saisie", "Data da apreensão"),
    "drug": ("Drug", "Droga", "Drogue", "Droga"),
    "kilograms": ("Weight (kg)", "Peso (kg)", "Poids (kg)", "Peso em kg"),
    "investigation_opened": (
        "Investigation opened",
        "Apertura de la investigación",
        "Ouverture de l'enquête",
        "Abertura da investigação",
    ),
    "transnational_cooperation_used": (
        "International cooperation",
        "Cooperación internacional",
        "Coopération internationale",
        "Cooperação internacional",
    ),
    "programme_supported": (
        "Supported by the programme",
        "Apoyo del programa",
        "Soutien du programme",
        "Apoio do programa",
    ),
    "as_of": ("Status date", "Fecha de corte", "Date de mise à jour", "Data de referência"),
}
LANGUAGES = ("en", "es", "fr", "pt")
TRUE, FALSE = ("yes", "sí", "oui", "sim"), ("no", "no", "non", "não")
DRUGS = {
    "cocaine": ("Cocaine", "Cocaína", "cocaïne", "cocaína"),
    "heroin": ("heroin", "heroína", "Héroïne", "heroína"),
    "cannabis": ("Cannabis", "marihuana", "cannabis", "maconha"),
    "fentanyls": ("fentanyl", "fentanilo", "fentanyl", "fentanil"),
    "methamphetamine": ("Methamphetamine", "metanfetamina", "méthamphétamine", "metanfetamina"),
}
COUNTRIES = {"PAN": "PA", "MEX": "MX", "CPV": "CV", "CIV": "CI", "DOM": "DO", "BRA": "BR", "ESP": "ES"}
ARABIC, PERSIAN, DEVANAGARI, WIDE = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９"


class Style(NamedTuple):
    """How a file is written."""

    language: int
    day_first: bool
    sign: str
    decimal: str
    thousands: str
    countries: str
    """names, alpha2 or alpha3."""
    case: Callable[[str], str]
    digits: str
    native: bool


def style(rng: random.Random, workbook: bool) -> Style:
    decimal = rng.choice(".,")
    thousands = rng.choice(["", "", " ", "\u00a0", "," if decimal == "." else "."])
    day_first = rng.random() < 0.6
    return Style(
        rng.randrange(4),
        day_first,
        rng.choice("/-.") if day_first else rng.choice("/-"),
        decimal,
        thousands,
        rng.choice(("names", "alpha2", "alpha3")),
        rng.choice((str.lower, str.upper, str.title, str)),
        rng.choice(["0123456789"] * 5 + [ARABIC, PERSIAN, DEVANAGARI, WIDE]),
        workbook and rng.random() < 0.5,
    )


def records(rng: random.Random) -> pd.DataFrame:
    """Sound cases, with few rows and low days often enough that some files tell no order."""
    rows, low = rng.randint(1, 12), rng.random() < 0.4
    decimals = rng.choice((0, 1, 3, 3))

    def day(year: int) -> date:
        return date(year, rng.randint(1, 12), rng.randint(1, 12 if low else 28))

    return pd.DataFrame(
        {
            "case_id": [f"C-{n}" for n in range(rows)],
            "country": [rng.choice(list(COUNTRIES)) for _ in range(rows)],
            "seizure_date": [day(2020) for _ in range(rows)],
            "drug": [rng.choice(list(DRUGS)) for _ in range(rows)],
            "kilograms": [
                round(rng.choice((5, 50, 5_000, 5_000_000)) * rng.random() + 1, decimals) for _ in range(rows)
            ],
            "investigation_opened": [rng.choice((None, day(2021))) for _ in range(rows)],
            "transnational_cooperation_used": [rng.choice((True, False, None)) for _ in range(rows)],
            "programme_supported": [rng.choice((True, False)) for _ in range(rows)],
            "as_of": [day(2023) for _ in range(rows)],
        }
    )


def rendered(frame: pd.DataFrame, how: Style) -> list[list[Cell]]:
    """The header and the rows of cells as somebody writes them."""
    lines: list[list[Cell]] = [[how.case(HEADINGS[name][how.language]) for name in frame]]
    for record in frame.to_dict("records"):
        lines.append([cell(str(name), value, how) for name, value in record.items()])
    return lines


def cell(name: str, value: object, how: Style) -> Cell:
    digits = str.maketrans("0123456789", how.digits)
    if value is None:
        return ""
    if isinstance(value, bool):
        return how.case((TRUE if value else FALSE)[how.language])
    if isinstance(value, date):
        parts = [value.day, value.month] if how.day_first else [value.month, value.day]
        return how.sign.join([*(f"{part:02}" for part in parts), str(value.year)]).translate(digits)
    if isinstance(value, float):
        return value if how.native else number(value, how).translate(digits)
    if name == "country":
        names = Locale(LANGUAGES[how.language]).territories
        two = COUNTRIES[str(value)]
        return how.case({"names": names[two], "alpha2": two, "alpha3": str(value)}[how.countries])
    return DRUGS[str(value)][how.language] if name == "drug" else str(value)


def number(value: float, how: Style) -> str:
    whole, _, decimals = f"{value:,}".removesuffix(".0").partition(".")
    return whole.replace(",", how.thousands) + (how.decimal + decimals if decimals else "")


def write(folder: Path, lines: Sequence[Sequence[Cell]], rng: random.Random, workbook: bool) -> Path:
    titles: list[list[Cell]] = [["Ministério Público"], ["Casos", "2020"], []][: rng.randint(0, 3)]
    table = [*titles, *map(list, lines)]
    if workbook:
        sheets: dict[str, Sequence[Sequence[Cell]]] = {"Notas": [["País", "Droga"], ["x", "y"]], "Casos": table}
        return write_workbook(folder / "casos.xlsx", sheets if rng.random() < 0.5 else {"Casos": table})
    stream = io.StringIO()
    csv.writer(stream, delimiter=rng.choice(",;\t"), lineterminator=rng.choice(("\n", "\r\n"))).writerows(table)
    text, path = stream.getvalue(), folder / "casos.csv"
    codings = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]
    try:
        path.write_bytes(text.encode(rng.choice(codings)))
    except UnicodeEncodeError:  # digits of another script
        path.write_bytes(text.encode())
    return path


def days_of(text: str, day_first: bool) -> date | None:
    """A day as one order has it; None if there is none."""
    parts = [int(part) for part in text.replace("-", "/").replace(".", "/").split("/")]
    try:
        return date(parts[2], *((parts[1], parts[0]) if day_first else (parts[0], parts[1])))
    except ValueError:
        return None


def tells_no_order(frame: pd.DataFrame) -> bool:
    """Whether every day of a file is one in both orders, and not the same in some."""
    days = [d for name in ("seizure_date", "investigation_opened", "as_of") for d in frame[name] if d is not None]
    return all(d.day <= 12 for d in days) and any(d.day != d.month for d in days)


def tells_no_mark(frame: pd.DataFrame, how: Style) -> bool:
    """Whether every number of a file is one with either decimal mark, and not the same in some."""
    numbers = [number(value, how).replace("\u00a0", " ") for value in frame["kilograms"]]
    readings = [[as_number(text, mark) for text in numbers] for mark in ".,"]
    return all(None not in reading for reading in readings) and readings[0] != readings[1]


def as_number(text: str, decimal: str) -> float | None:
    other = "." if decimal == "," else ","
    whole, _, decimals = text.partition(decimal)
    for sign in (other, " "):
        groups = whole.split(sign)
        if len(groups) > 1:
            if not (1 <= len(groups[0]) <= 3 and groups[0] != "0" and all(len(g) == 3 for g in groups[1:])):
                return None
            whole = "".join(groups)
    return float(f"{whole}.{decimals or 0}") if (whole + decimals).isdecimal() else None


@pytest.mark.parametrize("seed", range(80))
def test_sound_records_are_read_however_they_are_written_and_refused_only_where_they_tell_two_things(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    workbook = rng.random() < 0.3
    frame, how = records(rng), style(rng, workbook)
    path = write(tmp_path, rendered(frame, how), rng, workbook)
    held = own_records.checked(path, "cases")
    no_order = how.sign != "." and tells_no_order(frame)
    no_mark = not how.native and tells_no_mark(frame, how)
    faults = held.faults
    of_days = faults["rule"].str.contains("day/month or month/day")
    of_numbers = faults["rule"].str.contains("decimals or be one of thousands")
    assert faults[~of_days & ~of_numbers].empty, faults.to_string()
    assert of_days.any() == no_order
    assert not of_numbers.any() or no_mark
    assert held.understood
    for name in frame:
        sure = ~held.frame.index.isin(faults.loc[faults["column"] == name, "row"] - held.cells.row - 1)
        read = [None if pd.isna(value) else value for value in held.frame[name][sure]]
        meant = [v.isoformat() if isinstance(v, date) else None if v is None else v for v in frame[name][sure]]
        assert read == meant, name


CASE = {"case_id": "C-1", "country": "PAN", "seizure_date": "2020-05-01", "drug": "cocaine", "as_of": "2023-12-31"}


def csv_of(folder: Path, *rows: dict[str, str], name: str = "cases.csv", delimiter: str = ",") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_of(folder: Path, column: str, *cells: str, delimiter: str = ",") -> list[object]:
    """What cells of a column of cases are read as; their rule where they are refused."""
    path = csv_of(folder, *({**CASE, "case_id": f"C-{n}", column: c} for n, c in enumerate(cells)), delimiter=delimiter)
    held = own_records.checked(path, "cases")
    refused = held.faults[held.faults["column"] == column].set_index("row")["rule"]
    return [refused.get(row, None if pd.isna(v) else v) for row, v in enumerate(held.frame[column], start=2)]


AMBIGUOUS_DAY = (
    "must be a day such as 2023-07-31: this may be day/month or month/day, and no day of the file tells which"
)
AMBIGUOUS_NUMBER = (
    "must be a number: this may have decimals or be one of thousands, and no other number of the file tells which"
)


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["03/05/2020", "13/05/2020"], ["2020-05-03", "2020-05-13"]),
        (["03/05/2020", "05/13/2020"], ["2020-03-05", "2020-05-13"]),
        (["03/05/2020", "05/05/2020"], [AMBIGUOUS_DAY, "2020-05-05"]),
        # Two orders in one column: each day that is one in its own right, and no other.
        (["13/05/2020", "05/13/2020", "03/05/2020"], ["2020-05-13", "2020-05-13", AMBIGUOUS_DAY]),
        (["03-05-2020", "03.05.2020"], [AMBIGUOUS_DAY, "2020-05-03"]),
        (["2020/5/3", "2020-05-03 00:00:00", "2020-05-03T10:15:00Z"], ["2020-05-03"] * 3),
        (["3 May 2020", "3 de mayo de 2020", "1er mai 2020"], ["2020-05-03", "2020-05-03", "2020-05-01"]),
        (["May 3, 2020", "3-May-2020", "3 de março de 2020"], ["2020-05-03", "2020-05-03", "2020-03-03"]),
        (["3 août 2020", "3 Sept. 2020", "3/dic/2020"], ["2020-08-03", "2020-09-03", "2020-12-03"]),
        (["۲۰۲۰-۰۵-۰۳", "１３/０５/２０２０"], ["2020-05-03", "2020-05-13"]),
    ],
)
def test_days_are_read_by_the_order_their_column_tells(tmp_path: Path, cells: list[str], read: list[str]) -> None:
    assert read_of(tmp_path, "seizure_date", *cells) == read


@pytest.mark.parametrize("language", ["en", "en_GB", "es", "es_MX", "fr", "fr_CA", "pt", "pt_PT"])
@pytest.mark.parametrize("form", ["long", "full"])
def test_days_in_words_are_read_as_languages_write_them(language: str, form: Literal["long", "full"]) -> None:
    for month in range(1, 13):
        for of_month in (1, 9, 23):
            day = date(2021, month, of_month)
            found = days.day(format_date(day, form, locale=language), None, days.DAY_FIRST)
            assert found == (day.isoformat(), "a month in words")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("04/05/20", "a year of two digits"),
        ("13-05-20", "a year of two digits"),
        ("3-May-99", "a year of two digits"),
        ("12954", "a number, as a spreadsheet counts days"),
        ("31/02/2020", "must be a day such as 2023-07-31"),
        ("1399-02-14", "from 1900 to 2100"),
        ("mai 2020", "must be a day such as 2023-07-31"),
        ("20202003", "must be a day such as 2023-07-31"),
    ],
)
def test_what_is_no_day_is_refused_with_what_it_is(tmp_path: Path, cell: str, says: str) -> None:
    (rule,) = read_of(tmp_path, "seizure_date", cell)
    assert says in str(rule)


def test_another_column_of_days_tells_the_order(tmp_path: Path) -> None:
    path = csv_of(tmp_path, CASE | {"seizure_date": "03/05/2020", "as_of": "31/12/2023"})
    assert own_records.read(path, "cases")["seizure_date"].tolist() == [pd.Timestamp(2020, 5, 3)]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1.234,5", "1.234"], [1234.5, 1234.0]),
        (["1,234.5", "1,234"], [1234.5, 1234.0]),
        (["1 234,5", "1,234"], [1234.5, 1.234]),
        (["1'234.5", "1.234"], [1234.5, 1.234]),
        (["1.234", "12,5"], [1234.0, 12.5]),
        (["1.234", "12.5"], [1.234, 12.5]),
        (["1.234.567", "1.234"], [1234567.0, 1234.0]),
        (["0,125", "1,234"], [0.125, 1.234]),
        (["1,234"], [AMBIGUOUS_NUMBER]),
        (["1.234", "1,234"], [AMBIGUOUS_NUMBER] * 2),
        # A number without a sign tells nothing: 9000 stands beside 12.500 by the rule of Spanish, 15000 by another hand.
        (["12.500", "9000"], [AMBIGUOUS_NUMBER, 9000.0]),
        (["1,234", "15000"], [AMBIGUOUS_NUMBER, 15000.0]),
        (["12.500", "9000", "1.250.000"], [12_500.0, 9000.0, 1_250_000.0]),
        (["12.500", "9000", "0.5"], [12.5, 9000.0, 0.5]),
        (["12,5", "12.5", "1,234"], [12.5, 12.5, AMBIGUOUS_NUMBER]),
        (["१२", "۱۲٫۵", "１２．５"], [12.0, 12.5, 12.5]),
        (["1,23,4", "twelve"], ["must be a number"] * 2),
    ],
)
def test_numbers_are_read_by_the_mark_their_column_tells(tmp_path: Path, cells: list[str], read: list[object]) -> None:
    assert read_of(tmp_path, "kilograms", *cells, delimiter=";") == read


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("sign", [".", ","])
def test_in_a_template_as_it_is_three_digits_after_a_sign_may_be_thousands_too(
    tmp_path: Path, delimiter: str, sign: str
) -> None:
    budgets = [
        {"activity": "pillar_1", "country": country, "year": "2020", "budget": budget.replace(".", sign)}
        for country, budget in (("PAN", "125.000"), ("COL", "250.050"), ("MEX", "1.234"))
    ]
    faults = own_records.check(csv_of(tmp_path, *budgets, delimiter=delimiter), "expenditure")
    assert faults[["column", "rule"]].to_numpy().tolist() == [["budget", AMBIGUOUS_NUMBER]] * 3
    end = ", a point before the decimals and no other signs"
    ways = ["125000 or as 125.0", "250050 or as 250.05", "1234 or as 1.2340"]
    assert faults["remedy"].tolist() == [f"write it as {way}{end}" for way in ways]
    points = [*budgets[:2], budgets[2] | {"budget": "1.2340"}]
    read = own_records.read(csv_of(tmp_path, *points), "expenditure")["budget"].tolist()
    assert read == ([125, 250.05, 1.234] if sign == "." else [125_000, 250_050, 1.234])
    million = [*budgets, budgets[0] | {"country": "BRA", "budget": f"1{sign}000{sign}000"}]
    read = own_records.read(csv_of(tmp_path, *million), "expenditure")["budget"].tolist()
    assert read == [125_000, 250_050, 1234, 1_000_000]


def test_a_column_of_money_without_a_telling_number_is_read_by_another_and_by_no_number_without_a_sign(
    tmp_path: Path,
) -> None:
    row = {"activity": "pillar_1", "year": "2021"}
    spanish = [
        row | {"country": "COL", "budget": "12.500", "spent": "9500"},
        row | {"country": "PAN", "budget": "9000", "spent": "12.000"},
    ]
    faults = own_records.check(csv_of(tmp_path, *spanish, delimiter=";"), "expenditure")
    assert faults[["row", "column", "rule"]].to_numpy().tolist() == [
        [2, "budget", AMBIGUOUS_NUMBER],
        [3, "spent", AMBIGUOUS_NUMBER],
    ]
    # Commas stand between thousands of the budgets, and so of what was spent, whatever 11000 looks like.
    english = [
        row | {"country": "COL", "budget": "1,234,567", "spent": "1,200"},
        row | {"country": "PAN", "budget": "12,500", "spent": "11000"},
    ]
    read = own_records.read(csv_of(tmp_path, *english), "expenditure")
    assert read[["budget", "spent"]].to_numpy().tolist() == [[1_234_567, 1200], [12_500, 11_000]]


def test_a_column_of_whole_numbers_is_read_by_the_sign_its_thousands_tell(tmp_path: Path) -> None:
    record = {
        "defendant_id": "D-1",
        "case_id": "C-1",
        "role": "courier",
        "charged": "2020-05-13",
        "as_of": "2024-12-31",
    }

    def days_read(*cells: str) -> list[object]:
        rows = [record | {"defendant_id": f"D-{n}", "pretrial_days": cell} for n, cell in enumerate(cells)]
        held = own_records.checked(csv_of(tmp_path, *rows), "defendants")
        refused = held.faults.set_index("row")["rule"]
        return [refused.get(row, value) for row, value in enumerate(held.frame["pretrial_days"], start=2)]

    assert days_read("1.000", "1.500", "1.000.000") == [1000, 1500, 1_000_000]
    assert days_read("1.000", "1,500") == [AMBIGUOUS_NUMBER, 1500]
    assert days_read("1.000", "12.0") == [1, 12]
    assert days_read("1.000", "12.0", "1.000.000") == [AMBIGUOUS_NUMBER, 12, 1_000_000]


def test_a_corrected_copy_of_few_numbers_tells_its_points_itself(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "c.xlsx", {"C": [[*CASE, "kilograms"], [*CASE.values(), 1.234]]})
    corrected = fixed(own_records.checked(path, "cases"))
    copy = tmp_path / "copy.csv"
    copy.write_bytes(corrected.copy)
    assert own_records.read(copy, "cases")["kilograms"].tolist() == [1.234]
    assert b"a decimal more" in corrected.changes


def test_a_number_of_another_column_tells_the_mark_and_a_whole_one_needs_none(tmp_path: Path) -> None:
    record = {"asset_id": "A-1", "case_id": "C-1", "frozen": "2020-05-01", "as_of": "2023-12-31"}
    path = csv_of(tmp_path, record | {"value_frozen": "1.234", "confiscated": "2021-01-01", "value_confiscated": "2,5"})
    assert own_records.read(path, "assets")["value_frozen"].tolist() == [1234]
    training = {"training_id": "T-1", "start": "2020-05-01", "end": "2020-05-02", "topic": "pillar_1", "host": "PAN"}
    counts = training | {"country": "PAN", "agency": "policía", "participants": "1.234", "women": "12"}
    read = own_records.read(csv_of(tmp_path, counts, delimiter=";"), "trainings")
    assert read[["participants", "women"]].to_numpy().tolist() == [[1234, 12]]
    # As programs write the whole numbers of a column with gaps.
    counts |= {"participants": "20.0", "women": "12.0"}
    assert own_records.read(csv_of(tmp_path, counts), "trainings")["participants"].tolist() == [20]


def test_numbers_of_a_workbook_are_what_they_are_whatever_stands_beside_them(tmp_path: Path) -> None:
    head, row = [*CASE, "kilograms"], list(CASE.values())
    rows = [[f"C-{n}", *row[1:], value] for n, value in enumerate([1.234, 2.5, "1.234,5"])]
    read = own_records.read(write_workbook(tmp_path / "a.xlsx", {"S": [head, *rows]}), "cases")
    assert read["kilograms"].tolist() == [1.234, 2.5, 1234.5]
    days = write_workbook(tmp_path / "b.xlsx", {"S": [head, ["C-1", "PAN", 12954.5, *row[3:], -2.5]]})
    faults = own_records.check(days, "cases")
    assert faults[["column", "value"]].to_numpy().tolist() == [["seizure_date", "12954.5"], ["kilograms", "-2.5"]]


def test_every_declared_word_and_name_is_understood_and_means_one_thing(tmp_path: Path) -> None:
    said = record_words.load()
    taken = {choice for kind in kinds().values() for c in kind.columns.values() for choice in c.accepted()}
    assert set(said.choices) <= taken
    for kind in kinds().values():
        for column in kind.columns.values():
            assert all(kind.headings[record_words.heading(name)] == column.name for name in (column.name, *column.also))
            words = record_words.choices(column.accepted())
            for choice in column.accepted():
                assert {words[record_words.plain(word)] for word in (choice, *said.choices.get(choice, ()))} == {choice}
    assert all(record_words.country(name) == code for code, names in said.countries.items() for name in names)
    assert set(said.booleans["true"]) & set(said.booleans["false"]) == set()
    assert read_of(tmp_path, "precursor_involved", *said.booleans["true"]) == [True] * len(said.booleans["true"])


def test_countries_are_known_by_name_in_four_languages_and_by_both_codes_in_any_case() -> None:
    for code, two in COUNTRIES.items():
        for language in LANGUAGES:
            name = Locale(language).territories[two]
            assert {record_words.country(text) for text in (name, name.upper(), two.lower(), code.lower())} == {code}
    assert record_words.country("EE. UU.") == record_words.country("EE.UU.") == record_words.country("eua") == "USA"
    assert record_words.country("Panama?") is None
    assert record_words.country("America") is None


def test_words_that_mean_two_things_are_refused(tmp_path: Path) -> None:
    assert read_of(tmp_path, "precursor_involved", "perhaps", "2") == ["must be true or false"] * 2
    assert [str(rule)[:24] for rule in read_of(tmp_path, "drug", "cocaine?", "polvo")] == [
        "must be one of: cocaine,"
    ] * 2


def test_several_values_of_a_cell_may_be_parted_by_other_signs(tmp_path: Path) -> None:
    day = {"prosecution_started": "2020-06-01"}
    record = CASE | day | {"charges": "Tráfico de drogas; lavado de dinero/corrupción"}
    assert own_records.read(csv_of(tmp_path, record), "cases")["charges"].tolist() == [
        "trafficking money_laundering corruption"
    ]
    forum = {"forum_id": "F-1", "held": "2020-05-01", "host": "Panamá", "countries": "Panamá, Costa Rica; cv"}
    forum |= {"case_ids": "C-1, C-2;C-3", "actions_agreed": "2", "as_of": "2023-12-31"}
    read = own_records.read(csv_of(tmp_path, forum), "forums")
    assert read[["host", "countries", "case_ids"]].to_numpy().tolist() == [["PAN", "PAN CRI CPV", "C-1 C-2 C-3"]]


def test_of_several_sheets_the_one_that_fits_is_read_and_two_alike_are_refused(tmp_path: Path) -> None:
    table: list[list[Cell]] = [list(CASE), list(CASE.values())]
    sheets: dict[str, Sequence[Sequence[Cell]]] = {"Notes": [["Country", "Drug"], ["a", "b"]], "Data": table}
    held = own_records.checked(write_workbook(tmp_path / "a.xlsx", sheets), "cases")
    assert held.understood == ("sheet 'Data' read, and not 'Notes'",)
    empty = write_workbook(tmp_path / "b.xlsx", {"Template": [list(CASE)], "Data": [["Our cases"], [], *table]})
    assert own_records.understood(empty, "cases") == ("sheet 'Data' read, and not 'Template'", "header in row 3")
    alike = write_workbook(tmp_path / "c.xlsx", {"2019": table, "2020": table})
    with pytest.raises(DataError, match=r"same columns in the sheets '2019', '2020'; keep the one"):
        own_records.check(alike, "cases")


def test_rows_are_counted_as_a_spreadsheet_does_below_titles_and_columns_without_a_name_are_none(
    tmp_path: Path,
) -> None:
    rows: list[list[Cell]] = [["Cases"], [], ["", *CASE, ""], ["", *CASE.values()], [], ["", *CASE.values()]]
    faults = own_records.check(write_workbook(tmp_path / "a.xlsx", {"S": rows}), "cases")
    assert faults[["row", "column"]].to_numpy().tolist() == [[4, "case_id"], [6, "case_id"]]
    rows[3][0] = "x"
    assert own_records.check(write_workbook(tmp_path / "b.xlsx", {"S": rows}), "cases")["row"].tolist()[0] == 3


def test_a_heading_may_name_its_column_in_several_languages(tmp_path: Path) -> None:
    record = {("País / Country" if name == "country" else name): value for name, value in CASE.items()}
    assert own_records.understood(csv_of(tmp_path, record), "cases") == ("columns: 'País / Country' as country",)
    both = {("Drug / Country" if name == "country" else name): value for name, value in CASE.items()}
    assert "Drug / Country" in own_records.check(csv_of(tmp_path, both), "cases")["column"].tolist()


def test_days_that_a_spreadsheet_may_have_turned_round_are_told(tmp_path: Path) -> None:
    cells = ["2020-03-05", "2020-11-02", "13/05/2020", "28/02/2020"]
    rows = [CASE | {"case_id": f"C-{n}", "seizure_date": cell} for n, cell in enumerate(cells)]
    told = own_records.understood(csv_of(tmp_path, *rows), "cases")
    assert told[0].startswith(
        "seizure_date: no day that is a date is above the twelfth of its month, and each that is text"
    )
    rows[0]["seizure_date"] = "2020-03-25"
    assert len(own_records.understood(csv_of(tmp_path, *rows), "cases")) == 1


def test_two_columns_that_mean_the_same_are_refused(tmp_path: Path) -> None:
    path = csv_of(tmp_path, CASE | {"País": "PAN"})
    assert own_records.check(path, "cases")[["column", "remedy"]].to_numpy().tolist() == [
        ["country", "keep one of 'country', 'País'"]
    ]
    with pytest.raises(DataError, match="nothing is written"):
        fixed(own_records.checked(path, "cases"))


def test_a_file_of_a_template_says_nothing(tmp_path: Path) -> None:
    assert own_records.understood(csv_of(tmp_path, CASE), "cases") == ()


class Watched:
    """A frame that tells which of its columns are looked at."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame, self.seen = frame, set[str]()

    def __getitem__(self, column: str) -> "pd.Series[Any]":
        self.seen.add(column)
        return self.frame[column]

    def groupby(self, column: str) -> Any:
        self.seen.add(column)
        return self.frame.groupby(column)


@pytest.mark.parametrize("kind", list(kinds()))
def test_each_rule_names_the_columns_it_reads(tmp_path: Path, kind: str) -> None:
    frame = own_records.checked(csv_of(tmp_path, SOUND[kind]), kind).frame
    case = own_records.checked(csv_of(tmp_path, SOUND["cases"]), "cases").frame.add_prefix("cases.")
    for rule in kinds()[kind].rules:
        watched = Watched(pd.concat([frame, case], axis=1) if rule.beside_case else frame)
        rule.broken(watched)  # type: ignore[arg-type]
        looked_at = {column for column in watched.seen if not column.startswith("cases.")}
        assert looked_at - {rule.column, "case_id"} == set(rule.reads) - {rule.column, "case_id"}, rule.rule


def test_what_follows_from_a_cell_that_cannot_be_read_is_no_fault_of_another(tmp_path: Path) -> None:
    day = {"prosecution_started": "03/05/2020", "charges": "trafficking", "disposition": "convicted"}
    faults = own_records.check(csv_of(tmp_path, CASE | day | {"disposition_date": "soon"}), "cases")
    assert faults["column"].tolist() == ["prosecution_started", "disposition_date"]
    twice = csv_of(
        tmp_path, CASE | {"prosecution_started": "2020-05-02", "Prosecution": "2020-05-03"} | {"charges": "other"}
    )
    assert own_records.check(twice, "cases")["column"].tolist() == ["prosecution_started"]


WORDED = [(kind, seed) for kind in kinds() for seed in range(3)]


@pytest.mark.parametrize(("kind", "seed"), WORDED)
def test_records_of_every_kind_are_read_by_any_of_their_names_and_words(tmp_path: Path, kind: str, seed: int) -> None:
    rng, said, written = random.Random(seed), record_words.load(), {}
    for name, cell in SOUND[kind].items():
        column = kinds()[kind].columns[name]
        spelled = rng.choice((str.upper, str.lower, str.title))
        if cell and column.holds == "country":
            two = next(two for two, code in record_words._two_letters().items() if code == cell)
            cell = spelled(Locale(rng.choice(LANGUAGES)).territories[two])
        elif cell and column.holds == "choice":
            cell = spelled(rng.choice((cell, *said.choices.get(cell, ()))))
        elif cell and column.holds == "boolean":
            cell = spelled(rng.choice(said.booleans[cell.lower()]))
        written[spelled(rng.choice((name, *column.also)))] = cell
    assert len(written) == len(SOUND[kind])
    read = own_records.read(csv_of(tmp_path, written, delimiter=";"), kind)
    pd.testing.assert_frame_equal(read, own_records.read(csv_of(tmp_path, SOUND[kind]), kind))


def kept(folder: Path) -> Path:
    """A file as an officer keeps it, with some that is wrong."""
    return csv_of(
        folder,
        {"N.º de caso": "C-1", "País": "México", "Fecha de incautación": "13/05/2020", "Droga": "cocaína"}
        | {"Peso (kg)": "1.234,5", "Fecha de corte": "31/12/2023", "Nombre del acusado": "somebody"},
        {"N.º de caso": "C-2", "País": "Panamá", "Fecha de incautación": "04/05/99", "Droga": "=1+1"}
        | {"Peso (kg)": "12", "Fecha de corte": "31/12/2023", "Nombre del acusado": "somebody"},
        delimiter=";",
    )


def test_the_command_says_what_it_understood_and_writes_every_fault(tmp_path: Path) -> None:
    path, to = kept(tmp_path), tmp_path / "faults.csv"
    done = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "cases", "--faults", str(to)])
    assert done.exit_code == 1
    assert (
        f"{path}, as it was understood:\n  cells parted by semicolons\n  columns: 'N.º de caso' as case_id"
        in done.output
    )
    assert "\n  country: 'México' as MEX in 1 row, 'Panamá' as PAN in 1 row\n" in done.output
    assert "\n  seizure_date: 1 row as day/month/year, such as '13/05/2020' for 2020-05-13\n" in done.output
    assert pd.read_csv(to)["column"].tolist() == ["Nombre del acusado", "seizure_date", "drug"]
    assert pd.read_csv(to)["value"].tolist()[2] == "'=1+1"
    again = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "cases", "--faults", str(to)])
    assert "is there already and is not written over" in str(again.exception)


def test_the_command_corrects_what_is_sure_and_lists_every_change(tmp_path: Path) -> None:
    path = kept(tmp_path)
    done = CliRunner().invoke(crimjust, ["data", "fix", str(path), "--as", "cases"])
    assert done.exit_code == 1
    assert "may tell who a person is" in str(done.exception)
    copy, changes = tmp_path / "cases.corrected.csv", tmp_path / "cases.corrected.changes.csv"
    assert "somebody" not in copy.read_text(encoding="utf-8") + changes.read_text(encoding="utf-8")
    frame = pd.read_csv(copy, dtype="str", keep_default_na=False)
    assert list(frame) == [field.name for field in kinds()["cases"].table.fields]
    assert frame["seizure_date"].tolist() == ["2020-05-13", "04/05/99"]
    assert frame["drug"].tolist() == ["cocaine", "=1+1"]
    assert frame["kilograms"].tolist() == ["1234.5", "12"]
    listed = pd.read_csv(changes)
    assert list(listed) == ["row", "column", "was", "is", "why"]
    assert listed.loc[listed["row"] == 2, ["column", "was", "is"]].to_numpy().tolist() == [
        ["country", "México", "MEX"],
        ["seizure_date", "13/05/2020", "2020-05-13"],
        ["drug", "cocaína", "cocaine"],
        ["kilograms", "1.234,5", "1234.5"],
        ["as_of", "31/12/2023", "2023-12-31"],
    ]
    # Nothing is written over, and of two files none alone.
    before = copy.read_bytes()
    changes.unlink()
    again = CliRunner().invoke(crimjust, ["data", "fix", str(path), "--as", "cases"])
    assert f"{copy} is there already" in str(again.exception)
    assert (copy.read_bytes(), changes.exists()) == (before, False)


@pytest.mark.parametrize("seed", range(10))
def test_a_corrected_copy_is_a_template_and_holds_the_same(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    frame = records(rng)
    frame.loc[0, "seizure_date"] = frame.loc[0, "seizure_date"].replace(day=13)
    how = style(rng, False)._replace(decimal=",", thousands=".")
    frame.loc[0, "kilograms"] = 1234.5
    path = write(tmp_path, rendered(frame, how), rng, False)
    to = tmp_path / "copy.csv"
    done = CliRunner().invoke(crimjust, ["data", "fix", str(path), "--as", "cases", "--to", str(to)])
    assert done.exit_code == 0, done.exception
    pd.testing.assert_frame_equal(own_records.read(to, "cases"), own_records.read(path, "cases"))
    assert own_records.understood(to, "cases") == ()
    assert timedelta(0) == own_records.read(to, "cases")["seizure_date"][0] - pd.Timestamp(frame["seizure_date"][0])


def workbook_with(folder: Path, table: Sequence[Sequence[Cell]], sheet: Callable[[str], str]) -> Path:
    """A workbook of one sheet whose XML is changed once written."""
    plain = write_workbook(folder / "plain.xlsx", {"Casos": table})
    path = folder / "changed.xlsx"
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            after.writestr(name, sheet(text) if "worksheets/s1" in name else text)
    return path


TABLE = [
    [*CASE, "kilograms"],
    [*CASE.values(), 10.5],
    [*(CASE | {"case_id": "C-2"}).values(), 20.5],
]
SHOWS_ERROR, NO_RESULT = "the spreadsheet shows an error there", "is a formula without its result"


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        *(
            (f'<c t="e"><v>{error}</v></c>', error, SHOWS_ERROR)
            for error in ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
        ),
        ('<c r="F2" s="0" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!", SHOWS_ERROR),
        ("<c><f>5+5</f></c>", "=5+5", NO_RESULT),
        ('<c t="n"><f>A1&amp;"&lt;"</f><v/></c>', '=A1&"<"', NO_RESULT),
        ('<c r="F2"><f t="shared" si="0"/><v> </v></c>', "=", NO_RESULT),
    ],
)
def test_a_cell_of_a_workbook_without_a_value_is_a_fault_and_not_empty(
    tmp_path: Path, cell: str, value: str, rule: str
) -> None:
    path = workbook_with(tmp_path, TABLE, lambda text: text.replace("<c><v>10.5</v></c>", cell))
    faults = own_records.check(path, "cases")
    assert faults[["row", "column", "value", "rule"]].to_numpy().tolist() == [[2, "kilograms", value, rule]]
    whole = '<c t="inlineStr"><is><t xml:space="preserve">C-2</t></is></c>'
    path = workbook_with(tmp_path, TABLE, lambda text: text.replace(whole, cell.replace("F2", "A3")))
    faults = own_records.check(path, "cases")
    assert faults[["row", "column", "value", "rule"]].to_numpy().tolist() == [[3, "case_id", value, rule]]


def test_a_formula_with_a_result_is_that_and_an_empty_text_is_one(tmp_path: Path) -> None:
    for cell, value in (("<c><f>5+5</f><v>10</v></c>", 10.0), ('<c t="str"><f>IF(1,"",1)</f><v></v></c>', None)):
        path = workbook_with(tmp_path, TABLE, lambda text, cell=cell: text.replace("<c><v>10.5</v></c>", cell))
        read = own_records.read(path, "cases")["kilograms"]
        assert [None if pd.isna(v) else v for v in read] == [value, 20.5]


def test_elements_of_a_sheet_may_have_a_prefix(tmp_path: Path) -> None:
    def prefixed(text: str) -> str:
        text = re.sub("<(/?)([a-zA-Z]+)(?=[ />])", r"<\1x:\2", text).replace("xmlns=", "xmlns:x=")
        return text.replace("<x:c><x:v>10.5</x:v></x:c>", '<x:c t="e"><x:v>#N/A</x:v></x:c>')

    assert own_records.check(workbook_with(tmp_path, TABLE, prefixed), "cases")["rule"].tolist() == [SHOWS_ERROR]


@pytest.mark.parametrize("error", ["#N/A", "#N/D", "#¡DIV/0!", "#¿NOMBRE?", "#VALOR!", "#REF!", "Err:502"])
def test_an_error_that_a_spreadsheet_has_saved_as_text_is_told_as_one(tmp_path: Path, error: str) -> None:
    assert read_of(tmp_path, "kilograms", error, "1.5") == [SHOWS_ERROR, 1.5]
    assert read_of(tmp_path, "investigation_opened", error) == [SHOWS_ERROR]
    assert read_of(tmp_path, "drug", error, "=A1") == [SHOWS_ERROR, NO_RESULT]


@pytest.mark.parametrize(("ranges", "told"), [("E2:E3", "E2:E3"), ("B3:C3", "B3:C3"), ("A1:F1", ""), ("H2:I3", "")])
def test_merged_cells_among_records_are_refused_and_others_are_not(tmp_path: Path, ranges: str, told: str) -> None:
    merged = f'</sheetData><mergeCells count="1"><mergeCell ref="{ranges}"/></mergeCells>'
    path = workbook_with(tmp_path, TABLE, lambda text: text.replace("</sheetData>", merged))
    if not told:
        assert len(own_records.read(path, "cases")) == 2
        return
    with pytest.raises(DataError, match=f"'Casos', has merged cells among the records: {told}; unmerge them"):
        own_records.read(path, "cases")


@pytest.mark.parametrize("ranges", ["A0:B1", "x", "B3:A1", "A1:XFD1048576", "A1:ZZZZZZZ99999999999", ""])
def test_merged_cells_that_are_none_end_in_no_panic(tmp_path: Path, ranges: str) -> None:
    merged = f'</sheetData><mergeCells count="1"><mergeCell ref="{ranges}"/></mergeCells>'
    path = workbook_with(tmp_path, TABLE, lambda text: text.replace("</sheetData>", merged))
    with suppress(DataError):
        assert len(own_records.read(path, "cases")) == 2


def test_what_is_no_workbook_is_told_so_without_a_library_s_words(tmp_path: Path) -> None:
    path = tmp_path / "cases.xlsx"
    path.write_text("case_id,country\n")
    with pytest.raises(DataError, match="is not a workbook that can be opened; open it in a spreadsheet"):
        own_records.read(path, "cases")


AMBIGUOUS_M = "must be female or male: M may stand for masculino or for mujer, and no F or H of the column tells which"


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["F", "M", ""], ["female", "male", None]),
        (["f", "", "m"], ["female", None, "male"]),
        (["H", "M"], ["male", "female"]),
        (["H", "F"], ["male", "female"]),
        (["F", ""], ["female", None]),
        (["M", ""], [AMBIGUOUS_M, None]),
        (["M", "male"], [AMBIGUOUS_M, "male"]),
        (["F", "H", "M"], ["female", "male", AMBIGUOUS_M]),
    ],
)
def test_letters_of_sex_are_read_by_those_beside_them(tmp_path: Path, cells: list[str], read: list[str | None]) -> None:
    record = {"defendant_id": "D", "case_id": "C-1", "role": "courier", "charged": "2020-05-13", "as_of": "2024-12-31"}
    rows = [record | {"defendant_id": f"D-{n}", "sex": sex} for n, sex in enumerate(cells)]
    held = own_records.checked(csv_of(tmp_path, *rows), "defendants")
    refused = held.faults.set_index("row")["rule"]
    known = [None if pd.isna(sex) else sex for sex in held.frame["sex"]]
    assert [refused.get(row, sex) for row, sex in enumerate(known, start=2)] == read
    said = [line for line in held.understood if line.startswith("sex: ")]
    assert len(said) == any(sex in ("female", "male") and cell != sex for sex, cell in zip(read, cells, strict=True))
