"""Every kind of file the project reads of its own, harmed at random: refused by name, told, or nothing lost."""

import csv
import hashlib
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crimjust_research.data import catalog
from crimjust_research.data.own_records import schemas
from crimjust_research.errors import CrimjustError, refused_by_system
from crimjust_research.evidence import plan
from reliability import damages
from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.subjects import MENDED, SUBJECTS, Subject, checkout, own_records, rollout, saved_results, table

NUMBER, CASES = 3, 10_000
TITLE = "Files of the project's own, harmed"
_EVERY = 50  # of the cases one is tried by the command itself, as a person would

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


# --- A case ---------------------------------------------------------------------------------------------------------


def tried(chosen: Chosen) -> Section:
    """The section of this campaign."""
    outcomes, failed, numbers = Counter[str](), list[str](), chosen.of(CASES)
    before = os.environ.get("CRIMJUST_HOME")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        home = checkout(Path(folder) / "checkout")
        sound: dict[tuple[str, str], Any] = {}
        for number in one_by_one(numbers):
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
    listed = listing.read_bytes() if subject.name == MENDED else b""
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
    if subject.read is saved_results:
        moved = json.loads(found)[0]
        return "told to be other than its run left it" if moved else f"failed: {named}: other, and nobody is told"
    _require_what_it_says(subject, harmed, found)
    return "read as what the file says now"


def _require_what_it_says(subject: Subject, harmed: Harmed, found: str) -> None:
    """Refuse a reading that is not what the file says by readers of Python's own."""
    content = harmed.now
    if content is None:
        raise Misread("it was read, and there is no such file")
    if subject.read is table:
        _require_cells(content, found)
        return
    if subject.read is own_records or subject.read is rollout:
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
    """Refuse a table that was read otherwise than cell by cell as its file has it; rows are read in the order of their key."""
    says = [row for row in csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True) if row]
    read = list(csv.reader(io.StringIO(found, newline="")))
    if len(says) != len(read):
        raise Misread(f"the file has {len(says) - 1} rows, and {len(read) - 1} were read")
    left = Counter(tuple(map(_value, row)) for row in read)
    for number, row in enumerate(says, start=1):
        if len(row) != len(says[0]):
            raise Misread(f"row {number} has {len(row)} cells and the header {len(says[0])}, and it was read")
        left.subtract([values := tuple(map(_value, row))])
        if left[values] < 0:
            raise Misread(f"row {number} has {row}, and no such row was read")


def _value(cell: str) -> str | float:
    """A cell as the number that it writes, or as its text."""
    try:
        return number if math.isfinite(number := float(cell)) else cell
    except ValueError:
        return cell


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
