"""Fixtures for tests of runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from toy_checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """A checkout of its own, which this process and the kernels it starts take for the project."""
    made = Checkout.make(tmp_path)
    monkeypatch.syspath_prepend(str(made.library))
    monkeypatch.setenv("PYTHONPATH", str(made.library))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    _forget_toy()
    yield made
    _forget_toy()


def _forget_toy() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "toy"]:
        del sys.modules[name]
