"""The whole report as a Provenance Run Crate: `make report` as a workflow, its steps, and what each run made of what.

The strongest of the profiles for runs fits, for what it asks is known: which steps the workflow has, which program each step
is, and what each execution read and made. Steps are joined by files alone, so that no connections of parameters are told.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from crimjust_research.data import provenance
from crimjust_research.data.tables import Resource
from crimjust_research.report.crates import entities, runs
from crimjust_research.report.crates.entities import Entity, identity, many, to
from crimjust_research.report.crates.runs import Run
from crimjust_research.report.edition import Edition

_WORKFLOW, _REPORTS, _ESTIMATES = "Makefile", "reports", "reports/estimates.csv"
_PANELS, _POOLING, _PAGE = "#panels", "#pooling", "#page"
_ACTION, _ENGINE = "#run", "#engine"
PAGES = {
    "reports/index.html": "The report, one page that is complete in itself",
    "reports/summary.html": "The report in short, two pages",
    "reports/report.pdf": "The report, to print",
    "reports/report.docx": "The report, to edit",
}
_RECORDS = "reports/records/"


@dataclass(frozen=True)
class _Step:
    """A step of the workflow: the program it runs, its action, what that reads and makes, and its place in the order; steps of
    one place may run at once."""

    tool: str
    action: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    place: int

    @property
    def identity(self) -> str:
        return f"#step-{self.action.removeprefix('#')}"

    @property
    def control(self) -> str:
        return f"#control-{self.action.removeprefix('#')}"


def metadata(edition: Edition, files: Mapping[str, bytes], unread: Iterable[str] = ()) -> bytes:
    """The crate of the whole report, from all its files by path; `unread` are those that are written after it, and so have no
    hash here.

    Raises
    ------
    DataError
        If a list of tables is not as it should be, or a file of a run is missing.
    """
    places = {hashlib.sha256(content).hexdigest(): name for name, content in sorted(files.items(), reverse=True)}
    stored = entities.stored(files)
    made = [runs.read(files, _REPORTS, PurePosixPath(name).stem) for name in sorted(files) if name.startswith(_RECORDS)]
    held = {name: resource for name, resource in stored.items() if name in files}
    steps = _steps(made, files, places, held)
    said = _said(edition, made, steps) | {name: entities.table(resource, places) for name, resource in held.items()}
    described = [entities.file(name, files[name], said.get(name, {})) for name in sorted(files)]
    described += [
        {"@id": identity(name), "@type": "File", "encodingFormat": entities.media_type(name, b"")}
        for name in sorted(unread)
    ]
    actions = _actions(edition, made, steps, places)
    root: Entity = {
        "name": edition.title,
        "description": f"{edition.description}: data, code, notebooks, results and report, which two commands make again. "
        f"Code: {edition.licence}. Figures belong to their publishers, under the terms that docs/DATA.md names for each table. "
        f"When each run was executed{'' if edition.commit else ', and by whom,'} is not recorded.",
        **entities.shared(edition, held.values()),
        "identifier": many(one["@id"] for one in entities.commit(edition)),
        "author": to(entities.MADE_BY),
        "publisher": to(entities.MADE_BY),
        "mainEntity": to(_WORKFLOW),
        "hasPart": many(one["@id"] for one in described),
        "mentions": many(one["@id"] for one in actions if str(one["@type"]).endswith("Action")),
    }
    versions = made[0].record["versions"] if made else {}
    return entities.document(
        root,
        list(entities.PROFILES),
        [
            *entities.around(edition, list(held.values())),
            *entities.commit(edition),
            *entities.software(edition, versions),
            *_programs(edition),
            *described,
            *actions,
        ],
    )


def _steps(
    made: list[Run], files: Mapping[str, bytes], places: Mapping[str, str], held: Mapping[str, Resource]
) -> list[_Step]:
    """The steps of `make report`: panels, notebooks, those that read the others, all estimates in one table, the page."""
    panels = {name: resource for name, resource in held.items() if name.startswith(entities.CATALOGS[1])}
    behind = {sha256 for panel in panels.values() for _, sha256 in provenance.made_of(panel).values()}
    raw = tuple(sorted({places[sha256] for sha256 in behind if sha256 in places}))
    estimates = tuple(f"{_REPORTS}/tables/{run.name}/estimates.csv" for run in made)
    results = sorted({name for run in made for name in run.results} | {_ESTIMATES})
    return [
        _Step(_PANELS, "#make-panels", raw, tuple(panels), 1),
        *(
            _Step(
                identity(run.notebook),
                run.action,
                tuple(runs.inputs(run, places)),
                tuple(run.results),
                3 if run.reads_results else 2,
            )
            for run in made
        ),
        _Step(_POOLING, "#pool-estimates", (entities.PLAN, *estimates), (_ESTIMATES,), 3),
        _Step(_PAGE, "#build-page", tuple(results), tuple(name for name in PAGES if name in files), 4),
    ]


def _said(edition: Edition, made: list[Run], steps: list[_Step]) -> dict[str, Entity]:
    """What is said of files that are no tables, by path."""
    own = {"version": edition.version, "license": to(entities.licence(edition))}
    notebooks = {
        run.notebook: {
            "@type": ["File", "SoftwareSourceCode"],
            "programmingLanguage": to(entities.PYTHON),
            "softwareRequirements": to(entities.SOFTWARE),
            **own,
            **runs.tool(run),
        }
        for run in made
    }
    workflow = {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "make report: every notebook, then the report",
        "programmingLanguage": to(entities.MAKE),
        "softwareRequirements": to(entities.SOFTWARE),
        "hasPart": many(step.tool for step in steps),
        "step": many(step.identity for step in steps),
        **own,
    }
    results = {name: said for run in made for name, said in runs.described(run).items()}
    pages = {name: {"name": title} for name, title in PAGES.items()}
    return {
        **results,
        **pages,
        **notebooks,
        _WORKFLOW: workflow,
        _ESTIMATES: {"name": "All estimates of all runs, a row each"},
        "README.md": {"about": to("./")},
    }


def _programs(edition: Edition) -> list[Entity]:
    """The commands that run steps, parts of this project's package, and the language of the workflow."""
    commands = {
        _PANELS: ("crimjust data panels", "Panels, made of the tables as published"),
        _POOLING: ("crimjust run all", "All estimates in one table, p adjusted over what each outcome registers"),
        _PAGE: ("crimjust report", "The report, built from all results"),
    }
    return [
        {
            "@id": entities.MAKE,
            "@type": "ComputerLanguage",
            "name": "Make",
            "url": "https://www.gnu.org/software/make/",
        },
        *(
            {
                "@id": place,
                "@type": "SoftwareApplication",
                "name": name,
                "description": what,
                "softwareVersion": edition.version,
                "isPartOf": to(entities.SOFTWARE),
            }
            for place, (name, what) in commands.items()
        ),
    ]


