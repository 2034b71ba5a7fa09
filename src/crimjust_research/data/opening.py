"""Opening what an analysis reads, together with the releases its figures come from."""

from typing import TYPE_CHECKING

from crimjust_research.data import catalog, provenance
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def open_panel(name: str, as_of: str = "latest") -> "tuple[pd.DataFrame, tuple[Resource, ...]]":
    """The panel of that name, and the releases that were read.

    "latest" opens the stored panel, and what was read is its own release. Another `as_of`, a date YYYY[-MM[-DD]],
    gives the panel as its figures stood then: it is made anew in memory of the newest whole release of each raw table
    that is no later, and what was read is those.

    Raises
    ------
    DataError
        If there is no such panel, or a raw table has no whole release by then; the message lists those there are. If the
        stored panel is older than its raw tables.
    """
    raw = catalog.raw()
    if as_of == "latest":
        processed = catalog.processed()
        resource = processed.resource(name)
        provenance.require_catalogued(resource, raw)
        if moved := provenance.moved_inputs(resource, raw):
            raise DataError(f"panel {name!r} is not up to date: {moved}; rebuild it with `crimjust data panels`")
        return processed.open(name), (resource,)
    from crimjust_research.data import panels  # with all of them and vocabularies, which the latest figures do not need

    read = tuple(_newest_by(as_of, table, raw) for table in panels.declared(name).inputs)
    made = panels.assemble(name, raw, {resource.table.name: resource.vintage for resource in read})
    return catalog.in_key_order(made.frame, made.table), read


def open_raw(name: str, vintage: str = "latest") -> "tuple[pd.DataFrame, tuple[Resource, ...]]":
    """The raw table of that name at that vintage, and the one release that was read.

    Raises
    ------
    DataError
        If there is no such table or vintage; the message lists those there are.
    """
    raw = catalog.raw()
    return raw.open(name, vintage), (raw.resource(name, vintage),)


def _newest_by(as_of: str, table: str, raw: Catalog) -> Resource:
    whole = [r for r in raw.tables().get(table, ()) if r.complete]
    by_then = [r for r in whole if r.vintage <= as_of]
    if not by_then:
        there_are = ", ".join(r.vintage for r in whole)
        raise DataError(f"table {table!r} has no release by {as_of}; there are: {there_are}")
    return by_then[-1]
