"""Variants: results under other parameters than a notebook's own, or kept under a name, each set in a folder of its own.

A variant without a name given is named after all it read, so that other figures or other records never take its place.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import parameters_cell, project
from crimjust_research.errors import ParameterError
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout

REFERENCE = "reference"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}(?<!\.)")


def folder(reports: Path) -> Path:
    """Where all variants lie."""
    return reports / "variants"


def of(reports: Path, run: str) -> list[Layout]:
    """Every variant's results of the notebook `run`, in the order of names."""
    return [Layout(path.parents[1], run) for path in sorted(folder(reports).glob(f"*/records/{run}.json"))]


def place(reports: Path, name: str) -> Path:
    """The folder of the variant of the name given, be there one or not.

    Raises
    ------
    ParameterError
        If the name cannot be that of a folder, on Windows too, differs from another variant's in capitals alone, or is that of
        a link.
    """
    if not _NAME.fullmatch(name) or name.lower() == REFERENCE or project.is_device(name):
        raise ParameterError(
            f"--name {name!r}: a variant's name has letters, digits, dots, dashes and underscores only, begins with a letter "
            f"or digit and does not end in a dot, has at most 80 of them, and is neither {REFERENCE!r} nor a device of Windows"
        )
    others = (path.name for path in folder(reports).glob("*") if path.name != name)
    if clash := next((other for other in others if other.lower() == name.lower()), ""):
        raise ParameterError(
            f"--name {name!r}: there is a variant {clash!r}, which some systems take for the same; write it so, or otherwise"
        )
    found = folder(reports) / name
    if found.is_symlink():
        raise ParameterError(
            f"--name {name!r}: {found} is a link, and nothing is written through one; remove it, or give another name"
        )
    return found


def named(reports: Path, name: str, run: str, parameters: Mapping[str, Any]) -> Layout:
    """Where a variant of the name given keeps its results of the notebook `run`.

    Raises
    ------
    ParameterError
        As `place`, and if the variant holds results of this notebook under other parameters.
    """
    layout = Layout(place(reports, name), run)
    kept = record.read(layout)
    if kept is None and (layout.record.exists() or any(each.exists() for each in layout.results)):
        raise ParameterError(
            f"--name {name!r}: that folder holds results of {run} whose record cannot be read, and is not overwritten; "
            "give another name"
        )
    if kept is not None and kept["parameters"] != (given := parameters_cell.told(parameters)):
        other = [f"{n}={kept['parameters'].get(n)}" for n, v in given.items() if kept["parameters"].get(n) != v]
        raise ParameterError(
            f"--name {name!r}: that variant holds {run} with other parameters ({', '.join(other)}), and is not overwritten; "
            "give another name"
        )
    return layout


def require_same_files(layout: Layout, changed: Mapping[str, Any]) -> None:
    """Refuse to put results in the place of those of a person's own file, named by a parameter, that held something else.

    Raises
    ------
    ParameterError
        Naming the file.
    """
    kept = record.read(layout)
    read = {table["table"]: table["sha256"] for table in kept["tables"]} if kept else {}
    for parameter, value in changed.items():
        path = project.root() / str(value)
        before = read.get(project.named(value)) if isinstance(value, str) else None
        if before is not None and path.is_file() and record.file_hash(path) != before:
            raise ParameterError(
                f"--name {layout.folder.name!r}: that variant holds {layout.run} of another content of {parameter} "
                f"{project.named(value)}, and is not overwritten; give another name, or give it up with --force"
            )


def require_same_cells(layout: Layout, notebook: Notebook, changed: Sequence[str]) -> None:
    """Refuse to put results in the place of those of other cells, where somebody changed some of either.

    Raises
    ------
    ParameterError
        Naming a cell.
    """
    if record.read(layout) is None:
        return
    before = record.assessment(layout)["changed"]
    if (before or changed) and notebooks.read(layout.results[0]).code() != notebook.code():
        told = f"there {before[0]}" if before else f"here {changed[0]}"
        raise ParameterError(
            f"--name {layout.folder.name!r}: that variant holds {layout.run} with other cells ({told}), and is not "
            "overwritten; give another name, or give it up with --force"
        )


def content_name(
    run: str, parameters: Mapping[str, Any], used: Iterable[Mapping[str, str]], cells: Sequence[str] = ()
) -> str:
    """The name of a variant nobody named: its notebook and eight digits that stand for parameters, all it read, and the `cells`
    where these are not the project's."""
    read = sorted([PurePath(u["table"]).name, u["vintage"], u["sha256"]] for u in used)
    content = json.dumps([parameters_cell.told(parameters), read, *([cells] if cells else [])], sort_keys=True)
    return f"{run}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
