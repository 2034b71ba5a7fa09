"""Estimates of the reference results by name, RUN#ID, as the documents generated from data tell them."""

import math
from collections.abc import Mapping
from pathlib import Path

from crimjust_research import csv_files
from crimjust_research.evidence.words import unit_told
from crimjust_research.numbers import number, p_text
from crimjust_research.report.markdown import prose

Row = Mapping[str, str]
FILE = "estimates.csv"
SIMULATED = "simulated"


def read(results: Path) -> dict[str, Row]:
    """Every estimate in the folder of results, by RUN#ID: its row of the one table of all of them.

    Raises
    ------
    DataError
        If the table is missing or is none of estimates.
    """
    path, again = results / FILE, "write it with `crimjust run all`"
    return {f"{row['run']}#{row['id']}": row for row in csv_files.load(path, ("run", "id"), again)}


def told(row: Row) -> str:
    """An estimate with its unit and what its method gives of interval and p: "0.322 share (0.265 to 0.384), p 0.012".

    What was registered is told with the p that is adjusted for all its outcome registers; a figure of which bounds alone are
    known by those, as "at least 480 kg".
    """
    unit = unit_told(row["unit"])
    interval = " to ".join(number(_value(row[end])) for end in ("ci_low", "ci_high"))
    parts = [f"{number(_value(row['estimate']))} {unit}".rstrip()]
    if not row["estimate"] and row["ci_low"]:
        bounds = f"at least {number(_value(row['ci_low']))}"
        if math.isfinite(_value(row["ci_high"])):
            bounds = interval
        parts = [f"{bounds} {unit}".rstrip()]
    elif row["ci_low"] or row["ci_high"]:
        parts[0] += f" ({interval})"
    if adjusted := row.get("p_adjusted"):
        parts.append(f"adjusted p {p_text(_value(adjusted))}")
    elif row["p_value"]:
        parts.append(f"p {p_text(_value(row['p_value']))}")
    return ", ".join(parts)


def marked(row: Row) -> str:
    """An estimate as `told`, for a page of Markdown; one of SIMULATED records says so first."""
    mark = f"{SIMULATED.upper()} " if row["data_status"] == SIMULATED else ""
    return f"{mark}{prose(told(row))}"


def is_known(row: Row) -> bool:
    """Whether an estimate has a number, or a bound at least: a method may find none, and the row says so."""
    return any(row[column] for column in ("estimate", "ci_low", "ci_high"))


def short(name: str) -> str:
    """A link from a page in `docs` to the executed notebook of an estimate, called by its run's number and its id, as `crimjust
    explain` takes them."""
    run, _, estimate = name.partition("#")
    return f"[{run.partition('_')[0]} `{estimate}`](../reports/notebooks/{run}.ipynb)"


def _value(text: str) -> float:
    return float(text) if text else math.nan
