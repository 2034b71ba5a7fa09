"""Names and paths that lead out, end programs or turn lines about: each is refused in words, or means what it says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from toy_checkout import Checkout

from crimjust_research.cli import crimjust
from crimjust_research.errors import CrimjustError, in_a_sentence
from crimjust_research.runs import runner

NAMES = (
    *("..", ".", "/etc/passwd", "../../etc", "../01_toy", "a/b", "a\\b", "~", "*", "[a-z]*", "%2e%2e", "C:", "C:\\x"),
    *(
        "x" * 300,
        "x" * 5000,
        "-x",
        "a\nb",
        "a\0b",
        "\u202egnp",
        "\x1b[31m",
        "\udcff",
        "con",
        "NUL.csv",
        "com1",
        "a.",
        "a ",
    ),
)
NAMED = (
    *(["run", "01_toy", "--name"], ["run"], ["params"], ["verify"], ["compare", "reference"], ["open", "--no-browser"]),
    *(["compare", "reference", "thrice", "--notebook"], ["open", "thrice", "--no-browser", "--notebook"]),
    *(["explain"], ["explain", "01_toy"], ["explain", "x", "--variant"], ["report", "--variant"], ["crate"]),
    *(["crate", "--variant"], ["figures"], ["figures", "--variant"], ["tables"], ["numbers", "--variant"], ["cite"]),
    *(["publish"], ["country"], ["data", "diff"], ["data", "refresh"], ["data", "check", "own.csv", "--as"]),
    *(["notebooks", "text"], ["notebooks", "accept"], ["sweep", "--grid", "grid.toml"]),
)
READ = (
    *(["sweep", "01_toy", "--grid"], ["plan"], ["run", "01_toy", "--plan"], ["run", "01_toy", "-f"]),
    *(["data", "ingest"], ["data", "check", "--as", "cases"], ["data", "fix", "--as", "cases", "--to", "new.csv"]),
    *(["data", "check", "own.csv", "--as", "defendants", "--cases"], ["notebooks", "write"]),
    *(["design", "--panel", "own.csv", "--phases"], ["design", "--phases", "own.csv", "--panel"]),
)
WRITTEN = (["data", "fix", "own.csv", "--as", "cases", "--to"], ["simulate", "--seed", "1", "--cases", "10"])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout with results and a variant, in a folder with somebody's own files beside it."""
    around = tmp_path_factory.mktemp("around")
    root = around / "checkout"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        made = Checkout.make(root)
        patch.syspath_prepend(str(made.library))
        patch.setenv("PYTHONPATH", str(made.library))
        patch.setenv("CRIMJUST_HOME", str(root))
        patch.chdir(root)
        made.notebook("01_toy")
        runner.run("01_toy")
        runner.run("01_toy", {"factor": 3}, variant="thrice")
        (around / "01_toy.ipynb").write_text("mine")
        (around / "outside").mkdir()
        (root / "grid.toml").write_text("[grid]\nfactor = [1]\n")
        (root / "own.csv").write_text("a,b\n1,2\n")
        os.mkfifo(root / "pipe")
        for name, target in (("loop", "loop"), ("dead", "/nowhere/at/all"), ("out", around / "outside")):
            (root / name).symlink_to(target)
        yield root


def typed(*words: str) -> Result:
    """What came of a command, which is a sentence or what was asked for."""
    done = CliRunner().invoke(crimjust, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        told, status = in_a_sentence(done.exception)  # type: ignore[arg-type]
        assert status == 1, (words, done.exception)
        assert isinstance(done.exception, CrimjustError) or "then type the same" in told or "circle" in told
    return done


def everything(root: Path) -> dict[Path, int]:
    """Every file and folder around a checkout that is not for the project's own bookkeeping, and when it was changed."""
    aside = {".computed", "__pycache__", ".lock"}
    found = (path for path in root.parent.rglob("*") if aside.isdisjoint(path.parts))
    return {path: path.lstat().st_mtime_ns for path in found if not path.is_dir() or path.is_symlink()}


@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_no_name_leads_to_what_is_none_of_its_kind(prepared: Path, words: list[str]) -> None:
    before = everything(prepared)
    for name in NAMES:
        done = typed(*words, *(["--"] if name.startswith("-") and not words[-1].startswith("-") else []), name)
        assert done.exit_code in (1, 2), (name, done.output)
    assert everything(prepared) == before


@pytest.mark.parametrize("words", READ, ids=" ".join)
def test_no_path_is_waited_for_or_read_without_end(prepared: Path, words: list[str]) -> None:
    before = everything(prepared)
    for path in (
        "/dev/zero",
        "/dev/null",
        "pipe",
        "loop",
        "dead",
        "out",
        ".",
        "x" * 300,
        "a/" * 2000,
        "\udcff",
        "a\nb",
    ):
        done = typed(*words, path)
        assert done.exit_code in (1, 2), (path, done.output)
    assert everything(prepared) == before


@pytest.mark.parametrize("words", WRITTEN, ids=" ".join)
def test_nothing_is_written_where_something_is_or_nothing_can_be(prepared: Path, words: list[str]) -> None:
    before = everything(prepared)
    for path in ("/dev/null", "pipe", "loop", ".", "..", "own.csv", "x" * 300, "a/" * 2000):
        done = typed(*words, path)
        assert done.exit_code in (1, 2), (path, done.output)
    assert everything(prepared) == before


def test_no_variant_is_written_through_a_link(prepared: Path) -> None:
    for target in (prepared.parent / "outside", "/nowhere/at/all"):
        link = prepared / "reports" / "variants" / "elsewhere"
        link.symlink_to(target)
        before = everything(prepared)
        assert "is a link, and nothing is written through one" in str(
            typed("run", "01_toy", "--name", link.name).exception
        )
        assert everything(prepared) == before
        link.unlink()


def test_a_refusal_by_the_system_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File name too long") as too_long:
        (tmp_path / ("x" * 300)).mkdir()
    assert "give it a shorter name" in in_a_sentence(too_long.value)[0]
    with pytest.raises(FileExistsError) as taken:
        tmp_path.mkdir()
    assert "name another place" in in_a_sentence(taken.value)[0]
