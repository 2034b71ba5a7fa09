"""What is told of one country: facts and tables, by part, as text that a terminal, a page and the report show alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from crimjust_research.numbers import number
from crimjust_research.report.tables import Table

_BROAD = 8  # columns that half a page has room for
MANY = 5  # of several, as many as are named


@dataclass(frozen=True)
class Fact:
    """A fact by its name, or in words that there is none. `brief` is what the report says in its place, which is short of
    room and explains words once; nothing where it leaves the fact out. `code` is what it is called there, if not by its name."""

    name: str
    says: str
    brief: str | None = None
    code: str = ""

    @property
    def in_short(self) -> str:
        return self.says if self.brief is None else self.brief


@dataclass(frozen=True)
class Part:
    """What is told under one heading; `read` are the tables it was read from: each panel with those raw tables it is made of
    that the part rests on, a raw table alone with none. `publishers` are of its own rows, where each row has one."""

    title: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    read: tuple[tuple[str, tuple[str, ...]], ...]
    publishers: tuple[str, ...] = ()

    @property
    def is_broad(self) -> bool:
        """Whether a table of it wants the whole width of a page."""
        return any(len(table.columns) > _BROAD for table in self.tables)


@dataclass(frozen=True)
class Country:
    """One country; `about` says in a line which it is."""

    iso3: str
    name: str
    about: str
    parts: tuple[Part, ...]


def years(told: Iterable[int]) -> str:
    """Years, those that follow each other as one span: "2011 to 2014, 2017"."""
    spans = (
        [year for _, year in run]
        for _, run in groupby(enumerate(sorted(told)), key=lambda placed: placed[1] - placed[0])
    )
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def of_all(names: Sequence[str], what: str = "") -> str:
    """The first few of several, and how many more there are."""
    more = len(names) - MANY
    return ", ".join(names[:MANY]) + (f" and {more} more{what}" if more > 0 else "")


def weight(kilograms: float | None) -> str:
    """Kilograms as a table has them: whole ones as such, others to two digits, less than 10 grams as such."""
    if kilograms is None:
        return "not weighed"
    if 0 < kilograms < 0.01:
        return "< 0.01"
    return f"{kilograms:,.0f}" if kilograms >= 10 or kilograms == int(kilograms) else number(kilograms, 2)


def span(first: object, last: object) -> str:
    """Two periods as one, if they are."""
    return str(first) if first == last else f"{first} to {last}"


def signed(value: float) -> str:
    """A score to two decimals, with the sign of minus."""
    return f"{value:.2f}".replace("-", "−")
