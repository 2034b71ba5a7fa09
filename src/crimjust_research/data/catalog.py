"""What data exist: a Frictionless data package per folder, opened by table name and vintage, verified by hash.

`data/raw` holds figures as published, `data/processed` the panels built from them. Each folder's
`datapackage.json` is the only list of what it holds; storing a release writes its file and its entry there, and
withdrawing one leaves its trace. What tables and vintages there are, and which periods they cover, is known from that
list without opening a table, and without loading pandas.
"""

import hashlib
import io
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import locks, project
from crimjust_research.data.schema_check import check, check_columns, check_rows, faults, header_of, may_misfit, misfits
from crimjust_research.data.tables import VINTAGE, Release, Resource, Table, Withdrawn, file_of, listed
from crimjust_research.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FILE = "datapackage.json"
_PANELS = "processed"  # the folder of what is made here of raw tables


class Catalog:
    """The tables of one folder. Opening reads one file; nothing else is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every stored release, ordered by table and vintage; errors as in `withdrawn`."""
        return self._listed[0]

    @property
    def withdrawn(self) -> tuple[Withdrawn, ...]:
        """The traces of vintages that were taken back, in the order they were.

        Raises
        ------
        DataError
            If the catalog is missing, is not JSON, an entry lacks a licence, a source or a property, or names another
            file than its table's own.
        """
        return self._listed[1]

    @cached_property
    def _listed(self) -> tuple[tuple[Resource, ...], tuple[Withdrawn, ...]]:
        path = self.folder / FILE
        return listed(path, project.content(path, _restored(path)))

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
        hint = self._taken_back(table, vintage) or did_you_mean(vintage, [r.vintage for r in releases])
        raise DataError(
            f"table {table!r} has no vintage {vintage!r}; {hint}there are: "
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

    def gaps(self, table: str, column: str) -> tuple[str, ...]:
        """The years without a figure between the first and the last in which `column` of a panel by year has one.

        Raises
        ------
        DataError
            As `coverage`.
        """
        self.coverage(table, column)
        return self.resource(table).column_gaps.get(column, ())

    def _releases(self, table: str) -> tuple[Resource, ...]:
        known = self.tables()
        if table not in known:
            hint = self._taken_back(table) or did_you_mean(table, known)
            raise DataError(f"no table {table!r} in {self.folder}; {hint}there are: {', '.join(known)}")
        return known[table]

    def _taken_back(self, table: str, vintage: str = "latest") -> str:
        """That the vintage, or one of the table, was withdrawn, as the start of a remedy; nothing if it was not."""
        traces = [t for t in self.withdrawn if t.table == table and vintage in (t.vintage, "latest")]
        if not traces:
            return ""
        last = traces[-1]
        return f"{last.vintage} was withdrawn on {last.day} ({last.reason}): ingest the right file; "

    def since(self, trace: Withdrawn) -> str:
        """What is stored again under a withdrawn vintage, in a phrase; nothing if nothing is."""
        stored = next((r for r in self.resources if (r.table.name, r.vintage) == (trace.table, trace.vintage)), None)
        if stored is None:
            return ""
        return f"stored again since, with {'the same' if stored.sha256 == trace.sha256 else 'other'} figures"

    def open(self, table: str, vintage: str = "latest") -> "pd.DataFrame":
        """The release as a frame, one row per fact in the order of its key, columns as its schema orders and types them.

        Raises
        ------
        DataError
            As `content` does, or if a value does not fit its column's type.
        """
        resource = self.resource(table, vintage)
        return in_key_order(self._frame(resource), resource.table)

    def _frame(self, resource: Resource) -> "pd.DataFrame":
        """The release with its rows as they stand in its file."""
        return parse(self.content(resource), resource.table, str(self.folder / resource.path))

    def content(self, resource: Resource) -> bytes:
        """The bytes of a release's file.

        Raises
        ------
        DataError
            If the file is missing or its sha256 is not the one in the catalog.
        """
        path = self.folder / resource.path
        content = project.content(path, _restored(path))
        digest = hashlib.sha256(content).hexdigest()
        if digest != resource.sha256:
            made_here = self.folder.name == _PANELS
            remedy = (
                "delete it, then type `crimjust data panels`"
                if made_here
                else "ingest the publisher's file as a new vintage"
            )
            raise DataError(
                f"{path} is not the file that was catalogued: sha256 {digest[:12]}…, expected "
                f"{resource.sha256[:12]}…; restore it from git or the release, or {remedy}"
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
                frame = self._frame(resource)  # faults are told by row of the file
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
        strays = [(path.relative_to(self.folder), path) for path in sorted(visible) if path not in known]
        return pd.DataFrame(
            [
                {"table": place.parent.as_posix(), "value": place.name, "rule": says}
                for place, path in strays
                if (says := self._why_stray(place.as_posix(), path))
            ]
        )

    def _why_stray(self, place: str, path: Path) -> str:
        """What is wrong with a file that no release is in; nothing if it is that of a withdrawn vintage, as it was."""
        for trace in self.withdrawn:
            if place == trace.path:
                as_it_was = hashlib.sha256(path.read_bytes()).hexdigest() == trace.sha256
                return (
                    ""
                    if as_it_was
                    else "not the file that was withdrawn; restore it from git or the release, or remove it"
                )
            if place == file_of(trace.table, trace.vintage) and (self.folder / trace.path).exists():
                return f"withdrawn on {trace.day} and kept as {trace.path}; remove this file"
        return "no entry of the catalog knows this file; ingest what it was made of again, or remove it"

    def store(
        self, releases: Iterable[Release], derived: bool = False, read_from: Mapping[tuple[str, str], str] = {}
    ) -> tuple[Resource, ...]:
        """Write releases and their catalog entries; all are validated before the first is written.

        Storing the same release again changes nothing. A stored vintage is never overwritten by other figures,
        but a part of one gives way to a release that holds all of it.
        With `derived`, for tables made of others, the releases given take the place of every stored one of their
        tables, and the periods in which each column has figures are recorded. `read_from` says of a table's vintage what it
        was read from, for whoever is told of a fault in it.

        Raises
        ------
        DataError
            With every fault of every release, or if a stored vintage holds other figures.
        """
        with locks.locked(self.folder / ".lock"):
            self._forget()
            return self._store(releases, derived, read_from)

    def withdraw(self, table: str, vintage: str, reason: str, day: str) -> Withdrawn:
        """Take a stored vintage back; the newest whole one left becomes the latest. `day` is written YYYY-MM-DD.

        Nothing opens it any more. Its entry becomes a trace, and its file is kept at `Withdrawn.path`: it is there before
        the catalog says so, and leaves its old place after, so that a process killed in between loses nothing, and `verify`
        names what is left over.

        Raises
        ------
        DataError
            If no vintage or no reason is named, there is no such table or vintage, its file was altered, or another lies
            where it is to be kept.
        """
        why = " ".join(reason.split())
        if not why:
            raise DataError(
                f"say why {vintage} of {table!r} is taken back: --reason TEXT, which is kept with its trace"
            )
        with locks.locked(self.folder / ".lock"):
            self._forget()
            resource = self.resource(table, vintage)
            if resource.vintage != vintage:
                raise DataError(f"name the vintage to take back; the latest of {table!r} is {resource.vintage}")
            trace = Withdrawn(table, vintage, resource.sha256, resource.rows, day, why)
            stored = self.folder / resource.path
            self._refuse_altered(trace.path, (resource.sha256,))
            if stored.exists():
                project.write_atomically(self.folder / trace.path, self.content(resource))
            self._write((r for r in self.resources if r is not resource), (*self.withdrawn, trace))
            stored.unlink(missing_ok=True)
        return trace

    def _forget(self) -> None:
        """Read the list anew when it is next asked for: another process may have stored since it was read."""
        self.__dict__.pop("_listed", None)

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
        wanted = tuple(prepared)
        listed, traces = self._listed if (self.folder / FILE).exists() else ((), ())
        known = {(r.table.name, r.vintage): r for r in listed}
        replaced = {name for name, _ in prepared} if derived else set()
        kept = {key: r for key, r in known.items() if key[0] not in replaced}
        for key, (resource, content) in list(prepared.items()):
            if self._holds_already(kept.get(key), resource, content):
                del prepared[key]
        stored = {r.path: r.sha256 for r in known.values()}
        new = {resource.path: resource.sha256 for resource, _ in prepared.values()}
        for path in new.keys() | {r.path for r in known.values() if r.table.name in replaced}:
            self._refuse_altered(path, (stored.get(path), new.get(path)))
        for resource, content in prepared.values():
            project.write_atomically(self.folder / resource.path, content)
        self._write({**kept, **{key: resource for key, (resource, _) in prepared.items()}}.values(), traces)
        for path in {r.path for r in known.values()} - {r.path for r in self.resources}:
            (self.folder / path).unlink(missing_ok=True)
        return tuple(self.resource(*key) for key in wanted)

    def _holds_already(self, stored: Resource | None, resource: Resource, content: bytes) -> bool:
        """Whether a stored vintage holds more than the file to be stored under its name: nothing is to be done then.

        A part gives way to a release that holds all of it; any other figures under a stored name are refused.
        """
        if stored is None or stored.sha256 == resource.sha256:
            return False
        if (self.folder / stored.path).exists():
            before, after = (set(each.splitlines()) for each in (self.content(stored), content))
            if after < before and not resource.complete:
                return True
            if before < after and not stored.complete:
                return False
        name, vintage = resource.table.name, resource.vintage
        raise DataError(
            f"{self.folder / resource.path} already holds other figures for vintage {vintage!r} of {name!r}; store the "
            "new file under its own vintage (--vintage) or, if the old figures were wrong, take them back first: "
            f"crimjust data withdraw {name} {vintage} --reason TEXT"
        )

    def _refuse_altered(self, path: str, expected: Collection[str | None]) -> None:
        """Refuse to give up a link, or a file that is neither as catalogued nor what is to be stored: it is somebody's."""
        file = project.below(self.folder, path)
        is_other = file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() not in expected
        if is_other or file.is_symlink():
            raise DataError(
                f"{file} is not the file that was catalogued, and is not written over; move it elsewhere, or delete it if "
                "nothing in it is yours, then type the same"
            )

    def _write(self, resources: Iterable[Resource], withdrawn: Iterable[Withdrawn]) -> None:
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
        if traces := [vars(trace) for trace in withdrawn]:
            package["withdrawn"] = traces
        text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
        project.write_atomically(self.folder / FILE, text.encode())
        self._forget()


def raw() -> Catalog:
    """Catalog of the figures as published."""
    return Catalog(project.root() / "data" / "raw")


def processed() -> Catalog:
    """Catalog of the analysis panels built from them."""
    return Catalog(project.root() / "data" / _PANELS)


def _restored(path: Path) -> str:
    return f"restore it with `git checkout -- {path}` or from the release"


def serialise(frame: "pd.DataFrame", table: Table) -> bytes:
    """`frame` as the bytes of a table's file: UTF-8 CSV, rows in key order, so equal figures give equal bytes.

    Numbers are written with as many digits as tell them apart, whole ones without a decimal point.
    """
    ordered = in_key_order(frame[[f.name for f in table.fields]], table)
    numbers = ordered.select_dtypes("float64")
    ordered = ordered.assign(**{str(name): numbers[name].astype("str").str.removesuffix(".0") for name in numbers})
    return bytes(ordered.to_csv(index=False, lineterminator="\n").encode())


def in_key_order(frame: "pd.DataFrame", table: Table) -> "pd.DataFrame":
    """The rows in the order of the table's key: in which other one they came must not count."""
    return frame.sort_values(list(table.primary_key), kind="stable", ignore_index=True)


def parse(content: bytes, table: Table, name: str) -> "pd.DataFrame":
    """The frame held in the bytes of a table's file.

    Raises
    ------
    DataError
        If it is no text in UTF-8, columns are missing, unknown or named twice, a row is not as long as the header, or a value
        does not fit its column's type.
    """
    import numpy as np
    import pandas as pd

    check_columns(header_of(content, name), table, name)
    check_rows(content, name)
    dtypes = {f.name: f.dtype for f in table.fields}
    # Only an empty cell is missing: pandas' own list would also swallow a country called "NA".
    options: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
    try:
        with np.errstate(invalid="ignore"):  # of whole numbers beyond any, which pandas then refuses
            frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), dtype=dtypes, **options)
        if not may_misfit(content, frame):
            return frame
        otherwise = ""
    except (ValueError, TypeError, OverflowError) as error:
        otherwise = f"cannot be read ({error}); restore the file"
    if said := misfits(pd.read_csv(io.BytesIO(content), dtype="str", **options), table) or otherwise:
        raise DataError(f"{name}: {said}")
    return frame


