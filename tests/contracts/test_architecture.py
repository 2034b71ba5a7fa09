"""The rooms of the house and the one direction between them, held against the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "crimjust_research"
# Each room may import from those before it, and from itself.
ORDER = (
    "errors",
    "numbers",
    "spreadsheets",
    "locks",
    "project",
    "sources",
    "computed",
    "came_with",
    "written",
    "csv_files",
    "json_files",
    "yaml_files",
    "hand_written",
    "parameters_cell",
    "accepted",
    "parameter_faults",
    "vocabulary",
    "document",
    "framework",
    "coverage",
    "data",
    "designs",
    "charts",
    "evidence",
    "results",
    "shown",
    "own_questions",
    "study",
    "questions",
    "runs",
    "forms",
    "report",
    "lab",
    "cli",
    "__main__",
)
# Stricter than the order: designs know no country and no file, runs and report know no statistics.
FORBIDDEN = {
    "designs": set(ORDER) - {"errors", "numbers", "designs"},
    "charts": set(ORDER) - {"errors", "numbers", "charts"},
    "evidence": {"vocabulary", "document", "framework", "data", "designs", "charts"},
    "runs": {"designs", "questions", "document", "vocabulary"},
    "report": {"designs", "questions"},
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms a module imports, leaving out imports that only type checkers follow."""
    found = set()
    for node in walk_runtime(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "crimjust_research":
            names = [f"crimjust_research.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("crimjust_research.")}
    return found


def walk_runtime(node: ast.AST):  # type: ignore[no-untyped-def]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from walk_runtime(child)


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_every_module_stands_in_a_known_room() -> None:
    assert {room(path) for path in MODULES} - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize("path", [p for p in MODULES if p != PACKAGE / "__init__.py"], ids=lambda p: p.stem)
def test_imports_run_one_way(path: Path) -> None:
    here = room(path)
    later = set(ORDER[ORDER.index(here) + 1 :])
    wrong = imported_rooms(path) & (later | FORBIDDEN.get(here, set()))
    assert not wrong, f"{path.relative_to(PACKAGE)} imports {sorted(wrong)}"


def test_no_module_has_grown_past_five_hundred_lines() -> None:
    beside = [path for name in ("benchmarks", "reliability", "validation") for path in (ROOT / name).glob("*.py")]
    long = {p.name: n for p in (*MODULES, *beside) if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert not long


def test_the_map_in_the_documentation_names_every_room() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [name for name in ORDER if not name.startswith("__") and f"`{name}" not in text] == []


def test_the_map_leads_to_files_that_are_there() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    found = re.findall(r"`((?:src|data|docs|notebooks|tests|\.ci|\.github)/[^`]*\.\w+|(?:src|data|docs)/[^`]*/)`", text)
    # What is in angle brackets, with or without a number, stands for any.
    patterns = {re.sub("(NN_)?<[a-z]+>", "*", path).rstrip("/") for path in found}
    assert len(patterns) > 40
    assert [path for path in sorted(patterns) if not any(ROOT.glob(path))] == []
