"""The report of a year as a document for Word: what stands in `main` of its page, element by element.

Headings, tables with header rows that repeat, pictures with alternative text, links and the language are Word's own, so that
whoever hears the document is told what whoever sees it sees. Equal pages come to equal bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crimjust_research.report import elements
from crimjust_research.report.downloads import zipped
from crimjust_research.report.elements import Element, Picture

if TYPE_CHECKING:
    from docx.document import Document

LANGUAGE = "en-GB"
_MOMENT = datetime(2000, 1, 1)  # whoever writes it again writes the same bytes
_PICTURE = 88.0  # millimetres: two stand beside each other


def document(page: str, pictures: Mapping[str, Picture], running: str) -> bytes:
    """The document; `pictures` are the page's figures by name, `running` stands at the head of every sheet, if anything.

    Raises
    ------
    ValueError
        If the page has no `main`, or an element there that this does not know.
    """
    import docx

    main = elements.main_of(page)
    title = next(main.all("h1")).text()
    made = docx.Document()
    _set_up(made, title, running)
    writer = _Writer(made, pictures)
    for child in main.children:
        if isinstance(child, Element):
            writer.block(child)
    packed = io.BytesIO()
    made.save(packed)
    with zipfile.ZipFile(packed) as archive:
        return zipped("", "", {name: archive.read(name) for name in archive.namelist()}).content


def _set_up(made: Document, title: str, running: str) -> None:
    """Paper, letters, language and properties: nothing that depends on when or where it is written."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(14), Mm(13)
    section.header_distance = section.footer_distance = Mm(6)
    for name, size, before, after in (
        ("Normal", 8.5, 0, 3),
        ("Title", 16, 0, 4),
        ("Heading 1", 11, 8, 2),
        ("List Bullet", 8.5, 0, 2),
        ("Caption", 8, 3, 2),
    ):
        style = made.styles[name]
        style.font.size, style.font.name = Pt(size), "Calibri"
        style.font.color.rgb = RGBColor(0x1D, 0x21, 0x26)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
        style.paragraph_format.line_spacing = 1.0
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{script}"), "Calibri")
    defaults = made.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    language = OxmlElement("w:lang")
    for script in ("val", "eastAsia"):
        language.set(qn(f"w:{script}"), LANGUAGE)
    defaults.append(language)
    if running:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        head.add_run(running).bold = True
    properties = made.core_properties
    properties.title, properties.language, properties.author = title, LANGUAGE, "crimjust-research"
    properties.comments, properties.last_modified_by, properties.revision = "", "crimjust-research", 1
    properties.created = properties.modified = _MOMENT


