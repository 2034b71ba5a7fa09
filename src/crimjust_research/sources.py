"""The source files a result depends on: modules by what they import, and the templates and tables of text beside them."""

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from crimjust_research import project

# What a module says may lie in files of YAML, which then count as its source. A file that one module names is no other's,
# though a pattern of another's fits it.
DATA_OF_MODULES = {
    "crimjust_research.data.corrections": "data/corrections.yaml",
    "crimjust_research.data.own_records.schemas": "data/own_records.yaml",
    "crimjust_research.document": "data/document/*.yaml",
    "crimjust_research.framework": "data/document/results_framework.yaml",
    "crimjust_research.coverage": "data/document/coverage.yaml",
    "crimjust_research.vocabulary.border": "data/vocabulary/border.yaml",
    "crimjust_research.vocabulary.countries": "data/vocabulary/countries.yaml",
    "crimjust_research.vocabulary.country_groups": "data/vocabulary/country_groups.yaml",
    "crimjust_research.vocabulary.drugs": "data/vocabulary/drugs.yaml",
    "crimjust_research.vocabulary.fatf": "data/vocabulary/fatf.yaml",
    "crimjust_research.vocabulary.fentanyl": "data/vocabulary/fentanyl.yaml",
    "crimjust_research.vocabulary.majors_not_read": "data/vocabulary/majors_not_read.yaml",
    "crimjust_research.vocabulary.organized_crime": "data/vocabulary/organized_crime.yaml",
    "crimjust_research.vocabulary.other_programmes": "data/vocabulary/other_programmes.yaml",
    "crimjust_research.vocabulary.precursor_controls": "data/vocabulary/precursor_controls.yaml",
    "crimjust_research.vocabulary.precursors": "data/vocabulary/precursors.yaml",
    "crimjust_research.vocabulary.record_words": "data/vocabulary/record_words.yaml",
    "crimjust_research.vocabulary.seized_drugs": "data/vocabulary/seized_drugs.yaml",
    "crimjust_research.vocabulary.rule_of_law_editions": "data/vocabulary/rule_of_law_editions.yaml",
    "crimjust_research.vocabulary.seizure_records": "data/vocabulary/seizure_records.yaml",
    "crimjust_research.vocabulary.states": "data/vocabulary/states.yaml",
    "crimjust_research.vocabulary.treaties": "data/vocabulary/treaties.yaml",
    "crimjust_research.vocabulary.vsrr": "data/vocabulary/vsrr.yaml",
    "crimjust_research.vocabulary.wonder": "data/vocabulary/wonder.yaml",
    "crimjust_research.vocabulary.world_bank_groups": "data/vocabulary/world_bank_groups.yaml",
}
# Templates and tables of text that stand beside the modules of a package count as its source, too.
_BESIDE = (".j2", ".yaml", ".conf")
_DIGITS = 16
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<base>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n;]+)|import[ \t]+(?P<modules>[^\n;]+))",
    re.MULTILINE,
)
_COMMENT = re.compile("#[^\n]*")


class Sources:
    """Source files of this project's packages, each read once however many results reach it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Mapping[str, str], frozenset[str]] | None] = {}
        self._files: dict[str, Path | None] = {}

    def behind(self, modules: Iterable[str]) -> dict[str, str]:
        """Hashes of the source of `modules`, and of whatever these import of the same packages, by path.

        Imports are read off the source, wherever in it they stand; a module brings the packages around it. Editing a
        file therefore changes what those results only are made of that can reach it. Installed packages are in the lock.
        Paths are those below the folder that holds the package, or below the checkout.
        """
        found = dict[str, str]()
        for files, _ in self._behind(modules):
            found |= files
        return dict(sorted(found.items()))

    def libraries(self, modules: Iterable[str], named: Collection[str]) -> tuple[str, ...]:
        """The names that `modules`, and whatever these import of the same packages, import of the libraries `named`."""
        reached = {name for _, names in self._behind(modules) for name in names}
        return tuple(sorted(name for name in reached if name.split(".")[0] in named))

    def _behind(self, modules: Iterable[str]) -> Iterator[tuple[Mapping[str, str], frozenset[str]]]:
        """Hashes of the files of each module, and the names it reaches, of all there are behind `modules`."""
        pending, seen = set(modules), set[str]()
        packages = {name.split(".")[0] for name in pending}
        while pending:
            name = pending.pop()
            seen.add(name)
            if (known := self._module(name)) is not None:
                yield known
                pending |= {m for m in known[1] if m.split(".")[0] in packages} - seen

    def _module(self, name: str) -> tuple[Mapping[str, str], frozenset[str]] | None:
        """Hashes of a module's files by path, and the names it reaches; None where the name is no module."""
        if name not in self._known:
            path = self._file(name)
            if path is None:
                self._known[name] = None
            else:
                content = path.read_bytes()
                is_package = path.name == "__init__.py"
                package = name if is_package else name.rpartition(".")[0]
                reached = {package, name.rpartition(".")[0], *imports(content.decode(), package)}
                place = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
                hashes = {place: _hash(content)}
                if is_package:
                    folder = place.removesuffix(path.name)
                    beside = (p for p in os.scandir(path.parent) if p.name.endswith(_BESIDE))
                    hashes |= {folder + p.name: _hash(Path(p).read_bytes()) for p in beside}
                if name in DATA_OF_MODULES:
                    hashes |= {place: _hash(file.read_bytes()) for place, file in _data_of(name)}
                self._known[name] = hashes, frozenset(reached - {""})
        return self._known[name]

    def _file(self, name: str) -> Path | None:
        """The source file of a dotted name, found without importing anything; None where it names no module."""
        if name not in self._files:
            package, _, last = name.rpartition(".")
            if not package:
                spec = find_spec(name)
                places = [Path(spec.origin)] if spec is not None and spec.origin is not None else []
            elif (around := self._file(package)) is not None and around.name == "__init__.py":
                places = [around.parent / last / "__init__.py", around.parent / f"{last}.py"]
            else:
                places = []  # only packages hold modules; this is a name in a module
            self._files[name] = next((place for place in places if place.is_file()), None)
        return self._files[name]


@lru_cache(maxsize=1024)
def imports(code: str, package: str = "") -> frozenset[str]:
    """Dotted names that code imports anywhere, relative ones resolved against `package`.

    `from a import b` yields both `a` and `a.b`, since only the file system tells a module from a name in one. Found
    by pattern, many times as fast as by parsing; a line of a text that reads like an import is taken for one.
    """
    found: set[str] = set()
    for match in _IMPORT.finditer(code):
        if match["modules"]:
            found |= set(_names(match["modules"]))
            continue
        base = match["base"].lstrip(".")
        level = len(match["base"]) - len(base)
        if level:
            parents = package.split(".")
            base = ".".join([*parents[: len(parents) - level + 1], *([base] if base else [])])
        found |= {base, *(f"{base}.{name}" for name in _names(match["names"]))}
    return frozenset(found)


def _names(listed: str) -> list[str]:
    """The names in a list of imports, without their comments, brackets and aliases."""
    plain = _COMMENT.sub("", listed).strip("() \t\n")
    return [part.split()[0] for part in plain.split(",") if part.strip()]


def _data_of(module: str) -> Iterator[tuple[str, Path]]:
    """Files of YAML that a module reads, with their places in the checkout."""
    root = project.root()
    others = {pattern for name, pattern in DATA_OF_MODULES.items() if name != module}
    for file in root.glob(DATA_OF_MODULES[module]):
        if (place := file.relative_to(root).as_posix()) not in others:
            yield place, file


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
