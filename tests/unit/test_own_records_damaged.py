"""SIMULATED records damaged at random, as officers and spreadsheets damage theirs: whatever is done to a file, either the same
records come back, or each cell that does not is named with its row, column and value; and no row is lost in silence."""

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from babel.dates import format_date
from click.testing import CliRunner
from workbook_files import Cell, write_workbook

from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records.checking import Checked
from crimjust_research.data.own_records.fixing import fixed
from crimjust_research.data.own_records.folder import reports
from crimjust_research.data.own_records.schemas import Column, kinds
from crimjust_research.errors import DataError
from crimjust_research.questions.own_records import records as own
from crimjust_research.questions.own_records import simulation_files
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.vocabulary import countries, record_words

FILES, COPIED = 200, 8  # what is corrected is looked at of each eighth, as it takes as long again
KINDS = list(own.KINDS)
LANGUAGES = ("en", "es", "fr", "pt")
# What no user should have to read.
INNER_WORDS = re.compile(
    r"must satisfy|\[A-Z|\\d|\{\d|maxLength|pattern|enum|regex|dtype|NaN|None|nan\b|\(\?|Traceback"
)


@dataclass
class Table:
    """A file while it is damaged: its rows, and for each the place of its record, none where it is no record."""

    columns: list[Column]
    head: list[str]
    rows: list[list[str]]
    records: list[int | None]
    above: list[list[str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def of(self, *holds: str) -> list[int]:
        return [place for place, column in enumerate(self.columns) if column.holds in holds]

    def insert(self, rng: random.Random, row: list[str], at: int | None = None) -> None:
        place = rng.randint(1, len(self.rows)) if at is None else at
        self.rows.insert(place, row)
        self.records.insert(place, None)

    def each(self, place: int, change: Callable[[str], str]) -> None:
        for row in self.rows:
            if len(row) > place and row[place]:
                row[place] = change(row[place])


def is_day(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell))


def some_column(table: Table, rng: random.Random, *holds: str) -> int | None:
    places = table.of(*holds)
    return rng.choice(places) if places else None


def days_otherwise(table: Table, rng: random.Random) -> None:
    language = rng.choice(LANGUAGES)
    how: Callable[[date], str] = rng.choice(
        [
            lambda day: day.strftime("%d/%m/%Y"),
            lambda day: day.strftime("%m/%d/%Y"),
            lambda day: day.strftime("%d.%m.%Y"),
            lambda day: day.strftime("%d/%m/%y"),
            lambda day: day.strftime("%d-%m-%y"),
            lambda day: day.strftime("%Y/%m/%d"),
            lambda day: day.strftime("%Y-%m-%d 00:00:00"),
            lambda day: day.strftime("%d/%m/%Y 13:45"),
            lambda day: str((day - date(1899, 12, 30)).days),
            lambda day: format_date(day, "long", locale=language),
            lambda day: format_date(day, "d-MMM-yy", locale=language),
        ]
    )
    places = table.of("date")
    for place in places if rng.random() < 0.7 else places[:1]:
        table.each(place, lambda cell: how(date.fromisoformat(cell)) if is_day(cell) else cell)


def numbers_otherwise(table: Table, rng: random.Random) -> None:
    style = rng.choice((",", "1.234,5", "1,234.5", "1 234,5"))

    def written(cell: str) -> str:
        if not re.fullmatch(r"\d+(\.\d+)?", cell):
            return cell
        whole, _, decimals = cell.partition(".")
        groups = f"{int(whole):,}" if len(style) > 1 else whole
        sign = {"1.234,5": ".", "1,234.5": ",", "1 234,5": "\u00a0"}.get(style, "")
        mark = "." if style == "1,234.5" else ","
        return groups.replace(",", sign) + (f"{mark}{decimals}" if decimals else "")

    for place in table.of("number"):
        table.each(place, written)


def units(table: Table, rng: random.Random) -> None:
    for place in table.of("number", "integer"):
        words = record_words.units(table.columns[place].unit or "")
        same = [word for word, factor in words.items() if factor == 1]
        if same:
            word = rng.choice(same)
            table.each(place, lambda cell, word=word: f"{cell} {word}" if rng.random() < 0.5 else cell)  # type: ignore[misc]


def words_otherwise(table: Table, rng: random.Random) -> None:
    said = record_words.load()
    for place in table.of("boolean", "choice"):
        column = table.columns[place]
        if column.name == "sex":
            continue
        known = said.booleans if column.holds == "boolean" else said.choices

        def other(cell: str, known: object = known) -> str:
            return rng.choice(known[cell]) if known.get(cell) else cell  # type: ignore[index,operator]

        if rng.random() < 0.7:
            table.each(place, other)
    for place in table.of("country"):
        if rng.random() < 0.5:
            table.each(place, lambda cell: countries.names().get(cell, cell))


def not_known(table: Table, rng: random.Random) -> None:
    for place, column in enumerate(table.columns):
        if not column.required and rng.random() < 0.6:
            word = rng.choice(("n/a", "N.D.", "s/d", "-", "—", "desconocido", "Inconnu", "(blank)", "não informado"))
            for row in table.rows:
                if len(row) > place and not row[place] and rng.random() < 0.8:
                    row[place] = word


def unseen_signs(table: Table, rng: random.Random) -> None:
    for place in range(len(table.columns)):
        sign = rng.choice(("\u200b", "\u00a0", "\ufeff", "\u2009", "'"))
        table.each(place, lambda cell, sign=sign: f"{sign}{cell}" if rng.random() < 0.2 else cell)  # type: ignore[misc]


def headings(table: Table, rng: random.Random) -> None:
    for place, column in enumerate(table.columns):
        if rng.random() < 0.6:
            table.head[place] = rng.choice((str.upper, str.title, str))(rng.choice((column.name, *column.also)))


def rows_that_are_none(table: Table, rng: random.Random) -> None:
    width = len(table.head)
    kind = rng.choice(("head", "blank", "total", "note", "section", "ragged", "sum"))
    table.done.append(kind)
    if kind == "head":
        for _ in range(rng.randint(1, 3)):
            table.insert(rng, list(table.head))
    elif kind == "blank":
        table.insert(rng, [""] * width)
    elif kind == "total":
        table.insert(rng, ["Total général", *[""] * (width - 2), "12"], len(table.rows))
    elif kind == "note":
        table.insert(rng, ["Source: registry of the court"], len(table.rows))
    elif kind == "section":
        table.insert(rng, ["PANAMÁ", *[""] * (width - 1)])
    elif kind == "ragged":
        row = rng.choice(table.rows)
        row.insert(rng.randint(0, len(row)), "extra")
    else:
        table.insert(rng, [*[""] * (width - 1), "77"])


def titles(table: Table, rng: random.Random) -> None:
    table.above = [["Ministerio Público"], ["Registro", "2023"], []][: rng.randint(1, 3)]


def wrong_cells(table: Table, rng: random.Random) -> None:
    wrong = {
        "date": ("31/02/2021", "soon", "2021", "#REF!"),
        "number": ("12 sacks", "#VALUE!", "1,2,3", "=A1"),
        "integer": ("three", "1.5", "1e"),
        "boolean": ("maybe", "2"),
        "choice": ("polvo raro", "cocainne"),
        "choices": ("polvo raro",),
        "country": ("Panamma", "ZZZ"),
        "countries": ("Panamma",),
        "code": ("no digit", "Müller, José", "1.2E+15"),
        "codes": ("no digit here",),
    }
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(table.columns))
        row = rng.choice(table.rows)
        if len(row) == len(table.head) and any(row):
            row[place] = rng.choice(wrong[table.columns[place].holds])


