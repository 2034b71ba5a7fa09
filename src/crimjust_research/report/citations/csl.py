"""References as CSL-JSON, which Zotero, pandoc, Quarto and citeproc read."""

import json
import re
from collections.abc import Iterable
from typing import Any

from crimjust_research.report.citations.reference import Person, Reference

_TYPES = {"article": "article-journal", "preprint": "article"}


def text(references: Iterable[Reference]) -> str:
    """A file of items in the order given, in ASCII, which is the same in every encoding."""
    return json.dumps([_item(reference) for reference in references], indent=1) + "\n"


def _item(reference: Reference) -> dict[str, Any]:
    publisher, _, place = reference.publisher.partition(", ")
    held = {
        "id": reference.key,
        "type": _TYPES.get(reference.kind, reference.kind),
        "title": reference.title,
        "author": [_author(author) for author in reference.authors],
        "issued": {"date-parts": [[int(part) for part in re.findall(r"\d+", reference.issued)]]}
        if reference.issued
        else {},
        "container-title": reference.within,
        "volume": reference.volume,
        "page": reference.pages,
        "publisher": publisher,
        "publisher-place": place,
        "edition": reference.edition,
        "genre": reference.medium,
        "version": reference.version,
        "note": reference.note,
        "DOI": reference.doi,
        "URL": reference.address,
    }
    return {name: value for name, value in held.items() if value}


def _author(author: Person | str) -> dict[str, str]:
    return {"family": author.family, "given": author.given} if isinstance(author, Person) else {"literal": author}
