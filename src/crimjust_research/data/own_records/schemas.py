"""Schemas of own records: cases, defendants, requests, trainings, outcomes, other programmes, gaps of reviews, readings.

Their columns stand in `data/own_records.yaml`; what the columns cannot say alone is said here, by rules across them. A
record is about a case, a defendant of a case, a request, a training or a country, and tells of no one who they are: no
column takes a name, and identifiers are codes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from crimjust_research import document, yaml_files
from crimjust_research.data.tables import Field, Licence, Source, Table
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.vocabulary import seized_drugs
from crimjust_research.yaml_files import Distinct, Entry, Text

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/own_records.yaml"
_HELD = Licence("user-held", "Held by whoever supplies the records; no part of this repository", "data/templates")
_COUNTRY = "[A-Z]{3}"
_CODE = {"pattern": "[A-Za-z0-9._/-]*[0-9][A-Za-z0-9._/-]*", "maxLength": 40}


class Column(Entry):
    """A column: what it `says`, and what a cell of it holds; `choices` may be those of the vocabulary or document."""

    name: Text
    says: Text
    holds: Literal["code", "country", "date", "boolean", "number", "integer", "choice", "choices"]
    unit: Text | None = None
    required: bool = False
    unique: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[Text, ...] | Literal["seized_drugs", "topics", "challenges"] = ()

    def field(self) -> Field:
        """The column as tables declare it."""
        choices = self._choices()
        says = {
            "code": f"{self.says}: a code with a digit in it, never a name.",
            "country": f"{self.says}, ISO 3166 alpha-3 code.",
            "choices": f"{self.says}, parted by spaces: {', '.join(choices)}.",
        }
        one_of = "|".join(choices)
        constraints: dict[str, dict[str, Any]] = {
            "country": {"pattern": _COUNTRY},
            "choice": {"enum": list(choices)},
            "choices": {"pattern": f"({one_of})( ({one_of}))*"},
        }
        return Field(
            self.name,
            self.holds if self.holds in ("date", "boolean", "number", "integer") else "string",
            says.get(self.holds, self.says),
            self.unit,
            {
                **(_CODE if self.holds == "code" else {}),
                **({"required": True} if self.required else {}),
                **({"unique": True} if self.unique else {}),
                **({} if self.minimum is None else {"minimum": self.minimum}),
                **({} if self.maximum is None else {"maximum": self.maximum}),
                **constraints.get(self.holds, {}),
            },
        )

    def _choices(self) -> tuple[str, ...]:
        if self.choices == "topics":
            return topics()
        if self.choices == "challenges":
            return tuple(challenge.key for challenge in document.load().challenges)
        return seized_drugs.families() if self.choices == "seized_drugs" else tuple(self.choices)


class Records(Entry):
    """A kind of record: what a row is, its key, the column it is ordered in time by if there is one, and all columns."""

    name: Text
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
class Rule:
    """What must hold across columns: `broken` marks the rows of a frame where it does not, shown at `column`.

    A rule `of_case` holds a record against its case: the frame it is given has the case's columns too, as `cases.country`.
    """

    column: str
    broken: "Callable[[pd.DataFrame], pd.Series[bool]]"
    rule: str
    remedy: str
    of_case: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of record: its table, its rules across columns, and its columns that hold countries."""

    table: Table
    rules: tuple[Rule, ...]
    countries: tuple[str, ...]


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


def _before(column: str, other: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column] < f[other],
        f"must not be before {other}",
        f"correct {column} or {other}",
    )


def _known_by_then(column: str) -> Rule:
    return Rule(column, lambda f: f[column] > f["as_of"], "must not be after as_of", f"correct {column} or as_of")


def _needs(column: str, other: str, why: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column].notna() & f[other].isna(),
        f"needs {other}: {why}",
        f"fill in {other}, or empty {column}",
    )


_CASE_DAYS = ("seizure_date", "investigation_opened", "prosecution_started", "disposition_date")

_CASE_RULES = (
    _before("prosecution_started", "seizure_date"),
    _before("prosecution_started", "investigation_opened"),
    _before("disposition_date", "seizure_date"),
    _before("disposition_date", "investigation_opened"),
    _before("disposition_date", "prosecution_started"),
    *(_known_by_then(day) for day in _CASE_DAYS),
    _needs("charges", "prosecution_started", "charges are filed when prosecution starts"),
    _needs("disposition", "disposition_date", "a case ends on a day"),
    _needs("disposition_date", "disposition", "a case ends in some way"),
    Rule(
        "disposition",
        lambda f: f["disposition"].notna() & (f["disposition"] != "not_prosecuted") & f["prosecution_started"].isna(),
        "needs prosecution_started: no verdict, dismissal or withdrawal without a prosecution",
        "fill in prosecution_started, or write not_prosecuted",
    ),
    Rule(
        "disposition",
        lambda f: (f["disposition"] == "not_prosecuted") & f["prosecution_started"].notna(),
        "cannot be not_prosecuted where prosecution_started is filled in",
        "write how the prosecution ended, or empty prosecution_started",
    ),
    Rule(
        "precursor_involved",
        lambda f: (f["drug"] == seized_drugs.PRECURSORS) & f["precursor_involved"].eq(False).fillna(False).astype(bool),
        "cannot be false where the drug is precursors",
        "write true, or correct the drug",
    ),
    Rule(
        "kilograms",
        lambda f: f["kilograms"] == 0,
        "must be above zero: something was seized",
        "write the weight, or leave the cell empty where it was not weighed",
    ),
)

