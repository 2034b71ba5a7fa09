"""What stands in `main` of a page as typst's own source: calls whose words are literals, so that no word is read as markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from crimjust_research.report import columns
from crimjust_research.report.elements import MAKER, Element, Picture
from crimjust_research.report.typst.literals import string
from crimjust_research.report.typst.mathematics import equation

# What a browser takes for the space between words: others, such as one that does not break, are meant.
_SPACE = re.compile(r"[ \t\n\r\f]+")
_NUMBERS = re.compile(r"n(\d+)")
# Millimetres: the words of a sheet, the gap between two figures, the highest figure.
_WIDTH, _BRIEF_WIDTH, _GAP, _HIGHEST = 170.0, 180.0, 4.0, 215.0
# Letters of a table's size that a sheet holds, and one of dense tables.
_LETTERS, _DENSE_LETTERS = 112, 126
# What the style sheet has for a class of elements.
_CLASSES = ("answer", "byline", "dense", "lead", "notes", "notice", "plan", "question", "quiet", "subtitle")
_SCHEMES = ("http", "https", "mailto")


def source(main: Element, pictures: Mapping[str, Picture], running: str) -> str:
    """The whole document for a compiler that knows `paper.typ` and, for each figure NAME, a drawing NAME.svg.

    Raises
    ------
    ValueError
        If an element has no form here, the page has no title, a table's rows differ in length, or a figure has no drawing or
        says nothing to who cannot see it.
    """
    heading = next(main.all("h1"), None)
    if heading is None:
        raise ValueError("the page has no title (h1)")
    brief = "brief" in _classes(main)
    named = f"title: {string(heading.text())}, author: {string(MAKER)}"
    told = f"{named}, running: {string(running)}, brief: {str(brief).lower()}"
    words = _Writer(main, pictures, _BRIEF_WIDTH if brief else _WIDTH).within(main)
    return f'#import "paper.typ": *\n#show: paper.with({told})\n\n{words}\n'


def _classes(element: Element) -> list[str]:
    return element.attributes.get("class", "").split()


class _Writer:
    """Writes elements of a page, `width` millimetres wide, as content."""

    def __init__(self, main: Element, pictures: Mapping[str, Picture], width: float) -> None:
        self._pictures = pictures
        self._width = width
        named = {element.attributes.get("id", "") for element in main.all(*_PLACES)}
        led_to = {link.attributes.get("href", "")[1:] for link in main.all("a") if _is_within(link)}
        # Links to a place that the document does not have are words alone, and places nothing leads to have no mark.
        self._places = (named & led_to) - {""}
        self._marked: set[str] = set()

    def within(self, element: Element) -> str:
        """What an element holds, words and blocks as they follow each other."""
        return "".join(_words(child) if isinstance(child, str) else self._one(child) for child in element.children)

    def _one(self, element: Element) -> str:
        if element.name in _INLINE:
            return f"#{_INLINE[element.name](self, element)}"
        if element.name not in _BLOCKS:
            raise ValueError(f"a PDF has no form for <{element.name}>")
        told = _BLOCKS[element.name](self, element)
        for kind in (name for name in _CLASSES if name in _classes(element)):
            told = f"#{kind}[{told}]" if kind != "dense" or element.name != "table" else told
        return f"\n\n{told}\n\n"

    def _place(self, element: Element) -> str:
        """The place of an element as a literal, if anything leads there; the first of that name, as in a browser."""
        place = element.attributes.get("id", "")
        if place not in self._places or place in self._marked:
            return ""
        self._marked.add(place)
        return string(place)

    def _mark(self, element: Element) -> str:
        """The place of an element before what is in it."""
        place = self._place(element)
        return f"#mark({place})" if place else ""

    def _label(self, element: Element) -> str:
        """The place of an element after it, where what is in it is told again: of headings, in the list of contents."""
        place = self._place(element)
        return f"#label({place})" if place else ""

    def _marked_words(self, element: Element) -> str:
        return f"{self._mark(element)}{self.within(element)}"

    def heading(self, element: Element) -> str:
        if element.name == "h1":
            return f"#title[{self._marked_words(element)}]"
        # The list of contents does not name itself.
        listed = "" if element.attributes.get("id") != "contents" else ", outlined: false, bookmarked: true"
        return f"#heading(level: {int(element.name[1]) - 1}{listed})[{self.within(element)}]{self._label(element)}"

    def paragraph(self, element: Element) -> str:
        words = self._marked_words(element)
        return f"#kept[{words}]" if "notes" in _classes(element) else words

    def boxed(self, element: Element) -> str:
        told = self._marked_words(element)
        return told if "notice" in _classes(element) else f"#notice[{told}]"

    def part(self, element: Element) -> str:
        """What may hold figures beside each other, begin a sheet, or keep its figures."""
        if "drawn" in _classes(element):
            return self._drawn(list(element.all("figure")))
        words = self._marked_words(element)
        if element.name == "div":
            return words
        return f"#pagebreak(weak: true)\n\n{words}" if "sheet" in _classes(element) else f"#held[{words}]"

    def contents(self, element: Element) -> str:
        del element
        return "#contents()"

    def listed(self, element: Element) -> str:
        items = [child for child in element.children if isinstance(child, Element) and child.name == "li"]
        kind = "enum" if element.name == "ol" else "list"
        start = f"start: {int(element.attributes['start'])}, " if "start" in element.attributes else ""
        return f"#{kind}({start}{', '.join(f'[{self._marked_words(item)}]' for item in items)})"

    def described(self, element: Element) -> str:
        """Terms, each with all that is said of it."""
        pairs: list[tuple[Element, list[Element]]] = []
        for one in element.all("dt", "dd"):
            if one.name == "dt":
                pairs.append((one, []))
            elif pairs:
                pairs[-1][1].append(one)
        told = ((term, "#linebreak()".join(map(self._marked_words, said))) for term, said in pairs)
        return f"#terms({', '.join(f'terms.item([{self._marked_words(term)}], [{said}])' for term, said in told)})"

    def figure(self, element: Element) -> str:
        return self._drawn([element])

    def _drawn(self, figures: list[Element]) -> str:
        """Figures beside each other, each in its caption's company; one by itself goes to the foot of a sheet, if not "here"."""
        told = [self._figure(figure, (self._width - _GAP * (len(figures) - 1)) / len(figures)) for figure in figures]
        if len(told) > 1:
            return f"#beside({', '.join(told)})"
        return f"#{told[0]}" if "here" in _classes(figures[0]) else f"#apart({told[0]})"

    def _figure(self, element: Element, room: float) -> str:
        from crimjust_research.charts import drawing

        name = element.attributes["data-figure"]
        picture = self._pictures.get(name)
        if picture is None or not picture.svg:
            raise ValueError(f"the figure {name!r} has no drawing")
        if not picture.alt.strip():
            raise ValueError(f"the figure {name!r} says nothing to who cannot see it; give it words in its notebook")
        wide, high = drawing.size(picture.svg)
        width = min(float(element.attributes.get("data-width", room)), room, _HIGHEST * wide / high)
        caption = next(element.all("figcaption"), None)
        words = "" if caption is None else self._marked_words(caption)
        alt = string(" ".join(picture.alt.split()))
        drawn = f"{string(f'{name}.svg')}, alt: {alt}, width: {width:.2f}mm"
        return f"[#drawn({drawn}, caption: [{words}]){self._label(element)}]"

    def table(self, element: Element) -> str:
        dense = "dense" in _classes(element)
        shares = columns.shares(element, _DENSE_LETTERS if dense else _LETTERS)
        widths = "".join(f"{share * 100:.2f}fr, " for share in shares)
        right = {int(number[1]) for name in _classes(element) if (number := _NUMBERS.fullmatch(name))}
        aligned = "".join("right, " if place in right else "left, " for place in range(1, len(shares) + 1))
        caption = next(element.all("caption"), None)
        words = "" if caption is None else self._marked_words(caption)
        heads = {id(row) for head in element.all("thead") for row in head.all("tr")}
        rows = list(element.all("tr"))
        head = "".join(f"{cell}, " for row in rows if id(row) in heads for cell in self._cells(row))
        body = "".join(f"\n  {', '.join(self._cells(row))}," for row in rows if id(row) not in heads)
        options = f"widths: ({widths}), aligned: ({aligned}), dense: {str(dense).lower()}, head: ({head})"
        return f"#tabled(caption: [{words}], {options},{body}\n){self._label(element)}"

    def _cells(self, row: Element) -> list[str]:
        told = [self._marked_words(cell).strip() for cell in row.all("th", "td")]
        told[0] = f"{self._mark(row)}{told[0]}"
        return [f"[{cell}]" for cell in told]

    def formed(self, element: Element) -> str:
        return f"{_FORMS[element.name]}[{self.within(element)}]"

    def code(self, element: Element) -> str:
        return f"raw({string(element.text())})"

    def break_(self, element: Element) -> str:
        del element
        return "linebreak()"

    def link(self, element: Element) -> str:
        target = element.attributes.get("href", "")
        if _is_within(element) and target[1:] in self._places:
            return f"link(label({string(target[1:])}))[{self.within(element)}]"
        if urlsplit(target).scheme in _SCHEMES:
            return f"outside({string(target)})[{self.within(element)}]"
        return f"[{self.within(element)}]"

    def math(self, element: Element) -> str:
        return equation(element)


