"""Publishers' files into raw tables: one module per publisher, one reader per source.

A reader knows one publisher's layout and one table's declaration. It is recognised by the columns of a file's
header, never by its name, so a file downloaded tomorrow is read like the one of today; case, space and underscores in
them do not matter. Adding a source means adding one reader to its publisher's `READERS`; nothing else changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from crimjust_research.data import foreign, limits
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import parts
from crimjust_research.data.ingest.files import header, is_western
from crimjust_research.data.ingest.unread import NO_TABLE, why
from crimjust_research.data.ingest.vintages import require_possible
from crimjust_research.data.limits import Limits
from crimjust_research.data.tables import Release, Resource, Table
from crimjust_research.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


_TOLD = 20


@dataclass(frozen=True)
class Reader:
    """How one source becomes releases of one table.

    `columns` must all stand in a file's header for the file to be this reader's; a reader with none takes no
    file (its figures are held in code). `read(paths, vintage)` gets every matching file at once, and the
    vintage the user named, or None. `address` is where the publisher offers the file, `manual` how to export it
    by hand where there is no address that serves it. `other_columns` are further headers the same source is
    published under, whose files are read together with the others; `refuses` are headers of the publisher's files that
    must not be read, each with a sentence that says why. A reader `by_name` takes a file only if a person
    says which table it is of, because the file does not. `completed(release, known, vintage)` makes of a release
    and the rows and vintage of the newest whole one stored what is stored, where that is not the release alone, and says
    itself what it lacks. `also` are further tables that the same files fill.
    """

    name: str
    table: Table
    columns: frozenset[str]
    read: Callable[[Sequence[Path], str | None], Sequence[Release]]
    address: str | None = None
    manual: str | None = None
    other_columns: tuple[frozenset[str], ...] = ()
    refuses: tuple[tuple[frozenset[str], str], ...] = ()
    by_name: bool = False
    completed: Callable[[Release, "pd.DataFrame", str], Release] | None = None
    also: tuple[Table, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.table, *self.also)

    @property
    def headers(self) -> tuple[frozenset[str], ...]:
        return (self.columns, *self.other_columns) if self.columns else ()

    def recognises(self, columns: Iterable[str]) -> bool:
        """Whether a file with these columns is of a layout this reader reads."""
        return any(foreign.has(columns, header) for header in self.headers)


@dataclass(frozen=True)
class Taken:
    """A release as stored, the files it was read from, and whether it was not stored before."""

    resource: Resource
    files: tuple[Path, ...]
    is_new: bool


@dataclass(frozen=True)
class Ingested:
    """What became of files: the releases they are in, why others were not read, and those of kinds that hold no table.

    Releases of figures held in code are among the first if they are new.
    """

    taken: tuple[Taken, ...]
    unread: Mapping[Path, str]
    no_tables: tuple[Path, ...]


def readers() -> tuple[Reader, ...]:
    """Every reader of every publisher: the `READERS` of each module of this package, in order of module name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(reader for module in modules for reader in getattr(module, "READERS", ()))


def assign(paths: Iterable[Path], table: str | None = None) -> dict[str, tuple[Path, ...]]:
    """Files by the name of the reader that recognises them; files no reader takes stand under "".

    Folders are searched through. Where the headers of two readers fit, the more specific one takes the file. `table`
    is the raw table a person says they are of: its readers alone are asked then.

    Raises
    ------
    DataError
        If a path does not exist, a file cannot be read, there is no such table, or the files are more than the bounds
        allow.
    """
    assigned: dict[str, list[Path]] = {}
    for path in sorted(_files(paths)):
        owner, _ = _owner(path, table)
        assigned.setdefault(owner, []).append(path)
    return {name: tuple(found) for name, found in assigned.items()}


def ingest(
    paths: Iterable[Path],
    catalog: Catalog,
    vintage: str | None = None,
    today: date | None = None,
    bounds: Limits = limits.PUBLISHED,
    table: str | None = None,
) -> Ingested:
    """Read every recognised file under `paths` and store its releases, all or nothing.

    Files that no reader takes do not keep the others from it: they are told with the reason. A vintage after `today` is
    refused, if a day is given; no more is read than `bounds` allow. `table` is the raw table a person says the files
    are of, for those that do not say it. A release that covers less than the one stored before it becomes a part.

    Raises
    ------
    DataError
        If a path does not exist, no file is recognised, or a recognised one is not what its publisher releases.
    """
    paths = tuple(paths)
    with limits.within(bounds):
        assigned = assign(paths, table)
        unread = {path: _owner(path, table)[1] for path in assigned.pop("", ())}
        if not assigned:
            raise DataError("\n".join(["no file was read", *told(unread)]))
        read = [
            (reader, release, assigned.get(reader.name, ()))
            for reader in readers()
            if reader.name in assigned or not reader.columns
            for release in _read(reader, assigned.get(reader.name, ()), vintage, table)
        ]
    for _, release, _ in read:
        require_possible(release, today)
    before = {(r.table.name, r.vintage): r for r in parts.stored(catalog)}
    files = {(release.table.name, release.vintage): found for _, release, found in read}
    stored = catalog.store(
        [_against_stored(reader, release, catalog) for reader, release, _ in read],
        read_from={key: foreign.named(found) for key, found in files.items() if found},
    )
    taken = [
        Taken(resource, files[key], is_new=key not in before)
        for resource in stored
        if (key := (resource.table.name, resource.vintage)) not in before or files[key]
    ]
    beside = tuple(path for path, why in unread.items() if why == NO_TABLE and path not in paths)
    return Ingested(tuple(taken), {path: why for path, why in unread.items() if path not in beside}, beside)


