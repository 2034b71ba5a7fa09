"""A panel of one's own and the phases of a roll-out, from two tables as people keep them: every cell understood, or refused."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crimjust_research.data import foreign, limits
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records import layout, numerals
from crimjust_research.data.own_records.meanings import Meaning, Unclear, ascii_digits
from crimjust_research.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

PANEL = ("unit", "period", "outcome")
PHASES = ("unit", "phase", "start")
NEVER = ("", "never", "-")
_TOLD = 5
_QUARTER, _MONTH = re.compile(r"([0-9]{4})[- ]?[qQ]([1-4])"), re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(?:-01)?")
_YEAR = re.compile(r"[0-9]{1,4}")
_EITHER = (
    "may have three decimals or be one of thousands, and no other number of the column tells which: if these are decimals, write "
    "one number with another digit, such as 1.2340, and all are understood; if not, take the sign between thousands out of all"
)
_AS_PERIOD = "write all periods as years (2024), quarters (2024-Q1), months (2024-01), or numbers counted from 1"


class OwnPanel(NamedTuple):
    """Outcomes by unit and period, and when each unit starts."""

    units: tuple[str, ...]
    periods: tuple[str, ...]
    """In order, as they stand in the file."""
    outcomes: "NDArray[np.float64]"
    """(units, periods), NaN where there is none."""
    phase: tuple[str, ...]
    """Of each unit."""
    starts: "NDArray[np.float64]"
    """(units,) place of the first period in or after the start, from 0; inf if it never starts."""


def read(panel: Path, phases: Path, bounds: Limits = limits.OWN_RECORDS) -> OwnPanel:
    """The panel and the phases of a roll-out.

    The panel has the columns unit, period and outcome, or unit and one column for each period; the phases have unit, phase and
    start, which is empty for units that never start. Both are text parted by any usual sign, or workbooks.

    Raises
    ------
    DataError
        Naming file, rows and values of what cannot be understood, or does not fit together.
    """
    with limits.within(bounds):
        held, started = _panel(panel), _phases(phases)
    _refuse_strangers(panel, phases, held["unit"], started["unit"])
    return _arranged(panel, phases, held, started)


def _panel(path: Path) -> "pd.DataFrame":
    """A row for each unit and period: unit, period, order, outcome; the index is the row in the file."""
    import pandas as pd

    table = _table(path, PANEL, "--panel")
    wide = [name for name in map(str, table) if name != "unit" and _order(name) is not None]
    if wide and "outcome" not in table and "period" not in table:
        _require_columns(path, table, ("unit",))
        parts = [pd.DataFrame({"unit": table["unit"], "period": name, "outcome": table[name]}) for name in wide]
        table = pd.concat(parts)
    _require_columns(path, table, PANEL)
    table = table[list(PANEL)]
    _refuse(path, table["unit"][table["unit"] == ""], "must name the unit; fill it in, or delete the row")
    table["order"] = _orders(path, table["period"])
    _refuse_twice(path, table, ["unit", "order"], "has two rows for one period; keep one")
    table["outcome"] = _numbers(path, table["outcome"])
    if table["outcome"].isna().all():
        raise DataError(f"{path} holds no outcome; fill in the numbers, and leave empty only what was not observed")
    return table


def _phases(path: Path) -> "pd.DataFrame":
    """A row for each unit: unit, phase, start, order (inf if it never starts); the index is the row in the file."""
    import numpy as np

    table = _table(path, PHASES, "--phases")
    _require_columns(path, table, PHASES)
    table = table[list(PHASES)]
    for name in ("unit", "phase"):
        _refuse(path, table[name][table[name] == ""], f"must name the {name}; fill it in, or delete the row")
    for unit, rows in table.groupby("unit", sort=False):
        where = _rows(rows.index)
        if len(named := rows["phase"].unique()) > 1:
            its = " and ".join(map(repr, named[:_TOLD]))
            raise DataError(f"{path}: {unit!r} is in the phases {its} ({where}); phases share no unit: keep it in one")
        if len(rows) > 1:
            raise DataError(f"{path}: {unit!r} stands there {len(rows)} times ({where}); keep one row")
    refuse_other_spellings(path, table["phase"])
    starts = table["start"].mask(table["start"].str.casefold().isin(NEVER), "")
    table["order"] = _orders(path, starts[starts != ""]).reindex(table.index).fillna(np.inf)
    for phase, rows in table.groupby("phase", sort=False):
        if len(rows["order"].unique()) > 1:
            its = ", ".join(repr(start) for start in rows["start"].unique()[:_TOLD])
            raise DataError(f"{path}: phase {phase!r} starts in {its} ({_rows(rows.index)}); give a phase one start")
    if table["order"].nunique() < 2:
        raise DataError(
            f"{path} has one start, {table['start'].iloc[0]!r}, for all units, so that nothing is ever compared; give at least "
            "two starts, or leave the start empty for units that never start"
        )
    return table


# --- Cells --------------------------------------------------------------------------------------------------------


def _table(path: Path, wanted: Sequence[str], option: str) -> "pd.DataFrame":
    """The table in a file as text, its columns named as in `wanted` where they differ in case and space only."""
    if not foreign.is_file(path):
        raise DataError(f"{path} is not a file; give {option} one with the columns {', '.join(wanted)}")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty; give {option} a table with the columns {', '.join(wanted)}")

    def fit(row: Sequence[str]) -> int:
        named = sum(foreign.plain(cell) in wanted for cell in row)
        # Periods are names of columns only beside the unit: elsewhere they are what a record holds.
        wide = any(foreign.plain(cell) == "unit" for cell in row)
        return named + (sum(_order(_bare(cell)) is not None for cell in row) if wide else 0)

    cells = layout.cells_of(path, fit)
    for row, held in cells.ragged.items():
        raise DataError(
            f"{path} row {row} has {len(held)} cells and the header {len(cells.header)}, the last {held[-1]!r}; mend the row: a "
            "cell that holds the sign between cells must stand in quotation marks"
        )
    names = [plain if (plain := foreign.plain(name)) in wanted else _bare(name) for name in cells.header]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has the column {twice!r} more than once; keep one")
    table = cells.whole.set_axis(names, axis=1)
    for name in table.columns.intersection(["unit", "phase", "period", "start"]):
        table[name] = table[name].map(_bare)
    return table


def _bare(cell: str) -> str:
    """A cell without the marks of a workbook's numbers and days."""
    return cell.rstrip("".join(layout.MARKS)).strip()


