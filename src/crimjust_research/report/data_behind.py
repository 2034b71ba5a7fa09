"""The data behind all sections of a page, each table once, with a place that links lead to."""

from collections.abc import Iterable
from dataclasses import dataclass

from crimjust_research.data.tables import Resource
from crimjust_research.report.anchors import anchor
from crimjust_research.report.origins import Sample, Samples
from crimjust_research.report.section import Section


@dataclass(frozen=True)
class Stored:
    """A stored table: where it stands on the page, the raw tables it is made of, the sections that rest on it, and one of its
    rows with those behind it."""

    resource: Resource
    anchor: str
    made_of: tuple[Resource, ...]
    sections: tuple[Section, ...]
    sample: Sample

    @property
    def folder(self) -> str:
        return "processed" if self.made_of else "raw"


def stored(sections: Iterable[Section]) -> dict[tuple[str, str, str], Stored]:
    """Every table that a section read and every raw one behind it, by `key`: panels first, each kind by name and vintage.

    Raises
    ------
    DataError
        As `Samples.of` does.
    """
    sections = tuple(sections)
    made_of = {key(one.resource): one.made_of for section in sections for one in section.inputs if one.made_of}
    found = {key(resource): resource for section in sections for resource in section.read()}
    order = sorted(found, key=lambda name: (name not in made_of, found[name].table.name, not found[name].latest, name))
    anchors: dict[tuple[str, str, str], str] = {}
    for name in order:
        resource = found[name]
        place = anchor("data", resource.table.name)
        anchors[name] = anchor("data", resource.table.name, resource.vintage) if place in anchors.values() else place
    samples = Samples()
    return {
        name: Stored(
            resource=found[name],
            anchor=anchors[name],
            made_of=made_of.get(name, ()),
            sections=tuple(section for section in sections if name in map(key, section.read())),
            sample=samples.of(found[name]),
        )
        for name in order
    }


def key(resource: Resource) -> tuple[str, str, str]:
    """What a stored table is known by among all: its name, vintage and hash."""
    return resource.table.name, resource.vintage, resource.sha256
