"""Newer vintages, downloaded from the publishers' own addresses.

A file is fetched into a folder aside, read by the reader of its table, and stored as a new vintage only if it is
sound, covers what is already stored, and holds other figures. Whatever goes wrong on the way is said in a sentence,
and nothing on disk has changed.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Literal
from urllib.parse import urldefrag

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from crimjust_research.data.catalog import Catalog, serialise
from crimjust_research.data.download import (
    Download,
    Limits,
    Progress,
    PublisherError,
    UnreachableError,
    WebPageError,
    fetch,
    linked_files,
)
from crimjust_research.data.ingest import Reader
from crimjust_research.data.ingest.files import header
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import CrimjustError, DataError, did_you_mean

# Publishers withdraw a figure now and then; beyond this share of rows it is a part of the table they sent.
_MOST_ROWS_LOST = 0.05

Status = Literal["stored", "unchanged", "by hand", "in code", "failed"]


@dataclass(frozen=True)
class Refreshed:
    """What came of one source: the reader of the table, how it ended, and a sentence that says so."""

    table: str
    reader: str
    status: Status
    sentence: str


def chosen(readers: Sequence[Reader], table: str | None) -> tuple[Reader, ...]:
    """The readers of `table`, or all of them where it is None.

    Raises
    ------
    DataError
        If no reader fills such a table; the message suggests the nearest name.
    """
    if table is None:
        return tuple(readers)
    found = tuple(reader for reader in readers if reader.table.name == table)
    if not found:
        names = sorted({reader.table.name for reader in readers})
        raise DataError(f"no source fills a table {table!r}; {did_you_mean(table, names)}there are: {', '.join(names)}")
    return found


def refresh(
    readers: Iterable[Reader],
    catalog: Catalog,
    today: date,
    limits: Limits | None = None,
    progress: Progress | None = None,
    wait: Callable[[float], None] = sleep,
) -> Iterator[Refreshed]:
    """Fetch, check and store each reader's file in turn; one that fails does not keep the others from it.

    The vintage is the day the publisher dates the file, or `today` where the publisher gives no day, or one no later
    than the vintage at hand.
    """
    for reader in readers:
        yield _refreshed(reader, catalog, today, limits or Limits(), progress, wait)


def _refreshed(
    reader: Reader,
    catalog: Catalog,
    today: date,
    limits: Limits,
    progress: Progress | None,
    wait: Callable[[float], None],
) -> Refreshed:
    def ended(status: Status, sentence: str) -> Refreshed:
        return Refreshed(reader.table.name, reader.name, status, sentence)

    if not reader.columns:
        return ended("in code", "its figures are held in code: there is nothing to download")
    if reader.address is None:
        if reader.manual is None:
            return ended("failed", f"reader {reader.name!r} names neither an address nor the way to export the file")
        return ended("by hand", by_hand(reader))
    with TemporaryDirectory(prefix="crimjust-refresh-") as aside:
        try:
            downloads = _fetch_all(reader.address, Path(aside), limits, progress, wait)
            releases = _read(reader, downloads, catalog, today)
            stored = catalog.store(releases) if releases else ()
        except UnreachableError as error:
            return ended("failed", str(error))
        except PublisherError as error:
            steps = f". By hand: {by_hand(reader)}" if reader.manual else ""
            expected = isinstance(error, WebPageError) and reader.manual
            return ended("by hand" if expected else "failed", f"{error}{steps}")
        except CrimjustError as error:
            # The file aside is about to go: what is said of it must make sense without it.
            return ended("failed", re.sub(rf"{re.escape(aside)}/(\d+/)?", "", str(error)))
    if not stored:
        newest = _newest(catalog, reader.table.name)
        at_hand = f"vintage {newest.vintage}, which is at hand" if newest else "no vintage"
        return ended("unchanged", f"the publisher's file holds the figures of {at_hand}")
    files = "; ".join(f"{d.address}, {d.bytes:,} bytes, sha256 {d.sha256[:12]}…" for d in downloads)
    kept = ", ".join(f"{r.vintage} ({r.rows:,} rows)" for r in stored)
    return ended("stored", f"new vintage {kept} from {files}")


def by_hand(reader: Reader) -> str:
    """How to export a reader's file by hand, and what to do with it then."""
    return f"{reader.manual} Then: crimjust data ingest FILE --vintage YYYY-MM-DD"


