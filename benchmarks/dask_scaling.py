"""Cells of a sweep on worker processes of a dask scheduler on loopback, as a section of docs/PERFORMANCE.md.

    python benchmarks/dask_scaling.py                 # four workers against one, and against this machine's own pool

A sweep's seconds are those of its start and end, which the same command takes again when every cell is kept, and those of its
cells. Workers have imported what cells need for a short sweep before. A local pool imports it anew: its cells are those that a
longer sweep has more than a short one.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.beside import section
from benchmarks.copied_checkout import PROCESSORS, Cost, copied, crimjust, environment
from benchmarks.tables import markdown

NAME = "08_outcome3_diversification"
SHORT, WORKERS, PROJECTED = 16, 4, (1, 4, 16)
MANY_CELLS = 10_000
_SECONDS = 60.0


@dataclass(frozen=True)
class Line:
    """What a sweep takes: for its start and end, and for a cell on the clock; and for a cell of the driver's processor."""

    start: float
    cell: float
    driver: float


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=104, help="cells of the longer sweep (%(default)s)")
    cells = parser.parse_args().cells
    with copied() as copy:
        here = locally(copy, cells)
        one, four = on_workers(copy, cells, 1), on_workers(copy, cells, WORKERS)
    most = min(WORKERS, PROCESSORS)
    table = [
        {
            "workers": count,
            "a cell, s": f"{found.cell:.3f}",
            "start and end, s": f"{found.start:.1f}",
            "times one worker": f"{one.cell / found.cell:.2f}",
            "of what the processors can": f"{one.cell / found.cell / processors:.0%}",
            "what bounds it": bound,
        }
        for count, found, processors, bound in (
            (1, one, 1, f"the cells' own work: {here:.3f} s each on this machine's own pool"),
            (WORKERS, four, most, f"{PROCESSORS} processors, which driver and scheduler use, too"),
        )
    ]
    projected = ", ".join(f"{duration(one, workers)} on {workers}" for workers in PROJECTED)
    print(
        section(
            "A sweep on many machines",
            f"{NAME} up to its registered estimate, {cells} cells, seconds on the clock.",
            markdown(pd.DataFrame(table)),
            f"Dask costs {1000 * (one.cell - here):.0f} ms a cell. The driver needs {1000 * one.driver:.1f} ms of a "
            f"processor for a cell, which bounds a sweep from {one.cell / one.driver:.0f} workers on. By these figures "
            f"{MANY_CELLS:,} cells would take {projected} such workers, each with a processor of its own.",
        )
    )


def duration(one: Line, workers: int) -> str:
    """What many cells would take on workers that each have a processor, as minutes."""
    seconds = one.start + MANY_CELLS * max(one.cell / workers, one.driver)
    return f"{seconds / 60:.1f} min"


def locally(copy: Path, cells: int) -> float:
    """Seconds a cell of a sweep on this machine's own pool, one at a time."""
    short, long = (_swept(copy, f"here-{size}", size, ["--workers", "1"]) for size in (SHORT, cells))
    return (long.clock - short.clock) / (cells - SHORT)


def on_workers(copy: Path, cells: int, count: int) -> Line:
    """What a sweep takes on so many workers."""
    with ExitStack() as stack:
        address = stack.enter_context(_scheduler(copy))
        for number in range(count):
            command = ["-m", "distributed.cli.dask_worker", address, "--name", f"w{number}", "--nthreads", "1"]
            stack.enter_context(_process(copy, *command, "--no-dashboard"))
        options = ["--scheduler", address]
        first, long = (_swept(copy, f"{count}-{size}", size, options) for size in (SHORT, cells))
        again = _swept(copy, f"{count}-{cells}", cells, options)
    return Line(
        start=again.clock,
        cell=(long.clock - again.clock) / (cells + 1),
        driver=(long.processor - first.processor) / (cells - SHORT),
    )


def _swept(copy: Path, label: str, cells: int, options: Sequence[str]) -> Cost:
    """A sweep over seeds none of which is the registered one, whose cell comes on top of theirs."""
    grid = copy / f"{label}.toml"
    grid.write_text(f"[grid]\nseed = {{ from = 1001, to = {1000 + cells} }}\n")
    output = ["--output", str(copy / "swept" / label)]
    return crimjust(copy, "sweep", NAME, "--grid", str(grid), "--until", "registered", *options, *output)


@contextmanager
def _scheduler(copy: Path) -> Iterator[str]:
    """A scheduler on loopback; gives its address."""
    file = copy / "scheduler.json"
    file.unlink(missing_ok=True)
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    with _process(copy, "-m", "distributed.cli.dask_scheduler", *options):
        deadline = time.monotonic() + _SECONDS
        while not file.is_file() or not file.read_text():
            if time.monotonic() > deadline:
                sys.exit("the scheduler did not start")
            time.sleep(0.1)
        yield str(json.loads(file.read_text())["address"])


@contextmanager
def _process(copy: Path, *command: str) -> Iterator[None]:
    """A Python process in the copy, ended afterwards."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, *command], cwd=copy, env=environment(copy), **quiet) as process:
        try:
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
