"""Results hang on inputs and on nothing else: all notebooks under conditions that must not count.

Each condition has a checkout of its own, runs all notebooks there and is held against the committed results:
estimates to their last digit; executed notebooks, figures and tables byte for byte. Where the order of rows or columns is
another, notebooks that show a table show another, and estimates alone must be the same; so under another Python, and where
linear algebra is done as another processor does it, which a run itself never lets happen.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from benchmarks.copied_checkout import environment
from benchmarks.tables import markdown
from reliability.campaign import Chosen, Section, one_by_one
from reliability.conditions import CONDITIONS, ROOT, Condition, checkout, missing, prepared

# What continuous integration runs: the two quickest registered questions.
QUICK = ("08_outcome3_diversification", "10_reviews")
# Prints the estimates that notebooks leave behind when their cells run in a process of the caller's own making.
IN_PROCESS = """
import sys
import pandas as pd
from crimjust_research.runs import steps
frames = [steps.run(name)["study"].frame().assign(run=name) for name in sys.argv[1:]]
pd.concat(frames)[["run", "id", "estimate", "std_error", "p_value"]].to_csv(sys.stdout, index=False, float_format="%.10g")
"""
# These read what others found, and have no estimates of their own that are pooled without them.
READERS = ("14_evaluation", "90_scorecard")
_FEW = 3
_KEY, _VALUES = ["run", "id"], ["estimate", "std_error", "p_value"]


@dataclass(frozen=True)
class Found:
    """What came of a condition: the estimates of either side, and whether they are the same; notebooks that are, if executed."""

    estimates: pd.Series
    notebooks: "pd.Series | None"

    def unlike(self, same_notebooks: bool) -> list[str]:
        """The notebooks with an estimate that is not the same, or that are not, if they must be."""
        names = set(self.estimates[~self.estimates].index.get_level_values("run"))
        if same_notebooks and self.notebooks is not None:
            names |= set(self.notebooks[~self.notebooks].index)
        return sorted(names)

    def row(self) -> dict[str, str]:
        """The cells of a row of the page's table."""
        told = "none is executed"
        if self.notebooks is not None:
            others = self.notebooks.index[~self.notebooks]
            told = f"{self.notebooks.sum()} of {len(self.notebooks)}"
            # Where hardly any is the same, which are not says nothing.
            told += f", not {', '.join(others)}" if 0 < len(others) <= _FEW else ""
        return {
            "estimates the same": f"{self.estimates.sum():,} of {len(self.estimates):,}",
            "notebooks the same": told,
        }


def tried(chosen: Chosen) -> Section:
    """All conditions, or some; a share runs two notebooks."""
    notebooks = QUICK if chosen.share < 1 else tuple(sorted(p.stem for p in (ROOT / "notebooks").glob("[0-9]*.ipynb")))
    rows, failed, absent = [], [], 0
    for number in one_by_one(chosen.of(len(CONDITIONS))):
        condition, began = CONDITIONS[number], time.monotonic()
        if lacks := missing(condition):
            absent += 1
            row = {"estimates the same": lacks, "notebooks the same": ""}
        else:
            try:
                found = compared(condition, notebooks)
                row, unlike = found.row(), found.unlike(condition.same_notebooks)
                why = f"not the same: {', '.join(unlike)}" if unlike else ""
            except subprocess.CalledProcessError as error:
                row = {"estimates the same": "did not run", "notebooks the same": ""}
                why = (error.stderr or error.stdout)[-600:]
            if why:
                failed.append(f"{number}: {condition.name}: {why}")
        rows.append({"condition": condition.name, **row})
        told = "; ".join(f"{name} {value}" for name, value in row.items())
        print(f"  {number}: {condition.name}: {told} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    text = f"{' '.join((__doc__ or '').splitlines()[2:])}\n\n{markdown(pd.DataFrame(rows))}"
    return Section("Nothing but inputs counts", text, len(rows) - absent, tuple(failed))


def compared(condition: Condition, notebooks: tuple[str, ...]) -> Found:
    """The notebooks run under the condition and held against the committed results.

    Raises
    ------
    subprocess.CalledProcessError
        If a command fails; it holds what the command printed.
    """
    reference = pd.read_csv(ROOT / "reports" / "estimates.csv")
    own = [name for name in notebooks if not (condition.in_process and name in READERS)]
    reference = reference[reference["run"].isin(own)]
    with checkout(condition) as place, prepared(condition) as python:
        variables = {**os.environ, **environment(place), **condition.variables}

        def run(*command: str) -> str:
            whole = [*condition.through, python, *command]
            return subprocess.run(whole, cwd=place, env=variables, check=True, capture_output=True, text=True).stdout

        if condition.in_process:
            return Found(agreeing(reference, pd.read_csv(StringIO(run("-c", IN_PROCESS, *own)))), None)
        _execute(run, notebooks, condition.apart)
        found = pd.read_csv(place / "reports" / "estimates.csv")
        alike = [results(ROOT / "reports", name) == results(place / "reports", name) for name in notebooks]
    return Found(agreeing(reference, found), pd.Series(alike, list(notebooks)))


def _execute(run: Callable[..., str], notebooks: tuple[str, ...], apart: bool) -> None:
    """Run the notebooks, at once if they are all; `apart` each by itself first, the last first."""
    every = ["all"] if len(notebooks) > len(QUICK) else list(notebooks)
    # Those that read what others found are refused before these have run: they run at the end.
    alone = [name for name in reversed(notebooks) if name not in READERS] if apart else []
    for name in [*alone, *every]:
        run("-m", "crimjust_research", "run", name)


def results(reports: Path, name: str) -> dict[str, bytes]:
    """The executed notebook, its figures and its tables, by their path below `reports`."""
    places = [reports / "notebooks" / f"{name}.ipynb"]
    for part in ("figures", "tables"):
        places += (reports / part / name).rglob("*")
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in places if path.is_file()}


def agreeing(reference: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """Whether each estimate, by run and identifier, is the same in both to its last digit; of all that either has."""
    columns = [*_KEY, *_VALUES]
    both = reference[columns].merge(found[columns], on=_KEY, how="outer", suffixes=("", "_now"), indicator=True)
    both = both.set_index(_KEY)
    same = both["_merge"] == "both"
    for column in _VALUES:
        same &= (both[column] == both[f"{column}_now"]) | (both[column].isna() & both[f"{column}_now"].isna())
    return same
