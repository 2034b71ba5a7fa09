"""What holds of every document for Word that opens without being mended, read off its parts; pictures to put into one."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
# ECMA-376, part 1: the order in which Word expects what an element holds, of what is written here.
_ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd tabs spacing ind contextualSpacing jc textAlignment "
    "outlineLvl",
    "rPr": "rStyle rFonts b bCs i iCs smallCaps noProof color spacing kern sz szCs u vertAlign lang",
    "tblPr": "tblStyle tblStyleRowBandSize tblStyleColBandSize tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    "tcPr": "tcW tcBorders shd vAlign",
    "sectPr": "headerReference footerReference pgSz pgMar cols titlePg docGrid",
}
# Its part on equations: what each form holds, in order; "?" may be wanting.
_FORMS = {
    "sSub": "sSubPr? e sub",
    "sSup": "sSupPr? e sup",
    "sSubSup": "sSubSupPr? e sub sup",
    "f": "fPr? num den",
    "rad": "radPr? deg e",
    "nary": "naryPr? sub sup e",
    "naryPr": "chr? limLoc? grow? subHide? supHide?",
    "acc": "accPr? e",
    "bar": "barPr? e",
    "groupChr": "groupChrPr? e",
    "groupChrPr": "chr? pos? vertJc?",
    "limLow": "limLowPr? e lim",
    "limUpp": "limUppPr? e lim",
    "func": "funcPr? fName e",
    "phant": "phantPr? e",
    "borderBox": "borderBoxPr? e",
    "dPr": "begChr? sepChr? endChr? grow? shp?",
    "rPr": "nor? scr? sty?",
}
_HELD = {"e", "num", "den", "sub", "sup", "deg", "lim", "fName", "oMath"}
_BLOCKS = {*_FORMS, "d", "m", "r"} - {"naryPr", "groupChrPr", "dPr", "rPr"}


def png(wide: int, tall: int) -> bytes:
    """A white picture of so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\xff" * wide) * tall)
    head = struct.pack(">IIBBBBB", wide, tall, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def parts(document: bytes) -> dict[str, bytes]:
    """The parts of a document, by name."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def body(document: bytes) -> ElementTree.Element:
    """What stands in a document."""
    return ElementTree.fromstring(parts(document)["word/document.xml"])


def text(element: ElementTree.Element) -> str:
    """Words of an element; breaks as ends of lines."""
    said = (part for part in element.iter() if part.tag in (f"{W}t", f"{W}br"))
    return "".join("\n" if part.tag == f"{W}br" else part.text or "" for part in said)


def style(paragraph: ElementTree.Element) -> str:
    """The id of a paragraph's style."""
    named = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if named is None else named.get(f"{W}val", "")


def faults(document: bytes) -> list[str]:
    """Whatever Word would have to mend, or a reader would miss; empty if there is nothing."""
    held = parts(document)
    read = ElementTree.fromstring(held["word/document.xml"])
    return [
        *_of_places(read),
        *_of_relations(held, read),
        *_of_styles(held, read),
        *_of_blocks(read),
        *(
            fault
            for name in ("word/document.xml", "word/styles.xml")
            for fault in _of_order(ElementTree.fromstring(held[name]))
        ),
        *equation_faults(read),
    ]


def equation_faults(read: ElementTree.Element) -> Iterator[str]:
    """What is wrong with the forms of equations."""
    for element in read.iter():
        if not element.tag.startswith(M):
            continue
        name, inner = (
            element.tag.removeprefix(M),
            [child.tag.removeprefix(M) for child in element if child.tag.startswith(M)],
        )
        if name in _FORMS:
            form = "".join(
                f"(?:{part.rstrip('?')} ){'?' if part.endswith('?') else ''}" for part in _FORMS[name].split()
            )
            if not re.fullmatch(form, "".join(f"{one} " for one in inner)):
                yield f"an equation's {name} holds {inner}"
        elif name in _HELD and not set(inner) <= _BLOCKS:
            yield f"an equation's {name} holds {inner}"
        if name in ("e", "num", "den", "fName", "lim", "oMath") and not len(element):
            yield f"an equation's {name} is empty"


def _of_places(read: ElementTree.Element) -> Iterator[str]:
    begun = list(read.iter(f"{W}bookmarkStart"))
    names = [one.get(f"{W}name", "") for one in begun]
    numbers = [one.get(f"{W}id") for one in begun]
    if len({name.lower() for name in names}) != len(names) or len(set(numbers)) != len(numbers):
        yield "two bookmarks are alike"
    if sorted(map(str, numbers)) != sorted(str(one.get(f"{W}id")) for one in read.iter(f"{W}bookmarkEnd")):
        yield "a bookmark does not end"
    yield from (
        f"{name!r} is no bookmark's name" for name in names if not re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,39}", name)
    )
    led = {link.get(f"{W}anchor") for link in read.iter(f"{W}hyperlink")} - {None}
    yield from (f"a link leads to {name!r}, which is not there" for name in sorted(map(str, led - set(names))))
    drawn = [one.get("id") for one in read.iter(f"{WP}docPr")]
    if len(set(drawn)) != len(drawn):
        yield "two pictures have one number"
    yield from (
        "a picture says nothing to who cannot see it" for one in read.iter(f"{WP}docPr") if not one.get("descr")
    )


