"""The house style of documents for Word: paper, styles, lists, what stands on every sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from crimjust_research.report.elements import MAKER
from crimjust_research.report.word.nodes import field, node, run, valued

if TYPE_CHECKING:
    from docx.document import Document

LANGUAGE, FONT = "en-GB", "Calibri"
_MOMENT = datetime(2000, 1, 1)  # whoever writes it again writes the same bytes
_TITLE = 255  # letters of a title that the properties hold
_INK, _SOFT, _HEAD, _LINK, _LINE, _WASH, _DOTS = "1D2126", "565C64", "1B365D", "0B5394", "B4BAC2", "FFF6DA", "7F9DBD"
_BRIEF_SPACE = 0.5  # of what stands above and below paragraphs, where sheets are few


@dataclass(frozen=True)
class Form:
    """A style of paragraphs: letters in points, in a report and in a brief one, and points above and below."""

    name: str
    size: float
    brief: float
    before: float = 0
    after: float = 0
    colour: str = _INK
    bold: bool = False
    italic: bool = False
    based: str = "Normal"
    indent: float = 0  # millimetres
    keep: bool = False

    @property
    def id(self) -> str:
        """What paragraphs call it."""
        return {"toc 1": "TOC1", "toc 2": "TOC2"}.get(self.name, self.name.replace(" ", ""))


_FORMS = (
    Form("Normal", 10, 8.5, 0, 5),
    Form("Title", 26, 16, 0, 8, _HEAD, bold=True),
    Form("Subtitle", 13.5, 10, 0, 10, _SOFT),
    Form("Byline", 9.5, 8, 0, 6, _SOFT),
    Form("Lead", 10, 8.5, 5, 2, keep=True),
    Form("Heading 1", 17, 11, 20, 6, _HEAD, bold=True),
    Form("Heading 2", 13, 9.5, 16, 4, _HEAD, bold=True),
    Form("Heading 3", 11, 9, 12, 4, _HEAD, bold=True),
    Form("TOC Heading", 17, 11, 20, 6, _HEAD, bold=True, based="Heading 1"),
    Form("toc 1", 10, 8.5, 5, 0, bold=True),
    Form("toc 2", 10, 8.5, indent=5),
    Form("Question", 11.5, 9, 0, 6, _SOFT, italic=True, keep=True),
    Form("Answer", 10, 8.5, 0, 5),
    Form("Quiet", 9, 8, 0, 6, _SOFT),
    Form("Dense", 8.5, 7, 0, 1.5),
    Form("Dense Term", 8.5, 7, 3, 0, bold=True, based="Dense", keep=True),
    Form("Dense Definition", 8.5, 7, 0, 3, based="Dense", indent=5),
    Form("Notes", 8.5, 7, 0, 2, _SOFT),
    Form("Notice", 10, 8.5, 0, 4),
    Form("Term", 10, 8.5, 4, 0, bold=True, keep=True),
    Form("Definition", 10, 8.5, 0, 5, indent=6),
    Form("Equation", 10, 8.5, 2, 6),
    Form("Figure", 10, 8.5, 8, 2, keep=True),
    Form("Caption", 9, 8, 0, 6),
    Form("List Bullet", 10, 8.5, 0, 3),
    Form("List Bullet 2", 10, 8.5, 0, 3),
    Form("List Bullet 3", 10, 8.5, 0, 3),
    Form("List Number", 10, 8.5, 0, 3),
    Form("List Number 2", 10, 8.5, 0, 3),
    Form("List Number 3", 10, 8.5, 0, 3),
    Form("List Continue", 10, 8.5, 0, 3),
    Form("Table Text", 8.5, 7),
    Form("Table Small", 7.5, 7, based="Table Text"),
    Form("Table Head", 8.5, 7, bold=True, based="Table Text", keep=True),
    Form("Header", 8.5, 8, colour=_SOFT),
    Form("Footer", 8.5, 8, colour=_SOFT),
)
# Word's own, which the template of documents lacks.
_BUILT_IN = ("toc 1", "toc 2")
_TABLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ReportTable">
  <w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/><w:qFormat/>
  <w:tblPr>
    <w:tblBorders>
      <w:top w:val="single" w:sz="8" w:space="0" w:color="{_HEAD}"/>
      <w:bottom w:val="single" w:sz="6" w:space="0" w:color="{_HEAD}"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="{{padding}}" w:type="dxa"/><w:left w:w="{{beside}}" w:type="dxa"/>
      <w:bottom w:w="{{padding}}" w:type="dxa"/><w:right w:w="{{beside}}" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:tcPr>
      <w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="{_HEAD}"/></w:tcBorders>
      <w:shd w:val="clear" w:color="auto" w:fill="F1F3F6"/><w:vAlign w:val="bottom"/>
    </w:tcPr>
  </w:tblStylePr>
</w:style>
"""


