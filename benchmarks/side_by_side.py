"""Plain papermill and `crimjust` on the same notebooks, side by side.

    python benchmarks/side_by_side.py                       # one notebook, all notebooks, a run without changes
    python benchmarks/side_by_side.py --each                # every notebook for itself, and the median of the ratios
    python benchmarks/side_by_side.py --each --warm         # the same while `crimjust warm` waits
    python benchmarks/side_by_side.py --sweep 08_outcome3_diversification --cells 100
    python benchmarks/side_by_side.py --sweep 08_outcome3_diversification --until registered

Everything is run in a copy of the checkout, so `reports/` stays as it is and edits meanwhile do not count. Plain
papermill is what its users type: one `papermill` command after the other. Of a sweep it runs `--plain-cells`, and its
time for a cell is their mean. What no tool can take away is measured, too: the notebook's own cells alone, imported and warm,
on one processor.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
# Papermill's kernels get one thread for linear algebra like ours: on these sample sizes more only get in the way.
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_ALONE = """
import json, sys, time
from crimjust_research.runs import steps
changed, until = json.loads(sys.argv[2]), json.loads(sys.argv[3])
steps.run(sys.argv[1], until=until, skip=steps.NOT_SWEPT, **changed)
started = time.process_time()
steps.run(sys.argv[1], until=until, skip=steps.NOT_SWEPT, **changed)
print(time.process_time() - started)
"""
_CHECKED = """
import sys, time
from crimjust_research.runs import notebooks, parameters
found = notebooks.find(sys.argv[1])
started = time.process_time()
for seed in range(int(sys.argv[2])):
    parameters.resolve(found, {"seed": seed})
print(time.process_time() - started)
"""


def main() -> None:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebook", default="01_outcome1_markets", help="the one notebook (%(default)s)")
    parser.add_argument("--each", action="store_true", help="measure every notebook for itself")
    parser.add_argument("--warm", action="store_true", help="with --each: while `crimjust warm` waits")
    parser.add_argument(
        "--until", metavar="TAG", help="end each cell of the sweep after the notebook's cell of this tag"
    )
    parser.add_argument(
        "--sweep", metavar="NAME", help="measure a sweep of this notebook over benchmarks/grids/NAME.toml"
    )
    parser.add_argument("--cells", type=int, default=100, help="cells of the sweep run by crimjust (%(default)s)")
    parser.add_argument("--plain-cells", type=int, default=3, help="cells of the sweep run by papermill (%(default)s)")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="crimjust-benchmark-") as folder:
        copy = Path(folder) / "checkout"
        for part in ("data", "docs", "notebooks", "src"):
            shutil.copytree(ROOT / part, copy / part)
        shutil.copy(ROOT / "requirements.lock", copy)
        print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\n")
        if chosen.sweep:
            _sweep(copy, chosen.sweep, chosen.cells, chosen.plain_cells, chosen.until)
        elif chosen.each:
            with _waiting(copy) if chosen.warm else nullcontext():
                _each(copy)
        else:
            _runs(copy, chosen.notebook)


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, and seconds of processors, which a busy machine stretches less."""

    clock: float
    processor: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.clock + other.clock, self.processor + other.processor)

    def __truediv__(self, count: int) -> "Cost":
        return Cost(self.clock / count, self.processor / count)


def _runs(copy: Path, one: str) -> None:
    every = sorted(path.stem for path in (copy / "notebooks").glob("*.ipynb"))
    _built(copy)
    print(f"{'seconds (of processors)':<34}{'papermill':>20}{'crimjust':>20}{'ratio':>8}")
    for label, names in ((f"one notebook ({one})", [one]), (f"all {len(every)} notebooks", every)):
        # Ours first: the last notebook reads the results of the others.
        ours = _crimjust(copy, "run", "all" if len(names) > 1 else names[0], "--force")
        plain = _total(_papermill(copy, name, {}) for name in names)
        print(f"{label:<34}{_shown(plain):>20}{_shown(ours):>20}{plain.clock / ours.clock:>7.1f}x")
    unchanged = _crimjust(copy, "run", "all")
    print(f"{'all, nothing changed':<34}{'':>20}{_shown(unchanged):>20}")
    print("\nthe assessment alone, warm, seconds of one processor:")
    for name in every:
        print(f"  {name:<32}{_alone(copy, name, {}):>9.2f}")


