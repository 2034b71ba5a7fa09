"""Run every benchmark and write docs/PERFORMANCE.md (`make bench`, about a quarter of an hour on two processors).

    .venv/bin/python -m benchmarks.performance [SCRIPT ...]

Each benchmark prints a section of the page, from a process of its own. Where scripts are named only their sections are
measured anew; a section is kept on the page as soon as it is measured.
"""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.sections import kept, write

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "PERFORMANCE.md"
# In the order of the page: what people wait for first, then the designs, then how it grows over machines.
BENCHMARKS = (
    ("side_by_side.py", "--each", "--commands"),
    ("replication.py",),
    ("side_by_side.py", "--sweep", "08_outcome3_diversification"),
    ("dask_scaling.py",),
    ("own_records_speed.py",),
    ("outcome1_speed.py",),
    ("outcome2_speed.py",),
    ("outcome3_speed.py",),
    ("rollout_speed.py",),
)
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
HEAD = """# Performance

Written by `make bench`. Each table is from one run, in which this project and what stands beside it took turns: read the ratios,
not the seconds, which are this machine's. Seconds are those of a processor unless a table says otherwise. No test is timed.

{processors} processors ({machine}), Python {python}, {packages}; linear algebra on one thread.
"""


def head() -> str:
    """The page's title, and where it was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "statsmodels", "papermill"))
    return HEAD.format(
        processors=os.cpu_count(), machine=platform.machine(), python=platform.python_version(), packages=packages
    )


def measured(script: str, *arguments: str) -> str:
    """The section that a benchmark prints."""
    print(" ".join([script, *arguments]), file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"benchmarks.{script.removesuffix('.py')}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{script} failed: its section of {TARGET.relative_to(ROOT)} stays as it was")
    return done.stdout.strip()


def main(chosen: list[str]) -> None:
    """Measure the scripts chosen, or all, and write the page after each."""
    sections = kept(TARGET)
    unknown = set(chosen) - {script for script, *_ in BENCHMARKS}
    if unknown:
        sys.exit(f"No benchmark is called {', '.join(sorted(unknown))}.")
    for script, *arguments in BENCHMARKS:
        if not chosen or script in chosen:
            sections[" ".join([script, *arguments])] = measured(script, *arguments)
            write(TARGET, head(), {mark: sections[mark] for mark in map(" ".join, BENCHMARKS) if mark in sections})


if __name__ == "__main__":
    main(sys.argv[1:])
