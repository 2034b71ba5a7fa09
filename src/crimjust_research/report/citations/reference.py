"""What is cited, in one form: by whom, from when, called what, found where. Nothing here knows a file or a format."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["article", "book", "chapter", "preprint", "software", "dataset", "document"]
# Letters that are no letter with an accent, but read as one by who knows none of them.
_NEAR = str.maketrans({"æ": "ae", "đ": "d", "ł": "l", "ø": "o", "œ": "oe", "ß": "ss"})

_ORDINALS = {"2": "2nd", "3": "3rd"}


@dataclass(frozen=True)
class Person:
    """An author who is a person: family and initials."""

    family: str
    given: str

    def __str__(self) -> str:
        return f"{self.family}, {self.given}"


@dataclass(frozen=True)
class Reference:
    """One work. Authors are persons, or bodies by their name; what is not known is empty.

    `key` is what a text cites it by. `issued` is ISO 8601, as precise as known; a year alone may bear a letter. `within` is
    the journal, the collection or whatever else holds it; `medium` says what it is where it is printed nowhere, and `version`
    which of its releases; `note` holds sentences on its terms and its making.
    """

    key: str
    kind: Kind
    authors: tuple[Person | str, ...]
    title: str
    issued: str = ""
    within: str = ""
    volume: str = ""
    pages: str = ""
    publisher: str = ""
    edition: str = ""
    medium: str = ""
    version: str = ""
    note: str = ""
    address: str = ""
    doi: str = ""

    @property
    def year(self) -> str:
        """The year, with the letter that parts it from another of the same authors."""
        return self.issued.partition("-")[0]

    @property
    def which_edition(self) -> str:
        """The edition as a place in a row, 2nd; empty where there is but one."""
        return _ORDINALS.get(self.edition, f"{self.edition}th") if self.edition else ""

    @property
    def form(self) -> str:
        """What it is, and which release of it."""
        word = "vintage" if self.kind == "dataset" else "version"
        return f"{self.medium}, {word} {self.version}" if self.version else self.medium

    @property
    def link(self) -> str:
        """Where a reader finds it; empty where no address is known."""
        return f"https://doi.org/{self.doi}" if self.doi else self.address

    @property
    def told(self) -> str:
        """The work as a list of references has it, in plain text and without its address."""
        *others, last = map(str, self.authors)
        names = f"{', '.join(others)} and {last}" if others else last
        printed = " ".join(filter(None, (self.within, self.volume)))
        if self.kind == "chapter":
            printed = f"In: {printed}"
        parts = (
            f"{names} ({self.year})" if self.year else names,
            self.title,
            f"{self.which_edition} edition" if self.edition else "",
            ", ".join(filter(None, (printed, dashed(self.pages)))),
            self.publisher,
            self.form,
            self.note,
        )
        return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part)


@dataclass(frozen=True)
class Group:
    """References that stand together under a heading."""

    title: str
    references: tuple[Reference, ...]


def dashed(pages: str) -> str:
    """A range of pages with the dash that a printer sets."""
    return pages.replace("-", "–")


def plain_letters(text: str) -> str:
    """Text in small letters without accents and with hyphens for all between them, as every program takes it in a key."""
    parted = unicodedata.normalize("NFD", text.casefold().translate(_NEAR))
    letters = "".join(sign for sign in parted if not unicodedata.combining(sign) and sign not in "'’")
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")
