"""Text and tables in Markdown, for the documents generated from data."""

import re
from html import escape

from crimjust_research.errors import printable

_CODE = re.compile("(`[^`]+`)")
# What Markdown reads as markup: signs around words, and what makes a line a heading or a list.
_MARKUP = re.compile(r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|^[#+=-]")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
# What makes a link of an address.
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)


def prose(text: str) -> str:
    """Text as it stands, whatever Markdown would make of its signs, on one line; code between backticks stays code, addresses
    become links, and whatever would command a terminal is made visible."""
    parts = _CODE.split(printable(" ".join(text.split())))
    return "".join(part if place % 2 else _literal(part) for place, part in enumerate(parts))


def quoted(text: str) -> str:
    """Text that somebody else wrote, as `prose` has it, but without code and links."""
    return _ADDRESS.sub(r"\\\g<0>", _literal(printable(" ".join(text.split()))))


def _literal(text: str) -> str:
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", escape(text, quote=False)))


def head(*titles: str) -> tuple[str, str]:
    """The two lines that begin a table."""
    return row(*titles), row(*("---" for _ in titles))


def row(*cells: str) -> str:
    """A line of a table, its cells already Markdown."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
