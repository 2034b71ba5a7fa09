"""A run told to machines: what notebook with which parameters read which files and made which.

No clock, machine or person is told: records hold none.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from crimjust_research import csv_files, project
from crimjust_research.errors import DataError
from crimjust_research.evidence import own_plan_file, plan_names
from crimjust_research.evidence.words import plain
from crimjust_research.report.crates.entities import LOCK, PLAN, Entity, identity, many, to
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.parameters import Described

_RESULTS = "reports/"
_TYPES: Mapping[type, str] = {float: "Float", bool: "Boolean", int: "Integer"}
_DRAWN = (".svg", ".png")


@dataclass(frozen=True)
class Run:
    """A run by its name, with the folder of its results by path below the checkout, its record and its assessment.

    `simulated` is whether all that it found rests on made-up data, `whose` the plan of one's own it ran under, empty if none.
    """

    name: str
    folder: str
    record: Mapping[str, Any]
    saved: Mapping[str, Any]
    simulated: bool
    whose: str = ""

    @property
    def notebook(self) -> str:
        return f"notebooks/{self.name}.ipynb"

    @property
    def action(self) -> str:
        return f"#run-{self.name}"

    @property
    def reads_results(self) -> bool:
        return any(used["table"].startswith(_RESULTS) for used in self.record["tables"])

    @property
    def results(self) -> list[str]:
        """The files that it made, in the order of their names; its record is one."""
        made = (f"{self.folder}/{name}" for name in self.record["outputs"])
        return sorted([*made, f"{self.folder}/records/{self.name}.json"])

    @property
    def plans(self) -> list[str]:
        """The plans in force: the registered one and, if it ran under one of its own, that which is laid over it."""
        return [PLAN, _own_plan(self.folder)] if self.whose else [PLAN]

    @property
    def heading(self) -> str:
        """What it is called, and whether it is SIMULATED."""
        title: str = self.saved["title"]
        return f"SIMULATED: {title}" if self.simulated and "SIMULATED" not in title else title

    @property
    def told(self) -> str:
        """What it asked, and everything in which it is not the registered run."""
        asked = f"On SIMULATED records: {self.saved['question']}" if self.simulated else self.saved["question"]
        unlike = {
            "It ran under a plan laid over the registered one, that of": [self.whose] if self.whose else [],
            "It departs from the plan": self.saved["departures"],
            "Its notebook is not as the project has it": self.saved.get("changed", []),
        }
        return " ".join([asked, *(f"{how}: {'; '.join(what)}." for how, what in unlike.items() if what)])


def read(files: Mapping[str, bytes], folder: str, name: str) -> Run:
    """A run from its files, by path below the checkout.

    Raises
    ------
    DataError
        If one is missing.
    """
    try:
        record, saved = (json.loads(files[f"{folder}/{part}/{name}.json"]) for part in ("records", "assessments"))
        table = f"{folder}/tables/{name}/estimates.csv"
        again = f"run {name} again: crimjust run {name}"
        rows = csv_files.parsed(files[table], table, ("role", "data_status"), again)
        kept = files[_own_plan(folder)] if record.get("own_plan") else b""
    except KeyError as error:
        raise DataError(f"{error.args[0]} is missing; run {name} again: crimjust run {name}") from None
    found = {row["data_status"] for row in rows if row["role"] != "diagnostic"}
    whose = own_plan_file.read(kept, _own_plan(folder)).whose if kept else ""
    return Run(name, folder, record, saved, found == {"simulated"}, whose)


def _own_plan(folder: str) -> str:
    return f"{folder}/{plan_names.OWN}"


def inputs(run: Run, places: Mapping[str, str]) -> list[str]:
    """The files that a run read and this project holds; `places` are the paths of its tables by hash."""
    tables = (_place(used, places) for used in run.record["tables"])
    return sorted({LOCK, *run.plans, *filter(None, tables)})


def described(run: Run) -> dict[str, Entity]:
    """What is known of the files of a run's results, and of the plans it ran under, beyond their kind, by path."""
    folder, title = run.folder, run.heading
    known: dict[str, Entity] = {
        f"{folder}/records/{run.name}.json": {"name": f"Record of {run.name}: all it was made of, by hash"},
        f"{folder}/assessments/{run.name}.json": {"name": f"{title}: answer, checks and captions"},
        f"{folder}/notebooks/{run.name}.ipynb": {"name": f"{title}: the notebook as executed"},
        f"{folder}/tables/{run.name}/estimates.csv": {"name": f"{title}: estimates"},
        PLAN: {"name": "The registered analysis plan"},
    }
    if run.whose:
        known[_own_plan(folder)] = {"name": f"The plan laid over the registered one, that of {run.whose}"}
    figures = {figure["name"]: figure for figure in run.saved["figures"]}
    for name in run.results:
        path = PurePosixPath(name)
        figure = figures.get(path.name.partition(".")[0]) if path.parts[-3:-1] == ("figures", run.name) else None
        if figure:
            drawn = path.suffix in _DRAWN
            told = plain(figure["title"])
            known[name] = {"name": told, "description": figure["alt"]} if drawn else {"name": f"{told}: numbers"}
    return known


