"""CDC: totals of drug overdose deaths as announced at the time, before any release at hand was published.

Compiled by hand from CDC's announcements into `data/collected/overdose_announcements.csv`; the address of each stands in its row.
"""

from collections.abc import Sequence
from pathlib import Path

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table

_COLUMNS = ("month_ending", "deaths", "announced_on", "document", "source_url")

OVERDOSE_ANNOUNCEMENTS = Table(
    name="overdose_announcements",
    title="Drug overdose deaths in the United States in twelve months, as CDC announced them",
    description="One row is the last month of a twelve-month period, and the total CDC announced for it.",
    fields=(
        Field("month_ending", "yearmonth", "Last month of the twelve counted.", constraints={"required": True}),
        Field(
            "deaths",
            "integer",
            "Total announced, as predicted for when all deaths will have been investigated.",
            "deaths",
            {"required": True, "minimum": 0},
        ),
        Field("announced_on", "date", "Day of the announcement.", constraints={"required": True}),
        Field("document", "string", "What announced it.", constraints={"required": True}),
        Field(
            "source_address",
            "string",
            "Its address.",
            constraints={"required": True, "pattern": "https://.+"},
        ),
    ),
    primary_key=("month_ending",),
    licences=(licences.US_GOVERNMENT,),
    sources=(
        Source(
            "CDC, Health Alert Network, advisory 438",
            "https://archive.cdc.gov/emergency_cdc_gov/han/2020/han00438.asp",
        ),
        Source(
            "CDC, National Center for Health Statistics, press release of 17 November 2021",
            "https://www.cdc.gov/nchs/pressroom/nchs_press_releases/2021/20211117.htm",
        ),
    ),
    time="month_ending",
    caveats=(
        "Collected by hand, two of many announcements: the one of the period the source document names, and the last one before "
        "the document.",
        "Each was made from the release of its day, and CDC has revised its counts since.",
        "The advisory was read where it is archived; of the press release the figure was read in reports of its day, not there.",
    ),
    rhythm=Rhythm("irregular", "announcements of before 12 December 2021; later ones do not belong here"),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release of the one file, named after the day of its last announcement.

    Raises
    ------
    DataError
        If the file is cut off, a month, count, day or address is none, or a month stands there twice.
    """
    (path,) = paths
    text = records(path, _COLUMNS)
    for column, form, must in (
        ("month_ending", "20[0-9]{2}-(0[1-9]|1[0-2])", "must be a month, YYYY-MM"),
        ("deaths", "[0-9]+", "must be a whole number of deaths"),
        ("announced_on", "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "must be a day, YYYY-MM-DD"),
        ("document", ".+", "must not be empty"),
        ("source_url", r"https://\S+", "must be an https address"),
    ):
        refuse(path, text[column][~text[column].str.fullmatch(form)], must)
    refuse(path, text["month_ending"][text["month_ending"].duplicated()], "stands there already; keep one")
    frame = text.rename(columns={"source_url": "source_address"}).astype({"deaths": "int64"})
    frame = frame[[field.name for field in OVERDOSE_ANNOUNCEMENTS.fields]]
    return [Release(OVERDOSE_ANNOUNCEMENTS, vintage or str(frame["announced_on"].max()), frame)]


READERS = (
    Reader(
        name="overdose_announcements",
        table=OVERDOSE_ANNOUNCEMENTS,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Add a row to data/collected/overdose_announcements.csv for each announcement: the last month of the twelve, the "
        "total, the day, what announced it and its address.",
    ),
)