def _fetch_all(
    address: str, folder: Path, limits: Limits, progress: Progress | None, wait: Callable[[float], None]
) -> tuple[Download, ...]:
    """The file at `address`, or each of several parted by spaces.

    Where an address ends in #PATTERN it is that of a page, and every file it links to under such a name is fetched.
    """
    files: list[str] = []
    for part in address.split():
        page, pattern = urldefrag(part)
        files += linked_files(page, pattern, folder, limits, wait) if pattern else (page,)
    places = [folder / str(number) for number in range(len(files))]
    for place in places:
        place.mkdir()
    return tuple(fetch(file, place, limits, progress, wait) for file, place in zip(files, places, strict=True))


def _read(reader: Reader, downloads: Sequence[Download], catalog: Catalog, today: date) -> tuple[Release, ...]:
    """The reader's releases that are not stored yet, each with a note of where it comes from."""
    for download in downloads:
        found = header(download.path)
        if not any(wanted <= set(found) for wanted in reader.headers):
            missing = ", ".join(sorted(reader.columns - set(found)))
            raise PublisherError(
                f"{download.address} is not the file expected: it lacks the column(s) {missing}. The publisher may "
                f"have changed the layout; the reader {reader.name!r} must learn it before it can be read"
            )
    newest = _newest(catalog, reader.table.name)
    dated = max((d.dated for d in downloads if d.dated), default=None)
    on = dated if dated and dated <= today and (newest is None or newest.vintage < dated.isoformat()) else today
    origin = "; ".join(f"downloaded from {d.address}, {d.bytes:,} bytes, sha256 {d.sha256}" for d in downloads)
    releases = [
        replace(release, notes=(*release.notes, origin))
        for release in reader.read([d.path for d in downloads], on.isoformat())
    ]
    return tuple(release for release in releases if _is_news(release, catalog))


def _is_news(release: Release, catalog: Catalog) -> bool:
    """Whether a release holds other figures than the newest stored one.

    Raises
    ------
    PublisherError
        If it is a part of the table, covers less time than the newest or lacks many of its rows: as the latest
        vintage it would lose figures.
    """
    newest = _newest(catalog, release.table.name)
    if newest is None:
        return True
    if not release.complete:
        raise PublisherError(
            f"the publisher's file is only a part of the table, which vintage {newest.vintage} holds whole"
        )
    if hashlib.sha256(serialise(release.frame, release.table)).hexdigest() == newest.sha256:
        return False
    if newest.coverage and release.table.time:
        time = release.frame[release.table.time]
        first, last = str(time.min()), str(time.max())
        if first > newest.coverage[0] or last < newest.coverage[1]:
            raise PublisherError(
                f"the publisher's file covers {first} to {last}, and vintage {newest.vintage} at hand "
                f"{' to '.join(newest.coverage)}: figures would be lost; ingest it together with the files "
                "of the other years"
            )
    key = list(release.table.primary_key)
    known = catalog.open(release.table.name, newest.vintage)[key]
    kept = known.merge(release.frame[key].astype(known.dtypes.to_dict()), on=key)
    lost = len(known) - len(kept)
    if lost > _MOST_ROWS_LOST * len(known):
        raise PublisherError(
            f"the publisher's file lacks {lost:,} of the {len(known):,} rows of vintage {newest.vintage} at hand, too "
            "many for a revision; look at it, and ingest it yourself if it is whole"
        )
    return True


def _newest(catalog: Catalog, table: str) -> Resource | None:
    stored = [r for r in catalog.resources if r.table.name == table and r.complete]
    return max(stored, key=lambda r: r.vintage, default=None)


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress on the terminal: a bar for each download; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:

        def advanced(address: str, received: int, expected: int | None) -> None:
            if address not in tasks:
                tasks[address] = shown.add_task(address, total=expected)
            shown.update(tasks[address], completed=received, total=expected)

        yield advanced
