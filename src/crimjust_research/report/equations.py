"""The equations of a model, as its notebook writes them above the cell that records the registered estimate, in MathML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup, escape

from crimjust_research.evidence.words import sentences

_PARAGRAPH = re.compile(r"\n\s*\n")
_DISPLAYED = re.compile(r"\$\$(.+)\$\$([.,;]?)", re.DOTALL)
# Within a paragraph: an equation, code, emphasis.
_INLINE = re.compile(r"\$(?P<tex>[^$]+)\$|`(?P<code>[^`]+)`|\*(?P<stressed>[^*\s][^*]*)\*")
# All that the converter makes of equations and that draws nothing but signs; what else it may come to make stays out.
_ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "menclose"),
    *("msub", "msup", "msubsup", "mover", "munder", "munderover", "mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd"),
}
_ATTRIBUTES = {
    *("xmlns", "display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "fence", "separator"),
    *("form", "accent", "accentunder", "movablelimits", "largeop", "minsize", "maxsize", "width", "height", "depth"),
    *("voffset", "lspace", "rspace", "linethickness", "columnalign", "rowspacing", "columnspacing", "notation"),
}


def of_model(cells: Sequence[Mapping[str, Any]]) -> tuple[Markup, ...]:
    """Paragraphs with equations that stand in text cells above the first cell tagged `registered`, and those they introduce.

    `cells` are a notebook's. Empty where no cell is so tagged.
    """
    place = next((i for i, cell in enumerate(cells) if "registered" in cell["metadata"].get("tags", ())), 0)
    above = ("".join(cell["source"]) for cell in cells[:place] if cell["cell_type"] == "markdown")
    return tuple(paragraph for text in above if "$" in text for paragraph in _paragraphs(text))


def mathml(tex: str, display: bool = False) -> Markup:
    """An equation in TeX as MathML, which keeps it for who cannot see it; as it is written, where that cannot be read."""
    from latex2mathml.converter import convert_to_element

    try:
        made = convert_to_element(tex, display="block" if display else "inline")
    except Exception:  # the converter names no fault of its own; what a person wrote is shown in any case
        return Markup("<code>{}</code>").format(tex)
    for element in made.iter():
        if element.tag not in _ELEMENTS:
            return Markup("<code>{}</code>").format(tex)
        element.text, element.tail = unescape(element.text or ""), None
        for name in [name for name in element.attrib if name not in _ATTRIBUTES]:
            del element.attrib[name]
    made.set("alttext", " ".join(tex.split()))
    return Markup(ElementTree.tostring(made, encoding="unicode"))


def _paragraphs(text: str) -> Iterator[Markup]:
    """The paragraphs of Markdown that hold an equation or go on after one. What leads to an equation leads ("lead"); a last
    sentence that leads to something else, which does not stand here, is left out."""
    parts = [part for piece in _PARAGRAPH.split(text) if (part := piece.strip()) and not part.startswith("#")]
    shown = [_DISPLAYED.fullmatch(part) for part in parts]
    for part, before, displayed, after in zip(parts, [None, *shown], shown, [*shown[1:], None], strict=False):
        if displayed:
            yield Markup('<div class="equation">{}</div>').format(mathml(displayed[1] + displayed[2], display=True))
        elif before or "$" in part:
            said = sentences(" ".join(part.split()))
            told = said if after or not said[-1].endswith(":") else said[:-1]
            if told:
                yield Markup('<p class="lead">{}</p>' if after else "<p>{}</p>").format(inline(" ".join(told)))


def inline(text: str) -> Markup:
    """A paragraph of Markdown: equations as MathML, code and emphasis."""
    parts: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[end : found.start()]))
        if found["tex"]:
            parts.append(mathml(found["tex"]))
        else:
            element = "code" if found["code"] else "em"
            parts.append(Markup(f"<{element}>{{}}</{element}>").format(found["code"] or inline(found["stressed"])))
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)
