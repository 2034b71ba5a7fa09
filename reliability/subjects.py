"""Kinds of files of the project's own: where such files lie, what may harm them, and what reads one.

Whoever is to harm them takes a small checkout that holds some of each.
"""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from crimjust_research import accepted, coverage, document, framework, results
from crimjust_research.data import catalog, corrections, rollout_files
from crimjust_research.data import own_records as own
from crimjust_research.data.own_records import schemas
from crimjust_research.data.schema_check import faults
from crimjust_research.errors import CrimjustError
from crimjust_research.evidence import plan
from crimjust_research.report import contents, inventory
from crimjust_research.report.citations import methods, software
from crimjust_research.runs import given_plan_faults, grid, kept, own_plan_template, record, verify
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources
from reliability import damages
from reliability.damages import BYTES, ROWS, Damage

ROOT = Path(__file__).parents[1]
_SEED = 3
_LONG = 400_000  # bytes
_ESTIMATE = "present.any"
_RUNS = ("13_assistance", "16_states_reports_and_deaths")


@dataclass(frozen=True)
class Subject:
    """A kind of file: where such files lie, what may harm them, and what reads one, given where it lies."""

    name: str
    weight: int
    files: Callable[[Path], list[Path]]
    damages: tuple[Damage, ...]
    read: Callable[[Path, Path], Any]
    command: tuple[str, ...]


# --- A small checkout -----------------------------------------------------------------------------------------------


def checkout(home: Path) -> Path:
    """A copy of what is read of this checkout, with two runs, a plan, a grid and a roll-out of somebody's own."""
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, home / name)
    (home / "docs/methods").mkdir(parents=True)
    for name in ("CITATION.cff", "pyproject.toml", "docs/analysis_plan.toml", "docs/methods/references.yaml"):
        shutil.copy(ROOT / name, home / name)
    for run in _RUNS:
        for kind in ("tables", "figures"):
            shutil.copytree(ROOT / "reports" / kind / run, home / "reports" / kind / run)
        for name in (f"assessments/{run}.json", f"records/{run}.json", f"notebooks/{run}.ipynb"):
            (home / "reports" / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / "reports" / name, home / "reports" / name)
    shutil.copytree(home / "reports", home / "sound")
    os.environ["CRIMJUST_HOME"] = str(home)
    (home / "reports/estimates.csv").write_bytes(verify.promotion.pooled(home / "reports"))
    for run in _RUNS:
        record.mark(Layout(home / "reports", run))
    _supplied(home / "own")
    return home


def _supplied(folder: Path) -> None:
    """Files that somebody supplies: a plan, a grid, a roll-out, SIMULATED records."""
    folder.mkdir()
    told = re.sub(r"^#(?=\[outcome|\[question|[a-z]+ = )", "", own_plan_template.text(), flags=re.MULTILINE)
    for name, said in (("whose", "A unit"), ("dated", "2027-03-01"), ("standing", "Nothing had been seen.")):
        told = re.sub(rf'^{name} = ""', f'{name} = "{said}"', told, flags=re.MULTILINE)
    (folder / "plan.toml").write_text(told)
    (folder / "grid.toml").write_text(
        '[grid]\ndrug = ["fentanyl", "cocaine"]\nmax_lag = { from = 3, to = 12, step = 3 }\n'
        '[[case]]\ndrug = "heroin"\nstart = "2019-10"\n'
    )
    chance = np.random.default_rng(_SEED)
    rows = [f"U{u},{2010 + t},{chance.normal(10, 2):.4f}" for u in range(12) for t in range(9)]
    (folder / "panel.csv").write_text("unit,period,outcome\n" + "\n".join(rows) + "\n")
    starts = [f"U{u},P{u % 3},{(2013, 2016, '')[u % 3]}" for u in range(12)]
    (folder / "phases.csv").write_text("unit,phase,start\n" + "\n".join(starts) + "\n")
    from crimjust_research.questions.own_records.effects import Effects
    from crimjust_research.questions.own_records.simulation import simulated_folder

    for kind, frame in simulated_folder(Effects.of(1.5), _SEED, 200, 1.0).records.items():
        frame.to_csv(folder / f"{kind}.csv", index=False, date_format="%Y-%m-%d")


# --- Readers --------------------------------------------------------------------------------------------------------


def table(home: Path, path: Path) -> str:
    """The table in a file as its catalog opens it, with all that its schema asks, as CSV."""
    held = catalog.Catalog(home / "data" / path.parents[1].name)
    resource = held.resource(path.parent.name, path.stem)
    frame = held.open(path.parent.name, path.stem)
    found = faults(frame, resource.table)
    if len(found):
        row, column, value, rule = found.iloc[0]
        raise CrimjustError(f"{path} row {row}, {column} = {value!r}: {rule}")
    return frame.to_csv(index=False)


def _catalog(_home: Path, path: Path) -> str:
    raw, processed = catalog.raw(), catalog.processed()
    held = raw if path.parent.name == "raw" else processed
    told = inventory.as_text(raw, processed, [])
    for table in held.tables():
        resource = held.resource(table)
        if resource.coverage and resource.table.time:
            held.coverage(table)
    small = min(held.resources, key=lambda resource: resource.bytes)
    faults(held.open(small.table.name, small.vintage), small.table)
    return told + repr(held.resources) + repr(held.withdrawn)


