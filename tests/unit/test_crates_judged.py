"""Crates of the report and of two runs hold to what their profiles require, as a validator judges, and to no less."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from toy_checkout import ROOT

from crimjust_research import came_with
from crimjust_research.report import downloads, edition
from crimjust_research.report.crates import entities, one, whole
from crimjust_research.runs.record import Layout

RUNS = ("90_scorecard", "08_outcome3_diversification")
# What the smallest report has beside the files of one run.
AROUND = ("Makefile", "data/raw/datapackage.json", "data/processed/datapackage.json", "reports/estimates.csv")
# What is taken from an entity of that kind, and what the validator must then say.
TAKEN = {
    ("Dataset", "datePublished"): "datePublished",
    ("ComputationalWorkflow", "programmingLanguage"): "The Main Workflow must refer to its language",
    ("ComputationalWorkflow", "hasPart"): "MUST refer to orchestrated tools via hasPart",
    ("FormalParameter", "additionalType"): "FormalParameter MUST have an additionalType",
    ("CreateAction", "instrument"): "The Action MUST have an instrument",
    ("HowToStep", "workExample"): "must refer to its corresponding tool via workExample",
    ("ControlAction", "object"): "must reference the action representing the corresponding tool run",
    ("OrganizeAction", "result"): "must reference the action representing the workflow run",
}
LOST = "data/raw/seizures_country/2024.csv"


def zipped(files: dict[str, bytes]) -> bytes:
    return downloads.zipped("", "", files).content


def without(content: bytes) -> bytes:
    """A crate's description without what is required of it; of entities of which there are many the last one lacks it."""
    described: dict[str, Any] = json.loads(content)
    for kind, name in TAKEN:
        entity = [one for one in described["@graph"] if kind in one["@type"] and name in one][-1]
        del entity[name]
    return json.dumps(described).encode()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the validator says of each crate, in a process of its own, for it changes how others read such files."""
    folder, of_this = tmp_path_factory.mktemp("crates"), edition.at_hand()
    for run in RUNS:
        files = one.files(of_this, Layout(ROOT / "reports", run))
        (folder / f"{run}.crate.zip").write_bytes(zipped(files))
    names = came_with.names(ROOT) - {entities.NAME, came_with.LIST}
    held = {name: (ROOT / name).read_bytes() for name in names if (ROOT / name).is_file()}
    (folder / "report.crate.json").write_bytes(whole.metadata(of_this, held))
    files |= {name: (ROOT / name).read_bytes() for name in AROUND}
    files[entities.NAME] = without(whole.metadata(of_this, {n: files[n] for n in files if n != entities.NAME}))
    (folder / "report-lacking.crate.zip").write_bytes(zipped({n: files[n] for n in files if n != LOST}))
    judge = [sys.executable, str(ROOT / "tests" / "crates_judged.py"), str(folder)]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    told: dict[str, str] = {}
    for line in done.stdout.splitlines():
        crate, _, says = line.partition(": ")
        told[crate] = f"{told.get(crate, '')}{says}\n"
    return told


@pytest.mark.parametrize("run", RUNS)
def test_a_run_is_a_workflow_run_crate(judged: dict[str, str], run: str) -> None:
    assert judged[f"{run}.crate.zip"] == "conforms to workflow-run-crate\n"


def test_the_report_is_a_provenance_run_crate(judged: dict[str, str]) -> None:
    assert judged["report.crate.json"] == "conforms to provenance-run-crate\n"


@pytest.mark.parametrize("lacks", [*TAKEN.values(), LOST])
def test_what_is_required_and_lacking_is_found(judged: dict[str, str], lacks: str) -> None:
    assert lacks in judged["report-lacking.crate.zip"]


def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    """A context that is not kept cannot be fetched: then nothing passes."""
    described = {"@context": "https://w3id.org/ro/crate/9.9/context", "@graph": []}
    (tmp_path / "report.crate.json").write_text(json.dumps(described))
    judge = [sys.executable, str(ROOT / "tests" / "crates_judged.py"), str(tmp_path)]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not judged" in done.stdout
    assert "conforms" not in done.stdout
