"""Workers and schedulers that die, stop, come late or hold something else, amid a sweep.

The sweep finishes with the right cells, or ends in a sentence and keeps what is done; either way the next one goes on from there.
All on this machine's loopback. What is done to a worker is done once so many cells are kept, at no time of any clock.
"""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.commands import RUN
from reliability.worlds import Told, base, ended, environment, program

CAMPAIGN = 9
TITLE = "Workers of a sweep"
_TIMES = 2
_CELLS = 17
_GRID = "[grid]\nconfidence_level = [0.8, 0.85, 0.9, 0.99]\ndraws = [99, 199, 299, 399]\n"
_LEAST = 60  # seconds that something is waited for that must come
# A worker that says it is of another Python.
_OTHER_PYTHON = "import platform; platform.python_version_tuple = lambda: ('3', '99', '0'); "


@dataclass
class Sweep:
    """A sweep under way: the scheduler's port, its processes by name, and where what is done is kept."""

    folder: Path
    stack: ExitStack
    port: int = 0
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    relays: "list[Relay]" = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def schedule(self) -> None:
        """Start a scheduler, on the port there was one before if there was."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--scheduler-file", str(file)]
        self._start("scheduler", base(), ["-m", "distributed.cli.dask_scheduler", *options])
        _wait(lambda: file.exists() and file.stat().st_size > 0)
        self.port = int(json.loads(file.read_text())["address"].rpartition(":")[2])

    def work(self, name: str, home: Path | None = None, first: str = "", address: str = "") -> None:
        """Start a worker in a checkout, the clone by default, and wait for it; `first` is Python it runs before."""
        options = ["--name", name, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny", "--no-dashboard"]
        options += ["--death-timeout", str(_LEAST), "--local-directory", str(self.folder / name)]
        code = f"{first}import runpy; runpy.run_module('distributed.cli.dask_worker', run_name='__main__')"
        self._start(name, home or base(), ["-c", code, address or self.address, *options])
        _wait(lambda: name in self._workers())

    def kill(self, *names: str) -> None:
        for name in names:
            self.processes[name].kill()
            self.processes[name].wait()

    def _workers(self) -> set[str]:
        """Names of the workers that the scheduler knows."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}

    def kept(self) -> int:
        """Cells the sweep has kept so far."""
        return len(list((self.folder / "out" / "cells").glob("*/*.csv")))

    def drive(self) -> "subprocess.Popen[str]":
        """Begin the sweep on the workers."""
        return _sweep(self.folder, "--scheduler", self.address)

    def _start(self, name: str, home: Path, arguments: list[str]) -> None:
        log = self.stack.enter_context((self.folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=home,
            env=environment(home) | {"CRIMJUST_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self.processes[name] = process
        self.stack.callback(_end, process)


class Relay:
    """A way to the scheduler that can be cut."""

    def __init__(self, port: int) -> None:
        self._to, self._listening = port, socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"

    def cut(self) -> None:
        """Nothing goes through any more."""
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._open += [here, there]
                for source, target in ((here, there), (there, here)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(1 << 16):
            target.sendall(content)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Story:
    """What happens to a sweep: what there is at first, what is done amid it, and how it may end.

    `refused` is what is said of a worker that holds something else.
    """

    at_first: Callable[[Sweep], None]
    amid: Callable[[Sweep], None] = lambda _: None
    finishes: bool | None = True
    refused: str = ""


def _two(sweep: Sweep) -> None:
    sweep.work("one")
    sweep.work("two")


def _one_behind_a_relay(sweep: Sweep) -> None:
    sweep.relays.append(Relay(sweep.port))
    sweep.work("one", address=sweep.relays[0].address)
    sweep.work("two")


def _stopped_for_a_while(sweep: Sweep) -> None:
    process, before = sweep.processes["one"], sweep.kept()
    process.send_signal(signal.SIGSTOP)
    _wait(lambda: sweep.kept() >= min(before + 3, _CELLS - 2), fails=False)
    process.send_signal(signal.SIGCONT)


def _scheduler_again(sweep: Sweep) -> None:
    sweep.kill("scheduler")
    sweep.schedule()
    sweep.work("three")


def _beside(change: Callable[[Path], None]) -> Callable[[Sweep], None]:
    def start(sweep: Sweep) -> None:
        home = sweep.folder / "another"
        shutil.copytree(base(), home, ignore=shutil.ignore_patterns(".git", "reports"), symlinks=True)
        shutil.copytree(base() / "reports" / "records", home / "reports" / "records")
        change(home)
        sweep.work("stranger", home)
        sweep.work("one")

    return start


def _append(name: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        with (home / name).open("a") as stream:
            stream.write("\n")

    return change


STORIES = {
    "one of two workers is killed": Story(_two, lambda s: s.kill("one")),
    "one of two workers stops for a while": Story(_two, _stopped_for_a_while),
    "one of two workers is cut off from the scheduler": Story(_one_behind_a_relay, lambda s: s.relays[0].cut()),
    "both workers are killed": Story(_two, lambda s: s.kill("one", "two"), finishes=False),
    "a worker joins late": Story(lambda s: s.work("one"), lambda s: s.work("two")),
    "a worker takes the place of one that is killed": Story(
        lambda s: s.work("one"), lambda s: (s.work("two"), s.kill("one"))
    ),
    "the scheduler is killed": Story(_two, lambda s: s.kill("scheduler"), finishes=False),
    "the scheduler is killed and started anew": Story(_two, _scheduler_again, finishes=None),
    "a worker has other code": Story(_beside(_append("src/crimjust_research/study.py")), refused="code"),
    "a worker has another lock": Story(_beside(_append("requirements.lock")), refused="lock"),
    "a worker has other data": Story(_beside(_append("data/raw/datapackage.json")), refused="data"),
    "a worker is of another Python": Story(
        lambda s: (s.work("stranger", first=_OTHER_PYTHON), s.work("one")), refused="versions"
    ),
}


def tried(chosen: Chosen) -> Section:
    """Try each story, at two drawn moments each."""
    cases = drawn(CAMPAIGN, 0).permutation([name for name in STORIES for _ in range(_TIMES)])
    failed: list[str] = []
    ends: Counter[tuple[str, bool]] = Counter()
    for case in one_by_one(chosen.of(len(cases))):
        name = str(cases[case])
        finished, faults = _case(case, name)
        ends[name, finished] += 1
        failed += [f"{case} ({name}): {fault}" for fault in faults]
    rows = [f"| {name} | {ends[name, True]} | {ends[name, False]} |" for name in STORIES]
    text = (
        f"A sweep of {_CELLS} cells on a scheduler and workers of this machine, to which something happens once a drawn "
        "number of cells is kept. It finishes with the bytes of a sweep on this machine alone, or ends in a sentence with the "
        "number of cells kept; then the same sweep without a scheduler goes on from these, and leaves the same bytes. A worker "
        "that holds something else is refused by name and gets no cell.\n\n"
        "| what happens | finished | ended in a sentence |\n|---|---|---|\n" + "\n".join(rows)
    )
    return Section(TITLE, text, sum(ends.values()), tuple(failed))


def _case(case: int, name: str) -> tuple[bool, list[str]]:
    """Whether the sweep finished, and what is wrong with what came of it."""
    story, after = STORIES[name], int(drawn(CAMPAIGN, case + 1).integers(1, _CELLS - 4))
    with tempfile.TemporaryDirectory(prefix="workers-") as made, ExitStack() as stack:
        sweep = Sweep(Path(made), stack)
        _grid(sweep.folder)
        sweep.schedule()
        story.at_first(sweep)
        driving = sweep.drive()
        stack.callback(_end, driving)
        heard: list[Told] = []
        hearing = threading.Thread(target=lambda: heard.append(ended(driving)))
        hearing.start()
        while hearing.is_alive() and sweep.kept() < after:
            time.sleep(0.02)
        story.amid(sweep)
        hearing.join()
        (told,) = heard
        faults = [fault for fault in (_of_the_end(story, told),) if fault]
        kept = sweep.kept()
        if told.status and f"{kept} of {_CELLS} cells are kept; the same command goes on from there" not in told.text:
            faults.append(f"it did not say that {kept} cells are kept: {told.last()}")
        again = ended(_sweep(sweep.folder))
        before = re.search(r"(\d+) of them done before", again.text)
        if again.status or int(before[1] if before else 0) != kept:
            faults.append(f"the next sweep did not go on from {kept} cells: {again.last()}")
        if _contents(sweep.folder / "out") != _alone():
            faults.append("what it left in the end is not what a sweep on this machine leaves")
    return not told.status, faults


def _of_the_end(story: Story, told: Told) -> str:
    """What is wrong with how a sweep ended."""
    if fault := told.fault():
        return fault
    if story.finishes is not None and story.finishes is bool(told.status):
        return f"it {'did not finish' if story.finishes else 'finished'}: {told.last()}"
    if story.refused and not re.search(
        rf"worker stranger at \S+ is refused: its [a-z, ]*{story.refused}[a-z, ]* differ", told.text
    ):
        return f"a worker with other {story.refused} was not refused: {told.last()}"
    return ""


@cache
def _alone() -> dict[str, bytes]:
    """What the sweep leaves on this machine."""
    with tempfile.TemporaryDirectory(prefix="workers-") as made:
        _grid(Path(made))
        told = ended(_sweep(Path(made)))
        if told.status:
            raise RuntimeError(f"the sweep fails where nothing is wrong: {told.last()}")
        return _contents(Path(made) / "out")


def _grid(folder: Path) -> None:
    (folder / "grid.toml").write_text(_GRID)


def _sweep(folder: Path, *options: str) -> "subprocess.Popen[str]":
    words = ["sweep", RUN, "--grid", str(folder / "grid.toml"), "--output", str(folder / "out"), *options]
    return subprocess.Popen(
        [*program(), *words],
        cwd=base(),
        env=environment(base()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _wait(condition: Callable[[], bool], fails: bool = True) -> None:
    """Wait for what must come, or with `fails` off for what may."""
    deadline = time.monotonic() + _LEAST
    while not condition():
        if time.monotonic() > deadline:
            if fails:
                raise TimeoutError("waited in vain")
            return
        time.sleep(0.02)


def _end(process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