def _describe(release: Release, content: bytes, by_column: bool) -> Resource:
    table, frame = release.table, release.frame
    if not VINTAGE.fullmatch(release.vintage):
        raise DataError(
            f"vintage {release.vintage!r} of {table.name!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"
        )
    filled_in = _filled(frame, table) if by_column else {}
    return Resource(
        table=table,
        vintage=release.vintage,
        path=file_of(table.name, release.vintage),
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        rows=len(frame),
        latest=False,
        lacks=release.lacks,
        coverage=_span(frame[table.time]) if table.time else None,
        notes=release.notes,
        column_coverage={column: _span(filled) for column, filled in filled_in.items()},
        column_gaps={column: years for column, filled in filled_in.items() if (years := _gaps(table, filled))},
    )


def _filled(frame: "pd.DataFrame", table: Table) -> dict[str, "pd.Series[Any]"]:
    """The periods in which each column that is no part of the key has a figure, of the columns that have any."""
    if table.time is None:
        return {}
    columns = [f.name for f in table.fields if f.name not in (table.time, *table.primary_key)]
    periods = {column: frame.loc[frame[column].notna(), table.time].dropna() for column in columns}
    return {column: filled for column, filled in periods.items() if len(filled)}


def _gaps(table: Table, filled: "pd.Series[Any]") -> tuple[str, ...]:
    """Years between the first and the last of `filled` that are not in it; none where periods are no years."""
    if table.time is None or table.field(table.time).type != "year":
        return ()
    years = {int(year) for year in filled.unique()}
    return tuple(str(year) for year in range(min(years), max(years)) if year not in years)


def _span(periods: "pd.Series[Any]") -> tuple[str, str]:
    return str(periods.min()), str(periods.max())


def _distinct(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in dict.fromkeys(json.dumps(item, sort_keys=True) for item in items)]
