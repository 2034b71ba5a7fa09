"""Tables as documents hold them: a page of HTML and a float of LaTeX, both set by great-tables, and one document for Word."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from crimjust_research.report import columns, tables, word
from crimjust_research.report.elements import Element, main_of
from crimjust_research.report.exports import tex
from crimjust_research.report.exports.taken import SIMULATED, Taken
from crimjust_research.report.tables import Format, Table

if TYPE_CHECKING:
    from great_tables import GT

MOST = 200
"""Rows of a table that a document holds; of a longer one the first so many, and its caption says so."""
_FLOAT = 40  # lines of a table, notes included, that LaTeX keeps on one sheet; a longer one goes on over sheets
_MOST_KEYS = 3
_LETTERS, _SMALL_LETTERS = 76, 92  # of 9 and of 7 points, in a line of LaTeX's own width
_WORD_LETTERS = 130  # in a line of Word, in the letters of crowded tables
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_DATE = re.compile(r"(?<![\w/-])(\d{4}-\d{2}(?:-\d{2})?)(?![\w-]|[^<]*>)")  # outside of what is marked up
_PLACE = "c{}"  # what a column is called for great-tables
_ROOM = "\\setlength{\\tabcolsep}{3pt}"
# How great-tables words what is worded anew here.
_BEGIN, _FILL = "\\begin{table}[!t]", "@{\\extracolsep{\\fill}}"
_LONG, _LONG_ENDS = "\\begin{longtable}", "\\end{longtable}"
_THEAD = "<thead>"
_RULE, _HEADED = "\\toprule", "\\midrule\\addlinespace[2.5pt]"


def html(taken: Taken) -> bytes:
    """A page that holds the table alone, its styles included."""
    table = tables.first_rows(taken.shown, MOST)
    formats = tables.formats_of(table)
    rows = [[_unbroken(each.show(value)) for value, each in zip(row, formats, strict=True)] for row in table.rows]
    labels = [str(escape(tables.heading(name))) for name in table.columns]
    made = _made(taken.file, rows, labels, formats, [str(tables.words(note)) for note in taken.notes])
    made = made.tab_stub(rowname_col=_PLACE.format(1)).tab_stubhead(_as_it_is(labels[0]))
    made = made.tab_options(
        table_font_size="14px",
        heading_align="left",
        heading_title_font_size="16px",
        source_notes_font_size="12px",
        stub_border_style="none",
    )
    caption = f'<caption class="gt_heading gt_title">{tables.words(table.caption)}</caption>\n'
    told = _replaced(made.as_raw_html(), {_THEAD: f"{caption}{_THEAD}"})
    page = (
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        f"<title>{escape(table.caption)}</title></head>\n<body>\n{told}\n</body></html>\n"
    )
    return page.encode()


def latex(taken: Taken) -> bytes:
    """The table as LaTeX to be put into a document: a float, or, if it is long, one that goes on over sheets.

    What is wider than a sheet comes in parts, each with the first column.

    Raises
    ------
    ValueError
        If great-tables words a table in another way than this expects.
    """
    parts = _parts(tables.first_rows(taken.shown, MOST), _SMALL_LETTERS)
    notes = [tex.escaped(note.replace("`", "")) for note in taken.notes]
    told = "\n".join(
        _set(part, f"{taken.file}-{place}" if place > 1 else taken.file, notes if place == len(parts) else [])
        for place, part in enumerate(parts, start=1)
    )
    needs = f"booktabs, array{', longtable' if _LONG in told else ''}"
    return f"% {taken.file}, of crimjust-research: needs the packages {needs}.\n{tex.warned(told)}{told}".encode()


def docx(taken: Sequence[Taken]) -> bytes:
    """One document for Word of a notebook's tables, each with its caption, a header row that repeats, and its notes.

    What is wider than a sheet comes in parts, each with the first column.
    """
    told = Markup("\n").join(
        Markup('{}\n<p class="notes">{}</p>').format(
            Markup("\n").join(map(tables.html, _parts(tables.first_rows(one.shown, MOST), _WORD_LETTERS))),
            Markup("<br>").join(map(tables.words, one.notes)),
        )
        for one in taken
    )
    page = Markup("<html><body><main><h1>{}</h1>\n{}</main></body></html>").format(taken[0].title, told)
    return word.document(page, {}, SIMULATED if all(one.simulated for one in taken) else "")


def _parts(table: Table, whole: int) -> list[Table]:
    """A table in parts that lines of so many letters have room for: its columns, each time after those that tell its rows apart.

    There are as few parts as can be, and they are as even as can be.
    """
    letters, keys = columns.least(_element(table)), list(range(_keys(table)))
    room = max(whole - sum(letters[: len(keys)]), 1)
    others = range(len(keys), len(letters))
    fewest = len(_filled(letters, others, room))
    even = next(found for each in range(1, room + 1) if len(found := _filled(letters, others, each)) <= fewest)
    parts = [keys + part for part in even]
    if len(parts) == 1:
        return [table]
    return [
        replace(
            table,
            caption=f"{table.caption} (part {number} of {len(parts)})",
            columns=tuple(table.columns[place] for place in part),
            rows=tuple(tuple(row[place] for place in part) for row in table.rows),
        )
        for number, part in enumerate(parts, start=1)
    ]


def _filled(letters: Sequence[int], places: Sequence[int], room: int) -> list[list[int]]:
    """Columns in groups that take up to so much room, or are of one column."""
    groups: list[list[int]] = [[]]
    for place in places:
        if groups[-1] and sum(letters[one] for one in groups[-1]) + letters[place] > room:
            groups.append([])
        groups[-1].append(place)
    return groups


def _keys(table: Table) -> int:
    """How many of the first columns tell the rows apart: few, or else the first alone."""
    for several in range(1, min(_MOST_KEYS, len(table.columns) - 1) + 1):
        if len({row[:several] for row in table.rows}) == len(table.rows):
            return several
    return 1


def _element(table: Table) -> Element:
    return next(main_of(f"<main>{tables.html(table)}</main>").all("table"))


def _set(table: Table, label: str, notes: list[str]) -> str:
    """A table that is no wider than a sheet, in LaTeX."""
    element, formats = _element(table), tables.formats_of(table)
    head, *rows = [[_cell(cell) for cell in row.all("th", "td")] for row in element.all("tr")]
    small = sum(columns.least(element)) > _LETTERS
    letters = _SMALL_LETTERS if small else _LETTERS
    shares = columns.shares(element, letters)
    below = sum(math.ceil(len(note) / letters) for note in notes)
    long = _lines(element, shares, letters) + below > _FLOAT
    made = _made(label, rows, head, formats, notes).tab_options(table_font_size="7pt" if small else "9pt")
    told = made.as_latex(use_longtable=long)
    plain = "".join("r" if each.numeric else "l" for each in formats)
    form = _wrapping(shares, formats) if _wraps(element, letters) else plain
    caption = f"\\caption{{{tex.escaped(table.caption)}}}\\label{{tab:{label}}}"
    if not long:
        return _replaced(told, {_BEGIN: f"{_BEGIN}\n{_ROOM}\n{caption}", f"{{{_FILL}{plain}}}": f"{{{_FILL}{form}}}"})
    heads = told[told.index(_RULE) : told.index(_HEADED) + len(_HEADED)]
    again = f"{caption} \\\\\n{heads}\n\\endfirsthead\n{heads}\n\\endhead"
    noted = {f"{_LONG_ENDS}\n\\begin": f"{_LONG_ENDS}\n\\noindent\\begin"} if notes else {}
    return _replaced(told, {f"{_LONG}{{{plain}}}": f"{_ROOM}\n{_LONG}{{{form}}}", heads: again} | noted)


def _made(name: str, rows: list[list[str]], head: list[str], formats: Sequence[Format], notes: list[str]) -> "GT":
    """Cells, heads and notes that are marked up already as a table of great-tables."""
    import pandas as pd
    from great_tables import GT

    places = [_PLACE.format(place) for place, _ in enumerate(head, start=1)]
    made = GT(pd.DataFrame(rows, columns=places, dtype="object"), id=_UNSAFE.sub("_", f"table-{name}"))
    made = made.fmt_passthrough(columns=places, escape=False)
    made = made.cols_label({place: _as_it_is(told) for place, told in zip(places, head, strict=True)})
    numeric = [place for place, each in zip(places, formats, strict=True) if each.numeric]
    made = made.cols_align("left", columns=places).cols_align("right", columns=numeric)
    for note in notes:
        made = made.tab_source_note(_as_it_is(note))
    return made


def _unbroken(cell: str) -> str:
    """A cell of HTML in which no date breaks at its hyphens."""
    return _DATE.sub(r'<span style="white-space: nowrap">\1</span>', str(cell))


def _as_it_is(text: str) -> Any:
    """A text that great-tables is to leave as it is."""
    from great_tables._text import Text

    return Text(text)


def _cell(cell: Element) -> str:
    """What a cell holds, in LaTeX; where a row begins with it, a bracket or a star there belongs to no command."""
    told = tex.of_element(cell)
    return f"{{}}{told}" if told.startswith(("[", "*")) else told


def _cells(table: Element) -> list[list[str]]:
    return [[cell.text() for cell in row.all("th", "td")] for row in table.all("tr")]


def _wraps(table: Element, letters: int) -> bool:
    """Whether cells break, or do not find room in a line of so many letters."""
    longest = [max(map(len, column)) + 2 for column in zip(*_cells(table), strict=True)]
    return next(table.all("br"), None) is not None or sum(longest) > letters


def _lines(table: Element, shares: Sequence[float], letters: int) -> int:
    """About how many lines the table takes."""
    return sum(
        max(math.ceil(len(text) / max(share * letters - 2, 1)) for text, share in zip(row, shares, strict=True))
        for row in _cells(table)
    )


def _wrapping(shares: Sequence[float], formats: Sequence[Format]) -> str:
    """Columns of LaTeX that wrap and fill a line between them."""
    return "".join(
        f">{{\\{'raggedleft' if each.numeric else 'raggedright'}\\arraybackslash}}"
        f"p{{\\dimexpr {share:.4f}\\linewidth-2\\tabcolsep\\relax}}"
        for share, each in zip(shares, formats, strict=True)
    )


def _replaced(told: str, by: Mapping[str, str]) -> str:
    """A text with parts of it, each of which stands there once, replaced."""
    for part, other in by.items():
        if told.count(part) != 1:
            raise ValueError(f"great-tables wrote {part!r} {told.count(part)} times in a table; once is expected")
        told = told.replace(part, other)
    return told
