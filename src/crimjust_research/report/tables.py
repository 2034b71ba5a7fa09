"""Tables of one assessment in the forms readers take away: HTML to read and paste, CSV, one document for Word."""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from crimjust_research import spreadsheets
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import interval_text, number, p_text, spelt, unit_told
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report.anchors import anchor, cell_named

# Rows of a table that a page shows; nobody reads more, and a thousand country-years would outweigh the page.
SHOWN_ROWS = 30
_LONG_NUMBER = 300  # digits, with which none is computed
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")  # "01" is a code, not a number
_REAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")
_CODE = re.compile("`([^`]+)`")
_ESTIMATE = ("Estimand", "Cell", "Specification", "Estimate", "Interval", "p", "Adjusted p", "n", "Role")
# What the classes of a table come to on a page, as far as its fortieth column.
_PLACES = range(2, 41)
STYLE = (
    f"{', '.join(f'.n{place} tr > :nth-child({place})' for place in _PLACES)} {{ text-align: right; }}\n"
    f"@media screen {{ {', '.join(f'.w{place} td:nth-child({place})' for place in _PLACES)} {{ min-width: 14rem; }} }}\n"
)
_LONG = 40  # characters from which on a cell of words is given room
_WORD_STYLE = (
    "body{font-family:Calibri,Arial,sans-serif;font-size:10pt}"
    "table{border-collapse:collapse;margin:0 0 18pt}caption{text-align:left;font-weight:bold;padding:0 0 4pt}"
    "th,td{border:.5pt solid #767676;padding:2pt 5pt;text-align:left;vertical-align:top}"
    ".number{text-align:right}thead th{background:#eeeeee}"
)


@dataclass(frozen=True)
class Text:
    """A cell of words: the text, a smaller `note` below it, and a `flag` that no reader may miss.

    The text leads to `place` on the page, if one is named.
    """

    text: str
    note: str = ""
    flag: str = ""
    place: str = ""


@dataclass(frozen=True)
class Link:
    """A cell that leads to the place of that name on the page; `heard` is what the link is called without its row."""

    text: str
    place: str
    heard: str


Value = str | int | float | bool | Text | Link | None


@dataclass(frozen=True)
class Table:
    """Rows of values under named columns, read row by row from its first column. `ids` are the rows' anchors; `notes` stand
    below, numbered where there are several."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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


def first_rows(table: Table, most: int = SHOWN_ROWS) -> Table:
    """A long table's first rows, for a page; its caption says how many there are. Short ones as they are."""
    if len(table.rows) <= most:
        return table
    caption = f"{table.caption}: the first {most} of {len(table.rows):,} rows, all are in the CSV"
    return replace(table, caption=caption, rows=table.rows[:most], ids=table.ids[:most])


def of_estimates(
    caption: str, estimates: Iterable[Estimate], run: str, cells: Mapping[str, int], *, in_short: bool = False
) -> Table:
    """Estimates of a run for reading, one a row whose anchor is made of the run and its id.

    Methods stand below and are numbered, since many estimates share one. `cells` are the numbers of the notebook's cells that
    recorded them, by id. They stand second, where they are in sight on a narrow screen, too. What all rows share is told once:
    a unit and a level in the heading, a role in the caption it is given. A column that would tell nothing of any row is left out.
    `in_short`: roles are left out, a specification stands below what is estimated, and the cell last.
    """
    shown = tuple(estimates)
    methods = tuple(dict.fromkeys(e.method for e in shown))
    units, levels, roles = ({of(e) for e in shown} for of in (_unit, _level, _role))
    one_unit, one_level = (len(told) == 1 for told in (units, levels))
    rows = [
        _estimate_row(
            e,
            methods.index(e.method) + 1 if len(methods) > 1 else 0,
            _to_cell(run, cells.get(e.id)),
            unit="" if one_unit else _unit(e),
            level="" if one_level else _level(e),
            in_short=in_short,
        )
        for e in shown
    ]
    told = {
        "Cell": any(e.id in cells for e in shown),
        "Adjusted p": not all(math.isnan(e.p_adjusted) for e in shown),
        "Specification": not in_short,
        "p": not in_short or not all(math.isnan(e.p_value) for e in shown),
        "Role": not in_short and len(roles) > 1,
    }
    order = sorted(_ESTIMATE, key="Cell".__eq__) if in_short else _ESTIMATE
    columns = tuple(name for name in order if told.get(name, True))
    shared = {"Estimate": units if one_unit else (), "Interval": levels if one_level else ()}
    return Table(
        caption,
        tuple(f"{name}, {min(shared[name])}" if any(shared.get(name, ())) else name for name in columns),
        tuple(tuple(row[name] for name in columns) for row in rows),
        tuple(anchor("estimate", run, e.id) for e in shown),
        methods,
    )


