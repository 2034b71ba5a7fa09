"""Plain papermill and `crimjust` on the same notebooks, side by side, as sections of docs/PERFORMANCE.md.

    python benchmarks/side_by_side.py --each                # every notebook for itself, and while `crimjust warm` waits
    python benchmarks/side_by_side.py --each 01_outcome1_markets
    python benchmarks/side_by_side.py --each --commands     # also whole commands; papermill runs once for both
    python benchmarks/side_by_side.py --sweep 08_outcome3_diversification

Plain papermill is what its users type: one `papermill` command after the other. Of a sweep it runs some cells, and its time for a
cell is their mean. What no tool can take away is measured, too: the notebook's own cells alone, imported and warm.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.beside import section
from benchmarks.copied_checkout import PROCESSORS, ROOT, Cost, copied, cost, crimjust, environment
from benchmarks.tables import markdown
from crimjust_research.runs.notebooks import find

CHECKED = "08_outcome3_diversification"
PLAIN_CELLS = 3
REGISTERED = "registered"
_ALONE = """
import json, sys, time
from crimjust_research.runs import steps
changed, until = json.loads(sys.argv[2]), json.loads(sys.argv[3])
steps.run(sys.argv[1], until=until, skip=steps.NOT_SWEPT, **changed)
started = time.process_time()
steps.run(sys.argv[1], until=until, skip=steps.NOT_SWEPT, **changed)
print(time.process_time() - started)
"""
_CHECKING = """
import sys, time
from crimjust_research.runs import notebooks, parameters
found = notebooks.find(sys.argv[1])
started = time.process_time()
for seed in range(1000):
    parameters.resolve(found, {"seed": seed})
