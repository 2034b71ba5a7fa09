"""Sweeps: checked whole, gathered in one table, resumable, and the same on many machines."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest
from distributed import Client
from toy_checkout import CELLS, PARAMETERS, Checkout

from crimjust_research import locks, written
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.runs import notebooks, pools, specification_curve, sweep
from crimjust_research.runs import worker as workers

# The toy's total is 18 cases times the factor, which is 2 as registered.
FAILS_AT_NINE = "if params.factor == 9:\n    raise ValueError('nine')"
# Leaves a mark when a cell begins and when it has been computed, so that a test sees which were, where, how often.
SLOW = """
import os, time
from pathlib import Path
def mark(what):
    with (Path(os.environ["CRIMJUST_HOME"]) / "marks").open("a") as marks:
        marks.write(f"{os.environ.get('WORKER')} {what} {params.factor}\\n")
mark("begins")
time.sleep(1)
mark("ends")
"""

# Likewise; the second cell of the worker `one` never ends, and the other worker waits for it with its own second.
HELD = """
import os, time
from pathlib import Path
marks, worker = Path(os.environ["CRIMJUST_HOME"]) / "marks", os.environ["WORKER"]
def mark(what):
    with marks.open("a") as lines:
        lines.write(f"{worker} {what} {params.factor}\\n")
def marked(name, what):
    return sum(line.startswith(f"{name} {what}") for line in marks.read_text().splitlines())
mark("begins")
while marked(worker, "ends") and (worker == "one" or marked("one", "begins") < 2):
    time.sleep(0.02)
