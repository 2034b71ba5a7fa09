"""Commands that documents name, in running text or in blocks that no test types: each exists and takes what is given.

They are not run: they take minutes or hours, fetch something, wait for other machines, or hold a word that the reader fills in.
The commands of other programs are not looked at, but for dask's, which RUNS.md says to type: `pip install dask-jobqueue` and what
starts a cluster with it need packages and machines that are not at hand here.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from distributed.cli.dask_scheduler import main as dask_scheduler
from distributed.cli.dask_worker import main as dask_worker

from crimjust_research.cli import crimjust
from crimjust_research.runs import grid, notebooks, parameters
from reliability.__main__ import CAMPAIGNS
from validation.__main__ import PARTS

ROOT = Path(__file__).parents[2]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
STARTS = r"(?:\.venv/bin/)?(?:crimjust|make|dask|python -m|bash \.ci|\.ci)(?=[ /`])"
# Between marks of code; or a line of its own that begins with one, as in a block.
NAMED = re.compile(rf"(?<!`)`({STARTS}[^`]*)`|^(crimjust [^\n#]+|\.venv/bin/[^\n#]+|dask [a-z]+ [^\n#]+)", re.MULTILINE)
DASK = {"scheduler": dask_scheduler, "worker": dask_worker}
NAMES = {"validation": set(PARTS), "reliability": {*CAMPAIGNS, "NAME", "NUMBER"}}


def named(page: Path) -> Iterator[list[str]]:
    """The words of each command that a page names."""
    for found in NAMED.finditer(page.read_text(encoding="utf-8")):
        # Choices are told as `a | b`, and what may be left out in brackets.
        yield (found[1] or found[2]).removeprefix(".venv/bin/").split()


def takes(command: click.Command, words: list[str]) -> None:
    """Refuse options that the command, or the one of its verbs that is named, does not take."""
    rest = [word for word in words if word != "--debug"]
    while isinstance(command, click.Group) and rest:
        if rest[0] == "COMMAND":
            return
        assert rest[0] in command.commands, f"there is no {rest[0]}"
        command = command.commands[rest.pop(0)]
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help"}
    unknown = {word.partition("=")[0] for word in rest if re.match("--?[a-z]", word)} - known
    assert not unknown, f"there is no {', '.join(sorted(unknown))}"


def exists(words: list[str]) -> None:
    """Refuse a command that there is not, or that does not take what is given."""
    match words:
        case ["crimjust", *rest]:
            takes(crimjust, rest)
        case ["make", *verbs]:
            for verb in verbs:
                assert re.search(rf"^{verb}:", (ROOT / "Makefile").read_text(), re.MULTILINE), f"there is no {verb}"
        case ["dask", verb, *rest]:
            takes(DASK[verb], rest)
        case ["python", "-m", module, *rest]:
            at = ROOT.joinpath(*module.split("."))
            assert at.with_suffix(".py").is_file() or (at / "__main__.py").is_file(), f"there is no {module}"
            parts = {word for word in rest if re.match("[A-Za-z]", word)}
            assert parts <= NAMES.get(module, set()), f"there is no {', '.join(sorted(parts))}"
        case ["bash", script, *_] | [script, *_]:
            assert (ROOT / script).exists(), f"there is no {script}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_named_exist_and_take_the_options_named(page: Path) -> None:
    for words in named(page):
        try:
            exists(words)
        except (AssertionError, KeyError) as error:
            pytest.fail(f"`{shlex.join(words)}`: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_notebooks_named_are_there(page: Path) -> None:
    written = re.findall(r"file=(\w+)\.py", page.read_text(encoding="utf-8"))  # by the page itself
    for word in {word.partition("/")[0] for words in named(page) for word in words} - {*written}:
        if re.fullmatch(r"\d\d_\w+", word):
            assert notebooks.find(word)


def test_none_is_overlooked() -> None:
    found = {" ".join(words[:3]) for page in PAGES for words in named(page)}
    for one in (
        "make validate-r",
        "dask worker tls://SCHEDULER:8786",
        ".ci/crates",
        "python -m reliability.dependencies",
    ):
        assert one in found


def test_the_grid_that_is_told_of_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "RUNS.md").read_text(encoding="utf-8")
    ((notebook, told),) = re.findall(
        r"^crimjust sweep (\w+) --grid grid.toml\n```$[^`]+`[^`]+`[^`]+^```toml\n([^`]+)", text, re.M
    )
    (tmp_path / "grid.toml").write_text(told, encoding="utf-8")
    cells = grid.read(tmp_path / "grid.toml")
    assert len(cells) == 2 * 3 + 1
    for cell in cells:
        parameters.resolve(notebooks.find(notebook), cell)
