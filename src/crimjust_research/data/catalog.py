"""What data exist: a Frictionless data package per folder, opened by table name and vintage, verified by hash.

`data/raw` holds figures as published, `data/processed` the panels built from them. Each folder's
`datapackage.json` is the only list of what it holds. A table's declaration (`Table`) is written once, beside
the code that reads or builds it; storing a release of it writes the file and its catalog entry.

The standard: Frictionless Data Package v2, https://datapackage.org. Properties of our own: `table`, `vintage`,
`latest`, `complete`, `rows`, `coverage`, `caveats`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import project
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

FILE = "datapackage.json"
_VINTAGE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
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
    """Terms a table is published under: short name, full title, address of the text."""

    name: str
    title: str
    path: str


@dataclass(frozen=True)
class Source:
    """Publisher and address of the figures; `archive` is where a copy is kept should the address vanish."""

    title: str
    path: str
    archive: str | None = None


@dataclass(frozen=True)
class Table:
    """Declaration of a table: what a row is, its columns, key, terms and traps. One row holds one fact.

    `time` names the column whose smallest and largest values are recorded as the coverage of each release.
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

    `complete` is False where the publisher's file holds only a part of the table (one jurisdiction, say); such a
    vintage is never the latest. `notes` are counts a reader owes its user: rows dropped, cells left blank.
    """

    table: Table
    vintage: str
    frame: "pd.DataFrame"
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """A stored release: the declaration it was stored under, and the facts of its file."""

    table: Table
    vintage: str
    path: str
    sha256: str
    bytes: int
    rows: int
    latest: bool
    complete: bool
    coverage: tuple[str, str] | None
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        table = self.table
        return {
            "name": f"{table.name}.{self.vintage}",
            "title": table.title,
            "description": table.description,
            "table": table.name,
            "vintage": self.vintage,
            "latest": self.latest,
            "complete": self.complete,
            "path": self.path,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": self.bytes,
            "hash": f"sha256:{self.sha256}",
            "rows": self.rows,
            "coverage": list(self.coverage) if self.coverage else None,
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
                Field(f["name"], f["type"], f["description"], f.get("unit"), f.get("constraints", {}))
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
            complete=entry["complete"],
            coverage=tuple(entry["coverage"]) if entry["coverage"] else None,
            notes=tuple(entry["notes"]),
        )


class Catalog:
    """The tables of one folder. Opening reads one file; nothing else is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every stored release, ordered by table and vintage.

        Raises
        ------
        DataError
            If the catalog is missing, is not JSON, or an entry lacks a licence, a source or a property.
        """
        path = self.folder / FILE
        try:
            package = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{path} is missing; restore it with `git checkout -- {path}`") from None
        except json.JSONDecodeError as error:
            raise DataError(f"{path} is not valid JSON (line {error.lineno}); restore it from git") from error
        entries = package["resources"]
        try:
            return tuple(Resource.from_json(entry) for entry in entries)
        except KeyError as error:
            raise DataError(f"{path}: an entry lacks the property {error}; restore it from git") from error

    def tables(self) -> dict[str, tuple[Resource, ...]]:
        """Stored releases by table name."""
        grouped: dict[str, list[Resource]] = {}
        for resource in self.resources:
            grouped.setdefault(resource.table.name, []).append(resource)
        return {name: tuple(releases) for name, releases in sorted(grouped.items())}

    def resource(self, table: str, vintage: str = "latest") -> Resource:
        """The stored release of `table`: the one marked latest, or the one of that vintage.

        Raises
        ------
        DataError
            If there is no such table or vintage; the message lists what there is, the nearest name first.
        """
        releases = self.tables().get(table)
        if releases is None:
            from difflib import get_close_matches

            near = get_close_matches(table, self.tables(), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise DataError(f"no table {table!r} in {self.folder}; {hint}there are: {', '.join(self.tables())}")
        for release in releases:
            if release.vintage == vintage or (vintage == "latest" and release.latest):
                return release
        raise DataError(
            f"table {table!r} has no vintage {vintage!r}; there are: "
            + ", ".join(f"{r.vintage}{' (latest)' if r.latest else ''}" for r in releases)
        )

    def open(self, table: str, vintage: str = "latest") -> "pd.DataFrame":
        """The release as a frame, one row per fact, columns as its schema orders and types them.

        Raises
        ------
        DataError
            If the file is missing or its sha256 is not the one in the catalog.
        """
        resource = self.resource(table, vintage)
        return parse(self._bytes(resource), resource.table, str(self.folder / resource.path))

    def _bytes(self, resource: Resource) -> bytes:
        path = self.folder / resource.path
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise DataError(f"{path} is missing; restore it with `git checkout -- {path}`") from None
        digest = hashlib.sha256(content).hexdigest()
        if digest != resource.sha256:
            raise DataError(
                f"{path} is not the file that was catalogued: sha256 {digest[:12]}…, expected "
                f"{resource.sha256[:12]}…; restore it from git, or ingest the publisher's file as a new vintage"
            )
        return content

    def verify(self) -> "pd.DataFrame":
        """Every fault in every release: hash, layout, types, constraints, keys.

        Returns
        -------
        DataFrame with columns table, vintage, row, column, value, rule; empty when all is well.
        """
        import pandas as pd

        from crimjust_research.data.schema_check import faults

        found = []
        for resource in self.resources:
            try:
                frame = self.open(resource.table.name, resource.vintage)
            except DataError as error:
                found.append(
                    pd.DataFrame({"row": [pd.NA], "column": [None], "value": [None], "rule": [str(error)]}).assign(
                        table=resource.table.name, vintage=resource.vintage
                    )
                )
                continue
            found.append(faults(frame, resource.table).assign(table=resource.table.name, vintage=resource.vintage))
        columns = ["table", "vintage", "row", "column", "value", "rule"]
        kept = [f for f in found if len(f)]
        return pd.concat(kept, ignore_index=True)[columns] if kept else pd.DataFrame(columns=columns)

    def store(self, releases: Iterable[Release], replace: bool = False) -> tuple[Resource, ...]:
        """Write releases and their catalog entries; all are validated before the first is written.

        Storing the same release again changes nothing. A stored vintage is never overwritten by other figures.
        With `replace`, for tables derived from others, the releases given take the place of every stored one of
        their tables.

        Raises
        ------
        DataError
            With every fault of every release, or if a stored vintage holds other figures.
        """
        from crimjust_research.data.schema_check import check

        prepared: dict[tuple[str, str], tuple[Resource, bytes]] = {}
        for release in releases:
            key = (release.table.name, release.vintage)
            check(release.frame, release.table, " ".join(key))
            content = serialise(release.frame, release.table)
            if prepared.get(key, (None, content))[1] != content:
                raise DataError(
                    f"two files hold different figures for vintage {key[1]!r} of {key[0]!r}; "
                    "ingest them one by one, each under its own --vintage"
                )
            prepared[key] = (_describe(release, content), content)
        known = {(r.table.name, r.vintage): r for r in (self.resources if (self.folder / FILE).exists() else ())}
        replaced = {name for name, _ in prepared} if replace else set()
        kept = {key: r for key, r in known.items() if key[0] not in replaced}
        for key, (resource, _) in prepared.items():
            self._refuse_overwrite(resource, kept.get(key))
        for resource, content in prepared.values():
            project.write_atomically(self.folder / resource.path, content)
        self._write({**kept, **{key: resource for key, (resource, _) in prepared.items()}}.values())
        for path in {r.path for r in known.values()} - {r.path for r in self.resources}:
            (self.folder / path).unlink(missing_ok=True)
        return tuple(self.resource(*key) for key in prepared)

    def _refuse_overwrite(self, resource: Resource, stored: Resource | None) -> None:
        path = self.folder / resource.path
        if stored and path.exists() and stored.sha256 != resource.sha256:
            raise DataError(
                f"{path} already holds other figures for vintage {resource.vintage!r} of {resource.table.name!r}; "
                "store the new file under its own vintage (--vintage), or delete the old file first if it was wrong"
            )

    def _write(self, resources: Iterable[Resource]) -> None:
        ordered = sorted(resources, key=lambda r: (r.table.name, r.vintage))
        newest = {r.table.name: r.vintage for r in ordered if r.complete}
        entries = [{**r.to_json(), "latest": newest.get(r.table.name) == r.vintage} for r in ordered]
        package = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": f"crimjust-research-{self.folder.name}",
            "title": f"crimjust-research: {self.folder.name} tables",
            "licenses": _distinct(licence for e in entries for licence in e["licenses"]),
            "resources": entries,
        }
        text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
        project.write_atomically(self.folder / FILE, text.encode())
        self.__dict__.pop("resources", None)


def raw() -> Catalog:
    """Catalog of the figures as published."""
    return Catalog(project.root() / "data" / "raw")


def processed() -> Catalog:
    """Catalog of the analysis panels built from them."""
    return Catalog(project.root() / "data" / "processed")


def serialise(frame: "pd.DataFrame", table: Table) -> bytes:
    """`frame` as the bytes of a table's file: UTF-8 CSV, rows in key order, so equal figures give equal bytes.

    Numbers are written with as many digits as tell them apart, whole ones without a decimal point.
    """
    ordered = frame[[f.name for f in table.fields]].sort_values(list(table.primary_key), kind="stable")
    numbers = ordered.select_dtypes("float64")
    ordered = ordered.assign(**{str(name): numbers[name].astype("str").str.removesuffix(".0") for name in numbers})
    return bytes(ordered.to_csv(index=False, lineterminator="\n").encode())


def parse(content: bytes, table: Table, name: str) -> "pd.DataFrame":
    """The frame held in the bytes of a table's file.

    Raises
    ------
    DataError
        If columns are missing, unknown or out of order, or a value does not fit its column's type.
    """
    import io

    import pandas as pd

    from crimjust_research.data.schema_check import check_columns, misfits

    header = content.split(b"\n", 1)[0].decode().rstrip("\r").split(",")
    check_columns(header, table, name)
    dtypes = {f.name: f.dtype for f in table.fields}
    # Only an empty cell is missing: pandas' own list would also swallow a country called "NA".
    options: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
    try:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), dtype=dtypes, **options)
        return frame
    except (ValueError, TypeError):
        text = pd.read_csv(io.BytesIO(content), dtype="str", **options)
        raise DataError(f"{name}: {misfits(text, table)}") from None


def _describe(release: Release, content: bytes) -> Resource:
    table, frame = release.table, release.frame
    if not _VINTAGE.fullmatch(release.vintage):
        raise DataError(
            f"vintage {release.vintage!r} of {table.name!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"
        )
    coverage = (str(frame[table.time].min()), str(frame[table.time].max())) if table.time else None
    return Resource(
        table=table,
        vintage=release.vintage,
        path=f"{table.name}/{release.vintage}.csv",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        rows=len(frame),
        latest=False,
        complete=release.complete,
        coverage=coverage,
        notes=release.notes,
    )


def _distinct(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in dict.fromkeys(json.dumps(item, sort_keys=True) for item in items)]
