"""The source document as a raw table, and its 23 challenges with the articles of the Convention they touch.

What UNODC's answers to the Senate say is held in `data/document`. Which article of the Convention a challenge falls
under is not in that document: it is an interpretation, compiled in a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research import document
from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.document import Component, CountryList, Document, Quantity
from crimjust_research.errors import DataError
from crimjust_research.yaml_files import Entry

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str | float | None]

_VINTAGE = "2021-12-12"
_SOURCE = Source(
    'UNODC, "Responses to Questions for the Record from Senator Sheldon Whitehouse", U.S. Senate Caucus on '
    "International Narcotics Control, 12 December 2021",
    "https://www.drugcaucus.senate.gov/",
)
# The last article of the Convention is 71.
_ARTICLE = r"([1-9]|[1-6][0-9]|7[01])"
_COLUMNS = ("chapter", "challenge_short_label", "uncac_article_interpreted", "source")
_CHALLENGES = {
    "public sector transparency and integrity": "public_sector_integrity",
    "prevention in the private sector": "private_sector",
    "codes of conduct for public officials": "codes_of_conduct",
    "public procurement and budgeting": "procurement",
    "prevention of money-laundering": "money_laundering",
    "freezing, seizure and confiscation": "freezing_and_confiscation",
    "enabling and value-based confiscation": "value_based_confiscation",
    "narrow definition of proceeds of crime": "proceeds_definition",
    "capacity of authorities and administration of seized assets": "asset_administration",
    "prosecution, adjudication and sanctions": "prosecution",
    "jurisdiction": "jurisdiction",
    "mutual legal assistance": "mutual_legal_assistance",
    "law enforcement cooperation": "law_enforcement_cooperation",
    "joint investigative teams and modern technology": "joint_teams_and_technology",
    "extradition": "extradition",
    "narrow list of extraditable offences": "extraditable_offences",
    "minimum penalty thresholds for extradition": "minimum_penalties",
    "dual criminality": "dual_criminality",
    "prevention and detection of transfers of proceeds": "transfers_of_proceeds",
    "no non-conviction-based confiscation": "non_conviction_based",
    "enforcing foreign non-conviction-based orders": "foreign_orders",
    "proactive freezing orders": "proactive_freezing",
    "specialised asset recovery units": "asset_recovery_units",
}


def _required(name: str, description: str) -> Field:
    return Field(name, "string", description, constraints={"required": True})


PROGRAMME = Table(
    name="programme",
    title="The proposed programme, as UNODC set it out in December 2021",
    description="One row is one fact of the source document: a country, phase, component, pillar, activity, outcome, "
    "cost, claim or note, and the place it stands at.",
    fields=(
        _required("kind", "Kind of fact."),
        _required("key", "Name of the fact within its kind."),
        Field("iso3", "string", "Country, where the fact is one.", constraints={"pattern": "[A-Z]{3}"}),
        Field("group", "string", "What the fact belongs to: a phase, component, pillar, step, chapter or status."),
        _required("label", "The fact in this project's words."),
        Field("wording", "string", "Spelling or phrase by which it is found in the document."),
        Field(
            "value_low", "number", "Lower bound of the figure it states; empty where the words give none.", "see unit"
        ),
        Field(
            "value_high", "number", "Upper bound of the figure it states; empty where the words give none.", "see unit"
        ),
        Field("unit", "string", "Unit of the figure."),
        Field(
            "qualifier",
            "string",
            "How firmly the figure is put.",
            constraints={"enum": ["stated", "about", "at least", "over", "range"]},
        ),
        Field("date", "string", "Date the fact states, as precise as the document; two dates are an interval."),
        _required("place", "Where it stands in the document."),
    ),
    primary_key=("kind", "key"),
    licences=(licences.UNODC,),
    sources=(_SOURCE,),
    caveats=(
        "The document is a proposal: it describes what was planned, not what was done.",
        "It contradicts itself in places; the rows of kind `note` say where.",
        "The names of the Majors are those of the determination it cites; the document only counts them.",
    ),
    rhythm=Rhythm("once", "the document of December 2021"),
)

_DTYPES = {field.name: field.dtype for field in PROGRAMME.fields}

UNCAC_CHALLENGES = Table(
    name="uncac_challenges",
    title="Challenges most often met in UNCAC reviews, by chapter, with the articles they touch",
    description="One row is one of the 23 challenges the source document lists, under the chapter it names.",
    fields=(
        Field(
            "chapter",
            "string",
            "Chapter of the Convention the document lists it under.",
            constraints={"required": True, "enum": ["II", "III", "IV", "V"]},
        ),
        _required("challenge", "Name of the challenge in the programme registry (kind `challenge`)."),
        _required("label", "The challenge in this project's words."),
        Field(
            "articles_interpreted",
            "string",
            "Articles it falls under, joined by semicolons. An interpretation: the document names none.",
            constraints={"required": True, "pattern": f"{_ARTICLE}(;{_ARTICLE})*"},
        ),
    ),
    primary_key=("challenge",),
    licences=(licences.UNODC,),
    sources=(
        _SOURCE,
        Source(
            "United Nations Convention against Corruption",
            "https://www.unodc.org/unodc/en/treaties/CAC/index.html",
        ),
    ),
    caveats=("Chapters are the document's; articles are this project's reading of its short labels.",),
    rhythm=Rhythm("once", "the document of December 2021"),
)


def read_registry(_paths: Sequence[Path], _vintage: str | None) -> Sequence[Release]:
    """What the document says, under the day it was given."""
    return [Release(PROGRAMME, _VINTAGE, as_table(document.load()))]


def as_table(doc: Document) -> "pd.DataFrame":
    """Every fact of the document, one row each, in the columns of `PROGRAMME`; what an entry leaves open is missing."""
    import pandas as pd

    return pd.DataFrame(list(_rows(doc)), columns=list(_DTYPES)).astype(_DTYPES)


def _rows(doc: Document) -> Iterator[Row]:
    for section, kind in document.FACTS.items():
        yield from (_row(kind, fact) for fact in doc.facts(section))
    names = doc.countries
    yield from _listed("major", doc.majors, names)
    for row in _listed("proposed_country", doc.proposed_in_answer, names):
        yield row | {"place": f"{row['place']}; {doc.proposed_in_annex.place}"}
    yield from _listed("presence", doc.presence, names)
    for phase in doc.phases:
        key = f"phase_{phase.number}"
        yield _row("phase", phase, key=key, label=f"{phase.language}-speaking, {phase.region}")
        yield from _listed("phase_country", phase, names, group=key)
    for component in doc.components:
        yield from _of_component(component)
    yield from (_row("cost", cost, group=cost.key) for cost in doc.costs)
    yield from (_row("outcome", outcome, key=f"outcome_{outcome.number}") for outcome in doc.outcomes)
    yield from (_row("challenge", c, group=f"chapter_{c.chapter}") for c in doc.challenges)
    for kind, postings in (("adviser", doc.advisers), ("platform", doc.platforms), ("hub", doc.hubs)):
        yield from (_row(kind, posting, group=posting.status) for posting in postings)
    yield from (_row("note", note, place="; ".join(note.places)) for note in doc.notes)


def _of_component(component: Component) -> Iterator[Row]:
    key = f"component_{component.number}"
    yield _row("component", component, key=key)
    yield _row("component_summary", component.summary, key=key, group=key)
    for stream in component.streams:
        stream_key = f"{component.stream}_{stream.number}"
        yield _row(component.stream, stream, key=stream_key, group=key)
        yield _row(f"{component.stream}_summary", stream.summary, key=stream_key, group=stream_key)
        yield from (_row("activity", activity, group=stream_key) for activity in stream.activities)


def _listed(kind: str, listed: CountryList, names: Mapping[str, str], group: str | None = None) -> Iterator[Row]:
    for iso3, spelling in listed.countries.items():
        yield _row(kind, listed, key=iso3, iso3=iso3, group=group, label=names[iso3], wording=spelling)


def _row(kind: str, entry: Entry, **given: str | None) -> Row:
    """What an entry holds of the table's columns, and what is given; the other columns stay empty."""
    row: Row = {name: value for name, value in entry if name in _DTYPES and isinstance(value, str)}
    quantity: Quantity | None = getattr(entry, "quantity", None)
    if quantity:
        row |= {"value_low": quantity.low, "value_high": quantity.high}
        row |= {"unit": quantity.unit, "qualifier": quantity.qualifier}
    return {"kind": kind, **row, **given}


