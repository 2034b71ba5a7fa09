"""Schemas of a programme's own records: cases, requests for cooperation, trainings.

A record is about a case, a request or a training, never about a person: no column takes a name, and identifiers are
codes. What the columns cannot say alone is said by rules across them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crimjust_research import document
from crimjust_research.data.tables import Field, Licence, Source, Table
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.vocabulary import seized_drugs

if TYPE_CHECKING:
    import pandas as pd

COUNTRY_PATTERN = "[A-Z]{3}"
CODE_PATTERN = "[A-Za-z0-9._/-]*[0-9][A-Za-z0-9._/-]*"
CHARGES = ("trafficking", "precursors", "organised_crime", "money_laundering", "corruption", "other")
DISPOSITIONS = ("convicted", "acquitted", "dismissed", "withdrawn", "not_prosecuted")
REQUEST_KINDS = (
    "mutual_legal_assistance",
    "extradition",
    "joint_team",
    "intelligence_exchange",
    "controlled_delivery",
)
REQUEST_OUTCOMES = ("granted", "partly_granted", "refused", "withdrawn")
AGENCIES = (
    "police",
    "drug_agency",
    "customs",
    "coast_guard_or_navy",
    "port_control_unit",
    "financial_intelligence",
    "forensic_laboratory",
    "prosecution",
    "judiciary",
    "other",
)


@dataclass(frozen=True)
class Rule:
    """What must hold across columns: `broken` marks the rows of a frame where it does not, shown at `column`."""

    column: str
    broken: "Callable[[pd.DataFrame], pd.Series[bool]]"
    rule: str
    remedy: str


@dataclass(frozen=True)
class Kind:
    """A kind of record: its table, its rules across columns, and its columns that hold countries."""

    table: Table
    rules: tuple[Rule, ...]
    countries: tuple[str, ...]


_HELD = Licence("user-held", "Held by whoever supplies the records; no part of this repository", "data/templates")


def _source(name: str) -> tuple[Source, ...]:
    return (Source("Records of the programme or authority that supplies them", f"data/templates/{name}.csv"),)


def _code(name: str, what: str, **constraints: Any) -> Field:
    return Field(
        name,
        "string",
        f"{what}: a code with a digit in it, never a name.",
        constraints={"pattern": CODE_PATTERN, "maxLength": 40, **constraints},
    )


def _country(name: str, what: str) -> Field:
    return Field(
        name, "string", f"{what}, ISO 3166 alpha-3 code.", constraints={"required": True, "pattern": COUNTRY_PATTERN}
    )


def _day(name: str, what: str, required: bool = False) -> Field:
    return Field(name, "date", what, constraints={"required": True} if required else {})


def _choice(name: str, what: str, values: tuple[str, ...], required: bool = False) -> Field:
    return Field(name, "string", what, constraints={**({"required": True} if required else {}), "enum": list(values)})


_AS_OF = _day(
    "as_of",
    "Day the record was last known to be up to date. What has not happened by then is open, not failed: times to an "
    "event are censored on this day.",
    required=True,
)

_CASES = Table(
    name="cases",
    title="Cases that began with a seizure",
    description="One row is a case: a seizure of drugs or precursors and what became of it, through investigation and "
    "prosecution to its end. An empty date means that the step had not been taken on the day of as_of.",
    fields=(
        _code("case_id", "Case", required=True, unique=True),
        _country("country", "Country that has the case"),
        _day("seizure_date", "Day of the seizure.", required=True),
        _choice("drug", "Drug seized, the heaviest if there were several.", seized_drugs.families(), required=True),
        Field(
            "kilograms",
            "number",
            "Weight seized of that drug; empty where it was not weighed.",
            "kilograms",
            {"minimum": 0},
        ),
        Field("precursor_involved", "boolean", "Whether precursors were seized, or traced to their source."),
        _day(
            "investigation_opened", "Day an investigation beyond the seizure was opened; it may be before the seizure."
        ),
        _day("prosecution_started", "Day charges were filed."),
        Field(
            "charges",
            "string",
            f"What was charged, parted by spaces: {', '.join(CHARGES)}.",
            constraints={"pattern": f"({'|'.join(CHARGES)})( ({'|'.join(CHARGES)}))*"},
        ),
        _day("disposition_date", "Day of the verdict, or of the decision that ended the case without one."),
        _choice(
            "disposition",
            "How the case ended: by conviction of at least one defendant; acquittal of all; dismissal by the court; "
            "withdrawal of the charges; or the decision not to prosecute.",
            DISPOSITIONS,
        ),
        Field(
            "transnational_cooperation_used",
            "boolean",
            "Whether evidence or intelligence from another country was asked for or used.",
        ),
        Field(
            "programme_supported",
            "boolean",
            "Whether the programme supported the case: by a forum after the seizure, advice, or a team it trained.",
        ),
        _AS_OF,
    ),
    primary_key=("case_id",),
    licences=(_HELD,),
    sources=_source("cases"),
    time="seizure_date",
)

_REQUESTS = Table(
    name="cooperation_requests",
    title="Requests for cooperation between countries",
    description="One row is a request of one country to another. An empty answer means that none had come on the day "
    "of as_of.",
    fields=(
        _code("request_id", "Request", required=True, unique=True),
        _code("case_id", "Case the request belongs to, as in cases, if there is one"),
        _country("requesting", "Country that asks"),
        _country("requested", "Country that is asked"),
        _choice("kind", "What is asked for.", REQUEST_KINDS, required=True),
        _day("sent", "Day the request was sent.", required=True),
        _day("answered", "Day of the answer that settled it."),
        _choice("outcome", "How it was settled.", REQUEST_OUTCOMES),
        _AS_OF,
    ),
    primary_key=("request_id",),
    licences=(_HELD,),
    sources=_source("cooperation_requests"),
    time="sent",
)


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


def _trainings() -> Table:
    return Table(
        name="trainings",
        title="Trainings, by country and agency of those who took part",
        description="One row is a training, a country and a kind of agency: how many took part from there.",
        fields=(
            _code("training_id", "Training", required=True),
            _day("start", "First day.", required=True),
            _day("end", "Last day.", required=True),
            _choice(
                "topic",
                "Pillar of Component 1 or step of Component 2 the training belongs to, and the activity under it where one "
                "fits.",
                topics(),
                required=True,
            ),
            _country("host", "Country it was held in"),
            _country("country", "Country of those who took part"),
            _choice("agency", "Kind of agency they work for.", AGENCIES, required=True),
            Field("participants", "integer", "How many took part.", "persons", {"required": True, "minimum": 1}),
            Field(
                "women",
                "integer",
                "How many of them were women; empty where sex was not recorded.",
                "persons",
                {"minimum": 0},
            ),
            Field(
                "men",
                "integer",
                "How many of them were men; empty where sex was not recorded.",
                "persons",
                {"minimum": 0},
            ),
        ),
        primary_key=("training_id", "country", "agency"),
        licences=(_HELD,),
        sources=_source("trainings"),
        time="start",
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


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of record, by name; the topics of trainings are the activities of the source document."""
    return MappingProxyType(
        {
            "cases": Kind(_CASES, _CASE_RULES, ("country",)),
            "cooperation_requests": Kind(_REQUESTS, _REQUEST_RULES, ("requesting", "requested")),
            "trainings": Kind(_trainings(), _TRAINING_RULES, ("host", "country")),
        }
    )


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
