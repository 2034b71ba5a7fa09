"""Opening an Excel workbook from outside, once what its sheets would hold in memory is known and allowed.

The library that reads workbooks allocates each sheet from its first cell to its last, whatever is between, and ends
the process where there is no room. So the parts are unpacked and gone through here first, and it is given those, not
the file. Layout: ECMA-376, part 1, 18.3 and 18.4.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape

from crimjust_research.data import foreign, limits
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

SUFFIX = ".xlsx"
_PARTS = (".xml", ".rels")
# Others are notes of the programs that wrote it, in whatever coding they please; the library does not look at them, nor at
# what is beside the cells.
_READ = ("xl", "_rels", "[content_types]")
_NOT_READ = re.compile(
    "xl/(calcchain|charts/|comments|drawings/|externallinks/|metadata|pivot|richdata/|tables/|theme/|[^_].*/_rels/)"
)
_NESTED = ("sheetData", "row", "c")
_IN_A_CELL = len(_NESTED) + 1
_NAMING = {"sheet": "id", "Relationship": "Target"}
"""Entries by which a workbook names its parts, and the attribute that does."""
_ROW = re.compile("[1-9][0-9]{0,6}")
_PLACE = re.compile(f"([A-Z]{{1,3}})({_ROW.pattern})")
_COUNT = re.compile("[+]?[0-9]+")
_MOST_BELOW_ZERO = 1e11
_SHOWN = 100  # characters of a formula
_MOST_ROWS = 2**20  # of a sheet; those without a cell count, for millions of them pack to nothing
# Formats, names, merged cells and the like; the 65,490 formats that a spreadsheet allows are 200,000 entries at most.
_MOST_BESIDE_CELLS = 250_000
_DEEPEST = 64  # entries within each other; formatted text in a cell is eight deep
# Longer than 32,767 characters and their escapes take: a value, or a tag with what follows it, whose attributes would fill
# the memory.
_LONGEST = 1_000_000
_LONG_TAG = re.compile(rb"<[^<]{%d}" % _LONGEST)
# A place written by the numbers of its letters, which the library takes for none.
_HIDDEN_PLACE = re.compile(rb"""\sr\s*=\s*["'][A-Za-z0-9#;]*&""")


def open_workbook(path: Path, *, no_value_as_text: bool = False) -> "CalamineWorkbook":
    """The workbook in a file.

    Cells that show an error, as #N/A, and formulas whose result was not saved are empty, or with `no_value_as_text` their text:
    the error, or the formula after an equals sign.

    Raises
    ------
    DataError
        If it is none, is damaged, declares a document type (no spreadsheet does), or would hold more than the bounds
        allow; the message names the cell that reaches too far.
    """
    from python_calamine import CalamineWorkbook

    remedy = "if it opens in a spreadsheet, save it again as .xlsx, without a password; else download it again"
    with foreign.reading(path, kind="a workbook", remedy=remedy):
        found = foreign.members(path, _PARTS)
        parts = {name: content for name, content in found.items() if _is_read(name.lower().removeprefix("/"))}
        _require_few_entries(path, parts)
        scans = {name: _scanned(path, name, content) for name, content in parts.items()}
        _require_room(path, scans)
        if no_value_as_text:
            parts = {name: _replaced(content, scans[name].no_value) for name, content in parts.items()}
        return CalamineWorkbook.from_filelike(_archive(parts))


