"""README and the guides, typed as they stand into a copy of the checkout.

A fenced block of `sh` is commands that run; one of `sh refused` ends with status 1; of `sh minutes` it is checked that each
command exists and takes the options given. A block of `text` after it is what it prints, `…` standing for whatever is left
out. A block with `file=` is a file to write.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from typed import Typed, copy_of_checkout

from crimjust_research.cli import crimjust
from crimjust_research.runs import grid, notebooks, parameters

ROOT = Path(__file__).parents[2]
GUIDES = (ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md")))
COPIED = (
    *("src", "data", "docs", "notebooks", "reports"),
    *("CITATION.cff", "Makefile", "README.md", "pyproject.toml", "requirements.lock"),
)
# What this checkout may hold beside the reference results.
LEFT_OUT = (
    ".pending",
    "variants",
    "sweeps",
    "comparisons",
    "export",
    "failed",
    "set-aside",
    "interactive",
)
BLOCK = re.compile(r"^```(?P<info>\w.*)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
ANYTHING = "…"


class Block(NamedTuple):
    kind: str
    how: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(*block["info"].partition(" ")[::2], block["text"]) for block in found]


def commands(text: str) -> list[list[str]]:
    """The words of each command of a block, without comments."""
    return [words for line in text.replace("\\\n", " ").splitlines() if (words := shlex.split(line, comments=True))]


def as_pattern(quoted: str) -> str:
    """A pattern of what is printed, from lines in which `…` stands for anything: alone on its line, for any lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == ANYTHING else ".*".join(map(re.escape, line.split(ANYTHING))) + r".*\n"
        for line in quoted.splitlines()
    ]
    return "".join(lines)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """A shell in a copy of the checkout."""
    with copy_of_checkout(tmp_path_factory.mktemp("checkout"), COPIED, shutil.ignore_patterns(*LEFT_OUT)) as copied:
        yield copied


def exists(copy: Path, words: list[str]) -> None:
    """Refuse a command that there is not, or that does not take the options given, or a grid with a cell that cannot be."""
    if words[0] == "make":
        done = subprocess.run(["make", "--dry-run", *words[1:]], capture_output=True, text=True, cwd=copy)
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"
    else:
        assert words[0] == "crimjust", f"what is {words[0]}?"
        done = CliRunner().invoke(crimjust, [*words[1:], "--help"])
        assert done.exit_code == 0, f"{shlex.join(words)}: {done.output}"
        if words[1] == "sweep":
            for cell in grid.read(copy / words[words.index("--grid") + 1]):
                parameters.resolve(notebooks.find(words[2]), cell)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_every_command_does_what_is_said(page: Path, typed: Typed) -> None:
    copy, printed = typed.home, ""
    for block in blocks(page):
        if block.how.startswith("file="):
            (copy / block.how.removeprefix("file=")).write_text(block.text, encoding="utf-8")
        elif block.kind == "text":
            assert re.search(as_pattern(block.text), printed), f"{block.text}\nis not what is printed:\n{printed}"
        elif block.how == "minutes":
            for words in commands(block.text):
                exists(copy, words)
        else:
            assert (block.kind, block.how) in {("sh", ""), ("sh", "refused")}, f"what is a block of {block[:2]}?"
            # What README says is typed first of all, and starts as it does at a terminal.
            status, printed = typed(block.text, cold=page.stem == "README")
            assert status == (1 if block.how else 0), f"{block.text}\n{printed}"


def test_every_parameter_that_names_a_file_is_in_the_evaluators_guide() -> None:
    text = (ROOT / "docs" / "guides" / "evaluator.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for notebook in notebooks.find():
        for name in (described.name for described in parameters.described(notebook)):
            asked = f"-p {name}=FILE"
            told = any(f"`{notebook.name} " in row and asked in row for row in rows)
            assert told or not name.endswith("_file"), f"{notebook.name} {asked} is not in the table of own records"