mark("ends")
"""

ONE_TOTAL = workers.as_arrow(pd.DataFrame({"id": ["total"], "estimate": [1]}))


@pytest.fixture
def toy(checkout: Checkout) -> Checkout:
    checkout.notebook("01_toy")
    return checkout


def grid(checkout: Checkout, text: str) -> Path:
    file = checkout.root / "grid.toml"
    file.write_text(text)
    return file


def marks(checkout: Checkout) -> list[tuple[str, str, int]]:
    """Worker, `begins` or `ends`, factor: in the order in which they happened."""
    file = checkout.root / "marks"
    rows = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [(name, what, int(factor)) for name, what, factor in rows]


def computed(checkout: Checkout) -> list[int]:
    return [factor for _, what, factor in marks(checkout) if what == "ends"]


def done_by(name: str, checkout: Checkout) -> set[int]:
    """Factors of the cells that a worker has computed."""
    return {factor for worker, what, factor in marks(checkout) if (worker, what) == (name, "ends")}


def kept(checkout: Checkout) -> set[float]:
    """Factors of the cells that the sweep has kept."""
    files = (checkout.reports / "sweeps" / "01_toy-grid" / "cells").glob("*/*.csv")
    return {pd.read_csv(file)["estimate"].iloc[0] / 18 for file in files}


def held(checkout: Checkout) -> bool:
    """Whether the worker `one` is at a cell after its first."""
    return sum((worker, what) == ("one", "begins") for worker, what, _ in marks(checkout)) == 2


def wait_until(condition: Callable[[], bool], seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_a_sweep_gathers_every_cell_and_the_registered_one(toy: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    file = grid(toy, "[grid]\nfactor = { from = 1, to = 3 }\n[[case]]\nfactor = 3\ndrug = 'heroin'\n")
    folder = sweep.sweep("01_toy", file)
    assert folder == toy.reports / "sweeps" / "01_toy-grid"
    found = pd.read_parquet(folder / "estimates.parquet")
    columns = ["registered", "parameter_factor", "parameter_drug", "parameter_months", "id", "estimate"]
    months = '["2020-01", "2020-02"]'
    # The registered cell (factor 2) comes first, and is not run again as the cell of the grid that it also is.
    assert found[columns].to_numpy().tolist() == [
        [True, 2, "cocaine", months, "total", 36],
        [False, 1, "cocaine", months, "total", 18],
        [False, 3, "cocaine", months, "total", 54],
        [False, 3, "heroin", months, "total", 54],
    ]
    curve = folder / "specification_curve"
    assert {path.name for path in curve.iterdir()} == {f"total.{kind}" for kind in ("svg", "png", "vl.json", "csv")}
    assert "total: 4 of 4 cells have the sign of the registered run\n" in capsys.readouterr().out
    assert not (folder / "failures.csv").exists()
    assert sorted(path.name for path in toy.reports.iterdir()) == ["sweeps"]


def test_faults_told_line_by_line_are_told_once_and_those_of_supplied_files_on_the_terminal_alone(
    checkout: Checkout,
) -> None:
    faults = (
        "from crimjust_research.errors import DataError\nraise DataError('own.csv has 2 fault(s):\\n  one\\n  two')"
    )
    (checkout.root / "own.csv").write_text("a\n1\n")
    checkout.notebook("01_toy", [CELLS[0], faults], parameters=PARAMETERS.replace("2020-03", "own.csv"))
    with pytest.raises(RunError) as failed:
        sweep.sweep("01_toy", grid(checkout, "[grid]\nfactor = [1]\n"), output=checkout.root / "out")
    heading, first, *below, second = str(failed.value).splitlines()
    assert heading == f"2 of 2 cells failed; {checkout.root / 'out' / 'failures.csv'} names them:"
    assert first.endswith(": DataError: own.csv has 2 fault(s):")
    assert below == ["      one", "      two"]
    assert second.endswith(": the same")
    assert "one" not in (checkout.root / "out" / "failures.csv").read_text().replace("none", "")


def test_failed_cells_are_told_with_what_they_were_and_the_others_go_on(checkout: Checkout) -> None:
    checkout.notebook("01_toy", [CELLS[0], FAILS_AT_NINE, *CELLS[1:]])
    file = grid(checkout, "[grid]\nfactor = [1, 9]\n")
    with pytest.raises(RunError) as failed:
        sweep.sweep("01_toy", file, output=checkout.root / "out")
    heading, line = str(failed.value).splitlines()
    assert heading.startswith("1 of 3 cells failed; ")
    assert line == "  factor=9: notebook cell 4, `raise ValueError('nine')`: ValueError: nine"
    with (checkout.root / "out" / "failures.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["parameter_factor"], row["error"]) == ("9", "ValueError: nine")
    assert "Traceback" in row["detail"]
    found = pd.read_parquet(checkout.root / "out" / "estimates.parquet")
    assert found["estimate"].tolist() == [36, 18]

    # Mended, only what had failed and what the notebook's change affects is run; here that is everything.
    checkout.notebook("01_toy")
    assert sweep.sweep("01_toy", grid(checkout, "[grid]\nfactor = [1]\n"), output=checkout.root / "out")
    assert not (checkout.root / "out" / "failures.csv").exists()


def test_the_whole_grid_is_refused_before_anything_runs(toy: Checkout) -> None:
    file = grid(toy, "[grid]\nfactor = [1, 99]\nrate = [0.1, 0.2]\nfacotr = [1]\n[[case]]\nstart = '2021-01'\n")
    with pytest.raises(ParameterError) as refused:
        sweep.sweep("01_toy", file)
    heading, *lines = str(refused.value).splitlines()
    assert heading == f"{file} asks for what the notebook refuses:"
    assert len(lines) == 3  # each fault once, however many cells share it
    assert "no parameter 'facotr'; did you mean 'factor'?" in lines[0]
    assert "parameter factor = 99: it should be a whole number from 1 to 9" in lines[1]
    assert "the window is empty: start 2021-01 is after end 2020-03" in lines[2]
    assert not toy.reports.exists()


def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(toy: Checkout) -> None:
    (toy.root / "out").write_text("a file in the way")
    with pytest.raises(RunError, match="cannot be written to"):
        sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"), output=toy.root / "out")


def test_a_disk_that_fills_up_keeps_what_was_done(toy: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, room = sweep.Store.keep, [1]

    def until_full(store: sweep.Store, outcome: object) -> None:
        if not room:
            raise OSError(28, "No space left on device")
        room.pop()
        keep(store, outcome)

    file = grid(toy, "[grid]\nfactor = [1, 3]\n")
    with monkeypatch.context() as patch:
        patch.setattr(sweep.Store, "keep", until_full)
        with pytest.raises(RunError, match=r"No space left on device; make room, .*: 1 of 3 cells are kept; the same"):
            sweep.sweep("01_toy", file, workers=1)
    assert len(pd.read_parquet(sweep.sweep("01_toy", file) / "estimates.parquet")) == 3


def test_a_notebook_without_a_study_is_a_failure_of_its_cells(checkout: Checkout) -> None:
    checkout.notebook("01_toy", ["value = 1"])
    with pytest.raises(RunError, match="no cell begins a `study`, so there are no estimates to keep"):
        sweep.sweep("01_toy", grid(checkout, "[grid]\nfactor = [1]\n"))


def test_an_interrupted_sweep_goes_on_where_it_stopped(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.notebook("01_toy", [CELLS[0] + SLOW, *CELLS[1:]])
    grid(checkout, "[grid]\nfactor = { from = 1, to = 6 }\n")
    command = [sys.executable, "-m", "crimjust_research", "sweep", "01_toy", "--grid", "grid.toml", "--workers", "1"]
    cells = checkout.reports / "sweeps" / "01_toy-grid" / "cells"
    with subprocess.Popen(
        command, cwd=checkout.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as first:
        wait_until(lambda: len(list(cells.glob("*/*.csv"))) >= 2 or first.poll() is not None)
        first.send_signal(signal.SIGINT)
        _, told = first.communicate(timeout=600)
    kept = len(list(cells.glob("*/*.csv")))
    assert first.returncode == 1
    assert f"interrupted: {kept} of 6 cells are kept; the same command goes on from there" in told
    assert 2 <= kept < 6
    before = computed(checkout)
    capsys.readouterr()
    sweep.sweep("01_toy", checkout.root / "grid.toml")
    assert f"6 cells, {kept} of them done before" in capsys.readouterr().out
    # A cell may have been computed when the interrupt came, and not yet been kept; none was kept and computed again.
    assert len(computed(checkout)) - len(before) == 6 - kept
    assert set(before[:kept]).isdisjoint(computed(checkout)[len(before) :])

    sweep.sweep("01_toy", checkout.root / "grid.toml")
    assert "6 cells, 6 of them done before" in capsys.readouterr().out
    checkout.store("2025", (1, 1, 1))
    theirs = cells / "somebody's own"
    theirs.mkdir()
    sweep.sweep("01_toy", grid(checkout, "[grid]\nfactor = [1]\n"))
    told = capsys.readouterr().out
    assert "of them done before" not in told
    assert "01_toy: cells kept before are computed anew: data changed" in told
    assert theirs.is_dir()
    assert len(list(cells.glob("*/*.csv"))) == 2


# --- Many machines ------------------------------------------------------------------------------------------------


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A dask scheduler on loopback; gives its address."""
    file = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    command += ["--no-dashboard", "--scheduler-file", str(file)]
    with _process(command, dict(os.environ), folder):
        wait_until(file.exists)
        yield json.loads(file.read_text())["address"]


