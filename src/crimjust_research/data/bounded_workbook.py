"""Opening an Excel workbook from outside, once what its sheets would hold in memory is known and allowed.

The library that reads workbooks allocates each sheet from its first cell to its last, whatever is between, and ends
the process where there is no room. So the parts are unpacked and gone through here first, and it is given those, not
the file. Layout: ECMA-376, part 1, 18.3 and 18.4.
"""

import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from crimjust_research.data import foreign, limits
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

SUFFIX = ".xlsx"
_PARTS = (".xml", ".rels")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE)


def open_workbook(path: Path) -> "CalamineWorkbook":
    """The workbook in a file.

    Raises
    ------
    DataError
        If it is none, is damaged, declares a document type (no spreadsheet does), or would hold more than the bounds
        allow; the message names the cell that reaches too far.
    """
    from python_calamine import CalamineWorkbook

    remedy = "if it opens in a spreadsheet, save it again as .xlsx, without a password; else download it again"
    with foreign.reading(path, kind="a workbook", remedy=remedy):
        parts = foreign.members(path, _PARTS)
        scans = {name: _scanned(path, content) for name, content in parts.items()}
        _require_room(path, scans)
        return CalamineWorkbook.from_filelike(_archive(parts))


class _Scan:
    """What a part of a workbook holds: how far its cells reach, its shared texts, and how often cells refer to each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows, self.columns, self.farthest = 0, 0, ""
        self.shared: list[int] = []
        self.referred: Counter[str] = Counter()
        self._row = self._column = 0
        self._kind = ""
        self._within = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            given = attributes.get("r", "")
            self._row = int(given) - 1 if given.isascii() and given.isdigit() else self._row
            self._column = 0
        elif name in ("v", "is", "f"):
            self._filled()
            self._within = "v" if name == "v" and self._kind == "s" else ""
            self._value = ""
        elif name == "si":
            self.shared.append(0)
        elif name == "t":
            self._within = "t" if self.shared else ""

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row += 1
            self._column = 0
        elif name == "c":
            self._column += 1
        elif name in ("v", "t"):
            if self._within == "v":
                self.referred[self._value.strip()] += 1
            self._within = ""

    def text(self, data: str) -> None:
        if self._within == "v":
            self._value += data
        elif self._within == "t":
            self.shared[-1] += len(data)

    def refuse_document_type(self, *_: object) -> None:
        raise DataError(
            f"{self.path} declares a document type, which no spreadsheet does and which can hide gigabytes; "
            "do not open it, and download the workbook again from its publisher"
        )

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._kind = attributes.get("t", "")
        place = _PLACE.fullmatch(attributes.get("r", ""))
        if place:
            self._row = int(place[2]) - 1
            self._column = _column_number(place[1])

    def _filled(self) -> None:
        """The cell at hand has a value: one that has only a format takes no room."""
        if self._row >= self.rows or self._column >= self.columns:
            self.farthest = f"{_column_letters(self._column)}{self._row + 1}"
        self.rows = max(self.rows, self._row + 1)
        self.columns = max(self.columns, self._column + 1)


def _scanned(path: Path, content: bytes) -> _Scan:
    scan = _Scan(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.text
    parser.StartDoctypeDeclHandler = scan.refuse_document_type
    parser.Parse(content, True)
    return scan


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


def _column_number(letters: str) -> int:
    """A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _column_letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
