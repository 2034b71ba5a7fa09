"""Own case records read, checked and assessed at once, four and sixteen times the work, as a section of docs/PERFORMANCE.md.

    .venv/bin/python -m benchmarks.own_records_speed

The cases are SIMULATED, by the generator of notebook 06. Each size has a process of its own, whose largest memory is told;
seconds are those of a processor, which a busy machine stretches less than those of the clock. Beside reading stands a loop
that looks at each cell on its own, and neither at keys and rules across columns nor makes a table; beside Cox's regression
that of statsmodels, which adds up scores event time by event time. What both find is compared first.
"""

import csv
import json
import os
import re
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TypeVar

import numpy as np
import pandas as pd

from benchmarks.beside import section
from benchmarks.tables import markdown
from crimjust_research.data import own_records
from crimjust_research.data.limits import OWN_RECORDS, VARIABLE, raised
from crimjust_research.data.own_records.schemas import kind_named

Found = TypeVar("Found")
SIZES = (31_250, 125_000, 500_000)
SEED = 20211212
RAISED = ("lines=600000", "cells=8000000", "megabytes=64", "together=64")
# Kilobytes, but for macOS, which counts bytes.
GIGABYTE = 2**30 if sys.platform == "darwin" else 2**20


def seconds(work: Callable[[], Found]) -> tuple[float, Found]:
    """Seconds of a processor, and what was found."""
    start = process_time()
    found = work()
    return process_time() - start, found


def write(n: int, path: Path) -> None:
    """SIMULATED cases in the template's columns; those that place a case are drawn at random."""
    from crimjust_research.questions.cascade.simulation import simulated_frame

    frame, rng = simulated_frame(n, SEED), np.random.default_rng(1)
    # Notebook 06 refuses a file whose codes say SIMULATED.
    frame["case_id"] = [f"BENCHMARK-{number}" for number in range(n)]
    frame["country"] = rng.choice(["PAN", "CPV", "COL", "PER", "GHA"], n)
    frame["drug"] = rng.choice(["cocaine", "heroin", "cannabis"], n)
    frame["kilograms"] = rng.gamma(1, 50, n).round(1) + 1
    frame["charges"] = np.where(frame["prosecution_started"].notna(), "trafficking", "")
    for name in frame.select_dtypes("boolean"):
        frame[name] = frame[name].map({True: "true", False: "false"})
    columns = [field.name for field in kind_named("cases").table.fields]
    frame[columns].to_csv(path, index=False, date_format="%Y-%m-%d")


def write_as_kept(path: Path, kept: Path) -> None:
    """The same cases as an officer may keep them: other names, days, decimal marks, words and signs between cells."""
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    for field in kind_named("cases").table.fields:
        cells = frame[field.name]
        if field.type == "date":
            frame[field.name] = cells.str.replace(r"(\d+)-(\d+)-(\d+)", r"\3/\2/\1", regex=True)
        elif field.type == "boolean":
            frame[field.name] = cells.replace({"true": "Sí", "false": "no"})
        elif field.type == "number":
            frame[field.name] = cells.str.replace(".", ",")
    countries = {"PAN": "Panamá", "CPV": "Cabo Verde", "COL": "Colombia", "PER": "Perú", "GHA": "gh"}
    frame = frame.replace({"country": countries, "drug": {"cocaine": "Cocaína"}})
    names = {"case_id": "N.º de caso", "country": "País", "seizure_date": "Fecha de incautación", "drug": "Droga"}
    frame.rename(columns=names).to_csv(kept, index=False, sep=";", encoding="cp1252")


def cell_by_cell(path: Path) -> int:
    """Faults of cells that do not fit their type, pattern or list, each cell looked at on its own; no keys, no rules."""
    fields = kind_named("cases").table.fields
    faults = 0
    with path.open(encoding="utf-8", newline="") as stream:
        for row in list(csv.reader(stream))[1:]:
            for field, cell in zip(fields, map(str.strip, row), strict=True):
                faults += not _fits(cell, field.type, field.constraints)
    return faults


