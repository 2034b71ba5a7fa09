"""Names of places on the page that links lead to, safe whatever the text they are made of."""

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def anchor(*parts: str) -> str:
    """One name made of several texts, joined by hyphens.

    Ids of estimates may come from a person's own file, so that signs which an address would not take as they are, the tilde
    among them, become a tilde and their code: no two texts share a name.
    """
    return "-".join(_UNSAFE.sub(lambda m: f"~{ord(m[0]):x}~", part) for part in parts)
