"""One cell of a sweep: a notebook run up to its result, on this machine or any other that holds the same project.

What comes in and goes out is small and carries no path, so a worker needs no disk in common with the driver.
"""

import ast
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.errors import CrimjustError, RunError
from crimjust_research.runs import notebooks, promotion, record
from crimjust_research.runs.environment import kernel_environment
from crimjust_research.runs.notebooks import Notebook

if TYPE_CHECKING:
    from crimjust_research.runs.execute import Session

_KEEP_ESTIMATES = """\
from os import environ
from pathlib import Path

from crimjust_research.results import OUTPUT_VARIABLE
from crimjust_research.evidence.estimates import csv_bytes

kept = Path(environ[OUTPUT_VARIABLE]) / "estimates.csv"
kept.parent.mkdir(parents=True, exist_ok=True)
_ = kept.write_bytes(csv_bytes(result.frame()))
"""


@dataclass(frozen=True)
class Cell:
    """A cell of a sweep: `key` names it, `parameters` are all it has, `changed` those that are not defaults."""

    key: str
    parameters: Mapping[str, Any]
    changed: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """Where a cell's notebook failed: its cell, the line in it, the error in a line and in full."""

    notebook_cell: int
    line: str
    error: str
    detail: str


@dataclass(frozen=True)
class Outcome:
    """The estimates of a cell as CSV, or its failure; and the seconds it took."""

    key: str
    seconds: float
    estimates: bytes = b""
    failure: Failure | None = None


def perform(notebook: Notebook, cell: Cell, timeout: float | None, session: "Session | None" = None) -> Outcome:
    """Run the notebook with the cell's parameters and bring back its estimates; a failure is an outcome, too.

    Nothing is drawn: the notebook is run up to the statement that makes its `result`. `timeout` is in seconds for
    each cell of the notebook.
    """
    from crimjust_research.runs import execute
    from crimjust_research.runs.warm_kernel import KERNEL

    started = time.monotonic()
    session = session or execute.Session()
    with TemporaryDirectory(prefix="crimjust-cell-") as scratch:
        folder = Path(scratch)
        reduced = folder / notebook.path.name
        try:
            reduced.write_bytes(notebooks.dump(up_to_result(notebook)))
            root = project.root()
            execute.execute(
                reduced,
                folder / "executed.ipynb",
                cwd=root / "notebooks",
                parameters=cell.changed,
                environment=kernel_environment(folder, root, folder / "ipython"),
                kernel=KERNEL,
                timeout=timeout,
                session=session,
            )
            estimates = (folder / "estimates.csv").read_bytes()
        except execute.CellFailure as error:
            failure = Failure(error.cell, error.line, error.reason, error.detail)
        except (CrimjustError, OSError) as error:
            failure = Failure(session.cell, "", str(error), str(error))
        else:
            return Outcome(cell.key, time.monotonic() - started, estimates)
    return Outcome(cell.key, time.monotonic() - started, failure=failure)


def identity(notebook: Notebook) -> dict[str, Any]:
    """What must be the same wherever cells of one sweep are run: code, lock, plan, data, versions.

    Raises
    ------
    DataError
        If this process stands in no checkout.
    """
    made_of = record.fingerprint(notebook, record.Sources())
    digest = hashlib.sha256()
    for source in (catalog.raw(), catalog.processed()):
        path = source.folder / catalog.FILE
        digest.update(path.read_bytes() if path.is_file() else b"")
    if notebook.reads_results:
        digest.update((project.root() / "reports" / promotion.POOLED).read_bytes())
    # The catalogs name the hash of every table, and no table opens whose hash is another.
    return {name: made_of[name] for name in ("code", "lock", "plan", "versions")} | {"data": digest.hexdigest()}


def up_to_result(notebook: Notebook) -> dict[str, Any]:
    """The notebook up to the cell that assigns `result`, and one more that keeps its estimates.

    Raises
    ------
    RunError
        If no cell assigns `result`.
    """
    for index, cell in enumerate(notebook.cells):
        if cell["cell_type"] == "code" and "result" in _assigned(notebooks.source(cell)):
            keep: dict[str, Any] = {
                "cell_type": "code",
                "id": "keep-estimates",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": _KEEP_ESTIMATES.splitlines(keepends=True),
            }
            return {**notebook.content, "cells": [*notebook.cells[: index + 1], keep]}
    raise RunError(f"{notebook.place}: no cell assigns `result`, so a sweep would not know what to keep")


def _assigned(code: str) -> set[str]:
    """Names a cell assigns at its top level."""
    targets = [t for s in ast.parse(code).body if isinstance(s, ast.Assign) for t in s.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}
