"""A page as a tree of its elements, for whatever sets the same words in another form: Word, PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

MAKER = "contributors of crimjust-research"  # of documents
_VOID = ("br", "col", "hr", "img", "input", "link", "meta", "wbr")


@dataclass(frozen=True)
class Picture:
    """A drawing as PNG, and as SVG where it is set so, with the words for who cannot see it."""

    png: bytes
    alt: str
    svg: str = ""


class Element:
    """An element of the page: its name, attributes, and what is in it, text or elements."""

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[Element | str] = []

    def all(self, *names: str) -> Iterator[Element]:
        """Elements of these names within it, or all if none is named, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                if not names or child.name in names:
                    yield child
                yield from child.all(*names)

    def text(self) -> str:
        """All words within it, on one line."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.name == "br":
                yield " "
            else:
                yield from child._texts()


class _Reader(HTMLParser):
    """Builds the elements of a page; drawings are pictures elsewhere, and what is in them is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self._open = [self.root]
        self._drawing = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._drawing += tag == "svg"
        if not self._drawing:
            made = Element(tag, {name: value or "" for name, value in attrs})
            self._open[-1].children.append(made)
            if tag not in _VOID:
                self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._drawing:
            self._drawing -= tag == "svg"
        elif tag not in _VOID and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._drawing:
            self._open[-1].children.append(data)


def main_of(page: str) -> Element:
    """What stands in `main` of a page.

    Raises
    ------
    ValueError
        If the page has none.
    """
    reader = _Reader()
    reader.feed(page)
    main = next(reader.root.all("main"), None)
    if main is None:
        raise ValueError("the page has no main")
    return main
