"""What a run was made of and what it made: enough to say whether running it again could change anything, and why.

A record names inputs and outputs by hash. It holds no clock and no machine, so equal runs have equal records.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions, requires
from itertools import pairwise
from pathlib import Path, PurePosixPath
from platform import python_version_tuple
from typing import Any

from crimjust_research import accepted, came_with, computed, json_files, parameters_cell, project
from crimjust_research.data import catalog, provenance
from crimjust_research.errors import CrimjustError, DataError, RunError
from crimjust_research.evidence import plan_names
from crimjust_research.results import ASSESSMENT
from crimjust_research.runs import notebooks
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.sources import Sources

# What every result passes through, beside the modules its own assessment imports.
SHARED_MODULES = (
    "crimjust_research.results",
    "crimjust_research.charts.figure",
    "crimjust_research.data.catalog",
    "crimjust_research.runs.environment",
    "crimjust_research.runs.notebooks",
)
# How messages name what a record has one hash of.
PLAN, OWN_PLAN = plan_names.REGISTERED, plan_names.OWN
_NAMES = {
    "notebook": "the notebook",
    "accepted": accepted.PATH,
    "lock": "requirements.lock",
    "plan": PLAN,
    "own_plan": OWN_PLAN,
}
READ_RESULTS_CHANGED = "results it reads changed"
NOT_COMPUTED_HERE = "not yet computed in this checkout"
_TOLD = 2
_USED = {"table": str, "vintage": str, "sha256": str}
_SHAPE = {"parameters": dict, "code": {...: str}, "tables": [_USED], "outputs": {...: str}, "versions": {...: str}}
_PACKAGE = re.compile("[A-Za-z0-9._-]+")
_HEAD = re.compile(r"^(Name|Version): *(\S+)", re.MULTILINE)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Layout:
    """Where the results of one run lie under a folder: `reports`, or one run's own folder of the same shape."""

    folder: Path
    run: str

    @property
    def record(self) -> Path:
        return self.folder / "records" / f"{self.run}.json"

    @property
    def anew(self) -> str:
        """What to type to have the results computed anew, as the end of a message."""
        if self.folder == project.root() / "reports":
            return f"run `crimjust run {self.run}` again"
        return f"run `crimjust run {self.run}` again with its parameters, under another --name"

    @property
    def results(self) -> tuple[Path, ...]:
        """Everything but the record: files and folders that belong to this run alone."""
        return (
            self.folder / "notebooks" / f"{self.run}.ipynb",
            self.folder / "assessments" / f"{self.run}.json",
            self.folder / "figures" / self.run,
            self.folder / "tables" / self.run,
        )

    def hashes(self) -> dict[str, str]:
        """sha256 of every file of the run's results, by path below the folder."""
        files = [p for base in self.results for p in (sorted(base.rglob("*")) if base.is_dir() else [base])]
        return {p.relative_to(self.folder).as_posix(): file_hash(p) for p in files if p.is_file()}


def modules(notebook: Notebook) -> set[str]:
    """The modules of this project that a run of a notebook begins with; see `sources.Sources.behind`."""
    module = notebook.params.split(":")[0]
    packages = {module.split(".")[0], "crimjust_research"}
    found = {module, *SHARED_MODULES, *(m for m in notebook.imported() if m.split(".")[0] in packages)}
    if notebook.reads_results:  # it tells what the others found, in the words of their own templates
        found |= {other.params.split(":")[0] for other in notebooks.find("all") if not other.reads_results}
    return found


def fingerprint(notebook: Notebook, sources: Sources) -> dict[str, Any]:
    """What every run of a notebook is made of, whatever its parameters; the tables it reads are known after it."""
    root = project.root()
    return {
        "notebook": notebook.sha256,
        "accepted": meant.sha256 if (meant := accepted.of(notebook.name)) else None,
        "code": sources.behind(modules(notebook)),
        "lock": hash_if_there(root / "requirements.lock"),
        "plan": hash_if_there(root / PLAN),
        "versions": versions(),
    }


