"""Newer vintages, downloaded from the publishers' own addresses.

A file is fetched into a folder aside, read by the reader of its table, and stored as a new vintage only if it is
sound, covers what is already stored, and holds other figures. Whatever goes wrong on the way is said in a sentence,
and nothing on disk has changed.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import sleep
from typing import Literal

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
)
from crimjust_research.data.ingest import Reader
from crimjust_research.data.ingest.files import header
from crimjust_research.data.ingest.parts import against_stored
from crimjust_research.data.ingest.unread import why
from crimjust_research.data.ingest.vintages import require_possible
from crimjust_research.data.limits import current, within
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import CrimjustError, DataError, did_you_mean, is_stopped, refused_by_system
from crimjust_research.locks import scratch

Status = Literal["stored", "unchanged", "by hand", "in code", "failed"]


@dataclass(frozen=True)
class Refreshed:
    """What came of one source: the reader of the table, how it ended, and a sentence that says so; `error` is what was
    raised, if something was."""

    table: str
    reader: str
    status: Status
    sentence: str
    error: BaseException | None = None


def chosen(readers: Sequence[Reader], table: str | None) -> tuple[Reader, ...]:
    """The readers of `table`, or all of them where it is None.

    Raises
    ------
    DataError
        If no reader fills such a table; the message suggests the nearest name.
    """
    readers = [reader for reader in readers if not reader.by_name]
    if table is None:
        return tuple(readers)
    found = tuple(reader for reader in readers if table in {filled.name for filled in reader.tables})
    if not found:
        names = sorted({filled.name for reader in readers for filled in reader.tables})
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

    The vintage is the day the publisher dates the file, or `today` where the publisher gives no day, or one that cannot
    be: after today, before the figures' last period, or no later than the vintage at hand.
    """
    for reader in readers:
        yield Refreshed(
            reader.table.name, reader.name, *_ended(reader, catalog, today, limits or Limits(), progress, wait)
        )


def _ended(
    reader: Reader,
    catalog: Catalog,
    today: date,
    limits: Limits,
    progress: Progress | None,
    wait: Callable[[float], None],
) -> tuple[Status, str, BaseException | None]:
    """How one source ended. Whatever goes wrong, here, in a reader or in a library, is said of this source alone."""
    if not reader.columns:
        return "in code", "its figures are held in code: there is nothing to download", None
    if reader.address is None:
        if reader.manual is None:
            return "failed", f"reader {reader.name!r} names neither an address nor the way to export the file", None
        return "by hand", by_hand(reader), None
    aside = None
    try:
        with within(current()), scratch() as aside:
            downloads = _fetch_all(reader, aside, limits, progress, wait)
            # Only now is it known what is at hand: another process may have stored during the download.
            return *_renewed(reader, downloads, Catalog(catalog.folder), today), None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # libraries in Rust panic with an exception that is no Exception
        if is_stopped(error):
            raise KeyboardInterrupt from error
        status, sentence = _failed(error, reader)
        # The file aside is gone: what is said of it must make sense without it.
        return status, sentence.replace(f"{aside}{os.sep}", "") if aside else sentence, error


def _failed(error: BaseException, reader: Reader) -> tuple[Status, str]:
    """How a source ended that raised `error`, in words a person can act on."""
    match error:
        case PublisherError() if reader.manual and not isinstance(error, UnreachableError):
            status: Status = "by hand" if isinstance(error, WebPageError) else "failed"
            return status, f"{error}. By hand: {by_hand(reader)}"
        case CrimjustError():
            return "failed", str(error)
        case OSError():
            return "failed", refused_by_system(error)
        case _:
            said = " ".join(str(error).split())[:200]
            return "failed", (
                f"the reader {reader.name!r} cannot read the file ({type(error).__name__}: {said}); try again later, and "
                "if the file is sound, the reader must learn it"
            )


