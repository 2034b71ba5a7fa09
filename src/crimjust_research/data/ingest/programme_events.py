"""CRIMJUST so far: its public activities, and the States that took part in each.

Compiled by hand from news of UNODC (https://www.unodc.org/unodc/en/drug-trafficking/crimjust/index.html) and of the
European Union's programme (https://illicitflows.eu/projects/crimjust). Two tables: an event, and who was there.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.citations import UNODC_CRIMJUST, published_addresses
from crimjust_research.data.ingest.files import numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    "case_forum": "case forum",
    "forum": "forum",
    "governance": "governance",
    "integrity": "integrity",
    "network": "network",
    "operation": "operation",
    "training": "training",
}
_COLUMNS = (
    "date_start",
    "date_end",
    "event_type",
    "place_iso3",
    "countries_iso3",
    "n_participants",
    "n_women",
    "n_men",
    "year_basis",
    "note",
    "source",
)
_ABOVE = "same as above"
_SOURCES = (
    UNODC_CRIMJUST,
    Source("European Union, Global Illicit Flows Programme, CRIMJUST", "https://illicitflows.eu/projects/crimjust"),
)
_LICENCES = (licences.UNODC, licences.EUROPEAN_UNION)
_CAVEATS = (
    "A convenience sample and a lower bound: UNODC counts more than 35 activities by August 2017, of which 7 are here.",
    "What is made public follows the publishers' interest, so growth from year to year is also growth of publicity.",
)


def _people(name: str, who: str) -> Field:
    return Field(name, "integer", f"{who}, where stated.", "persons", {"minimum": 0})


PROGRAMME_EVENTS = Table(
    name="programme_events",
    title="Public activities of CRIMJUST",
    description="One row is an activity that was made public: when, where, of what kind, how many took part. The "
    "States that took part are in `programme_event_countries`.",
    fields=(
        Field("event", "string", "Name of the event: its first day and its kind.", constraints={"required": True}),
        Field("date_start", "date", "First day.", constraints={"required": True}),
        Field("date_end", "date", "Last day.", constraints={"required": True}),
        Field("type", "string", "Kind of activity.", constraints={"required": True, "enum": sorted(_TYPES.values())}),
        Field(
            "place",
            "string",
            "Country it took place in; empty if online or not stated.",
            constraints={"pattern": "[A-Z]{3}"},
        ),
        _people("participants", "Participants"),
        _people("women", "Women among them"),
        _people("men", "Men among them"),
        Field(
            "dating",
            "string",
            "Whether the source states the date or it was inferred.",
            constraints={"required": True, "enum": ["stated", "inferred"]},
        ),
        Field("dating_note", "string", "How precise the date is, or what it was inferred from."),
        Field("note", "string", "What the activity was."),
        Field(
            "source", "string", "Address of the news, shortened ones as in the file.", constraints={"required": True}
        ),
    ),
    primary_key=("event",),
    licences=_LICENCES,
    sources=_SOURCES,
    time="date_start",
    caveats=(*_CAVEATS, "A count of participants may cover a series of courses: see the note."),
    rhythm=Rhythm("irregular", "news pages of the programme, read by hand"),
    held_against="a count of States by country and year kept apart from the list of events: 36 States, 167 times, "
    "the same in each year",
)

PROGRAMME_EVENT_COUNTRIES = Table(
    name="programme_event_countries",
    title="States that took part in public activities of CRIMJUST",
    description="One row is a State that took part in an event of `programme_events`.",
    fields=(
        Field("event", "string", "Event, as in `programme_events`.", constraints={"required": True}),
        Field("iso3", "string", "State that took part.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("date_start", "date", "First day of the event.", constraints={"required": True}),
    ),
    primary_key=("event", "iso3"),
    licences=_LICENCES,
    sources=_SOURCES,
    time="date_start",
    caveats=(*_CAVEATS, "Events whose participants are not named have no row here."),
    rhythm=Rhythm("irregular", "news pages of the programme, read by hand"),
    held_against="a count of States by country and year kept apart from the list of events: 36 States, 167 times, "
    "the same in each year",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """A release of the events and one of the States that took part, named after the last day of an event.

    Raises
    ------
    DataError
        If a file is cut off, or a date, kind, State or number is not an accepted one or contradicts another.
    """
    import pandas as pd

    published = pd.concat([_events(path) for path in paths], ignore_index=True)
    released = vintage or str(published["date_end"].max())
    events = published[[field.name for field in PROGRAMME_EVENTS.fields]]
    named = published[published["states"].str.len() > 0]
    took_part = named[["event", "date_start", "states"]].explode("states").rename(columns={"states": "iso3"})
    took_part = took_part[[field.name for field in PROGRAMME_EVENT_COUNTRIES.fields]].astype("str")
    note = f"{len(published) - len(named)} of {len(published)} events do not name the States that took part"
    return [
        Release(PROGRAMME_EVENTS, released, events, notes=(note,)),
        Release(PROGRAMME_EVENT_COUNTRIES, released, took_part, notes=(note,)),
    ]


def _events(path: Path) -> "pd.DataFrame":
    import pandas as pd

    # In order of time, in which `same as above` points to the event before.
    text = records(path, _COLUMNS).sort_values(["date_start", "event_type"], kind="stable")
    start, end = text["date_start"], text["date_end"]
    for column in (start, end):
        days = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
        refuse(path, column[days.isna()], "must be a day, YYYY-MM-DD")
    refuse(path, end[end < start], "lies before the event began")
    refuse(path, text["event_type"][~text["event_type"].isin(list(_TYPES))], f"must be one of {', '.join(_TYPES)}")
    dating = text["year_basis"].str.extract(r"^(stated|inferred)(?: \((.*)\))?$")
    refuse(path, text["year_basis"][dating[0].isna()], "must be stated or inferred, a remark in brackets after it")
    people = {
        name: numbers(path, text[f"n_{name}"], blank=("",), whole=True).astype("Int64")
        for name in ("participants", "women", "men")
    }
    differs = (people["women"] + people["men"] != people["participants"]).fillna(False).astype("bool")
    refuse(path, text["n_participants"][differs], "must be the women and men beside it")
    sources = text["source"].mask(text["source"] == _ABOVE).ffill()
    refuse(path, text["source"][sources.isna()], "points to an event above, and there is none")
    return pd.DataFrame(
        {
            "event": start + " " + text["event_type"].map(_TYPES),
            "date_start": start,
            "date_end": end,
            "type": text["event_type"].map(_TYPES),
            "place": _codes(path, text["place_iso3"]),
            **people,
            "dating": dating[0],
            "dating_note": dating[1],
            "note": text["note"].where(text["note"] != ""),
            "source": published_addresses(sources),
            "states": _states(path, text["countries_iso3"]),
        }
    )


def _codes(path: Path, published: "pd.Series[str]") -> "pd.Series[str]":
    named = published[published != ""]
    return countries.checked_codes(named, str(path)).reindex(published.index)


def _states(path: Path, published: "pd.Series[str]") -> "pd.Series[list[str]]":
    """Codes of the States in each cell, sorted; empty where none is named."""
    single = published[published != ""].str.split(";").explode().str.strip()
    codes = countries.checked_codes(single, str(path)).groupby(level=0).agg(sorted)
    twice = codes[codes.map(lambda states: len(states) != len(set(states)))]
    refuse(path, published[twice.index], "names a State twice")
    return codes.reindex(published.index).map(lambda states: states if isinstance(states, list) else [])


READERS = (
    Reader(
        name="crimjust_events",
        table=PROGRAMME_EVENTS,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Add a row per activity UNODC or the European Union makes public, the States by ISO code, joined by ;.",
        also=(PROGRAMME_EVENT_COUNTRIES,),
    ),
)