def _require_columns(path: Path, table: "pd.DataFrame", wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in table:
            others = [other for other in table if other not in wanted]
            raise DataError(
                f"{path} has no column {name!r}; {did_you_mean(name, map(str, others))}rename or add it: the table must have "
                f"{', '.join(wanted)}, and has {', '.join(map(repr, table.columns[:_TOLD]))}"
            )


def _order(period: str) -> tuple[str, int] | None:
    """What kind of period a text is, and its place among those of its kind; None if it is none."""
    text = ascii_digits(period)
    if found := _QUARTER.fullmatch(text):
        return "quarter", 4 * int(found[1]) + int(found[2])
    if found := _MONTH.fullmatch(text):
        return "month", 12 * int(found[1]) + int(found[2])
    return ("number", int(text)) if _YEAR.fullmatch(text) else None


def _orders(path: Path, periods: "pd.Series[str]") -> "pd.Series[float]":
    """Places of periods; all must be of one kind."""
    import pandas as pd

    known = {period: _order(period) for period in periods.unique()}
    never = "; leave it empty for units that never start" if periods.name == "start" else ""
    _refuse(path, periods[periods.map(lambda period: known[period] is None)], f"must be a period; {_AS_PERIOD}{never}")
    places = {period: place for period, place in known.items() if place is not None}
    kinds = {kind: period for period, (kind, _) in reversed(places.items())}
    if len(kinds) > 1:
        raise DataError(
            f"{path} has periods of more than one kind ({', '.join(map(repr, kinds.values()))}); {_AS_PERIOD}"
        )
    return pd.Series([float(places[period][1]) for period in periods], periods.index, dtype="float64")


def _numbers(path: Path, column: "pd.Series[str]") -> "pd.Series[float]":
    """Outcomes as numbers, empty ones missing; a decimal comma is one where the column shows it."""
    import numpy as np
    import pandas as pd

    filled = column[column != ""]
    decimal = numerals.mark(numerals.shown(filled), ())
    meant = {cell: numerals.number(cell, decimal, False) for cell in filled.unique()}
    unclear = filled[filled.map(lambda cell: not isinstance(meant[cell], Meaning))]
    either = unclear.map(lambda cell: isinstance(meant[cell], Unclear))
    _refuse(path, unclear[~either], "must be a number, such as 12.5, or empty where nothing was observed")
    _refuse(path, unclear, _EITHER)
    texts = {cell: found.text for cell, found in meant.items() if isinstance(found, Meaning)}
    values = pd.Series([float(texts[cell]) if cell else np.nan for cell in column], column.index, dtype="float64")
    _refuse(path, column[np.isinf(values)], "is beyond what a computer holds; correct it")
    return values


def _refuse(path: Path, bad: "pd.Series[str]", must: str) -> None:
    if len(bad):
        shown = "; ".join(f"row {row}, {bad.name} = {_bare(value)!r}" for row, value in bad.head(_TOLD).items())
        more = f"; … and {len(bad) - _TOLD:,} more" if len(bad) > _TOLD else ""
        raise DataError(f"{path}: {shown}{more}: {must}")


def _refuse_twice(path: Path, table: "pd.DataFrame", keys: list[str], what: str) -> None:
    again = table[table.duplicated(keys, keep=False)]
    if len(again):
        first = again[(again[keys] == again[keys].iloc[0]).all(axis=1)]
        unit, period = first[["unit", "period"]].iloc[0]
        raise DataError(f"{path}: {unit!r} {what}: {period} ({_rows(first.index)})")


def refuse_other_spellings(path: Path, phases: "pd.Series[str]") -> None:
    """Refuse phases whose names differ in case and space alone: taken for two they would give more orders than there are."""
    for _, alike in phases.drop_duplicates().groupby(phases.map(lambda name: " ".join(name.casefold().split()))):
        if len(alike) > 1:
            raise DataError(
                f"{path}: phases {' and '.join(map(repr, alike))} ({_rows(alike.index)}) differ in capitals or spaces only; "
                "write one phase alike in all its rows"
            )


def _rows(rows: Iterable[int]) -> str:
    return "rows " + ", ".join(map(str, list(dict.fromkeys(rows))[:_TOLD]))


# --- Together -----------------------------------------------------------------------------------------------------


def _refuse_strangers(panel: Path, phases: Path, held: "pd.Series[str]", started: "pd.Series[str]") -> None:
    """Refuse units that stand in one file alone: whether they are others or others' names only whoever wrote them knows."""
    for here, its, there, others, remedy in (
        (panel, held, phases, started, "give it a phase, with an empty start if it never starts, or delete its rows"),
        (phases, started, panel, held, "add its outcomes, or delete its row"),
    ):
        alone = its[~its.isin(set(others))].drop_duplicates()
        if len(alone):
            names = ", ".join(map(repr, alone.head(_TOLD)))
            more = f" and {len(alone) - _TOLD} more" if len(alone) > _TOLD else ""
            near = did_you_mean(alone.iloc[0], set(others) - set(its))
            raise DataError(
                f"{names}{more} of {here} (row {alone.index[0]}) {'is' if len(alone) == 1 else 'are'} not in {there}; "
                f"{near}if it is no other, {remedy}"
            )


def _arranged(panel: Path, phases: Path, held: "pd.DataFrame", started: "pd.DataFrame") -> OwnPanel:
    import numpy as np
    import pandas as pd

    code, units = pd.factorize(held["unit"])
    order, place = np.unique(held["order"].to_numpy(np.float64), return_inverse=True)
    periods = held.drop_duplicates("order").sort_values("order", kind="stable")["period"].tolist()
    outcomes = np.full((len(units), order.size), np.nan)
    outcomes[code, place] = held["outcome"].to_numpy(np.float64)
    _require_twice(panel, outcomes, units.tolist(), periods)
    _require_within(panel, phases, started[np.isfinite(started["order"])], order, periods)
    by_unit = started.set_index("unit").loc[units]
    own = by_unit["order"].to_numpy(np.float64)
    starts = np.where(np.isfinite(own), np.searchsorted(order, own), np.inf)
    if np.unique(starts).size < 2:
        raise DataError(
            f"{phases}: all phases start between the same two periods of {panel}, so that all start at once; give finer periods"
        )
    return OwnPanel(tuple(units), tuple(periods), outcomes, tuple(by_unit["phase"]), starts)


def _require_twice(panel: Path, outcomes: "NDArray[np.float64]", units: Sequence[str], periods: Sequence[str]) -> None:
    """Refuse units and periods of which fewer than two outcomes are known."""
    for axis, names, remedy in ((1, units, "the unit in both files"), (0, periods, "the period")):
        seen = (outcomes == outcomes).sum(axis=axis)
        seldom = [name for name, times in zip(names, seen, strict=True) if times < 2]
        if seldom:
            named = ", ".join(map(repr, seldom[:_TOLD]))
            raise DataError(
                f"{panel} has fewer than two outcomes of {named}, which compare with nothing; add some, or delete {remedy}"
            )


def _require_within(
    panel: Path, phases: Path, starting: "pd.DataFrame", order: "NDArray[np.float64]", periods: Sequence[str]
) -> None:
    """Refuse starts that are no periods of the panel's kind, or before which or from which on it holds none."""
    kind = _order(periods[0])
    for row, unit, start, place in starting[["unit", "start", "order"]].itertuples(name=None):
        its, where = _order(start), f"{phases}: {unit!r} starts in {start} (row {row})"
        if its and kind and its[0] != kind[0]:
            raise DataError(f"{where}, and periods of {panel} are as {periods[0]!r}; {_AS_PERIOD}")
        if place > order[-1]:
            first, last = starting["order"].min(), starting["order"].max()
            least, most = int(last - order[-1]), int(first - order[0] - 1)
            remedy = (
                f": let all phases start {least} to {most} periods earlier, as if it had been then"
                if least <= most
                else f", and from before its first start to its last this one takes {int(last - first) + 2} periods; give "
                "outcomes of a longer time, or starts that lie closer together"
            )
            raise DataError(
                f"{where}, and {panel} ends in {periods[-1]}. A roll-out that lies ahead is tried out on what has been{remedy}"
            )
        if place <= order[0]:
            raise DataError(
                f"{where}, and {panel} begins in {periods[0]}; give outcomes of an earlier period, or a later start"
            )