def lost_cells(table: Table, rng: random.Random) -> None:
    place = rng.choice([place for place, column in enumerate(table.columns) if column.required])
    row = rng.choice(table.rows)
    if len(row) > place:
        row[place] = ""


DAMAGES = (
    days_otherwise,
    numbers_otherwise,
    units,
    words_otherwise,
    not_known,
    unseen_signs,
    headings,
    rows_that_are_none,
    titles,
    wrong_cells,
    lost_cells,
)


Clean = dict[str, tuple[pd.DataFrame, pd.DataFrame]]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """SIMULATED records by kind, as text and as they are read."""
    folder = tmp_path_factory.mktemp("clean") / "records"
    simulation_files.write(folder, Effects.of(1.5), 7, 200, 1.0)
    return {
        kind: (
            pd.read_csv(folder / f"{kind}.csv", dtype="str", keep_default_na=False),
            own_records.checked(folder / f"{kind}.csv", kind).frame,
        )
        for kind in KINDS
    }


def damaged(clean: Clean, kind: str, rng: random.Random) -> tuple[Table, list[list[object]]]:
    """A few records of a kind, damaged in some ways, and what they are."""
    texts, read = clean[kind]
    places = sorted(rng.sample(range(len(texts)), min(len(texts), rng.randint(2, 8))))
    some = texts.iloc[places]
    columns = kinds()[kind].columns
    table = Table([columns[str(n)] for n in some], list(some), some.to_numpy().tolist(), list(range(len(some))))
    for damage in rng.sample(DAMAGES, rng.randint(1, 4)):
        damage(table, rng)
        table.done.append(damage.__name__)
    return table, as_read(read.iloc[places])


