"""How a table is declared, and what a stored release of it is known by.

A declaration (`Table`) is written once, beside the code that reads or builds the table; `datapackage.json` holds it
with every release stored under it. The standard: Frictionless Data Package v2, https://datapackage.org. Properties of
our own: `table`, `vintage`, `latest`, `lacks`, `rows`, `coverage`, `column_coverage`, `column_gaps`, `caveats`, `notes`,
and of the whole package `withdrawn`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import json_files
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {
    "string": "str",
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "date": "str",
    "yearmonth": "str",
    "year": "int64",
}
# A missing value turns a plain integer or boolean column into floats or objects; the nullable types keep it whole.
_NULLABLE_DTYPES = {"integer": "Int64", "year": "Int64", "boolean": "boolean"}
# The one case in which a table may stand without terms: its publisher has named none, and the table says so.
NONE_NAMED = "none named by the publisher; figures cited with attribution"
# What is relied on in a list of stored releases, as `Resource.from_json` reads it.
_LISTED = {
    "resources": [
        {
            **dict.fromkeys(("table", "title", "description", "vintage", "path", "hash"), str),
            **dict.fromkeys(("bytes", "rows"), int),
            **{name: [str] for name in ("lacks", "caveats", "notes")},
            "latest": bool,
            "time": (str, type(None)),
            "coverage": (list, type(None)),
            "schema": {"fields": [{"name": str, "type": str, "description": str}], "primaryKey": [str]},
        }
    ]
}
VINTAGE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_PERIOD = re.compile(r"[0-9]{4}(H[12]|-[0-9]{2}(-[0-9]{2})?)?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESTORE = "restore it from git or the release"
_NO_TERMS = {"", "n/a", "no", "none", "none-named", "not", "unknown", "unlicensed"}


@dataclass(frozen=True)
class Field:
    """One column: Frictionless `type`, `constraints` by their standard names, and the unit of its values."""

    name: str
    type: str
    description: str
    unit: str | None = None
    constraints: Mapping[str, Any] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        return bool(self.constraints.get("required", False))

    @property
    def dtype(self) -> str:
        """The pandas dtype this column is opened with."""
        if not self.required and self.type in _NULLABLE_DTYPES:
            return _NULLABLE_DTYPES[self.type]
        return _DTYPES[self.type]


@dataclass(frozen=True)
class Licence:
    """Terms a table is published under: short name, full title, address of the text.

    Where the publisher has named none, the title is `NONE_NAMED` word for word, and the address the publisher's own.
    """

    name: str
    title: str
    path: str

    def __post_init__(self) -> None:
        says_none = {self.name.casefold(), self.title.casefold().partition(" ")[0].rstrip(";,.")} & _NO_TERMS
        if not self.path or (says_none and (self.name, self.title) != ("none-named", NONE_NAMED)):
            raise DataError(
                f"licence {self.name!r}, {self.title!r}, at {self.path!r} names no terms; give the publisher's and their "
                f"address or, where it has named none, the name 'none-named' and the title {NONE_NAMED!r}"
            )


@dataclass(frozen=True)
class Source:
    """Publisher and address of the figures; `archive` is where a copy is kept should the address vanish."""

    title: str
    path: str
    archive: str | None = None


@dataclass(frozen=True)
class Rhythm:
    """How often a publisher adds periods to a table: in a `word`, in a sentence (`says`), and `source`, what shows it.

    `months` lie between one new period and the next, None where nothing regular is known. `lag` is how many months after
    a period's end its figures can be counted on, the longest known; negative where they are published before that end.
    """

    word: str = "irregular"
    says: str = "none named"
    source: str = ""
    months: int | None = field(default=None, kw_only=True)
    lag: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Table:
    """Declaration of a table: what a row is, its columns, key, terms and traps. One row holds one fact.

    `time` names the column whose smallest and largest values are recorded as the coverage of each release.
    `rhythm`, `held_against`, what a second source's figures of the same thing are and how near they come, and `may_lose`,
    the share of its rows, or of the values of a column of its key, that the publisher may take out in a revision, are
    about the publisher and the tests of today: they are not stored with a release.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    licences: tuple[Licence, ...]
    sources: tuple[Source, ...]
    time: str | None = None
    caveats: tuple[str, ...] = ()
    rhythm: Rhythm = field(default=Rhythm(), compare=False)
    held_against: str = field(default="none at hand", compare=False)
    may_lose: float = field(default=0.01, compare=False)

    def __post_init__(self) -> None:
        if not self.licences or not self.sources:
            raise DataError(
                f"table {self.name!r} names no {'licence' if not self.licences else 'source'}; "
                "a table without both does not load: add them to its declaration"
            )
        unknown = {*self.primary_key, *([self.time] if self.time else [])} - {f.name for f in self.fields}
        if unknown:
            raise DataError(f"table {self.name!r}: key or time column {sorted(unknown)} is not among its fields")

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def schema(self) -> dict[str, Any]:
        """The columns and key as a Frictionless Table Schema."""
        return {
            "fields": [
                {
                    "name": f.name,
                    "type": f.type,
                    "description": f.description,
                    **({"unit": f.unit} if f.unit else {}),
                    **({"constraints": dict(f.constraints)} if f.constraints else {}),
                }
                for f in self.fields
            ],
            "primaryKey": list(self.primary_key),
        }


@dataclass(frozen=True)
class Release:
    """One vintage of one table, as a reader returns it and before it is stored.

    `lacks` says what the file is without where it holds only a part of the table, and what to give with it; such a
    vintage is never the latest. `notes` are counts a reader owes its user: rows dropped, cells left blank.
    """

    table: Table
    vintage: str
    frame: "pd.DataFrame"
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.lacks


