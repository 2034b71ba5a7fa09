"""docs/METHODS.md and docs/methods name functions, modules and tests that exist, every design, and the thresholds of grades."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from crimjust_research.evidence import plan

ROOT = Path(__file__).parents[2]
DESIGNS = ROOT / "src" / "crimjust_research" / "designs"
PAGES = (ROOT / "docs" / "METHODS.md", *sorted((ROOT / "docs" / "methods").glob("*.md")))

# The thresholds of the plan, and how the rule of grades tells them in words.
TOLD = {
    "alpha": (0.05, "two one-sided tests within the margin is below .05"),
    "answerable_power": (0.5, "its power at that level, against the margin, is below one half"),
    "check_power": (0.8, "at least one that passed had power of .8 to fail"),
    "specifications_at_least": (5, "those that the plan lists, at least five that count"),
    "altered_rows_at_least": (0.05, "One that alters less than a twentieth of the registered rows does not count"),
    "subset_rows_at_least": (0.8, "one with fewer than four fifths of the rows for the sign only"),
    "same_sign_at_least": (0.9, "Nine in ten keep the sign"),
    "significant_at_least": (0.75, "three in four have p below .05"),
    "left_out_size_at_least": (0.5, "Sign kept, at least half the size"),
    "left_out_p_below": (0.1, "at least half the size, p below .10"),
    "left_out_units_at_least": (5, "With fewer than five units this informs only"),
    "size_capped_above": (0.075, "rejects at most 7.5 % of true nulls at 5 %"),
}


def entries() -> dict[str, str]:
    """Text of each estimator's entry by its heading: a section that names functions."""
    found = {}
    for page in PAGES:
        for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            heading, text = section.split("\n", 1)
            if "`" in heading:
                found[f"{page.stem}: {heading}"] = text
    return found


ENTRIES = entries()


@cache
def defined(path: Path) -> set[str]:
    """Names of the functions and classes at the top of a module."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_named_exist(page: Path) -> None:
    for file, name in re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", page.read_text(encoding="utf-8")):
        assert (ROOT / file).is_file(), f"{page.name} names {file}, which does not exist"
        assert not name or name in defined(ROOT / file), f"{page.name} names {file}::{name}, which does not exist"


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_names_functions_that_exist_and_what_tests_them(entry: str) -> None:
    known = set().union(*(defined(path) for path in DESIGNS.rglob("*.py")))
    unknown = set(re.findall(r"`(\w+)`", entry)) - known
    assert not unknown, f"no design defines {', '.join(sorted(unknown))}"
    assert re.search(r"`tests/designs/\w+\.py::test_\w+`", ENTRIES[entry]), "the entry names no test"


def test_modules_named_are_those_of_today() -> None:
    """Every module that computes something is named, and every name is a module."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"`designs/([\w/]+\.py)`", text))
    modules = {path.relative_to(DESIGNS).as_posix() for path in DESIGNS.rglob("*.py") if path.name != "__init__.py"}
    assert named == modules


def test_the_rule_of_grades_is_told_with_the_thresholds_of_the_plan() -> None:
    text = " ".join(PAGES[0].read_text(encoding="utf-8").split())
    thresholds = dict(plan.load().thresholds)
    assert thresholds == {name: value for name, (value, _) in TOLD.items()}
    for _, words in TOLD.values():
        assert words in text
