"""The rules of CODECHECK's register for `codecheck.yml`, as far as they can be held before a check and without a connection.

Names, versions and weights are those of rules-1.0.yml and rules-2.0.yml of https://github.com/codecheckers/register in 2026:
"error" where the specification says must, "warning" where it says should, "info" for advice. Rules that ask the register, ORCID,
Zenodo or a list of works are left out, and so is what only a finished check has in its folder.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml

VERSIONS = ("1.0", "2.0")
# What only a codechecker can add, by the weight it has once the check is done: the rules that a file fails before that.
AFTER_A_CHECK = frozenset({"CC-CFG-008", "CC-CFG-011", "CC-CFG-024", "CC-CFG-025"})
_ERROR, _WARNING, _INFO = "error", "warning", "info"
_MUST_SINCE_2 = frozenset(f"CC-CFG-0{number}" for number in (16, 17, 18, 19, 20, 21))
_ADVICE = frozenset(f"CC-CFG-0{number}" for number in ("07", 12, 28, 31))
_SHOULD = frozenset({*(f"CC-CFG-0{number}" for number in (10, 14, 15, 22, 30)), "CC-BUN-005"})
_ADVICE_BEFORE_2 = {"CC-CFG-024": _ERROR, "CC-CFG-025": _ERROR, "CC-CFG-027": _WARNING}
_PLACEHOLDER = re.compile(r"\b(FIXME|TODO|X{5,})\b|zenodo\.(FIXME|X+)", re.IGNORECASE)
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_URL = re.compile(r"https?://\S+")
_DOI = re.compile(r"https?://(dx\.)?doi\.org/10\.\d{4,}/\S+")
_ARCHIVED = re.compile(r"https?://web\.archive\.org/web/\d+/")


@dataclass(frozen=True)
class Config:
    """A file as it lies in its folder: `told` is what it says, None where it cannot be read."""

    path: Path
    text: str | None
    told: Any

    @property
    def root(self) -> Mapping[str, Any]:
        return self.told if isinstance(self.told, dict) else {}

    @property
    def paper(self) -> Mapping[str, Any]:
        found = self.root.get("paper")
        return found if isinstance(found, dict) else {}

    @property
    def manifest(self) -> list[Any]:
        found = self.root.get("manifest")
        return found if isinstance(found, list) else []

    @property
    def files(self) -> list[str]:
        return [str(item["file"]) for item in self.manifest if isinstance(item, dict) and item.get("file")]

    def people(self, of: str) -> list[Any]:
        found = self.paper.get("authors") if of == "authors" else self.root.get(of)
        return found if isinstance(found, list) else []

    @property
    def reference(self) -> str:
        return str(self.paper.get("reference") or "")

    def orcids(self) -> Iterator[str]:
        for person in (*self.people("authors"), *self.people("codechecker")):
            if isinstance(person, dict) and "ORCID" in person:
                yield str(person["ORCID"])


def read(path: Path) -> Config:
    """The file at `path`, whatever state it is in."""
    try:
        text = path.read_bytes().decode("utf-8")
        return Config(path, text, yaml.safe_load(text))
    except (UnicodeDecodeError, yaml.YAMLError):
        return Config(path, None, None)


def broken(config: Config, version: str) -> dict[str, str]:
    """Rules of a version that the file breaks, by name, each with its weight."""
    rules = RULES | (SINCE_2 if version == VERSIONS[1] else {})
    return {name: weight(name, version) for name, holds in rules.items() if not holds(config)}


def weight(rule: str, version: str) -> str:
    if version == VERSIONS[0] and rule in _MUST_SINCE_2:
        return _WARNING
    if rule in _ADVICE_BEFORE_2:
        return _INFO if version == VERSIONS[0] else _ADVICE_BEFORE_2[rule]
    return _INFO if rule in _ADVICE else _WARNING if rule in _SHOULD else _ERROR


def _named(people: list[Any]) -> bool:
    return all(isinstance(person, dict) and bool(person.get("name")) for person in people)


def _with_orcid(people: list[Any]) -> bool:
    return all(isinstance(person, dict) and _ORCID.fullmatch(str(person.get("ORCID"))) for person in people)


def _relative(name: str) -> bool:
    absolute = PurePosixPath(name).is_absolute() or bool(PureWindowsPath(name).drive)
    return not (absolute or "\\" in name or ".." in PurePosixPath(name).parts or _URL.match(name))


def _values(told: Any) -> Iterator[str]:
    if isinstance(told, dict | list):
        for one in told.values() if isinstance(told, dict) else told:
            yield from _values(one)
    else:
        yield str(told)


def _checksum(orcid: str) -> bool:
    """Whether the last sign of an ORCID is that which ISO 7064, 11-2, gives to the others."""
    if not _ORCID.fullmatch(orcid):
        return False
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = 2 * (total + int(digit))
    left = (12 - total % 11) % 11
    return orcid[-1] == ("X" if left == 10 else str(left))


def _is_pdf(config: Config) -> bool:
    return bool(_URL.match(config.reference)) and config.reference.lower().partition("?")[0].endswith(".pdf")


def _others(config: Config) -> Any:
    return config.paper.get("reference-other", [])


RULES: Mapping[str, Callable[[Config], bool]] = {
    "CC-CFG-001": lambda c: c.text is not None,
    # Not after a directive, though YAML would allow that: the register's own tool takes the first line.
    "CC-CFG-002": lambda c: (c.text or "").startswith("---\n"),
    "CC-CFG-003": lambda c: c.path.name == "codecheck.yml",
    "CC-CFG-004": lambda c: bool(c.manifest),
    "CC-CFG-005": lambda c: len(c.files) == len(c.manifest),
    "CC-CFG-006": lambda c: all(map(_relative, c.files)),
    "CC-CFG-007": lambda c: all(isinstance(item, dict) and bool(item.get("comment")) for item in c.manifest),
    "CC-CFG-008": lambda c: bool(c.people("codechecker")),
    "CC-CFG-009": lambda c: _named(c.people("codechecker")),
    "CC-CFG-010": lambda c: _with_orcid(c.people("codechecker")),
    "CC-CFG-011": lambda c: bool(c.root.get("report")),
    "CC-CFG-013": lambda c: not _PLACEHOLDER.search(str(c.root.get("report"))),
    "CC-CFG-014": lambda c: bool(c.root.get("version")),
    "CC-CFG-015": lambda c: (
        str(c.root.get("version") or "").rstrip("/") in {f"https://codecheck.org.uk/spec/config/{v}" for v in VERSIONS}
    ),
    "CC-CFG-016": lambda c: bool(c.paper),
    "CC-CFG-017": lambda c: bool(c.paper.get("title")),
    "CC-CFG-018": lambda c: bool(c.people("authors")),
    "CC-CFG-019": lambda c: _named(c.people("authors")),
    "CC-CFG-020": lambda c: _with_orcid(c.people("authors")),
    "CC-CFG-021": lambda c: bool(c.reference),
    "CC-CFG-022": lambda c: not _is_pdf(c) or bool(_ARCHIVED.match(c.reference)),
    "CC-CFG-023": lambda c: not any(map(_PLACEHOLDER.search, _values(c.told))),
    "CC-CFG-024": lambda c: bool(str(c.root.get("summary") or "").strip()),
    "CC-CFG-025": lambda c: bool(c.root.get("certificate")),
    "CC-CFG-026": lambda c: (
        "certificate" not in c.root or bool(re.fullmatch(r"\d{4}-\d{3}", str(c.root["certificate"])))
    ),
    "CC-CFG-027": lambda c: not c.reference or bool(_URL.fullmatch(c.reference)),
    "CC-CFG-028": lambda c: not c.reference or bool(_DOI.fullmatch(c.reference)),
    "CC-MET-001": lambda c: all(map(_checksum, c.orcids())),
    "CC-BUN-001": lambda c: all((c.path.parent / name).is_file() for name in c.files if _relative(name)),
    "CC-BUN-005": lambda c: any(c.path.parent.glob("LICEN[CS]E*")),
}
SINCE_2: Mapping[str, Callable[[Config], bool]] = {
    "CC-CFG-029": lambda c: isinstance(_others(c), list),
    "CC-CFG-030": lambda c: all(_URL.fullmatch(str(one)) for one in _others(c) if isinstance(_others(c), list)),
}
