"""What stands in a document: blocks of a page as paragraphs and tables of Word."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.shared import Mm

from crimjust_research.report.elements import Element, Picture
from crimjust_research.report.word import omml, tables, words
from crimjust_research.report.word.nodes import Node, field, node, paragraph, run, valued
from crimjust_research.report.word.styles import House

if TYPE_CHECKING:
    from docx.document import Document

_HEADINGS = {"h1": "Title", "h2": "Heading1", "h3": "Heading2", "h4": "Heading3"}
_LISTED = {"h2": "TOC1", "h3": "TOC2"}
_PARAGRAPHS = {
    **{"subtitle": "Subtitle", "byline": "Byline", "lead": "Lead", "dense": "Dense", "quiet": "Quiet"},
    **{"answer": "Answer", "question": "Question", "notes": "Notes", "notice": "Notice"},
}
_TALLEST = 222.0  # millimetres of a picture: its caption stands on the same sheet
_BESIDE = 4.0  # millimetres between two pictures
_LONGEST_MARK = 40  # signs of a bookmark's name


class Writer:
    """Writes blocks of a page into a document, one after the other."""

    def __init__(self, made: Document, main: Element, pictures: Mapping[str, Picture], house: House) -> None:
        self._made, self._main, self._pictures, self._house = made, main, pictures, house
        self._marks = bookmarks(main)
        self._places = {anchor: mark for one, mark in self._marks.items() if (anchor := one.attributes.get("id"))}
        self._begun: list[Element] = []  # what has begun, and has no paragraph yet to be found at
        self._own_heading: Element | None = None  # of the list of contents, where it does not stand
        self._marked = self._pictured = 0
        self._new_page = self._after_table = False
        self._counts = {"Figure": 0, "Table": 0}

    def write(self) -> None:
        """All that stands in the page's `main`."""
        self._flow(self._main, "Normal")

    def _flow(self, element: Element, style: str) -> None:
        """Blocks in order; words that stand between them are a paragraph."""
        parts = list(_blocks(element))
        for place, part in enumerate(parts):
            following = parts[place + 1] if place + 1 < len(parts) else None
            if following is not None and following.name == "nav" and part.name in _HEADINGS:
                self._own_heading = part
            self._block(part, style)

    def _block(self, element: Element, style: str) -> None:
        """A heading, a paragraph, a list, a table or a figure; `style` is of paragraphs that name none.

        Raises
        ------
        ValueError
            If this has no form for it.
        """
        self._begun += [element] if element in self._marks else []
        name, kinds = element.name, element.attributes.get("class", "").split()
        if name in _HEADINGS:
            self._words("TOCHeading" if element is self._own_heading else _HEADINGS[name], element)
        elif name == "p":
            self._words(next((_PARAGRAPHS[kind] for kind in kinds if kind in _PARAGRAPHS), style), element)
        elif name in ("ul", "ol"):
            own = next((_PARAGRAPHS[kind] for kind in kinds if kind in ("dense", "notes")), style)
            self._list(element, own, 0)
        elif name == "dl":
            for part in element.all("dt", "dd"):
                self._begun += [part] if part in self._marks else []
                self._item(part, f"{'Dense' * ('dense' in kinds)}{'Term' if part.name == 'dt' else 'Definition'}")
        elif name == "table":
            self._table(element)
        elif name == "figure":
            self._figures([element])
        elif name == "nav":
            self._contents()
        elif "drawn" in kinds:
            self._figures(list(element.all("figure")))
        elif "equation" in kinds:
            self._paragraph("Equation", [omml.displayed(math) for math in element.all("math")])
        elif name in ("div", "section", "aside"):
            self._new_page |= "sheet" in kinds and len(self._body) > 1
            self._flow(element, "Notice" if name == "aside" else style)
        else:
            raise ValueError(f"a document for Word has no form for <{name}>")

    @property
    def _body(self) -> Node:
        return self._made.element.body

    def _add(self, made: Node) -> None:
        """Add a paragraph or a table to the document; a paragraph is where all that has begun is found."""
        if made.tag.endswith("}p"):
            self._mark(made, self._begun)
            self._begun = []
        self._body.insert(len(self._body) - 1, made)  # what comes last says how sheets are laid out

    def _paragraph(
        self,
        style: str,
        content: Iterable[Node],
        *,
        keep: bool = False,
        numbering: tuple[int, int] | None = None,
        before: float | None = None,
    ) -> None:
        """Add a paragraph, at the head of a sheet if one is begun, with room below a table."""
        if self._after_table:
            before = max(self._house.before(style) if before is None else before, self._house.below_tables)
        if self._new_page:
            before = 0  # room above is for what stands above
        made = paragraph(style, content, keep=keep, new_page=self._new_page, numbering=numbering, before=before)
        self._new_page = self._after_table = False
        self._add(made)

    def _words(self, style: str, element: Element, **form: Any) -> None:
        self._paragraph(style, self._runs(element, style), **form)

    def _runs(self, element: Element, style: str) -> list[Node]:
        return list(words.runs(element, self._house.size(style), self._link))

    def _link(self, target: str, linked: list[Node]) -> Node | None:
        """A link within the document or out of it; none to what the document does not hold.

        Raises
        ------
        ValueError
            If it leads to a file beside the document, which would be left behind.
        """
        if target.startswith("#"):
            place = self._places.get(target[1:])
            return node("w:hyperlink", {"w:anchor": place, "w:history": "1"}, linked) if place else None
        if not re.match("(https?://|mailto:)", target):
            raise ValueError(
                f"a link in a document for Word leads to {target!r}, which is no address and no place in it"
            )
        number = self._made.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        return node("w:hyperlink", {"r:id": number, "w:history": "1"}, linked)

    def _mark(self, made: Node, begun: Iterable[Element]) -> None:
        """Set bookmarks at the beginning of a paragraph."""
        place = 1
        for element in begun:
            self._marked += 1
            number = str(self._marked)
            made.insert(place, node("w:bookmarkStart", {"w:id": number, "w:name": self._marks[element]}))
            made.insert(place + 1, node("w:bookmarkEnd", {"w:id": number}))
            place += 2

    def _list(self, element: Element, style: str, level: int) -> None:
        """Items with bullets, or with numbers that begin at 1."""
        kind = "ListNumber" if element.name == "ol" else "ListBullet"
        named = kind if level == 0 else f"{kind}{min(level + 1, 3)}"
        own = named if style == "Normal" else style
        anew = element.name == "ol"
        number = self._house.numbering(named, anew=anew) if anew or own != named else 0
        for item in (part for part in element.children if isinstance(part, Element)):
            if item.name != "li":
                raise ValueError(f"a list for Word has no form for <{item.name}>")
            self._begun += [item] if item in self._marks else []
            self._item(item, own, (0, number) if number else None, level)

    def _item(self, item: Element, style: str, numbering: tuple[int, int] | None = None, level: int = 0) -> None:
        """The paragraphs of an item, and lists within it."""
        listed = style.startswith("List")
        for place, part in enumerate(_blocks(item)):
            if part.name in ("ul", "ol"):
                self._list(part, "Normal" if listed else style, level + 1)
            elif part.name != "p":
                self._block(part, style)
            elif place:
                self._words("ListContinue" if listed else style, part)
            else:
                self._words(style, part, numbering=numbering)

    def _caption(self, kind: str, element: Element, *, keep: bool) -> None:
        """A caption with a number that Word counts."""
        self._counts[kind] += 1
        number = field(f"SEQ {kind} \\* ARABIC", str(self._counts[kind]), _bold)
        label = [run(f"{kind} ", _bold()), *number, run(". ", _bold())]
        told = self._runs(element, "Caption")
        before = self._house.above_tables if kind == "Table" else None
        self._paragraph("Caption", [*label, *told], keep=keep, before=before)

    def _table(self, element: Element) -> None:
        found = tables.read(element)
        self._caption("Table", found.caption, keep=True)
        dense = "dense" in element.attributes.get("class", "").split()
        room = tables.letters(self._house.width, self._house.size("TableText"))
        style = "TableSmall" if dense or tables.crowded(element, room) else "TableText"

        def fill(row: Element, cell: Element, form: str) -> Iterator[Node]:
            if row in self._marks and cell is tables.cells(row)[0]:
                holder = paragraph(style)
                self._mark(holder, [row])
                yield from list(holder)[1:]
            yield from self._runs(cell, form)

        self._add(tables.table(element, found, self._house.width, self._house.size(style), style, fill))
        self._after_table = True

    def _figures(self, elements: list[Element]) -> None:
        """Pictures beside each other, as on the page, and their captions below them."""
        if not elements:
            raise ValueError("a place for figures holds none")
        room = (self._house.width - _BESIDE * (len(elements) - 1)) / len(elements)
        drawn = []
        for place, element in enumerate(elements):
            drawn += [run("\u2002")] if place else []
            across = min(room, float(element.attributes.get("data-width") or self._house.widest))
            self._begun += [element] if element in self._marks and element not in self._begun else []
            drawn.append(self._picture(element.attributes.get("data-figure", ""), across))
        self._paragraph("Figure", drawn, keep=True)
        for place, element in enumerate(elements, 1):
            caption = next(element.all("figcaption"), None)
            if caption is None:
                raise ValueError(f"the figure {element.attributes['data-figure']!r} has no caption")
            self._caption("Figure", caption, keep=place < len(elements))

    def _picture(self, name: str, across: float) -> Node:
        """A picture in a run, as wide as said unless it would be too tall for a sheet.

        Raises
        ------
        ValueError
            If there is no such picture, or nothing says what it shows.
        """
        if name not in self._pictures:
            raise ValueError(f"the figure {name!r} has no picture")
        picture = self._pictures[name]
        if not picture.alt.strip():
            raise ValueError(f"the figure {name!r} has no alternative text")
        image = Image.from_blob(picture.png)
        wide = min(across, _TALLEST * image.px_width / image.px_height)
        inline = self._made.part.new_pic_inline(io.BytesIO(picture.png), width=Mm(wide))
        for side in ("distT", "distB", "distL", "distR"):
            inline.set(side, "0")  # some readers leave room where none is named
        self._pictured += 1
        inline.docPr.set("id", str(self._pictured))
        inline.docPr.set("name", f"Figure {self._pictured}")
        inline.docPr.set("descr", picture.alt)
        return node("w:r", None, [node("w:drawing", None, [inline])])

    def _contents(self) -> None:
        """The list of contents as a field that is filled. It shows no page numbers until it is updated in Word: sheets are known
        there alone."""
        entries = []
        for element in self._main.all(*_LISTED):
            if element is self._own_heading:
                continue
            linked = [run(element.text())]
            link = node("w:hyperlink", {"w:anchor": self._marks[element], "w:history": "1"}, linked)
            entries.append(paragraph(_LISTED[element.name], [link]))
        if entries:
            opened = list(field('TOC \\o "1-2" \\h \\z \\u', ""))
            for place, made in enumerate(opened[:-1], 1):
                entries[0].insert(place, made)
            entries[-1].append(opened[-1])
        gallery = node("w:docPartObj", None, [valued("w:docPartGallery", "Table of Contents"), node("w:docPartUnique")])
        content = node("w:sdtContent", None, entries)
        self._add(node("w:sdt", None, [node("w:sdtPr", None, [gallery]), content]))


