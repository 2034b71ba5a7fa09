"""Making panels of raw tables, storing them, and telling later what each was made of."""

import re
from collections.abc import Iterable, Mapping

from crimjust_research.data import catalog, corrections
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.panels import cooperation, countries, reviews, routes, seizures, united_states
from crimjust_research.data.panels.declaration import Panel, raw_tables
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import DataError, did_you_mean

PANELS: tuple[Panel, ...] = (
    *united_states.PANELS,
    *seizures.PANELS,
    *countries.PANELS,
    *routes.PANELS,
    *cooperation.PANELS,
    *reviews.PANELS,
)
# The note a panel keeps of each of its inputs, and how it is read again.
_MADE_OF = "made of {table} {vintage}, sha256 {sha256}"
_MADE_OF_PATTERN = re.compile(r"made of (?P<table>\S+) (?P<vintage>\S+), sha256 (?P<sha256>[0-9a-f]{64})")


def declared(name: str) -> Panel:
    """The declaration of the panel of that name.

    Raises
    ------
    DataError
        If there is no such panel; the message lists those there are, the nearest name first.
    """
    known = {panel.table.name: panel for panel in PANELS}
    if name not in known:
        raise DataError(f"no panel {name!r}; {did_you_mean(name, known)}there are: {', '.join(known)}")
    return known[name]


def assemble(name: str, raw: Catalog, vintages: Mapping[str, str] | None = None) -> Release:
    """The panel of that name, made of `raw`; `vintages` picks other than the latest release of some raw tables.

    Its vintage is that of its newest input. Its notes name each input's vintage and hash, and the corrections made.

    Raises
    ------
    DataError
        If there is no such panel, an input is missing or unsound, a correction no longer applies, or `vintages` names
        a table the panel is not made of.
    """
    panel = declared(name)
    chosen = dict(vintages or {})
    if foreign := sorted(set(chosen) - set(panel.inputs)):
        raise DataError(f"panel {name!r} is not made of {', '.join(foreign)} but of {', '.join(panel.inputs)}")
    resources = {table: raw.resource(table, chosen.get(table, "latest")) for table in panel.inputs}
    frames = {
        table: corrections.apply(raw.open(table, resource.vintage), table, resource.vintage)
        for table, resource in resources.items()
    }
    made_of = [_MADE_OF.format(table=table, vintage=r.vintage, sha256=r.sha256) for table, r in resources.items()]
    corrected = [
        f"{rows} row(s) of {table} bear the correction {rule}"
        for table, frame in frames.items()
        for rule, rows in frame[corrections.MARK].dropna().str.split().explode().value_counts().sort_index().items()
    ]
    return Release(
        table=panel.table,
        vintage=max(resource.vintage for resource in resources.values()),
        frame=panel.make(**frames),
        notes=(*made_of, *corrected),
    )


def build(names: Iterable[str] | None = None) -> tuple[Resource, ...]:
    """Rebuild panels, all of them if none is named, from the latest raw tables, in place of the stored ones.

    As long as the raw tables are the same, so is every byte of the panels.

    Raises
    ------
    DataError
        If a panel is unknown, an input is missing or unsound, or a panel breaks its schema; nothing is written then.
    """
    raw = catalog.raw()
    wanted = [p.table.name for p in PANELS] if names is None else list(names)
    return catalog.processed().store([assemble(name, raw) for name in wanted], derived=True)


def raw_behind(panel: Resource, raw: Catalog) -> tuple[Resource, ...]:
    """The releases of raw tables a stored panel was made of, in the order of its sources.

    Raises
    ------
    DataError
        If the panel does not say which release of a table it was made of, or that release is another one by now.
    """
    made_of = {m["table"]: m for note in panel.notes if (m := _MADE_OF_PATTERN.fullmatch(note))}
    found = []
    for name in raw_tables(panel.table):
        note = made_of.get(name)
        if note is None:
            raise DataError(
                f"panel {panel.table.name!r} does not say which release of {name!r} it is made of; rebuild it: "
                "crimjust data panels"
            )
        resource = raw.resource(name, note["vintage"])
        if resource.sha256 != note["sha256"]:
            raise DataError(
                f"panel {panel.table.name!r} was made of {name} {note['vintage']} when its sha256 was "
                f"{note['sha256'][:12]}…; the table is now {resource.sha256[:12]}…: rebuild the panel"
            )
        found.append(resource)
    return tuple(found)
