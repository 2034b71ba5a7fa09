"""Files that are known by their hash keep their bytes in every clone."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HASHED = (
    "data/raw/datapackage.json",
    "docs/analysis_plan.toml",
    "notebooks/01_outcome1_markets.ipynb",
    "reports/estimates.csv",
    "requirements.lock",
    "src/crimjust_research/questions/markets/answer.j2",
    "tests/data/published/README.md",
)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="git, whose clones are told of here, is not installed")
@pytest.mark.parametrize("setting", ["true", "input", "false"])
def test_a_clone_has_the_bytes_of_every_file_whatever_its_setting_of_line_ends(tmp_path: Path, setting: str) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    kept = {name: (ROOT / name).read_bytes() for name in (".gitattributes", *HASHED)}
    kept["data/from_a_publisher.csv"] = b"drug,count\r\ncocaine,3\r\n"
    for name, content in kept.items():
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_bytes(content)
    git(origin, "init", "--quiet")
    git(origin, "-c", f"core.autocrlf={setting}", "add", "--all")
    git(origin, "-c", f"core.autocrlf={setting}", "commit", "--quiet", "--message", "files")
    git(tmp_path, "clone", "--quiet", "--config", f"core.autocrlf={setting}", str(origin), str(clone))
    assert {name: (clone / name).read_bytes() for name in kept} == kept
