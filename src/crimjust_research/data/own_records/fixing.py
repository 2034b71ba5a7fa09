"""A file of records as a template would have it, with a list of every change: nothing that may mean two things is guessed."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research import project, spreadsheets
from crimjust_research.data.own_records import numerals
from crimjust_research.data.own_records.checking import Checked, report
from crimjust_research.data.own_records.understanding import Understood, placed
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_ONE_MORE = "a decimal more, so that the point can only stand before decimals"
CHANGES = ("row", "column", "was", "is", "why")


@dataclass(frozen=True)
class Fixed:
    """The corrected copy and the list of changes, each a CSV."""

    copy: bytes
    changes: bytes
    changed: int


def fixed(checked: Checked) -> Fixed:
    """What a file of records is in the template's columns, and each cell and heading that was written otherwise.

    A cell that is at fault stays as it was. Columns that are none of the template's are not copied.

    Raises
    ------
    DataError
        If a row has more or fewer cells than the header, or a column stands there twice: what belongs where is not known.
    """
    import pandas as pd

    names = [field.name for field in checked.kind.table.fields]
    unplaced = checked.faults[_unplaced(checked)]
    if len(unplaced):
        raise DataError(f"{report(checked.path, unplaced)}\nnothing is written, as no cell of these has one place")
    index = checked.cells.whole.index
    columns = checked.columns
    meant = {name: _meant(column, checked.kind.columns[name].holds == "number") for name, column in columns.items()}
    texts = {name: meant[name].take(columns[name].number).to_numpy() for name in names if name in columns}
    frame = pd.DataFrame({name: texts.get(name, "") for name in names}, index, dtype="str")
    changes = _changes(checked, frame)
    return Fixed(frame.to_csv(index=False, lineterminator="\n").encode(), listed(changes), len(changes))


def _meant(column: Understood, numbers: bool) -> "pd.Series[str]":
    """What each cell of a column is in the copy, where what told the decimal mark of a number may not stand."""
    if not numbers:
        return column.meant
    known = ~column.meant.index.isin(list(column.unclear))
    return numerals.unmistakable(column.meant[known]).reindex(column.meant.index).fillna(column.meant)


def _unplaced(checked: Checked) -> "pd.Series[bool]":
    """Faults of rows as a whole, and of columns that stand there twice."""
    faults = checked.faults
    twice = (faults["row"] == checked.cells.row) & faults["column"].isin(_repeated(checked))
    return (faults["column"] == "") & faults["row"].isin(list(checked.cells.ragged)) | twice


def _repeated(checked: Checked) -> list[str]:
    found = placed(checked.cells.header, checked.kind)
    return [name for name, places in found.items() if len(places) > 1 and name in checked.kind.columns]


def _changes(checked: Checked, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Every heading and cell that is written otherwise than it was, in order of rows."""
    import pandas as pd

    headings = [
        (checked.cells.row, name, column.heading, name, "the column's name")
        for name, column in checked.columns.items()
        if column.heading != name
    ]
    parts = [pd.DataFrame(headings, columns=list(CHANGES))]
    for name, column in checked.columns.items():
        written = column.written()
        other = frame[name].to_numpy() != written
        why = [column.how.get(int(place), _ONE_MORE) for place in column.number[other]]
        rows = frame.index[other]
        parts.append(
            pd.DataFrame(dict(zip(CHANGES, (rows, name, written[other], frame[name][other], why), strict=True)))
        )
    return pd.concat(parts, ignore_index=True).sort_values("row", kind="stable")


def listed(table: "pd.DataFrame") -> bytes:
    """Faults or changes as a CSV that a person opens in a spreadsheet."""
    return spreadsheets.cells(table).to_csv(index=False, lineterminator="\n").encode()


def require_new(paths: Iterable[Path]) -> None:
    """Refuse paths of which one is there already: before what is to be written is worked out, if that takes long.

    Raises
    ------
    DataError
        If there is a file of one of these names.
    """
    for path in paths:
        if os.path.lexists(path):
            raise DataError(f"{path} is there already and is not written over; name another file, or move it away")


def write_new(files: Mapping[Path, bytes]) -> None:
    """Write files where there are none yet: all of them or none.

    Raises
    ------
    DataError
        If there is a file of one of these names.
    OSError
        If one cannot be written.
    """
    require_new(files)
    written: list[Path] = []
    try:
        for path, content in files.items():
            project.write_atomically(path, content)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
