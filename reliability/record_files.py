"""SIMULATED files of a programme's own records as officers write them, each with what is true of it, drawn by a seed."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.data.own_records.schemas import Column, Kind, kind_named
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.simulation import simulated_folder
from crimjust_research.vocabulary import record_words

LANGUAGES = ("en", "es", "fr", "pt")
_SCRIPTS = {"Arabic": 0x0660, "Persian": 0x06F0, "Devanagari": 0x0966, "wide": 0xFF10}
HOSTILE = (
    "=HYPERLINK(\"http://x.invalid\",\"x\")", "@SUM(1+1)*cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202etxt.exe",
    "[[9|evil]]", "{{ 7*7 }}", "\x1b[31mred", "'; DROP TABLE x; --", "a\nb\nc", 'he said "no"', "+1-2", "-1+1",
)  # fmt: skip
_TITLES = (
    "Registro de casos",
    "Ministério Público: dados de 2020",
    "Records of the unit, SIMULATED",
    "Tableau récapitulatif",
)
_NOTES = ("Source: SIMULATED records", "Fuente: registros SIMULATED de la unidad", "* provisional figures of the unit")


@dataclass
class Written:
    """A file as officers wrote it, and what is true of it.

    `truth` holds a record a row in the template's columns, as text. `planted` tells what is wrong in it, by the row a
    spreadsheet gives it; empty if nothing is. `left_out` says how many rows that are no records stand among them. `plain` is a
    file as a template has it, with nothing wrong: it must be read.
    """

    kind: str
    path: Path
    truth: pd.DataFrame
    planted: dict[int, str] = field(default_factory=dict)
    wrong: str = ""
    left_out: int = 0
    plain: bool = False


@cache
def pool(seed: int) -> Mapping[str, pd.DataFrame]:
    """SIMULATED records of all kinds, as text in the templates' columns."""
    return {kind: _as_text(frame) for kind, frame in simulated_folder(Effects.of(1.5), seed, 300, 1.0).records.items()}


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    def text(value: Any) -> str:
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            return ""
        if isinstance(value, pd.Timestamp):
            return value.date().isoformat()
        if isinstance(value, bool | np.bool_):
            return "true" if value else "false"
        if isinstance(value, float):
            return f"{value:.3f}".rstrip("0").rstrip(".")
        return str(value)

    return frame.astype("object").map(text)


class Officer:
    """How one file is written: in one language, one order of days, one way of writing numbers."""

    def __init__(self, chance: np.random.Generator, plain: bool) -> None:
        self.chance, self.plain = chance, plain
        self.language = LANGUAGES[int(chance.integers(4))]
        usual = {
            "days": (
                "iso",
                "iso",
                "day/month",
                "month/day",
                "day.month",
                "words",
                "compact",
                "short",
                "year/month",
                "time",
            ),
            "numbers": ("point", "point", "comma", "1.234,5", "1,234.5", "1 234,5", "unit", "exponent"),
            "script": ("", "", "", "", *_SCRIPTS),
            "countries": ("code", "code", "two letters", "name"),
            "unknown": ("", "", "n/a", "-", "s/d", "desconocido", "…"),
            "around": ("", "", "", " ", "\u00a0", "\u200b"),
            "headings": ("name", "name", "also", "upper", "both"),
        }
        self.how = {name: ways[0] if plain else self.one(ways) for name, ways in usual.items()}
        self.booleans = (
            ("true", "false")
            if plain
            else self.one(
                (
                    ("true", "false"),
                    ("sí", "no"),
                    ("Oui", "Non"),
                    ("SIM", "NÃO"),
                    ("1", "0"),
                    ("x", "no"),
                    ("✓", "✗"),
                    ("yes", "no"),
                )
            )
        )
        self.sexes = (
            ("female", "male")
            if plain
            else self.one(
                (
                    ("female", "male"),
                    ("F", "M"),
                    ("M", "H"),
                    ("mujer", "hombre"),
                    ("femme", "homme"),
                    ("mulher", "homem"),
                )
            )
        )

    def one(self, of: Any) -> Any:
        return of[int(self.chance.integers(len(of)))]

    def happens(self, share: float) -> bool:
        return not self.plain and bool(self.chance.random() < share)

    def heading(self, column: Column) -> str:
        how = self.how["headings"]
        also = self.one(column.also) if column.also else column.name
        told = {"name": column.name, "also": also, "upper": also.upper(), "both": f"{also} / {column.name}"}[how]
        return f"{told} " if self.happens(0.05) else told

    def cell(self, text: str, column: Column) -> str:
        if not text:
            return self.how["unknown"] if self.happens(0.7) and not column.required else ""
        return self.how["around"] + self._value(text, column) + self.how["around"]

    def _value(self, text: str, column: Column) -> str:
        if column.holds == "date":
            return self.digits(self._day(date.fromisoformat(text)))
        if column.holds in ("number", "integer"):
            return self.digits(self._number(text, column))
        if column.holds == "boolean":
            return str(self.booleans[text == "false"])
        if column.holds in ("country", "countries"):
            sign = " " if self.how["countries"] != "name" else "; "
            return sign.join(self._country(code) for code in text.split())
        if column.accepted() == ("female", "male"):
            return str(self.sexes[text == "male"])
        if column.holds in ("choice", "choices"):
            words = [self._word(word) for word in text.split()]
            return ("; " if any(" " in word for word in words) else " ").join(words)
        return text

    def _word(self, value: str) -> str:
        said = record_words.load().choices.get(value, ())
        return str(self.one(said)) if said and self.happens(0.5) else value

    def _country(self, code: str) -> str:
        if self.how["countries"] == "code":
            return code
        from babel import Locale

        two = next(two for two, three in record_words._two_letters().items() if three == code)
        return two if self.how["countries"] == "two letters" else str(Locale(self.language).territories[two])

    def _day(self, day: date) -> str:
        from babel.dates import format_date

        written: dict[str, Callable[[], str]] = {
            "iso": day.isoformat,
            "day/month": lambda: day.strftime("%d/%m/%Y"),
            "month/day": lambda: day.strftime("%m/%d/%Y"),
            "day.month": lambda: day.strftime("%d.%m.%Y"),
            "words": lambda: format_date(day, "long", locale=self.language),
            "compact": lambda: day.strftime("%Y%m%d"),
            "short": lambda: day.strftime("%d/%m/%y"),
            "year/month": lambda: day.strftime("%Y/%m/%d"),
            "time": lambda: f"{day.isoformat()} 00:00:00",
        }
        return written[self.how["days"]]()

    def _number(self, text: str, column: Column) -> str:
        if column.name == "year":
            return text
        whole, point, decimals = text.partition(".")
        grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", "\0", whole)
        how = self.how["numbers"]
        if how == "unit" and column.unit == "kilograms":
            return f"{text} kg" if self.chance.random() < 0.5 else f"{text} kilos"
        if how == "exponent" and column.holds == "number" and len(whole) > 4 and not decimals:
            return f"{float(text):.6E}" if float(f"{float(text):.6E}") == float(text) else text
        signs = {"comma": ("", ","), "1.234,5": (".", ","), "1,234.5": (",", "."), "1 234,5": (" ", ",")}
        between, mark = signs.get(how, ("", "."))
        return grouped.replace("\0", between) + (mark + decimals if point else "")

    def digits(self, text: str) -> str:
        zero = _SCRIPTS.get(self.how["script"])
        return text if zero is None else re.sub("[0-9]", lambda found: chr(zero + int(found[0])), text)


