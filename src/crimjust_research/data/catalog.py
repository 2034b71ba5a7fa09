"""What data exist: a Frictionless data package per folder, opened by table name and vintage, verified by hash.

`data/raw` holds figures as published, `data/processed` the panels built from them. Each folder's
`datapackage.json` is the only list of what it holds; storing a release writes its file and its entry there. What
tables and vintages there are, and which periods they cover, is known from that list without opening a table, and
without loading pandas.
"""

import hashlib
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import locks, project
from crimjust_research.data.schema_check import check, check_columns, faults, misfits
from crimjust_research.data.tables import Release, Resource, Table
from crimjust_research.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FILE = "datapackage.json"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VINTAGE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


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
            If the catalog is missing, is not JSON, an entry lacks a licence, a source or a property, or names another
            file than its table's own.
        """
        path = self.folder / FILE
        try:
            package = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{path} is missing; restore it with `git checkout -- {path}`") from None
        except json.JSONDecodeError as error:
            raise DataError(f"{path} is not valid JSON (line {error.lineno}); restore it from git") from error
        try:
            found = tuple(Resource.from_json(entry) for entry in package["resources"])
        except KeyError as error:
            raise DataError(f"{path}: an entry lacks the property {error}; restore it from git") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{path} is no catalog of tables ({error}); restore it from git") from error
        for resource in found:
            _require_own_place(resource, path)
        return found

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
        releases = self._releases(table)
        for release in releases:
            if release.vintage == vintage or (vintage == "latest" and release.latest):
                return release
        raise DataError(
            f"table {table!r} has no vintage {vintage!r}; there are: "
            + ", ".join(f"{r.vintage}{' (latest)' if r.latest else ''}" for r in releases)
        )

    def vintages(self, table: str) -> tuple[str, ...]:
        """The vintages of `table` at hand, oldest first, parts of the table among them.

        Raises
        ------
        DataError
            If there is no such table.
        """
        return tuple(release.vintage for release in self._releases(table))

    def coverage(self, table: str, column: str | None = None) -> tuple[str, str]:
        """The first and the last period the latest release of `table` has, or those in which `column` has a figure.

        Periods are text as in the table's time column: 2014, 2014H1, 2014-03 or 2014-03-31. Not every period between
        the two need have a figure. The answer is read from the catalog; the table is not opened.

        Raises
        ------
        DataError
            If there is no such table or column, the table has no time, or nothing is recorded of the column.
        """
        resource = self.resource(table)
        if resource.coverage is None:
            raise DataError(f"table {table!r} has no time column, so it covers no periods")
        declared = resource.table
        if column is None or column in (declared.time, *declared.primary_key):
            return resource.coverage
        names = [f.name for f in declared.fields]
        if column not in names:
            raise DataError(
                f"no column {column!r} in {table!r}; {did_you_mean(column, names)}there are: {', '.join(names)}"
            )
        if not resource.column_coverage:
            raise DataError(f"the periods of single columns are recorded for panels only, and {table!r} is none")
        if column not in resource.column_coverage:
            raise DataError(f"column {column!r} of {table!r} has no figure in any period")
        return resource.column_coverage[column]

    def _releases(self, table: str) -> tuple[Resource, ...]:
        known = self.tables()
        if table not in known:
            hint = did_you_mean(table, known)
            raise DataError(f"no table {table!r} in {self.folder}; {hint}there are: {', '.join(known)}")
        return known[table]

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
        """Every fault in every release: hash, layout, types, constraints, keys; and files that no release is in.

        Returns
        -------
        DataFrame with columns table, vintage, row, column, value, rule; empty when all is well.
        """
        import pandas as pd

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
        found.append(self._strays().reindex(columns=columns))
        kept = [f for f in found if len(f)]
        return pd.concat(kept, ignore_index=True)[columns] if kept else pd.DataFrame(columns=columns)

    def _strays(self) -> "pd.DataFrame":
        """Files in the folder of which no entry of the catalog knows, such as one whose entry was lost."""
        import pandas as pd

        known = {self.folder / resource.path for resource in self.resources} | {self.folder / FILE}
        visible = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        strays = [path.relative_to(self.folder) for path in sorted(visible) if path not in known]
        says = "no entry of the catalog knows this file; ingest what it was made of again, or remove it"
        return pd.DataFrame([{"table": s.parent.as_posix(), "value": s.name, "rule": says} for s in strays])

    def store(
        self, releases: Iterable[Release], derived: bool = False, read_from: Mapping[tuple[str, str], str] = {}
    ) -> tuple[Resource, ...]:
        """Write releases and their catalog entries; all are validated before the first is written.

        Storing the same release again changes nothing. A stored vintage is never overwritten by other figures.
        With `derived`, for tables made of others, the releases given take the place of every stored one of their
        tables, and the periods in which each column has figures are recorded. `read_from` says of a table's vintage what it
        was read from, for whoever is told of a fault in it.

        Raises
        ------
        DataError
            With every fault of every release, or if a stored vintage holds other figures.
        """
        with locks.locked(self.folder / ".lock"):
            # Another process may have stored since this catalog was read.
            self.__dict__.pop("resources", None)
            return self._store(releases, derived, read_from)

    def _store(
        self, releases: Iterable[Release], derived: bool, read_from: Mapping[tuple[str, str], str]
    ) -> tuple[Resource, ...]:
        prepared: dict[tuple[str, str], tuple[Resource, bytes]] = {}
        for release in releases:
            key = (release.table.name, release.vintage)
            told = " ".join(key)
            check(release.frame, release.table, f"{read_from[key]}, read as {told}," if key in read_from else told)
            content = serialise(release.frame, release.table)
            if prepared.get(key, (None, content))[1] != content:
                raise DataError(
                    f"two files hold different figures for vintage {key[1]!r} of {key[0]!r}; "
                    "ingest them one by one, each under its own --vintage"
                )
            prepared[key] = (_describe(release, content, by_column=derived), content)
        known = {(r.table.name, r.vintage): r for r in (self.resources if (self.folder / FILE).exists() else ())}
        replaced = {name for name, _ in prepared} if derived else set()
        kept = {key: r for key, r in known.items() if key[0] not in replaced}
        for key, (resource, _) in prepared.items():
            self._refuse_overwrite(resource, kept.get(key))
        stored = {r.path: r.sha256 for r in known.values()}
        new = {resource.path: resource.sha256 for resource, _ in prepared.values()}
        for path in new.keys() | {r.path for r in known.values() if r.table.name in replaced}:
            self._refuse_altered(path, (stored.get(path), new.get(path)))
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

    def _refuse_altered(self, path: str, expected: Collection[str | None]) -> None:
        """Refuse to give up a file that is neither as it was catalogued nor what is to be stored: somebody changed it."""
        file = self.folder / path
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() not in expected:
            raise DataError(
                f"{file} is not the file that was catalogued, and is not written over; move it elsewhere, or delete it if "
                "nothing in it is yours, then type the same"
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
    import pandas as pd

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


def _require_own_place(resource: Resource, listing: Path) -> None:
    """Refuse an entry whose file would not be its table's own: what is listed is opened, and removed once replaced."""
    name, vintage = resource.table.name, resource.vintage
    if not (_NAME.fullmatch(name) and _VINTAGE.fullmatch(vintage) and resource.path == f"{name}/{vintage}.csv"):
        raise DataError(
            f"{listing}: the entry of {name!r} {vintage!r} names the file {resource.path!r}, not {name}/{vintage}.csv; "
            "restore the catalog from git"
        )


def _describe(release: Release, content: bytes, by_column: bool) -> Resource:
    table, frame = release.table, release.frame
    if not _VINTAGE.fullmatch(release.vintage):
        raise DataError(
            f"vintage {release.vintage!r} of {table.name!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"
        )
    return Resource(
        table=table,
        vintage=release.vintage,
        path=f"{table.name}/{release.vintage}.csv",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        rows=len(frame),
        latest=False,
        lacks=release.lacks,
        coverage=_span(frame[table.time]) if table.time else None,
        notes=release.notes,
        column_coverage=_column_coverage(frame, table) if by_column else {},
    )


def _column_coverage(frame: "pd.DataFrame", table: Table) -> dict[str, tuple[str, str]]:
    if table.time is None:
        return {}
    columns = [f.name for f in table.fields if f.name not in (table.time, *table.primary_key)]
    periods = {column: frame.loc[frame[column].notna(), table.time].dropna() for column in columns}
    return {column: _span(filled) for column, filled in periods.items() if len(filled)}


def _span(periods: "pd.Series[Any]") -> tuple[str, str]:
    return str(periods.min()), str(periods.max())


def _distinct(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in dict.fromkeys(json.dumps(item, sort_keys=True) for item in items)]
