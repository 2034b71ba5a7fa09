"""What a publisher revised, told to people: as text, and as a chart with the cells behind it."""

from collections.abc import Collection, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from crimjust_research import charts, written
from crimjust_research.data.vintage_difference import ADDED, CHANGES, PERCENTILES, REMOVED, REVISED, Difference
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.results import figure_files

_PANELS_SHOWN = 3
_HEADINGS = {name: name.replace("percent_", "% ") for name in PERCENTILES}


def as_text(found: Difference) -> str:
    """The comparison as plain text: sentences, changes by column, revisions by year, and the largest of them."""
    lines = [f"{found.new.table.name}: {found.old.vintage} against {found.new.vintage}", *sentences(found)]
    lines += ["", "By column; revisions in percent of the old figure"]
    lines += [_grid(found.by_column.rename(columns=_HEADINGS), signed=_HEADINGS.values())]
    years = found.by_year[found.by_year["compared"] > 0]
    if len(years):
        cell = [f"{r:,} of {c:,}" for r, c in zip(years["revised"], years["compared"], strict=True)]
        grid = years.assign(cell=cell).pivot_table(
            index="year", columns="column", values="cell", aggfunc="first", sort=False
        )
        # A table may have a column of years, which is compared like any other.
        by_year = grid.sort_index().rename_axis("by year").reset_index()
        lines += ["", "Cells revised, of those filled in both, by year", _grid(by_year)]
    if len(found.largest):
        shown = found.largest[[*found.new.table.primary_key, "column", "old", "new", "difference", "percent"]]
        lines += ["", "Largest revisions in percent", _grid(shown, signed=("percent",))]
    return "\n".join(lines)


def figure(found: Difference) -> charts.Figure:
    """Cells revised, added and removed by period, above the sizes of the revisions of the columns revised most.

    Columns stand in place of periods where the table has no time.
    """
    data = found.by_period.sort_values("period", kind="stable")
    timed = found.new.table.time is not None
    at = "period" if timed else "column"
    counted = data.groupby(at, sort=False)[[REVISED, ADDED, REMOVED]].sum().reset_index().melt(at, var_name="change")
    parts = [charts.bars(counted, at, "value", by="change", y_title="Cells revised, added and removed")]
    if most := _most_revised(found):
        parts.append(_sizes(data[data["column"].isin(most)], at))
    table, old, new = found.new.table, found.old.vintage, found.new.vintage
    return charts.Figure(
        name="revisions",
        chart=charts.stack(*parts).chart,
        alt=_alternative(found, most),
        caption=f"{table.title}: changes from vintage {old} to {new}. Revisions are in percent of the old figure: the "
        "light line runs from the lowest to the highest, the dark one holds the middle 80 %, the dot is the median.",
        source=f"{'; '.join(source.title for source in table.sources)}; vintages {old} and {new}",
        data=data,
        title=f"{table.name}: changes from vintage {old} to {new}",
    )


def save(found: Difference, folder: Path) -> None:
    """Write cells.csv, by_column.csv and by_year.csv, and the figure as SVG, PNG, Vega-Lite and CSV."""
    files = {
        "cells.csv": csv_bytes(found.cells),
        "by_column.csv": csv_bytes(found.by_column),
        "by_year.csv": csv_bytes(found.by_year),
        **figure_files(figure(found)),
    }
    written.into(folder, "difference of vintages", files)


def _sizes(data: pd.DataFrame, at: str) -> charts.Drawn:
    return charts.event_study(
        data,
        at,
        value="percent_median",
        low="percent_10",
        high="percent_90",
        band=("percent_lowest", "percent_highest"),
        panel="column" if at == "period" else None,
        y_title="Revisions in percent of the old figure",
        columns=1,
        height=110,
    )


def sentences(found: Difference) -> tuple[str, ...]:
    """What changed, in words: rows, cells, and what a vintage leaves out."""
    counts = found.cells["change"].value_counts().reindex(list(CHANGES), fill_value=0)
    parts = [
        f"Vintage {resource.vintage} is a part of the table: it lacks {'; '.join(resource.lacks)}. Only what it "
        "covers is compared."
        for resource in (found.old, found.new)
        if not resource.complete
    ]
    return (
        f"{found.rows_in_both:,} rows stand in both vintages; {found.rows_added:,} were added and "
        f"{found.rows_removed:,} removed.",
        f"Of {found.compared['compared'].sum():,} cells filled in both, {counts[REVISED]:,} were revised; "
        f"{counts[ADDED]:,} cells were added and {counts[REMOVED]:,} removed.",
        *parts,
    )


def _most_revised(found: Difference) -> Sequence[str]:
    sized = found.by_column[found.by_column["percent_median"].notna()]
    chosen = set(sized.nlargest(_PANELS_SHOWN, "revised")["column"])
    return [column for column in sized["column"] if column in chosen]


def _alternative(found: Difference, columns: Sequence[str]) -> str:
    rows = found.by_column.set_index("column").loc[list(columns)].to_dict("index")
    sizes = [
        f"{column}: {row['revised']:,} of {row['compared']:,} revised, from {percent(row['percent_lowest'])} to "
        f"{percent(row['percent_highest'])}, {percent(row['percent_median'])} at the median."
        for column, row in rows.items()
    ]
    return " ".join([*sentences(found), *sizes])


def percent(value: float) -> str:
    """A change in per cent, with its sign and two decimals."""
    return f"{_signed(value).replace('-', '−')} %"


def _grid(table: pd.DataFrame, signed: Collection[str] = ()) -> str:
    """A table as aligned text; columns in `signed` with sign and two decimals, blanks where a cell is missing."""
    shown = table.rename_axis(None, axis=1).astype("object")
    shown = shown.assign(**{str(name): shown[name].map(_signed if name in signed else _plain) for name in shown})
    return "\n".join(line.rstrip() for line in shown.to_string(index=False).splitlines())


def _signed(value: float) -> str:
    """With sign and two decimals; no sign where nothing is left of it, no digits where it is missing."""
    if isnan(value):
        return ""
    return f"{value:+,.2f}" if round(value, 2) else "0.00"


def _plain(value: Any) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return "" if value is None or isnan(value) else f"{value:,.10g}"
