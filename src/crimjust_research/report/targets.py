"""How indicators stand beside the targets of an evaluator's plan, as the run on indicators has saved it."""

import math
from collections.abc import Mapping
from pathlib import Path

from crimjust_research import csv_files
from crimjust_research.errors import RunError
from crimjust_research.evidence.targets import Target
from crimjust_research.report import links, units
from crimjust_research.report.tables import Table, Text
from crimjust_research.runs.record import Layout

TABLE = "indicators.csv"
_COLUMNS = ("Indicator", "Baseline", "Newest figure", "Target", "How it stands")
Row = Mapping[str, str]


def read(results: Path, targets: Mapping[str, Target], whose: str) -> Table | None:
    """A row for each target, in the order of the plan; None where it has none, or the run on indicators is not among the results.

    Raises
    ------
    RunError
        If that run's table lacks a column, or an indicator.
    """
    layout = Layout(results, links.RUN)
    path = layout.results[3] / TABLE
    if not targets or not path.is_file():
        return None
    rows = {row["key"]: row for row in csv_files.load(path, ("key",), layout.anew)}
    try:
        shown = tuple(_row(rows[key], target) for key, target in targets.items())
    except KeyError as error:
        raise RunError(f"{path} lacks {error}; {layout.anew}") from error
    return Table(f"Targets in the plan of {whose}, and how indicators stand beside them", _COLUMNS, shown)


def _row(row: Row, target: Target) -> tuple[Text, ...]:
    unit = row["unit"]
    scale = f"; {unit}" if unit.startswith((*units.SCALES, "share")) else ""
    then, now, low, high = (_number(row[name]) for name in ("baseline", "latest", "latest_low", "latest_high"))
    ends = "" if math.isnan(low) else f"; {units.digits(low, unit)} to {units.digits(high, unit)}"
    return (
        Text(row["label"], f"{row['key']}{scale}"),
        Text("none") if math.isnan(then) else Text(units.value(then, unit), _year(row["baseline_year"])),
        Text("none") if math.isnan(now) else Text(units.value(now, unit), f"{_year(row['latest_year'])}{ends}"),
        Text(f"{target.words} {units.value(target.value, unit)}", f"by {target.by}; {target.source}"),
        Text(row["aim"]),
    )


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _year(cell: str) -> str:
    return str(int(float(cell)))