def _fits(cell: str, kind: str, constraints: dict[str, object]) -> bool:
    if not cell:
        return "required" not in constraints
    if kind == "date":
        try:
            return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", cell)) and bool(date.fromisoformat(cell))
        except ValueError:
            return False
    if kind == "boolean":
        return cell.lower() in ("true", "false")
    if kind == "number":
        return bool(re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", cell)) and float(cell) >= 0
    if "enum" in constraints:
        return cell in constraints["enum"]
    return bool(re.fullmatch(str(constraints["pattern"]), cell))


def cox_of(path: Path) -> dict[str, float]:
    """Cox regression of the end of a prosecution, here and by statsmodels."""
    from statsmodels.duration.hazard_regression import PHReg

    from crimjust_research.designs.survival.cascade import stage_entries
    from crimjust_research.designs.survival.cox import cox
    from crimjust_research.questions.cascade.cases import COVARIATES, records_of

    frame = own_records.read(path, "cases", raised(OWN_RECORDS, RAISED))
    charged = stage_entries(records_of(frame, list(COVARIATES))).query("stage == 'prosecution'")
    charged = charged.assign(ended=(charged["cause"] > 0).astype("int64"))

    def library() -> pd.DataFrame:
        # Those censored before the first event, whom its robust errors do not stand, are left out here as there.
        at_risk = charged[charged["duration"] >= charged.loc[charged["ended"] == 1, "duration"].min()]
        model = PHReg(at_risk["duration"], at_risk[list(COVARIATES)], at_risk["ended"], ties="efron")
        fit = model.fit(groups=np.arange(len(at_risk)), disp=0)
        return pd.DataFrame({"estimate": fit.params, "robust_std_error": fit.bse})

    ours, model = seconds(lambda: cox(charged, "duration", "ended", list(COVARIATES)))
    theirs, found = seconds(library)
    gap = np.abs(model.table[list(found)].to_numpy() - found.to_numpy()).max()
    return {"cox": ours, "cox_plain": theirs, "gap": float(gap)}


def assessed(path: Path) -> dict[str, float]:
    """Notebook 06 on the cases, without its figures, warm: all it imports has been imported."""
    from crimjust_research.runs import steps

    steps.run("06_outcome2_cascade", cases_file=str(path))
    read, _ = seconds(lambda: own_records.read(path, "cases", raised(OWN_RECORDS, RAISED)))
    whole, _ = seconds(lambda: steps.run("06_outcome2_cascade", cases_file=str(path)))
    return {"read": read, "whole": whole}


def plainly(path: Path) -> dict[str, float]:
    """The check of each cell on its own."""
    taken, faults = seconds(lambda: cell_by_cell(path))
    assert faults == 0 == len(own_records.check(path, "cases", raised(OWN_RECORDS, RAISED)))
    kept = path.with_suffix(".kept.csv")
    write_as_kept(path, kept)
    as_kept, frame = seconds(lambda: own_records.read(kept, "cases", raised(OWN_RECORDS, RAISED)))
    assert frame.equals(own_records.read(path, "cases", raised(OWN_RECORDS, RAISED)))
    return {"plain": taken, "as_kept": as_kept}


WORK = {"assessed": assessed, "plainly": plainly, "cox": cox_of}


def alone(what: str, path: Path) -> dict[str, float]:
    """What a process of its own finds, and its largest memory."""
    command = [sys.executable, "-m", "benchmarks.own_records_speed", what, str(path.resolve())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", VARIABLE: " ".join(RAISED)}
    done = subprocess.run(command, cwd=Path(__file__).parents[1], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    if len(sys.argv) == 3:
        warnings.simplefilter("ignore")
        found = WORK[sys.argv[1]](Path(sys.argv[2]))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIGABYTE
        print(json.dumps(found | {"memory": memory}))
        return
    rows = []
    with TemporaryDirectory(prefix="crimjust-benchmark-") as folder:
        for n in SIZES:
            path = Path(folder) / f"cases_{n}.csv"
            write(n, path)
            found = {what: alone(what, path) for what in WORK}
            rows.append(found["plainly"] | found["cox"] | found["assessed"])
    print(
        section(
            "Own records",
            f"SIMULATED cases; seconds of a processor and, in brackets, how many times those of {SIZES[0]:,} cases; how many "
            "times as long a plain form takes. Beside reading and checking stands a check of each cell on its own, beside "
            "Cox's regression that of statsmodels. What bounds them: parsing text; sorting by time.",
            markdown(table_of(pd.DataFrame(rows))),
        )
    )


def table_of(taken: pd.DataFrame) -> pd.DataFrame:
    """What each size took, beside the plain forms and the smallest size."""

    def grown(name: str) -> list[str]:
        return [f"{value:.2f} ({value / taken[name].iloc[0]:.1f})" for value in taken[name]]

    return pd.DataFrame(
        {
            "cases": [f"{n:,}" for n in SIZES],
            "read and checked, s": grown("read"),
            "as officers keep them, s": grown("as_kept"),
            "cell by cell": (taken["plain"] / taken["read"]).map("{:.1f} times".format),
            "Cox, s": grown("cox"),
            "statsmodels": (taken["cox_plain"] / taken["cox"]).map("{:.1f} times".format),
            "differ by": taken["gap"].map("{:.0e}".format),
            "notebook 06, s": grown("whole"),
            "GB at most": taken["memory"].map("{:.2f}".format),
        }
    )


if __name__ == "__main__":
    main()