def _actions(edition: Edition, made: list[Run], steps: list[_Step], places: Mapping[str, str]) -> list[Entity]:
    """The execution of the workflow, of each step and its program, and of what ran them all.

    Whoever published the commit ran what came with it; who ran anything else is not known.
    """
    by = {"agent": to(entities.MADE_BY)} if edition.commit else {}
    notebooks = {run.action for run in made}
    inner = {name for step in steps for name in step.makes}
    found: list[Entity] = [
        {
            "@id": _ACTION,
            "@type": "CreateAction",
            "name": "Run of make report",
            "description": "make report: panels, every notebook, all estimates in one table, the report.",
            "instrument": to(_WORKFLOW),
            "object": many(map(identity, sorted({name for step in steps for name in step.reads} - inner))),
            "result": many(map(identity, sorted(inner))),
            **by,
        },
        {
            "@id": _ENGINE,
            "@type": "OrganizeAction",
            "name": f"Run of {edition.project} {edition.version}",
            "instrument": to(entities.SOFTWARE),
            "object": many(step.control for step in steps),
            "result": to(_ACTION),
            **by,
        },
    ]
    for run in made:
        found += runs.of(run, places, **by)
    for step in steps:
        found += [
            {"@id": step.identity, "@type": "HowToStep", "position": step.place, "workExample": to(step.tool)},
            {
                "@id": step.control,
                "@type": "ControlAction",
                "name": f"Step {step.place}: {step.action.removeprefix('#')}",
                "instrument": to(step.identity),
                "object": to(step.action),
            },
        ]
        if step.action not in notebooks:
            found.append(
                {
                    "@id": step.action,
                    "@type": "CreateAction",
                    "name": f"Run of {step.tool.removeprefix('#')}",
                    "description": f"Step {step.place} of make report.",
                    "instrument": to(step.tool),
                    "object": many(map(identity, step.reads)),
                    "result": many(map(identity, step.makes)),
                    **by,
                }
            )
    return found
