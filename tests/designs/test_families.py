"""Families of designs import each other one way only, and rarely."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import crimjust_research.designs

FOLDER = Path(crimjust_research.designs.__file__).parent
PREFIX = "crimjust_research.designs."


def families_imported(path: Path) -> set[str]:
    """Families, or modules beside them, that a module imports from."""
    return {
        node.module.removeprefix(PREFIX).split(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PREFIX)
    }


def test_no_circle_among_families() -> None:
    shared = {path.stem for path in FOLDER.glob("*.py")}
    needs: dict[str, set[str]] = {name: families_imported(FOLDER / f"{name}.py") for name in shared - {"__init__"}}
    for path in FOLDER.glob("*/*.py"):
        family = path.parent.name
        needs.setdefault(family, set()).update(families_imported(path) - {family})
    assert len(list(TopologicalSorter(needs).static_order())) >= len(needs) > 9
    between = {(family, other) for family, others in needs.items() for other in others - shared if family not in shared}
    assert between <= {
        ("composition", "resampling"),
        ("networks", "resampling"),
        ("panel", "series"),
        ("rollout", "panel"),
        ("rollout", "resampling"),
        ("rollout", "timing"),
        ("timing", "panel"),
        ("timing", "resampling"),
        ("timing", "staggered"),
    }
    assert not any(needs[name] - shared for name in shared - {"__init__"})
