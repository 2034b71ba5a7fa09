"""Publishers' files into raw tables: one module per publisher, one reader per source.

A reader knows one publisher's layout and one table's declaration. It is recognised by the columns of a file's
header, never by its name, so a file downloaded tomorrow is read like the one of today. Adding a source means
adding one reader to its publisher's `READERS`; nothing else changes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from crimjust_research.data import foreign, limits
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest.files import header
from crimjust_research.data.ingest.vintages import require_possible
from crimjust_research.data.limits import Limits
from crimjust_research.data.tables import Release, Resource, Table
from crimjust_research.errors import DataError


@dataclass(frozen=True)
class Reader:
    """How one source becomes releases of one table.

    `columns` must all stand in a file's header for the file to be this reader's; a reader with none takes no
    file (its figures are held in code). `read(paths, vintage)` gets every matching file at once, and the
    vintage the user named, or None. `address` is where the publisher offers the file, `manual` how to export it
    by hand where there is no address that serves it. `other_columns` are further headers the same source is
    published under, whose files are read together with the others.
    """

    name: str
    table: Table
    columns: frozenset[str]
    read: Callable[[Sequence[Path], str | None], Sequence[Release]]
    address: str | None = None
    manual: str | None = None
    other_columns: tuple[frozenset[str], ...] = ()

    @property
    def headers(self) -> tuple[frozenset[str], ...]:
        return (self.columns, *self.other_columns) if self.columns else ()


def readers() -> tuple[Reader, ...]:
    """Every reader of every publisher: the `READERS` of each module of this package, in order of module name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(reader for module in modules for reader in getattr(module, "READERS", ()))


def assign(paths: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    """Files by the name of the reader that recognises them; files no reader recognises stand under "".

    Folders are searched through. Where the headers of two readers fit, the more specific one takes the file.

    Raises
    ------
    DataError
        If a path does not exist, a file cannot be read, or they are more than the bounds allow.
    """
    ranked = sorted(
        ((columns, reader.name) for reader in readers() for columns in reader.headers),
        key=lambda pair: len(pair[0]),
        reverse=True,
    )
    assigned: dict[str, list[Path]] = {}
    for path in sorted(_files(paths)):
        columns = set(header(path))
        owner = next((name for wanted, name in ranked if wanted <= columns), "")
        assigned.setdefault(owner, []).append(path)
    return {name: tuple(found) for name, found in assigned.items()}


def ingest(
    paths: Iterable[Path],
    catalog: Catalog,
    vintage: str | None = None,
    today: date | None = None,
    bounds: Limits = limits.PUBLISHED,
) -> tuple[Resource, ...]:
    """Read every recognised file under `paths` and store its releases, all or nothing.

    A vintage after `today` is refused, if a day is given; no more is read than `bounds` allow.

    Raises
    ------
    DataError
        If a path does not exist, nothing is recognised, or a file is not what its publisher releases.
    """
    with limits.within(bounds):
        assigned = assign(paths)
        releases = [
            release
            for reader in readers()
            if reader.name in assigned or not reader.columns
            for release in _read(reader, assigned.get(reader.name, ()), vintage)
        ]
    if not set(assigned) - {""}:
        raise DataError(
            f"no reader recognises any of these files: {foreign.named(assigned.get('', ()))}"
            "; see `crimjust data list` for the sources and docs/DATA.md for their layouts"
        )
    for release in releases:
        require_possible(release, today)
    return catalog.store(releases)


def _read(reader: Reader, paths: tuple[Path, ...], vintage: str | None) -> Sequence[Release]:
    remedy = f"the reader {reader.name!r} expects the layout docs/DATA.md describes: download it again in that layout"
    with foreign.reading(*paths, remedy=remedy):
        return reader.read(paths, vintage)


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