print(time.process_time() - started)
"""


def main() -> None:
    """Print the sections asked for."""
    # Those that read what others found come after them: papermill knows no order.
    every = [each.name for each in sorted(find("all"), key=lambda each: (each.reads_results, each.name))]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", nargs="*", metavar="NAME", help="every notebook for itself, or those named")
    parser.add_argument("--commands", action="store_true", help="whole commands")
    parser.add_argument("--sweep", metavar="NAME", help="a sweep of this notebook over benchmarks/grids/NAME.toml")
    parser.add_argument("--cells", type=int, help="of the sweep, as many cells (all)")
    chosen = parser.parse_args()
    parts, plain = [], {}
    with copied() as copy:
        if chosen.each is not None:
            parts.append(each(copy, chosen.each or every, plain))
        if chosen.commands:
            plain |= {name: papermill(copy, name, {}) for name in every if name not in plain}
            parts.append(commands(copy, list(plain.values())))
        if chosen.sweep:
            parts.append(sweep(copy, chosen.sweep, chosen.cells))
    print("\n\n".join(parts))


def each(copy: Path, names: Sequence[str], plain: dict[str, Cost]) -> str:
    """The whole command on each notebook, one after the other; what papermill took is put in `plain`."""
    ours, bounds = {}, {}
    for name in names:
        plain[name], ours[name] = papermill(copy, name, {}), crimjust(copy, "run", name, "--force")
        bounds[name] = slowest(copy / "plain" / f"{name}.ipynb")
    with waiting(copy) as ready:
        warm = {name: crimjust(copy, "run", name, "--force").clock for name in names}
    rows = [
        {
            "notebook": name,
            "papermill, s": plain[name],
            "crimjust, s": ours[name],
            "times as fast": f"{plain[name].clock / ours[name].clock:.1f}",
            "crimjust, warm, s": f"{warm[name]:.2f}",
            "times as fast, warm": f"{plain[name].clock / warm[name]:.1f}",
            "what bounds it": bounds[name],
        }
        for name in names
    ]
    usual = statistics.median(plain[name].clock / ours[name].clock for name in names)
    usual_warm = statistics.median(plain[name].clock / warm[name] for name in names)
    return section(
        "One notebook at a time",
        "`papermill NAME` and `crimjust run NAME --force`, seconds on the clock (of processors). Warm: while `crimjust warm` "
        f"waits, which was ready after {ready:.1f} s. crimjust asks of processors only what every x86-64 one has, so that "
        "results have the same bytes anywhere; papermill started plainly does not, and is the faster in long linear algebra "
        "for it, as in 15_ratings. The last column is by papermill's clock: no runner takes that away, but "
        "for the imports that the first cells begin with.",
        markdown(pd.DataFrame(rows)),
        f"Median over the notebooks: {usual:.2f} times as fast as papermill, warm {usual_warm:.2f} times.",
    )


def commands(copy: Path, plain: Sequence[Cost]) -> str:
    """What people wait for, beside papermill where it has the like."""
    forced = crimjust(copy, "run", "all", "--force")
    together = sum(plain, Cost(0, 0))
    bare = cost([str(Path(sys.executable).with_name("papermill")), "--help"], copy, {})
    checked = told(copy, _CHECKING, CHECKED)
    measured = [
        (
            f"`run all --force`, {len(plain)} notebooks",
            forced,
            together,
            f"the notebooks' cells, on {PROCESSORS} processors",
        ),
        (
            "`run all`, nothing changed",
            crimjust(copy, "run", "all"),
            together,
            "hashes of all that results are made of",
        ),
        ("`report`", crimjust(copy, "report"), None, "the same hashes, and writing the page"),
        ("`--help`", crimjust(copy, "--help"), bare, "Python's start and imports"),
        (
            "checking a grid of 1,000 cells",
            Cost(checked, checked),
            None,
            "checks by the parameters' class, cell by cell",
        ),
    ]
    rows = [
        {
            "command": label,
            "papermill, s": other or "",
            "crimjust, s": ours,
            "times as fast": f"{other.clock / ours.clock:.1f}" if other else "",
            "what bounds it": bound,
        }
        for label, ours, other, bound in measured
    ]
    return section(
        "Commands",
        "Seconds on the clock (of processors). Papermill does not know what has not changed: it runs all again.",
        markdown(pd.DataFrame(rows)),
    )


def sweep(copy: Path, name: str, count: int | None) -> str:
    """A sweep, with all estimates and up to the registered one, a cell."""
    from crimjust_research.runs import grid

    cells = grid.read(ROOT / "benchmarks" / "grids" / f"{name}.toml")[:count]
    file = copy / "grid.toml"
    file.write_text("".join(f"[[case]]\n{_toml(cell)}\n" for cell in cells))
    spread = cells[:: max(len(cells) // PLAIN_CELLS, 1)][:PLAIN_CELLS]
    plain = sum((papermill(copy, name, cell) for cell in spread), Cost(0, 0)) / len(spread)
    rows = []
    for label, until in (("all estimates", None), ("up to the registered estimate", REGISTERED)):
        options = ["--until", until] if until else []
        ours = crimjust(copy, "sweep", name, "--grid", str(file), *options) / len(cells)
        alone = statistics.fmean(told(copy, _ALONE, name, json.dumps(cell), json.dumps(until)) for cell in spread)
        rows.append(
            {
                "a cell": label,
                "papermill, s": plain,
                "crimjust, s": ours,
                "times as fast": f"{plain.clock / ours.clock:.1f}",
                "the cell's own work, s of a processor": f"{alone:.3f}",
                "what bounds it": f"that work: at most {plain.processor * PROCESSORS / alone:.1f} times, whatever runs it",
            }
        )
    return section(
        "A sweep",
        f"`crimjust sweep {name}` over {len(cells)} cells on {PROCESSORS} processors, its start and its curve included, beside "
        f"the mean of {len(spread)} papermill commands, which draw, and cannot end early. Seconds on the clock (of processors).",
        markdown(pd.DataFrame(rows)),
    )


def papermill(copy: Path, name: str, parameters: Mapping[str, Any]) -> Cost:
    """One `papermill` command, which leaves its notebook in the copy's folder `plain`."""
    output = copy / "plain"
    output.mkdir(exist_ok=True)
    arguments = [part for key, value in parameters.items() for part in ("-p", key, str(value))]
    command = [str(Path(sys.executable).with_name("papermill")), f"notebooks/{name}.ipynb", f"{output}/{name}.ipynb"]
    command += [*arguments, "--cwd", "notebooks", "--no-progress-bar"]
    return cost(command, copy, {"CRIMJUST_OUTPUT": str(output / name)})


def slowest(executed: Path) -> str:
    """What the cells of a notebook took that papermill has executed, and the slowest of them."""
    cells = [cell for cell in json.loads(executed.read_text())["cells"] if cell["cell_type"] == "code"]
    taken = [cell["metadata"]["papermill"]["duration"] or 0.0 for cell in cells]
    most = max(range(len(cells)), key=taken.__getitem__)
    return f"its cells, {sum(taken):.1f} s; In [{cells[most]['execution_count']}] {taken[most]:.1f} s of them"


@contextmanager
def waiting(copy: Path) -> Iterator[float]:
    """`crimjust warm` in the copy, ready; gives the seconds until it was."""
    command, started = [sys.executable, "-m", "crimjust_research", "warm"], time.perf_counter()
    with subprocess.Popen(command, cwd=copy, env=environment(copy), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield time.perf_counter() - started
        finally:
            process.terminate()


def told(copy: Path, code: str, *arguments: str) -> float:
    """The number that a program prints which runs in the copy."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=copy, env=environment(copy), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def _toml(cell: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in cell.items())


if __name__ == "__main__":
    main()
