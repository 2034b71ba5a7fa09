"""Results hang on inputs and on nothing else: all notebooks under conditions that must not count.

Each condition has a checkout of its own without results, runs all notebooks and is held against the committed results:
estimates to their last digit, executed notebooks byte for byte. Where rows are shuffled, notebooks that show a table's first
rows may show other ones, and estimates alone must be the same; so under another Python, and where linear algebra is done as
another processor does it, which a run itself never lets happen.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.copied_checkout import environment
from benchmarks.tables import markdown
from reliability.campaign import Chosen, Section

ROOT = Path(__file__).parents[1]
CAMPAIGN = 5
# What the tenth in continuous integration runs: the two quickest registered questions.
QUICK = ("08_outcome3_diversification", "10_reviews")
DEEP = "a checkout/Ärger mit Ümläuten/数据 与 结果/" + "/".join(["down and down again"] * 6)
# Prints the estimates that notebooks leave behind when their cells run in a process of the caller's own making.
IN_PROCESS = """
import sys
import pandas as pd
from crimjust_research.runs import steps
frames = [steps.run(name)["study"].frame().assign(run=name) for name in sys.argv[1:]]
pd.concat(frames)[["run", "id", "estimate", "std_error", "p_value"]].to_csv(sys.stdout, index=False, float_format="%.10g")
"""
# These read what others found, and have no estimates of their own that are pooled without them.
READERS = ("14_evaluation", "90_scorecard")


@dataclass(frozen=True)
class Condition:
    """What is other than usual, and must not count."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    place: str = "checkout"
    before: Callable[[Path], object] = Path.exists
    """What is done to the checkout before anything runs."""
    apart: bool = False
    """Whether each notebook is run by a command of its own, in the reverse of their order."""
    same_notebooks: bool = True
    in_process: bool = False
    python: str = ""