def told(unread: Mapping[Path, str]) -> list[str]:
    """A line for each file that was not read, with the reason; the first ones if they are many."""
    lines = [f"  {foreign.named([path])}: {why}" for path, why in unread.items()]
    return [*lines[:_TOLD], *([f"  and {len(lines) - _TOLD:,} more"] if len(lines) > _TOLD else [])]


def _owner(path: Path, table: str | None) -> tuple[str, str]:
    """The name of the reader that takes a file, or "" and why none does."""
    columns = header(path)
    asked = [reader for reader in _known(table) if reader.columns]
    ranked = [(wanted, reader, "") for reader in asked for wanted in reader.headers]
    ranked += [(wanted, reader, sentence) for reader in asked for wanted, sentence in reader.refuses]
    ranked.sort(key=lambda layout: len(layout[0]), reverse=True)
    fitting = [(reader, sentence) for wanted, reader, sentence in ranked if foreign.has(columns, wanted)]
    for reader, sentence in fitting:
        if sentence or table or not reader.by_name:
            return ("", sentence) if sentence else (reader.name, "")
    if fitting:
        return "", _unnamed([reader for reader, _ in fitting])
    return "", why(path, [(reader.name, wanted) for wanted, reader, sentence in ranked if not sentence])


def _known(table: str | None) -> tuple[Reader, ...]:
    """The readers of a table, or all of them.

    Raises
    ------
    DataError
        If no reader reads files of such a table.
    """
    found = readers()
    names = sorted({reader.table.name for reader in found if reader.columns})
    if table is not None and table not in names:
        raise DataError(f"no raw table {table!r}; {did_you_mean(table, names)}there are: {', '.join(names)}")
    return tuple(reader for reader in found if table in (None, reader.table.name))


def _unnamed(fitting: Sequence[Reader]) -> str:
    """Why a file in a layout that several tables share, and that names none of them, is not read."""
    ways = " or ".join(f"--as {reader.table.name}" for reader in fitting)
    manual = next((f"; or: {reader.manual}" for reader in fitting if reader.manual), "")
    return f"does not say what its figures are of; if you know, say it with {ways}{manual}"


def _read(reader: Reader, paths: tuple[Path, ...], vintage: str | None, table: str | None) -> Sequence[Release]:
    remedy = f"the reader {reader.name!r} expects the layout docs/DATA.md describes: download it again in that layout"
    with foreign.reading(*paths, remedy=remedy):
        releases = reader.read(paths, vintage)
        assumed = tuple(f"{path.name} was read as {foreign.WESTERN}" for path in paths if is_western(path))
        if len(paths) > 1:
            _require_apart(paths, releases)
    if others := sorted({release.table.name for release in releases} - {table} if table and paths else ()):
        raise DataError(f"{foreign.named(paths)} says it is of {', '.join(others)}, not of {table}; leave out --as")
    return [replace(release, notes=(*release.notes, *assumed)) for release in releases] if assumed else releases


def _require_apart(paths: Sequence[Path], releases: Sequence[Release]) -> None:
    """Refuse files read together that hold the same rows: they may be releases of one table, each as of its day."""
    for release in releases:
        keys = release.frame[list(release.table.primary_key)]
        twice = keys[keys.duplicated()].astype("str")
        if len(twice):
            shown = ", ".join(f"{name} {value}" for name, value in twice.iloc[0].items())
            raise DataError(
                f"{foreign.named(paths)} hold {len(twice):,} rows of {release.table.name} more than once, as {shown}; "
                "releases of different days are given one by one, and of one day each row in one file"
            )


def _against_stored(reader: Reader, release: Release, catalog: Catalog) -> Release:
    """The release as it is stored, seen against the ones stored before."""
    newest = next((r for r in parts.stored(catalog) if r.table.name == release.table.name and r.latest), None)
    if reader.completed is None or newest is None:
        return parts.against_stored(release, catalog)
    return reader.completed(release, catalog.open(newest.table.name, newest.vintage), newest.vintage)


def _files(paths: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if foreign.is_file(path):
            found.add(path)
        elif path.is_dir():
            before = len(found)
            for file in foreign.files_under(path):
                found.add(file)
                limits.require("files", len(found), path, "name fewer of them, or ")
            if len(found) == before:
                raise DataError(f"{path} holds no file that is not named already; name one with a publisher's files")
        else:
            raise DataError(f"{foreign.named([path])} does not exist; name a publisher's file or a folder of them")
    return found
