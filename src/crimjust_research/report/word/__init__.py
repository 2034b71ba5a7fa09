"""A page as a document for Word: what stands in its `main`, element by element.

Headings, the list of contents, numbered captions, tables with header rows that repeat, equations, pictures with alternative text,
links and the language are Word's own, so that whoever edits the document finds what they expect, and whoever hears it is told
what whoever sees it sees. Equal pages come to equal bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from crimjust_research.report import elements
from crimjust_research.report.downloads import zipped
from crimjust_research.report.elements import Picture


def document(page: str, pictures: Mapping[str, Picture], running: str) -> bytes:
    """The document; `pictures` are the page's figures by name, `running` stands at the head of every sheet, if anything.

    A page whose `main` is of class `brief` is set on few sheets: in smaller letters, between narrower margins.

    Raises
    ------
    ValueError
        If the page has no `main` or no title, or something there that this has no form for; if a figure has no picture, caption
        or alternative text; if a table has no caption or header row.
    """
    import docx

    from crimjust_research.report.word.body import Writer
    from crimjust_research.report.word.styles import House

    main = elements.main_of(page)
    title = next(main.all("h1"), None)
    if title is None:
        raise ValueError("the page has no title")
    made = docx.Document()
    house = House(made, brief="brief" in main.attributes.get("class", "").split())
    house.set_up(title.text(), running)
    Writer(made, main, pictures, house).write()
    packed = io.BytesIO()
    made.save(packed)
    with zipfile.ZipFile(packed) as archive:
        return zipped("", "", {name: archive.read(name) for name in archive.namelist()}).content