def shuffled(checkout: Path) -> None:
    """Every panel with its rows in another order, and the list of panels with their hashes."""
    rng = np.random.default_rng([25, CAMPAIGN])
    listed = checkout / "data" / "processed" / "datapackage.json"
    package = json.loads(listed.read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = listed.parent / resource["path"]
        head, *rows = path.read_bytes().splitlines(keepends=True)
        content = head + b"".join(rows[place] for place in rng.permutation(len(rows)))
        path.write_bytes(content)
        resource["hash"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    listed.write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


CONDITIONS = (
    Condition("rows of every panel in another order", before=shuffled, same_notebooks=False),
    Condition(
        "the day begins 14 hours earlier, hashes from another seed",
        {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "77"},
    ),
    Condition("a plain C locale", {"LC_ALL": "C", "LANG": "C", "TZ": "America/St_Johns"}),
    Condition("eight threads for linear algebra", dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "8")),
    Condition("a deep folder with blanks, accents and Chinese", place=DEEP),
    Condition("one notebook at a time, the last first", apart=True),
    Condition(
        "linear algebra as a newer processor does it",
        {"OPENBLAS_CORETYPE": "Haswell"},
        same_notebooks=False,
        in_process=True,
    ),
    Condition("Python 3.12", python="3.12", same_notebooks=False),
    Condition("Python 3.13", python="3.13", same_notebooks=False),
)


def tried(chosen: Chosen) -> Section:
    """All conditions, or some; a share runs two notebooks."""
    notebooks = QUICK if chosen.share < 1 else tuple(sorted(p.stem for p in (ROOT / "notebooks").glob("[0-9]*.ipynb")))
    rows, failed, absent = [], [], 0
    for number in chosen.of(len(CONDITIONS)):
        condition = CONDITIONS[number]
        print(f"  {condition.name}", file=sys.stderr, flush=True)
        interpreter = python_of(condition.python)
        if interpreter is None:
            absent += 1
            rows.append(
                {"condition": condition.name, "estimates the same": "no such Python here", "notebooks the same": ""}
            )
            continue
        with checkout(condition) as place, prepared(interpreter, condition) as python:
            try:
                same, of, alike = compared(condition, place, python, notebooks)
            except subprocess.CalledProcessError as error:
                rows.append(
                    {"condition": condition.name, "estimates the same": "did not run", "notebooks the same": ""}
                )
                failed.append(f"{number}: {condition.name}: {(error.stderr or error.stdout)[-600:]}")
                continue
        told = f"{alike} of {len(notebooks)}" if alike is not None else ""
        rows.append(
            {"condition": condition.name, "estimates the same": f"{same:,} of {of:,}", "notebooks the same": told}
        )
        if same < of or (condition.same_notebooks and alike is not None and alike < len(notebooks)):
            failed.append(
                f"{number}: {condition.name}: {same} of {of} estimates and {told or 'no'} notebooks are the same"
            )
    text = f"{' '.join((__doc__ or '').splitlines()[2:])}\n\n{markdown(pd.DataFrame(rows))}"
    return Section("Nothing but inputs counts", text, len(rows) - absent, tuple(failed))


@contextmanager
def checkout(condition: Condition) -> Iterator[Path]:
    """A checkout without results where the condition has it."""
    with TemporaryDirectory(prefix="crimjust-invariance-") as folder:
        place = Path(folder) / condition.place
        for part in ("data", "docs", "notebooks", "src"):
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("CITATION.cff", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, place)
        condition.before(place)
        yield place


def python_of(wanted: str) -> str | None:
    """The interpreter of that version, this one if none is asked for, None where there is none."""
    if not wanted:
        return sys.executable
    known = [*Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python"), shutil.which(f"python{wanted}")]
    for path in filter(None, known):
        if subprocess.run([str(path), "-c", ""], capture_output=True).returncode == 0:
            return str(path)
    return None


@contextmanager
def prepared(interpreter: str, condition: Condition) -> Iterator[str]:
    """The Python to run with: this environment's, or that of one made from the lock for another version."""
    if not condition.python:
        yield interpreter
        return
    with TemporaryDirectory(prefix="crimjust-python-") as folder:
        venv = Path(folder) / "venv"
        subprocess.run([interpreter, "-m", "venv", str(venv)], check=True, capture_output=True, text=True)
        python = str(venv / "bin" / "python")
        sync = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "sync",
            "--quiet",
            "--python",
            python,
            "--require-hashes",
            "--compile-bytecode",
        ]
        subprocess.run([*sync, str(ROOT / "requirements.lock")], check=True, capture_output=True, text=True)
        yield python


def compared(condition: Condition, place: Path, python: str, notebooks: tuple[str, ...]) -> tuple[int, int, int | None]:
    """How many estimates came out the same, of how many, and how many notebooks; None where none is executed."""
    variables = {**os.environ, **environment(place), **condition.variables}

    def run(*command: str) -> str:
        done = subprocess.run([python, *command], cwd=place, env=variables, check=True, capture_output=True, text=True)
        return done.stdout

    reference = pd.read_csv(ROOT / "reports" / "estimates.csv")
    reference = reference[reference["run"].isin(notebooks)]
    if condition.in_process:
        own = [name for name in notebooks if name not in READERS]
        found = pd.read_csv(StringIO(run("-c", IN_PROCESS, *own)))
        reference = reference[reference["run"].isin(own)]
    else:
        every = ["all"] if len(notebooks) > len(QUICK) else list(notebooks)
        # Those that read what others found may come first where each runs alone: they run again at the end.
        for name in [*reversed(notebooks), *every] if condition.apart else every:
            run("-m", "crimjust_research", "run", name)
        found = pd.read_csv(place / "reports" / "estimates.csv")
    same, of = agreeing(reference, found)
    if condition.in_process:
        return same, of, None
    alike = sum(
        (ROOT / "reports" / "notebooks" / f"{name}.ipynb").read_bytes()
        == (place / "reports" / "notebooks" / f"{name}.ipynb").read_bytes()
        for name in notebooks
    )
    return same, of, alike


def agreeing(reference: pd.DataFrame, found: pd.DataFrame) -> tuple[int, int]:
    """How many estimates are equal in both to their last digit, of all that either has."""
    columns = ["run", "id", "estimate", "std_error", "p_value"]
    both = reference[columns].merge(
        found[columns], on=["run", "id"], how="outer", suffixes=("", "_now"), indicator=True
    )
    same = both["_merge"] == "both"
    for column in columns[2:]:
        same &= (both[column] == both[f"{column}_now"]) | (both[column].isna() & both[f"{column}_now"].isna())
    return int(same.sum()), len(both)
