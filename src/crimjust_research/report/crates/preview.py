"""A crate told to people: one page beside the crate's description, made of that alone."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from crimjust_research.report import markup
from crimjust_research.report.crates.entities import Entity

NAME = "ro-crate-preview.html"
_TEMPLATE, _STYLES = "crate.html", ("style.css", "country.css", "crate.css")


def page(description: bytes) -> bytes:
    """The page of a crate, from its file of metadata: what ran on what, whose the tables are, and every file."""
    graph = json.loads(description)["@graph"]
    known = {entity["@id"]: entity for entity in graph}
    kinds = {
        "actions": [(one, _values(one, known)) for one in graph if one["@type"] == "CreateAction"],
        "tables": [one for one in graph if "isBasedOn" in one],
        "supplied": [one for one in graph if str(one["@id"]).startswith("#supplied-")],
        "files": [known[place] for place in _referred(known["./"]["hasPart"])],
    }

    def named(value: Any) -> str:
        return "; ".join(known[place].get("name", place) for place in _referred(value))

    def count(value: Any) -> int:
        return len(list(_referred(value)))

    style = "".join(map(markup.within, _STYLES))
    text = (
        markup.environment()
        .get_template(_TEMPLATE)
        .render(root=known["./"], named=named, count=count, **kinds, style=Markup(style), policy=markup.policy(style))
    )
    return text.encode()


def _values(action: Entity, known: Mapping[str, Entity]) -> list[Entity]:
    """The values of parameters among what an action read."""
    read = (known[place] for place in _referred(action.get("object", [])))
    return [one for one in read if one["@type"] == "PropertyValue"]


def _referred(value: Any) -> Iterator[str]:
    """What a property refers to, by what it is known by."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Mapping):
            yield each["@id"]
