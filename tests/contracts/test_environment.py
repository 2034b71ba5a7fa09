"""One lock for everyone: conda, Binder, make and CI install the same versions on the Pythons the project supports."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

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


def test_make_takes_every_python_that_the_project_supports_and_no_older() -> None:
    (oldest,) = re.findall(r"sys\.version_info < \((\d+), (\d+)\)", (ROOT / "Makefile").read_text())
    assert PROJECT["requires-python"] == f">={'.'.join(oldest)}"


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="there is no git to ask")
def test_git_ignores_what_was_found_in_records_of_somebodys() -> None:
    folders = (
        "variants",
        "annual",
        "interactive",
        "crates",
        "failed",
        "sweeps",
        "comparisons",
        "export",
        "set-aside",
        ".pending",
    )
    asked = [f"reports/{folder}/x" for folder in folders]
    ignored = subprocess.run(["git", "check-ignore", *asked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ignored.stdout.splitlines() == asked


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