def write(
    made_of: Mapping[str, Any], parameters: Mapping[str, Any], used: Iterable[Mapping[str, str]], layout: Layout
) -> None:
    """Write the record of the results in `layout`, computed from the tables `used`.

    Raises
    ------
    RunError
        If a table said to have been used is not in the catalog as it was used.
    """
    tables, catalogs = [], Catalogs(parameters_cell.files(parameters))
    for table in used:
        current = catalogs.current(table["table"], table["vintage"])
        if current is None or current["sha256"] != table["sha256"]:
            raise RunError(
                f"the run read {table['table']!r} {table['vintage']}, which is no longer in data/ as it was read; "
                "run it again"
            )
        tables.append(current)
    record = {
        "run": layout.run,
        "parameters": parameters_cell.told(parameters),
        "seed": parameters.get("seed"),
        **made_of,
        "tables": tables,
        "outputs": layout.hashes(),
    }
    project.write_atomically(layout.record, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())


def load(layout: Layout) -> dict[str, Any]:
    """The record of the results in `layout`.

    Raises
    ------
    DataError
        If it cannot be read or is not as a run leaves one; it says what to type.
    """
    found: dict[str, Any] = json_files.load(layout.record, _SHAPE, layout.anew)
    return found


def read(layout: Layout) -> dict[str, Any] | None:
    """The record of the results in `layout`; None where there is none that can be read."""
    try:
        return load(layout)
    except DataError:
        return None


def assessment(layout: Layout) -> dict[str, Any]:
    """The saved assessment of a run.

    Raises
    ------
    DataError
        If it cannot be read or is not as a run leaves one; it says what to type.
    """
    found: dict[str, Any] = json_files.load(layout.results[1], ASSESSMENT, layout.anew)
    return found


def moved(
    made_of: Mapping[str, Any], parameters: Mapping[str, Any] | None, layout: Layout, catalogs: "Catalogs"
) -> tuple[str, ...]:
    """What of a run is not as its record has it, a phrase each: code, tables, parameters, its own results, the record itself.

    With nothing moved, running again could change nothing. Without `parameters` the notebook's own are meant: these
    follow from notebook and code, which are compared.
    """
    if not layout.record.is_file():
        return ("there are no results yet",)
    record = read(layout)
    if record is None:
        return ("its record is not as a run leaves one",)
    altered = _moved_files("its results were altered", record["outputs"], layout.hashes())
    found = (
        _moved_parameters(record, parameters),
        *_moved_sources(record, made_of),
        *_moved_tables(record["tables"], catalogs),
        altered or _altered(record, layout),
    )
    return tuple(phrase for phrase in found if phrase)