def _each(copy: Path) -> None:
    """The whole command on each notebook, one after the other, as a share of what plain papermill takes."""
    _built(copy)
    shares = []
    print(f"{'seconds (of processors)':<34}{'papermill':>20}{'crimjust':>20}{'share of the time':>28}")
    for name in sorted(path.stem for path in (copy / "notebooks").glob("*.ipynb")):
        plain, ours = _papermill(copy, name, {}), _crimjust(copy, "run", name, "--force")
        share = ours.clock / plain.clock, ours.processor / plain.processor
        shares.append(share)
        print(f"{name:<34}{_shown(plain):>20}{_shown(ours):>20}{f'{share[0]:.2f} ({share[1]:.2f})':>28}")
    clock, processor = (statistics.median(each) for each in zip(*shares, strict=True))
    print(f"{'median':<74}{f'{clock:.2f} ({processor:.2f})':>28}")


@contextmanager
def _waiting(copy: Path) -> Iterator[None]:
    """`crimjust warm` in the copy, ready; what it takes itself is told, and counts for no run."""
    command, started = [sys.executable, "-m", "crimjust_research", "warm"], time.perf_counter()
    with subprocess.Popen(command, cwd=copy, env=_environment(copy, {}), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        print(
            f"`crimjust warm` was ready after {time.perf_counter() - started:.1f} s; processor seconds lack its kernels'"
        )
        yield
        process.terminate()


def _built(copy: Path) -> None:
    """Let the first command of a checkout, which builds panels, be none of those that are measured."""
    _crimjust(copy, "data", "panels")


def _sweep(copy: Path, name: str, count: int, plain_count: int, until: str | None) -> None:
    from crimjust_research.runs import grid

    cells = grid.read(ROOT / "benchmarks" / "grids" / f"{name}.toml")[:count]
    file = copy / "grid.toml"
    file.write_text("".join(f"[[case]]\n{_toml(cell)}\n" for cell in cells))
    spread = cells[:: max(len(cells) // plain_count, 1)][:plain_count]
    plain = _total(_papermill(copy, name, cell) for cell in spread) / len(spread)
    alone = sum(_alone(copy, name, cell, until) for cell in spread) / len(spread)
    print(
        f"checking the parameters of 1,000 cells: {float(_told(copy, _CHECKED, name, '1000')):.2f} s of one processor"
    )
    whole = _crimjust(copy, "sweep", name, "--grid", str(file), *(["--until", until] if until else []))
    ours = whole / len(cells)
    processors = os.cpu_count() or 1
    print(f"sweep of {name}, {len(cells)} cells in {whole.clock:.0f} s; a cell, in seconds (of processors):")
    print(f"  papermill         {_shown(plain):>16}   mean of {len(spread)}")
    print(f"  crimjust          {_shown(ours):>16}   {plain.clock / ours.clock:.1f} times as fast")
    print(
        f"  assessment alone  {alone:>16.2f}   on {processors} processors at most "
        f"{plain.processor * processors / alone:.1f} times as fast, whatever runs it"
    )


def _papermill(copy: Path, name: str, parameters: dict[str, Any]) -> Cost:
    """One `papermill` command."""
    output = copy / "plain"
    output.mkdir(exist_ok=True)
    arguments = [part for key, value in parameters.items() for part in ("-p", key, str(value))]
    command = [str(Path(sys.executable).with_name("papermill")), f"notebooks/{name}.ipynb", f"{output}/{name}.ipynb"]
    command += [*arguments, "--cwd", "notebooks", "--no-progress-bar"]
    return _cost(command, copy, {"CRIMJUST_OUTPUT": str(output / name)})


def _crimjust(copy: Path, *arguments: str) -> Cost:
    """One `crimjust` command."""
    return _cost([sys.executable, "-m", "crimjust_research", *arguments], copy, {})


def _alone(copy: Path, name: str, parameters: dict[str, Any], until: str | None = None) -> float:
    """Seconds of a processor the cells of the notebook that a sweep runs take, second time round."""
    return float(_told(copy, _ALONE, name, json.dumps(parameters), json.dumps(until)))


def _told(copy: Path, code: str, *arguments: str) -> str:
    """What a program prints that runs in the copy."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=copy, env=_environment(copy, {}), capture_output=True, text=True, check=True)
    return done.stdout


def _cost(command: Sequence[str], copy: Path, environment: dict[str, str]) -> Cost:
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=copy, env=_environment(copy, environment), capture_output=True, text=True)
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return Cost(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _total(costs: Iterable[Cost]) -> Cost:
    return sum(costs, Cost(0, 0))


def _shown(cost: Cost) -> str:
    return f"{cost.clock:.2f} ({cost.processor:.2f})"


def _environment(copy: Path, more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **_SINGLE, "CRIMJUST_HOME": str(copy), "PYTHONPATH": str(copy / "src"), **more}


def _toml(cell: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in cell.items())


if __name__ == "__main__":
    main()