@dataclass(frozen=True)
class Resource:
    """A stored release: the declaration it was stored under, and the facts of its file.

    `coverage` is the first and the last value of the table's time column, None where it has none. `column_coverage`
    holds, by column, the first and the last of those with a figure; a column without any is left out, and so are the
    key and the time itself. `column_gaps` holds, of panels by year, the years between the two without a figure. Both are
    recorded for panels, and empty for figures as published.
    """

    table: Table
    vintage: str
    path: str
    sha256: str
    bytes: int
    rows: int
    latest: bool
    lacks: tuple[str, ...]
    coverage: tuple[str, str] | None
    notes: tuple[str, ...]
    column_coverage: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    column_gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not self.lacks

    def to_json(self) -> dict[str, Any]:
        table, by_column = self.table, self.column_coverage
        return {
            "name": f"{table.name}.{self.vintage}",
            "title": table.title,
            "description": table.description,
            "table": table.name,
            "vintage": self.vintage,
            "latest": self.latest,
            "lacks": list(self.lacks),
            "path": self.path,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": self.bytes,
            "hash": f"sha256:{self.sha256}",
            "rows": self.rows,
            "coverage": list(self.coverage) if self.coverage else None,
            **({"column_coverage": {c: list(span) for c, span in by_column.items()}} if by_column else {}),
            **({"column_gaps": {c: list(years) for c, years in self.column_gaps.items()}} if self.column_gaps else {}),
            "time": table.time,
            "licenses": [vars(licence) for licence in table.licences],
            "sources": [{k: v for k, v in vars(source).items() if v} for source in table.sources],
            "caveats": list(table.caveats),
            "notes": list(self.notes),
            "schema": table.schema(),
        }

    @staticmethod
    def from_json(entry: Mapping[str, Any]) -> "Resource":
        table = Table(
            name=entry["table"],
            title=entry["title"],
            description=entry["description"],
            fields=tuple(
                Field(f["name"], f["type"], f["description"], f.get("unit"), dict(f.get("constraints", {})))
                for f in entry["schema"]["fields"]
            ),
            primary_key=tuple(entry["schema"]["primaryKey"]),
            licences=tuple(Licence(**licence) for licence in entry.get("licenses", ())),
            sources=tuple(Source(**source) for source in entry.get("sources", ())),
            time=entry["time"],
            caveats=tuple(entry["caveats"]),
        )
        return Resource(
            table=table,
            vintage=entry["vintage"],
            path=entry["path"],
            sha256=entry["hash"].removeprefix("sha256:"),
            bytes=entry["bytes"],
            rows=entry["rows"],
            latest=entry["latest"],
            lacks=tuple(entry["lacks"]),
            coverage=_periods(entry["coverage"]) if entry["coverage"] else None,
            notes=tuple(entry["notes"]),
            column_coverage={c: _periods(span) for c, span in entry.get("column_coverage", {}).items()},
            column_gaps={c: tuple(years) for c, years in entry.get("column_gaps", {}).items()},
        )


@dataclass(frozen=True)
class Withdrawn:
    """The trace of a stored vintage that was taken back: what it was, on which day, and why."""

    table: str
    vintage: str
    sha256: str
    rows: int
    day: str
    reason: str

    @property
    def path(self) -> str:
        """Where its file is kept, under the name of what it holds: a vintage may be taken back more than once."""
        return f"{self.table}/withdrawn/{self.vintage}-{self.sha256[:12]}.csv"


@lru_cache(maxsize=4)
def listed(path: Path, content: bytes) -> tuple[tuple[Resource, ...], tuple[Withdrawn, ...]]:
    """The releases that the content of a catalog lists, and the traces of those taken back; the checks of a grid of parameters
    ask the same one thousands of times.

    Raises
    ------
    DataError
        If it is no list of releases, or an entry lacks a property or names another file than its table's own.
    """
    package = json_files.parsed(content, str(path), _LISTED, _RESTORE)
    try:
        found = tuple(Resource.from_json(entry) for entry in package["resources"])
        taken = tuple(Withdrawn(**entry) for entry in package.get("withdrawn", ()))
        for resource in found:
            _require_own_place(resource)
        for trace in taken:
            _require_possible(trace)
    except KeyError as error:
        raise DataError(f"{path}: an entry lacks the property {error}; {_RESTORE}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}; {_RESTORE}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is no catalog of tables ({error}); {_RESTORE}") from error
    return found, taken


def file_of(table: str, vintage: str) -> str:
    """Where the file of a stored release lies in its folder."""
    return f"{table}/{vintage}.csv"


def _periods(span: Sequence[str]) -> tuple[str, str]:
    """The first and the last period that a catalog says of a release."""
    first, last = span
    if not (_PERIOD.fullmatch(first) and _PERIOD.fullmatch(last)):
        raise ValueError(f"it covers {first!r} to {last!r}, which are no periods")
    return first, last


def _require_own_place(resource: Resource) -> None:
    """Refuse an entry whose file would not be its table's own: what is listed is opened, and removed once replaced."""
    name, vintage = resource.table.name, resource.vintage
    if not (_NAME.fullmatch(name) and VINTAGE.fullmatch(vintage) and resource.path == file_of(name, vintage)):
        raise DataError(f"the entry of {name!r} {vintage!r} names the file {resource.path!r}, not {name}/{vintage}.csv")


def _require_possible(trace: Withdrawn) -> None:
    """Refuse a trace whose file would lie anywhere but in its table's folder."""
    if not (_NAME.fullmatch(trace.table) and VINTAGE.fullmatch(trace.vintage) and _SHA256.fullmatch(trace.sha256)):
        raise DataError(
            f"a vintage withdrawn on {trace.day} has the table {trace.table!r}, the vintage {trace.vintage!r} and "
            f"the hash {trace.sha256!r}, which no stored one has"
        )
