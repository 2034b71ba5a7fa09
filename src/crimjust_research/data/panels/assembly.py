"""Making panels of raw tables and storing them."""

import hashlib
from collections.abc import Iterable, Mapping

from crimjust_research.data import catalog, corrections, provenance
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.panels import (
    cooperation,
    countries,
    evaluations,
    organized_crime,
    precursor_reports,
    reviews,
    routes,
    seizures,
    treaties,
    united_states,
)
from crimjust_research.data.panels.declaration import Panel
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import DataError, did_you_mean

PANELS: tuple[Panel, ...] = (
    *united_states.PANELS,
    *precursor_reports.PANELS,
    *seizures.PANELS,
    *countries.PANELS,
    *routes.PANELS,
    *cooperation.PANELS,
    *reviews.PANELS,
    *evaluations.PANELS,
    *organized_crime.PANELS,
    *treaties.PANELS,
)


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

    Its vintage is that of its newest input. Its notes name each input's vintage and hash, the corrections made, and those
    that no longer apply.

    Raises
    ------
    DataError
        If there is no such panel, an input is missing or unsound, or `vintages` names a table the panel is not made of.
    """
    panel = declared(name)
    chosen = dict(vintages or {})
    if foreign := sorted(set(chosen) - set(panel.inputs)):
        raise DataError(f"panel {name!r} is not made of {', '.join(foreign)} but of {', '.join(panel.inputs)}")
    resources = {table: raw.resource(table, chosen.get(table, "latest")) for table in panel.inputs}
    published = {table: raw.open(table, resource.vintage) for table, resource in resources.items()}
    frames = {table: corrections.apply(frame, table, resources[table].vintage) for table, frame in published.items()}
    inputs = [provenance.note(resource) for resource in resources.values()]
    corrected = [
        f"{rows} row(s) of {table} bear the correction {rule}"
        for table, frame in frames.items()
        for rule, rows in frame[corrections.MARK].dropna().str.split().explode().value_counts().sort_index().items()
    ]
    idle = [
        why for table, frame in published.items() for why in corrections.idle(frame, table, resources[table].vintage)
    ]
    return Release(
        table=panel.table,
        vintage=max(resource.vintage for resource in resources.values()),
        frame=panel.make(**frames),
        notes=(*inputs, *corrected, *idle),
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
    stored = catalog.processed().store([assemble(name, raw) for name in wanted], derived=True)
    provenance.mark_built(stored)
    return stored


def unlike_raw() -> dict[str, str]:
    """Stored panels that are not what the latest raw tables make with the code at hand, and how, in a phrase.

    Raises
    ------
    DataError
        If an input is missing or unsound.
    """
    processed, raw = catalog.processed(), catalog.raw()
    found = {}
    for panel in processed.resources:
        name = panel.table.name
        if moved := provenance.moved_inputs(panel, raw):
            found[name] = moved
        elif hashlib.sha256(catalog.serialise(assemble(name, raw).frame, panel.table)).hexdigest() != panel.sha256:
            found[name] = "the code makes other figures than those stored"
    return found