def html(table: Table, widths: Sequence[int] = ()) -> Markup:
    """The table as plain HTML that pastes into a word processor: caption, column and row headers, no styles.

    Its classes say of which columns the cells are numbers ("n2"), and of which they are long words ("w3"); `STYLE` sets them.
    On paper it stands in small letters, and columns as wide beside each other as `widths` has it, which none but a table for
    paper is given.
    """
    formats = formats_of(table)
    numbers = [f"n{place}" for place, each in enumerate(formats, start=1) if each.numeric and place > 1]
    wordy = [
        f"w{place}"
        for place, values in enumerate(zip(*table.rows, strict=True), start=1)
        if place > 1 and any(isinstance(value, str) and len(value) > _LONG for value in values)
    ]
    classes = " ".join([*numbers, *wordy, *(["dense"] if widths else [])])
    whole = f' class="{classes}"' if classes else ""
    if widths:
        whole += f' data-widths="{" ".join(map(str, widths))}"'
    return _html(table, formats, [""] * len(formats), whole)


def _word_html(table: Table) -> Markup:
    """The same for a word processor's own reading, which knows no columns: each cell says what it is."""
    formats = formats_of(table)
    kinds = [' class="number"' if place and each.numeric else "" for place, each in enumerate(formats)]
    return _html(table, formats, kinds)


def _html(table: Table, formats: Sequence["Format"], kinds: Sequence[str], whole: str = "") -> Markup:
    head = "".join(
        f'<th scope="col"{kind}>{escape(heading(name))}</th>' for kind, name in zip(kinds, table.columns, strict=True)
    )
    ids = [f' id="{escape(name)}"' for name in table.ids] or [""] * len(table.rows)
    body = "\n".join(f"<tr{place}>{_row(row, formats, kinds)}</tr>" for place, row in zip(ids, table.rows, strict=True))
    return Markup(
        f"<table{whole}><caption>{escape(table.caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table>"
    )


def _row(row: Sequence[Value], formats: Sequence["Format"], kinds: Sequence[str]) -> str:
    first, *others = (each.show(value) for value, each in zip(row, formats, strict=True))
    return f'<th scope="row">{first}</th>' + "".join(
        f"<td{kind}>{shown}</td>" for shown, kind in zip(others, kinds[1:], strict=True)
    )


def notes(table: Table) -> Markup:
    """What stands below the table: methods, numbered as its rows name them."""
    if len(table.notes) == 1:
        return Markup('<p class="notes">Method: {}</p>').format(words(table.notes[0]))
    listed = Markup("\n").join(Markup("<li>{}</li>").format(words(note)) for note in table.notes)
    return Markup('<p class="notes">Methods</p>\n<ol class="notes">\n{}\n</ol>').format(listed) if listed else Markup()


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
    ).format(title, Markup(_WORD_STYLE), title, Markup("\n").join(_word_html(table) + notes(table) for table in tables))
    return document.encode()


