"""Tables of one assessment in the forms readers take away: HTML to read and paste, CSV, one document for Word."""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from crimjust_research import spreadsheets
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import interval_text, number, p_text

# Rows of a table that a page shows; nobody reads more, and a thousand country-years would outweigh the page.
SHOWN_ROWS = 40
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")  # "01" is a code, not a number
_REAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")
_CODE = re.compile("`([^`]+)`")
_ACRONYMS = {"adf": "ADF", "aic": "AIC", "bic": "BIC", "ci": "CI", "kpss": "KPSS"}
_NUMBER = Markup(' class="number"')
_WORD_STYLE = (
    "body{font-family:Calibri,Arial,sans-serif;font-size:10pt}"
    "table{border-collapse:collapse;margin:0 0 18pt}caption{text-align:left;font-weight:bold;padding:0 0 4pt}"
    "th,td{border:.5pt solid #767676;padding:2pt 5pt;text-align:left;vertical-align:top}"
    ".number{text-align:right}thead th{background:#eeeeee}"
)


@dataclass(frozen=True)
class Text:
    """A cell of words: the text, a smaller `note` below it, and a `flag` that no reader may miss."""

    text: str
    note: str = ""
    flag: str = ""


Value = str | int | float | bool | Text | None


@dataclass(frozen=True)
class Table:
    """Rows of values under named columns, read row by row from its first column. `ids` are the rows' anchors."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    ids: tuple[str, ...] = ()


def from_records(caption: str, records: Sequence[Mapping[str, Any]]) -> Table:
    """A table of records that share their keys, as the JSON of a check holds them."""
    columns = tuple(records[0]) if records else ()
    return Table(caption, columns, tuple(tuple(record[c] for c in columns) for record in records))


def from_csv(caption: str, content: bytes) -> Table:
    """A table of a CSV file with a header; cells that are written as numbers become numbers, empty ones None.

    Raises
    ------
    ValueError
        If the file is empty or a row has more or fewer cells than the header.
    """
    lines = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    if not lines:
        raise ValueError("the file is empty")
    header, *rows = lines
    for place, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"row {place} has {len(row)} cells under {len(header)} columns")
    return Table(caption, tuple(header), tuple(tuple(_typed(cell) for cell in row) for row in rows))


def first_rows(table: Table) -> Table:
    """A long table's first rows, for a page; its caption says how many there are. Short ones as they are."""
    if len(table.rows) <= SHOWN_ROWS:
        return table
    caption = f"{table.caption}: the first {SHOWN_ROWS} of {len(table.rows):,} rows, all are in the CSV"
    return replace(table, caption=caption, rows=table.rows[:SHOWN_ROWS], ids=table.ids[:SHOWN_ROWS])


def of_estimates(caption: str, estimates: Iterable[Estimate], anchor: str) -> Table:
    """Estimates for reading, one a row; a row's id is `anchor` and the id of its estimate."""
    columns = ("Estimand", "Method and specification", "Estimate", "Interval", "p", "Adjusted p", "n", "Role")
    shown = tuple(estimates)
    return Table(caption, columns, tuple(_estimate_row(e) for e in shown), tuple(f"{anchor}{e.id}" for e in shown))


def html(table: Table) -> Markup:
    """The table as plain HTML that pastes into a word processor: caption, column and row headers, no styles."""
    formats = [_format(name, [row[i] for row in table.rows]) for i, name in enumerate(table.columns)]
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_NUMBER if place and formats[place].numeric else "", _heading(name))
        for place, name in enumerate(table.columns)
    )
    body = Markup("\n").join(
        Markup("<tr{}>{}</tr>").format(
            Markup(' id="{}"').format(table.ids[place]) if table.ids else "",
            Markup("").join(_cell(i, value, formats[i]) for i, value in enumerate(row)),
        )
        for place, row in enumerate(table.rows)
    )
    return Markup("<table><caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table>").format(
        table.caption, head, body
    )


def csv_bytes(table: Table) -> bytes:
    """The table as CSV with all digits of its numbers; a missing value is an empty cell, and no text is a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([spreadsheets.cell(column) for column in table.columns])
    writer.writerows([_plain(value) for value in row] for row in table.rows)
    return stream.getvalue().encode()


def word(title: str, tables: Iterable[Table]) -> bytes:
    """One HTML document of tables with ruled cells, which word processors open and keep as tables."""
    document = Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{}</title><style>{}</style></head>\n'
        "<body><h1>{}</h1>\n{}\n</body></html>\n"
    ).format(title, Markup(_WORD_STYLE), title, Markup("\n").join(html(table) for table in tables))
    return document.encode()


def _estimate_row(e: Estimate) -> tuple[Value, ...]:
    level = "" if math.isnan(e.ci_level) else f"{e.ci_level * 100:g}% level"
    return (
        # The first column is in sight without scrolling.
        Text(e.estimand, flag="SIMULATED" if e.data_status == "simulated" else ""),
        Text(e.method, e.specification),
        Text(number(e.estimate), e.unit),
        Text(interval_text(e), level),
        p_text(e.p_value),
        p_text(e.p_adjusted),
        Text(f"{e.n_obs:,}", f"{e.n_units:,} units" if e.n_units > 1 else ""),
        e.role.replace("_", " "),
    )


def _heading(name: str) -> str:
    """A column's name as words, in sentence case; a single letter is a symbol and stays as it is."""
    words = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:] if len(words) > 1 else words


def _words(text: str) -> Markup:
    """Text as HTML, what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def _cell(place: int, value: Value, formatted: "Format") -> Markup:
    if place == 0:
        return Markup('<th scope="row">{}</th>').format(formatted.show(value))
    return Markup("<td{}>{}</td>").format(_NUMBER if formatted.numeric else "", formatted.show(value))


@dataclass(frozen=True)
class Format:
    """How a column is shown: integers whole, p-values as papers print them, other numbers to four digits."""

    numeric: bool
    whole: bool = False
    p_values: bool = False

    def show(self, value: Value) -> Markup:
        if isinstance(value, Text):
            shown = _words(value.text)
            for content, element in ((value.note, "small"), (value.flag, "strong")):
                if content:
                    shown += Markup("<br><{}>{}</{}>").format(element, _words(content), element)
            return shown
        if value is None:
            return Markup("n/a")
        if isinstance(value, bool):
            return Markup("yes" if value else "no")
        if isinstance(value, str):
            return _words(value)
        if not math.isfinite(value):
            return escape(str(value))
        if self.p_values:
            return escape(p_text(value).replace(" ", "\u00a0"))
        # Whole numbers go without separators: they are as often years as counts.
        return escape(f"{value:.0f}".replace("-", "−") if self.whole else number(value, 4))


def _format(name: str, values: Sequence[Value]) -> Format:
    present = [v for v in values if v is not None]
    numbers = [v for v in present if isinstance(v, int | float) and not isinstance(v, bool)]
    return Format(
        numeric=bool(present) and len(numbers) == len(present),
        whole=all(math.isfinite(v) and float(v).is_integer() for v in numbers),
        p_values=name == "p" or name.endswith(("_p", "p_value", "p_adjusted")),
    )


def _typed(cell: str) -> Value:
    if cell == "":
        return None
    if cell in ("True", "False"):
        return cell == "True"
    if _INTEGER.fullmatch(cell):
        return int(cell)
    return float(cell) if _REAL.fullmatch(cell) and ("." in cell or "e" in cell) else cell


def _plain(value: Value) -> str | int | float | bool | None:
    if isinstance(value, Text):
        value = " ".join(filter(None, (value.text, value.note, value.flag)))
    return spreadsheets.cell(value) if isinstance(value, str) else value