class _Scan:
    """What a part of a workbook holds: how far its cells reach, its shared texts, and how often cells refer to each.

    The library counts cells that do not say where they are, and trusts that rows are in order and that places are some;
    so it may only be given what it and this count alike, and the rest is refused.
    """

    def __init__(self, path: Path, part: str, content: bytes) -> None:
        self.path, self.part, self._content = path, part, content
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self.start
        self._parser.EndElementHandler = self.end
        self._parser.CharacterDataHandler = self.text
        self._parser.StartDoctypeDeclHandler = self.refuse_document_type
        self.rows, self.columns, self.farthest = 0, 0, ""
        self.shared: list[int] = []
        self.announced = 0
        self.referred: Counter[str] = Counter()
        self._nested: list[str] = []
        self._beside = 0
        self._named: set[str] = set()
        self._row = self._column = 0
        self._is_reference = self._in_shared = False
        self._reference = ""
        self.no_value: list[tuple[int, int, bytes]] = []
        """Where in the part cells without a value begin and end, and cells that hold what they show as text."""
        self._cell: tuple[int, str, dict[str, str]] = (0, "", {})
        self._within: dict[str, str] = {}

    def whole(self) -> "_Scan":
        """This, once it has gone through the part."""
        self._parser.Parse(self._content, True)
        # It holds this, and this it: parted, both are gone as soon as nobody needs them.
        del self._parser, self._content
        return self

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if self._nested or name == _NESTED[0]:
            self._enter(tag, name, attributes)
        elif name == "sst":
            announced = attributes.get("uniqueCount", "")
            self.announced = int(announced) if _COUNT.fullmatch(announced) else 0
        elif name == "si":
            self.shared.append(0)
        elif name == "t":
            self._in_shared = bool(self.shared)
        else:
            if name in _NAMING:
                self._require_once(name, attributes)
            self._beside += 1
            if self._beside > _MOST_BESIDE_CELLS:
                self.refuse(f"has more than {_MOST_BESIDE_CELLS:,} formats, names or the like beside its cells")

    def end(self, tag: str) -> None:
        name = _local(tag)
        self._in_shared = False
        if not self._nested:
            return
        self._nested.pop()
        if name == "row":
            self._row += 1
            self._column = 0
        elif name == "c":
            self._column += 1
            self._leave_cell()
        elif self._is_reference and name == "v":
            self.referred[self._reference.strip()] += 1
            self._is_reference = False

    def text(self, data: str) -> None:
        within = self._nested[-1] if self._nested else ""
        if within in ("v", "f") and len(self._nested) == _IN_A_CELL:
            held = self._within[within] = self._within.get(within, "") + data
            if len(held) > _LONGEST:
                self.refuse("has a value of more than a million characters")
        if self._in_shared:
            self.shared[-1] += len(data)
        elif within == "v":
            if self._is_reference:
                self._reference += data
            elif data.startswith("-"):
                self._require_moderate(data)

    def refuse_document_type(self, *_: object) -> None:
        raise DataError(
            f"{self.path} declares a document type, which no spreadsheet does and which can hide gigabytes; "
            "do not open it, and download the workbook again from its publisher"
        )

    def refuse(self, what: str) -> None:
        kind = "sheet" if "sheet" in self.part else "part"
        raise DataError(
            f"{self.path}, {kind} {Path(self.part).name}, {what}, which no spreadsheet writes; open it in one and save it "
            "again, or download it again"
        )

    def _enter(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        """An element within a sheet: rows stand in the sheet's data, and cells in rows, and nowhere else."""
        self._nested.append(name)
        depth = len(self._nested)
        if depth > _DEEPEST:
            self.refuse(f"has entries within each other more than {_DEEPEST} deep")
        if name in _NESTED and _NESTED[depth - 1 : depth] != (name,):
            self.refuse(f"has {name!r} within {self._nested[-2]!r}")
        if name == "row":
            self._enter_row(attributes.get("r"))
        elif name == "c":
            self._enter_cell(attributes.get("r"))
            self._is_reference = attributes.get("t") == "s"
            self._cell, self._within = (self._parser.CurrentByteIndex, tag, attributes), {}
        elif depth == _IN_A_CELL and name in ("v", "is", "f"):
            self._fill()
            self._reference = self._within[name] = ""

    def _require_once(self, name: str, attributes: dict[str, str]) -> None:
        """Refuse a part that is named twice: a thousand sheets that are one and the same take as long as a thousand do."""
        for attribute, value in attributes.items():
            if _local(attribute) == _NAMING[name]:
                # A place from the part at hand, or from the top.
                place = "/".join(re.split(r"[/\\]", value.casefold())[-2:])
                if place in self._named:
                    self.refuse(f"names {value[:_SHOWN]!r} twice")
                self._named.add(place)

    def _enter_row(self, given: str | None) -> None:
        if self._row >= _MOST_ROWS:
            self.refuse(f"has more than {_MOST_ROWS:,} rows")
        if given is None:
            return
        if not _ROW.fullmatch(given) or int(given) <= self._row:
            self.refuse(f"has a row {given!r} that is none, or comes after a later one")
        self._row = int(given) - 1

    def _enter_cell(self, given: str | None) -> None:
        if given is None:
            return
        place = _PLACE.fullmatch(given)
        if not place or int(place[2]) != self._row + 1:
            self.refuse(f"has a cell {given!r} that is none, or is of another row than {self._row + 1}")
        else:
            self._column = _column_number(place[1])

    def _leave_cell(self) -> None:
        """A formula may well have an empty text as its result; any other result that is empty was not saved."""
        begin, tag, attributes = self._cell
        kind = attributes.get("t")
        if kind != "e" and "f" not in self._within:
            return
        value = self._within.get("v", "").strip()
        if kind == "e" and value:
            shown = value
        elif "f" in self._within and not value and kind != "str":
            shown = f"={self._within['f']}"
        else:
            return
        place = f' r="{attributes["r"]}"' if "r" in attributes else ""
        prefix = tag.removesuffix("c")
        text = f'<{tag}{place} t="str"><{prefix}v>{escape(shown[:_SHOWN])}</{prefix}v></{tag}>'
        end = self._content.index(b">", self._parser.CurrentByteIndex) + 1
        self.no_value.append((begin, end, text.encode()))

    def _require_moderate(self, number: str) -> None:
        """A number this far below zero is none a publisher has, and the library fails over it where it is a day."""
        try:
            below = float(number) < -_MOST_BELOW_ZERO
        except ValueError:
            return
        if below:
            self.refuse(f"has the number {number[:40]}")

    def _fill(self) -> None:
        """The cell at hand has a value: one that has only a format takes no room."""
        if self._row >= self.rows or self._column >= self.columns:
            self.farthest = f"{column_letters(self._column)}{self._row + 1}"
            self.rows = max(self.rows, self._row + 1)
            self.columns = max(self.columns, self._column + 1)


def _is_read(part: str) -> bool:
    """Whether the library looks at a part, by its name in lower case."""
    return part.startswith(_READ) and not _NOT_READ.match(part)


def _scanned(path: Path, part: str, content: bytes) -> _Scan:
    scan = _Scan(path, part, content)
    if b"\0" in content:
        scan.refuse("is not in UTF-8")
    if _LONG_TAG.search(content):
        scan.refuse("has an entry of more than a million characters")
    scan.whole()
    if scan.rows and _HIDDEN_PLACE.search(content):
        scan.refuse("hides where a cell stands")
    return scan


def _require_few_entries(path: Path, parts: Mapping[str, bytes]) -> None:
    """Refuse more entries than there is time for: to count them takes a hundredth of going through them."""
    entries = sum(content.count(b"<") - content.count(b"</") for content in parts.values())
    limits.require("entries", entries, path, "copy the cells of the table alone into a new workbook, or ")


def _replaced(content: bytes, replacements: Sequence[tuple[int, int, bytes]]) -> bytes:
    """A part with some of its bytes replaced, in the order they stand in."""
    pieces, at = [], 0
    for begin, end, other in replacements:
        pieces += [content[at:begin], other]
        at = end
    return b"".join([*pieces, content[at:]])


def _require_room(path: Path, scans: dict[str, _Scan]) -> None:
    """Refuse sheets that reach too far, and texts that are too long once written out in every cell that has them."""
    cells = sum(scan.rows * scan.columns for scan in scans.values())
    for name, scan in scans.items():
        sheet = f"{path}, sheet {Path(name).name}, which reaches to cell {scan.farthest},"
        beyond = "delete the rows and columns beyond the table in a spreadsheet and save it again, or "
        limits.require("columns", scan.columns, sheet, beyond)
        limits.require("cells", scan.rows * scan.columns, sheet, beyond)
        limits.require("lines", scan.rows, sheet, beyond)
    limits.require("cells", cells, path)
    # The library makes room for as many texts as are announced, whether or not they follow.
    limits.require("cells", max((scan.announced for scan in scans.values()), default=0), path)
    lengths: Counter[str] = Counter()
    for scan in scans.values():
        for number, length in enumerate(scan.shared):
            lengths[str(number)] = max(lengths[str(number)], length)
    written = sum(count * lengths[number] for scan in scans.values() for number, count in scan.referred.items())
    limits.require("megabytes", -(-written // limits.MEGABYTE), path)


def _archive(parts: dict[str, bytes]) -> io.BytesIO:
    """The parts as an archive that holds nothing else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    packed.seek(0)
    return packed


def _local(tag: str) -> str:
    """The name of an element without the prefix of its namespace."""
    return tag.rpartition(":")[2] if ":" in tag else tag


@cache
def _column_number(letters: str) -> int:
    """A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """A column as a spreadsheet has it, by its number from 0: A, Z, AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
