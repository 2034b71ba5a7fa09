"""Runs: promoted whole or not at all, the same every time, and failures that can be found."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from toy_checkout import CELLS, PARAMETERS, Checkout

from crimjust_research.errors import ParameterError, RunError
from crimjust_research.runs import promotion, runner
from crimjust_research.runs.record import Layout

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
    stale = checkout.reports / "figures" / "01_toy" / "stale.svg"
    stale.parent.mkdir(parents=True)
    stale.write_text("from a former run")

    assert runner.run("all").done == ("01_toy",)
    first = checkout.files()
    assert set(first) == REFERENCE
    shown = json.loads(first["notebooks/01_toy.ipynb"])
    # 5 + 6 + 7 = 18 cases, times the factor 2
    assert shown["cells"][3]["outputs"][0] == {"name": "stdout", "output_type": "stream", "text": ["36\n"]}
    with (checkout.reports / "estimates.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["run"], row["id"], row["estimate"]) == ("01_toy", "total", "36")
    assert list((checkout.reports / ".pending").iterdir()) == []

    assert runner.run("01_toy", force=True).done == ("01_toy",)
    assert checkout.files() == first

    capsys.readouterr()
    assert runner.run("all").unchanged == ("01_toy",)
    assert capsys.readouterr().out == "01_toy: unchanged\n"
    assert checkout.files() == first


def test_a_variant_has_a_folder_of_its_own_and_leaves_the_reference_alone(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("all")
    reference = checkout.files()
    (label,) = runner.run("01_toy", ["factor=3", "drug=heroin"]).done
    after = checkout.files()
    assert {path: after[path] for path in reference} == reference
    variant = {path.removeprefix(f"variants/{label}/") for path in after.keys() - reference.keys()}
    assert variant == REFERENCE - {"figures/01_toy/level_cocaine.svg"} | {"figures/01_toy/level_heroin.svg"}
    notebook = json.loads(after[f"variants/{label}/notebooks/01_toy.ipynb"])
    assert "".join(notebook["cells"][2]["source"]) == '# Parameters\ndrug = "heroin"\nfactor = 3\n'
    record = json.loads(after[f"variants/{label}/records/01_toy.json"])
    assert (record["parameters"]["drug"], record["parameters"]["factor"]) == ("heroin", 3)
    assert runner.run("01_toy", ["drug=heroin", "factor=3"]).unchanged == (label,)


def test_failures_are_named_their_remains_kept_and_the_other_runs_go_on(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_raises", ["value = 1", "total = value\nprint('so far')\ntotal / 0"])
    checkout.notebook("03_exits", ["import os\nos._exit(3)"])
    checkout.notebook("04_hangs", ["import time\ntime.sleep(6000)"])
    checkout.notebook("05_saves_nothing", ["value = 1"])
    checkout.notebook("06_leaves", [*CELLS, "import sys\nsys.exit()", "value = 1"])
    checkout.notebook("07_killed", ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
    checkout.notebook("08_shows_paths", [*CELLS, "import os\nos.getcwd() + '/'"])
    checkout.notebook("09_exhausts_memory", ["x = bytearray(1 << 62)"])
    with pytest.raises(RunError) as failed:
        runner.run("all", timeout=15)
    heading, *accounts = str(failed.value).split("\n\n")
    assert heading == "8 of 9 runs failed:"
    told = {account.splitlines()[0]: account for account in accounts}
    assert list(told) == [
        *("02_raises", "03_exits", "04_hangs", "05_saves_nothing"),
        *("06_leaves", "07_killed", "08_shows_paths", "09_exhausts_memory"),
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
    assert "it was ended by signal SIGKILL" in told["07_killed"]
    assert "which is not the same on every machine" in told["08_shows_paths"]
    assert "MemoryError" in told["09_exhausts_memory"]
    assert {path for path in checkout.files() if not path.startswith("failed/")} == REFERENCE
    assert len(list(kept.iterdir())) == 8

    checkout.notebook("02_raises", CELLS)
    runner.run("02_raises")
    assert "notebooks/02_raises.ipynb" in checkout.files()
    assert not folder.exists()


_READER = """
study.runs()
"""


def test_what_reads_results_runs_after_them_and_again_when_they_change(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("00_reader", [CELLS[0], CELLS[1] + _READER, CELLS[2]], reads="results")
    assert runner.run("all").done == ("01_toy", "00_reader")
    assert set(runner.run("all").unchanged) == {"01_toy", "00_reader"}
    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor = 3"))
    assert runner.run("all").done == ("01_toy", "00_reader")


def test_nothing_starts_when_one_notebook_refuses_its_parameters(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    checkout.notebook("02_toy", parameters=PARAMETERS.replace("factor", "times"))
    with pytest.raises(ParameterError, match="02_toy"):
        runner.run("all", ["factor=3"])
    assert not checkout.reports.exists()


def test_a_failure_to_promote_puts_the_former_results_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staged, place = Layout(tmp_path / "staged", "a"), Layout(tmp_path / "reports", "a")
    for layout, text in ((staged, "new"), (place, "old")):
        page, answer, figures, tables = layout.results
        for file in (page, answer, figures / "f.svg", tables / "t.csv", layout.record):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    before = place.hashes()
    rename = Path.rename

    def full_disk(self: Path, target: Path) -> Path:
        if "staged" in self.parts and self.parts[-2:] == ("tables", "a"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full_disk)
    with pytest.raises(OSError, match="No space left"):
        promotion.promote(staged, place, tmp_path / "aside")
    assert place.hashes() == before
    assert place.record.read_text() == "old"
    monkeypatch.undo()
    promotion.promote(staged, place, tmp_path / "aside2")
    assert place.record.read_text() == "new"
    assert (place.folder / "tables" / "a" / "t.csv").read_text() == "new"


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


def test_staging_of_a_process_that_is_gone_is_discarded(tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    for owner in (int(gone.stdout), os.getpid()):
        (tmp_path / f"01_toy-0123abcd-{owner}").mkdir()
    promotion.discard_abandoned(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"01_toy-0123abcd-{os.getpid()}"]


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
    assert runner.run("all").done == ("01_toy",)
    assert len(attempts) == 2

    def dead(*_: object, **__: object) -> None:
        attempts.append(1)
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(execute.papermill, "execute_notebook", dead)
    with pytest.raises(RunError, match="its kernel did not start: Kernel died before replying"):
        runner.run("all", force=True)
    assert len(attempts) == 4


def test_interrupting_ends_kernels_and_promotes_nothing(checkout: Checkout) -> None:
    checkout.notebook("01_hangs", ["import time\ntime.sleep(6000)"])
    driver = subprocess.Popen(
        [sys.executable, "-m", "crimjust_research", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "01_hangs: running, 3 cells\n"
    kernels = psutil.Process(driver.pid).children(recursive=True)
    assert kernels
    driver.send_signal(signal.SIGINT)
    _, errors = driver.communicate(timeout=600)
    assert driver.returncode != 0
    assert "Traceback" not in errors
    deadline = time.monotonic() + 600
    while any(kernel.is_running() for kernel in kernels) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(kernel.is_running() for kernel in kernels)
    assert checkout.files() == {}
