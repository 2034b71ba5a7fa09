"""Elements of WordprocessingML: how one is made, and fields, which Word reckons itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

Node = Any  # an element of lxml, which has no types


def node(name: str, attributes: Mapping[str, str] | None = None, children: Iterable[Node] = ()) -> Node:
    """An element by its prefixed name ("w:p"), with attributes by theirs, and what stands in it, in order."""
    made = OxmlElement(name, {qn(key): value for key, value in (attributes or {}).items()})
    made.extend(children)
    return made


def valued(name: str, value: str) -> Node:
    """An element that holds nothing but a value."""
    return node(name, {"w:val": value})


def run(text: str, *properties: Node) -> Node:
    """Words in one form."""
    words = node("w:t", {"xml:space": "preserve"})
    words.text = text
    return node("w:r", None, (node("w:rPr", None, properties), words) if properties else (words,))


def field(instruction: str, result: str, *properties: Callable[[], Node]) -> Iterator[Node]:
    """Runs of a field, in one form, with what it comes to until Word reckons it anew; none, if that is to follow.

    No field is marked as stale: over one that is, Word asks whoever opens the document a question about other files.
    """

    def part(*inner: Node) -> Node:
        form = [node("w:rPr", None, [make() for make in properties])] if properties else []
        return node("w:r", None, [*form, *inner])

    told = node("w:instrText", {"xml:space": "preserve"})
    told.text = f" {instruction} "
    yield part(node("w:fldChar", {"w:fldCharType": "begin"}))
    yield part(told)
    yield part(node("w:fldChar", {"w:fldCharType": "separate"}))
    if result:
        yield run(result, *(make() for make in properties))
    yield part(node("w:fldChar", {"w:fldCharType": "end"}))


def paragraph(
    style: str,
    content: Iterable[Node] = (),
    *,
    keep: bool = False,
    new_page: bool = False,
    numbering: tuple[int, int] | None = None,
    before: float | None = None,
    right: bool = False,
) -> Node:
    """A paragraph in a style, by its id.

    `keep`: on one sheet with the next; `new_page`: at the head of a sheet; `numbering`: level and number of a list; `before`:
    points above, where the style's own are not meant; `right`: set to the right.
    """
    properties = [valued("w:pStyle", style)]
    if keep:
        properties.append(node("w:keepNext"))
    if new_page:
        properties.append(node("w:pageBreakBefore"))
    if numbering:
        level, number = (str(part) for part in numbering)
        properties.append(node("w:numPr", None, (valued("w:ilvl", level), valued("w:numId", number))))
    if before is not None:
        properties.append(node("w:spacing", {"w:before": str(round(before * 20))}))
    if right:
        properties.append(valued("w:jc", "right"))
    return node("w:p", None, [node("w:pPr", None, properties), *content])