def tool(run: Run) -> Entity:
    """The notebook as what was run: its slots are its parameters."""
    return {"name": f"{run.name}: {run.saved['title']}", "input": many(_slot(run, one.name) for one in _slots(run))}


def of(run: Run, places: Mapping[str, str], **said: Any) -> list[Entity]:
    """The run as an action, its parameters and their values, and supplied files, of which the crate has the hash alone."""
    slots = _slots(run)
    supplied = [used for used in run.record["tables"] if _place(used, places) is None]
    values = [f"#{run.name}/{quote(one.name)}" for one in slots]
    read_from = [*map(identity, inputs(run, places)), *(_supplied(used) for used in supplied)]
    return [
        {
            "@id": run.action,
            "@type": "CreateAction",
            "name": f"Run of {run.name}",
            "description": run.told,
            "instrument": to(identity(run.notebook)),
            "object": many([*read_from, *values]),
            "result": many(map(identity, run.results)),
            **said,
        },
        *(entity for one, place in zip(slots, values, strict=True) for entity in _parameter(run, one, place)),
        *_not_part(supplied),
    ]


def _slots(run: Run) -> list[Described]:
    (notebook,) = notebooks.find(run.name)
    return [one for one in parameters.described(notebook) if one.name in run.record["parameters"]]


def _slot(run: Run, name: str) -> str:
    return f"{identity(run.notebook)}#{quote(name)}"


def _parameter(run: Run, one: Described, place: str) -> Iterator[Entity]:
    """A parameter as a slot of the notebook, and the value it had in this run. Without one it is said to have none."""
    value, many_values = run.record["parameters"][one.name], isinstance(one.default, (list, tuple))
    yield {
        "@id": _slot(run, one.name),
        "@type": "FormalParameter",
        "additionalType": _kind(value, one.default),
        "name": one.name,
        "description": f"{one.sentence} ({one.admits})" if one.admits else one.sentence,
        "multipleValues": True if many_values else None,
        "defaultValue": _value(one.default),
    }
    yield {
        "@id": place,
        "@type": "PropertyValue",
        "exampleOfWork": to(_slot(run, one.name)),
        "name": one.name,
        "value": _value(value),
        "description": "not set" if _value(value) is None else None,
    }


def _kind(*values: Any) -> str:
    """What a parameter with such values is called among the types of schema.org; one that takes several, what each is."""
    found = {type(one) for value in values for one in (value if isinstance(value, (list, tuple)) else [value])}
    return next((name for kind, name in _TYPES.items() if kind in found), "Text")


def _value(value: Any) -> Any:
    """A parameter's value as a crate has it; None where nothing is set."""
    return None if value in ("", None, [], ()) else list(value) if isinstance(value, tuple) else value


def _place(used: Mapping[str, Any], places: Mapping[str, str]) -> str | None:
    """Where a table that a run read lies; None of what somebody supplied."""
    if used.get("supplied"):
        return None
    return used["table"] if used["table"].startswith(_RESULTS) else places.get(used["sha256"])


def _supplied(used: Mapping[str, Any]) -> str:
    named = hashlib.sha256(used["table"].encode()).hexdigest()[:8]
    return f"#supplied-{named}-{used['sha256'][:12]}"


def _not_part(supplied: list[Mapping[str, Any]]) -> Iterator[Entity]:
    for used in supplied:
        whole = PurePosixPath(used["table"]).name == project.ALL_FILES
        told = "The names of all files in a supplied folder" if whole else "A file that whoever ran this supplied"
        yield {
            "@id": _supplied(used),
            "@type": "CreativeWork",
            "name": used["table"],
            "description": f"{told}. It is no part of this crate, which has its hash alone.",
            "sha256": used["sha256"],
        }
