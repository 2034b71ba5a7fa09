"""Notebooks that misbehave: whatever a cell does, the run says which cell and why, others go on, and no result is touched."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reliability.campaign import Chosen, Section, one_by_one
from reliability.commands import OTHER, RUN
from reliability.worlds import NotHere, Told, World, ended, fresh, running

TITLE = "Notebooks that misbehave"
_TIMEOUT = 20
_MOST = 1 << 30  # bytes of memory the command itself may come to
_KEPT = 64 << 20  # bytes of what is kept of a run that failed
_PATIENCE = 300.0
# Where runs by hand save, and so a cell that no longer knows whose run it is in.
_BY_HAND = "reports/interactive/"


@dataclass(frozen=True)
class _Cell:
    """What a cell does, in words and in code, and what is to be said of it; with nothing to be said the run may end as ever."""

    does: str
    source: str
    said: Sequence[str] = ()
    alone: bool = True  # whether it fails alone


_CELLS = (
    _Cell("raises an error", "1 / 0", ["ZeroDivisionError: division by zero"]),
    _Cell("raises an error of ten million letters", "raise ValueError('x' * 10_000_000)", ["ValueError: xxx"]),
    _Cell("never ends", "import time\ntime.sleep(6000)", ["was not done after"]),
    _Cell(
        "never ends and heeds no signal",
        "import signal, time\nfor each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(each, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)",
        ["was not done after"],
    ),
    _Cell("stops its own process", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", ["was not done after"]),
    _Cell("ends its process", "import os\nos._exit(3)", ["exited with status 3"]),
    _Cell("leaves politely", "import sys\nsys.exit()", ["stopped before its last cell"]),
    _Cell("interrupts itself", "raise KeyboardInterrupt", ["KeyboardInterrupt"]),
    _Cell("is killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ["ended by signal SIGKILL"]),
    _Cell("crashes", "import ctypes\nctypes.string_at(0)", ["ended by signal SIGSEGV"]),
    _Cell(
        "kills the process it was forked from",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
        ["all others with it; type the same again"],
        alone=False,
    ),
    _Cell("prints a gigabyte", "for _ in range(1024):\n    print('x' * (1 << 20))", ["came to more than"]),
    _Cell("prints without end", "while True:\n    print('x' * 79)", ["came to more than", "was not done after"]),
    _Cell(
        "shows 130 million letters at once",
        "from IPython.display import HTML, display\ndisplay(HTML('x' * (1 << 27)))",
        ["came to more than"],
    ),
    _Cell(
        "takes memory until there is none",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\nheld = []\nwhile True:\n"
        "    held.append(bytearray(1 << 26))",
        ["MemoryError", "died"],
    ),
    _Cell(
        "leaves processes behind", "import subprocess\nleft = [subprocess.Popen(['sleep', '6000']) for _ in range(5)]"
    ),
    _Cell("forks and goes on twice", "import os, time\nif os.fork() == 0:\n    time.sleep(6000)"),
    _Cell("leaves threads behind", "import threading, time\nthreading.Thread(target=time.sleep, args=(6000,)).start()"),
    _Cell("closes what it prints to", "import os\nos.close(1)\nos.close(2)\nprint('still here')"),
    _Cell("has nothing to print to", "import sys\nsys.stdout = sys.stderr = None\nprint('still here')"),
    _Cell("closes every file it has open", "import os\nos.closerange(3, 4096)", ["died", "was not done after"]),
    _Cell("prints what is no text", "import os\nos.write(1, b'\\xff\\xfe\\x00\\x80')\nprint('\\ud800')"),
    _Cell("goes to another folder", "import os\nos.chdir('/')"),
    _Cell(
        "removes where its results are to lie",
        "import os, shutil\nshutil.rmtree(os.environ['CRIMJUST_OUTPUT'])",
    ),
    _Cell("empties its environment", "import os\nos.environ.clear()"),
    _Cell("breaks pandas", "import pandas\npandas.DataFrame.to_csv = pandas.DataFrame.to_feather = None"),
    _Cell("breaks how files are written", "import pathlib\npathlib.Path.write_text = pathlib.Path.write_bytes = None"),
    _Cell("overwrites what was found", "study = None", ["AttributeError"]),
    _Cell(
        "opens as many files as it may",
        "import os\nheld = []\nwhile True:\n    held.append(os.open('/dev/null', 0))",
        ["as where all files it may open"],
    ),
)


def tried(chosen: Chosen) -> Section:
    """Put a cell that misbehaves into a notebook and run it beside another."""
    failed, count = [], 0
    try:
        for case in one_by_one(chosen.of(len(_CELLS))):
            failed += [f"{case} (a cell {_CELLS[case].does}): {fault}" for fault in _case(_CELLS[case])]
            count += 1
    except NotHere as reason:
        return Section(TITLE, f"Not tried: {reason}.", 0, ())
    text = (
        "A notebook of this project gets a cell that misbehaves, is accepted so, and is run beside another with a bound of "
        f"{_TIMEOUT} s for each cell. The other run ends as ever, unless the "
        "process was killed that both were forked from. The one that failed is told by its name, the cell and a "
        "plain reason; what it had come to is kept apart, of bounded size; its results are as they were; no process and no "
        f"temporary file is left; and the command itself never takes {_MOST >> 20:,} MB of memory. What a cell does: "
        + "; ".join(cell.does for cell in _CELLS)
        + "."
    )
    return Section(TITLE, text, count, tuple(failed))


def _case(cell: _Cell) -> list[str]:
    """What is wrong with how a run with that cell ended."""
    with fresh() as world:
        _put(world, cell.source)
        accepted = ended(world.start(["notebooks", "accept", RUN]))
        if accepted.status:
            raise RuntimeError(f"the notebook cannot be accepted: {accepted.last()}")
        before = world.changed()
        told, memory = _run(world)
        now = world.changed()
        faults = [_said(told, cell)]
        if left := running(world):
            faults.append(f"still running: {left}")
        if left := sorted(path.name for path in (world.memory / "tmp").iterdir()):
            faults.append(f"left among temporary files: {', '.join(left)}")
        if memory > _MOST:
            faults.append(f"the command took {memory >> 20:,} MB")
        moved = [
            place
            for place in sorted(now.keys() | before.keys())
            if now.get(place) != before.get(place) and not place.startswith(_BY_HAND)
        ]
        if moved and told.status:
            faults.append(f"results are not as they were: {', '.join(moved[:8])}")
        if cell.alone and f"{OTHER}: done in" not in told.text:
            faults.append(f"{OTHER} did not end as ever: {told.last()}")
        if told.status:
            faults.append(_kept(world))
    return [fault for fault in faults if fault]


def _put(world: World, source: str) -> None:
    """Put a cell before the last of the notebook, and let there be one other notebook."""
    for path in (world.folder / "notebooks").glob("*.ipynb"):
        if path.stem not in (RUN, OTHER):
            path.unlink()
    path = world.folder / f"notebooks/{RUN}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "misbehaves",
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    content["cells"].insert(-1, cell)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _run(world: World) -> tuple[Told, int]:
    """Run both; what was said, and the most memory the command itself took, in bytes."""
    process = world.start(["run", "all", "--force", "--timeout", str(_TIMEOUT)], ("setsid",))
    status, most, end = Path("/proc") / str(process.pid) / "status", 0, time.monotonic() + _PATIENCE
    with suppress(OSError, ValueError):
        while process.poll() is None and time.monotonic() < end:
            lines = status.read_text().splitlines()
            most = next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), most)
            time.sleep(0.05)
    try:
        text, _ = process.communicate(timeout=max(1.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        return Told(-1, "it never ended"), most
    return Told(process.returncode, text), most


def _said(told: Told, cell: _Cell) -> str:
    """What is wrong with what was said of the run; empty if nothing is."""
    if "Traceback (most recent call last)" in told.text or "a fault of crimjust's own" in told.text:
        return f"it told a trace or a fault of its own: {told.last()}"
    if len(told.text) > 10_000:
        return f"it said {len(told.text):,} letters"
    if told.status == 0:
        return f"it ended as if nothing had been: {told.last()}" if cell.said else ""
    if told.status != 1 or " of 2 runs failed" not in told.text or RUN not in told.text:
        return f"it ended with {told.status} and did not name the run: {told.last()}"
    if cell.said and not any(each in told.text for each in cell.said):
        return f"it did not say why: {told.last()}"
    return ""


def _kept(world: World) -> str:
    """What is wrong with what is kept of the run that failed; empty if nothing is."""
    folders = list((world.folder / "reports/failed").glob(f"{RUN}-*"))
    if len(folders) != 1:
        return f"{len(folders)} folders are kept of it"
    size = sum(path.stat().st_size for path in folders[0].rglob("*") if path.is_file())
    if size > _KEPT:
        return f"{size >> 20:,} MB are kept of it"
    try:
        cells = json.loads((folders[0] / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        return f"the notebook that is kept cannot be read: {error}"
    return "" if cells and (folders[0] / "error.txt").is_file() else "of the notebook or the error nothing is kept"
