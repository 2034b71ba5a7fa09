"""The works that `docs/METHODS.md` and `docs/methods` cite, as `docs/methods/references.yaml` has them."""

import re
from typing import Annotated, Literal, Self

from pydantic import model_validator

from crimjust_research import yaml_files
from crimjust_research.report.citations.reference import Person, Reference, plain_letters
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "docs/methods/references.yaml"
_NEEDS = {
    "article": ("within", "volume"),
    "book": ("publisher",),
    "chapter": ("within", "publisher"),
    "preprint": ("within", "address"),
    "software": ("within",),
    "document": (),
}

Authors = Annotated[
    str,
    matching(
        r"[^;,]+, [^;,]+(; [^;,]+, [^;,]+)*",
        "authors are family and initials, parted by semicolons, as Kaplan, E. L.; Meier, P.",
    ),
]


class Work(Entry):
    """One work; its authors, or the body that published it, and its year name it."""

    kind: Literal["article", "book", "chapter", "preprint", "software", "document"]
    authors: Authors | None = None
    body: Text | None = None
    year: Annotated[
        str, matching(r"(19|20)\d{2}[a-z]?", "a year is four digits, and a letter where two would be called alike")
    ]
    title: Text
    within: str = ""
    volume: str = ""
    pages: Annotated[str, matching(r"(\d+(-\d+)?)?", "pages are a number, or two with a hyphen between them")] = ""
    publisher: str = ""
    edition: Annotated[str, matching(r"[2-9]?", "an edition is a number from 2 on")] = ""
    address: Annotated[str, matching(r"(https?://\S+)?", "an address begins with https://")] = ""
    doi: Annotated[str, matching(r"(10\.\S+/\S+)?", "a DOI begins with 10. and has a slash")] = ""

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        lacking = [name for name in _NEEDS[self.kind] if not getattr(self, name)]
        if (self.authors is None) == (self.body is None):
            raise ValueError(f"{self.title!r} is by authors, or by a body that published it; give one of them")
        if lacking:
            raise ValueError(f"the {self.kind} {self.title!r} lacks {' and '.join(lacking)}; add that")
        return self

    @property
    def by(self) -> tuple[Person | str, ...]:
        """Its authors, persons or a body."""
        if self.authors is None:
            return (self.body or "",)
        return tuple(Person(*author.split(", ", 1)) for author in self.authors.split("; "))

    @property
    def families(self) -> tuple[str, ...]:
        """What a text calls its authors."""
        return tuple(author.family if isinstance(author, Person) else author for author in self.by)

    def is_named(self, text: str) -> bool:
        """Whether a text names it by its authors: all of up to two, the first and that there are others of more."""
        first, *others = map(re.escape, self.families)
        joined = "|".join(("-", "–", " and ", ", ", " &amp; "))
        also = rf"(?:{joined}){others[0]}" if others else ""
        more = r"|(?:,.{,40})? (?:et al\b|and others\b)" if len(others) > 1 else ""
        return re.search(rf"\b{first}(?:{also}{more})\b", text) is not None

    @property
    def key(self) -> str:
        """What a text cites it by: the family of one author, those of two, the first of more; the year."""
        families = [plain_letters(family) for family in self.families]
        named = families if len(families) <= 2 else [families[0], "et-al"]
        return "-".join([*named, self.year])

    @property
    def reference(self) -> Reference:
        return Reference(
            key=self.key,
            kind=self.kind,
            authors=self.by,
            title=self.title,
            issued=self.year,
            within=self.within,
            volume=self.volume,
            pages=self.pages,
            publisher=self.publisher,
            edition=self.edition,
            address=self.address,
            doi=self.doi,
        )


class Literature(Entry):
    """All works, in the order of authors and years."""

    references: tuple[Work, ...]


def load() -> tuple[Work, ...]:
    """Every work that the methods cite.

    Raises
    ------
    DataError
        Naming file, entry and value of whatever does not fit.
    """
    return yaml_files.load(Literature, FILE).references
