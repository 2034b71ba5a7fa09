"""Campaign 3: every kind of file the project reads of its own, harmed at random: refused by name, told, or nothing lost."""

import csv
import hashlib
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
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
from crimjust_research.errors import CrimjustError, refused_by_system
from crimjust_research.evidence import plan
from crimjust_research.report import contents, inventory
from crimjust_research.report.citations import methods, software
from crimjust_research.runs import grid, kept, plan_faults, plan_template, record, verify
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources
from reliability import damages
from reliability.campaign import Chosen, Section, drawn
from reliability.damages import BYTES, ROWS, Damage

ROOT = Path(__file__).parents[1]
NUMBER, CASES = 3, 10_000
TITLE = "Files of the project's own, harmed"
_LONG = 400_000  # bytes
_EVERY = 50  # of the cases one is tried by the command itself, as a person would
_ESTIMATE = "present.any"
_RUNS = ("13_assistance", "16_states_reports_and_deaths")

TEXT = f"""
Cases copy one file of the project, harm it and give it to whatever reads it: raw tables and panels, their catalogs,
saved assessments, records of runs, estimates and executed notebooks, vocabulary, the document and the framework, the
registered plan and an evaluator's own, grids of parameters, panels and phases of a roll-out, records in the templates'
columns, and the list of accepted cells. Bytes are flipped, put in, lost, doubled or zeroed; rows, columns, cells and
entries are lost, doubled, exchanged or of another kind; files are written in another coding, with other line ends,
signs and quotes, nested without end, or are folders and links. Half of the tables harmed are catalogued anew as they
are, as by somebody who mends the hash with the file.

A case fails if anything else is raised than an error in words that names the file, if a warning shows, or if what was
read is neither what stood there before nor what the harmed file says by Python's own readers of CSV, JSON, TOML and
YAML; or if saved results are other than their run left them and nobody is told. One case in {_EVERY} is tried by the
command itself.
"""


class Misread(Exception):
    """What was read is not what the file says."""


@dataclass(frozen=True)
class Subject:
    """A kind of file: where such files lie, what may harm them, and what reads one, given where it lies."""

    name: str
    weight: int
    files: Callable[[Path], list[Path]]
    damages: tuple[Damage, ...]
    read: Callable[[Path, Path], Any]
    command: tuple[str, ...]


@dataclass(frozen=True)
class Harmed:
    """A file with something done to it, and what it held before."""

    home: Path
    path: Path
    before: bytes

    @property
    def now(self) -> bytes | None:
        """What it holds now; None if it can no longer be read as a file."""
        with suppress(OSError):
            return self.path.read_bytes()
        return None


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
    told = re.sub(r"^#(?=\[outcome|\[question|[a-z]+ = )", "", plan_template.text(), flags=re.MULTILINE)
    for name, said in (("whose", "A unit"), ("dated", "2027-03-01"), ("standing", "Nothing had been seen.")):
        told = re.sub(rf'^{name} = ""', f'{name} = "{said}"', told, flags=re.MULTILINE)
    (folder / "plan.toml").write_text(told)
    (folder / "grid.toml").write_text(
        '[grid]\ndrug = ["fentanyl", "cocaine"]\nmax_lag = { from = 3, to = 12, step = 3 }\n'
        '[[case]]\ndrug = "heroin"\nstart = "2019-10"\n'
    )
    chance = np.random.default_rng(NUMBER)
    rows = [f"U{u},{2010 + t},{chance.normal(10, 2):.4f}" for u in range(12) for t in range(9)]
    (folder / "panel.csv").write_text("unit,period,outcome\n" + "\n".join(rows) + "\n")
    starts = [f"U{u},P{u % 3},{(2013, 2016, '')[u % 3]}" for u in range(12)]
    (folder / "phases.csv").write_text("unit,phase,start\n" + "\n".join(starts) + "\n")
    from crimjust_research.questions.own_records.effects import Effects
    from crimjust_research.questions.own_records.simulation import simulated_folder

    for kind, frame in simulated_folder(Effects.of(1.5), NUMBER, 200, 1.0).records.items():
        frame.to_csv(folder / f"{kind}.csv", index=False, date_format="%Y-%m-%d")


# --- Readers --------------------------------------------------------------------------------------------------------


def _table(home: Path, path: Path) -> str:
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


def _results(home: Path, path: Path) -> str:
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
    laid = plan_faults.read(path).plan
    return repr((laid.primaries, laid.unasked, laid.targets, laid.own and replace(laid.own, sha256="")))