# --- A file ---------------------------------------------------------------------------------------------------------


def written(folder: Path, number: int, chance: np.random.Generator) -> Written:
    """A file in the folder, and what is true of it."""
    records = pool(int(chance.integers(8)))
    kind = list(records)[int(chance.integers(len(records)))]
    of, whole = kind_named(kind), records[kind]
    officer = Officer(chance, plain=number % 10 == 0)
    truth = _drawn(whole, of, officer)
    order = list(of.columns)
    if officer.happens(0.5):
        order = [order[int(place)] for place in chance.permutation(len(order))]
    headings = [officer.heading(of.columns[name]) for name in order]
    rows = [[officer.cell(str(row[name]), of.columns[name]) for name in order] for row in truth.to_dict("records")]
    typed = bool(chance.random() < 0.35)
    found = Written(kind, folder / f"{kind}.{'xlsx' if typed else 'csv'}", truth, plain=officer.plain)
    planted = _plant(found, order, rows, of, officer) if officer.happens(0.4) else -1
    lines = _laid_out(found, headings, order, rows, of, officer, planted)
    if typed:
        _write_workbook(found.path, lines, officer)
    else:
        found.path.write_bytes(_text(lines, officer))
    return found


def _drawn(whole: pd.DataFrame, of: Kind, officer: Officer) -> pd.DataFrame:
    """Some of the records, their codes as this office has them, and numbers of more or fewer digits."""
    chance = officer.chance
    rows = np.sort(chance.choice(len(whole), min(len(whole), int(chance.integers(2, 25))), replace=False))
    truth = whole.iloc[rows].reset_index(drop=True)
    prefix = officer.one(("SIMULATED-", "SIMULATED-", "", "S/", "s."))
    factor = float(officer.one((1, 1, 37, 1000, 0.01)))
    later = officer.one(("", "2021-03-05", "2021-01-02"))
    for name, column in of.columns.items():
        if column.holds in ("code", "codes"):
            truth[name] = truth[name].str.replace("SIMULATED-", prefix, regex=False)
        elif name in ("kilograms", "value", "budget", "spent"):
            truth[name] = [_scaled(text, factor) for text in truth[name]]
        elif name == "as_of" and later:
            truth[name] = later
    return truth


def _scaled(text: str, factor: float) -> str:
    return f"{max(float(text) * factor, 0.001):.3f}".rstrip("0").rstrip(".") if text else ""


