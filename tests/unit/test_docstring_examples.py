"""Every example in a docstring comes out as it says."""

import doctest
import importlib
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if "\n    >>> " in (text := path.read_text(encoding="utf-8")) or "\n>>> " in text
)


def test_there_are_examples() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("module", MODULES)
def test_examples_come_out_as_they_say(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed, ran = doctest.testmod(importlib.import_module(module))
    assert ran
    assert not failed, capsys.readouterr().out
