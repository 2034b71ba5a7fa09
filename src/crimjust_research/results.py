"""What an assessment returns: estimates, checks, figures and the sentence they support.

The tidy frame of estimates (`frame`) is the one currency of notebooks, sweeps, tables and the report.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import csv_files, json_files, project, written
from crimjust_research.errors import DataError, ParameterError, RunError, printable
from crimjust_research.evidence.estimates import ESTIMATE_COLUMNS, Check, Estimate, Used, check_titles, csv_bytes, frame
from crimjust_research.evidence.words import FIGURE, REFERENCE, interval_text, linked, number, p_text, plain, unit_told
from crimjust_research.numbers import stored

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.charts.figure import Figure

# Set for a kernel by whoever runs it: where `Assessment.save` puts what it saves.
OUTPUT_VARIABLE = "CRIMJUST_OUTPUT"
# Set likewise for a run under an evaluator's plan: the folder whose results a notebook reads that reads those of others.
RESULTS_VARIABLE = "CRIMJUST_RESULTS"

# What marks a folder of results that a person saves.
_BY_HAND = "saved results"

# What is relied on in a saved assessment.
ASSESSMENT = {
    **dict.fromkeys(("name", "outcome", "title", "question", "answer"), str),
    "parameters": dict,
    "departures": [str],
    "changed": [str],
    "used": [dict.fromkeys(("table", "vintage", "sha256"), str)],
    "checks": [
        {
            "name": str,
            "of": str,
            "passed": (bool, type(None)),
            "power": (float, int, type(None)),
            "sentence": str,
            "table": [{...: (str, bool, int, float, type(None))}],
        }
    ],
    "figures": [dict.fromkeys(("name", "title", "alt", "caption", "says", "source"), str)],
    "tables": [str],
    "cells": {...: int},
    "key_figure": str,
}

# Roles that stand behind an answer by the dozen.
FOLDED = ("left_out", "diagnostic")
_FOLDED = "Without one unit each; power, equivalence and size of the registered tests"

DEPARTS = "This run has other parameters than the registered ones:"
CHANGED = "This run is not of the notebook as the project has it:"


@dataclass(frozen=True)
class Assessment:
    """The answer to one question, with all it stands on.

    `answer` is a sentence made by code, numbers marked with `refer`. `tables` are further results by name.
    `departures` are where its parameters differ from the registered plan, `changed` where the cells that were run are not those
    of the notebook as the project means it; they stand at the top wherever it is shown. Rich HTML in JupyterLab, plain text
    elsewhere.

    Raises
    ------
    ValueError
        If two estimates or figures share a name, or a sentence refers to an estimate or a figure there is not.
    """

    name: str
    outcome: str
    title: str
    question: str
    answer: str
    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    tables: Mapping[str, pd.DataFrame]
    used: tuple[Used, ...]
    parameters: Mapping[str, Any]
    departures: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    """What is seen in each figure, by its name."""
    cells: Mapping[str, int] = field(default_factory=dict)
    """The code cell that recorded each result, as the number of `In [n]` in the executed notebook: by the id of an estimate,
    and by "check:TITLE", "figure:NAME" and "table:NAME"; empty where no cells were counted."""
    key_figure: str = ""
    """The name of the figure that carries the answer; empty if none does."""

    def __post_init__(self) -> None:
        ids = [e.id for e in self.estimates]
        for kind, names in (("estimates", ids), ("figures", [f.name for f in self.figures])):
            if len(set(names)) != len(names):
                raise ValueError(f"assessment {self.name!r}: {kind} must have distinct names, got {names}")
        texts = (self.answer, *(c.sentence for c in self.checks), *self.says.values())
        known = {*ids, *(f"{FIGURE}{f.name}" for f in self.figures)}
        unknown = {ref for text in texts for _, run, ref in REFERENCE.findall(text) if not run} - known
        if unknown:
            raise ValueError(f"assessment {self.name!r} refers to what it does not hold: {sorted(unknown)}")

    def figure(self, name: str) -> Figure:
        return next(f for f in self.figures if f.name == name)

    def estimate(self, estimate_id: str) -> Estimate:
        return next(e for e in self.estimates if e.id == estimate_id)

    def frame(self) -> pd.DataFrame:
        """The estimates as a tidy frame, one row each."""
        return frame(self.estimates)

    def save(self, folder: Path | str | None = None) -> Saved:
        """Write everything under `folder`: assessment.json, estimates.csv, figures/, tables/.

        Without a folder: the one a run has set aside for its kernel, or `reports/interactive/<name>` when a
        person runs the notebook by hand. Each figure is written as SVG, PNG, Vega-Lite and CSV.

        Raises
        ------
        DataError
            If the folder given holds anything else than results saved before.
        RunError
            If none was given, and the checkout can only be read.
        """
        staging = os.environ.get(OUTPUT_VARIABLE) if folder is None else None
        files: dict[str, bytes] = {
            "assessment.json": (json.dumps(self._record(), indent=1, ensure_ascii=False) + "\n").encode(),
            "estimates.csv": csv_bytes(self.frame()),
        }
        for figure in self.figures:
            files |= {f"figures/{name}": content for name, content in figure_files(figure).items()}
        for name, table in self.tables.items():
            files[f"tables/{name}.csv"] = csv_bytes(table)
        if staging:
            for name, content in files.items():
                project.write_atomically(Path(staging) / name, content)
        elif folder is not None:
            written.into(Path(folder), _BY_HAND, files)
        else:
            root, place = project.root(), f"reports/interactive/{self.name}"
            within = {f"{place}/{name}": content for name, content in files.items()}
            try:
                written.checkout(root, within, below=root / "reports")
            except OSError as error:
                told = f"{place}: nothing can be saved there ({error.strerror or error}); name a folder of your own"
                raise RunError(f'{told}: study.save("FOLDER")') from None
        return Saved(len(self.estimates), len(self.figures), len(self.tables))

    def _record(self) -> dict[str, Any]:
        """What the report needs beyond the files of estimates, figures and tables."""
        return {
            "name": self.name,
            "outcome": self.outcome,
            "title": self.title,
            "question": self.question,
            "answer": self.answer,
            "parameters": dict(self.parameters),
            "departures": list(self.departures),
            "changed": list(self.changed),
            "used": [asdict(u) for u in self.used],
            "checks": [
                {
                    "name": c.name,
                    "of": c.of,
                    "passed": c.passed,
                    "power": None if math.isnan(c.power) else stored(c.power),
                    "sentence": c.sentence,
                    "table": _records(c.table),
                }
                for c in self.checks
            ],
            "figures": [
                {
                    "name": f.name,
                    "title": f.title,
                    "alt": f.alt,
                    "caption": f.caption,
                    "source": f.source,
                    "says": self.says.get(f.name, ""),
                }
                for f in self.figures
            ],
            "tables": list(self.tables),
            "cells": dict(self.cells),
            "key_figure": self.key_figure,
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        titled = list(zip(check_titles((c.name, c.of) for c in self.checks), self.checks, strict=True))
        checks = "".join(
            f"<li><strong>{escape(title)}</strong> ({c.verdict}): {linked(c.sentence)}</li>" for title, c in titled
        )
        warned, text = not_as_registered(self.departures, self.changed)
        folded = [e for e in self.estimates if e.role in FOLDED]
        others = [e for e in self.estimates if e.role not in FOLDED]
        html = warned + (
            f"<p><strong>{escape(self.question)}</strong></p><p>{linked(self.answer)}</p>{estimates_html(others)}"
            + (
                f"<details><summary>{_FOLDED} ({len(folded)})</summary>{estimates_html(folded)}</details>"
                if folded
                else ""
            )
            + f"<ul>{checks}</ul>"
        )
        text += [self.question, plain(self.answer)]
        text += [f"- {title} ({c.verdict}): {plain(c.sentence)}" for title, c in titled]
        return {"text/html": html, "text/plain": printable("\n".join(text))}


def not_as_registered(departures: Sequence[str], changed: Sequence[str]) -> tuple[str, list[str]]:
    """What stands above whatever is not the registered answer, as HTML and in lines; nothing of what is."""
    parts = [(head, told) for head, told in ((DEPARTS, departures), (CHANGED, changed)) if told]
    lists = ((head, "".join(f"<li>{escape(each)}</li>" for each in told)) for head, told in parts)
    html = "".join(f"<p><strong>{escape(head, quote=False)}</strong></p><ul>{items}</ul>" for head, items in lists)
    return html, [line for head, told in parts for line in (head, *(f"- {each}" for each in told))]


@dataclass(frozen=True)
class Saved:
    """What was saved. Shown without a path, so that an executed notebook reads the same on every machine."""

    estimates: int
    figures: int
    tables: int

    def __repr__(self) -> str:
        return f"saved {self.estimates} estimates, {self.figures} figures, {self.tables} tables"


@dataclass(frozen=True)
class SavedRun:
    """A run as saved: its notebook's name, its record of the assessment, its estimates, and the notes of both
    having been read."""

    name: str
    assessment: Mapping[str, Any]
    estimates: pd.DataFrame
    used: tuple[Used, Used]


def reads_results(notebook: Mapping[str, Any]) -> bool:
    """Whether a notebook of that content reads the results of others: its `metadata.crimjust.reads` is "results"."""
    said = notebook["metadata"].get("crimjust")
    return isinstance(said, dict) and said.get("reads") == "results"


def readers(folder: Path) -> frozenset[str]:
    """Names of the notebooks in a folder that read the results of others. None reads those of another reader, so that it
    makes no difference which of them runs first.

    Raises
    ------
    DataError
        If one is no notebook.
    """
    shape = {"metadata": dict}
    found = {
        path.stem: json_files.load(path, shape, "restore it from git or the release") for path in folder.glob("*.ipynb")
    }
    return frozenset(name for name, content in found.items() if reads_results(content))


def folder_read() -> Path:
    """The folder whose results this process reads: the reference's, unless it was told another."""
    return Path(os.environ.get(RESULTS_VARIABLE) or project.root() / "reports")