def _rollout(home: Path, _path: Path) -> str:
    return repr(rollout_files.read(home / "own/panel.csv", home / "own/phases.csv"))


def _records(_home: Path, path: Path) -> str:
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
_MENDED = "tables catalogued as they are"
SUBJECTS = (
    Subject("tables", 10, _TABLES, (*BYTES, *ROWS), _table, ("data", "verify")),
    Subject(_MENDED, 24, _TABLES, (*BYTES, *ROWS, *ROWS), _table, ("data", "verify")),
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
        _results,
        ("explain", _ESTIMATE),
    ),
    Subject(
        "executed notebooks",
        4,
        _below("reports/notebooks/*.ipynb"),
        (*BYTES, *[damages.of_json] * 15),
        _results,
        ("report", "--output", "built"),
    ),
    Subject(
        "tables and drawings of results",
        9,
        _below(
            "reports/estimates.csv", "reports/tables/*/*.csv", "reports/figures/*/*.csv", "reports/figures/*/*.json"
        ),
        (*BYTES, *ROWS),
        _results,
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
        _rollout,
        ("design", "rollout", "--panel", "own/panel.csv", "--phases", "own/phases.csv", "--draws", "99"),
    ),
    Subject(
        "records in the templates' columns",
        3,
        _below(*(f"own/{kind}.csv" for kind in ("cases", "trainings", "defendants"))),
        (*BYTES, *ROWS),
        _records,
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


# --- A case ---------------------------------------------------------------------------------------------------------


def tried(chosen: Chosen) -> Section:
    """The section of this campaign."""
    outcomes, failed, numbers = Counter[str](), list[str](), chosen.of(CASES)
    before = os.environ.get("CRIMJUST_HOME")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        home = checkout(Path(folder) / "checkout")
        sound: dict[tuple[str, str], Any] = {}
        for number in numbers:
            outcome = one(number, home, sound)
            outcomes[outcome.partition(":")[0]] += 1
            if outcome.startswith("failed"):
                failed.append(f"{number}: {outcome.removeprefix('failed: ')}")
    os.environ.pop("CRIMJUST_HOME")
    if before is not None:
        os.environ["CRIMJUST_HOME"] = before
    told = "\n".join(f"- {outcome}: {count:,}" for outcome, count in sorted(outcomes.items()))
    return Section(TITLE, f"{TEXT}\nWhat came of them:\n\n{told}", len(numbers), tuple(failed))


def one(number: int, home: Path, sound: dict[tuple[str, str], Any]) -> str:
    """What came of a case: in which way it ended well, or that it failed and how."""
    chance = drawn(NUMBER, number)
    weights = np.array([subject.weight for subject in SUBJECTS], float)
    subject = SUBJECTS[int(chance.choice(len(SUBJECTS), p=weights / weights.sum()))]
    files = subject.files(home)
    path = files[int(chance.integers(len(files)))]
    key = subject.name, path.relative_to(home).as_posix()
    if key not in sound:
        sound[key] = _read(subject, home, path)
    harmed = Harmed(home, path, path.read_bytes())
    listing = path.parents[1] / catalog.FILE
    listed = listing.read_bytes() if subject.name == _MENDED else b""
    try:
        did = _harm(harmed, subject, files, chance)
        if listed and harmed.now is not None:
            listing.write_bytes(_catalogued_anew(listed, path, harmed.now))
        named = f"{subject.name}, {key[1]}, {did}"
        try:
            if number % _EVERY == 0 and subject.command:
                return _by_command(subject, harmed, named)
            return _judged(subject, harmed, sound[key], named)
        except Misread as misread:
            return f"failed: {named}: {misread}"
    finally:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            path.rmdir()
        path.write_bytes(harmed.before)
        if listed:
            listing.write_bytes(listed)


def _harm(harmed: Harmed, subject: Subject, files: list[Path], chance: np.random.Generator) -> str:
    """Harm the file; what was done, in a few words."""
    if chance.random() < 0.04:
        what = damages.PLACES[int(chance.integers(len(damages.PLACES)))]
        damages.put_in_place(harmed.path, what, files[int(chance.integers(len(files)))])
        return what
    content, did = harmed.before, []
    for _ in range(int(chance.choice([1, 1, 1, 2, 3]))):
        damage = subject.damages[int(chance.integers(len(subject.damages)))]
        content = damage(content, chance)
        did.append(damage.__name__.strip("_"))
    harmed.path.write_bytes(content)
    return " and ".join(did)


def _catalogued_anew(listing: bytes, path: Path, content: bytes) -> bytes:
    """A catalog that has the file as it is, by its hash, length and rows."""
    package = json.loads(listing)
    for entry in package["resources"]:
        if entry["path"] == f"{path.parent.name}/{path.name}":
            entry |= {"hash": f"sha256:{hashlib.sha256(content).hexdigest()}", "bytes": len(content)}
            entry["rows"] = max(content.count(b"\n") - 1, 0)
    return json.dumps(package, indent=1, ensure_ascii=False).encode()


def _read(subject: Subject, home: Path, path: Path) -> Any:
    schemas.kinds.cache_clear()
    plan._load.cache_clear()
    return subject.read(home, path)


def _judged(subject: Subject, harmed: Harmed, before: Any, named: str) -> str:
    try:
        found = _read(subject, harmed.home, harmed.path)
    except CrimjustError as error:
        if (
            harmed.path.name not in str(error)
            and harmed.path.parent.name not in str(error)
            and harmed.path.stem not in str(error)
        ):
            return f"failed: {named}: the refusal does not name the file: {str(error)[:300]}"
        return "refused, and the file named"
    except OSError as error:
        if str(harmed.path) not in refused_by_system(error):
            return f"failed: {named}: {type(error).__name__}: {error}"
        return "refused by the system, and the file named"
    except Warning as warning:
        return f"failed: {named}: a warning shows: {warning}"
    except Exception as error:
        return f"failed: {named}: {type(error).__name__}: {str(error)[:300]}"
    if found == before:
        return "read as before"
    if subject.read is _results:
        moved = json.loads(found)[0]
        return "told to be other than its run left it" if moved else f"failed: {named}: other, and nobody is told"
    _require_what_it_says(subject, harmed, found)
    return "read as what the file says now"


def _require_what_it_says(subject: Subject, harmed: Harmed, found: str) -> None:
    """Refuse a reading that is not what the file says by readers of Python's own."""
    content = harmed.now
    if content is None:
        raise Misread("it was read, and there is no such file")
    if subject.read is _table:
        _require_cells(content, found)
        return
    if subject.read is _records or subject.read is _rollout:
        return  # held against the truth, cell by cell, by another campaign
    # By what is printed of it, as true is 1 to Python and not to a schema.
    if repr(_standard(harmed.path, content)) == repr(_standard(harmed.path, harmed.before)):
        raise Misread("it says what it said, and was read otherwise")


def _standard(path: Path, content: bytes) -> Any:
    if path.suffix == ".json":
        return json.loads(content)
    if path.suffix == ".toml":
        for coding in ("utf-8-sig", "utf-16"):
            with suppress(UnicodeDecodeError):
                return tomllib.loads(content.decode(coding))
    import yaml

    return yaml.load(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def _require_cells(content: bytes, found: str) -> None:
    """Refuse a table that was read otherwise than cell by cell as its file has it."""
    says = [row for row in csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True) if row]
    read = list(csv.reader(io.StringIO(found, newline="")))
    if len(says) != len(read):
        raise Misread(f"the file has {len(says) - 1} rows, and {len(read) - 1} were read")
    for number, (row, other) in enumerate(zip(says, read, strict=True), start=1):
        if len(row) != len(says[0]):
            raise Misread(f"row {number} has {len(row)} cells and the header {len(says[0])}, and it was read")
        for cell, value in zip(row, other, strict=True):
            if cell != value and not _same_number(cell, value):
                raise Misread(f"row {number} has {cell!r}, and {value!r} was read")


def _same_number(cell: str, value: str) -> bool:
    try:
        return float(cell) == float(value) and math.isfinite(float(cell))
    except ValueError:
        return False


def _by_command(subject: Subject, harmed: Harmed, named: str) -> str:
    """What comes of the command a person would type: an answer, or a sentence."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    typed = [sys.executable, "-W", "error", "-m", "crimjust_research", *subject.command]
    ended = subprocess.run(typed, cwd=harmed.home, env=environment, capture_output=True, text=True, timeout=300)
    if (built := harmed.home / "built").is_dir():
        shutil.rmtree(built)
    if ended.returncode not in (0, 1, 2) or "Traceback" in ended.stderr or "fault of crimjust's own" in ended.stderr:
        return f"failed: {named}: `crimjust {' '.join(subject.command)}` ended with {ended.returncode}: {ended.stderr[-400:]}"
    return "tried by the command, which answered or told what is wrong"
