"""Tables: rows and cells as Word keeps them, their headers repeated on every sheet, numbers to the right."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crimjust_research.report.elements import Element
from crimjust_research.report.word.nodes import Node, node, paragraph, valued

_NUMBERS = re.compile(r"n([0-9]+)")
_PADDING = 3.2  # millimetres of a column that no letter stands in
_MILLIMETRES = 0.172  # of a letter's width, on the average, for each point of its size
_LONGEST_WORD = 24  # letters; a longer one is broken
_LONGEST_TEXT = 400  # letters; beyond this a column is no wider
_KEPT_WHOLE = 7  # rows; a table of more may go on on the next sheet
_TWIPS = 1440 / 25.4
Fill = Callable[[Element, Element, bool], Iterable[Node]]


@dataclass(frozen=True)
class Cells:
    """A table of a page: its caption, rows of its head and of its body, and which rows there are."""

    caption: Element
    head: list[Element]
    body: list[Element]

    @property
    def rows(self) -> list[Element]:
        return [*self.head, *self.body]


def read(table: Element) -> Cells:
    """What a table of a page holds.

    Raises
    ------
    ValueError
        If it has no caption or no header row, or a row has more or fewer cells than the first.
    """
    caption = next(table.all("caption"), None)
    if caption is None or not caption.text():
        raise ValueError("a table for Word has no caption")
    head = [row for part in table.all("thead") for row in part.all("tr")]
    if not head:
        raise ValueError(f"the table “{caption.text()}” has no header row")
    found = Cells(caption, head, [row for row in table.all("tr") if row not in head])
    columns = len(cells(head[0]))
    for row in found.rows:
        if len(cells(row)) != columns:
            raise ValueError(
                f"the table “{caption.text()}” has a row of {len(cells(row))} cells under {columns} columns"
            )
    return found


def cells(row: Element) -> list[Element]:
    """The cells of a row."""
    return list(row.all("th", "td"))


def table(
    element: Element,
    found: Cells,
    whole: float,
    size: float,
    style: str,
    fill: Callable[[Element, Element, bool], Iterable[Node]],
) -> Node:
    """A table `whole` millimetres wide, in letters of `size` points and in that style of paragraphs.

    `fill` gives the words of a cell: of its row, the cell, and whether it stands in the head.
    """
    kinds = element.attributes.get("class", "").split()
    numbers = {int(kind[1]) - 1 for kind in map(_NUMBERS.fullmatch, kinds) if kind}
    widths = [round(width * _TWIPS) for width in _widths(element, found, whole, size)]
    last = found.rows[-1]
    rows = []
    for row in found.rows:
        head = row in found.head
        keep = head or (len(found.rows) <= _KEPT_WHOLE and row is not last)
        made = [
            node(
                "w:tc",
                None,
                (
                    node("w:tcPr", None, [_width("w:tcW", width)]),
                    paragraph("TableHead" if head else style, fill(row, cell, head), keep=keep, right=place in numbers),
                ),
            )
            for place, (cell, width) in enumerate(zip(cells(row), widths, strict=True))
        ]
        properties = [node("w:cantSplit"), *([node("w:tblHeader")] if head else [])]
        rows.append(node("w:tr", None, [node("w:trPr", None, properties), *made]))
    look = {"firstRow": "1", "lastRow": "0", "firstColumn": "1", "lastColumn": "0", "noHBand": "1", "noVBand": "1"}
    properties = [
        valued("w:tblStyle", "ReportTable"),
        _width("w:tblW", sum(widths)),
        node("w:tblLayout", {"w:type": "fixed"}),
        node("w:tblLook", {"w:val": "06A0"} | {f"w:{name}": value for name, value in look.items()}),
        valued("w:tblCaption", found.caption.text()),
    ]
    grid = node("w:tblGrid", None, [node("w:gridCol", {"w:w": str(width)}) for width in widths])
    return node("w:tbl", None, [node("w:tblPr", None, properties), grid, *rows])


def _width(name: str, twips: int) -> Node:
    return node(name, {"w:w": str(twips), "w:type": "dxa"})


def _widths(element: Element, found: Cells, whole: float, size: float) -> list[float]:
    """Millimetres of each column: as the page says, or by the words in it."""
    if told := element.attributes.get("data-widths", "").split():
        weights = [float(weight) for weight in told]
        return [whole * weight / sum(weights) for weight in weights]
    letter = size * _MILLIMETRES
    columns = list(zip(*([cell.text() for cell in cells(row)] for row in found.rows), strict=True))
    return shared(columns, whole, letter)


def shared(columns: Sequence[Sequence[str]], whole: float, letter: float) -> list[float]:
    """Widths of columns of texts: no word broken where that can be, and what is left to those with more to say."""
    least = [letter * min(max(_words(texts)), _LONGEST_WORD) + _PADDING for texts in columns]
    most = [
        max(letter * min(max(map(len, texts)), _LONGEST_TEXT) + _PADDING, few)
        for texts, few in zip(columns, least, strict=True)
    ]
    if sum(most) <= whole:
        return [whole * much / sum(most) for much in most]
    if sum(least) >= whole:
        return [whole * few / sum(least) for few in least]
    wants = [math.sqrt(much - few) for much, few in zip(most, least, strict=True)]
    return [few + (whole - sum(least)) * want / sum(wants) for few, want in zip(least, wants, strict=True)]


def _words(texts: Sequence[str]) -> list[int]:
    return [len(word) for text in texts for word in (text.split(" ") or [""])]
