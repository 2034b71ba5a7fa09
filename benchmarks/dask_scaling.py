"""A sweep on worker processes of a dask scheduler on loopback: four of them against one.

    python benchmarks/dask_scaling.py                                   # 24 cells of 08, up to the registered estimate
    python benchmarks/dask_scaling.py --cells 96 --workers 1 2 4

Printed are seconds a cell, the speed against the first number of workers, and its share of what the processors at hand allow:
of more workers than processors nothing can be gained. Everything is run in a copy of the checkout.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
_NAME = "08_outcome3_diversification"
_SECONDS = 60.0


def main() -> None:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=24, help="cells of the sweep (%(default)s)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4], help="numbers of workers, in turn")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="crimjust-benchmark-") as folder:
        copy = Path(folder) / "checkout"
        for part in ("data", "docs", "notebooks", "src"):
            shutil.copytree(ROOT / part, copy / part)
        shutil.copy(ROOT / "requirements.lock", copy)
        _done(copy, "-m", "crimjust_research", "data", "panels")
        (copy / "grid.toml").write_text(f"[grid]\nseed = {{ from = 1, to = {chosen.cells} }}\n")
        processors = os.cpu_count() or 1
        print(f"{_NAME} up to its registered estimate, {chosen.cells} cells, {processors} processors")
        first = 0.0
        for count in chosen.workers:
            a_cell = _swept(copy, count) / chosen.cells
            first = first or a_cell * min(chosen.workers[0], processors)
            most = min(count, processors)
            print(
                f"{count:>3} workers: {a_cell:.2f} s a cell; {first / a_cell:.2f} times one worker, "
                f"{first / a_cell / most:.0%} of what {most} processor{'s' if most > 1 else ''} can"
            )


def _swept(copy: Path, count: int) -> float:
    """Seconds that a sweep takes on so many workers, once they have run one cell each of another sweep and so are warm."""
    with ExitStack() as stack:
        address = stack.enter_context(_scheduler(copy))
        for number in range(count):
            command = ["-m", "distributed.cli.dask_worker", address, "--name", f"w{number}", "--nthreads", "1"]
            stack.enter_context(_process(copy, *command, "--no-dashboard"))
        taken = 0.0
        for grid, cells in (
            ("warm.toml", f"[grid]\nseed = {{ from = 1001, to = {1000 + 2 * count} }}\n"),
            ("grid.toml", ""),
        ):
            if cells:
                (copy / grid).write_text(cells)
            started = time.perf_counter()
            output = copy / f"swept-{count}-{grid}"
            command = ["sweep", _NAME, "--grid", grid, "--until", "registered", "--scheduler", address]
            _done(copy, "-m", "crimjust_research", *command, "--output", str(output))
            taken = time.perf_counter() - started
        return taken


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
    with subprocess.Popen([sys.executable, *command], cwd=copy, env=_environment(copy), **quiet) as process:
        try:
            yield
        finally:
            process.terminate()


def _done(copy: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=copy, env=_environment(copy), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _environment(copy: Path) -> dict[str, str]:
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **single, "CRIMJUST_HOME": str(copy), "PYTHONPATH": str(copy / "src")}


if __name__ == "__main__":
    main()
