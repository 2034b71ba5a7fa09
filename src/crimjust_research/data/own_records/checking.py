"""A file of records, checked: what it holds, every fault, and how it was understood."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records import understanding
from crimjust_research.data.own_records.between import records_only
from crimjust_research.data.own_records.faults import ALIKE, COLUMNS, Beside, frame_and_faults
from crimjust_research.data.own_records.layout import Cells, cells_of
from crimjust_research.data.own_records.schemas import Kind, kind_named
from crimjust_research.data.own_records.understanding import Understood
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Groups of faults that are told, by a check and by a refusal to compute, and characters of a cell in each.
_SHOWN, _REFUSED, _LONGEST = 50, 20, 200
_AHEAD = "correct the day, or delete the row where it is of what is planned"


@dataclass(frozen=True)
class Checked:
    """A file of records: what it holds, every fault, and how it was understood.

    `frame` is as `read` gives it, but for days, which are text, and cells that do not fit their type, which are missing.
    `cells` is the table as the file has it, `columns` what its cells mean.
    """

    path: Path
    kind: Kind
    frame: "pd.DataFrame"
    faults: "pd.DataFrame"
    understood: tuple[str, ...]
    cells: Cells
    columns: Mapping[str, Understood]

    def records(self) -> "pd.DataFrame":
        """The records, if they have no fault.

        Raises
        ------
        DataError
            With the faults, those of a column and rule together, if there are any.
        """
        import pandas as pd

        if len(self.faults):
            raise DataError(self.refusal())
        of_days = [field.name for field in self.kind.table.fields if field.type == "date"]
        return self.frame.assign(**{name: pd.to_datetime(self.frame[name], format="%Y-%m-%d") for name in of_days})

    def refusal(self, folder: Path | None = None) -> str:
        """The faults as a person is told them who wanted to compute: the first of them, and what lists every one, of the file
        or of the folder it was checked in."""
        what = shlex.quote(str(folder or self.path)) + ("" if folder else f" --as {self.kind.table.name}")
        then = f"; `crimjust data check {what} --faults FAULTS.csv` lists every one"
        return report(self.path, self.faults, _REFUSED, then)


def checked(
    path: Path | str,
    kind: str,
    bounds: Limits = limits.OWN_RECORDS,
    *,
    beside: Beside = MappingProxyType({}),
    sheet: str = "",
) -> Checked:
    """A file of records, read once: what it holds, every fault of it, and how it was understood.

    Parameters
    ----------
    path
        A CSV (any usual coding and sign between cells) or Excel workbook that holds the template's columns, under their names
        or what else `data/own_records.yaml` has them called, below titles or on one of several sheets. Days, numbers and
        words may be written as officers of the programme's countries write them, as long as they can mean one thing only.
        A path that is not absolute is looked for in the working folder, then in the checkout.
    kind
        One of `data/templates`: cases, trainings, ...
    bounds
        The most that is read.
    beside
        Other records, as read, by kind: codes that refer to one of these kinds must stand there, and what is told of a case
        must agree with it.
    sheet
        The one of a workbook that is read; by default the one that fits best.

    Raises
    ------
    DataError
        If there is no such kind, or the file cannot be read as a table at all, or holds more than the bounds allow.
    """
    path, named = Path(path), kind_named(kind)
    with limits.within(bounds), foreign.reading(path, remedy="compare it with the file of data/templates"):
        cells = records_only(cells_of(path, partial(understanding.fit, kind=named), sheet), named)
        columns = understanding.understood(cells, named)
        frame, faults = frame_and_faults(cells, columns, named, beside)
        return Checked(path, named, frame, faults, understanding.told(columns, cells), cells, columns)


def known_by(held: Checked, today: date) -> Checked:
    """A file with a fault more for each day that has not come by `today`: of what is planned there is no record yet.

    Apart from all other faults, so that what is computed of records is the same on whatever day it is.
    """
    import pandas as pd

    by, kind = today.isoformat(), held.kind.table
    rule = f"must not be after today, {by}"
    ahead = [
        (kind.name, int(held.cells.whole.index[place]), name, column.written()[place], rule, _AHEAD)
        for name, column in held.columns.items()
        if held.kind.columns[name].holds == "date"
        for place in (held.frame[name] > by).to_numpy().nonzero()[0].tolist()
    ]
    faults = pd.concat([held.faults, pd.DataFrame(ahead, columns=list(COLUMNS))], ignore_index=True)
    return replace(held, faults=faults.sort_values("row", kind="stable", ignore_index=True)) if ahead else held


def check(
    path: Path | str, kind: str, bounds: Limits = limits.OWN_RECORDS, *, beside: Beside = MappingProxyType({})
) -> "pd.DataFrame":
    """Every fault of a file of records, of parameters and errors as `checked` has them.

    Returns
    -------
    DataFrame with columns table, row (as a spreadsheet counts it), column, value (as the file has it), rule, remedy; empty
    when all is well.
    """
    return checked(path, kind, bounds, beside=beside).faults


def read(
    path: Path | str, kind: str, bounds: Limits = limits.OWN_RECORDS, *, beside: Beside = MappingProxyType({})
) -> "pd.DataFrame":
    """The records in a file, if they have no fault and are no more than the bounds allow; parameters as of `checked`.

    Returns
    -------
    DataFrame with one row a record and the template's columns: days as datetime64, numbers as float64 or Int64,
    truth values as boolean, text as str; what is not known is missing.

    Raises
    ------
    DataError
        With the faults, those of a column and rule together, if there are any.
    """
    return checked(path, kind, bounds, beside=beside).records()


def understood(path: Path | str, kind: str, bounds: Limits = limits.OWN_RECORDS) -> tuple[str, ...]:
    """How a file of records was understood where it is not as a template is, in words; parameters as of `checked`."""
    return checked(path, kind, bounds).understood


def columns_of(path: Path | str, kind: str) -> frozenset[str]:
    """Those columns of a kind of record that a file has.

    Raises
    ------
    DataError
        As of `checked`.
    """
    named = kind_named(kind)
    with limits.within(limits.OWN_RECORDS):
        header = cells_of(Path(path), partial(understanding.fit, kind=named)).header
    return frozenset(understanding.placed(header, named)) & frozenset(named.columns)


def report(path: Path | str, faults: "pd.DataFrame", most: int = _SHOWN, then: str = "") -> str:
    """Faults as text for people, those of a column and rule on one line, long cells as far as they tell which they are.

    No more than `most` lines; that there are more is said, with what to do `then`.
    """
    groups = list(faults.groupby(["table", "column", "rule"], sort=False))
    lines = [_told(alike) for _, alike in groups[:most]]
    more = [f"… and {len(groups) - most} more kinds of fault{then}"] if len(groups) > most else []
    return "\n  ".join([f"{path} has {len(faults)} fault(s):", *lines, *more])


def _told(alike: "pd.DataFrame") -> str:
    """Faults of a column and rule by the first of them."""
    table, row, column, value, rule, remedy = alike.iloc[0]
    rows = alike["row"].to_list()
    others = f" ({len(rows):,} such, in rows {', '.join(map(str, rows[:ALIKE]))}" if len(rows) > 1 else ""
    end = ")" if 1 < len(rows) <= ALIKE else " and on)" if others else ""
    return (
        f"{table} row {row}, {_shortened(column) or 'whole row'} = {_shortened(value)!r}: {rule}; {remedy}{others}{end}"
    )


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"
