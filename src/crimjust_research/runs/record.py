"""What a run was made of and what it made: enough to say whether running it again could change anything.

A record names inputs and outputs by hash. It holds no clock and no machine, so equal runs have equal records.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from platform import python_version_tuple
from typing import Any

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.data.catalog import Catalog
from crimjust_research.errors import DataError, RunError
from crimjust_research.runs import notebooks
from crimjust_research.runs.notebooks import Notebook, imports

# What every result passes through, beside the modules its own assessment imports.
SHARED_MODULES = (
    "crimjust_research.results",
    "crimjust_research.charts.figure",
    "crimjust_research.data.catalog",
    "crimjust_research.runs.notebooks",
)
# What a module says may lie in files of YAML, or in YAML and templates beside a package; these then count as its source.
_DATA_OF_MODULES = {
    "crimjust_research.data.corrections": "data/corrections.yaml",
    "crimjust_research.data.own_records.schemas": "data/own_records.yaml",
    "crimjust_research.document": "data/document/*.yaml",
    "crimjust_research.vocabulary.countries": "data/vocabulary/countries.yaml",
    "crimjust_research.vocabulary.country_groups": "data/vocabulary/country_groups.yaml",
    "crimjust_research.vocabulary.drugs": "data/vocabulary/drugs.yaml",
    "crimjust_research.vocabulary.fentanyl": "data/vocabulary/fentanyl.yaml",
    "crimjust_research.vocabulary.precursors": "data/vocabulary/precursors.yaml",
    "crimjust_research.vocabulary.seized_drugs": "data/vocabulary/seized_drugs.yaml",
    "crimjust_research.vocabulary.states": "data/vocabulary/states.yaml",
}
# The packages that compute or draw; the hash of the lock stands for all others.
_PACKAGES = ("altair", "numpy", "pandas", "scipy", "statsmodels", "vl-convert-python")


@dataclass(frozen=True)
class Layout:
    """Where the results of one run lie under a folder: `reports`, or one run's own folder of the same shape."""

    folder: Path
    run: str

    @property
    def record(self) -> Path:
        return self.folder / "records" / f"{self.run}.json"

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


def fingerprint(notebook: Notebook, sources: "Sources") -> dict[str, Any]:
    """What every run of a notebook is made of, whatever its parameters; the tables it reads are known after it."""
    root = project.root()
    module = notebook.params.split(":")[0]
    packages = {module.split(".")[0], "crimjust_research"}
    modules = {module, *(m for m in notebook.imported() if m.split(".")[0] in packages)}
    if notebook.reads_results:  # it tells what the others found, in the words of their own templates
        modules |= {other.params.split(":")[0] for other in notebooks.find("all")}
    return {
        "notebook": notebook.sha256,
        "code": sources.hash(modules),
        "lock": _hash_if_there(root / "requirements.lock"),
        "plan": _hash_if_there(root / "docs" / "analysis_plan.toml"),
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
    tables, catalogs = [], _catalogs()
    for table in used:
        current = _current(catalogs, table["table"], table["vintage"])
        if current is None or current["sha256"] != table["sha256"]:
            raise RunError(
                f"the run read {table['table']!r} {table['vintage']}, which is no longer in data/ as it was read; "
                "run it again"
            )
        tables.append(current)
    record = {
        "run": layout.run,
        "parameters": dict(parameters),
        "seed": parameters.get("seed"),
        **made_of,
        "tables": tables,
        "outputs": layout.hashes(),
    }
    project.write_atomically(layout.record, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())


def is_current(made_of: Mapping[str, Any], parameters: Mapping[str, Any] | None, layout: Layout) -> bool:
    """Whether running again could change nothing: same inputs, same tables, and every output as it was written.

    Without `parameters` the notebook's own are meant: these follow from notebook and code, which are compared.
    """
    try:
        record = json.loads(layout.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    expected = dict(made_of) if parameters is None else {**made_of, "parameters": dict(parameters)}
    catalogs = _catalogs()
    return bool(
        all(record.get(name) == value for name, value in expected.items())
        and all(_current(catalogs, t["table"], t["vintage"]) == t for t in record["tables"])
        and layout.hashes() == record["outputs"]
    )


class Sources:
    """Source files of this project's packages, each read once however many notebooks reach it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, frozenset[str]] | None] = {}

    def hash(self, modules: Iterable[str]) -> str:
        """Hash of the source of `modules`, of `SHARED_MODULES`, and of whatever these import of the same packages.

        Imports are read off the source, wherever in it they stand; a module brings the packages around it. Editing
        a module therefore changes the hash of those runs only that can reach it. Installed packages are in the lock.
        """
        pending, found = {*modules, *SHARED_MODULES}, dict[str, str]()
        packages = {name.split(".")[0] for name in pending}
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            seen.add(name)
            known = self._module(name)
            if known is not None:
                found[name], reached = known
                pending |= {m for m in reached if m.split(".")[0] in packages} - seen
        lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(found.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def _module(self, name: str) -> tuple[str, frozenset[str]] | None:
        """A module's hash and the names it reaches; None where the name is no module."""
        if name not in self._known:
            path = _module_file(name)
            if path is None:
                self._known[name] = None
            else:
                content = path.read_bytes()
                package = name if path.name == "__init__.py" else name.rpartition(".")[0]
                reached = {package, name.rpartition(".")[0], *imports(content.decode(), package)}
                data = _DATA_OF_MODULES.get(name)
                files = sorted(project.root().glob(data)) if data else []
                if path.name == "__init__.py":
                    files += sorted(file for file in path.parent.iterdir() if file.suffix in (".j2", ".yaml"))
                source = b"".join([content, *(file.read_bytes() for file in files)])
                self._known[name] = hashlib.sha256(source).hexdigest(), frozenset(reached - {""})
        return self._known[name]


@cache
def versions() -> dict[str, str]:
    """Versions of Python (without its patch level) and of the packages that compute or draw."""
    major, minor, _ = python_version_tuple()
    return {"python": f"{major}.{minor}", **{name: version(name) for name in _PACKAGES}}


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash_if_there(path: Path) -> str | None:
    return file_hash(path) if path.is_file() else None


def _catalogs() -> tuple[Catalog, ...]:
    return catalog.raw(), catalog.processed()


def _current(catalogs: Iterable[Catalog], table: str, vintage: str) -> dict[str, Any] | None:
    """A table's release as a record names it, its hash taken off the file itself; None where there is none.

    A name may also be the path of a file no catalog lists: another run's results, or a person's own records.
    """
    path = project.root() / table
    if path.is_file():
        return {"table": table, "vintage": vintage, "sha256": file_hash(path), "latest": True}
    for source in catalogs:
        try:
            resource = source.resource(table, vintage)
            content = file_hash(source.folder / resource.path)
        except (DataError, OSError):
            continue
        return {"table": table, "vintage": vintage, "sha256": content, "latest": resource.latest}
    return None


def _module_file(name: str) -> Path | None:
    """The source file of a dotted name, found without importing anything; None where it names no module."""
    top, *rest = name.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    if not rest:
        return Path(spec.origin)
    base = Path(spec.origin).parent.joinpath(*rest)
    return next((p for p in (base / "__init__.py", base.with_name(f"{base.name}.py")) if p.is_file()), None)