def _plant(found: Written, order: list[str], rows: list[list[str]], of: Kind, officer: Officer) -> int:
    """Put one fault into the rows; the place of the row it stands in."""
    at = int(officer.chance.integers(len(rows)))
    ways: list[tuple[str, str, str]] = []
    for name, column in of.columns.items():
        if column.required:
            ways.append(("a cell that must be filled is empty", name, ""))
        if column.holds == "date":
            ways += [("a day there is not", name, "31/02/2020"), ("words for a day", name, "last spring")]
            ways += [("a day of another calendar", name, "1399-05-12")]
        if column.holds in ("number", "integer"):
            ways += [("words for a number", name, "about ten"), ("an error of a spreadsheet", name, "#REF!")]
            ways += [("two numbers", name, "10-20"), ("a number in doubt", name, "12?")]
            ways += [("a negative number", name, "-5")] if column.minimum is not None else []
        if column.holds in ("choice", "country", "boolean"):
            ways += [("an unknown word", name, "xyzzy"), ("a hostile text", name, str(officer.one(HOSTILE[:7])))]
        if column.holds == "code":
            ways += [("a name for a code", name, "Juan Pérez"), ("a hostile text", name, str(officer.one(HOSTILE[:7])))]
    ways += [("a row that stands there twice", "", ""), ("a cell too many", "", "")]
    if found.path.suffix == ".csv":  # in a workbook it is a row whose last cell is not filled
        ways.append(("a cell too few", "", ""))
    if {"prosecution_started", "seizure_date"} <= set(order) and found.truth.loc[at, "prosecution_started"]:
        ways += [("a prosecution before its seizure", "prosecution_started", "1999-01-31")] * 5
    what, name, text = officer.one(ways)
    found.wrong = f"{what}{f' in {name}' if name else ''}"
    if name:
        rows[at][order.index(name)] = text
    elif "twice" in what:
        rows.insert(at + 1, list(rows[at]))
    elif "few" in what:
        del rows[at][int(officer.chance.integers(len(rows[at])))]
    else:
        rows[at].insert(0, "7")
    return at


def _laid_out(
    found: Written,
    headings: list[str],
    order: list[str],
    rows: list[list[str]],
    of: Kind,
    officer: Officer,
    planted: int,
) -> list[list[str]]:
    """All lines of the sheet: titles, header, records, and what stands between and below them."""
    extra = officer.happens(0.25)
    head = [*headings, "Observaciones"] if extra else headings
    lines: list[list[str]] = []
    if officer.happens(0.35):
        lines += [[officer.one(_TITLES)] for _ in range(int(officer.chance.integers(1, 4)))]
        lines += [[]] if officer.happens(0.5) else []
    lines.append(head)
    between = int(officer.chance.integers(len(rows) + 1)) if officer.happens(0.3) else -1
    for place, row in enumerate(rows):
        if place == between:
            again = officer.happens(0.4)
            lines.append(list(head) if again else [""] * len(head))
            found.left_out += again
        if planted >= 0 and place in (planted, planted + ("twice" in found.wrong)):
            found.planted[len(lines) + 1] = found.wrong
        lines.append([*row, officer.one(HOSTILE)] if extra else row)
    if officer.happens(0.2):
        lines.append(_total(found, head, order, of))
        found.left_out += 1
    if officer.happens(0.25):
        lines += [[], [officer.one(_NOTES)]]
        found.left_out += 1
    return lines


def _total(found: Written, head: list[str], order: list[str], of: Kind) -> list[str]:
    row = ["Total", *[""] * (len(head) - 1)]
    for place, name in enumerate(order):
        if place and of.columns[name].holds == "integer" and name != "year":
            row[place] = str(sum(int(text) for text in found.truth[name] if text))
    return row


def _text(lines: list[list[str]], officer: Officer) -> bytes:
    sign = "," if officer.plain else officer.one((",", ",", ";", "\t", "|"))
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=sign, lineterminator="\n" if officer.plain else officer.one(("\n", "\r\n"))).writerows(
        lines
    )
    text = stream.getvalue()
    coding = "utf-8" if officer.plain else officer.one(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
    try:
        return text.encode(coding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _write_workbook(path: Path, lines: list[list[str]], officer: Officer) -> None:
    """The lines on a sheet: plain numbers and days as such in some workbooks, titles merged, another sheet beside."""
    import xlsxwriter

    as_numbers = officer.happens(0.5) and not officer.how["script"] and officer.how["numbers"] == "point"
    as_days = officer.happens(0.5) and officer.how["days"] == "iso" and not officer.how["script"]
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    shown = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Registros")
    for row, cells in enumerate(lines):
        for column, cell in enumerate(cells):
            bare = cell.strip(officer.how["around"]) if officer.how["around"] else cell
            if as_days and re.fullmatch(r"\d{4}-\d\d-\d\d", bare) and bare >= "1900-03-01":
                sheet.write_datetime(row, column, pd.Timestamp(bare).to_pydatetime(), shown)
            elif as_numbers and re.fullmatch(r"(0|[1-9]\d*)(\.\d+)?", bare):
                sheet.write_number(row, column, float(bare))
            elif cell:
                sheet.write_string(row, column, cell)
    if officer.happens(0.4):
        book.add_worksheet("Notas").write_string(0, 0, "SIMULATED")
    book.close()
