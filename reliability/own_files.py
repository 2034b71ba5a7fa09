"""Files of a programme's own records, written as officers write them: read right, or refused by name."""

import sys
import tempfile
import warnings
from collections import Counter
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.data.own_records import checking, fixing
from crimjust_research.errors import CrimjustError
from reliability import record_files
from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.record_files import Written

NUMBER, CASES = 6, 5_000
TITLE = "Files of own records, as officers write them"
ROOT = Path(__file__).parents[1]
_ATTACKED = 500  # in each of so many cases one is a whole folder, run and attacked
_FIXED = 5  # of the files read right, one is written as `data fix` writes it and read again

TEXT = """
A case is a file of SIMULATED records of one of eleven kinds, of which every value is known: 2 to 24 records in CSV or a workbook,
with columns in any order under any of their names in four languages; days in nine ways of writing, numbers in eight, digits of
five scripts, countries by code or by name, yes and no in eight ways; cells not filled or filled with words for not known; titles
above, blank rows and the header again between, totals and notes below, a column of hostile text beside, and five codings. Two in
five hold one thing that is wrong: a day there is not, a word nobody knows, a row twice, a cell too many, a prosecution before its
seizure. One file keeps one order of days and one way of writing numbers.

A case fails if what was read is not, row by row and cell by cell, what is true; if what is wrong is not told, or not with its
row, rule and remedy; if a row that is no record is left out in silence; if a file as the template has it is refused; if anything
but an error in words is raised; or if the file is not, byte for byte, what it was. Every fifth file read right is corrected by
`crimjust data fix` and the copy read again. One case in 500 is a folder of all eleven kinds, of 40 to 300 cases: it
is run by the notebook of own records, and whoever knows the rules, by linear programmes over all that is told, may pin no count
from 1 to 4 to fewer than five values.
"""


def tried(chosen: Chosen) -> Section:
    """The section of this campaign."""
    outcomes, failed, numbers = Counter[str](), list[str](), chosen.of(CASES)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in one_by_one(numbers):
            outcome = _attacked(Path(folder), number) if number % _ATTACKED == 250 else one(Path(folder), number)
            outcomes[outcome.partition(":")[0]] += 1
            if outcome.startswith("failed"):
                failed.append(f"{number}: {outcome.removeprefix('failed: ')}")
    told = "\n".join(f"- {outcome}: {count:,}" for outcome, count in sorted(outcomes.items()))
    return Section(TITLE, f"{TEXT}\nWhat came of them:\n\n{told}", len(numbers), tuple(failed))


def one(folder: Path, number: int) -> str:
    """What came of a case: in which way it ended well, or that it failed and how."""
    file = record_files.written(folder, number, drawn(NUMBER, number))
    before = file.path.read_bytes()
    try:
        outcome = _judged(file, number)
        return outcome if file.path.read_bytes() == before else f"failed: {file.path.name} was changed"
    finally:
        file.path.unlink()


def _attacked(folder: Path, number: int) -> str:
    """What one who knows the rules of small numbers finds in all that a run of a folder of records tells."""
    attack, chance = _attack(), drawn(NUMBER, number)
    cases, by = int(chance.integers(40, 300)), str(chance.choice(["sex", "drug", "phase"]))
    own = attack.written(folder / f"of_{number}", cases, number)
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    left = attack.run(own, by)
    pinned = [*attack.attack(left, attack.FEW), *attack.attack(left, 1)]
    if before != {path.name: path.read_bytes() for path in own.iterdir()}:
        return "failed: a file of the folder was changed"
    return (
        f"failed: {cases} cases by {by}: {pinned}" if pinned else "a folder run and attacked, and no small count found"
    )


@cache
def _attack() -> Any:
    """The attack that the tests make on three folders."""
    found = spec_from_file_location("attack", ROOT / "tests/notebooks/test_own_records_attack.py")
    assert found
    assert found.loader
    sys.modules["attack"] = module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _judged(file: Written, number: int) -> str:
    named = f"{file.path.name}{f', {file.wrong}' if file.wrong else ''}"
    try:
        found = checking.checked(file.path, file.kind)
        faults = found.faults
        if faults.empty:
            records = found.records()
            wrong = _misread(file, records)
            wrong = wrong or ("what is wrong is not told" if file.wrong else "")
            wrong = wrong or _silent(file, found.understood)
            wrong = wrong or (_fixed(file, found) if number % _FIXED == 0 else "")
            return f"failed: {named}: {wrong}" if wrong else "read right"
        found.refusal()
    except CrimjustError as error:
        if file.plain:
            return f"failed: {named}: refused as the template has it: {error}"
        return "refused as a whole, and the file named" if str(file.path) in str(error) else f"failed: {named}: {error}"
    except Exception as error:
        return f"failed: {named}: {type(error).__name__}: {str(error)[:300]}"
    if file.plain:
        return f"failed: {named}: refused as the template has it: {found.refusal()[:400]}"
    if (faults[["rule", "remedy"]] == "").any(axis=None):
        return f"failed: {named}: a fault has no rule or no remedy"
    if file.wrong:
        near = any(row in set(faults["row"]) for row in file.planted)
        return "what is wrong told by its row" if near else _elsewhere(named, file, found)
    return "told, by row, to be unclear"


def _elsewhere(named: str, file: Written, found: checking.Checked) -> str:
    """What is wrong is not told by its row: well so where that row tells nothing, as its column cannot be read."""
    rows = sorted(file.planted)
    return f"failed: {named}: row {rows} is not told: {found.refusal()[:400]}"


def _misread(file: Written, records: pd.DataFrame) -> str:
    """In which cell what was read is not what is true; empty if it is all of it."""
    if file.wrong:
        return ""
    read = record_files._as_text(records)
    if len(read) != len(file.truth):
        return f"{len(file.truth)} records were written and {len(read)} read"
    for name in file.truth:
        for place, (true, value) in enumerate(zip(file.truth[name], read[name], strict=True), start=1):
            if true != value and not (true and value and _equal(true, value)):
                return f"record {place}, {name}: {true!r} was written and {value!r} read"
    return ""


def _equal(true: str, value: str) -> bool:
    try:
        return bool(np.isclose(float(true), float(value), rtol=1e-12, atol=0))
    except ValueError:
        return False


def _silent(file: Written, understood: tuple[str, ...]) -> str:
    told = any("left out" in line for line in understood)
    return "rows are left out, and nobody is told" if file.left_out and not told else ""


def _fixed(file: Written, found: checking.Checked) -> str:
    copy = file.path.with_name("copy.csv")
    copy.write_bytes(fixing.fixed(found).copy)
    again = checking.checked(copy, file.kind)
    copy.unlink()
    wrong = again.faults.empty and _misread(file, again.records())
    return f"of the corrected copy: {wrong or again.refusal()}" if wrong or len(again.faults) else ""
