"""What a release holds, told to machines: its files, where figures come from and under which terms, what each run made of what.

An RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), in which runs are told as in a Process Run Crate: one flat list of entities,
each known by its `@id`, that refer to each other.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from crimjust_research.data import provenance, tables
from crimjust_research.data.tables import Resource
from crimjust_research.report.release.edition import Edition

NAME = "ro-crate-metadata.json"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_RUNS = "https://w3id.org/ro/wfrun/process/0.5"
# The vocabulary of that version came before schema.org's term for hashes.
_CONTEXT = [f"{_PROFILE}/context", {"sha256": "http://schema.org/sha256"}]
_COMMAND, _MADE_BY, _LANGUAGE = "Makefile", "#contributors", "https://www.python.org/"
_MAKE, _COMMIT, _SOFTWARE, _TERMS = "https://www.gnu.org/software/make/", "#commit", "#software", "#terms"
_CATALOGS = ("data/raw", "data/processed")
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
_NAMES = {
    "reports/index.html": "The report, one page that is complete in itself",
    "reports/summary.html": "The report in short, two pages",
    "reports/report.pdf": "The report, to print",
    "reports/report.docx": "The report, to edit",
    "reports/estimates.csv": "All estimates of all runs, a row each",
}
Entity = dict[str, Any]


def metadata(edition: Edition, files: Mapping[str, bytes], unread: Iterable[str] = ()) -> bytes:
    """The crate of a release, from its files by path; `unread` are those that are written after it, and so have no hash here.

    Raises
    ------
    DataError
        If a list of tables, or a record of a run, is not as it should be.
    """
    places = {hashlib.sha256(content).hexdigest(): name for name, content in sorted(files.items(), reverse=True)}
    stored = {
        f"{folder}/{resource.path}": resource
        for folder in _CATALOGS
        for resource in tables.listed(Path(folder, "datapackage.json"), files[f"{folder}/datapackage.json"])[0]
    }
    simulated = _simulated(files["reports/estimates.csv"])
    runs = [
        _run(run, files, places, run in simulated)
        for run in (PurePosixPath(name).stem for name in sorted(files) if name.startswith("reports/records/"))
    ]
    described = [_file(name, files[name], edition, stored.get(name), places) for name in sorted(files)]
    described += [{"@id": _id(name), "@type": "File", "encodingFormat": _format(name, b"")} for name in sorted(unread)]
    entities = [
        {"@id": NAME, "@type": "CreativeWork", "conformsTo": _to(_PROFILE), "about": _to("./")},
        _root(edition, described, stored, runs),
        *_around(edition, stored),
        *described,
        *runs,
    ]
    entities = [{name: _plain(value) for name, value in entity.items() if value != []} for entity in entities]
    return (json.dumps({"@context": _CONTEXT, "@graph": entities}, indent=1, ensure_ascii=False) + "\n").encode()


def _root(
    edition: Edition, described: Iterable[Entity], stored: Mapping[str, Resource], runs: Iterable[Entity]
) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _to(_RUNS),
        "name": edition.title,
        "description": f"{edition.description}: data, code, notebooks, results and report, which two commands make again. "
        f"Code: {edition.licence}. Figures belong to their publishers, under the terms that docs/DATA.md names for each table.",
        "version": edition.version,
        "identifier": _to(_COMMIT),
        "datePublished": edition.date,
        "license": _to(_TERMS),
        "author": _to(_MADE_BY),
        "publisher": _to(_MADE_BY),
        "keywords": list(edition.keywords),
        "mainEntity": _to(_COMMAND),
        "citation": [_to(place) for place in sorted({place for one in stored.values() for place in _sources(one)})],
        "hasPart": [_to(one["@id"]) for one in described],
        "mentions": [_to(one["@id"]) for one in runs],
    }


def _around(edition: Edition, stored: Mapping[str, Resource]) -> list[Entity]:
    """Who and what the files refer to: contributors, software, and the pages of publishers and of their terms."""
    pages: dict[str, set[str]] = {}
    for resource in stored.values():
        terms = [(one.path, one.title) for one in resource.table.licences]
        publishers = [(one.path, one.title) for one in resource.table.sources if _is_address(one.path)]
        for place, title in (*terms, *publishers):
            pages.setdefault(place, set()).add(title)
    pages.setdefault(_licence(edition), set()).add(f"{edition.licence} licence")
    bound_by = {one.path for resource in stored.values() for one in resource.table.licences}
    return [
        {
            "@id": _TERMS,
            "@type": "CreativeWork",
            "name": f"Code: {edition.licence}; figures: the terms of their publishers, which each table names",
            "hasPart": [_to(place) for place in sorted({_licence(edition), *bound_by})],
        },
        {"@id": _RUNS, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _MADE_BY, "@type": "Organization", "name": "; ".join(edition.authors)},
        {"@id": _COMMIT, "@type": "PropertyValue", "name": "git commit", "value": edition.commit},
        {"@id": _LANGUAGE, "@type": ["ComputerLanguage", "SoftwareApplication"], "name": "Python", "url": _LANGUAGE},
        {"@id": _MAKE, "@type": ["ComputerLanguage", "SoftwareApplication"], "name": "Make", "url": _MAKE},
        {
            "@id": _SOFTWARE,
            "@type": "SoftwareApplication",
            "name": edition.project,
            "softwareVersion": edition.version,
            "softwareRequirements": _to("requirements.lock"),
            "license": _to(_licence(edition)),
            "author": _to(_MADE_BY),
        },
        *({"@id": place, "@type": "CreativeWork", "name": "; ".join(sorted(pages[place]))} for place in sorted(pages)),
    ]


def _file(name: str, content: bytes, edition: Edition, resource: Resource | None, places: Mapping[str, str]) -> Entity:
    """A file of the release; of a stored table also what it is, whose or made of which files, and under which terms."""
    told: Entity = {
        "@id": _id(name),
        "@type": "File",
        "encodingFormat": _format(name, content),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if name in _NAMES:
        told["name"] = _NAMES[name]
    elif name == _COMMAND:
        told |= {
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "name": "make report: every notebook, then the report",
            "programmingLanguage": _to(_MAKE),
            "license": _to(_licence(edition)),
            "softwareRequirements": _to(_SOFTWARE),
        }
    elif name.startswith("notebooks/") and name.endswith(".ipynb"):
        told |= {"@type": ["File", "SoftwareSourceCode"], "name": PurePosixPath(name).stem}
        told |= {"programmingLanguage": _to(_LANGUAGE), "license": _to(_licence(edition))}
    if resource:
        table = resource.table
        behind = [_id(places[sha256]) for _, sha256 in provenance.made_of(resource).values() if sha256 in places]
        told |= {
            "name": f"{table.title}, {resource.vintage}",
            "description": table.description,
            "license": [_to(one.path) for one in table.licences],
            "isBasedOn": [_to(place) for place in (*_sources(resource), *behind)],
        }
        if resource.coverage:
            told["temporalCoverage"] = "/".join(resource.coverage)
    return told


def _run(run: str, files: Mapping[str, bytes], places: Mapping[str, str], simulated: bool) -> Entity:
    """What a run read and what it made, by its record; files are found by their hashes."""
    record, saved = (json.loads(files[f"reports/{folder}/{run}.json"]) for folder in ("records", "assessments"))
    read = {places[used["sha256"]] for used in record["tables"] if used["sha256"] in places}
    made = {f"reports/{name}" for name in record["outputs"]} & files.keys()
    return {
        "@id": f"#run-{run}",
        "@type": "CreateAction",
        "name": f"Run of {run}",
        "description": f"On SIMULATED records: {saved['question']}" if simulated else saved["question"],
        "instrument": _to(_id(f"notebooks/{run}.ipynb")),
        "agent": _to(_MADE_BY),
        "object": [_to(_id(name)) for name in sorted(read)],
        "result": [_to(_id(name)) for name in sorted(made)],
    }


def _simulated(estimates: bytes) -> set[str]:
    """Runs whose answers rest on made-up data alone, by the table of all estimates."""
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(estimates.decode().splitlines()):
        if row["role"] != "diagnostic":
            found.setdefault(row["run"], set()).add(row["data_status"])
    return {run for run, status in found.items() if status == {"simulated"}}


def _sources(resource: Resource) -> list[str]:
    """The publishers' pages of a table; a panel's raw tables are no pages."""
    return [one.path for one in resource.table.sources if _is_address(one.path)]


def _is_address(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _licence(edition: Edition) -> str:
    return f"https://spdx.org/licenses/{edition.licence}"


def _format(name: str, content: bytes) -> str:
    """The media type of a file: by its suffix, or whether it is text."""
    known = _FORMATS.get(PurePosixPath(name).suffix)
    if known:
        return known
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def _id(name: str) -> str:
    """What a file is known by: its path below the crate, as an address has it."""
    return quote(name)


def _plain(value: Any) -> Any:
    """A list of one thing as that thing: crates write it so."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _to(place: str) -> dict[str, str]:
    return {"@id": place}
