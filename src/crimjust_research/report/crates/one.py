"""One run as a Workflow Run Crate: the notebook as a workflow, what it read and made, and how to read and check them.

The next stronger profile does not fit: it asks which programs the workflow called, and within a notebook none is called apart.
"""

import hashlib
from collections.abc import Iterable, Mapping

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.data.tables import Resource
from crimjust_research.evidence import plan
from crimjust_research.report import origins
from crimjust_research.report.crates import entities, preview, runs
from crimjust_research.report.crates.entities import Entity, identity, many, to
from crimjust_research.report.crates.runs import Run
from crimjust_research.report.edition import Edition
from crimjust_research.runs import kept, record
from crimjust_research.runs.record import Layout
from crimjust_research.runs.variants import REFERENCE

_PROFILES = list(entities.PROFILES)[:3]
_ALSO = (entities.LICENCE, "CITATION.cff")
_README = "README.md"
_HOW = (
    f"`{preview.NAME}` lists what is here. `{entities.NAME}` tells the same to programs, as a Workflow Run Crate 0.5, with the "
    "SHA-256 of every file.\n"
)


def files(edition: Edition, layout: Layout) -> dict[str, bytes]:
    """All that the crate of the run in `layout` holds, by path: what it read, as far as this project holds that, its code, its
    results, and the crate's own description.

    Raises
    ------
    DataError
        If something that it left cannot be read, or a table is no longer what it was.
    """
    root = project.root()
    made, stored = record.load(layout), _tables(layout)
    record.assessment(layout)
    folder, places = layout.folder.relative_to(root).as_posix(), {one.sha256: place for place, one in stored.items()}
    results = [f"{folder}/{name}" for name in (*made["outputs"], f"records/{layout.run}.json")]
    results += [f"{folder}/{plan.FILE}"] if made.get("own_plan") else []
    run = runs.read({name: (root / name).read_bytes() for name in results}, folder, layout.run)
    names = {*results, run.notebook, *stored, *runs.inputs(run, places)}
    # Code from outside the checkout stays outside; its hash stands in the record.
    names |= {name for name in (*_code(made["code"]), *_ALSO) if (root / name).is_file()}
    held = {name: (root / name).read_bytes() for name in sorted(names)}
    held[_README] = f"# {_title(run)}\n\n{_about(edition, run)}\n\n{_HOW}".encode()
    return {entities.NAME: metadata(edition, run, held, stored), **held}


def metadata(edition: Edition, run: Run, held: Mapping[str, bytes], stored: Mapping[str, Resource]) -> bytes:
    """The crate of a run that holds these files, by path, of which these are tables."""
    places = {hashlib.sha256(held[name]).hexdigest(): name for name in stored}
    code = [name for name in _code(run.record["code"]) if name in held]
    notebook: Entity = {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": to(entities.PYTHON),
        "softwareRequirements": to(entities.SOFTWARE),
        "version": None if run.saved.get("changed") else edition.version,
        "license": to(entities.licence(edition)),
        **runs.tool(run),
    }
    said = {name: entities.table(resource, places) for name, resource in stored.items()}
    said |= runs.described(run) | {run.notebook: notebook, _README: {"about": to("./")}}
    described = [entities.file(name, held[name], said.get(name, {})) for name in sorted(held)]
    actions = runs.of(run, places)
    package, *others = entities.software(edition, run.record["versions"])
    author = None if _variant(run) else to(entities.MADE_BY)  # who had a variant computed is not known
    root: Entity = {
        "name": _title(run),
        "description": _about(edition, run),
        **entities.shared(edition, stored.values()),
        "author": author,
        "publisher": author,
        "mainEntity": to(identity(run.notebook)),
        "hasPart": many(identity(name) for name in sorted(held)),
        "mentions": to(run.action),
    }
    around = entities.around(edition, list(stored.values()))
    package |= {"hasPart": many(map(identity, code))}
    return entities.document(root, _PROFILES, [*around, package, *others, *described, *actions])


def _variant(run: Run) -> str:
    """The name of the variant that a run is of; empty if it is of none."""
    name = kept.name_of(project.root() / run.folder)
    return "" if name == REFERENCE else name


def _title(run: Run) -> str:
    variant = _variant(run)
    return f"{run.heading}: run of {run.name}" + (f", variant {variant}" if variant else "")


def _about(edition: Edition, run: Run) -> str:
    return (
        f"{run.told} With it: the notebook before and after it ran, its results, the tables it read and those they were made "
        "of, code, plan and lock. When and by whom it was executed is not recorded; the day is that of the version of "
        f"{edition.project} that computed it. Each table belongs to its publisher, under the terms it names."
    )


def _tables(layout: Layout) -> dict[str, Resource]:
    """The tables that a run read and those they were made of, by path below the checkout; what somebody supplied is none."""
    raw, processed = catalog.raw(), catalog.processed()
    found: dict[str, Resource] = {}
    for used in record.load(layout)["tables"]:
        if used.get("supplied") or used["table"] not in {*raw.tables(), *processed.tables()}:
            continue
        resource = origins.stored(layout, used)
        if used["table"] in raw.tables():
            found[f"{entities.CATALOGS[0]}/{resource.path}"] = resource
        else:
            found[f"{entities.CATALOGS[1]}/{resource.path}"] = resource
            found |= {f"{entities.CATALOGS[0]}/{one.path}": one for one in raw_behind(resource, raw)}
    return found


def _code(recorded: Iterable[str]) -> list[str]:
    """Where the code lies that a record names: this project's package in `src`, declarations where they are."""
    return [f"src/{name}" if name.startswith("crimjust_research/") else name for name in recorded]
