"""Tables as a workbook: a sheet each, with real numbers, and above and below them what they are and where they come from."""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from crimjust_research import spreadsheets
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report import tables
from crimjust_research.report.exports.taken import Taken
from crimjust_research.report.tables import Format, Link, Table, Text, Value

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_MOMENT = datetime(2000, 1, 1)  # whoever writes it again writes the same bytes
_SHEET = 31  # letters of a sheet's name
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_CELL = 32_767  # letters of a cell
_NARROW, _WIDE = 8, 48  # letters of a column
_LINE, _MOST_LINES = 15, 10  # points of a line, and lines of a row
_ON_PAPER = 260  # letters of some 6 points in a line of a sheet of paper that lies on its side
_HEAD = 2  # the row of the heads, counted from 0: above stand the caption and a free row
_P = '[<0.001]"< 0.001";0.000'


def workbook(taken: Sequence[Taken]) -> bytes:
    """Tables of one notebook as a workbook; equal ones come to equal bytes."""
    import xlsxwriter

    packed = io.BytesIO()
    plain = {f"strings_to_{what}": False for what in ("formulas", "numbers", "urls")}
    with xlsxwriter.Workbook(packed, {"in_memory": True, **plain}) as made:
        made.set_properties({"title": taken[0].run, "author": "crimjust-research", "created": _MOMENT})

        @cache
        def form(**how: Any) -> Any:
            return made.add_format({"valign": "top", **how})

        for one in taken:
            _fill(made.add_worksheet(sheet_name(one)), one, form)
    return packed.getvalue()


def sheet_name(taken: Taken) -> str:
    """What a table's sheet is called: its number on the page, and as much of its name as there is room for."""
    told = taken.label if taken.name.startswith("check-") else f"{taken.label.removeprefix('Table ')} {taken.name}"
    return _FORBIDDEN.sub("_", told)[:_SHEET].rstrip()


def _fill(sheet: "Worksheet", taken: Taken, form: Any) -> None:
    table, alike = _said_once(taken.data)
    formats = tables.formats_of(table)
    sheet.write_string(0, 0, _text(table.caption), form(bold=True, font_size=12))
    widths = [_width(name, [row[place] for row in table.rows]) for place, name in enumerate(table.columns)]
    sheet.set_row(_HEAD, _height(table.columns, widths))
    for place, (name, each, width) in enumerate(zip(table.columns, formats, widths, strict=True)):
        side = {"align": "right"} if each.numeric else {"align": "left", "indent": 1}
        head = form(bold=True, text_wrap=True, bottom=1, **side)
        sheet.write_string(_HEAD, place, _text(tables.heading(name)), head)
        sheet.set_column(place, place, width)
    for line, row in enumerate(table.rows, start=_HEAD + 1):
        sheet.set_row(line, _height(row, widths))
        for place, (value, each) in enumerate(zip(row, formats, strict=True)):
            _write(sheet, line, place, value, each, form)
    said = (f"{head}, in all rows: {text}" for head, text in alike.items() if not _stands_in(taken.notes, text))
    for line, note in enumerate((*said, *taken.notes), start=_HEAD + len(table.rows) + 2):
        sheet.write_string(line, 0, _text(per_cent_signs(note)), form())
    sheet.freeze_panes(_HEAD + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4)
    sheet.fit_to_pages(math.ceil(max(sum(widths) - widths[0], 1) / (_ON_PAPER - widths[0])), 0)
    sheet.print_across()
    sheet.repeat_rows(_HEAD)
    sheet.repeat_columns(0)
    if taken.simulated:
        sheet.set_header("&C&BSIMULATED data")


def _said_once(table: Table) -> tuple[Table, dict[str, str]]:
    """A table without the columns that say one long text in all of its rows, and these texts by the heads of their columns."""
    columns = list(zip(*table.rows, strict=True)) if len(table.rows) > 1 else [()] * len(table.columns)
    alike = {
        place: column[0]
        for place, column in enumerate(columns)
        if len(set(column)) == 1 and isinstance(column[0], str) and len(column[0]) > _WIDE
    }
    kept = [place for place, _ in enumerate(table.columns) if place not in alike]
    other = replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
    )
    return other, {tables.heading(table.columns[place]): text for place, text in alike.items()}


def _stands_in(notes: Sequence[str], text: str) -> bool:
    """Whether a text is one of the notes, or what one says after its first words, as of a method that all rows have."""
    return any(note == text or note.endswith(f": {text}") for note in notes)


def _height(row: Sequence[Value], widths: Sequence[int]) -> int:
    """Points in which the words of a row find room, one below the other where they wrap: no program reckons them alike."""
    lines = (math.ceil(len(_words(v)) / w) for v, w in zip(row, widths, strict=True) if isinstance(v, str | Text))
    return _LINE * min(max(lines, default=1), _MOST_LINES)


def _write(sheet: "Worksheet", line: int, place: int, value: Value, shown: Format, form: Any) -> None:
    """A number as one, with the digits the page shows; words as words, whatever they begin with; nothing as nothing."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value, form(align="left"))
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(line, place, value, form(num_format=_digits(value, shown)))
    else:
        sheet.write_string(line, place, _text(_words(value)), form(text_wrap=True, indent=1))


def _digits(value: float, shown: Format) -> str:
    """The format of a number: p-values as papers print them, whole ones whole, others to four digits."""
    if shown.p_values:
        return _P
    if shown.whole or value == 0:
        return "0"
    decimals = max(3 - math.floor(math.log10(abs(value))), 0)
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def _words(value: Value) -> str:
    if isinstance(value, Link):
        return value.text
    if isinstance(value, Text):
        return " ".join(filter(None, (value.text, value.note, value.flag)))
    return str(value)


def _text(text: str) -> str:
    """A text as a cell holds it, which is never calculated."""
    told = spreadsheets.cell(text)
    return told if len(told) <= _CELL else f"{told[: _CELL - 1]}…"


def _width(name: str, values: Sequence[Value]) -> int:
    longest = max((len(_words(value)) for value in values if value is not None), default=0)
    return min(max(longest, min(len(name), 14), _NARROW) + 1, _WIDE)
