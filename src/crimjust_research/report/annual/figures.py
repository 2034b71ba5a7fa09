"""What the results tell of a year: each indicator's figure, what it is held against, its parts and its history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import csv_files
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.evidence import progress
from crimjust_research.evidence.sentences import ranges
from crimjust_research.evidence.targets import Target
from crimjust_research.framework import Framework, Indicator
from crimjust_research.report import origins
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

if TYPE_CHECKING:
    import pandas as pd

# The run that follows indicators over the years, and its table of them.
RUN, TABLE = "14_evaluation", "indicators_by_year"
_COLUMNS = (
    *("indicator", "year", "group_by", "group", "value", "ci_low", "ci_high"),
    *("n_obs", "n_units", "unit", "note", "change", "change_low", "change_high", "change_holds"),
)


@dataclass(frozen=True)
class Told:
    """A figure with its interval, how many it is of, and its change since the baseline over the same units, with interval.

    Whatever its method does not give is NaN. `holds` is False where the change does not hold if all are taken together.
    """

    value: float
    low: float
    high: float
    unit: str
    n_obs: float = math.nan
    n_units: float = math.nan
    note: str = ""
    change: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    holds: bool = True

    @property
    def ends(self) -> tuple[float, float] | None:
        """The interval; None where there is none."""
        return None if math.isnan(self.low) or math.isnan(self.high) else (self.low, self.high)

    def seen(self, year: int) -> progress.Seen:
        """The figure as one seen in a year."""
        return progress.Seen(year, self.value, self.low, self.high, *self.change, self.holds)


@dataclass(frozen=True)
class Line:
    """An indicator that has a figure of the year.

    `baseline` is None where the framework names none. `parts` are the year's figures of groups, by what these are parted by;
    `history` are those of the whole up to the year, in its order. `aim` is how the target of a plan stands, empty where
    none sets one.
    """

    indicator: Indicator
    now: Told
    baseline: Told | None
    parts: tuple[tuple[str, tuple[tuple[str, Told], ...]], ...]
    history: tuple[tuple[int, Told], ...]
    status: str
    target: Target | None = None
    aim: str = ""

    @property
    def key(self) -> str:
        return self.indicator.key


@dataclass(frozen=True)
class Year:
    """All that the results tell of a year; `without` are the indicators that have no figure of it. `aims` is how targets stand of
    indicators that have a figure of any year up to it, by their keys."""

    year: int
    lines: tuple[Line, ...]
    without: tuple[Indicator, ...]
    aims: Mapping[str, str] = field(default_factory=dict)


def read(
    reports: Path, framework: Framework, year: int, targets: Mapping[str, Target] = {}, *, alone: bool = True
) -> Year:
    """The figures of a year, as the run on indicators left them under `reports`; `targets` are a plan's, by indicator.

    With `alone` they are all there is to be told, and a year without any is refused.

    Raises
    ------
    ParameterError
        If no indicator has a figure of the year; it names the years there are.
    RunError, DataError
        If the run's table or its estimates are missing or lack something; it says what to type.
    """
    frame = _table(reports)
    at = frame[frame["year"] == year]
    if alone and at.empty:
        years = sorted({int(found) for found in frame["year"]})
        raise ParameterError(
            f"no indicator has a figure of {year}; years that have any: {ranges(years)}. {_later(reports, year)}Own records of "
            "a year are told with --records FOLDER"
        )
    baselines = Baselines(reports)
    lines, without, aims = [], [], {}
    for indicator in framework.indicators:
        own = frame[frame["indicator"] == indicator.key]
        target = targets.get(indicator.key)
        if target and (history := _history(own, year)):
            aims[indicator.key] = _aim(indicator, history, year, baselines, target)
        found = _line(indicator, own, year, baselines, target, aims.get(indicator.key, ""))
        if found is None:
            without.append(indicator)
        else:
            lines.append(found)
    return Year(year, tuple(lines), tuple(without), aims)


def _later(reports: Path, year: int) -> str:
    """How figures of years after the last that the run was asked for are had; nothing of an earlier year."""
    asked = int(record.assessment(Layout(reports, RUN))["parameters"]["year"])
    if year <= asked:
        return ""
    return (
        f"The run was asked for figures to {asked}: if there are later ones, set year = {year} in the parameters of "
        f"notebooks/{RUN}.ipynb and type `crimjust run all`. "
    )


def _table(reports: Path) -> pd.DataFrame:
    import pandas as pd

    path = Layout(reports, RUN).results[3] / f"{TABLE}.csv"
    again = f"run `crimjust run {RUN}` again"
    if not path.is_file():
        raise RunError(f"{path} is missing; {again}")
    csv_files.load(path, _COLUMNS, again)  # tells what pandas would fill up
    frame = pd.read_csv(path, dtype={"indicator": "str", "group_by": "str", "group": "str", "note": "str"})
    words = {column: frame[column].fillna("") for column in ("group_by", "group", "unit", "note")}
    return frame.assign(**words).dropna(subset=["value"])


class Baselines:
    """The figures that baselines hold: estimates of runs, each run read once."""

    def __init__(self, reports: Path) -> None:
        self._reports = reports
        self._runs: dict[str, dict[str, origins.Line]] = {}

    def of(self, indicator: Indicator, unit: str) -> Told | None:
        """The figure of the framework's baseline; None where it names none.

        Raises
        ------
        DataError
            If the estimate is not there.
        """
        wanted = indicator.baseline
        if wanted is None:
            return None
        run, _, name = wanted.estimate.partition("#")
        if run not in self._runs:
            self._runs[run] = origins.estimates(self._reports, run)
        if name not in self._runs[run]:
            raise DataError(
                f"{indicator.key}: its baseline {wanted.estimate} is not among the estimates of {run}; "
                f"run `crimjust run {run}` again"
            )
        cells = self._runs[run][name].cells
        value, low, high = (_number(cells[column]) for column in ("estimate", "ci_low", "ci_high"))
        return Told(value, low, high, unit)


def _line(
    indicator: Indicator, own: pd.DataFrame, year: int, baselines: Baselines, target: Target | None, aim: str
) -> Line | None:
    history = _history(own, year)
    now = next((told for at, told in history if at == year), None)
    if now is None:
        return None
    baseline = baselines.of(indicator, now.unit)
    groups = own[(own["year"] == year) & (own["group_by"] != "")]
    parts = tuple(
        (str(by), tuple((str(row["group"]), _told(row)) for row in _rows(part)))
        for by, part in groups.groupby("group_by", sort=False)
    )
    seen, start = now.seen(year), _start(indicator, baseline)
    status = progress.status(indicator.better, seen, start, nested=indicator.accumulates)
    return Line(indicator, now, baseline, parts, history, status, target, aim)


def _history(own: pd.DataFrame, year: int) -> tuple[tuple[int, Told], ...]:
    """Figures of the whole of an indicator up to the year."""
    whole = own[own["group_by"] == ""]
    return tuple((int(row["year"]), _told(row)) for row in _rows(whole) if row["year"] <= year)


def _aim(
    indicator: Indicator, history: tuple[tuple[int, Told], ...], year: int, baselines: Baselines, target: Target
) -> str:
    due = next((told for at, told in history if at == target.by), None)
    start = _start(indicator, baselines.of(indicator, due.unit)) if due else None
    return progress.aim(target, due.seen(target.by) if due else None, start, year)


def _start(indicator: Indicator, baseline: Told | None) -> progress.Seen | None:
    return baseline.seen(indicator.base) if baseline and indicator.base else None


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.sort_values("year", kind="stable").to_dict("records")


def _told(row: dict[Any, Any]) -> Told:
    value, low, high, n_obs, n_units, *change = (
        float(row[name])
        for name in ("value", "ci_low", "ci_high", "n_obs", "n_units", "change", "change_low", "change_high")
    )
    holds = str(row["change_holds"]) != "False"
    return Told(value, low, high, row["unit"], n_obs, n_units, row["note"], (change[0], change[1], change[2]), holds)
