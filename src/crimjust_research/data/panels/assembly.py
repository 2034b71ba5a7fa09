"""Making panels of raw tables, storing them, and telling later what each was made of."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from crimjust_research import computed
from crimjust_research.data import catalog, corrections
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.panels import cooperation, countries, reviews, routes, seizures, united_states
from crimjust_research.data.panels.declaration import Panel, raw_tables
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.sources import Sources

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
    inputs = [_MADE_OF.format(table=table, vintage=r.vintage, sha256=r.sha256) for table, r in resources.items()]
    corrected = [
        f"{rows} row(s) of {table} bear the correction {rule}"
        for table, frame in frames.items()
        for rule, rows in frame[corrections.MARK].dropna().str.split().explode().value_counts().sort_index().items()
    ]
    return Release(
        table=panel.table,
        vintage=max(resource.vintage for resource in resources.values()),
        frame=panel.make(**frames),
        notes=(*inputs, *corrected),
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
    sources = Sources()
    for panel in stored:
        computed.mark(*_mark(panel, sources))
    return stored


def made_of(panel: Resource) -> dict[str, list[str]]:
    """Vintage and hash of each raw table a stored panel says it was made of."""
    noted = (_MADE_OF_PATTERN.fullmatch(note) for note in panel.notes)
    return {note["table"]: [note["vintage"], note["sha256"]] for note in noted if note}


def moved_inputs(panel: Resource, raw: Catalog) -> str:
    """How the raw tables a stored panel was made of differ from the latest, in a phrase; empty if they do not."""
    behind = made_of(panel)
    for name in declared(panel.table.name).inputs:
        latest = raw.resource(name)
        if name not in behind:
            return f"it was made without {name}"
        vintage, sha256 = behind[name]
        if vintage != latest.vintage:
            return f"it was made of {name} {vintage}, the latest is {latest.vintage}"
        if sha256 != latest.sha256:
            return f"the figures of {name} {vintage} are others than those it was made of"
    return ""


def outdated(sources: Sources) -> dict[str, str]:
    """Panels that must be built anew, and why in a phrase: their raw tables or their code have moved since this checkout
    built them, or it never has. Code is read through `sources`."""
    processed, raw = catalog.processed(), catalog.raw()
    if not (processed.folder / catalog.FILE).is_file():
        return {}
    stored = {resource.table.name: resource for resource in processed.resources}
    found = {}
    for panel in PANELS:
        name = panel.table.name
        if name not in stored:
            found[name] = "not built yet"
        elif moved := moved_inputs(stored[name], raw):
            found[name] = moved
        elif not computed.is_marked(*_mark(stored[name], sources)):
            found[name] = "not yet built by this checkout with the code it has"
    return found


def bring_up_to_date(sources: Sources) -> tuple[str, ...]:
    """Build the panels that are not up to date; returns a line on those of each reason.

    Raises
    ------
    DataError
        As `build`.
    """
    why = outdated(sources)
    if why:
        build(why)
    named = {reason: [name for name in why if why[name] == reason] for reason in why.values()}
    return tuple(
        f"{'panels' if len(names) > 1 else 'panel'} {', '.join(names)}: built ({reason})"
        for reason, names in named.items()
    )


def unlike_raw() -> dict[str, str]:
    """Stored panels that are not what the latest raw tables make with the code at hand, and how, in a phrase.

    Raises
    ------
    DataError
        If an input is missing or unsound, or a correction no longer applies.
    """
    processed, raw = catalog.processed(), catalog.raw()
    found = {}
    for panel in processed.resources:
        name = panel.table.name
        if moved := moved_inputs(panel, raw):
            found[name] = moved
        elif hashlib.sha256(catalog.serialise(assemble(name, raw).frame, panel.table)).hexdigest() != panel.sha256:
            found[name] = "the code makes other figures than those stored"
    return found


def _mark(panel: Resource, sources: Sources) -> tuple[str, str]:
    """The name of a built panel among what this checkout computed, and what stands for it and all it was made of."""
    name = panel.table.name
    code = sources.behind({declared(name).make.__module__, corrections.__name__})
    made = json.dumps([panel.sha256, panel.notes, code])
    return f"panel-{name}", hashlib.sha256(made.encode()).hexdigest()


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
