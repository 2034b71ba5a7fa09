"""A copy of the checkout to run commands in, so that `reports/` stays as it is and edits meanwhile do not count."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PROCESSORS = os.cpu_count() or 1
# Papermill's kernels get one thread for linear algebra like ours: on these sample sizes more only get in the way.
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, and seconds of processors, which a busy machine stretches less."""

    clock: float
    processor: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.clock + other.clock, self.processor + other.processor)

    def __truediv__(self, count: int) -> "Cost":
        return Cost(self.clock / count, self.processor / count)

    def __str__(self) -> str:
        return f"{self.clock:.2f} ({self.processor:.2f})"


@contextmanager
def copied() -> Iterator[Path]:
    """The copy, with panels built: what the first command of a checkout does is no part of what is measured."""
    with TemporaryDirectory(prefix="crimjust-benchmark-") as folder:
        copy = Path(folder) / "checkout"
        for part in ("data", "docs", "notebooks", "src"):
            shutil.copytree(ROOT / part, copy / part)
        for name in ("CITATION.cff", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, copy)
        crimjust(copy, "data", "panels")
        yield copy


def crimjust(copy: Path, *arguments: str) -> Cost:
    """What one `crimjust` command takes."""
    return cost([sys.executable, "-m", "crimjust_research", *arguments], copy, {})


def cost(command: Sequence[str], copy: Path, more: Mapping[str, str]) -> Cost:
    """What a command takes in the copy, with `more` variables; one that fails ends all."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=copy, env=environment(copy) | more, capture_output=True, text=True)
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return Cost(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def environment(copy: Path) -> dict[str, str]:
    """Variables of a process that stands in the copy."""
    return {**os.environ, **_SINGLE, "CRIMJUST_HOME": str(copy), "PYTHONPATH": str(copy / "src")}