def _of_relations(held: dict[str, bytes], read: ElementTree.Element) -> Iterator[str]:
    relations = {one.get("Id"): one for one in ElementTree.fromstring(held["word/_rels/document.xml.rels"])}
    for one in relations.values():
        target = str(one.get("Target"))
        if one.get("TargetMode") != "External" and f"word/{target}".replace("word/../", "") not in held:
            yield f"a relation leads to {target!r}, which is not there"
    for element in read.iter():
        for name, value in element.items():
            if name.startswith(R) and value not in relations:
                yield f"{element.tag} names the relation {value!r}, which is not there"


def _of_styles(held: dict[str, bytes], read: ElementTree.Element) -> Iterator[str]:
    known = {one.get(f"{W}styleId") for one in ElementTree.fromstring(held["word/styles.xml"]).iter(f"{W}style")}
    named = {one.get(f"{W}val") for kind in ("pStyle", "rStyle", "tblStyle") for one in read.iter(f"{W}{kind}")}
    yield from (f"there is no style {name!r}" for name in sorted(map(str, named - known)))
    numbered = {one.get(f"{W}numId") for one in ElementTree.fromstring(held["word/numbering.xml"]).iter(f"{W}num")}
    lists = {one.get(f"{W}val") for one in read.iter(f"{W}numId")}
    yield from (f"there is no list {number!r}" for number in sorted(map(str, lists - numbered)))


def _of_blocks(read: ElementTree.Element) -> Iterator[str]:
    for paragraph in read.iter(f"{W}p"):
        in_cell = style(paragraph).startswith("Table")
        if (
            not in_cell
            and not text(paragraph)
            and not any(paragraph.find(f".//{one}") is not None for one in (f"{M}oMath", f"{WP}inline"))
        ):
            yield f"a paragraph in style {style(paragraph)!r} is empty"
    for table in read.iter(f"{W}tbl"):
        columns = len(list(table.find(f"{W}tblGrid") or ()))
        rows = table.findall(f"{W}tr")
        if not any(row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows[:1]):
            yield "a table has no header row"
        for row in rows:
            cells = row.findall(f"{W}tc")
            if len(cells) != columns:
                yield f"a row has {len(cells)} cells in {columns} columns"
            yield from ("a cell does not end in a paragraph" for cell in cells if cell[-1].tag != f"{W}p")


def _of_order(read: ElementTree.Element) -> Iterator[str]:
    for name, told in _ORDER.items():
        order = told.split()
        for element in read.iter(f"{W}{name}"):
            inner = [child.tag.removeprefix(W) for child in element]
            if unknown := [one for one in inner if one not in order]:
                yield f"{name} holds {unknown}"
            elif [order.index(one) for one in inner] != sorted(order.index(one) for one in inner):
                yield f"{name} holds {inner}, in another order than Word's"
