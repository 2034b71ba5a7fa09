"""What a notebook reads, heard from Python itself, against what its study says it has read."""

import os
import sys
from pathlib import Path
from typing import Any

from crimjust_research import accepted, project
from crimjust_research.data import catalog, provenance
from crimjust_research.errors import DataError
from crimjust_research.evidence import published
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.runs import record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.sources import Sources
from crimjust_research.study import Study

_opened: set[Path] = set()
_sources = Sources()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        _opened.add(Path(os.fsdecode(arguments[0])).resolve())


def begin() -> None:
    """Hear from now on which files are opened."""
    if not begun:
        sys.addaudithook(_hear)  # there is no way to take a hook back
        begun.append(True)
    _opened.clear()


begun: list[bool] = []


def unrecorded(notebook: Notebook, study: Study) -> set[str]:
    """Files of the checkout opened since `begin` that no record of the run would name."""
    root, opened = project.root(), set(_opened)
    kept = set(record.fingerprint(notebook, _sources)["code"])
    kept |= {f"notebooks/{notebook.name}.ipynb", accepted.PATH, "requirements.lock", "docs/analysis_plan.toml"}
    if notebook.reads_results:
        # Of the others it is asked only whether they read results, too; which results are read follows, and those are named.
        kept |= {path.relative_to(root).as_posix() for path in (root / "notebooks").glob("*.ipynb")}
    for used in study.used:
        kept |= {used.table, *_paths(used.table, used.vintage)}
    # The catalogs are not named: a record says of each table which release it read, and whether that is the latest.
    kept |= {f"data/{folder}/{catalog.FILE}" for folder in ("raw", "processed")}
    # A published report that says what this run says is a copy of what it saves, and no input.
    for snapshot in (table for name, table in study._tables.items() if name == "snapshot"):
        copies = [path for path in published.files(root / "reports") if path.read_bytes() == csv_bytes(snapshot)]
        kept |= {f"reports/published/{path.name}" for path in copies}
    read = {path.relative_to(root).as_posix() for path in opened if path.is_relative_to(root) and path.is_file()}
    modules = {
        path for path in read if path.startswith(("src/", "tests/", ".venv/")) and not path.endswith((".j2", ".yaml"))
    }
    return {path for path in read - modules if path.removeprefix("src/") not in kept and not path.startswith(".")}


def _paths(table: str, vintage: str) -> set[str]:
    """The file of a table, and those behind it if it is a panel: a record names these as well."""
    found = set()
    raw, processed = catalog.raw(), catalog.processed()
    for source in (raw, processed):
        try:
            resource = source.resource(table, vintage)
        except DataError:
            continue
        found.add(f"data/{source.folder.name}/{resource.path}")
        if source is processed:
            found |= {f"data/raw/{one.path}" for one in provenance.raw_behind(resource, raw)}
    return found