def saved_runs(reports: Path, but: Collection[str]) -> tuple[SavedRun, ...]:
    """Every run under `reports`, the reference's or a variant's, but those of these names, in the order of names.

    Raises
    ------
    DataError
        If there is none, or a run's estimates are missing.
    """
    import pandas as pd

    found = []
    paths = sorted((reports / "assessments").glob("*.json"))
    for path in [path for path in paths if path.stem not in but]:
        table = reports / "tables" / path.stem / "estimates.csv"
        if not table.is_file():
            raise DataError(f"{table} is missing; run {path.stem} again: crimjust run {path.stem}")
        said, estimated = path.read_bytes(), table.read_bytes()
        again = f"run {path.stem} again: crimjust run {path.stem}"
        csv_files.parsed(estimated, str(table), ESTIMATE_COLUMNS, again)  # tells what pandas would fill up
        estimates = pd.read_csv(io.BytesIO(estimated), dtype={"outcome": "str"}).assign(run=path.stem)
        used = (_read_of(reports, path, said), _read_of(reports, table, estimated))
        saved = json_files.parsed(said, str(path), ASSESSMENT, f"run `crimjust run {path.stem}` again")
        found.append(SavedRun(path.stem, saved, estimates, used))
    if not found:
        raise DataError(f"{reports} holds no run; run the other notebooks first: crimjust run all")
    return tuple(found)


