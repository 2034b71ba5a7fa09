"""Results that a year's report is made of, written by hand: of indicators over the years, and of own records. All made up."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from crimjust_research.framework import Framework
from crimjust_research.runs.record import Layout

RUN, OWN = "14_evaluation", "11_own_records"
_ROW = (
    *("indicator", "year", "group_by", "group", "value", "ci_low", "ci_high", "n_obs", "n_units", "unit", "note"),
    *("change", "change_low", "change_high", "change_holds"),
)
_ESTIMATE = ("id", "estimand", "role", "unit", "estimate", "ci_low", "ci_high", "n_obs", "n_units")
SCORE = "score, 0 to 1"
# One indicator of outcomes that is told apart from its baseline, one that is not, an output and one that is counted.
ROWS: tuple[dict[str, Any], ...] = (
    {"indicator": "wjp_8_1", "year": 2020, "value": 0.40, "ci_low": 0.36, "ci_high": 0.44, "unit": SCORE},
    {"indicator": "wjp_8_1", "year": 2021, "value": 0.41, "ci_low": 0.37, "ci_high": 0.45, "unit": SCORE},
    {"indicator": "wjp_8_1", "year": 2022, "value": 0.42, "ci_low": 0.38, "ci_high": 0.46, "unit": SCORE},
    {
        "indicator": "wjp_8_1",
        **{"year": 2024, "value": 0.43, "ci_low": 0.39, "ci_high": 0.47, "n_obs": 31, "n_units": 31, "unit": SCORE},
        **{"change": 0.02, "change_low": 0.01, "change_high": 0.03, "note": "the same <States> as in 2021"},
    },
    {"indicator": "wjp_8_1", "year": 2024, "group_by": "phase", "group": "phase 1", "value": 0.5, "unit": SCORE},
    {"indicator": "wjp_8_1", "year": 2024, "group_by": "phase", "group": "phase 2", "value": 0.36, "unit": SCORE},
    {
        "indicator": "wjp_8_7",
        **{"year": 2024, "value": 0.49, "ci_low": 0.45, "ci_high": 0.53, "unit": SCORE},
        **{"change": -0.01, "change_low": -0.03, "change_high": 0.01},
    },
    {
        "indicator": "women_trained",
        **{"year": 2024, "value": 0.32, "ci_low": 0.2, "ci_high": 0.46, "n_obs": 233, "n_units": 9, "unit": "share"},
    },
    {"indicator": "countries_joined", "year": 2024, "value": 24, "unit": "countries"},
)
BASELINES: tuple[dict[str, Any], ...] = (
    {"id": "wjp_8_1.baseline", "estimate": 0.41, "ci_low": 0.37, "ci_high": 0.45},
    {"id": "wjp_8_7.baseline", "estimate": 0.5, "ci_low": 0.46, "ci_high": 0.54},
    {"id": "women_trained.baseline", "estimate": 0.3, "ci_low": 0.15, "ci_high": 0.5},
    {"id": "countries_joined.baseline", "estimate": 20},
)


def publish(reports: Path, rows: Iterable[Mapping[str, Any]] = ROWS, baselines: Any = BASELINES) -> None:
    """Write what the run on indicators leaves, as far as the report reads it."""
    layout = Layout(reports, RUN)
    _table(layout.results[3] / "indicators_by_year.csv", _ROW, rows)
    _table(layout.results[3] / "estimates.csv", _ESTIMATE, baselines)
    _assessment(layout, {"confidence_level": 0.95, "year": 2024}, [], [])


def publish_all(reports: Path, framework: Framework, year: int) -> None:
    """The same of every indicator that is measured year by year, as long as it can be: six groups, intervals, a note."""
    rows: list[dict[str, Any]] = []
    baselines = []
    for indicator in framework.indicators:
        if not indicator.measure or indicator.not_yearly:
            continue
        numbers = {"n_obs": 1033, "n_units": 33, "unit": indicator.unit, "note": "31 of 33 States"}
        for at in range(year - 8, year + 1):
            value = 0.5 + 0.01 * (at % 3)
            rows.append({"indicator": indicator.key, "year": at, "value": value, **numbers} | _ends(value))
        if indicator.level == "outcome":
            groups = ({"group_by": "phase", "group": f"phase {phase}", "value": 0.512} for phase in range(1, 7))
            rows += [{"indicator": indicator.key, "year": year, "unit": indicator.unit, **group} for group in groups]
        if indicator.baseline:
            run, _, name = indicator.baseline.estimate.partition("#")
            if run == RUN:
                baselines.append({"id": name, "estimate": 0.45} | _ends(0.45))
    publish(reports, rows, baselines)


def publish_own(
    results: Path, year: int, *, simulated: bool = True, groups: bool = True, more: int = 0, elsewhere: bool = False
) -> Layout:
    """Write what the notebook on own records leaves of a year, as far as the report reads it; `more` estimates besides, and
    with `elsewhere` a kind that another notebook tells of."""
    layout, mark = Layout(results, OWN), "_simulated" if simulated else ""
    shares = [
        ("cases.opened_180", "Share of cases opened within 180 days", "share", 0.31, 0.24, 0.39, 195, 195),
        ("requests.answer_median", "Days after which half of the requests are answered", "days", 89, 64, 110, 140, 140),
        ("trainings.women", "Share of women among persons trained", "share", 0.36, "", "", 125, 5),
        ("agencies.reached", "Share of agencies reached", "share", 0.5, 0.4, 0.6, 40, 40),
        ("expenditure.spent_of_budget", "Spent over planned", "share of money", 0.81, "", "", 100, 100),
        ("cost.per_person", "All that was spent over persons trained", "US dollars", 37000, "", "", 160, 160),
    ]
    long = "Share of actions agreed on at forums that were done, at forums that were followed up, made up number"
    shares += [(f"forums.made_up_{n}", f"{long} {n}", "share", 0.31, 0.24, 0.39, 195, 195) for n in range(more)]
    names = ("id", "estimand", "unit", "estimate", "ci_low", "ci_high", "n_obs", "n_units")
    estimates = [{"role": "secondary", **dict(zip(names, row, strict=True))} for row in shares]
    estimates += [
        {"id": "recovered.by_lot.cases.opened_180", "role": "secondary", "estimate": 0.3},
        {"id": "cases.opened_180.supported_difference", "role": "sensitivity", "estimate": 0.1},
    ]
    folder = layout.results[3]
    _table(folder / "estimates.csv", _ESTIMATE, estimates)
    supplied = [
        {"kind": "cases", "records": 195, "file": "cases.csv"},
        {"kind": "trainings", "records": 25, "file": "trainings.csv"},
        {"kind": "joint_teams", "records": "", "file": "not supplied"},
    ]
    _table(folder / f"supplied{mark}.csv", ("kind", "records", "file"), supplied)
    if elsewhere:
        typed = "crimjust run 13_assistance -p assistance_file=FILE"
        row = {"kind": "assistance", "file": "assistance.csv", "told_by": typed}
        _table(folder / f"told_elsewhere{mark}.csv", row, [row])
    totals = [("US dollars planned", 8800000), ("US dollars spent", 7100000)]
    money = [{"kind": "expenditure", "what": what, "total": total} for what, total in totals]
    _table(folder / f"totals{mark}.csv", ("kind", "what", "total"), money)
    by_group = [
        {"kind": "cases", "measure": "opened within 180 days", "group": "phase 1", "share": 0.2857},
        {"kind": "cases", "measure": "opened within 180 days", "group": "phase 2", "share": ""},
    ]
    if groups:
        _table(folder / f"by_group{mark}.csv", ("kind", "measure", "group", "share"), by_group)
    parameters = {"folder": "rehearsal", "min_cell": 5, "by": "phase", "confidence_level": 0.95}
    withheld = {"name": "Withheld", "sentence": "14 of 36 numbers are withheld from these records: of too few."}
    tables = [f"{name}{mark}" for name in ("supplied", "totals", *(["by_group"] if groups else []))]
    _assessment(layout, parameters | {"period_start": f"{year}-01"}, tables, [withheld])
    return layout


def _ends(value: float) -> dict[str, float]:
    return {"ci_low": value - 0.04, "ci_high": value + 0.04}


def _assessment(layout: Layout, parameters: Mapping[str, Any], tables: list[str], checks: list[dict[str, str]]) -> None:
    of_check = {"of": "", "passed": None, "power": None, "table": []}
    saved = {
        **dict.fromkeys(("name", "outcome", "title", "question", "answer", "key_figure"), "made up"),
        **{"parameters": dict(parameters), "tables": tables, "checks": [check | of_check for check in checks]},
        **{"departures": [], "changed": [], "used": [], "figures": [], "cells": {}},
    }
    path = layout.results[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(saved), encoding="utf-8")


def _table(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
