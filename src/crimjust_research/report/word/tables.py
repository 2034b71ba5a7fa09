"""Tables: rows and cells as Word keeps them, their headers repeated on every sheet, numbers to the right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crimjust_research.report import columns
from crimjust_research.report.elements import Element
from crimjust_research.report.word.nodes import Node, node, paragraph, valued

_NUMBERS = re.compile(r"n([0-9]+)")
_LETTER = 0.185  # millimetres of a letter, on the average, for each point of its size
_CROWDED = 0.7  # of the letters a row has room for
_KEPT_WHOLE = 7  # rows; a table of more may go on on the next sheet
_KEPT_BEGUN = 2  # rows that stand with the head of such a one; as many end it
_TWIPS = 1440 / 25.4
Fill = Callable[[Element, Element, str], Iterable[Node]]


@dataclass(frozen=True)
class Cells:
    """A table of a page: its caption, and its rows, of which the first so many are its head."""

    caption: Element
    rows: list[Element]
    heads: int


def read(table: Element) -> Cells:
    """What a table of a page holds.

    Raises
    ------
    ValueError
        If it has no caption or no header row.
    """
    caption = next(table.all("caption"), None)
    if caption is None or not caption.text():
        raise ValueError("a table for Word has no caption")
    heads = sum(1 for part in table.all("thead") for _ in part.all("tr"))
    if not heads:
        raise ValueError(f"the table {caption.text()!r} has no header row")
    return Cells(caption, list(table.all("tr")), heads)


def cells(row: Element) -> list[Element]:
    """The cells of a row."""
    return list(row.all("th", "td"))


def letters(whole: float, size: float) -> int:
    """How many letters of that size stand in so many millimetres."""
    return int(whole / (size * _LETTER))


def crowded(element: Element, room: int) -> bool:
    """Whether its longest words alone would take most of so many letters, so that it is better read in smaller ones."""
    return sum(columns.least(element)) > _CROWDED * room


def table(element: Element, found: Cells, whole: float, size: float, style: str, fill: Fill) -> Node:
    """A table `whole` millimetres wide, in letters of `size` points and in that style of paragraphs.

    `fill` gives the words of a cell: of its row, the cell, and its style.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than the first.
    """
    kinds = element.attributes.get("class", "").split()
    numbers = {int(kind[1]) - 1 for kind in map(_NUMBERS.fullmatch, kinds) if kind}
    widths = [round(share * whole * _TWIPS) for share in columns.shares(element, letters(whole, size))]
    rows, last = [], len(found.rows) - 1
    for place, row in enumerate(found.rows):
        head = place < found.heads
        form = "TableHead" if head else style
        keep = place < last and (last < _KEPT_WHOLE or place + 1 < found.heads + _KEPT_BEGUN or place + 1 == last)
        made = [
            node(
                "w:tc",
                None,
                (
                    node("w:tcPr", None, [_width("w:tcW", width)]),
                    paragraph(form, fill(row, cell, form), keep=keep, right=column in numbers),
                ),
            )
            for column, (cell, width) in enumerate(zip(cells(row), widths, strict=True))
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
