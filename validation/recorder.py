"""A plugin of pytest that notes every number a test compares: what came out, what it is held against, and how near it must be.

    pytest -p validation.recorder -o enable_assertion_pass_hook=true --compared FILE tests/designs

Answers stand in the tests, and nowhere else: this takes them from there. A line of JSON for each comparison that held.
"""

import ast
import json
import math
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
_APPROX, _ALLCLOSE = pytest.approx, np.testing.assert_allclose


class Recorder:
    """Notes comparisons of the test that runs, and writes them when it has passed."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a", encoding="utf-8")
        self.noted: list[dict[str, Any]] = []

    def note(self, ours: Any, answer: Any, rel: float | None, abs_: float | None) -> None:
        """The element of what is compared that lies nearest to its limit, and how many there are."""
        line, statement = where()
        elements = list(pairs(ours, answer))
        if not (line and elements):
            return
        limits = [_APPROX(theirs, rel=rel, abs=abs_).tolerance for _, theirs in elements]
        nearest = max(range(len(elements)), key=lambda k: share(*elements[k], limits[k]))
        own, theirs = elements[nearest]
        self.noted.append(
            {
                "line": line,
                "statement": statement,
                "count": len(elements),
                "ours": own,
                "answer": theirs,
                "tolerance": limits[nearest],
            }
        )

    @pytest.hookimpl
    def pytest_assertion_pass(self, item: pytest.Item, lineno: int, orig: str, expl: str) -> None:
        """An assertion that held, of numbers that must be the very same: those within a tolerance are noted already."""
        del expl
        path = Path(item.path)
        statement = statement_at(path, lineno)
        if "==" in orig and "approx" not in statement and "assert" in statement:
            self.noted.append({"line": lineno, "statement": statement, "count": 1, "tolerance": 0.0})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self.noted = []
        yield
        test = item.nodeid.split("[")[0]
        for row in self.noted:
            self.file.write(json.dumps({"test": test, **row}) + "\n")
        self.file.flush()


class Approximately:
    """What `pytest.approx` gives, with a note of each comparison."""

    __array_ufunc__ = None
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, recorder: Recorder, expected: Any, rel: float | None, abs_: float | None, nan_ok: bool) -> None:
        self.recorder, self.expected, self.rel, self.abs = recorder, expected, rel, abs_
        self.inner = _APPROX(expected, rel=rel, abs=abs_, nan_ok=nan_ok)

    def __eq__(self, actual: Any) -> bool:
        held = bool(actual == self.inner)
        if held:
            self.recorder.note(actual, self.expected, self.rel, self.abs)
        return held

    def __ne__(self, actual: Any) -> bool:
        return not actual == self.inner

    def __repr__(self) -> str:
        return repr(self.inner)


def pairs(ours: Any, answer: Any) -> Iterator[tuple[float, float]]:
    """Finite numbers of ours beside the answer's, element by element; of anything else nothing."""
    try:
        if isinstance(answer, dict):
            ours, answer = [ours[key] for key in answer], list(answer.values())
        both = np.broadcast_arrays(np.asarray(ours, np.float64), np.asarray(answer, np.float64))
    except (TypeError, ValueError, KeyError):
        return
    for own, theirs in zip(both[0].ravel().tolist(), both[1].ravel().tolist(), strict=True):
        if math.isfinite(own) and math.isfinite(theirs):
            yield own, theirs


def share(ours: float, answer: float, tolerance: float) -> float:
    """How much of its tolerance a difference takes."""
    return abs(ours - answer) / tolerance if tolerance else 0.0


def where() -> tuple[int, str]:
    """Line and statement of the test file that compares; 0 where it is none of these."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT / "tests" / "designs"):
            return frame.f_lineno, statement_at(path, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return 0, ""


def statement_at(path: Path, line: int) -> str:
    """The smallest statement of a file that holds a line, as Python would write it on one line."""
    held = [node for node in statements(path) if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return ast.unparse(min(held, key=lambda node: (node.end_lineno or 0) - node.lineno)) if held else ""


@cache
def statements(path: Path) -> tuple[ast.stmt, ...]:
    """The simple statements of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(n for n in ast.walk(tree) if isinstance(n, ast.stmt) and not hasattr(n, "body"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--compared", type=Path, help="file that is to hold what was compared")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--compared")
    if path is None:
        return
    recorder = Recorder(path)
    config.pluginmanager.register(recorder)

    def approx(expected: Any, rel: Any = None, abs: Any = None, nan_ok: bool = False) -> Approximately:
        return Approximately(recorder, expected, rel, abs, nan_ok)

    def allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 0, **more: Any) -> None:
        _ALLCLOSE(actual, desired, rtol=rtol, atol=atol, **more)
        # A sum of both tolerances here, the larger of both there.
        recorder.note(actual, desired, rtol, atol)

    for target, name, new in ((pytest, "approx", approx), (np.testing, "assert_allclose", allclose)):
        patched = patch.object(target, name, new)
        patched.start()
        config.add_cleanup(patched.stop)
