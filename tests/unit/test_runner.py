"""Runs: promoted whole or not at all, the same every time, and failures that can be found."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from papermill.exceptions import PapermillExecutionError
from toy_checkout import CAME, CELLS, PARAMETERS, Checkout, commit

from crimjust_research import __version__, computed
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.runs import execute, jobs, kept, promotion, record, runner
from crimjust_research.runs.record import Layout
from crimjust_research.sources import Sources

REFERENCE = {
    "assessments/01_toy.json",
    "estimates.csv",
    "figures/01_toy/level_cocaine.svg",
    "notebooks/01_toy.ipynb",
    "records/01_toy.json",
    "tables/01_toy/counts.csv",
    "tables/01_toy/estimates.csv",
}


def test_a_run_is_promoted_whole_repeats_itself_and_is_skipped_when_nothing_changed(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")
    reference = Layout(checkout.reports, "01_toy")
    assert runner.run("all").done == (reference,)
    first = checkout.files()
    assert set(first) == REFERENCE
    shown = json.loads(first["notebooks/01_toy.ipynb"])
    # 5 + 6 + 7 = 18 cases, times the factor 2
    assert shown["cells"][3]["outputs"][0] == {"name": "stdout", "output_type": "stream", "text": ["36\n"]}
    with (checkout.reports / "estimates.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["run"], row["id"], row["estimate"]) == ("01_toy", "total", "36")
    assert not (checkout.reports / ".pending").exists()

    assert runner.run("01_toy", force=True).done == (reference,)
    assert checkout.files() == first

    capsys.readouterr()
    assert runner.run("all").unchanged == (reference,)
    assert capsys.readouterr().out.splitlines()[0] == "01_toy: unchanged"
    assert checkout.files() == first


def test_ids_that_an_editor_copied_or_left_out_are_made_the_same_way_every_time_without_a_warning(
    checkout: Checkout, capfd: pytest.CaptureFixture[str]
) -> None:
    path = checkout.notebook("01_toy")
    content = json.loads(path.read_text())
    content["cells"][3]["id"] = content["cells"][2]["id"]
    del content["cells"][4]["id"]
    path.write_text(json.dumps(content))
    runner.run("01_toy")
    first = checkout.files()
    assert [cell["id"] for cell in json.loads(first["notebooks/01_toy.ipynb"])["cells"]] == [
        f"cell-{number}" for number in range(1, 6)
    ]
    runner.run("01_toy", force=True)
    assert checkout.files() == first
    assert "Warning" not in capfd.readouterr().err


def test_what_somebody_put_or_changed_among_results_is_kept(
    checkout: Checkout, caplog: pytest.LogCaptureFixture
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    first = checkout.files()
    mine = checkout.reports / "figures" / "01_toy" / "mine.svg"
    mine.write_text("drawn by hand")
    said = checkout.reports / "assessments" / "01_toy.json"
    said.write_text(said.read_text() + "\n")
    runner.run("all")
    (aside,) = (checkout.reports / "set-aside").iterdir()
    assert f"set aside in {aside}: assessments/01_toy.json, figures/01_toy/mine.svg" in caplog.text
    kept = {path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file()}
    assert kept == {"figures/01_toy/mine.svg", "assessments/01_toy.json"}
    after = checkout.files()
    assert {path: after[path] for path in first} == first
    assert len(after) == len(first) + 2


def test_a_variant_has_a_folder_of_its_own_and_leaves_the_reference_alone(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    reference = checkout.files()
    (layout,) = runner.run("01_toy", {"factor": "3", "drug": "heroin"}).done
    label = layout.folder.name
    after = checkout.files()
    assert {path: after[path] for path in reference} == reference
    variant = {path.removeprefix(f"variants/{label}/") for path in after.keys() - reference.keys()}
    assert variant == REFERENCE - {"figures/01_toy/level_cocaine.svg"} | {"figures/01_toy/level_heroin.svg"}
    notebook = json.loads(after[f"variants/{label}/notebooks/01_toy.ipynb"])
    assert "".join(notebook["cells"][2]["source"]) == "# Parameters\ndrug = 'heroin'\nfactor = 3\n"
    record = json.loads(after[f"variants/{label}/records/01_toy.json"])
    assert (record["parameters"]["drug"], record["parameters"]["factor"]) == ("heroin", 3)
    assert runner.run("01_toy", {"drug": "heroin", "factor": 3}).unchanged == (layout,)


def test_failures_are_named_their_remains_kept_and_the_other_runs_go_on(
    checkout: Checkout, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_raises", ["value = 1", "total = value\nprint('so far')\ntotal / 0"])
    checkout.notebook("03_exits", ["import os\nos._exit(3)"])
    checkout.notebook("04_hangs", ["import time\ntime.sleep(6000)"])
    checkout.notebook("05_saves_nothing", ["value = 1"])
    checkout.notebook("06_leaves", [*CELLS, "import sys\nsys.exit()", "value = 1"])
    checkout.notebook("07_killed", ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
    checkout.notebook("08_shows_paths", [*CELLS, "import os\nos.getcwd() + '/'"])
    checkout.notebook("09_exhausts_memory", ["x = bytearray(1 << 62)"])
    # Under pytest ipykernel does not redirect descriptors, so this goes where a kernel's own traces go.
    tells = "import os, sys\nos.write(2, b'a trace of the kernel')"
    checkout.notebook("10_leaves_unsaved", [tells, "sys.exit()", "value = 1"])
    checkout.notebook("11_says_much", ["raise ValueError('x' * 1_000_000)"])
    with pytest.raises(RunError) as failed:
        runner.run("all", timeout=15)
    heading, *accounts = str(failed.value).split("\n\n")
    assert heading == "10 of 11 runs failed:"
    told = {account.splitlines()[0]: account for account in accounts}
    assert list(told) == [
        *("02_raises", "03_exits", "04_hangs", "05_saves_nothing"),
        *("06_leaves", "07_killed", "08_shows_paths", "09_exhausts_memory", "10_leaves_unsaved"),
        "11_says_much",
    ]
    kept = checkout.reports / "failed"
    (folder,) = kept.glob("02_raises-*")
    assert told["02_raises"].splitlines()[1:] == [
        "  notebook  notebooks/02_raises.ipynb",
        "  cell      4 of 4",
        "  line      total / 0",
        "  error     ZeroDivisionError: division by zero",
        f"  kept in   reports/failed/{folder.name}",
    ]
    assert "so far" in (folder / "notebook.ipynb").read_text()
    assert "ZeroDivisionError" in (folder / "error.txt").read_text()
    assert "the kernel died: it exited with status 3" in told["03_exits"]
    assert "  cell      3 of 3\n  line      import os\n" in told["03_exits"]
    assert "the cell was not done after 15 s; allow more with --timeout" in told["04_hangs"]
    assert "it ended without saving its result" in told["05_saves_nothing"]
    assert "it stopped before its last cell" in told["06_leaves"]
    assert "it stopped before its last cell" in told["10_leaves_unsaved"]
    assert "a trace of the kernel" not in "".join(capfd.readouterr())
    assert "it was ended by signal SIGKILL" in told["07_killed"]
    assert "which is not the same on every machine" in told["08_shows_paths"]
    assert "MemoryError" in told["09_exhausts_memory"]
    assert "  error     ValueError: xxx" in told["11_says_much"]
    assert len(told["11_says_much"]) < 2_000
    assert {path for path in checkout.files() if not path.startswith("failed/")} == REFERENCE
    assert len(list(kept.iterdir())) == 10

    checkout.notebook("02_raises", CELLS)
    runner.run("02_raises")
    assert "notebooks/02_raises.ipynb" in checkout.files()
    assert not folder.exists()


def test_a_notebook_that_shows_too_much_is_ended_and_keeps_what_it_had_shown_before(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "MOST_SHOWN", 100_000)
    checkout.notebook("01_toy")
    checkout.notebook("02_prints", [*CELLS, "print('before')", "while True:\n    print('x' * 10_000)"])
    checkout.notebook("03_shows", [*CELLS, "'x' * 200_000"])
    with pytest.raises(RunError) as failed:
        runner.run("all")
    assert str(failed.value).startswith("2 of 3 runs failed:")
    assert str(failed.value).count("what the cells print and show came to more than 0.1 million letters") == 2
    assert "  line      while True:" in str(failed.value)
    (kept,) = (checkout.reports / "failed").glob("02_prints-*")
    assert "before" in (notebook := (kept / "notebook.ipynb").read_text())
    assert len(notebook) < 200_000
    assert {path for path in checkout.files() if not path.startswith("failed/")} == REFERENCE


def test_faults_that_are_told_line_by_line_stand_on_the_terminal_one_and_all(checkout: Checkout) -> None:
    faults = (
        "from crimjust_research.errors import DataError\nraise DataError('cases.csv has 2 fault(s):\\n  one\\n  two')"
    )
    checkout.notebook("02_faulty", [faults])
    checkout.notebook("03_wordy", ["raise ValueError('at a loss\\nfor reasons')"])
    with pytest.raises(RunError) as failed:
        runner.run("all")
    _, faulty, wordy = str(failed.value).split("\n\n")
    assert "\n  error     DataError: cases.csv has 2 fault(s):\n      one\n      two\n  kept in   " in faulty
    assert "\n  error     ValueError: at a loss\n  kept in   " in wordy


_READER = """
study.runs()
"""


def test_what_reads_results_runs_after_them_and_again_when_they_change(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("00_reader", [CELLS[0], CELLS[1] + _READER, CELLS[2]], reads="results")
    toy, reader = Layout(checkout.reports, "01_toy"), Layout(checkout.reports, "00_reader")
    assert runner.run("all").done == (toy, reader)
    assert set(runner.run("all").unchanged) == {toy, reader}
    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3"))
    assert runner.run("all").done == (toy, reader)
    # What the other run says counts as much as its numbers.
    said = toy.results[1]
    said.write_text(said.read_text().replace("There were", "There are"))
    assert jobs.due("00_reader") == ("00_reader: would run: results it reads changed (01_toy)",)


@pytest.mark.parametrize(
    ("names", "workers"), [(("00_reader", "02_reader"), 1), (("02_reader", "00_reader"), 2)], ids=["one", "two"]
)
def test_what_reads_results_does_not_read_those_of_another_that_does(
    checkout: Checkout, names: tuple[str, str], workers: int
) -> None:
    cells = [CELLS[0], CELLS[1] + "\nprint([run.name for run in study.runs()])", CELLS[2]]

    def write(name: str, more: str = "") -> None:
        checkout.notebook(name, [*cells[:2], *([more] if more else []), cells[2]], reads="results")

    checkout.notebook("01_toy")
    for name in names:
        write(name)
    toy, *readers = (Layout(checkout.reports, name) for name in ("01_toy", "00_reader", "02_reader"))
    assert set(runner.run("all", workers=workers).done) == {toy, *readers}
    first = checkout.files()
    for layout in readers:
        assert "['01_toy']" in layout.results[0].read_text()
        read = [table["table"] for table in record.load(layout)["tables"] if table["table"].startswith("reports/")]
        assert sorted(read) == ["reports/assessments/01_toy.json", "reports/tables/01_toy/estimates.csv"]
    # One alone, before or after the other, comes to the same.
    for name in names:
        assert runner.run(name, force=True, workers=workers).done == (Layout(checkout.reports, name),)
    assert checkout.files() == first
    assert set(runner.run("all", workers=workers).unchanged) == {toy, *readers}
    # A change of one leaves the other as it is, and is no reason to refuse it.
    changed, other = names
    write(changed, "value = 1")
    assert jobs.due(other) == (f"{other}: up to date",)
    assert set(jobs.due()) == {
        "01_toy: up to date",
        f"{changed}: would run: the notebook changed; notebooks/accepted.json changed",
        f"{other}: up to date",
    }
    assert runner.run(other, force=True, workers=workers).done == (Layout(checkout.reports, other),)
    assert runner.run("all", workers=workers).done == (Layout(checkout.reports, changed),)
    # What both read makes both due.
    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3"))
    assert {line.partition(":")[2] for line in jobs.due() if "reader" in line} == {f" would run: {jobs._READS_MOVED}"}
    assert set(runner.run("all", workers=workers).done) == {toy, *readers}


def test_what_reads_results_is_not_run_on_those_of_a_run_that_failed(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("00_reader", [CELLS[0], CELLS[1] + _READER, CELLS[2]], reads="results")
    runner.run("all")
    before = checkout.files()
    checkout.notebook("01_toy", [*CELLS, "1 / 0"])
    for name in ("all", "00_reader"):
        with pytest.raises(RunError) as failed:
            runner.run(name)
        assert "00_reader: not run, since it reads the results of others" in str(failed.value)
        assert "  01_toy: the notebook changed" in str(failed.value)
    after = checkout.files()
    assert {path: after[path] for path in before} == before


@CAME
def test_results_that_came_with_a_checkout_are_computed_once_and_compared(
    checkout: Checkout, capsys: pytest.CaptureFixture[str], came: Callable[..., None]
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    shutil.rmtree(checkout.root / computed.FOLDER)  # as in a fresh clone

    came(checkout.root, "reports")
    from_where = "committed in " if came is commit else f"released in {__version__}"
    assert jobs.due() == ("01_toy: would run: not yet computed in this checkout",)
    capsys.readouterr()
    assert len(runner.run("all").done) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "01_toy: to be run: not yet computed in this checkout"
    assert told[-1].startswith(f"1 of 1 estimates came out as {from_where}")
    assert jobs.due() == ("01_toy: up to date",)

    checkout.store("2025", (5, 6, 8))
    capsys.readouterr()
    runner.run("all")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "01_toy: to be run: counts has newer figures"
    assert told[-1].startswith(f"0 of 1 estimates came out as {from_where}")
    assert told[-1].endswith("; not the same: 01_toy total (estimate 38, was 36).")


def test_a_variant_is_named_after_all_it_read_and_never_takes_another_s_place(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    given = {"factor": 3}
    (first,) = runner.run("01_toy", given).done
    before = checkout.files()
    checkout.store("2025", (5, 6, 8))
    (second,) = runner.run("01_toy", given).done
    assert first.folder != second.folder
    assert before.items() <= checkout.files().items()
    # Both are kept; the one that is as it would come out now is found again.
    assert runner.run("01_toy", given).unchanged == (second,)


def test_a_name_given_is_kept_and_not_overwritten_with_other_parameters(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    (layout,) = runner.run("01_toy", {"factor": 3}, variant="thrice").done
    assert layout.folder == checkout.reports / "variants" / "thrice"
    assert runner.run("01_toy", {"factor": 3}, variant="thrice").unchanged == (layout,)
    before = checkout.files()
    with pytest.raises(ParameterError, match=r"'thrice': that variant holds 01_toy with other parameters \(factor=3\)"):
        runner.run("01_toy", {"factor": 4}, variant="thrice")
    refused = [
        "../up",
        ".hidden",
        "a.",
        "reference",
        "Reference",
        "CON",
        "nul.csv",
        "Com1",
        "é",
        "a b",
        "a\n",
        "",
        "x" * 81,
    ]
    for name in refused:
        with pytest.raises(ParameterError, match="a variant's name has letters"):
            runner.run("01_toy", {"factor": 4}, variant=name)
    with pytest.raises(
        ParameterError, match="'Thrice': there is a variant 'thrice', which some systems take for the same"
    ):
        runner.run("01_toy", {"factor": 4}, variant="Thrice")
    assert checkout.files() == before


READS_OWN = """
from hashlib import sha256
from pathlib import Path
from crimjust_research import project
from crimjust_research.evidence.estimates import Used
study.note_read(Used(project.named(params.start), "as supplied", sha256(Path(params.start).read_bytes()).hexdigest()))
"""


def test_a_name_given_keeps_what_another_content_of_ones_own_file_came_to(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy", [CELLS[0] + READS_OWN, *CELLS[1:]])
    own = tmp_path / "cases.csv"  # a parameter that takes any text stands for one that takes a file
    own.write_text("a case\n")
    given = {"start": str(own)}
    (layout,) = runner.run("01_toy", given, variant="mine").done
    before = checkout.files()
    own.write_text("a case\nanother\n")
    with pytest.raises(
        ParameterError, match=r"'mine': that variant holds 01_toy of another content of start cases\.csv"
    ):
        runner.run("01_toy", given, variant="mine")
    with pytest.raises(ParameterError, match="give it up with --force"):
        jobs.due("01_toy", given, variant="mine")
    assert checkout.files() == before
    assert runner.run("01_toy", given, variant="mine", force=True).done == (layout,)
    assert checkout.files() != before
    assert runner.run("01_toy", given, variant="mine").unchanged == (layout,)


@pytest.mark.parametrize("name", ["cases [final].csv", "[[9|evil]].csv", "$x$ `a` <b>.csv"])
def test_a_file_whose_name_is_markup_is_read_and_told_by_a_name_that_is_none(checkout: Checkout, name: str) -> None:
    reads = READS_OWN.replace("Path(params.start)", "(project.root() / params.start)")
    checkout.notebook("01_toy", [CELLS[0] + reads, *CELLS[1:]], parameters=PARAMETERS.replace("2020-03", "~"))
    (checkout.root / name).write_text("a case\n")
    for given in (name, str(checkout.root / name)):
        (layout,) = runner.run("01_toy", {"start": given}, force=True).done
        recorded = json.loads(layout.record.read_text())
        told = recorded["parameters"]["start"]
        assert not set("[]|$`<>") & set(told)
        assert [table["table"] for table in recorded["tables"] if table.get("supplied")] == [told]
        assert runner.run("01_toy", {"start": given}).unchanged == (layout,)


PRIVATE = ("private dir é", "Jo\"sé's", "وثائق سرية", "🔒 keys & <more>", "back\\slash", "100% #1", "e\u0301")


@pytest.mark.parametrize("name", PRIVATE)
def test_no_folder_of_a_person_s_own_file_is_in_what_a_run_leaves(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("home") / name / "secret"
    folder.mkdir(parents=True)
    own = folder / "cases é.csv"
    own.write_text("a case\n")
    reads = READS_OWN.replace("Path(params.start)", "(project.root() / params.start)")
    checkout.notebook("01_toy", [CELLS[0] + reads, *CELLS[1:]], parameters=PARAMETERS.replace("2020-03", "~"))
    shows = "\nimport html, json, urllib.parse\n" + "".join(
        f"print({how})\n" for how in ("start", "repr(start)", "ascii(start)", "json.dumps(start)", "html.escape(start)")
    )
    checkout.notebook("02_fails", [f"{shows}\nraise ValueError(urllib.parse.quote(start) + repr([start]))"])
    for given in (str(own), os.path.relpath(own, checkout.root)):
        (layout,) = runner.run("01_toy", {"start": given}, force=True).done
        assert "cases é.csv" in layout.results[0].read_text()
        with pytest.raises(RunError, match="ValueError"):
            runner.run("02_fails", {"start": given, "end": "~"})
        left = {path: content.decode("utf-8", "replace") for path, content in checkout.files().items()}
        assert [
            path for path, text in left.items() if "secret" in text or name in text or ascii(name)[1:-1] in text
        ] == []
        assert any("cases é.csv" in text for path, text in left.items() if path.startswith("failed/"))


@pytest.mark.parametrize("inside", [True, False])
def test_a_run_that_fails_leaves_nothing_of_what_was_supplied(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, inside: bool
) -> None:
    own = (checkout.root if inside else tmp_path_factory.mktemp("home")) / "own"
    own.mkdir()
    (own / "cases.csv").write_text("case_id,judge\nR-77,Amara Nwosu\n")
    fails = """