def _renewed(reader: Reader, downloads: Sequence[Download], catalog: Catalog, today: date) -> tuple[Status, str]:
    """Store what is news among the reader's releases of the downloads."""
    news = _read(reader, downloads, catalog, today)
    if not news:
        newest = _newest(catalog, reader.table.name)
        known = [f"vintage {newest.vintage}, which is at hand"] if newest else []
        taken = [trace for trace in catalog.withdrawn if trace.table == reader.table.name]
        known += [f"vintage {t.vintage}, which was withdrawn on {t.day} ({t.reason})" for t in taken]
        return "unchanged", f"the publisher's file holds the figures of {' or '.join(known) or 'no vintage'}"
    files = "; ".join(f"{d.address}, {d.bytes:,} bytes, sha256 {d.sha256[:12]}…" for d in downloads)
    stored = catalog.store(news, read_from={(r.table.name, r.vintage): files for r in news})
    kept = ", ".join(f"{r.vintage} ({r.rows:,} rows)" for r in stored)
    return "stored", f"new vintage {kept} from {files}"


def by_hand(reader: Reader) -> str:
    """How to export a reader's file by hand, and what to do with it then."""
    return f"{reader.manual} Then: crimjust data ingest FILE --vintage YYYY-MM-DD"


def _fetch_all(
    reader: Reader, folder: Path, limits: Limits, progress: Progress | None, wait: Callable[[float], None]
) -> tuple[Download, ...]:
    """The file at the reader's address, or each of several parted by spaces, under the name of its table."""
    addresses = (reader.address or "").split()
    names = [reader.table.name + (f"-{n}" if len(addresses) > 1 else "") for n in range(1, len(addresses) + 1)]
    return tuple(
        fetch(address, folder, limits, progress, wait, name) for address, name in zip(addresses, names, strict=True)
    )


def _read(reader: Reader, downloads: Sequence[Download], catalog: Catalog, today: date) -> tuple[Release, ...]:
    """The reader's releases that are not stored yet, each with a note of where it comes from."""
    for download in downloads:
        found = header(download.path)
        if not reader.recognises(found):
            layouts = [(reader.name, header) for header in reader.headers]
            raise PublisherError(
                f"{download.address} is not the file expected: {why(download.path, layouts)}. The publisher may have "
                f"changed the layout; the reader {reader.name!r} must learn it before it can be read"
            )
    dated = max((d.dated for d in downloads if d.dated), default=None)
    origin = "; ".join(f"downloaded from {d.address}, {d.bytes:,} bytes, sha256 {d.sha256}" for d in downloads)
    releases = reader.read([d.path for d in downloads], today.isoformat())
    for release in releases:
        require_possible(release, today)
    news = (_news(release, catalog) for release in releases)
    return tuple(
        replace(release, vintage=_vintage(release, dated, catalog, today), notes=(*release.notes, origin))
        for release in news
        if release is not None
    )


def _vintage(release: Release, dated: date | None, catalog: Catalog, today: date) -> str:
    """The day the publisher dates a release read as of `today`, if that can be: servers date files as they please."""
    if dated is None or dated > today:
        return release.vintage
    newest = _newest(catalog, release.table.name)
    time = release.table.time
    last = str(release.frame[time].max()) if time else ""
    day = dated.isoformat()
    # A month is over before its figures are published; what is named after a year may appear in it.
    possible = day[:7] > last and (newest is None or newest.vintage < day)
    return day if possible else release.vintage


def _news(release: Release, catalog: Catalog) -> Release | None:
    """The release if it holds other figures than the newest stored one, and than any that was withdrawn.

    Raises
    ------
    PublisherError
        If it is a part of the table, or covers less than the newest: as the latest vintage it would lose figures.
    """
    newest = _newest(catalog, release.table.name)
    digest = hashlib.sha256(serialise(release.frame, release.table)).hexdigest()
    if any(trace.sha256 == digest for trace in catalog.withdrawn):
        return None
    if newest is None:
        return release
    release = against_stored(release, catalog)
    if not release.complete:
        raise PublisherError(
            f"the publisher's file is only a part of the table, which vintage {newest.vintage} holds whole; it lacks "
            + "; ".join(release.lacks)
        )
    return None if digest == newest.sha256 else release


def _newest(catalog: Catalog, table: str) -> Resource | None:
    stored = [r for r in catalog.resources if r.table.name == table and r.complete]
    return max(stored, key=lambda r: r.vintage, default=None)


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress on the terminal: a bar for each download; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    shown = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)

    def advanced(address: str, received: int, expected: int | None) -> None:
        if address not in tasks:
            tasks[address] = shown.add_task(address, total=expected)
        shown.update(tasks[address], completed=received, total=expected)

    # What is not shown is not begun: some versions of rich would end it with an empty line.
    with nullcontext() if shown.disable else shown:
        yield advanced
