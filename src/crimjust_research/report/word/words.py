"""Words of a paragraph as runs: their forms, links, breaks and equations, with the space that a browser would show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from crimjust_research.errors import printable
from crimjust_research.report.elements import Element
from crimjust_research.report.word import omml
from crimjust_research.report.word.nodes import Node, node, run, valued

# What stands within a paragraph; links, breaks and equations aside, each is a form of letters.
FORMS = ("strong", "em", "code", "small", "sub", "sup")
INLINE = (*FORMS, "a", "br", "math")
_SPACE = re.compile("[ \t\n\r\f]+")  # a space that holds words together is none of these


@dataclass(frozen=True)
class Piece:
    """Words in one form, in a link to `target`; or a break, or an equation."""

    text: str = ""
    forms: frozenset[str] = frozenset()
    target: str = ""
    other: Element | None = None


def pieces(element: Element) -> list[Piece]:
    """What stands in an element, one space where the page has any and none at the ends of a line.

    Raises
    ------
    ValueError
        If an element in it has no form in a paragraph.
    """
    found: list[Piece] = []
    open_to_space = False  # whether a space here would be seen
    for piece in _pieces(element, Piece()):
        if piece.other:
            if piece.other.name == "br":
                _close(found)
            open_to_space = piece.other.name != "br"
            found.append(piece)
            continue
        text = _SPACE.sub(" ", piece.text)
        text = text if open_to_space else text.removeprefix(" ")
        if text:
            found.append(replace(piece, text=text))
            open_to_space = not text.endswith(" ")
    _close(found)
    return found


def _pieces(element: Element, within: Piece) -> Iterator[Piece]:
    for child in element.children:
        if isinstance(child, str):
            yield replace(within, text=child)
        elif child.name in ("br", "math"):
            yield replace(within, other=child)
        elif child.name == "a":
            yield from _pieces(child, replace(within, target=child.attributes.get("href", "")))
        elif child.name in FORMS:
            yield from _pieces(child, replace(within, forms=within.forms | {child.name}))
        else:
            raise ValueError(f"a paragraph for Word has no form for <{child.name}>")


def _close(found: list[Piece]) -> None:
    """Take away the space at the end of a line."""
    if found and not found[-1].other:
        text = found[-1].text.removesuffix(" ")
        found[-1:] = [replace(found[-1], text=text)] if text else []


def runs(element: Element, size: float, link: Callable[[str, list[Node]], Node | None]) -> Iterator[Node]:
    """The words of an element, in a paragraph of that size in points.

    `link` makes a link to a target of runs; None, if there is nothing to lead to, leaves them as they are.
    """
    for piece in pieces(element):
        if piece.other:
            yield omml.equation(piece.other) if piece.other.name == "math" else node("w:r", None, [node("w:br")])
            continue
        inner = (
            link(piece.target, [_run(piece, size, "Hyperlink" if ":" in piece.target else "Place")])
            if piece.target
            else None
        )
        yield _run(piece, size, "") if inner is None else inner


def _run(piece: Piece, size: float, style: str) -> Node:
    """Words in their forms; `style` is of a link."""
    properties: list[Node] = [valued("w:rStyle", style)] if style else []
    if "code" in piece.forms:
        properties.append(node("w:rFonts", {f"w:{script}": "Consolas" for script in ("ascii", "hAnsi", "cs")}))
    if "strong" in piece.forms:
        properties.append(node("w:b"))
    if "em" in piece.forms:
        properties.append(node("w:i"))
    if "code" in piece.forms:
        properties.append(node("w:noProof"))
    shrunk = size * (0.9 if "code" in piece.forms else 1) * (0.88 if "small" in piece.forms else 1)
    if shrunk != size:
        properties.append(valued("w:sz", str(round(shrunk * 2))))
    for form, place in (("sub", "subscript"), ("sup", "superscript")):
        if form in piece.forms:
            properties.append(valued("w:vertAlign", place))
    return run(printable(piece.text), *properties)
