"""The tables at hand as a terminal shows them: how new each is, what is a part, what was withdrawn."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from textwrap import wrap

from crimjust_research.data import age
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource, Table, Withdrawn
from crimjust_research.errors import printable

_WIDTH = 100


def as_text(raw: Catalog, processed: Catalog, published: Iterable[Table], as_of: date | None = None) -> str:
    """Every stored release, the latest of a table first, with the rhythm its declaration in `published` has.

    Nothing depends on today's date; with `as_of` it is told of which tables newer figures should exist by that day.
    """
    declared = {table.name: table for table in published}
    lines = [
        f"{raw.folder.parent.name}/{raw.folder.name}",
        _row("table", "newest", "vintage", "rows", "released", "newer figures"),
    ]
    behind = []
    for name, releases in raw.tables().items():
        rhythm = declared.get(name, releases[-1].table).rhythm
        due = age.due(age.newest(releases), rhythm)
        if due and as_of and due <= as_of:
            behind.append(name)
        lines += _table(releases, rhythm.word, _newer(due, as_of))
    lines += [line for trace in raw.withdrawn for line in _withdrawn(trace, raw.since(trace))]
    lines += [f"{processed.folder.parent.name}/{processed.folder.name}", _row("panel", "newest", "vintage", "rows")]
    for releases in processed.tables().values():
        lines += _table(releases)
    if as_of:
        lines += _wrapped(f"By {as_of} newer figures should exist of: {', '.join(behind) or 'no table'}", "", "  ")
    return "\n".join(lines)


def _table(releases: Sequence[Resource], rhythm: str = "", newer: str = "") -> Iterator[str]:
    first = age.newest(releases)
    yield _row(first.table.name, *_release(first), rhythm, newer)
    for release in reversed(releases):
        if release is not first:
            yield _row("", *_release(release))


def _release(release: Resource) -> tuple[str, str, str]:
    part = "" if release.complete else " (part)"
    return age.newest_period(release), f"{release.vintage}{part}", f"{release.rows:,}"


def _newer(due: date | None, as_of: date | None) -> str:
    """From which day newer figures should exist: `since` if that is no later than `as_of`, else `due`."""
    if due is None:
        return ""
    return f"{'since' if as_of and due <= as_of else 'due'} {due}"


def _withdrawn(trace: Withdrawn, since: str) -> Iterator[str]:
    again = f" ({since})" if since else ""
    said = (
        f"withdrawn {trace.day}: {trace.table} {trace.vintage}, {trace.rows:,} rows{again}: {printable(trace.reason)}"
    )
    yield from _wrapped(said, "  ", "    ")


def _row(name: str, newest: str, vintage: str, rows: str, rhythm: str = "", newer: str = "") -> str:
    return f"  {name:<25}  {newest:<10}  {vintage:<17} {rows:>8}  {rhythm:<11}  {newer}".rstrip()


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)
