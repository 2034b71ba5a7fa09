"""What stored panels were made of, and whether that is what there is: told without making or importing a panel."""

import hashlib
import json
import re
from collections.abc import Iterable

from crimjust_research import computed
from crimjust_research.data import catalog
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource, Table, Withdrawn
from crimjust_research.errors import DataError
from crimjust_research.sources import Sources

RAW = "data/raw/"  # how a panel's source names a raw table
# The note a panel keeps of each of its inputs, and how it is read again.
_MADE_OF = "made of {table} {vintage}, sha256 {sha256}"
_MADE_OF_PATTERN = re.compile(r"made of (?P<table>\S+) (?P<vintage>\S+), sha256 (?P<sha256>[0-9a-f]{64})")
# All that makes panels; a change anywhere in it has all of them built anew, which takes seconds.
_CODE = ("crimjust_research.data.panels", "crimjust_research.data.corrections")


def note(resource: Resource) -> str:
    """The note of a panel that was made of this release of a raw table."""
    return _MADE_OF.format(table=resource.table.name, vintage=resource.vintage, sha256=resource.sha256)


def raw_tables(panel: Table) -> tuple[str, ...]:
    """Names of the raw tables a panel's declaration has as its sources, in their order."""
    return tuple(source.path.removeprefix(RAW) for source in panel.sources)


def made_of(panel: Resource) -> dict[str, list[str]]:
    """Vintage and hash of each raw table a stored panel says it was made of."""
    noted = (_MADE_OF_PATTERN.fullmatch(note) for note in panel.notes)
    return {note["table"]: [note["vintage"], note["sha256"]] for note in noted if note}


def moved_inputs(panel: Resource, raw: Catalog) -> str:
    """How the raw tables a stored panel was made of differ from the latest, in a phrase; empty if they do not."""
    behind = made_of(panel)
    for name in raw_tables(panel.table):
        if name not in behind:
            return f"it does not say which release of {name} it was made of"
        latest = next((r for r in raw.tables().get(name, ()) if r.latest), None)
        if latest is None:
            return f"no whole vintage of {name} is at hand, of which it was made"
        vintage, sha256 = behind[name]
        if vintage != latest.vintage:
            return f"it was made of {name} {vintage}, the latest is {latest.vintage}"
        if sha256 != latest.sha256:
            return f"the figures of {name} {vintage} are others than those it was made of"
        try:
            raw.content(latest)
        except DataError:
            return f"{RAW}{latest.path} is not the file that was catalogued"
    return ""


def require_catalogued(panel: Resource, raw: Catalog) -> None:
    """Refuse a panel behind which a raw table's file is missing or was changed by hand: nothing built of it would be right.

    Raises
    ------
    DataError
        Naming the file and the remedy.
    """
    behind = set(raw_tables(panel.table))
    for name, releases in raw.tables().items():
        for latest in (r for r in releases if name in behind and r.latest):
            raw.content(latest)


def panels_made_of(release: Withdrawn, processed: Catalog) -> tuple[str, ...]:
    """Names of the stored panels that were made of a release that is withdrawn."""
    if not (processed.folder / catalog.FILE).is_file():
        return ()
    same = [release.vintage, release.sha256]
    return tuple(p.table.name for p in processed.resources if made_of(p).get(release.table) == same)


def outdated(sources: Sources) -> dict[str, str]:
    """Stored panels that must be built anew, and why in a phrase: their raw tables or the code of panels have moved since
    this checkout built them, or it never has. Code is read through `sources`."""
    processed, raw = catalog.processed(), catalog.raw()
    if not (processed.folder / catalog.FILE).is_file():
        return {}
    code = sources.behind(_CODE)
    found = {}
    for panel in processed.resources:
        if moved := moved_inputs(panel, raw):
            found[panel.table.name] = moved
        elif not computed.is_marked(*_mark(panel, code)):
            found[panel.table.name] = "not yet built by this checkout with the code it has"
    return found


def bring_up_to_date(sources: Sources) -> tuple[str, ...]:
    """Build the panels that are not up to date; returns a line on those of each reason.

    One that cannot be built keeps no other from it, and stays refused to whoever reads it.
    """
    why = outdated(sources)
    failed: dict[str, str] = {}
    if why:
        from crimjust_research.data.panels import build  # with all panels, and so only when one must be built

        try:
            build(why)
        except DataError:
            for name in why:
                try:
                    build([name])
                except DataError as error:
                    failed[name] = f"cannot be built ({why[name]}): {error}"
    told = {name: failed.get(name, f"built ({reason})") for name, reason in why.items()}
    named = {says: [name for name in told if told[name] == says] for says in told.values()}
    return tuple(
        f"{'panels' if len(names) > 1 else 'panel'} {', '.join(names)}: {says}" for says, names in named.items()
    )


def mark_built(panels: Iterable[Resource]) -> None:
    """Note that this checkout built these panels itself, with the code it has."""
    code = Sources().behind(_CODE)
    for panel in panels:
        computed.mark(*_mark(panel, code))


def raw_behind(panel: Resource, raw: Catalog) -> tuple[Resource, ...]:
    """The releases of raw tables a stored panel was made of, in the order of its sources.

    Raises
    ------
    DataError
        If the panel does not say which release of a table it was made of, or that release is another one by now.
    """
    behind = made_of(panel)
    found = []
    for name in raw_tables(panel.table):
        if name not in behind:
            raise DataError(
                f"panel {panel.table.name!r} does not say which release of {name!r} it is made of; rebuild it: "
                "crimjust data panels"
            )
        vintage, sha256 = behind[name]
        resource = raw.resource(name, vintage)
        if resource.sha256 != sha256:
            raise DataError(
                f"panel {panel.table.name!r} was made of {name} {vintage} when its sha256 was {sha256[:12]}…; the table is "
                f"now {resource.sha256[:12]}…: rebuild it: crimjust data panels"
            )
        found.append(resource)
    return tuple(found)


def _mark(panel: Resource, code: dict[str, str]) -> tuple[str, str]:
    """The name of a built panel among what this checkout computed, and what stands for it and all it was made of."""
    made = json.dumps([panel.sha256, panel.notes, code])
    return f"panel-{panel.table.name}", hashlib.sha256(made.encode()).hexdigest()