def _is_within(link: Element) -> bool:
    return link.attributes.get("href", "").startswith("#")


def _words(text: str) -> str:
    """Words as a literal, and a space where there is any before or after them: of several in a row typst makes one."""
    words = _SPACE.sub(" ", text)
    if words in ("", " "):
        return words
    before, after = (" " if words[place] == " " else "" for place in (0, -1))
    return f"{before}#{string(words.strip(' '))}{after}"


_FORMS = {
    "strong": "strong",
    "b": "strong",
    "em": "emph",
    "i": "emph",
    "small": "small",
    "sub": "sub",
    "sup": "super",
    "span": "",
}
_INLINE: dict[str, Callable[[_Writer, Element], str]] = {
    **dict.fromkeys(_FORMS, _Writer.formed),
    "a": _Writer.link,
    "br": _Writer.break_,
    "code": _Writer.code,
    "math": _Writer.math,
}
_BLOCKS: dict[str, Callable[[_Writer, Element], str]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4"), _Writer.heading),
    **dict.fromkeys(("section", "div"), _Writer.part),
    **dict.fromkeys(("ul", "ol"), _Writer.listed),
    "p": _Writer.paragraph,
    "aside": _Writer.boxed,
    "nav": _Writer.contents,
    "dl": _Writer.described,
    "figure": _Writer.figure,
    "table": _Writer.table,
}
# What an address within the page may lead to.
_PLACES = (*_BLOCKS, "li", "tr", "th", "td", "dt", "dd", "caption", "figcaption")