def _bold() -> Node:
    return node("w:b")


def _blocks(element: Element) -> Iterator[Element]:
    """The blocks in an element; words between them as a paragraph."""
    between = Element("p", {})
    for child in element.children:
        if isinstance(child, str) or child.name in words.INLINE:
            between.children.append(child)
            continue
        if words.pieces(between):
            yield between
        between = Element("p", {})
        yield child
    if words.pieces(between):
        yield between


def bookmarks(main: Element) -> dict[Element, str]:
    """The names of bookmarks: of what links lead to, and of headings in the list of contents.

    Raises
    ------
    ValueError
        If two elements have the same id.
    """
    targets = {link.attributes.get("href", "")[1:] for link in main.all("a")}
    contents = next(main.all("nav"), None) is not None
    found: dict[Element, str] = {}
    taken: set[str] = set()
    anchors: set[str] = set()
    for element in main.all():
        anchor = element.attributes.get("id", "")
        if anchor and anchor in anchors:
            raise ValueError(f"two elements of the page have the id {anchor!r}")
        anchors.add(anchor)
        linked = anchor in targets and anchor and element.name not in words.INLINE
        if linked or (contents and element.name in _LISTED):
            found[element] = _mark_name(anchor or element.text(), taken)
    return found


def _mark_name(text: str, taken: set[str]) -> str:
    """A bookmark's name: a letter, then letters, digits and underscores, 40 at most, unlike any other whatever the case."""
    plain = "_".join(re.findall("[A-Za-z0-9]+", text))
    plain = plain if plain[:1].isalpha() else f"place_{plain}"
    name, times = plain[:_LONGEST_MARK], 1
    while name.lower() in taken:
        times += 1
        name = f"{plain[: _LONGEST_MARK - len(str(times)) - 1]}_{times}"
    taken.add(name.lower())
    return name
