"""SIMULATED records written as a folder that can be read like a programme's own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from crimjust_research import locks
from crimjust_research.errors import DataError
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.params import TRUTH
from crimjust_research.questions.own_records.simulation import Simulated, simulated_folder

README = "README.txt"
_SAYS = """\
SIMULATED RECORDS

Everything in this folder was drawn by a computer from made-up numbers. No case, defendant, request, training, person,
amount or country's work is meant. Every code begins with SIMULATED; expenditure.csv has no codes. Do not mix these files with
real records.

Drawn with seed {seed}: {cases:,} cases and what goes with them. With each standard deviation of a case's strength, which no
column holds, the log odds of support rise by {selection:g}. At 0 support is drawn by lot; above it stronger cases are likelier
supported, and a comparison of supported with other cases says more than support does; below it, less.

{truth} holds the effects that support was given, and under "truth" what each estimate would be without error, by its id.
Check the folder with: crimjust data check {folder}
"""


def write(folder: Path, effects: Effects, seed: int, cases: int, selection: float) -> Simulated:
    """Draw SIMULATED records and write them, whole or not at all: a file of each kind, README.txt and truth.json.

    Raises
    ------
    DataError
        If the folder is a file, or holds anything.
    ParameterError
        As of `simulated_folder`.
    OSError
        If it cannot be written.
    """
    there = folder.resolve()
    if there.exists() and not there.is_dir():
        raise DataError(f"{folder} is a file; name a new folder, or an empty one")
    if there.is_dir() and any(there.iterdir()):
        raise DataError(f"{folder} holds files, and nothing is written beside them; name a new folder, or an empty one")
    found = simulated_folder(effects, seed, cases, selection)
    with locks.folder_in(there.parent, "simulate-") as aside:
        whole = aside / "records"
        whole.mkdir()
        for name, content in _files(there.name, found, effects, seed, cases, selection).items():
            (whole / name).write_bytes(content)
        if there.is_dir():
            there.rmdir()  # not every system puts a folder in the place of an empty one
        whole.replace(there)
    return found


def _files(name: str, found: Simulated, effects: Effects, seed: int, cases: int, selection: float) -> dict[str, bytes]:
    told = {
        "data_status": "simulated",
        "seed": seed,
        "cases": cases,
        "selection": selection,
        "effects": asdict(effects),
        "truth": found.truth,
    }
    says = _SAYS.format(seed=seed, cases=cases, selection=selection, truth=TRUTH, folder=name)
    return {
        **{f"{kind}.csv": as_csv(frame) for kind, frame in found.records.items()},
        README: says.encode(),
        TRUTH: (json.dumps(told, indent=1) + "\n").encode(),
    }


def as_csv(frame: pd.DataFrame) -> bytes:
    """Records as a file of the template's form."""
    told = frame.copy()
    for name in frame.select_dtypes("boolean"):
        told[name] = frame[name].map({True: "true", False: "false"})
    return told.to_csv(index=False, lineterminator="\n").encode()
