"""References as BibTeX: entries that BibTeX and biber both read, whatever stands in a title.

What is printed in no journal or book is `@misc`, which both know; BibTeX's own styles have no `@dataset` and no `@software`.
Letters with accents are written as TeX commands, since BibTeX takes each byte of others for a letter.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from crimjust_research.report.citations.reference import Person, Reference

_TYPES = {"article": "article", "book": "book", "chapter": "incollection"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
    "–": "--",
    "—": "---",
    "−": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\ldots{}",
    "\xa0": "~",
    "æ": r"{\ae}",
    "Æ": r"{\AE}",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "œ": r"{\oe}",
    "Œ": r"{\OE}",
    "å": r"{\aa}",
    "Å": r"{\AA}",
    "ß": r"{\ss}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ı": r"{\i}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}
_QUOTED = re.compile(r'(^|[\s(\[])"')


def text(references: Iterable[Reference]) -> str:
    """A file of entries in the order given, in UTF-8 of which only what TeX has no command for is not ASCII."""
    return "\n".join(_entry(reference) for reference in references)


def _entry(reference: Reference) -> str:
    fields = ",\n".join(f"  {name:<12} = {value}" for name, value in _fields(reference).items() if value)
    return f"@{_TYPES.get(reference.kind, 'misc')}{{{reference.key},\n{fields}\n}}\n"


def _fields(reference: Reference) -> Mapping[str, str]:
    publisher, _, place = reference.publisher.partition(", ")
    printed = {"article": "journal", "chapter": "booktitle"}.get(reference.kind, "howpublished")
    return {
        "author": _braced(" and ".join(map(_author, reference.authors))),
        # In braces of its own, so that no style makes its names small.
        "title": _braced(_braced(escaped(reference.title))),
        "year": _braced(reference.year[:4]),
        "month": _month(reference.issued),
        printed: _text(reference.form or reference.within),
        "volume": _text(reference.volume),
        "pages": _text(reference.pages.replace("-", "–")),
        "publisher": _text(publisher),
        "address": _text(place),
        "edition": _text(reference.which_edition),
        "note": _text(reference.note),
        "doi": _verbatim(reference.doi),
        "url": _verbatim(reference.address),
    }


def _author(author: Person | str) -> str:
    """Family and initials; a body as one name, whatever "and" stands in it."""
    return escaped(str(author)) if isinstance(author, Person) else _braced(escaped(author))


def _month(issued: str) -> str:
    """The month by the name that every style knows; none of a year alone."""
    _, _, later = issued.partition("-")
    return _MONTHS[int(later[:2]) - 1] if later else ""


def _text(value: str) -> str:
    return _braced(escaped(value)) if value else ""


def _verbatim(address: str) -> str:
    """An address as it stands: only what would end the field, or a comment in it, is written by its number."""
    return _braced(re.sub(r"[{}\\\s]", lambda sign: f"%{ord(sign[0]):02X}", address)) if address else ""


def _braced(value: str) -> str:
    return f"{{{value}}}" if value else ""


def escaped(plain: str) -> str:
    """Plain text as TeX sets it: no sign of it is a command, and braces come in pairs."""
    quoted = _QUOTED.sub(r"\1“", plain).replace('"', "”")
    return "".join(_letters(quoted))


def _letters(plain: str) -> Iterator[str]:
    for sign in unicodedata.normalize("NFC", plain):
        parted = unicodedata.normalize("NFD", sign)
        letter, accents = parted[0], parted[1:]
        if sign in _SIGNS:
            yield _SIGNS[sign]
        elif letter.isascii() and accents in _ACCENTS:
            command = _ACCENTS[accents]
            without_dot = f"\\{letter}" if letter in "ij" and command not in "ck" else letter
            yield f"{{\\{command}{{{without_dot}}}}}"
        else:
            yield " " if sign in "\t\r\n" else sign
