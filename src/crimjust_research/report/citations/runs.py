"""Results, cited by what they were made of: one reference for a run, or for all runs that lie together."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.data.tables import Resource
from crimjust_research.evidence import plan
from crimjust_research.evidence.plan import Plan
from crimjust_research.report import origins, whose
from crimjust_research.report.citations import software
from crimjust_research.report.citations.reference import Reference, plain_letters
from crimjust_research.runs import kept, notebooks, record
from crimjust_research.runs.record import Layout
from crimjust_research.runs.variants import REFERENCE

# What a run is known by: not the versions of the machine it ran on, and not what it came to, which follows from these.
_IDENTITY = ("run", "notebook", "code", "lock", "plan", "parameters")
_OF_A_TABLE = ("table", "vintage", "sha256")
_RESULTS, _ASSESSMENTS = (
    "reports/",
    "assessments",
)  # how files of other runs' results begin, and the folder of those told of


def names(results: Path) -> list[str]:
    """The runs whose results lie in a folder, by name."""
    return sorted(path.stem for path in (results / "records").glob("*.json"))


def reference(results: Path, runs: list[str]) -> Reference:
    """The results of these runs in the folder `results`, as they were computed.

    No day is told: a record holds no clock, so that equal runs have equal records.

    Raises
    ------
    DataError, RunError
        If what a run left cannot be read.
    """
    records = {run: record.load(Layout(results, run)) for run in runs}
    digest = _digest(records)
    set_of = kept.name_of(results)
    variant = "" if set_of == REFERENCE else f", variant {set_of}"
    if len(runs) == 1:
        saved = record.assessment(Layout(results, runs[0]))
        title = f"{saved['title']}: results of {runs[0]}"
    else:
        title = f"Results of crimjust-research, {len(runs)} assessments"
    return Reference(
        key="-".join(("run", plain_letters(runs[0]) if len(runs) == 1 else "all", digest[:12])),
        kind="document",
        authors=software.authors(),
        title=title,
        medium=f"Results of a computation{variant}{f', under {own.named}' if (own := plan.of(results).own) else ''}",
        note=" ".join(_sentences(results, records, digest)),
    )


def _sentences(results: Path, records: Mapping[str, Mapping[str, Any]], digest: str) -> Iterator[str]:
    """What a reader must know of the runs to have them again, a sentence each."""
    simulated = [run for run in records if _is_simulated(results, run)]
    if simulated:
        yield f"SIMULATED: {', '.join(simulated)}." if len(records) > 1 else "SIMULATED data."
    for run, made in records.items():
        (notebook,) = notebooks.find(run)
        changed = kept.changed_parameters(made["parameters"], notebook)
        if changed:
            told = ", ".join(f"{name} = {value!r}" for name, value in changed.items())
            yield f"Parameters that are not the own ones of {run}: {told}."
        given = [used["table"] for used in made["tables"] if used.get("supplied")]
        supplied = [table for table in given if PurePath(table).name != project.ALL_FILES]
        if supplied:
            yield f"Supplied files: {', '.join(supplied)}."
    planned = record.file_hash(project.root() / record.PLAN)
    if all(made["plan"] == planned for made in records.values()):
        yield from _plan(plan.of(results))
    else:
        yield "Analysis plan: another than the present one."
    yield f"SHA-256 of code, data, plan and parameters: {digest}."


def _plan(planned: Plan) -> Iterator[str]:
    if planned.own is None:
        yield f"Analysis plan: version {planned.version}."
    else:
        yield f"Analysis plan: {planned.own.named} (SHA-256 {planned.own.sha256})."
        yield whose.laid_over(planned)


def _is_simulated(results: Path, run: str) -> bool:
    """Whether all that a run found rests on made-up data; how a test fares in simulated samples is no such thing."""
    rows = [line.cells for line in origins.estimates(results, run).values() if line.cells["role"] != "diagnostic"]
    return bool(rows) and all(row["data_status"] == "simulated" for row in rows)


def _digest(records: Mapping[str, Mapping[str, Any]]) -> str:
    identity = [
        {
            **{name: made.get(name) for name in _IDENTITY},
            **({"own_plan": made["own_plan"]} if made.get("own_plan") else {}),
            "tables": [[table[name] for name in _OF_A_TABLE] for table in made["tables"]],
        }
        for made in records.values()
    ]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def behind(results: Path, runs: list[str]) -> Iterator[Resource]:
    """Every raw table behind runs in the folder `results`, also those behind other runs that they tell of.

    Raises
    ------
    DataError
        If results cannot be read, or a table is no longer what it was when they were computed.
    """
    raw = catalog.raw()
    for run in runs:
        layout = Layout(results, run)
        for used in record.assessment(layout)["used"]:
            path = PurePath(used["table"])
            if used["table"].startswith(_RESULTS) and path.parent.name == _ASSESSMENTS:
                yield from behind(project.root() / path.parents[1], [path.stem])
            elif not path.suffix:
                resource = origins.stored(layout, used)
                yield from (resource,) if resource.table.name in raw.tables() else raw_behind(resource, raw)
