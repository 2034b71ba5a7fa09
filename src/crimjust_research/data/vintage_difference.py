"""What a publisher changed between two vintages of a table: cells added, removed and revised, with their sizes."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import project
from crimjust_research.charts.figure import BLACK, BLUE, GREY, ORANGE, VERMILION, WIDTH, Figure
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource, Table
from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import csv_bytes

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ADDED, REMOVED, REVISED = "added", "removed", "revised"
CHANGES = (ADDED, REMOVED, REVISED)
_NUMBERS = ("number", "integer", "year")
_QUANTILES = {
    "percent_lowest": 0.0,
    "percent_10": 0.1,
    "percent_median": 0.5,
    "percent_90": 0.9,
    "percent_highest": 1.0,
}
_LARGEST_SHOWN = 3
_PANELS_SHOWN = 3
# Publishers print the same fraction with more or fewer digits; apart by less than this share it is the same figure.
_ROUNDING_SHARE = 1e-6
# Suffixes of the two vintages' columns in the merged frame, and the column that says where a row stands.
_OLD, _NEW, _SIDE = " (old)", " (new)", " side"
# Layouts of a period, a year, half-year, month or day, and the day it starts.
_STARTS: dict[str, Callable[["pd.Series[str]"], "pd.Series[str]"]] = {
    r"\d{4}": lambda p: p + "-01-01",
    r"\d{4}H[12]": lambda p: p.str[:4] + p.str[4:].map({"H1": "-01-01", "H2": "-07-01"}),
    r"\d{4}-\d{2}": lambda p: p + "-01",
    r"\d{4}-\d{2}-\d{2}": lambda p: p,
}


@dataclass(frozen=True)
class Difference:
    """How two vintages of a table differ.

    `cells` has one row per cell that differs: change (added, removed, revised), the columns of the table's key,
    column, old and new (as published; missing where there is none), difference (new less old, in the column's unit),
    percent (of the old figure's size; missing where that is zero or the column holds no numbers) and period. A
    fraction printed with other digits, less than a millionth apart, is not revised.
    `compared` counts, by period and column, the cells that are filled in both vintages. A period is the value of the
    table's time column, and empty where it has none. `rows_added` and `rows_removed` count rows whose key stands in
    one vintage only. Where a vintage is a part of its table, what it does not cover is left out of all of them.
    """

    old: Resource
    new: Resource
    cells: "pd.DataFrame"
    compared: "pd.DataFrame"
    rows_added: int
    rows_removed: int
    rows_in_both: int

    @property
    def title(self) -> str:
        return f"{self.new.table.name}: {self.old.vintage} against {self.new.vintage}"

    @cached_property
    def by_column(self) -> "pd.DataFrame":
        """One row a column: cells compared, added, removed, revised, and quantiles of the revisions in percent."""
        return self._summary(["column"])

    @cached_property
    def by_year(self) -> "pd.DataFrame":
        """The same by column and calendar year; empty where the table has no time."""
        table = self._summary(["column", "year"])
        return table[table["year"] != ""].reset_index(drop=True)

    @cached_property
    def by_period(self) -> "pd.DataFrame":
        """The same by column and period."""
        return self._summary(["column", "period"])

    @cached_property
    def largest(self) -> "pd.DataFrame":
        """The revised cells with the largest percentages, three at most of each column."""
        revised = self.cells[(self.cells["change"] == REVISED) & self.cells["percent"].notna()]
        order = revised["percent"].abs().sort_values(ascending=False, kind="stable").index
        top = revised.loc[order].groupby("column", sort=False).head(_LARGEST_SHOWN)
        return self._in_order(top, ["column"])

    def _summary(self, by: list[str]) -> "pd.DataFrame":
        import pandas as pd

        compared, cells = (frame.assign(year=frame["period"].str[:4]) for frame in (self.compared, self.cells))
        counts = cells.pivot_table(index=by, columns="change", aggfunc="size").reindex(columns=list(CHANGES))
        sizes = cells[cells["change"] == REVISED].groupby(by)["percent"]
        percent = {name: sizes.quantile(share) for name, share in _QUANTILES.items()}
        table = compared.groupby(by)[["compared"]].sum().join(counts, how="outer").fillna(0).astype("int64")
        table = table.join(pd.DataFrame(percent)).reset_index()
        return self._in_order(table, by)

    def _in_order(self, table: "pd.DataFrame", by: list[str]) -> "pd.DataFrame":
        """Rows sorted by these columns, the column compared in the order of the schema."""
        place = {column: number for number, column in enumerate(_value_columns(self.old.table, self.new.table))}
        ranks = table.assign(column=table["column"].map(place)).sort_values(by, kind="stable").index
        return table.loc[ranks].reset_index(drop=True)

    def sentences(self) -> tuple[str, ...]:
        """What changed, in words: rows, cells, and what a vintage leaves out."""
        counts = self.cells["change"].value_counts().reindex(list(CHANGES), fill_value=0)
        parts = [
            f"Vintage {resource.vintage} is a part of the table ({'; '.join(resource.notes)}): only what it covers is "
            "compared."
            for resource in (self.old, self.new)
            if not resource.complete
        ]
        return (
            f"{self.rows_in_both:,} rows stand in both vintages; {self.rows_added:,} were added and "
            f"{self.rows_removed:,} removed.",
            f"Of {self.compared['compared'].sum():,} cells filled in both, {counts[REVISED]:,} were revised; "
            f"{counts[ADDED]:,} cells were added and {counts[REMOVED]:,} removed.",
            *parts,
        )

    def text(self) -> str:
        """The comparison as plain text: sentences, changes by column, revisions by year, and the largest of them."""
        columns = self.by_column.rename(columns={name: name.replace("percent_", "% ") for name in _QUANTILES})
        lines = [self.title, *self.sentences(), "", "By column; revisions in percent of the old figure"]
        lines.append(_grid(columns, signed=[name.replace("percent_", "% ") for name in _QUANTILES]))
        years = self.by_year[self.by_year["compared"] > 0]
        if len(years):
            cell = [f"{r:,} of {c:,}" for r, c in zip(years["revised"], years["compared"], strict=True)]
            grid = years.assign(cell=cell).pivot_table(
                index="year", columns="column", values="cell", aggfunc="first", sort=False
            )
            lines += ["", "Cells revised, of those filled in both, by year", _grid(grid.sort_index().reset_index())]
        if len(self.largest):
            shown = self.largest[[*self.new.table.primary_key, "column", "old", "new", "difference", "percent"]]
            lines += ["", "Largest revisions in percent", _grid(shown, signed=("percent",))]
        return "\n".join(lines)

    def figure(self) -> Figure:
        """Cells added, removed and revised by period, above the sizes of the revisions of the columns revised most.

        Columns stand in place of periods where the table has no time.
        """
        import altair as alt

        data = self.by_period.assign(start=_starts(self.by_period["period"]))
        timed = bool(data["start"].notna().all())
        x = (
            alt.X("start:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
            if timed
            else alt.X("column:N", title=None, sort=None, axis=alt.Axis(labelAngle=-30))
        )
        place = ["start"] if timed else ["column"]
        counted = data.groupby(place, sort=False)[list(CHANGES)].sum().reset_index()
        counted = counted.melt(place, var_name="change", value_name="cells")
        width = max(min(0.8 * WIDTH / counted[place[0]].nunique(), 24), 1)
        bars = (
            alt.Chart(counted)
            .mark_bar(width=width)
            .encode(
                x=x,
                y=alt.Y("cells:Q", title="Cells", axis=alt.Axis(format=",.0f", tickMinStep=1)),
                color=alt.Color(
                    "change:N", title=None, scale=alt.Scale(domain=list(CHANGES), range=[BLUE, ORANGE, VERMILION])
                ),
            )
            .properties(width=WIDTH, height=150, title=_heading("Cells added, removed and revised"))
        )
        panels = [_sizes_panel(data[data["column"] == column], column, x) for column in self._most_revised()]
        return Figure(
            "revisions",
            alt.vconcat(bars, *panels, spacing=16).resolve_scale(x="shared"),
            self._alternative(),
            f"{self.new.table.title}: changes from vintage {self.old.vintage} to {self.new.vintage}. Revisions are in "
            "percent of the old figure: the thin line runs from the lowest to the highest, the thick one holds the "
            "middle 80 %, the dot is the median.",
            "; ".join(source.title for source in self.new.table.sources),
            data,
        )

    def save(self, folder: Path) -> None:
        """Write cells.csv, by_column.csv and by_year.csv, and the figure as SVG, PNG, Vega-Lite and CSV."""
        figure = self.figure()
        files = {
            "cells.csv": csv_bytes(self.cells),
            "by_column.csv": csv_bytes(self.by_column),
            "by_year.csv": csv_bytes(self.by_year),
            "revisions.svg": figure.svg.encode(),
            "revisions.png": figure.png(),
            "revisions.vl.json": (json.dumps(figure.specification, indent=1) + "\n").encode(),
            "revisions.csv": csv_bytes(figure.data),
        }
        for name, content in files.items():
            project.write_atomically(folder / name, content)

    def _most_revised(self) -> Sequence[str]:
        sized = self.by_column[self.by_column["percent_median"].notna()]
        chosen = set(sized.nlargest(_PANELS_SHOWN, "revised")["column"])
        return [column for column in sized["column"] if column in chosen]

    def _alternative(self) -> str:
        rows = self.by_column.set_index("column").loc[list(self._most_revised())].to_dict("index")
        sizes = [
            f"{column}: {row['revised']:,} of {row['compared']:,} revised, from {_percent(row['percent_lowest'])} to "
            f"{_percent(row['percent_highest'])}, {_percent(row['percent_median'])} at the median."
            for column, row in rows.items()
        ]
        return " ".join([*self.sentences(), *sizes])


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


def compare(old: Resource, before: "pd.DataFrame", new: Resource, after: "pd.DataFrame") -> Difference:
    """The difference of two frames of one table, as `old` and `new` declare them."""
    import pandas as pd

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


def _changed(merged: "pd.DataFrame", column: str, kind: str) -> "pd.DataFrame":
    """The cells of one column that differ, indexed as `merged`."""
    import numpy as np
    import pandas as pd

    old, new = merged[column + _OLD], merged[column + _NEW]
    there, here = old.notna().to_numpy(), new.notna().to_numpy()
    gap = percent = pd.Series(np.nan, merged.index)
    if kind in _NUMBERS:
        before, after = (pd.to_numeric(side).astype("float64") for side in (old, new))
        gap = after - before
        percent = (100 * gap / before.abs()).where(before != 0)
        fractions = (before % 1 != 0) | (after % 1 != 0)
        other = ((gap != 0) & ~(fractions & (gap.abs() <= _ROUNDING_SHARE * before.abs()))).to_numpy()
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


def _value_columns(old: Table, new: Table) -> tuple[str, ...]:
    names = [f.name for table in (new, old) for f in table.fields]
    return tuple(dict.fromkeys(name for name in names if name not in new.primary_key))


def _covers(resource: Resource, frame: "pd.DataFrame", column: str) -> bool:
    """Whether a vintage covers a column: one that is a part of its table may leave it empty throughout."""
    return resource.complete or (column in frame and bool(frame[column].notna().any()))


def _periods(merged: "pd.DataFrame", time: str | None) -> "pd.Series[str]":
    import pandas as pd

    if time is None:
        return pd.Series("", merged.index, dtype="str")
    if time in merged:
        return merged[time].astype("str")
    return merged[time + _NEW].combine_first(merged[time + _OLD]).astype("str").fillna("")


def _starts(periods: "pd.Series[str]") -> "pd.Series[str]":
    """The day each period starts, missing where it is no year, half-year, month or day."""
    import pandas as pd

    starts = pd.Series(None, periods.index, dtype="str")
    for pattern, start in _STARTS.items():
        starts = starts.mask(periods.str.fullmatch(pattern), start(periods))
    return starts


def _sizes_panel(rows: "pd.DataFrame", column: str, x: "alt.X") -> "alt.LayerChart":
    import altair as alt

    base = alt.Chart(rows[rows["percent_median"].notna()]).encode(x=x)
    lowest = alt.Y("percent_lowest:Q", title="Percent")
    layers = (
        base.mark_rule(color=GREY).encode(y=lowest, y2="percent_highest:Q")
        + base.mark_rule(color=BLUE, strokeWidth=4).encode(y="percent_10:Q", y2="percent_90:Q")
        + base.mark_point(filled=True, color=BLACK, size=14, opacity=1).encode(y="percent_median:Q")
    )
    drawn: alt.LayerChart = layers.properties(width=WIDTH, height=130, title=_heading(f"Revisions of {column}"))
    return drawn


def _heading(text: str) -> "alt.Title":
    import altair as alt

    return alt.Title(text, fontSize=12, fontWeight="normal")


def _percent(value: float) -> str:
    return f"{value:+.2f} %".replace("-", "−")


def _grid(table: "pd.DataFrame", signed: Collection[str] = ()) -> str:
    """A table as aligned text; columns in `signed` with sign and two decimals, blanks where a cell is missing."""
    shown = table.rename_axis(None, axis=1).astype("object")
    shown = shown.assign(**{str(name): shown[name].map(_signed if name in signed else _plain) for name in shown})
    return "\n".join(line.rstrip() for line in shown.to_string(index=False).splitlines())


def _signed(value: float) -> str:
    return "" if isnan(value) else f"{value:+,.2f}"


def _plain(value: Any) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return "" if value is None or isnan(value) else f"{value:,.10g}"
