"""How wide the columns of a table are beside each other, where its cells wrap."""

from __future__ import annotations

import re

from crimjust_research.report.elements import Element

# Cells up to so many letters are kept on one line: intervals, dates, numbers with their units.
_WHOLE = 14
# Letters that the space at either side of a cell takes.
_ROOM = 2
_BREAKS = re.compile(r"(?<=[_/-])|(?<=\.)(?=[A-Za-z])|\s+")


def shares(table: Element, letters: int) -> tuple[float, ...]:
    """The share of each column in a width of so many letters; of the shares a table names in `data-widths`, those.

    No column is narrower than its longest word as long as all find room; what is left goes to those that hold most.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than the first, or there are more or fewer shares than columns.
    """
    columns = _columns(table)
    told = [float(share) for share in table.attributes.get("data-widths", "").split()]
    if told and len(told) != len(columns):
        raise ValueError(f"the table {_caption(table)!r} names {len(told)} widths for {len(columns)} columns")
    widths = told or _widths(columns, letters)
    return tuple(width / sum(widths) for width in widths)


def least(table: Element) -> list[int]:
    """Letters without which a column has no room for its longest word, column by column.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than the first.
    """
    return _at_least(_columns(table))


def _columns(table: Element) -> list[list[list[str]]]:
    """The lines of each cell, column by column."""
    rows = [list(row.all("th", "td")) for row in table.all("tr")]
    columns = len(rows[0]) if rows else 0
    if not columns or any(len(row) != columns for row in rows):
        raise ValueError(f"the rows of the table {_caption(table)!r} differ in their number of cells, or it has none")
    return [[_lines(row[place]) for row in rows] for place in range(columns)]


def _caption(table: Element) -> str:
    return next((caption.text() for caption in table.all("caption")), "")


def _at_least(columns: list[list[list[str]]]) -> list[int]:
    return [max(_least(line) for lines in cells for line in lines) + _ROOM for cells in columns]


def _widths(columns: list[list[list[str]]], letters: int) -> list[float]:
    """Letters of each column, of the lines of its cells."""
    least = _at_least(columns)
    # A column that could fill two lines of the sheet alone has no more claim than one that could fill three.
    most = [min(max(len(line) for lines in cells for line in lines) + _ROOM, 2 * letters) for cells in columns]
    most = [max(pair) for pair in zip(least, most, strict=True)]
    if sum(most) <= letters:
        return [float(width) for width in most]
    left = letters - sum(least)
    wanted = sum(most) - sum(least)
    if left <= 0 or not wanted:
        return [float(width) for width in least]
    return [low + left * (high - low) / wanted for low, high in zip(least, most, strict=True)]


def _least(line: str) -> int:
    return len(line) if len(line) <= _WHOLE else max(len(word) for word in _BREAKS.split(line))


def _lines(cell: Element) -> list[str]:
    """The lines of a cell, as its breaks part them."""
    lines = [""]
    for child in cell.children:
        if isinstance(child, str):
            lines[-1] += child
        elif child.name == "br":
            lines.append("")
        else:
            lines[-1] += child.text()
    return [" ".join(line.split()) for line in lines]