def moved_cells(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What the cells of a sweep are made of that is not as it was, a phrase each; one hash stands for all data."""
    found = (*_moved_sources(before, now), "data changed" if before.get("data") != now["data"] else "")
    return tuple(phrase for phrase in found if phrase)


def mark(layout: Layout) -> None:
    """Note that this checkout computed the results in `layout` itself."""
    computed.mark(*_mark(layout))


def is_computed_here(layout: Layout) -> bool:
    """Whether this checkout computed the results in `layout` itself, rather than got them with a commit."""
    return layout.record.is_file() and computed.is_marked(*_mark(layout))


def is_rewritten(layout: Layout) -> bool:
    """Whether the record there is neither the one this checkout wrote, if it wrote one, nor as it came with that."""
    return computed.is_marked_otherwise(*_mark(layout)) and not _is_as_it_came(layout.record)


def _altered(record: Mapping[str, Any], layout: Layout) -> str:
    """How a record tells something else than what this checkout wrote, or than the results that it names by hash tell of
    themselves; empty if it does neither."""
    if is_rewritten(layout):
        return "its record is not the one this checkout wrote"
    try:
        saved = assessment(layout)
        injected = notebooks.injected(notebooks.read(layout.results[0]))
    except CrimjustError:
        return "its results are not as a run leaves them"
    parameters = record["parameters"]
    if parameters != saved["parameters"] or record.get("seed") != parameters.get("seed"):
        return "its record has other parameters than its assessment"
    if any(name not in parameters or parameters[name] != value for name, value in injected.items()):
        return "its record has other parameters than its executed notebook"
    if _tables(record["tables"]) != _tables(saved["used"]):
        return "its record has other tables than its assessment"
    return ""


def _tables(used: Iterable[Mapping[str, str]]) -> set[tuple[str, ...]]:
    return {tuple(each[name] for name in _USED) for each in used}


def _is_as_it_came(path: Path) -> bool:
    """Whether a file is as the last commit or the release has it, and so may have come with that since this checkout computed
    anything."""
    root = project.root()
    place = path.relative_to(root).as_posix()
    return path.read_bytes() in (came_with.committed(root, place), came_with.released(root, place))


def _mark(layout: Layout) -> tuple[str, str]:
    place = layout.folder.relative_to(project.root()).as_posix().replace("/", "-")
    return f"{place}-{layout.run}", file_hash(layout.record)


def _moved_parameters(record: Mapping[str, Any], parameters: Mapping[str, Any] | None) -> str:
    if parameters is None or record["parameters"] == (now := parameters_cell.told(parameters)):
        return ""
    names = [n for n, value in now.items() if record["parameters"].get(n) != value]
    return f"{' and '.join(names) or 'parameters'} changed"


def _moved_sources(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_NAMES[name]} changed" for name in _NAMES if before.get(name) != now.get(name))
    yield _moved_files("code changed", before.get("code"), now["code"])
    yield _moved_versions(before.get("versions", {}), now["versions"])


def _moved_files(what: str, before: Any, now: Mapping[str, str]) -> str:
    """Which of the files of a kind are not as they were, the first few by name."""
    if not isinstance(before, Mapping):  # a record of an earlier version
        return what
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if not names:
        return ""
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{what} ({', '.join(names[:_TOLD])}{more})"


def _moved_versions(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    changed = [f"{name} is {now[name]}, was {before.get(name)}" for name in now if before.get(name) != now[name]]
    more = f"; and {len(changed) - _TOLD} more packages" if len(changed) > _TOLD else ""
    return "; ".join(changed[:_TOLD]) + more


def _moved_tables(recorded: Iterable[Mapping[str, Any]], catalogs: "Catalogs") -> Iterator[str]:
    others: dict[str, None] = {}
    for before in recorded:
        name, now = before["table"], catalogs.current(before["table"], before["vintage"])
        if name.startswith("reports/") and (now is None or now["sha256"] != before["sha256"]):
            others[_run_of(name)] = None
        elif now is None and before.get("supplied"):
            continue  # a person's own file, which is known only to who names it; its hash stays in the record
        elif now is None:
            yield f"{name} {before['vintage']} is gone" if "made_of" not in before else f"panel {name} was rebuilt"
        elif now["sha256"] != before["sha256"]:
            folder, _, file = name.rpartition("/")
            yield (
                f"files came to or went from {folder}"
                if file == project.ALL_FILES
                else f"the figures of {name} changed"
            )
        elif "made_of" in now and (stale := provenance.moved_inputs(catalogs.processed.resource(name), catalogs.raw)):
            yield f"panel {name} is not up to date ({stale})"
        elif now != before:
            yield f"{name} has newer figures" if before.get("latest") and not now["latest"] else f"{name} was rebuilt"
    if others:
        more = f" and {len(others) - _TOLD} more" if len(others) > _TOLD else ""
        yield f"{READ_RESULTS_CHANGED} ({', '.join([*others][:_TOLD])}{more})"


def _run_of(path: str) -> str:
    """The run a file of results belongs to, assessments/RUN.json or tables/RUN/estimates.csv; of any other its name."""
    parts = PurePosixPath(path).parts
    runs = (after for part, after in pairwise(parts) if part in ("assessments", "tables"))
    return next(runs, parts[-1]).removesuffix(".json")


@cache
def versions() -> dict[str, str]:
    """Versions of Python (without its patch level) and of the packages this project itself requires."""
    major, minor, _ = python_version_tuple()
    required = (r for r in requires("crimjust-research") or () if "extra ==" not in r)
    names = sorted({_PACKAGE.match(r)[0].lower() for r in required})  # type: ignore[index]
    return {"python": f"{major}.{minor}", **{name: _installed()[_normalised(name)] for name in names}}


@cache
def _installed() -> dict[str, str]:
    """Versions of the packages at hand, by normalised name: read off the heads of their metadata, which takes a tenth of
    the time that the standard library takes to read all of these."""
    found: dict[str, str] = {}
    for package in distributions():
        named = dict(_HEAD.findall((package.read_text("METADATA") or "").partition("\n\n")[0]))
        if named.keys() == {"Name", "Version"}:
            found.setdefault(_normalised(named["Name"]), named["Version"])
    return found


def _normalised(name: str) -> str:
    """A package's name as all its spellings have it in common."""
    return re.sub("[-_.]+", "-", name).lower()


def require_locked() -> None:
    """Refuse to compute with other packages than requirements.lock has: a record names the lock for all of them.

    Raises
    ------
    RunError
        Naming those that differ, and the command.
    """
    lock = project.root() / "requirements.lock"
    pinned: dict[str, list[str]] = {}  # one for each version of Python, perhaps
    for name, wanted in _PIN.findall(lock.read_text(encoding="utf-8")) if lock.is_file() else ():
        pinned.setdefault(_normalised(name), []).append(wanted)
    installed = _installed()  # what is not may be pinned for another system
    differing = [
        f"{name} {installed[name]} is installed, requirements.lock has {' or '.join(admitted)}"
        for name, admitted in pinned.items()
        if name in installed and installed[name] not in admitted
    ]
    if differing:
        raise RunError(f"{'; '.join(differing)}: make setup")


def file_hash(path: Path) -> str:
    """sha256 of what a file holds, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_if_there(path: Path) -> str | None:
    """The hash of a file; None where there is none."""
    return file_hash(path) if path.is_file() else None


class Catalogs:
    """The tables at hand, each file hashed once however many runs read it."""

    def __init__(self, files: Mapping[str, Path] = {}) -> None:
        """`files` are those that parameters name outside this checkout, by their name."""
        self._files = files
        self.raw, self.processed = catalog.raw(), catalog.processed()
        self._known: dict[tuple[str, str], dict[str, Any] | None] = {}

    def current(self, table: str, vintage: str) -> dict[str, Any] | None:
        """A table's release as a record names it, its hash taken off the file itself; None where there is none.

        Of a panel that includes the raw tables behind it. A name may also be the path of a file no catalog lists: another
        run's results, or a person's own records.
        """
        key = table, vintage
        if key not in self._known:
            self._known[key] = self._current(table, vintage)
        return self._known[key]

    def _current(self, table: str, vintage: str) -> dict[str, Any] | None:
        path = self._files.get(table, project.root() / table)
        content = None
        if PurePosixPath(table).name == project.ALL_FILES:
            folder = self._files.get(table, path.parent)
            content = project.names_digest(folder) if folder.is_dir() else None
        elif path.is_file():
            content = file_hash(path)
        if content:
            found = {"table": table, "vintage": vintage, "sha256": content, "latest": True}
            return found | ({"supplied": True} if table in self._files else {})
        for source in (self.raw, self.processed):
            try:
                resource = source.resource(table, vintage)
                content = file_hash(source.folder / resource.path)
            except (DataError, OSError):
                continue
            found = {"table": table, "vintage": vintage, "sha256": content, "latest": resource.latest}
            return found | ({"made_of": provenance.made_of(resource)} if source is self.processed else {})
        return None


class Present:
    """What the runs of each notebook are made of now, found once for each, and so which results would come out the same."""

    def __init__(self, sources: Sources) -> None:
        self._sources, self._catalogs = sources, Catalogs()
        self._made_of: dict[str, dict[str, Any]] = {}

    def made_of(self, notebook: Notebook) -> dict[str, Any]:
        """See `fingerprint`."""
        if notebook.name not in self._made_of:
            self._made_of[notebook.name] = fingerprint(notebook, self._sources)
        return self._made_of[notebook.name]

    def moved(self, notebook: Notebook, layout: Layout, parameters: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """What is not as it was when the results in `layout` were computed, a phrase each; see `moved`."""
        files = parameters_cell.files(parameters or {})
        made_of = {**self.made_of(notebook), "own_plan": hash_if_there(layout.folder / OWN_PLAN)}
        return moved(made_of, parameters, layout, Catalogs(files) if files else self._catalogs)

    def forget_tables(self) -> None:
        """Look at tables and results anew: runs have ended since."""
        self._catalogs = Catalogs()