@contextmanager
def worker(address: str, name: str, home: Path, folder: Path) -> Iterator[psutil.Process]:
    """A worker process with one thread, that stands in the checkout `home`."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--name", name, "--nthreads", "1"]
    command += ["--host", "127.0.0.1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder / name)]
    with _process(command, {**os.environ, "CRIMJUST_HOME": str(home), "WORKER": name}, folder) as process:
        wait_until(lambda: name in _registered(address))
        yield process


def _registered(address: str) -> set[str]:
    """Names of the workers a scheduler knows."""
    with Client(address, set_as_default=False) as client:
        return {each["name"] for each in client.scheduler_info(n_workers=-1)["workers"].values()}


@contextmanager
def _process(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[psutil.Process]:
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


@contextmanager
def driver(checkout: Checkout, address: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "crimjust_research", "sweep", "01_toy", "--grid", "grid.toml"]
    with subprocess.Popen(
        [*command, "--scheduler", address], cwd=checkout.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_killing_a_worker_loses_nothing_and_repeats_nothing(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy", [CELLS[0] + HELD, *CELLS[1:]])
    grid(checkout, "[grid]\nfactor = { from = 1, to = 7 }\n")
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        first, _ = (stack.enter_context(worker(address, name, checkout.root, tmp_path)) for name in ("one", "two"))
        driving = stack.enter_context(driver(checkout, address))
        # In the middle of a cell, once what it did before is kept: that must stay done, what it is at must be done elsewhere.
        wait_until(lambda: done_by("one", checkout) and done_by("one", checkout) <= kept(checkout) and held(checkout))
        family = [first, *first.children(recursive=True)]
        first.kill()
        shown, errors = driving.communicate(timeout=600)
        assert driving.returncode == 0, shown + errors
        wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))
    assert sorted(computed(checkout)) == list(range(1, 8))
    found = pd.read_parquet(checkout.reports / "sweeps" / "01_toy-grid" / "estimates.parquet")
    assert dict(zip(found["parameter_factor"], found["estimate"], strict=True)) == {k: 18 * k for k in range(1, 8)}


def test_batches_on_a_scheduler_leave_the_same_bytes_as_this_machine_and_fail_cell_by_cell(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.notebook("01_toy", [CELLS[0], FAILS_AT_NINE, *CELLS[1:]])
    file = grid(checkout, "[grid]\nfactor = { from = 1, to = 9 }\ndrug = ['cocaine', 'heroin']\n")
    sent: list[int] = []
    submit = pools.Cluster.submit

    def counted(pool: pools.Cluster, batch: list[sweep.Cell]) -> object:
        sent.append(len(batch))
        return submit(pool, batch)

    monkeypatch.setattr(pools.Cluster, "submit", counted)
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        stack.enter_context(worker(address, "one", checkout.root, tmp_path))
        with pytest.raises(RunError, match="2 of 18 cells failed"):
            sweep.sweep("01_toy", file, output=tmp_path / "there", scheduler=address)
    with pytest.raises(RunError, match="2 of 18 cells failed"):
        sweep.sweep("01_toy", file, output=tmp_path / "here")
    assert sum(sent) == 18
    assert max(sent) > 1
    there, here = contents(tmp_path / "there"), contents(tmp_path / "here")
    assert there == here
    assert sum(name.startswith("cells/") and name.endswith(".csv") for name in there) == 16


def test_a_batch_takes_some_seconds_and_leaves_several_for_every_worker() -> None:
    assert sweep.batch_size(1000, 4, 5, []) == 1  # nothing is known yet
    assert sweep.batch_size(1000, 4, 5, [3.0, 0.25, 0.25]) == 20  # the first cell waited for imports
    assert sweep.batch_size(40, 4, 5, [0.25]) == 2  # the last batches are small, so that workers end together
    assert sweep.batch_size(3, 4, 5, [0.25]) == 1
    assert sweep.batch_size(1000, 4, 5, [60.0]) == 1
    assert sweep.batch_size(1000, 4, 0, [0.25]) == 1  # this machine


def test_a_batch_that_fails_as_a_whole_is_run_cell_by_cell() -> None:
    one, two, three = (sweep.Cell(key, {}, {}) for key in ("one", "two", "three"))
    failed: list[Future] = [Future(), Future()]
    for future in failed:
        future.set_exception(RuntimeError("its worker died"))
    running, again = dict(zip(failed, ([one, two], [three]), strict=True)), []
    (outcome,) = sweep._ended(running, again)
    assert (running, again) == ({}, [[one], [two]])
    assert outcome.key == "three"
    assert outcome.failure.error == "RuntimeError: its worker died"


def test_estimates_travel_with_all_their_bits() -> None:
    frame = pd.DataFrame({"id": ["a", ""], "estimate": [1 / 3, float("nan")], "n_obs": [3, 2**53 + 1]})
    pd.testing.assert_frame_equal(workers.from_arrow(workers.as_arrow(frame)), frame, check_exact=True)
    nothing = frame.iloc[:0]
    assert list(workers.from_arrow(workers.as_arrow(nothing))) == list(frame)


def test_a_sweep_whose_scheduler_is_gone_says_so_in_a_sentence_and_what_is_kept(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.notebook("01_toy", [CELLS[0] + HELD, *CELLS[1:]])
    grid(checkout, "[grid]\nfactor = { from = 1, to = 7 }\n")
    with ExitStack() as stack:
        # The second cell of the worker `one` never ends, so that the sweep waits.
        with scheduler(tmp_path) as address:
            stack.enter_context(worker(address, "one", checkout.root, tmp_path))
            driving = stack.enter_context(driver(checkout, address))
            wait_until(lambda: kept(checkout) and held(checkout))
        shown, errors = driving.communicate(timeout=600)
    assert driving.returncode == 1, shown
    assert errors == (
        f"Error: the scheduler at {address} no longer answers; start it again with its workers: 1 of 7 cells are kept; "
        "the same command goes on from there\n"
    )


def test_a_worker_that_holds_another_project_is_refused_by_name(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy")
    grid(checkout, "[grid]\nfactor = [1, 3]\n")
    other = Checkout.make(tmp_path / "other")
    other.store("2025", (1, 1, 1))
    other.notebook("01_toy")
    (other.root / "requirements.lock").write_text("numpy==2.3\n")
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        stack.enter_context(worker(address, "stranger", other.root, tmp_path))
        with driver(checkout, address) as alone:
            shown, errors = alone.communicate(timeout=600)
        assert alone.returncode == 1
        assert "worker stranger at tcp://127.0.0.1:" in shown
        assert "its lock, data differ from the driver's; bring it to the same commit and lock" in shown
        assert "no worker is left that holds the same project as this one; start one with" in errors
        assert "0 of 3 cells are kept; the same command goes on from there" in errors
        stack.enter_context(worker(address, "friend", checkout.root, tmp_path))
        with driver(checkout, address) as driving:
            shown, errors = driving.communicate(timeout=600)
        assert driving.returncode == 0, shown + errors
        assert "worker stranger" in shown
        assert "worker friend" not in shown
    found = pd.read_parquet(checkout.reports / "sweeps" / "01_toy-grid" / "estimates.parquet")
    assert found["estimate"].tolist() == [36, 18, 54]


def test_a_scheduler_that_does_not_answer_is_named(toy: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    from crimjust_research.runs import pools

    file = grid(toy, "[grid]\nfactor = [1]\n")
    monkeypatch.setattr(pools, "_CONNECT_SECONDS", 1)
    with pytest.raises(RunError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        sweep.sweep("01_toy", file, scheduler="tcp://127.0.0.1:9")


# --- Agreement and the curve --------------------------------------------------------------------------------------


def estimates(*rows: tuple[float, float, float | None]) -> pd.DataFrame:
    """Cells of one primary estimate: estimate, p, null value; the first is registered."""
    frame = pd.DataFrame(rows, columns=["estimate", "p_value", "null_value"], dtype=float)
    return frame.assign(
        cell=[f"c{k}" for k in range(len(frame))],
        registered=[True] + [False] * (len(frame) - 1),
        parameter_lag=range(len(frame)),
        parameter_drug="cocaine",
        id="a.b",
        estimand="effect",
        unit="cases",
        role="primary",
        ci_low=frame["estimate"] - 1,
        ci_high=frame["estimate"] + 1,
        ci_level=0.95,
    )


def test_agreement_counts_signs_and_sides() -> None:
    # Registered: 2, p .01. Same sign and side: itself and 1 (p .04). Same sign, other side: 3 (p .20).
    # Other sign: -1 (p .01). No p at all: 4, which has the sign but cannot be on a side.
    frame = estimates((2, 0.01, 0), (1, 0.04, 0), (3, 0.20, 0), (-1, 0.01, 0), (4, float("nan"), 0))
    (row,) = specification_curve.agreement(frame).to_dict("records")
    assert row == {"id": "a.b", "estimand": "effect", "cells": 5, "same_sign": 4, "threshold": 0.05, "same_side": 2}
    assert specification_curve.sentences(specification_curve.agreement(frame)) == [
        "a.b: 4 of 5 cells have the sign of the registered run, 2 also p on its side of 0.05"
    ]


def test_agreement_measures_ratios_from_one_and_gives_statistics_no_sign() -> None:
    # Ratios of 0.9 and 1.1 lie on different sides of their null value 1.
    (ratio,) = specification_curve.agreement(estimates((1.2, 0.01, 1), (1.1, 0.01, 1), (0.9, 0.01, 1))).to_dict(
        "records"
    )
    assert (ratio["same_sign"], ratio["same_side"]) == (2, 2)
    table = specification_curve.agreement(estimates((5, 0.01, None), (4, 0.02, None), (1, 0.4, None)))
    assert table["same_sign"].isna().all()
    assert specification_curve.sentences(table) == ["a.b: 2 of 3 cells have p on the registered run's side of 0.05"]


def test_the_curve_is_in_order_and_says_what_it_shows() -> None:
    frame = estimates(*((value, 0.01, 0) for value in (2, 1, 3, -1)))
    (figure,) = specification_curve.figures(frame, "01_toy")
    assert figure.data["estimate"].tolist() == [-1, 1, 2, 3]
    assert figure.data["rank"].tolist() == [1, 2, 3, 4]
    assert figure.alt == (
        "Specification curve of effect: 4 estimates from −1 to 3, in order; the registered one, 2, is number 3 "
        "from the lowest."
    )
    assert figure.svg.startswith("<svg")
    assert ">lag<" in figure.svg
    assert ">3<" in figure.svg
    assert "cocaine" not in figure.svg  # what all cells share is no choice


def test_the_curve_of_more_cells_than_altair_takes_is_drawn() -> None:
    frame = estimates(*((k / 7, 0.01, 0) for k in range(6000)))
    (figure,) = specification_curve.figures(frame, "01_toy")
    assert len(figure.data) == 6000
    assert "Not listed, for their many values: lag." in figure.caption
    assert figure.specification["vconcat"]


def test_a_folder_of_somebody_else_s_is_neither_emptied_nor_written_to(toy: Checkout) -> None:
    theirs = toy.root / "out"
    (theirs / "cells" / "biology").mkdir(parents=True)
    (theirs / "cells" / "biology" / "cells.csv").write_text("precious")
    with pytest.raises(DataError, match="holds files that no sweep left there, and is not written over"):
        sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"), output=theirs)
    assert [path.name for path in theirs.rglob("*")] == ["cells", "biology", "cells.csv"]


def test_a_kept_cell_that_is_not_what_was_kept_is_computed_anew(
    toy: Checkout, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    file = grid(toy, "[grid]\nfactor = [1, 3]\n")
    folder = sweep.sweep("01_toy", file)
    found = pd.read_parquet(folder / "estimates.parquet")
    cells = sorted((folder / "cells").glob("*/*.csv"))
    cells[0].write_bytes(cells[0].read_bytes().replace(b"54", b"99").replace(b"18", b"99").replace(b"36", b"99"))
    cells[1].write_bytes(cells[1].read_bytes()[:40])
    capsys.readouterr()
    sweep.sweep("01_toy", file)
    assert "3 cells, 1 of them done before" in capsys.readouterr().out
    assert all(cell.name in caplog.text for cell in cells[:2])
    assert cells[2].name not in caplog.text
    assert sorted((folder / "cells").glob("*/*.csv")) == cells
    assert len(list((folder / "set-aside").rglob("*.csv"))) == 2
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "estimates.parquet"), found)


def test_a_cell_altered_while_its_sweep_runs_is_not_pooled(tmp_path: Path) -> None:
    store = sweep.Store(tmp_path, {})
    cell = sweep.Cell("ab", {}, {})
    store.keep(sweep.Outcome("ab", 0.0, ONE_TOTAL))
    assert store.read(cell) == b"id,estimate\ntotal,1\n"
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"id,estimate\ntotal,2\n")
    with pytest.raises(RunError, match="no longer what was kept in it"):
        store.read(cell)
    path.unlink()
    with pytest.raises(RunError, match="no longer what was kept in it"):
        store.read(cell)


def test_what_somebody_put_among_a_sweeps_files_outlives_it(toy: Checkout) -> None:
    folder = sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"))
    (cells,) = (folder / "cells").iterdir()
    (cells / "notes.txt").write_text("mine")
    (folder / "specification_curve" / "mine.vl.json").write_text("mine, too")
    (folder / "agreement.csv").write_text("mine as well")
    toy.store("2025", (5, 6, 9))  # makes every cell new
    sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"))
    assert not cells.exists()
    assert (folder / "specification_curve" / "mine.vl.json").read_text() == "mine, too"
    assert (folder / "agreement.csv").read_text().startswith("id,estimand")
    kept = {path.name: path.read_text() for path in (folder / "set-aside").rglob("*") if path.is_file()}
    assert kept == {"notes.txt": "mine", "agreement.csv": "mine as well"}


# A mark of another tool, and none at all.
FOREIGN = ('{"name": "me"}', "[1]", "not json", "[" * 100_000, "")


def opened(output: Path, data: str) -> tuple[sweep.Store, str]:
    """The store of a sweep over `data`."""
    (notebook,) = notebooks.find("01_toy")
    return sweep.Store.open(output, {"lock": "", "plan": "", "code": {}, "versions": {}, "data": data}, notebook)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("toy")
def test_a_folder_is_a_sweeps_own_only_if_it_is_named_after_its_mark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output, outside = tmp_path / "out", tmp_path / "outside"
    store, _ = opened(output, "2024")
    store.keep(sweep.Outcome("ab", 0.0, ONE_TOTAL))
    own, cells = store.folder, output / "cells"
    for number, mark in enumerate(FOREIGN):
        (cells / f"theirs-{number}").mkdir()
        (cells / f"theirs-{number}" / sweep.IDENTITY).write_text(mark)
    shutil.copytree(own, cells / "copied")
    shutil.copytree(own, outside / own.name)
    before = {folder: contents(folder) for folder in (*cells.iterdir(), outside) if folder != own}
    (cells / "linked").symlink_to(outside / own.name)
    # What is put within the sweep's own folder is set aside, however it is called.
    (own / "sub").mkdir()
    (own / "sub" / sweep.IDENTITY).write_text("mine")
    (own / "link").symlink_to(outside)
    (own / f"cd.{'0' * 64}.csv").symlink_to(outside / own.name / sweep.IDENTITY)
    _, why = opened(output, "2025")
    assert why == "data changed"
    assert not own.exists()
    assert {folder: contents(folder) for folder in before} == before
    assert f"{cells / 'linked'} is a link, and so left as it is" in caplog.text
    (aside,) = (output / written.ASIDE).iterdir()
    assert (aside / "sub" / sweep.IDENTITY).read_text() == "mine"
    assert (aside / "link").readlink() == outside
    assert (aside / f"cd.{'0' * 64}.csv").is_symlink()


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("mark", FOREIGN)
def test_a_mark_somebody_changed_is_set_aside_and_the_cells_stay(tmp_path: Path, mark: str) -> None:
    store, _ = opened(tmp_path, "2024")
    store.keep(sweep.Outcome("ab", 0.0, ONE_TOTAL))
    before = contents(store.folder)
    (store.folder / sweep.IDENTITY).write_text(mark)
    (store.folder / "sub").mkdir()
    (store.folder / "sub" / "mine.txt").write_text("mine")
    again, why = opened(tmp_path, "2024")
    assert (again.cells, why) == (store.cells, "")
    assert contents(store.folder) == before
    assert not (store.folder / "sub").exists()
    kept = {path.name: path.read_text() for path in (tmp_path / written.ASIDE).rglob("*") if path.is_file()}
    assert kept == {sweep.IDENTITY: mark, "mine.txt": "mine"}


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("linked", ["cells", "cells/own"])
def test_a_sweep_keeps_no_cell_where_a_link_leads(tmp_path: Path, linked: str) -> None:
    output, outside = tmp_path / "out", tmp_path / "outside"
    place = opened(output, "2024")[0].folder
    place = place.parent if linked == "cells" else place
    place.rename(outside)
    place.symlink_to(outside)
    before = contents(outside)
    with pytest.raises(DataError, match=f"{place.name} is a link, and nothing is written through one"):
        opened(output, "2024")
    assert contents(outside) == before


def test_two_sweeps_do_not_write_to_one_folder_at_once(toy: Checkout) -> None:
    output = toy.root / "out"
    with locks.locked(output / sweep.LOCK), pytest.raises(DataError):
        sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"), output=output)
    (output / sweep.LOCK).unlink()
    written.claim(output, "sweep")
    with locks.locked(output / sweep.LOCK), pytest.raises(DataError, match="another sweep is writing to"):
        sweep.sweep("01_toy", grid(toy, "[grid]\nfactor = [1]\n"), output=output)


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
        ("10.0.0.5:8786", True),
        ("tcp://10.0.0.5:8786", True),
        ("tls://10.0.0.5:8786", False),
    ],
)
def test_plain_tcp_to_another_machine_is_told(address: str, is_open: bool) -> None:
    assert pools.is_open(address) is is_open
