"""Tables that do not begin in the first row of their file: found by what their header says, on whatever sheet or line.

Workbooks and delimited text are read alike, so a workbook saved as text is the same table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import files, workbooks
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Grid:
    """A table of a file: its sheet ("" in text), the rows above its header, the header, and the rows below by number."""

    sheet: str
    above: Sequence[Sequence[str]]
    header: Sequence[str]
    rows: Sequence[Row]

    def frame(self) -> "pd.DataFrame":
        """The rows below the header as text, one column per name in it; the index is the row of the file."""
        import pandas as pd

        frame = pd.DataFrame([row for _, row in self.rows], columns=list(self.header), dtype="str")
        return frame.set_axis(pd.Index([f"{self.sheet}!{n}" if self.sheet else n for n, _ in self.rows], name="row"))


def grids(path: Path, is_header: Callable[[Sequence[str]], bool], what: str) -> list[Grid]:
    """Every table of a file whose header `is_header` knows; `what` names such a header in a refusal.

    Space within and around cells counts as one blank or none; blank rows and empty columns at the end are left out.

    Raises
    ------
    DataError
        If no sheet or line near the start is such a header, a name stands in it twice, a row has more or fewer cells
        than it, or a text does not end with its line.
    """
    found = [grid for sheet, rows in _sheets(path, is_header) if (grid := _grid(path, sheet, rows, is_header))]
    if not found:
        raise DataError(f"{path} has no row with {what} near its start; download it again")
    return found


def _sheets(path: Path, is_header: Callable[[Sequence[str]], bool]) -> Iterator[tuple[str, list[Row]]]:
    if path.suffix.lower() == workbooks.SUFFIX:
        for name, sheet in workbooks.sheets(path):
            yield name, [(number, _cells(row)) for number, row in enumerate(sheet, start=1)]
        return
    content = files.text(path)
    if not content.endswith(("\n", "\r")):
        raise DataError(
            f"{path}: the last line, {content.splitlines()[-1][-80:]!r}, is not ended, so the file may have been cut "
            "off within it; download it again, or, if that line is whole, end it in a text editor and save the file"
        )
    # A title above the header can hold more of another delimiter than the header holds of its own.
    for sign in sorted(foreign.DELIMITERS, key=lambda sign: sign != foreign.delimiter(content)):
        rows = [(number, _cells(row)) for number, row in foreign.rows(path, content, sign)]
        if any(is_header(row) for _, row in rows[: workbooks.HEADER_WITHIN]):
            yield "", rows
            return


def _cells(row: Sequence[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in row]


def _grid(path: Path, sheet: str, rows: Sequence[Row], is_header: Callable[[Sequence[str]], bool]) -> Grid | None:
    at = next((n for n, (_, row) in enumerate(rows[: workbooks.HEADER_WITHIN]) if is_header(row)), None)
    if at is None:
        return None
    number, header = rows[at]
    width = max(n for n, name in enumerate(header) if name) + 1
    header = header[:width]
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise DataError(f"{path} row {number} has the column {twice[0]!r} more than once; keep one of them")
    below = [(number, row) for number, row in rows[at + 1 :] if any(row)]
    for number, row in below:
        if len(row) < width or any(row[width:]):
            raise DataError(
                f"{path} row {number} has {len(row)} cells where the header has {width}, the last {row[-1]!r}: the "
                "file was cut off or edited; download it again"
            )
    above = [row for _, row in rows[:at] if any(row)]
    return Grid(sheet, above, header, [(number, row[:width]) for number, row in below])
