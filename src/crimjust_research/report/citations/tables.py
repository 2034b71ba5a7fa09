"""Figures as published, cited by their publisher: one reference for each raw table and vintage."""

from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.data.tables import NONE_NAMED, Resource, Source
from crimjust_research.report.citations.reference import Reference, plain_letters
from crimjust_research.yaml_files import Distinct, Entry, Text

FILE = "publishers.yaml"


class Publisher(Entry):
    """Who published a source: how its title begins, the bodies by their full names, and a short name for keys."""

    name: Text
    bodies: tuple[Text, ...]
    short: Text


class _Publishers(Entry):
    publishers: Annotated[tuple[Publisher, ...], Distinct]


def of(release: Resource) -> Reference:
    """The reference of a stored release of a raw table.

    Its year is that of the vintage. When it was downloaded is not recorded, and so not told. Of several sources each stands
    with its address in the note.
    """
    table = release.table
    publishers = [published_by(source) for source in table.sources]
    named = plain_letters(table.name).removeprefix(f"{publishers[0].short}-")
    part = " (a part of the table)" if release.lacks else ""
    # Among the works of one publisher its name need not be said again.
    alone = f"{publishers[0].name}, " if len(set(publishers)) == 1 else ""
    several = len(table.sources) > 1
    products = "; ".join(
        f"{source.title.removeprefix(alone)}{f' ({source.path})' if several else ''}" for source in table.sources
    )
    terms = "; ".join(
        f"{'others: ' if place and licence.title == NONE_NAMED else ''}{licence.title}"
        for place, licence in enumerate(table.licences)
    )
    return Reference(
        key="-".join((publishers[0].short, named, release.vintage)),
        kind="dataset",
        authors=tuple(dict.fromkeys(body for publisher in publishers for body in publisher.bodies)),
        title=table.title,
        issued=release.vintage,
        medium="Data set",
        version=f"{release.vintage}{part}",
        note=f"From: {products}. Terms: {terms}. Table {table.name} of crimjust-research.",
        address="" if several else table.sources[0].path,
    )


def published_by(source: Source) -> Publisher:
    """The publisher of a source: the one listed whose name its title begins with, or what stands before the first comma."""
    listed = yaml_files.load_beside(_Publishers, __package__, FILE).publishers
    fitting = [p for p in listed if source.title == p.name or source.title.startswith((f"{p.name} ", f"{p.name},"))]
    if fitting:
        return max(fitting, key=lambda publisher: len(publisher.name))
    name = source.title.partition(",")[0].strip()
    return Publisher(name=name, bodies=(name,), short=plain_letters(name))
