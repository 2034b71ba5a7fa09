"""What `--help` says: summaries that are whole on a narrow terminal, and examples that the commands take."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest

from crimjust_research.cli import crimjust
from crimjust_research.runs import grid, notebooks, parameters

NARROW = 80


def verbs(group: click.Group = crimjust, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


VERBS = dict(verbs())


def examples() -> Iterator[list[str]]:
    for command in VERBS.values():
        for line in cleandoc(command.help or "").splitlines():
            if line.startswith("  crimjust "):
                yield shlex.split(re.split(r"\s{3,}", line.strip())[0])[1:]


@pytest.mark.parametrize("path", [path for path, command in VERBS.items() if isinstance(command, click.Group)])
def test_no_summary_is_cut_short(path: tuple[str, ...]) -> None:
    command = VERBS[path]
    told = command.get_help(click.Context(command, info_name="crimjust", terminal_width=NARROW))
    assert "..." not in told.partition("Commands:")[2]
    assert max(map(len, told.splitlines())) <= NARROW + 10  # an example may be longer


@pytest.mark.parametrize("words", list(examples()), ids=" ".join)
def test_an_example_is_a_command_that_there_is(words: list[str]) -> None:
    path = next(tuple(words[:length]) for length in (2, 1) if tuple(words[:length]) in VERBS)
    command = VERBS[path]
    rest = words[len(path) :]
    if "--help" in rest:
        rest.remove("--help")
    context = command.make_context(" ".join(path), rest)
    assert not context.args
    for name in re.findall(r"\b\d\d_\w+", " ".join(rest)):
        assert notebooks.find(name)


def test_the_grid_that_stands_as_an_example_is_one_that_runs(tmp_path: Path) -> None:
    sweep = VERBS["sweep",]
    assert sweep.help
    text = textwrap.dedent(sweep.help.partition("grid.toml:\n")[2])
    file = tmp_path / "grid.toml"
    file.write_text(text, encoding="utf-8")
    cells = grid.read(file)
    assert len(cells) == 7
    found = notebooks.find("01_outcome1_markets")
    for cell in cells:
        assert parameters.resolve(found, cell)
