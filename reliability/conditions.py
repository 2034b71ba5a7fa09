"""Conditions that must not count, and how a checkout is put into them."""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.copied_checkout import environment

ROOT = Path(__file__).parents[1]
CAMPAIGN = 5
DEEP = "a checkout/Ärger mit Ümläuten/数据 与 结果/" + "/".join(["down and down again"] * 6)
LIST = "datapackage.json"
NOBODY = 65534
# Nobody may read what root may, so that the interpreter is found wherever it is, and write what belongs to nobody alone.
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
AS_NOBODY += ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
RESULTS = ("assessments", "figures", "notebooks", "records", "tables")


@dataclass(frozen=True)
class Condition:
    """What is other than usual, and must not count."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    place: str = "checkout"
    before: Callable[[Path], object] = Path.exists
    """What is done to the checkout before anything runs."""
    through: tuple[str, ...] = ()
    """The command that runs the commands."""
    linked: bool = False
    """Whether the checkout is reached through a link beside it."""
    apart: bool = False
    """Whether each notebook is run by a command of its own, in the reverse of their order."""
    same_notebooks: bool = True
    in_process: bool = False
    python: str = ""


def each_table(folder: Path, changed: Callable[[dict[str, object], list[list[str]]], list[list[str]]]) -> None:
    """Write each table of the folder as `changed` has it, and its new hash into the list of tables.

    `changed` is given a table's entry in that list, which it may change, and its rows, the first of which is the header.
    """
    package = json.loads((folder / LIST).read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = folder / resource["path"]
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(changed(resource, rows))
        content = text.getvalue().encode()
        path.write_bytes(content)
        resource |= {"hash": f"sha256:{hashlib.sha256(content).hexdigest()}", "bytes": len(content)}
    (folder / LIST).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def shuffled(folder: Path) -> None:
    """Every table of the folder with its rows in another order."""
    rng = np.random.default_rng([25, CAMPAIGN])

    def other(_: object, rows: list[list[str]]) -> list[list[str]]:
        return [rows[0], *(rows[1 + place] for place in rng.permutation(len(rows) - 1))]

    each_table(folder, other)


def mirrored(folder: Path) -> None:
    """Every table of the folder with its last column first."""

    def other(resource: dict[str, object], rows: list[list[str]]) -> list[list[str]]:
        schema = resource["schema"]
        assert isinstance(schema, dict)
        schema["fields"].reverse()
        return [row[::-1] for row in rows]

    each_table(folder, other)


def in_another_order(checkout: Path) -> None:
    """Raw tables have their rows in another order; panels are built of these, and have theirs and their columns in another."""
    shuffled(checkout / "data" / "raw")
    command = [sys.executable, "-m", "crimjust_research", "data", "panels"]
    subprocess.run(command, cwd=checkout, env=environment(checkout), check=True, capture_output=True, text=True)
    shuffled(checkout / "data" / "processed")
    mirrored(checkout / "data" / "processed")


def with_results_of_others(checkout: Path) -> None:
    """Results are there already, each notebook's under the name of the next: files too many, too few and unlike."""
    for part in RESULTS:
        kept = sorted((ROOT / "reports" / part).iterdir())
        for path, named in zip(kept, [*kept[1:], kept[0]], strict=True):
            target = checkout / "reports" / part / named.name
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


def handed_over(checkout: Path) -> None:
    """The checkout belongs to nobody, and to no one else."""
    checkout.parent.chmod(0o755)
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def with_a_turkish_locale(checkout: Path) -> None:
    """A locale whose numbers have a decimal comma and whose small I has a dot, beside the checkout."""
    target = checkout.parent / "tr_TR.UTF-8"
    subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", str(target)], check=True, capture_output=True, text=True)


# Those that cannot hide each other stand together: each takes minutes. Where one fails, its parts are tried apart.
CONDITIONS = (
    Condition(
        "rows of raw tables and of the panels built of them in another order, and so the columns of panels",
        before=in_another_order,
        same_notebooks=False,
    ),
    Condition(
        "the day begins 14 hours earlier, hashes from another seed, eight threads for linear algebra",
        {
            "TZ": "Pacific/Kiritimati",
            "PYTHONHASHSEED": "77",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "8"),
        },
    ),
    Condition("a plain C locale", {"LC_ALL": "C", "LANG": "C", "TZ": "America/St_Johns"}),
    Condition(
        "a Turkish locale, files for their owner alone",
        {"LC_ALL": "tr_TR.UTF-8"},
        before=with_a_turkish_locale,
        through=("sh", "-c", 'umask 077 && LOCPATH=$(dirname "$PWD") exec "$@"', "sh"),
    ),
    Condition("a deep folder with blanks, accents and Chinese, reached through a link", place=DEEP, linked=True),
    Condition("results of other notebooks already there under each name", before=with_results_of_others),
    Condition(
        "another user, without a home, who may write in the checkout alone",
        {"HOME": "/nonexistent"},
        before=handed_over,
        through=AS_NOBODY,
    ),
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


def missing(condition: Condition) -> str:
    """What this machine lacks to try a condition, in a phrase; nothing if nothing."""
    if condition.python and not python_of(condition.python):
        return "no such Python here"
    if condition.through == AS_NOBODY and not (os.geteuid() == 0 and shutil.which("setpriv")):
        return "one user cannot act as another here"
    if condition.before == with_a_turkish_locale and not Path("/usr/share/i18n/locales/tr_TR").exists():
        return "no such locale here"
    return ""


@contextmanager
def checkout(condition: Condition) -> Iterator[Path]:
    """A checkout without results, but for those published before, where the condition has it."""
    with TemporaryDirectory(prefix="crimjust-invariance-") as folder:
        place = Path(folder) / condition.place
        # What was published before is read, not found again.
        for part in ("data", "docs", "notebooks", "src", "reports/published"):
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("CITATION.cff", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, place)
        condition.before(place)
        if condition.linked:
            link = place.parent / "a link"
            link.symlink_to(place)
            place = link
        yield place


def python_of(wanted: str) -> str:
    """The interpreter of that version, this one if none is asked for; nothing where there is none."""
    if not wanted:
        return sys.executable
    known = [*Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python"), shutil.which(f"python{wanted}")]
    for path in filter(None, known):
        if subprocess.run([str(path), "-c", ""], capture_output=True).returncode == 0:
            return str(path)
    return ""


@contextmanager
def prepared(condition: Condition) -> Iterator[str]:
    """The Python to run with: this environment's, or that of one made from the lock for another version."""
    if not condition.python:
        yield sys.executable
        return
    with TemporaryDirectory(prefix="crimjust-python-") as folder:
        python = f"{folder}/bin/python"
        uv = (sys.executable, "-m", "uv", "pip")
        commands: Sequence[Sequence[str]] = (
            (python_of(condition.python), "-m", "venv", folder),
            (
                *uv,
                "sync",
                "--python",
                python,
                "--require-hashes",
                "--compile-bytecode",
                str(ROOT / "requirements.lock"),
            ),
            (*uv, "install", "--python", python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)),
        )
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, text=True)
        yield python