from pathlib import Path
text = (project.root() / start / "cases.csv").read_text()
print(text)
raise ValueError(repr(text))
"""
    with_project = "from crimjust_research import project\n"
    checkout.notebook("02_fails", [CELLS[0], with_project + fails], parameters=PARAMETERS.replace("2020-03", "~"))
    with pytest.raises(RunError, match="Amara Nwosu"):  # on the terminal it is said
        runner.run("02_fails", {"start": "own" if inside else str(own)})
    left = {path: content.decode("utf-8", "replace") for path, content in checkout.files().items()}
    assert [path for path in left if path.startswith("failed/")], left.keys()
    assert [path for path, text in left.items() if "Nwosu" in text or "R-77" in text] == []


def test_a_run_that_saves_or_shows_a_folder_of_a_person_s_own_file_is_refused(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("dir é") / "cases.csv"
    own.write_text("a case\n")
    shown = [CELLS[0] + READS_OWN, CELLS[1] + "\nprint(ascii(params.start))", CELLS[2]]
    checkout.notebook("01_toy", shown, parameters=PARAMETERS.replace("2020-03", "~"))
    with pytest.raises(RunError, match=r"cell 5 shows .*dir é0/', which is not the same on every machine"):
        runner.run("01_toy", {"start": str(own)})
    checkout.notebook(
        "01_toy", [CELLS[0] + READS_OWN, *CELLS[1:], _WRITES], parameters=PARAMETERS.replace("2020-03", "~")
    )
    with pytest.raises(RunError, match=r"level\.svg, which it saved, shows .*dir é"):
        runner.run("01_toy", {"start": str(own)})


_WRITES = """
import os
from html import escape
from pathlib import Path
(Path(os.environ["CRIMJUST_OUTPUT"]) / "figures" / "level.svg").write_text(f"<svg>{escape(params.start)}</svg>");
"""


def test_the_key_to_a_kernel_lies_in_a_folder_that_goes_with_the_run(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("t")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    lists = f"print('left:', *sorted(p.name for p in __import__('pathlib').Path({str(temporary)!r}).iterdir()))"
    finds = (
        f"print('keys:', *(p.parent.name[:9] for p in __import__('pathlib').Path({str(temporary)!r}).rglob('*.json')))"
    )
    checkout.notebook("01_toy", [*CELLS[:2], lists, finds, CELLS[2]])
    runner.run("01_toy")
    shown = (checkout.reports / "notebooks" / "01_toy.ipynb").read_text()
    assert len(re.findall("left: crimjust-[^ ]+$", shown.replace("\\n", "\n"), re.MULTILINE)) == 1
    assert "keys: crimjust-\\n" in shown
    assert list(temporary.iterdir()) == []


def test_why_a_run_is_due_is_said_before_and_without_running_it(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("00_reader", [CELLS[0], CELLS[1] + _READER, CELLS[2]], reads="results")
    assert jobs.due() == (
        "01_toy: would run: there are no results yet",
        "00_reader: would run: there are no results yet; the results it reads are computed anew",
    )
    runner.run("all")
    assert jobs.due() == ("01_toy: up to date", "00_reader: up to date")
    assert jobs.due("01_toy", {"factor": 5}) == ("01_toy, factor=5: would run: there are no results yet",)
    helper = checkout.module("helper")
    helper.write_text(helper.read_text() + "# edited\n")
    assert jobs.due("01_toy") == ("01_toy: would run: code changed (toy/helper.py)",)


def test_results_that_are_not_current_are_refused_for_a_report(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    jobs.require_current(checkout.reports, record.Present(Sources()))
    said = checkout.reports / "assessments" / "01_toy.json"
    said.write_text(said.read_text().replace("There were", "There certainly were"))
    with pytest.raises(RunError, match=r"01_toy: its results were altered \(assessments/01_toy.json\)"):
        jobs.require_current(checkout.reports, record.Present(Sources()))


def test_the_pooled_table_is_what_the_runs_come_to_whatever_happened_to_it(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    pooled = checkout.reports / "estimates.csv"
    whole = pooled.read_bytes()
    promotion.require_pooled(checkout.reports, kept.pooling(checkout.reports))
    # Altered by hand: refused for a page, and pooled anew by the next run that finds nothing else to do.
    pooled.write_bytes(whole.replace(b"36", b"63"))
    with pytest.raises(RunError, match="is not what the runs' tables come to; pool them again: crimjust run all"):
        promotion.require_pooled(checkout.reports, kept.pooling(checkout.reports))
    assert runner.run("all").done == ()
    assert pooled.read_bytes() == whole

    # Of a variant, what made one of its runs pools it again.
    (layout,) = runner.run("01_toy", {"factor": 3}, variant="thrice").done
    (layout.folder / "estimates.csv").write_text("other")
    command = "crimjust run 01_toy -p factor=3 --name thrice"
    with pytest.raises(RunError, match=f"pool them again: {command}"):
        promotion.require_pooled(layout.folder, kept.pooling(layout.folder))
    assert runner.run("01_toy", {"factor": "3"}, variant="thrice").done == ()
    promotion.require_pooled(layout.folder, command)

    # Killed between a run's promotion and pooling.
    def killed(_: object) -> None:
        raise KeyboardInterrupt

    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3"))
    with monkeypatch.context() as patch:
        patch.setattr(promotion, "pool", killed)
        with pytest.raises(KeyboardInterrupt):
            runner.run("all")
    assert pooled.read_bytes() == whole
    assert runner.run("all").done == ()
    assert b",54," in pooled.read_bytes()


def test_other_packages_than_the_locked_ones_are_refused(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    lock = checkout.root / "requirements.lock"
    lock.write_text(re.sub(r"^pandas==\S+", "pandas==0.1", lock.read_text(), flags=re.MULTILINE))
    with pytest.raises(RunError, match=r"pandas \S+ is installed, requirements.lock has 0.1: make setup"):
        runner.run("all")


def test_a_name_whose_record_is_gone_is_not_overwritten(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    (layout,) = runner.run("01_toy", {"factor": 3}, variant="mine").done
    layout.record.unlink()
    with pytest.raises(
        ParameterError, match="holds results of 01_toy whose record cannot be read, and is not overwritten"
    ):
        runner.run("01_toy", {"factor": 4}, variant="mine")


def test_a_page_misses_no_notebook_in_silence(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_toy")
    runner.run("all")
    (checkout.reports / "assessments" / "02_toy.json").unlink()
    (checkout.reports / "records" / "02_toy.json").unlink()
    with pytest.raises(RunError, match="02_toy: there are no results yet"):
        jobs.require_current(checkout.reports, record.Present(Sources()))
    (checkout.reports / "records" / "99_foreign.json").write_text("{}")
    with pytest.raises(
        RunError, match=r"99_foreign: notebooks/99_foreign\.ipynb is not there; put it back, or take .* out of reports/"
    ):
        jobs.require_current(checkout.reports, record.Present(Sources()))


def test_nothing_starts_when_one_notebook_refuses_its_parameters(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_toy", parameters=PARAMETERS.replace("factor", "times"))
    with pytest.raises(ParameterError, match="02_toy"):
        runner.run("all", {"factor": "3"})
    assert not checkout.reports.exists()


def test_a_full_disk_is_named_and_promotes_nothing(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.notebook("01_toy")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(promotion, "arrange", full)
    monkeypatch.setattr(promotion, "keep_failed", full)
    with pytest.raises(RunError, match="No space left on device") as failed:
        runner.run("all")
    assert "nothing could be kept" in str(failed.value)
    assert checkout.files() == {}


def test_reports_that_cannot_be_written_are_refused_before_a_kernel_starts(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.reports.write_text("a file in the way")
    with pytest.raises(RunError, match=r"reports/.pending cannot be written to \(Not a directory\)"):
        runner.run("all")


def test_a_kernel_that_does_not_start_is_started_once_more(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    from crimjust_research.runs import execute

    checkout.notebook("01_toy")
    attempts = []
    real = execute.papermill.execute_notebook

    def reluctant(*args: object, **options: object) -> object:
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return real(*args, **options)

    monkeypatch.setattr(execute.papermill, "execute_notebook", reluctant)
    assert len(runner.run("all").done) == 1
    assert len(attempts) == 2

    def dead(*_: object, **__: object) -> None:
        attempts.append(1)
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(execute.papermill, "execute_notebook", dead)
    with pytest.raises(RunError, match="its kernel did not start: Kernel died before replying"):
        runner.run("all", force=True)
    assert len(attempts) == 4


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_ends_kernels_keeps_what_is_done_and_leaves_nothing_behind(
    checkout: Checkout, tmp_path: Path, how: signal.Signals
) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    before = checkout.files()
    checkout.notebook("02_toy")
    checkout.notebook("03_hangs", ["import time\ntime.sleep(6000)"])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    driver = subprocess.Popen(
        [sys.executable, "-m", "crimjust_research", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert driver.stdout is not None
    lines = []
    while not any(line.startswith("02_toy: done") for line in lines) or "03_hangs: running, 3 cells\n" not in lines:
        lines.append(driver.stdout.readline())
        assert lines[-1], "it ended before it was stopped"
    kernels = psutil.Process(driver.pid).children(recursive=True)
    assert kernels
    driver.send_signal(how)
    _, errors = driver.communicate(timeout=600)
    assert driver.returncode == 1
    assert errors == (
        "Error: stopped: 1 of 2 runs had ended and is kept (02_toy); all else is as it was. "
        "The same command goes on from there\n"
    )
    deadline = time.monotonic() + 600
    while any(kernel.is_running() for kernel in kernels) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(kernel.is_running() for kernel in kernels)
    assert list(scratch.iterdir()) == []
    after = checkout.files()
    assert before.items() - after.items() == {("estimates.csv", before["estimates.csv"])}
    assert "records/02_toy.json" in after
    assert not any("03_hangs" in path or ".pending" in path for path in after)


def test_variants_may_lie_on_another_file_system(checkout: Checkout, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    checkout.notebook("01_toy")
    checkout.notebook("02_raises", ["1 / 0"])
    checkout.reports.mkdir()
    with tempfile.TemporaryDirectory(dir=elsewhere) as other:
        (checkout.reports / "variants").symlink_to(other)
        (layout,) = runner.run("01_toy", {"factor": 3}).done
        assert layout.record.is_file()
        with pytest.raises(RunError, match="kept in   reports/failed/02_raises-"):
            runner.run("02_raises", {"factor": 3})


def test_an_error_that_a_kernel_could_not_tell_is_told_as_that() -> None:
    untold = PapermillExecutionError(3, 4, "held = []", "CellExecutionError", "", [])
    assert execute._reason(untold).startswith("it ended with an error that it could not say")
