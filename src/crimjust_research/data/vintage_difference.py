"""What a publisher changed between two vintages of a table: cells added, removed and revised, with their sizes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource, Table
from crimjust_research.errors import DataError

ADDED, REMOVED, REVISED = "added", "removed", "revised"
CHANGES = (ADDED, REMOVED, REVISED)
_NUMBERS = ("number", "integer", "year")
PERCENTILES = {
    "percent_lowest": 0.0,
    "percent_10": 0.1,
    "percent_median": 0.5,
    "percent_90": 0.9,
    "percent_highest": 1.0,
}
_LARGEST_SHOWN = 3
# Publishers print the same fraction with more or fewer digits; apart by less than this share it is the same figure,
# and so it is if it is the other rounded to the decimals that its vintage prints at most.
_ROUNDING_SHARE = 1e-6
_MOST_DECIMALS = 10
# Suffixes of the two vintages' columns in the merged frame, and the column that says where a row stands.
_OLD, _NEW, _SIDE = " (old)", " (new)", " side"


@dataclass(frozen=True)
class Difference:
    """How two vintages of a table differ.

    `cells` has one row per cell that differs: change (added, removed, revised), the columns of the table's key,
    column, old and new (as published; missing where there is none), difference (new less old, in the column's unit),
    percent (of the old figure's size; missing where that is zero or the column holds no numbers) and period. A
    fraction printed with other digits, less than a millionth apart or rounded to fewer decimals, is not revised.
    `compared` counts, by period and column, the cells that are filled in both vintages. A period is the value of the
    table's time column, and empty where it has none. `rows_added` and `rows_removed` count rows whose key stands in
    one vintage only. Where a vintage is a part of its table, what it does not cover is left out of all of them.
    """

    old: Resource
    new: Resource
    cells: pd.DataFrame
    compared: pd.DataFrame
    rows_added: int
    rows_removed: int
    rows_in_both: int

    @cached_property
    def by_column(self) -> pd.DataFrame:
        """One row a column: cells compared, added, removed, revised, and quantiles of the revisions in percent."""
        return self._summary(["column"])

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """The same by column and calendar year; empty where the table has no time."""
        table = self._summary(["column", "year"])
        return table[table["year"] != ""].reset_index(drop=True)

    @cached_property
    def by_period(self) -> pd.DataFrame:
        """The same by column and period."""
        return self._summary(["column", "period"])

    @cached_property
    def largest(self) -> pd.DataFrame:
        """The revised cells with the largest percentages, three at most of each column."""
        revised = self.cells[(self.cells["change"] == REVISED) & self.cells["percent"].notna()]
        order = revised["percent"].abs().sort_values(ascending=False, kind="stable").index
        top = revised.loc[order].groupby("column", sort=False).head(_LARGEST_SHOWN)
        return self._in_order(top, ["column"])

    def _summary(self, by: list[str]) -> pd.DataFrame:
        compared, cells = (frame.assign(year=frame["period"].str[:4]) for frame in (self.compared, self.cells))
        counts = cells.pivot_table(index=by, columns="change", aggfunc="size").reindex(columns=list(CHANGES))
        sizes = cells[cells["change"] == REVISED].groupby(by)["percent"]
        percent = {name: sizes.quantile(share) for name, share in PERCENTILES.items()}
        table = compared.groupby(by)[["compared"]].sum().join(counts, how="outer").fillna(0).astype("int64")
        table = table.join(pd.DataFrame(percent)).reset_index()
        return self._in_order(table, by)

    def _in_order(self, table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
        """Rows sorted by these columns, the column compared in the order of the schema."""
        place = {column: number for number, column in enumerate(_value_columns(self.old.table, self.new.table))}
        ranks = table.assign(column=table["column"].map(place)).sort_values(by, kind="stable").index
        return table.loc[ranks].reset_index(drop=True)


def difference(catalog: Catalog, table: str, old: str, new: str) -> Difference:
    """Compare two vintages of a table cell by cell, rows matched by its key; "latest" names the newest.

    Raises
    ------
    DataError
        If there is no such table or vintage, both are the same, or they have different keys.
    """
    before, after = catalog.resource(table, old), catalog.resource(table, new)
    if before.vintage == after.vintage:
        raise DataError(f"{old!r} and {new!r} of {table!r} are the same vintage, {before.vintage}; name two")
    if before.table.primary_key != after.table.primary_key:
        raise DataError(
            f"{table!r} has the key {'+'.join(before.table.primary_key)} in vintage {before.vintage} and "
            f"{'+'.join(after.table.primary_key)} in {after.vintage}, so rows cannot be matched; ingest the older "
            "file again with today's reader"
        )
    return compare(before, catalog.open(table, before.vintage), after, catalog.open(table, after.vintage))


def compare(old: Resource, before: pd.DataFrame, new: Resource, after: pd.DataFrame) -> Difference:
    """The difference of two frames of one table, as `old` and `new` declare them."""
    key = list(new.table.primary_key)
    types = {f.name: f.type for table in (old.table, new.table) for f in table.fields}
    columns = [
        column
        for column in _value_columns(old.table, new.table)
        if _covers(old, before, column) and _covers(new, after, column)
    ]
    # Either side gets every column, so that one a vintage does not have is missing in it, like any other cell.
    sides = (before.reindex(columns=[*key, *columns]), after.reindex(columns=[*key, *columns]))
    merged = sides[0].merge(sides[1], on=key, how="outer", suffixes=(_OLD, _NEW), indicator=_SIDE)
    outside = {"left_only": not new.complete, "right_only": not old.complete}
    merged = merged[~merged[_SIDE].isin([side for side, out in outside.items() if out])].reset_index(drop=True)
    period = _periods(merged, new.table.time)
    cells = [_changed(merged, column, types[column]) for column in columns]
    compared = [
        (merged[column + _OLD].notna() & merged[column + _NEW].notna())
        .groupby(period)
        .sum()
        .rename_axis("period")
        .reset_index(name="compared")
        .assign(column=column)
        for column in columns
    ]
    ordered = ["change", *key, "column", "old", "new", "difference", "percent", "period"]
    rows = merged[_SIDE].value_counts()
    return Difference(
        old,
        new,
        pd.concat(cells).join(merged[key].assign(period=period)).reset_index(drop=True)[ordered],
        pd.concat(compared, ignore_index=True)[["period", "column", "compared"]],
        rows_added=int(rows["right_only"]),
        rows_removed=int(rows["left_only"]),
        rows_in_both=int(rows["both"]),
    )


def _changed(merged: pd.DataFrame, column: str, kind: str) -> pd.DataFrame:
    """The cells of one column that differ, indexed as `merged`."""
    old, new = merged[column + _OLD], merged[column + _NEW]
    there, here = old.notna().to_numpy(), new.notna().to_numpy()
    gap = percent = pd.Series(np.nan, merged.index)
    if kind in _NUMBERS:
        before, after = (pd.to_numeric(side).astype("float64") for side in (old, new))
        gap = after - before
        percent = (100 * gap / before.abs()).where(before != 0)
        fractions = (before % 1 != 0) | (after % 1 != 0)
        rounding = np.maximum(_ROUNDING_SHARE * before.abs(), _half_a_decimal(before, after))
        other = ((gap != 0) & ~(fractions & (gap.abs() <= rounding))).to_numpy()
    else:
        other = (old.astype("object") != new.astype("object")).to_numpy()
    change = np.select([there & here & other, ~there & here, there & ~here], [REVISED, ADDED, REMOVED], "")
    at = change != ""
    return pd.DataFrame(
        {
            "change": change[at],
            "column": column,
            "old": old[at].astype("object"),
            "new": new[at].astype("object"),
            "difference": gap[at],
            "percent": percent[at],
        }
    )


def _half_a_decimal(before: "pd.Series[float]", after: "pd.Series[float]") -> float:
    """Half of the last decimal of the vintage of a column that prints fewer, if both print some and not as many."""
    old, new = _decimals(before), _decimals(after)
    return 0.5 * 10.0 ** -min(old, new) * (1 + _ROUNDING_SHARE) if old != new and min(old, new) else 0.0


def _decimals(column: "pd.Series[float]") -> int:
    """The most decimals a column prints, up to ten."""
    figures = column.dropna().to_numpy()
    left = 0.1**_MOST_DECIMALS
    enough = (n for n in range(_MOST_DECIMALS) if np.allclose(figures.round(n), figures, rtol=1e-12, atol=left))
    return next(enough, _MOST_DECIMALS)


def _value_columns(old: Table, new: Table) -> tuple[str, ...]:
    names = [f.name for table in (new, old) for f in table.fields]
    return tuple(dict.fromkeys(name for name in names if name not in new.primary_key))


def _covers(resource: Resource, frame: pd.DataFrame, column: str) -> bool:
    """Whether a vintage covers a column: one that is a part of its table may leave it empty throughout."""
    return resource.complete or (column in frame and bool(frame[column].notna().any()))


def _periods(merged: pd.DataFrame, time: str | None) -> "pd.Series[str]":
    if time is None:
        return pd.Series("", merged.index, dtype="str")
    if time in merged:
        return merged[time].astype("str")
    return merged[time + _NEW].combine_first(merged[time + _OLD]).astype("str").fillna("")
