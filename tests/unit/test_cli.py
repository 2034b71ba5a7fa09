"""The command line hands over, says what went wrong in one message, and starts without the statistics."""

import errno
import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from toy_checkout import CELLS, COUNTS, Checkout

from crimjust_research import __version__, cli, project
from crimjust_research.cli import crimjust, main
from crimjust_research.cli.data import _told_fault
from crimjust_research.data import age, provenance
from crimjust_research.data import catalog as project_data
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import readers
from crimjust_research.data.tables import Release, Source
from crimjust_research.errors import DataError, ParameterError, RunError, in_a_sentence
from crimjust_research.runs.progress import Progress

# What would make `--help` wait: each takes a good part of a second to import.
HEAVY = ("pandas", "numpy", "statsmodels", "altair", "papermill", "nbformat", "pydantic", "pandera")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(crimjust, arguments, catch_exceptions=False)


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name, command in crimjust.commands.items():
        found.append((name,))
        found += [(name, verb) for verb in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("verb", commands(), ids=" ".join)
def test_every_verb_explains_itself(verb: tuple[str, ...]) -> None:
    result = call(*verb, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


# The modules of the command line take long to import; here they are interrupted instead.
INTERRUPTED = """
import os, signal, sys, types
sys.modules["crimjust_research.cli"] = cli = types.ModuleType("crimjust_research.cli")
cli.__getattr__ = lambda name: os.kill(os.getpid(), signal.SIGINT)
from crimjust_research.__main__ import main
main()
"""


def test_interrupted_before_it_begins_it_tells_no_trace() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


# What it does at its very end, as ending the processes it started, is stopped as soon as it has begun.
STOPPED_AT_ITS_END = """
import atexit, os, signal, sys
atexit.register(os.kill, os.getpid(), signal.Signals[sys.argv[1]])
sys.argv[1:] = ["--version"]
from crimjust_research.__main__ import main
main()
"""


@pytest.mark.parametrize("order", ["SIGINT", "SIGTERM"])
def test_stopped_once_all_is_done_it_tells_no_trace(order: str) -> None:
    command = [sys.executable, "-c", STOPPED_AT_ITS_END, order]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.Signals[order], "")


def test_interrupted_while_a_class_is_made_it_says_that_it_was_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrapped(**_: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(cli, "crimjust", wrapped)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("Error: stopped")


def test_version() -> None:
    assert call("--version").output.strip() == f"crimjust, version {__version__}"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["data", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom crimjust_research.cli import crimjust\n"
        f"try:\n    crimjust({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_skipped_run_imports_nothing_heavy(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    assert call("run").exit_code == 0
    code = (
        "import sys\nfrom crimjust_research.cli import crimjust\n"
        "try:\n    crimjust(['run'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "01_toy: unchanged"
    assert done.stderr.strip() == "[]"


def test_an_error_is_one_message_without_a_trace(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")
    monkeypatch.setattr(sys, "argv", ["crimjust", "run", "-p", "facotr=3", "-p", "rate=much"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line[:60] for line in shown.err.splitlines()] == [
        "Error: notebooks/01_toy.ipynb: there is no parameter 'facotr'"[:60],
        "notebooks/01_toy.ipynb: parameter rate = 'much': it should b",
    ]


@pytest.mark.usefixtures("checkout")
def test_what_the_system_refuses_is_said_without_a_trace(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")

    def read_only(path: Path, content: bytes) -> None:
        del content
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(project, "write_atomically", read_only)
    monkeypatch.setattr("sys.argv", ["crimjust", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "Read-only file system" in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("checkout")
def test_a_fault_of_its_own_is_a_sentence_and_with_debug_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("nobody thought of this\x1b[2J")

    monkeypatch.setattr("crimjust_research.runs.runner.run", broken)
    monkeypatch.setattr("sys.argv", ["crimjust", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    told = capsys.readouterr().err
    assert told.startswith("Error: this is a fault of crimjust's own (KeyError: ")
    assert "\x1b" not in told
    monkeypatch.setattr("sys.argv", ["crimjust", "--debug", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("KeyError: 'nobody thought of this\\x1b[2J'\n")


TURNED = "\u202e\x1b[2J"


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["variants", TURNED], 2),
        ([TURNED], 2),
        (["run", f"--{TURNED}"], 2),
        (["run", "--timeout", TURNED], 2),
        (["data", "list", "--as-of", TURNED], 2),
        (["data", TURNED], 2),
        (["run", TURNED], 1),
        (["run", TURNED, "--help"], 0),
        (["--debug", "run", TURNED], 1),
    ],
)
def test_what_was_typed_wrong_commands_no_terminal(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: list[str], code: int
) -> None:
    checkout.notebook("01_toy")
    monkeypatch.setattr("sys.argv", ["crimjust", *typed])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    shown = capsys.readouterr()
    assert "\\u202e" in shown.err + shown.out
    assert not {"\u202e", "\x1b"} & set(shown.err + shown.out)


@pytest.mark.parametrize(
    ("typed", "after"),
    [
        (("data", "ingest", "figures.csv", "--vintage", ""), "--vintage"),
        (("data", "ingest", "figures.csv", "--vintage="), "--vintage"),
        (("data", "ingest", ""), "ingest"),
        (("data", "refresh", ""), "refresh"),
        (("report", "--variant", ""), "--variant"),
        (("report", "--output", ""), "--output"),
        (("sweep", "01", "--grid", "g", "--scheduler="), "--scheduler"),
        (("run", ""), "run"),
    ],
)
def test_an_empty_value_is_not_taken_for_none(typed: tuple[str, ...], after: str) -> None:
    result = CliRunner().invoke(crimjust, typed)
    assert result.exit_code == 2
    assert f"an empty value stands after {after}; give one, or leave it out" in result.output


@pytest.mark.parametrize("number", [errno.EFBIG, errno.ENOSPC])
def test_a_file_there_is_no_room_for_is_named(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(self: Path, mode: str) -> object:
        del self, mode
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", no_room)
    with pytest.raises(OSError, match=os.strerror(number)) as refused:
        project.write_atomically(tmp_path / "figures.csv", b"1")
    told, status = in_a_sentence(refused.value)
    wanted = f"{tmp_path / 'figures.csv'}: {os.strerror(number)}; make room, or allow larger files, then type the same"
    assert (told, status) == (wanted, 1)


def test_a_dry_run_lists_what_is_due_and_does_nothing(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy")
    before = checkout.files()
    file = tmp_path / "mine.yaml"
    file.write_text("factor: 3\nmonths: [2020-01, 2020-03]\nfloor: null\n")
    found = CliRunner().invoke(crimjust, ["run", "01_toy", "-f", str(file), "-p", "drug=heroin", "--dry-run"])
    assert found.output == (
        "01_toy, drug=heroin, factor=3, months=['2020-01', '2020-03']: would run: there are no results yet\n"
    )
    assert checkout.files() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("- a\n", "mine.yaml sets no parameter; write lines `name: value`"),
        ("# nothing\n", "mine.yaml sets no parameter"),
        ("factor: 3\nfactor: 4\n", "mine.yaml, line 2: `factor` is given twice"),
        ("factor: {a: 1}\n", "parameter factor"),
        ("factr: 3\n", "there is no parameter 'factr'; did you mean 'factor'?"),
        ("factor: [\n", "mine.yaml is not readable as YAML"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_of_parameters_that_does_not_fit_is_refused(
    checkout: Checkout, tmp_path: Path, content: str | None, says: str
) -> None:
    checkout.notebook("01_toy")
    file = tmp_path / "mine.yaml"
    if content is not None:
        file.write_text(content)
    found = CliRunner().invoke(crimjust, ["run", "01_toy", "-f", str(file)])
    assert isinstance(found.exception, ParameterError)
    assert says in str(found.exception)
    assert not checkout.reports.exists()


@pytest.mark.parametrize("verb", [("run",), ("verify",), ("sweep", "01", "--grid", "g"), ("data", "refresh")])
@pytest.mark.parametrize("timeout", ["1.5", "nan", "inf", "0", "-1", "1e3", "9" * 30])
def test_a_timeout_is_whole_seconds(verb: tuple[str, ...], timeout: str) -> None:
    result = CliRunner().invoke(crimjust, [*verb, "--timeout", timeout])
    assert result.exit_code == 2
    assert "Invalid value for '--timeout'" in result.output


READS_MUCH = "from crimjust_research.data import limits\nlimits.require('cells', 6_500_000, 'a file')"


def test_a_bound_is_raised_for_kernels_and_is_no_part_of_what_a_run_is(checkout: Checkout) -> None:
    checkout.notebook("01_toy", [*CELLS[:2], READS_MUCH, *CELLS[2:]])
    with pytest.raises(RunError, match=r"a file holds more than 6,000,000 cells.*--limit cells=12000000"):
        call("run", "01_toy")
    before = dict(os.environ)
    assert "01_toy: done" in call("run", "01_toy", "--limit", "cells=12000000").output
    assert dict(os.environ) == before
    assert "01_toy: unchanged" in call("run", "01_toy").output
    grid = checkout.root / "grid.toml"
    grid.write_text("[grid]\nfactor = [1]\n")
    with pytest.raises(RunError, match="2 of 2 cells failed"):
        call("sweep", "01_toy", "--grid", str(grid))
    assert call("sweep", "01_toy", "--grid", str(grid), "--limit", "cells=12000000").exit_code == 0
    with pytest.raises(ParameterError, match="no bound 'cell'"):
        call("run", "01_toy", "--limit", "cell=1", "--dry-run")


def test_the_names_of_things_command_no_terminal_and_are_no_markup() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, highlight=False, width=200)
    with Progress(console) as progress:
        progress.cell_of("01_toy, cases_file=[/red]\x1b[2J.csv")(1, 5)
        progress.say("answer of [bold]\x1b]0;title\x07 at 10\u00a0%")
    told = out.getvalue()
    assert "\\x1b]0;title\\x07 at 10\u00a0%" in told
    assert "[bold]" in told
    assert "[/red]\\x1b[2J.csv" in told
    assert "\x1b[2J" not in told


def test_data_list_shows_every_release(checkout: Checkout) -> None:
    checkout.store("2025", (5, 6, 8, 9))
    (checkout.root / "data" / "processed").mkdir()
    Catalog(checkout.root / "data" / "processed").store([])
    lines = call("data", "list").output.splitlines()
    assert lines[0] == "data/raw"
    assert [" ".join(line.split()) for line in lines[2:4]] == ["counts 2020-04 2025 4 irregular", "2020-03 2024 3"]


def test_data_list_tells_what_should_be_newer_by_a_day() -> None:
    """Of the committed data, whatever day it is: nothing is reckoned from today."""
    lines = call("data", "list").output.splitlines()
    assert max(map(len, lines)) <= 100
    by_then = call("data", "list", "--as-of", "2026-11-26").output
    assert max(map(len, by_then.splitlines())) <= 100
    told = " ".join(by_then.split("By 2026-11-26 newer figures should exist of: ")[1].split()).split(", ")
    rhythms = {table.name: table.rhythm for reader in readers() for table in reader.tables}
    due = {name: age.due(age.newest(found), rhythms[name]) for name, found in project_data.raw().tables().items()}
    assert told == [name for name, day in due.items() if day and day <= date(2026, 11, 26)]
    for name, day in due.items():
        (line,) = (line for line in lines if line.startswith(f"  {name} "))
        assert line.endswith(f"  due {day}") == bool(day)
    assert "should exist of: no table" in call("data", "list", "--as-of", "2015-01-01").output
    refused = CliRunner().invoke(crimjust, ["data", "list", "--as-of", "November"])
    assert refused.exit_code == 2


def test_data_withdraw_takes_a_vintage_back_and_names_what_is_made_of_it(checkout: Checkout) -> None:
    checkout.store("2025", (5, 6, 8, 9))
    raw, processed = Catalog(checkout.root / "data" / "raw"), Catalog(checkout.root / "data" / "processed")
    processed.folder.mkdir()
    panel = replace(COUNTS, name="panel", sources=(Source("raw table counts", "data/raw/counts"),))
    made = Release(panel, "2025", raw.open("counts"), notes=(provenance.note(raw.resource("counts")),))
    processed.store([made], derived=True)
    said = call("data", "withdraw", "counts", "2025", "--reason", "the wrong\nfile \x1b[31m").output.splitlines()
    kept = f"counts/withdrawn/2025-{raw.resource('counts', '2025').sha256[:12]}.csv"
    assert said == [
        r"counts 2025 is withdrawn (4 rows): the wrong file \x1b[31m",
        f"its figures are kept in data/raw/{kept}",
        "the latest of counts is now 2024",
        "made of it, and to be built anew: panel",
        "Next: crimjust data panels, crimjust data codebook",
    ]
    assert len((raw.folder / kept).read_text().splitlines()) == 5
    listed = call("data", "list").output
    assert re.search(r"  withdrawn \d{4}-\d\d-\d\d: counts 2025, 4 rows: the wrong file", listed)
    with pytest.raises(DataError, match=r"panel: it was made of counts 2025, the latest is 2024"):
        call("data", "verify")
    checkout.store("2025", (5, 6, 8, 9))
    assert "4 rows (stored again since, with the same figures): the wrong" in " ".join(
        call("data", "list").output.split()
    )


def test_data_withdraw_of_the_only_vintage_says_what_is_left_without(checkout: Checkout) -> None:
    raw, processed = Catalog(checkout.root / "data" / "raw"), Catalog(checkout.root / "data" / "processed")
    processed.folder.mkdir()
    panel = replace(COUNTS, name="panel", sources=(Source("raw table counts", "data/raw/counts"),))
    made = Release(panel, "2024", raw.open("counts"), notes=(provenance.note(raw.resource("counts")),))
    processed.store([made], derived=True)
    said = call("data", "withdraw", "counts", "2024", "--reason", "wrong").output.splitlines()
    assert said[2:] == [
        "no whole vintage of counts is left",
        "until one is ingested neither these can be built nor what reads them run: panel",
        "Next: crimjust data ingest FILE, crimjust data panels, crimjust data codebook",
    ]
    with pytest.raises(DataError, match="panel: no whole vintage of counts is at hand, of which it was made"):
        call("data", "verify")
    with pytest.raises(DataError, match=r"no table 'counts' .*; 2024 was withdrawn on .* \(wrong\)"):
        Catalog(raw.folder).open("counts")


def test_data_verify_names_what_is_wrong(checkout: Checkout) -> None:
    from crimjust_research.errors import DataError

    (checkout.root / "data" / "processed").mkdir()
    Catalog(checkout.root / "data" / "processed").store([])
    assert "1 tables, no fault" in call("data", "verify").output
    table = checkout.root / "data" / "raw" / "counts" / "2024.csv"
    table.write_text(table.read_text().replace("7", "8"))
    (checkout.root / "data" / "raw" / "stray.csv").touch()
    with pytest.raises(DataError) as told:
        call("data", "verify")
    head, of_table, of_file = str(told.value).splitlines()
    assert head.endswith("raw: 2 faults")
    assert of_table.startswith(f"  counts 2024: {table} is not the file that was catalogued")
    assert of_file.startswith("  stray.csv: no entry of the catalog knows this file")


def test_data_ingest_stores_and_says_so(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections.abc import Sequence

    import pandas as pd
    from toy_checkout import COUNTS

    from crimjust_research.data import ingest
    from crimjust_research.data.ingest import Reader

    def read(paths: Sequence[Path], vintage: str | None) -> list[Release]:
        frame = pd.concat([pd.read_csv(path).rename(columns={"Month": "month", "N": "count"}) for path in paths])
        return [Release(COUNTS, vintage or "2026", frame)]

    monkeypatch.setattr(ingest, "readers", lambda: (Reader("toy", COUNTS, frozenset({"Month", "N"}), read),))
    file = tmp_path / "download.csv"
    file.write_text("Month,N\n2020-01,4\n2020-02,5\n2020-03,6\n")
    said = f"counts 2026-01: 3 rows, from {file}"
    then = "Next: crimjust data diff TABLE OLD, crimjust data panels, crimjust data codebook"
    assert call("data", "ingest", str(file), "--vintage", "2026-01").output == f"{said}\n{then}\n"
    assert call("data", "ingest", str(file), "--vintage", "2026-01").output == f"{said}, stored before\n"
    file.write_text("Month,N\n2020-01,4\n")
    assert call("data", "ingest", str(file), "--vintage", "2026-02").output == (
        f"counts 2026-02: 1 rows, from {file}; a part of the table, which no analysis reads: it lacks 2 of the 3 values of "
        "month that vintage 2026-01 has, 2020-02 to 2020-03: give the file that holds those too\n"
    )
    assert Catalog(checkout.root / "data" / "raw").resource("counts").vintage == "2026-01"


def test_data_ingest_names_what_it_did_not_read_and_stores_the_rest(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd
    from toy_checkout import COUNTS

    from crimjust_research.data import ingest
    from crimjust_research.data.ingest import Reader
    from crimjust_research.errors import DataError

    frame = pd.DataFrame({"month": ["2020-01", "2020-02", "2020-03"], "count": 1})
    toy = Reader("toy", COUNTS, frozenset({"Month", "N"}), lambda *_: [Release(COUNTS, "2026", frame)])
    monkeypatch.setattr(ingest, "readers", lambda: (toy,))
    good, other = tmp_path / "good.csv", tmp_path / "other.csv"
    good.write_text("Month,N\n2020-01,1\n")
    other.write_text("Month,Number\n2020-01,1\n")
    with pytest.raises(DataError, match=r"a file was not read; the others are stored\n  .*other\.csv: .* lacks 'N'"):
        call("data", "ingest", str(good), str(other))
    assert Catalog(checkout.root / "data" / "raw").resource("counts").vintage == "2026"


def test_notebooks_strip_names_what_it_changed(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    clean = path.read_bytes()
    path.write_bytes(clean.replace(b'"execution_count": null', b'"execution_count": 3'))
    assert call("notebooks", "strip").output == "stripped 01_toy.ipynb\n"
    assert path.read_bytes() == clean
    assert call("notebooks", "strip").output == ""


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (("a", "2024", 3, "count", "-5"), "a 2024, row 3, count = '-5': must be more"),
        (("a", "2024", "", "", ""), "a 2024: must be more"),
        (("a", "", "", "", "b.csv"), "a/b.csv: must be more"),
    ],
)
def test_a_fault_of_a_table_is_told_in_a_line(fault: tuple[object, ...], told: str) -> None:
    names = ("table", "vintage", "row", "column", "value")
    assert _told_fault({**dict(zip(names, fault, strict=True)), "rule": "must be more"}) == told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no file")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_text_of_which_the_disk_takes_a_part_alone_is_no_success(tmp_path: Path, unbuffered: str) -> None:
    """A file may have 8 blocks: the first write is cut short, which is no error of the system's."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 8; exec "$0" -m crimjust_research plan > plan.toml', sys.executable],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr[:6]) == (1, "Error:")
    assert "make room, or allow larger files, then type the same" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_text_of_which_a_full_disk_takes_nothing_is_told_once() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "crimjust_research", "data", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device; make room, or allow larger files, then type the same\n"