def save(table: Table, folder: Path, rng: random.Random) -> Path:
    lines = [*table.above, table.head, *table.rows]
    if rng.random() < 0.3:
        cells: list[list[Cell]] = [list(line) for line in lines]
        return write_workbook(folder / "records.xlsx", {"Hoja1": cells})
    stream = io.StringIO()
    csv.writer(stream, delimiter=rng.choice(",;\t"), lineterminator=rng.choice(("\n", "\r\n"))).writerows(lines)
    path = folder / "records.csv"
    text = stream.getvalue()
    codings = ["utf-8", "utf-8-sig", "utf-16", *(name for name in ("latin-1", "cp1252") if codes(text, name))]
    path.write_bytes(text.encode(rng.choice(codings)))
    return path


def codes(text: str, coding: str) -> bool:
    """Whether a coding of one byte a letter has every letter of a text."""
    return text.encode(coding, "replace") == text.encode(coding, "ignore")


def as_read(frame: pd.DataFrame) -> list[list[object]]:
    return [[None if pd.isna(value) else value for value in row] for row in frame.itertuples(index=False)]


def left_out(held: Checked) -> set[int]:
    lines = [line.partition(" left out")[0] for line in held.understood if " left out, as " in line]
    return {int(number) for line in lines for number in re.findall(r"\d+", line)}


@pytest.mark.parametrize("seed", range(FILES))
def test_damaged_records_come_back_or_are_named_and_no_row_is_lost(clean: Clean, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    kind = rng.choice(KINDS)
    table, truth = damaged(clean, kind, rng)
    path = save(table, tmp_path, rng)
    first = len(table.above) + 2
    held_rows = {first + place: record for place, record in enumerate(table.records)}
    written = {first + place for place, row in enumerate(table.rows) if any(row)}
    held = own_records.checked(path, kind)
    faults = held.faults
    told = "\n".join([*faults["rule"], *faults["remedy"]])
    assert not INNER_WORDS.search(told), (INNER_WORDS.findall(told), told)
    assert (faults["rule"] != "").all()
    assert (faults["remedy"] != "").all()
    # Rows: each is a record that was read, one that is named as no record, or one that is named as a fault.
    read = dict(zip(held.cells.whole.index, as_read(held.frame), strict=True))
    of_rows = set(faults.loc[faults["column"] == "", "row"])
    assert written == set(read) | left_out(held) | (set(held.cells.ragged) & of_rows), table.done
    assert not {row for row in left_out(held) if held_rows[row] is not None}, "a record was left out"
    # Cells: each is what it was, or named.
    at_fault = {(row, column) for row, column in zip(faults["row"], faults["column"], strict=True)}
    of_header = {column for row, column in at_fault if row == held.cells.row}
    names = list(held.frame)
    for row, values in read.items():
        record = held_rows[row]
        if record is None:
            assert {column for at, column in at_fault if at == row}, (
                table.done,
                "no record, and taken for one",
                values,
            )
            continue
        for name, value, true in zip(names, values, truth[record], strict=True):
            named = {(row, name), (row, "")} & at_fault or name in of_header
            assert value == true or named, (table.done, row, name, value, true)
    if seed % COPIED:
        return
    # A corrected copy is as good, and what is left in it only a person can settle.
    if held.cells.ragged:
        with pytest.raises(DataError, match="no cell of these has one place"):
            fixed(held)
        return
    made = fixed(held)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(made.copy)
    again = own_records.checked(copy, kind)
    if faults.empty:
        assert again.faults.empty, again.faults.to_string()
        pd.testing.assert_frame_equal(again.frame, held.frame)
    else:
        assert len(again.frame) == len(held.frame)


@pytest.mark.parametrize("seed", range(0, FILES, 20))
def test_the_command_ends_in_words(clean: Clean, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    kind = rng.choice(KINDS)
    table, _ = damaged(clean, kind, rng)
    path = save(table, tmp_path, rng)
    done = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", kind])
    assert done.exception is None or isinstance(done.exception, DataError | SystemExit), done.exception


@pytest.mark.parametrize("seed", range(5))
def test_of_a_damaged_folder_each_file_is_read_or_named(clean: Clean, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    written = []
    for number, kind in enumerate(rng.sample(KINDS, 3)):
        table, _ = damaged(clean, kind, rng)
        (part := tmp_path / f"{number}").mkdir()
        path = save(table, part, rng)
        name = rng.choice((kind, f"{kind.replace('_', ' ').title()} 2023", f"Hoja {number}"))
        (tmp_path / "records").mkdir(exist_ok=True)
        written.append(path.rename(tmp_path / "records" / f"{name}{path.suffix}"))
    try:
        found, others = own_records.check_folder(tmp_path / "records")
    except DataError as fault:
        told, known = str(fault), {path.name for path in written if path.name in str(fault)}
    else:
        taken = {held.path.name for held in found.values()}
        told, known = "\n".join(reports(found, tmp_path / "records")), taken | {path.name for path in others}
        assert known == {path.name for path in written}
        assert not taken & {path.name for path in others}
    assert known, told
    assert not INNER_WORDS.search(told), told