def read_challenges(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, if they map each of the 23 challenges.

    Raises
    ------
    DataError
        If a file is cut off, a challenge is unknown, missing or in another chapter, or an article does not exist.
    """
    import pandas as pd

    frame = pd.concat([_challenges(path) for path in paths], ignore_index=True)
    missing = sorted({challenge.key for challenge in document.load().challenges} - set(frame["challenge"]))
    if missing:
        raise DataError(
            f"{', '.join(str(path) for path in paths)}: no row for {', '.join(missing)}; "
            "each of the document's 23 challenges needs one"
        )
    return [Release(UNCAC_CHALLENGES, vintage or _VINTAGE, frame)]


def _challenges(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _COLUMNS)
    registry = {challenge.key: challenge for challenge in document.load().challenges}
    keys = translate(path, text["challenge_short_label"], _CHALLENGES, "challenge")
    chapters = keys.map({key: challenge.chapter for key, challenge in registry.items()})
    refuse(path, text["chapter"][text["chapter"] != chapters], "is not the chapter the document lists it under")
    articles = text["uncac_article_interpreted"]
    refuse(path, articles[~articles.str.fullmatch(f"{_ARTICLE}(;{_ARTICLE})*")], "must be articles of the Convention")
    return pd.DataFrame(
        {
            "chapter": chapters.astype("str"),
            "challenge": keys.astype("str"),
            "label": keys.map({key: challenge.label for key, challenge in registry.items()}).astype("str"),
            "articles_interpreted": articles,
        }
    )


READERS = (
    Reader(name="programme_registry", table=PROGRAMME, columns=frozenset(), read=read_registry),
    Reader(
        name="uncac_challenges",
        table=UNCAC_CHALLENGES,
        columns=frozenset(_COLUMNS),
        read=read_challenges,
        manual="Edit the file's articles to hold another reading of the challenges.",
    ),
)
