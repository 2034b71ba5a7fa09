"""The form of a notebook that is the analysis: short cells that show something, words before them, nothing defined."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [notebooks.read(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
LONGEST, LONGEST_FIGURE, WIDEST = 15, 20, 100


def code_cells(notebook: Notebook) -> list[tuple[int, str, set[str]]]:
    """Number, source and tags of every code cell."""
    return [
        (number, notebooks.source(cell), set(notebooks.tags(cell)))
        for number, cell in enumerate(notebook.cells, start=1)
        if cell["cell_type"] == "code"
    ]


def assigned(code: str) -> set[str]:
    """Names a cell binds at its top level, loop variables included."""
    return {
        node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def used(code: str) -> set[str]:
    return {
        node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@each
def test_cells_are_short_and_narrow(notebook: Notebook) -> None:
    for number, source, tags in code_cells(notebook):
        lines = source.splitlines()
        most = LONGEST_FIGURE if "figure" in tags else LONGEST
        assert len(lines) <= most or number <= 3, (
            f"cell {number} has {len(lines)} lines; a longer cell is a missing step"
        )
        assert max(map(len, lines)) <= WIDEST, f"cell {number} is {max(map(len, lines))} wide"


@each
def test_there_are_neither_few_nor_many(notebook: Notebook) -> None:
    assert 6 <= len(code_cells(notebook)) <= 34


@each
def test_every_cell_shows_something(notebook: Notebook) -> None:
    for number, source, tags in code_cells(notebook):
        last = ast.parse(source).body[-1]
        assert isinstance(last, ast.Expr) or "parameters" in tags, f"cell {number} ends without showing anything"


@each
def test_nothing_is_defined_and_nothing_assessed_elsewhere(notebook: Notebook) -> None:
    for number, source, _ in code_cells(notebook):
        nodes = list(ast.walk(ast.parse(source)))
        defined = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
        assert not defined, f"cell {number} defines {defined[0].name}"
        assert "assess(" not in source


@each
def test_no_cell_assigns_a_parameter(notebook: Notebook) -> None:
    """Beginning the study again after a loop over `end` would read that."""
    for number, source, tags in code_cells(notebook):
        if "parameters" not in tags:
            wrong = assigned(source) & notebook.defaults.keys()
            assert not wrong, f"cell {number} assigns the parameter {wrong}"


@each
def test_parameters_are_read_off_the_study_alone(notebook: Notebook) -> None:
    """Only what the study has checked may be used."""
    for number, source, _ in code_cells(notebook):
        wrong = used(source) & notebook.defaults.keys()
        assert not wrong, f"cell {number} reads {wrong}; write p.{next(iter(wrong))}"


@each
@pytest.mark.parametrize("tag", ["figure", "power", "answer"])
def test_what_a_sweep_leaves_out_is_not_missed(notebook: Notebook, tag: str) -> None:
    """No later cell without the tag needs what a cell of the tag alone assigns."""
    left_out: set[str] = set()
    known: set[str] = set()
    for number, source, tags in code_cells(notebook):
        if tag in tags:
            left_out |= assigned(source) - known
            continue
        missing = used(source) & left_out - assigned(source)
        assert not missing, f"cell {number} needs {missing}, which only cells tagged {tag!r} assign"
        known |= assigned(source)
        left_out -= assigned(source)


@each
def test_tags_are_known_and_the_registered_estimate_is_marked(notebook: Notebook) -> None:
    tags = [tag for _, _, found in code_cells(notebook) for tag in found]
    assert set(tags) <= {"parameters", "registered", "figure", "power", "answer"}
    assert tags.count("parameters") == 1
    assert tags.count("registered") == 1
    assert "answer" in tags


@each
def test_words_stand_before_every_part(notebook: Notebook) -> None:
    """No more than four code cells follow each other without a word."""
    kinds = "".join("m" if cell["cell_type"] == "markdown" else "c" for cell in notebook.cells)
    assert "ccccc" not in kinds


@each
def test_parameters_cell_and_class_declare_the_same_and_each_has_a_sentence(notebook: Notebook) -> None:
    declared = parameters.model(notebook).model_fields
    assert list(notebook.defaults) == list(declared)
    for name, field in declared.items():
        assert field.is_required(), f"{name}: the notebook's cell is the one place of defaults"
        assert field.description, f"{name} has no sentence"


@each
def test_the_notebooks_own_parameters_are_admitted(notebook: Notebook) -> None:
    assert not parameters.resolve([notebook], {})[0].changed


@each
def test_the_figure_that_carries_the_answer_is_drawn_in_a_cell(notebook: Notebook) -> None:
    question = import_module(notebook.params.partition(":")[0].rpartition(".")[0]).QUESTION
    p = parameters.model(notebook).model_validate(notebook.defaults)
    named = question.figure.format(p=p).removesuffix(getattr(p, "mark", ""))
    assert named
    drawn = [code for _, code, _ in code_cells(notebook) if "study.figure(" in code]
    assert [code for code in drawn if f'"{named}' in code]