def require_file_name(kind: str, name: str, others: Iterable[str]) -> None:
    """Refuse a name that some system takes for no file's, or for another one's.

    Raises
    ------
    ParameterError
        Naming it.
    """
    if not project.is_plain_name(name):
        raise ParameterError(
            f"{kind} name {name!r}: it names a file, so it has letters, digits and underscores only, 80 at most, and is no "
            "device of Windows"
        )
    taken = [*(other for other in others if other != name), "estimates"]  # as all estimates of a run are kept
    if same := [other for other in taken if other.lower() == name.lower()]:
        raise ParameterError(
            f"{kind} name {name!r}: on some systems its file is that of {same[0]!r}; name it otherwise"
        )


def figure_files(figure: Figure) -> dict[str, bytes]:
    """A figure's files by name: SVG, PNG, Vega-Lite, and its numbers as CSV."""
    return {
        f"{figure.name}.svg": figure.svg.encode(),
        f"{figure.name}.png": figure.png(),
        f"{figure.name}.vl.json": (json.dumps(figure.specification, indent=1) + "\n").encode(),
        f"{figure.name}.csv": csv_bytes(figure.data),
    }


def _read_of(reports: Path, path: Path, content: bytes) -> Used:
    root = project.root()
    of_reference = reports == root / "reports" or not reports.is_relative_to(root)
    place = f"reports/{path.relative_to(reports).as_posix()}" if of_reference else path.relative_to(root).as_posix()
    which = "reference run" if of_reference else f"run of {reports.name}"
    return Used(place, which, hashlib.sha256(content).hexdigest())


def estimates_html(estimates: Iterable[Estimate]) -> str:
    """Estimates as an HTML table for reading; all digits are in the CSV."""
    rows = "".join(
        f'<tr id="estimate-{escape(e.id)}"><td>{escape(e.estimand)}</td>'
        f"<td>{escape(e.method)}<br><small>{escape(e.specification)}</small></td>"
        f"<td>{number(e.estimate)} <small>{escape(unit_told(e.unit))}</small></td>"
        f"<td>{interval_text(e)}</td><td>{p_text(e.p_value)}</td><td>{p_text(e.p_adjusted)}</td>"
        f"<td>{e.n_obs}</td><td>{e.role.replace('_', ' ')}{' SIMULATED' if e.data_status == 'simulated' else ''}</td></tr>"
        for e in estimates
    )
    heads = ("Estimand", "Method", "Estimate", "Interval", "p", "Adjusted p", "n", "Role")
    return (
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{h}</th>' for h in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    written = table.to_json(orient="records", double_precision=15, date_format="iso")
    records: list[dict[str, Any]] = json.loads(written, parse_float=lambda digits: stored(float(digits)))
    return records
