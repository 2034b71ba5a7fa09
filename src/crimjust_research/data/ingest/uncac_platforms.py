"""UNODC: regional platforms for the UN Convention against Corruption, their dates and the States that take part.

Compiled by hand from UNODC's pages into `data/collected/uncac_platforms.csv`, a row for each platform; the address of the page
stands in its row.
"""

from collections.abc import Sequence
from pathlib import Path

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries

_COLUMNS = ("platform", "label", "since", "countries_iso3", "basis", "publisher", "published", "source_url")
_MONTH = "(19|20)[0-9]{2}-(0[1-9]|1[0-2])"
_DAY = f"{_MONTH}(-(0[1-9]|[12][0-9]|3[01]))?"

UNCAC_PLATFORMS = Table(
    name="uncac_platforms",
    title="UNODC's regional platforms for the Convention against Corruption, by State",
    description="One row is a regional platform to fast-track the implementation of the UN Convention against Corruption, "
    "and a State that takes part in it.",
    fields=(
        Field("platform", "string", "Platform.", constraints={"required": True, "pattern": "[a-z_]+"}),
        Field("label", "string", "Its name at UNODC.", constraints={"required": True}),
        Field("iso3", "string", "State that takes part.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field(
            "since",
            "string",
            "Month or day it was created or launched, as UNODC tells it.",
            constraints={"required": True, "pattern": _DAY},
        ),
        Field(
            "basis",
            "string",
            "What makes the State one of it, in this project's words.",
            constraints={"required": True},
        ),
        Field("publisher", "string", "Publisher of the page.", constraints={"required": True}),
        Field("published", "string", "Date of the text, as precise as it is told; empty where it has none."),
        Field(
            "source_address",
            "string",
            "Address the text was read at.",
            constraints={"required": True, "pattern": "https?://.+"},
        ),
    ),
    primary_key=("platform", "iso3"),
    licences=(licences.UNODC,),
    sources=(
        Source(
            "UNODC, regional platforms to fast-track the implementation of the Convention against Corruption",
            "https://www.unodc.org/unodc/en/ft-uncac/platforms.html",
        ),
    ),
    caveats=(
        "Collected by hand from pages that could be read: States that joined later may be missing.",
        "UNODC counted nine platforms in May 2024, and the table has nine. The States of that for West Africa and the Sahel "
        "are those it was to assist when it was launched; its own page names none.",
        "That a platform was created says nothing of what it did in a State, or when.",
    ),
    rhythm=Rhythm("irregular", "pages and news of UNODC, read by hand"),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release of the one file, named after the day or month in which the latest platform was created.

    Raises
    ------
    DataError
        If the file is cut off, a country, date or address is not an accepted one, or a State stands twice in a platform.
    """
    (path,) = paths
    text = records(path, _COLUMNS)
    for column, form, must in (
        ("platform", "[a-z_]+", "must be one word of small letters"),
        ("label", ".+", "must not be empty"),
        ("since", _DAY, "must be a month or day, YYYY-MM[-DD]"),
        ("countries_iso3", ".+", "must name a country"),
        ("basis", ".+", "must say what makes a State one of it"),
        ("publisher", ".+", "must not be empty"),
        ("published", f"({_DAY})?", "must be a date, YYYY-MM[-DD], or empty"),
        ("source_url", r"https?://\S+", "must be an address"),
    ):
        refuse(path, text[column][~text[column].str.fullmatch(form)], must)
    single = text["countries_iso3"].str.split(";").explode().str.strip()
    rows = text.drop(columns="countries_iso3").join(countries.checked_codes(single, str(path)).rename("iso3"))
    again = rows[rows.duplicated(["platform", "iso3"])]
    refuse(path, (again["platform"] + " " + again["iso3"]).rename("countries_iso3"), "stands there already; keep one")
    rows = rows.rename(columns={"source_url": "source_address"})
    rows["published"] = rows["published"].where(rows["published"] != "")
    frame = rows[[field.name for field in UNCAC_PLATFORMS.fields]].reset_index(drop=True)
    return [Release(UNCAC_PLATFORMS, vintage or str(text["since"].max()), frame)]


READERS = (
    Reader(
        name="uncac_platforms",
        table=UNCAC_PLATFORMS,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Add a row to data/collected/uncac_platforms.csv for each platform of UNODC's pages: from when, its States by ISO "
        "code joined by ;, what makes them of it, the page and its date.",
    ),
)
