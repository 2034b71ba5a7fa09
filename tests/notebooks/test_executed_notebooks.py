"""The committed notebooks: stripped where they are written, executed where they are read, and the same in both.

A stripped notebook passes nbval whatever its code does, so this guards that the executed ones carry outputs.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crimjust_research.runs import notebooks
from crimjust_research.runs.notebooks import Notebook

ROOT = Path(__file__).parents[2]
WRITTEN = [notebooks.read(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
EXECUTED = {path.stem: notebooks.read(path) for path in sorted((ROOT / "reports" / "notebooks").glob("*.ipynb"))}
each = pytest.mark.parametrize("notebook", WRITTEN, ids=lambda notebook: notebook.name)


def test_there_are_notebooks_and_each_has_an_executed_twin() -> None:
    assert WRITTEN
    assert {notebook.name for notebook in WRITTEN} == set(EXECUTED)


@each
def test_written_notebook_is_stripped(notebook: Notebook) -> None:
    assert notebooks.is_stripped(notebook), "run `crimjust notebooks strip`"


@each
def test_no_function_or_class_is_defined_in_a_notebook(notebook: Notebook) -> None:
    import ast

    code = ast.parse("\n".join(notebooks.source(c) for c in notebook.cells if c["cell_type"] == "code"))
    defined = [n for n in ast.walk(code) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    assert defined == []


@each
def test_executed_twin_has_the_same_cells_ran_whole_and_shows_something(notebook: Notebook) -> None:
    twin = EXECUTED[notebook.name]
    assert notebooks.stripped(twin.content) == notebook.content, "run `crimjust run`"
    assert notebooks.is_executed(twin.content)
    shown = [output for cell in twin.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in shown for kind in output.get("data", {})}
    assert {"text/html", "text/plain"} <= kinds
    assert "data:image/svg+xml," in json.dumps(shown)
    assert notebooks.unstable_outputs(twin.content) == []


@each
def test_every_figure_and_check_of_a_question_has_its_sentence(notebook: Notebook) -> None:
    saved = json.loads((ROOT / "reports" / "assessments" / f"{notebook.name}.json").read_text(encoding="utf-8"))
    assert [figure["name"] for figure in saved["figures"] if not figure["says"]] == []
    assert [check["name"] for check in saved["checks"] if not check["sentence"]] == []


def test_nbval_compares_drawings_byte_for_byte(tmp_path: Path) -> None:
    """Were drawings passed over, the executed notebooks could show anything."""
    code = "from IPython.display import HTML\nHTML('<svg><path d=\"M0,0L7.25,1\"/></svg>')"
    drawing = {
        "text/html": ['<svg><path d="M0,0L7.25,1"/></svg>'],
        "text/plain": ["<IPython.core.display.HTML object>"],
    }
    cell = {
        "cell_type": "code",
        "id": "cell-1",
        "metadata": {},
        "source": [code],
        "execution_count": 1,
        "outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": drawing}],
    }
    moved = json.loads(json.dumps(cell))
    moved["outputs"][0]["data"]["text/html"] = [drawing["text/html"][0].replace("7.25", "7.26")]
    for name, stored in (("same", cell), ("moved", moved)):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({**WRITTEN[0].content, "cells": [stored]}))
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-c", os.devnull, "-rA"]
    done = subprocess.run([*command, "same.ipynb", "moved.ipynb"], capture_output=True, text=True, cwd=tmp_path)
    outcome = dict(re.findall(r"^(PASSED|FAILED) (\w+)\.ipynb::", done.stdout, re.MULTILINE))
    assert outcome == {"PASSED": "same", "FAILED": "moved"}, done.stdout
