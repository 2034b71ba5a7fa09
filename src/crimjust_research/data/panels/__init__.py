"""Analysis panels: raw tables into the shapes the assessments read.

A panel is a pure function of raw tables, given with their declared corrections made; what is missing in them stays
missing in it, in a cell of its own. `build` writes the panels to `data/processed`, in identical bytes as long as the
raw tables are the same.
"""

from collections.abc import Iterable, Mapping

from crimjust_research.data import catalog, corrections
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.panels import cooperation, countries, reviews, routes, seizures, united_states
from crimjust_research.data.panels.declaration import Panel
from crimjust_research.data.tables import Release, Resource
from crimjust_research.errors import DataError

PANELS: tuple[Panel, ...] = (
    *united_states.PANELS,
    *seizures.PANELS,
    *countries.PANELS,
    *routes.PANELS,
    *cooperation.PANELS,
    *reviews.PANELS,
)


def assemble(name: str, raw: Catalog, vintages: Mapping[str, str] | None = None) -> Release:
    """The panel of that name, made of `raw`; `vintages` picks other than the latest release of some raw tables.

    Its vintage is that of its newest input. Its notes name each input's vintage and hash, and the corrections made.

    Raises
    ------
    DataError
        If there is no such panel, an input is missing or unsound, a correction no longer applies, or `vintages` names
        a table the panel is not made of.
    """
    panel = _panel(name)
    chosen = dict(vintages or {})
    if foreign := sorted(set(chosen) - set(panel.inputs)):
        raise DataError(f"panel {name!r} is not made of {', '.join(foreign)} but of {', '.join(panel.inputs)}")
    resources = {table: raw.resource(table, chosen.get(table, "latest")) for table in panel.inputs}
    frames = {
        table: corrections.apply(raw.open(table, resource.vintage), table, resource.vintage)
        for table, resource in resources.items()
    }
    made = [
        f"{rows} row(s) of {table} bear the correction {rule}"
        for table, frame in frames.items()
        for rule, rows in frame[corrections.MARK].dropna().str.split().explode().value_counts().sort_index().items()
    ]
    return Release(
        table=panel.table,
        vintage=max(resource.vintage for resource in resources.values()),
        frame=panel.make(**frames),
        notes=(*(f"made of {table} {r.vintage}, sha256 {r.sha256}" for table, r in resources.items()), *made),
    )


def build(names: Iterable[str] | None = None) -> tuple[Resource, ...]:
    """Rebuild panels, all of them if none is named, from the latest raw tables, in place of the stored ones.

    Raises
    ------
    DataError
        If a panel is unknown, an input is missing or unsound, or a panel breaks its schema; nothing is written then.
    """
    raw = catalog.raw()
    wanted = [p.table.name for p in PANELS] if names is None else list(names)
    return catalog.processed().store([assemble(name, raw) for name in wanted], derived=True)


def _panel(name: str) -> Panel:
    panel = next((p for p in PANELS if p.table.name == name), None)
    if panel is None:
        from difflib import get_close_matches

        names = [p.table.name for p in PANELS]
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(f"no panel {name!r}; {hint}there are: {', '.join(names)}")
    return panel
