"""Checkouts in places that try a tool: paths with accents and spaces, a plain C locale, folders that may only be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy_checkout import CELLS, Checkout

from crimjust_research.runs import runner, verify

# Verbs done one after the other in one process, up to the first that is refused; words of a verb stand on lines of their own.
SEVERAL = """
import sys
from crimjust_research.cli import main

for verb in tuple(sys.argv[1:]):
    sys.argv[1:] = verb.splitlines()
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""


def command(checkout: Checkout, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python(checkout, "-m", "crimjust_research", *arguments, **environment)


def commands(checkout: Checkout, *verbs: tuple[str, ...], **environment: str) -> subprocess.CompletedProcess[str]:
    """As `command` for each verb in turn; imports are done once, and kernels of all are forked from one warm process."""
    return python(checkout, "-c", SEVERAL, *map("\n".join, verbs), **environment)


def python(checkout: Checkout, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout.root,
        env={**os.environ, "CRIMJUST_HOME": str(checkout.root), "PYTHONPATH": str(checkout.library), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def test_a_path_with_accents_and_spaces_under_the_c_locale(tmp_path: Path) -> None:
    root = tmp_path / "Évaluation à José, 评估"
    root.mkdir()
    checkout = Checkout.make(root)
    checkout.notebook("01_toy")
    plain = {"LC_ALL": "C", "LANG": "C"}
    done = commands(checkout, ("run",), ("verify", "01_toy"), ("run", "-p", "drug=cocaína"), **plain)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: notebooks/01_toy.ipynb: parameter drug = 'cocaína'"), done.stdout


@pytest.mark.parametrize(
    "spoken",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_a_terminal_and_a_system_that_know_no_accents(tmp_path: Path, spoken: dict[str, str]) -> None:
    root = tmp_path / "Évaluation à José, 评估"
    root.mkdir()
    checkout = Checkout.make(root)
    checkout.notebook("01_toy", [*CELLS[:2], "print('评估 é')", CELLS[2]])
    own = tmp_path / "données 评估.csv"
    own.write_text("a case\n")
    grid = root / "grille é.toml"
    grid.write_text("[grid]\nfactor = [1, 2]\n", encoding="utf-8")
    done = commands(
        checkout,
        ("run",),
        ("run",),
        ("run", "-p", "factor=3", "--name", "trois"),
        ("variants",),
        ("compare", "reference", "trois"),
        ("sweep", "01_toy", "--grid", str(grid)),
        ("data", "check", str(own), "--as", "cases"),
        **spoken,
    )
    assert done.returncode == 1
    # Nothing but what the last verb is refused with.
    assert done.stderr.startswith("Error: "), done.stderr
    assert "Traceback" not in done.stderr
    assert "01_toy: unchanged" in done.stdout
    assert (checkout.reports / "sweeps").is_dir()
    assert "评估 é" in (checkout.reports / "notebooks" / "01_toy.ipynb").read_text(encoding="utf-8")


def test_verify_writes_nothing_into_the_checkout(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    before = everything(tmp_path)
    assert verify.verify("01_toy") != ()
    assert everything(tmp_path) == before


def everything(root: Path) -> dict[str, float]:
    """Every file and folder, and when it was changed last; what Python keeps of modules aside."""
    return {
        path.relative_to(root).as_posix(): path.stat().st_mtime_ns
        for path in root.rglob("*")
        if "__pycache__" not in path.parts and path.name != "toy"
    }