class House:
    """A document in the house style, in a report's letters or in those of a brief one."""

    def __init__(self, made: Document, *, brief: bool) -> None:
        self._made, self._brief = made, brief
        self._forms = {form.id: form for form in _FORMS}
        self.width = 180.0 if brief else 170.0
        self.below_tables, self.above_tables = (3.0, 4.0) if brief else (8.0, 10.0)
        # Millimetres of a picture that stands alone.
        self.widest = 88.0 if brief else 170.0

    def size(self, style: str) -> float:
        """Points of its letters."""
        form = self._forms[style]
        return form.brief if self._brief else form.size

    def before(self, style: str) -> float:
        """Points above its paragraphs."""
        return self._forms[style].before * (_BRIEF_SPACE if self._brief else 1)

    def numbering(self, style: str, *, anew: bool) -> int:
        """The number of a list in a style of lists: one of its own, which begins at 1, or that of the style."""
        element = self._made.styles[next(form.name for form in _FORMS if form.id == style)].element
        number: int = element.pPr.numPr.numId.val
        if not anew:
            return number
        numbers = self._made.part.numbering_part.element
        kind = numbers.num_having_numId(number).abstractNumId.val
        own = numbers.add_num(kind)
        own.add_lvlOverride(ilvl=0).add_startOverride(1)
        begun: int = own.numId
        return begun

    def set_up(self, title: str, running: str) -> None:
        """Paper, styles, language and properties: nothing that depends on when or where it is written."""
        self._paper()
        for form in _FORMS:
            self._style(form)
        self._made.styles.element.append(
            parse_xml(_TABLE.format(padding=10 if self._brief else 30, beside=50 if self._brief else 70))
        )
        self._links()
        self._boxed()
        self._sheets(title, running)
        self._settings()
        properties = self._made.core_properties
        properties.title, properties.language, properties.author = title[:_TITLE], LANGUAGE, MAKER
        properties.comments, properties.last_modified_by, properties.revision = "", MAKER, 1
        properties.created = properties.modified = _MOMENT

    def _paper(self) -> None:
        section = self._made.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm((210 - self.width) / 2)
        section.top_margin, section.bottom_margin = (Mm(14), Mm(13)) if self._brief else (Mm(18), Mm(16))
        section.header_distance = section.footer_distance = Mm(6 if self._brief else 9)
        defaults = self._made.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
        for old in [*defaults.findall(qn("w:lang")), *defaults.findall(qn("w:rFonts"))]:
            defaults.remove(old)
        defaults.insert(0, node("w:rFonts", {f"w:{script}": FONT for script in ("ascii", "hAnsi", "eastAsia", "cs")}))
        defaults.append(node("w:lang", {"w:val": LANGUAGE, "w:eastAsia": LANGUAGE}))

    def _style(self, form: Form) -> None:
        style = self._own(form.name, WD_STYLE_TYPE.PARAGRAPH, form.id, built_in=form.name in _BUILT_IN)
        # The template's own letters, and no room between items of a list.
        for old in ("w:rPr/w:rFonts", "w:pPr/w:contextualSpacing"):
            for one in style.element.xpath(old):
                one.getparent().remove(one)
        if form.name != "Normal":
            style.base_style = self._made.styles[form.based]
        style.font.size, style.font.color.rgb = Pt(self.size(form.id)), RGBColor.from_string(form.colour)
        style.font.bold, style.font.italic = form.bold, form.italic
        spaced = style.paragraph_format
        share = _BRIEF_SPACE if self._brief else 1
        spaced.space_before, spaced.space_after = Pt(form.before * share), Pt(form.after * share)
        spaced.line_spacing = (
            1.0 if self._brief or form.name.startswith(("Table", "Caption", "toc", "Notes", "Dense")) else 1.05
        )
        if form.keep:
            spaced.keep_with_next = True
        if form.indent:
            spaced.left_indent = Mm(form.indent)
        if form.name == "Figure":
            style.element.pPr.append(valued("w:textAlignment", "top"))
        if form.name == "Subtitle":
            style.element.pPr.remove(style.element.pPr.numPr)  # the template's, of no list
            style.element.rPr.remove(style.element.rPr.find(qn("w:spacing")))
        if form.name.startswith("toc"):
            spaced.tab_stops.add_tab_stop(Mm(self.width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        style.hidden, style.unhide_when_used, style.quick_style = False, False, True

    def _own(self, name: str, kind: WD_STYLE_TYPE, identity: str, *, built_in: bool) -> Any:
        """A style of the document; made, if the template has none of that name."""
        if name in self._made.styles:
            return self._made.styles[name]
        made = self._made.styles.add_style(name, kind, builtin=built_in)
        made.element.set(qn("w:styleId"), identity)
        return made

    def _links(self) -> None:
        """Styles of links: out of the document as the web has them, within it by dots, since every number may be one."""
        outside = self._own("Hyperlink", WD_STYLE_TYPE.CHARACTER, "Hyperlink", built_in=True)
        outside.font.color.rgb, outside.font.underline = RGBColor.from_string(_LINK), True
        within = self._own("Place", WD_STYLE_TYPE.CHARACTER, "Place", built_in=False)
        within.element.get_or_add_rPr().append(node("w:u", {"w:val": "dotted", "w:color": _DOTS}))

    def _boxed(self) -> None:
        """What must not be overlooked stands in a box; a title has no line below it."""
        lines = [
            node(f"w:{side}", {"w:val": "single", "w:sz": "6", "w:space": "5", "w:color": _INK})
            for side in ("top", "left", "bottom", "right")
        ]
        notice = self._made.styles["Notice"].paragraph_format
        notice.left_indent = notice.right_indent = Pt(6)  # as far as the lines stand outside
        spacing = self._made.styles["Notice"].element.pPr.find(qn("w:spacing"))
        spacing.addprevious(node("w:pBdr", None, lines))
        spacing.addprevious(node("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": _WASH}))
        line = self._made.styles["Title"].element.pPr.find(qn("w:pBdr"))
        line.getparent().remove(line)

    def _sheets(self, title: str, running: str) -> None:
        """Head and foot of every sheet: what must be known of the whole, or its title; which sheet of how many."""
        section = self._made.sections[0]
        if running or not self._brief:
            head = section.header.paragraphs[0]
            head.alignment = WD_ALIGN_PARAGRAPH.CENTER if running else None
            head.add_run(running or title).bold = True if running else None
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in (*field("PAGE", "1"), run(" of "), *field("NUMPAGES", "1")):
            foot._p.append(part)

    def _settings(self) -> None:
        """What Word is told of the file: the language, and that it is no old one; the template's own picture is left out."""
        settings = self._made.settings.element
        settings.find(qn("w:zoom")).set(qn("w:percent"), "100")
        settings.find(qn("w:themeFontLang")).set(qn("w:val"), LANGUAGE)
        for one in settings.iter(qn("w:compatSetting")):
            if one.get(qn("w:name")) == "compatibilityMode":
                one.set(qn("w:val"), "15")
        relations = self._made.part.package.rels
        for number in [number for number, one in relations.items() if one.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
            del relations[number]
