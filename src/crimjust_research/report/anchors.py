"""Names of places on the page that links lead to, safe whatever the text they are made of, and what such links are called."""

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def anchor(*parts: str) -> str:
    """One name made of several texts, joined by hyphens.

    Ids of estimates may come from a person's own file, so that signs which an address would not take as they are, the tilde
    among them, become a tilde and their code: no two texts share a name.
    """
    return "-".join(_UNSAFE.sub(lambda m: f"~{ord(m[0]):x}~", part) for part in parts)


def number_of(run: str) -> str:
    """The number a notebook's name begins with; empty where it begins with none."""
    found = re.match(r"\d+", run)
    return found[0] if found else ""


def cell_named(run: str, cell: int) -> str:
    """What a link to a notebook's cell is called where it is heard among others."""
    return f"cell {cell} of notebook {number_of(run) or run}"
