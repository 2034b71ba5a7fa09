"""Schemas of own records: the eleven kinds that an evaluation of the programme rests on, and seven that others hold.

Their columns stand in `data/own_records.yaml`; what columns cannot say alone is said by the rules across them. A record
tells of no one who they are: no column takes a name, and identifiers are codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal

from crimjust_research import document, yaml_files
from crimjust_research.data.own_records.rules import AS_OF, RULES, Rule, not_long_after
from crimjust_research.data.tables import Field, Licence, Source, Table
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.vocabulary import record_words, seized_drugs
from crimjust_research.yaml_files import Distinct, Entry, Text

FILE = "data/own_records.yaml"
_HELD = Licence("user-held", "Held by whoever supplies the records; no part of this repository", "data/templates")
_COUNTRY = "[A-Z]{3}"
NONE = "none"  # what a coder writes who finds no challenge, or no need
_CODE = "[A-Za-z0-9._/-]*[0-9][A-Za-z0-9._/-]*"
LONGEST_CODE = 40


class Column(Entry):
    """A column: what it `says`, what it is `also` called, and what a cell of it holds.

    `choices` may be those of the vocabulary or document.
    """

    name: Text
    says: Text
    also: tuple[Text, ...] = ()
    holds: Literal["code", "codes", "country", "countries", "date", "boolean", "number", "integer", "choice", "choices"]
    unit: Text | None = None
    required: bool = False
    unique: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: (
        tuple[Text, ...]
        | Literal[
            "seized_drugs",
            "topics",
            "challenges",
            "found_challenges",
            "needs",
            "assistance_types",
            "partner_bodies",
        ]
    ) = ()
    refers_to: Text | None = None

    def field(self) -> Field:
        """The column as tables declare it."""
        choices = self.accepted()
        says = {
            "code": f"{self.says}: a code with a digit in it, never a name.",
            "codes": f"{self.says}: codes with a digit in each, parted by spaces.",
            "country": f"{self.says}, ISO 3166 alpha-3 code.",
            "countries": f"{self.says}, ISO 3166 alpha-3 codes, parted by spaces.",
            "choices": f"{self.says}, parted by spaces: {', '.join(choices)}.",
        }
        one_of = "|".join(choices)
        constraints: dict[str, dict[str, Any]] = {
            "code": {"pattern": _CODE, "maxLength": LONGEST_CODE},
            "codes": {"pattern": _several(_CODE.replace("*", f"{{0,{LONGEST_CODE - 1}}}"))},
            "country": {"pattern": _COUNTRY},
            "countries": {"pattern": _several(_COUNTRY)},
            "choice": {"enum": list(choices)},
            "choices": {"pattern": _several(one_of)},
        }
        return Field(
            self.name,
            self.holds if self.holds in ("date", "boolean", "number", "integer") else "string",
            says.get(self.holds, self.says),
            self.unit,
            {
                **constraints.get(self.holds, {}),
                **({"required": True} if self.required else {}),
                **({"unique": True} if self.unique else {}),
                **({} if self.minimum is None else {"minimum": self.minimum}),
                **({} if self.maximum is None else {"maximum": self.maximum}),
            },
        )

    def accepted(self) -> tuple[str, ...]:
        """What a cell of choices may hold."""
        if self.choices == "topics":
            return topics()
        if self.choices in ("challenges", "found_challenges"):
            keys = tuple(challenge.key for challenge in document.load().challenges)
            return keys if self.choices == "challenges" else (*keys, NONE)
        if self.choices in ("needs", "assistance_types"):
            types = tuple(kind.key for kind in document.load().assistance_types)
            return types if self.choices == "assistance_types" else (*types, NONE)
        if self.choices == "partner_bodies":
            return tuple(body.key for body in document.load().partner_bodies)
        return seized_drugs.families() if self.choices == "seized_drugs" else tuple(self.choices)


def _several(one: str) -> str:
    """Pattern of some of what a pattern takes, parted by spaces."""
    return f"({one})( ({one}))*"


class Records(Entry):
    """A kind of record: what a row is, its key, the column it is ordered in time by if there is one, and all columns.

    `called` are words by which files and sheets that hold it are known beside its name.
    """

    name: Text
    called: tuple[Text, ...] = ()
    title: Text
    description: Text
    primary_key: tuple[Text, ...]
    time: Text | None = None
    columns: Annotated[tuple[Column, ...], Distinct]

    def table(self) -> Table:
        """The kind as a table is declared."""
        source = Source("Records of the programme or authority that supplies them", f"data/templates/{self.name}.csv")
        fields = tuple(column.field() for column in self.columns)
        return Table(
            self.name, self.title, self.description, fields, self.primary_key, (_HELD,), (source,), time=self.time
        )


class _Kinds(Entry):
    kinds: Annotated[tuple[Records, ...], Distinct]


@dataclass(frozen=True)
class Kind:
    """A kind of record: its table, columns as declared, and rules across them.

    `called` are words in the names of files that hold it; `headings` gives the column of each heading it is known by;
    `references`, by column, the kind of record whose codes it holds, under the same name or as the plural of it.
    """

    table: Table
    columns: Mapping[str, Column]
    headings: Mapping[str, str]
    rules: tuple[Rule, ...]
    references: Mapping[str, str]
    called: tuple[str, ...] = ()

    @property
    def required(self) -> frozenset[str]:
        """The columns that a record must have."""
        return frozenset(column.name for column in self.columns.values() if column.required)

    @property
    def countries(self) -> tuple[str, ...]:
        """The columns that hold countries."""
        return tuple(column.name for column in self.columns.values() if column.holds in ("country", "countries"))


def topics() -> tuple[str, ...]:
    """The pillars of Component 1 and the steps of Component 2, each as a whole and by the activities under it."""
    return tuple(
        topic
        for component in document.load().components
        for stream in component.streams
        for topic in (
            f"{component.stream}_{stream.number}",
            *(f"{component.stream}_{stream.number}/{activity.key}" for activity in stream.activities),
        )
    )


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of record, by name; the topics of trainings are the activities of the source document.

    Raises
    ------
    DataError
        If `data/own_records.yaml` is not as its schema has it, or declares a table that cannot be one.
    """
    found = {}
    for records in yaml_files.load(_Kinds, FILE).kinds:
        columns = {column.name: column for column in records.columns}
        headings = record_words.by_heading({column.name: column.also for column in records.columns}, FILE)
        references = {column.name: column.refers_to for column in records.columns if column.refers_to}
        try:
            table = records.table()
        except DataError as error:
            raise DataError(f"{FILE}: {error}") from None
        called = tuple(dict.fromkeys(record_words.heading(word) for word in (records.name, *records.called)))
        days = [column.name for column in records.columns if column.holds == "date" and column.name != AS_OF]
        rules = (*RULES.get(records.name, ()), *([not_long_after(days)] if AS_OF in columns else []))
        found[records.name] = Kind(table, columns, headings, rules, references, called)
    return MappingProxyType(found)


def kind_named(name: str) -> Kind:
    """The kind of record of that name.

    Raises
    ------
    DataError
        If there is none; the message lists those there are, the nearest name first.
    """
    known = kinds()
    if name not in known:
        raise DataError(
            f"there are no records of kind {name!r}; {did_you_mean(name, known)}there are: {', '.join(known)}"
        )
    return known[name]