def _estimate_row(e: Estimate, method: int, cell: Value, unit: str, level: str, in_short: bool) -> dict[str, Value]:
    by_method = f"method {method}" if method else ""
    below = "; ".join(filter(None, (e.specification, by_method))) if in_short else ""
    values: tuple[Value, ...] = (
        # The first column is in sight without scrolling.
        Text(e.estimand, below, flag="SIMULATED" if e.data_status == "simulated" else ""),
        cell,
        Text(e.specification, by_method),
        Text(number(e.estimate), unit),
        Text(interval_text(e), level),
        _kept_together(p_text(e.p_value)),
        _kept_together(p_text(e.p_adjusted)),
        Text(f"{e.n_obs:,}", f"{e.n_units:,} units" if e.n_units > 1 else ""),
        _role(e),
    )
    return dict(zip(_ESTIMATE, values, strict=True))


def _kept_together(text: str) -> str:
    """A text that is not parted at the end of a line."""
    return text.replace(" ", "\u00a0")


def _unit(e: Estimate) -> str:
    return unit_told(e.unit)


def _level(e: Estimate) -> str:
    return "" if math.isnan(e.ci_level) else f"{e.ci_level * 100:g}% level"


def _role(e: Estimate) -> str:
    return e.role.replace("_", " ")


def _to_cell(run: str, cell: int | None) -> Value:
    return None if cell is None else Link(f"cell {cell}", anchor("cell", run, str(cell)), cell_named(run, cell))


def heading(name: str) -> str:
    """A column's name as words, in sentence case; a single letter is a symbol and stays as it is."""
    return spelt(name) if len(name) > 1 else name


@lru_cache(maxsize=50_000)  # a page holds the same words in many rows, and each table twice: to read, and to take away
def words(text: str) -> Markup:
    """Text as HTML, what stands between backticks as code, the sign of per cent at its number."""
    escaped = escape(per_cent_signs(text))
    return Markup(_CODE.sub(r"<code>\1</code>", str(escaped))) if "`" in text else escaped


@dataclass(frozen=True)
class Format:
    """How a column is shown: integers whole, p-values as papers print them, other numbers to four digits."""

    numeric: bool
    whole: bool = False
    p_values: bool = False

    def show(self, value: Value) -> str:
        """The value as HTML."""
        if isinstance(value, Text):
            text = words(value.text)
            if value.place:
                text = Markup(f'<a href="#{escape(value.place)}">{text}</a>')
            note = f"<small>{words(value.note)}</small>" if value.note else ""
            flag = f"<strong>{words(value.flag)}</strong>" if value.flag else ""
            return "<br>".join(filter(None, (text, note, flag)))
        if isinstance(value, Link):
            return f'<a href="#{escape(value.place)}" aria-label="{escape(value.heard)}">{escape(value.text)}</a>'
        if value is None:
            return "n/a"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return words(value)
        if not math.isfinite(value):
            return escape(str(value))
        if self.p_values:
            return escape(_kept_together(p_text(value)))
        # Whole numbers go without separators: they are as often years as counts.
        return escape(f"{value:.0f}".replace("-", "−") if self.whole else number(value, 4))


def formats_of(table: Table) -> list[Format]:
    """How each of the table's columns is shown."""
    return [_format(name, [row[place] for row in table.rows]) for place, name in enumerate(table.columns)]


def _format(name: str, values: Sequence[Value]) -> Format:
    present = [v for v in values if v is not None]
    numbers = [v for v in present if isinstance(v, int | float) and not isinstance(v, bool)]
    return Format(
        numeric=bool(present) and len(numbers) == len(present),
        whole=all(math.isfinite(v) and float(v).is_integer() for v in numbers),
        p_values=name == "p" or name.startswith("p_") or name.endswith(("_p", "p_value", "p_adjusted")),
    )


def _typed(cell: str) -> Value:
    if cell == "":
        return None
    if cell in ("True", "False"):
        return cell == "True"
    if _INTEGER.fullmatch(cell) and len(cell) < _LONG_NUMBER:
        return int(cell)
    return float(cell) if _REAL.fullmatch(cell) and ("." in cell or "e" in cell) else cell


def _plain(value: Value) -> str | int | float | bool | None:
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, Text):
        value = " ".join(filter(None, (value.text, value.note, value.flag)))
    return spreadsheets.cell(value) if isinstance(value, str) else value