def saved_results(home: Path, path: Path) -> str:
    """What a report reads of results, how a run is held against what left it, and what is found to have moved."""
    reports = home / "reports"
    sections = contents.read(reports)
    results.saved_runs(reports, ())
    harmed = [run for run in _RUNS if run in path.as_posix()]
    present = Present(Sources())
    moved = [phrase for run in _RUNS for phrase in kept.kept_run(Layout(reports, run), present).moved]
    for run in harmed or _RUNS:
        moved += [str(m) for m in verify.moved(Layout(reports, run), Layout(home / "sound", run), 0.0)]
    moved += [str(m) for m in verify.pooled_moves(reports, 0.0)]
    return json.dumps([moved, [repr((s.estimates, s.answer, s.checks)) for s in sections]])


def _plan(_home: Path, _path: Path) -> str:
    plan._load.cache_clear()
    return repr(replace(plan.load(), sha256=""))


def _own_plan(_home: Path, path: Path) -> str:
    laid = given_plan_faults.read(path).plan
    return repr((laid.primaries, laid.unasked, laid.targets, laid.own and replace(laid.own, sha256="")))


def rollout(home: Path, _path: Path) -> str:
    """A panel of one's own with the phases of its roll-out, as `crimjust design` reads both."""
    return repr(rollout_files.read(home / "own/panel.csv", home / "own/phases.csv"))


def own_records(_home: Path, path: Path) -> str:
    """The records in a file that is called after their kind, as CSV."""
    return own.read(path, path.stem).to_csv()


def _words(home: Path, path: Path) -> str:
    place = path.relative_to(home).as_posix()
    if place.startswith("data/vocabulary/"):
        return repr(import_module(f"crimjust_research.vocabulary.{path.stem}").load())
    if place == "data/own_records.yaml":
        schemas.kinds.cache_clear()
        return repr(sorted(schemas.kinds().items()))
    if place.startswith("data/document/"):
        return repr((document.load(), framework.load(), coverage.load()))
    return repr((corrections.load(), methods.load(), software.load()))


def _accepted(_home: Path, _path: Path) -> str:
    return repr(accepted.listed())


# --- Subjects -------------------------------------------------------------------------------------------------------


def _below(*patterns: str) -> Callable[[Path], list[Path]]:
    """Finds the files of some patterns, once, while all are sound; none that takes long to read."""

    @cache
    def found(home: Path) -> list[Path]:
        paths = [path for pattern in patterns for path in sorted(home.glob(pattern))]
        return [path for path in paths if path.is_file() and path.stat().st_size < _LONG]

    return found


_TABLES = _below("data/raw/*/2*.csv", "data/processed/*/*.csv")
_YAML = _below("data/vocabulary/*.yaml", "data/*.yaml", "data/document/*.yaml", "docs/methods/*.yaml", "CITATION.cff")
MENDED = "tables catalogued as they are"
SUBJECTS = (
    Subject("tables", 10, _TABLES, (*BYTES, *ROWS), table, ("data", "verify")),
    Subject(MENDED, 24, _TABLES, (*BYTES, *ROWS, *ROWS), table, ("data", "verify")),
    Subject(
        "catalogs",
        9,
        _below("data/*/datapackage.json"),
        (*BYTES, *[damages.of_json] * 15),
        _catalog,
        ("data", "list"),
    ),
    Subject(
        "saved assessments and records of runs",
        12,
        _below("reports/assessments/*.json", "reports/records/*.json"),
        (*BYTES, *[damages.of_json] * 15),
        saved_results,
        ("explain", _ESTIMATE),
    ),
    Subject(
        "executed notebooks",
        4,
        _below("reports/notebooks/*.ipynb"),
        (*BYTES, *[damages.of_json] * 15),
        saved_results,
        ("report", "--output", "built"),
    ),
    Subject(
        "tables and drawings of results",
        9,
        _below(
            "reports/estimates.csv", "reports/tables/*/*.csv", "reports/figures/*/*.csv", "reports/figures/*/*.json"
        ),
        (*BYTES, *ROWS),
        saved_results,
        ("report", "--output", "built"),
    ),
    Subject("words, document and framework", 14, _YAML, (*BYTES, *[damages.of_yaml] * 15), _words, ("data", "list")),
    Subject(
        "the registered plan",
        4,
        _below("docs/analysis_plan.toml"),
        (*BYTES, *[damages.of_toml] * 15),
        _plan,
        ("plan",),
    ),
    Subject(
        "plans of one's own",
        4,
        _below("own/plan.toml"),
        (*BYTES, *[damages.of_toml] * 15),
        _own_plan,
        ("plan", "own/plan.toml"),
    ),
    Subject(
        "grids",
        3,
        _below("own/grid.toml"),
        (*BYTES, *[damages.of_toml] * 15),
        lambda _home, path: repr(grid.read(path)),
        (),
    ),
    Subject(
        "roll-outs",
        3,
        _below("own/panel.csv", "own/phases.csv"),
        (*BYTES, *ROWS),
        rollout,
        ("design", "rollout", "--panel", "own/panel.csv", "--phases", "own/phases.csv", "--draws", "99"),
    ),
    Subject(
        "records in the templates' columns",
        3,
        _below(*(f"own/{kind}.csv" for kind in ("cases", "trainings", "defendants"))),
        (*BYTES, *ROWS),
        own_records,
        ("data", "check", "own"),
    ),
    Subject(
        "the list of accepted cells",
        1,
        _below("notebooks/accepted.json"),
        (*BYTES, *[damages.of_json] * 15),
        _accepted,
        ("params", "01"),
    ),
)
