"""The programme registry as a raw table, and its 23 challenges with the articles of the Convention they touch.

The registry is held in code (`crimjust_research.programme`), read from UNODC's answers to the Senate. Which article of
the Convention a challenge falls under is not in that document: it is an interpretation, compiled in a file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research import programme
from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse, translate
from crimjust_research.data.tables import Field, Release, Source, Table
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_VINTAGE = "2021-12-12"
_SOURCE = Source(
    'UNODC, "Responses to Questions for the Record from Senator Sheldon Whitehouse", U.S. Senate Caucus on '
    "International Narcotics Control, 12 December 2021",
    "https://www.drugcaucus.senate.gov/",
)
# The last article of the Convention is 71.
_ARTICLE = r"([1-9]|[1-6]\d|7[01])"
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
)

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
)


def read_registry(_paths: Sequence[Path], _vintage: str | None) -> Sequence[Release]:
    """The registry, under the day of the document it encodes."""
    return [Release(PROGRAMME, _VINTAGE, programme.as_table())]


def read_challenges(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, if they map each of the 23 challenges.

    Raises
    ------
    DataError
        If a file is cut off, a challenge is unknown, missing or in another chapter, or an article does not exist.
    """
    import pandas as pd

    frame = pd.concat([_challenges(path) for path in paths], ignore_index=True)
    missing = sorted({challenge.key for challenge in programme.CHALLENGES} - set(frame["challenge"]))
    if missing:
        raise DataError(
            f"{', '.join(str(path) for path in paths)}: no row for {', '.join(missing)}; "
            "each of the document's 23 challenges needs one"
        )
    return [Release(UNCAC_CHALLENGES, vintage or _VINTAGE, frame)]


def _challenges(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path)
    registry = {challenge.key: challenge for challenge in programme.CHALLENGES}
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