_NO_CONVICTION = ("acquitted", "dismissed", "withdrawn", "not_prosecuted")


def _of_case(column: str, broken: "Callable[[pd.DataFrame], pd.Series[bool]]", rule: str, remedy: str) -> Rule:
    """A rule for the records whose case is among the cases."""
    return Rule(column, lambda f: f["cases.country"].notna() & broken(f), rule, remedy, of_case=True)


def _after_seizure(day: str) -> Rule:
    return _of_case(
        day,
        lambda f: f[day] < f["cases.seizure_date"],
        "must not be before the seizure_date of its case",
        f"correct {day} or case_id, or the case's seizure_date",
    )


def _none_convicted(f: "pd.DataFrame") -> "pd.Series[bool]":
    """Rows of cases whose every defendant has been decided on, and none convicted."""
    open_or_convicted = f["decided"].isna() | f["outcome"].eq("convicted").fillna(False).astype(bool)
    return ~open_or_convicted.groupby(f["case_id"]).transform("any").astype(bool)


_DEFENDANT_RULES = (
    _before("decided", "charged"),
    _known_by_then("charged"),
    _known_by_then("decided"),
    _needs("outcome", "decided", "a trial ends on a day"),
    _needs("decided", "outcome", "a trial ends in some way"),
    Rule(
        "case_id",
        lambda f: f["case_id"].notna() & f["cases.country"].isna(),
        "must be the case_id of a case",
        "correct it, or add the case to the file of cases",
        of_case=True,
    ),
    _after_seizure("charged"),
    _after_seizure("decided"),
    _of_case(
        "charged",
        lambda f: f["cases.prosecution_started"].isna() & (f["charged"] <= f["cases.as_of"]),
        "needs prosecution_started in its case: charges are filed when prosecution starts",
        "fill in the case's prosecution_started, or correct case_id",
    ),
    _of_case(
        "charged",
        lambda f: (f["charged"] < f["cases.prosecution_started"]) & (f["charged"] >= f["cases.seizure_date"]),
        "must not be before the prosecution_started of its case, the day of the first charges",
        "correct charged, or the case's prosecution_started",
    ),
    _of_case(
        "outcome",
        lambda f: f["outcome"].eq("convicted") & f["cases.disposition"].isin(_NO_CONVICTION),
        "cannot be convicted where the case ended without a conviction",
        "correct outcome, or the case's disposition, which is convicted with one defendant convicted",
    ),
    _of_case(
        "outcome",
        lambda f: f["cases.disposition"].eq("convicted") & f["decided"].notna() & _none_convicted(f),
        "must be convicted for one defendant at least where the case ended in a conviction",
        "add the defendant who was convicted, or correct outcome or the case's disposition",
    ),
)


_REQUEST_RULES = (
    _before("answered", "sent"),
    _known_by_then("sent"),
    _known_by_then("answered"),
    _needs("answered", "outcome", "an answer settles the request in some way"),
    _needs("outcome", "answered", "it was settled on a day"),
    Rule(
        "requested",
        lambda f: f["requested"] == f["requesting"],
        "must be another country than requesting",
        "correct one of the two; requests within a country are not kept here",
    ),
)


def _unlike_others(column: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column].notna() & (f.groupby("training_id")[column].transform("nunique") > 1),
        "must be the same in every row of a training",
        "correct the rows of this training_id, or give another training another one",
    )


_TRAINING_RULES = (
    _before("end", "start"),
    Rule(
        "participants",
        lambda f: (f["women"].fillna(0) + f["men"].fillna(0) > f["participants"]).fillna(False).astype(bool),
        "must be at least women and men together",
        "correct the three; those whose sex was not recorded are in neither women nor men",
    ),
    *(_unlike_others(column) for column in ("start", "end", "topic", "host")),
)


_OUTCOME_RULES = (
    Rule(
        "year", lambda f: f["year"] > 2100, "must be a calendar year, such as 2019", "write the year with four digits"
    ),
)
_RULES = {
    "cases": _CASE_RULES,
    "defendants": _DEFENDANT_RULES,
    "cooperation_requests": _REQUEST_RULES,
    "trainings": _TRAINING_RULES,
    "outcomes": _OUTCOME_RULES,
    "co_programmes": (_before("last_year", "first_year"),),
    "review_gaps": (
        Rule(
            "gaps",
            lambda f: (f["gaps"] > f["provisions"]).fillna(False).astype(bool),
            "must not be above provisions",
            "correct gaps or provisions: each provision is found wanting once",
        ),
    ),
}


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of record, by name; the topics of trainings are the activities of the source document."""
    found = {}
    for records in yaml_files.load(_Kinds, FILE).kinds:
        countries = tuple(column.name for column in records.columns if column.holds == "country")
        found[records.name] = Kind(records.table(), _RULES.get(records.name, ()), countries)
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
