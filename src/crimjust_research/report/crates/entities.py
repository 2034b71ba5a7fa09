"""What all crates have in common: how entities are written, what files, tables, terms and software are to a machine.

An RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) is one flat list of entities, each known by its `@id`, that refer to each other.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from crimjust_research.data import provenance, tables
from crimjust_research.data.tables import Resource
from crimjust_research.evidence import plan_names
from crimjust_research.report.edition import Edition

NAME = "ro-crate-metadata.json"
CATALOGS = ("data/raw", "data/processed")
LOCK, PLAN, LICENCE = "requirements.lock", plan_names.REGISTERED, "LICENSE"
MADE_BY, SOFTWARE, PYTHON, MAKE = "#contributors", "#software", "#python", "#make"
_TERMS, _COMMIT = "#terms", "#commit"
_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
# Profiles by their address, each resting on those before it.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
}
_CONTEXT = [f"{_CRATE}/context", "https://w3id.org/ro/terms/workflow-run/context"]
_FORMATS = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
Entity = dict[str, Any]


def document(root: Entity, profiles: Sequence[str], entities: Iterable[Entity]) -> bytes:
    """The crate's file of metadata: its root, the profiles it conforms to, and all that they refer to."""
    graph = [
        {
            "@id": NAME,
            "@type": "CreativeWork",
            "conformsTo": many((_CRATE, _WORKFLOW_CRATE)),
            "about": to("./"),
        },
        {"@id": "./", "@type": "Dataset", "conformsTo": many(profiles), **root},
        *(
            {"@id": place, "@type": "CreativeWork", "name": PROFILES[place][0], "version": PROFILES[place][1]}
            for place in profiles
        ),
        *entities,
    ]
    told = [{name: _plain(value) for name, value in entity.items() if value not in ([], None)} for entity in graph]
    return (json.dumps({"@context": _CONTEXT, "@graph": told}, indent=1, ensure_ascii=False) + "\n").encode()


def stored(content: Mapping[str, bytes]) -> dict[str, Resource]:
    """The tables that the catalogs among these files list, by the path of each.

    Raises
    ------
    DataError
        If a catalog is not as it should be.
    """
    return {
        f"{folder}/{resource.path}": resource
        for folder in CATALOGS
        for resource in tables.listed(Path(folder, "datapackage.json"), content[f"{folder}/datapackage.json"])[0]
    }


def file(name: str, content: bytes, said: Mapping[str, Any] = {}) -> Entity:
    """A file of the crate, and what else is `said` of it."""
    return {
        "@id": identity(name),
        "@type": "File",
        "encodingFormat": media_type(name, content),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        **said,
    }


def table(resource: Resource, places: Mapping[str, str]) -> Entity:
    """What a stored table is, whose or made of which files, and under which terms; `places` are paths of files by hash."""
    behind = [identity(places[sha256]) for _, sha256 in provenance.made_of(resource).values() if sha256 in places]
    return {
        "name": f"{resource.table.title}, {resource.vintage}",
        "description": resource.table.description,
        "license": many(one.path for one in resource.table.licences),
        "isBasedOn": many((*sources(resource), *behind)),
        "temporalCoverage": "/".join(resource.coverage) if resource.coverage else None,
    }


def sources(resource: Resource) -> list[str]:
    """The publishers' pages of a table; a panel's raw tables are no pages."""
    return [one.path for one in resource.table.sources if _is_address(one.path)]


def shared(edition: Edition, held: Iterable[Resource]) -> dict[str, Any]:
    """What the roots of all crates tell alike: version and day, terms, and whom the tables that a crate holds are cited from."""
    return {
        "license": to(_TERMS),
        "citation": many(sorted({place for resource in held for place in sources(resource)})),
        "version": edition.version,
        "datePublished": edition.date,
        "keywords": list(edition.keywords),
    }


def around(edition: Edition, held: Sequence[Resource]) -> list[Entity]:
    """Who and what the files refer to: contributors, software, and the pages of publishers and of their terms."""
    pages: dict[str, set[str]] = {}
    for resource in held:
        bound = [(one.path, one.title) for one in resource.table.licences]
        publishers = [(one.path, one.title) for one in resource.table.sources if _is_address(one.path)]
        for place, title in (*bound, *publishers):
            pages.setdefault(place, set()).add(title)
    own = licence(edition)
    pages.setdefault(own, set()).add(f"{edition.licence} licence")
    bound_by = {one.path for resource in held for one in resource.table.licences}
    return [
        {
            "@id": _TERMS,
            "@type": "CreativeWork",
            "name": f"Code: {edition.licence}; figures: the terms of their publishers, which each table names",
            "hasPart": many(sorted({own, *bound_by})),
        },
        {"@id": MADE_BY, "@type": "Organization", "name": "; ".join(edition.authors)},
        *({"@id": place, "@type": "CreativeWork", "name": "; ".join(sorted(pages[place]))} for place in sorted(pages)),
    ]


def commit(edition: Edition) -> list[Entity]:
    """The commit that the files are of, if it is known."""
    return [{"@id": _COMMIT, "@type": "PropertyValue", "name": "git commit", "value": edition.commit}] * bool(
        edition.commit
    )


def software(edition: Edition, versions: Mapping[str, str]) -> list[Entity]:
    """This project's own package, and the packages it requires with their versions, as a run's record has them."""
    required = {name: f"#package-{name}" for name in versions if name != "python"}
    return [
        {
            "@id": SOFTWARE,
            "@type": "SoftwareApplication",
            "name": edition.project,
            "description": edition.description,
            "softwareVersion": edition.version,
            "softwareRequirements": many((LOCK, *([PYTHON] if "python" in versions else []), *required.values())),
            "license": to(licence(edition)),
            "author": to(MADE_BY),
        },
        {
            "@id": PYTHON,
            "@type": ["ComputerLanguage", "SoftwareApplication"],
            "name": "Python",
            "url": "https://www.python.org/",
            "softwareVersion": versions.get("python"),
        },
        *(
            {"@id": place, "@type": "SoftwareApplication", "name": name, "softwareVersion": versions[name]}
            for name, place in required.items()
        ),
    ]


def licence(edition: Edition) -> str:
    """The address that stands for this repository's licence."""
    return f"https://spdx.org/licenses/{edition.licence}"


def media_type(name: str, content: bytes) -> str:
    """The media type of a file: by its suffix, or whether it is text."""
    known = _FORMATS.get(PurePosixPath(name).suffix)
    if known:
        return known
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def identity(name: str) -> str:
    """What a file is known by: its path below the crate, as an address has it."""
    return quote(name)


def to(place: str) -> dict[str, str]:
    """A reference to the entity at a place."""
    return {"@id": place}


def many(places: Iterable[str]) -> list[dict[str, str]]:
    """References to several entities, in their order."""
    return [to(place) for place in places]


def _is_address(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _plain(value: Any) -> Any:
    """A list of one thing as that thing: crates write it so."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
