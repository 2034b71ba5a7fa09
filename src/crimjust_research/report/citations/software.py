"""This repository as `CITATION.cff` has it, and how far the checkout at hand is that."""

from typing import Annotated, Literal

from pydantic import Field

from crimjust_research import project, yaml_files
from crimjust_research.report.citations.reference import Reference, plain_letters
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "CITATION.cff"

Day = Annotated[str, matching(r"\d{4}-\d{2}-\d{2}", "a day is written as 2026-11-27")]
Address = Annotated[str, matching(r"https?://\S+", "an address begins with https://")]


class Body(Entry):
    """An author who is no person."""

    name: Text


class Cited(Entry):
    """What a citation file says of one work that this one rests on."""

    type: Literal["data", "generic", "report"]
    title: Text
    authors: tuple[Body, ...] = Field(min_length=1)
    date_published: Day = Field(alias="date-published")
    url: Address
    notes: str = ""


class CitationFile(Entry):
    """What CITATION.cff holds, in the Citation File Format 1.2.0."""

    cff_version: Literal["1.2.0"] = Field(alias="cff-version")
    message: Text
    type: Literal["software"]
    title: Text
    abstract: Text
    authors: tuple[Body, ...] = Field(min_length=1)
    version: Text
    date_released: Day | None = Field(alias="date-released", default=None)
    license: Text
    keywords: tuple[Text, ...]
    references: tuple[Cited, ...]


def load() -> CitationFile:
    """The citation file of this checkout.

    Raises
    ------
    DataError
        Naming entry and value of whatever does not fit.
    """
    return yaml_files.load(CitationFile, FILE)


def authors() -> tuple[str, ...]:
    """Who made code and results."""
    return tuple(body.name for body in load().authors)


def reference(commit: str = "") -> Reference:
    """The code: title, authors, version, licence and, if one is given, the commit."""
    told = load()
    return Reference(
        key=f"crimjust-research-{told.version}",
        kind="software",
        authors=authors(),
        title=told.title,
        issued=told.date_released or "",
        medium="Software",
        version=f"{told.version}, commit {commit}" if commit else told.version,
        note=f"Licence: {told.license}.",
    )


def works() -> tuple[Reference, ...]:
    """What the whole repository is about: the works that its citation file refers to."""
    return tuple(
        Reference(
            key=f"{_initials(work.authors[0].name)}-{plain_letters(work.title.split()[0])}-{work.date_published[:4]}",
            kind="document",
            authors=tuple(body.name for body in work.authors),
            title=work.title,
            issued=work.date_published,
            note=work.notes,
            address=work.url,
        )
        for work in load().references
    )


def _initials(name: str) -> str:
    return "".join(letter for letter in name if letter.isupper()).lower()


def commit() -> str:
    """The commit a checkout of git stands at, and whether files differ from it; empty elsewhere, as in an archive that was
    unpacked within another repository."""
    root = project.root()
    if project.git(root, "rev-parse", "--show-prefix") != b"\n":
        return ""
    head = (project.git(root, "rev-parse", "--verify", "HEAD") or b"").decode().strip()
    changed = project.git(root, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no")
    return f"{head[:12]} with changes" if head and changed else head[:12]