class _Writer:
    """Writes elements of a page into a document."""

    def __init__(self, made: Document, pictures: Mapping[str, Picture]) -> None:
        self._made = made
        self._pictures = pictures
        self._marks = 0

    def block(self, element: Element) -> None:
        """Write what stands by itself: a heading, a paragraph, a list, a table or a figure."""
        name, dense = element.name, "dense" in element.attributes.get("class", "")
        if name in ("h1", "h2"):
            self._words(self._made.add_paragraph(style="Title" if name == "h1" else "Heading 1"), element)
        elif name == "p":
            self._words(self._made.add_paragraph(style="Normal"), element, small=dense)
        elif name == "ul":
            for item in element.all("li"):
                self._words(self._made.add_paragraph(style="List Bullet"), item, small=dense)
        elif name == "table":
            self._table(element)
        elif "drawn" in element.attributes.get("class", ""):
            self._figures(list(element.all("figure")))
        elif name == "div":
            for child in element.children:
                if isinstance(child, Element):
                    self.block(child)
        else:
            raise ValueError(f"a document for Word has no form for <{name}>")

    def _words(self, paragraph: Any, element: Element, *, small: bool = False, bold: bool = False) -> None:
        """Write the words of an element into a paragraph, with space where the page has any and none at its ends."""
        runs = list(_runs(element, frozenset(), ""))
        texts = _spaced([text for text, _, _ in runs])
        for text, (_, forms, place) in zip(texts, runs, strict=True):
            if text:
                self._run(paragraph, text, forms, place, small=small, bold=bold)

    def _run(self, paragraph: Any, text: str, forms: frozenset[str], place: str, *, small: bool, bold: bool) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Pt

        run = paragraph.add_run(text)
        run.bold = True if bold or "strong" in forms else None
        run.italic = True if "em" in forms else None
        if small or "small" in forms:
            run.font.size = Pt(7)
        if "code" in forms:
            run.font.name, run.font.size = "Consolas", Pt(6.5 if small or "small" in forms else 7.5)
        if place:
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), _mark(place))
            link.set(qn("w:history"), "1")
            run.font.underline = True
            run._r.addprevious(link)
            link.append(run._r)

    def _table(self, element: Element) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Mm

        caption = next(element.all("caption"))
        head = self._made.add_paragraph(style="Caption")
        head.paragraph_format.keep_with_next = True
        self._words(head, caption)
        rows = list(element.all("tr"))
        cells = [list(row.all("th", "td")) for row in rows]
        table = self._made.add_table(rows=len(rows), cols=len(cells[0]), style="Table Grid")
        table.autofit = False
        widths = _widths(cells[0])
        for row, own, source in zip(table.rows, cells, rows, strict=True):
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            is_head = source in list(next(element.all("thead")).all("tr"))
            if is_head:
                properties.append(OxmlElement("w:tblHeader"))
            for place, (cell, told) in enumerate(zip(row.cells, own, strict=True)):
                cell.width = Mm(widths[place])
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.space_after = 0
                if place == 0 and (anchor := source.attributes.get("id")):
                    self._bookmark(paragraph, anchor)
                self._words(paragraph, told, small=True, bold=is_head)
        for kind in ("w:tblCaption", "w:tblDescription"):
            told_as = OxmlElement(kind)
            told_as.set(qn("w:val"), caption.text())
            table._tbl.tblPr.append(told_as)
        self._made.add_paragraph(style="Normal").paragraph_format.space_after = 0

    def _bookmark(self, paragraph: Any, anchor: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        self._marks += 1
        for kind in ("Start", "End"):
            mark = OxmlElement(f"w:bookmark{kind}")
            mark.set(qn("w:id"), str(self._marks))
            if kind == "Start":
                mark.set(qn("w:name"), _mark(anchor))
            paragraph._p.append(mark)

    def _figures(self, elements: list[Element]) -> None:
        """Pictures beside each other, as on the page, and their captions below them."""
        from docx.shared import Mm

        drawn = self._made.add_paragraph(style="Normal")
        drawn.paragraph_format.keep_with_next = True
        for element in elements:
            picture = self._pictures[element.attributes["data-figure"]]
            shape = drawn.add_run().add_picture(io.BytesIO(picture.png), width=Mm(_PICTURE))
            shape._inline.docPr.set("descr", picture.alt)
        for element in elements:
            self._words(self._made.add_paragraph(style="Caption"), next(element.all("figcaption")))


def _runs(element: Element, forms: frozenset[str], place: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """The words of an element: text, the forms it stands in and, of a link within the page, its place."""
    for child in element.children:
        if isinstance(child, str):
            yield child, forms, place
        else:
            target = child.attributes.get("href", "")
            yield from _runs(child, forms | {child.name}, target[1:] if target.startswith("#") else place)


def _spaced(texts: list[str]) -> list[str]:
    """Texts that follow each other, with one space where there is any between words, and none at either end."""
    found, spaced = [], True
    for text in texts:
        words = " ".join(text.split())
        before = " " if text[:1].isspace() and not spaced and words else ""
        after = " " if text[-1:].isspace() and words else ""
        if words:
            found.append(f"{before}{words}{after}")
            spaced = bool(after)
        else:
            between = " " if text and not spaced else ""
            found.append(between)
            spaced = spaced or bool(between)
    for place in range(len(found) - 1, -1, -1):
        found[place] = found[place].rstrip()
        if found[place]:
            break
    return found


def _widths(head: list[Element]) -> list[float]:
    """Millimetres of each column: a wide one takes what the others leave of the sheet's 180."""
    narrow = 24.0 if len(head) > 3 else 34.0
    return [180 - narrow * (len(head) - 1) if "wide" in one.attributes.get("class", "") else narrow for one in head]


def _mark(place: str) -> str:
    """A bookmark's name: letters, digits and underscores, 40 at most."""
    return "".join(sign if sign.isalnum() else "_" for sign in place)[-40:].lstrip("_0123456789")
