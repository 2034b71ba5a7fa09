"""Fixtures for tests of runs and of the report."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import reported
from toy_checkout import Checkout, write_library


@pytest.fixture(scope="session")
def kernels_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where kernels import the toy package from: one place for all tests, so that they share a warm process."""
    library = tmp_path_factory.mktemp("lib")
    write_library(library)
    yield library
    if "crimjust_research.runs.warm_process" in sys.modules:
        from crimjust_research.runs.warm_process import close_all

        close_all()


@pytest.fixture
def checkout(tmp_path: Path, kernels_library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """A checkout of its own, which this process and the kernels it starts take for the project."""
    made = Checkout.make(tmp_path)
    monkeypatch.syspath_prepend(str(made.library))
    monkeypatch.setenv("PYTHONPATH", str(kernels_library))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    _forget_toy()
    yield made
    _forget_toy()


def _forget_toy() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "toy"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def reported_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two assessments published; never changed by a test."""
    home = tmp_path_factory.mktemp("project")
    reported.store_data(home)
    reported.publish(reported.markets(home), home / "reports", reported.FIRST, pandas="3.1.0")
    (home / "reports" / "estimates.csv").write_text("run,id,p_adjusted\n")
    reported.publish(reported.cooperation(home), home / "reports", reported.SECOND)
    return home


@pytest.fixture
def reports(reported_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the published results that a test may break."""
    return reported.copied(reported_project, tmp_path / "project", monkeypatch) / "reports"


@pytest.fixture
def supplied(reports: Path) -> Path:
    """A variant of one assessment, of which the plan registers nothing, that read a person's file alone."""
    (reports / "assessments" / f"{reported.FIRST}.json").unlink()
    path = reports / "assessments" / f"{reported.SECOND}.json"
    saved = json.loads(path.read_text())
    used = [{"table": "mine/cases.csv", "vintage": "2024-01-31", "sha256": "0" * 64}]
    path.write_text(json.dumps(saved | {"title": "What own records say", "used": used, "departures": []}))
    return reports
