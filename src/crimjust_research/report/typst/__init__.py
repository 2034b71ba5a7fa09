"""The report as PDF: what stands in `main` of its page, set by typst in letters that come with it.

Headings, tables with header rows that repeat, pictures with alternative text, equations that are told, links and the language
are the file's own (PDF/UA-1), so that whoever hears it is told what whoever sees it sees. Drawings stay drawings. Equal pages
come to equal bytes, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping

from crimjust_research.charts.printed import fonts
from crimjust_research.errors import RunError
from crimjust_research.report import elements, markup
from crimjust_research.report.elements import Picture
from crimjust_research.report.typst import letters
from crimjust_research.report.typst.source import source

_STYLE = "paper.typ"
_INSTEAD = "the document for Word says the same"


def document(page: str, pictures: Mapping[str, Picture], running: str) -> bytes:
    """The document; `pictures` are the page's figures by name, `running` stands at the head of every sheet, if anything.

    A sign that no letters at hand have is shown by its number, and that is told.

    Raises
    ------
    ValueError
        If the page has no `main` or title, an element there that this does not know, or a figure without words for who
        cannot see it.
    RunError
        If an equation or the whole cannot be set.
    """
    numbers = letters.by_number((page, running, *(picture.svg for picture in pictures.values())))
    shown = {
        name: Picture(picture.png, picture.alt.translate(numbers), picture.svg.translate(numbers))
        for name, picture in pictures.items()
    }
    main = elements.main_of(page.translate(numbers))
    drawings = {f"{name}.svg": picture.svg.encode() for name, picture in shown.items()}
    return _compiled(source(main, shown, running.translate(numbers)), drawings)


def _compiled(told: str, drawings: Mapping[str, bytes]) -> bytes:
    import typst

    files = {"main.typ": told.encode(), _STYLE: markup.within(_STYLE).encode(), **drawings}
    # It takes files by name, which its own declaration of types leaves out.
    compiler: typst.Compiler = typst.Compiler(files, font_paths=fonts())  # type: ignore[type-var]
    try:
        made, warnings = compiler.compile_with_warnings(pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise RunError(f"the PDF cannot be set ({error.message}); {_INSTEAD}") from error
    if warnings or not isinstance(made, bytes):
        raise RunError(f"the PDF would not be as it should ({'; '.join(w.message for w in warnings)}); {_INSTEAD}")
    return made
