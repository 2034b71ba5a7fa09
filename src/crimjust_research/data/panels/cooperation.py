"""Who meets whom in public events of the programme: States at events, and pairs of States by year."""

from itertools import combinations
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.programme_events import PROGRAMME_EVENTS
from crimjust_research.data.panels.declaration import UNREAD, Panel, derived
from crimjust_research.data.tables import Field, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import country_groups

if TYPE_CHECKING:
    import pandas as pd

_LICENCES = (licences.UNODC, licences.EUROPEAN_UNION)
_CODE = {"required": True, "pattern": "[A-Z]{3}"}
_CAVEATS = (
    "A convenience sample of what was made public, and a lower bound: UNODC counts more than 35 activities by August "
    "2017, of which 7 are in the raw table. Growth from year to year is also growth of publicity.",
    "Events whose States are not named are not in here; `programme_events` has them.",
    "To be at the same event is not to have worked on a case together.",
)

COOPERATION_EVENTS = Table(
    name="cooperation_events",
    title="States at public events of CRIMJUST",
    description="One row is an event and a State named as taking part in it.",
    fields=(
        Field("event", "string", "Name of the event: its first day and its kind.", constraints={"required": True}),
        Field("iso3", "string", "State that took part.", constraints=_CODE),
        Field("date_start", "date", "First day.", constraints={"required": True}),
        Field("date_end", "date", f"Last day. {UNREAD}", constraints={"required": True}),
        Field("year", "year", "Year of the first day.", constraints={"required": True}),
        PROGRAMME_EVENTS.field("type"),
        PROGRAMME_EVENTS.field("place"),
        PROGRAMME_EVENTS.field("dating"),
        Field("n_states", "integer", "States named at the event.", "States", {"required": True, "minimum": 1}),
    ),
    primary_key=("event", "iso3"),
    licences=_LICENCES,
    sources=derived("programme_events", "programme_event_countries"),
    time="date_start",
    caveats=_CAVEATS,
)

DYAD_YEAR = Table(
    name="dyad_year",
    title="Public events of CRIMJUST that two States took part in, by pair and year",
    description="One row is an unordered pair of States that each took part in some event, and a year from the first "
    "event to the last: the number of events both took part in. Zero is none that was made public.",
    fields=(
        Field("iso3_a", "string", "State of the pair that comes first by its code.", constraints=_CODE),
        Field("iso3_b", "string", "The other State.", constraints=_CODE),
        Field("year", "year", "Year the events began in.", constraints={"required": True}),
        Field(
            "joint_events",
            "integer",
            "Events that began in the year and that both took part in.",
            "events",
            {"required": True, "minimum": 0},
        ),
        Field("same_region", "boolean", "Whether both are in one region.", constraints={"required": True}),
        Field(
            "same_language",
            "boolean",
            "Whether their governments share English, French, Portuguese or Spanish.",
            constraints={"required": True},
        ),
    ),
    primary_key=("iso3_a", "iso3_b", "year"),
    licences=_LICENCES,
    sources=derived("programme_events", "programme_event_countries"),
    time="year",
    caveats=(
        *_CAVEATS,
        "The last year is known to April only, and one event with many States makes many pairs at once.",
    ),
)


def cooperation_events(programme_events: "pd.DataFrame", programme_event_countries: "pd.DataFrame") -> "pd.DataFrame":
    """Events and the States that took part as rows; date, kind and place as columns.

    Parameters
    ----------
    programme_events, programme_event_countries
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If a State took part in an event that is not among the events.
    """
    took_part = programme_event_countries[["event", "iso3"]]
    if strange := sorted(set(took_part["event"]) - set(programme_events["event"])):
        raise DataError(f"programme_event_countries names {', '.join(strange)}, which programme_events does not have")
    frame = took_part.merge(programme_events, on="event")
    frame["year"] = frame["date_start"].str[:4].astype("int64")
    frame["n_states"] = frame.groupby("event")["iso3"].transform("size")
    return frame[[field.name for field in COOPERATION_EVENTS.fields]]


def dyad_year(programme_events: "pd.DataFrame", programme_event_countries: "pd.DataFrame") -> "pd.DataFrame":
    """Unordered pairs of States and years as rows; the number of joint events as a column.

    Parameters and errors are those of `cooperation_events`.
    """
    import pandas as pd

    took_part = cooperation_events(programme_events, programme_event_countries)[["event", "iso3", "year"]]
    met = took_part.merge(took_part, on=["event", "year"], suffixes=("_a", "_b")).query("iso3_a < iso3_b")
    pairs = pd.DataFrame(combinations(sorted(took_part["iso3"].unique()), 2), columns=["iso3_a", "iso3_b"])
    groups = country_groups.load()
    pairs["same_region"] = pairs["iso3_a"].map(dict(groups.region)) == pairs["iso3_b"].map(dict(groups.region))
    pairs["same_language"] = [
        not set(groups.languages_of(a)).isdisjoint(groups.languages_of(b))
        for a, b in zip(pairs["iso3_a"], pairs["iso3_b"], strict=True)
    ]
    years = pd.DataFrame({"year": range(took_part["year"].min(), took_part["year"].max() + 1)})
    counts = met.groupby(["iso3_a", "iso3_b", "year"]).size().rename("joint_events")
    frame = pairs.merge(years, how="cross").join(counts, on=["iso3_a", "iso3_b", "year"])
    frame["joint_events"] = frame["joint_events"].fillna(0).astype("int64")
    return frame[[field.name for field in DYAD_YEAR.fields]]


_INPUTS = ("programme_events", "programme_event_countries")
PANELS = (Panel(COOPERATION_EVENTS, _INPUTS, cooperation_events), Panel(DYAD_YEAR, _INPUTS, dyad_year))
