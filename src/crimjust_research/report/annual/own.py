"""A programme's own records of a year, as the notebook on own records tells them; nobody else reads the folder.

What the notebook withholds is withheld here. Two years are two runs: each record falls into one year alone, so the tables of
the two share none; a third run over both years would, and must not be told beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crimjust_research import csv_files
from crimjust_research.evidence import progress
from crimjust_research.evidence.targets import Target
from crimjust_research.evidence.words import plain
from crimjust_research.framework import Framework, Indicator
from crimjust_research.numbers import percent
from crimjust_research.report import origins
from crimjust_research.report.annual.figures import Told
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

RUN = "11_own_records"
MONEY = "expenditure"
# Comparisons and bounds stand on the variant's own page, and so does what is recovered of a known truth.
_LEFT_OUT = "recovered."
_ROLE = "secondary"
NO_INTERVAL, NO_INDICATOR = "no interval", "no indicator"


@dataclass(frozen=True)
class Found:
    """An estimate of own records: its id, what it is of, and its number."""

    id: str
    estimand: str
    told: Told


@dataclass(frozen=True)
class Own:
    """What the notebook told of a year's records.

    `supplied` are the kinds there are records of, with how many to the nearest `min_cell`; `missing` those there are none of.
    `groups` are shares by what the notebook parts them by: kind, measure, group and share, NaN where it is not told. `money`
    are sums planned and spent, where they may be told. `elsewhere` are the kinds given that other notebooks tell of, with what to
    type for that.
    """

    year: int
    variant: str
    simulated: bool
    level: str
    min_cell: int
    by: str
    source: str
    supplied: Mapping[str, int]
    missing: tuple[str, ...]
    found: tuple[Found, ...]
    withheld: str
    groups: tuple[tuple[str, str, str, float], ...]
    money: Mapping[str, float]
    elsewhere: Mapping[str, str]

    @property
    def made(self) -> str:
        """What stands before whatever is counted: a word where it is SIMULATED."""
        return "SIMULATED " if self.simulated else ""

    def estimate(self, name: str) -> Found | None:
        return next((found for found in self.found if found.id == name), None)


@dataclass(frozen=True)
class OwnLine:
    """An estimate of own records beside that of an earlier year, the indicator it tells of, if of one, and how it stands.

    Of several estimates of an indicator the first that the framework names is its figure, and alone held against its `target`:
    `aim` says how it stands beside that, empty without one.
    """

    found: Found
    was: Told | None
    indicator: Indicator | None
    status: str
    target: Target | None
    aim: str


def lines_of(
    own: Own, before: Own | None, framework: Framework, targets: Mapping[str, Target] = {}
) -> tuple[OwnLine, ...]:
    """The year's estimates, with the indicators that the framework says they tell of, and their targets; others stand for
    themselves."""
    named = {
        name: one for one in reversed(framework.indicators) for name in one.estimates if name.startswith(f"{RUN}#")
    }
    figures = {next(name for name in one.estimates if name.startswith(f"{RUN}#")) for one in named.values()}
    found = []
    for one in own.found:
        name = f"{RUN}#{one.id}"
        indicator = named.get(name)
        target = targets.get(indicator.key) if indicator and name in figures else None
        earlier = before.estimate(one.id) if before else None
        was = earlier.told if before and earlier else None
        seen, start = one.told.seen(own.year), was.seen(before.year) if before and was else None
        status = _status(indicator, one.told, was, seen, start)
        due = next((each for each in (seen, start) if each and target and each.year == target.by), None)
        aim = progress.aim(target, due, start, own.year) if target else ""
        found.append(OwnLine(one, was, indicator, status, target, aim))
    return tuple(found)


def _status(
    indicator: Indicator | None, now: Told, was: Told | None, seen: progress.Seen, start: progress.Seen | None
) -> str:
    """By the rule of `progress`; but two years are not held against each other where either has no interval, which is then for
    too few and not for all being counted."""
    if indicator is None:
        return NO_INDICATOR
    if indicator.better and was and (now.ends is None or was.ends is None):
        return NO_INTERVAL
    return progress.status(indicator.better, seen, start)


def run(folder: Path, year: int) -> Layout:
    """Where the results of the year's records lie, computed now unless nothing has moved since they were.

    They are a variant named after all it read, so that other records never take its place.

    Raises
    ------
    CrimjustError
        As `runner.run` does: faults of the folder by file, row and value, or that it holds no record of the year.
    """
    from crimjust_research.runs import parameters, runner

    given = parameters.overrides((f"folder={folder}", f"period_start={year}-01", f"period_end={year}-12"))
    summary = runner.run(RUN, given)
    (layout,) = (*summary.done, *summary.unchanged)
    return layout


def read(layout: Layout, year: int) -> Own:
    """What a run told, read off its results alone.

    Raises
    ------
    RunError, DataError
        If they are not as a run leaves them.
    """
    told = record.assessment(layout)
    parameters = told["parameters"]
    simulated = "supplied_simulated" in told["tables"]
    tables = {name: _rows(layout, f"{name}{'_simulated' if simulated else ''}") for name in ("supplied", "totals")}
    by = str(parameters["by"])
    groups = _rows(layout, f"by_group{'_simulated' if simulated else ''}", may_lack=True) if by else []
    elsewhere = _rows(layout, f"told_elsewhere{'_simulated' if simulated else ''}", may_lack=True)
    estimates = origins.estimates(layout.folder, layout.run)
    withheld = next((plain(check["sentence"]) for check in told["checks"] if check["name"] == "Withheld"), "")
    return Own(
        year=year,
        variant=layout.folder.name,
        simulated=simulated,
        level=percent(parameters["confidence_level"]),
        min_cell=int(parameters["min_cell"]),
        by=by,
        source=str(parameters["folder"]),
        supplied={row["kind"]: int(float(row["records"])) for row in tables["supplied"] if row["records"]},
        missing=tuple(row["kind"].replace("_", " ") for row in tables["supplied"] if not row["records"]),
        found=tuple(_found(name, line.cells) for name, line in estimates.items() if _is_shown(name, line.cells)),
        withheld=withheld,
        groups=tuple((row["kind"], row["measure"], row["group"], _number(row["share"])) for row in groups),
        money={row["what"]: float(row["total"]) for row in tables["totals"] if row["kind"] == MONEY and row["total"]},
        elsewhere={row["kind"]: row["told_by"] for row in elsewhere},
    )


def _is_shown(name: str, cells: Mapping[str, str]) -> bool:
    return not name.startswith(_LEFT_OUT) and cells["role"] == _ROLE and cells["estimate"] != ""


def _found(name: str, cells: Mapping[str, str]) -> Found:
    value, low, high, n_obs, n_units = (
        _number(cells[column]) for column in ("estimate", "ci_low", "ci_high", "n_obs", "n_units")
    )
    return Found(name, cells["estimand"], Told(value, low, high, cells["unit"], n_obs, n_units))


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _rows(layout: Layout, table: str, *, may_lack: bool = False) -> list[dict[str, str]]:
    path = layout.results[3] / f"{table}.csv"
    if may_lack and not path.is_file():
        return []
    return csv_files.load(path, (), layout.anew)
