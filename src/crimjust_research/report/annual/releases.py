"""What changed in the sources of a year's figures: releases with a vintage of it, and its figures that later ones revised.

A vintage is the day of release, or the last period covered where a publisher tells no day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.vintage_difference import CHANGES, REVISED, Difference, difference
from crimjust_research.framework import Indicator
from crimjust_research.numbers import number
from crimjust_research.report import revisions


@dataclass(frozen=True)
class Change:
    """What a release changed of the one before it: rows added, cells revised, added and removed, in all and among the
    year's; `compared` are the year's cells that both hold. `largest` is the year's largest revision by the old figure's
    size, with its column and both figures; empty where none has a size."""

    table: str
    title: str
    old: str
    new: str
    revised: int
    compared: int
    of_year: dict[str, int]
    year_compared: int
    largest: str


def changes(raw: Catalog, year: int) -> tuple[Change, ...]:
    """Of each release after the first of its table, what it changed, as far as that concerns the year: its vintage is of
    it, or it changes its figures."""
    pairs = (
        (name, old.vintage, new.vintage)
        for name, releases in raw.tables().items()
        for old, new in revisions.compared(releases)
    )
    found = (_change(difference(raw, *pair), year) for pair in pairs)
    return tuple(one for one in found if one.new.startswith(str(year)) or any(one.of_year.values()))


def published(raw: Catalog, year: int) -> tuple[tuple[str, str], ...]:
    """Tables and vintages of all releases with a vintage of the year."""
    return tuple(
        (name, release.vintage)
        for name, releases in raw.tables().items()
        for release in releases
        if release.vintage.startswith(str(year))
    )


def behind(indicators: Iterable[Indicator], raw: Catalog, processed: Catalog) -> tuple[tuple[str, str], ...]:
    """Tables that measure the indicators, each once, with their vintages."""
    catalogs = {"raw": raw, "processed": processed}
    found: dict[str, str] = {}
    for indicator in indicators:
        if indicator.measure:
            resource = catalogs[indicator.measure.place].resource(indicator.measure.table)
            found[resource.table.name] = resource.vintage
    return tuple(found.items())


def _change(found: Difference, year: int) -> Change:
    of_year = found.by_year[found.by_year["year"] == str(year)]
    return Change(
        table=found.new.table.name,
        title=found.new.table.title,
        old=found.old.vintage,
        new=found.new.vintage,
        revised=int(found.by_column[REVISED].sum()),
        compared=int(found.by_column["compared"].sum()),
        of_year={kind: int(of_year[kind].sum()) for kind in CHANGES},
        year_compared=int(of_year["compared"].sum()),
        largest=next(_largest(found, year), ""),
    )


def _largest(found: Difference, year: int) -> Iterator[str]:
    cells = found.cells[(found.cells["change"] == REVISED) & found.cells["percent"].notna()]
    own = cells[cells["period"].str[:4] == str(year)]
    for cell in own.sort_values("percent", key=abs, kind="stable").tail(1).to_dict("records"):
        yield f"{cell['column']}, from {_figure(cell['old'])} to {_figure(cell['new'])}"


def _figure(value: object) -> str:
    return number(float(str(value)))
