"""One lock for everyone: conda, Binder, make and CI install the same versions on the Pythons the project supports."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
ENVIRONMENT = (ROOT / "environment.yml").read_text()


def test_conda_supplies_python_and_pip_only_and_what_follows_it_reads_the_lock() -> None:
    dependencies = re.findall(r"^\s*- (.+)$", ENVIRONMENT.split("dependencies:")[1], re.M)
    python, *rest = dependencies
    assert rest == ["pip"]
    installs = [line for line in (ROOT / "postBuild").read_text().splitlines() if line.startswith("pip ")]
    assert installs[0] == "pip install --no-deps --require-hashes --requirement requirements.lock"
    assert "&& sh postBuild" in ENVIRONMENT
    minor = int(re.fullmatch(r"python=3\.(\d+)", python)[1])  # type: ignore[index]
    assert minor >= int(re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])[1])  # type: ignore[index]
    assert f"Programming Language :: Python :: 3.{minor}" in PROJECT["classifiers"]
    assert "name: " + PROJECT["name"] in ENVIRONMENT


def test_ci_runs_on_every_supported_python() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    listed = re.search(r"python: \[(.+)\]", workflow)[1]  # type: ignore[index]
    supported = [c.split(":: ")[-1] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert re.findall(r'"([\d.]+)"', listed) == supported


@pytest.mark.parametrize("group", ["dependencies", "dev"])
def test_every_dependency_is_locked(group: str) -> None:
    wanted = PROJECT["dependencies"] if group == "dependencies" else PROJECT["optional-dependencies"]["dev"]
    names = {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in wanted}  # type: ignore[index]
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", LOCK, re.M)}
    assert names <= locked


def test_every_locked_version_has_hashes_and_no_address_is_named() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_the_installer_is_installed_by_its_hash() -> None:
    setup = (ROOT / "Makefile").read_text()
    pip = [
        line for line in setup.splitlines() if re.search(r"\bpip (install|sync)\b", line) and "--editable" not in line
    ]
    assert len(pip) == 2
    assert all("--require-hashes" in line for line in pip)
    entry = re.search(r"^uv==.*?# via", LOCK, re.M | re.S)
    assert entry
    assert re.findall(r"^\S+==", entry[0], re.M) == ["uv=="]


def test_workflows_run_actions_of_one_commit_and_keep_no_credentials() -> None:
    for workflow in (ROOT / ".github/workflows").glob("*.y*ml"):
        jobs = yaml.safe_load(workflow.read_text())["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"] if "uses" in step]
        assert steps
        for step in steps:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
            if step["uses"].startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_continuous_integration_runs_make_test() -> None:
    assert re.search(r"^make test$", (ROOT / ".ci/run").read_text(), re.M)
